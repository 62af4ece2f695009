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

from .._state import process, thread
from .._tensor import Tensor
from ..graph import inplace
from ..graph.edges import NO_EDGE, gradient_edge, set_history
from ..graph.metadata import CreationMeta
from ..graph.node import FREED_MESSAGE, ErrorNode, Node
from ..graph.saved import SavedTensor

_LEAF_DIRTY = "a leaf Variable that requires grad has been used in an in-place operation."
_DIRTY_VIEW_SEVERAL = (
    "If your Function modifies inplace an input that is a view of another Tensor, your Function cannot return more "
    "than one "
    "Tensor. This is not supported by the current autograd engine. You should either make sure the input is not a "
    "view "
    "(using .clone() for example) or make your Function only return one Tensor (potentially splitting it into two "
    "Functions: one doing the inplace that returns a single Tensor and a second one that does the other "
    "operations). You "
    "can ask on the forum https://discuss.pytorch.org/ if you need help to do this change."
)


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
        if not isinstance(value, bool):
            raise TypeError(
                "set_materialize_grads received an invalid combination of arguments - got (), but expected (bool)"
            )
        self.materialize_grads = value


_HookMixin = FunctionCtx


class BackwardCFunction(Node, FunctionCtx):
    """The node of a custom Function, and the ``ctx`` of its methods."""

    _forward_cls: type
    materialize_grads = True
    dirty_tensors: tuple = ()
    non_differentiable: tuple = ()
    to_save: tuple = ()
    saved_for_forward: tuple = ()
    saved: tuple = ()
    needs_input_grad: tuple = ()
    freed = False
    running_forward = False
    accessed = False

    @property
    def saved_tensors(self) -> tuple:
        """What ``save_for_backward`` kept, as it was then. Raises ``RuntimeError`` once freed or modified."""
        if self.freed:
            raise RuntimeError(FREED_MESSAGE)
        if self.running_forward:
            return self.saved_for_forward
        if self._forward_cls.clear_saved_tensors_on_access:
            if self.accessed:
                raise RuntimeError(
                    "saved_tensors can only be accessed once when clear_saved_tensors_on_access=True is set on the "
                    "autograd.Function. Either access saved_tensors only once, or set "
                    "clear_saved_tensors_on_access=False."
                )
            self.accessed = True
        return tuple(None if entry is None else entry.unpack(self) for entry in self.saved)

    @saved_tensors.setter
    def saved_tensors(self, value) -> None:
        raise AttributeError("attribute 'saved_tensors' of 'torch._C._FunctionBase' objects is not writable")

    @property
    def saved_variables(self) -> tuple:
        warnings.warn("'saved_variables' is deprecated; use 'saved_tensors'", DeprecationWarning, stacklevel=2)
        return self.saved_tensors

    @property
    def _raw_saved_tensors(self) -> tuple:
        return self.saved

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
            _zeros(metadata) if grad is None and self.materialize_grads and metadata[0] is not None else grad
            for grad, metadata in zip(grads, self.input_metadata, strict=False)
        ]
        self.needs_input_grad = tuple(
            place is not None and _needed(self.next_edges[place], wants) for place in self.edge_of
        )
        returned = user_fn(self, incoming) if cls.boxed_grads_call else user_fn(self, *incoming)
        return self._checked(returned)

    def _checked(self, returned) -> list:
        """One gradient per tensor argument, from what ``backward`` returned for all arguments."""
        gradients = list(returned) if isinstance(returned, (tuple, list)) else [returned]
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


def _needed(edge: tuple, wants) -> bool:
    return edge[0] is not None and (wants is None or wants(edge))


def _zeros(metadata):
    from ..creation import zeros

    shape, dtype, device = metadata
    return zeros(shape, dtype=dtype, device=device)


class FunctionMeta(type):
    """Makes the node class that belongs to each Function."""

    def __init__(cls, name, bases, attrs) -> None:
        cls._backward_cls = type(
            name + "Backward", (BackwardCFunction,), {"_forward_cls": cls, "__module__": cls.__module__}
        )
        super().__init__(name, bases, attrs)


class Function(FunctionCtx, metaclass=FunctionMeta):
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
            return apply_function(cls, bound.args, bound.kwargs)
        return apply_function(cls, args, kwargs)


def apply_function(cls, args: tuple, kwargs: dict):
    """``cls.apply(*args, **kwargs)``: run forward unrecorded, then attach the history."""
    node = Node.__new__(cls._backward_cls)
    positional, args = args, (*args, *kwargs.values())
    edges, edge_of, needs = [], [], []
    tensors = []
    for argument in args:
        if isinstance(argument, Tensor):
            edge_of.append(len(edges))
            edges.append(gradient_edge(argument) if argument._meta is not None else NO_EDGE)
            needs.append(argument.requires_grad)
            tensors.append(argument)
        else:
            edge_of.append(None)
            needs.append(False)
    recording = thread.grad_enabled and any(needs) and not thread.inference
    Node.__init__(node, tuple(edges) if recording else ())
    node.edge_of = tuple(edge_of)
    node.needs_input_grad = tuple(needs)
    separate = cls.setup_context is not Function.setup_context
    previous, thread.grad_enabled = thread.grad_enabled, False
    level, process.forward_level = process.forward_level, -1
    try:
        if separate:
            output = cls.forward(*positional, **kwargs)
            cls.setup_context(node, positional, output)
        else:
            output = cls.forward(node, *positional, **kwargs)
    finally:
        thread.grad_enabled = previous
        process.forward_level = level
    single = not isinstance(output, tuple)
    outputs = (output,) if single else output
    if recording and separate:
        refuse_saved_input(node, tensors, outputs)
    wrapped = wrap_outputs(node, tensors, outputs, recording)
    if recording:
        save_tensors(node, wrapped)
    if process.forward_level >= 0:
        from . import forward_ad

        forward_ad.custom_function(cls, node, args, tensors, wrapped)
    node.to_save = ()
    node.dirty_tensors = ()
    node.non_differentiable = ()
    return wrapped[0] if single else tuple(wrapped)


def refuse_saved_input(node, inputs, outputs) -> None:
    """An input returned as it is becomes another tensor, so saving the output in setup_context is ambiguous."""
    returned = {id(output) for output in outputs if isinstance(output, Tensor)}
    dirty = {id(tensor) for tensor in node.dirty_tensors} if isinstance(node.dirty_tensors, tuple) else set()
    as_is = {id(tensor) for tensor in inputs} & returned - dirty
    if any(id(tensor) in as_is for tensor in node.to_save):
        raise RuntimeError(
            "An input that has been returned as-is as output is being saved for backward. This is not supported if "
            "you "
            "override setup_context. You should return and save a view of the input instead, e.g. with x.view_as(x) "
            "or setup "
            "ctx inside the forward function itself."
        )


def wrap_outputs(node, inputs, outputs, recording: bool) -> list:
    """Give every output tensor its place in the graph."""
    dirty = _marked(node.dirty_tensors, "dirty_tensors", "mark_dirty can only accept variables, but argument ")
    frozen = {
        id(tensor)
        for tensor in _marked(
            node.non_differentiable,
            "non_differentiable",
            "mark_non_differentiable only accepts variable arguments, but got ",
        )
    }
    dirty_ids = {id(tensor) for tensor in dirty}
    input_ids = {id(tensor) for tensor in inputs}
    output_ids = {id(output) for output in outputs if isinstance(output, Tensor)}
    for tensor in dirty:
        if id(tensor) not in output_ids and id(tensor) in input_ids:
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as output. The inputs "
                "that are "
                "modified inplace must all be outputs of the Function."
            )
    wrapped = []
    several = sum(isinstance(output, Tensor) for output in outputs) > 1
    for output in outputs:
        if not isinstance(output, Tensor):
            wrapped.append(output)
            if recording:
                node.input_metadata.append((None, None, None))
            continue
        is_input = id(output) in input_ids
        is_dirty = id(output) in dirty_ids
        if is_dirty:
            inplace.bump_version(output)  # on top of what the write itself counted
            if not is_input:
                from .._state import warn_once

                warn_once(
                    "ctx.mark_dirty() received a tensor that was not an input. Only input Tensors that have been "
                    "mutated should "
                    "be passed to ctx.mark_dirty()."
                )
        if not recording or not output.dtype.is_differentiable:
            if is_input and not is_dirty:
                output = _fresh_view(output)
                output._meta.view = None
            elif not recording and output._meta is not None and output.requires_grad and not is_dirty:
                output = output.detach()
            wrapped.append(output)
            if recording:
                node.input_metadata.append((output._array.shape, output.dtype, output._storage.device))
            continue
        if id(output) in frozen:
            if is_dirty and output.requires_grad:
                raise RuntimeError(_LEAF_DIRTY)
            result = _fresh_view(output) if is_input and not is_dirty else output
            if result._meta is not None:
                result = result.detach() if result is not output or result.requires_grad else result
            node.input_metadata.append((output._array.shape, output.dtype, output._storage.device))
            wrapped.append(result)
            continue
        if is_dirty and is_input:
            meta = output._meta
            if several and meta is not None and meta.view is not None and output.requires_grad:
                raise RuntimeError(_DIRTY_VIEW_SEVERAL)
            if meta is not None and meta.view is not None:
                inplace.check_rebase(output, meta.view, indirect=False)
                if output.requires_grad and meta.view.base.is_leaf and meta.view.base.requires_grad:
                    raise RuntimeError(inplace.VIEW_OF_LEAF_ERROR)
            elif meta is not None and meta.requires_grad and meta.grad_fn is None:
                raise RuntimeError(_LEAF_DIRTY)
            inplace.rebase_history(output, node)
            wrapped.append(output)
            continue
        if is_input:
            output = _fresh_view(output)
            _mark_custom(output, several)
        elif output._meta is not None and output._meta.view is not None:
            _mark_custom(output, several)
        set_history(output, node)
        wrapped.append(output)
    return wrapped


def _marked(entries, attribute: str, message: str) -> tuple:
    if not isinstance(entries, tuple):
        raise RuntimeError(f"autograd internal error: {attribute} attribute is expected to be a tuple but is ")
    for entry in entries:
        if not isinstance(entry, Tensor):
            raise RuntimeError(message)
    return entries


def _fresh_view(tensor):
    """An input returned as it is becomes a view of itself, so that it can have a history of its own."""
    recording, thread.grad_enabled = thread.grad_enabled, True
    try:
        return inplace.make_view(tensor, tensor._array[...])
    finally:
        thread.grad_enabled = recording


def _mark_custom(view, several: bool) -> None:
    view._meta.view.creation = CreationMeta.MULTI_OUTPUT if several else CreationMeta.IN_CUSTOM_FUNCTION


def save_tensors(node, outputs) -> None:
    """Keep what ``save_for_backward`` was given; outputs without their tie to this node."""
    output_ids = {id(output) for output in outputs}
    saved = []
    for tensor in node.to_save:
        if tensor is None:
            saved.append(None)
        elif not isinstance(tensor, Tensor):
            raise TypeError(
                f"save_for_backward can only save variables, but argument {node.to_save.index(tensor)} is of type "
                f"{type(tensor).__name__}"
            )
        else:
            saved.append(SavedTensor(tensor, id(tensor) in output_ids and tensor.grad_fn is node))
    node.saved = tuple(saved)


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
        edges = tuple(gradient_edge(arg) for arg in args if isinstance(arg, Tensor))
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
