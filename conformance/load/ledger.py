"""Claim ledgers and the list of cited pages: `spec/sources/`.

A ledger holds what one document claims, each claim in our own words with torch's verdict on it. The
files are read by the same rules as specs, so a slip in one has its line and its mend.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from conformance import paths
from conformance.exceptions import Problem, SpecError
from conformance.load import tables
from conformance.load.choices import mark
from conformance.load.model import Mark
from conformance.load.report import Report, meant, printable, quoted
from conformance.load.yaml_nodes import Mapping, Node, Scalar, compose, read_text

PAGES = "pages.yaml"

VERDICTS = {
    "confirmed": "torch does what the claim says",
    "qualified": "true with a condition that the claim leaves out",
    "outdated": "true of an older torch",
    "refuted": "torch does something else",
}

_LEDGER_KEYS = {
    "source": "what its claims' ids begin with",
    "title": "the document's title",
    "file": "the document's file name",
    "claims": "claim id to claim",
}
_CLAIM_KEYS = {
    "claim": "the claim in our own words",
    "verdict": "what torch says of it",
    "why": "why it is not simply confirmed",
    "neighbour": "true for behaviour beside the document's own claims",
}
_SOURCE_ID = re.compile(r"[0-9]{3}")
_CLAIM_ID = re.compile(tables.CLAIM_ID)
_PAGE_ID = re.compile(tables.PAGE_ID)


class Claim(msgspec.Struct, frozen=True):
    """One testable statement. `why` is None only where the verdict is "confirmed"."""

    id: str
    claim: str
    verdict: str
    mark: Mark
    why: str | None = None
    neighbour: bool = False


class Ledger(msgspec.Struct, frozen=True):
    """The claims of one document, in file order. `shown` is the ledger's path to print."""

    source: str
    title: str
    file: str
    shown: str
    claims: tuple[Claim, ...]


class Page(msgspec.Struct, frozen=True):
    """A page of torch's documentation that cases may cite."""

    id: str
    title: str
    mark: Mark


def load_ledgers(root: Path | None = None) -> dict[str, Ledger]:
    """The ledgers in `sources/` of the spec folder `root` (default: the project's), by source id.

    Raises one SpecError with the problems of all of them.
    """
    folder = (root or paths.spec_root()) / "sources"
    ledgers: dict[str, Ledger] = {}
    problems: list[Problem] = []
    for file in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
        if file.name == PAGES:
            continue
        try:
            ledger = _read(file, _ledger)
        except SpecError as error:
            problems += error.problems
            continue
        other = ledgers.setdefault(ledger.source, ledger)
        if other is not ledger:
            what = f"the source {ledger.source} is already in {other.shown}"
            problems.append(Problem(ledger.shown, 1, 1, "ledger", what, "let one file hold all its claims"))
    if problems:
        raise SpecError(problems)
    return ledgers


def load_pages(root: Path | None = None) -> dict[str, Page]:
    """The pages listed in `sources/pages.yaml` of the spec folder, by id; none without the file.

    Raises SpecError with its problems.
    """
    file = (root or paths.spec_root()) / "sources" / PAGES
    return _read(file, _pages) if file.is_file() else {}


def _read(file: Path, build):
    report = Report(printable(paths.shown(file)))
    result = build(compose(read_text(file, report.shown), report), report)
    report.raise_if_any()
    return result


def _ledger(root: Node, report: Report) -> Ledger:
    fields = fields_of(root, _LEDGER_KEYS, tuple(_LEDGER_KEYS), "a ledger", report)
    source = words_of(fields.get("source"), "source", report)
    if source and not _SOURCE_ID.fullmatch(source):
        report.add(fields["source"], "ledger", f"{quoted(source)} is no source id", 'write three digits: "001"')
    held = fields.get("claims")
    claims: list[Claim] = []
    if isinstance(held, Mapping) and held.pairs:
        claims = [_claim(key, node, source, report) for key, node in held.pairs]
    elif held is not None:
        report.add(held, "ledger", "`claims` is a mapping from claim ids", "write `001-03: {claim: .., verdict: ..}`")
    title = words_of(fields.get("title"), "title", report)
    return Ledger(source, title, words_of(fields.get("file"), "file", report), report.shown, tuple(claims))


def _claim(key: Scalar, node: Node, source: str, report: Report) -> Claim:
    if not _CLAIM_ID.fullmatch(key.text):
        report.add(key, "ledger", f"{quoted(key.text)} is no claim id", "write it like `001-03` or `001-N03`")
    elif source and key.text[:3] != source:
        report.add(
            key,
            "ledger",
            f"{quoted(key.text)} is no claim of source {source}",
            "begin it with the source's id",
        )
    fields = fields_of(node, _CLAIM_KEYS, ("claim", "verdict"), "a claim", report)
    verdict = words_of(fields.get("verdict"), "verdict", report)
    if verdict and verdict not in VERDICTS:
        report.add(fields["verdict"], "ledger", f"{quoted(verdict)} is no verdict", meant(verdict, VERDICTS))
    why = words_of(fields["why"], "why", report) if "why" in fields else None
    if why is None and verdict in VERDICTS and verdict != "confirmed":
        report.add(key, "ledger", f"{quoted(key.text)} is {verdict} without a reason", "add `why:` with one sentence")
    beside = fields.get("neighbour")
    neighbour = beside.value if isinstance(beside, Scalar) else None
    if beside is not None and not isinstance(neighbour, bool):
        report.add(beside, "ledger", "`neighbour` is true or false", "write `neighbour: true`")
    if _CLAIM_ID.fullmatch(key.text) and ("N" in key.text) is not (neighbour is True):
        what = "is named a neighbour but not marked one" if "N" in key.text else "is marked a neighbour"
        mend = "add `neighbour: true`" if "N" in key.text else "a neighbour's id is like `001-N03`"
        report.add(key, "ledger", f"{quoted(key.text)} {what}", mend)
    return Claim(key.text, words_of(fields.get("claim"), "claim", report), verdict, mark(key), why, bool(neighbour))


def _pages(root: Node, report: Report) -> dict[str, Page]:
    held = fields_of(root, {"pages": "page id to title"}, ("pages",), "the page list", report).get("pages")
    pages: dict[str, Page] = {}
    if isinstance(held, Mapping):
        for key, node in held.pairs:
            if not _PAGE_ID.fullmatch(key.text):
                report.add(key, "pages", f"{quoted(key.text)} is no page id", "write it like `notes/autograd`")
            pages[key.text] = Page(key.text, words_of(node, "the title", report), mark(key))
    elif held is not None:
        report.add(held, "pages", "`pages` is a mapping from page ids to titles", "write `notes/autograd: its title`")
    return pages


def fields_of(
    node: Node, known: dict[str, str], required: tuple[str, ...], what: str, report: Report
) -> dict[str, Node]:
    if not isinstance(node, Mapping):
        report.add(node, "mapping", f"{what} is a mapping", f"its keys are {', '.join(known)}")
        return {}
    fields: dict[str, Node] = {}
    for key, held in node.pairs:
        if key.text in known:
            fields[key.text] = held
        else:
            report.add(key, "unknown-key", f"{quoted(key.text)} is no key of {what}", meant(key.text, known))
    for name in required:
        if name not in fields:
            report.add(node, "missing-key", f"{what} without `{name}`", f"add `{name}:`, {known[name]}")
    return fields


def words_of(node: Node | None, key: str, report: Report) -> str:
    """A text that says something; "" where a problem was noted or the key is missing."""
    if node is None:
        return ""
    if isinstance(node, Scalar) and isinstance(node.value, str) and node.text.strip():
        return " ".join(node.text.split())
    report.add(node, "text", f"`{key}` is not a text", "write it in words; quote a number")
    return ""
