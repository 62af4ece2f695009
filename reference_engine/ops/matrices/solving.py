"""LU factorisation and what rests on it: determinants, inverses, solutions of equations.

Rules: torch.linalg.det, slogdet, inv, solve, lu, lu_factor, lu_solve. The derivative of a determinant is the cofactor
matrix, computed by solving with the factors at hand; while the backward pass is itself recorded, from the matrix.
"""

from __future__ import annotations

from operator import itemgetter

import numpy as np

from ..._state import thread
from ...dtypes import COMPLEX
from ..elementwise import conj, sum_tangents, where
from ..extrema import leading, return_type
from ..table import op
from . import demands, kernels
from .factors import lu_solve
from .triangular import adj, to_shape

# -- determinants ------------------------------------------------------------------------------------------------


def _factored(name, a, low_precision=True):
    demands.square(name, a)
    demands.inexact(name, a, low_precision)
    demands.kernel("lu_cpu", a)
    return kernels.lu(a)


def _det(a):
    factors, pivots, _ = _factored("linalg.det", a)
    diagonal = np.diagonal(factors, axis1=-2, axis2=-1)
    return (diagonal.prod(axis=-1) * kernels.parity(pivots)).astype(a.dtype), factors, pivots


def _diagonal(values, n):
    """(*) as (*, n, n) with the value all along the diagonal."""
    return values.unsqueeze(-1).expand(*values._array.shape, n).diag_embed()


def _det_grad(grads, A, result, LU, pivots):
    if not thread.grad_enabled:
        # A zero pivot becomes the least number that counts beside 1: a singular matrix then has the gradient 0.
        share = _diagonal(grads[0] * conj(result), A._array.shape[-1])
        least = (LU.diagonal(0, -2, -1) == 0) * float(np.finfo(A.dtype.numpy).eps)
        return lu_solve(LU + least.to(LU.dtype).diag_embed(), pivots, share, adjoint=True)
    if (result._array == 0).any():
        return conj(_cofactors(conj(A))) * grads[0].unsqueeze(-1).unsqueeze(-1)
    return solve(adj(A), _diagonal(grads[0] * conj(result), A._array.shape[-1]))


def _cofactors(A):
    """From singular values: each cofactor is made of products of all values but one, so nothing divides by zero."""
    from ...creation import eye
    from .spectral import svd

    U, S, Vh = svd(conj(A), full_matrices=False)
    n = S._array.shape[-1]
    same = eye(n, device=A.device) == 1
    others = S.unsqueeze(-2).expand(*S._array.shape, n).masked_fill(same, 1.0).prod(-1).to(U.dtype)
    turn = (det(U) * det(Vh)).unsqueeze(-1).unsqueeze(-1)
    return turn * conj(U @ (others.unsqueeze(-1) * Vh))


def trace(tensor):
    return tensor.diagonal(0, -2, -1).sum(-1)


det = op(
    "linalg_det(Tensor A) -> result, LU, pivots",
    _det,
    A=_det_grad,
    jvp=lambda A_t, result, LU, pivots: trace(lu_solve(LU, pivots, A_t)) * result,
    non_differentiable=("LU", "pivots"),
    returns=itemgetter(0),
    method="det",
    function="det",
)


def _slogdet(a, name="linalg.slogdet"):
    factors, pivots, _ = _factored(name, a, low_precision=False)
    diagonal = np.diagonal(factors, axis1=-2, axis2=-1)
    with np.errstate(all="ignore"):
        sign = np.sign(diagonal).prod(axis=-1) * kernels.parity(pivots)
        size = np.log(np.abs(diagonal)).sum(axis=-1)
    return sign.astype(a.dtype), size, factors, pivots


def _slogdet_grad(grads, A, sign, LU, pivots):
    sign_grad, grad = grads[:2]
    share = None if grad is None else grad.to(A.dtype)
    if A.dtype.kind == COMPLEX and sign_grad is not None:
        turned = (conj(sign_grad) * sign).imag * -1j
        share = turned if share is None else share + turned
    if share is None:
        return None
    share = _diagonal(share, A._array.shape[-1])
    if thread.grad_enabled:
        return solve(adj(A), share)
    return lu_solve(LU, pivots, share, adjoint=True)


def _slogdet_tangent(A_t, sign, LU, pivots):
    change = trace(lu_solve(LU, pivots, A_t))
    if change.dtype.kind == COMPLEX:
        return change.imag * 1j * sign, change.real, None, None
    return sign * 0, change, None, None


def _slogdet_row(name: str, said: str = "linalg.slogdet", **published):
    kind = return_type(name, "sign", "logabsdet")
    return op(
        "linalg_slogdet(Tensor A) -> sign, logabsdet, LU, pivots",
        lambda a: _slogdet(a, said),
        A=_slogdet_grad,
        jvp=_slogdet_tangent,
        non_differentiable=("LU", "pivots"),
        returns=leading(kind),
        **published,
    )


linalg_slogdet = _slogdet_row("linalg_slogdet", method=False, function=False)
_for_logdet = _slogdet_row("slogdet", "logdet", method=False, function=False)
slogdet = _slogdet_row("slogdet", method="slogdet", function="slogdet")


def logdet(input):
    """The logarithm of the determinant: NaN where that is negative, -inf where it is 0."""
    sign, size = _for_logdet(input)
    if input.dtype.kind == COMPLEX:
        return sign.log() + size
    return where(sign == -1.0, float("nan"), size)


# -- inverses and equations --------------------------------------------------------------------------------------


def _inverse(a, check_errors):
    factors, pivots, info = _factored("linalg.inv", a, low_precision=False)
    if check_errors:
        demands.regular("linalg.inv", info)
    eye = np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape)
    return kernels.columns(kernels.solve_factored(factors, pivots, eye)), info


def _inverse_row(returns, checks: bool | None = None, **published):
    parameters = "Tensor A" if checks is not None else "Tensor A, *, bool check_errors=False"
    return op(
        f"linalg_inv_ex({parameters}) -> inverse, info",
        _inverse if checks is None else lambda a: _inverse(a, checks),
        A=lambda grads, inverse: None if grads[0] is None else -(adj(inverse) @ (grads[0] @ adj(inverse))),
        jvp=lambda A_t, inverse: -(inverse @ A_t @ inverse),
        non_differentiable=("info",),
        returns=returns,
        **published,
    )


inv_ex = _inverse_row(return_type("linalg_inv_ex", "inverse", "info"), method=False, function=False)
inv = _inverse_row(itemgetter(0), True, method="inverse", function="inverse")


def is_vector(a, b) -> bool:
    """Whether right-hand sides are vectors, not matrices, for matrices of the shape of ``a``."""
    return len(b) == 1 or (len(b) + 1 == len(a) and tuple(b) == tuple(a[:-1]))


def _solve(a, b, left, check_errors):
    name = "linalg.solve"
    demands.inexact(name, a)
    demands.square(name, a)
    demands.same_dtype(name, a, b)
    vector = is_vector(a.shape, b.shape)
    if vector and not left:
        raise RuntimeError(
            "linalg.solve: Vector broadcasting of the left hand side is not supported for left=False. In this case "
            "linalg.solve is equivalent to B / A.squeeze(-1)"
        )
    right = b[..., None] if vector else b
    demands.matrix(name, right, "B")
    demands.fitting(name, a, right, left)
    demands.kernel("lu_cpu", a)
    factors, pivots, info = kernels.lu(a)
    if check_errors:
        demands.regular("torch.linalg.solve", info)
    if left:
        found = kernels.columns(kernels.solve_factored(factors, pivots, right))
    else:
        turned, turned_pivots, _ = kernels.lu(a.swapaxes(-1, -2))
        solved = kernels.solve_factored(turned, turned_pivots, right.swapaxes(-1, -2))
        found = np.ascontiguousarray(solved.swapaxes(-1, -2))
    return found[..., 0] if vector else found, factors, pivots, info


def _right_grad(A, LU, pivots, grad, left):
    vector = grad._array.ndim == 1 or (grad._array.ndim + 1 == A._array.ndim and
                                       grad._array.shape == A._array.shape[:-1])  # fmt: skip
    right = grad.unsqueeze(-1) if vector else grad
    if thread.grad_enabled:
        found = solve(adj(A), right, left=left)
    else:
        found = lu_solve(LU, pivots, right, left=left, adjoint=True)
    return found, vector


def _solve_grad(grads, A, left, result, LU, pivots):
    if grads[0] is None:
        return None
    seed, vector = _right_grad(A, LU, pivots, grads[0], left)
    found = result.unsqueeze(-1) if vector else result
    return to_shape(-(seed @ adj(found)) if left else -(adj(found) @ seed), A)


def _solve_right_grad(grads, A, B_sym_sizes, left, result, LU, pivots):
    if grads[0] is None:
        return None
    seed, vector = _right_grad(A, LU, pivots, grads[0], left)
    return to_shape(seed.squeeze(-1) if vector else seed, B_sym_sizes)


def _solve_tangent(A_t, B_t, A, B, result, left):
    change = B_t
    vector = is_vector(A._array.shape, B._array.shape)
    if A_t is not None:
        found = result.unsqueeze(-1) if vector else result
        moved = A_t @ found if left else found @ A_t
        change = sum_tangents(B_t, -(moved.squeeze(-1) if vector else moved))
    if vector:
        return solve(A, change.unsqueeze(-1)).squeeze(-1)
    return solve(A, change, left=left)


def _solve_row(returns, checks: bool | None = None):
    options = "" if checks is not None else ", bool check_errors=False"
    forward = _solve if checks is None else lambda a, b, left: _solve(a, b, left, checks)
    return op(
        f"linalg_solve_ex(Tensor A, Tensor B, *, bool left=True{options}) -> result, LU, pivots, info",
        forward,
        A=_solve_grad,
        B=_solve_right_grad,
        jvp=_solve_tangent,
        non_differentiable=("LU", "pivots", "info"),
        hidden=("B_sym_sizes",),
        returns=returns,
        method=False,
        function=False,
    )


_solve_kind = return_type("linalg_solve_ex", "result", "info")
solve_ex = _solve_row(lambda outputs: _solve_kind((outputs[0], outputs[3])))
solve = _solve_row(itemgetter(0), True)
