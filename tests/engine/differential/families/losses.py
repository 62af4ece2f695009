"""Losses and distances of nn.functional."""

from ..catalogue import family, index, operation, positive, real, unit

REDUCTION = ["mean", "sum", "none"]
family("Losses and distances")

for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"):
    operation(f"nn.functional.{name}", f"F.{name}(x, y, reduction={{r}})", x=real("..."), y=real("..."), r=REDUCTION,
              accumulates=True)  # fmt: skip
operation("nn.functional.kl_div", "F.kl_div(x, y, reduction={r})", x=real("..."), y=positive("..."), r=REDUCTION,
          accumulates=True)  # fmt: skip
operation("nn.functional.soft_margin_loss", "F.soft_margin_loss(x, y, reduction={r})", x=real("..."),
          y=real("...", grad=False), r=REDUCTION, accumulates=True)  # fmt: skip
operation("nn.functional.mse_loss (broadcast)", "F.mse_loss(x, y)", x=real("..."), y=real("~"), accumulates=True)
operation("nn.functional.smooth_l1_loss (beta)", "F.smooth_l1_loss(x, y, beta={b})", x=real("..."), y=real("..."),
          b=[0.5, 0.0, 2.0], accumulates=True)  # fmt: skip
operation(
    "nn.functional.huber_loss (delta)",
    "F.huber_loss(x, y, delta={b})",
    x=real("..."),
    y=real("..."),
    b=[0.5, 2.0],
    accumulates=True,
)
operation("nn.functional.kl_div (log target)", "F.kl_div(x, y, reduction={r}, log_target=True)", x=real("n c"),
          y=real("n c"), r=[*REDUCTION, "batchmean"], accumulates=True)  # fmt: skip
operation("nn.functional.nll_loss", "F.nll_loss(x, i, reduction={r})", x=real("n c"), i=index("n", "c"), r=REDUCTION,
          accumulates=True)  # fmt: skip
operation(
    "nn.functional.nll_loss (weight)",
    "F.nll_loss(x, i, w, ignore_index={g}, reduction={r})",
    x=real("n c"),
    i=index("n", "c"),
    w=positive("c", grad=False, mixes=False),
    g=[-100, 0],
    r=REDUCTION,
    accumulates=True,
)
operation(
    "nn.functional.nll_loss (images)",
    "F.nll_loss(x, i, reduction={r})",
    x=real("n c h w"),
    i=index("n h w", "c"),
    r=REDUCTION,
    sizes={"n": (1, 2), "c": (1, 3), "h": (1, 2), "w": (1, 2)},
    accumulates=True,
)
operation("nn.functional.cross_entropy", "F.cross_entropy(x, i, reduction={r})", x=real("n c"), i=index("n", "c"),
          r=REDUCTION, accumulates=True)  # fmt: skip
operation("nn.functional.cross_entropy (smoothing)", "F.cross_entropy(x, i, reduction={r}, label_smoothing=0.25)",
          x=real("n c"), i=index("n", "c"), r=REDUCTION, accumulates=True)  # fmt: skip
operation("nn.functional.cross_entropy (probabilities)", "F.cross_entropy(x, y, reduction={r})", x=real("n c"),
          y=unit("n c"), r=REDUCTION, accumulates=True)  # fmt: skip
operation("nn.functional.binary_cross_entropy", "F.binary_cross_entropy(x, y, reduction={r})", x=unit("..."),
          y=unit("..."), r=REDUCTION, accumulates=True)  # fmt: skip
operation("nn.functional.binary_cross_entropy_with_logits", "F.binary_cross_entropy_with_logits(x, y, reduction={r})",
          x=real("..."), y=unit("..."), r=REDUCTION, accumulates=True,
          differs={"forward mode": "of two dtypes torch rounds to the narrower one on the way"})  # fmt: skip
operation("nn.functional.poisson_nll_loss", "F.poisson_nll_loss(x, y, log_input={l}, reduction={r})", x=positive("..."),
          y=positive("..."), l=[True, False], r=REDUCTION, accumulates=True)  # fmt: skip
operation(
    "nn.functional.gaussian_nll_loss",
    "F.gaussian_nll_loss(x, y, z, reduction={r})",
    x=real("..."),
    y=real("..."),
    z=positive("..."),
    r=REDUCTION,
    accumulates=True,
)
# No empty batch is drawn: torch's sum or mean of one is uninitialised memory, another number at every call.
operation("nn.functional.multi_margin_loss", "F.multi_margin_loss(x, i, p={p}, reduction={r})", x=real("n c"),
          i=index("n", "c"), p=[1, 2], r=REDUCTION, sizes={"n": (1, 3)},
          accumulates=True)  # fmt: skip
operation("nn.functional.margin_ranking_loss", "F.margin_ranking_loss(x, y, z, margin=0.5, reduction={r})", x=real("n"),
          y=real("n"), z=real("n"), r=REDUCTION, accumulates=True)  # fmt: skip
operation("nn.functional.hinge_embedding_loss", "F.hinge_embedding_loss(x, y, reduction={r})", x=real("..."),
          y=real("...", grad=False), r=REDUCTION, accumulates=True)  # fmt: skip
operation("nn.functional.cosine_embedding_loss", "F.cosine_embedding_loss(x, y, z, reduction={r})", x=real("n m"),
          y=real("n m"), z=real("n", grad=False), r=REDUCTION, accumulates=True)  # fmt: skip
operation("nn.functional.triplet_margin_loss", "F.triplet_margin_loss(x, y, z, reduction={r})", x=real("n m"),
          y=real("n m"), z=real("n m"), r=REDUCTION, accumulates=True)  # fmt: skip
operation(
    "nn.functional.cosine_similarity",
    "F.cosine_similarity(x, y, {d})",
    x=real("... n"),
    y=real("... n"),
    d=[-1, 0],
    accumulates=True,
)
operation("nn.functional.pairwise_distance", "F.pairwise_distance(x, y, p={p}, keepdim={k})", x=real("... n"),
          y=real("... n"), p=[2.0, 1.0, 3.0], k=[False, True], accumulates=True)  # fmt: skip
