"""Rearrangements between channels and positions, and the grid of an affine map.

Rules: torch.nn.functional.pixel_shuffle, pixel_unshuffle, channel_shuffle, affine_grid.
"""

from __future__ import annotations

import math

import numpy as np

from ..table import op


def _pixel_shuffle(array, upscale_factor):
    if array.ndim < 3:
        raise RuntimeError(
            f"pixel_shuffle expects input to have at least 3 dimensions, but got input with {array.ndim} dimension(s)"
        )
    if upscale_factor <= 0:
        raise RuntimeError(f"pixel_shuffle expects a positive upscale_factor, but got {upscale_factor}")
    r, (channels, height, width) = upscale_factor, array.shape[-3:]
    if channels % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
            f"but input.size(-3)={channels} is not divisible by {r * r}"
        )
    parts = array.reshape(*array.shape[:-3], channels // (r * r), r, r, height, width)
    lead = list(range(array.ndim - 3))
    order = [*lead, *(len(lead) + place for place in (0, 3, 1, 4, 2))]
    found = parts.transpose(order).reshape(*array.shape[:-3], channels // (r * r), height * r, width * r)
    return np.ascontiguousarray(found)


def _pixel_unshuffle(array, downscale_factor):
    if array.ndim < 3:
        raise RuntimeError(
            f"pixel_unshuffle expects input to have at least 3 dimensions, but got input with {array.ndim} dimension(s)"
        )
    if downscale_factor <= 0:
        raise RuntimeError(f"pixel_unshuffle expects a positive downscale_factor, but got {downscale_factor}")
    r, (channels, height, width) = downscale_factor, array.shape[-3:]
    for name, place, size in (("height", -2, height), ("width", -1, width)):
        if size % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but input.size({place})={size} "
                f"is not divisible by {r}"
            )
    parts = array.reshape(*array.shape[:-3], channels, height // r, r, width // r, r)
    lead = list(range(array.ndim - 3))
    order = [*lead, *(len(lead) + place for place in (0, 2, 4, 1, 3))]
    found = parts.transpose(order).reshape(*array.shape[:-3], channels * r * r, height // r, width // r)
    return np.ascontiguousarray(found)


pixel_shuffle = op(
    "pixel_shuffle(Tensor self, int upscale_factor)",
    _pixel_shuffle,
    self=lambda grad, upscale_factor: pixel_unshuffle(grad, upscale_factor),
    jvp="linear",
    method=False,
)
pixel_unshuffle = op(
    "pixel_unshuffle(Tensor self, int downscale_factor)",
    _pixel_unshuffle,
    self=lambda grad, downscale_factor: pixel_shuffle(grad, downscale_factor),
    jvp="linear",
    method=False,
)


def _channel_shuffle(array, groups):
    if array.ndim < 3:
        raise RuntimeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(array.shape)}")
    if groups <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    channels = array.shape[1]
    if channels % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {channels} channels and {groups} groups."
        )
    parts = array.reshape(array.shape[0], groups, channels // groups, *array.shape[2:])
    return np.ascontiguousarray(parts.swapaxes(1, 2)).reshape(array.shape)


channel_shuffle = op(
    "channel_shuffle(Tensor self, int groups)",
    _channel_shuffle,
    self=lambda grad, groups: channel_shuffle(grad, grad.size(1) // groups),
    jvp="linear",
    method=False,
)

# -- the grid of an affine map -----------------------------------------------------------------------------------


def _base(size, align_corners, dtype):
    """(points, dimensions + 1): the homogeneous coordinates of all output positions, between -1 and 1."""
    axes = []
    for count in size[2:]:
        line = np.linspace(-1, 1, count) if count > 1 else np.zeros(count)
        axes.append(line if align_corners else line * (count - 1) / count)
    mesh = np.meshgrid(*axes, indexing="ij")
    points = np.stack([*mesh[::-1], np.ones_like(mesh[0])], axis=-1)
    return points.reshape(-1, len(size) - 1).astype(dtype)


def _affine_grid(theta, size, align_corners):
    base = _base(size, align_corners, theta.dtype)
    if theta.ndim != 3:
        raise RuntimeError("batch2 must be a 3D tensor")
    points = base @ theta.swapaxes(1, 2)
    shape = [size[0], *size[2:], len(size) - 2]
    if points.size != math.prod(shape):
        raise RuntimeError(f"shape '{shape}' is invalid for input of size {points.size}")
    return points.reshape(shape)


def _affine_grid_grad(grad, size, align_corners):
    from ...creation import tensor

    base = tensor(_base(size, align_corners, grad._array.dtype), device=grad.device)
    flat = grad.reshape(size[0], -1, len(size) - 2)
    return (base.t().unsqueeze(0).expand(size[0], -1, -1) @ flat).transpose(1, 2)


affine_grid_generator = op(
    "affine_grid_generator(Tensor theta, int[] size, bool align_corners)",
    _affine_grid,
    theta=_affine_grid_grad,
    jvp="linear",
    method=False,
)
