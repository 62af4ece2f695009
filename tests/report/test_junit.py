"""JUnit XML: well formed, of the known shape, and never a pass for what was none."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from conformance.report.junit import junit
from conformance.report.summary import Summary
from tests.report.sample import HOSTILE

COUNTS = {"tests", "failures", "errors", "skipped"}
SHAPE = {
    "testsuites": ({"name", "time", *COUNTS}, {"testsuite"}),
    "testsuite": ({"name", "time", "timestamp", *COUNTS}, {"properties", "testcase"}),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "testcase": ({"classname", "name", "file", "line", "time"}, {"failure", "error", "skipped"}),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "skipped": ({"message"}, set()),
}


def _parsed(summary: Summary) -> ElementTree.Element:
    return ElementTree.fromstring(junit(summary).encode())


def _check(node: ElementTree.Element) -> None:
    attributes, children = SHAPE[node.tag]
    assert set(node.attrib) == attributes, node.tag
    for child in node:
        assert child.tag in children
        _check(child)


def test_shape(summary: Summary, hostile: Summary) -> None:
    for view in (summary, hostile):
        _check(_parsed(view))


def test_counts_are_those_of_the_children(summary: Summary) -> None:
    root = _parsed(summary)
    for suite in root:
        tests = suite.findall("testcase")
        assert int(suite.get("tests")) == len(tests)
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(count)) == sum(t.find(tag) is not None for t in tests)
    for count in COUNTS:
        assert int(root.get(count)) == sum(int(suite.get(count)) for suite in root)


def _outcomes(root: ElementTree.Element, suite: str) -> dict[str, str]:
    (found,) = [s for s in root if s.get("name") == suite]
    return {test.get("name"): next((child.tag for child in test), "pass") for test in found.findall("testcase")}


def test_a_suite_per_target_and_one_between_them(summary: Summary) -> None:
    root = _parsed(summary)
    assert [s.get("name") for s in root] == [*(t.name for t in summary.targets), "between targets"]
    assert _outcomes(root, "torch:cpu") == {
        "accumulates-when-retained": "pass",
        "raises-when-freed": "pass",
        "result-requires-no-grad": "pass",
        "exotic-level": "pass",
        "crashes-in-a-hook": "error",
        "runs-for-ever": "error",
        "needs-an-accelerator": "skipped",
    }
    assert _outcomes(root, "reference:cuda")["raises-when-freed"] == "failure"
    (waived,) = root.findall(".//testsuite[@name='torch:cuda']/testcase[@name='runs-for-ever']/skipped")
    assert waived.get("message") == "waived: reports/waivers.yaml:3"
    assert set(_outcomes(root, "torch:xpu").values()) == {"skipped"}
    assert _outcomes(root, "between targets") == {
        "accumulates-when-retained, step 2: w.grad (data)": "failure",
        "exotic-level, step 1: y (requires_grad)": "failure",
    }


def test_failures_name_file_line_expected_and_observed(summary: Summary) -> None:
    root = _parsed(summary)
    (test,) = root.findall(".//testsuite[@name='reference:cpu']/testcase[@name='accumulates-when-retained']")
    assert (test.get("file"), test.get("line")) == ("spec/backward/retain_graph.yaml", "10")
    failure = test.find("failure")
    assert failure.get("message") == "w.grad: expected [10.], observed tensor([5.])"
    assert "spec/backward/retain_graph.yaml:20: step 2, w.grad" in failure.text


def test_hostile_text_survives_as_text(hostile: Summary) -> None:
    root = _parsed(hostile)
    said = "".join(root.itertext())
    assert HOSTILE[0] in said
    assert "]]>&lt;" in said
    assert "\\x1b[31mred" in said
    assert "nul\\x00byte" in said
    assert "\\u202egnp.exe" in said
