"""Factorisations, equations, eigenvalues and functions of matrices."""

from ..catalogue import definite, family, operation, real, regular

family("Linear algebra")

SIDES = {"n": (1, 4), "m": (1, 4), "k": (1, 3)}
INEXACT = {"dtypes": ("float64", "float32", "complex128", "complex64")}
REAL = {"dtypes": ("float64", "float32")}

for name in ("det", "slogdet", "inv"):
    other = {"inv": "torch.inverse(x)"}.get(name, f"torch.{name}(x)")
    operation(f"linalg.{name}", f"torch.linalg.{name}(x)", other, x=regular(), sizes=SIDES, accumulates=True)
operation("logdet", "torch.logdet(x)", "x.logdet()", x=definite(), sizes=SIDES, accumulates=True)
operation("linalg.inv_ex", "torch.linalg.inv_ex(x)", x=regular(), sizes=SIDES, accumulates=True)
operation(
    "linalg.solve (matrix)",
    "torch.linalg.solve(x, y)",
    x=regular(),
    y=regular("... n k"),
    sizes=SIDES,
    accumulates=True,
)
operation(
    "linalg.solve (vector)", "torch.linalg.solve(x, y)", x=regular("n n"), y=regular("n"), sizes=SIDES, accumulates=True
)
operation(
    "linalg.solve (left=False)",
    "torch.linalg.solve(x, y, left=False)",
    x=regular(),
    y=regular("... k n"),
    sizes=SIDES,
    accumulates=True,
)
operation(
    "linalg.solve_ex", "torch.linalg.solve_ex(x, y)", x=regular(), y=regular("... n k"), sizes=SIDES, accumulates=True
)
operation(
    "linalg.solve_triangular",
    "torch.linalg.solve_triangular(x, y, upper={upper}, left={left}, unitriangular={unit})",
    x=regular(),
    y=regular(),
    upper=[True, False],
    left=[True, False],
    unit=[False, True],
    sizes=SIDES,
    accumulates=True,
)
operation(
    "triangular_solve",
    "torch.triangular_solve(y, x, {upper}, {transpose}, {unit})",
    "y.triangular_solve(x)",
    x=regular(),
    y=regular("... n k"),
    upper=[True, False],
    transpose=[True, False],
    unit=[False, True],
    sizes=SIDES,
    accumulates=True,
)
operation(
    "linalg.cholesky",
    "torch.linalg.cholesky(x, upper={upper})",
    x=definite(),
    upper=[False, True],
    sizes=SIDES,
    smooth=False,
    accumulates=True,
)
operation(
    "linalg.cholesky_ex", "torch.linalg.cholesky_ex(x)", x=definite(), sizes=SIDES, smooth=False, accumulates=True
)
operation(
    "cholesky",
    "torch.cholesky(x)",
    "x.cholesky({upper})",
    x=definite(),
    upper=[False, True],
    sizes=SIDES,
    smooth=False,
    accumulates=True,
)
operation(
    "cholesky_solve",
    "torch.cholesky_solve(y, x.tril())",
    "y.cholesky_solve(x.tril())",
    "y.cholesky_solve(x.triu(), True)",
    x=definite(),
    y=regular("... n k"),
    sizes=SIDES,
    accumulates=True,
)
operation(
    "cholesky_inverse",
    "torch.cholesky_inverse(x.tril())",
    "x.tril().cholesky_inverse()",
    "x.triu().cholesky_inverse(True)",
    x=definite(),
    sizes=SIDES,
    accumulates=True,
)
operation(
    "linalg.qr",
    "torch.linalg.qr(x)",
    "torch.linalg.qr(x, {mode})",
    x=regular("... n m"),
    mode=["reduced", "complete", "r", "economic"],
    sizes=SIDES,
    accumulates=True,
)
operation("qr", "torch.qr(x)", "x.qr({some})", x=regular("... n m"), some=[True, False], sizes=SIDES, accumulates=True)
operation(
    "linalg.svd (values)",
    "torch.linalg.svd(x, full_matrices={full})[1]",
    ulp=16,
    x=regular("... n m"),
    full=[True, False],
    sizes=SIDES,
    accumulates=True,
)
operation(
    "linalg.svd (vectors)",
    "torch.linalg.svd(x, full_matrices=False)[{i}].abs()",
    ulp=64,
    x=regular("... n m"),
    i=[0, 2],
    sizes=SIDES,
    accumulates=True,
)
operation(
    "svd",
    "torch.svd(x)[{i}].abs()",
    "x.svd()[{i}].abs()",
    ulp=256,
    x=regular("... n m", **REAL),
    i=[0, 1, 2],
    sizes=SIDES,
    accumulates=True,
)
operation("linalg.svdvals", "torch.linalg.svdvals(x)", ulp=16, x=regular("... n m"), sizes=SIDES, accumulates=True)
operation(
    "linalg.eigh (values)",
    "torch.linalg.eigh(x)[0]",
    "torch.linalg.eigh(x, UPLO={uplo})[0]",
    ulp=16,
    x=definite(**INEXACT),
    uplo=["L", "U", "X"],
    sizes=SIDES,
    smooth=False,
    accumulates=True,
)
# A vector's sign is the library's choice, so they are compared without it.
operation(
    "linalg.eigh (vectors)",
    "torch.linalg.eigh(x).eigenvectors.abs()",
    ulp=64,
    x=definite(**INEXACT),
    sizes=SIDES,
    smooth=False,
    accumulates=True,
)
operation(
    "linalg.eigvalsh",
    "torch.linalg.eigvalsh(x)",
    ulp=16,
    x=definite(**INEXACT),
    sizes=SIDES,
    smooth=False,
    accumulates=True,
)
operation(
    "linalg.eig",
    "torch.linalg.eig(x)[0].pow(3).sum(-1)",
    "torch.linalg.eig(x)[1].abs().sum(-1)",
    x=regular(),
    ulp=64,
    sizes=SIDES,
    accumulates=True,
)
operation(
    "linalg.eigvals", "torch.linalg.eigvals(x).pow(3).sum(-1)", x=regular(), ulp=64, sizes=SIDES, accumulates=True
)
operation("linalg.lu", "torch.linalg.lu(x)", x=regular("... n m"), sizes=SIDES, accumulates=True)
operation(
    "linalg.lu_factor",
    "torch.linalg.lu_factor(x)",
    "torch.linalg.lu_factor_ex(x)",
    x=regular("... n m"),
    sizes=SIDES,
    accumulates=True,
)
operation(
    "lu_unpack", "torch.lu_unpack(*torch.linalg.lu_factor(x))", x=regular("... n m"), sizes=SIDES, accumulates=True
)
operation(
    "linalg.lu_solve",
    "torch.linalg.lu_solve(*torch.linalg.lu_factor(x), y, left={left}, adjoint={adjoint})",
    x=regular(),
    y=regular(),
    left=[True, False],
    adjoint=[True, False],
    sizes=SIDES,
    accumulates=True,
)
operation(
    "lu_solve",
    "torch.lu_solve(y, *torch.linalg.lu_factor(x))",
    "y.lu_solve(*torch.linalg.lu_factor(x))",
    x=regular(),
    y=regular("... n k"),
    sizes=SIDES,
    accumulates=True,
)
operation(
    "linalg.lstsq",
    "torch.linalg.lstsq(x, y).solution + 0",
    "torch.linalg.lstsq(x, y, driver={driver})[1:]",
    ulp=64,
    x=regular("... n m"),
    y=regular("... n k"),
    driver=["gels", "gelsd", "gelsy", "gelss"],
    sizes=SIDES,
    accumulates=True,
)
operation(
    "linalg.pinv", "torch.linalg.pinv(x)", "torch.pinverse(x)", x=regular("... n m"), sizes=SIDES, accumulates=True
)
operation(
    "linalg.pinv (hermitian)",
    "torch.linalg.pinv(x, hermitian=True)",
    x=definite(),
    sizes=SIDES,
    smooth=False,
    accumulates=True,
)
operation(
    "linalg.householder_product",
    "torch.linalg.householder_product(x, y)",
    "torch.orgqr(x, y)",
    ulp=512,
    x=regular("b n m"),
    y=regular("b m"),
    sizes={"n": (3, 4), "m": (1, 3), "b": (1, 2)},
    accumulates=True,
    differs={"double backward": "torch takes reflections back by dividing by what may be nothing"},
)
operation(
    "linalg.matrix_exp",
    "torch.linalg.matrix_exp(x)",
    "torch.matrix_exp(x)",
    "x.matrix_exp()",
    ulp=256,
    x=regular(layouts=False),
    sizes=SIDES,
    accumulates=True,
)
operation(
    "linalg.matrix_power",
    "torch.linalg.matrix_power(x, {n})",
    "x.matrix_power({n})",
    x=regular(),
    n=[0, 1, 2, 3, 5, 6, -1, -2],
    sizes=SIDES,
    accumulates=True,
)
operation(
    "linalg.matrix_norm",
    "torch.linalg.matrix_norm(x, {p}, keepdim={keep})",
    x=regular("... n m"),
    p=["fro", "nuc", 1, -1, 2, -2, float("inf"), -float("inf"), 3, "x"],
    keep=[False, True],
    sizes=SIDES,
    accumulates=True,
)
operation(
    "linalg.norm (orders)",
    "torch.linalg.norm(x)",
    "torch.linalg.norm(x, {p})",
    "torch.linalg.norm(x, {p}, dim={at})",
    x=regular("n m"),
    p=[None, "fro", 1, 2, "nuc"],
    at=[0, 1, (0, 1), (1, 0)],
    sizes=SIDES,
    accumulates=True,
)
operation(
    "linalg.cond",
    "torch.linalg.cond(x)",
    "torch.linalg.cond(x, {p})",
    x=regular("b n n"),
    p=[None, 1, -1, 2, -2, "fro", "nuc", float("inf"), 5],
    sizes={"n": (1, 3), "b": (1, 2)},
    smooth=False,  # of most norms PyTorch refuses the gradient: it writes to the inverse that it has saved
    accumulates=True,
)
operation(
    "linalg.matrix_rank",
    "torch.linalg.matrix_rank(x)",
    "torch.linalg.matrix_rank(x, hermitian={h})",
    x=regular("... n n"),
    h=[False, True],
    exact=True,
    differentiable=False,
)
operation(
    "linalg.multi_dot",
    "torch.linalg.multi_dot([x, y])",
    "torch.linalg.multi_dot([x, y, z])",
    "torch.chain_matmul(x, y, z)",
    x=regular("n k"),
    y=regular("k m"),
    z=regular("m j"),
    sizes=SIDES,
    accumulates=True,
)
operation(
    "linalg.tensorinv",
    "torch.linalg.tensorinv(x, ind={ind})",
    x=regular("n n"),
    ind=[1, 1, 0, 2],
    sizes=SIDES,
    accumulates=True,
)
operation(
    "linalg.tensorsolve",
    "torch.linalg.tensorsolve(x, y)",
    x=regular("n n"),
    y=regular("n"),
    sizes=SIDES,
    accumulates=True,
)
operation(
    "linalg.vecdot",
    "torch.linalg.vecdot(x, y)",
    "torch.linalg.vecdot(x, y, dim={at})",
    x=real("... n"),
    y=real("... n"),
    at=[-1, 0],
    sizes=SIDES,
    accumulates=True,
)
operation(
    "linalg.cross",
    "torch.linalg.cross(x, y)",
    "torch.cross(x, y, dim=-1)",
    "x.cross(y, {at})",
    x=real("... 3"),
    y=real("~ 3", mixes=False),
    at=[-1, 1],
    sizes=SIDES,
    accumulates=True,
)
operation(
    "linalg.vander",
    "torch.linalg.vander(x)",
    "torch.linalg.vander(x, N={n})",
    x=real("... k"),
    n=[1, 2, 4],
    sizes={"k": (2, 3)},
    accumulates=True,
)
operation(
    "nuclear_norm", "torch.nuclear_norm(x)", "torch.norm(x, 'nuc')", x=regular("n m"), sizes=SIDES, accumulates=True
)
# torch records geqrf and has no derivative for it: there is nothing for finite differences to judge.
operation("geqrf", "torch.geqrf(x)", "x.geqrf()", x=regular("... n m", **REAL), sizes=SIDES, accumulates=True,
          smooth=False)  # fmt: skip
# Finite differences leave the symmetric matrices, so these are made symmetric first.
for name in ("cholesky", "eigvalsh"):
    operation(
        f"linalg.{name} (of a product)",
        f"torch.linalg.{name}(x @ x.mH)",
        x=regular(**INEXACT),
        sizes=SIDES,
        ulp=256,
        accumulates=True,
    )
operation(
    "linalg.eigh (of a product)",
    "torch.linalg.eigh(x @ x.mH)[1].abs()",
    x=regular(**INEXACT),
    sizes=SIDES,
    ulp=1024,
    accumulates=True,
)
operation("vdot", "torch.vdot(x, y)", "x.vdot(y)", x=regular("n"), y=regular("n"), sizes=SIDES, accumulates=True)
