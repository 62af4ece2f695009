"""Images and volumes: padding, resampling, reading at positions."""

import math
import warnings

from ...errors import NotModelled
from ...ops import padding as constant
from ...ops.spatial import grid_sampling, padding, resampling, shuffling


def pad(input, pad, mode: str = "constant", value=None):
    """Elements added (or, where negative, cut off) before and after each dimension, the last one first.

    "constant" adds `value`, "reflect", "replicate" and "circular" what is there, in the last one to three dimensions.
    Raises RuntimeError for a length that is odd or too long, NotImplementedError for ranks without such a mode.
    """
    if mode == "constant":
        return constant.pad(input, pad, mode, value)
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) > 2 * input.dim():
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding "
            f"length {len(pad)} and input of dimension {input.dim()}"
        )
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    ndim = len(pad) // 2
    if ndim not in (1, 2, 3) or input.dim() not in (ndim + 1, ndim + 2):
        raise NotImplementedError(
            f"Padding size {len(pad)} is not supported for {input.dim()}D input tensor.\nSupported combinations for "
            "non-constant padding:\n"
            "  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
            "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
            "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"
        )
    if mode == "circular":
        return padding.circular(input, list(pad))
    rows = padding.REFLECTION if mode == "reflect" else padding.REPLICATION
    return rows[ndim](input, list(pad))


_WITHOUT_CORNERS = ("nearest", "area", "nearest-exact")
_RANKS = {"linear": 1, "bilinear": 2, "trilinear": 3}


def interpolate(
    input,
    size=None,
    scale_factor=None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
):
    """(N, C, *positions) enlarged or shrunk to `size` or by `scale_factor`.

    Raises ValueError for arguments that do not go together, NotImplementedError for ranks without that mode.
    """
    if mode in _WITHOUT_CORNERS:
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | "
                "trilinear"
            )
    elif align_corners is None:
        align_corners = False
    ndim = input.dim() - 2
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    factors = None
    if size is not None:
        if isinstance(size, (list, tuple)) and len(size) != ndim:
            raise ValueError(
                f"Input and output must have the same number of spatial dimensions, but got input with spatial "
                f"dimensions of {list(input.shape[2:])} and output size of {size}. Please provide input tensor in (N, "
                "C, d1, d2, ...,dK) format and output size in (o1, o2, ...,oK) format."
            )
        sizes = list(size) if isinstance(size, (list, tuple)) else [size] * ndim
    else:
        if isinstance(scale_factor, (list, tuple)) and len(scale_factor) != ndim:
            raise ValueError(
                f"Input and scale_factor must have the same number of spatial dimensions, but got input with spatial "
                f"dimensions of {list(input.shape[2:])} and scale_factor of shape {scale_factor}. Please provide input "
                "tensor in (N, C, d1, d2, ...,dK) format and scale_factor in (s1, s2, ...,sK) format."
            )
        factors = list(scale_factor) if isinstance(scale_factor, (list, tuple)) else [scale_factor] * ndim
        sizes = [math.floor(float(n) * factor) for n, factor in zip(input.shape[2:], factors, strict=True)]
    if mode == "area" and ndim in (1, 2, 3):
        from . import pooling

        return getattr(pooling, f"adaptive_avg_pool{ndim}d")(input, sizes)
    if recompute_scale_factor:
        factors = None
    return _resampled(input, sizes, factors or [None] * ndim, mode, align_corners, antialias, ndim)


def _resampled(input, sizes, factors, mode, align_corners, antialias, ndim):
    if antialias and not (mode in ("bilinear", "bicubic") and ndim == 2):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input"
        )
    row = resampling.ROWS.get((f"{mode} aa" if antialias else mode, ndim))
    if row is None:
        if mode in _RANKS and ndim in (1, 2, 3):
            raise NotImplementedError(f"Got {ndim + 2}D input, but {mode} mode needs {_RANKS[mode] + 2}D input")
        raise NotImplementedError(
            "Input Error: Only 3D, 4D and 5D input Tensors supported"
            f" (got {input.dim()}D) for the modes: nearest | linear | bilinear | bicubic | trilinear | lanczos | area "
            f"| nearest-exact (got {mode})"
        )
    if mode in ("nearest", "nearest-exact"):
        return row(input, sizes, *factors)
    return row(input, sizes, align_corners, *factors)


def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """The older name of `interpolate`."""
    warnings.warn("`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2)
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input, size=None, scale_factor=None):
    """`interpolate` to the nearest element."""
    warnings.warn(
        "`nn.functional.upsample_nearest` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2
    )
    return interpolate(input, size, scale_factor)


def upsample_bilinear(input, size=None, scale_factor=None):
    """Bilinear `interpolate` with aligned corners."""
    warnings.warn(
        "`nn.functional.upsample_bilinear` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2
    )
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


def grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    """(N, C, *positions) read at the points (N, *outputs, dimensions), each coordinate between -1 and 1."""
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
            f"'{padding_mode}'"
        )
    if mode == "bicubic":
        raise NotModelled("torch.nn.functional.grid_sample(mode='bicubic')")
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please "
            "specify align_corners=True if the old behavior is desired. See the documentation of grid_sample for "
            "details.",
            stacklevel=2,
        )
        align_corners = False
    return _grid_sampler(
        input, grid, ("bilinear", "nearest").index(mode), ("zeros", "border", "reflection").index(padding_mode),
        align_corners,
    )  # fmt: skip


def _grid_sampler(input, grid, interpolation_mode: int, padding_mode: int, align_corners: bool):
    """`grid_sample` with numbers for its modes."""
    if input.size(0) == grid.size(0) and (input.dim() not in (4, 5) or input.dim() != grid.dim()):
        wanted = f"{input.dim()}D" if input.dim() in (4, 5) else "4D or 5D"
        raise RuntimeError(
            f"grid_sampler(): expected {wanted} input and grid with same number of dimensions, but got input with "
            f"sizes {list(input.shape)} and grid with sizes {list(grid.shape)}"
        )
    row = grid_sampling.grid_sampler_2d if input.dim() == 4 else grid_sampling.grid_sampler_3d
    return row(input, grid, interpolation_mode, padding_mode, align_corners)


def affine_grid(theta, size, align_corners=None):
    """The points (N, *positions, dimensions) that maps theta (N, dimensions, dimensions + 1) give an output `size`."""
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please "
            "specify align_corners=True if the old behavior is desired. See the documentation of grid_sample for "
            "details.",
            stacklevel=2,
        )
        align_corners = False
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    wanted = {4: (2, 3), 5: (3, 4)}.get(len(size))
    if wanted is None:
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size "
            f"{size}."
        )
    if theta.dim() != 3 or tuple(theta.shape[-2:]) != wanted:
        raise ValueError(
            f"Expected a batch of {len(size) - 2}D affine matrices of shape Nx{wanted[0]}x{wanted[1]} for size "
            f"{size}. Got {theta.shape}."
        )
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    return shuffling.affine_grid_generator(theta, list(size), align_corners)
