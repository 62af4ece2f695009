"""Who stands alone, where: differences gathered by who disagrees, and by what looks like one cause.

One fault of an engine shows in many cases with the same values. Such cases are one entry: the first of
them in full, the others by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from conformance.report.cases import CaseView, Difference
from conformance.report.summary import UNEXPECTED

_SUBJECT = re.compile(r"^\w+")


class Entry(msgspec.Struct, frozen=True):
    """One case's differences, and the ids of the cases whose first difference has the same values."""

    differences: tuple[Difference, ...]
    others: tuple[str, ...]


class Standing(msgspec.Struct, frozen=True):
    """All entries of one who stands alone. `cases` and `count` count cases and differences."""

    who: str
    count: int
    cases: int
    entries: tuple[Entry, ...]


class Unfinished(msgspec.Struct, frozen=True):
    """A case with unexpected results that miss no assertion: (outcome, reason, targets) for each kind."""

    case: CaseView
    kinds: tuple[tuple[str, str, tuple[str, ...]], ...]


def standings(differences: Iterable[Difference]) -> tuple[Standing, ...]:
    """The differences by who stands alone, the most frequent first.

    A difference between targets that a missed expectation already shows is left out.
    """
    differences = tuple(differences)
    missed = {(d.case, d.step, d.what) for d in differences if d.against == "document"}
    groups: dict[str, dict[str, list[Difference]]] = {}
    for difference in differences:
        shown = (difference.case, difference.step, difference.what.rpartition(" (")[0]) in missed
        if not (shown and difference.against == "targets"):
            cases = groups.setdefault(difference.stands_alone, {})
            cases.setdefault(difference.case, []).append(difference)
    found = [
        Standing(who, sum(map(len, cases.values())), len(cases), _entries(cases.values()))
        for who, cases in groups.items()
    ]
    return tuple(sorted(found, key=lambda standing: -standing.count))


def _entries(cases: Iterable[list[Difference]]) -> tuple[Entry, ...]:
    alike: dict[Any, list[list[Difference]]] = {}
    for found in cases:
        alike.setdefault(_likeness(found[0]), []).append(found)
    return tuple(Entry(tuple(first), tuple(other[0].case for other in others)) for first, *others in alike.values())


def _likeness(difference: Difference) -> tuple[Any, ...]:
    """What two differences of one cause share: everything but the case, the place and the variable."""
    what = _SUBJECT.sub("", difference.what)
    return what, difference.against, difference.expected, tuple(sorted(difference.values.items()))


def unfinished(cases: Iterable[CaseView]) -> tuple[Unfinished, ...]:
    """The cases that came to no verdict (or whose waiver is stale), in their order."""
    found = []
    for case in cases:
        kinds: dict[tuple[str, str], list[str]] = {}
        for target, line in case.results.items():
            if line.expectedness in UNEXPECTED and all(check.ok for check in line.assertions):
                stale = "stale waiver" if line.expectedness == "stale-waiver" else ""
                kinds.setdefault((line.outcome, line.reason or stale), []).append(target)
        if kinds:
            found.append(Unfinished(case, tuple((*kind, tuple(names)) for kind, names in kinds.items())))
    return tuple(found)
