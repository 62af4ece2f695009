"""Running logarithms of sums of exponentials.

Rule: torch.logcumsumexp. Nothing is exponentiated but differences from what is largest, so nothing overflows.
"""

from __future__ import annotations

import ml_dtypes
import numpy as np

from ..dtypes import BY_NUMPY, COMPLEX
from .dims import wrap_dim
from .elementwise import conj, where, zeros_like
from .table import op


def _logcumsumexp(array, dim):
    dim = wrap_dim(dim, array.ndim)
    if array.dtype.kind in "biu":
        raise NotImplementedError(f"\"logcumsumexp_out_cpu\" not implemented for '{BY_NUMPY[array.dtype].scalar}'")
    if not array.ndim:
        return array.copy()
    if array.dtype.kind == "c":
        found = array.astype(np.complex128)
        along = np.moveaxis(found, dim, 0)
        for place in range(1, len(along)):
            along[place] = _log_of_two(along[place], along[place - 1])
        return found.astype(array.dtype)
    return np.logaddexp.accumulate(array.astype(np.float64), axis=dim).astype(array.dtype)


def _log_of_two(new, total):
    """``log(exp(new) + exp(total))`` of complex numbers: what is larger, and the logarithm of what the other adds.

    The imaginary part is that of the larger, turned: it is not brought back into one turn.
    """
    with np.errstate(all="ignore"):
        less = new.real < total.real
        low, high = np.where(less, new, total), np.where(less, total, new)
        found = high + np.log1p(np.exp(low - high))
        alike = ~np.isfinite(low.real) & (low.real == high.real)
        found = np.where(alike, np.where(low.real < 0, low, np.log(np.exp(low) + np.exp(high))), found)
        return np.where(np.isnan(new) | np.isnan(total), complex(np.nan, np.nan), found)


def _lowest(dtype) -> float:
    return float(ml_dtypes.finfo(dtype.numpy).min)


def _logcumsumexp_grad(grad, self, result, dim):
    if self.ndim == 0:
        return grad
    if self.dtype.kind == COMPLEX:
        weighted = grad * conj((-result).exp())
        return weighted.flip(dim).cumsum(dim).flip(dim) * conj(self.exp())
    nothing = zeros_like(grad) + _lowest(grad.dtype)
    logarithm = grad.abs().log()

    def later(value):
        return (value - result).flip(dim).logcumsumexp(dim).flip(dim)

    gain = (later(where(grad > 0, logarithm, nothing)) + self).exp()
    return gain - (later(where(grad < 0, logarithm, nothing)) + self).exp()


def _logcumsumexp_tangent(self_t, self, dim):
    """The share of each element so far, times its tangent. PyTorch adds 1e-13 to the sums: shares below that vanish."""
    shares = (self if self.dtype.kind == COMPLEX else self - self.max(dim, keepdim=True)[0]).exp()
    return (shares * self_t).cumsum(dim) / (shares.cumsum(dim) + 1e-13)


op(
    "logcumsumexp(Tensor self, int dim)",
    _logcumsumexp,
    row_major=True,
    self=_logcumsumexp_grad,
    jvp=_logcumsumexp_tangent,
)
