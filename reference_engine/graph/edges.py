"""Edges: how a tensor is tied to the graph.

The gradient edge of a tensor is where its gradient goes: to its ``grad_fn``, for a leaf that requires grad to its
accumulator, and nowhere (``NO_EDGE``) for all others.

Rule: ``torch.autograd.graph.get_gradient_edge``, ``Tensor.grad_fn``, ``Tensor.output_nr``.
"""

from __future__ import annotations

from .accumulate import accumulator_of
from .metadata import AutogradMeta
from .node import Node

NO_EDGE = (None, 0)


def gradient_edge(tensor) -> tuple:
    """The edge that leads to ``tensor``: ``(node, input_nr)``, or ``NO_EDGE``."""
    meta = tensor._meta
    if meta is None:
        return NO_EDGE
    grad_fn = meta.grad_fn if meta.view is None else tensor.grad_fn
    if grad_fn is not None:
        return (grad_fn, meta.output_nr)
    if meta.requires_grad:
        return (accumulator_of(tensor), 0)
    return NO_EDGE


def set_history(tensor, node: Node) -> None:
    """Make ``tensor`` the next output of ``node``. Raises ``RuntimeError`` for a tensor that can have no gradient."""
    if not tensor.dtype.is_differentiable:
        raise RuntimeError(f"Autograd not support dtype: {tensor.dtype.scalar}")
    meta = tensor._meta
    if meta is None:
        meta = tensor._meta = AutogradMeta()
    metadata = node.input_metadata
    meta.grad_fn = node
    meta.output_nr = len(metadata)
    metadata.append((tensor._array.shape, tensor.dtype, tensor._storage.device))
