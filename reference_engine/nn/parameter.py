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
