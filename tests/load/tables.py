"""Reading the tables of malformed files in `malformed/`."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "malformed"
ARROW = "  --> "


class Malformed(NamedTuple):
    name: str
    text: str
    problems: list[str]


def malformed() -> list[Malformed]:
    """Every entry of every table."""
    return [entry for file in sorted(FOLDER.glob("*.txt")) for entry in _entries(file.read_text("utf-8"))]


def _entries(table: str) -> list[Malformed]:
    entries = []
    for part in table.split("\n=== ")[1:]:
        name, _, rest = part.partition("\n")
        lines = rest.split("\n")
        body = [line for line in lines if not line.startswith(ARROW)]
        problems = [line.removeprefix(ARROW) for line in lines if line.startswith(ARROW)]
        entries.append(Malformed(name, "\n".join(body).rstrip("\n") + "\n" if any(body) else "", problems))
    return entries
