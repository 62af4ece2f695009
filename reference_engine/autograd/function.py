"""``torch.autograd.Function``: operations with a derivative written by the user.

The ``ctx`` that ``forward`` fills is the node itself, an instance of a class made for each Function and named after
it. ``forward`` runs unrecorded; afterwards each output is given its history according to what ``ctx`` was told:
dirty inputs are rebased, inputs returned as they are become views, non-differentiable outputs stay outside.

Rule: "Extending torch.autograd", ``torch.autograd.function.FunctionCtx``.
"""

from __future__ import annotations

import functools
import inspect
import warnings

from .._state import thread
from .._tensor import Tensor
from ..geometry import read_only
from ..graph.edges import gradient_edge, set_history
from ..graph.node import FREED_MESSAGE, ErrorNode, Node
from ..graph.saved import all_shown
from .application import apply_function


class FunctionCtx:
    """What ``forward`` and ``setup_context`` may tell about the operation."""

    def save_for_backward(self, *tensors) -> None:
        """Keep inputs or outputs for backward; they come back as ``saved_tensors``, checked for in-place writes."""
        self.to_save = tensors

    def save_for_forward(self, *tensors) -> None:
        """Keep tensors for ``jvp``."""
        for tensor in tensors:
            if not (isinstance(tensor, Tensor) or tensor is None):
                raise AssertionError(
                    "save_for_forward expects all arguments to be tensors; you should save non-tensors as "
                    "attributes on "
                    "ctx."
                )
        self.saved_for_forward = tensors

    def mark_dirty(self, *args) -> None:
        """These inputs were modified in place."""
        self.dirty_tensors = args

    def mark_shared_storage(self, *pairs) -> None:
        warnings.warn(
            "`mark_shared_storage` is deprecated. Tensors with shared storages are automatically tracked. Note that "
            "calls to "
            "`set_()` are not tracked",
            FutureWarning,
            stacklevel=2,
        )

    def mark_non_differentiable(self, *args) -> None:
        """These outputs have no gradient."""
        self.non_differentiable = args

    def set_materialize_grads(self, value: bool) -> None:
        """Whether undefined gradients reach ``backward`` as zeros (the default) or as None."""
        self.materialize_grads = value


_HookMixin = FunctionCtx


class _read_only(read_only):
    owner = "torch._C._FunctionBase"


class _switch:
    """A bool that is on unless written, kept on the instance. Writing anything else raises ``TypeError``."""

    def __init__(self, setter: str, readable: bool) -> None:
        self.setter, self.readable = setter, readable

    def __set_name__(self, owner, name: str) -> None:
        self.name = name

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        if not self.readable:
            raise AttributeError(f"attribute '{self.name}' of '{_read_only.owner}' objects is not readable")
        return self.of(instance)

    def __set__(self, instance, value) -> None:
        if not isinstance(value, bool):
            raise TypeError(f"{self.setter} received an invalid combination of arguments - got (), but expected (bool)")
        instance.__dict__[self.name] = value

    def of(self, instance) -> bool:
        return instance.__dict__.get(self.name, True)


class _FunctionBase(FunctionCtx):
    """What programs find on ``ctx``, and on the (deprecated) instances of a Function.

    What ``forward`` marks and keeps stands in plain attributes until the operation is recorded; then they are None.
    """

    dirty_tensors: tuple | None = None
    non_differentiable: tuple | None = None
    to_save: tuple | None = None
    saved_for_forward: tuple | None = None
    needs_input_grad: tuple | None = None
    materialize_grads = _switch("set_materialize_grads", readable=False)
    _materialize_non_diff_grads = _switch("set_materialize_non_diff_grads", readable=True)
    saved: tuple = ()
    freed = False
    accessed = False
    _forward_cls: type | None = None

    @_read_only
    def requires_grad(self) -> bool:
        return True

    @_read_only
    def next_functions(self) -> tuple:
        return getattr(self, "next_edges", ())

    @_read_only
    def metadata(self) -> dict:
        return self.__dict__.setdefault("_metadata", {})

    @_read_only
    def saved_tensors(self) -> tuple:
        """What ``save_for_backward`` kept, as it was then; before, what ``save_for_forward`` was given.

        Raises ``RuntimeError`` once freed or modified.
        """
        if self.freed:
            raise RuntimeError(FREED_MESSAGE)
        if self.saved_for_forward is not None:
            return self.saved_for_forward
        if self._forward_cls is not None and self._forward_cls.clear_saved_tensors_on_access:
            if self.accessed:
                raise RuntimeError(
                    "saved_tensors can only be accessed once when clear_saved_tensors_on_access=True is set on the "
                    "autograd.Function. Either access saved_tensors only once, or set "
                    "clear_saved_tensors_on_access=False."
                )
            self.accessed = True
        return tuple(None if entry is None else entry.unpack(self) for entry in self.saved)

    @property
    def saved_variables(self) -> tuple:
        warnings.warn("'saved_variables' is deprecated; use 'saved_tensors'", DeprecationWarning, stacklevel=2)
        return self.saved_tensors

    @_read_only
    def _raw_saved_tensors(self) -> tuple:
        if self.freed:
            raise RuntimeError(FREED_MESSAGE)
        return all_shown(self.saved)


class BackwardCFunction(_FunctionBase, Node):
    """The node of a custom Function, and the ``ctx`` of its methods."""

    _forward_cls: type
    frozen_outputs: frozenset = frozenset()  # numbers of the outputs marked as not differentiable

    def apply(self, grads, wants=None) -> list:
        cls = self._forward_cls
        backward_fn, vjp_fn = cls.backward, cls.vjp
        if backward_fn is not Function.backward and vjp_fn is not Function.vjp:
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only "
                "implement one "
                "of them."
            )
        user_fn = vjp_fn if vjp_fn is not Function.vjp else backward_fn
        incoming = [
            _zeros(metadata) if grad is None and self._materializes(number, metadata) else grad
            for number, (grad, metadata) in enumerate(zip(grads, self.input_metadata, strict=False))
        ]
        returned = user_fn(self, incoming) if cls.boxed_grads_call else user_fn(self, *incoming)
        return self._checked(returned)

    def _materializes(self, number: int, metadata: tuple) -> bool:
        """Whether zeros stand in for an undefined gradient: for tensors, as far as they were asked for."""
        if metadata[0] is None or not _FunctionBase.materialize_grads.of(self):
            return False
        return number not in self.frozen_outputs or self._materialize_non_diff_grads

    def _checked(self, returned) -> list:
        """One gradient per tensor argument, from what ``backward`` returned for all arguments."""
        gradients = list(returned) if isinstance(returned, tuple) else [returned]
        expected = len(self.edge_of)
        if len(gradients) > expected and all(extra is None for extra in gradients[expected:]):
            gradients = gradients[:expected]
        if len(gradients) != expected:
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected {expected}, got "
                f"{len(gradients)})"
            )
        results: list = [None] * len(self.next_edges)
        for position, (place, grad) in enumerate(zip(self.edge_of, gradients, strict=True)):
            if place is None:
                if grad is not None:
                    raise RuntimeError(
                        f"function {self.name()} returned a gradient different than None at position "
                        f"{position + 1}, but the "
                        "corresponding forward input was not a Variable"
                    )
                continue
            if grad is not None and not isinstance(grad, Tensor):
                raise RuntimeError(f"expected Variable or None (got {type(grad).__name__})")
            results[place] = grad
        return results

    def release(self) -> None:
        for entry in self.saved:
            if entry is not None:
                entry.release()
        self.freed = True

    def name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        return object.__repr__(self)

    def _register_hook_dict(self, tensor) -> None:
        if not isinstance(tensor, Tensor):
            raise RuntimeError("_register_hook_dict expected a Tensor")
        super()._register_hook_dict(tensor)


def _zeros(metadata):
    from ..creation import zeros

    shape, dtype, device = metadata
    filled = zeros(shape, dtype=dtype, device=device)
    filled._counter.bump()  # the zeros are written into fresh memory, and that counts
    return filled


class FunctionMeta(type):
    """Makes the node class that belongs to each Function."""

    def __init__(cls, name, bases, attrs) -> None:
        cls._backward_cls = type(
            name + "Backward", (BackwardCFunction,), {"_forward_cls": cls, "__module__": "torch.autograd.function"}
        )
        super().__init__(name, bases, attrs)


class Function(_FunctionBase, metaclass=FunctionMeta):
    """Base class of user-defined operations: static ``forward``, ``backward``, maybe ``setup_context`` and ``jvp``."""

    generate_vmap_rule = False
    clear_saved_tensors_on_access = False
    boxed_grads_call = False

    def __init__(self, *args, **kwargs) -> None:
        warnings.warn(
            f"{self.__class__} should not be instantiated. Methods on autograd functions are all static, so you "
            "should "
            "invoke them on the class itself. Instantiating an autograd function will raise an error in a future "
            "version of "
            "PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args, **kwargs):
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd "
            "function "
            "with static forward method. (Example: "
            "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    @staticmethod
    def forward(*args, **kwargs):
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx, inputs, output):
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx, *grad_outputs):
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with "
            "backward "
            "mode AD."
        )

    vjp = backward

    @staticmethod
    def jvp(ctx, *grad_inputs):
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
        )

    @staticmethod
    def vmap(info, in_dims, *args):
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap staticmethod or set "
            "generate_vmap_rule=True."
        )

    @classmethod
    def apply(cls, *args, **kwargs):
        """Run the operation and record it."""
        if cls.setup_context is not Function.setup_context:
            # forward has the signature of a plain function: defaults and keywords fill its positions.
            bound = inspect.signature(cls.forward).bind(*args, **kwargs)
            bound.apply_defaults()
            return apply_function(cls, bound.args, bound.kwargs, separate=True)
        return apply_function(cls, args, kwargs, separate=False)


def once_differentiable(fn):
    """Decorator for ``backward``: its result cannot be differentiated again, and says so when one tries."""

    @functools.wraps(fn)
    def wrapper(ctx, *args):
        recording, thread.grad_enabled = thread.grad_enabled, False
        try:
            outputs = fn(ctx, *args)
        finally:
            thread.grad_enabled = recording
        if not recording:
            return outputs
        if not any(isinstance(arg, Tensor) and arg.requires_grad for arg in args):
            return outputs
        listed = outputs if isinstance(outputs, tuple) else (outputs,)
        # The node leads to leaves of its own, as in torch: a pass for the Function's inputs never comes by it.
        leaves = [output.detach().requires_grad_() for output in listed if output is not None]
        edges = tuple(gradient_edge(leaf) for leaf in leaves)
        node = ErrorNode(edges, "trying to differentiate twice a function that was marked with @once_differentiable")
        result = []
        for output in listed:
            if output is not None:
                output = output.detach()
                set_history(output, node)
            result.append(output)
        return tuple(result)

    return wrapper


class InplaceFunction(Function):
    """Kept for old programs: a Function with an ``inplace`` flag."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class NestedIOFunction(Function):
    """Kept for old programs."""


Function.__module__ = "torch.autograd.function"
FunctionCtx.__module__ = "torch.autograd.function"
