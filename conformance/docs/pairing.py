"""Which statement of one documentation is which of another: kept, reworded, vanished or appeared.

Equal fingerprints are the same statement wherever they stand. What is left over is paired within its
symbol: by likeness of the words where both texts are at hand, else by place, one left over for one left
over between the same neighbours.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

import msgspec

from conformance.docs.ledger import Entry
from conformance.docs.statements import Statement

ALIKE = 0.6
"""Likeness from which two sentences count as one that was reworded."""


class Pairing(msgspec.Struct, frozen=True):
    """`kept` and `reworded` pair an entry with its statement; `vanished` and `appeared` stand alone."""

    kept: tuple[tuple[Entry, Statement], ...]
    reworded: tuple[tuple[Entry, Statement], ...]
    vanished: tuple[Entry, ...]
    appeared: tuple[Statement, ...]


def pair(entries: Sequence[Entry], found: Sequence[Statement], texts: Mapping[str, Statement]) -> Pairing:
    """Pair one symbol's entries with the statements found; `texts` are known texts by fingerprint."""
    entries = [e for e in entries if e.kind != "withdrawn"]
    by_print = {e.fingerprint: e for e in entries}
    kept = [(by_print[s.fingerprint], s) for s in found if s.fingerprint in by_print]
    known = {s.fingerprint for s in found}
    vanished = [e for e in entries if e.fingerprint not in known]
    appeared = [s for s in found if s.fingerprint not in by_print]
    reworded = _alike(vanished, appeared, texts) + _in_place(entries, found, vanished, appeared, texts)
    gone, new = {id(e) for e, _ in reworded}, {id(s) for _, s in reworded}
    return Pairing(
        tuple(kept),
        tuple(reworded),
        tuple(e for e in vanished if id(e) not in gone),
        tuple(s for s in appeared if id(s) not in new),
    )


def _alike(
    vanished: Sequence[Entry], appeared: Sequence[Statement], texts: Mapping[str, Statement]
) -> list[tuple[Entry, Statement]]:
    scores = []
    for old, entry in enumerate(vanished):
        before = texts.get(entry.fingerprint or "")
        for new, statement in enumerate(appeared):
            if before is None or before.form != statement.form:
                continue
            score = difflib.SequenceMatcher(None, before.text, statement.text, autojunk=False).ratio()
            score += 0.1 * (before.place == statement.place)
            if score >= ALIKE + 0.1:
                scores.append((-score, old, new))
    pairs, used_old, used_new = [], set(), set()
    for _, old, new in sorted(scores):
        if old not in used_old and new not in used_new:
            pairs.append((vanished[old], appeared[new]))
            used_old.add(old)
            used_new.add(new)
    return pairs


def _in_place(
    entries: Sequence[Entry],
    found: Sequence[Statement],
    vanished: Sequence[Entry],
    appeared: Sequence[Statement],
    texts: Mapping[str, Statement],
) -> list[tuple[Entry, Statement]]:
    """Pairs of one entry whose text nobody has, and one new statement, between the same two neighbours."""
    unread = {id(e) for e in vanished if e.fingerprint not in texts}
    new = {id(s) for s in appeared}
    before: dict[tuple, list[Entry]] = {}
    for at, entry in enumerate(entries):
        if id(entry) in unread:
            before.setdefault(_neighbours([e.fingerprint for e in entries], at), []).append(entry)
    after: dict[tuple, list[Statement]] = {}
    for at, statement in enumerate(found):
        if id(statement) in new:
            after.setdefault(_neighbours([s.fingerprint for s in found], at), []).append(statement)
    return [
        (held[0], after[place][0])
        for place, held in before.items()
        if len(held) == 1 and len(after.get(place, ())) == 1
    ]


def _neighbours(prints: Sequence[str | None], at: int) -> tuple:
    return prints[at - 1] if at else None, prints[at + 1] if at + 1 < len(prints) else None
