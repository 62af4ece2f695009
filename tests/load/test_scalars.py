"""The core schema of YAML 1.2, scalar by scalar."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.load.yaml_scalars import resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("Null", None),
        ("NULL", None),
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("false", False),
        ("False", False),
        ("FALSE", False),
        ("0", 0),
        ("12", 12),
        ("012", 12),
        ("-7", -7),
        ("+7", 7),
        ("0o10", 8),
        ("0xF", 15),
        ("0xdeadBEEF", 0xDEADBEEF),
        ("18446744073709551616", 2**64),
        ("1.", 1.0),
        ("1.5", 1.5),
        (".5", 0.5),
        ("-.5", -0.5),
        ("+1.5", 1.5),
        ("1e3", 1000.0),
        ("1e-3", 0.001),
        ("1E+3", 1000.0),
        ("1.e2", 100.0),
        (".5e1", 5.0),
        ("-0.0", -0.0),
        ("0.0", 0.0),
        ("1e-400", 0.0),
        (".inf", math.inf),
        (".Inf", math.inf),
        ("+.INF", math.inf),
        ("-.inf", -math.inf),
    ],
)
def test_resolved(text, value):
    got = resolve(text)
    assert type(got) is type(value)
    assert got == value
    if isinstance(value, float):
        assert math.copysign(1, got) == math.copysign(1, value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number(text):
    assert math.isnan(resolve(text))


@pytest.mark.parametrize(
    "text",
    [
        *("on", "off", "yes", "no", "y", "n", "On", "YES", "tRUE", "nULL", "none", "None"),
        *(
            "1_000",
            "1:30",
            "190:20:30",
            "2001-12-14",
            "001-03",
            "1+2j",
            "3j",
            "0b11",
            "0o8",
            "0xg",
            "-0x1",
            "+0o7",
        ),
        *("e3", "1e", "1e+", ".", "-", "+", "..", "...", "1.2.3", "--1", "+-1", ".e1", "- 1", "1 2"),
        *("inf", "nan", "+.nan", "-.nan", ".iNF", "Infinity", "٣", "１", "1e٣"),
    ],
)
def test_text(text):
    assert resolve(text) == text


@given(st.integers(-(2**70), 2**70))
def test_integers_read_back(number):
    assert resolve(str(number)) == number
    assert resolve(hex(abs(number))) == abs(number)
    assert resolve(oct(abs(number))) == abs(number)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_read_back(number):
    got = resolve(repr(number))
    assert isinstance(got, float)
    assert (got, math.copysign(1, got)) == (number, math.copysign(1, number))
