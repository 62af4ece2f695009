"""Rules on the ledger of torch's documentation: what is cited exists, what is decided is proven.

The ledger alone is read. Whether it is what the installed torch says is the question of `docs drift`.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.docs.coverage import citing, count
from conformance.docs.ledger import FOLDER
from conformance.exceptions import Problem
from conformance.lint.project import TOP, Project, at, own_cites
from conformance.load.report import meant, quoted


def statement_unknown(project: Project) -> Iterator[Problem]:
    """statement-unknown: each cited statement of the documentation is in the ledger"""
    for kind in ("doc", "page"):
        for file, cite in project.cites(kind):
            owner, mark, number = cite.ref.partition("#")
            if not mark:
                continue
            known = project.statements.get(cite.ref)
            if known is None:
                keys = [e.key for _, e in project.statements.values() if e.owner == owner]
                what = f"the ledger has no statement {number} of {owner}"
                mend = f"it has {_range(keys)}" if keys else f"`docs show {owner}` lists them"
                yield at(file.shown, cite.mark, "statement-unknown", what, mend)
            elif known[1].kind == "withdrawn":
                what = f"{cite.ref} is no longer in the documentation"
                yield at(file.shown, cite.mark, "statement-unknown", what, "cite what took its place, or nothing")


def statement_unsorted(project: Project) -> Iterator[Problem]:
    """statement-unsorted: it was decided of every statement whether a case has to prove it"""
    if not project.whole:
        return
    for area, entry in project.statements.values():
        if entry.kind == "unsorted":
            what, mend = f"nobody has sorted {entry.id}", f"`docs show {entry.id}` prints it; give it a kind"
            yield at(area.shown, entry.mark, "statement-unsorted", what, mend)


def statement_contradicted(project: Project) -> Iterator[Problem]:
    """statement-contradicted: what torch contradicts is cited by the case that pins what torch does"""
    if not project.whole:
        return
    shown = {cite.ref for _, case in project.cases() for cite in own_cites(case)}
    for area, entry in project.statements.values():
        if entry.kind == "contradicted" and entry.id not in shown:
            what = f"{entry.id} is contradicted, and no case cites it on itself"
            mend = "cite it on the case that shows what torch does"
            yield at(area.shown, entry.mark, "statement-contradicted", what, mend)


def statement_page(project: Project) -> Iterator[Problem]:
    """statement-page: each page with rules is listed in sources/pages.yaml"""
    for area in project.areas.values():
        for page, entries in area.pages.items():
            if page not in project.pages and entries:
                what = f"the page {quoted(page)} is not in the list"
                yield at(area.shown, entries[0].mark, "statement-page", what, "list it in sources/pages.yaml")


def coverage_dropped(project: Project) -> Iterator[Problem]:
    """coverage-dropped: no area has more statements without a case than coverage.yaml allows"""
    if not project.whole:
        return
    cases = citing(project.files)
    for name, area in project.areas.items():
        uncovered = count(name, area.entries(), cases).uncovered
        allowed = project.allowances.get(name)
        most = allowed.uncovered if allowed else 0
        if uncovered > most:
            missing = "1 statement" if uncovered == 1 else f"{uncovered} statements"
            what = f"{missing} of {quoted(name)} without a case, {most} allowed"
            mend = f"`docs coverage {name}` shows where; cite each on the case that proves it"
            yield at(
                allowed.shown if allowed else area.shown,
                allowed.mark if allowed else TOP,
                "coverage-dropped",
                what,
                mend,
            )
    for name, allowance in project.allowances.items():
        if name not in project.areas:
            what, mend = f"there is no area {quoted(name)} in {FOLDER}", meant(name, project.areas or ["nothing"])
            yield at(allowance.shown, allowance.mark, "coverage-dropped", what, mend)


def _range(keys: list[str]) -> str:
    return f"{keys[0]} to {keys[-1]}" if len(keys) > 1 else keys[0]


RULES = (statement_unknown, statement_unsorted, statement_contradicted, statement_page, coverage_dropped)
