"""Who else holds a value: when a gradient may be taken over, or added to in place.

PyTorch asks for the use count of a tensor and of its storage. Here the interpreter's reference counts answer.
What they read for a value that nobody else holds depends on the Python release, so it is measured once, in the
three situations in which the engine asks.

Rule: gradient stealing in ``AccumulateGrad`` and in-place accumulation in the input buffer.
"""

from __future__ import annotations

from sys import getrefcount

import numpy as np

from .._state import process


def add_into(total, grad):
    """``total += grad`` unrecorded. Gradients of one kind, which is nearly all, take the short way."""
    array, added = total._array, grad._array
    if (
        total.dtype is grad.dtype
        and array.shape == added.shape
        and total._storage.device is grad._storage.device
        and process.forward_level < 0
        and total._counter is not None
        and 0 not in array.strides
        and not (total._dispatches or grad._dispatches)
    ):
        np.add(array, added, out=array)
        total._counter.bump()
        return total
    return total.add_(grad)


class _Box:
    __slots__ = ("inside",)


def _of_a_local() -> int:
    value = _Box()
    return getrefcount(value)


def _of_an_argument(value: object) -> int:
    return getrefcount(value)


def _passed_on() -> int:
    value = _Box()
    return _of_an_argument(value)


def _of_an_attribute() -> int:
    box = _Box()
    box.inside = _Box()
    return getrefcount(box.inside)


# A value that only a local name holds; one that only the caller's name and the parameter hold; one that only an
# attribute holds.
LOCAL_ALONE = _of_a_local()
ARGUMENT_ALONE = _passed_on()
ATTRIBUTE_ALONE = _of_an_attribute()
