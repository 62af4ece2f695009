"""A proposed spec file as text: YAML that the loader reads back to the same case."""

from __future__ import annotations

import json
import math
import re
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from conformance.judge import trace as t
from conformance.judge.floats import FORMATS, FloatFormat, format_of
from conformance.judge.render import PLAIN_DTYPES, number

REVIEW = "REVIEW"
"""How a title begins that nobody has written yet; lint refuses it."""
WIDTH = 118
_PLAIN_KEY = re.compile(r"[A-Za-z_][\w.()\[\], +*/<>=-]*")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")


class ProposedStep(NamedTuple):
    """`expect` holds (expression, YAML of the value) pairs."""

    run: str
    raises: t.Event | None
    warns: tuple[t.Event, ...]
    expect: tuple[tuple[str, str], ...]


def spec_text(name: str, engine: str, steps: Sequence[ProposedStep], left_out: Sequence[str] = ()) -> str:
    """The proposed file. `engine` is what ran, in words; `left_out` the expressions that no spec can state."""
    lines = [
        f"# Proposed: what {engine} did. That is no proof of what it should do. Hold every line against the",
        "# documents, choose numbers that tell the rule from its tempting misreading, cite what the rule rests on,",
        f"# and write the titles anew: lint refuses those that begin with {REVIEW}.",
        *(f"# Left out, because it warns, raises or has no value that can be written: {look}" for look in left_out),
        f"title: {REVIEW} the rule that this file states",
        "cases:",
        f"  - case: {name}",
        f"    title: {REVIEW} what this case shows",
        "    level: observed",
        "    steps:",
    ]
    for step in steps:
        lines.append("      - run: |")
        lines.append(textwrap.indent(step.run, " " * 10))
        if step.raises is not None:
            lines.append("        raises:")
            lines += _event(" " * 10, step.raises)
        if step.warns:
            lines.append("        warns:")
            for event in step.warns:
                lines += _event(" " * 10 + "- ", event)
        if step.expect:
            lines.append("        expect:")
            lines += [f"          {_key(expression)}: {value}" for expression, value in step.expect]
    return "\n".join(lines) + "\n"


def _key(expression: str) -> str:
    plain = _PLAIN_KEY.fullmatch(expression) and not expression.endswith(" ")
    return expression if plain else json.dumps(expression, ensure_ascii=False)


def _event(lead: str, event: t.Event) -> list[str]:
    """`Name: message`; a message in full, with its own dots marked and addresses and the build's paths left open."""
    text = _message(event.message)
    if len(lead) + len(event.type) + len(text) < WIDTH - 4:
        return [f"{lead}{event.type}: {json.dumps(text, ensure_ascii=False)}"]
    inside = " " * (len(lead) + 2)
    return [f"{lead}{event.type}: >-", *textwrap.wrap(text, WIDTH, initial_indent=inside, subsequent_indent=inside)]


def _message(text: str) -> str:
    text = " ".join(_ADDRESS.sub("\0", text.replace("...", "{dots}")).split())
    return re.sub(r"\(Triggered internally at .*\)", "\0", text).replace("\0", "...")


def value_text(answer: t.Answer) -> str | None:
    """The YAML that expects `answer`; None where no spec can state it."""
    match answer:
        case t.NoneAnswer():
            return "null"
        case t.BoolAnswer():
            return "true" if answer.v else "false"
        case t.IntAnswer():
            return str(answer.v)
        case t.FloatAnswer():
            return _float(t.as_float(answer.v))
        case t.TextAnswer():
            return None if answer.cut else _quoted(answer.v)
        case t.TensorAnswer():
            return tensor_text(answer.v)
        case t.SeqAnswer():
            items = [value_text(item) for item in answer.v]
            return None if None in items else f"[{', '.join(item for item in items if item is not None)}]"
        case t.ObjectAnswer():
            return None if " at 0x" in answer.shown else _quoted(answer.shown)
    return None


def tensor_text(seen: t.Observation) -> str | None:
    """The YAML that expects a tensor's data, with dtype and shape where the numbers do not tell them."""
    data = None if seen.summary or seen.data is None else _data(seen.data, seen.dtype)
    parts = [] if data is None else [f"value: {data}"]
    if seen.dtype not in PLAIN_DTYPES:
        parts.append(f"dtype: {seen.dtype}")
    if data is None or 0 in seen.shape[:-1]:
        parts.append(f"shape: {list(seen.shape)}")
    if data is not None and len(parts) == 1:
        return data
    return "{" + ", ".join(parts) + "}" if data is not None else None


def _data(data: object, dtype: str) -> str | None:
    kind, form = t.kind_of_dtype(dtype), format_of(dtype) or FORMATS["float64"]
    if kind == "complex":
        return None

    def walk(part: object) -> str:
        if isinstance(part, list | tuple):
            return f"[{', '.join(map(walk, part))}]"
        if kind == "floating":
            return _float(t.as_float(part), form)
        return ("true" if part else "false") if isinstance(part, bool) else str(part)

    return walk(data)


def _float(value: float, form: FloatFormat = FORMATS["float64"]) -> str:
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else (".inf" if value > 0 else "-.inf")
    return number(value, form)


def _quoted(text: str) -> str:
    return json.dumps(text.replace("...", "{dots}") if "..." in text else text, ensure_ascii=False)
