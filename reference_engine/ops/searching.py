"""Searching and counting: distinct elements, sorted sequences, histograms, positions. None has a derivative."""

from __future__ import annotations

import math

import numpy as np

from .._tensor import Tensor, make
from ..dtypes import BY_NUMPY, INTEGER
from ..promotion import result_dtype
from ..spacing import linspace
from .dims import wrap_dim
from .extrema import return_type
from .refusals import not_implemented
from .table import op

# -- distinct elements ---------------------------------------------------------------------------------------------


def _first_of_runs(rows: np.ndarray) -> np.ndarray:
    """Where a row differs from the one before."""
    return np.array([i == 0 or not np.array_equal(rows[i], rows[i - 1]) for i in range(len(rows))], np.bool_)


def _refuse(kernel: str, array, kinds: str) -> None:
    if array.dtype.kind in kinds:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{BY_NUMPY[array.dtype].scalar}'")


def _distinct(array, dim, consecutive: bool):
    """The distinct entries, where each element is among them, and how often each occurs."""
    _refuse("unique" if consecutive or dim is None else "unique_dim", array, "c")
    if dim is not None and array.ndim and 0 in array.shape and array.shape[wrap_dim(dim, array.ndim)]:
        raise RuntimeError("There are 0 sized dimensions, and they aren't selected, so unique cannot be applied")
    if dim is not None and not array.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    rows = array.reshape(-1) if dim is None else np.moveaxis(array, wrap_dim(dim, array.ndim), 0)
    if consecutive:
        first = _first_of_runs(rows)
        values, inverse = rows[first], np.cumsum(first) - 1
        counts = np.bincount(inverse, minlength=len(values)) if len(values) else np.zeros(0)
    else:
        values, inverse, counts = np.unique(
            rows, return_inverse=True, return_counts=True, axis=None if dim is None else 0, equal_nan=False
        )
    if dim is not None:
        values = np.moveaxis(np.ascontiguousarray(values), 0, wrap_dim(dim, array.ndim))
    elif inverse.size == array.size:
        inverse = inverse.reshape(array.shape)
    return values, inverse.astype(np.int64).reshape(-1 if dim is not None else array.shape), counts.astype(np.int64)


def _refusal(name: str):
    refuse = not_implemented(name)
    return lambda grads: refuse(grads)


def _distinct_row(name: str, node: str, consecutive: bool):
    return op(
        f"{name}(Tensor self, int? dim=None) -> values, inverse, counts",
        lambda array, dim: _distinct(array, dim, consecutive),
        node=node,
        self=_refusal(name),
        non_differentiable=("inverse", "counts"),
        method=False,
        function=False,
    )


_UNIQUE = _distinct_row("_unique2", "Unique2Backward0", False), _distinct_row("unique_dim", "UniqueDimBackward0", False)
_CONSECUTIVE = (_distinct_row("unique_consecutive", "UniqueConsecutiveBackward0", True),) * 2


def _chosen(rows, input, dim, return_inverse, return_counts):
    values, inverse, counts = rows[dim is not None](input, dim)
    wanted = [values, *([inverse] if return_inverse else []), *([counts] if return_counts else [])]
    return values if len(wanted) == 1 else tuple(wanted)


def unique(input, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim=None):
    """The distinct elements (or slices along ``dim``) in order, on request with inverse indices and counts."""
    return _chosen(_UNIQUE, input, dim, return_inverse, return_counts)


def unique_consecutive(input, return_inverse: bool = False, return_counts: bool = False, dim=None):
    """The first of each run of equal elements, on request with inverse indices and counts."""
    return _chosen(_CONSECUTIVE, input, dim, return_inverse, return_counts)


def isin(elements, test_elements, *, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Which of ``elements`` are among ``test_elements``; either may be a number."""
    arrays = [value._array if isinstance(value, Tensor) else np.asarray(value) for value in (elements, test_elements)]
    for array in arrays:
        if array.dtype.kind in "bc":
            raise RuntimeError(f"Unsupported input type encountered for isin(): {BY_NUMPY[array.dtype].scalar}")
    if all(isinstance(value, Tensor) for value in (elements, test_elements)):
        common = result_dtype([elements, test_elements]).numpy
        arrays = [array.astype(common) for array in arrays]
    place = next(value.device for value in (elements, test_elements) if isinstance(value, Tensor))
    return make(np.asarray(np.isin(*arrays, invert=invert)), place)


# -- sorted sequences ----------------------------------------------------------------------------------------------


def searchsorted(sorted_sequence, input, *, out_int32: bool = False, right: bool = False, side=None, sorter=None):
    """Where each value would be inserted to keep the last dimension of ``sorted_sequence`` sorted."""
    if side is not None and side not in ("left", "right"):
        raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    if right and side == "left":
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True"
        )
    bounds = sorted_sequence._array
    values = input._array if isinstance(input, Tensor) else np.asarray(input)
    if not values.ndim and bounds.ndim != 1:
        raise RuntimeError(
            "torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we got "
            f"boundaries tensor dim({bounds.ndim}) and input value's dim(0) numel(1)"
        )
    if bounds.ndim != 1 and (bounds.ndim != values.ndim or bounds.shape[:-1] != values.shape[:-1]):
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
            f"tensor and input value tensor must match, but we got boundaries tensor {list(bounds.shape)} and input "
            f"value tensor {list(values.shape)}"
        )
    if isinstance(input, Tensor) and input.dtype is not sorted_sequence.dtype:
        common = result_dtype([sorted_sequence, input]).numpy
        bounds, values = bounds.astype(common), values.astype(common)
    if values.size:
        _refuse("searchsorted_out_cpu", values, "bc")
        _refuse("searchsorted_out_cpu", bounds, "bc")
    if sorter is not None:
        bounds = np.take_along_axis(bounds, sorter._array, -1)
    found = _insertion(bounds, values, "right" if right or side == "right" else "left")
    return make(found.astype(np.int32 if out_int32 else np.int64), sorted_sequence.device)


def _insertion(bounds, values, side):
    if bounds.ndim == 1:
        return np.asarray(np.searchsorted(bounds, values, side))
    found = np.empty(values.shape, np.int64)
    for place in np.ndindex(*values.shape[:-1]):
        found[place] = np.searchsorted(bounds[place], values[place], side)
    return found


def bucketize(input, boundaries, *, out_int32: bool = False, right: bool = False):
    """The number of the interval between ``boundaries`` that each value lies in."""
    if boundaries.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


# -- histograms ----------------------------------------------------------------------------------------------------


def _range(array, low, high) -> tuple:
    if low == high and array.size:
        low, high = float(array.min()), float(array.max())
    return (_beside(low, -1), _beside(high, 1)) if low == high else (low, high)


def _beside(value, step: int) -> float:
    """One less or more; the next number where that is too little to tell."""
    moved = value + step
    return moved if moved != value else math.nextafter(value, step * math.inf)


def _histc(array, bins, min, max):
    if bins <= 0:
        raise RuntimeError(f"torch.histc: bins must be > 0, but got {bins}")
    kernels = {"b": "linspace_cpu", "c": "aminmax_cpu"}
    _refuse(kernels.get(array.dtype.kind, "histogram_cpu"), array, "biuc")
    stored, array = array.dtype, array.astype(np.float64)
    low, high = _range(array, min, max)
    if not np.isfinite([low, high]).all():
        raise RuntimeError(f"torch.histc: range of [{low:g}, {high:g}] is not finite")
    if not low < high:
        raise RuntimeError("torch.histc: max must be larger than min")
    return np.histogram(array, bins, (low, high))[0].astype(stored)


op("histc(Tensor self, int bins=100, Scalar min=0, Scalar max=0)", _histc, differentiable=False)  # fmt: skip
_histogram_type = return_type("histogram", "hist", "bin_edges")


def _range_of(array) -> tuple:
    return (float(array.min()), float(array.max())) if array.size else (0.0, 1.0)


def _check_edges(input: Tensor, edges: Tensor) -> None:
    """A row of edges of the input's dtype. Raises ``RuntimeError``."""
    if edges.dtype is not input.dtype:
        raise RuntimeError(
            "torch.histogramdd: input tensor and bins tensors should have the same dtype, but got input with dtype "
            f"{input.dtype.cpp} and bins for dimension 0 with dtype {edges.dtype.cpp}"
        )
    if edges.ndim != 1:
        raise RuntimeError(
            f"torch.histogramdd: bins tensor should have one dimension, but got {edges.ndim} dimensions in the bins "
            "tensor for dimension 0"
        )
    if not edges.numel():
        raise RuntimeError(
            "torch.histogramdd: bins tensor should have at least 1 element, but got 0 elements in the bins tensor for "
            "dimension 0"
        )


def histogram(input, bins, *, range=None, weight=None, density: bool = False):
    """How many elements lie in each of ``bins``: their number, or their edges as a tensor."""
    array = input._array
    if isinstance(bins, Tensor):
        _check_edges(input, bins)
    _refuse("histogramdd", array, "biuc")
    edges = bins._array if isinstance(bins, Tensor) else bins
    limits = None if isinstance(bins, Tensor) else (range or _range_of(array))
    if limits is not None:
        low, high = limits
        if not np.isfinite([low, high]).all():
            raise RuntimeError(f"torch.histogramdd: dimension 0's range [{low:g}, {high:g}] is not finite")
        if low > high:
            raise RuntimeError(
                f"torch.histogramdd: min should not exceed max, but got min {low:g} max {high:g} for dimension 0"
            )
        low, high = (low - 0.5, high + 0.5) if low == high else limits
        edges = linspace(low, high, bins + 1, dtype=input.dtype)._array
    weights = None if weight is None else weight._array.reshape(-1)
    flat = array.reshape(-1)
    with np.errstate(invalid="ignore", over="ignore"):
        kept = (flat >= edges[0]) & (flat <= edges[-1])
        place = np.minimum(np.searchsorted(edges, flat, "right") - 1, len(edges) - 2)
        if limits is not None:
            # It looks only near the place that it computes; where that is no number it finds the second bin.
            near = (flat - edges[0]) * array.dtype.type(len(edges) - 1) / (edges[-1] - edges[0])
            place = np.where(np.isfinite(near), place, min(1, len(edges) - 2))
    counts = np.bincount(place[kept], None if weights is None else weights[kept], len(edges) - 1)
    if density:
        counts = counts / (counts.sum() * np.diff(edges))
    return _histogram_type(make(part.astype(array.dtype), input.device) for part in (counts, edges))


def bincount(input: Tensor, weights=None, minlength: int = 0) -> Tensor:
    """How often each non-negative integer occurs, or the sum of its ``weights``.

    Raises ``NotImplementedError`` for other dtypes than integers, ``RuntimeError`` for negative numbers and lengths.
    """
    if input.dtype.kind != INTEGER:
        raise NotImplementedError(f"\"bincount_cpu\" not implemented for '{input.dtype.scalar}'")
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if input.ndim != 1 or (input.numel() and input._array.min() < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is not None and weights._array.shape != input._array.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    counts = np.bincount(input._array, None if weights is None else weights._array.real, minlength)
    stored = np.int64 if weights is None else np.float32 if weights.dtype.name == "float32" else np.float64
    return make(counts.astype(stored), input.device)


# -- positions -----------------------------------------------------------------------------------------------------


def nonzero(input: Tensor, *, as_tuple: bool = False):
    """The indices of the elements that are not zero, one row each; or one tensor per dimension."""
    found = np.nonzero(input._array if input.ndim else input._array.reshape(1))
    # One dimension after the other, as PyTorch finds them: a row is a column in memory.
    if as_tuple:
        return make(np.stack(found).astype(np.int64).T, input.device).unbind(1)
    rows = np.stack(found).astype(np.int64).T if input.ndim else empty_rows(len(found[0]))
    return make(rows, input.device)


def empty_rows(count: int) -> np.ndarray:
    return np.zeros((count, 1), np.int64)[:, :0]


def argwhere(input: Tensor) -> Tensor:
    """The indices of the elements that are not zero, one row each."""
    return nonzero(input)


def nonzero_static(input: Tensor, *, size: int, fill_value: int = -1) -> Tensor:
    """Like :func:`nonzero`, but always ``size`` rows: cut off, or filled up with ``fill_value``."""
    rows = nonzero(input)._array[:size]
    filled = np.full((size, max(rows.shape[1], 1)), fill_value, np.int64)[:, : rows.shape[1]]
    filled[: len(rows)] = rows
    return make(filled, input.device)


def unravel_index(indices: Tensor, shape):
    """Flat indices as one tensor per dimension of ``shape``."""
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if indices.dtype.kind != 1:
        raise ValueError(f"expected 'indices' to be integer dtype, but got {indices.dtype!r}")
    steps = [math.prod(shape[place + 1 :]) for place in range(len(shape))]
    flat = indices.unsqueeze(-1).floor_divide(_row(steps, indices.device))
    return (flat % _row(shape, indices.device)).unbind(-1)


def _row(numbers, place) -> Tensor:
    return make(np.array(numbers, np.int64), place)


FUNCTIONS = (
    unique, unique_consecutive, isin, searchsorted, bucketize, histogram, bincount, nonzero, argwhere, nonzero_static,
    unravel_index,
)  # fmt: skip
METHODS = (unique, unique_consecutive, histogram, bincount, nonzero, argwhere, nonzero_static)
