"""Small changes of one literal or message, none of which may go unnoticed.

A change is (leaf, what, new value, once): the place inside the literal, the change in words, the changed
expectation, and whether it is enough that one target notices.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from conformance.judge import trace as t
from conformance.judge.floats import FORMATS, FloatFormat, format_of, round_to
from conformance.judge.literals import complex_literal
from conformance.judge.render import literal
from conformance.load.model import Tolerance, Value

Change = tuple[str, str, Value, bool]
MARK = "¤"
"""A character that no engine prints."""

replace = msgspec.structs.replace


def leaf_names(expected: Value, place: str) -> Iterator[str]:
    """The names of a literal's leaves: its elements, its length, and what its mapping form declares."""
    yield from (f"{place}{path}" for path in _paths(expected.data, ""))
    if expected.dtype is not None:
        yield f"{place}, dtype"
    if expected.shape is not None:
        yield f"{place}, shape"


def _paths(data: Any, path: str) -> Iterator[str]:
    yield path
    if isinstance(data, tuple):
        for number, item in enumerate(data):
            yield from _paths(item, f"{path}[{number}]")


def of(expected: Value, answer: t.Answer | None, slack: Tolerance | None) -> Iterator[Change]:
    """The changes of one literal, given the answer that it fits."""
    if expected.message:
        for what, pattern, once in messages(str(expected.data)):
            yield (f", {what}" if once else ""), what, replace(expected, data=pattern), once
        return
    for path, what, data in _data(expected.data, answer, slack, ""):
        yield path, what, replace(expected, data=data), False
    if expected.dtype is not None:
        other = "torch.int64" if not expected.dtype.endswith("int64") else "torch.float32"
        yield ", dtype", f"dtype → {other}", replace(expected, dtype=other), False
    if expected.shape is not None:
        shape = expected.shape
        longer = [(*shape[:n], size + 1, *shape[n + 1 :]) for n, size in enumerate(shape)]
        for other in [*longer, (*shape, 1), *([shape[1:]] if shape else [])]:
            yield ", shape", f"shape → {list(other)}", replace(expected, shape=other), False


def _data(data: Any, answer: t.Answer | None, slack: Tolerance | None, path: str) -> Iterator[tuple[str, str, Any]]:
    """(path, what, changed data) for the whole literal: each leaf in each way."""
    inner = _inner(answer)
    if isinstance(data, tuple):
        for number, item in enumerate(data):
            for where, what, new in _data(item, inner(number), slack, f"{path}[{number}]"):
                yield where, what, (*data[:number], new, *data[number + 1 :])
        others: list[Any] = [(*data, data[-1] if data else 0.0), (data,), None]
        others += [data[:-1], data[0]] if data else []
    else:
        others = list(_leaf(data, answer, slack))
    for new in others:
        yield path, f"{_short(data)} → {_short(new)}", new


def _inner(answer: t.Answer | None) -> Any:
    """What answers the elements of a list: a sequence's own, or a tensor's dtype once more."""
    if isinstance(answer, t.SeqAnswer):
        items = answer.v
        return lambda number: items[number]
    return lambda number: answer


def _short(data: Any) -> str:
    text = repr(data) if isinstance(data, str) else literal(data)
    return text if len(text) <= 60 else text[:57] + "…"


def _leaf(data: Any, answer: t.Answer | None, slack: Tolerance | None) -> Iterator[Any]:
    """The changed leaves: other values, the nearest other value, other kinds."""
    if data is None:
        yield from (0, False, (), "None")
    elif isinstance(data, bool):
        yield from (not data, int(data), float(data), None)
    elif isinstance(data, int):
        yield from (
            data + 1,
            data - 1,
            float(data) if abs(data) < 2**53 else 0.0,
            bool(data),
            None,
            str(data),
        )
    elif isinstance(data, float):
        yield from _floats(data, answer, slack or Tolerance())
        yield from (None, str(data), (data,))
        if math.isfinite(data):
            yield int(data)
    elif isinstance(answer, t.ComplexAnswer) or (number := _complex_in(data, answer)) is not None:
        number = complex_literal(data) or 0j
        yield from (_complex_text(number.real + 1, number.imag), _complex_text(number.real, number.imag + 1))
        yield from (None, number.real)
    else:
        yield from texts(data)
        yield from (None, 0)


def _complex_in(data: str, answer: t.Answer | None) -> complex | None:
    """The number that a text stands for inside a complex tensor."""
    if isinstance(answer, t.TensorAnswer) and t.kind_of_dtype(answer.v.dtype) == "complex":
        return complex_literal(data)
    return None


def _complex_text(real: float, imaginary: float) -> str:
    return f"{real!r}{'' if str(imaginary).startswith('-') else '+'}{imaginary!r}j"


def _floats(data: float, answer: t.Answer | None, slack: Tolerance) -> Iterator[float]:
    """Floats beyond the slack, the nearest of them where there is only a number of steps to go."""
    dtype = answer.v.dtype if isinstance(answer, t.TensorAnswer) else "float64"
    form = format_of(dtype) or FORMATS["float64"]
    if math.isnan(data):
        yield from (0.0, math.inf)
        return
    if math.isinf(data):
        yield from (-data, form.largest, math.nan)
        return
    value = round_to(data, form)
    # The slack is relative to the expected value, so it grows with the change.
    growing = 1 - min(slack.rtol or 0.0, 0.999)
    reach = 2 * ((slack.atol or 0.0) + (slack.rtol or 0.0) * abs(value)) / growing
    quantum = math.ldexp(1.0, max(math.frexp(value)[1] - form.precision, form.quantum))
    yield value + max(1.0, reach, 4 * quantum * ((slack.ulp or 0) + 1))
    yield from (math.nan, math.inf)
    if slack.rtol is None and slack.atol is None:
        yield steps_away(value, form, (slack.ulp or 0) + 1)
        if value == 0 and not slack.ulp and form.signed_zero:
            yield -value
    if abs(value) > reach + 2 * quantum * ((slack.ulp or 0) + 1):
        yield -value


def steps_away(value: float, form: FloatFormat, steps: int) -> float:
    """The value so many steps further from zero; further towards it from the largest ones."""
    for direction in (1, -1):
        found = abs(value)
        for _ in range(steps):
            exponent = max(math.frexp(found)[1] - form.precision, form.quantum) if found else form.quantum
            found = round_to(found + direction * math.ldexp(1.0, exponent), form)
        if math.isfinite(found):
            break
    return math.copysign(found, value)


def texts(text: str) -> Iterator[str]:
    """Exact text, changed by one character in each word, at the ends, and in its white space."""
    for word in re.finditer(r"\S+", text):
        place = word.start() + len(word[0]) // 2
        yield text[:place] + MARK + text[place + 1 :]
    yield text + MARK
    if text:
        yield text[:-1]
        yield text + " "
    gap = re.search(r"\s", text)
    if gap:
        yield text[: gap.start()] + " " + text[gap.start() :]


def messages(pattern: str) -> Iterator[tuple[str, str, bool]]:
    """(what, changed pattern, once) of a message: each word between the gaps; each gap closed, which
    passes where the gap stands for nothing."""
    start = 0
    for part in pattern.split("..."):
        for word in re.finditer(r"\S+", part):
            place = start + word.start()
            yield f"{word[0]!r} → {MARK + word[0]!r}", pattern[:place] + MARK + pattern[place:], False
        start += len(part) + 3
    for number, gap in enumerate(re.finditer(r"\.\.\.", pattern), 1):
        yield f"gap {number} closed", pattern[: gap.start()] + pattern[gap.end() :], True
    if "..." not in pattern:
        yield "more text", pattern + MARK, False
