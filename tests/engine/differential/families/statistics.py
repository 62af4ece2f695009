"""Order statistics, quantiles, covariance, differences, distances, searches."""

from ..catalogue import dim, dims, family, operation, positive, real

family("Statistics")

operation("aminmax", "x.aminmax()", "torch.aminmax(x)", x=real("..."), exact=True)
operation("aminmax (dim)", "x.aminmax(dim={dim}, keepdim={keep})", "torch.aminmax(x, dim={dim})", x=real("..."),
          dim=dim("x"), keep=[False, True], exact=True)  # fmt: skip
for name in ("nansum", "nanmean"):
    operation(name, f"x.{name}()", f"torch.{name}(x)", x=real("..."), accumulates=True, ulp=16)
    operation(f"{name} (dims)", f"x.{name}({{dims}})", f"torch.{name}(x, {{dims}}, {{keep}})", x=real("..."),
              dims=dims("x"), keep=[False, True], accumulates=True)  # fmt: skip
operation("nanmedian", "x.nanmedian()", "torch.nanmedian(x)", x=real("..."), exact=True)
for name in ("nanmedian", "mode"):  # torch misreads expanded tensors
    operation(
        f"{name} (dim)",
        f"x.{name}({{dim}})",
        f"torch.{name}(x, {{dim}}, {{keep}})",
        x=real("...", layouts=False),
        dim=dim("x"),
        keep=[False, True],
        exact=True,
    )
operation(
    "kthvalue",
    "x.kthvalue({k}, {dim})",
    "torch.kthvalue(x, {k}, {dim}, {keep})",
    x=real("..."),
    k=[1, 2, 3],
    dim=dim("x"),
    keep=[False, True],
    exact=True,
)
operation("msort", "x.msort()", "torch.msort(x)", x=real("n ..."), exact=True)
for name in ("quantile", "nanquantile"):
    operation(
        name,
        f"x.{name}({{q}})",
        f"torch.{name}(x, {{q}}, interpolation={{how}})",
        x=real("..."),
        q=[0.3, 0.5, 0.0, 1.0],
        how=["linear", "lower", "higher", "midpoint", "nearest"],
        accumulates=True,
    )
    operation(f"{name} (dim)", f"x.{name}({{q}}, {{dim}})", f"torch.{name}(x, {{q}}, {{dim}}, {{keep}})", x=real("..."),
              q=[0.3, 0.5, 0.9], dim=dim("x"), keep=[False, True], accumulates=True)  # fmt: skip
operation(
    "logcumsumexp",
    "x.logcumsumexp({dim})",
    "torch.logcumsumexp(x, {dim})",
    x=real("..."),
    dim=dim("x"),
    out=True,
    ulp=64,
    accumulates=True,
)
operation("cov", "x.cov()", "torch.cov(x, correction={c})", x=real("k n"), c=[1, 0], accumulates=True,
          sizes={"n": (2, 4)}, differs={"value": "sums beyond float32 meet in another order"})  # fmt: skip
operation("corrcoef", "x.corrcoef()", "torch.corrcoef(x)", x=positive("k n"), accumulates=True, sizes={"n": (3, 5)})

family("Differences and integrals")

operation("diff", "x.diff()", "torch.diff(x, {n}, {dim})", x=real("..."), n=[1, 2, 0], dim=dim("x"))
operation("diff (ends)", "torch.diff(x, prepend=y)", "torch.diff(x, append=y)", x=real("n"), y=real("k"))
operation(
    "gradient",
    "torch.gradient(x)",
    "torch.gradient(x, spacing={h}, edge_order={e})",
    x=real("..."),
    h=[1.0, 0.5],
    e=[1, 2],
    accumulates=True,
)
for name in ("trapezoid", "cumulative_trapezoid"):
    operation(
        name,
        f"torch.{name}(x)",
        f"torch.{name}(x, dx={{h}}, dim={{dim}})",
        x=real("..."),
        h=[1, 0.5],
        dim=dim("x"),
        accumulates=True,
    )
    operation(f"{name} (points)", f"torch.{name}(x, y)", x=real("... n", layouts=False), y=real("n"), accumulates=True)

family("Distances")

operation(
    "dist",
    "x.dist(y, {p})",
    "torch.dist(x, y, {p})",
    x=real(),
    y=real(),
    p=[2, 1, 3, 0],
    accumulates=True,
)
operation(
    "cdist",
    "torch.cdist(x, y, {p})",
    x=real("... k n"),
    y=real("m n"),
    p=[2.0, 1.0, 3.0],
    accumulates=True,
)
operation(
    "pdist",
    "torch.pdist(x, {p})",
    x=real("k n"),
    p=[2.0, 1.0, 3.0],
    sizes={"k": (1, 4)},
    accumulates=True,
)
operation("renorm", "x.renorm({p}, {dim}, {m})", "torch.renorm(x, {p}, {dim}, {m})", x=real("... n m"), p=[2, 1, 3],
          dim=dim("x"), m=[1.0, 2.5], in_place=True, accumulates=True)  # fmt: skip

family("Searches")

operation(
    "unique (inverse)",
    "torch.unique(x, return_inverse=True, return_counts=True)",
    x=real("...", grad=False),
    exact=True,
    differentiable=False,
)
operation("unique (along)", "torch.unique(x, dim={dim}, return_counts=True)", x=real("...", grad=False), dim=dim("x"),
          exact=True, differentiable=False)  # fmt: skip
operation(
    "unique_consecutive",
    "torch.unique_consecutive(x, return_inverse=True)",
    x=real("...", grad=False),
    exact=True,
    differentiable=False,
)
operation("isin", "torch.isin(x, y)", "torch.isin(x, y, invert=True)", x=real(grad=False), y=real("n", grad=False),
          exact=True, differentiable=False)  # fmt: skip
operation("searchsorted", "torch.searchsorted(x.sort()[0], y)", "torch.searchsorted(x.sort()[0], y, right=True)",
          x=real("n", grad=False), y=real("...", grad=False), exact=True, differentiable=False)  # fmt: skip
operation("bucketize", "torch.bucketize(y, x.sort()[0])", "torch.bucketize(y, x.sort()[0], out_int32=True)",
          x=real("n", grad=False), y=real("...", grad=False), exact=True, differentiable=False)  # fmt: skip
operation(
    "histc",
    "x.histc({n})",
    "torch.histc(x, {n}, -2, 2)",
    x=real("n", grad=False, dtypes=("float32", "float64")),
    n=[3, 5],
    exact=True,
    differentiable=False,
    sizes={"n": (1, 5)},
    differs={"errors": "of NaN torch shows the sign, which is that of the instruction that made it"},
)
operation("argwhere", "x.argwhere()", "torch.argwhere(x)", x=real("...", grad=False), exact=True, differentiable=False)
operation("nonzero_static", "torch.nonzero_static(x, size={n})", x=real("...", grad=False), n=[2, 5], exact=True,
          differentiable=False)  # fmt: skip

FEW = {"grad": False, "dtypes": ("float32", "float64"), "mixes": False}
operation("histogram", "torch.histogram(x, {n})", "x.histogram({n}, range=(-2., 2.), density={d})",
          x=real("n", **FEW), n=[3, 5], d=[False, True], sizes={"n": (1, 5)}, differentiable=False)  # fmt: skip
operation("histogram (edges)", "torch.histogram(x, y.sort()[0])", x=real("n", **FEW), y=real("m", **FEW),
          sizes={"n": (0, 4), "m": (2, 4)}, differentiable=False)  # fmt: skip
