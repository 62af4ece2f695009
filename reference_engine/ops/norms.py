"""Norms, and the family of exponentials over a dimension: ``logsumexp``, ``softmax``, ``log_softmax``."""

from __future__ import annotations

import math

import numpy as np

from ..arithmetic import halves, in_float
from ..dtypes import BY_NUMPY, COMPLEX, FLOATING
from ..promotion import defaults, promote_types
from .backward_rows import backward_operation
from .dims import wrap_dim, wrap_dims
from .elementwise import conj, zeros_like
from .reductions import _axes, restore_dims
from .table import op


def _check_identity(array, order, dim) -> None:
    """Of no elements there is neither a largest nor a smallest. Raises ``RuntimeError``."""
    if array.size or not (order < 0 or order == float("inf")):
        return
    said = f"linalg.vector_norm cannot compute the {order:g} norm on "
    if not dim:
        raise RuntimeError(f"{said}an empty tensor because the operation does not have an identity")
    for place in dim:
        if not array.shape[wrap_dim(place, array.ndim)]:
            raise RuntimeError(
                f"{said}the dimension {place}because this dimension is empty and the operation does "
                "not have an identity"
            )


def check_norm_dtype(name: str, x, dtype) -> None:
    """A norm is that of floating or complex numbers, taken in a dtype of the same kind and no narrower.

    Raises ``RuntimeError``.
    """
    found = x.dtype
    if found.kind < FLOATING:
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got {found.scalar}")
    if dtype is None:
        return
    if dtype.kind < FLOATING:
        raise RuntimeError(f"{name}: dtype should be floating point or complex, but got {dtype.scalar}")
    if found.kind != dtype.kind:
        kind = "complex" if found.kind == COMPLEX else "real"
        raise RuntimeError(f"{name}: dtype should be {kind} for {kind} inputs, but got {dtype.scalar}")
    if promote_types(found, dtype) is not dtype:
        raise RuntimeError(
            f"{name}: the dtype of the input ({found.scalar}) should be convertible without narrowing to the specified "
            f"dtype ({dtype.scalar})"
        )


def _vector_norm(array, order, dim, keepdim, dtype=None):
    _check_identity(array, order, dim)
    if dtype is not None:
        array = array.astype(dtype.numpy, copy=False)
    axes = _axes(array, dim)
    stored = np.abs(array)
    size = stored.astype(np.float32) if halves(stored.dtype) else stored
    return np.asarray(_norm_of_sizes(size, order, axes, keepdim)).astype(stored.dtype, copy=False)


def _norm_of_sizes(size, order, axes, keepdim):
    reduced = size.shape if axes is None else [size.shape[axis] for axis in axes]
    if order not in (0, float("-inf")) and math.prod(reduced) == 1:  # of one element it is the size, unraised
        return size.max(axis=axes, keepdims=keepdim)
    if order == 2:
        wide = size.astype(np.float64) if size.dtype == np.float32 else size
        total = (wide * wide).sum(axis=axes, keepdims=keepdim)
        return np.sqrt(total.astype(size.dtype))  # squares that the dtype cannot hold are infinite, or zero
    if order == float("inf"):
        return size.max(axis=axes, keepdims=keepdim)
    if order == float("-inf"):
        return size.min(axis=axes, keepdims=keepdim)
    if order == 0:
        return (size != 0).sum(axis=axes, keepdims=keepdim).astype(size.dtype)
    if order == 1:
        return size.sum(axis=axes, keepdims=keepdim)
    return np.power(np.power(size, order).sum(axis=axes, keepdims=keepdim), 1.0 / order).astype(size.dtype)


def _norm_grad(grad, self, ord, dim, keepdim, result):
    """The gradient of a norm; of a count of what is not zero there is none."""
    if ord == 0:
        return None
    sizes = self._array.shape
    grad, result = restore_dims(grad, dim, keepdim, sizes), restore_dims(result, dim, keepdim, sizes)
    if ord == 1:
        return grad * self.sgn()
    if ord == 2:
        return grad * (self / result).masked_fill(result == 0, 0)
    if ord in (float("inf"), float("-inf")):
        size = self.abs()
        mask = (size == result) | (size.isnan() & result.isnan())
        return self.sgn() * (mask / mask.sum(dim or None, keepdim=True)) * grad
    if ord < 2:
        scaled = self.sgn() * self.abs().pow(ord - 1)
        scaled = scaled.masked_fill(self == 0, 0)
    else:
        scaled = self * self.abs().pow(ord - 2)
    return scaled * (grad / result.pow(ord - 1)).masked_fill(result == 0, 0)


def _norm_tangent(tangent, self, order, dim, keepdim, result):
    """The derivative with respect to each element, summed over the reduced dimensions."""
    if order == 0:
        return zeros_like(result)
    slope = _norm_grad(zeros_like(result) + 1, self, order, dim, keepdim, result)
    product = (conj(slope) * tangent).real if tangent.dtype.kind == COMPLEX else slope * tangent
    return product.sum() if dim is None else product.sum(dim, keepdim)


vector_norm_row = op(
    "linalg_vector_norm(Tensor self, Scalar ord=2, int[]? dim=None, bool keepdim=False, *, dtype? dtype=None)",
    _vector_norm,
    check=lambda self, ord, dim, keepdim, dtype: check_norm_dtype("linalg.vector_norm", self, dtype),
    row_major=True,
    self=_norm_grad,
    jvp=lambda self_t, self, ord, dim, keepdim, result: _norm_tangent(self_t, self, ord, dim, keepdim, result),
    method=False,
    function=False,
)


norm_along = op(
    "norm(Tensor self, Scalar p, int[] dim, bool keepdim=False)",
    lambda a, p, dim, keepdim: _vector_norm(a, p, dim, keepdim),
    row_major=True,
    node="NormBackward1",
    self=lambda grad, self, p, dim, keepdim, result: _norm_grad(grad, self, p, dim, keepdim, result),
    jvp=lambda self_t, self, p, dim, keepdim, result: _norm_tangent(self_t, self, p, dim, keepdim, result),
    method=False,
    function=False,
)


def norm(self, p="fro", dim=None, keepdim: bool = False, dtype=None):
    """The p-norm of all elements, or along ``dim``; of "nuc" the sum of a matrix's singular values."""
    dims = (dim,) if isinstance(dim, int) else dim
    if isinstance(p, str) and (p != "fro" or len(dims or ()) > 2):
        from .matrices.norms import matrix_norm

        return matrix_norm(self, p, range(self.ndim) if dims is None else dims, keepdim, dtype=dtype)
    order = 2 if p in ("fro", None) else p
    return vector_norm_row(self, order, None if dims is None else tuple(dims), keepdim, dtype=dtype)


# -- exponentials over a dimension -------------------------------------------------------------------------------


def _logsumexp(array, dim, keepdim):
    axes = wrap_dims(dim, array.ndim)
    if array.dtype.kind in "biu":
        array = array.astype(defaults.dtype.numpy)
    top = array.max(axis=axes, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, np.zeros((), array.dtype))
    total = np.log(in_float(np.sum)(np.exp(array - top), axes, None, None, True)) + top
    return total if keepdim else total.squeeze(axes)


def _weighted_mean(values, weights, dim, keepdim):
    return (weights * values).sum(dim, keepdim) / weights.sum(dim, keepdim)


logsumexp = op(
    "logsumexp(Tensor self, int[] dim, bool keepdim=False)",
    _logsumexp,
    row_major=True,
    self=lambda grad, self, result, dim, keepdim: (
        restore_dims(grad, dim, keepdim, self._array.shape)
        * conj((self - restore_dims(result, dim, keepdim, self._array.shape)).exp())
    ),
    jvp=lambda self_t, self, result, dim, keepdim: _weighted_mean(
        self_t, (self - restore_dims(result, dim, keepdim, self._array.shape)).exp(), dim, keepdim
    ),
)


def _refusing(name: str, forward):
    """Behind the check of the kernel, whose name says whether rows lie in order. Raises ``NotImplementedError``."""

    def checked(array, dim):
        last = wrap_dim(dim, array.ndim) == max(array.ndim - 1, 0)
        if array.size and array.dtype.kind in "biuc":
            kernel = f"{name}_lastdim_kernel_impl" if last else f"{name}_kernel_impl"
            raise NotImplementedError(f"\"{kernel}\" not implemented for '{BY_NUMPY[array.dtype].scalar}'")
        return forward(array, dim).astype(array.dtype, copy=False)

    return checked


@in_float
def softmax_array(array, dim):
    dim = wrap_dim(dim, array.ndim)
    if not array.ndim:
        return softmax_array(array.reshape(1), 0).reshape(())
    raised = np.exp(array - array.max(axis=dim, keepdims=True)) if array.size else array
    return raised / raised.sum(axis=dim, keepdims=True)


@in_float
def log_softmax_array(array, dim):
    dim = wrap_dim(dim, array.ndim)
    if not array.ndim:
        return log_softmax_array(array.reshape(1), 0).reshape(())
    lowered = array - array.max(axis=dim, keepdims=True) if array.size else array
    return lowered - np.log(np.exp(lowered).sum(axis=dim, keepdims=True))


softmax_row = op(
    "_softmax(Tensor self, int dim)",
    _refusing("softmax", softmax_array),
    row_major=True,
    node="SoftmaxBackward0",
    self=backward_operation(
        "_softmax_backward_data",
        lambda grad, result, dim: (grad - (grad * result).sum(dim, keepdim=True)) * result,
        ("result",),
        "SoftmaxBackwardDataBackward0",
    ),
    jvp=lambda self_t, result, dim: (self_t - (self_t * result).sum(dim, keepdim=True)) * result,
    real_only=True,
    method=False,
    function=False,
)
log_softmax_row = op(
    "_log_softmax(Tensor self, int dim)",
    _refusing("log_softmax", log_softmax_array),
    row_major=True,
    node="LogSoftmaxBackward0",
    self=backward_operation(
        "_log_softmax_backward_data",
        lambda grad, result, dim: grad - result.exp() * grad.sum(dim, keepdim=True),
        ("result",),
        "LogSoftmaxBackwardDataBackward0",
    ),
    jvp=lambda self_t, result, dim: self_t - (result.exp() * self_t).sum(dim, keepdim=True),
    real_only=True,
    method=False,
    function=False,
)


def softmax(input, dim, dtype=None):
    return softmax_row(input if dtype is None else input.to(dtype), dim)


def log_softmax(input, dim, dtype=None):
    return log_softmax_row(input if dtype is None else input.to(dtype), dim)


FUNCTIONS = (norm, softmax, log_softmax)
METHODS = FUNCTIONS
