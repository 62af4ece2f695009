"""Reading and writing by index and mask."""

from ..catalogue import dim, family, index, mask, operation, real

family("Indexing")

operation("x[number]", "x[{i}]", "x[{i}, ...]", "x[..., {i}]", x=real("..."), i=[0, -1, 1], exact=True)
operation(
    "x[slice]", "x[{a}:{b}]", "x[..., {a}:{b}:2]", "x[{a}:]", x=real("..."), a=[0, 1, -1], b=[2, 3, -1], exact=True
)
operation("x[None]", "x[None]", "x[..., None]", x=real("..."), exact=True)
operation("x[indices]", "x[i]", "x[i, ...]", x=real("n ..."), i=index("k"), exact=True)
operation("x[:, indices]", "x[:, i]", x=real("m n ..."), i=index("k"), exact=True)
operation("x[indices, indices]", "x[i, j]", x=real("n m ..."), i=index("k"), j=index("k", "m"), exact=True)
operation("x[mask]", "x[m]", x=real("..."), m=mask("..."), exact=True)
operation("x[rows of mask]", "x[m]", x=real("n ..."), m=mask("n"), exact=True)
operation("setitem (number)", "x.clone().__setitem__({i}, {v})", x=real("..."), i=[0, -1, slice(0, 2), ...], v=[2, 0.5],
          exact=True, smooth=False)  # fmt: skip
operation("setitem (slice)", "y", x=real("n ..."), v=real("..."), prepare="y = x.clone(); y[1:] = v", exact=True)
operation("setitem (indices)", "y", x=real("n ..."), i=index("k"), v=real("..."), prepare="y = x.clone(); y[i] = v",
          exact=True, no={}, smooth=False)  # fmt: skip
operation("setitem (mask)", "y", x=real("..."), m=mask("..."), prepare="y = x.clone(); y[m] = 2", exact=True)
operation("gather", "x.gather({dim}, i)", "torch.gather(x, {dim}, i)", x=real("n m"), i=index("n m", "min(n, m)"),
          dim=[0, 1, -1], out=True, exact=True)  # fmt: skip
operation("index_select", "x.index_select({dim}, i)", "torch.index_select(x, {dim}, i)", x=real("... n"), i=index("k"),
          dim=[-1], out=True, exact=True)  # fmt: skip
operation("take", "x.take(i)", "torch.take(x, i)", x=real("n"), i=index("k m", low=0), out=True, exact=True)
operation("masked_select", "x.masked_select(m)", "torch.masked_select(x, m)", x=real(), m=mask(), out=True, exact=True)
operation("masked_fill", "x.masked_fill(m, {v})", "torch.masked_fill(x, m, {v})", x=real("..."), m=mask("~"),
          v=[0, 2.5, float("inf"), True], in_place=True, exact=True)  # fmt: skip
operation("masked_fill (tensor)", "x.masked_fill(m, v)", x=real("..."), m=mask("~"), v=real(""), in_place=True,
          exact=True)  # fmt: skip
operation("masked_scatter", "x.masked_scatter(m, y)", x=real("..."), m=mask("~"), y=real("..."), in_place=True,
          exact=True)  # fmt: skip
operation("index_add", "x.index_add(0, i, y)", "torch.index_add(x, 0, i, y, alpha={a})", x=real("n ..."), i=index("k"),
          y=real("k ..."), a=[1, 2, 0.5], in_place=True, accumulates=True)  # fmt: skip
operation("index_copy", "x.index_copy(0, i, y)", "torch.index_copy(x, 0, i, y)", x=real("n ..."), i=index("k"),
          y=real("k ..."), in_place=True, exact=True, sizes={"k": (1, 1)})  # fmt: skip
operation("index_fill", "x.index_fill(0, i, {v})", "torch.index_fill(x, 0, i, {v})", x=real("n ..."), i=index("k"),
          v=[0, 2.5], in_place=True, exact=True)  # fmt: skip
operation("index_fill (tensor)", "x.index_fill(0, i, v)", x=real("n ..."), i=index("k"), v=real(""), in_place=True,
          exact=True)  # fmt: skip
operation("index_put", "x.index_put((i,), y)", "torch.index_put(x, (i,), y)", x=real("n ..."), i=index("k"),
          y=real("k ..."), sizes={"k": (1, 1)}, in_place=True, exact=True)  # fmt: skip
operation("index_put (accumulate)", "x.index_put((i,), y, accumulate=True)", x=real("n ..."), i=index("k"),
          y=real("k ..."), in_place=True, accumulates=True,
          differs={"errors": "torch sorts indices before it looks at values, and refuses them first"})  # fmt: skip
operation(
    "scatter",
    "x.scatter({dim}, i, y)",
    "torch.scatter(x, {dim}, i, y)",
    x=real("n m"),
    i=index("1 1", "min(n, m)"),
    y=real("1 1"),
    dim=[0, 1, -1],
    in_place=True,
    exact=True,
)
operation("scatter (number)", "x.scatter({dim}, i, {v})", "torch.scatter(x, {dim}, i, {v})", x=real("n m"),
          i=index("n m", "min(n, m)"), v=[0, 2.5], dim=[0, 1, -1], in_place=True, exact=True)  # fmt: skip
operation(
    "scatter (reduce)",
    "x.scatter({dim}, i, y, reduce={r})",
    x=real("n m"),
    i=index("n m", "min(n, m)"),
    y=real("n m", grad=False),
    r=["add", "multiply"],
    dim=[0, 1],
    smooth=False,
    in_place=True,
    accumulates=True,
)
operation("scatter_add", "x.scatter_add({dim}, i, y)", "torch.scatter_add(x, {dim}, i, y)", x=real("n m"),
          i=index("n m", "min(n, m)"), y=real("n m"), dim=[0, 1, -1], in_place=True, accumulates=True)  # fmt: skip
operation("select_scatter", "x.select_scatter(y, 0, {i})", "torch.select_scatter(x, y, 0, {i})", x=real("n ..."),
          y=real("..."), i=[0, -1], exact=True)  # fmt: skip
operation("slice_scatter", "x.slice_scatter(y, 0, 1)", "torch.slice_scatter(x, y, 0, 1)", x=real("n+1 ..."),
          y=real("n ..."), exact=True)  # fmt: skip
operation("diagonal_scatter", "x.diagonal_scatter(y)", "torch.diagonal_scatter(x, y)", x=real("n n"), y=real("n"),
          exact=True)  # fmt: skip
operation("nonzero", "x.nonzero()", "torch.nonzero(x)", "x.nonzero(as_tuple=True)", x=real("..."), exact=True,
          differentiable=False)  # fmt: skip
operation("unravel_index", "torch.unravel_index(i, {s})", i=index("k m", 6), s=[(2, 3), (6,), (3, 1, 2)], exact=True,
          differentiable=False)  # fmt: skip
# torch gives the input the part of the gradient that was written over, which finite differences contradict.
operation("as_strided_scatter", "x.as_strided_scatter(y, {n}, {k})", "torch.as_strided_scatter(x, y, {n}, {k}, 1)",
          x=real("4 2", layouts=False), y=real("2 2"), n=[(2, 2)], k=[(2, 1), (1, 3)], exact=True,
          smooth=False)  # fmt: skip
operation("fill_diagonal_", "x.clone().fill_diagonal_({v})", "x.clone().fill_diagonal_({v}, wrap={w})",
          x=real("n m", layouts=False), v=[0, 2.5], w=[True, False], sizes={"n": (1, 5), "m": (1, 3)},
          exact=True)  # fmt: skip
operation("one_hot", "F.one_hot(i, {n})", "F.one_hot(i)", i=index("k m", "4"), n=[4, 5, 2], exact=True,
          differentiable=False)  # fmt: skip
operation("embedding (plain)", "F.embedding(i, x)", x=real("n m"), i=index("k l"), exact=True)
operation("embedding", "F.embedding(i, x)", "F.embedding(i, x, padding_idx={p})", x=real("n m"), i=index("k l"),
          p=[0, -1, None], exact=True, smooth=False)  # fmt: skip

family("Joining and rearranging")

for name, more in (("cat", ["torch.concat([x, y], {dim})"]), ("stack", [])):
    operation(name, f"torch.{name}([x, y], {{dim}})", f"torch.{name}((x, y))", *more, x=real("..."), y=real("..."),
              dim=dim("x"), out=True, exact=True)  # fmt: skip
for name in ("hstack", "vstack"):
    operation(name, f"torch.{name}([x, y])", x=real("..."), y=real("..."), exact=True)
operation("repeat", "x.repeat({n})", "x.repeat(2, *{n})", x=real("..."), exact=True,
          n=lambda drawer: tuple(drawer.integer(0, 2) for _ in drawer.shapes["x"]))  # fmt: skip
operation("tile", "x.tile({n})", "torch.tile(x, {n})", x=real("..."), n=[(2,), (1, 2), (), (2, 1, 1)], exact=True)
operation("flip", "x.flip({dim})", "torch.flip(x, ({dim},))", x=real("..."), dim=dim("x"), exact=True)
operation("roll", "x.roll({n})", "torch.roll(x, {n}, {dim})", x=real("..."), n=[1, -1, 2], dim=dim("x"), exact=True)
operation("tril", "x.tril({k})", "torch.tril(x, {k})", x=real("... n m"), k=[0, 1, -1], in_place=True, out=True,
          exact=True)  # fmt: skip
operation("triu", "x.triu({k})", "torch.triu(x, {k})", x=real("... n m"), k=[0, 1, -1], in_place=True, out=True,
          exact=True)  # fmt: skip
operation("diag", "x.diag({k})", "torch.diag(x, {k})", x=real("n"), k=[0, 1, -1], exact=True)
operation("diag (of a matrix)", "x.diag({k})", "torch.diag(x, {k})", x=real("n m"), k=[0, 1, -1], exact=True)
operation("diag_embed", "x.diag_embed({k})", "torch.diag_embed(x, {k})", x=real("... n"), k=[0, 1, -1], exact=True)
operation("meshgrid", "torch.meshgrid(x, y, indexing={mode})", x=real("n"), y=real("m"), mode=["ij", "xy"], exact=True)
operation("pad", "F.pad(x, {p})", "F.pad(x, {p}, value={v})", x=real("... n"), p=[(1, 0), (1, 2), (0, -1)], v=[0, 1.5],
          exact=True)  # fmt: skip
