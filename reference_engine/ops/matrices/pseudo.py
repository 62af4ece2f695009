"""The pseudo-inverse and least squares.

Rules: torch.linalg.pinv, torch.linalg.lstsq. The derivative of the pseudo-inverse holds where the rank does not change.
"""

from __future__ import annotations

import numpy as np

from ...dtypes import BY_NUMPY
from ..elementwise import sum_tangents
from ..extrema import return_type
from ..table import op
from . import demands, kernels
from .solving import is_vector
from .triangular import adj, to_shape


def tolerance(name, values, shape, atol, rtol):
    """Below which singular values count as zero: the larger of ``atol`` and ``rtol`` times the largest value."""
    if rtol is None:
        given = atol is not None and np.any(np.asarray(atol) > 0)
        rtol = 0.0 if given else float(np.finfo(values.dtype).eps) * max(shape[-2:])
    atol = np.zeros(()) if atol is None else np.asarray(atol)
    largest = values.max(axis=-1, initial=0)
    return np.maximum(atol, np.asarray(rtol) * largest)


def _plain(value):
    return value._array if hasattr(value, "_array") else value


def _pinv(a, atol, rtol, hermitian):
    if a.ndim < 2 or a.dtype.kind in "biu" or a.dtype.itemsize == 2:
        raise RuntimeError(
            f"linalg.pinv({BY_NUMPY[a.dtype].scalar}{{{list(a.shape)}}}): expected a tensor with 2 or more dimensions "
            "of float, double, cfloat or cdouble types"
        )
    if hermitian:
        values, vectors = np.linalg.eigh(a)
        size = np.abs(values)
        u, vh = vectors, kernels.adjoint(vectors)
    else:
        u, values, vh = np.linalg.svd(a, full_matrices=False)
        size = values
    bound = tolerance("linalg.pinv", size, a.shape, _plain(atol), _plain(rtol))[..., None]
    with np.errstate(divide="ignore"):
        inverse = np.where(size > bound, 1 / values, 0).astype(values.dtype)
    return np.ascontiguousarray((kernels.adjoint(vh) * inverse[..., None, :]) @ kernels.adjoint(u))


def pinv_grad(grad, self, result):
    turned, square = adj(result), adj(grad)
    outside = square - self @ (result @ square)
    inside = square - (square @ result) @ self
    return -(turned @ grad @ turned) + outside @ (result @ turned) + (turned @ result) @ inside


def _pinv_tangent(self_t, self, result):
    turned, change = adj(result), adj(self_t)
    outside = change - (change @ self) @ result
    inside = change - result @ (self @ change)
    return -(result @ self_t @ result) + (result @ turned) @ outside + inside @ (turned @ result)


_pinv_row = op(
    "linalg_pinv(Tensor self, *, any atol=None, any rtol=None, bool hermitian=False)",
    _pinv,
    self=pinv_grad,
    jvp=_pinv_tangent,
    method=False,
    function=False,
)


def pinv(input, rcond=None, *, atol=None, rtol=None, hermitian: bool = False):
    """The pseudo-inverse of (*, m, n), (*, n, m). Raises ``RuntimeError`` for integers and vectors."""
    return _pinv_row(input, atol=atol, rtol=rcond if rtol is None else rtol, hermitian=hermitian)


def pinverse(input, rcond: float = 1e-15):
    """As :func:`pinv`, with values up to ``rcond`` times the largest taken for zero."""
    return _pinv_row(input, rtol=rcond)


# -- least squares -----------------------------------------------------------------------------------------------

_DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


def _lstsq(a, b, rcond, driver):
    name = "torch.linalg.lstsq"
    if a.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if b.ndim < 1:
        raise RuntimeError(f"{name}: other must have at least 1 dimension.")
    if not 0 <= a.ndim - b.ndim <= 1:
        raise RuntimeError(
            f"{name}: input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) <= 1"
        )
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"{name}: Expected input and other to have the same dtype, but got input's dtype "
            f"{demands.scalar_of(a)} and other's dtype {demands.scalar_of(b)}"
        )
    vector = is_vector(a.shape, b.shape)
    right = b[..., None] if vector else b
    if a.shape[-2] != right.shape[-2]:
        side = "-1" if vector else "-2"
        raise RuntimeError(f"{name}: input.size(-2) should match other.size({side})")
    if a.dtype.kind in "biu" or a.dtype.itemsize == 2:
        raise RuntimeError("This function doesn't handle types other than float and double")
    driver = "gelsy" if driver is None else driver
    if driver not in _DRIVERS:
        raise RuntimeError(f"{name}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)")
    m, n = a.shape[-2:]
    u, values, vh = np.linalg.svd(a, full_matrices=False)
    bound = tolerance(name, values, a.shape, None, rcond)[..., None]
    kept = values > bound
    with np.errstate(divide="ignore"):
        inverse = np.where(kept, 1 / values, 0)
    inner = inverse[..., None].astype(values.dtype) * (kernels.adjoint(u) @ right)
    solution = kernels.adjoint(vh) @ inner
    rank = np.asarray(kept.sum(axis=-1), np.int64, order="C")
    none = np.empty(0, values.dtype)
    residuals = none
    if m > n and driver != "gelsy" and (rank == n).all():
        missed = a @ solution - right
        residuals = np.ascontiguousarray((missed * missed.conj()).real.sum(axis=-2))
    found = kernels.columns(solution)
    if driver == "gels":
        rank = np.empty(0, np.int64)
    singular = np.ascontiguousarray(values) if driver in ("gelsd", "gelss") else none
    return found[..., 0] if vector else found, residuals, rank, singular


def _matrix(tensor, vector):
    return tensor.unsqueeze(-1) if vector else tensor


def _lstsq_grad(grads, self, b, solution):
    grad, missed_grad = grads[:2]
    vector = is_vector(self._array.shape, b._array.shape)
    right = _matrix(b, vector)
    total = None
    if grad is not None:
        grad = _matrix(grad, vector)
        total = pinv_grad(grad @ adj(right), self, pinv(self))
    if missed_grad is not None and missed_grad._array.size:
        found = _matrix(solution, vector)
        missed = (self @ found - right) * missed_grad.unsqueeze(-2) * 2
        total = sum_tangents(total, missed @ adj(found))
    return None if total is None else to_shape(total, self)


def _lstsq_right_grad(grads, self, b, solution):
    grad, missed_grad = grads[:2]
    vector = is_vector(self._array.shape, b._array.shape)
    total = None
    if grad is not None:
        total = adj(pinv(self)) @ _matrix(grad, vector)
    if missed_grad is not None and missed_grad._array.size:
        missed = self @ _matrix(solution, vector) - _matrix(b, vector)
        total = sum_tangents(total, missed * missed_grad.unsqueeze(-2) * -2)
    if total is None:
        return None
    return to_shape(total.squeeze(-1) if vector else total, b)


lstsq = op(
    "linalg_lstsq(Tensor self, Tensor b, float? rcond=None, *, str? driver=None) "
    "-> solution, residuals, rank, singular_values",
    _lstsq,
    self=_lstsq_grad,
    b=_lstsq_right_grad,
    jvp="transposed",
    non_differentiable=("rank", "singular_values"),
    returns=return_type("linalg_lstsq", "solution", "residuals", "rank", "singular_values"),
    method=False,
    function=False,
)
