"""Convolution, pooling and normalisation of nn.functional."""

from ..catalogue import family, operation, positive, real

family("Convolution, pooling and normalisation")

SIZES = {"n": (1, 2), "c": (1, 2), "o": (1, 2), "l": (3, 5), "h": (3, 4), "w": (3, 4), "k": (1, 3), "j": (1, 2)}
for rank, space, kernel in ((1, "l", "k"), (2, "h w", "k j"), (3, "3 h w", "2 k j")):
    # Which kernel the library takes decides whether padding and gaps are multiplied by infinite weights.
    corners = {"value": "infinite weights meet padding in some kernels of the library only"} if rank > 1 else None
    operation(f"nn.functional.conv{rank}d", f"F.conv{rank}d(x, w, stride={{s}}, padding={{p}}, dilation={{d}})",
              x=real(f"n c {space}"), w=real(f"o c {kernel}"), s=[1, 2], p=[0, 1], d=[1, 2], sizes=SIZES,
              accumulates=True, differs=corners)  # fmt: skip
    operation(f"nn.functional.conv{rank}d (bias)", f"F.conv{rank}d(x, w, b)", x=real(f"c {space}"),
              w=real(f"o c {kernel}"), b=real("o"), sizes=SIZES, accumulates=True)  # fmt: skip
    operation(
        f"nn.functional.conv_transpose{rank}d",
        f"F.conv_transpose{rank}d(x, w, stride={{s}}, padding={{p}})",
        x=real(f"n c {space}"),
        w=real(f"c o {kernel}"),
        s=[1, 2],
        p=[0, 1],
        sizes=SIZES,
        accumulates=True,
        differs=corners,
    )
operation("nn.functional.conv2d (groups)", "F.conv2d(x, w, groups={g})", x=real("n 4 3 3"), w=real("4 2 2 2"), g=[2],
          sizes=SIZES, accumulates=True)  # fmt: skip
operation(
    "nn.functional.conv1d (same)",
    "F.conv1d(x, w, padding='same')",
    x=real("n c l"),
    w=real("o c k"),
    sizes=SIZES,
    accumulates=True,
)
for rank, space in ((1, "l"), (2, "h w")):
    operation(
        f"nn.functional.max_pool{rank}d",
        f"F.max_pool{rank}d(x, {{k}}, {{s}}, ceil_mode={{m}})",
        x=real(f"n c {space}"),
        k=[2, 1, 3],
        s=[1, 2, None],
        m=[False, True],
        sizes=SIZES,
        exact=True,
    )
    operation(f"nn.functional.max_pool{rank}d (indices)", f"F.max_pool{rank}d(x, 2, return_indices=True)",
              x=real(f"n c {space}"), sizes=SIZES, exact=True)  # fmt: skip
    operation(f"nn.functional.avg_pool{rank}d", f"F.avg_pool{rank}d(x, {{k}}, {{s}}, {{p}}, {{m}})",
              x=real(f"n c {space}"), k=[2, 3], s=[1, 2, None], p=[0, 1], m=[False, True], sizes=SIZES,
              accumulates=True)  # fmt: skip


SIZES = {"n": (1, 3), "c": (1, 3), "l": (1, 4), "m": (1, 4)}
ASSERTED = {"errors": "parameters of other dtypes fail an assertion inside torch, or pass, as its kernels happen to be"}
operation("nn.functional.batch_norm", "F.batch_norm(x, None, None, training=True)", x=real("n c l"), sizes=SIZES,
          accumulates=True, ulp=64,
          differs={"value": "where sums exceed float32 it depends on their order"})  # fmt: skip
operation("nn.functional.batch_norm (affine)", "F.batch_norm(x, None, None, w, b, True)", x=real("n c l"), w=real("c"),
          b=real("c"), sizes=SIZES, accumulates=True, ulp=64,
          differs=ASSERTED | {"gradient": "beside large weights it is what is left of their cancellation"})  # fmt: skip
operation("nn.functional.batch_norm (evaluation)", "F.batch_norm(x, m, v, w, b)", x=real("n c"),
          m=real("c", grad=False), v=positive("c", grad=False), w=real("c"), b=real("c"), sizes=SIZES,
          accumulates=True, ulp=64, differs=ASSERTED)  # fmt: skip
operation("nn.functional.layer_norm", "F.layer_norm(x, x.shape[-1:])", x=real("n m"), sizes=SIZES, accumulates=True,
          ulp=64)  # fmt: skip
operation("nn.functional.layer_norm (affine)", "F.layer_norm(x, x.shape[-1:], w, b)", x=real("n m"), w=real("m"),
          b=real("m"), sizes=SIZES, accumulates=True, ulp=64)  # fmt: skip
operation("nn.functional.group_norm", "F.group_norm(x, {g}, w, b)", x=real("n 2*c l"), w=real("2*c"), b=real("2*c"),
          g=[1, 2], sizes=SIZES, accumulates=True, ulp=64)  # fmt: skip
operation("nn.functional.instance_norm", "F.instance_norm(x)", "F.instance_norm(x, weight=w, bias=b)", x=real("n c l"),
          w=real("c"), b=real("c"), sizes=SIZES, accumulates=True, ulp=512)  # fmt: skip
operation("nn.functional.rms_norm", "F.rms_norm(x, x.shape[-1:])", "F.rms_norm(x, x.shape[-1:], w)", x=real("n m"),
          w=real("m"), sizes=SIZES, accumulates=True, ulp=64)  # fmt: skip
