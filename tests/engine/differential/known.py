"""Differences that are known: `known_differences.yaml`, by aspect and reason the operations that show it.

The tests let these pass, demand that they still differ, and fail on any other. The page shows them as what they are.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import yaml

from .catalogue import ASPECTS, OPERATIONS

FILE = Path(__file__).with_name("known_differences.yaml")
HEAD = """\
# Where the engine differs from torch and is known to: aspect, reason, operations. An operation is listed only while it
# differs; `python -m tests.engine.differential.report --settle` takes out those that no longer do, and adds none.
"""


def read() -> dict[str, dict[str, list[str]]]:
    """By aspect, by reason: names of operations. Raises ``ValueError`` for an aspect that there is not."""
    found = yaml.safe_load(FILE.read_text()) or {}
    for aspect in found:
        if aspect not in ASPECTS:
            raise ValueError(f"{FILE.name}: no aspect {aspect!r}; there are {', '.join(ASPECTS)}")
    return found


def apply() -> list[str]:
    """Tell the operations of the catalogue what is known of them; the names that no operation has."""
    unknown = []
    for aspect, reasons in read().items():
        for reason, names in reasons.items():
            for name in names:
                if name in OPERATIONS:
                    OPERATIONS[name].differs.setdefault(aspect, reason)
                else:
                    unknown.append(name)
    return unknown


def keep(differing: dict[str, set[str]]) -> int:
    """Write the file with only what still differs (aspect to names); how many entries were taken out."""
    kept: dict = defaultdict(dict)
    gone = 0
    for aspect, reasons in read().items():
        for reason, names in reasons.items():
            still = [name for name in names if name in differing.get(aspect, ())]
            gone += len(names) - len(still)
            if still:
                kept[aspect][reason] = still
    FILE.write_text(HEAD + yaml.safe_dump(dict(kept), sort_keys=False, width=110, default_flow_style=None))
    return gone
