"""Functions of matrices and products of several: exponential, powers, chains, tensors as matrices, cross products.

Rules: torch.linalg.matrix_exp, matrix_power, multi_dot, tensorinv, tensorsolve, cross, vecdot, vander.
"""

from __future__ import annotations

import math

import numpy as np

from ..._tensor import Tensor
from ...dtypes import FLOATING
from ..dims import wrap_dim
from ..elementwise import conj, sum_tangents, zeros_like
from ..joining import cat
from ..linalg import mm
from ..table import COMMON, op
from . import demands, kernels
from .solving import inv, solve
from .triangular import adj


def _exponential(a):
    name = "linalg.matrix_exp"
    demands.square(name, a)
    demands.inexact(name, a)
    if a.dtype.itemsize == 2:
        return np.ascontiguousarray(kernels.exponential(a.astype(np.float64)).astype(a.dtype))
    return np.ascontiguousarray(kernels.exponential(a))


def _exponential_rate(A, change):
    """How exp(A) moves with ``change``: the upper right block of the exponential of [[A, change], [0, A]]."""
    n = A._array.shape[-1]
    upper = cat([A, change], -1)
    lower = cat([zeros_like(A), A], -1)
    return matrix_exp(cat([upper, lower], -2)).narrow(-2, 0, n).narrow(-1, n, n)


matrix_exp = op(
    "linalg_matrix_exp(Tensor self)",
    _exponential,
    self=lambda grad, self: _exponential_rate(adj(self), grad),
    jvp=lambda self_t, self: _exponential_rate(self, self_t),
    method="matrix_exp",
    function="matrix_exp",
    out=False,
)


def matrix_power(input, n: int, *, out=None):
    """``n`` factors multiplied by repeated squaring; negative powers are those of the inverse.

    Raises ``RuntimeError`` for matrices that are not square, ``LinAlgError`` for singular ones.
    """
    from .norms import _into

    if not isinstance(n, int) or isinstance(n, bool):
        raise TypeError(f"linalg_matrix_power(): argument 'n' (position 2) must be int, not {type(n).__name__}")
    demands.square("linalg.matrix_power", input._array)
    return _into(out, _power(input, n))


def _power(A, n):
    if n == 0:
        from ...creation import eye

        return A.clone().copy_(eye(A._array.shape[-2], dtype=A.dtype, device=A.device))
    if n < 0:
        return _power(inv(A), -n) if n < -1 else inv(A)
    if n == 1:
        from ...creation import contiguous_format

        return A.clone(memory_format=contiguous_format)
    if n == 2:
        return A @ A
    if n == 3:
        return (A @ A) @ A
    square, result = None, None
    while n > 0:
        square = A if square is None else square @ square
        n, odd = divmod(n, 2)
        if odd:
            result = square if result is None else result @ square
    return result


# -- chains of products ------------------------------------------------------------------------------------------


def _order(shapes):
    """The cheapest way to bracket a chain: for each stretch (i, j) the place to split it."""
    n = len(shapes)
    sizes = [shape[0] for shape in shapes] + [shapes[-1][1]]
    cost = [[0] * n for _ in range(n)]
    split = [[0] * n for _ in range(n)]
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i][j] = math.inf
            for k in range(i, j):
                total = cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1]
                if total < cost[i][j]:
                    cost[i][j], split[i][j] = total, k
    return split


def _product(matrices, split, i, j):
    if i == j:
        return matrices[i]
    k = split[i][j]
    return mm(_product(matrices, split, i, k), _product(matrices, split, k + 1, j))


def multi_dot(tensors, *, out=None):
    """The product of a chain of matrices in the cheapest order; the first and last may be vectors.

    Raises ``RuntimeError`` for fewer than two and for shapes that do not fit.
    """
    from .norms import _into

    tensors = list(tensors)
    n = len(tensors)
    if n < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {n}")
    for name, tensor in (("first", tensors[0]), ("last", tensors[-1])):
        if tensor._array.ndim not in (1, 2):
            raise RuntimeError(f"multi_dot(): the {name} tensor must be 1D or 2D but got {tensor._array.ndim}D")
    for place, tensor in enumerate(tensors[1:-1], 1):
        if tensor._array.ndim != 2:
            raise RuntimeError(f"multi_dot(): tensor {place} must be 2D but got {tensor._array.ndim}D")
    shape: list = []
    if tensors[0]._array.ndim == 1:
        tensors[0] = tensors[0].unsqueeze(0)
    else:
        shape.append(tensors[0]._array.shape[0])
    if tensors[-1]._array.ndim == 1:
        tensors[-1] = tensors[-1].unsqueeze(-1)
    else:
        shape.append(tensors[-1]._array.shape[1])
    first = tensors[0].dtype
    for place, tensor in enumerate(tensors[1:], 1):
        if n > 2 and tensor.dtype is not first:
            raise RuntimeError(
                f"multi_dot(): all tensors must have be the same dtype but tensor 0 is {first.cpp} and tensor {place} "
                f"{tensor.dtype.cpp}"
            )
    for place in range(n - 1):
        left, right = tensors[place]._array.shape, tensors[place + 1]._array.shape
        if left[1] != right[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {place} and {place + 1} with shapes {list(left)} and {list(right)} cannot be "
                "multiplied"
            )
    split = _order([tensor._array.shape for tensor in tensors])
    return _into(out, _product(tensors, split, 0, n - 1).view(shape))


def chain_matmul(*matrices, out=None):
    """The older form of :func:`multi_dot`: matrices as arguments. One alone is returned as it is."""
    from ..._state import warn_once

    warn_once(
        "torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use torch.linalg.multi_dot "
        "instead, which accepts a list of two or more tensors rather than multiple parameters."
    )
    return matrices[0] if len(matrices) == 1 else multi_dot(matrices, out=out)


# -- tensors as matrices -----------------------------------------------------------------------------------------


def tensorinv(A, ind: int = 2):
    """The inverse of a tensor read as a matrix from its last to its first ``ind`` dimensions."""
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    shape = A._array.shape
    rows, width = math.prod(shape[:ind]), math.prod(shape[ind:])
    if rows != width:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
            f"{width} != {rows}"
        )
    return inv(A.reshape(width, rows)).reshape((*shape[ind:], *shape[:ind]))


def tensorsolve(A, B, dims=None):
    """X of ``tensordot(A, X, X.ndim) == B``, as an equation of matrices."""
    if dims is not None:
        ndim = A._array.ndim
        moved = [wrap_dim(place, ndim) for place in dims]
        A = A.movedim(moved, list(range(ndim - len(moved), ndim)))
    ndim = B._array.ndim
    result = A._array.shape[ndim:]
    size, rows = math.prod(result), B._array.size
    if size != rows:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]),"
            f" but got {size} != {rows}"
        )
    found = solve(A.reshape(size, size), B.flatten())
    return found.reshape(result)


# -- vectors -----------------------------------------------------------------------------------------------------


def _vdot(a, b):
    if a.ndim != 1 or b.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {a.ndim}D and {b.ndim}D tensors")
    if a.dtype != b.dtype:
        left, right = demands.scalar_of(a), demands.scalar_of(b)
        raise RuntimeError(f"vdot : expected both vectors to have same dtype, but found {left} and {right}")
    if a.shape != b.shape:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{a.shape[0]}] and src [{b.shape[0]}] to have the same number "
            f"of elements, but got {a.shape[0]} and {b.shape[0]} elements respectively"
        )
    return np.asarray(np.vdot(a, b), a.dtype)


vdot = op(
    "vdot(Tensor self, Tensor other)",
    _vdot,
    self=lambda grad, other: conj(grad) * other,
    other=lambda grad, self: grad * self,
    jvp=lambda self_t, other_t, self, other: sum_tangents(
        None if self_t is None else vdot(self_t, other), None if other_t is None else vdot(self, other_t)
    ),
)


def vecdot(x, y, *, dim: int = -1, out=None):
    """The products of vectors along ``dim``; those of ``x`` conjugated."""
    from .norms import _into

    for value in (x, y):
        if not isinstance(value, Tensor):
            raise TypeError(f"linalg_vecdot(): argument must be Tensor, not {type(value).__name__}")
    demands.inexact("linalg.vecdot", x._array)
    if x.dtype is not y.dtype:
        raise RuntimeError(
            f"linalg.vecdot: Expected x and y to have the same dtype, but found x of type {x.dtype.scalar} and y of "
            f"type {y.dtype.scalar} instead"
        )
    if x._array.ndim == 1 and y._array.ndim == 1:
        return _into(out, vdot(x, y))
    if x.dtype.kind > FLOATING:
        return _into(out, conj(x).mul(y).sum(dim))
    return _into(out, (x * y).sum(dim))


def vander(x, N: int | None = None):
    """Powers 0 to ``N - 1`` of (*, n), along a new last dimension."""
    from ...creation import ones

    if x.dtype.kind == 0 or (x.dtype.itemsize == 2 and x.dtype.kind == FLOATING):
        raise RuntimeError(
            f"linalg.vander supports floating point, complex, and integer tensors, but got {x.dtype.scalar}"
        )
    if x._array.ndim == 0:
        x = x.unsqueeze(-1)
    n = x._array.shape[-1] if N is None else N
    if n <= 1:
        raise RuntimeError("N must be greater than 1.")
    first = ones((*x._array.shape, 1), dtype=x.dtype, device=x.device)
    powers = x.unsqueeze(-1).expand(*x._array.shape, n - 1).cumprod(-1)
    return cat([first, powers], -1)


def _check_cross(self, other, dim):
    if self.ndim != other.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    own, given = (tensor._array.shape[wrap_dim(dim, self.ndim)] for tensor in (self, other))
    if own != 3 or given != 3:
        raise RuntimeError(f"linalg.cross: inputs dimension {dim} must have length 3. Got {own} and {given}")


def _cross(a, b, dim):
    at = wrap_dim(dim, a.ndim)
    if a.dtype == np.bool_:
        raise NotImplementedError("\"cross\" not implemented for 'Bool'")
    shape = np.broadcast_shapes(a.shape, b.shape)
    a, b = np.moveaxis(np.broadcast_to(a, shape), at, 0), np.moveaxis(np.broadcast_to(b, shape), at, 0)
    parts = [a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3] for i in range(3)]
    return np.stack(parts, at)


linalg_cross = op(
    "linalg_cross(Tensor self, Tensor other, *, int dim=-1)",
    _cross,
    check=_check_cross,
    promote=COMMON,
    row_major=True,
    self=lambda grad, other, dim: linalg_cross(conj(other), grad, dim=dim),
    other=lambda grad, self, dim: linalg_cross(grad, conj(self), dim=dim),
    jvp=lambda self_t, other_t, self, other, dim: sum_tangents(
        None if self_t is None else linalg_cross(self_t, other, dim=dim),
        None if other_t is None else linalg_cross(self, other_t, dim=dim),
    ),
    method=False,
    function=False,
)


def cross(input, other, dim: int | None = None, *, out=None):
    """The cross product along ``dim``; without it, along the first dimension of length 3, with a warning."""
    from ..._state import warn_once
    from .norms import _into

    if dim is None:
        warn_once(
            "Using torch.cross without specifying the dim arg is deprecated.\nPlease either pass the dim explicitly "
            "or simply use torch.linalg.cross.\nThe default value of dim will change to agree with that of "
            "linalg.cross in a future release."
        )
        found = [place for place, size in enumerate(input._array.shape) if size == 3]
        if not found:
            raise RuntimeError("no dimension of size 3 in input")
        dim = found[0]
    return _into(out, linalg_cross(input, other, dim=dim))
