"""``torch.linalg``: factorisations, equations, eigenvalues, norms and products of matrices."""

from __future__ import annotations

from .ops.linalg import matmul
from .ops.matrices.demands import LinAlgError
from .ops.matrices.factors import lu, lu_factor, lu_factor_ex, lu_solve
from .ops.matrices.functions import (
    linalg_cross as cross,
)
from .ops.matrices.functions import (
    matrix_exp,
    matrix_power,
    multi_dot,
    tensorinv,
    tensorsolve,
    vander,
    vecdot,
)
from .ops.matrices.norms import cond, matrix_norm, matrix_rank, norm, vector_norm
from .ops.matrices.orthogonal import householder_product
from .ops.matrices.orthogonal import linalg_qr as qr
from .ops.matrices.pseudo import lstsq, pinv
from .ops.matrices.solving import det, inv, inv_ex, solve, solve_ex
from .ops.matrices.solving import linalg_slogdet as slogdet
from .ops.matrices.spectral import eig, eigh, eigvals, eigvalsh, svdvals
from .ops.matrices.spectral import linalg_svd as svd
from .ops.matrices.triangular import cholesky_ex, solve_triangular
from .ops.matrices.triangular import linalg_cholesky as cholesky
from .ops.strided import diagonal as _diagonal

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]


def diagonal(A, *, offset: int = 0, dim1: int = -2, dim2: int = -1):
    """The diagonals of the last two dimensions: a view."""
    return _diagonal(A, offset, dim1, dim2)
