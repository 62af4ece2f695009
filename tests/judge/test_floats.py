"""Rounding and distances, held against NumPy and ml_dtypes over every kind of number."""

from __future__ import annotations

import math
import struct

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.judge.floats import (
    COMPONENT,
    FORMATS,
    ULP_TABLE,
    format_of,
    ordinal,
    round_to,
    ulp_distance,
    within,
)

NUMPY = {name: np.dtype(getattr(ml_dtypes, name, name)) for name in FORMATS}
floats = st.floats(width=64) | st.floats(-1e5, 1e5) | st.floats(-1e-37, 1e-37) | st.floats(width=16)


def as_numpy(value: float, dtype: str) -> float:
    with np.errstate(all="ignore"):
        return float(np.float64(value).astype(NUMPY[dtype]))


def bits(value: float) -> bytes:
    return b"nan" if math.isnan(value) else struct.pack(">d", value)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@settings(deadline=None)
@given(value=floats)
def test_rounds_as_numpy(dtype, value):
    assert bits(round_to(value, FORMATS[dtype])) == bits(as_numpy(value, dtype))


@pytest.mark.parametrize("dtype", [name for name in FORMATS if hasattr(ml_dtypes, name)])
@settings(deadline=None)
@given(value=st.floats(width=32) | st.floats(-500, 500, width=32) | st.floats(-(2.0**-120), 2.0**-120, width=32))
def test_rounds_as_ml_dtypes(dtype, value):
    """From float32: ml_dtypes goes through it, which rounds twice, and so is no judge of more."""
    assert bits(round_to(value, FORMATS[dtype])) == bits(float(np.float32(value).astype(NUMPY[dtype])))


@pytest.mark.parametrize("dtype", FORMATS)
def test_largest_value(dtype):
    form = FORMATS[dtype]
    limits = np.finfo(dtype) if not hasattr(ml_dtypes, dtype) else ml_dtypes.finfo(NUMPY[dtype])
    assert form.largest == float(limits.max)
    assert 2.0**form.quantum == float(limits.smallest_subnormal)


@pytest.mark.parametrize("value", [0.5, 1.5, 2.5, 3.5])
def test_ties_go_to_even(value):
    assert round_to(2048 + 2 * value, FORMATS["float16"]) == 2048 + 2 * round(value)


@settings(deadline=None)
@given(left=st.floats(width=32, allow_nan=False), right=st.floats(width=32, allow_nan=False))
def test_float32_order_is_that_of_its_bits(left, right):
    def place(value: float) -> int:
        (raw,) = struct.unpack(">i", struct.pack(">f", value))
        return raw if raw >= 0 else -1 - (raw & 0x7FFFFFFF)

    form = FORMATS["float32"]
    if math.isinf(left) or math.isinf(right):
        assert ulp_distance(left, right, form) == (0 if left == right else None)
    else:
        assert ordinal(left, form) == place(left)
        assert ulp_distance(left, right, form) == abs(place(left) - place(right))


@settings(deadline=None)
@given(value=st.floats(allow_nan=False, allow_infinity=False, max_value=1e300, min_value=-1e300))
def test_float64_neighbours_are_one_apart(value):
    following = math.nextafter(value, math.inf)
    across_zero = value in (0.0, -5e-324)  # nextafter takes the two zeros for one place
    assert ulp_distance(value, following, FORMATS["float64"]) in ((1, 2) if across_zero else (1,))


@pytest.mark.parametrize(
    ("left", "right", "distance"),
    [
        (0.0, -0.0, 1),
        (0.0, 0.0, 0),
        (math.nan, math.nan, 0),
        (math.nan, 0.0, None),
        (math.inf, math.inf, 0),
        (math.inf, -math.inf, None),
        (math.inf, FORMATS["float32"].largest, None),
        (1.0, 2.0, 2**23),
        (2.0**-149, -(2.0**-149), 3),
    ],
)
def test_distances(left, right, distance):
    assert ulp_distance(left, right, FORMATS["float32"]) == distance
    assert ulp_distance(right, left, FORMATS["float32"]) == distance


def test_without_slack_only_the_same_value_agrees():
    form = FORMATS["float32"]
    assert within(0.0, 0.0, form, None, None, None) == (True, 0)
    assert within(-0.0, 0.0, form, None, None, None) == (False, 1)


def test_the_table_covers_every_format():
    assert set(ULP_TABLE) == FORMATS.keys() | COMPONENT.keys()
    assert all(slack >= 1 for slack in ULP_TABLE.values())
    assert format_of("complex64") is FORMATS["float32"]
    assert format_of("int64") is None
