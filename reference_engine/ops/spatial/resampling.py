"""Enlarging and shrinking: the rows behind ``torch.nn.functional.interpolate``.

An output position lies somewhere between input positions: "nearest" takes one of them, "linear" and "cubic" weigh two
or four along each dimension. With ``align_corners`` the outermost positions coincide, otherwise the outermost edges.
"""

from __future__ import annotations

import numpy as np

from ..refusals import only_wide
from .stencils import linear_row, separable


def _scale(size: int, count: int, factor, align: bool) -> float:
    """How many input positions one step of the output is."""
    if align:
        return (size - 1) / (count - 1) if count > 1 else 0.0
    return 1 / factor if factor is not None and factor > 0 else size / count


def _nearest(size, count, factor, align, exact=False):
    at = np.arange(count) + (0.5 if exact else 0.0)
    place = np.floor(at * np.float32(_scale(size, count, factor, False))).astype(np.int64)
    return count, np.minimum(place, size - 1)[None], None


def _between(size, count, factor, align):
    scale = _scale(size, count, factor, align)
    at = np.arange(count)
    return at * scale if align else (at + 0.5) * scale - 0.5


def _linear(size, count, factor, align):
    at = np.maximum(_between(size, count, factor, align), 0)
    low = np.minimum(np.floor(at).astype(np.int64), size - 1)
    high = np.minimum(low + 1, size - 1)
    share = np.clip(at - low, 0, 1)
    return count, np.stack([low, high]), np.stack([1 - share, share])


_A = -0.75  # the slope of the cubic kernel at distance 1


def _cubic_weight(x, a=_A):
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((x - 5) * x + 8) * x * a - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def _cubic(size, count, factor, align):
    at = _between(size, count, factor, align)
    low = np.floor(at)
    taps = low[None] + np.arange(-1, 3)[:, None]
    return count, np.clip(taps, 0, size - 1).astype(np.int64), _cubic_weight(at[None] - taps)


def _smoothed(kernel, reach):
    """With antialiasing: when shrinking, the kernel is widened to cover all inputs between two outputs."""

    def taps(size, count, factor, align):
        scale = _scale(size, count, factor, align)
        wide = max(scale, 1.0)
        centre = (np.arange(count) + 0.5) * scale
        first = np.maximum((centre - reach * wide + 0.5).astype(np.int64), 0)
        last = np.minimum((centre + reach * wide + 0.5).astype(np.int64), size)
        most = int((last - first).max(initial=1))
        places = first[None] + np.arange(most)[:, None]
        inside = places < last[None]
        weights = np.where(inside, kernel((places - centre[None] + 0.5) / wide), 0)
        return count, np.where(inside, places, 0), weights / weights.sum(axis=0)

    return taps


def _triangle(x):
    return np.maximum(1 - np.abs(x), 0)


_TAPS = {
    "nearest": _nearest,
    "nearest_exact": lambda *facts: _nearest(*facts, exact=True),
    "linear": _linear,
    "cubic": _cubic,
    "linear_aa": _smoothed(_triangle, 1),
    "cubic_aa": _smoothed(lambda x: _cubic_weight(x, -0.5), 2),
}


_SMOOTHING = "compute_index_ranges_weights"
_only_wide = only_wide(_SMOOTHING, lambda array: None)


def _refused(kind: str, ndim: int) -> tuple:
    """The dtypes that the kernels do not know, and what those are called."""
    if kind.endswith("_aa"):
        return (("bic", _SMOOTHING),)
    mode = kind.partition("_")[0]
    if ndim == 2 and mode != "cubic":
        return (("bic", f"upsample_{'bilinear' if mode == 'linear' else mode}2d_channels_last"),)
    return (("biuc" if mode == "linear" else "bic", f"compute_indices_weights_{mode}"),)


def _row(name: str, node: str, kind: str, ndim: int, aligns: bool):
    scales = ["scales"] if ndim == 1 else ["scales_d", "scales_h", "scales_w"][-ndim:]
    align = ["bool align_corners"] if aligns else []
    parameters = ", ".join(["int[] output_size", *align, *[f"float? {scale}=None" for scale in scales]])
    taps = _TAPS[kind]

    def stencil(sizes, output_size, *rest):
        corners, factors = (rest[0], rest[1:]) if aligns else (False, rest)
        return separable([taps(*facts, corners) for facts in zip(sizes, output_size, factors, strict=True)], sizes)

    def check(array, output_size, *rest):
        if min(array.shape[-ndim:], default=1) <= 0 or min(output_size) <= 0:
            names = ("W",) if ndim == 1 else ("D", "H", "W")[-ndim:]
            inputs = ", ".join(f"{n}: {s}" for n, s in zip(names, array.shape[-ndim:], strict=True))
            outputs = ", ".join(f"{n}: {s}" for n, s in zip(names, output_size, strict=True))
            both = " and" if ndim == 1 else ""
            raise RuntimeError(
                f"Input and output sizes should be greater than 0, but got input ({inputs}){both} output ({outputs})"
            )
        if kind.endswith("_aa"):
            _only_wide(array)

    return linear_row(name, parameters, stencil, ndim, node, check=check, refuses=_refused(kind, ndim))


def _family():
    rows = {}
    for ndim, plain, smooth in ((1, "Linear1D", "linear1d"), (2, "Bilinear2D", "bilinear2d"),
                                (3, "Trilinear3D", "trilinear3d")):  # fmt: skip
        rows["nearest", ndim] = _row(f"upsample_nearest{ndim}d", f"UpsampleNearest{ndim}D", "nearest", ndim, False)
        rows["nearest-exact", ndim] = _row(
            f"_upsample_nearest_exact{ndim}d", f"UpsampleNearestExact{ndim}D", "nearest_exact", ndim, False
        )
        mode = ("linear", "bilinear", "trilinear")[ndim - 1]
        rows[mode, ndim] = _row(f"upsample_{smooth}", f"Upsample{plain}", "linear", ndim, True)
    rows["bicubic", 2] = _row("upsample_bicubic2d", "UpsampleBicubic2D", "cubic", 2, True)
    rows["bilinear aa", 2] = _row("_upsample_bilinear2d_aa", "UpsampleBilinear2DAa", "linear_aa", 2, True)
    rows["bicubic aa", 2] = _row("_upsample_bicubic2d_aa", "UpsampleBicubic2DAa", "cubic_aa", 2, True)
    return rows


ROWS = _family()
