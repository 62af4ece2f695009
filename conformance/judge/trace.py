"""A trace as typed values: what `docs/protocol.md` says a worker answers, checked once at the door.

Workers may be written by strangers in any language, so nothing behind this module has to wonder
whether a key is there. `read_trace` raises `TraceError` with the place that is wrong.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any

import msgspec


class TraceError(Exception):
    """A worker's answer does not follow the protocol."""


class Event(msgspec.Struct, frozen=True):
    """An exception or a warning: the class's own name and its text."""

    type: str
    message: str


class Observation(msgspec.Struct, frozen=True):
    """What was seen of one tensor. `data` stays raw: nested lists, a summary mapping, or None."""

    data: Any
    dtype: str
    shape: tuple[int, ...]
    device: str
    requires_grad: bool = False
    is_leaf: bool | None = None
    retains_grad: bool | None = None
    grad: Observation | None = None
    version: int | None = None
    grad_fn: str | None = None
    storage: int | None = None
    view_of: str | None = None

    @property
    def summary(self) -> bool:
        """Whether the tensor was too large to be written out."""
        return isinstance(self.data, dict) and "summary" in self.data and self.data["summary"] is True


class Answer(msgspec.Struct, frozen=True, tag_field="k"):
    """The value of one expression; the subclasses are the rows of the protocol's VALUE table."""


class NoneAnswer(Answer, frozen=True, tag="none"):
    pass


class BoolAnswer(Answer, frozen=True, tag="bool"):
    v: bool


class IntAnswer(Answer, frozen=True, tag="int"):
    v: int | str


class FloatAnswer(Answer, frozen=True, tag="float"):
    v: float | str


class ComplexAnswer(Answer, frozen=True, tag="complex"):
    v: dict[str, float | str]


class TextAnswer(Answer, frozen=True, tag="text"):
    v: str
    cut: bool = False


class TensorAnswer(Answer, frozen=True, tag="tensor"):
    v: Observation


class SeqAnswer(Answer, frozen=True, tag="seq"):
    """`shown` is the sequence's own `str` where it is not Python's (`torch.Size([2])`)."""

    type: str
    v: tuple[AnyAnswer, ...]
    shown: str | None = msgspec.field(name="str", default=None)


class MapAnswer(Answer, frozen=True, tag="map"):
    v: tuple[tuple[AnyAnswer, AnyAnswer], ...]


class ObjectAnswer(Answer, frozen=True, tag="object"):
    type: str
    shown: str = msgspec.field(name="str")


class SummaryAnswer(Answer, frozen=True, tag="summary"):
    type: str
    why: str


class RaisedAnswer(Answer, frozen=True, tag="raised"):
    type: str
    message: str


AnyAnswer = (
    NoneAnswer
    | BoolAnswer
    | IntAnswer
    | FloatAnswer
    | ComplexAnswer
    | TextAnswer
    | TensorAnswer
    | SeqAnswer
    | MapAnswer
    | ObjectAnswer
    | SummaryAnswer
    | RaisedAnswer
)


class Fault(msgspec.Struct, frozen=True):
    """Why a case could not be carried through."""

    kind: str
    message: str


class GivenTrace(msgspec.Struct, frozen=True):
    exception: Event | None = None
    warnings: tuple[Event, ...] = ()


class StepTrace(msgspec.Struct, frozen=True):
    exception: Event | None = None
    warnings: tuple[Event, ...] = ()
    answers: tuple[AnyAnswer, ...] = ()
    tensors: dict[str, Observation] = {}
    printed: str = ""


class Trace(msgspec.Struct, frozen=True):
    error: Fault | None = None
    given: GivenTrace = GivenTrace()
    steps: tuple[StepTrace, ...] = ()


def read_trace(raw: Any) -> Trace:
    """The typed trace of a worker's plain answer; raises `TraceError`."""
    try:
        return msgspec.convert(raw, Trace)
    except msgspec.ValidationError as problem:
        raise TraceError(f"the trace does not follow the protocol: {problem}") from None
    except RecursionError:
        raise TraceError("the trace does not follow the protocol: nested too deeply") from None


SPECIAL = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}


def as_float(raw: Any) -> float:
    """A float as the protocol writes it: a number, or one of the three texts."""
    if isinstance(raw, str):
        if raw not in SPECIAL:
            raise TraceError(f"{raw[:40]!r} is not a floating number")
        return SPECIAL[raw]
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise TraceError(f"{str(raw)[:40]!r} is not a floating number")
    return float(raw)


def as_complex(raw: Any) -> tuple[float, float]:
    """Real and imaginary part (a Python complex would lose the sign of zeros when built by sums)."""
    if not isinstance(raw, dict) or set(raw) != {"re", "im"}:
        raise TraceError(f"{str(raw)[:40]!r} is not a complex number")
    return as_float(raw["re"]), as_float(raw["im"])


@lru_cache(maxsize=64)
def kind_of_dtype(dtype: str) -> str | None:
    """ "bool", "integer", "floating", "complex", or None for a dtype that holds no plain numbers."""
    dtype = sys.intern(dtype.removeprefix("torch."))
    if dtype == "bool":
        return "bool"
    if dtype.startswith(("int", "uint")):
        return "integer"
    if dtype.startswith(("float", "bfloat")):
        return "floating"
    return "complex" if dtype.startswith("complex") else None
