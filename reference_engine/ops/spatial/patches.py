"""Patches: ``unfold`` lays the windows of an image out as columns, ``fold`` adds columns up where they overlap."""

from __future__ import annotations

import math

import numpy as np

from ..convolution import _listed
from ..table import op
from .stencils import gather, scatter


def _counts(sizes, kernel, dilation, padding, stride):
    return [
        (size + 2 * pad - step * (window - 1) - 1) // stride + 1
        for size, window, step, pad, stride in zip(sizes, kernel, dilation, padding, stride, strict=True)
    ]


def _windows(sizes, kernel, dilation, padding, stride):
    """Places (1, kernel positions * windows), -1 in the padding."""
    height, width = sizes
    counts = _counts(sizes, kernel, dilation, padding, stride)
    axes = [
        np.arange(window)[:, None] * step + np.arange(count)[None] * stride_ - pad
        for window, step, count, stride_, pad in zip(kernel, dilation, counts, stride, padding, strict=True)
    ]
    rows, columns = axes[0][:, None, :, None], axes[1][None, :, None, :]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return counts, np.where(inside, rows * width + columns, -1).reshape(1, -1)


def _im2col(array, kernel_size, dilation, padding, stride):
    if array.ndim not in (3, 4):
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for "
            f"input, but got: {list(array.shape)}"
        )
    counts, places = _windows(array.shape[-2:], kernel_size, dilation, padding, stride)
    if min(counts) < 1:
        raise RuntimeError(
            f"Given input with spatial size {_shown(array.shape[-2:])}, kernel_size={_shown(kernel_size)}, "
            f"dilation={_shown(dilation)}, padding={_shown(padding)}, calculated shape of the array of sliding blocks "
            f"as {_shown(counts)}, but its components must be at least one."
        )
    found = gather(array, 2, ((places.shape[1],), places, None))
    channels = array.shape[-3] * math.prod(kernel_size)
    return found.reshape(*array.shape[:-3], channels, math.prod(counts))


def _shown(numbers) -> str:
    return f"({', '.join(map(str, numbers))})"


def _col2im(array, output_size, kernel_size, dilation, padding, stride):
    if array.ndim not in (2, 3):
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
            f"input, but got: {list(array.shape)}"
        )
    window = math.prod(kernel_size)
    if array.shape[-2] % window:
        raise RuntimeError(
            f"Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
            f"input.size(1)={array.shape[-2]} and kernel_size={_shown(kernel_size)}."
        )
    counts, places = _windows(output_size, kernel_size, dilation, padding, stride)
    if array.shape[-1] != math.prod(counts):
        raise RuntimeError(
            f"Given output_size={_shown(output_size)}, kernel_size={_shown(kernel_size)}, dilation={_shown(dilation)}, "
            f"padding={_shown(padding)}, stride={_shown(stride)}, expected size of input's dimension 2 to match the "
            f"calculated number of sliding blocks {counts[0]} * {counts[1]} = {math.prod(counts)}, but got "
            f"input.size(2)={array.shape[-1]}."
        )
    channels = array.shape[-2] // window
    shape = (*array.shape[:-2], channels, *output_size)
    return scatter(array.reshape(*array.shape[:-2], channels, -1), shape, 2, (None, places, None))


def _columns_grad(grad, self_sym_argsize_minus_2, self_sym_argsize_minus_1, kernel_size, dilation, padding, stride):
    sizes = (self_sym_argsize_minus_2, self_sym_argsize_minus_1)
    return col2im(grad, sizes, kernel_size, dilation, padding, stride)


im2col = op(
    "im2col(Tensor self, int[] kernel_size, int[] dilation, int[] padding, int[] stride)",
    _im2col,
    node="Im2ColBackward0",
    self=lambda grad, self_sym_argsize_minus_2, self_sym_argsize_minus_1, kernel_size, dilation, padding, stride: (
        col2im(grad, (self_sym_argsize_minus_2, self_sym_argsize_minus_1), kernel_size, dilation, padding, stride)
    ),
    jvp="linear",
    method=False,
    function=False,
)
col2im = op(
    "col2im(Tensor self, int[] output_size, int[] kernel_size, int[] dilation, int[] padding, int[] stride)",
    _col2im,
    node="Col2ImBackward0",
    self=lambda grad, kernel_size, dilation, padding, stride: im2col(grad, kernel_size, dilation, padding, stride),
    jvp="linear",
    method=False,
    function=False,
)


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """(N, C, H, W) as columns (N, C * window, windows). Raises ``RuntimeError`` where no window fits."""
    return im2col(input, *[_listed(value, 2) for value in (kernel_size, dilation, padding, stride)])


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Columns (N, C * window, windows) added up in an image (N, C, *output_size)."""
    return col2im(input, *[_listed(value, 2) for value in (output_size, kernel_size, dilation, padding, stride)])
