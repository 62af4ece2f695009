"""Expected and observed as short text for people, in one spelling, so that the two can be compared by eye.

The observed text is also what a waiver states as the wrong value it expects, so it is stable: numbers
take the fewest digits that name them in their dtype, and long values are cut at a fixed length.
"""

from __future__ import annotations

import math
from typing import Any

from conformance.judge import trace as t
from conformance.judge.floats import FORMATS, FloatFormat, format_of, round_to
from conformance.judge.messages import for_device
from conformance.load.model import Expectation, Group, OneOf, PerDevice, PerTorch, RowRef, Thrown, Value

LONGEST = 2000
MOST_ITEMS = 64
PLAIN_DTYPES = {"float32", "int64", "bool", "complex64"}


def cut(text: str) -> str:
    """`text`, cut where it is too long to show."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


def number(value: float, form: FloatFormat = FORMATS["float64"]) -> str:
    """A float as torch and Python write it, `5.` for whole numbers, with the fewest digits that name it."""
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if value == int(value) and abs(value) < 1e16:
        return f"{int(value)}." if value or math.copysign(1.0, value) > 0 else "-0."
    shortest = repr(value)
    if len(shortest) > 8 and form.precision < 53:
        for digits in range(1, 10):
            text = f"{value:.{digits}g}"
            if round_to(float(text), form) == value:
                return repr(float(text))
    return shortest


def complex_number(real: float, imaginary: float, form: FloatFormat = FORMATS["float64"]) -> str:
    """`1.+2.j`."""
    tail = number(imaginary, form)
    return f"{number(real, form)}{'' if tail.startswith('-') else '+'}{tail}j"


# --- observed ------------------------------------------------------------------------------------


def data_text(data: Any, dtype: str) -> str:
    """A tensor's data as nested lists of numbers of its dtype, or the head of a summarised one."""
    kind = t.kind_of_dtype(dtype)
    form = format_of(dtype) or FORMATS["float64"]

    def walk(part: Any) -> str:
        if isinstance(part, list | tuple):
            shown = ", ".join(walk(item) for item in part[:MOST_ITEMS])
            return f"[{shown}, … {len(part)} items]" if len(part) > MOST_ITEMS else f"[{shown}]"
        try:
            if kind == "floating":
                return number(t.as_float(part), form)
            if kind == "complex":
                return complex_number(*t.as_complex(part), form)
        except t.TraceError:
            pass
        return str(part)

    if data is None:
        return "…"
    if isinstance(data, dict):
        head = walk(data.get("head", []))
        return f"{head.removesuffix(']')}, … {data.get('numel', '?')} elements]"
    return walk(data)


def tensor(observed: t.Observation) -> str:
    """`tensor([5.])`, with dtype and device where they are not the usual ones, and shape where the
    data does not tell it."""
    parts = [data_text(observed.data, observed.dtype)]
    if observed.data is None or observed.summary or 0 in observed.shape[:-1] or observed.shape[1:2] == (0,):
        parts.append(f"shape={list(observed.shape)}")
    if observed.dtype not in PLAIN_DTYPES:
        parts.append(f"dtype={observed.dtype}")
    if observed.device != "cpu":
        parts.append(f"device={observed.device}")
    return cut(f"tensor({', '.join(parts)})")


def answer(value: t.Answer) -> str:
    """The value of an expression."""
    return cut(_answer(value))


def _answer(value: t.Answer) -> str:
    match value:
        case t.NoneAnswer():
            return "None"
        case t.BoolAnswer() | t.IntAnswer():
            return str(value.v)
        case t.FloatAnswer():
            return number(t.as_float(value.v))
        case t.ComplexAnswer():
            return complex_number(*t.as_complex(value.v))
        case t.TextAnswer():
            return value.v + ("…" if value.cut else "")
        case t.TensorAnswer():
            return tensor(value.v)
        case t.SeqAnswer():
            return value.shown or _sequence(value)
        case t.MapAnswer():
            items = [f"{_answer(key)}: {_answer(item)}" for key, item in value.v[:MOST_ITEMS]]
            return "{" + ", ".join(items) + "}"
        case t.ObjectAnswer():
            return value.shown
        case t.SummaryAnswer():
            return f"<{value.type}: {value.why}>"
        case t.RaisedAnswer():
            return event(value)
    return str(value)


def _sequence(value: t.SeqAnswer) -> str:
    inside = ", ".join(_answer(item) for item in value.v[:MOST_ITEMS])
    if len(value.v) > MOST_ITEMS:
        inside += f", … {len(value.v)} items"
    if value.type == "list":
        return f"[{inside}]"
    return f"({inside}{',' if len(value.v) == 1 else ''})" + ("" if value.type == "tuple" else f" ({value.type})")


def event(value: t.Event | t.RaisedAnswer | None) -> str:
    """`RuntimeError: …`, or `nothing`."""
    return "nothing" if value is None else cut(f"{value.type}: {value.message}")


def events(values: tuple[t.Event, ...]) -> str:
    """Several warnings, one a line."""
    return cut("\n".join(f"{value.type}: {value.message}" for value in values)) if values else "nothing"


# --- expected ------------------------------------------------------------------------------------


def literal(data: Any) -> str:
    """A literal of a spec."""
    if isinstance(data, tuple):
        return f"[{', '.join(literal(item) for item in data)}]"
    if isinstance(data, float):
        return number(data)
    return str(data)


def expected(expectation: Expectation, device_type: str = "cpu") -> str:
    """An expectation, as the target it is held against sees it."""
    return cut(_expected(expectation, device_type))


def _expected(expectation: Expectation, device_type: str) -> str:
    match expectation:
        case Value(message=True, data=None):
            return "nothing"
        case Value():
            text = literal(expectation.data)
            if isinstance(expectation.data, str):
                text = for_device(text, device_type)
            extra = []
            if expectation.dtype is not None:
                extra.append(f"dtype {expectation.dtype.removeprefix('torch.')}")
            if expectation.shape is not None:
                extra.append(f"shape {list(expectation.shape)}")
            if expectation.tolerance is not None:
                slack = expectation.tolerance
                for name in ("ulp", "rtol", "atol"):
                    if getattr(slack, name) is not None:
                        extra.append(f"{name} {getattr(slack, name):g}")
            return f"{text} ({', '.join(extra)})" if extra else text
        case Thrown():
            return f"{expectation.exception}: {_expected(expectation.message, device_type)}"
        case Group():
            return "\n".join(_expected(item, device_type) for item in expectation.items) or "nothing"
        case OneOf():
            return "one of: " + " | ".join(_expected(option, device_type) for option in expectation.options)
        case PerDevice() | PerTorch():
            return " | ".join(f"{key}: {_expected(item, device_type)}" for key, item in expectation.branches)
        case RowRef():
            return f"row {expectation.name}"
    return str(expectation)
