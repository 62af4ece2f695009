"""Recording a call: the node, its edges, and what the node keeps for its backward."""

from __future__ import annotations

from .._state import process, thread
from .._tensor import Tensor, wrapped_number
from ..dtypes import COMPLEX
from ..graph.edges import NO_EDGE, gradient_edge, set_history
from ..graph.node import NotImplementedNode
from ..graph.saved import SavedTensor
from .table import Row, SavedList


def any_requires_grad(values: list, row: Row) -> bool:
    for position in row.tensor_positions:
        value = values[position]
        if isinstance(value, Tensor):
            if value._meta is not None and value.requires_grad:
                return True
        elif type(value) in (list, tuple) and any(isinstance(t, Tensor) and t.requires_grad for t in value):
            return True
    return False


def new_node(row: Row, values: list, node_class: type | None = None):
    """The node of a call with its edges, and the mask of derivatives that will be needed."""
    edges: list = []
    mask = []
    lengths = None
    for formula in row.formulas:
        value = values[formula.position]
        if formula.listed:
            listed = [gradient_edge(tensor) if tensor.requires_grad else NO_EDGE for tensor in value]
            edges.extend(listed)
            mask.append(any(edge is not NO_EDGE for edge in listed))
            lengths = lengths or {}
            lengths[formula.position] = len(listed)
        elif isinstance(value, Tensor) and value._meta is not None:
            edge = gradient_edge(value)
            edges.append(edge)
            mask.append(edge is not NO_EDGE)  # of a view made without recording none, though it requires grad
        else:
            edges.append(NO_EDGE)
            mask.append(False)
    node = (node_class or row.node_class)(tuple(edges))
    if lengths is not None:
        node.list_lengths = lengths
    return node, tuple(mask)


def save(node, row: Row, mask: tuple, values: list, outputs: tuple, original_self=None, on_view: bool = False) -> None:
    """Keep what the needed derivatives name. ``original_self`` is the value before an in-place write.

    Without ``outputs`` only what is known before the operation runs; with them, what ``node`` does not have yet.
    """
    saved = node.saved
    for name, source in row.plan(mask):
        kind = source[0]
        if name in saved or (kind == "output" and not outputs):
            continue
        if kind == "input":
            value = values[source[1]]
            if original_self is not None and source[1] == 0:
                value = original_self
            if isinstance(value, Tensor):
                saved[name] = SavedTensor(value)
            elif row.parameters[source[1]].is_tensor and value is not None:
                if type(value) in (list, tuple):
                    saved[name] = SavedList(
                        SavedTensor(entry) if isinstance(entry, Tensor) else None for entry in value
                    )
                else:
                    saved[name] = SavedTensor(wrapped_number(value))
            else:
                saved[name] = value
        elif kind == "output":
            saved[name] = SavedTensor(outputs[source[1]], True, on_view)
        else:
            saved[name] = source[2](values[source[1]])


def fill_facts(node, row: Row, values: list, mask: tuple) -> None:
    """Plain parameters and facts are kept whatever is needed: they show as ``_saved_NAME``."""
    for name, source in row.facts(mask):
        value = values[source[1]]
        if source[0] == "input":
            node.saved.setdefault(name, value)
        elif name not in node.saved and isinstance(value, Tensor):
            node.saved[name] = source[2](value)


def refuse_complex(row: Row, outputs: tuple) -> None:
    """Raise ``RuntimeError`` for recorded complex results of an operation whose derivative is for real numbers."""
    if any(output.dtype.kind == COMPLEX for output in outputs):
        raise RuntimeError(f"{row.name} does not support automatic differentiation for outputs with complex dtype.")


def record(row: Row, values: list, outputs: tuple) -> None:
    """Attach a new node to the ``outputs`` of a call that is being recorded."""
    if row.node_class is None:
        edges = tuple(
            gradient_edge(values[position])
            for position in row.tensor_positions
            if isinstance(values[position], Tensor) and values[position].requires_grad
        )
        node, mask = NotImplementedNode(edges, row.name), None
    else:
        node, mask = new_node(row, values)
        node.saved = {}
    for name, output in zip(row.outputs, outputs, strict=False):
        if name in row.non_differentiable_outputs:
            continue
        set_history(output, node)
    for output in outputs[len(row.outputs) :]:
        set_history(output, node)
    if row.real_only:
        refuse_complex(row, outputs)
    if mask is not None:
        save(node, row, mask, values, outputs)
        if False in mask:
            fill_facts(node, row, values, mask)


def finish(row: Row, values: list, outputs: tuple) -> None:
    """Steps 4 and 5 for fresh results and views."""
    if row.differentiable:
        if thread.grad_enabled and not thread.inference and any_requires_grad(values, row):
            record(row, values, outputs)
        if process.forward_level >= 0 and not thread.inference:
            from ..autograd import forward_ad

            forward_ad.propagate(row, values, outputs)
