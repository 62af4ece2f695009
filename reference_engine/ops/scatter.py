"""Gather and scatter: elements named by index tensors, read and written out of place."""

from __future__ import annotations

import numpy as np

from .._state import warn_once
from .._tensor import Tensor
from ..arithmetic import in_float
from ..errors import NotModelled
from ..graph.inplace import written
from . import index_demands as demands
from .dims import broadcast_shape, wrap_dim
from .elementwise import in_format, zeros_like
from .indexing import index_put_zeros
from .scalars import held
from .strided import _diagonal
from .table import op
from .views import _select, _slice, slice_


def _check_index(index, extent: int, dim: int) -> None:
    if index.size and (index.min() < 0 or index.max() >= extent):
        wrong = index[(index < 0) | (index >= extent)].flat[0]
        raise RuntimeError(f"index {wrong} is out of bounds for dimension {dim} with size {extent}")


def _within(array, index, dim) -> tuple:
    grid = list(np.indices(index.shape, sparse=True))
    grid[dim] = index
    return tuple(grid)


def _gather(array, dim, index, sparse_grad):
    if not index.size:
        return np.empty(index.shape, array.dtype)
    if index.dtype.kind != "i" or index.itemsize < 4:
        raise RuntimeError("gather(): Expected dtype int32/int64 for index")
    row, places = np.atleast_1d(array, index)  # a number is read as if it were in a row
    if places.ndim != row.ndim:
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    dim = wrap_dim(dim, row.ndim)
    for at, (count, extent) in enumerate(zip(places.shape, row.shape, strict=True)):
        if at != dim and count > extent:
            raise RuntimeError(
                f"Size does not match at dimension {at} expected index {list(index.shape)} to be no larger than self "
                f"{list(array.shape)} apart from dimension {dim}"
            )
    _check_index(places, row.shape[dim], dim)
    return row[_within(row, places, dim)].reshape(index.shape)


def _gather_grad(grad, self, dim, index, sparse_grad):
    if sparse_grad:
        raise NotModelled("The sparse gradient of gather")
    return grad.new_zeros(self._array.shape).scatter_add_(dim, index, grad)


gather = op(
    "gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False)",
    _gather,
    check=lambda self, dim, index, sparse_grad: wrap_dim(dim, self.ndim),
    row_major=True,
    self=lambda grad, self, dim, index, sparse_grad: _gather_grad(grad, self, dim, index, sparse_grad),
    jvp=lambda self_t, dim, index: self_t.gather(dim, index),
)


def _scatter(array, dim, index, source, combine=None):
    copied = array.copy()
    if not index.size:
        return copied
    result, index = np.atleast_1d(copied, index)  # a number is written as if it were in a row
    dim = wrap_dim(dim, result.ndim)
    _check_index(index, result.shape[dim], dim)
    cut = source if np.ndim(source) == 0 else source[tuple(slice(0, n) for n in index.shape)]
    places = _within(result, index, dim)
    if combine is not None:
        result[...] = combined(result, places, cut, combine)
    else:
        result[places] = cut
    return copied


@in_float
def combined(array, places, values, combine):
    """``array`` with ``values`` added or multiplied to ``places``, which may repeat."""
    result = array.copy()
    combine.at(result, places, values)
    return result


def _scatter_number(array, dim, index, value, combine=None):
    if not index.size:
        return array.copy()
    place = wrap_dim(dim, array.ndim)
    _check_index(index, (array.shape or (1,))[place], place)
    return _scatter(array, dim, index, held(value, array.dtype), combine)


scatter = op(
    "scatter(Tensor self, int dim, Tensor index, Tensor src)",
    _scatter,
    check=demands.scatter,
    in_place=True,
    self=lambda grad, dim, index: grad.scatter(dim, index, 0),
    src=lambda grad, dim, index: grad.gather(dim, index),
    jvp=lambda self_t, src_t, self, dim, index, src: (zeros_like(self) if self_t is None else self_t).scatter(
        dim, index, zeros_like(src) if src_t is None else src_t
    ),
)


def _combining(reduce: str):
    if reduce not in ("add", "multiply"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    return np.add if reduce == "add" else np.multiply


def _check_combined(self, dim, index, src, reduce):
    demands.scatter(self, dim, index, src)
    _combining(reduce)
    if isinstance(src, Tensor):
        warn_once(
            "The reduce argument of torch.scatter with Tensor src is deprecated and will be removed in a future "
            "PyTorch release. Use torch.scatter_reduce instead for more reduction options."
        )


# Combined with what is there; PyTorch has no derivatives of these two.
op(
    "scatter(Tensor self, int dim, Tensor index, Tensor src, *, str reduce)",
    lambda a, dim, index, src, reduce: _scatter(a, dim, index, src, _combining(reduce)),
    check=_check_combined,
    in_place=True,
)
scatter_value = op(
    "scatter(Tensor self, int dim, Tensor index, Scalar value)",
    lambda a, dim, index, value: _scatter_number(a, dim, index, value),
    check=demands.scatter,
    node="ScatterBackward1",
    in_place=True,
    self=lambda grad, dim, index: grad.scatter(dim, index, 0),
    jvp=lambda self_t, dim, index: self_t.scatter(dim, index, 0),
)
op(
    "scatter(Tensor self, int dim, Tensor index, Scalar value, *, str reduce)",
    lambda a, dim, index, value, reduce: _scatter_number(a, dim, index, value, _combining(reduce)),
    check=_check_combined,
    in_place=True,
)
scatter_add = op(
    "scatter_add(Tensor self, int dim, Tensor index, Tensor src)",
    lambda a, dim, index, src: _scatter(a, dim, index, src, np.add),
    check=demands.scatter,
    in_place=True,
    self=lambda grad: grad,
    src=lambda grad, dim, index: grad.gather(dim, index),
    jvp=lambda self_t, src_t, self, dim, index, src: (zeros_like(self) if self_t is None else self_t).scatter_add(
        dim, index, zeros_like(src) if src_t is None else src_t
    ),
)


def _index_select(array, dim, index):
    dim = wrap_dim(dim, array.ndim)
    extent = array.shape[dim] if array.ndim else 1
    if index.size and not extent and array.ndim > 1:
        raise RuntimeError("index_select(): self indexing axis dim should be positive")
    wrong = (index < 0) | (index >= extent)
    if wrong.any() and array.ndim > 1 and (dim == 1 or not array.size):
        raise RuntimeError(f"INDICES element is out of DATA bounds, id={index[wrong].flat[0]} axis_dim={extent}")
    if wrong.any():
        raise IndexError("index out of range in self")
    return np.take(array, index.reshape(-1), axis=dim) if array.ndim else array.reshape(1)[index].reshape(())


index_select = op(
    "index_select(Tensor self, int dim, Tensor index)",
    _index_select,
    check=demands.index_select,
    self=lambda grad, self_sym_sizes, dim, index: grad.new_zeros(self_sym_sizes).index_add_(dim, index, grad),
    jvp=lambda self_t, dim, index: self_t.index_select(dim, index),
)


def _index_add(array, dim, index, source, alpha):
    copied = array.copy()
    if array.ndim > 1 and not (array.size and index.size):
        return copied
    factor = held(alpha, array.dtype)
    result, index = np.atleast_1d(copied, index)
    dim = wrap_dim(dim, result.ndim)
    slices = 0 < dim < result.ndim - 1  # one after the other
    if (array.ndim < 2 or slices) and ((index < 0) | (index >= result.shape[dim])).any():
        raise IndexError("index out of range in self")
    _check_index(index, result.shape[dim], dim)
    np.add.at(result, (slice(None),) * dim + (index,), source if alpha == 1 else source * factor)
    return copied


index_add = op(
    "index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1)",
    _index_add,
    check=demands.index_add,
    in_place=True,
    self=lambda grad: grad,
    source=lambda grad, dim, index, alpha, source, source_dim: _scaled(grad.index_select(dim, index), alpha).expand(
        source._array.shape
    ),
    jvp=lambda self_t, source_t, self, dim, index, source, alpha: (
        zeros_like(self) if self_t is None else self_t
    ).index_add(dim, index, zeros_like(source) if source_t is None else source_t, alpha=alpha),
)


def _scaled(value, factor):
    return value if factor == 1 else value * factor


def _index_put_along(array, dim, index, source):
    copied = array.copy()
    if not copied.size:
        return copied
    result, index = np.atleast_1d(copied, index)
    result[(slice(None),) * wrap_dim(dim, array.ndim) + (index,)] = source
    return copied


def _index_fill(array, dim, index, value):
    """In memory as the array is."""
    filled = in_format(array, None)
    filled[...] = _index_put_along(array, dim, index, held(value, array.dtype))
    return filled


index_copy = op(
    "index_copy(Tensor self, int dim, Tensor index, Tensor source)",
    _index_put_along,
    check=demands.index_copy,
    in_place=True,
    self=lambda grad, dim, index: grad.index_fill(dim, index, 0),
    source=lambda grad, source, dim, index, source_dim: grad.index_select(dim, index).expand(source._array.shape),
    jvp=lambda self_t, source_t, self, dim, index, source: (zeros_like(self) if self_t is None else self_t).index_copy(
        dim, index, zeros_like(source) if source_t is None else source_t
    ),
)
index_fill = op(
    "index_fill(Tensor self, int dim, Tensor index, Scalar value)",
    _index_fill,
    check=demands.index_fill,
    in_place=True,
    self=lambda grad, dim, index: grad.index_fill(dim, index, 0),
    jvp=lambda self_t, dim, index: self_t.index_fill(dim, index, 0),
)
index_fill_tensor = op(
    "index_fill(Tensor self, int dim, Tensor index, Tensor value)",
    _index_fill,
    check=demands.index_fill,
    node="IndexFillBackward1",
    in_place=True,
    self=lambda grad, dim, index: grad.index_fill(dim, index, 0),
    value=lambda grad, dim, index: grad.index_select(dim, index.unique()).sum(),
    jvp=lambda self_t, value_t, self, dim, index: (zeros_like(self) if self_t is None else self_t).index_fill(
        dim, index, 0 if value_t is None else value_t
    ),
)


def _take(array, index):
    if index.size and not array.size:
        raise IndexError("take(): tried to take from an empty tensor")
    wrong = (index < -array.size) | (index >= array.size)
    if wrong.any():
        raise IndexError(
            f"out of range: tried to access index {index[wrong].flat[0]} on a tensor of {array.size} elements."
        )
    return array.reshape(-1)[np.ascontiguousarray(index)].reshape(index.shape)


take = op(
    "take(Tensor self, Tensor index)",
    _take,
    check=demands.take,
    self=lambda grad, self, index: (
        grad.new_zeros(self._array.size).index_add_(0, index.reshape(-1), grad.reshape(-1)).view(self._array.shape)
    ),
    jvp=lambda self_t, index: self_t.take(index),
)


def _masked_select(array, mask):
    shape = broadcast_shape(mask.shape, array.shape)
    return np.broadcast_to(array, shape)[np.broadcast_to(mask, shape)]


masked_select = op(
    "masked_select(Tensor self, Tensor mask)",
    _masked_select,
    self=lambda grad, self, mask: masked_put_back(grad, mask, self._array.shape),
    jvp=lambda self_t, mask: self_t.masked_select(mask),
)


def masked_put_back(grad, mask, sizes):
    shape = np.broadcast_shapes(sizes, mask._array.shape)
    return written(index_put_zeros(grad, [mask.expand(shape)], shape))


def _masked_scatter(array, mask, source):
    result = np.array(np.broadcast_to(array, broadcast_shape(mask.shape, array.shape)), order="C")
    chosen = np.broadcast_to(mask, result.shape)
    count = int(chosen.sum())
    if source.size < count:
        raise RuntimeError("Number of elements of source < number of ones in mask")
    result[chosen] = source.reshape(-1)[:count]
    return result


def _masked_scatter_source_grad(grad, mask, source_sym_sizes):
    chosen = grad.masked_select(mask)
    missing = int(np.prod(source_sym_sizes)) - chosen.numel()
    from .joining import cat

    return cat([chosen, chosen.new_zeros(missing)], 0).view(source_sym_sizes)


def _check_masked_scatter(self, mask, source):
    if self.dtype is not source.dtype:
        raise RuntimeError(
            f"masked_scatter: expected self and source to have same dtypes but got{self.dtype.scalar} and "
            f"{source.dtype.scalar}"
        )
    if mask.dtype.kind:
        raise RuntimeError(f"masked_scatter_ only supports boolean masks, but got mask with dtype {mask.dtype.scalar}")


masked_scatter = op(
    "masked_scatter(Tensor self, Tensor mask, Tensor source)",
    _masked_scatter,
    row_major=True,
    check=_check_masked_scatter,
    in_place=True,
    self=lambda grad, mask: grad.masked_fill(mask, 0),
    source=_masked_scatter_source_grad,
    jvp=lambda self_t, source_t, self, mask, source: (zeros_like(self) if self_t is None else self_t).masked_scatter(
        mask, zeros_like(source) if source_t is None else source_t
    ),
)


def _as_laid_out(array):
    """A copy with the strides of the original, gaps included; in order where places share memory."""
    if 0 in array.strides or not array.size:
        return array.copy()
    last = sum((extent - 1) * step for extent, step in zip(array.shape, array.strides, strict=True))
    memory = np.empty(last // array.itemsize + 1, array.dtype)
    result = np.lib.stride_tricks.as_strided(memory, array.shape, array.strides)
    result[...] = array
    return result


def _scattered(view_of):
    def forward(array, source, *where_to):
        result = _as_laid_out(array)
        target = view_of(result, *where_to)
        if target.shape != source.shape:
            raise RuntimeError(
                f"expected src to have a size equal to the slice of self. src size = {list(source.shape)}, slice "
                "size "
                f"= {list(target.shape)}"
            )
        target[...] = source
        return result

    return forward


def _or_zero(tangent, like):
    return zeros_like(like) if tangent is None else tangent


op(
    "select_scatter(Tensor self, Tensor src, int dim, int index)",
    _scattered(_select),
    check=demands.without_history(_select),
    self=lambda grad, dim, index: grad.select_scatter(zeros_like(grad.select(dim, index)), dim, index),
    src=lambda grad, dim, index: grad.select(dim, index),
    jvp=lambda self_t, src_t, self, src, dim, index: _or_zero(self_t, self).select_scatter(
        _or_zero(src_t, src), dim, index
    ),
    real_only=True,
)
op(
    "slice_scatter(Tensor self, Tensor src, int dim=0, int? start=None, int? end=None, int step=1)",
    _scattered(_slice),
    check=demands.without_history(_slice),
    self=lambda grad, dim, start, end, step: grad.slice_scatter(
        zeros_like(slice_(grad, dim, start, end, step)), dim, start, end, step
    ),
    src=lambda grad, dim, start, end, step: slice_(grad, dim, start, end, step),
    jvp=lambda self_t, src_t, self, src, dim, start, end, step: _or_zero(self_t, self).slice_scatter(
        _or_zero(src_t, src), dim, start, end, step
    ),
    real_only=True,
)
op(
    "diagonal_scatter(Tensor self, Tensor src, int offset=0, int dim1=0, int dim2=1)",
    _scattered(_diagonal),
    check=demands.without_history(_diagonal),
    self=lambda grad, offset, dim1, dim2: grad.diagonal_scatter(
        zeros_like(grad.diagonal(offset, dim1, dim2)), offset, dim1, dim2
    ),
    src=lambda grad, offset, dim1, dim2: grad.diagonal(offset, dim1, dim2),
    jvp=lambda self_t, src_t, self, src, offset, dim1, dim2: _or_zero(self_t, self).diagonal_scatter(
        _or_zero(src_t, src), offset, dim1, dim2
    ),
)
