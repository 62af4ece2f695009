"""New tensors: from nothing, from numbers, from another tensor's shape, from random numbers."""

from ..catalogue import family, operation, real, unit

DTYPES = ["torch.float32", "torch.float64", "torch.int64", "torch.bool", "torch.complex64", "torch.bfloat16"]
SHAPES = [(), (2,), (2, 3), (0,), (1, 0, 2)]
COMMON = {"exact": True, "differentiable": False}

family("New tensors")

for name in ("zeros", "ones"):
    operation(name, f"torch.{name}({{s}})", f"torch.{name}({{s}}, dtype={{t}})", s=SHAPES, t=DTYPES, **COMMON)
    operation(
        f"{name}_like", f"torch.{name}_like(x)", f"torch.{name}_like(x, dtype={{t}})", x=real("..."), t=DTYPES, **COMMON
    )
    operation(
        f"new_{name}",
        f"x.new_{name}({{s}})",
        f"x.new_{name}({{s}}, dtype={{t}})",
        x=real("..."),
        s=SHAPES,
        t=DTYPES,
        **COMMON,
    )
operation(
    "full",
    "torch.full({s}, {v})",
    "torch.full({s}, {v}, dtype={t})",
    s=SHAPES,
    v=[2, 0.5, True, 1j],
    t=DTYPES,
    **COMMON,
)
operation("full_like", "torch.full_like(x, {v})", x=real("..."), v=[2, 0.5, True], **COMMON)
operation("new_full", "x.new_full({s}, {v})", x=real("..."), s=SHAPES, v=[2, 0.5, True], **COMMON)
operation("empty (shape)", "torch.empty({s}, dtype={t}).shape", s=SHAPES, t=DTYPES, **COMMON)
operation("empty_like", "torch.empty_like(x).zero_()", x=real("..."), **COMMON)
operation(
    "empty_strided", "torch.empty_strided({s}, {k}).zero_()", s=[(2, 3), (3, 2)], k=[(1, 2), (3, 1), (4, 1)], **COMMON
)
operation("new_empty", "x.new_empty({s}).zero_()", x=real("..."), s=SHAPES, **COMMON)
operation("new_tensor", "x.new_tensor({v})", x=real("..."), v=[1, [0.5, 2], [[True]], []], **COMMON)
operation("eye", "torch.eye({n})", "torch.eye({n}, {m}, dtype={t})", n=[0, 1, 3], m=[2, 3], t=DTYPES, **COMMON)
operation(
    "arange",
    "torch.arange({a})",
    "torch.arange({b}, {a}, {c})",
    "torch.arange({a}, dtype={t})",
    a=[5, 0, 2.5, 3],
    b=[0, 1, 0.5],
    c=[1, 2, 0.5],
    t=DTYPES[:3],
    **COMMON,
)
operation("linspace", "torch.linspace({a}, {b}, {n})", "torch.linspace({a}, {b}, {n}, dtype={t})", a=[0, -1, 0.5],
          b=[1, 3, 2.5], n=[5, 2, 1, 0], t=DTYPES[:3], differentiable=False)  # fmt: skip
operation("logspace", "torch.logspace({a}, {b}, {n})", a=[0, -1, 0.5], b=[1, 2], n=[3, 1, 0], differentiable=False)
operation(
    "tensor",
    "torch.tensor({v})",
    "torch.tensor({v}, dtype={t})",
    v=[1, 0.5, True, 1j, [], [1, 2.5], [[1, 2], [3, 4]], [[1], [2, 3]], [True, 2]],
    t=DTYPES,
    **COMMON,
)
operation("tensor (of a tensor)", "torch.tensor(x)", x=real("...", grad=False), **COMMON)
operation(
    "as_tensor",
    "torch.as_tensor({v})",
    "torch.as_tensor(x)",
    "torch.as_tensor(x, dtype={t})",
    x=real("...", grad=False),
    v=[1, [0.5, 2]],
    t=DTYPES,
    **COMMON,
)
operation("asarray", "torch.asarray({v})", "torch.asarray(x)", x=real("...", grad=False), v=[1, [0.5, 2]], **COMMON)
operation(
    "scalar_tensor",
    "torch.scalar_tensor({v})",
    "torch.scalar_tensor({v}, dtype={t})",
    v=[1, 0.5, True],
    t=DTYPES,
    **COMMON,
)
operation("normal_", "x.clone().normal_({m}, {s})", x=real("...", layouts=False), m=[0, 1], s=[1, 0.5], smooth=False,
          accumulates=True)  # fmt: skip
operation("uniform_", "x.clone().uniform_({a}, {b})", x=real("...", layouts=False), a=[0, -1], b=[1, 2], smooth=False)
operation("bernoulli_", "x.clone().bernoulli_({p})", x=real("...", layouts=False), p=[0.5, 0, 1], smooth=False)
operation("exponential_", "x.clone().exponential_({l})", x=real("...", layouts=False), l=[1, 2.0], smooth=False)
operation("random_", "x.clone().random_({n})", x=real("...", layouts=False), n=[10, 3], smooth=False)
for name in ("rand", "randn"):
    operation(
        name, f"torch.{name}({{s}})", f"torch.{name}({{s}}, dtype={{t}})", s=SHAPES, t=DTYPES, differentiable=False
    )
    operation(f"{name}_like", f"torch.{name}_like(x)", x=real("...", layouts=False), differentiable=False,
              accumulates=name == "randn")  # fmt: skip
operation("randint", "torch.randint({n}, {s})", "torch.randint(2, {n}, {s})", n=[10, 3], s=SHAPES, **COMMON)
operation("randperm", "torch.randperm({n})", n=[0, 1, 5], **COMMON)
operation(
    "multinomial",
    "torch.multinomial(x, {n})",
    "x.multinomial({n}, replacement=True)",
    x=unit("... n"),
    n=[1, 2],
    **COMMON,
)
operation(
    "nn.functional.dropout",
    "F.dropout(x, {p}, {t})",
    x=real("...", layouts=False),
    p=[0.5, 0.25],
    t=[True, False],
    in_place="F.dropout(x.clone(), {p}, {t}, inplace=True)",
)
for rank, space in ((1, "l"), (2, "l 2"), (3, "l 2 2")):
    operation(f"nn.functional.dropout{rank}d", f"F.dropout{rank}d(x, {{p}})", x=real(f"n c {space}", layouts=False),
              p=[0.5, 0.25], sizes={"n": (1, 2), "c": (1, 3), "l": (1, 2)})  # fmt: skip
operation("nn.functional.alpha_dropout", "F.alpha_dropout(x, {p}, True)", x=real("...", layouts=False), p=[0.5, 0.25])
operation("nn.functional.gumbel_softmax", "F.gumbel_softmax(x, {t}, {h})", x=real("... n", layouts=False), t=[1, 0.5],
          h=[False, True], smooth=False)  # fmt: skip

family("Questions about dtypes and shapes")

operation(
    "result_type",
    "torch.result_type(x, y)",
    "torch.result_type(x, {n})",
    x=real(),
    y=real(),
    n=[1, 0.5, True, 1j],
    differs={"value": "float16 beside a complex number is complex32, which is not modelled"},
    **COMMON,
)
operation("promote_types", "torch.promote_types({a}, {b})", a=DTYPES, b=DTYPES, **COMMON)
operation("can_cast", "torch.can_cast({a}, {b})", a=DTYPES, b=DTYPES, **COMMON)
operation("broadcast_shapes", "torch.broadcast_shapes({a}, {b})", a=SHAPES, b=[*SHAPES, (3,), (1, 3)], **COMMON)
operation("item", "x.item()", "x.tolist()", x=real("~"), exact=True, differentiable=False)
