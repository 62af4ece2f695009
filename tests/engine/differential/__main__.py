"""`python -m tests.engine.differential NAME …`: each aspect of these operations, with the smallest differing example.

A name may be a pattern (`'index*'`). Without names: all of them.
"""

from __future__ import annotations

import fnmatch
import sys

from .families import catalogue
from .running import described, ordered, run, smallest


def main(patterns: list[str]) -> int:
    count = None
    if patterns and patterns[0].startswith("-n"):
        count = int(patterns.pop(0)[2:])
    found = [
        operation
        for name, operation in catalogue().items()
        if not patterns or any(name == p or fnmatch.fnmatchcase(name, p) for p in patterns)
    ]
    if not found:
        print(f"no operation is called {' or '.join(patterns)}", file=sys.stderr)
        return 2
    few = len(found) < 20  # looking for the smallest example takes a while
    differing = 0
    for operation in found:
        outcome = run(operation, count)
        agreed = ", ".join(f"{a} {outcome.reached[a]}" for a in ordered(outcome) if a not in outcome.differing)
        print(f"{operation.name}: agrees in {agreed or 'nothing'}")
        for aspect, kept in outcome.differing.items():
            differing += 1
            note = f" (known: {operation.differs[aspect]})" if aspect in operation.differs else ""
            shown = (few and smallest(operation, aspect, count)) or kept
            print(f"  {aspect} differs{note}:\n    {described(*shown)}")
    print(f"{len(found)} operations, {differing} differing aspects")
    return int(differing > 0)


sys.exit(main(sys.argv[1:]))
