"""Activation functions of nn.functional."""

from ..catalogue import family, operation, real

family("Activation functions")

for name in (
    "hardsigmoid", "hardswish", "silu", "mish", "softplus", "selu", "relu6", "softsign", "tanhshrink", "logsigmoid",
    "sigmoid", "tanh",
):  # fmt: skip
    in_place = (
        f"F.{name}(x.clone(), inplace=True)"
        if name in ("hardsigmoid", "hardswish", "silu", "mish", "selu", "relu6")
        else False
    )
    if name == "selu":
        in_place = "F.selu_(x.clone())"
    operation(f"nn.functional.{name}", f"F.{name}(x)", x=real("..."), in_place=in_place, accumulates=True)
for name, options in (
    ("threshold", ", {a}, {b}"),
    ("hardtanh", ", {c}, {b}"),
    ("leaky_relu", ", {a}"),
    ("elu", ", {b}"),
    ("celu", ", {b}"),
):
    operation(f"nn.functional.{name}", f"F.{name}(x{options})", x=real("..."), a=[0.1, 0.5, 0.0], b=[1.0, 2.0, 0.5],
              c=[-1.0, 0.0, -0.5], in_place=f"F.{name}_(x.clone(){options})")  # fmt: skip
for name in ("softshrink", "hardshrink"):
    operation(f"nn.functional.{name}", f"F.{name}(x, {{a}})", f"F.{name}(x)", x=real("..."), a=[0.5, 1.0, 0.0])
operation("nn.functional.softplus (beta)", "F.softplus(x, {b}, {t})", x=real("..."), b=[2.0, 0.5], t=[20.0, 1.0])
operation("nn.functional.gelu", "F.gelu(x)", "F.gelu(x, approximate='tanh')", x=real("..."), accumulates=True)
operation("nn.functional.prelu", "F.prelu(x, w)", x=real("n c ..."), w=real("c"))
operation("nn.functional.prelu (one weight)", "F.prelu(x, w)", x=real("..."), w=real("1"))
operation("nn.functional.glu", "F.glu(x)", "F.glu(x, {d})", x=real("... 2*n"), d=[-1, 0])
operation("nn.functional.rrelu", "F.rrelu(x)", "F.rrelu(x, 0.25, 0.5)", x=real("..."), in_place="F.rrelu_(x.clone())")
operation("nn.functional.softmax (no dim)", "F.softmax(x)", "F.log_softmax(x)", "F.softmin(x)", x=real("..."),
          accumulates=True)  # fmt: skip
