"""Parameters and buffers: tensors that a module recognises as its own (torch.nn.parameter).

The rule: a `Parameter` is a leaf that requires grad unless told otherwise, whatever the grad mode at
its making; operations on it give plain tensors. A tensor subclass made into a parameter keeps its class
and is marked instead, and `isinstance` answers by the mark.
"""

import reference_engine as torch

from .._tensor import Tensor
from ..overrides import _disabled_torch_function_impl


class _MarkedInstances(type(Tensor)):
    """`isinstance(x, Parameter)` also for tensors that carry the class's mark."""

    def __instancecheck__(cls, instance):
        if super().__instancecheck__(instance):
            return True
        mark = cls.__dict__.get("_mark")
        return mark is not None and isinstance(instance, Tensor) and getattr(instance, mark, False)


class Parameter(Tensor, metaclass=_MarkedInstances):
    """A leaf that a module registers when it is assigned as an attribute.

    Shares the memory of `data` (an empty tensor when None). Raises RuntimeError for integral data
    unless `requires_grad` is False.
    """

    _mark = "_is_param"
    __torch_function__ = _disabled_torch_function_impl

    def __new__(cls, data=None, requires_grad=True):
        if data is None:
            data = torch.empty(0)
        if type(data) in (Tensor, Parameter):
            return Tensor._make_subclass(cls, data, requires_grad)
        kept = data.detach().requires_grad_(requires_grad)
        if type(kept) is not type(data):
            kind = type(data).__name__
            raise RuntimeError(
                f"Creating a Parameter from an instance of type {kind} requires that detach() returns an "
                f"instance of the same type, but return type {type(kept).__name__} was found instead. To "
                f"use the type as a Parameter, please correct the detach() semantics defined by "
                "its __torch_dispatch__() implementation."
            )
        kept._is_param = True
        return kept

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.data.clone(), self.requires_grad)
        return memo[id(self)]

    def __repr__(self):
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor, metaclass=_MarkedInstances):
    """A tensor that a module registers as a buffer when it is assigned; it keeps the data's own class."""

    _mark = "_is_buffer"
    __torch_function__ = _disabled_torch_function_impl

    def __new__(cls, data=None, *, persistent=True):
        if data is None:
            data = torch.empty(0)
        marked = data.detach().requires_grad_(data.requires_grad)
        marked.persistent = persistent
        marked._is_buffer = True
        return marked


class UninitializedTensorMixin:
    """A tensor whose shape is not known yet: until ``materialize``, functions on it raise ``ValueError``."""

    def materialize(self, shape, device=None, dtype=None):
        """Become an ordinary tensor of ``shape``, of uninitialised memory."""
        self.data = torch.empty(shape, device=device or self.data.device, dtype=dtype or self.data.dtype)
        self.__class__ = self.cls_to_become

    @property
    def shape(self):
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in "
            "`load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call `forward` "
            "to initialize the parameters before accessing their attributes."
        )

    @property
    def data(self):
        plain = Tensor.data.fget(self)
        plain.__class__ = Tensor
        return plain

    @data.setter
    def data(self, value):
        Tensor.data.fset(self, value)

    def share_memory_(self):
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the parameters "
            "before calling `module.share_memory()`."
        )

    def __repr__(self):
        return f"<{type(self).__name__}>"

    def __reduce_ex__(self, protocol):
        return type(self), (self.requires_grad,)

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if getattr(func, "__name__", "") in _BEFORE_MATERIALIZING:
            return super().__torch_function__(func, types, args, kwargs)
        raise ValueError(
            f"Attempted to use an uninitialized parameter in {_shown(func)}. This error happens when you are using a "
            f"`LazyModule` or explicitly manipulating `torch.nn.parameter.{cls.__name__}` objects. When using "
            "LazyModules Call `forward` with a dummy batch to initialize the parameters before calling torch functions"
        )


_BEFORE_MATERIALIZING = {
    *("size", "copy_", "is_complex", "is_floating_point", "half", "float", "double", "char", "short", "int", "long"),
    *("cuda", "cpu", "to", "get_device"),
}


def _shown(func) -> str:
    if getattr(func, "__module__", "") == "torch.nn.functional":
        return f"<function {func.__name__} at {id(func):#x}>"
    if getattr(func, "__name__", "") in ("__len__", "backward"):
        return f"<function Tensor.{func.__name__} at {id(func):#x}>"
    return f"<method '{getattr(func, '__name__', func)}' of 'torch._C.TensorBase' objects>"


def _refused(name: str):
    def method(self, *args, **kwargs):
        return type(self).__torch_function__(getattr(Tensor, name), (type(self),), (self, *args), kwargs)

    method.__name__ = name
    return method


# Methods that ask no subclass on plain tensors, because they need no operation.
for _name in ("dim", "numel", "storage_offset", "stride", "tolist", "item", "requires_grad_", "__len__", "__bool__"):
    setattr(UninitializedTensorMixin, _name, _refused(_name))


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter of a shape still unknown."""

    cls_to_become = Parameter

    def __new__(cls, requires_grad=True, device=None, dtype=None):
        return Tensor._make_subclass(cls, torch.empty(0, device=device, dtype=dtype), requires_grad)

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.requires_grad, self.data.device, self.data.dtype)
        return memo[id(self)]


class UninitializedBuffer(UninitializedTensorMixin, Tensor):
    """A buffer of a shape still unknown."""

    cls_to_become = Tensor

    def __new__(cls, requires_grad=False, device=None, dtype=None, persistent=True):
        made = Tensor._make_subclass(cls, torch.empty(0, device=device, dtype=dtype), requires_grad)
        made.persistent, made._is_buffer = persistent, True
        return made


def is_lazy(param) -> bool:
    """Whether a parameter or buffer still waits for its shape."""
    return isinstance(param, UninitializedTensorMixin)


def clear_grad(tensor, set_to_none):
    """Forget a tensor's gradient: None, or zeros that belong to no graph."""
    if tensor.grad is None:
        return
    if set_to_none:
        tensor.grad = None
        return
    if tensor.grad.grad_fn is not None:
        tensor.grad.detach_()
    else:
        tensor.grad.requires_grad_(False)
    tensor.grad.zero_()
