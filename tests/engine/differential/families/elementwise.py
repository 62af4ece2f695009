"""Functions of one tensor, element by element."""

from ..catalogue import above_one, family, operation, positive, real, small

family("Elementwise functions")

for name in ["exp", "exp2", "expm1", "sin", "cos", "sinh", "tanh", "sigmoid", "erf", "atan", "asinh"]:
    operation(name, f"x.{name}()", f"torch.{name}(x)", x=real("..."), in_place=True, out=True)
for name in ["log", "log2", "log10", "log1p"]:
    operation(name, f"x.{name}()", f"torch.{name}(x)", x=positive("..."), in_place=True, out=True)
for name in ["neg", "abs", "sign", "sgn", "floor", "ceil", "trunc"]:
    operation(name, f"x.{name}()", f"torch.{name}(x)", x=real("..."), in_place=True, out=True, exact=True)
operation("acosh", "x.acosh()", "torch.acosh(x)", x=above_one("..."), in_place=True, out=True)
operation("asin", "x.asin()", "torch.asin(x)", x=small("..."), in_place=True, out=True)
