"""Triangular systems and the Cholesky factorisation of positive-definite matrices.

Rules: torch.linalg.solve_triangular, torch.linalg.cholesky, torch.cholesky_solve, torch.cholesky_inverse. Gradients
keep to the triangle that is read; that of a factorisation is symmetric.
"""

from __future__ import annotations

from operator import itemgetter

import numpy as np

from ..._state import warn_once
from ...autograd.tangents import check_tangent
from ..dims import broadcast_shape
from ..elementwise import conj, sum_tangents
from ..extrema import return_type
from ..table import op
from . import demands, kernels


def adj(tensor):
    """The conjugate transpose of the matrices."""
    return conj(tensor.mT)


def to_shape(grad, like):
    """Sum a gradient over the batch dimensions that were broadcast."""
    shape = like if isinstance(like, tuple) else like._array.shape
    return grad if grad._array.shape == tuple(shape) else grad.sum_to_size(tuple(shape))


# -- triangular systems ------------------------------------------------------------------------------------------


def _solve_triangular(a, b, upper, left, unitriangular):
    demands.square("linalg.solve_triangular", a)
    demands.matrix("linalg.solve_triangular", b, "B")
    demands.fitting("linalg.solve_triangular", a, b, left)
    broadcast_shape(b.shape[:-2], a.shape[:-2])
    demands.kernel("triangular_solve_cpu", a, also_empty=True)
    if a.dtype != b.dtype:
        b = b.astype(a.dtype)
    if left:
        return kernels.columns(kernels.triangular(a, b, upper, unitriangular))
    found = kernels.triangular(a.swapaxes(-1, -2), b.swapaxes(-1, -2), not upper, unitriangular)
    return kernels.columns(found.swapaxes(-1, -2))


def _triangle(tensor, upper, unitriangular):
    return tensor.triu(int(unitriangular)) if upper else tensor.tril(-int(unitriangular))


def _solve_triangular_grad(grad, self, result, upper, left, unitriangular):
    seed = solve_triangular(adj(self), grad, upper=not upper, left=left, unitriangular=unitriangular)
    product = -(seed @ adj(result)) if left else -(adj(result) @ seed)
    return _triangle(to_shape(product, self), upper, unitriangular)


def _solve_triangular_tangent(self_t, B_t, self, result, upper, left, unitriangular):
    right = B_t
    if self_t is not None:
        inside = _triangle(self_t, upper, unitriangular)
        moved = -(inside @ result) if left else -(result @ inside)
        right = sum_tangents(B_t, moved)
    return solve_triangular(self, right, upper=upper, left=left, unitriangular=unitriangular)


solve_triangular = op(
    "linalg_solve_triangular(Tensor self, Tensor B, *, bool upper, bool left=True, bool unitriangular=False)",
    _solve_triangular,
    self=_solve_triangular_grad,
    B=lambda grad, self, B_sym_sizes, upper, left, unitriangular: to_shape(
        solve_triangular(adj(self), grad, upper=not upper, left=left, unitriangular=unitriangular), B_sym_sizes
    ),
    jvp=_solve_triangular_tangent,
    hidden=("B_sym_sizes",),
    method=False,
    function=False,
)


def _same_type(b, a):
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"Expected b and A to have the same dtype, but found b of type {demands.scalar_of(b)} and A of type "
            f"{demands.scalar_of(a)} instead."
        )


def _old_triangular(b, a, upper, transpose, unitriangular):
    warn_once(
        "torch.triangular_solve is deprecated in favor of torch.linalg.solve_triangular"
        "and will be removed in a future PyTorch release.\n"
        "torch.linalg.solve_triangular has its arguments reversed and does not return a copy of one of the inputs.\n"
        "X = torch.triangular_solve(B, A).solution\nshould be replaced with\n"
        "X = torch.linalg.solve_triangular(A, B)."
    )
    for name, array in (("b", b), ("A", a)):
        if array.ndim < 2:
            raise RuntimeError(
                f"torch.triangular_solve: Expected {name} to have at least 2 dimensions, but it has {array.ndim} "
                "dimensions instead"
            )
    _same_type(b, a)
    rows, width = a.shape[-2:]
    if rows != width:
        raise RuntimeError(f"A must be batches of square matrices, but they are {rows} by {width} matrices")
    if rows != b.shape[-2]:
        raise RuntimeError(
            f"Incompatible matrix sizes for triangular_solve: each A matrix is {rows} by {rows} but each b matrix is "
            f"{b.shape[-2]} by {b.shape[-1]}"
        )
    batch = broadcast_shape(b.shape[:-2], a.shape[:-2])
    demands.kernel("triangular_solve_cpu", a, also_empty=True)
    copied = kernels.columns(np.broadcast_to(a, (*batch, *a.shape[-2:])))
    used = a.swapaxes(-1, -2) if transpose else a
    return kernels.columns(kernels.triangular(used, b, upper != transpose, unitriangular)), copied


def _old_triangular_grad(grads, self, A, solution, upper, transpose, unitriangular):
    grad, copy_grad = grads
    total = None if copy_grad is None else to_shape(copy_grad, A)
    if grad is not None:
        facing = adj(A) if not transpose else conj(A)
        seed = solve_triangular(facing, grad, upper=upper == transpose, unitriangular=unitriangular)
        product = -(conj(solution) @ seed.mT) if transpose else -(seed @ adj(solution))
        product = _triangle(to_shape(product, A), upper, unitriangular)
        total = product if total is None else total + product
    return total


def _old_triangular_right_grad(grads, self, A, solution, upper, transpose, unitriangular):
    if grads[0] is None:
        return None
    facing = adj(A) if not transpose else conj(A)
    return to_shape(solve_triangular(facing, grads[0], upper=upper == transpose, unitriangular=unitriangular), self)


def _old_triangular_tangent(self_t, A_t, A, solution, cloned_coefficient, upper, transpose, unitriangular):
    """As PyTorch 2.13 has it: all of ``A_t`` counts, beyond the triangle and not transposed, and it is not repeated."""
    facing = A.mT if transpose else A
    right = self_t
    if A_t is not None:
        check_tangent(cloned_coefficient, A_t)
        right = sum_tangents(self_t, -(A_t @ solution))
    return solve_triangular(facing, right, upper=upper != transpose, unitriangular=unitriangular), A_t


triangular_solve = op(
    "triangular_solve(Tensor self, Tensor A, bool upper=True, bool transpose=False, bool unitriangular=False) "
    "-> solution, cloned_coefficient",
    _old_triangular,
    self=_old_triangular_right_grad,
    A=_old_triangular_grad,
    jvp=_old_triangular_tangent,
    returns=return_type("triangular_solve", "solution", "cloned_coefficient"),
)

# -- Cholesky ----------------------------------------------------------------------------------------------------


def _cholesky(a, upper, check_errors, name="linalg.cholesky"):
    demands.square(name, a)
    if name != "cholesky":
        demands.inexact(name, a)
    demands.kernel("cholesky_cpu", a)
    factor, info = kernels.cholesky(kernels.adjoint(a) if upper else a)
    if check_errors:
        demands.regular(name, info)
    return kernels.columns(kernels.adjoint(factor) if upper else factor), info


def _lower_half(tensor):
    """The lower triangle with half of the diagonal."""
    return tensor.tril() - (tensor.diagonal(0, -2, -1) * 0.5).diag_embed()


def _cholesky_grad(grad, L, upper):
    if upper:
        L, grad = adj(L), adj(grad)
    inner = (adj(L) @ grad).tril()
    inner = (inner + adj(inner.tril(-1))) * 0.5
    inner = solve_triangular(adj(L), inner, upper=True)
    return solve_triangular(L, inner, upper=False, left=False)


def _cholesky_tangent(tangent, L, upper):
    if upper:
        L = adj(L)
    inner = solve_triangular(L, tangent, upper=False)
    inner = solve_triangular(adj(L), inner, upper=True, left=False)
    found = L @ _lower_half(inner.tril())
    return adj(found) if upper else found


def _cholesky_row(returns, checks: bool | None = None):
    signature = "linalg_cholesky_ex(Tensor self, *, bool upper=False) -> L, info" if checks is not None else (
        "linalg_cholesky_ex(Tensor self, *, bool upper=False, bool check_errors=False) -> L, info"
    )  # fmt: skip
    forward = _cholesky if checks is None else lambda a, upper: _cholesky(a, upper, checks)
    return op(
        signature,
        forward,
        self=lambda grads, L, upper: None if grads[0] is None else _cholesky_grad(grads[0], L, upper),
        jvp=lambda self_t, L, upper: _cholesky_tangent(self_t, L, upper),
        non_differentiable=("info",),
        returns=returns,
        method=False,
        function=False,
    )


cholesky_ex = _cholesky_row(return_type("linalg_cholesky_ex", "L", "info"))
linalg_cholesky = _cholesky_row(itemgetter(0), True)
cholesky = op(
    "cholesky(Tensor self, bool upper=False)",
    lambda a, upper: _cholesky(a, upper, True, "cholesky")[0],
    self=lambda grad, result, upper: _cholesky_grad(grad, result, upper),
)


def _cholesky_solve(b, factor, upper):
    for name, array in (("b", b), ("u", factor)):
        if array.ndim < 2:
            raise RuntimeError(f"{name} should have at least 2 dimensions, but has {array.ndim} dimensions instead")
    if factor.shape[-1] != factor.shape[-2]:
        raise RuntimeError(
            f"A must be batches of square matrices, but they are {factor.shape[-2]} by {factor.shape[-1]} matrices"
        )
    if factor.shape[-1] != b.shape[-2]:
        raise RuntimeError(
            f"Incompatible matrix sizes for cholesky_solve: each A matrix is {factor.shape[-1]} by "
            f"{factor.shape[-1]} but each b matrix is {b.shape[-2]} by {b.shape[-1]}"
        )
    _same_type(b, factor)
    demands.kernel("cholesky_solve_cpu", factor, also_empty=True)
    lower = kernels.adjoint(factor) if upper else factor
    inner = kernels.triangular(lower, b, False, False)
    return kernels.columns(kernels.triangular(kernels.adjoint(lower), inner, True, False))


def _cholesky_solve_factor_grad(grad, self, input2, result, upper):
    seed = cholesky_solve(grad, input2, upper)
    common = seed @ adj(result)
    common = common + adj(common)
    product = -(input2 @ common) if upper else -(common @ input2)
    product = product.triu() if upper else product.tril()
    return to_shape(product, input2)


def _cholesky_solve_tangent(self_t, input2_t, input2, result, upper):
    right = self_t
    if input2_t is not None:
        factor, change = (adj(input2), adj(input2_t)) if upper else (input2, input2_t)
        moved = change @ (adj(factor) @ result) + factor @ (adj(change) @ result)
        right = sum_tangents(self_t, -moved)
    return cholesky_solve(right, input2, upper)


cholesky_solve = op(
    "cholesky_solve(Tensor self, Tensor input2, bool upper=False)",
    _cholesky_solve,
    self=lambda grad, self, input2, upper, result: to_shape(cholesky_solve(grad, input2, upper), self),
    input2=_cholesky_solve_factor_grad,
    jvp=_cholesky_solve_tangent,
)


def _cholesky_inverse(factor, upper):
    demands.square("cholesky_inverse", factor)
    demands.kernel("cholesky_inverse_out_cpu", factor, also_empty=True)
    lower = kernels.adjoint(np.triu(factor)) if upper else np.tril(factor)
    eye = np.broadcast_to(np.eye(factor.shape[-1], dtype=factor.dtype), factor.shape)
    half = kernels.triangular(lower, eye, False, False)
    return kernels.columns(kernels.adjoint(half) @ half)


def _cholesky_inverse_grad(grad, self, result, upper):
    common = grad + adj(grad)
    if upper:
        return -(self @ (result @ (common @ result)))
    return -((result @ (common @ result)) @ self)


def _cholesky_inverse_tangent(self_t, self, result, upper):
    """PyTorch 2.13 multiplies in this order, and takes all of both matrices: it is not the derivative."""
    change = -(result @ adj(self_t) @ result @ self if upper else result @ self_t @ result @ adj(self))
    return change + adj(change)


cholesky_inverse = op(
    "cholesky_inverse(Tensor self, bool upper=False)",
    _cholesky_inverse,
    self=_cholesky_inverse_grad,
    jvp=_cholesky_inverse_tangent,
)
