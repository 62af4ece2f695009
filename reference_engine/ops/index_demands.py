"""What operations on indexed places demand of their arguments, in PyTorch's words and order.

Each function is the ``check`` of a row: called with the bound values before anything is computed. A tensor without
dimensions counts as one of size 1. Rule: the meta functions of ``index_copy_``, ``index_fill_``, ``index_put_``,
``scatter`` and ``take``.
"""

from __future__ import annotations

from itertools import pairwise
from math import prod

from .._state import thread
from .._tensor import Tensor
from ..dtypes import int32, int64
from ..geometry import steps_of_nothing
from .dims import wrap_dim


def take(self: Tensor, index: Tensor) -> None:
    """Raises ``RuntimeError`` for an index that is not int64."""
    if index.dtype is not int64:
        raise RuntimeError(f"take(): Expected a long tensor for index, but got {index.dtype.scalar}")


def index_select(self: Tensor, dim: int, index: Tensor) -> None:
    """Raises ``IndexError`` for more than a row of indices, ``RuntimeError`` for their dtype and number."""
    wrap_dim(dim, self.ndim)
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if not self.ndim and index.numel() != 1:
        raise RuntimeError(f"index_select(): Index to scalar can have only 1 value, got {index.numel()} value(s)")
    if index.dtype not in (int32, int64):
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")


def index_add(self: Tensor, dim: int, index: Tensor, source: Tensor, alpha) -> None:
    """Raises ``IndexError`` for more than a row of indices, ``RuntimeError`` for dtypes, their number and shapes."""
    place = wrap_dim(dim, self.ndim)
    count, own, given = index.numel(), list(self._array.shape), list(source._array.shape)
    if index.ndim > 1:
        raise IndexError(
            f"index_add_(): Index is supposed to be a vector, but got dim: {index.ndim} with type: "
            f"{index.dtype.scalar} and size: {list(index._array.shape)}"
        )
    if index.dtype not in (int32, int64):
        raise RuntimeError(f"index_add_(): Expected dtype int32/int64 for index but got: {index.dtype.scalar}")
    if self.dtype is not source.dtype:
        raise RuntimeError(
            f"index_add_(): self ({self.dtype.scalar}) and source ({source.dtype.scalar}) must have the same scalar "
            "type"
        )
    if place and place >= len(given):
        raise RuntimeError(
            f"index_add_(): Indexing dim {place} is out of bounds of the source tensor with dim {len(given)}"
        )
    if not given and count != 1:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    if given and count != given[place]:
        raise RuntimeError(
            f"index_add_(): Number of indices ({count}) should be equal to source.size(dim): ({given[place]}), for "
            f"dim: {place}"
        )
    beside = [shape[:place] + shape[place + 1 :] if own and given else shape for shape in (own, given)]
    if beside[0] != beside[1]:
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{own} source.shape = {given}"
        )


def index_copy(self: Tensor, dim: int, index: Tensor, source: Tensor) -> None:
    """Raises ``IndexError`` for numbers of dimensions, of indices and for places, ``RuntimeError`` for the rest."""
    place = wrap_dim(dim, self.ndim)
    count = index.numel()
    if index.ndim > 1:
        raise IndexError(f"index_copy_(): Index should have dimension 1 or 0 (got {index.ndim})")
    if not source.ndim and count != 1:
        raise IndexError(f"index_copy_(): When source is scalar, index should have one element (got {count})")
    if source.ndim != self.ndim and source.ndim and self.ndim:
        raise IndexError(
            "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source "
            f"dimensionality ({source.ndim}), destination dimensionality ({self.ndim})"
        )
    if index.dtype is not int64:
        raise RuntimeError(f"index_copy_(): Expected a long tensor for index, but got {index.dtype.scalar}")
    if self.dtype is not source.dtype:
        raise RuntimeError(
            "index_copy_(): self and source expected to have the same dtype, but got (self) "
            f"{self.dtype.scalar} and (source) {source.dtype.scalar}"
        )
    written, given = ([n for at, n in enumerate(t._array.shape) if at != place] for t in (self, source))
    if written != given:
        raise RuntimeError(
            "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: "
            f"{' '.join(map(str, written))} at dimension {place} and source slice shape: "
            f"{' '.join(map(str, given))} at dimension 0."
        )
    if source.ndim and count != source._array.shape[place]:
        raise IndexError(
            f"index_copy_(): Number of indices ({count}) should be equal to source.size(dim) "
            f"({source._array.shape[place]})"
        )
    within(self._array, place, index._array, "index_copy_(): ", lowest=0)


def index_fill(self: Tensor, dim: int, index: Tensor, value) -> None:
    """Raises ``IndexError`` for the index's dtype and places, ``RuntimeError`` for the value and the index's shape."""
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(
            f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    if index.dtype is not int64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    imaginary = value.is_complex() if isinstance(value, Tensor) else isinstance(value, complex)
    if imaginary and not self.is_complex():
        raise RuntimeError("index_fill_(): Converting complex Scalar to non-complex type is not supported")
    place = wrap_dim(dim, self.ndim)
    if index.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    within(self._array, place, index._array)


def within(array, place: int, index, prefix: str = "", lowest: int | None = None) -> None:
    """Places outside are found only where something would be written: an empty slice takes any index.

    Raises ``IndexError`` for them, ``RuntimeError`` where there are no slices to write to.
    """
    shape = list(array.shape) or [1]
    extent, count = shape[place], index.size
    shape[place] = count
    if not prod(shape):
        return
    if not extent:
        # The slices are laid over memory that is not there.
        strides = list(steps_of_nothing(array))
        strides[place] = 0
        size = array.itemsize
        needed = (1 + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))) * size
        raise RuntimeError(
            f"setStorage: sizes {shape}, strides {strides}, storage offset 0, and itemsize {size} requiring a storage "
            f"size of {needed} are out of bounds for storage of size 0"
        )
    lowest = -extent if lowest is None else lowest
    for found in index.reshape(-1).tolist():
        if not lowest <= found < extent:
            raise IndexError(f"{prefix}index {found} is out of bounds for dimension {place} with size {extent}")


def scatter(self: Tensor, dim: int, index: Tensor, src, *_) -> None:
    """Raises ``IndexError`` for a dimension that there is not, ``RuntimeError`` for dtypes, shapes and places."""
    place = wrap_dim(dim, self.ndim)
    count = index.numel()
    if count and index.dtype not in (int32, int64):
        raise RuntimeError("scatter(): Expected dtype int32/int64 for index")
    if isinstance(src, Tensor) and src.dtype is not self.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    if not count:
        return
    if max(index.ndim, 1) != max(self.ndim, 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as self tensor")
    sizes = index._array.shape or (1,)
    own = self._array.shape or (1,)
    fits = all(n <= have for at, (n, have) in enumerate(zip(sizes, own, strict=True)) if at != place)
    beside = ""
    if isinstance(src, Tensor):
        given = src._array.shape
        fits = fits and all(n <= (given[wrap_dim(at, len(given))] if given else 1) for at, n in enumerate(sizes))
        if max(len(given), 1) != len(sizes):
            raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
        beside = f" and to be no larger size than src {list(src._array.shape)}"
    if not fits:
        raise RuntimeError(
            f"Expected index {list(index._array.shape)} to be no larger than self {list(self._array.shape)} apart from "
            f"dimension {place}{beside}"
        )


def index_put(self: Tensor, indices, values: Tensor, accumulate: bool) -> None:
    """Raises ``IndexError`` for indices that do not fit ``self`` or each other, ``RuntimeError`` for the values."""
    given = [index for index in indices if index is not None]
    if any(index.dtype.kind > 1 for index in given):
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    if len(indices) > self.ndim:
        raise IndexError(f"too many indices for tensor of dimension {self.ndim} (got {len(indices)})")
    at = 0
    for index in indices:
        if index is not None and index.dtype.kind == 0:
            if index._array.shape != self._array.shape[at : at + index.ndim]:
                raise IndexError(
                    f"The shape of the mask {list(index._array.shape)} at index 0 does not match the shape of the "
                    f"indexed tensor {list(self._array.shape)} at index {at}"
                )
            at += index.ndim - 1
        at += 1
    whole = [index for index in given if index.dtype.kind == 1]
    if len(whole) == len(given) and any(not _broadcast(a, b) for a, b in pairwise(i._array.shape for i in whole)):
        shapes = ", ".join(str(list(index._array.shape)) for index in whole)
        raise IndexError(f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}")


def _broadcast(a, b) -> bool:
    return all(m == n or 1 in (m, n) for m, n in zip(reversed(a), reversed(b), strict=False))


def without_history(view_of):
    """The check of a copy into a part of ``self``, which ``view_of`` shows: whole numbers have no history to take.

    Raises ``RuntimeError`` where ``src`` has one and fits.
    """

    def check(self: Tensor, src: Tensor, *where) -> None:
        lost = src.requires_grad and not self.dtype.is_differentiable and thread.grad_enabled
        if lost and view_of(self._array, *where).shape == src._array.shape:
            raise RuntimeError(f"Autograd not support dtype: {self.dtype.scalar}")

    return check
