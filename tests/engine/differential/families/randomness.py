"""Random numbers of the named distributions: with equal seeds, equal numbers."""

from ..catalogue import family, operation, positive, real, unit

family("Random numbers")

FILLERS = {
    "cauchy_": "x.clone().cauchy_({a}, {b})", "log_normal_": "x.clone().log_normal_({a}, {b})",
    "geometric_": "x.clone().geometric_({p})",
}  # fmt: skip
for name, call in FILLERS.items():
    operation(name, call, x=real("...", layouts=False), a=[0, 1], b=[1, 0.5], p=[0.5, 0.25], smooth=False, ulp=64)
operation("normal", "torch.normal(x, y)", x=real(layouts=False), y=positive(layouts=False), smooth=False,
          accumulates=True)  # fmt: skip
operation("normal (mean)", "torch.normal(x, {s})", x=real("...", layouts=False), s=[1.0, 0.5], smooth=False)
operation("normal (deviation)", "torch.normal({m}, x)", x=positive("...", layouts=False), m=[0.0, 1.5], smooth=False)
operation("normal (shape)", "torch.normal({m}, {s}, {n})", m=[0.0, 1.5], s=[1.0, 0.5], n=[(2,), (3, 5), ()],
          differentiable=False)  # fmt: skip
operation("poisson", "torch.poisson(x)", x=positive("...", layouts=False), smooth=False)
operation("binomial", "torch.binomial(x, y)", x=positive(layouts=False), y=unit(layouts=False), smooth=False)
operation("randint_like", "torch.randint_like(x, {n})", "torch.randint_like(x, 2, {n})", x=real("...", layouts=False),
          n=[10, 3], exact=True, differentiable=False)  # fmt: skip

family("Windows")

for name in ("bartlett", "blackman", "hamming", "hann"):
    operation(f"{name}_window", f"torch.{name}_window({{n}}, {{p}})", f"torch.{name}_window({{n}}, dtype={{t}})",
              n=[0, 1, 2, 5, 8], p=[True, False], t=["torch.float64", "torch.float32"], differentiable=False,
              accumulates=True)  # fmt: skip
operation("kaiser_window", "torch.kaiser_window({n}, {p}, {b})", "torch.kaiser_window({n}, dtype={t})",
          n=[0, 1, 2, 5, 8], p=[True, False], b=[12.0, 3.5], t=["torch.float64", "torch.float32"],
          differentiable=False, accumulates=True, ulp=16)  # fmt: skip
