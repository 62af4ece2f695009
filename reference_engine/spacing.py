"""Numbers at equal distances, and powers of a number at equal distances (torch.linspace, torch.logspace).

The first half is counted from the start, the second from the end, each in the dtype of the result; whole numbers
are counted in double precision and cut off, and so are exponents.
"""

from __future__ import annotations

import numpy as np

from ._tensor import Tensor
from .arithmetic import halves, multiply_add
from .creation import finished
from .devices import resolve
from .dtypes import BOOL, BY_NUMPY
from .promotion import default_complex, defaults


def _spaced(start: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
    """From ``start`` to ``end``, both included, in their dtype; of whole numbers in float64."""
    stored = start.dtype
    if stored.kind == "c":
        return _spaced(start.real, end.real, steps) + 1j * _spaced(start.imag, end.imag, steps)
    if stored.kind in "iu":
        return _spaced(start.astype(np.float64), end.astype(np.float64), steps)
    with np.errstate(all="ignore"):
        step = (end - start) / np.asarray(steps - 1).astype(stored)
        index = np.arange(steps)
        up, down = index.astype(stored), (steps - 1 - index).astype(stored)
        if halves(stored):
            low, high = start + step * up, end - step * down
        else:
            low, high = multiply_add(up, float(step), start), multiply_add(down, -float(step), end)
    return np.where(index < steps // 2, low, high)


def _bounds(name: str, start, end, steps: int, dtype) -> tuple[np.ndarray, np.ndarray]:
    """Start and end in the dtype of the result. Raises ``RuntimeError`` where it cannot hold them."""
    from .ops.scalars import held

    numbers = [value.item() if isinstance(value, Tensor) else value for value in (start, end)]
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    if dtype is None:
        dtype = default_complex() if any(isinstance(value, complex) for value in numbers) else defaults.dtype
    if dtype.kind == BOOL and steps > 1:
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for 'Bool'")
    return held(numbers[0], dtype.numpy), held(numbers[1], dtype.numpy)


def linspace(start, end, steps: int, *, out=None, dtype=None, device=None, requires_grad=False) -> Tensor:
    """``steps`` values from ``start`` to ``end``, both included.

    Raises ``RuntimeError`` for a negative number of steps, and for numbers that the dtype cannot hold.
    """
    start, end = _bounds("linspace", start, end, steps, out.dtype if dtype is None and out is not None else dtype)
    array = _spaced(start, end, steps).astype(start.dtype) if steps > 1 else np.full(steps, start)
    return finished(array, resolve(device), requires_grad, out)


def logspace(start, end, steps: int, base: float = 10.0, *, out=None, dtype=None, device=None, requires_grad=False):
    """The powers of ``base`` whose exponents are those of :func:`linspace`, and refuses what it refuses."""
    from .ops.scalars import held

    first = start.item() if isinstance(start, Tensor) else start
    start, end = _bounds("logspace", start, end, steps, out.dtype if dtype is None and out is not None else dtype)
    stored = start.dtype
    wide = np.complex128 if stored.kind == "c" else np.float64
    exponents = _spaced(start.astype(wide), end.astype(wide), steps) if steps > 1 else np.full(steps, first)
    number = base if steps == 1 else held(base, stored)
    with np.errstate(all="ignore"):
        powers = np.power(np.asarray(number).astype(wide), exponents.astype(wide))
    array = powers.astype(stored) if BY_NUMPY[stored].kind != BOOL else powers != 0
    return finished(array, resolve(device), requires_grad, out)


FUNCTIONS = (linspace, logspace)
