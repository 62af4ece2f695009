"""Arithmetic with the roundings of the hardware that torch runs on."""

import numpy as np

from .memory_order import dense_like

_SPLIT = 134217729.0  # 2**27 + 1: Veltkamp's constant for float64


def cast(array, dtype):
    """The array in another dtype, and in memory as before but without gaps."""
    if array.dtype == dtype:
        return array
    if 0 not in array.strides:
        return array.astype(dtype)
    made = dense_like(array, dtype)
    made[...] = array.astype(dtype)
    return made


def halves(dtype: np.dtype) -> bool:
    """Whether elements are float16 or bfloat16."""
    return dtype.itemsize == 2 and dtype.kind in "fV"


def in_float(function):
    """``function`` with half precision computed in float32 and rounded once, as PyTorch's kernels do."""

    def compute(first, *rest):
        stored = first.dtype
        if not halves(stored):
            return function(first, *rest)
        rest = [value.astype(np.float32) if getattr(value, "dtype", None) == stored else value for value in rest]
        return np.asarray(function(first.astype(np.float32), *rest)).astype(stored)

    return compute


def beside_number(function):
    """``function`` of two arrays; with a number in float32 beside half precision it is rounded once.

    ``alike`` is the function for two arrays of one dtype.
    """

    def compute(first, second, *rest):
        if first.dtype == second.dtype:
            return function(first, second, *rest)
        stored = first.dtype if first.dtype.itemsize == 2 else second.dtype
        return function(first.astype(np.float32), second.astype(np.float32), *rest).astype(stored)

    compute.alike = function
    return compute


def larger(a, b):
    """The larger of two, the first where they are equal (a zero has a sign); what is no number is the larger."""
    return np.where((a >= b) | (a != a), a, b)


def smaller(a, b):
    """The smaller of two, the first where they are equal; what is no number is the smaller."""
    return np.where((a <= b) | (a != a), a, b)


def multiply_add(factor, scale, offset):
    """factor * scale + offset, rounded once: what a fused multiply-add instruction gives.

    Arrays of float32 or float64, or numbers; integers and other types are computed as NumPy does.
    """
    dtype = np.result_type(factor, offset)
    if dtype == np.float32:
        # A product of two float32 is exact in float64.
        wide = np.multiply(factor, float(np.float32(scale)), dtype=np.float64)
        return np.add(wide, offset, dtype=np.float64).astype(np.float32)
    if dtype == np.float64:
        return _multiply_add_double(np.asarray(factor, np.float64), np.float64(scale), offset)
    return np.add(offset, np.multiply(factor, scale)).astype(dtype, copy=False)


def _multiply_add_double(factor, scale, offset):
    with np.errstate(all="ignore"):
        product = factor * scale
        # Dekker: what the rounded product lost; Knuth: what the rounded sum lost.
        high, low = _halves(factor)
        scale_high, scale_low = _halves(scale)
        lost = ((high * scale_high - product) + high * scale_low + low * scale_high) + low * scale_low
        total = product + offset
        part = total - product
        exact = total + ((product - (total - part)) + (offset - part) + lost)
    return np.where(np.isfinite(exact), exact, total)


def _halves(value):
    shifted = value * _SPLIT
    high = shifted - (shifted - value)
    return high, value - high
