"""Distances: of two tensors, of all pairs of rows, and rows brought to a greatest norm.

Where two points coincide, the sub-gradient of their distance is zero.
"""

from __future__ import annotations

import math

import numpy as np

from ..arithmetic import in_float
from ..dtypes import BY_NUMPY, COMPLEX
from .dims import broadcast_shape, wrap_dim
from .elementwise import check_subtraction, conj, where, zeros_like
from .norms import _norm_grad, _norm_tangent, _vector_norm
from .refusals import not_implemented
from .table import COMMON, op


def _distance(a, b, p):
    if a.dtype.kind in "biu":
        raise RuntimeError(
            f"norm(): input dtype should be either floating point or complex. Got {BY_NUMPY[a.dtype].scalar} instead."
        )
    return _vector_norm(a - b, p, None, False)


def _other_grad(grad, self, other, p, result):
    slope = _norm_grad(grad, self - other, p, None, False, result)
    if slope is None:  # PyTorch negates it all the same
        raise RuntimeError(
            "Expected a proper Tensor but got None (or an undefined Tensor in C++) for argument #0 'self'"
        )
    return -slope


dist = op(
    "dist(Tensor self, Tensor other, Scalar p=2)",
    _distance,
    check=lambda self, other, p: check_subtraction(self, other, 1),
    promote=COMMON,
    self=lambda grad, self, other, p, result: _norm_grad(grad, self - other, p, None, False, result),
    other=_other_grad,
    jvp=lambda self_t, other_t, self, other, p, result: _norm_tangent(
        (zeros_like(self) if self_t is None else self_t) - (zeros_like(other) if other_t is None else other_t),
        self - other, p, None, False, result,
    ),
)  # fmt: skip

# -- all pairs -----------------------------------------------------------------------------------------------------


def _pairwise(first, second, p):
    """Distances of the rows of ``first`` from those of ``second``, by broadcasting."""
    return _lengths(first[..., :, None, :] - second[..., None, :, :], p).astype(first.dtype)


def _lengths(differences, p):
    """Norms along the last dimension; what has no coordinates has no distance."""
    if not differences.shape[-1]:
        return np.zeros(differences.shape[:-1], differences.dtype)
    return _vector_norm(differences, p, (-1,), False)


def _slope(grad, difference, p, distance):
    """Each pair's part of the gradient of the first point: an array with the coordinates last."""
    grad, distance = grad[..., None], distance[..., None]
    size = np.abs(difference)
    with np.errstate(all="ignore"):
        if p == 0:
            return np.zeros_like(difference)
        if p == 1:
            return grad * np.sign(difference)
        if p == math.inf:
            return grad * np.sign(difference) * (size == distance)
        power = np.where(difference == 0, 0, np.sign(difference) * np.power(size, p - 1))
        return np.where(distance == 0, 0, power * grad / np.power(distance, p - 1)).astype(difference.dtype)


def _cdist_backward(grad, x1, x2, p, cdist):
    return _slope(grad, x1[..., :, None, :] - x2[..., None, :, :], p, cdist).sum(axis=-2)


cdist_backward = op(
    "_cdist_backward(Tensor grad, Tensor x1, Tensor x2, Scalar p, Tensor cdist)",
    _cdist_backward,
    node="CdistBackwardBackward0",
    grad=not_implemented("_cdist_backward"),
    x1=not_implemented("_cdist_backward"),
    x2=not_implemented("_cdist_backward"),
    cdist=not_implemented("_cdist_backward"),
    method=False,
    function=False,
)
cdist_row = op(
    "_cdist_forward(Tensor x1, Tensor x2, Scalar p)",
    _pairwise,
    row_major=True,
    node="CdistBackward0",
    x1=lambda grad, x1, x2, p, result: cdist_backward(grad, x1, x2, p, result),
    x2=lambda grad, x1, x2, p, result: cdist_backward(grad.mT.contiguous(), x2, x1, p, result.mT.contiguous()),
    method=False,
    function=False,
)


def _euclidean(first, second):
    """Euclidean distances by a product of matrices: of coinciding rows perhaps not quite 0."""
    a, b = first.astype(np.float64), second.astype(np.float64)
    squares = (a * a).sum(-1)[..., :, None] + (b * b).sum(-1)[..., None, :] - 2 * (a @ b.swapaxes(-1, -2))
    return np.sqrt(np.maximum(squares, 0)).astype(first.dtype)


def _ratio(grad, result):
    return (grad / result).masked_fill(result == 0, 0)


def _euclidean_first_grad(grad, x1, x2, result):
    ratio = _ratio(grad, result)
    return x1 * ratio.sum(-1, True) - ratio.matmul(x2)


def _euclidean_second_grad(grad, x1, x2, result):
    ratio = _ratio(grad, result)
    return x2 * ratio.sum(-2).unsqueeze(-1) - ratio.mT.matmul(x1)


_euclidean_row = op(
    "_euclidean_dist(Tensor x1, Tensor x2)",
    _euclidean,
    row_major=True,
    together=True,
    node="EuclideanDistBackward0",
    x1=_euclidean_first_grad,
    x2=_euclidean_second_grad,
    method=False,
    function=False,
)


def _by_product(x1, x2):
    """Distances as a view of those of two batches of matrices."""
    batch = broadcast_shape(x1._array.shape[:-2], x2._array.shape[:-2])
    count = math.prod(batch)
    points = [x1, x2]
    if count != 1:
        points = [t.expand(*batch, *t.shape[-2:]).contiguous().view(count, *t.shape[-2:]) for t in points]
    return _euclidean_row(*points).view(*batch, x1.size(-2), x2.size(-2))


_MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")


def cdist(x1, x2, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary"):
    """The p-norm distances of all rows of ``x1`` from all rows of ``x2``.

    Raises ``RuntimeError`` for misfits, ``ValueError`` for a mode of computing that there is not.
    """
    if compute_mode not in _MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    for number, points in ((1, x1), (2, x2)):
        if points.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, X{number} got: {points.ndim}D")
    if x1.size(-1) != x2.size(-1):
        raise RuntimeError(f"X1 and X2 must have the same number of columns. X1: {x1.size(-1)} X2: {x2.size(-1)}")
    for number, points in ((1, x1), (2, x2)):
        if points._array.dtype.kind not in "fV":
            raise RuntimeError(f"cdist only supports floating-point dtypes, X{number} got: {points.dtype.scalar}")
    many = max(x1.size(-2), x2.size(-2)) > 25
    wanted = compute_mode == _MODES[1] or (compute_mode == _MODES[0] and many)
    if p == 2 and wanted and x1.numel() and x2.numel():
        if x1.dtype is x2.dtype:
            return _by_product(x1, x2)
        if x1.ndim == x2.ndim == 2:
            raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {x1.dtype.cpp} != {x2.dtype.cpp}")
    some = x1.numel() and x2.numel()
    if some and x1.dtype.itemsize == 2:
        raise NotImplementedError(f"\"cdist\" not implemented for '{x1.dtype.scalar}'")
    if some and x1.dtype is not x2.dtype:
        raise RuntimeError(f"expected scalar type {x1.dtype.scalar} but found {x2.dtype.scalar}")
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    return cdist_row(x1, x2, float(p))


def _pairs(array):
    return np.triu_indices(array.shape[0], 1)


def _pdist_backward(grad, array, p, pdist):
    if array.dtype.itemsize == 2:
        raise NotImplementedError(f"\"pdist_backward\" not implemented for '{BY_NUMPY[array.dtype].scalar}'")
    low, high = _pairs(array)
    parts = _slope(grad, array[low] - array[high], p, pdist)
    total = np.zeros_like(array)
    np.add.at(total, low, parts)
    np.subtract.at(total, high, parts)
    return total


def _pdist(array, p):
    low, high = _pairs(array)
    if array.dtype.itemsize == 2 and low.size and array.shape[1]:
        raise NotImplementedError(f"\"pdist\" not implemented for '{BY_NUMPY[array.dtype].scalar}'")
    return _lengths(array[low] - array[high], p)


pdist_backward = op(
    "_pdist_backward(Tensor grad, Tensor self, Scalar p, Tensor pdist)",
    _pdist_backward,
    node="PdistBackwardBackward0",
    grad=not_implemented("_pdist_backward"),
    self=not_implemented("_pdist_backward"),
    pdist=not_implemented("_pdist_backward"),
    method=False,
    function=False,
)
pdist_row = op(
    "_pdist_forward(Tensor self, Scalar p)",
    _pdist,
    node="PdistBackward0",
    self=lambda grad, self, p, result: pdist_backward(grad, self, p, result),
    method=False,
    function=False,
)


def pdist(input, p: float = 2):
    """The distances of all rows from all later rows. Raises ``RuntimeError`` unless there are two dimensions."""
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    if input._array.dtype.kind not in "fV":
        raise RuntimeError("pdist only supports floating-point dtypes")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    return pdist_row(input.contiguous(), float(p))


# -- rows of limited norm ------------------------------------------------------------------------------------------

_TINY = 1e-7


def _other_dims(ndim: int, dim: int) -> tuple:
    return tuple(axis for axis in range(ndim) if axis != wrap_dim(dim, ndim))


def _renorm(array, p, dim, maxnorm):
    if p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm:g}")
    if array.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {array.ndim} dimensions")
    dims = _other_dims(array.ndim, dim)
    if array.dtype.kind in "biu":
        kind = BY_NUMPY[array.dtype].scalar
        raise RuntimeError(f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {kind}")
    return np.multiply(array, in_float(_shortening)(array, p, dims, maxnorm), order="C")


def _shortening(array, p, dims, maxnorm):
    norm = _vector_norm(array, p, dims, True)
    return np.where(norm > maxnorm, maxnorm / (norm + _TINY), 1).astype(norm.dtype)


def _renorm_grad(grad, self, p, dim, maxnorm):
    dims = _other_dims(self.ndim, dim)
    norm = self.norm(p, dims, True)
    inverse = (norm + _TINY).reciprocal()
    along = (conj(self) * grad).sum(dims, True)
    if along.dtype.kind == COMPLEX:
        along = along.real
    pull = _norm_grad(along, self, p, dims, True, norm)
    return where(norm > maxnorm, maxnorm * inverse * (grad - inverse * pull), grad)


def _renorm_tangent(self_t, self, p, dim, maxnorm):
    dims = _other_dims(self.ndim, dim)
    norm = self.norm(p, dims, True)
    inverse = (norm + _TINY).reciprocal()
    change = _norm_tangent(self_t, self, p, dims, True, norm)
    return where(norm > maxnorm, maxnorm * inverse * (self_t - self * inverse * change), self_t)


renorm = op("renorm(Tensor self, Scalar p, int dim, Scalar maxnorm)", _renorm, in_place=True, self=_renorm_grad,
            jvp=_renorm_tangent)  # fmt: skip

FUNCTIONS = (cdist, pdist)
METHODS = ()
