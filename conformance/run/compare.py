"""What changed between two results files: cases and targets that came or went, verdicts, observations.

Times and addresses are no changes; neither is a different order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from conformance.run.results import Results


class Change(msgspec.Struct, frozen=True):
    """One difference. `what` says which kind, `before` and `after` are short texts."""

    case: str
    target: str
    what: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.case} [{self.target}]: {self.what}: {self.before} -> {self.after}"


def changes(old: Results, new: Results) -> list[Change]:
    """Every change, by case and target. Targets are compared by name."""
    before = {(line.case, line.target): line for line in old.lines}
    after = {(line.case, line.target): line for line in new.lines}
    found: list[Change] = []
    for key in sorted(before.keys() | after.keys()):
        a, b = before.get(key), after.get(key)
        if a is None or b is None:
            found.append(Change(*key, "presence", "absent" if a is None else a.outcome, b.outcome if b else "absent"))
            continue
        for what in ("outcome", "expectedness"):
            if getattr(a, what) != getattr(b, what):
                found.append(Change(*key, what, getattr(a, what), getattr(b, what)))
        found.extend(Change(*key, *difference) for difference in _differences(a.trace, b.trace))
    return found


def _differences(a: Any, b: Any, where: str = "trace") -> Iterator[tuple[str, str, str]]:
    """(where, before, after) of the leaves at which two traces differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in [*a, *(k for k in b if k not in a)]:
            if key != "seconds":
                yield from _differences(a.get(key), b.get(key), f"{where}.{key}")
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for index, (x, y) in enumerate(zip(a, b, strict=True)):
            yield from _differences(x, y, f"{where}[{index}]")
    elif a != b or type(a) is not type(b) or str(a) != str(b):
        yield where, _short(a), _short(b)


def _short(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else text[:77] + "..."
