"""Pooling over windows of volumes, over windows that give a wanted size, and its partial inverse.

Rules: torch.nn.functional.max_pool3d, avg_pool3d, adaptive_avg_pool*, adaptive_max_pool*, max_unpool*.
"""

from __future__ import annotations

import math

import numpy as np

from ..backward_rows import backward_operation
from ..pooling import (
    _avg_pool,
    _avg_pool_back,
    _max_pool,
    check_avg_pool,
    demand_windows,
    first_or_missing,
    only_long,
    picked,
    to_winners,
)
from ..refusals import only_wide
from ..table import op
from .stencils import linear_row, separable


def _batched(function, rank: int):
    """The same function for inputs without a batch dimension, which have ``rank`` dimensions."""

    def compute(array, *rest):
        if array.ndim != rank:
            return function(array, *rest)
        rest = [value[None] if isinstance(value, np.ndarray) else value for value in rest]
        found = function(array[None], *rest)
        return tuple(entry[0] for entry in found) if type(found) is tuple else found[0]

    return compute


# -- volumes -----------------------------------------------------------------------------------------------------


max_pool3d_with_indices = op(
    "max_pool3d_with_indices(Tensor self, int[] kernel_size, int[] stride, int[] padding, int[] dilation, "
    "bool ceil_mode=False) -> result0, result1",
    _batched(_max_pool, 4),
    check=demand_windows,
    refuses=(("bc", "max_pool3d"),),
    node="MaxPool3DWithIndicesBackward0",
    self=backward_operation(
        "max_pool3d_with_indices_backward",
        lambda grad, self, kernel_size, stride, padding, dilation, ceil_mode, result1: to_winners(
            grad, self.shape, result1, 3
        ),
        node="MaxPool3DWithIndicesBackwardBackward0",
    ),
    jvp=lambda self_t, result1: picked(self_t, result1, 3),
    non_differentiable=("result1",),
    method=False,
    function=False,
)


avg_pool3d_backward = op(
    "avg_pool3d_backward(Tensor grad_output, Tensor self, int[] kernel_size, int[] stride, int[] padding, "
    "bool ceil_mode, bool count_include_pad, any divisor_override)",
    _batched(_avg_pool_back, 4),
    node="AvgPool3DBackwardBackward0",
    self=lambda grad, self: grad.new_zeros(self.shape),
    grad_output=lambda grad, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: (
        avg_pool3d_row(grad, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    ),
    method=False,
    function=False,
)
avg_pool3d_row = op(
    "avg_pool3d(Tensor self, int[] kernel_size, int[] stride, int[] padding, bool ceil_mode, bool count_include_pad, "
    "any divisor_override)",
    _batched(only_long("avg_pool3d_out_frame", only_wide("avg_pool3d_out_frame", _avg_pool)), 4),
    check=check_avg_pool,
    refuses=(("buc", "avg_pool3d_out_frame"),),
    node="AvgPool3DBackward0",
    self=lambda grad, self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: (
        avg_pool3d_backward(grad, self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    ),
    jvp="linear",
    method=False,
    function=False,
)

# -- windows that give a wanted size -----------------------------------------------------------------------------


def _sections(size: int, count: int):
    """The windows that divide a dimension: places (widest, count), -1 beyond a window's end, and their widths."""
    starts = np.arange(count) * size // count
    ends = -(-(np.arange(1, count + 1) * size) // count)
    widths = ends - starts
    steps = np.arange(widths.max(initial=1))[:, None]
    return np.where(steps < widths, starts + steps, -1), widths


def _mean_stencil(sizes, output_size):
    parts = []
    for size, count in zip(sizes, output_size, strict=True):
        places, widths = _sections(size, count)
        parts.append((count, places, np.where(places < 0, 0, 1 / widths)))
    return separable(parts, sizes)


def _demand_sizes(name: str, ndim: int):
    def check(array, output_size):
        if array.ndim not in (ndim + 1, ndim + 2):
            raise RuntimeError(f"{name}(): Expected {ndim + 1}D or {ndim + 2}D tensor, but got {list(array.shape)}")

    return check


adaptive_avg_pool2d_row = linear_row(
    "_adaptive_avg_pool2d", "int[] output_size", _mean_stencil, 2, "AdaptiveAvgPool2D", keeps_self=True,
    check=_demand_sizes("adaptive_avg_pool2d", 2), refuses=(("biuc", "adaptive_avg_pool2d"),),
)  # fmt: skip
adaptive_avg_pool3d_row = linear_row(
    "_adaptive_avg_pool3d", "int[] output_size", _mean_stencil, 3, "AdaptiveAvgPool3D", keeps_self=True,
    check=_demand_sizes("adaptive_avg_pool3d", 3), refuses=(("biuc", "adaptive_avg_pool3d_cpu"),),
)  # fmt: skip


def _adaptive_max(ndim: int):
    def check(self, output_size):
        if self.ndim not in (ndim + 1, ndim + 2):
            raise RuntimeError(
                f"adaptive_max_pool{ndim}d(): Expected {ndim + 1}D or {ndim + 2}D tensor, but got: "
                f"{list(self._array.shape)}"
            )

    def forward(array, output_size):
        lead, sizes = array.shape[:-ndim], array.shape[-ndim:]
        parts = [(n, _sections(s, n)[0], None) for s, n in zip(sizes, output_size, strict=True)]
        outputs, places, _ = separable(parts, sizes)
        taken = array.reshape(*lead, math.prod(sizes))[..., places].astype(np.float64)
        taken = np.where(places < 0, -np.inf, taken)
        chosen = first_or_missing(taken, -2)
        where = np.take_along_axis(np.broadcast_to(places, taken.shape), chosen[..., None, :], -2)[..., 0, :]
        values = np.take_along_axis(array.reshape(*lead, math.prod(sizes)), where, -1)
        return values.reshape(*lead, *outputs), where.reshape(*lead, *outputs)

    return op(
        f"adaptive_max_pool{ndim}d(Tensor self, int[] output_size) -> result0, result1",
        forward,
        check=check,
        refuses=(("biuc", "adaptive_max_pool2d" if ndim == 2 else "adaptive_max_pool3d_cpu"),),
        node=f"AdaptiveMaxPool{ndim}DBackward0",
        self=backward_operation(
            f"adaptive_max_pool{ndim}d_backward",
            lambda grad, self, result1: to_winners(grad, self.shape, result1, ndim),
            node=f"AdaptiveMaxPool{ndim}DBackwardBackward0",
        ),
        jvp=lambda self_t, result1: picked(self_t, result1, ndim),
        non_differentiable=("result1",),
        method=False,
        function=False,
    )


adaptive_max_pool2d_row, adaptive_max_pool3d_row = _adaptive_max(2), _adaptive_max(3)

# -- back to where the maxima stood ------------------------------------------------------------------------------


def _unpool(ndim: int):
    def forward(array, indices, output_size):
        if array.shape != indices.shape:
            raise RuntimeError(
                "Expected shape of indices to be same as that of the input tensor "
                f"({list(array.shape)}) but got indices tensor with shape: {list(indices.shape)}"
            )
        lead, count = array.shape[: array.ndim - ndim], math.prod(output_size)
        if indices.size and (indices.min() < 0 or indices.max() >= count):
            wrong = indices[(indices < 0) | (indices >= count)][-1]
            raise RuntimeError(f"Found an invalid max index: {wrong} (output volumes are of size "
                               f"{'x'.join(map(str, output_size))})")  # fmt: skip
        rows = math.prod(lead)
        found = np.zeros((rows, count), array.dtype)
        np.put_along_axis(found, indices.reshape(rows, -1), array.reshape(rows, -1), -1)
        return found.reshape(*lead, *output_size)

    return op(
        f"max_unpool{ndim}d(Tensor self, Tensor indices, int[] output_size)",
        forward,
        node=f"MaxUnpool{ndim}DBackward0",
        self=lambda grad, indices: picked(grad, indices, ndim)[0],
        jvp="linear",
        method=False,
        function=False,
    )


max_unpool2d_row, max_unpool3d_row = _unpool(2), _unpool(3)
