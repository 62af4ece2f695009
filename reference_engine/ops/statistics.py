"""Statistics: order statistics and quantiles, sums without NaN, spread with mean, covariance.

Where several elements tie, ``aminmax`` and ``nanmedian`` without a dimension share the gradient, ``kthvalue``,
``mode`` and ``nanmedian`` along one send it to the element whose index they return.
"""

from __future__ import annotations

import warnings

import numpy as np

from .._tensor import Tensor, make
from ..dtypes import BY_NUMPY, COMPLEX, FLOATING
from .dims import wrap_dim
from .elementwise import where, zeros_like
from .extrema import _share, _take, evenly, gather_reduced, index_grad, read_evenly, return_type
from .pairs import complex_
from .reduction_demands import needs_extent, once, with_elements
from .reductions import (
    _axes,
    _sum_array,
    _var_tangent,
    _variance,
    mean_dim,
    restore_dims,
    spread_function,
    std_grad,
    var_grad,
)
from .table import op

# -- both extrema --------------------------------------------------------------------------------------------------


def _aminmax(array, dim, keepdim):
    axes = None if dim is None else (wrap_dim(dim, array.ndim),) if array.ndim else ()
    return array.min(axis=axes, keepdims=keepdim), array.max(axis=axes, keepdims=keepdim)


def _check_aminmax(self, dim, keepdim):
    if dim is not None:
        needs_extent("aminmax", self._array, wrap_dim(dim, self.ndim))
        if not self.ndim and self.dtype.kind == COMPLEX:
            raise RuntimeError(f"aminmax not implemented for {self.dtype.scalar}")
    elif not self._array.size:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )


def _aminmax_grad(grads, self, dim, keepdim, min, max):
    dims = () if dim is None else (dim,)
    parts = [
        _share(grad, self, extremum, dims, keepdim)
        for grad, extremum in zip(grads, (min, max), strict=True)
        if grad is not None
    ]
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


def _aminmax_tangent(self_t, self, dim, keepdim, min, max):
    def along(extremum):
        mask = self == restore_dims(extremum, () if dim is None else (dim,), keepdim, self._array.shape)
        axes = None if dim is None else (dim,)
        return (mask * self_t).sum(axes, keepdim=keepdim) / mask.sum(axes, keepdim=keepdim)

    return along(min), along(max)


aminmax = op(
    "aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> min, max",
    _aminmax,
    check=_check_aminmax,
    row_major=True,
    self=_aminmax_grad,
    jvp=_aminmax_tangent,
    returns=return_type("aminmax", "min", "max"),
    refuses=(("c", "aminmax_cpu"),),
)

# -- sums without NaN ----------------------------------------------------------------------------------------------


def _nansum(array, dim, keepdim, dtype):
    if array.dtype.kind in "fV":
        array = np.where(np.isnan(array), np.zeros((), array.dtype), array)
    return _sum_array(array, _axes(array, dim), keepdim, dtype)


def _without_nan(value, self):
    return where(self.isnan(), zeros_like(value), value)


nansum = op(
    "nansum(Tensor self, int[]? dim=None, bool keepdim=False, *, dtype? dtype=None)",
    _nansum,
    self=lambda grad, self, dim, keepdim: restore_dims(grad, dim, keepdim, self._array.shape).expand(
        self._array.shape
    )
    * ~self.isnan(),
    jvp=lambda self_t, self, dim, keepdim: _without_nan(self_t, self).sum(dim, keepdim),
    check=once,
    refuses=(("c", "!nansum on CPU does not support complex inputs"),),
)  # fmt: skip


def nanmean(self, dim=None, keepdim: bool = False, *, dtype=None):
    """The mean of what is not NaN. Raises ``RuntimeError`` for integers and bools."""
    if self.dtype.kind < FLOATING:
        raise RuntimeError(
            f"nanmean(): expected input to have floating point or complex dtype but got {self.dtype.scalar}"
        )
    count = (~self.detach().isnan()).sum(dim, keepdim)
    return nansum(self, dim, keepdim, dtype=dtype).div(count)


# -- order statistics ----------------------------------------------------------------------------------------------


def _nanmedian(array):
    flat = np.sort(array.reshape(-1))  # NaN last
    count = flat.size - int(np.isnan(flat).sum()) if flat.dtype.kind in "fV" else flat.size
    return flat[(count - 1) // 2] if count else np.full((), np.nan, array.dtype)


op("nanmedian(Tensor self)", _nanmedian, self=lambda grad, self, result: evenly(grad, self, result),
   jvp=read_evenly, refuses=(("bc", "?median_cpu"),),
   real_only=True)  # fmt: skip


def _nanmedian_dim(array, dim, keepdim):
    dim = wrap_dim(dim, array.ndim)
    if not array.ndim:
        return _take(array, 0, dim, keepdim)
    order = np.argsort(array, axis=dim, kind="stable")  # NaN last
    absent = np.isnan(array).sum(axis=dim, keepdims=True) if array.dtype.kind in "fV" else 0
    middle = np.maximum((array.shape[dim] - absent - 1) // 2, 0)
    shape = [1 if axis == dim else extent for axis, extent in enumerate(array.shape)]
    found = np.take_along_axis(order, np.broadcast_to(middle, shape), dim)
    return _take(array, found.squeeze(dim), dim, keepdim)


def quickselect(values: list, k: int) -> int:
    """The position of the ``k``-th smallest (from 0), by partition around the median of three.

    Among equals it finds the one that PyTorch's kernel finds, which partitions alike. NaN counts as largest.
    """
    order = list(range(len(values)))

    def above(a, b):
        return (a != a and b == b) or a > b

    def exchange(a, b):
        order[a], order[b] = order[b], order[a]

    def at(place):
        return values[order[place]]

    low, high = 0, len(values) - 1
    while high > low:
        if high == low + 1:
            if above(at(low), at(high)):
                exchange(low, high)
            break
        exchange(low + (high - low) // 2, low + 1)
        for a, b in ((low + 1, high), (low, high), (low + 1, low)):
            if above(at(a), at(b)):
                exchange(a, b)
        left, right, pivot = low + 1, high, at(low)
        while True:
            left += 1
            while above(pivot, at(left)):
                left += 1
            right -= 1
            while above(at(right), pivot):
                right -= 1
            if right < left:
                break
            exchange(left, right)
        exchange(low, right)
        if right <= k:
            low = left
        if right >= k:
            high = right - 1
    return order[k]


def _along_rows(array, dim, find):
    """An index per row along ``dim``: ``find`` gets the row as a list."""
    rows = np.moveaxis(array, dim, -1)
    found = np.array([find(row.tolist()) for row in rows.reshape(-1, rows.shape[-1])], np.int64)
    return found.reshape(rows.shape[:-1])


def _kthvalue(array, k, dim, keepdim):
    dim = wrap_dim(dim, array.ndim)
    if not 1 <= k <= (array.shape[dim] if array.ndim else 1):
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {dim}")
    if not array.ndim:
        return _take(array, 0, dim, keepdim)
    if array.dtype.kind in "bc":
        raise NotImplementedError(f"\"kthvalue_cpu\" not implemented for '{BY_NUMPY[array.dtype].scalar}'")
    return _take(array, _along_rows(array, dim, lambda row: quickselect(row, k - 1)), dim, keepdim)


def _most_frequent(row: list) -> int:
    counts: dict = {}
    for value in row:
        counts[value] = counts.get(value, 0) + 1
    most = max(counts.values())
    chosen = min(value for value, count in counts.items() if count == most)
    return len(row) - 1 - row[::-1].index(chosen)


def _mode(array, dim, keepdim):
    dim = wrap_dim(dim, array.ndim)
    if not array.ndim:
        return _take(array, 0, dim, keepdim)
    if array.size and array.dtype.kind == "c":
        raise NotImplementedError(f"\"mode_cpu\" not implemented for '{BY_NUMPY[array.dtype].scalar}'")
    return _take(array, _along_rows(array, dim, _most_frequent), dim, keepdim)


for _name, _rest, _forward, _node, _refuses in (
    ("nanmedian", "int dim", _nanmedian_dim, "NanmedianBackward1", (("bc", "median_out"),)),
    ("kthvalue", "int k, int dim=-1", _kthvalue, "KthvalueBackward0", ()),
    ("mode", "int dim=-1", _mode, "ModeBackward0", ()),
):
    op(
        f"{_name}(Tensor self, {_rest}, bool keepdim=False) -> values, indices",
        _forward,
        check=with_elements("median()" if _name == "nanmedian" else f"{_name}()"),
        real_only=_name != "nanmedian",
        row_major=True,
        node=_node,
        self=lambda grads, dim, keepdim, indices, self_sym_sizes: index_grad(
            grads[0], dim, indices, keepdim, self_sym_sizes
        ),
        jvp=lambda self_t, dim, keepdim, indices: gather_reduced(self_t, dim, keepdim, indices),
        non_differentiable=("indices",),
        returns=return_type(_name, "values", "indices"),
        refuses=_refuses,
    )


def msort(input):
    """The elements sorted along the first dimension."""
    return input.sort(0)[0]


# -- quantiles -----------------------------------------------------------------------------------------------------

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _check_quantile(self: Tensor, q, interpolation: str) -> Tensor:
    name = "quantile"  # for both functions
    if interpolation not in _INTERPOLATIONS:
        raise RuntimeError(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {interpolation}"
        )
    if not isinstance(q, Tensor):
        if not 0 <= q <= 1:
            raise RuntimeError(f"{name}() q must be in the range [0, 1] but got {q:g}")
        q = make(np.asarray(q).astype(self._array.dtype), self.device)
    if not self.numel():
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    if q.ndim > 1:
        raise RuntimeError(f"{name}() q must be a scalar or 1D tensor")
    if self.dtype.name not in ("float32", "float64"):
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype")
    if self.dtype is not q.dtype:
        raise RuntimeError(f"{name}() q tensor must be same dtype as the input tensor")
    if not ((q._array >= 0) & (q._array <= 1)).all():
        raise RuntimeError(f"{name}() q values must be in the range [0, 1]")
    return q


def _quantile(self, q, dim, keepdim, interpolation, name):
    q = _check_quantile(self, q, interpolation)
    shape = list(self._array.shape)
    if dim is None:
        shape = [1] * len(shape) if keepdim else []
        rows = self.flatten().sort()[0]
    else:
        wrapped = wrap_dim(dim, self.ndim)
        if shape:
            shape[wrapped : wrapped + 1] = [1] if keepdim else []
        last = wrapped >= self.ndim - 1
        rows = (self if last else self.unsqueeze(-1).transpose(wrapped, -1)).sort()[0]
    rows = rows.view(*shape, rows.size(-1) if rows.ndim else 1)
    missing = rows.detach().isnan()
    if name == "nanquantile":
        ranks = (q * ((~missing).sum(-1, keepdim=True) - 1)).clamp_min(0)
    else:
        ranks = where(missing.any(-1, True), float(rows.size(-1) - 1), q * (rows.size(-1) - 1))
    if interpolation in ("lower", "higher", "nearest"):
        ranks = {"lower": ranks.floor, "higher": ranks.ceil, "nearest": ranks.round}[interpolation]()
    below = ranks.long()
    found = rows.gather(-1, below)
    if interpolation in ("linear", "midpoint"):
        weights = ranks - below if interpolation == "linear" else zeros_like(ranks) + 0.5
        found.lerp_(rows.gather(-1, ranks.ceil().long()), weights)
    return found.squeeze_(-1) if q.ndim == 0 else found.unsqueeze_(0).transpose_(0, -1).squeeze_(-1)


def quantile(input, q, dim=None, keepdim: bool = False, *, interpolation: str = "linear"):
    """The value below which a share ``q`` of the elements lies; NaN where there is one."""
    return _quantile(input, q, dim, keepdim, interpolation, "quantile")


def nanquantile(input, q, dim=None, keepdim: bool = False, *, interpolation: str = "linear"):
    """:func:`quantile` of what is not NaN."""
    return _quantile(input, q, dim, keepdim, interpolation, "nanquantile")


# -- spread and mean together --------------------------------------------------------------------------------------


def _mean_grad(grad, self, dim, keepdim):
    sizes = self._array.shape
    spread = restore_dims(grad, dim, keepdim, sizes).expand(sizes)
    return spread / (self._array.size // max(grad._array.size, 1))


def _both(spread_grad, output):
    def derivative(grads, self, dim, correction, keepdim, result0=None):
        parts = []
        if grads[0] is not None:
            saved = (grads[0], self, result0) if output else (grads[0], self)
            parts.append(spread_grad(*saved, dim, correction, keepdim))
        if grads[1] is not None:
            parts.append(_mean_grad(grads[1], self, dim, keepdim))
        return parts[0] if len(parts) == 1 else parts[0] + parts[1]

    return derivative


def _mean_tangent(self_t, dim, keepdim):
    return self_t.mean() if dim is None else mean_dim(self_t, dim, keepdim)


_SPREAD = "(Tensor self, int[]? dim=None, *, any correction=None, bool keepdim=False) -> result0, result1"


def _mean(array, dim, keepdim):
    return array.mean(axis=_axes(array, dim), keepdims=keepdim, dtype=array.dtype)


def _std_mean_grad(grads, self, result0, dim, correction, keepdim):
    return _both(std_grad, True)(grads, self, dim, correction, keepdim, result0)


def _var_mean_grad(grads, self, dim, correction, keepdim):
    return _both(var_grad, False)(grads, self, dim, correction, keepdim)


var_mean_row = op(
    "var_mean" + _SPREAD,
    lambda a, dim, correction, keepdim: (_variance("var_mean", a, dim, correction, keepdim), _mean(a, dim, keepdim)),
    self=_var_mean_grad,
    jvp=lambda self_t, self, dim, correction, keepdim: (
        _var_tangent(self_t, self, dim, correction, keepdim), _mean_tangent(self_t, dim, keepdim)
    ),
    method=False,
    function=False,
)  # fmt: skip
std_mean_row = op(
    "std_mean" + _SPREAD,
    lambda a, dim, correction, keepdim: (
        np.sqrt(_variance("std_mean", a, dim, correction, keepdim)), _mean(a, dim, keepdim)
    ),
    self=_std_mean_grad,
    jvp=lambda self_t, self, result0, dim, correction, keepdim: (
        (_var_tangent(self_t, self, dim, correction, keepdim) / (2 * result0)).masked_fill(result0 == 0, 0),
        _mean_tangent(self_t, dim, keepdim),
    ),
    method=False,
    function=False,
)  # fmt: skip


std_mean, var_mean = spread_function(std_mean_row, "std_mean"), spread_function(var_mean_row, "var_mean")


def _count_nonzero(array, dim):
    return np.asarray(np.count_nonzero(array, axis=_axes(array, dim)), np.int64)


op("count_nonzero(Tensor self, int[]? dim=None)", _count_nonzero, differentiable=False, out=False, row_major=True)

# -- covariance ----------------------------------------------------------------------------------------------------


def cov(input, *, correction: int = 1, fweights=None, aweights=None):
    """The covariance of variables in rows, observations in columns. Raises ``RuntimeError`` beyond two dimensions."""
    if input.ndim > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions"
        )
    if input.dtype.kind == 0:
        raise RuntimeError("cov(): bool dtype is not supported for input")
    rows = input.view(1, -1) if input.ndim < 2 else input
    weight = fweights if aweights is None else aweights if fweights is None else fweights * aweights
    observations = rows.size(1)
    count = make(np.array(observations, np.int64)) if weight is None else weight.sum()
    mean = (rows if weight is None else rows * weight).sum(1) / count
    if weight is None or correction == 0 or aweights is None:
        norm = count - correction
    else:
        norm = count - correction * (weight * aweights).sum() / count
    if float(norm.item()) <= 0:
        warnings.warn("cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of "
                      "observations.", stacklevel=2)  # fmt: skip
        norm = norm.clamp_min(0)
    centred = rows - mean.unsqueeze(1)
    product = centred.mm((centred if weight is None else centred * weight).t().conj())
    return product.div(norm).squeeze()


def corrcoef(input):
    """The covariance divided by both standard deviations."""
    if input.ndim > 2:
        raise RuntimeError(
            f"corrcoef(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions"
        )
    covariance = cov(input)
    if covariance.ndim == 0:
        return covariance / covariance
    diagonal = covariance.diagonal()
    deviation = (diagonal.real if diagonal.dtype.kind == COMPLEX else diagonal).sqrt()
    found = covariance / deviation.view(-1, 1) / deviation.view(1, -1)
    if found.dtype.kind == COMPLEX:
        return complex_(found.real.clamp(-1, 1), found.imag.clamp(-1, 1))
    return found.clamp(-1, 1)


METHODS = (nanmean, msort, quantile, nanquantile, cov, corrcoef)
FUNCTIONS = (*METHODS, std_mean, var_mean)
