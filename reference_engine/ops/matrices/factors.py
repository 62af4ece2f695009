"""The LU factorisation as tensors, and solving with its factors.

Rules: torch.linalg.lu_factor, torch.linalg.lu, torch.lu_unpack, torch.linalg.lu_solve. The factors of a matrix that is
not square depend on its leading square part first: the other rows or columns follow from it.
"""

from __future__ import annotations

import numpy as np

from ..elementwise import sum_tangents
from ..extrema import leading, return_type
from ..table import op
from . import demands, kernels
from .triangular import adj, solve_triangular, to_shape


def _demand_pivoting(pivot: bool, name: str) -> None:
    if not pivot:
        raise RuntimeError(f"{name}: LU without pivoting is not implemented on the CPU")


def _lu_factor(a, pivot, check_errors):
    if a.ndim < 2:
        raise RuntimeError(
            f"torch.lu_factor: Expected tensor with 2 or more dimensions. Got size: {list(a.shape)} instead"
        )
    _demand_pivoting(pivot, "linalg.lu_factor")
    demands.kernel("lu_cpu", a)
    factors, pivots, info = kernels.lu(a)
    failure = demands.first_failure(info) if check_errors else None
    if failure:
        batch, code = failure
        raise RuntimeError(
            f"torch.linalg.lu_factor: {batch}U[{code},{code}] is zero and using it on lu_solve would result in a "
            "division by zero. If you still want to perform the factorization, consider calling linalg.lu(A, pivot) "
            "or linalg.lu_factor_ex(A, pivot)"
        )
    return factors, pivots, info


def _packed_grad(grads, LU, pivots):
    grad = grads[0]
    if grad is None:
        return None
    rank = min(LU._array.shape[-2:])
    P, L, U = lu_unpack(LU, pivots)
    lower = grad.narrow(-1, 0, rank).tril(-1)
    upper = grad.narrow(-2, 0, rank).triu()
    return _factors_grad(lower, upper, P, L, U)


def _factors_grad(lower, upper, P, L, U):
    """The gradient of A from those of L (m, k) and U (k, n), k = min(m, n)."""
    from ..joining import cat

    m, n = L._array.shape[-2], U._array.shape[-1]
    k = min(m, n)
    L1, U1 = L.narrow(-2, 0, k), U.narrow(-1, 0, k)
    if m == n:
        strict = None if lower is None else (adj(L) @ lower).tril(-1)
        middle = sum_tangents(strict, None if upper is None else (upper @ adj(U)).triu())
        middle = solve_triangular(adj(U), middle, upper=False, left=False)
        return P @ solve_triangular(adj(L), middle, upper=True, unitriangular=True)
    if m < n:
        # A = P @ L @ (U1 | U2): U2's gradient reaches A's later columns, and L, through U2 = L^-1 P^T A2.
        strict = None if lower is None else (adj(L) @ lower).tril(-1)
        inner = sum_tangents(strict, None if upper is None else (upper.narrow(-1, 0, k) @ adj(U1)).triu())
        if upper is not None:
            rest, U2 = upper.narrow(-1, k, n - k), U.narrow(-1, k, n - k)
            inner = inner - (rest @ adj(U2)).tril(-1)
            right = solve_triangular(adj(L), rest, upper=True, unitriangular=True)
        inner = solve_triangular(adj(U1), inner, upper=False, left=False)
        left = solve_triangular(adj(L), inner, upper=True, unitriangular=True)
        if upper is None:
            right = left.new_zeros((*left._array.shape[:-1], n - k))
        return P @ cat([left, right], -1)
    strict = None if lower is None else (adj(L1) @ lower.narrow(-2, 0, k)).tril(-1)
    inner = sum_tangents(strict, None if upper is None else (upper @ adj(U)).triu())
    if lower is not None:
        rest, L2 = lower.narrow(-2, k, m - k), L.narrow(-2, k, m - k)
        inner = inner - (adj(L2) @ rest).triu()
        bottom = solve_triangular(adj(U), rest, upper=False, left=False)
    inner = solve_triangular(adj(L1), inner, upper=True, unitriangular=True)
    top = solve_triangular(adj(U), inner, upper=False, left=False)
    if lower is None:
        bottom = top.new_zeros((*top._array.shape[:-2], m - k, k))
    return P @ cat([top, bottom], -2)


def _lu_factor_row(checks: bool | None):
    kind = return_type(*(("linalg_lu_factor_ex", "LU", "pivots", "info") if checks is None else
                         ("linalg_lu_factor", "LU", "pivots")))  # fmt: skip
    options = ", bool check_errors=False" if checks is None else ""
    return op(
        f"linalg_lu_factor_ex(Tensor A, *, bool pivot=True{options}) -> LU, pivots, info",
        _lu_factor if checks is None else lambda a, pivot: _lu_factor(a, pivot, checks),
        A=lambda grads, LU, pivots, pivot: _packed_grad(grads, LU, pivots),
        jvp="transposed",
        non_differentiable=("pivots", "info"),
        returns=leading(kind),
        method=False,
        function=False,
    )


lu_factor_ex = _lu_factor_row(None)
lu_factor = _lu_factor_row(True)


def _halves(factors):
    m, n = factors.shape[-2:]
    k = min(m, n)
    lower = np.tril(factors[..., :, :k], -1)
    lower[..., range(k), range(k)] = 1
    return lower, np.triu(factors[..., :k, :])


def _permutations(pivots, m, dtype):
    order = kernels.permutation(pivots, m)
    matrices = np.zeros((*order.shape, m), dtype)
    np.put_along_axis(matrices.swapaxes(-1, -2), order[..., None], 1, axis=-1)
    return matrices


def _lu(a, pivot):
    if a.ndim < 2:
        raise RuntimeError(f"linalg.lu: Expected tensor with 2 or more dimensions. Got size: {list(a.shape)} instead")
    _demand_pivoting(pivot, "linalg.lu_factor")
    demands.kernel("lu_cpu", a)
    factors, pivots, _ = kernels.lu(a)
    return _permutations(pivots, a.shape[-2], a.dtype), *_halves(np.ascontiguousarray(factors))


lu = op(
    "linalg_lu(Tensor A, *, bool pivot=True) -> P, L, U",
    _lu,
    A=lambda grads, P, L, U, pivot: (
        None if grads[-2] is None and grads[-1] is None else _factors_grad(
            None if grads[-2] is None else grads[-2].tril(-1), None if grads[-1] is None else grads[-1].triu(), P, L, U
        )
    ),
    jvp="transposed",
    non_differentiable=("P",),
    returns=return_type("linalg_lu", "P", "L", "U"),
    method=False,
    function=False,
)  # fmt: skip


def _lu_unpack(factors, pivots, unpack_data, unpack_pivots):
    if unpack_pivots and pivots.dtype != np.int32:
        raise RuntimeError(
            "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\nNote: this "
            "function is intended to be used with the output produced by torch.linalg.lu_factor"
        )
    none = np.empty(0, factors.dtype)
    lower, upper = _halves(np.ascontiguousarray(factors)) if unpack_data else (none, none)
    matrices = _permutations(pivots, factors.shape[-2], factors.dtype) if unpack_pivots else none
    return matrices, lower, upper


def _unpack_grad(grads, LU_data_sym_argsize_minus_2, LU_data_sym_argsize_minus_1):
    from ..joining import cat

    m, n = LU_data_sym_argsize_minus_2, LU_data_sym_argsize_minus_1
    k = min(m, n)
    lower, upper = grads[-2:]
    parts = []
    if lower is not None:
        part = lower.tril(-1)
        parts.append(part if k == n else cat([part, part.new_zeros((*part._array.shape[:-1], n - k))], -1))
    if upper is not None:
        part = upper.triu()
        parts.append(part if k == m else cat([part, part.new_zeros((*part._array.shape[:-2], m - k, n))], -2))
    return sum_tangents(*parts) if parts else None


def _unpack_tangent(LU_data_t):
    k = min(LU_data_t._array.shape[-2:])
    return None, LU_data_t.narrow(-1, 0, k).tril(-1), LU_data_t.narrow(-2, 0, k).triu()


lu_unpack = op(
    "lu_unpack(Tensor LU_data, Tensor LU_pivots, bool unpack_data=True, bool unpack_pivots=True) -> P, L, U",
    _lu_unpack,
    LU_data=_unpack_grad,
    jvp=_unpack_tangent,
    non_differentiable=("P",),
    returns=return_type("lu_unpack", "P", "L", "U"),
    method=False,
)


def _lu_solve(factors, pivots, b, left, adjoint):
    name = "linalg.lu_solve"
    demands.inexact("torch.linalg.lu_solve", factors)
    demands.square("torch.linalg.lu_solve", factors)
    demands.matrix(name, b, "B")
    demands.same_dtype(name, factors, b, "LU")
    demands.fitting(name, factors, b, left)
    if left:
        return kernels.columns(kernels.solve_factored(factors, pivots, b, adjoint))
    found = kernels.solve_factored(factors, pivots, kernels.adjoint(b), not adjoint)
    return np.ascontiguousarray(kernels.adjoint(found))


def _lu_solve_factors_grad(grad, LU, pivots, result, left, adjoint):
    P, L, U = lu_unpack(LU, pivots)
    seed, found = (grad, result) if left else (adj(grad), adj(result))
    if left != adjoint:
        # A X = B, or X A^H = B read as its adjoint.
        inner = solve_triangular(adj(U), seed, upper=False)
        upper = -(inner @ adj(found)).triu()
        inner = solve_triangular(adj(L), inner, upper=True, unitriangular=True)
        lower = -(inner @ adj(U @ found)).tril(-1)
    else:
        # A^H X = B, or X A = B read as its adjoint.
        turned, inside = adj(P) @ seed, adj(P) @ found
        inner = solve_triangular(L, turned, upper=False, unitriangular=True)
        seed_u = solve_triangular(U, inner, upper=True)
        upper = -((adj(L) @ inside) @ adj(seed_u)).triu()
        lower = -(inside @ adj(inner)).tril(-1)
    return to_shape(lower + upper, LU)


lu_solve = op(
    "linalg_lu_solve(Tensor LU, Tensor pivots, Tensor B, *, bool left=True, bool adjoint=False)",
    _lu_solve,
    LU=_lu_solve_factors_grad,
    B=lambda grad, LU, pivots, B_sym_sizes, left, adjoint: to_shape(
        lu_solve(LU, pivots, grad, left=left, adjoint=not adjoint), B_sym_sizes
    ),
    jvp="transposed",
    hidden=("B_sym_sizes",),
    method=False,
    function=False,
)


def lu_solve_of(input, LU_data, LU_pivots):
    """``torch.lu_solve``: the right-hand sides come first."""
    return lu_solve(LU_data, LU_pivots, input)


lu_solve_of.__name__ = lu_solve_of.__qualname__ = "lu_solve"
