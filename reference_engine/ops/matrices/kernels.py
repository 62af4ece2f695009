"""Matrix algorithms on ndarrays with leading batch dimensions; what NumPy's own ``linalg`` does not offer."""

from __future__ import annotations

import math

import numpy as np

from ..dims import broadcast_shape


def columns(array: np.ndarray) -> np.ndarray:
    """A copy whose matrices lie column after column, as LAPACK leaves its results."""
    return np.ascontiguousarray(array.swapaxes(-1, -2)).swapaxes(-1, -2)


def adjoint(array: np.ndarray) -> np.ndarray:
    return array.swapaxes(-1, -2).conj()


def _magnitude(array: np.ndarray) -> np.ndarray:
    """The size by which LAPACK chooses pivots."""
    return np.abs(array.real) + np.abs(array.imag) if array.dtype.kind == "c" else np.abs(array)


def lu(array: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row-pivoted LU: both factors in one array, pivots (from 1), and per matrix the first zero pivot or 0.

    (*, m, n) gives (*, m, n), (*, min(m, n)) and (*).
    """
    batch, (m, n) = array.shape[:-2], array.shape[-2:]
    count, steps = math.prod(batch), min(m, n)
    work = array.reshape(count, m, n).copy()
    pivots = np.zeros((count, steps), np.int32)
    info = np.zeros(count, np.int32)
    which = np.arange(count)
    for k in range(steps):
        chosen = _magnitude(work[:, k:, k]).argmax(axis=1) + k if count else which
        pivots[:, k] = chosen + 1
        lower, upper = work[which, chosen].copy(), work[:, k].copy()
        work[which, chosen], work[:, k] = upper, lower
        pivot = work[:, k, k]
        zero = pivot == 0
        info[(info == 0) & zero] = k + 1
        with np.errstate(all="ignore"):
            scale = np.where(zero, 1, pivot)
            work[:, k + 1 :, k] = np.where(zero[:, None], work[:, k + 1 :, k], work[:, k + 1 :, k] / scale[:, None])
            work[:, k + 1 :, k + 1 :] -= work[:, k + 1 :, k, None] * work[:, None, k, k + 1 :]
    return columns(work.reshape(array.shape)), pivots.reshape(*batch, steps), info.reshape(batch)


def permutation(pivots: np.ndarray, m: int) -> np.ndarray:
    """The matrices P of ``A = P @ L @ U`` for pivots (*, k), as indices (*, m): column j has its 1 in row i."""
    flat = pivots.reshape(math.prod(pivots.shape[:-1]), pivots.shape[-1])
    order = np.tile(np.arange(m), (len(flat), 1))
    which = np.arange(len(flat))
    for k in range(flat.shape[1]):
        other = flat[:, k] - 1
        order[which, other], order[:, k] = order[:, k].copy(), order[which, other].copy()
    return order.reshape(*pivots.shape[:-1], m)


def parity(pivots: np.ndarray) -> np.ndarray:
    """1 or -1: whether the row exchanges are even or odd in number."""
    moved = (pivots != np.arange(1, pivots.shape[-1] + 1)).sum(axis=-1)
    return 1 - 2 * (moved % 2)


def triangular(array: np.ndarray, right: np.ndarray, upper: bool, unit: bool) -> np.ndarray:
    """X of ``A @ X = B`` by substitution, A (*, n, n), B (*, n, k). A zero on the diagonal gives infinities."""
    n = array.shape[-1]
    batch = broadcast_shape(right.shape[:-2], array.shape[:-2])
    solution = np.array(np.broadcast_to(right, (*batch, *right.shape[-2:])), order="C")
    with np.errstate(all="ignore"):
        for k in reversed(range(n)) if upper else range(n):
            rest = slice(k + 1, None) if upper else slice(0, k)
            row = solution[..., k, :] - (array[..., k, rest, None] * solution[..., rest, :]).sum(axis=-2)
            solution[..., k, :] = row if unit else row / array[..., k, k, None]
    return solution


def solve_factored(factors: np.ndarray, pivots: np.ndarray, right: np.ndarray, adjoint_of: bool = False) -> np.ndarray:
    """X of ``A @ X = B`` (or of A's adjoint) for A's factors and pivots as :func:`lu` gives them."""
    m = factors.shape[-1]
    order = permutation(pivots, m)
    batch = broadcast_shape(right.shape[:-2], factors.shape[:-2])
    order = np.broadcast_to(order, (*batch, m))[..., None]
    right = np.broadcast_to(right, (*batch, *right.shape[-2:]))
    if adjoint_of:
        flipped = adjoint(factors)
        found = triangular(flipped, triangular(flipped, right, False, False), True, True)
        result = np.empty_like(found)
        np.put_along_axis(result, np.broadcast_to(order, found.shape), found, axis=-2)
        return result
    moved = np.take_along_axis(right, np.broadcast_to(order, right.shape), axis=-2)
    return triangular(factors, triangular(factors, moved, False, True), True, False)


def cholesky(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower factor of (*, n, n), and per matrix the order of the first minor that is not positive, or 0.

    Only the lower triangle is read.
    """
    batch, n = array.shape[:-2], array.shape[-1]
    work = array.reshape(math.prod(batch), n, n)
    factor = np.zeros_like(work)
    info = np.zeros(len(work), np.int32)
    with np.errstate(all="ignore"):
        for k in range(n):
            row = factor[:, k, :k]
            square = work[:, k, k].real - (row * row.conj()).sum(axis=1).real
            info[(info == 0) & ~(square > 0)] = k + 1
            diagonal = np.sqrt(square)
            factor[:, k, k] = diagonal
            below = work[:, k + 1 :, k] - (factor[:, k + 1 :, :k] * row.conj()[:, None, :]).sum(axis=2)
            factor[:, k + 1 :, k] = below / diagonal[:, None]
    return factor.reshape(array.shape), info.reshape(batch)


def householder(reflectors: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """The first n columns of the product of ``I - tau[k] * v[k] @ v[k]^H``, with v below the diagonal of (*, m, n)."""
    n = reflectors.shape[-1]
    product = np.zeros_like(reflectors)
    product[..., range(n), range(n)] = 1
    for k in reversed(range(tau.shape[-1])):
        vector = reflectors[..., :, k].copy()
        vector[..., :k], vector[..., k] = 0, 1
        along = (vector.conj()[..., None, :] @ product)[..., 0, :]
        product = product - tau[..., k, None, None] * vector[..., :, None] * along[..., None, :]
    return product


def exponential(array: np.ndarray) -> np.ndarray:
    """The matrix exponential: a Taylor sum of each matrix halved often enough, then squared as often."""
    wide = array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
    with np.errstate(all="ignore"):
        size = np.abs(wide).sum(axis=-2).max(axis=-1, initial=0.0)
        finite = np.isfinite(size)
        halvings = np.where(finite & (size > 0), np.ceil(np.log2(np.where(size > 0, size, 1))) + 2, 0)
        halvings = np.maximum(halvings, 0)[..., None, None]
        small = wide / 2.0**halvings
        term = total = np.broadcast_to(np.eye(array.shape[-1], dtype=wide.dtype), wide.shape).copy()
        for order in range(1, 19):
            term = term @ small / order
            total = total + term
        for done in range(int(halvings.max(initial=0))):
            total = np.where(done < halvings, total @ total, total)
        total = np.where(finite[..., None, None], total, np.nan)
    return total.astype(array.dtype)
