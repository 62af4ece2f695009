"""The tensor: a strided view of a storage, with a dtype, a version counter and what autograd knows about it.

Here are the parts that are not operations: the autograd attributes, the entry to backward, hooks. Shape and memory
are in :mod:`.geometry`, conversion to Python in :mod:`.conversion`. The operations are rows of the tables in
:mod:`reference_engine.ops`, which add their methods to :class:`Tensor`.

Rule: ``torch.Tensor`` and its attributes.
"""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from . import _state
from ._state import thread
from .conversion import Conversion
from .devices import CPU, device
from .dtypes import BY_NUMPY, dtype, of_array
from .errors import NotModelled
from .geometry import Geometry, read_only
from .graph import inplace
from .graph.hooks import RemovableHandle, add_hook
from .graph.metadata import materialize_meta
from .overrides import _disabled_torch_function_impl, dispatch, dispatches
from .storage import UntypedStorage
from .version import InferenceVersionCounter, VersionCounter, is_inference

_NON_LEAF_GRAD = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be "
    "populated during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf "
    "Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you "
    "access the leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 for more information."
)
_FIX_BY_SETTING_GRAD_DTYPE = (
    "The gradient must match the tensor's grad_dtype (defaults to the tensor's dtype). You can set the tensor's "
    "grad_dtype attribute with a specific dtype, or None to allow any dtype. Set grad_dtype with caution. Diverging "
    "the dtypes of a tensor and its gradient may break downstream systems that assume they match."
)

_new = object.__new__


class Tensor(Geometry, Conversion):
    """A multi-dimensional array of one dtype on one device that can record how it was computed.

    ``Tensor(2, 3)`` is uninitialised memory of that shape, ``Tensor([1, 2])`` the values; both of the default dtype.
    """

    # _array: the elements, an ndarray over the storage's memory. _counter: None for inference tensors.
    # _wrapped: stands for a Python number, hence weak in type promotion.
    __slots__ = ("__dict__", "__weakref__", "_array", "_counter", "_meta", "_storage", "_wrapped", "dtype")
    __array_priority__ = 1000
    _dispatches = False  # whether the class intercepts functions with __torch_function__

    def __new__(cls, *args, **kwargs):
        from .legacy import construct

        made = construct(None, args, kwargs)
        if cls is not Tensor:
            made.__class__ = cls
        return made

    def __init__(self, *args, **kwargs) -> None:
        pass

    def __init_subclass__(cls, **kwargs) -> None:
        super().__init_subclass__(**kwargs)
        cls._dispatches = getattr(cls.__torch_function__, "__func__", cls.__torch_function__) is not (
            _disabled_torch_function_impl
        )

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        """Run ``func`` on plain tensors and return its tensors as ``cls``."""
        from .overrides import default_torch_function

        return default_torch_function(cls, func, types, args, kwargs)

    # -- construction inside the engine ---------------------------------------------------------------------------

    def _alias(self, array: np.ndarray | None = None) -> Tensor:
        """Another tensor over the same storage with the same version counter, unknown to autograd."""
        alias = _new(Tensor)
        alias._array = self._array if array is None else array
        alias._storage = self._storage
        alias.dtype = self.dtype
        alias._counter = self._counter
        alias._meta = None
        alias._wrapped = False
        return alias

    def as_subclass(self, cls: type) -> Tensor:
        """This tensor as an instance of ``cls``, sharing everything including its history."""
        if not (isinstance(cls, type) and issubclass(cls, Tensor)):
            raise TypeError("cls must be a type (got " + type(cls).__name__ + ")")
        from .ops import views

        plain = views.alias(self)
        plain.__class__ = cls
        return plain

    @staticmethod
    def _make_subclass(cls: type, data: Tensor, require_grad: bool = False) -> Tensor:
        """A detached instance of ``cls`` over ``data``."""
        made = data.detach()
        made.__class__ = cls
        if require_grad:
            if not made.dtype.is_differentiable:
                raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
            made.requires_grad = True
        return made

    @staticmethod
    def _make_wrapper_subclass(cls: type, size, **options):
        """A tensor without elements, for dispatch below autograd: left out."""
        raise NotModelled("Tensor._make_wrapper_subclass")

    # -- autograd attributes --------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        meta = self._meta
        if meta is None:
            return False
        if meta.view is not None:
            return inplace.view_requires_grad(meta)
        return meta.requires_grad or meta.grad_fn is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise RuntimeError("requires_grad must be a bool")
        if not self._recorded_as_leaf():
            hint = (
                ""
                if value
                else (
                    " If you want to use a computed variable in a subgraph that doesn't require differentiation use "
                    "var_no_grad = var.detach()."
                )
            )
            raise RuntimeError(f"you can only change requires_grad flags of leaf variables.{hint}")
        if value and not self.dtype.is_differentiable:
            raise RuntimeError("only Tensors of floating point and complex dtype can require gradients")
        self._set_requires_grad(value)

    @requires_grad.deleter
    def requires_grad(self) -> None:
        raise RuntimeError("requires_grad must be a bool")

    def _set_requires_grad(self, value: bool) -> None:
        if value and is_inference(self._counter) and not thread.inference:
            raise RuntimeError("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
        if value or self._meta is not None:
            materialize_meta(self).requires_grad = value

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Change whether autograd should record operations on this leaf. Returns the tensor."""
        if not isinstance(requires_grad, bool):
            raise TypeError(
                "requires_grad_(): argument 'requires_grad' (position 1) must be bool, not "
                f"{type(requires_grad).__name__}"
            )
        if not self._recorded_as_leaf() and not requires_grad:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable "
                "in a subgraph that doesn't require differentiation use var_no_grad = var.detach()."
            )
        if requires_grad and not self.dtype.is_differentiable:
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        if self._recorded_as_leaf():
            self._set_requires_grad(requires_grad)
        return self

    @read_only
    def is_leaf(self) -> bool:
        return self._meta is None or self.grad_fn is None

    def _recorded_as_leaf(self) -> bool:
        """Whether no node was recorded, leaving aside that a view's may be out of date."""
        return self._meta is None or self._meta.grad_fn is None

    @read_only
    def grad_fn(self):
        meta = self._meta
        if meta is None:
            return None
        if meta.view is not None:
            return inplace.view_grad_fn(self)
        return meta.grad_fn

    @read_only
    def output_nr(self) -> int:
        return 0 if self._meta is None else self._meta.output_nr

    @property
    def grad(self) -> Tensor | None:
        meta = self._meta
        if meta is None:
            return None
        # What was recorded counts, not what would be found by looking: a view that is out of date says nothing.
        if meta.grad is None and meta.grad_fn is not None and not meta.retains_grad:
            _state.warn_once(_NON_LEAF_GRAD)
        return meta.grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is None:
            if self._meta is not None:
                self._meta.grad = None
            return
        self._check_grad(value)
        materialize_meta(self).grad = value

    @grad.deleter
    def grad(self) -> None:
        if self._meta is not None:
            self._meta.grad = None

    def _check_grad(self, value) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(
                f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}"
            )
        if value is self:
            raise RuntimeError("can't assign Variable as its own grad")
        meta = self._meta
        wanted = self.dtype if meta is None or not meta.grad_dtype_set else meta.grad_dtype
        if wanted is not None and value.dtype is not wanted:
            raise RuntimeError(
                f"attempting to assign a gradient with dtype '{value.dtype.cpp}' to a tensor with grad_dtype "
                f"'{wanted.scalar}'. {_FIX_BY_SETTING_GRAD_DTYPE}"
            )
        if value.device.type != self.device.type:
            raise RuntimeError(
                f"attempting to assign a gradient with device type '{value.device.type}' to a tensor with device "
                f"type '{self.device.type}'. Please ensure that the gradient and the tensor are on the same device"
            )
        if value._array.shape != self._array.shape:
            raise RuntimeError(
                f"attempting to assign a gradient of size '{list(value._array.shape)}' to a tensor of size "
                f"'{list(self._array.shape)}'. Please ensure that the gradient and the tensor are the same size"
            )

    @property
    def _grad_fn(self):
        return self.grad_fn

    @_grad_fn.setter
    def _grad_fn(self, value) -> None:
        if value is not None:
            raise RuntimeError("_grad_fn can be only set to None")
        self.detach_()

    @_grad_fn.deleter
    def _grad_fn(self) -> None:
        raise RuntimeError("Deletion of _grad_fn not allowed. Detach tensor instead!")

    @property
    def _grad(self) -> Tensor | None:
        return None if self._meta is None else self._meta.grad

    @_grad.setter
    def _grad(self, value: Tensor | None) -> None:
        materialize_meta(self).grad = value

    @property
    def grad_dtype(self) -> dtype | None:
        """The dtype that ``.grad`` must have; None allows any. Defaults to the tensor's own."""
        if not self.is_leaf:
            raise RuntimeError("grad_dtype can only be accessed on leaf tensors.")
        meta = self._meta
        return self.dtype if meta is None or not meta.grad_dtype_set else meta.grad_dtype

    @grad_dtype.setter
    def grad_dtype(self, value: dtype | None) -> None:
        if not self.is_leaf:
            _ = self.grad  # PyTorch looks at it first, and warns
            raise RuntimeError("grad_dtype can only be set on leaf tensors.")
        if value is not None and not isinstance(value, dtype):
            raise RuntimeError(f"grad_dtype must be a torch.dtype or None, but got {type(value).__name__}")
        meta = materialize_meta(self)
        if meta.grad is not None and value is not None and meta.grad.dtype is not value:
            raise RuntimeError(
                f"Cannot set grad_dtype to '{value.scalar}' because there is already a gradient with dtype "
                f"'{meta.grad.dtype.cpp}'. Please clear the gradient (.grad = None) before changing grad_dtype, or "
                "ensure the new grad_dtype matches the existing gradient's dtype."
            )
        meta.grad_dtype, meta.grad_dtype_set = value, True

    @read_only
    def name(self) -> str | None:
        return None if self._meta is None else self._meta.name

    @property
    def volatile(self) -> bool:
        _state.warn_once("volatile was removed (Variable.volatile is always False)")
        return False

    @volatile.setter
    def volatile(self, value) -> None:
        _state.warn_once("volatile was removed and now has no effect. Use `with torch.no_grad():` instead.")

    @read_only
    def retains_grad(self) -> bool:
        return self._meta is not None and self._meta.retains_grad

    @read_only
    def _version(self) -> int:
        if self._counter is None:
            raise RuntimeError("Inference tensors do not track version counter.")
        return self._counter.value

    @property
    def _base(self) -> Tensor | None:
        meta = self._meta
        return None if meta is None or meta.view is None else meta.view.base

    def _is_view(self) -> bool:
        return self._meta is not None and self._meta.view is not None

    def is_inference(self) -> bool:
        return is_inference(self._counter)

    @property
    def data(self) -> Tensor:
        """The same memory with a version counter of its own, outside of every graph."""
        alias = self._alias()
        if self._counter is not None:
            alias._counter = VersionCounter()
        elif not thread.inference:
            alias._counter = InferenceVersionCounter()
        if type(self) is not Tensor and self._dispatches:
            alias.__class__ = type(self)
        return alias

    @data.setter
    def data(self, other: Tensor) -> None:
        if not isinstance(other, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(other).__name__}")
        if self.is_meta != other.is_meta or (self._counter is None) != (other._counter is None):
            raise RuntimeError(
                "Attempted to call `variable.set_data(tensor)`, but `variable` and `tensor` have incompatible tensor "
                "type."
            )
        if other.dtype.is_differentiable is False and self.requires_grad:
            raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
        if self._meta is not None and (other.dtype is not self.dtype or other.device is not self.device):
            # An accumulator made before expects gradients of the old type; a changed shape goes unnoticed.
            self._meta.accumulator = None
        self._array, self._storage, self.dtype = other._array, other._storage, other.dtype

    @data.deleter
    def data(self) -> None:
        raise RuntimeError("Deleting tensor data is not allowed. Delete tensor instead!")

    # -- backward and hooks ---------------------------------------------------------------------------------------

    def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
        """Add the gradients of this tensor with respect to the leaves to their ``.grad``.

        ``gradient`` has the shape of the tensor and may be left out for one element.
        """
        if self._dispatches and dispatches((self,)):
            return dispatch(
                Tensor.backward,
                (self,),
                (self,),
                {
                    "gradient": gradient,
                    "retain_graph": retain_graph,
                    "create_graph": create_graph,
                    "inputs": inputs,
                },
            )
        _autograd.backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    def register_hook(self, hook) -> RemovableHandle:
        """``hook(grad) -> Tensor or None`` runs when the gradient of this tensor has been computed.

        Raises ``RuntimeError`` for a tensor that requires no grad.
        """
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        return add_hook(self._backward_hooks_dict(), hook)

    def _backward_hooks_dict(self) -> OrderedDict:
        grad_fn = self.grad_fn
        meta = self._meta
        if meta.hooks is None:
            meta.hooks = OrderedDict()
            if grad_fn is not None:
                grad_fn.add_tensor_hooks(meta.hooks, meta.output_nr)
        return meta.hooks

    @property
    def _backward_hooks(self):
        return None if self._meta is None else self._meta.hooks

    @_backward_hooks.setter
    def _backward_hooks(self, hooks) -> None:
        if hooks is None and self._meta is None:
            return
        meta = materialize_meta(self)
        meta.hooks = hooks
        if hooks is not None and self.grad_fn is not None:
            self.grad_fn.add_tensor_hooks(hooks, meta.output_nr)

    @_backward_hooks.deleter
    def _backward_hooks(self) -> None:
        raise RuntimeError("Deletion of _backwards_hooks not allowed!")

    @property
    def _post_accumulate_grad_hooks(self):
        return None if self._meta is None else self._meta.post_accumulate_hooks

    @_post_accumulate_grad_hooks.setter
    def _post_accumulate_grad_hooks(self, hooks) -> None:
        materialize_meta(self).post_accumulate_hooks = hooks

    @_post_accumulate_grad_hooks.deleter
    def _post_accumulate_grad_hooks(self) -> None:
        raise RuntimeError("Deletion of _post_accumulate_grad_hooks not allowed!")

    def register_post_accumulate_grad_hook(self, hook) -> RemovableHandle:
        """``hook(tensor)`` runs after a gradient was added to ``.grad`` of this leaf."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.grad_fn is not None:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        meta = self._meta
        if meta.post_accumulate_hooks is None:
            meta.post_accumulate_hooks = OrderedDict()
        return add_hook(meta.post_accumulate_hooks, hook)

    def retain_grad(self) -> None:
        """Keep the gradient of this non-leaf in ``.grad``. Raises ``RuntimeError`` if it requires none."""
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self._recorded_as_leaf() or self._meta.retains_grad:
            return
        _ = self.grad_fn  # made anew where it is out of date, or refused
        self._meta.retains_grad = True
        inplace.retain(self, self._meta)


Tensor.__module__ = "torch"


def make(array: np.ndarray, place: device = CPU) -> Tensor:
    """A tensor over the memory that ``array`` owns, a leaf that requires no grad."""
    tensor = _new(Tensor)
    tensor._array = array
    tensor._storage = UntypedStorage(array, place)
    tensor.dtype = BY_NUMPY[array.dtype]
    tensor._counter = None if thread.inference else VersionCounter()
    tensor._meta = None
    tensor._wrapped = False
    return tensor


def wrapped_number(value, place: device = CPU) -> Tensor:
    """A 0-dim tensor that stands for a Python number, in full precision whatever the default dtype."""
    if isinstance(value, bool):
        kept = np.bool_
    else:
        kept = np.int64 if isinstance(value, int) else np.complex128 if isinstance(value, complex) else np.float64
    tensor = make(np.array(value, kept), place)
    tensor._wrapped = True
    return tensor


def from_array(array: np.ndarray) -> Tensor:
    """A tensor that shares the memory of a user's ndarray (``torch.from_numpy``)."""
    of_array(array)
    if any(step < 0 for step in array.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
            "currently supported. (You can probably work around this by making a copy of your array  with "
            "array.copy().) "
        )
    return make(array)


def _late_bind() -> None:
    """Give this module the package's ``autograd``, which itself needs tensors."""
    global _autograd
    from . import autograd as _autograd


_autograd = None
