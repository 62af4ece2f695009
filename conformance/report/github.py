"""GitHub workflow commands: annotations on the spec lines that were missed.

GitHub shows ten errors a step; the first ones are the ones to see, the last line counts the rest.
"""

from __future__ import annotations

from conformance.report.cases import CaseView
from conformance.report.escape import one_line, workflow_data, workflow_property
from conformance.report.summary import UNEXPECTED, Summary, plural

LIMIT = 50
VALUE_WIDTH = 1000


def annotation(severity: str, file: str, line: int, title: str, message: str) -> str:
    """One workflow command, without a line feed. `severity` is "error", "warning" or "notice"."""
    return (
        f"::{severity} file={workflow_property(file)},line={line},title={workflow_property(one_line(title))}"
        f"::{workflow_data(message)}"
    )


def github(summary: Summary, limit: int = LIMIT) -> str:
    """Annotations for unexpected results, divergences and gate findings; one notice with the headline."""
    found = [line for case in summary.cases for line in _case_annotations(case)]
    found += [
        annotation("error", f.file, f.line, f.code, f"{f.what}{'; ' + f.mend if f.mend else ''}")
        for f in summary.findings or ()
    ]
    missing: list[str] = []
    for target in summary.targets:
        if target.state == "not-run":
            reason = workflow_data(target.reason or "no reason given")
            missing.append(f"::warning title={workflow_property(target.name)} did not run::{reason}")
    more = [f"::notice ::and {plural(len(found) - limit, 'more error')} in the report"] if len(found) > limit else []
    head = f"::notice title=torch-conformance::{workflow_data(summary.headline)}"
    return "\n".join([*found[:limit], *more, *missing, head]) + "\n"


def _case_annotations(case: CaseView) -> list[str]:
    if case.status != "unexpected":
        return []
    found = []
    for difference in case.differences:
        file, line = split_at(difference.at, case)
        values = "\n".join(f"{target}: {_cut(text)}" for target, text in difference.values.items())
        expected = "" if difference.expected is None else f"expected {_cut(difference.expected)}\n"
        note = f"\n({difference.note})" if difference.note else ""
        title = f"{difference.what}: {difference.stands_alone} stands alone"
        found.append(
            annotation("error", file, line, title, f"{case.id}, step {difference.step}\n{expected}{values}{note}")
        )
    for target, line in case.results.items():
        if line.expectedness not in UNEXPECTED or any(not c.ok for c in line.assertions):
            continue
        message = f"{case.id}: {line.reason or line.expectedness}"
        found.append(annotation("error", case.shown, case.line, f"{line.outcome} on {target}", message))
    return found


def _cut(text: str) -> str:
    return text if len(text) <= VALUE_WIDTH else f"{text[:VALUE_WIDTH]}…"


def split_at(at: str, case: CaseView) -> tuple[str, int]:
    """(file, line) of `file:line`; the case's own place where there is none."""
    file, _, line = at.rpartition(":")
    return (file, int(line)) if file and line.isdigit() else (case.shown, case.line)
