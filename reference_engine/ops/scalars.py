"""A number handed to an operation, in the dtype of the tensor that is to take it.

Rule: PyTorch's conversion of a ``Scalar``. Fractions are cut off, unsigned memory takes negative whole numbers round
the end, everything else has to lie in the dtype's range; infinities and NaN fit floating memory only.
"""

from __future__ import annotations

import math

import numpy as np

from .._state import warn_once
from ..dtypes import BOOL, BY_NUMPY, COMPLEX, FLOATING

_CPP = {"uint8": "uint8_t", "int8": "int8_t", "int16": "int16_t", "int64": "int64_t"}


def held(value, stored: np.dtype):
    """``value`` as an array without dimensions of the NumPy dtype ``stored``.

    Raises ``RuntimeError`` where that cannot hold it.
    """
    dtype = BY_NUMPY[stored]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise OverflowError("int too big to convert")
    number = value.item() if isinstance(value, np.ndarray | np.generic) else value
    if dtype.kind != BOOL:
        imaginary = isinstance(number, complex)
        if imaginary and dtype.kind != COMPLEX and not number.imag:
            number, imaginary = number.real, False
        parts = (number.real, number.imag) if imaginary else (number,)
        if (imaginary and dtype.kind != COMPLEX) or not all(_fits(part, dtype) for part in parts):
            raise RuntimeError(f"value cannot be converted to type {_CPP.get(dtype.name, dtype.cpp)} without overflow")
        if dtype.kind < FLOATING and number < 0 and not dtype.is_signed:
            number += np.iinfo(stored).max + 1
        elif dtype.kind < FLOATING:
            number = int(number)
    return np.asarray(number).astype(stored)


def filled(shape, value, stored) -> np.ndarray:
    """An array of one number. A lone element of half precision gets it by way of double precision, which holds more.

    Raises ``RuntimeError`` where the memory cannot hold the number.
    """
    found = np.empty(shape, stored)
    if found.size == 1 and found.itemsize == 2 and found.dtype.kind in "fV":
        with np.errstate(over="ignore"):
            found[...] = held(value, np.dtype(np.float64)).astype(found.dtype)
    else:
        found[...] = held(value, found.dtype)
    return found


def in_range(value, stored: np.dtype):
    """``value`` as it is, where whole numbers of the NumPy dtype ``stored`` do not have to hold it.

    Raises ``RuntimeError`` where they would and cannot.
    """
    return held(value, stored).item() if stored.kind in "iu" else value


def real_of(array: np.ndarray, stored: np.dtype) -> np.ndarray:
    """A tensor's values for memory of the dtype ``stored``; what is imaginary is dropped, with PyTorch's warning."""
    if array.dtype.kind == "c" and stored.kind not in "cb":
        warn_once("Casting complex values to real discards the imaginary part")
        return array.real
    return array


def _fits(part, dtype) -> bool:
    if dtype.kind >= FLOATING:
        return not math.isfinite(part) or abs(part) <= _largest(dtype)
    bounds = np.iinfo(dtype.numpy)
    if not dtype.is_signed and not isinstance(part, float):
        return -bounds.max <= part <= bounds.max
    return math.isfinite(part) and bounds.min <= part <= bounds.max


def _largest(dtype) -> float:
    if dtype.name == "bfloat16":
        return 3.3895313892515355e38
    return float(np.finfo(dtype.numpy).max)
