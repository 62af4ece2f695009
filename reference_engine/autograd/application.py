"""Running a custom Function: forward unrecorded, then a place in the graph for each output.

What ``ctx`` was told decides: dirty inputs are rebased, inputs returned as they are become views, non-differentiable
outputs stay outside, and what was to be saved is saved.

Rule: ``torch.autograd.Function.apply``, ``FunctionCtx.mark_dirty``, ``mark_non_differentiable``, ``save_for_backward``.
"""

from __future__ import annotations

from .._state import process, thread, warn_once
from .._tensor import Tensor
from ..graph import inplace
from ..graph.edges import NO_EDGE, gradient_edge, set_history
from ..graph.metadata import CreationMeta
from ..graph.node import Node
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


def apply_function(cls, args: tuple, kwargs: dict, separate: bool):
    """``cls.apply(*args, **kwargs)``; ``separate`` tells whether the class has a ``setup_context`` of its own."""
    for switch in ("clear_saved_tensors_on_access", "boxed_grads_call"):
        if type(chosen := getattr(cls, switch)) is not bool:
            raise RuntimeError(f"{switch} must be a bool, got {type(chosen).__name__}")
    node = Node.__new__(cls._backward_cls)
    positional, args = args, (*args, *kwargs.values())
    edge_of, needs = [], []
    tensors = []
    for argument in args:
        if isinstance(argument, Tensor):
            edge_of.append(len(tensors))
            needs.append(argument.requires_grad)
            tensors.append(argument)
        else:
            edge_of.append(None)
            needs.append(False)
    recording = thread.grad_enabled and any(needs)  # under enable_grad in inference mode too
    Node.__init__(node, tuple(map(_edge, tensors)) if recording else ())
    node.edge_of = tuple(edge_of)
    node.needs_input_grad = tuple(needs)
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
    dirty, frozen = _told(node, "dirty_tensors"), _told(node, "non_differentiable")
    node.to_save = node.dirty_tensors = node.non_differentiable = None
    if process.forward_level >= 0:
        from . import function_tangents

        function_tangents.propagate(cls, node, args, outputs, wrapped, dirty, frozen)
    node.saved_for_forward = None
    return wrapped[0] if single else tuple(wrapped)


def _edge(tensor: Tensor) -> tuple:
    return gradient_edge(tensor) if tensor._meta is not None else NO_EDGE


def refuse_saved_input(node, inputs, outputs) -> None:
    """An input returned as it is becomes another tensor, so saving the output in setup_context is ambiguous."""
    returned = {id(output) for output in outputs if isinstance(output, Tensor)}
    dirty = {id(tensor) for tensor in node.dirty_tensors} if isinstance(node.dirty_tensors, tuple) else set()
    as_is = {id(tensor) for tensor in inputs} & returned - dirty
    if any(id(tensor) in as_is for tensor in _told(node, "to_save")):
        raise RuntimeError(
            "An input that has been returned as-is as output is being saved for backward. This is not supported if "
            "you "
            "override setup_context. You should return and save a view of the input instead, e.g. with x.view_as(x) "
            "or setup "
            "ctx inside the forward function itself."
        )


def wrap_outputs(node, inputs, outputs, recording: bool) -> list:
    """Give every output tensor its place in the graph."""
    dirty = _marked(node, "dirty_tensors", "mark_dirty can only accept variables, but argument ")
    frozen = {
        id(tensor)
        for tensor in _marked(
            node, "non_differentiable", "mark_non_differentiable only accepts variable arguments, but got "
        )
    }
    dirty_ids = {id(tensor) for tensor in dirty}
    input_ids = {id(tensor) for tensor in inputs}
    output_ids = {id(output) for output in outputs if isinstance(output, Tensor)}
    for tensor in dirty:
        inplace.bump_version(tensor)  # on top of what the write itself counted
    if any(id(tensor) not in output_ids for tensor in dirty):
        raise RuntimeError(
            "Some elements marked as dirty during the forward method were not returned as output. The inputs that "
            "are modified inplace must all be outputs of the Function."
        )
    wrapped = []
    differentiable = 0
    for output in outputs:
        if not isinstance(output, Tensor):
            wrapped.append(output)
            if recording:
                node.input_metadata.append((None, None, None))
            continue
        is_input = id(output) in input_ids
        is_dirty = id(output) in dirty_ids
        if not recording or id(output) in frozen or not output.dtype.is_differentiable:
            result = _outside(output, is_input, is_dirty)
            if recording:
                if id(output) in frozen:
                    node.frozen_outputs |= {len(node.input_metadata)}
                node.input_metadata.append((output._array.shape, output.dtype, output._storage.device))
        else:
            differentiable += 1
            if is_dirty:
                _rebase(output, node, is_input, len(outputs))
                result = output
            else:
                result = _fresh_view(output) if is_input else output
                set_history(result, node)
        if result._is_view() and not (is_input and is_dirty):
            result._meta.view.creation = CreationMeta.IN_CUSTOM_FUNCTION
        wrapped.append(result)
    if differentiable > 1:
        for result in wrapped:
            if isinstance(result, Tensor) and result._is_view():
                result._meta.view.creation = CreationMeta.MULTI_OUTPUT
    return wrapped


def _outside(output: Tensor, is_input: bool, is_dirty: bool) -> Tensor:
    """An output that gets no place in the graph. An input is returned as another tensor over the same memory."""
    if not output.requires_grad:
        return _fresh_view(output) if is_input and not is_dirty else output
    if is_input:
        return output.detach()
    return output if output._is_view() else output.detach_()


def _rebase(output: Tensor, node, is_input: bool, count: int) -> None:
    """The history of a modified output: ``node`` on top of what was there. Raises ``RuntimeError`` if it may not."""
    meta = output._meta
    if meta is not None and meta.grad_fn is None and output.requires_grad:
        raise RuntimeError(_LEAF_DIRTY)
    if not is_input:
        warn_once(
            "ctx.mark_dirty() received a tensor that was not an input. Only input Tensors that have been mutated "
            "should be passed to ctx.mark_dirty()."
        )
    view = None if meta is None else meta.view
    if view is not None:
        if count > 1:
            raise RuntimeError(_DIRTY_VIEW_SEVERAL)
        inplace.check_rebase(output, view, indirect=False)
        if output.requires_grad and view.base.is_leaf and view.base.requires_grad:
            raise RuntimeError(inplace.VIEW_OF_LEAF_ERROR)
    inplace.rebase_history(output, node)
    output._meta.grad = None  # of the value before


def _told(node, attribute: str) -> tuple:
    """What ``ctx`` was told: a tuple, empty where nothing was said. Raises ``RuntimeError`` for anything else."""
    entries = getattr(node, attribute)
    if entries is not None and not isinstance(entries, tuple):
        raise RuntimeError(f"autograd internal error: {attribute} attribute is expected to be a tuple but is ")
    return entries or ()


def _marked(node, attribute: str, message: str) -> tuple:
    entries = _told(node, attribute)
    for entry in entries:
        if not isinstance(entry, Tensor):
            raise RuntimeError(message)
    return entries


def _fresh_view(tensor):
    """An input returned as it is becomes a view of itself, so that it can have a history of its own."""
    recording, thread.grad_enabled = thread.grad_enabled, False
    try:
        return inplace.make_view(tensor, tensor._array[...])
    finally:
        thread.grad_enabled = recording


def save_tensors(node, outputs) -> None:
    """Keep what ``save_for_backward`` was given; outputs without their tie to this node."""
    output_ids = {id(output) for output in outputs}
    saved = []
    for index, tensor in enumerate(_told(node, "to_save")):
        if tensor is None:
            saved.append(None)
        elif not isinstance(tensor, Tensor):
            raise TypeError(
                f"save_for_backward can only save variables, but argument {index} is of type {type(tensor).__name__}"
            )
        else:
            saved.append(SavedTensor(tensor, id(tensor) in output_ids and tensor.grad_fn is node))
    node.saved = tuple(saved)
