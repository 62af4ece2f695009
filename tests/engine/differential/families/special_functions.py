"""Special functions, functions of pairs beside the arithmetic, bits and complex numbers."""

from ..catalogue import above_one, family, operation, positive, real, small, unit

# The gamma family's kernels in torch are good to about 1e-9.
ROUGH = 2**22

family("Special functions")

operation("i0", "x.i0()", "torch.i0(x)", x=real("..."), in_place=True, out=True, ulp=64)
for name in ["erfc", "deg2rad", "rad2deg", "sinc"]:
    operation(name, f"x.{name}()", f"torch.{name}(x)", x=real("..."), in_place=True, out=True)
for name in ["lgamma", "digamma"]:
    operation(name, f"x.{name}()", f"torch.{name}(x)", x=positive("..."), in_place=True, out=True, ulp=ROUGH)
operation("erfinv", "x.erfinv()", "torch.special.erfinv(x)", x=small("..."), in_place=True)
operation(
    "logit",
    "x.logit()",
    "torch.logit(x, {eps})",
    x=unit("..."),
    eps=[None, 0.1, 0.3],
    in_place=True,
    out=True,
)
operation("polygamma", "x.polygamma({n})", "torch.polygamma({n}, x)", x=positive("..."), n=[0, 1, 2, 3], ulp=ROUGH,
          in_place="x.clone().polygamma_({n})")  # fmt: skip
operation(
    "mvlgamma",
    "x.mvlgamma({p})",
    "torch.mvlgamma(x, {p})",
    x=above_one("..."),
    p=[1, 2, 3],
    in_place=True,
    ulp=ROUGH,
)
for name in ["i0e", "i1", "i1e", "erfcx", "log_ndtr", "ndtr", "sinc", "i0", "erfc"]:
    operation(f"special.{name}", f"torch.special.{name}(x)", x=real("..."), ulp=64)
for name in ["entr", "gammaln", "digamma", "psi"]:
    operation(f"special.{name}", f"torch.special.{name}(x)", x=positive("..."), ulp=ROUGH)
for name in ["ndtri", "logit"]:
    operation(f"special.{name}", f"torch.special.{name}(x)", x=unit("..."), ulp=ROUGH)
operation("special.polygamma", "torch.special.polygamma({n}, x)", x=positive("..."), n=[0, 1, 2], ulp=ROUGH)
operation("special.multigammaln", "torch.special.multigammaln(x, {p})", x=above_one("..."), p=[1, 2], ulp=ROUGH)
operation("igamma", "x.igamma(y)", "torch.igamma(x, y)", x=above_one("...", grad=False), y=positive(), in_place=True,
          out=True, ulp=ROUGH)  # fmt: skip
operation("igammac", "x.igammac(y)", "torch.igammac(x, y)", x=above_one("...", grad=False), y=positive(), in_place=True,
          ulp=ROUGH)  # fmt: skip
operation("special.gammainc", "torch.special.gammainc(x, y)", x=above_one("...", grad=False), y=positive(), ulp=ROUGH)
operation(
    "special.gammaincc",
    "torch.special.gammaincc(x, y)",
    x=above_one("...", grad=False),
    y=positive(),
    ulp=ROUGH,
)
operation("special.zeta", "torch.special.zeta(x, y)", x=above_one("...", grad=False), y=positive(), ulp=ROUGH)
operation("special.zeta (number)", "torch.special.zeta({s}, y)", y=positive("..."), s=[2.0, 3, 1.5], ulp=ROUGH)

family("Functions of pairs")

operation("ldexp", "x.ldexp(y)", "torch.ldexp(x, y)", x=real(), y=real(), in_place=True, out=True)
for name in ["hypot", "nextafter", "copysign"]:
    operation(name, f"x.{name}(y)", f"torch.{name}(x, y)", x=real(), y=real(), in_place=True, out=True)
operation(
    "logaddexp",
    "x.logaddexp(y)",
    "torch.logaddexp(x, y)",
    x=real(),
    y=real(),
    out=True,
)
for name in ["logaddexp2", "fmax", "fmin"]:
    operation(name, f"x.{name}(y)", f"torch.{name}(x, y)", x=real(), y=real(), out=True,
              accumulates=name == "logaddexp2")  # fmt: skip
operation(
    "copysign (number)", "x.copysign({s})", "torch.copysign(x, {s})", x=real("..."), s=[1.0, -2.0, 3], in_place=True
)
operation("xlogy", "x.xlogy(y)", "torch.special.xlogy(x, y)", x=real(), y=positive(), in_place=True)
operation("xlogy (number)", "x.xlogy({s})", "torch.xlogy(x, {s})", x=real("..."), s=[2.5, 1], in_place=True)
operation("xlogy (of a number)", "torch.xlogy({s}, x)", x=positive("..."), s=[2.5, 0.0])
operation("special.xlog1py", "torch.special.xlog1py(x, y)", x=real(), y=positive())
operation(
    "special.xlog1py (number)",
    "torch.special.xlog1py(x, {s})",
    "torch.special.xlog1py({s}, x)",
    x=positive("..."),
    s=[0.5, 2.0],
)
operation("frexp", "x.frexp()", "torch.frexp(x)", x=real("..."), exact=True)
operation(
    "float_power",
    "x.float_power(y)",
    "torch.float_power(x, y)",
    x=positive(),
    y=real(),
)
operation(
    "float_power (number)",
    "x.float_power({s})",
    "torch.float_power({s}, x)",
    x=positive("..."),
    s=[2, 0.5],
)
operation("float_power_", "x.clone().float_power_({e})", "x.clone().float_power_(y)", x=positive("..."), y=real(),
          e=[2, 0.5, -1], accumulates=True, smooth=False)  # fmt: skip
operation(
    "rsub (tensor)",
    "torch.rsub(x, y)",
    "torch.rsub(x, y, alpha={a})",
    x=real(),
    y=real(),
    a=[1, 2],
)
operation("rsub (number)", "torch.rsub(x, {s})", x=real("..."), s=[2, 0.5])
operation("true_divide", "x.true_divide(y)", "torch.true_divide(x, y)", x=real(), y=positive(), in_place=True)
operation("angle", "x.angle()", "torch.angle(x)", x=real("..."), out=True)
operation("polar", "torch.polar(x, y)", x=positive(), y=real())
operation("conj_physical", "x.conj_physical()", "torch.conj_physical(x)", x=real("..."), in_place=True, exact=True)
for name in ["isneginf", "isposinf", "isreal"]:
    operation(name, f"x.{name}()", f"torch.{name}(x)", x=real("..."), exact=True, differentiable=False)
for name in ["gcd", "lcm"]:
    operation(name, f"x.{name}(y)", f"torch.{name}(x, y)", x=real(grad=False), y=real(grad=False), in_place=True,
              out=True, exact=True, differentiable=False)  # fmt: skip
for name, symbol in (("bitwise_left_shift", "<<"), ("bitwise_right_shift", ">>")):
    operation(name, f"x.{name}(y)", f"torch.{name}(x, y)", f"x {symbol} y", x=real(grad=False),
              y=real(grad=False), in_place=True, out=True, exact=True, differentiable=False)  # fmt: skip
    operation(
        f"{name} (number)",
        f"x {symbol} {{n}}",
        f"torch.{name}(x, {{n}})",
        x=real("...", grad=False),
        n=[1, 2, 0],
        exact=True,
        differentiable=False,
    )
for name, of in (("arcsinh", real), ("arccosh", above_one), ("arctanh", small), ("arcsin", small), ("arctan", real)):
    operation(name, f"x.{name}()", f"torch.{name}(x)", x=of("..."), in_place=True)
