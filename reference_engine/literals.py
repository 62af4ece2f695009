"""Python data as arrays: nested sequences of numbers, with the dtype that they stand for."""

from __future__ import annotations

import math

import numpy as np

from ._tensor import Tensor
from .dtypes import COMPLEX, FLOATING, bool_, dtype, int64, of_array
from .promotion import default_complex, defaults, promote_types


def inferred(data, wanted: dtype | None, name: str = "new") -> np.ndarray:
    """Nested sequences of numbers and one-element tensors as an array of the dtype that they stand for.

    Raises ``TypeError`` for other data and ``ValueError`` for ragged nesting.
    """
    if isinstance(data, np.ndarray):
        of_array(data)
        return data.astype(wanted.numpy if wanted else data.dtype)
    if isinstance(data, np.generic):
        return np.array(data, wanted.numpy if wanted else of_array(np.asarray(data)).numpy)
    shape: list[int] = []
    _measure(data, shape)
    leaves: list = []
    _flatten(data, 0, shape, leaves)
    kinds = set()
    for leaf in leaves:
        if isinstance(leaf, Tensor):
            kinds.add(leaf.dtype)
        elif isinstance(leaf, np.generic):
            kinds.add(of_array(np.asarray(leaf)))
        else:
            kinds.add(type(leaf))
    found = wanted or _dtype_of_leaves(kinds)
    values = [_read(leaf, found) if isinstance(leaf, Tensor) else leaf for leaf in leaves]
    if 0 < found.kind < COMPLEX and complex in kinds:
        said = "must be real number, not complex" if found.kind == FLOATING else None
        raise TypeError(said or "'complex' object cannot be interpreted as an integer")
    if found.kind == 0:
        values = [bool(value) for value in values]
    elif found.kind == 1:
        values = [_as_int(value, found) for value in values]
    array = np.array(values, np.float64 if found.numpy.itemsize == 2 and found.kind == FLOATING else found.numpy)
    return array.astype(found.numpy, copy=False).reshape(shape)


def _read(tensor: Tensor, found: dtype):
    """A tensor among numbers, read as ``float``, ``complex`` or ``operator.index`` would, with what they refuse."""
    if found.kind >= FLOATING:
        return tensor.__complex__() if found.kind == COMPLEX else tensor.__float__()
    return tensor.__index__()


def _as_int(value, found: dtype) -> int:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("cannot convert float NaN to integer" if math.isnan(value) else
                         "cannot convert float infinity to integer")  # fmt: skip
    value = int(value)
    limits = np.iinfo(found.numpy)
    if not limits.min <= value <= limits.max:
        raise RuntimeError(f"value cannot be converted to type {found.cpp} without overflow")
    return value


def _dtype_of_leaves(kinds: set) -> dtype:
    result = None
    for kind in kinds:
        if kind is bool:
            found = bool_
        elif kind is int:
            found = int64
        elif kind is float:
            found = defaults.dtype
        elif kind is complex:
            found = default_complex()
        else:
            found = kind
        result = found if result is None else promote_types(result, found)
    return result or defaults.dtype


def _is_sequence(data) -> bool:
    return isinstance(data, (list, tuple, range)) or (isinstance(data, np.ndarray) and data.ndim > 0)


def _measure(data, shape: list[int]) -> None:
    while _is_sequence(data):
        shape.append(len(data))
        if not len(data):
            return
        data = data[0]
    if isinstance(data, str):
        raise TypeError("new(): invalid data type 'str'")
    if not isinstance(data, (int, float, complex, bool, Tensor, np.generic, np.ndarray)):
        raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")


def _flatten(data, depth: int, shape: list[int], leaves: list) -> None:
    if depth == len(shape):
        if _is_sequence(data):
            raise ValueError(f"too many dimensions '{type(data).__name__}'")
        if isinstance(data, np.ndarray):
            data = data[()]
        if not isinstance(data, (int, float, complex, bool, Tensor, np.generic)):
            raise TypeError(f"must be real number, not {type(data).__name__}")
        leaves.append(data)
        return
    # Nesting is measured along first elements, and ends at a tensor; where others go deeper tensors are taken apart.
    if not _is_sequence(data) and not (isinstance(data, Tensor) and data.ndim):
        raise TypeError("not a sequence")
    if len(data) != shape[depth]:
        raise ValueError(f"expected sequence of length {shape[depth]} at dim {depth} (got {len(data)})")
    for entry in data.detach() if isinstance(data, Tensor) else data:
        _flatten(entry, depth + 1, shape, leaves)
