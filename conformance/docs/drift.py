"""What another torch documents differently from what the ledger knows, and the cases that this concerns."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from conformance.docs.installed import Documentation
from conformance.docs.ledger import Area
from conformance.docs.pairing import pair
from conformance.docs.statements import Statement
from conformance.load.model import Case


class Moved(msgspec.Struct, frozen=True):
    """One difference: `what` is "vanished", "appeared" or "reworded". Texts are "" where nobody has them."""

    what: str
    id: str
    kind: str
    before: str
    after: str
    cases: tuple[str, ...]


def drift(
    areas: Mapping[str, Area],
    theirs: Documentation,
    ours: Documentation | None,
    cases: Mapping[str, list[Case]],
) -> list[Moved]:
    """The differences of `theirs` from the ledger, symbol by symbol.

    `ours` is the documentation that the ledger was made from, for the words of what vanished; without it
    only the place of a statement tells what it became.
    """
    moved: list[Moved] = []
    for area in areas.values():
        names = dict.fromkeys([*area.symbols, *(n for n, s in theirs.symbols.items() if s.area == area.name)])
        for name in names:
            their = theirs.symbols[name].statements if name in theirs.symbols else ()
            our = ours.symbols[name].statements if ours and name in ours.symbols else ()
            texts: dict[str, Statement] = {s.fingerprint: s for s in our}
            paired = pair(area.symbols.get(name, ()), their, texts)
            for entry in paired.vanished:
                moved.append(_moved("vanished", entry.id, entry.kind, texts.get(entry.fingerprint or ""), None, cases))
            for entry, after in paired.reworded:
                before = texts.get(entry.fingerprint or "")
                moved.append(_moved("reworded", entry.id, entry.kind, before, after, cases))
            for after in paired.appeared:
                moved.append(_moved("appeared", name, "", None, after, cases))
    return moved


def _moved(
    what: str,
    id_: str,
    kind: str,
    before: Statement | None,
    after: Statement | None,
    cases: Mapping[str, list[Case]],
) -> Moved:
    concerned = tuple(case.id for case in cases.get(id_, ()))
    return Moved(what, id_, kind, before.text if before else "", after.text if after else "", concerned)
