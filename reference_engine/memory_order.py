"""How the results of elementwise operations lie in memory: the rule of ``at::TensorIterator``.

Dimensions are ordered by the steps of the operands. The first operand that tells two dimensions apart decides between
them; one that is broadcast along either of them does not. NumPy lets any operand in row-major order decide instead.
"""

from __future__ import annotations

import numpy as np


def arranged(computed, values: list, positions: tuple):
    """``computed`` in the order that the tensors at ``positions`` of ``values`` ask for: itself, or a copy."""
    if computed.ndim < 2:
        return computed
    for position in positions:
        array = getattr(values[position], "_array", None)
        if array is not None and not array.flags.c_contiguous:
            break
    else:
        return computed
    arrays = [getattr(values[position], "_array", None) for position in positions]
    order = slowest_first([array for array in arrays if array is not None], computed.shape)
    result = np.empty([computed.shape[dim] for dim in order], computed.dtype).transpose(np.argsort(order))
    steps = zip(result.strides, computed.strides, computed.shape, strict=True)
    if all(wanted == found or length == 1 for wanted, found, length in steps):
        return computed
    result[...] = computed
    return result


def slowest_first(arrays: list[np.ndarray], shape: tuple) -> list[int]:
    """The dimensions of ``shape``, that of the largest steps first, for operands broadcast to it."""
    steps = [_steps(array, shape) for array in arrays]
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


def _steps(array: np.ndarray, shape: tuple) -> list[int]:
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
