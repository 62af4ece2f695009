"""Binary floating formats: rounding to nearest even, and distance in units in the last place (ULP).

One description per dtype and two functions over all of them, in exact arithmetic on Python's doubles,
so the judge needs no NumPy. A value of a format is an integer times a power of two; `quantum` is the
exponent of the smallest positive one.
"""

from __future__ import annotations

import math

import msgspec


class FloatFormat(msgspec.Struct, frozen=True):
    """`precision` in bits with the hidden one; `largest` finite value; `overflow` what lies beyond it;
    `signed_zero` whether there is a -0.0."""

    precision: int
    quantum: int
    largest: float
    overflow: float = math.inf
    signed_zero: bool = True


FORMATS: dict[str, FloatFormat] = {
    "float64": FloatFormat(53, -1074, math.ldexp(1 - 2.0**-53, 1024)),
    "float32": FloatFormat(24, -149, math.ldexp(1 - 2.0**-24, 128)),
    "float16": FloatFormat(11, -24, 65504.0),
    "bfloat16": FloatFormat(8, -133, math.ldexp(1 - 2.0**-8, 128)),
    "float8_e5m2": FloatFormat(3, -16, 57344.0),
    "float8_e4m3fn": FloatFormat(4, -9, 448.0, math.nan),
    "float8_e5m2fnuz": FloatFormat(3, -17, 57344.0, math.nan, False),
    "float8_e4m3fnuz": FloatFormat(4, -10, 240.0, math.nan, False),
}
COMPONENT = {"complex32": "float16", "complex64": "float32", "complex128": "float64"}

ULP_TABLE: dict[str, int] = {
    "float64": 4,
    "float32": 4,
    "float16": 2,
    "bfloat16": 2,
    "float8_e5m2": 1,
    "float8_e4m3fn": 1,
    "float8_e5m2fnuz": 1,
    "float8_e4m3fnuz": 1,
    "complex128": 4,
    "complex64": 4,
    "complex32": 2,
}
"""How far apart, in ULP, two targets may be where no case declares a tolerance (per component for
complex numbers). A dtype that is not listed is compared exactly. Assertions never use this table."""


def format_of(dtype: str) -> FloatFormat | None:
    """The format of a floating dtype, or of a complex dtype's components."""
    return FORMATS.get(COMPONENT.get(dtype, dtype))


def round_to(value: float, form: FloatFormat) -> float:
    """`value` rounded to the nearest value of the format, ties to even, keeping the sign of zero."""
    if form.precision == 53:
        return value
    if math.isnan(value) or math.isinf(value):
        return value if math.isinf(form.overflow) else math.nan
    exponent = max(math.frexp(value)[1] - form.precision, form.quantum) if value else form.quantum
    try:
        rounded = math.ldexp(round(math.ldexp(abs(value), -exponent)), exponent)
    except OverflowError:
        rounded = math.inf
    if rounded > form.largest:
        rounded = form.overflow
    return math.copysign(rounded, value) if rounded or form.signed_zero else 0.0


def ordinal(value: float, form: FloatFormat) -> int:
    """Place of a finite value on the format's number line; -0.0 and 0.0 are neighbours, -1 and 0."""
    size = abs(value)
    exponent = max(math.frexp(size)[1] - form.precision, form.quantum) if size else form.quantum
    place = int(math.ldexp(size, -exponent)) + (exponent - form.quantum) * 2 ** (form.precision - 1)
    return place if math.copysign(1.0, value) > 0 else -1 - place


def ulp_distance(left: float, right: float, form: FloatFormat) -> int | None:
    """Steps between two values of the format; 0 only for identical ones (zeros with their sign, any
    NaN with any NaN). None where no number of steps leads there: NaN, or an infinity, on one side."""
    if math.isnan(left) or math.isnan(right):
        return 0 if math.isnan(left) and math.isnan(right) else None
    if math.isinf(left) or math.isinf(right):
        return 0 if left == right else None
    return abs(ordinal(left, form) - ordinal(right, form))


def within(
    observed: float,
    expected: float,
    form: FloatFormat,
    ulp: int | None,
    rtol: float | None,
    atol: float | None,
) -> tuple[bool, int | None]:
    """Whether the two agree, and their distance. Without slack only distance 0 agrees; with several
    kinds of slack declared, any one that holds is enough. Infinities and NaN always mean themselves."""
    distance = ulp_distance(observed, expected, form)
    if distance is None or distance == 0:
        return distance == 0, distance
    if ulp is not None and distance <= ulp:
        return True, distance
    if rtol is None and atol is None:
        return False, distance
    return abs(observed - expected) <= (atol or 0.0) + (rtol or 0.0) * abs(expected), distance
