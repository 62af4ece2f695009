"""Linear algebra beyond products: factorisations, solutions of equations, eigenvalues, functions of matrices.

:mod:`.kernels` computes on arrays, :mod:`.demands` refuses what does not fit, the other modules are rows and
compositions of rows by family. Every matrix argument may have leading batch dimensions.
"""

from . import factors, functions, norms, orthogonal, pseudo, solving, spectral

FUNCTIONS = (
    solving.logdet, factors.lu_solve_of, orthogonal.qr, spectral.old_svd, pseudo.pinverse, functions.matrix_power,
    functions.chain_matmul, functions.cross, norms.nuclear_norm,
)  # fmt: skip
METHODS = (
    solving.logdet, factors.lu_solve_of, orthogonal.qr, spectral.old_svd, pseudo.pinverse, functions.matrix_power,
    functions.cross,
)  # fmt: skip
