"""docs/operations.md: one row per operation, one column per aspect, read back as it was written."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from .catalogue import ASPECTS, Operation
from .running import Outcome, described

PAGE = Path(__file__).parents[3] / "docs" / "operations.md"
NO_ERROR = "nothing drawn raises"
NO_GRADIENT = "nothing drawn requires grad"
UNDECLARED = "no reason is declared"
NOT_RECORDED = "the results do not require grad"
_AGREES, _DIFFERS, _NOT = "agrees", "differs", "–"
_CELL = re.compile(r"(?P<verdict>agrees|differs|–)(?: (?P<detail>\S+))?$")
_ROW = re.compile(r"\| `(?P<name>[^`]+)` \|(?P<cells>.*)\|$")


@dataclass
class Line:
    """A row of the table: per aspect a cell such as ``agrees 12``, ``differs 3/12``, ``– a``; its differences."""

    name: str
    cells: list[str]
    differences: dict[str, str] = field(default_factory=dict)


def line_of(outcome: Outcome, letters: dict[str, str]) -> Line:
    """The row of an operation's outcome. ``letters`` gives each reason its letter, and grows."""
    cells = []
    for aspect in ASPECTS:
        reached = outcome.reached[aspect]
        if aspect in outcome.differing:
            cells.append(f"{_DIFFERS} {outcome.disagreeing[aspect]}/{reached}")
        elif reached:
            cells.append(f"{_AGREES} {reached}")
        else:
            reason = _why_absent(outcome, aspect)
            cells.append(f"{_NOT} {letters.setdefault(reason, _letter(len(letters)))}")
    differences = {aspect: described(*kept) for aspect, kept in outcome.differing.items()}
    return Line(outcome.operation.name, cells, differences)


def _why_absent(outcome: Outcome, aspect: str) -> str:
    operation: Operation = outcome.operation
    if aspect in operation.absent:
        return operation.absent[aspect]
    if aspect == "errors":
        return NO_ERROR
    if aspect in ("graph", "forward mode") or not outcome.reached["graph"]:
        return NO_GRADIENT
    if aspect in ("gradient", "double backward", "saved"):
        return NOT_RECORDED
    return "nothing drawn reaches it"


def _letter(place: int) -> str:
    return chr(ord("a") + place)


def read(text: str) -> tuple[dict[str, Line], dict[str, str]]:
    """The rows of a page by name, and its reasons with their letters."""
    lines: dict[str, Line] = {}
    letters = {reason: letter for letter, reason in re.findall(r"^- \*\*([a-z])\*\* (.*)$", text, re.M)}
    for row in text.splitlines():
        match = _ROW.match(row)
        if match:
            lines[match["name"]] = Line(match["name"], [cell.strip() for cell in match["cells"].split("|")])
    for name, aspect, body in re.findall(r"^### `([^`]+)`: ([^\n]*)\n\n[^\n]*\n\n```\n(.*?)\n```$", text, re.M | re.S):
        if name in lines:
            lines[name].differences[aspect] = body
    return lines, letters


def counted(lines: dict[str, Line]) -> Counter:
    """How many cells say what."""
    return Counter(_CELL.match(cell)["verdict"] for line in lines.values() for cell in line.cells)


def write(operations: dict[str, Operation], lines: dict[str, Line], letters: dict[str, str], version: str) -> str:
    """The text of the page for the operations, whose rows are ``lines``."""
    cells = counted(lines)
    forms = Counter(operation.form for operation in operations.values())
    text = [
        "# Operations against torch, aspect by aspect\n",
        "Written by `python -m tests.engine.differential.report`; no cell is written by hand. Each operation of the "
        "reference engine is",
        "evaluated on drawn examples (dtypes, shapes, layouts, special values, wrong arguments) by torch and by the "
        "engine. `agrees 12`:",
        "12 examples reached the aspect and all agreed. `differs 3/12`: three did not; the shortest of them is shown "
        "below. `– a`: does not",
        "apply, for reason a. How an operation is registered: "
        "[tests/engine/differential](../tests/engine/differential/README.md).\n",
        f"**{len(operations)} operations and overloads** ({forms['function']} functions and methods, "
        f"{forms['in place']} in place, {forms['out=']} with `out=`) against torch {version}: "
        f"**{cells[_AGREES]} cells agree, {cells[_DIFFERS]} differ, {cells[_NOT]} do not apply.**\n",
        *[f"- **{letter}** {reason}" for reason, letter in letters.items()],
    ]
    family = None
    for name, operation in operations.items():
        if operation.family != family:
            family = operation.family
            text += [f"\n## {family}\n", f"| operation | {' | '.join(ASPECTS)} |", "| --- |" + " --- |" * len(ASPECTS)]
        text.append(f"| `{name}` | {' | '.join(lines[name].cells)} |")
    if cells[_DIFFERS]:
        text.append("\n## Where they differ")
    for name in operations:
        for aspect, body in lines[name].differences.items():
            reason = operations[name].differs.get(aspect, UNDECLARED)
            text.append(f"\n### `{name}`: {aspect}\n\n{reason[0].upper()}{reason[1:]}.\n\n```\n{body}\n```")
    return "\n".join(text) + "\n"
