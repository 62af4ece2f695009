"""Operations that return several views: ``split``, ``chunk``, ``unbind``.

Outputs of one call may not be written to, except those of ``tensor_split`` and its kin, which are slices each of
their own.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .._state import thread
from .._tensor import Tensor
from ..dtypes import int64
from ..version import VersionCounter
from .dims import wrap_dim
from .table import op
from .views import slice_


def _split_points(extent: int, sizes) -> list[tuple[int, int]]:
    points, start = [], 0
    for size in sizes:
        points.append((start, start + size))
        start += size
    return points


def _pieces(array: np.ndarray, dim: int, points) -> list[np.ndarray]:
    dim = wrap_dim(dim, array.ndim)
    return [array[(slice(None),) * dim + (slice(a, b),)] for a, b in points]


def _split(array: np.ndarray, split_size: int, dim: int) -> list[np.ndarray]:
    if not array.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    if split_size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={split_size}")
    extent = array.shape[wrap_dim(dim, array.ndim)]
    if split_size == 0 and extent:
        raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {extent}")
    count = max(-(-extent // split_size), 1) if split_size else 1
    return _pieces(array, dim, [(i * split_size, min((i + 1) * split_size, extent)) for i in range(count)])


def _join(grads, shape, dim, lengths):
    """The gradient of a split: the pieces side by side, zeros for those that got none."""
    from ..creation import zeros

    present = next(g for g in grads if g is not None)
    dim = wrap_dim(dim, len(shape))
    pieces = []
    for grad, length in zip(grads, lengths, strict=True):
        if grad is None:
            piece = (*shape[:dim], length, *shape[dim + 1 :])
            grad = zeros(piece, dtype=present.dtype, device=present.device)
        pieces.append(grad)
    from .joining import cat

    return cat(pieces, dim)


def _split_backward(grads, self_sym_sizes, split_size, dim):
    extent = self_sym_sizes[dim]
    lengths = [min(split_size, extent - i * split_size) for i in range(len(grads))]
    return _join(grads, self_sym_sizes, dim, lengths)


split_row = op(
    "split(Tensor self, int split_size, int dim=0)",
    _split,
    view=True,
    multi_output=True,
    self=lambda grads, self_sym_sizes, split_size, dim: _split_backward(grads, self_sym_sizes, split_size, dim),
    jvp="linear",
    method=False,
    function=False,
)


def _split_with_sizes(array: np.ndarray, split_sizes: tuple, dim: int) -> list[np.ndarray]:
    extent = array.shape[wrap_dim(dim, array.ndim)]
    if min(split_sizes, default=0) < 0:
        raise RuntimeError(
            "split_with_sizes expects split_sizes have only non-negative entries, but got "
            f"split_sizes={list(split_sizes)}"
        )
    if sum(split_sizes) != extent:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {extent} (input tensor's size at dimension "
            f"{dim}), but got split_sizes={list(split_sizes)}"
        )
    return _pieces(array, dim, _split_points(extent, split_sizes))


split_with_sizes = op(
    "split_with_sizes(Tensor self, int[] split_sizes, int dim=0)",
    _split_with_sizes,
    view=True,
    multi_output=True,
    self=lambda grads, self_sym_sizes, split_sizes, dim: _join(grads, self_sym_sizes, dim, split_sizes),
    jvp="linear",
)


def split(self: Tensor, split_size_or_sections, dim: int = 0):
    """Views of ``split_size`` elements each along ``dim``, or of the lengths given in a list."""
    if isinstance(split_size_or_sections, int):
        return split_row(self, split_size_or_sections, dim)
    return split_with_sizes(self, tuple(split_size_or_sections), dim)


def _untied(pieces):
    """Views that autograd does not track as such: they may be written to, at the caller's risk. Inference mode, which
    passes by what would untie them, leaves them views as any other."""
    if thread.inference:
        return pieces
    for piece in pieces:
        if piece._meta is not None:
            piece._meta.view = None
        if piece._counter is not None:
            piece._counter = VersionCounter()
    return pieces


_unsafe_split_row = op(
    "unsafe_split(Tensor self, int split_size, int dim=0)",
    _split,
    view=True,
    multi_output=True,
    self=lambda grads, self_sym_sizes, split_size, dim: _split_backward(grads, self_sym_sizes, split_size, dim),
    jvp="linear",
    method=False,
    function=False,
)
_unsafe_split_with_sizes_row = op(
    "unsafe_split_with_sizes(Tensor self, int[] split_sizes, int dim=0)",
    _split_with_sizes,
    view=True,
    multi_output=True,
    self=lambda grads, self_sym_sizes, split_sizes, dim: _join(grads, self_sym_sizes, dim, split_sizes),
    jvp="linear",
    method=False,
    function=False,
)


def unsafe_split(input: Tensor, split_size: int, dim: int = 0):
    """``split`` whose results are no views for autograd."""
    return _untied(_unsafe_split_row(input, split_size, dim))


def unsafe_split_with_sizes(input: Tensor, split_sizes, dim: int = 0):
    """``split_with_sizes`` whose results are no views for autograd."""
    return _untied(_unsafe_split_with_sizes_row(input, tuple(split_sizes), dim))


def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0):
    """``chunk`` whose results are no views for autograd. Raises ``RuntimeError`` for no chunks."""
    _demand_chunks(input, chunks)
    extent = input.size(dim)
    if not extent:
        return unsafe_split_with_sizes(input, (0,) * chunks, dim)
    return unsafe_split(input, -(-extent // chunks), dim)


def _demand_chunks(input: Tensor, chunks: int) -> None:
    if input.ndim == 0:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")


def chunk(input: Tensor, chunks: int, dim: int = 0):
    """At most ``chunks`` views of equal length along ``dim``; the last may be shorter."""
    _demand_chunks(input, chunks)
    extent = input.size(dim)
    if not extent:
        return split_with_sizes(input, (0,) * chunks, dim)
    return split_row(input, -(-extent // chunks), dim)


def _unbind(array: np.ndarray, dim: int) -> list[np.ndarray]:
    dim = wrap_dim(dim, array.ndim)
    if not array.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return [array[(slice(None),) * dim + (index, ...)] for index in range(array.shape[dim])]


def _unbind_backward(grads, dim):
    from ..creation import zeros_like
    from .joining import stack

    present = next(g for g in grads if g is not None)
    return stack([zeros_like(present) if g is None else g for g in grads], dim)


unbind = op(
    "unbind(Tensor self, int dim=0)",
    _unbind,
    view=True,
    multi_output=True,
    self=lambda grads, dim: _unbind_backward(grads, dim),
    jvp="linear",
)


def _listed(indices: Tensor):
    if indices.dtype is not int64:
        raise RuntimeError(
            f"tensor_split expected tensor_indices_or_sections to have dtype of long, but got {indices.dtype.scalar}"
        )
    if indices.ndim > 1:
        raise RuntimeError(
            "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, but "
            f"got a tensor with {indices.ndim} dims"
        )
    return indices.tolist()


def tensor_split(input: Tensor, indices_or_sections, dim: int = 0):
    """Views between the given indices, or that many views of nearly equal length. Raises ``RuntimeError``."""
    if not input.ndim:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    if isinstance(indices_or_sections, Tensor):
        indices_or_sections = _listed(indices_or_sections)
    extent = input.size(dim)
    if isinstance(indices_or_sections, int):
        sections = indices_or_sections
        if sections <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {sections}")
        small, extra = divmod(extent, sections)
        lengths = [small + 1] * extra + [small] * (sections - extra)
        edges = [0]
        for length in lengths:
            edges.append(edges[-1] + length)
    else:
        edges = [0, *indices_or_sections, extent]
    return tuple(slice_(input, dim, a, max(a, b), 1) for a, b in pairwise(edges))


def _split_evenly(name: str, input: Tensor, sections, dim: int):
    """``tensor_split``, but a number of sections has to divide the size. Raises ``RuntimeError``."""
    if isinstance(sections, int) and sections >= 0:
        extent = input._array.shape[dim]
        if not sections or extent % sections:
            raise RuntimeError(
                f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension {extent} is not "
                f"divisible by the split_size {sections}!"
            )
    return tensor_split(input, sections, dim)


def hsplit(input: Tensor, indices_or_sections):
    if input.ndim < 1:
        raise RuntimeError(
            "torch.hsplit requires a tensor with at least 1 dimension, but got a tensor with 0 dimensions!"
        )
    return _split_evenly("hsplit", input, indices_or_sections, 0 if input.ndim == 1 else 1)


def vsplit(input: Tensor, indices_or_sections):
    if input.ndim < 2:
        raise RuntimeError(
            f"torch.vsplit requires a tensor with at least 2 dimension, but got a tensor with {input.ndim} dimensions!"
        )
    return _split_evenly("vsplit", input, indices_or_sections, 0)
