"""Writing by index with a reduction: ``scatter_reduce``, ``index_reduce``, ``put``.

Sub-gradients: extrema share the gradient evenly among all that attain them; a product passes it past a single zero.
"""

from __future__ import annotations

import numpy as np

from .._state import thread, warn_once
from ..determinism import alert
from ..dtypes import BY_NUMPY
from ..graph.edges import gradient_edge, set_history
from ..graph.node import ErrorNode
from . import index_demands as demands
from .dims import wrap_dim
from .elementwise import in_format, where, zeros_like
from .scatter import _check_index, _within, combined
from .table import op
from .views import _select

_BY = {"sum": np.add, "mean": np.add, "prod": np.multiply, "amax": np.maximum, "amin": np.minimum}
_BY |= {"max": np.maximum, "min": np.minimum}  # older names, which have no derivative


def _neutral(dtype, reduce: str):
    if reduce in ("sum", "mean"):
        return dtype.type(0)
    if reduce == "prod":
        return dtype.type(1)
    lowest = reduce in ("amax", "max")
    if dtype.kind in "iu":
        return np.iinfo(dtype).min if lowest else np.iinfo(dtype).max
    return dtype.type(not lowest) if dtype.kind == "b" else dtype.type(-np.inf if lowest else np.inf)


def _reduced(array, places, values, reduce: str, include_self: bool):
    """``array`` with ``values`` reduced into ``places``, which may repeat."""
    result = array.copy()
    if not include_self:
        result[places] = _neutral(array.dtype, reduce)
    result = combined(result, places, values, _BY[reduce])
    if reduce == "mean":
        counts = np.zeros(array.shape, np.int64)
        if include_self:
            counts += 1
        np.add.at(counts, places, 1)
        counts = np.maximum(counts, 1)
        result = result // counts if array.dtype.kind in "iu" else result / counts.astype(array.real.dtype)
    return result.astype(array.dtype, copy=False)


# -- scatter_reduce ------------------------------------------------------------------------------------------------


def _scatter_reduce(array, dim, index, src, reduce, include_self):
    if reduce not in _BY:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    if not array.ndim:
        lifted = _scatter_reduce(array.reshape(1), 0, index.reshape(-1), src.reshape(-1), reduce, include_self)
        return lifted.reshape(())
    dim = wrap_dim(dim, array.ndim)
    if not include_self:
        _check_index(index, array.shape[dim], dim)  # where the neutral element is put first
    _refuse_scattered(array, index, reduce)
    _check_index(index, array.shape[dim], dim)
    if not index.size:
        return array.copy()
    values = src[tuple(slice(0, extent) for extent in index.shape)]
    return _reduced(array, _within(array, index, dim), values, reduce, include_self)


def _refuse_scattered(array, index, reduce):
    """Raise ``NotImplementedError`` for kernels that there are not: bool has no mean, complex numbers no order."""
    of_bool = array.dtype.kind == "b" and reduce == "mean"
    kernel = "div_floor_cpu" if of_bool else None
    if index.size and (of_bool or (array.dtype.kind == "c" and reduce not in ("sum", "prod", "mean"))):
        kernel = f"scatter_gather_tensor_cpu_reduce_{reduce}"
    _refuse_kernel(kernel, array)


def _refuse_kernel(kernel, array):
    if kernel is not None:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{BY_NUMPY[array.dtype].scalar}'")


class _ByScatter:
    """The three moves between elements and the places that an index names, for ``scatter_reduce``."""

    _refusal = (
        "scatter_reduce(): Double backward is unsupported for src when >1 zeros in src are scattered to the same "
        "position in self"
    )

    def __init__(self, dim, index):
        self.dim, self.index = dim, index

    def gather(self, tensor):
        return tensor.gather(self.dim, self.index)

    def add(self, tensor, source):
        return tensor.scatter_add(self.dim, self.index, source)

    def clear(self, tensor):
        return tensor.scatter(self.dim, self.index, 0)

    def reduce(self, tensor, source, reduce, include_self):
        return tensor.scatter_reduce(self.dim, self.index, source, reduce, include_self=include_self)


class _ByIndex(_ByScatter):
    """The same for ``index_reduce``, whose index names whole slices."""

    _refusal = (
        "index_reduce(): Double backward is unsupported for source when >1 zeros in source are scattered to the same "
        "position in self"
    )

    def gather(self, tensor):
        return tensor.index_select(self.dim, self.index)

    def add(self, tensor, source):
        return tensor.index_add(self.dim, self.index, source)

    def clear(self, tensor):
        return tensor.index_fill(self.dim, self.index, 0)

    def reduce(self, tensor, source, reduce, include_self):
        return tensor.index_reduce(self.dim, self.index, source, reduce, include_self=include_self)


def _counts(moves, grad, source, include_self):
    ones = zeros_like(grad) + 1 if include_self else zeros_like(grad)
    counts = moves.add(ones, zeros_like(source) + 1)
    return counts.masked_fill(counts == 0, 1)


def _shares(moves, grad, self, source, reduce, result):
    """Which elements attain the extremum, on both sides, and the gradient that each of them gets."""
    if reduce not in ("amax", "amin"):
        raise RuntimeError(f"Expected 'reduce' to be one of 'sum', 'prod', 'mean', 'amax', 'amin' but got {reduce}.")
    mine = (self == result).to(self.dtype)
    theirs = (source == moves.gather(result)).to(self.dtype)
    return mine, theirs, grad / moves.add(mine, theirs)


def _self_grad(moves, grad, self, source, reduce, include_self, result):
    if reduce == "prod":
        filled = self.masked_fill(self == 0, 1)
        found = (grad * moves.reduce(filled, source, reduce, include_self)) / filled
    elif reduce == "mean":
        found = grad / _counts(moves, grad, source, include_self)
    elif reduce == "sum":
        found = grad
    else:
        mine, _, share = _shares(moves, grad, self, source, reduce, result)
        found = mine * share
    return found if include_self else moves.clear(found)


def _product_grad(moves, grad, self, source, include_self, result):
    zero = source == 0
    zeros = moves.gather(moves.add(zeros_like(self), zero.to(self.dtype)))
    single = zero & (zeros == 1)
    past = moves.reduce(self, source.masked_fill(single, 1), "prod", include_self)
    others = moves.gather(grad * result) / source.masked_fill(zero, 1)
    found = where(single, moves.gather(grad * past), others)
    # Past several zeros the first derivative is zero, but what is computed here does not lead to the second.
    if thread.grad_enabled and found.requires_grad and (zeros._array > 1).any():
        node, found = ErrorNode((gradient_edge(found),), moves._refusal), found.detach()
        set_history(found, node)
    return found


def _source_grad(moves, grad, self, source, reduce, include_self, result):
    if reduce == "prod":
        return _product_grad(moves, grad, self, source, include_self, result)
    if reduce == "mean":
        return moves.gather(grad) / moves.gather(_counts(moves, grad, source, include_self))
    if reduce == "sum":
        return moves.gather(grad)
    _, theirs, share = _shares(moves, grad, self, source, reduce, result)
    return theirs * moves.gather(share)


def _scatter_tangent(self_t, src_t, self, src, dim, index, reduce, include_self, result):
    """Linear reductions act on tangents; products and older names have none in PyTorch, not even an error."""
    if reduce in ("prod", "max", "min"):
        return None
    self_t = zeros_like(self) if self_t is None else self_t
    src_t = zeros_like(src) if src_t is None else src_t
    if reduce in ("sum", "mean"):
        return self_t.scatter_reduce(dim, index, src_t, reduce, include_self=include_self)
    mine, theirs = self == result, src == result.gather(dim, index)
    count = mine.to(self.dtype).scatter_reduce(dim, index, theirs.to(self.dtype), "sum", include_self=include_self)
    total = where(mine, self_t, zeros_like(self_t)).scatter_reduce(
        dim, index, where(theirs, src_t, zeros_like(src_t)), "sum", include_self=include_self
    )
    return total / count


scatter_reduce = op(
    "scatter_reduce(Tensor self, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True)",
    _scatter_reduce,
    check=demands.scatter,
    in_place=True,
    real_only=True,
    self=lambda grad, self, dim, index, src, reduce, include_self, result: _self_grad(
        _ByScatter(dim, index), grad, self, src, reduce, include_self, result
    ),
    src=lambda grad, self, dim, index, src, reduce, include_self, result: _source_grad(
        _ByScatter(dim, index), grad, self, src, reduce, include_self, result
    ),
    jvp=_scatter_tangent,
)

# -- index_reduce --------------------------------------------------------------------------------------------------


def _index_reduce(array, dim, index, source, reduce, include_self):
    dim = wrap_dim(dim, array.ndim)
    _check_index_reduce(array, dim, index, source, reduce)
    warn_once("index_reduce() is in beta and the API may change at any time.")
    _refuse_by_index(array, dim, index.reshape(-1), reduce, include_self)
    if not array.ndim:
        places, lifted = (index.reshape(-1),), source.reshape(-1)
        return _reduced(array.reshape(1), places, lifted, reduce, include_self).reshape(())
    places = (slice(None),) * dim + (index.reshape(-1),)
    return _reduced(array, places, source, reduce, include_self)


def _refuse_by_index(array, dim, index, reduce, include_self):
    """What the kernel finds out: it fills the places, looks at a slice, and then writes one index after the other.

    Raises ``IndexError`` for places that there are not, ``NotImplementedError`` for operations on a dtype.
    """
    numbers = array.dtype.kind not in "bc"
    if not include_self:
        _refuse_kernel(None if numbers else "index_reduce_func_exclude_input_init", array)
        demands.within(array, dim, index)
    if array.ndim < 2:
        _refuse_kernel(None if numbers else "index_func_", array)
    elif index.size:
        _select(array, dim, 0)
    extent = array.shape[dim] if array.ndim else 1
    for place in index.tolist():
        if not 0 <= place < extent:
            raise IndexError("index out of range in self")
        if array.dtype.kind == "c" and reduce in ("amax", "amin"):
            _refuse_kernel("maximum_cpu" if reduce == "amax" else "minimum_cpu", array)
    if index.size and array.dtype.kind == "b" and reduce == "mean":
        _refuse_kernel("div_floor_cpu", array)


def _check_index_reduce(array, dim, index, source, reduce):
    """Raise ``RuntimeError`` or ``IndexError`` for operands that do not fit together."""
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    kind, of_source, of_self = (BY_NUMPY[value.dtype].scalar for value in (index, source, array))
    if index.ndim > 1:
        raise IndexError(
            f"index_reduce_(): Index is supposed to be a vector, but got dim: {index.ndim} with type: {kind} and size: "
            f"{list(index.shape)}"
        )
    if kind not in ("Int", "Long"):
        raise RuntimeError(f"index_reduce_(): Expected dtype int32/int64 for index but got: {kind}")
    if array.dtype != source.dtype:
        raise RuntimeError(f"index_reduce_(): self ({of_self}) and source ({of_source}) must have the same scalar type")
    if dim and dim >= source.ndim:
        raise RuntimeError(
            f"index_reduce_(): Indexing dim {dim} is out of bounds of the source tensor with dim {source.ndim}"
        )
    named = source.shape[dim] if source.ndim else 1
    if index.size != named:
        raise RuntimeError(
            f"index_reduce_(): Number of indices ({index.size}) should be equal to source.size(dim): ({named}), "
            f"for dim: {dim}"
        )
    rest_of_self, rest_of_source = (value.shape[:dim] + value.shape[dim + 1 :] for value in (array, source))
    if rest_of_self != rest_of_source or array.ndim != source.ndim:
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{list(array.shape)} source.shape = {list(source.shape)}"
        )


index_reduce = op(
    "index_reduce(Tensor self, int dim, Tensor index, Tensor source, str reduce, *, bool include_self=True)",
    _index_reduce,
    in_place=True,
    real_only=True,
    self=lambda grad, self, dim, index, source, reduce, include_self, result: _self_grad(
        _ByIndex(dim, index), grad, self, source, reduce, include_self, result
    ),
    source=lambda grad, self, dim, index, source, reduce, include_self, result: _source_grad(
        _ByIndex(dim, index), grad, self, source, reduce, include_self, result
    ),
)

# -- put -----------------------------------------------------------------------------------------------------------


def _put(array, index, source, accumulate):
    if not accumulate:
        alert("put_")
    if index.dtype != np.int64:
        raise RuntimeError(f"put_(): Expected a long tensor for index, but got {BY_NUMPY[index.dtype].scalar}")
    if array.dtype != source.dtype:
        raise RuntimeError(
            "put_(): self and source expected to have the same dtype, but got self.dtype = "
            f"{BY_NUMPY[array.dtype].scalar} and source.dtype = {BY_NUMPY[source.dtype].scalar}"
        )
    if index.size != source.size:
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = "
            f"{source.size}, index.numel() = {index.size}"
        )
    if index.size and not array.size:
        raise IndexError("put_(): Tried to put elements into an empty tensor")
    wrong = (index < -array.size) | (index >= array.size)
    if wrong.any():
        raise IndexError(
            f"out of range: tried to access index {index[wrong].flat[0]} on a tensor of {array.size} elements."
        )
    flat = array.reshape(-1).copy()
    if accumulate:
        np.add.at(flat, index.reshape(-1), source.reshape(-1))
    else:
        flat[index.reshape(-1)] = source.reshape(-1)
    result = in_format(array, None)
    result[...] = flat.reshape(array.shape)
    return result


put = op(
    "put(Tensor self, Tensor index, Tensor source, bool accumulate=False)",
    _put,
    in_place=True,
    self=lambda grad, index, source_sym_sizes, accumulate: (
        grad if accumulate else grad.put(index, grad.new_zeros(source_sym_sizes), False)
    ),
    source=lambda grad, index, source: grad.take(index).reshape_as(source),
    jvp=lambda self_t, source_t, index, accumulate: put(self_t, index, source_t, accumulate),
    fills_tangents=True,
    hidden=("source_sym_sizes",),
)
