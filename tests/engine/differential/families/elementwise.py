"""Functions of one tensor, element by element."""

from ..catalogue import COMPLEX, FLOATS, above_one, family, operation, positive, real, small, unit

family("Elementwise functions")

for name in ["exp", "exp2", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sigmoid", "erf", "atan", "asinh"]:
    operation(name, f"x.{name}()", f"torch.{name}(x)", x=real("..."), in_place=True, out=True)
for name in ["log", "log2", "log10", "log1p", "sqrt", "rsqrt", "reciprocal"]:
    operation(name, f"x.{name}()", f"torch.{name}(x)", x=positive("..."), in_place=True, out=True)
for name in ["neg", "abs", "sign", "sgn", "floor", "ceil", "trunc", "frac", "round", "square"]:
    operation(name, f"x.{name}()", f"torch.{name}(x)", x=real("..."), in_place=True, out=True, exact=True)
operation(
    "round (decimals)", "x.round(decimals={n})", "torch.round(x, decimals={n})", x=real("..."), n=[1, 2, 0, -1],
    in_place=True, out=True,
)  # fmt: skip
operation("relu", "x.relu()", "torch.relu(x)", "F.relu(x)", x=real("..."), in_place=True, exact=True)
operation("acosh", "x.acosh()", "torch.acosh(x)", x=above_one("..."), in_place=True, out=True)
for name in ["asin", "acos", "atanh"]:
    operation(name, f"x.{name}()", f"torch.{name}(x)", x=small("..."), in_place=True, out=True)
operation(
    "nan_to_num", "x.nan_to_num()", "torch.nan_to_num(x)", "x.nan_to_num({nan}, {posinf}, {neginf})", x=real("..."),
    nan=[0.0, 2.0, None], posinf=[None, 5.0], neginf=[-7.0, None], in_place="x.clone().nan_to_num_({nan}, {posinf})",
    out=True, exact=True,
)  # fmt: skip
operation("positive", "x.positive()", "torch.positive(x)", "+x", x=real("..."), exact=True)
operation("logical_not", "x.logical_not()", "torch.logical_not(x)", x=real("..."), in_place=True, out=True, exact=True,
          differentiable=False, recorded="in place")  # fmt: skip
operation("bitwise_not", "x.bitwise_not()", "torch.bitwise_not(x)", "~x", x=real("..."), in_place=True, out=True,
          exact=True, differentiable=False)  # fmt: skip
for name in ["isfinite", "isinf", "isnan", "signbit"]:
    operation(name, f"x.{name}()", f"torch.{name}(x)", x=real("..."), exact=True, differentiable=False)
operation("conj", "x.conj()", "torch.conj(x)", x=real("..."), exact=True)
operation("real", "x.real", "torch.real(x)", x=real("..."), exact=True)
operation("imag", "x.imag", "torch.imag(x)", x=real("..."), exact=True)
HALVES = {"errors": "complex numbers of half precision, which torch calls experimental, are not modelled"}
operation("complex", "torch.complex(x, y)", x=real("..."), y=real("~"), exact=True, differs=HALVES)
operation("view_as_real", "torch.view_as_real(x)", x=real("...", dtypes=COMPLEX), exact=True)
operation("view_as_complex", "torch.view_as_complex(x)", x=real("... 2", dtypes=FLOATS, layouts=False), exact=True,
          differs=HALVES)  # fmt: skip
operation("special.expit", "torch.special.expit(x)", x=real("..."), out=True)
for name in ["exp2", "expm1"]:
    operation(f"special.{name}", f"torch.special.{name}(x)", x=real("..."), out=True)
operation("special.log1p", "torch.special.log1p(x)", x=positive("..."), out=True)
operation("special.erf", "torch.special.erf(x)", x=real("..."), out=True)
operation("bernoulli", "x.bernoulli()", "torch.bernoulli(x)", x=unit("...", layouts=False), exact=True, smooth=False)
operation("dropout (p=0)", "F.dropout(x, {p}, {training})", x=real("...", layouts=False), p=[0.0, 1.0],
          training=[True, False], exact=True)  # fmt: skip
