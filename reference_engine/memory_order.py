"""How the results of elementwise operations lie in memory: the rule of ``at::TensorIterator``.

Dimensions are ordered by the steps of the operands. The first operand that tells two dimensions apart decides between
them; one that is broadcast along either of them does not. NumPy lets any operand in row-major order decide instead.
"""

from __future__ import annotations

import numpy as np

from .lazy import settled
from .storage import is_dense, restrided


def arranged(computed, values: list, positions: tuple):
    """``computed`` in the order that the arrays at ``positions`` of ``values`` ask for: itself, or a copy."""
    if type(computed) is not np.ndarray:
        return tuple(arranged(part, values, positions) for part in computed) if type(computed) is tuple else computed
    if computed.ndim < 2:
        return computed
    for position in positions:
        array = values[position]
        if type(array) is np.ndarray and not array.flags.c_contiguous and not _descending(array.strides):
            break
    else:
        return computed if computed.flags.c_contiguous else np.ascontiguousarray(computed)
    arrays = [values[position] for position in positions]
    steps = [steps_in(computed.shape, array) for array in arrays if isinstance(array, np.ndarray)]
    return in_order(computed, steps)


def _descending(steps: tuple) -> bool:
    """Whether no two dimensions can change places, one being broadcast or the outer one's steps being larger."""
    last = 0
    for step in steps:
        if step:
            if last and step >= last:
                return False
            last = step
    return True


def in_order(computed: np.ndarray, steps: list) -> np.ndarray:
    """``computed`` in the order of the steps of several operands: itself, or a copy."""
    order = slowest_first(steps, computed.shape)
    result = np.empty([computed.shape[dim] for dim in order], computed.dtype).transpose(np.argsort(order))
    pairs = zip(result.strides, computed.strides, computed.shape, strict=True)
    if all(wanted == found or length == 1 for wanted, found, length in pairs):
        return computed
    result[...] = computed
    return result


def in_rows(computed):
    """Row-major, whatever the operands are: arrays with more than one dimension, also those of a tuple."""
    if type(computed) is tuple:
        return tuple(map(in_rows, computed))
    return np.ascontiguousarray(computed) if np.ndim(computed) > 1 else computed


def dense_like(array: np.ndarray, stored=None) -> np.ndarray:
    """New memory of the dtype ``stored``, without gaps, in the order that ``array`` has: "preserve_format"."""
    stored = array.dtype if stored is None else stored
    if array.flags.c_contiguous:
        made = np.empty(array.shape, stored)
        if 1 not in array.shape or (made.strides == array.strides and made.itemsize == array.itemsize):
            return made
    if 1 in array.shape and is_dense(array):
        made = np.empty(array.size, stored)
        # Memory without gaps keeps its steps to the letter, also those that are never taken.
        return restrided(made, array.shape, [step // array.itemsize * made.itemsize for step in array.strides])
    order = slowest_first([array.strides], array.shape)
    return np.empty([array.shape[dim] for dim in order], stored).transpose(np.argsort(order))


def copied(array: np.ndarray) -> np.ndarray:
    """A copy without gaps in the order that ``array`` has."""
    made = dense_like(array)
    made[...] = settled(array)
    return made


def like_channels(computed: np.ndarray, *arrays) -> np.ndarray:
    """Channels last where all ``arrays`` are, row-major otherwise."""
    if computed.ndim in _INNERMOST_FIRST and all(map(_channels_last, arrays)):
        return np.moveaxis(np.ascontiguousarray(np.moveaxis(computed, 1, -1)), -1, 1)
    return in_rows(computed)


_INNERMOST_FIRST = {4: (1, 3, 2, 0), 5: (1, 4, 3, 2, 0)}  # the dimensions of images and of volumes, channels last


def _channels_last(array: np.ndarray) -> bool:
    """Whether the steps are those of channels last. Where they fit several formats they are not."""
    least = 0
    if array.ndim not in _INNERMOST_FIRST or not array.strides[1]:
        return False
    for dim in _INNERMOST_FIRST[array.ndim]:
        step, length = array.strides[dim], array.shape[dim]
        if not length or step < least or (dim == 0 and least == array.strides[1]):
            return False
        least = step * max(length, 1)
    return True


def slowest_first(steps: list, shape: tuple) -> list[int]:
    """The dimensions of ``shape``, that of the largest steps first, for operands with these ``steps``."""
    order = list(range(len(shape)))[::-1]
    for place in range(1, len(order)):
        moving = place
        for other in range(place - 1, -1, -1):
            verdict = _verdict(steps, shape, order[other], order[moving])
            if verdict < 0:
                break
            if verdict > 0:
                order[other], order[moving] = order[moving], order[other]
                moving = other
    return order[::-1]


def steps_in(shape: tuple, array: np.ndarray) -> list[int]:
    """The steps of ``array`` broadcast to ``shape``: 0 where one element serves for several."""
    lead = len(shape) - array.ndim
    own = zip(array.strides, array.shape, shape[lead:], strict=True)
    return [0] * lead + [0 if length == 1 != wanted else step for step, length, wanted in own]


def _verdict(steps: list, shape: tuple, inner: int, outer: int) -> int:
    """Negative where ``inner`` has the smaller steps, positive where it must change places, 0 where nothing tells."""
    for own in steps:
        if not (own[inner] and own[outer]):
            continue
        if own[inner] != own[outer]:
            return -1 if own[inner] < own[outer] else 1
        if shape[inner] > shape[outer]:
            return 1
    return 0
