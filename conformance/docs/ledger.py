"""The ledger of torch's documentation in `spec/sources/torch/`: what was decided of each statement.

One file per area. It names the symbols that the area reads (`scope`), and holds one entry per statement:
its number, which is permanent, the fingerprint of its words, and its kind. Entries stand in the order of
the docstring. Rules of pages that do not ship with torch (`pages`) have an id and our own words instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from conformance import paths
from conformance.exceptions import Problem, SpecError
from conformance.load import tables
from conformance.load.choices import mark
from conformance.load.ledger import fields_of, words_of
from conformance.load.model import Mark
from conformance.load.report import Report, meant, printable, quoted
from conformance.load.yaml_nodes import Mapping, Node, Scalar, Sequence, compose, read_text

FOLDER = "sources/torch"
COVERAGE = "coverage.yaml"

KINDS = {
    "normative": "says what happens, so that a case can show it",
    "contradicted": "says what torch does not do: `reason` tells what it does, and a case pins that",
    "informative": "motivation, cross-reference, illustration, or the same said elsewhere",
    "untestable": "says what no case can show here; `reason` tells why",
    "withdrawn": "no longer in the documentation; the number is not used again",
    "unsorted": "new: nobody has decided yet",
}
PROVEN_KINDS = ("normative", "contradicted")
"""Kinds that a case has to prove."""
WITH_REASON = ("contradicted", "untestable")

_FILE_KEYS = {
    "about": "what the area is, in one sentence",
    "torch": "the release whose documentation was read",
    "scope": "symbols whose every statement is in scope; `NAME.*` stands for its documented members",
    "mentions": "symbols of which only statements on gradients, graphs or views are in scope",
    "except": "symbols that a pattern would take in and that are left out",
    "symbols": "symbol to its statements",
    "pages": "page to its rules, in our own words",
}
_STATEMENT_KEYS = {
    "fingerprint": "of the statement's words",
    "kind": "what was decided of it",
    "reason": "why it is untestable or contradicted",
}
_RULE_KEYS = {"rule": "the rule in our own words", "kind": _STATEMENT_KEYS["kind"], "reason": _STATEMENT_KEYS["reason"]}
_FINGERPRINT = re.compile(r"[0-9a-f]{12}")
_NUMBER = re.compile(tables.STATEMENT)
_RELEASE = re.compile(r"[0-9]+(\.[0-9]+)+")
_PATTERN = re.compile(tables.SYMBOL + r"(\.\*)?")
_SYMBOL = re.compile(tables.SYMBOL)
_PAGE = re.compile(tables.PAGE_ID)
_RULE = re.compile(tables.RULE_ID)


class Entry(msgspec.Struct, frozen=True):
    """One statement, or one rule of a page. `id` is what a case cites: `SYMBOL#NUMBER` or `PAGE#RULE`.

    `fingerprint` is None for a rule, `rule` None for a statement.
    """

    id: str
    owner: str
    key: str
    kind: str
    mark: Mark
    fingerprint: str | None = None
    rule: str | None = None
    reason: str | None = None


class Area(msgspec.Struct, frozen=True):
    """One file of the ledger. `symbols` and `pages` hold entries in the documents' order."""

    name: str
    shown: str
    about: str
    torch: str
    scope: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    symbols: dict[str, tuple[Entry, ...]] = {}
    pages: dict[str, tuple[Entry, ...]] = {}

    def entries(self) -> Iterator[Entry]:
        """Every statement and rule of the area."""
        for held in (*self.symbols.values(), *self.pages.values()):
            yield from held


class Allowance(msgspec.Struct, frozen=True):
    """How many statements of an area may be without a case."""

    area: str
    uncovered: int
    mark: Mark
    shown: str


def load_areas(root: Path | None = None) -> dict[str, Area]:
    """The areas of the spec folder `root` (default: the project's), by name; none without the folder.

    Raises one SpecError with the problems of all files.
    """
    folder = (root or paths.spec_root()) / FOLDER
    areas: dict[str, Area] = {}
    problems: list[Problem] = []
    owners: dict[str, str] = {}
    for file in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
        if file.name == COVERAGE:
            continue
        report = Report(printable(paths.shown(file)))
        try:
            area = _area(compose(read_text(file, report.shown), report), file.stem, report)
            for owner, held in (*area.symbols.items(), *area.pages.items()):
                other = owners.setdefault(owner, area.shown)
                if other != area.shown and held:
                    report.add(held[0].mark, "ledger", f"{quoted(owner)} is already in {other}", "keep it in one file")
            report.raise_if_any()
            areas[area.name] = area
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    return areas


def load_allowances(root: Path | None = None) -> dict[str, Allowance]:
    """What `coverage.yaml` allows, by area; empty without the file. Raises SpecError."""
    file = (root or paths.spec_root()) / FOLDER / COVERAGE
    if not file.is_file():
        return {}
    report = Report(printable(paths.shown(file)))
    node = compose(read_text(file, report.shown), report)
    held = fields_of(node, {"uncovered": "area to a number"}, ("uncovered",), "the coverage file", report)
    allowed: dict[str, Allowance] = {}
    listed = held.get("uncovered")
    if isinstance(listed, Mapping):
        for key, value in listed.pairs:
            number = value.value if isinstance(value, Scalar) else None
            if isinstance(number, bool) or not isinstance(number, int) or number < 0:
                report.add(value, "coverage", "the number of uncovered statements is a whole number", "write 0 or more")
                continue
            allowed[key.text] = Allowance(key.text, number, mark(key), report.shown)
    elif listed is not None:
        report.add(listed, "coverage", "`uncovered` is a mapping from areas to numbers", "write `tensor: 0`")
    report.raise_if_any()
    return allowed


def _area(root: Node, name: str, report: Report) -> Area:
    fields = fields_of(root, _FILE_KEYS, ("about", "torch"), "a ledger of documentation", report)
    release = words_of(fields.get("torch"), "torch", report)
    if release and not _RELEASE.fullmatch(release):
        report.add(fields["torch"], "ledger", f"{quoted(release)} is no release", 'write it in quotes: "2.13.0"')
    return Area(
        name=name,
        shown=report.shown,
        about=words_of(fields.get("about"), "about", report),
        torch=release,
        scope=_patterns(fields.get("scope"), "scope", report),
        mentions=_patterns(fields.get("mentions"), "mentions", report),
        left_out=_patterns(fields.get("except"), "except", report),
        symbols=_owners(fields.get("symbols"), "symbols", report),
        pages=_owners(fields.get("pages"), "pages", report),
    )


def _patterns(node: Node | None, key: str, report: Report) -> tuple[str, ...]:
    if node is None:
        return ()
    if not isinstance(node, Sequence):
        report.add(node, "ledger", f"`{key}` is a list of symbols", "write `[torch.no_grad, torch.autograd.graph.*]`")
        return ()
    found: dict[str, None] = {}
    for item in node.items:
        text = item.text if isinstance(item, Scalar) else ""
        if not _PATTERN.fullmatch(text):
            report.add(item, "ledger", f"{quoted(text)} is no symbol", "write it like `torch.no_grad` or `torch.nn.*`")
        elif text in found:
            report.add(item, "ledger", f"{quoted(text)} stands twice", "keep one of them")
        found[text] = None
    return tuple(found)


def _owners(node: Node | None, key: str, report: Report) -> dict[str, tuple[Entry, ...]]:
    if node is None:
        return {}
    if not isinstance(node, Mapping):
        what = f"`{key}` is a mapping from {'symbols to statements' if key == 'symbols' else 'pages to rules'}"
        report.add(node, "ledger", what, "begin a line with the name and `:`")
        return {}
    form, read = (_SYMBOL, _statement) if key == "symbols" else (_PAGE, _rule)
    owners: dict[str, tuple[Entry, ...]] = {}
    for name, held in node.pairs:
        if not form.fullmatch(name.text):
            report.add(name, "ledger", f"{quoted(name.text)} is no {key[:-1]}", "write its dotted or slashed name")
        if not isinstance(held, Mapping):
            report.add(held, "ledger", f"{quoted(name.text)} holds no statements", "list them by their number or id")
            continue
        entries = [read(name.text, number, entry, report) for number, entry in held.pairs]
        first: dict[str, str] = {}
        for entry in entries:
            print_ = entry.fingerprint
            if print_ and entry.kind != "withdrawn" and first.setdefault(print_, entry.key) != entry.key:
                what = f"statement {entry.key} has the fingerprint of {first[print_]}"
                report.add(entry.mark, "ledger", what, "keep one of them")
        owners[name.text] = tuple(entries)
    return owners


def _statement(owner: str, key: Scalar, node: Node, report: Report) -> Entry:
    if not _NUMBER.fullmatch(key.text):
        report.add(key, "ledger", f"{quoted(key.text)} is no statement's number", "count from 1")
    fields = fields_of(node, _STATEMENT_KEYS, ("fingerprint", "kind"), "a statement", report)
    held = fields.get("fingerprint")
    print_ = held.text if isinstance(held, Scalar) else ""
    if held is not None and not (_FINGERPRINT.fullmatch(print_) and isinstance(held, Scalar) and held.style):
        mend = "write 12 hexadecimal digits in quotes; `docs update` writes them"
        report.add(held, "ledger", f"{quoted(print_)} is no fingerprint", mend)
    kind, reason = _kind(key, fields, report)
    return Entry(f"{owner}#{key.text}", owner, key.text, kind, mark(key), fingerprint=print_, reason=reason)


def _rule(owner: str, key: Scalar, node: Node, report: Report) -> Entry:
    if not _RULE.fullmatch(key.text):
        report.add(key, "ledger", f"{quoted(key.text)} is no rule's id", "write it like `BWD-03`")
    fields = fields_of(node, _RULE_KEYS, ("rule", "kind"), "a rule", report)
    kind, reason = _kind(key, fields, report)
    rule = words_of(fields.get("rule"), "rule", report)
    return Entry(f"{owner}#{key.text}", owner, key.text, kind, mark(key), rule=rule, reason=reason)


def _kind(key: Scalar, fields: dict[str, Node], report: Report) -> tuple[str, str | None]:
    kind = words_of(fields.get("kind"), "kind", report)
    if kind and kind not in KINDS:
        report.add(fields["kind"], "ledger", f"{quoted(kind)} is no kind", meant(kind, KINDS))
    reason = words_of(fields["reason"], "reason", report) if "reason" in fields else None
    if reason is None and kind in WITH_REASON:
        report.add(key, "ledger", f"{quoted(key.text)} is {kind} without a reason", "add `reason:` with one sentence")
    return kind, reason
