"""Operations of two and three tensors, element by element, with broadcasting and type promotion."""

from ..catalogue import family, mask, operation, positive, real, unit

NUMBERS = [2, 0.5, -1, 0, 3, True, 2.5, "torch.tensor(2.0)", "torch.tensor(2, dtype=torch.float64)"]

family("Arithmetic")

for name, symbol in (("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/")):
    operation(name, f"x.{name}(y)", f"torch.{name}(x, y)", f"x {symbol} y", x=real(), y=positive(), in_place=True,
              out=True, exact=True)  # fmt: skip
    operation(f"{name} (number)", f"x.{name}({{n}})", f"torch.{name}(x, {{n}})", f"x {symbol} {{n}}", x=real("..."),
              n=NUMBERS, in_place=True, out=True, exact=True)  # fmt: skip
    operation(f"r{name} (operator)", f"{{n}} {symbol} x", x=positive("..."), n=[2, 0.5, -1, 3, True])
for name in ("add", "sub"):
    operation(f"{name} (alpha)", f"x.{name}(y, alpha={{a}})", f"torch.{name}(x, y, alpha={{a}})", x=real(), y=real(),
              a=[2, 1, -1, 0.5], in_place=True, out=True)  # fmt: skip
    operation(f"i{name} (operator)", f"x.clone().__i{name}__(y)", x=real(), y=real(), exact=True)
operation("imul (operator)", "x.clone().__imul__(y)", x=real(), y=real(), exact=True)
operation("itruediv (operator)", "x.clone().__itruediv__(y)", x=real(), y=positive(), exact=True)
operation(
    "div (rounding)", "x.div(y, rounding_mode={r})", "torch.div(x, y, rounding_mode={r})", x=real(), y=positive(),
    r=["floor", "trunc", None], in_place=True, out=True,
)  # fmt: skip
operation("floor_divide", "x.floor_divide(y)", "torch.floor_divide(x, y)", "x // y", x=real(), y=positive(),
          in_place=True, out=True, smooth=False, recorded="out=")  # fmt: skip
for name, symbol in (("remainder", "%"), ("fmod", "%")):
    spelled = [f"x.{name}(y)", f"torch.{name}(x, y)", *([f"x {symbol} y"] if name == "remainder" else [])]
    operation(name, *spelled, x=real(), y=positive(), in_place=True, out=True)
    operation(f"{name} (number)", f"x.{name}({{n}})", f"torch.{name}(x, {{n}})", x=real("..."), n=[2, 0.75, -2],
              in_place=True, out=True)  # fmt: skip
operation("pow", "x.pow(y)", "torch.pow(x, y)", "x ** y", x=positive(), y=real(), in_place=True, out=True)
operation("pow (number)", "x.pow({n})", "torch.pow(x, {n})", "x ** {n}", x=positive("..."), out=True, in_place=True,
          n=[2, 3, 0.5, -1, 0, 1, 2.5, -2, -0.5])  # fmt: skip
operation("pow (of a number)", "torch.pow({n}, x)", "{n} ** x", x=real("..."), n=[2, 0.5, 3.0, 1], out=True)
operation("atan2", "x.atan2(y)", "torch.atan2(x, y)", x=real(), y=real(), in_place=True, out=True)
for name in ("maximum", "minimum"):
    operation(name, f"x.{name}(y)", f"torch.{name}(x, y)", x=real(), y=real(), out=True, exact=True)
operation("max (of two)", "x.max(y)", "torch.max(x, y)", x=real(), y=real(), out=True, exact=True)
operation("min (of two)", "x.min(y)", "torch.min(x, y)", x=real(), y=real(), out=True, exact=True)
operation("clamp", "x.clamp({low}, {high})", "torch.clamp(x, min={low}, max={high})", x=real("..."),
          low=[-0.5, None, 0, -1], high=[0.5, 1, 0.25], in_place=True, out=True, exact=True)  # fmt: skip
operation("clamp (tensors)", "x.clamp(y, z)", "torch.clamp(x, min=y, max=z)", "x.clamp(min=y)", x=real(), y=unit(),
          z=positive(), in_place=True, out=True, exact=True)  # fmt: skip
for name in ("clamp_min", "clamp_max"):
    operation(name, f"x.{name}({{n}})", f"torch.{name}(x, {{n}})", x=real("..."), n=[0.5, 0, -1], in_place=True,
              out=True, exact=True)  # fmt: skip
    operation(f"{name} (tensor)", f"x.{name}(y)", f"torch.{name}(x, y)", x=real(), y=real(), in_place=True, out=True,
              exact=True)  # fmt: skip
operation("lerp", "x.lerp(y, w)", "torch.lerp(x, y, w)", x=real(), y=real(), w=unit(), in_place=True, out=True)
operation("lerp (number)", "x.lerp(y, {w})", "torch.lerp(x, y, {w})", x=real(), y=real(), w=[0.25, 0.5, 0.75, 2],
          in_place=True, out=True)  # fmt: skip
operation("addcmul", "x.addcmul(y, z, value={v})", "torch.addcmul(x, y, z, value={v})", x=real(), y=real(), z=real(),
          v=[1, 2, -0.5], in_place=True, out=True, accumulates=True)  # fmt: skip
operation("addcdiv", "x.addcdiv(y, z, value={v})", "torch.addcdiv(x, y, z, value={v})", x=real(), y=real(),
          z=positive(), v=[1, 2, -0.5], in_place=True, out=True, accumulates=True)  # fmt: skip
operation("where", "torch.where(m, x, y)", "x.where(m, y)", m=mask(), x=real(), y=real(), exact=True)
operation("where (number)", "torch.where(m, x, {n})", "torch.where(m, {n}, x)", m=mask(), x=real(), n=[0, 1.5, 2],
          exact=True)  # fmt: skip
operation("where (indices)", "torch.where(x)", x=real("..."), exact=True, differentiable=False)
operation("heaviside", "x.heaviside(y)", "torch.heaviside(x, y)", x=real(), y=real(), out=True, exact=True,
          in_place=True, smooth=False)  # fmt: skip

family("Comparisons and logic")

for name, symbol in (("eq", "=="), ("ne", "!="), ("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">=")):
    operation(name, f"x.{name}(y)", f"torch.{name}(x, y)", f"x {symbol} y", x=real(), y=real(), in_place=True,
              out=True, exact=True, differentiable=False, recorded="in place")  # fmt: skip
    operation(f"{name} (number)", f"x.{name}({{n}})", f"x {symbol} {{n}}", x=real("..."), n=[0, 0.5, 1, True],
              in_place=True, exact=True, differentiable=False, recorded="in place")  # fmt: skip
for name, symbol in (("bitwise_and", "&"), ("bitwise_or", "|"), ("bitwise_xor", "^")):
    operation(name, f"x.{name}(y)", f"torch.{name}(x, y)", f"x {symbol} y", x=real(), y=real(), in_place=True,
              out=True, exact=True, differentiable=False)  # fmt: skip
    operation(f"{name} (number)", f"x.{name}({{n}})", f"x {symbol} {{n}}", x=real("..."), n=[1, 3, True],
              in_place=True, exact=True, differentiable=False)  # fmt: skip
for name in ("logical_and", "logical_or", "logical_xor"):
    operation(name, f"x.{name}(y)", f"torch.{name}(x, y)", x=real(), y=real(), in_place=True, out=True, exact=True,
              differentiable=False, recorded="in place")  # fmt: skip
operation("isclose", "x.isclose(y)", "torch.isclose(x, y, rtol=0.5)", x=real(), y=real(), exact=True,
          differentiable=False)  # fmt: skip
operation("allclose", "x.allclose(y)", "torch.allclose(x, y, atol=1.5)", x=real(), y=real(), exact=True,
          differentiable=False)  # fmt: skip
operation("equal", "x.equal(y)", "torch.equal(x, y)", x=real("..."), y=real("..."), exact=True, differentiable=False)
