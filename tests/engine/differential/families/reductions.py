"""Sums, products, means, norms: many numbers to one."""

from ..catalogue import dim, dims, family, operation, positive, real

family("Reductions")

for name in ("sum", "mean", "prod"):
    operation(name, f"x.{name}()", f"torch.{name}(x)", x=real("..."), accumulates=True)
for name in ("sum", "mean"):
    operation(f"{name} (dim)", f"x.{name}({{dim}}, keepdim={{keep}})", f"torch.{name}(x, {{dim}}, {{keep}})",
              x=real("..."), dim=dim("x"), keep=[False, True], out=True, accumulates=True)  # fmt: skip
    operation(f"{name} (dims)", f"x.{name}({{dims}})", f"torch.{name}(x, {{dims}})", x=real("..."), dims=dims("x"),
              out=True, accumulates=True)  # fmt: skip
    operation(f"{name} (dtype)", f"x.{name}(dtype={{t}})", f"torch.{name}(x, dtype={{t}})", x=real("..."),
              t=["torch.float64", "torch.float32", "torch.int64"], smooth=False, accumulates=True)  # fmt: skip
operation("prod (dim)", "x.prod({dim}, {keep})", "torch.prod(x, {dim}, keepdim={keep})", x=real("..."), dim=dim("x"),
          keep=[False, True], out=True, accumulates=True)  # fmt: skip
for name in ("all", "any"):
    operation(name, f"x.{name}()", f"torch.{name}(x)", x=real("..."), exact=True, differentiable=False)
    operation(f"{name} (dim)", f"x.{name}({{dim}}, {{keep}})", f"torch.{name}(x, {{dim}})", x=real("..."),
              dim=dim("x"), keep=[False, True], exact=True, differentiable=False)  # fmt: skip
for name in ("std", "var"):
    operation(name, f"x.{name}()", f"torch.{name}(x)", f"x.{name}(correction={{c}})", x=real("..."), c=[0, 1],
              accumulates=True)  # fmt: skip
    operation(f"{name} (dim)", f"x.{name}({{dim}}, correction={{c}}, keepdim={{keep}})",
              f"torch.{name}(x, {{dim}}, unbiased={{u}})", x=real("..."), dim=dim("x"), c=[1, 0], keep=[False, True],
              u=[True, False], out=True, accumulates=True)  # fmt: skip
    operation(f"{name}_mean", f"torch.{name}_mean(x)", f"torch.{name}_mean(x, {{dim}})", x=real("..."), dim=dim("x"),
              accumulates=True)  # fmt: skip
operation("logsumexp", "x.logsumexp({dim}, {keep})", "torch.logsumexp(x, {dim}, {keep})", x=real("..."), dim=dim("x"),
          keep=[False, True], out=True, accumulates=True)  # fmt: skip
operation("norm", "x.norm()", "torch.norm(x)", "x.norm({p})", x=positive("..."), p=[2, 1, 3, 0, "inf", "fro"],
          accumulates=True)  # fmt: skip
operation("norm (dim)", "x.norm({p}, {dim})", "x.norm({p}, {dim}, True)", x=positive("..."), dim=dim("x"),
          p=[2, 1, 3, 0, 1.5], accumulates=True)  # fmt: skip
operation("linalg.vector_norm", "torch.linalg.vector_norm(x, {p})", "torch.linalg.vector_norm(x, {p}, {dim})",
          x=positive("..."), p=[2, 1, 3, 0], dim=dim("x"), accumulates=True)  # fmt: skip
for name in ("softmax", "log_softmax"):
    operation(name, f"x.{name}({{dim}})", f"torch.{name}(x, {{dim}})", f"F.{name}(x, {{dim}})",
              f"torch.special.{name}(x, {{dim}})", x=real("..."), dim=dim("x"), accumulates=True)  # fmt: skip
    operation(f"{name} (dtype)", f"torch.{name}(x, {{dim}}, dtype={{t}})", x=real("..."), dim=dim("x"),
              t=["torch.float64", "torch.float32"], smooth=False, accumulates=True)  # fmt: skip
operation("special.logsumexp", "torch.special.logsumexp(x, {dim})", x=real("..."), dim=dim("x"), accumulates=True)
operation("softmin", "F.softmin(x, {dim})", x=real("..."), dim=dim("x"), accumulates=True)
operation("normalize", "F.normalize(x, dim={dim})", "F.normalize(x, {p}, {dim})", x=positive("..."), dim=dim("x"),
          p=[2, 1, 3], accumulates=True)  # fmt: skip
for name in ("cumsum", "cumprod"):
    operation(name, f"x.{name}({{dim}})", f"torch.{name}(x, {{dim}})", x=real("..."), dim=dim("x"), in_place=True,
              out=True, accumulates=True)  # fmt: skip
    operation(f"{name} (dtype)", f"x.{name}({{dim}}, dtype={{t}})", x=real("..."), dim=dim("x"),
              t=["torch.float64", "torch.int64"], smooth=False, accumulates=True)  # fmt: skip
operation("count_nonzero", "x.count_nonzero()", "torch.count_nonzero(x, {dim})", x=real("..."), dim=dim("x"),
          exact=True, differentiable=False)  # fmt: skip
operation(
    "sum_to_size",
    "x.sum_to_size(n)",
    "x.sum_to_size(1, n)",
    "x.sum_to_size(k, n)",
    x=real("k n"),
    accumulates=True,
    prepare="n = x.shape[-1]; k = x.shape[0]",
)

family("Extrema and order")

for name in ("max", "min"):
    operation(name, f"x.{name}()", f"torch.{name}(x)", x=real("..."), exact=True)
    operation(f"{name} (dim)", f"x.{name}({{dim}})", f"torch.{name}(x, {{dim}}, {{keep}})", x=real("..."),
              dim=dim("x"), keep=[False, True], exact=True)  # fmt: skip
    operation(f"a{name}", f"x.a{name}()", f"x.a{name}({{dim}}, {{keep}})", f"torch.a{name}(x, {{dims}})",
              x=real("..."), dim=dim("x"), dims=dims("x"), keep=[False, True], exact=True)  # fmt: skip
    operation(f"arg{name}", f"x.arg{name}()", f"torch.arg{name}(x, {{dim}}, {{keep}})", x=real("..."), dim=dim("x"),
              keep=[False, True], exact=True, differentiable=False)  # fmt: skip
    operation(f"cum{name}", f"x.cum{name}({{dim}})", f"torch.cum{name}(x, {{dim}})", x=real("..."), dim=dim("x"),
              exact=True)  # fmt: skip
operation("median", "x.median()", "torch.median(x)", x=real("..."), exact=True)
# torch reads past the memory of an expanded dimension here: two calls on one tensor give two values.
operation("median (dim)", "x.median({dim})", "torch.median(x, {dim}, {keep})", x=real("...", layouts=False),
          dim=dim("x"), keep=[False, True], exact=True)  # fmt: skip
operation("sort", "x.sort(stable=True, dim={dim})", "torch.sort(x, stable=True, dim={dim}, descending={down})",
          x=real("..."), dim=dim("x"), down=[False, True], exact=True)  # fmt: skip
operation("argsort", "x.argsort({dim}, stable=True)", "torch.argsort(x, dim={dim}, descending={down}, stable=True)",
          x=real("..."), dim=dim("x"), down=[False, True], exact=True, differentiable=False)  # fmt: skip
operation("topk", "x.topk({k}, {dim})[0]", "torch.topk(x, {k}, {dim}, {down})[0]", x=real("..."), dim=dim("x"),
          k=[1, 0, 2], down=[True, False], exact=True)  # fmt: skip
operation("unique", "x.unique()", "torch.unique(x)", "torch.unique(x, return_counts=True)", x=real("..."), exact=True,
          differentiable=False, recorded="function")  # fmt: skip
operation("bincount", "x.bincount()", "x.bincount(minlength={n})", x=positive("n"), n=[0, 5], exact=True,
          differentiable=False)  # fmt: skip
