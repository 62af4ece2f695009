"""Rules on what cases cite: claims of ledgers, pages, and symbols of torch."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from conformance.exceptions import Problem
from conformance.lint.documented import unresolved
from conformance.lint.project import TOP, Project, asserts, at, own_cites
from conformance.load.report import meant, quoted


def claim_uncited(project: Project) -> Iterator[Problem]:
    """ledger-claim-uncited: each claim of a ledger is cited by a case"""
    if not project.whole:
        return
    cited = {c.ref for _, case in project.cases() for c in case.cites if c.kind == "claim"}
    for ledger, claim in project.claims.values():
        if claim.id not in cited:
            what, mend = f"no case cites the claim {claim.id}", "write a case that shows it"
            yield at(ledger.shown, claim.mark, "ledger-claim-uncited", what, mend)


def claim_unknown(project: Project) -> Iterator[Problem]:
    """ledger-claim-unknown: each cited claim exists"""
    for file, cite in project.cites("claim"):
        if cite.ref not in project.claims:
            near = [id_ for id_ in project.claims if id_[:3] == cite.ref[:3]]
            mend = meant(cite.ref, near) if 0 < len(near) < 6 else "add it to its ledger in spec/sources/"
            yield at(file.shown, cite.mark, "ledger-claim-unknown", f"no ledger has the claim {cite.ref}", mend)


def verdict_unproven(project: Project) -> Iterator[Problem]:
    """ledger-verdict-unproven: a claim that is not simply confirmed is cited on a case that shows why"""
    if not project.whole:
        return
    for ledger, claim in project.claims.values():
        citing = list(project.citing(claim.id))
        if claim.verdict == "confirmed" or not citing:
            continue
        if not any(asserts(case) and any(c.ref == claim.id for c in own_cites(case)) for case in citing):
            what = f"{claim.id} is {claim.verdict}, and no case cites it on itself and asserts something"
            mend = "cite the claim on the case that proves the verdict"
            yield at(ledger.shown, claim.mark, "ledger-verdict-unproven", what, mend)


def ledger_name(project: Project) -> Iterator[Problem]:
    """ledger-name: a ledger's file is called after its source"""
    for ledger in project.ledgers.values():
        name = f"{ledger.source}.yaml"
        if ledger.shown.rpartition("/")[2] != name:
            what = f"the ledger of source {ledger.source} has another name"
            yield at(ledger.shown, TOP, "ledger-name", what, f"call it {name}")


def page_unlisted(project: Project) -> Iterator[Problem]:
    """page-unlisted: each cited page is listed in sources/pages.yaml"""
    for file, cite in project.cites("page"):
        page = cite.ref.partition("#")[0]
        if page not in project.pages:
            what = f"the page {quoted(page)} is not in the list"
            near = difflib.get_close_matches(page, project.pages, n=1, cutoff=0.6)
            mend = f"did you mean `{near[0]}`?" if near else "list it in sources/pages.yaml with its title"
            yield at(file.shown, cite.mark, "page-unlisted", what, mend)


def doc_unknown(project: Project) -> Iterator[Problem]:
    """doc-unknown: each cited symbol exists in the installed torch, and has a docstring"""
    read = {symbol for area in project.areas.values() for symbol in area.symbols}
    cites = [(file, cite) for file, cite in project.cites("doc") if cite.ref not in read and "#" not in cite.ref]
    found = unresolved(sorted({cite.ref for _, cite in cites}))
    for file, cite in cites:
        if cite.ref in found:
            what, mend = found[cite.ref]
            yield at(file.shown, cite.mark, "doc-unknown", what, mend)


RULES = (claim_uncited, claim_unknown, verdict_unproven, ledger_name, page_unlisted, doc_unknown)
