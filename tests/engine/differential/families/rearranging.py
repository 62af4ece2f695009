"""Stacks, turns, repeats, blocks; views that copy; reductions by index; products beside the matrix product."""

from ..catalogue import dim, family, index, operation, real

family("Stacks, turns and repeats")

for name in ("dstack", "column_stack", "row_stack"):
    operation(name, f"torch.{name}([x, y])", f"torch.{name}((x, y))", x=real("n"), y=real("n"), exact=True)
    operation(f"{name} (matrices)", f"torch.{name}([x, y])", x=real("n m"), y=real("n m"), exact=True)
for name in ("atleast_1d", "atleast_2d", "atleast_3d"):
    operation(name, f"torch.{name}(x)", x=real("..."), exact=True)
operation("dsplit", "x.dsplit({n})", "torch.dsplit(x, {n})", x=real("k m n"), n=[1, 2, [1, 2]], exact=True)
operation("fliplr", "x.fliplr()", "torch.fliplr(x)", x=real("k n"), exact=True)
operation("flipud", "x.flipud()", "torch.flipud(x)", x=real("n ..."), exact=True)
operation("rot90", "x.rot90({k})", "torch.rot90(x, {k})", x=real("k n"), k=[0, 1, 2, 3, -1, 5], exact=True)
operation("diagflat", "x.diagflat({o})", "torch.diagflat(x, {o})", x=real("n"), o=[0, 1, -1], exact=True)
operation("trace", "x.trace()", "torch.trace(x)", x=real("k n"), accumulates=True)
operation("vander", "torch.vander(x, {n})", "torch.vander(x, {n}, True)", x=real("k", grad=False), n=[1, 2, 3],
          differentiable=False, accumulates=True)  # fmt: skip
operation(
    "repeat_interleave (number)",
    "x.repeat_interleave({n})",
    "torch.repeat_interleave(x, {n}, {dim})",
    x=real("..."),
    n=[1, 2, 0],
    dim=dim("x"),
    exact=True,
)
operation("repeat_interleave (counts)", "x.repeat_interleave(i, 0)", "torch.repeat_interleave(x, i, dim=0)",
          x=real("n m"), i=index("n", 3), exact=True, sizes={"n": (1, 3)})  # fmt: skip
operation(
    "take_along_dim",
    "x.take_along_dim(i, 0)",
    "torch.take_along_dim(x, i, 0)",
    x=real("n m"),
    i=index("k m", "2*n", low=-3),
    exact=True,
    sizes={"n": (1, 4), "m": (1, 3)},
)
operation("block_diag", "torch.block_diag(x, y)", x=real("k n"), y=real("m"), exact=True)
operation("cartesian_prod", "torch.cartesian_prod(x, y)", x=real("n"), y=real("k"), exact=True)
operation(
    "combinations", "torch.combinations(x)", "torch.combinations(x, {r}, True)", x=real("n"), r=[1, 2, 3], exact=True
)
operation("moveaxis", "x.moveaxis(0, {dim})", "torch.moveaxis(x, 0, {dim})", x=real("n m k"), dim=dim("x"), exact=True)
operation("tril_indices", "torch.tril_indices({n}, {m}, {o})", n=[2, 3], m=[2, 4], o=[0, 1, -1], exact=True,
          differentiable=False)  # fmt: skip
operation("triu_indices", "torch.triu_indices({n}, {m}, {o})", n=[2, 3], m=[2, 4], o=[0, 1, -1], exact=True,
          differentiable=False)  # fmt: skip

family("Views that copy")

for name, arguments, shape in (
    ("alias", "", "..."),
    ("t", "", "k n"),
    ("transpose", ", 0, 1", "k n m"),
    ("permute", ", (2, 0, 1)", "k n m"),
    ("expand", ", (2, -1)", "n"),
    ("unsqueeze", ", 1", "k n"),
    ("squeeze", "", "k 1 n"),
    ("view", ", (-1,)", "2 3"),
    ("diagonal", ", 1", "k n"),
    ("unbind", "", "2 n"),
    ("split", ", 2", "n m"),
    ("split_with_sizes", ", (1, 2)", "3 m"),
    ("select", ", 0, 1", "3 n"),
    ("slice", ", 0, 1, 3", "4 n"),
    ("unfold", ", 0, 2, 1", "4 n"),
    ("narrow", ", 0, 1, 2", "4 n"),
    ("as_strided", ", (2, 2), (1, 2)", "2 3"),
):
    operation(f"{name}_copy", f"torch.{name}_copy(x{arguments})", x=real(shape, layouts=False), exact=True)

operation("view_as_real_copy", "torch.view_as_real_copy(x)", x=real("...", dtypes=("complex128", "complex64")),
          exact=True)  # fmt: skip

family("Reductions by index")

ASSERTED = {"errors": "slices of one 16-bit element fail an assertion inside torch from the second product on"}
for how in ("sum", "prod", "mean", "amax", "amin"):
    operation(f"scatter_reduce ({how})", f"x.scatter_reduce(0, i, y, '{how}', include_self={{own}})",
              f"torch.scatter_reduce(x, 0, i, y, '{how}')", x=real("n m"), i=index("k m", "n"), y=real("k m"),
              own=[True, False], sizes={"n": (1, 3), "m": (1, 2), "k": (1, 4)}, accumulates=True)  # fmt: skip
    if how != "sum":
        operation(f"index_reduce ({how})", f"x.index_reduce(0, i, y, '{how}', include_self={{own}})",
                  f"torch.index_reduce(x, 0, i, y, '{how}')", x=real("n m"), i=index("k", "n"), y=real("k m"),
                  own=[True, False], sizes={"n": (1, 3), "m": (1, 2), "k": (1, 4)}, accumulates=True,
                  differs=ASSERTED if how == "prod" else None)  # fmt: skip
operation("scatter_reduce_", "x.clone().scatter_reduce_({dim}, i, y, {r}, include_self={s})", x=real("n m"),
          i=index("n m", "min(n, m)"), y=real("n m"), dim=[0, 1, -1], r=["sum", "prod", "mean", "amax", "amin"],
          s=[True, False], accumulates=True, smooth=False)  # fmt: skip
operation("index_reduce_", "x.clone().index_reduce_(0, i, y, {r}, include_self={s})", x=real("n m"), i=index("k"),
          y=real("k m"), r=["prod", "mean", "amax", "amin"], s=[True, False], accumulates=True,
          smooth=False)  # fmt: skip
operation("put", "x.put(i, y, {a})", "torch.put(x, i, y, {a})", x=real("n m"), i=index("k", "n"), y=real("k"), a=[True],
          in_place=True, sizes={"n": (1, 3), "m": (1, 2), "k": (1, 4)}, accumulates=True)  # fmt: skip

family("Outer, inner and tensor products")

operation(
    "addr",
    "x.addr(y, z)",
    "torch.addr(x, y, z, beta={b}, alpha={a})",
    x=real("k n"),
    y=real("k"),
    z=real("n"),
    b=[1, 2, 0],
    a=[1, 3],
    in_place="x.clone().addr_(y, z)",
    accumulates=True,
)
operation(
    "addbmm",
    "x.addbmm(y, z)",
    "torch.addbmm(x, y, z, beta={b}, alpha={a})",
    x=real("k n"),
    y=real("2 k m"),
    z=real("2 m n"),
    b=[1, 2, 0],
    a=[1, 3],
    in_place="x.clone().addbmm_(y, z)",
    accumulates=True,
    differs={"in place: errors": "torch gives a smaller tensor the shape of the sum"},
)
operation("inner", "x.inner(y)", "torch.inner(x, y)", x=real("... n"), y=real("n"), accumulates=True)
operation(
    "kron",
    "x.kron(y)",
    "torch.kron(x, y)",
    x=real("k n"),
    y=real("m 2"),
    exact=True,
    differs={"errors": "torch's product lies in memory as the left operand does, and some of these cannot be viewed"},
)
operation(
    "tensordot",
    "torch.tensordot(x, y, 1)",
    "torch.tensordot(x, y, ([-1], [0]))",
    x=real("... n"),
    y=real("n m"),
    accumulates=True,
)
