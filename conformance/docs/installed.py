"""The documentation of an installed torch, read in a process of its own: nothing here imports torch."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from conformance.docs.ledger import Area
from conformance.docs.statements import Statement, statements
from conformance.exceptions import TargetError, UsageError

SECONDS = 300
_SCRIPT = Path(__file__).with_name("extract.py")


class Symbol(msgspec.Struct, frozen=True):
    """A documented symbol: its area, and its statements in reading order."""

    name: str
    area: str
    mentions: bool
    statements: tuple[Statement, ...]


class Documentation(msgspec.Struct, frozen=True):
    """What one torch says. `missing` are names and patterns that it has not."""

    torch: str
    symbols: dict[str, Symbol]
    missing: tuple[str, ...] = ()


def read_installed(areas: Mapping[str, Area], python: str | None = None) -> Documentation:
    """The documentation in the areas' scope, as the interpreter `python` (default: this one) has it.

    Raises UsageError where there is no such interpreter, TargetError where it cannot import torch.
    """
    request = [{"area": a.name, "scope": a.scope, "mentions": a.mentions, "except": a.left_out} for a in areas.values()]
    return understood(_ask(python or sys.executable, request))


def understood(answer: dict) -> Documentation:
    """The documentation in the answer of `extract`."""
    symbols = {}
    for told in answer["symbols"]:
        found = statements(told["doc"], told["signature"], mentions=told["mentions"])
        if found:
            symbols[told["name"]] = Symbol(told["name"], told["area"], told["mentions"], tuple(found))
    return Documentation(answer["torch"], symbols, tuple(answer["missing"]))


def _ask(python: str, request: Iterable) -> dict:
    try:
        answered = subprocess.run(
            [python, "-c", _SCRIPT.read_text("utf-8")],
            input=json.dumps(list(request)),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SECONDS,
        )
    except OSError as error:
        raise UsageError(f"{python}: no such interpreter: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise TargetError(f"{python}: no documentation within {SECONDS} s") from None
    if answered.returncode:
        last = (answered.stderr.strip().splitlines() or ["no message"])[-1]
        raise TargetError(f"{python}: torch's documentation cannot be read: {last}")
    return json.loads(answered.stdout)
