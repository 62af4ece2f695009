"""A literal of a spec against the value an expression gave: same value, same kind, same shape.

Kinds are bool, integer, floating and complex; a number may be answered by a Python number or by a
tensor of no dimensions of that kind, a list by any sequence or tensor. Floating literals are rounded
to the observed dtype and then compared exactly, unless slack is declared on the value or the case.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from conformance.judge import trace as t
from conformance.judge.floats import FORMATS, format_of, round_to, within
from conformance.judge.messages import first_difference, for_device
from conformance.judge.render import complex_number, literal, number
from conformance.load.model import Tolerance, Value

EXACT = Tolerance()


class Match(NamedTuple):
    """Whether they agree; what differs, in words; the largest ULP distance where floats were compared."""

    ok: bool
    note: str | None = None
    ulp: int | None = None


AGREE = Match(True)


def compare(expected: Value, answer: t.Answer, fallback: Tolerance | None, device_type: str) -> Match:
    """Hold one expected value against one answer. `fallback` is the case's own `compare`."""
    if isinstance(answer, t.RaisedAnswer):
        return Match(False, f"the expression raised {answer.type}")
    slack = expected.tolerance or fallback or EXACT
    if expected.dtype is not None or expected.shape is not None:
        note = _declared(expected, answer)
        if note:
            return Match(False, note)
    return _Comparison(slack, device_type, expected.shape is not None).value(expected.data, answer, "")


def _declared(expected: Value, answer: t.Answer) -> str | None:
    """What is wrong with the dtype or the shape that the mapping form states, if anything."""
    observed = answer.v if isinstance(answer, t.TensorAnswer) else None
    if expected.dtype is not None:
        dtype = expected.dtype.removeprefix("torch.")
        if observed is None:
            return f"{kind_of(answer)} has no dtype, expected a tensor of dtype {dtype}"
        if observed.dtype != dtype:
            return f"dtype {observed.dtype}, expected {dtype}"
    if expected.shape is not None:
        shape = observed.shape if observed is not None else _nesting(answer)
        if shape is None:
            return f"{kind_of(answer)} has no shape, expected shape {list(expected.shape)}"
        if shape != expected.shape:
            return f"shape {list(shape)}, expected {list(expected.shape)}"
    return None


def _nesting(answer: t.Answer) -> tuple[int, ...] | None:
    """The shape of nested sequences of equal lengths."""
    if not isinstance(answer, t.SeqAnswer):
        return None
    inner = {_nesting(item) if isinstance(item, t.SeqAnswer) else () for item in answer.v}
    if len(inner) > 1 or None in inner:
        return None
    return (len(answer.v), *(inner.pop() if inner else ()))


def kind_of(answer: t.Answer) -> str:
    """An answer's kind in words."""
    match answer:
        case t.NoneAnswer():
            return "None"
        case t.BoolAnswer():
            return "a bool"
        case t.IntAnswer():
            return "an integer"
        case t.FloatAnswer():
            return "a floating number"
        case t.ComplexAnswer():
            return "a complex number"
        case t.TextAnswer():
            return "a text"
        case t.TensorAnswer():
            return f"a tensor of dtype {answer.v.dtype}, shape {list(answer.v.shape)}"
        case t.SeqAnswer():
            return f"a {answer.type} of {len(answer.v)}"
        case t.MapAnswer():
            return "a dict"
        case t.ObjectAnswer() | t.SummaryAnswer():
            return f"a {answer.type}"
    return "nothing"


def kind_of_literal(data: Any) -> str:
    """A literal's kind in words."""
    if data is None:
        return "None"
    if isinstance(data, bool):
        return "a bool"
    if isinstance(data, int):
        return "an integer"
    if isinstance(data, float):
        return "a floating number"
    return "a text" if isinstance(data, str) else f"a list of {len(data)}"


def complex_literal(text: str) -> complex | None:
    """The complex number that a text like `1+2j` writes, or None."""
    if not text.endswith("j"):
        return None
    try:
        return complex(text)
    except ValueError:
        return None


def shape_of_literal(data: Any) -> tuple[int, ...] | None:
    """The shape of nested lists of equal lengths, or None for ragged ones."""
    if not isinstance(data, tuple):
        return ()
    inner = {shape_of_literal(item) for item in data}
    if len(inner) > 1 or None in inner:
        return None
    return (len(data), *(inner.pop() if inner else ()))


class _Comparison:
    """One comparison under way: its slack, and the largest distance met so far."""

    def __init__(self, slack: Tolerance, device_type: str, shape_declared: bool) -> None:
        self.slack = slack
        self.device_type = device_type
        self.shape_declared = shape_declared
        self.ulp: int | None = None

    def fail(self, place: str, why: str) -> Match:
        return Match(False, f"differs at {place}: {why}" if place else why, self.ulp)

    def value(self, data: Any, answer: t.Answer, place: str) -> Match:
        """A literal against an answer, which stands at `place` in the whole one."""
        if isinstance(answer, t.TensorAnswer):
            return self.tensor(data, answer.v, place)
        if isinstance(data, tuple):
            return self.sequence(data, answer, place)
        if data is None:
            agree = isinstance(answer, t.NoneAnswer)
        elif isinstance(data, str):
            return self.text(data, answer, place)
        elif isinstance(data, bool):
            if isinstance(answer, t.BoolAnswer):
                return AGREE if answer.v == data else self.fail(place, f"{answer.v}, expected {data}")
            agree = False
        elif isinstance(data, int):
            if isinstance(answer, t.IntAnswer):
                return AGREE if str(answer.v) == str(data) else self.fail(place, f"{answer.v}, expected {data}")
            agree = False
        else:
            if isinstance(answer, t.FloatAnswer):
                return self.floating(data, t.as_float(answer.v), "float64", place)
            agree = False
        return AGREE if agree else self.fail(place, f"{kind_of(answer)}, expected {kind_of_literal(data)}")

    def text(self, data: str, answer: t.Answer, place: str) -> Match:
        wanted = for_device(data, self.device_type)
        if isinstance(answer, t.TextAnswer):
            if answer.v == wanted and not answer.cut:
                return AGREE
            return self.fail(place, first_difference(answer.v, wanted) if answer.v != wanted else "cut short")
        if isinstance(answer, t.ComplexAnswer):
            return self.complex(data, answer.v, "complex128", place)
        shown = answer.shown if isinstance(answer, t.ObjectAnswer | t.SeqAnswer) else None
        if shown is None:
            return self.fail(place, f"{kind_of(answer)}, expected a text")
        return AGREE if shown == wanted else self.fail(place, first_difference(shown, wanted))

    def sequence(self, data: tuple, answer: t.Answer, place: str) -> Match:
        if not isinstance(answer, t.SeqAnswer):
            return self.fail(place, f"{kind_of(answer)}, expected {kind_of_literal(data)}")
        if len(data) != len(answer.v):
            return self.fail(place, f"length {len(answer.v)}, expected {len(data)}")
        for index, (item, part) in enumerate(zip(data, answer.v, strict=True)):
            found = self.value(item, part, f"{place}[{index}]")
            if not found.ok:
                return found
        return Match(True, None, self.ulp)

    # --- tensors -------------------------------------------------------------------------------------

    def tensor(self, data: Any, observed: t.Observation, place: str) -> Match:
        if data is None:
            return self.fail(place, f"a tensor of shape {list(observed.shape)}, expected None")
        kind = t.kind_of_dtype(observed.dtype)
        if kind is None:
            return self.fail(place, f"dtype {observed.dtype} cannot be compared with numbers")
        if observed.data is None:
            return self.fail(place, f"the data cannot be read (device {observed.device})")
        if observed.summary:
            return self.fail(place, f"too large to compare ({observed.data.get('numel')} elements)")
        if not self.shape_declared:
            shape = shape_of_literal(data)
            if shape is None:
                return self.fail(place, f"a tensor, expected a list of unequal lengths: {literal(data)}")
            if shape != observed.shape:
                return self.fail(place, f"shape {list(observed.shape)}, expected {list(shape)}")
        return self.elements(data, observed.data, kind, observed.dtype, place)

    def elements(self, data: Any, observed: Any, kind: str, dtype: str, place: str) -> Match:
        if isinstance(data, tuple) or isinstance(observed, list):
            if not isinstance(data, tuple) or not isinstance(observed, list) or len(data) != len(observed):
                return self.fail(place, f"{len_text(observed)}, expected {kind_of_literal(data)}")
            for index, (item, part) in enumerate(zip(data, observed, strict=True)):
                found = self.elements(item, part, kind, dtype, f"{place}[{index}]")
                if not found.ok:
                    return found
            return Match(True, None, self.ulp)
        if kind == "complex" and isinstance(data, str):
            return self.complex(data, observed, dtype, place)
        if kind == "floating" and isinstance(data, float):
            return self.floating(data, t.as_float(observed), dtype, place)
        if (kind == "bool" and isinstance(data, bool)) or (kind == "integer" and is_integer(data)):
            if isinstance(observed, bool) == (kind == "bool") and str(observed) == str(data):
                return AGREE
            return self.fail(place, f"{observed}, expected {data}")
        return self.fail(place, f"dtype {dtype}, expected {kind_of_literal(data)}")

    def floating(self, data: float, observed: float, dtype: str, place: str) -> Match:
        form = format_of(dtype)
        if form is None:
            return self.fail(place, f"dtype {dtype} has no known floating format")
        wanted = round_to(data, form)
        if observed == wanted != 0:
            self.ulp = self.ulp or 0
            return Match(True, None, self.ulp)
        slack = self.slack
        agree, distance = within(observed, wanted, form, slack.ulp, slack.rtol, slack.atol)
        if distance is not None:
            self.ulp = max(self.ulp or 0, distance)
        if agree:
            return Match(True, None, self.ulp)
        # A distance means something to a reader only between neighbours.
        apart = f", {distance} ulp apart" if distance is not None and distance <= 1000 else ""
        return self.fail(place, f"{number(observed, form)}, expected {number(wanted, form)}{apart}")

    def complex(self, text: str, observed: Any, dtype: str, place: str) -> Match:
        wanted = complex_literal(text)
        if wanted is None:
            return self.fail(place, "a complex number, expected a text")
        real, imaginary = t.as_complex(observed)
        found = self.floating(wanted.real, real, dtype, place)
        if found.ok:
            found = self.floating(wanted.imag, imaginary, dtype, place)
        if found.ok:
            return Match(True, None, self.ulp)
        form = format_of(dtype) or FORMATS["float64"]
        return self.fail(place, f"{complex_number(real, imaginary, form)}, expected {text}")


def is_integer(data: Any) -> bool:
    """An int that is no bool."""
    return isinstance(data, int) and not isinstance(data, bool)


def len_text(observed: Any) -> str:
    """What stands where a list of another length, or an element, was expected."""
    return f"length {len(observed)}" if isinstance(observed, list) else "an element"
