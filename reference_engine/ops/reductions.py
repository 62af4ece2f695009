"""Reductions: sums, means, extrema, products, cumulative operations and sorting.

Where several elements attain an extremum, ``max(dim)`` sends the gradient to the one it returned the index of,
``amax`` and the full reduction share it evenly.
"""

from __future__ import annotations

import warnings

import numpy as np

from .._state import thread
from ..arithmetic import in_float
from ..dtypes import BY_NUMPY, FLOATING
from . import mismatches
from .dims import wrap_dim, wrap_dims
from .elementwise import conj, where, zeros_like
from .table import op


def _accumulation_dtype(array: np.ndarray, dtype):
    """Integers and bools add up as int64; halves in float32."""
    if dtype is not None:
        return dtype.numpy
    return np.dtype(np.int64) if array.dtype.kind in "biu" else array.dtype


def _sum_array(array, axes, keepdim, dtype):
    """The sum, in memory in order whatever order the input lies in."""
    wanted = _accumulation_dtype(array, dtype)
    if array.dtype.kind == "c" and wanted.kind != "c":
        array = array.real
    if wanted.itemsize == 2 and wanted.kind != "i":
        return np.asarray(array.astype(np.float32).sum(axis=axes, keepdims=keepdim).astype(wanted), order="C")
    return np.asarray(array.sum(axis=axes, keepdims=keepdim, dtype=wanted), order="C")


def _axes(array: np.ndarray, dim):
    return None if dim is None or dim == () else wrap_dims(dim, array.ndim)


def restore_dims(grad, dim, keepdim, sizes):
    """Give a reduced gradient its reduced dimensions back, with extent 1."""
    if keepdim or not sizes:
        return grad
    for axis in sorted(wrap_dims(dim, len(sizes))):
        grad = grad.unsqueeze(axis)
    return grad


sum_all = op(
    "sum(Tensor self, *, dtype? dtype=None)",
    lambda a, dtype: _sum_array(a, None, False, dtype),
    node="SumBackward0",
    self=lambda grad, self_sym_sizes: grad.expand(self_sym_sizes),
    jvp="linear",
)
sum_dim = op(
    "sum(Tensor self, int[]? dim, bool keepdim=False, *, dtype? dtype=None)",
    lambda a, dim, keepdim, dtype: _sum_array(a, _axes(a, dim), keepdim, dtype),
    node="SumBackward1",
    self=lambda grad, dim, keepdim, self_sym_sizes: restore_dims(grad, dim, keepdim, self_sym_sizes).expand(
        self_sym_sizes
    ),
    jvp="linear",
)


def sum_to_size(self, *size):
    """Sum over the dimensions that broadcasting to this shape had added or stretched."""
    size = tuple(size[0]) if len(size) == 1 and isinstance(size[0], (tuple, list)) else size
    shape = self._array.shape
    lead = len(shape) - len(size)
    if lead < 0 or any(want not in (1, have) for want, have in zip(size, shape[lead:], strict=True)):
        raise RuntimeError(f"size {{{list(size)}}} is not expandable to size {{{list(shape)}}}.")
    if not size:
        return self.sum()
    dims = [*range(lead), *(lead + i for i, want in enumerate(size) if want == 1 and shape[lead + i] != 1)]
    result = sum_dim(self, tuple(dims), True) if dims else self
    return result.view(size) if lead else result


def _mean_array(array, dim, keepdim, dtype):
    """A mean has a fraction, so its dtype must too. Raises ``RuntimeError``."""
    stated = dtype if dtype is not None else BY_NUMPY[array.dtype]
    if stated.kind < FLOATING:
        raise RuntimeError(
            f"mean(): could not infer output dtype. {'Input' if dtype is None else 'Optional'} dtype must be either a "
            f"floating point or complex dtype. Got: {stated.scalar}"
        )
    axes = _axes(array, dim)
    if dtype is not None:
        array = array.astype(dtype.numpy)
    total = _sum_array(array, axes, keepdim, None)
    count = array.size // max(total.size, 1) if total.size else 0
    if axes is not None:
        count = 1
        for axis in axes:
            count *= array.shape[axis]
    else:
        count = array.size
    return (
        total / np.asarray(count, np.float64).astype(array.dtype if array.dtype.kind != "c" else total.dtype)
    ).astype(array.dtype)


mean_all = op(
    "mean(Tensor self, *, dtype? dtype=None)",
    lambda a, dtype: _mean_array(a, None, False, dtype),
    node="MeanBackward0",
    self=lambda grad, self_sym_sizes, self_sym_numel: grad.expand(self_sym_sizes) / self_sym_numel,
    jvp="linear",
)
mean_dim = op(
    "mean(Tensor self, int[]? dim, bool keepdim=False, *, dtype? dtype=None)",
    lambda a, dim, keepdim, dtype: _mean_array(a, dim, keepdim, dtype),
    node="MeanBackward1",
    self=lambda grad, dim, keepdim, self_sym_sizes, self_sym_numel: (
        restore_dims(grad, dim, keepdim, self_sym_sizes).expand(self_sym_sizes)
        / _count(self_sym_sizes, dim, self_sym_numel)
    ),
    jvp="linear",
)


def _count(sizes, dim, numel) -> int:
    if not dim:
        return numel
    count = 1
    for axis in wrap_dims(dim, len(sizes)):
        count *= sizes[axis]
    return count


# -- products ----------------------------------------------------------------------------------------------------


def _prod_grad(grad, self, result):
    """The product of all other elements, also where some are zero."""
    if self._array.ndim == 0:
        return grad
    zero_count = int((self._array == 0).sum())
    if zero_count == 0:
        return (grad * conj(result)) / conj(self)
    if zero_count > 1 and not thread.grad_enabled:
        return zeros_like(self)
    flat = self.reshape(-1)
    ones = flat.new_ones(1)
    before = _cat([ones, flat[:-1].cumprod(0)])
    after = _cat([ones, flat.flip(0)[:-1].cumprod(0)]).flip(0)
    return (grad * conj(before * after)).view(self._array.shape)


def _cat(tensors):
    from .joining import cat

    return cat(tensors, 0)


prod_all = op(
    "prod(Tensor self, *, dtype? dtype=None)",
    lambda a, dtype: np.prod(a, dtype=_accumulation_dtype(a, dtype)),
    self=_prod_grad,
    jvp=lambda self_t, self, result: _along(_prod_grad(zeros_like(result) + 1, self, result), self_t).sum(),
)


def _along(grad, tangent):
    """The rate along a tangent, from a gradient: that is the conjugate of a complex derivative."""
    return conj(grad) * tangent


def _prod_dim_grad(grad, self, result, dim, keepdim):
    if self._array.ndim == 0:
        return grad
    dim = wrap_dim(dim, self.ndim)
    if not keepdim:
        grad, result = grad.unsqueeze(dim), result.unsqueeze(dim)
    if not (self._array == 0).any():
        return grad * conj(result) / conj(self)
    ones = self.narrow(dim, 0, 1) * 0 + 1
    extent = self.size(dim)
    from .joining import cat

    before = cat([ones, self.narrow(dim, 0, extent - 1).cumprod(dim)], dim)
    after = cat([ones, self.flip(dim).narrow(dim, 0, extent - 1).cumprod(dim)], dim).flip(dim)
    return grad * conj(before * after)


prod_dim = op(
    "prod(Tensor self, int dim, bool keepdim=False, *, dtype? dtype=None)",
    lambda a, dim, keepdim, dtype: np.prod(
        a, axis=wrap_dims(dim, a.ndim), keepdims=keepdim, dtype=_accumulation_dtype(a, dtype)
    ),
    row_major=True,
    node="ProdBackward1",
    self=_prod_dim_grad,
    jvp=lambda self_t, self, result, dim, keepdim: _along(
        _prod_dim_grad(zeros_like(result) + 1, self, result, dim, keepdim), self_t
    ).sum(dim, keepdim),
)


# -- spread ------------------------------------------------------------------------------------------------------


def _variance(name, array, dim, correction, keepdim):
    axes = _axes(array, dim)
    count = array.size if axes is None else int(np.prod([array.shape[a] for a in axes]))
    centred = array - _mean_array(array, axes if axes is not None else tuple(range(array.ndim)), True, None)
    squares = (centred * centred.conj()).real
    divisor = max(count - _correction(correction), 0)
    total = squares.sum(axis=axes, keepdims=keepdim)
    if divisor == 0 or not total.size:
        warnings.warn(f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction "
                      "factor (input numel divided by output numel).", stacklevel=2)  # fmt: skip
    return (total / np.asarray(divisor, squares.dtype)).astype(squares.dtype)


def _correction(correction) -> float:
    return 1 if correction is None else correction


def var_grad(grad, self, dim, correction, keepdim):
    """The derivative of the variance."""
    sizes = self._array.shape
    count = _count(sizes, dim, self._array.size) - _correction(correction)
    if count <= 0 and (dim is None or not sizes):
        return grad * where(self == self.mean(), float("nan"), float("inf"))  # infinity times what is left of the mean
    grad = restore_dims(grad, dim, keepdim, sizes)
    if dim is None:
        return (2.0 / count) * grad * (self - self.mean())
    return (2.0 / count if count else float("inf")) * grad * (self - self.mean(dim, True))


def std_grad(grad, self, result, dim, correction, keepdim):
    inner = (grad / (result * 2)).masked_fill_(result == 0, 0)
    return var_grad(inner, self, dim, correction, keepdim)


var_row = op(
    "var(Tensor self, int[]? dim=None, *, any correction=None, bool keepdim=False)",
    lambda a, dim, correction, keepdim: _variance("var", a, dim, correction, keepdim),
    self=var_grad,
    jvp=lambda self_t, self, dim, correction, keepdim: _var_tangent(self_t, self, dim, correction, keepdim),
    method=False,
    function=False,
)


def _var_tangent(tangent, self, dim, correction, keepdim):
    rates = var_grad(conj(tangent), self, dim, correction, True)
    rates = rates.real if rates.is_complex() else rates
    return rates.sum() if dim is None else rates.sum(dim, keepdim)


std_row = op(
    "std(Tensor self, int[]? dim=None, *, any correction=None, bool keepdim=False)",
    lambda a, dim, correction, keepdim: np.sqrt(_variance("std", a, dim, correction, keepdim)),
    self=std_grad,
    jvp=lambda self_t, self, result, dim, correction, keepdim: (
        _var_tangent(self_t, self, dim, correction, keepdim) / (2 * result)
    ).masked_fill(result == 0, 0),
    method=False,
    function=False,
)


_SPREADS_ALONE = (
    ["Tensor input", "tuple of ints dim", "bool unbiased = True", "bool keepdim = False"],
    ["Tensor input", "tuple of ints dim = None", "*", "Number correction = None", "bool keepdim = False"],
    ["Tensor input", "bool unbiased = True"],
)
_SPREADS = (
    [*_SPREADS_ALONE[0], "*", "Tensor out = None"],
    [*_SPREADS_ALONE[1], "Tensor out = None"],
    _SPREADS_ALONE[2],
)


def spread_function(row, name):
    """The public function over a row of spread: with ``unbiased`` or ``correction``, over all or some dimensions."""

    def spread(self, dim=None, unbiased=None, keepdim: bool = False, *, correction=None, out=None):
        return _spread(row, name, False, self, dim, unbiased, keepdim, correction, out)

    spread.__name__ = spread.__qualname__ = name
    return spread


def spread_method(row, name):
    """The method over a row of spread, which takes no ``out=``."""

    def spread(self, dim=None, unbiased=None, keepdim: bool = False, *, correction=None):
        return _spread(row, name, True, self, dim, unbiased, keepdim, correction, None)

    spread.__name__ = spread.__qualname__ = name
    return spread


def _spread(row, name, method, self, dim, unbiased, keepdim, correction, out):
    flag = isinstance(dim, bool)
    stated, whole = flag or unbiased is not None, flag or dim is None
    twice = flag and unbiased is not None
    if stated and (twice or correction is not None or (whole and (keepdim or out is not None))):
        raise _mixed(name, method, self, dim, unbiased, keepdim or None, correction, out)
    if flag:
        dim, unbiased = None, dim
    if unbiased is not None or (dim is not None and correction is None):
        correction = 1 if unbiased in (None, True) else 0
    if self.dtype.kind < FLOATING:
        subject = "std and var" if name in ("std", "var") else name
        raise RuntimeError(f"{subject} only support floating point and complex dtypes")
    dims = (dim,) if isinstance(dim, int) else dim
    options = {} if out is None else {"out": out}
    return row(self, None if dims is None else tuple(dims), correction=correction, keepdim=keepdim, **options)


def _mixed(name, method, self, dim, unbiased, keepdim, correction, out) -> TypeError:
    """What to raise for arguments of several overloads at once."""
    args = [value for value in (self, dim, None if dim is None else unbiased) if value is not None]
    named = {"out": out, "keepdim": keepdim, "unbiased": unbiased if dim is None else None, "correction": correction}
    kwargs = {key: value for key, value in named.items() if value is not None}
    overloads = _SPREADS if name in ("var", "std") and not method else _SPREADS_ALONE
    return mismatches.among(name, args[method:], kwargs, [texts[method:] for texts in overloads])


var, std = spread_function(var_row, "var"), spread_function(std_row, "std")


# -- cumulative and ordering -------------------------------------------------------------------------------------


def _running(function):
    """Sums or products of all elements up to each. Raises ``NotImplementedError`` for bool."""

    def forward(array, dim, dtype):
        dim = wrap_dim(dim, array.ndim)
        wanted = _accumulation_dtype(array, dtype)
        if array.dtype.kind == "c" and wanted.kind != "c":
            array = array.real
        if not array.ndim:
            return array.astype(wanted)
        if wanted.kind == "b" and array.size:
            raise NotImplementedError(f"\"{function.__name__}_out_cpu\" not implemented for 'Bool'")
        sums = in_float(function)(array.astype(wanted, copy=False), dim)
        return sums.astype(wanted, copy=False)  # NumPy adds small whole numbers up in wide ones

    return forward


def _summed_back(grad, dim):
    return grad.flip(dim).cumsum(dim).flip(dim) if grad.ndim else grad


cumsum = op(
    "cumsum(Tensor self, int dim, *, dtype? dtype=None)",
    _running(np.cumsum),
    row_major=True,
    in_place=True,
    self=lambda grad, dim, self_scalar_type: _summed_back(grad.to(self_scalar_type), dim),
    jvp="linear",
)  # fmt: skip


def _cumprod_grad(grad, self, result, dim):
    if self.numel() <= 1:
        return grad
    if not (self._array == 0).any():
        return _summed_back(grad * conj(result), dim) / conj(self)
    # With zeros: the sum over k >= i of grad[k] times the product of the others up to k.
    extent = self.size(dim)
    columns = []
    for i in range(extent):
        others = _cat_along([self.narrow(dim, 0, i), zeros_like(self.narrow(dim, i, 1)) + 1,
                             self.narrow(dim, i + 1, extent - i - 1)], dim)  # fmt: skip
        products = others.cumprod(dim).narrow(dim, i, extent - i)
        columns.append((grad.narrow(dim, i, extent - i) * conj(products)).sum(dim, keepdim=True))
    return _cat_along(columns, dim)


def _cumprod_tangent(tangent, self, result, dim):
    """The factors' rates times the product; from the first zero on, the product with that zero's tangent in place."""
    rate = (tangent / self).cumsum(dim) * result
    zeros = self == 0
    if zeros._array.any():
        count = zeros.cumsum(dim)
        rate = where(count > 0, where(zeros & (count == 1), tangent, self).cumprod(dim), rate)
    return rate.to(result.dtype)


def _cat_along(tensors, dim):
    from .joining import cat

    return cat(tensors, dim)


cumprod = op(
    "cumprod(Tensor self, int dim, *, dtype? dtype=None)",
    _running(np.cumprod),
    row_major=True,
    in_place=True,
    self=lambda grad, self, dim, result, self_scalar_type: _cumprod_grad(grad.to(self_scalar_type), self, result, dim),
    jvp=lambda self_t, self, result, dim: _cumprod_tangent(self_t, self, result, dim),
)  # fmt: skip


FUNCTIONS = (var, std)
METHODS = (spread_method(var_row, "var"), spread_method(std_row, "std"), sum_to_size)
