"""Factorisations, equations, eigenvalues and functions of matrices."""

from ..catalogue import definite, family, operation, real, regular

family("Linear algebra")

for name in "det slogdet inv".split():
    other = {"inv": "torch.inverse(x)"}.get(name, f"torch.{name}(x)")
    operation(f"linalg.{name}", f"torch.linalg.{name}(x)", other, x=regular(), accumulates=True)
operation("logdet", "torch.logdet(x)", "x.logdet()", x=definite(), accumulates=True)
operation("linalg.inv_ex", "torch.linalg.inv_ex(x)", x=regular(), accumulates=True)
operation("linalg.solve (matrix)", "torch.linalg.solve(x, y)", x=regular(), y=regular("... n k"), accumulates=True)
operation("linalg.solve (vector)", "torch.linalg.solve(x, y)", x=regular("n n"), y=regular("n"), accumulates=True)
operation("linalg.solve (left=False)", "torch.linalg.solve(x, y, left=False)", x=regular(), y=regular("... k n"),
          accumulates=True)  # fmt: skip
operation("linalg.solve_ex", "torch.linalg.solve_ex(x, y)", x=regular(), y=regular("... n k"), accumulates=True)
operation(
    "linalg.solve_triangular",
    "torch.linalg.solve_triangular(x, y, upper={upper}, left={left}, unitriangular={unit})",
    x=regular(), y=regular(), upper=[True, False], left=[True, False], unit=[False, True], accumulates=True,
)  # fmt: skip
operation("triangular_solve", "torch.triangular_solve(y, x, {upper}, {transpose}, {unit})", "y.triangular_solve(x)",
          x=regular(), y=regular("... n k"), upper=[True, False], transpose=[True, False], unit=[False, True],
          accumulates=True)  # fmt: skip
operation("linalg.cholesky", "torch.linalg.cholesky(x, upper={upper})", x=definite(), upper=[False, True],
          accumulates=True)  # fmt: skip
operation("linalg.cholesky_ex", "torch.linalg.cholesky_ex(x)", x=definite(), accumulates=True)
operation("cholesky", "torch.cholesky(x)", "x.cholesky({upper})", x=definite(), upper=[False, True], accumulates=True)
operation("cholesky_solve", "torch.cholesky_solve(y, x.tril())", "y.cholesky_solve(x.tril())",
          "y.cholesky_solve(x.triu(), True)", x=definite(), y=regular("... n k"), accumulates=True)  # fmt: skip
operation("cholesky_inverse", "torch.cholesky_inverse(x.tril())", "x.tril().cholesky_inverse()",
          "x.triu().cholesky_inverse(True)", x=definite(), accumulates=True)  # fmt: skip
operation("linalg.qr", "torch.linalg.qr(x)", "torch.linalg.qr(x, {mode})", x=regular("... n m"),
          mode=["reduced", "complete", "r", "economic"], accumulates=True)  # fmt: skip
operation("qr", "torch.qr(x)", "x.qr({some})", x=regular("... n m"), some=[True, False], accumulates=True)
operation("linalg.svd", "torch.linalg.svd(x, full_matrices={full})", x=regular("... n m"), full=[True, False],
          accumulates=True)  # fmt: skip
operation("svd", "torch.svd(x)", "x.svd({some})", x=regular("... n m"), some=[True, False], accumulates=True)
operation("linalg.svdvals", "torch.linalg.svdvals(x)", x=regular("... n m"), accumulates=True)
operation("linalg.eigh", "torch.linalg.eigh(x)", "torch.linalg.eigh(x, UPLO={uplo})", x=definite(), uplo=["L", "U"],
          accumulates=True)  # fmt: skip
operation("linalg.eigvalsh", "torch.linalg.eigvalsh(x)", x=definite(), accumulates=True)
operation("linalg.eig", "torch.linalg.eig(x)", x=regular(), accumulates=True)
operation("linalg.eigvals", "torch.linalg.eigvals(x)", x=regular(), accumulates=True)
operation("linalg.lu", "torch.linalg.lu(x)", x=regular("... n m"), accumulates=True)
operation("linalg.lu_factor", "torch.linalg.lu_factor(x)", "torch.linalg.lu_factor_ex(x)", x=regular("... n m"),
          accumulates=True)  # fmt: skip
operation("lu_unpack", "torch.lu_unpack(*torch.linalg.lu_factor(x))", x=regular("... n m"), accumulates=True)
operation(
    "linalg.lu_solve", "torch.linalg.lu_solve(*torch.linalg.lu_factor(x), y, left={left}, adjoint={adjoint})",
    x=regular(), y=regular(), left=[True, False], adjoint=[True, False], accumulates=True,
)  # fmt: skip
operation("lu_solve", "torch.lu_solve(y, *torch.linalg.lu_factor(x))", "y.lu_solve(*torch.linalg.lu_factor(x))",
          x=regular(), y=regular("... n k"), accumulates=True)  # fmt: skip
operation("linalg.lstsq", "torch.linalg.lstsq(x, y)", "torch.linalg.lstsq(x, y, driver={driver})",
          x=regular("... n m"), y=regular("... n k"), driver=["gels", "gelsd", "gelsy", "gelss"],
          accumulates=True)  # fmt: skip
operation("linalg.pinv", "torch.linalg.pinv(x)", "torch.pinverse(x)", x=regular("... n m"), accumulates=True)
operation("linalg.pinv (hermitian)", "torch.linalg.pinv(x, hermitian=True)", x=definite(), accumulates=True)
operation("linalg.householder_product", "torch.linalg.householder_product(x, y)", "torch.orgqr(x, y)",
          x=real("... n m"), y=real("... m"), sizes={"n": (3, 4), "m": (1, 3)}, accumulates=True)  # fmt: skip
operation("linalg.matrix_exp", "torch.linalg.matrix_exp(x)", "torch.matrix_exp(x)", "x.matrix_exp()",
          x=real("... n n"), accumulates=True)  # fmt: skip
operation("linalg.matrix_power", "torch.linalg.matrix_power(x, {n})", "x.matrix_power({n})", x=regular(),
          n=[0, 1, 2, 3, 5, 6, -1, -2], accumulates=True)  # fmt: skip
operation("linalg.matrix_norm", "torch.linalg.matrix_norm(x, {p}, keepdim={keep})", x=regular("... n m"),
          p=["fro", "nuc", 1, -1, 2, -2, float("inf"), -float("inf"), 3, "x"], keep=[False, True],
          accumulates=True)  # fmt: skip
operation("linalg.norm (orders)", "torch.linalg.norm(x)", "torch.linalg.norm(x, {p})", "torch.linalg.norm(x, {p}, dim={at})",
          x=regular("n m"), p=[None, "fro", 1, 2, "nuc"], at=[0, 1, (0, 1), (1, 0)], accumulates=True)  # fmt: skip
operation("linalg.cond", "torch.linalg.cond(x)", "torch.linalg.cond(x, {p})", x=regular(),
          p=[None, 1, -1, 2, -2, "fro", "nuc", float("inf"), 5], accumulates=True)  # fmt: skip
operation("linalg.matrix_rank", "torch.linalg.matrix_rank(x)", "torch.linalg.matrix_rank(x, hermitian={h})",
          x=regular("... n n"), h=[False, True], exact=True, differentiable=False)  # fmt: skip
operation("linalg.multi_dot", "torch.linalg.multi_dot([x, y])", "torch.linalg.multi_dot([x, y, z])",
          "torch.chain_matmul(x, y, z)", x=real("n k"), y=real("k m"), z=real("m j"), accumulates=True)  # fmt: skip
operation("linalg.tensorinv", "torch.linalg.tensorinv(x, ind={ind})", x=regular("n n"), ind=[1, 1, 0, 2],
          accumulates=True)  # fmt: skip
operation("linalg.tensorsolve", "torch.linalg.tensorsolve(x, y)", x=regular("n n"), y=regular("n"), accumulates=True)
operation("linalg.vecdot", "torch.linalg.vecdot(x, y)", "torch.linalg.vecdot(x, y, dim={at})", x=real("... n"),
          y=real("... n"), at=[-1, 0], accumulates=True)  # fmt: skip
operation("linalg.cross", "torch.linalg.cross(x, y)", "torch.cross(x, y, dim=-1)", "x.cross(y, {at})",
          x=real("... 3"), y=real("~ 3"), at=[-1, 1], accumulates=True)  # fmt: skip
operation("linalg.vander", "torch.linalg.vander(x)", "torch.linalg.vander(x, N={n})", x=real("... k"), n=[1, 2, 4],
          sizes={"k": (2, 3)}, accumulates=True)  # fmt: skip
operation("nuclear_norm", "torch.nuclear_norm(x)", "torch.norm(x, 'nuc')", x=regular("n m"), accumulates=True)
operation("geqrf", "torch.geqrf(x)", "x.geqrf()", x=regular("... n m"), accumulates=True)
