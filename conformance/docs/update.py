"""Writing the ledger: statements that are new enter as `unsorted`, what was decided stays.

An entry keeps its number for good. A statement that vanished stays as `withdrawn`; one that was reworded
keeps its number and must be sorted again.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from conformance import paths
from conformance.docs.installed import Documentation
from conformance.docs.ledger import COVERAGE, FOLDER, Area, Entry
from conformance.docs.pairing import pair
from conformance.docs.statements import Statement
from conformance.load.model import Mark

WIDTH = 116
_NOWHERE = Mark(1, 1)


class Changes(msgspec.Struct, frozen=True):
    """What an update of an area changed, as ids."""

    added: tuple[str, ...]
    reworded: tuple[str, ...]
    withdrawn: tuple[str, ...]


def updated(area: Area, told: Documentation) -> tuple[Area, Changes]:
    """The area as `told` has it, with every decision that still stands."""
    symbols: dict[str, tuple[Entry, ...]] = {}
    added, reworded, withdrawn = [], [], []
    ours = [s for s in told.symbols.values() if s.area == area.name]
    for symbol in ours:
        entries = area.symbols.get(symbol.name, ())
        paired = pair(entries, symbol.statements, {})
        again = {s.fingerprint: e for e, s in paired.reworded}
        kept = {s.fingerprint: e for e, s in paired.kept}
        number = max((int(e.key) for e in entries), default=0)
        lines = []
        for statement in symbol.statements:
            entry = kept.get(statement.fingerprint)
            if entry is None and statement.fingerprint in again:
                entry = _new(symbol.name, again[statement.fingerprint].key, statement)
                reworded.append(entry.id)
            elif entry is None:
                number += 1
                entry = _new(symbol.name, str(number), statement)
                added.append(entry.id)
            lines.append(entry)
        lost = [msgspec.structs.replace(e, kind="withdrawn", reason=None) for e in paired.vanished]
        withdrawn += [e.id for e in lost]
        symbols[symbol.name] = (*lines, *lost, *(e for e in entries if e.kind == "withdrawn"))
    for name, entries in area.symbols.items():
        if name not in symbols:
            withdrawn += [e.id for e in entries if e.kind != "withdrawn"]
            symbols[name] = tuple(msgspec.structs.replace(e, kind="withdrawn", reason=None) for e in entries)
    changes = Changes(tuple(added), tuple(reworded), tuple(withdrawn))
    return msgspec.structs.replace(area, torch=told.torch, symbols=symbols), changes


def _new(symbol: str, key: str, statement: Statement) -> Entry:
    return Entry(f"{symbol}#{key}", symbol, key, "unsorted", _NOWHERE, fingerprint=statement.fingerprint)


def write(area: Area, root: Path | None = None) -> None:
    """Write the area's file."""
    folder = (root or paths.spec_root()) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{area.name}.yaml").write_text(text_of(area), encoding="utf-8")


def write_allowances(uncovered: dict[str, int], root: Path | None = None) -> None:
    """Write how many statements of each area may be without a case."""
    lines = ["# How many statements of each area may be without a case: lint refuses more."]
    lines += ["uncovered:", *(f"  {area}: {number}" for area, number in sorted(uncovered.items()))]
    ((root or paths.spec_root()) / FOLDER / COVERAGE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def text_of(area: Area) -> str:
    """The area's file: one line for each statement, in the documents' order."""
    lines = [f"about: {_scalar(area.about)}", f'torch: "{area.torch}"']
    for key, patterns in (("scope", area.scope), ("mentions", area.mentions), ("except", area.left_out)):
        if patterns:
            lines += [f"{key}:", *(f"  - {pattern}" for pattern in patterns)]
    for key, owners in (("symbols", area.symbols), ("pages", area.pages)):
        if owners:
            lines.append(f"{key}:")
        for owner, entries in owners.items():
            lines += [f"  {owner}:", *(f"    {line}" for entry in entries for line in _lines(entry))]
    return "\n".join(lines) + "\n"


def _lines(entry: Entry) -> Iterable[str]:
    held = {"fingerprint": f'"{entry.fingerprint}"'} if entry.fingerprint else {"rule": _scalar(entry.rule or "")}
    held["kind"] = entry.kind
    if entry.reason:
        held["reason"] = _scalar(entry.reason)
    key = f'"{entry.key}"' if entry.fingerprint else entry.key
    short = f"{key}: {{{', '.join(f'{name}: {value}' for name, value in held.items())}}}"
    if len(short) <= WIDTH and "rule" not in held and not any(c in (entry.reason or "") for c in ",[]{}"):
        return [short]
    return [f"{key}:", *(f"  {name}: {value}" for name, value in held.items())]


def _scalar(text: str) -> str:
    """The text as YAML: plain where that is safe, else in double quotes."""
    risky = text[:1] in "!&*-?|>%@`'\"#[]{},:" or ": " in text or " #" in text or text.endswith(":")
    if not risky and not text.replace(".", "").isdigit() and text not in ("null", "true", "false", "~"):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
