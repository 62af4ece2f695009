"""`report.html`: one self-contained page, no network, safe to open whatever the specs and engines said.

Everything that a glance needs is in the markup; a case's section is built from embedded data when it is
opened, so that thousands of cases stay light. A content security policy names the page's own script and
style by hash: nothing else can run.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from functools import cache
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from conformance.judge import ULP_TABLE
from conformance.report.cases import CaseView
from conformance.report.escape import one_line, script_json, visible
from conformance.report.markdown import grouped
from conformance.report.payload import Payload
from conformance.report.sources import VERDICTS
from conformance.report.standing import standings, unfinished
from conformance.report.summary import NO_VERDICT, UNEXPECTED, Summary, TargetView, plural
from conformance.run.results import Line

FOLD_ABOVE = 300
"""Cases from which on spec files without anything unexpected start folded."""
DIFFERENCES_SHOWN = 12
"""Entries for each who stands alone; the matrix has every case."""
WORDS = {"not-applicable": "n/a", "not-run": "not run"}


def html(summary: Summary, *, articles: bool = False) -> str:
    """The summary as a page, under 8 MB for 1,500 cases on 4 targets.

    `articles`: whether the articles' pages stand beside it, to be linked.
    """
    page = environment()
    style, early, script = (page.get_template(name).render() for name in ("report.css", "theme.js", "report.js"))
    cases = summary.cases
    return page.get_template("page.html").render(
        summary=summary,
        articles=articles,
        style=Markup(style),
        early=Markup(early),
        script=Markup(script),
        policy=policy([style], [early, script]),
        payload=Markup(script_json(Payload(summary).build())),
        standing=standings(summary.differences),
        unfinished=unfinished(cases),
        differences_shown=DIFFERENCES_SHOWN,
        verdicts=[v for v in (*VERDICTS, "unknown") if any(v in s.counts for s in summary.sources)],
        verdict_of={claim.id: claim.verdict for source in summary.sources for claim in source.claims},
        levels=sorted({case.level for case in cases}),
        fold=len(cases) > FOLD_ABOVE,
        ulps=list(ULP_TABLE.items()),
    )


@cache
def environment() -> Environment:
    """The templates, with every text made visible and escaped, and the filters they share."""
    page = Environment(
        loader=PackageLoader("conformance.report", "templates"),
        autoescape=lambda name: bool(name) and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    page.filters.update(
        anchor=anchor,
        one_line=one_line,
        word=lambda outcome: WORDS.get(outcome, outcome),
        grouped=grouped,
        segments=_segments,
        tally=_tally,
        state=_cell_state,
        by_case=_by_case,
        number=lambda count: f"{count:,}",
    )
    page.globals.update(plural=plural)
    return page


def anchor(case_id: str) -> str:
    """The fragment of a case's permalink: stable, and free of white space."""
    return "case/" + quote(visible(case_id), safe="/:=,[]")


def policy(styles: list[str], scripts: list[str]) -> str:
    """The content security policy under which nothing runs but the texts given."""

    def hashes(texts: list[str]) -> str:
        digests = (hashlib.sha256(text.encode()).digest() for text in texts)
        return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)

    return (
        f"default-src 'none'; style-src {hashes(styles)}; script-src {hashes(scripts)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _cell_state(line: Line) -> str:
    """The class of a matrix cell: what the eye must tell apart."""
    if line.expectedness in UNEXPECTED:
        return "bad"
    if line.expectedness == "waived":
        return "waived"
    return "good" if line.outcome == "pass" else "absent" if line.outcome in NO_VERDICT else "other"


def _by_case(ids: tuple[str, ...]) -> list[tuple[str, str, int]]:
    """(name, id of the first instance, number of instances) of the cases behind some instances."""
    groups: dict[str, list[str]] = {}
    for id_ in ids:
        path, _, name = id_.partition("::")
        groups.setdefault(f"{path}::{name.partition('[')[0]}", []).append(id_)
    return [(name.partition("::")[2] or name, found[0], len(found)) for name, found in groups.items()]


def _segments(target: TargetView) -> list[tuple[str, float, float]]:
    """(class, start, width) in percent of a target's bar: good, waived, absent, bad."""
    bad, waived = target.unexpected, target.waived
    absent = min(sum(target.counts.get(o, 0) for o in NO_VERDICT), target.total - bad - waived)
    good = target.total - bad - waived - absent
    found, start = [], 0.0
    for name, count in (("bad", bad), ("waived", waived), ("good", good), ("absent", absent)):
        if count:
            width = 100 * count / target.total
            found.append((name, round(start, 3), round(width, 3)))
            start += width
    return found


def _tally(cases: tuple[CaseView, ...], target: str) -> tuple[str, str]:
    """(class, text) of a spec file's cell: how many of its cases on the target are as they should be."""
    lines = [case.results[target] for case in cases if target in case.results]
    states = Counter(map(_cell_state, lines))
    if not lines or states["absent"] == len(lines):
        return "absent", "–"
    if states["bad"]:
        return "bad", f"{states['bad']} of {len(lines)}"
    return ("waived" if states["waived"] else "good"), f"{states['good']}/{len(lines)}"
