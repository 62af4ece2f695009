"""The claims that a run tested: what the ledgers say of each, and whether the cases held it up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from conformance.docs.ledger import Entry
from conformance.load.ledger import VERDICTS as KNOWN
from conformance.load.ledger import Claim, Ledger
from conformance.report.cases import CaseView

VERDICTS = tuple(KNOWN)
UNKNOWN = "unknown"
CONTRADICTIONS = "contradictions"
"""The id of the page that is about torch's own documentation."""


class ClaimView(msgspec.Struct, frozen=True):
    """One claim. `evidence` says how its cases fared: "holds" (all as expected), "broken" (one was not),
    "not-run" or "uncited"."""

    id: str
    sentence: str
    verdict: str
    why: str
    neighbour: bool
    cases: tuple[str, ...]
    evidence: str


class SourceView(msgspec.Struct, frozen=True):
    """One document with its claims. `counts` is verdict → number of claims."""

    id: str
    title: str
    file: str
    claims: tuple[ClaimView, ...]
    counts: dict[str, int]


def build_sources(ledgers: Mapping[str, Ledger], cases: Iterable[CaseView]) -> tuple[SourceView, ...]:
    """The ledgers' claims with the cases that cite them.

    Claims that cases cite and no ledger knows are listed under their source with the verdict "unknown":
    a results file may be rendered where its ledgers are not. Sources that no case cites are left out.
    """
    citing: dict[str, list[CaseView]] = {}
    for case in cases:
        for claim in case.claims:
            citing.setdefault(claim, []).append(case)
    sources = []
    known: set[str] = set()
    for source in sorted(ledgers):
        ledger = ledgers[source]
        claims = tuple(_claim_view(claim, citing.get(claim.id, [])) for claim in ledger.claims)
        known.update(claim.id for claim in claims)
        if any(claim.cases for claim in claims):
            sources.append(_source_view(source, ledger.title, ledger.file, claims))
    strays: dict[str, list[ClaimView]] = {}
    for id_ in sorted(set(citing) - known):
        stray = ClaimView(id_, "", UNKNOWN, "", False, _ids(citing[id_]), _evidence(citing[id_]))
        strays.setdefault(id_.partition("-")[0], []).append(stray)
    for source, claims in strays.items():
        sources.append(_source_view(source, f"Source {source}", "", tuple(claims)))
    return tuple(sorted(sources, key=lambda s: s.id))


def contradictions(entries: Iterable[Entry], cases: Iterable[CaseView]) -> SourceView | None:
    """Where torch does not do what its documentation says, as a document of its own; None where nothing is known.

    `entries` are the contradicted statements of `spec/sources/torch/`. What torch does is the
    claim's sentence; the statement is named, never quoted.
    """
    citing: dict[str, list[CaseView]] = {}
    for case in cases:
        for ref in case.docs:
            citing.setdefault(ref, []).append(case)
    claims = []
    for entry in entries:
        mine = citing.get(entry.id, [])
        page = f"By the page {entry.owner}, {entry.rule}"
        says = page if entry.rule else f"Statement {entry.key} of {entry.owner} says otherwise."
        claims.append(ClaimView(entry.id, entry.reason or says, "refuted", says, False, _ids(mine), _evidence(mine)))
    if not any(claim.cases for claim in claims):
        return None
    title = "Where torch does not do what its documentation says"
    return _source_view(CONTRADICTIONS, title, "the documentation of torch", tuple(claims))


def _claim_view(claim: Claim, cases: list[CaseView]) -> ClaimView:
    return ClaimView(
        id=claim.id,
        sentence=claim.claim,
        verdict=claim.verdict,
        why=claim.why or "",
        neighbour=claim.neighbour,
        cases=_ids(cases),
        evidence=_evidence(cases),
    )


def _ids(cases: list[CaseView]) -> tuple[str, ...]:
    return tuple(case.id for case in cases)


def _evidence(cases: list[CaseView]) -> str:
    if not cases:
        return "uncited"
    if any(case.status == "unexpected" for case in cases):
        return "broken"
    return "not-run" if all(case.status == "absent" for case in cases) else "holds"


def _source_view(id_: str, title: str, file: str, claims: tuple[ClaimView, ...]) -> SourceView:
    counts = {v: n for v in (*VERDICTS, UNKNOWN) if (n := sum(c.verdict == v for c in claims))}
    return SourceView(id_, title, file, claims, counts)
