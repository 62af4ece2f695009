"""Reading an image or volume at given positions between its elements.

Rule: torch.nn.functional.grid_sample. Positions run from -1 to 1. The operation is composed of differentiable ones;
its node keeps the image and the grid, and differentiates the composition.
"""

from __future__ import annotations

from itertools import product

from ...dtypes import BY_NUMPY
from ..composed import through, unrecorded
from ..elementwise import where, zeros_like
from ..table import op

BILINEAR, NEAREST = 0, 1
ZEROS, BORDER, REFLECTION = 0, 1, 2


def _unnormalised(coordinate, size: int, align_corners: bool):
    return (coordinate + 1) * (0.5 * (size - 1)) if align_corners else ((coordinate + 1) * size - 1) * 0.5


def _reflected(coordinate, size: int, align_corners: bool):
    low, span = (0.0, size - 1.0) if align_corners else (-0.5, float(size))
    if span <= 0:
        return zeros_like(coordinate)
    distance = (coordinate - low).abs()
    turns = (distance / span).floor()
    rest = distance - turns * span
    return where(turns % 2 == 0, rest + low, span - rest + low)


def _bounded(coordinate, size: int, padding: int, align_corners: bool):
    if padding == REFLECTION:
        coordinate = _reflected(coordinate, size, align_corners)
    if padding == ZEROS:
        return coordinate
    # At the bounds the derivative is that of outside, 0.
    outside = (coordinate <= 0) | (coordinate >= size - 1)
    return where(outside, coordinate.detach().clamp(0, size - 1), coordinate)


def _read(input, places, sizes):
    """input (N, C, *sizes) at whole positions, one tensor (N, points) per dimension; 0 outside."""
    inside, flat = None, None
    for place, size in zip(places, sizes, strict=True):
        within = (place >= 0) & (place <= size - 1)
        inside = within if inside is None else inside & within
        step = place.clamp(0, size - 1).nan_to_num(0.0)
        flat = step if flat is None else flat * size + step
    samples, channels = input.size(0), input.size(1)
    index = flat.long().unsqueeze(1).expand(samples, channels, flat.size(1))
    found = input.reshape(samples, channels, -1).gather(2, index)
    return found * inside.unsqueeze(1).to(found.dtype)


def sampled(input, grid, interpolation_mode: int, padding_mode: int, align_corners: bool):
    """The composition: (N, C, *sizes) read at (N, *outputs, dimensions)."""
    sizes = input._array.shape[2:]
    outputs = grid._array.shape[1:-1]
    points = grid.reshape(grid.size(0), -1, len(sizes))
    # The last coordinate of a point belongs to the first dimension.
    coordinates = [
        _bounded(_unnormalised(points.select(-1, len(sizes) - 1 - place), size, align_corners), size, padding_mode,
                 align_corners)
        for place, size in enumerate(sizes)
    ]  # fmt: skip
    if interpolation_mode == NEAREST:
        total = _read(input, [place.round().detach() for place in coordinates], sizes)
    else:
        low = [place.detach().floor() for place in coordinates]
        share = [place - below for place, below in zip(coordinates, low, strict=True)]
        total = None
        for corner in product((0, 1), repeat=len(sizes)):
            weight = None
            for upper, part in zip(corner, share, strict=True):
                factor = part if upper else 1 - part
                weight = factor if weight is None else weight * factor
            value = _read(input, [below + upper for below, upper in zip(low, corner, strict=True)], sizes)
            value = value * weight.unsqueeze(1)
            total = value if total is None else total + value
    return total.reshape(input.size(0), input.size(1), *outputs)


def _demand(input, grid) -> None:
    """Shapes that fit each other, and one element type. Raises ``RuntimeError``."""
    sizes = f"but got input with sizes {list(input.shape)} and grid with sizes {list(grid.shape)}"
    if input.shape[0] != grid.shape[0]:
        raise RuntimeError(f"grid_sampler(): expected grid and input to have same batch size, {sizes}")
    if grid.shape[-1] != input.ndim - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {input.ndim - 2} in last dimension, but got grid with sizes "
            f"{list(grid.shape)}"
        )
    if input.ndim != grid.ndim:
        raise RuntimeError(
            f"grid_sampler(): expected {input.ndim}D input and grid with same number of dimensions, {sizes}"
        )
    if input.dtype != grid.dtype:
        wanted, found = BY_NUMPY[input.dtype].scalar, BY_NUMPY[grid.dtype].scalar
        raise RuntimeError(f"expected scalar type {wanted} but found {found}")


_compute = unrecorded(sampled)


def _forward(input, grid, *options):
    _demand(input, grid)
    return _compute(input, grid, *options)


_NAMES = ("input", "grid", "interpolation_mode", "padding_mode", "align_corners")


def _row(ndim: int):
    return op(
        f"grid_sampler_{ndim}d(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, "
        "bool align_corners)",
        _forward,
        node=f"GridSampler{ndim}DBackward0",
        input=through(sampled, _NAMES, "input"),
        grid=through(sampled, _NAMES, "grid"),
        method=False,
    )


grid_sampler_2d, grid_sampler_3d = _row(2), _row(3)
