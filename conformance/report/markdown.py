"""`report.md`: what a reviewer reads in a pull request, the unexpected first, of bounded length."""

from __future__ import annotations

from html import escape

from conformance.report.cases import CaseView, Difference
from conformance.report.escape import markdown, markdown_code, one_line
from conformance.report.profiles import Share
from conformance.report.sources import ClaimView
from conformance.report.standing import Entry, standings
from conformance.report.summary import UNEXPECTED, Summary, TargetView, plural

LIMIT = 60_000
"""Characters; GitHub takes 65,536 in a comment."""
CASES_SHOWN = 40
VALUE_WIDTH = 200
VERDICT_MARKS = {"confirmed": "✓", "qualified": "≈", "outdated": "⌛", "refuted": "✗", "unknown": "?"}
EVIDENCE_WORDS = {
    "holds": "holds",
    "broken": "**broken**",
    "not-run": "not run",
    "uncited": "no case in this run",
}


def markdown_report(summary: Summary) -> str:
    """The summary as GitHub Markdown of at most `LIMIT` characters."""
    sections = [_head(summary), _targets(summary)]
    sections += [_unexpected(summary), _divergences(summary), _findings(summary), _waived(summary)]
    sections += [_profiles(summary), _claims(summary), _facts(summary)]
    text, cut = "", False
    for section in filter(None, sections):
        if len(text) + len(section) > LIMIT - 200:
            cut = True
            continue
        text += section + "\n\n"
    if cut:
        text += "_Parts are left out because they are too long for a comment: `report.html` has everything._\n"
    return text.rstrip("\n") + "\n"


def _head(summary: Summary) -> str:
    mark = "✅" if summary.ok else "❌"
    said = "\n".join(f"- {markdown(sentence)}" for sentence in summary.sentences)
    return f"## {mark} {markdown(summary.headline)}\n\n{said}"


def _targets(summary: Summary) -> str:
    head = ["target", "engine", *summary.outcomes, "unexpected", "waived"]
    rows = [
        [
            markdown_code(target.name, in_table=True),
            markdown(target.engine + _state(target)),
            *(f"{target.counts.get(o, 0):,}" if target.counts.get(o) else "·" for o in summary.outcomes),
            f"**{target.unexpected:,}**" if target.unexpected else "0",
            f"{target.waived:,}",
        ]
        for target in summary.targets
    ]
    return _table(head, rows, ["---", "---", *["--:"] * (len(head) - 2)])


def _profiles(summary: Summary) -> str:
    if not summary.profiles:
        return ""
    head = ["profile", "cases", *(markdown_code(target.name, in_table=True) for target in summary.targets)]
    rows = [
        [
            markdown(profile.name),
            f"{profile.cases:,}",
            *(share_text(profile.shares[target.name]) for target in summary.targets),
        ]
        for profile in summary.profiles
    ]
    table = _table(head, rows, ["---", *["--:"] * (len(head) - 1)])
    return f"### Conformance by profile\n\n{table}"


def share_text(share: Share) -> str:
    """`100 %` where all passed, else also how many of how many."""
    return share.percent if share.passed == share.counted else f"{share.percent} ({share.passed:,}/{share.counted:,})"


def _state(target: TargetView) -> str:
    return {"run": "", "recorded": f" (recorded: {target.recorded})"}.get(
        target.state, f" (not run: {one_line(target.reason, 120)})"
    )


def _table(head: list[str], rows: list[list[str]], rule: list[str] | None = None) -> str:
    lines = [head, rule or ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _unexpected(summary: Summary) -> str:
    cases = [c for c in summary.cases if any(r.expectedness in UNEXPECTED for r in c.results.values())]
    if not cases:
        return ""
    parts, size = ["### Unexpected"], 0
    for number, case in enumerate(cases):
        part = _case(case)
        size += len(part)
        if number >= CASES_SHOWN or size > LIMIT // 2:
            parts.append(f"… and {plural(len(cases) - number, 'more case')}, in `report.html`.")
            break
        parts.append(part)
    return "\n\n".join(parts)


def _case(case: CaseView) -> str:
    place = markdown_code(f"{case.shown}:{case.line}")
    lines = [f"**{markdown_code(case.id)}** · {markdown(case.title)} · {place}"]
    by_outcome: dict[tuple[str, str, str], list[str]] = {}
    for target, result in case.results.items():
        if result.expectedness in UNEXPECTED:
            stale = "stale waiver, " if result.expectedness == "stale-waiver" else ""
            by_outcome.setdefault((stale, result.outcome, result.reason or ""), []).append(target)
    for (stale, outcome, reason), targets in by_outcome.items():
        tail = f": {markdown(one_line(reason, 300))}" if reason else ""
        lines.append(f"- {stale}{outcome} on {', '.join(markdown_code(t) for t in targets)}{tail}")
    missed = [d for d in case.differences if d.against == "document"]
    for difference in missed[:6]:
        lines.append(
            f"- step {difference.step}, {markdown_code(difference.what, limit=VALUE_WIDTH)} at "
            f"{markdown_code(difference.at)}: {markdown(difference.stands_alone)} stands alone"
        )
        lines.append(f"  - expected {markdown_code(difference.expected or '', limit=VALUE_WIDTH)}")
        lines.extend(f"  - {_observed(text, targets)}" for text, targets in grouped(difference))
        if difference.note:
            lines.append(f"  - {markdown(one_line(difference.note, VALUE_WIDTH))}")
    if len(missed) > 6:
        lines.append(f"- … and {plural(len(missed) - 6, 'more assertion')}")
    return "\n".join(lines)


def _observed(text: str, targets: list[str]) -> str:
    return f"{', '.join(markdown_code(t) for t in targets)}: {markdown_code(text, limit=VALUE_WIDTH)}"


def grouped(difference: Difference) -> list[tuple[str, list[str]]]:
    """(value, the targets that showed it), in the order of first appearance."""
    groups: dict[str, list[str]] = {}
    for target, text in difference.values.items():
        groups.setdefault(text, []).append(target)
    return list(groups.items())


def _divergences(summary: Summary) -> str:
    """One row per cause, as far as equal values tell."""
    entries = [
        (standing.who, entry)
        for standing in standings(d for d in summary.differences if d.against == "targets")
        for entry in standing.entries
    ]
    if not entries:
        return ""
    rows = [_divergence(who, entry) for who, entry in entries[:CASES_SHOWN]]
    hidden = len(entries) - CASES_SHOWN
    more = f"\n\n… and {hidden:,} more, in `report.html`." if hidden > 0 else ""
    table = _table(["case", "what", "stands alone", "values"], rows)
    return f"### Undeclared divergences between targets\n\n{table}{more}"


def _divergence(who: str, entry: Entry) -> list[str]:
    first, *rest = entry.differences
    where = markdown_code(first.at, in_table=True)
    place = f"{markdown_code(first.case, in_table=True)}<br>{where} step {first.step}"
    if entry.others:
        place += f"<br>and with the same values in {plural(len(entry.others), 'more case')}"
    what = markdown_code(first.what, in_table=True)
    if rest:
        what += f"<br>and {plural(len(rest), 'more place')} in this case"
    values = "<br>".join(
        f"{', '.join(markdown_code(name, in_table=True) for name in names)}: "
        + markdown_code(text, in_table=True, limit=VALUE_WIDTH)
        for text, names in grouped(first)
    )
    return [place, what, markdown(who), values]


def _findings(summary: Summary) -> str:
    if summary.findings is None:
        return ""
    if not summary.findings:
        return "### Gate\n\nNo finding."
    lines = [
        f"- {markdown_code(f'{f.file}:{f.line}')} {markdown(f.code)}: {markdown(one_line(f.what, 400))}"
        + (f"; {markdown(one_line(f.mend, 400))}" if f.mend else "")
        for f in summary.findings[:CASES_SHOWN]
    ]
    more = len(summary.findings) - CASES_SHOWN
    if more > 0:
        lines.append(f"- … and {more:,} more")
    return "\n".join([f"### Gate: {plural(len(summary.findings), 'finding')}", "", *lines])


def _waived(summary: Summary) -> str:
    if not summary.waived:
        return ""
    rows = [
        [markdown_code(case.id, in_table=True), markdown_code(target, in_table=True), markdown(waiver)]
        for case, target, waiver in summary.waived[:CASES_SHOWN]
    ]
    more = len(summary.waived) - CASES_SHOWN
    tail = f"\n\n… and {more:,} more." if more > 0 else ""
    table = _table(["case", "target", "waiver"], rows)
    return _folded(f"Waived ({len(summary.waived):,})", table + tail)


def _claims(summary: Summary) -> str:
    parts = []
    for source in summary.sources:
        counts = ", ".join(f"{count} {verdict}" for verdict, count in source.counts.items())
        rows = [_claim(claim) for claim in source.claims]
        head = f"{source.id}: {source.title} ({counts})"
        parts.append(_folded(head, _table(["claim", "verdict", "in our words", "this run"], rows)))
    return "### Claims\n\n" + "\n\n".join(parts) if parts else ""


def _claim(claim: ClaimView) -> list[str]:
    why = f"<br>_{markdown(one_line(claim.why, 300))}_" if claim.why else ""
    evidence = EVIDENCE_WORDS[claim.evidence]
    cases = f", {plural(len(claim.cases), 'case')}" if claim.cases else ""
    return [
        markdown_code(claim.id, in_table=True),
        f"{VERDICT_MARKS.get(claim.verdict, '?')} {markdown(claim.verdict)}",
        markdown(one_line(claim.sentence, 300)) + why,
        evidence + cases,
    ]


def _folded(head: str, body: str) -> str:
    return f"<details><summary>{escape(one_line(head, 200))}</summary>\n\n{body}\n\n</details>"


def _facts(summary: Summary) -> str:
    rows = [[markdown(name), markdown_code(value, in_table=True, limit=VALUE_WIDTH)] for name, value in summary.facts]
    return _folded("Environment", _table(["", ""], rows))
