"""GitHub annotations: on the right lines, bounded, and no way to speak another command."""

from __future__ import annotations

import re

from conformance.report.github import github
from conformance.report.summary import Summary

COMMAND = re.compile(r"::(error|warning|notice)( [a-z]+=[^:,\r\n]*(,[a-z]+=[^:,\r\n]*)*| )?::[^\r\n]*")


def test_annotations_point_to_the_missed_line(summary: Summary) -> None:
    lines = github(summary).splitlines()
    assert lines[0] == (
        "::error file=spec/backward/retain_graph.yaml,line=20,title=w.grad%3A reference stands alone::"
        "backward/retain_graph::accumulates-when-retained, step 2%0Aexpected [10.]%0Atorch:cpu: tensor([10.])"
        "%0Atorch:cuda: tensor([10.])%0Areference:cpu: tensor([5.])%0Areference:cuda: tensor([5.])"
        "%0A(differs at [0]: 5., expected 10.)"
    )
    crash = [line for line in lines if "title=crash on torch%3Acpu" in line]
    assert crash == [
        "::error file=spec/grad_mode/no_grad.yaml,line=27,title=crash on torch%3Acpu::"
        "grad_mode/no_grad::crashes-in-a-hook: killed by signal 11 (SIGSEGV)"
    ]
    assert "::warning title=torch%3Axpu did not run::torch was built without XPU support" in lines
    assert lines[-1].startswith("::notice title=torch-conformance::7 of 35 results are unexpected")


def test_only_what_is_unexpected_is_annotated(summary: Summary) -> None:
    assert "result-requires-no-grad" not in github(summary)
    assert "on torch%3Acuda" not in github(summary)


def test_number_is_bounded(summary: Summary) -> None:
    lines = github(summary, limit=2).splitlines()
    assert sum(line.startswith("::error") for line in lines) == 2
    assert any(re.fullmatch("::notice ::and [0-9]+ more errors in the report", line) for line in lines)


def test_hostile_text_starts_no_command(hostile: Summary) -> None:
    text = github(hostile)
    lines = text.removesuffix("\n").split("\n")
    assert "\r" not in text
    assert len(lines) > 3
    for line in lines:
        assert COMMAND.fullmatch(line), line
    assert not any(line.startswith(("::set-output", "::error file=x")) for line in lines)
