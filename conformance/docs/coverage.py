"""Which statements are proven: cited by a case that asserts something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from conformance.docs.ledger import PROVEN_KINDS, Area, Entry
from conformance.load.model import Case, SpecFile


class Count(msgspec.Struct, frozen=True):
    """Statements of one symbol, page or area: those to prove, and those of them that cases prove."""

    name: str
    covered: int
    normative: int
    untestable: int
    informative: int
    unsorted: int

    @property
    def uncovered(self) -> int:
        return self.normative - self.covered


def citing(files: Iterable[SpecFile]) -> dict[str, list[Case]]:
    """Statement id to the cases that cite it and assert something."""
    found: dict[str, list[Case]] = {}
    for file in files:
        for case in file.cases:
            if any(step.expect or step.raises or step.warns for step in case.steps):
                for cite in case.cites:
                    if cite.kind != "claim" and "#" in cite.ref:
                        found.setdefault(cite.ref, []).append(case)
    return found


def count(name: str, entries: Iterable[Entry], cases: Mapping[str, list[Case]]) -> Count:
    """Count entries; `cases` is what `citing` found."""
    held = list(entries)
    to_prove = [e for e in held if e.kind in PROVEN_KINDS]
    kinds = [e.kind for e in held]
    return Count(
        name,
        sum(e.id in cases for e in to_prove),
        len(to_prove),
        kinds.count("untestable"),
        kinds.count("informative"),
        kinds.count("unsorted"),
    )


def by_area(areas: Mapping[str, Area], cases: Mapping[str, list[Case]]) -> list[Count]:
    """One count for each area, in the order of their names."""
    return [count(name, area.entries(), cases) for name, area in sorted(areas.items())]


def by_owner(area: Area, cases: Mapping[str, list[Case]]) -> list[Count]:
    """One count for each symbol and page of the area that has something to prove or to sort, the emptiest first."""
    counts = [count(name, held, cases) for name, held in (*area.symbols.items(), *area.pages.items())]
    return sorted((c for c in counts if c.normative or c.unsorted), key=lambda c: (-c.uncovered, c.name))


def total(counts: Iterable[Count]) -> Count:
    """The sum of counts."""
    held = list(counts)
    return Count(
        "all",
        sum(c.covered for c in held),
        sum(c.normative for c in held),
        sum(c.untestable for c in held),
        sum(c.informative for c in held),
        sum(c.unsorted for c in held),
    )
