"""Tangents: on which tensors they are, in which memory, and how views share them.

A tangent lies in memory as its primal does: same storage size, offset and strides. So a view of a tensor with a
tangent has the view of that tangent as its own, and a write through a view reaches the tangents of base and views
alike. ``make_dual``, ``unpack_dual`` and ``detach`` share memory but no tangent: their results start a new family.

Rule: forward gradients of views and of in-place writes, ``torch.autograd.forward_ad``.
"""

from __future__ import annotations

import numpy as np

from .._state import process
from .._tensor import Tensor, make
from ..graph.metadata import materialize_meta

_open: list = []  # every tensor that got a tangent in the open level

_INTERNAL = (
    '{} INTERNAL ASSERT FAILED at "/__w/pytorch/pytorch/torch/csrc/autograd/autograd_meta.cpp":{}, please report a bug '
    "to PyTorch. {}"
)
NOT_FLOATING = _INTERNAL.format(
    "(new_grad_base.is_floating_point() || new_grad_base.is_complex()) && (self_base.is_floating_point() || "
    "self_base.is_complex())",
    159,
    "Expected both tensor and its forward grad to be floating point or complex",
)
_OTHER_LAYOUT = _INTERNAL.format(
    "!this_view_meta->has_fw_view()",
    257,
    "Expected the output of forward differentiable view operations to have the tangent have the same layout as primal",
)


def forget() -> None:
    """Drop every tangent and close whatever level is open."""
    process.forward_level = -1
    for tensor in _open:
        if tensor._meta is not None:
            tensor._meta.tangent = None
    _open.clear()


def tangent_of(tensor: Tensor) -> Tensor | None:
    """The tangent that a tensor carries; a view of a tensor with one carries the matching view of it."""
    meta = tensor._meta
    if meta is None:
        return None
    if meta.tangent is None and meta.view is not None and meta.view.tangent_base is not None:
        base_meta = meta.view.tangent_base._meta
        if base_meta is not None and base_meta.tangent is not None:
            _keep(tensor, _matching_view(base_meta.tangent, tensor))
    return meta.tangent


def set_tangent(tensor: Tensor, tangent: Tensor | None) -> None:
    """Give a new result its tangent, copied where its layout is not that of ``tensor``.

    Raises ``RuntimeError`` for a tangent of another size, without floating point, with a tangent of its own, and
    for one of a view that cannot be a view of the base's tangent.
    """
    check_tangent(tensor, tangent)
    if not _same_layout(tangent, tensor):
        meta = tensor._meta
        if meta is not None and meta.view is not None and meta.view.tangent_base is not None:
            raise RuntimeError(_OTHER_LAYOUT)
        tangent = _zeros_laid_out_like(tensor).copy_(tangent)
    _keep(tensor, tangent)


def write_tangent(tensor: Tensor, tangent: Tensor) -> None:
    """The tangent after an in-place write: into the one that is there, else into a new one of the view's base."""
    meta = materialize_meta(tensor)
    current = tangent_of(tensor)
    if current is not None:
        current.copy_(tangent)
        return
    if meta.view is not None and meta.view.tangent_base is not None:
        check_tangent(tensor, tangent)
        base = meta.view.tangent_base
        if _same_layout(tangent, base) and _same_layout(tangent, tensor):
            _keep(base, tangent)
        else:
            _keep(base, _zeros_laid_out_like(base))
            part = _matching_view(base._meta.tangent, tensor)
            tangent = part.copy_(tangent)
    set_tangent(tensor, tangent)


def start_family(view: Tensor) -> None:
    """Cut the tie between a view's tangent and its base's."""
    meta = view._meta
    if meta is not None and meta.view is not None:
        meta.view.tangent_base = meta.view.tangent_replay = None


def check_tangent(tensor: Tensor, tangent: Tensor | None) -> None:
    """Raise ``RuntimeError`` for what cannot be the tangent of ``tensor``."""
    if tangent is not None and tangent_of(tangent) is not None and process.forward_level >= 0:
        raise RuntimeError(
            "Setting a forward grad that itself has a forward gradient at the same level"
            f"{process.forward_level} is not supported."
        )
    if tangent is None or not (tangent.dtype.is_differentiable and tensor.dtype.is_differentiable):
        raise RuntimeError(NOT_FLOATING)
    if tensor._array.shape != tangent._array.shape:
        raise RuntimeError(
            "Trying to set a forward gradient that has a different size than that of the original Tensor, this is "
            f"not supported. Tensor is of size {list(tensor._array.shape)} while the given forward gradient is of "
            f"size {list(tangent._array.shape)}."
        )


def _keep(tensor: Tensor, tangent: Tensor) -> None:
    materialize_meta(tensor).tangent = tangent
    _open.append(tensor)


def _matching_view(base_tangent: Tensor, view: Tensor) -> Tensor:
    """The part of the base's tangent that belongs to a view of the base."""
    replay = view._meta.view.tangent_replay
    if replay is not None:
        return replay(base_tangent)
    return base_tangent.as_strided(view.shape, view.stride(), view.storage_offset())


def _same_layout(tangent: Tensor, tensor: Tensor) -> bool:
    a, b = tangent._array, tensor._array
    if not a.size:
        return a.shape == b.shape  # no elements, no strides
    return (
        a.shape == b.shape
        and _stored_elements(tangent) == _stored_elements(tensor)
        and tangent.storage_offset() == tensor.storage_offset()
        and all(
            size == 1 or step == other
            for size, step, other in zip(a.shape, tangent.stride(), tensor.stride(), strict=True)
        )
    )


def _stored_elements(tensor: Tensor) -> int:
    array = tensor._array
    owned = tensor._storage.nbytes() // array.itemsize
    if not array.size:
        return owned
    # A result laid out with gaps reaches further than its own elements.
    steps = zip(array.shape, tensor.stride(), strict=True)
    return max(owned, tensor.storage_offset() + 1 + sum((size - 1) * step for size, step in steps))


def _zeros_laid_out_like(tensor: Tensor) -> Tensor:
    """Zeros with the dtype and device of ``tensor``, in memory of the size of its storage, placed as it is there."""
    stored_as = tensor._array.dtype
    zeros = make(np.zeros(_stored_elements(tensor), stored_as), tensor.device)
    place = (tensor._array.shape, tensor.stride(), tensor.storage_offset())
    zeros._array = zeros._storage.strided(stored_as, *place)
    return zeros
