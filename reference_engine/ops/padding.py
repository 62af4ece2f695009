"""Padding: values put around a tensor (torch.nn.functional.pad)."""

from __future__ import annotations

import numpy as np

from ..errors import NotModelled
from ..memory_order import like_channels
from .elementwise import in_format
from .scalars import held
from .table import op


def _pairs(pad, ndim: int) -> list:
    """(before, after) for each dimension; `pad` begins with the last one."""
    pairs = [(pad[at], pad[at + 1]) for at in range(0, len(pad), 2)]
    return [(0, 0)] * (ndim - len(pairs)) + pairs[::-1]


def _constant_pad(array, pad, value):
    pairs, given = _pairs(pad, array.ndim), array
    for axis, (low, high) in enumerate(pairs):
        if min(low, 0) + min(high, 0) + array.shape[axis] < 0:
            raise RuntimeError("narrow(): length must be non-negative.")
        if low < 0 or high < 0:
            cut = slice(max(-low, 0), array.shape[axis] - max(-high, 0))
            array = array[(slice(None),) * axis + (cut,)]
    if not any(low > 0 or high > 0 for low, high in pairs):
        return in_format(array, None)
    padded = np.pad(
        array, [(max(low, 0), max(high, 0)) for low, high in pairs], constant_values=held(value, array.dtype)
    )
    return like_channels(padded, given)


constant_pad = op(
    "constant_pad_nd(Tensor self, int[] pad, Scalar value=0)",
    _constant_pad,
    self=lambda grad, pad: constant_pad(grad, [-size for size in pad], 0),
    jvp=lambda self_t, pad: constant_pad(self_t, pad, 0),
    method=False,
)


def pad(input, pad, mode: str = "constant", value=None):
    """Elements added (or, where negative, cut off) before and after each dimension, the last one first.

    Raises RuntimeError for a length that is odd or too long. Only "constant" padding is modelled.
    """
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) > 2 * input.dim():
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding "
            f"length {len(pad)} and input of dimension {input.dim()}"
        )
    if mode != "constant":
        raise NotModelled(f"torch.nn.functional.pad(mode={mode!r})")
    if isinstance(value, complex):
        raise TypeError("pad(): argument 'value' (position 4) must be float, not complex")
    return constant_pad(input, list(pad), 0 if value is None else float(value))
