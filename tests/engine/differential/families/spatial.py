"""Signals, images and volumes: padding, resampling, pooling, patches, reading at positions."""

from ..catalogue import family, operation, positive, real, regular

family("Signals and images")

FEW = {"n": (1, 2), "c": (1, 2), "l": (1, 5), "h": (1, 4), "w": (1, 4), "d": (1, 3)}
SPACE = {1: "n c l", 2: "n c h w", 3: "n c d h w"}
FLOATING = {"dtypes": ("float64", "float32"), "layouts": False, "mixes": False}
LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}

for ndim, shape in SPACE.items():
    operation(
        f"nn.functional.interpolate (nearest, {ndim}d)",
        "F.interpolate(x, size={s})",
        "F.interpolate(x, scale_factor={f})",
        "F.interpolate(x, size={s}, mode='nearest-exact')",
        x=real(shape, **FLOATING),
        s=[1, 2, 3],
        f=[1, 2, 0.5, 1.5],
        sizes=FEW,
        accumulates=True,
    )
    operation(
        f"nn.functional.interpolate ({LINEAR[ndim]})",
        f"F.interpolate(x, size={{s}}, mode='{LINEAR[ndim]}', align_corners={{a}})",
        f"F.interpolate(x, scale_factor={{f}}, mode='{LINEAR[ndim]}')",
        x=regular(shape, **FLOATING),
        s=[1, 2, 3],
        f=[2, 1.5],
        a=[True, False, None],
        sizes=FEW,
        ulp=16,
        accumulates=True,
    )
    pads = [[1, 0] * ndim, [0, 1] * ndim, [1, 1] * ndim, [2, -1] * ndim]
    for mode in ("reflect", "replicate", "circular"):
        operation(
            f"nn.functional.pad ({mode}, {ndim}d)",
            f"F.pad(x, {{p}}, mode='{mode}')",
            x=real(shape, **FLOATING),
            p=pads[:3],
            sizes=FEW,
            accumulates=True,
        )
operation(
    "nn.functional.interpolate (bicubic)",
    "F.interpolate(x, size={s}, mode='bicubic', align_corners={a})",
    x=regular("n c h w", **FLOATING),
    s=[1, 2, 3],
    a=[True, False],
    sizes=FEW,
    ulp=64,
    accumulates=True,
)
operation(
    "nn.functional.interpolate (antialias)",
    "F.interpolate(x, size={s}, mode={m}, antialias=True)",
    x=regular("n c h w", **FLOATING),
    s=[1, 2, 3],
    m=["bilinear", "bicubic"],
    sizes=FEW,
    ulp=64,
    accumulates=True,
)
operation(
    "nn.functional.interpolate (area)",
    "F.interpolate(x, size={s}, mode='area')",
    x=regular("n c h w", **FLOATING),
    s=[1, 2, 3],
    sizes=FEW,
    accumulates=True,
)
for ndim, shape in SPACE.items():
    operation(
        f"nn.functional.adaptive_avg_pool{ndim}d",
        f"F.adaptive_avg_pool{ndim}d(x, {{s}})",
        x=real(shape, **FLOATING),
        s=[1, 2, 3],
        sizes=FEW,
        accumulates=True,
    )
    operation(
        f"nn.functional.adaptive_max_pool{ndim}d",
        f"F.adaptive_max_pool{ndim}d(x, {{s}})",
        f"F.adaptive_max_pool{ndim}d(x, {{s}}, return_indices=True)",
        x=real(shape, **FLOATING),
        s=[1, 2, 3],
        sizes=FEW,
        exact=True,
    )
    operation(
        f"nn.functional.max_unpool{ndim}d",
        f"F.max_unpool{ndim}d(*F.max_pool{ndim}d(x, 2, return_indices=True), 2)",
        x=real(shape, **FLOATING),
        sizes=dict.fromkeys(FEW, (2, 4)),
        smooth=False,
        exact=True,
    )
    operation(
        f"nn.functional.lp_pool{ndim}d",
        f"F.lp_pool{ndim}d(x, {{p}}, 2)",
        x=positive(shape, **FLOATING),
        p=[2, 3],
        sizes=dict.fromkeys(FEW, (2, 4)),
        ulp=16,
        accumulates=True,
    )
operation(
    "nn.functional.max_pool3d",
    "F.max_pool3d(x, {k}, {s}, {p}, ceil_mode={m})",
    "F.max_pool3d(x, 2, return_indices=True)",
    x=real("n c d h w", **FLOATING),
    k=[1, 2],
    s=[None, 1],
    p=[0, 1],
    m=[True, False],
    sizes=FEW,
    exact=True,
)
operation(
    "nn.functional.avg_pool3d",
    "F.avg_pool3d(x, {k}, {s}, {p}, {m}, {i})",
    x=real("n c d h w", **FLOATING),
    k=[1, 2],
    s=[None, 1],
    p=[0, 1],
    m=[True, False],
    i=[True, False],
    sizes=FEW,
    accumulates=True,
)
operation(
    "nn.functional.unfold",
    "F.unfold(x, {k}, {d}, {p}, {s})",
    x=real("n c h w", **FLOATING),
    k=[1, 2, (1, 2)],
    d=[1, 2],
    p=[0, 1],
    s=[1, 2],
    sizes=FEW,
    accumulates=True,
)
operation(
    "nn.functional.fold",
    "F.fold(F.unfold(x, {k}, padding={p}), x.shape[-2:], {k}, padding={p})",
    x=real("n c h w", **FLOATING),
    k=[1, 2, (1, 2)],
    p=[0, 1],
    sizes=FEW,
    accumulates=True,
)
operation(
    "pixel_shuffle",
    "torch.pixel_shuffle(x, {r})",
    "F.pixel_shuffle(x, {r})",
    x=real("n 4*c h w"),
    r=[1, 2],
    sizes=FEW,
    exact=True,
)
operation(
    "pixel_unshuffle",
    "torch.pixel_unshuffle(x, {r})",
    "F.pixel_unshuffle(x, {r})",
    x=real("n c 2*h 2*w"),
    r=[1, 2],
    sizes=FEW,
    exact=True,
)
operation(
    "channel_shuffle",
    "torch.channel_shuffle(x, {g})",
    "F.channel_shuffle(x, {g})",
    x=real("n 2*c h w"),
    g=[1, 2],
    sizes=FEW,
    exact=True,
)
operation(
    "nn.functional.affine_grid",
    "F.affine_grid(x, (n, 1, {h}, {w}), align_corners={a})",
    x=real("n 2 3", **FLOATING),
    h=[1, 2],
    w=[1, 3],
    a=[True, False],
    sizes=FEW,
    prepare="n = x.shape[0]",
    accumulates=True,
)
operation(
    "nn.functional.grid_sample",
    "F.grid_sample(x, y, {m}, {p}, {a})",
    x=regular("n c h w", **FLOATING),
    y=regular("n k k 2", **FLOATING),
    m=["bilinear", "nearest"],
    p=["zeros", "border", "reflection"],
    a=[True, False],
    sizes=FEW | {"k": (1, 2)},
    ulp=64,
    accumulates=True,
)
operation(
    "nn.functional.local_response_norm",
    "F.local_response_norm(x, {k})",
    x=real("n c h w", **FLOATING),
    k=[1, 2, 3],
    sizes=FEW,
    ulp=16,
    accumulates=True,
)
for shape in ("l d", "b l d", "b h l d"):
    operation(
        f"nn.functional.scaled_dot_product_attention ({shape.count(' ') + 1}d)",
        "F.scaled_dot_product_attention(x, y, z)",
        "F.scaled_dot_product_attention(x, y, z, is_causal=True)",
        "F.scaled_dot_product_attention(x, y, z, scale={s})",
        x=regular(shape, **FLOATING),
        y=regular(shape, **FLOATING),
        z=regular(shape, **FLOATING),
        s=[1.0, 0.5],
        sizes={"l": (1, 3), "d": (1, 3), "b": (1, 2), "h": (1, 2)},
        ulp=16,
        fits=shape == "b h l d",  # of keys and values there are as many, or PyTorch's kernel leaves its memory
        accumulates=True,
    )
for ndim, points in ((2, "n k k 2"), (3, "n k k k 3")):
    operation(
        f"grid_sampler_{ndim}d",
        f"torch.grid_sampler_{ndim}d(x, y, {{m}}, 0, {{a}})",
        x=regular(SPACE[ndim], **FLOATING),
        y=regular(points, **FLOATING),
        m=[0, 1],
        a=[True, False],
        sizes=FEW | {"k": (1, 2)},
        ulp=64,
        accumulates=True,
    )
operation(
    "affine_grid_generator",
    "torch.affine_grid_generator(x, (x.shape[0], 1, 2, 3), {a})",
    x=regular("n 2 3", **FLOATING),
    a=[True, False],
    sizes=FEW,
    accumulates=True,
)
for ndim, shape in SPACE.items():
    operation(
        f"nn.functional.max_pool{ndim}d_with_indices",
        f"F.max_pool{ndim}d_with_indices(x, 1)",
        x=regular(shape, **FLOATING),
        sizes=FEW,
        exact=True,
    )
    operation(
        f"nn.functional.adaptive_max_pool{ndim}d_with_indices",
        f"F.adaptive_max_pool{ndim}d_with_indices(x, 1)",
        x=regular(shape, **FLOATING),
        sizes=FEW,
        exact=True,
    )
operation(
    "nn.functional.upsample",
    "F.upsample(x, scale_factor={f})",
    "F.upsample_nearest(x, scale_factor={f})",
    x=regular("n c h w", **FLOATING),
    f=[1, 2],
    sizes=FEW,
    exact=True,
    smooth=False,
)
operation(
    "nn.functional.upsample_bilinear",
    "F.upsample_bilinear(x, scale_factor={f})",
    x=regular("n c h w", **FLOATING),
    f=[1, 2],
    sizes=FEW,
    ulp=16,
    accumulates=True,
)
operation(
    "grid_sampler",
    "torch.grid_sampler(x, y, 0, 0, {a})",
    x=regular("n c h w", **FLOATING),
    y=regular("n k k 2", **FLOATING),
    a=[True, False],
    sizes=FEW | {"k": (1, 2)},
    ulp=64,
    accumulates=True,
)
operation(
    "nn.functional.feature_alpha_dropout (p=0)",
    "F.feature_alpha_dropout(x, 0.0, {t})",
    x=regular("n c l", **FLOATING),
    t=[True, False],
    sizes=FEW,
    exact=True,
)
