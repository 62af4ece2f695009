"""The QR factorisation and products of reflections.

Rules: torch.linalg.qr, torch.linalg.householder_product, torch.geqrf. Q's columns are orthonormal, so a change of the
matrix turns them: the part of a gradient that no turn can follow is taken out.
"""

from __future__ import annotations

import numpy as np

from ...dtypes import COMPLEX
from ..composed import through
from ..elementwise import sum_tangents
from ..extrema import return_type
from ..table import op
from . import demands, kernels
from .triangular import adj, solve_triangular

_MODES = ("reduced", "complete", "r")


def _qr(a, mode, name="linalg.qr"):
    demands.matrix(name, a)
    demands.inexact(name, a)
    if mode not in _MODES:
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    demands.kernel("geqrf_cpu", a, also_empty=True)
    if mode == "r":
        return np.empty(0, a.dtype), kernels.columns(np.linalg.qr(a, mode="r"))
    q, r = np.linalg.qr(a, mode=mode)
    return kernels.columns(q), kernels.columns(r)


def _differentiable(mode: str, q_shape, r_shape) -> None:
    if mode == "r":
        raise RuntimeError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A, "
            "mode='reduced') if you are going to differentiate through linalg.qr."
        )
    if mode == "complete" and r_shape[-2] > r_shape[-1]:
        raise RuntimeError("The QR decomposition is not differentiable when mode='complete' and nrows > ncols.")


def _half_real_diagonal(tensor):
    """Without half of the real part of the diagonal."""
    diagonal = tensor.diagonal(0, -2, -1)
    if tensor.dtype.kind == COMPLEX:
        diagonal = diagonal.real.to(tensor.dtype)
    return tensor - (diagonal * 0.5).diag_embed()


def _qr_grad(grads, Q, R, mode):
    from ..joining import cat

    _differentiable(mode, Q._array.shape, R._array.shape)
    q_grad, r_grad = grads
    if q_grad is None and r_grad is None:
        return None
    m, n = Q._array.shape[-2], R._array.shape[-1]
    rest = None
    if m < n:
        # A = Q @ (R1 | R2): the later columns only follow Q, as R2 = Q^H A2.
        R, R2 = R.narrow(-1, 0, m), R.narrow(-1, m, n - m)
        if r_grad is None:
            rest = q_grad.new_zeros((*q_grad._array.shape[:-1], n - m))
        else:
            r_grad, later = r_grad.narrow(-1, 0, m), r_grad.narrow(-1, m, n - m)
            rest = Q @ later
            q_grad = sum_tangents(q_grad, Q @ (R2 @ adj(later)))
    inner = sum_tangents(
        None if r_grad is None else r_grad @ adj(R), None if q_grad is None else -(adj(Q) @ q_grad)
    ).triu()  # fmt: skip
    found = sum_tangents(Q @ _half_real_diagonal(inner + adj(inner)), q_grad)
    found = solve_triangular(adj(R), found, upper=False, left=False)
    return found if rest is None else cat([found, rest], -1)


def _qr_tangent(A_t, Q, R, mode):
    from ..joining import cat

    _differentiable(mode, Q._array.shape, R._array.shape)
    m, n = Q._array.shape[-2], R._array.shape[-1]
    first, R1 = A_t, R
    if m < n:
        first, R1 = A_t.narrow(-1, 0, m), R.narrow(-1, 0, m)
    change = solve_triangular(R1, first, upper=True, left=False)
    turned = adj(Q) @ change
    strict = turned.tril(-1)
    skew = strict - adj(strict)
    if turned.dtype.kind == COMPLEX:
        skew = skew + (turned.diagonal(0, -2, -1).imag * 1j).diag_embed()
    rate = turned - skew
    q_t, r_t = change - Q @ rate, rate @ R1
    if m < n:
        later = adj(q_t) @ (Q @ R.narrow(-1, m, n - m)) + adj(Q) @ A_t.narrow(-1, m, n - m)
        r_t = cat([r_t, later], -1)
    return q_t, r_t


linalg_qr = op(
    "linalg_qr(Tensor A, str mode='reduced') -> Q, R",
    _qr,
    A=_qr_grad,
    jvp=_qr_tangent,
    returns=return_type("linalg_qr", "Q", "R"),
    method=False,
    function=False,
)
_qr_kind = return_type("qr", "Q", "R")


def qr(input, some: bool = True):
    """Q and R; with ``some`` false Q is square."""
    from ..._state import warn_once

    warn_once(
        "torch.qr is deprecated in favor of torch.linalg.qr and will be removed in a future PyTorch release.\n"
        "The boolean parameter 'some' has been replaced with a string parameter 'mode'.\n"
        "Q, R = torch.qr(A, some)\nshould be replaced with\n"
        "Q, R = torch.linalg.qr(A, 'reduced' if some else 'complete')"
    )
    return _qr_kind(linalg_qr(input, "reduced" if some else "complete"))


# -- reflections -------------------------------------------------------------------------------------------------


def _householder(a, tau):
    name = "torch.linalg.householder_product"
    if a.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if a.shape[-2] < a.shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]")
    if a.shape[-1] < tau.shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]")
    if a.ndim - tau.ndim != 1:
        raise RuntimeError(
            f"{name}: Expected tau to have one dimension less than input, but got tau.ndim equal to {tau.ndim} and "
            f"input.ndim is equal to {a.ndim}"
        )
    if a.shape[:-2] != tau.shape[:-1]:
        raise RuntimeError(
            f"{name}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got {list(tau.shape[:-1])}"
        )
    if a.dtype != tau.dtype:
        found, wanted = demands.scalar_of(tau), demands.scalar_of(a)
        raise RuntimeError(f"{name}: tau dtype {found} does not match input dtype {wanted}")
    demands.kernel("orgqr_cpu", a)
    return kernels.columns(kernels.householder(a, tau))


def reflected(input, tau):
    """The same product by differentiable operations: each reflection from the last to the first."""
    from ...creation import eye

    m, n = input._array.shape[-2:]
    product = eye(m, n, dtype=input.dtype, device=input.device).expand(input._array.shape)
    ones = eye(m, dtype=input.dtype, device=input.device)
    for k in reversed(range(tau._array.shape[-1])):
        below = eye(m, dtype=input.dtype, device=input.device).cumsum(0).tril(-1).select(1, k)
        vector = (input.select(-1, k) * below + ones.select(1, k)).unsqueeze(-1)
        product = product - tau.select(-1, k).unsqueeze(-1).unsqueeze(-1) * (vector @ (adj(vector) @ product))
    return product


householder_product = op(
    "linalg_householder_product(Tensor input, Tensor tau)",
    _householder,
    input=through(reflected, ("input", "tau"), "input", ("result",)),
    tau=through(reflected, ("input", "tau"), "tau", ("result",)),
    jvp="transposed",
    method="orgqr",
    function="orgqr",
)


def _raw_qr(a):
    if a.ndim < 2:
        raise RuntimeError("torch.geqrf: input must have at least 2 dimensions.")
    demands.kernel("geqrf_cpu", a, also_empty=True)
    raw, tau = np.linalg.qr(a, mode="raw")
    return kernels.columns(raw.swapaxes(-1, -2)), np.ascontiguousarray(tau)


def _no_derivative(grads):
    raise NotImplementedError("the derivative for 'geqrf' is not implemented.")


geqrf = op(
    "geqrf(Tensor self) -> a, tau",
    _raw_qr,
    self=_no_derivative,
    returns=return_type("geqrf", "a", "tau"),
)
