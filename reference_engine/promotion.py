"""Type promotion: which dtype an operation on mixed inputs computes and returns.

Inputs fall into three classes, from strong to weak: tensors with dimensions, 0-dim tensors, and Python numbers
("wrapped numbers"). A weaker class changes the result only when it is of a higher kind (bool < integer < floating
< complex) than every stronger one. Inside a class the usual lattice holds.

Rule: ``torch.result_type``, ``torch.promote_types``, ``torch.can_cast``.
"""

from __future__ import annotations

from .dtypes import (
    ALL,
    BOOL,
    COMPLEX,
    FLOATING,
    INTEGER,
    bool_,
    complex64,
    complex128,
    dtype,
    float32,
    float64,
    int16,
    int64,
    uint8,
)


class _Defaults:
    """The default floating point dtype, shared by the process."""

    __slots__ = ("dtype",)

    def __init__(self) -> None:
        self.dtype = float32


defaults = _Defaults()


def get_default_dtype() -> dtype:
    return defaults.dtype


def set_default_dtype(d: dtype, /) -> None:
    """Set the dtype that Python floats become. Raises ``TypeError`` unless it is a floating point dtype."""
    if not isinstance(d, dtype):
        raise TypeError(f"invalid dtype object: only floating-point types are supported as the default type, got {d!r}")
    if d.kind != FLOATING:
        raise TypeError("only floating-point types are supported as the default type")
    defaults.dtype = d


def default_complex() -> dtype:
    return complex128 if defaults.dtype is float64 else complex64


def _lattice(a: dtype, b: dtype) -> dtype:
    if a is b:
        return a
    low, high = (a, b) if a.kind <= b.kind else (b, a)
    if low.kind != high.kind:
        # complex64 with float64 must keep the 53 bits of the float.
        return complex128 if high is complex64 and low is float64 else high
    if high.kind == FLOATING:
        # half and bfloat16 have no common type of 16 bits.
        return float32 if a.itemsize == b.itemsize else max(a, b, key=lambda entry: entry.itemsize)
    if high.kind == INTEGER and uint8 in (a, b):
        other = b if a is uint8 else a
        return int16 if other.itemsize == 1 else other
    return max(a, b, key=lambda entry: entry.itemsize)


_TABLE = {(a, b): _lattice(a, b) for a in ALL for b in ALL}


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest dtype of the lattice that both convert to."""
    return _TABLE[type1, type2]


def number_dtype(value: object) -> dtype:
    """The dtype that a Python number stands for."""
    kind = type(value)
    if kind is bool:
        return bool_
    if kind is int:
        return int64
    if kind is float:
        return defaults.dtype
    if kind is complex:
        return default_complex()
    if isinstance(value, (bool, int)):
        return int64
    return default_complex() if isinstance(value, complex) else defaults.dtype


def result_dtype(operands) -> dtype:
    """The dtype of an operation on ``operands``: tensors, Python numbers, or None (ignored)."""
    dimensioned = zero_dim = wrapped = None
    for operand in operands:
        if operand is None:
            continue
        array = getattr(operand, "_array", None)
        if array is None:
            found = number_dtype(operand)
            wrapped = found if wrapped is None else _TABLE[wrapped, found]
        elif operand._wrapped:
            found = operand.dtype
            if found.kind == FLOATING:
                found = defaults.dtype
            elif found.kind == COMPLEX:
                found = default_complex()
            wrapped = found if wrapped is None else _TABLE[wrapped, found]
        elif array.ndim:
            dimensioned = operand.dtype if dimensioned is None else _TABLE[dimensioned, operand.dtype]
        else:
            zero_dim = operand.dtype if zero_dim is None else _TABLE[zero_dim, operand.dtype]
    return _combine(dimensioned, _combine(zero_dim, wrapped))


def _combine(strong: dtype | None, weak: dtype | None) -> dtype:
    if strong is None or weak is None:
        return strong or weak
    if weak.kind <= strong.kind:
        return strong
    if strong.kind == FLOATING:
        # Only complex is higher: the kind is the weaker operand's, the width the stronger one's.
        return complex128 if strong is float64 else complex64
    return _TABLE[strong, weak]


def can_cast_dtype(source: dtype, target: dtype) -> bool:
    """Whether a result of ``source`` may be written into ``target``: never to a lower kind, bool only from bool."""
    if source.kind == COMPLEX:
        return target.kind == COMPLEX
    if source.kind == FLOATING:
        return target.kind >= FLOATING
    if source.kind == INTEGER:
        return target.kind >= INTEGER
    return source.kind == BOOL


def can_cast(from_: dtype, to: dtype) -> bool:
    return can_cast_dtype(from_, to)
