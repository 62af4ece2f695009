"""`articles/NNN.html`: one document, claim by claim, each verdict with the program that proves it.

A verdict is the ledger's; whether this run bore it out is said beside it, and never assumed: a claim whose
cases failed, did not run, or met no real torch is marked, at the claim and at the top of the page.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator

import msgspec
from markupsafe import Markup

from conformance.judge.model import Check
from conformance.report.cases import NO_VERDICT, CaseView, Difference
from conformance.report.html import environment, policy
from conformance.report.script import script
from conformance.report.sources import CONTRADICTIONS, VERDICTS, ClaimView, SourceView
from conformance.report.state import portable
from conformance.report.summary import UNEXPECTED, Summary
from conformance.run.results import Line

SHOWN = 4
"""Assertions after a step that stand open; what was missed always does."""
STANDINGS = {
    "proven": "",
    "broken": "not borne out by this run",
    "uncited": "no case in this run",
    "not-run": "not run",
    "simulated": "simulated only: no device has shown it",
    "reference": "seen on the reference engine only, not on torch",
}


class Seen(msgspec.Struct, frozen=True):
    """One assertion: `groups` are (text observed, whether it holds, note, targets)."""

    what: str
    expected: str
    groups: tuple[tuple[str, bool, str, tuple[str, ...]], ...]

    @property
    def ok(self) -> bool:
        """Whether it holds on every target that came to it."""
        return all(ok for _, ok, _, _ in self.groups)


class Passage(msgspec.Struct, frozen=True):
    """A piece of program and what was seen after it: `seen` in the open, `folded` on demand."""

    code: str
    seen: tuple[Seen, ...]
    folded: tuple[Seen, ...]


class Proof(msgspec.Struct, frozen=True):
    """A case under a claim. `of` is what its id says of the instance shown, `siblings` the other instances'
    ids; `results` are (state, words, targets); `script` is the case as plain Python, for torch alone."""

    case: CaseView
    of: str
    siblings: tuple[str, ...]
    passages: tuple[Passage, ...]
    results: tuple[tuple[str, str, tuple[str, ...]], ...]
    between: tuple[Difference, ...]
    commands: tuple[str, str]
    script: str


class Entry(msgspec.Struct, frozen=True):
    """A claim and how it stands in this run: a key of `STANDINGS`; `partly` where only some of its cases were
    simulated, `waived` where one of them is."""

    claim: ClaimView
    standing: str
    proofs: tuple[Proof, ...]
    partly: bool
    waived: bool


def article_pages(summary: Summary) -> dict[str, str]:
    """File name to page, for every source that has a ledger."""
    cases = {case.id: case for case in summary.cases}
    devices = {target.name: target.device for target in summary.targets}
    torches = frozenset(t.name for t in summary.targets if t.engine.partition(" ")[0] == "torch")
    shown: dict[str, Proof] = {}

    def proof(ids: list[str]) -> Proof:
        chosen = next((id_ for id_ in ids if cases[id_].status == "unexpected"), ids[0])
        if chosen not in shown:
            shown[chosen] = _proof(cases[chosen], tuple(i for i in ids if i != chosen), devices)
        return shown[chosen]

    def entry(claim: ClaimView) -> Entry:
        mine = [cases[id_] for id_ in claim.cases]
        proofs = [proof(ids) for ids in _by_name(claim.cases)]
        proofs.sort(key=lambda p: (p.case.status != "unexpected", len(p.case.claims)))
        simulated = [case.simulated for case in mine]
        return Entry(
            claim=claim,
            standing=standing(claim, mine, torches),
            proofs=tuple(proofs),
            partly=any(simulated) and not all(simulated),
            waived=any(case.status == "waived" for case in mine),
        )

    return {
        f"{source.id}.html": _page(summary, source, tuple(map(entry, source.claims)), torches)
        for source in summary.sources
        if source.file
    }


def standing(claim: ClaimView, cases: list[CaseView], torches: frozenset[str]) -> str:
    """The key of `STANDINGS`: "proven" only where no case missed and a real torch passed one of them."""
    if claim.evidence != "holds":
        return claim.evidence
    lines = [line for case in cases for target, line in case.results.items() if target in torches]
    if any(line.outcome == "pass" and line.expectedness == "expected" for line in lines):
        return "proven"
    return "simulated" if any(case.simulated for case in cases) else "reference"


def _page(summary: Summary, source: SourceView, entries: tuple[Entry, ...], torches: frozenset[str]) -> str:
    page = environment()
    style = "\n".join(page.get_template(name).render() for name in ("report.css", "article.css"))
    early, script = (page.get_template(name).render() for name in ("theme.js", "article.js"))
    about_article = source.id != CONTRADICTIONS
    own = tuple(entry for entry in entries if not entry.claim.neighbour)
    beside = tuple(entry for entry in entries if entry.claim.neighbour)
    return page.get_template("article.html").render(
        summary=summary,
        source=source,
        style=Markup(style),
        early=Markup(early),
        script=Markup(script),
        policy=policy([style], [early, script]),
        about_article=about_article,
        sections=(("In the article" if about_article else "Statements", own), ("Beyond the article", beside)),
        entries=entries,
        unproven=[(key, words, _ids(entries, key)) for key, words in STANDINGS.items() if words and _ids(entries, key)],
        counts=[(v, *_split(entries, v)) for v in VERDICTS if v in source.counts],
        partly=[entry.claim.id for entry in entries if entry.partly],
        segments=tuple(_segments(own)),
        standings=STANDINGS,
        torches=torches,
    )


def _ids(entries: tuple[Entry, ...], standing: str) -> list[str]:
    return [entry.claim.id for entry in entries if entry.standing == standing]


def _split(entries: tuple[Entry, ...], verdict: str) -> tuple[int, int]:
    """How many claims of the document, and how many beside it, have the verdict."""
    found = Counter(entry.claim.neighbour for entry in entries if entry.claim.verdict == verdict)
    return found[False], found[True]


def _segments(entries: tuple[Entry, ...]) -> Iterator[tuple[str, int, float, float]]:
    """(class, number of claims, start and width in percent): each verdict as far as proven, then the rest."""
    found = Counter(e.claim.verdict if e.standing == "proven" else "unproven" for e in entries)
    start = 0.0
    for name in (*VERDICTS, "unproven"):
        if found[name]:
            width = 100 * found[name] / len(entries)
            yield name, found[name], round(start, 3), round(width, 3)
            start += width


def _by_name(ids: tuple[str, ...]) -> list[list[str]]:
    """The instances of each case together."""
    groups: dict[str, list[str]] = {}
    for id_ in ids:
        path, _, name = id_.partition("::")
        groups.setdefault(f"{path}::{name.partition('[')[0]}", []).append(id_)
    return list(groups.values())


def _proof(case: CaseView, siblings: tuple[str, ...], devices: dict[str, str]) -> Proof:
    seen = _seen(case, devices)
    codes = ["\n".join(text.rstrip() for text in case.given), *(text.rstrip() for _, text in case.steps)]
    bad = [target for target, line in case.results.items() if line.expectedness in UNEXPECTED]
    return Proof(
        case=case,
        of=case.id.partition("::")[2].partition("[")[2].removesuffix("]"),
        siblings=siblings,
        passages=tuple(_passage(code, seen.get(step, [])) for step, code in enumerate(codes) if code or step in seen),
        results=_results(case),
        between=tuple(d for d in case.differences if d.against == "targets"),
        commands=(
            shlex.join(["torch-conformance", "run", case.id, *(part for t in bad for part in ("--target", t))]),
            shlex.join(["torch-conformance", "repro", case.id, *(part for t in bad[:1] for part in ("--target", t))]),
        ),
        script=script(case.instance, "torch:cuda" if case.simulated else "torch:cpu") if case.instance else "",
    )


def _passage(code: str, seen: list[Seen]) -> Passage:
    first = [one for place, one in enumerate(seen) if place < SHOWN or not one.ok]
    return Passage(code, tuple(first), tuple(one for one in seen if one not in first))


def _seen(case: CaseView, devices: dict[str, str]) -> dict[int, list[Seen]]:
    """Per step its assertions, with equal observations of several targets in one group."""
    found: dict[tuple[int, str, str], dict[str, Check]] = {}
    for target, line in case.results.items():
        for check in line.assertions:
            found.setdefault((check.step, check.at, check.what), {})[target] = check
    steps: dict[int, list[Seen]] = {}
    for (step, _, what), checks in found.items():
        groups: dict[tuple[str, bool, str], list[str]] = {}
        for target, check in checks.items():
            key = (portable(check.observed, devices[target]), check.ok, check.note or "")
            groups.setdefault(key, []).append(target)
        expected = next((c.expected for c in checks.values() if not c.ok), next(iter(checks.values())).expected)
        joined = tuple((*key, tuple(targets)) for key, targets in groups.items())
        steps.setdefault(step, []).append(Seen(what, expected, joined))
    return steps


def _results(case: CaseView) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    groups: dict[tuple[str, str], list[str]] = {}
    for target, line in case.results.items():
        groups.setdefault((_state(line), _words(line)), []).append(target)
    return tuple((state, words, tuple(targets)) for (state, words), targets in groups.items())


def _state(line: Line) -> str:
    if line.expectedness in UNEXPECTED:
        return "bad"
    if line.expectedness == "waived":
        return "waived"
    return "absent" if line.outcome in NO_VERDICT else "good"


def _words(line: Line) -> str:
    said = line.outcome if line.outcome != "pass" else "as expected"
    if line.expectedness != "expected" and line.outcome not in NO_VERDICT:
        said = f"{line.outcome}, {line.expectedness.replace('-', ' ')}"
    reason = line.waiver if line.expectedness == "waived" else line.reason
    return f"{said.replace('not-', 'not ')}: {reason}" if reason else said.replace("not-", "not ")
