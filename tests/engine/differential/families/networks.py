"""Losses over sequences and sets, bags of rows, and the functions of networks under their names in ``torch``."""

from ..catalogue import family, index, operation, real, regular

family("Networks")

FEW = {
    "n": (1, 3),
    "c": (2, 4),
    "l": (2, 4),
    "h": (2, 3),
    "w": (2, 3),
    "o": (1, 2),
    "m": (1, 3),
    "k": (1, 2),
    "t": (3, 5),
}
LONG = FEW | {"t": (3, 5), "c": (3, 4)}
FLOATING = {"dtypes": ("float64", "float32"), "layouts": False, "mixes": False}
REDUCTION = ["none", "mean", "sum"]

operation(
    "nn.functional.ctc_loss",
    "F.ctc_loss(x.log_softmax(2), i, [x.shape[0]] * n, [1] * n, reduction={r})",
    x=regular("t n c", **FLOATING),
    i=index("n k", "c - 1", low=1),
    r=REDUCTION,
    sizes=LONG,
    ulp=64,
    accumulates=True,
    prepare="n = x.shape[1]",
)
operation(
    "nn.functional.multilabel_soft_margin_loss",
    "F.multilabel_soft_margin_loss(x, y, reduction={r})",
    x=regular("n c", **FLOATING),
    y=regular("n c", grad=False, **FLOATING),
    r=REDUCTION,
    sizes=FEW,
    ulp=16,
    accumulates=True,
)
operation(
    "nn.functional.multilabel_margin_loss",
    "F.multilabel_margin_loss(x, i, reduction={r})",
    x=regular("n 3", **FLOATING),
    i=index("n 3", 3, low=0),
    r=REDUCTION,
    sizes=FEW,
    smooth=False,
    accumulates=True,
)
operation(
    "nn.functional.triplet_margin_with_distance_loss",
    "F.triplet_margin_with_distance_loss(x, y, z, swap={s}, reduction={r})",
    x=regular("n c", **FLOATING),
    y=regular("n c", **FLOATING),
    z=regular("n c", **FLOATING),
    s=[False, True],
    r=REDUCTION,
    sizes=FEW,
    ulp=16,
    accumulates=True,
)
operation(
    "nn.functional.bilinear",
    "F.bilinear(x, y, w)",
    "F.bilinear(x, y, w, b)",
    x=regular("n m", **FLOATING),
    y=regular("n k", **FLOATING),
    w=regular("o m k", **FLOATING),
    b=real("o", **FLOATING),
    sizes=FEW,
    ulp=16,
    accumulates=True,
)
operation(
    "nn.functional.embedding_bag",
    "F.embedding_bag(i, w, mode={mode})",
    "F.embedding_bag(i, w, mode={mode}, padding_idx=0)",
    w=regular("c m", **FLOATING),
    i=index("n k", "c"),
    mode=["sum", "mean", "max"],
    sizes=FEW,
    accumulates=True,
)
operation(
    "nn.functional.embedding_bag (weights)",
    "F.embedding_bag(i, w, per_sample_weights=y, mode='sum')",
    w=regular("c m", **FLOATING),
    i=index("n k", "c"),
    y=regular("n k", **FLOATING),
    sizes=FEW,
    accumulates=True,
)
for name, call, inputs in (
    ("max_pool1d", "x, 2", {"x": regular("n c l", **FLOATING)}),
    ("max_pool2d", "x, 2", {"x": regular("n c h w", **FLOATING)}),
    ("avg_pool1d", "x, 2", {"x": regular("n c l", **FLOATING)}),
    ("adaptive_avg_pool1d", "x, 2", {"x": regular("n c l", **FLOATING)}),
    ("adaptive_max_pool1d", "x, 2", {"x": regular("n c l", **FLOATING)}),
    ("group_norm", "x, 1", {"x": regular("n c l", **FLOATING)}),
    ("layer_norm", "x, x.shape[-1:]", {"x": regular("n c l", **FLOATING)}),
    ("rms_norm", "x, x.shape[-1:]", {"x": regular("n c l", **FLOATING)}),
    ("instance_norm", "x, None, None, None, None, True, 0.1, 1e-5, False", {"x": regular("n c l", **FLOATING)}),
    ("batch_norm", "x, None, None, None, None, True, 0.1, 1e-5, False", {"x": regular("n c l", **FLOATING)}),
    ("dropout", "x, 0.0, True", {"x": regular("n c l", **FLOATING)}),
    ("embedding", "x, i", {"x": regular("c m", **FLOATING), "i": index("n k", "c")}),
    ("kl_div", "x, y", {"x": regular("n c", **FLOATING), "y": regular("n c", grad=False, **FLOATING)}),
    ("cosine_similarity", "x, y", {"x": regular("n c", **FLOATING), "y": regular("n c", **FLOATING)}),
    (
        "triplet_margin_loss",
        "x, y, z",
        {"x": regular("n c", **FLOATING), "y": regular("n c", **FLOATING), "z": regular("n c", **FLOATING)},
    ),
    (
        "margin_ranking_loss",
        "x, y, z",
        {"x": regular("n c", **FLOATING), "y": regular("n c", **FLOATING), "z": regular("n c", grad=False, **FLOATING)},
    ),
    ("hinge_embedding_loss", "x, z", {"x": regular("n c", **FLOATING), "z": regular("n c", grad=False, **FLOATING)}),
):
    # Operands that are drawn equal lie on the kink of a ranking loss.
    operation(f"torch.{name}", f"torch.{name}({call})", sizes=FEW, ulp=64, accumulates=True,
              smooth=name != "margin_ranking_loss", **inputs)  # fmt: skip
operation(
    "native_layer_norm",
    "torch.native_layer_norm(x, x.shape[-1:], None, None, 1e-5)[0]",
    x=regular("n c l", **FLOATING),
    sizes=FEW,
    ulp=64,
    accumulates=True,
)
operation(
    "native_batch_norm",
    "torch.native_batch_norm(x, None, None, None, None, True, 0.1, 1e-5)[0]",
    x=regular("n c l", **FLOATING),
    sizes=FEW,
    ulp=64,
    accumulates=True,
)
operation(
    "constant_pad_nd",
    "torch.constant_pad_nd(x, {p}, {v})",
    x=real("n c l", **FLOATING),
    p=[[1, 0], [0, 2, 1, 0]],
    v=[0, 1.5],
    sizes=FEW,
    exact=True,
)
