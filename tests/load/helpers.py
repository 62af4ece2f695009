"""Loading small specs in tests."""

from __future__ import annotations

from conformance.load import load_text
from conformance.load.model import Case, Expectation, SpecFile, Step


def spec(text: str, path: str = "area/file.yaml") -> SpecFile:
    return load_text(text, path, f"spec/{path}", check_programs=False)


def case(text: str) -> Case:
    """The only case of a file."""
    (only,) = spec(text).cases
    return only


def step(text: str) -> Step:
    """A step written as one flow mapping's inside, with rows `n` and `want` in scope."""
    return case(f"cases: [{{case: a, rows: [{{n: 1, want: 2}}], steps: [{{run: x, {text}}}]}}]").steps[0]


def expectation(text: str) -> Expectation:
    """The expectation of `expect: {y: TEXT}`."""
    return step(f"expect: {{y: {text}}}").expect[0].expected
