"""Eigenvalues and singular values with their vectors.

Rules: torch.linalg.eigh, eig, svd. Vectors are determined only up to a sign or, when complex, a phase: a loss that
depends on the phase has no derivative, and says so. Where values are equal the derivatives of the vectors divide by
zero.
"""

from __future__ import annotations

from operator import itemgetter

import numpy as np

from ...dtypes import COMPLEX
from ..elementwise import conj
from ..extrema import return_type
from ..table import op
from . import demands, kernels
from .triangular import adj

_PHASE = (
    "{}: The {} in the complex case are specified up to multiplication by e^{{i phi}}. The specified loss function "
    "depends on {}."
)


def _phase_free(turn, name: str, vectors: str, on: str) -> None:
    """The imaginary parts on the diagonal of V^H gV must vanish. Raises ``RuntimeError`` where they do not."""
    values = turn._array.diagonal(axis1=-2, axis2=-1).imag
    if not np.allclose(values, 0, rtol=1e-2, atol=1e-2):
        raise RuntimeError(_PHASE.format(name, vectors, on))


def _gaps(values):
    """values[j] - values[i] at (i, j); 1 on the diagonal."""
    from ...creation import eye

    gaps = values.unsqueeze(-2) - values.unsqueeze(-1)
    return gaps + eye(values._array.shape[-1], dtype=values.dtype, device=values.device)


def _without_diagonal(tensor):
    return tensor - tensor.diagonal(0, -2, -1).diag_embed()


# -- symmetric matrices ------------------------------------------------------------------------------------------


def _eigh(a, UPLO, compute_v):
    demands.square("linalg.eigh", a)
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    demands.kernel("linalg_eigh_cpu", a)
    try:
        values, vectors = np.linalg.eigh(a, UPLO.upper())
    except np.linalg.LinAlgError:
        raise _not_converged("linalg.eigh", "eigenvalues") from None
    return np.ascontiguousarray(values), kernels.columns(vectors)


def _not_converged(name: str, what: str):
    return demands.LinAlgError(
        f"{name}: The algorithm failed to converge because the input matrix is ill-conditioned or has too many "
        f"repeated {what}."
    )


def _eigh_grad(grads, eigenvalues, eigenvectors):
    values_grad, vectors_grad = grads
    if values_grad is None and vectors_grad is None:
        return None
    if vectors_grad is None:
        return eigenvectors @ (values_grad.unsqueeze(-1).to(eigenvectors.dtype) * adj(eigenvectors))
    turn = adj(eigenvectors) @ vectors_grad
    if turn.dtype.kind == COMPLEX:
        _phase_free(turn, "linalg_eigh_backward", "eigenvectors", "this quantity, so it is ill-defined")
    inner = _without_diagonal(turn) / _gaps(eigenvalues)
    if values_grad is not None:
        inner = inner + values_grad.to(inner.dtype).diag_embed()
    # Of the input only the symmetric part counts.
    return eigenvectors @ ((inner + adj(inner)) * 0.5) @ adj(eigenvectors)


def _eigh_tangent(A_t, eigenvalues, eigenvectors):
    turn = adj(eigenvectors) @ A_t @ eigenvectors
    values_t = turn.diagonal(0, -2, -1)
    values_t = values_t.real if turn.dtype.kind == COMPLEX else values_t
    return values_t, eigenvectors @ (_without_diagonal(turn) / _gaps(eigenvalues))


def _eigh_row(returns):
    return op(
        "linalg_eigh(Tensor A, str UPLO='L', *, bool compute_v=True) -> eigenvalues, eigenvectors",
        _eigh,
        A=_eigh_grad,
        jvp=_eigh_tangent,
        returns=returns,
        method=False,
        function=False,
    )


eigh = _eigh_row(return_type("linalg_eigh", "eigenvalues", "eigenvectors"))
eigvalsh = _eigh_row(itemgetter(0))

# -- any square matrix -------------------------------------------------------------------------------------------


def _eig(a, name="linalg.eig"):
    if a.dtype.kind in "biu":
        raise RuntimeError(f"Unknown Complex ScalarType for {demands.scalar_of(a)}")
    demands.square(name, a)
    demands.kernel("linalg_eig_out_cpu", a, also_empty=True)
    if not np.isfinite(a).all():
        raise RuntimeError("torch.linalg.eig: input tensor should not contain infs or NaNs.")
    wanted = np.complex128 if a.dtype.itemsize >= 8 and a.dtype != np.complex64 else np.complex64
    values, vectors = np.linalg.eig(a)
    return values.astype(wanted, order="C"), kernels.columns(vectors.astype(wanted))


def _eig_grad(grads, eigenvalues, eigenvectors, self_scalar_type):
    from ..elementwise import real_if
    from .solving import solve

    values_grad, vectors_grad = grads
    if values_grad is None and vectors_grad is None:
        return None
    if vectors_grad is None:
        found = solve(adj(eigenvectors), values_grad.unsqueeze(-1) * adj(eigenvectors))
        return real_if(found, self_scalar_type)
    turn = adj(eigenvectors) @ vectors_grad
    _phase_free(turn, "linalg_eig_backward", "eigenvectors", "this quantity, so it is ill-defined")
    scale = (adj(eigenvectors) @ eigenvectors) * turn.diagonal(0, -2, -1).real.unsqueeze(-2)
    inner = _without_diagonal(turn - scale) / conj(_gaps(eigenvalues))
    if values_grad is not None:
        inner = inner + values_grad.diag_embed()
    return real_if(solve(adj(eigenvectors), inner @ adj(eigenvectors)), self_scalar_type)


def _eig_tangent(self_t, eigenvalues, eigenvectors):
    from .solving import solve

    turn = solve(eigenvectors, self_t.to(eigenvectors.dtype) @ eigenvectors)
    moved = eigenvectors @ (_without_diagonal(turn) / _gaps(eigenvalues))
    # Vectors keep the length 1.
    stretch = (conj(eigenvectors) * moved).sum(-2, keepdim=True).real
    return turn.diagonal(0, -2, -1), moved - eigenvectors * stretch


def _eig_row(returns, name="linalg.eig"):
    return op(
        "linalg_eig(Tensor self) -> eigenvalues, eigenvectors",
        lambda a: _eig(a, name),
        self=_eig_grad,
        jvp=_eig_tangent,
        returns=returns,
        method=False,
        function=False,
    )


eig = _eig_row(return_type("linalg_eig", "eigenvalues", "eigenvectors"))
eigvals = _eig_row(itemgetter(0), "linalg.eigvals")

# -- singular values ---------------------------------------------------------------------------------------------


def _svd(a, full_matrices, compute_uv, driver):
    demands.matrix("linalg.svd", a)
    demands.inexact("linalg.svd", a)
    demands.kernel("linalg_svd_cpu", a)
    if driver is not None:
        raise RuntimeError(
            "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend."
        )
    try:
        u, s, vh = np.linalg.svd(a, full_matrices=full_matrices)
    except np.linalg.LinAlgError:
        raise _not_converged("linalg.svd", "singular values") from None
    return kernels.columns(u), np.ascontiguousarray(s), kernels.columns(vh)


def _skew(tensor):
    return tensor - adj(tensor)


def _squared_gaps(S):
    """S[j]^2 - S[i]^2 at (i, j); 1 on the diagonal."""
    from ...creation import eye

    gaps = (S.unsqueeze(-2) - S.unsqueeze(-1)) * (S.unsqueeze(-2) + S.unsqueeze(-1))
    return gaps + eye(S._array.shape[-1], dtype=S.dtype, device=S.device)


def _svd_grad(grads, U, S, Vh, full_matrices):
    u_grad, s_grad, vh_grad = grads
    if u_grad is None and s_grad is None and vh_grad is None:
        return None
    k = S._array.shape[-1]
    m, n = U._array.shape[-2], Vh._array.shape[-1]
    U, Vh = U.narrow(-1, 0, k), Vh.narrow(-2, 0, k)
    if u_grad is None and vh_grad is None:
        return U @ (s_grad.unsqueeze(-1).to(Vh.dtype) * Vh)
    u_grad = None if u_grad is None else u_grad.narrow(-1, 0, k)
    vh_grad = None if vh_grad is None else vh_grad.narrow(-2, 0, k)
    u_turn = None if u_grad is None else adj(U) @ u_grad
    v_turn = None if vh_grad is None else Vh @ adj(vh_grad)
    if U.dtype.kind == COMPLEX:
        total = v_turn if u_turn is None else u_turn if v_turn is None else u_turn + v_turn
        _phase_free(total, "svd_backward", "singular vectors", "this phase term, making it ill-defined")
    gaps, rows, columns = _squared_gaps(S), S.unsqueeze(-1), S.unsqueeze(-2)
    inner = None
    if u_turn is not None:
        inner = (_skew(u_turn) / gaps) * columns
        if U.dtype.kind == COMPLEX:
            inner = _without_diagonal(inner) + (u_turn.diagonal(0, -2, -1).imag * 1j / S).diag_embed()
    if v_turn is not None:
        turned = rows * (_without_diagonal(_skew(v_turn)) / gaps)
        inner = turned if inner is None else inner + turned
    if s_grad is not None:
        inner = inner + s_grad.to(inner.dtype).diag_embed()
    found = U @ inner
    if m > k and u_grad is not None:
        scaled = u_grad / columns
        found = found + scaled - U @ (adj(U) @ scaled)
    found = found @ Vh
    if n > k and vh_grad is not None:
        scaled = vh_grad / rows
        found = found + U @ (scaled - (scaled @ adj(Vh)) @ Vh)
    return found


def _svd_tangent(A_t, U, S, Vh, full_matrices):
    if full_matrices and U._array.shape[-2] != Vh._array.shape[-1]:
        return _full_tangent(A_t, U, S, Vh)
    turn = adj(U) @ A_t @ adj(Vh)
    values_t = turn.diagonal(0, -2, -1)
    complex_ = turn.dtype.kind == COMPLEX
    gaps, rows, columns = _squared_gaps(S), S.unsqueeze(-1), S.unsqueeze(-2)
    off = _without_diagonal(turn)
    u_turn = (off * columns + rows * adj(off)) / gaps
    v_turn = (rows * off + adj(off) * columns) / gaps
    if complex_:
        u_turn = u_turn + (values_t.imag * 1j / S).diag_embed()
        values_t = values_t.real
    u_t, vh_t = U @ u_turn, -(v_turn @ Vh)
    if U._array.shape[-2] > S._array.shape[-1]:
        moved = A_t @ adj(Vh) / columns
        u_t = u_t + moved - U @ (adj(U) @ moved)
    if Vh._array.shape[-1] > S._array.shape[-1]:
        moved = adj(U) @ A_t / rows
        vh_t = vh_t + moved - (moved @ adj(Vh)) @ Vh
    return u_t, values_t, vh_t


def _full_tangent(A_t, U, S, Vh):
    """With square U and Vh: vectors beyond the values are not followed, as in PyTorch, though they turn too."""
    from ..joining import cat

    k, m, n = S._array.shape[-1], U._array.shape[-2], Vh._array.shape[-1]
    u_t, values_t, vh_t = _svd_tangent(A_t, U.narrow(-1, 0, k), S, Vh.narrow(-2, 0, k), False)
    if m > k:
        u_t = cat([u_t, u_t.new_zeros((*u_t._array.shape[:-1], m - k))], -1)
    if n > k:
        vh_t = cat([vh_t, vh_t.new_zeros((*vh_t._array.shape[:-2], n - k, n))], -2)
    return u_t, values_t, vh_t


def _svd_row(returns):
    return op(
        "linalg_svd(Tensor A, bool full_matrices=True, bool compute_uv=True, *, str? driver=None) -> U, S, Vh",
        _svd,
        A=_svd_grad,
        jvp=_svd_tangent,
        returns=returns,
        method=False,
        function=False,
    )


_triple = _svd_row(None)
_svd_kind, _old_kind = return_type("linalg_svd", "U", "S", "Vh"), return_type("svd", "U", "S", "V")
linalg_svd = _svd_row(_svd_kind)
_values = _svd_row(itemgetter(1))


def svdvals(A, *, driver=None):
    """The singular values, largest first. Raises ``RuntimeError`` where a driver is named: there are none on CPU."""
    return _values(A, False, driver=driver)


def svd(A, full_matrices: bool = True):
    """U, S, Vh as a plain tuple, for the engine's own rules."""
    return _triple(A, full_matrices)


def old_svd(input, some: bool = True, compute_uv: bool = True):
    """``torch.svd``: V instead of its adjoint. Without vectors, zeros stand in for them."""
    if not compute_uv:
        values = svdvals(input)
        m, n = input._array.shape[-2:]
        batch = input._array.shape[:-2]
        return _old_kind((input.new_zeros((*batch, m, m)), values, input.new_zeros((*batch, n, n))))
    U, S, Vh = _triple(input, not some)
    return _old_kind((U, S, adj(Vh) if Vh.dtype.kind == COMPLEX else Vh.mT))


old_svd.__name__ = old_svd.__qualname__ = "svd"
