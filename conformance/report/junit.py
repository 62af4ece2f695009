"""JUnit XML: a test suite per target, and one for differences between targets.

Skipped means no verdict (not run, not applicable, unsupported as expected) or a waived one: neither is
a pass, and what was unexpected is a failure or an error whatever its outcome.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from xml.etree.ElementTree import Element, SubElement

from conformance.report.cases import CaseView, Difference
from conformance.report.escape import one_line, visible
from conformance.report.github import split_at
from conformance.report.summary import UNEXPECTED, Summary, TargetView
from conformance.run.results import Line

BETWEEN = "between targets"
_BROKEN = frozenset({"error", "timeout", "crash", "not-run", "not-applicable", "unsupported"})


def junit(summary: Summary) -> str:
    """The summary as JUnit XML, UTF-8 declared."""
    root = Element("testsuites", name="torch-conformance", time=f"{summary.seconds:.3f}")
    for target in summary.targets:
        _target_suite(root, summary, target)
    _difference_suite(root, summary)
    suites = list(root)
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in suites)))
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _target_suite(root: Element, summary: Summary, target: TargetView) -> None:
    suite = SubElement(root, "testsuite", name=visible(target.name))
    properties = SubElement(suite, "properties")
    for name, value in (
        ("engine", target.engine),
        ("machine", target.machine),
        ("state", target.state),
        ("reason", target.reason),
        ("recorded", target.recorded),
    ):
        if value:
            SubElement(properties, "property", name=name, value=visible(value))
    for case in summary.cases:
        if line := case.results.get(target.name):
            _add_result(suite, case, line)
    _count(suite, summary.started, target.seconds)


def _add_result(suite: Element, case: CaseView, line: Line) -> None:
    test = _test(suite, case, case.line, line.seconds)
    reason = line.reason or ""
    if line.expectedness in UNEXPECTED:
        broken = line.outcome in _BROKEN
        why = reason or _first_miss(line) or line.expectedness
        node = SubElement(test, "error" if broken else "failure", type=line.outcome, message=one_line(why, 500))
        node.text = visible(_details(line)) or None
    elif line.expectedness == "waived":
        SubElement(test, "skipped", message=one_line(f"waived: {line.waiver or reason}", 500))
    elif line.outcome != "pass":
        SubElement(test, "skipped", message=one_line(f"{line.outcome}: {reason}".rstrip(": "), 500))


def _first_miss(line: Line) -> str:
    return next((f"{c.what}: expected {c.expected}, observed {c.observed}" for c in line.assertions if not c.ok), "")


def _details(line: Line) -> str:
    if line.expectedness == "stale-waiver":
        return f"waiver {line.waiver or ''} no longer describes this result"
    return "\n\n".join(
        f"{c.at}: step {c.step}, {c.what}\n  expected {c.expected}\n  observed {c.observed}"
        + (f"\n  {c.note}" if c.note else "")
        for c in line.assertions
        if not c.ok
    )


def _difference_suite(root: Element, summary: Summary) -> None:
    found = [(c, d) for c in summary.cases for d in c.differences if d.against == "targets"]
    suite = SubElement(root, "testsuite", name=BETWEEN)
    for case, difference in found:
        _, line = split_at(difference.at, case)
        test = _test(suite, case, line, 0.0, f", step {difference.step}: {difference.what}")
        alone = f"{difference.stands_alone} stands alone in {difference.what}"
        failure = SubElement(test, "failure", type="divergence", message=one_line(alone, 500))
        failure.text = visible(_values(difference))
    _count(suite, summary.started, 0.0)


def _values(difference: Difference) -> str:
    shown = [f"{target}: {text}" for target, text in difference.values.items()]
    return "\n".join([f"at {difference.at}", *shown, *([difference.note] if difference.note else [])])


def _test(suite: Element, case: CaseView, line: int, seconds: float, tail: str = "") -> Element:
    name = case.id.partition("::")[2] or case.id
    return SubElement(
        suite,
        "testcase",
        classname=one_line(case.path.replace("/", ".")),
        name=one_line(name + tail),
        file=one_line(case.shown),
        line=str(line),
        time=f"{seconds:.6f}",
    )


def _count(suite: Element, started: str, seconds: float) -> None:
    tests = suite.findall("testcase")
    suite.set("tests", str(len(tests)))
    for name in ("failure", "error"):
        suite.set(f"{name}s", str(sum(test.find(name) is not None for test in tests)))
    suite.set("skipped", str(sum(test.find("skipped") is not None for test in tests)))
    suite.set("time", f"{seconds:.6f}")
    suite.set("timestamp", started.removesuffix("Z"))
