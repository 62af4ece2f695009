"""The terminal: bars or plain lines, the summary, and no control sequence of a stranger."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from conformance.judge import Verdict
from conformance.judge.model import Ran
from conformance.load import instances
from conformance.report.summary import Summary, summarise
from conformance.report.terminal import Progress, print_summary, quoted, terminal_text
from conformance.run.events import CaseFinished, RunFinished, RunStarted, TargetReady, WorkerDied
from tests.report import sample

INSTANCES = instances(sample.spec_files()[0])
NEVER = re.compile("\x07|\x1b\\[31mred|\u202e|\x00|\x1b\\]")


def _console(terminal: bool) -> tuple[Console, StringIO]:
    out = StringIO()
    return Console(file=out, force_terminal=terminal, width=100, highlight=False), out


def _run(progress: Progress, said: str = "as it was") -> None:
    """A run of two targets, one of which is not there; one case fails, one worker dies."""
    instance = INSTANCES[0]
    there, gone = sample.TARGETS[0], sample.TARGETS[4]
    place = "spec/backward/retain_graph.yaml:10"
    bad = Verdict(instance.id, there.name, "fail", "unexpected", place, reason=said)
    good = Verdict(INSTANCES[1].id, there.name, "pass", "expected", place)
    with progress:
        progress.take(RunStarted(INSTANCES, (there.name, gone.name)))
        progress.take(TargetReady(sample.TargetInfo(there.name, said, "cpu", said)))
        progress.take(TargetReady(sample.TargetInfo(gone.name, "torch", "xpu", state="not-run", reason=said)))
        progress.take(CaseFinished(instance, there.name, Ran("trace")), bad)
        progress.take(WorkerDied(there.name, INSTANCES[1].id, said))
        progress.take(CaseFinished(INSTANCES[1], there.name, Ran("trace")), good)
        progress.take(RunFinished(True, 1.0))


def test_plain_lines_without_a_terminal() -> None:
    console, out = _console(terminal=False)
    _run(Progress(4, console))
    assert out.getvalue().splitlines() == [
        "torch:cpu: as it was as it was",
        "torch:xpu: not run: as it was",
        f"FAIL {INSTANCES[0].id} [torch:cpu] spec/backward/retain_graph.yaml:10",
        f"torch:cpu: worker as it was on {INSTANCES[1].id}",
        "interrupted; what was finished is kept",
    ]


def test_plain_progress_now_and_then() -> None:
    console, out = _console(terminal=False)
    with Progress(1000, console) as progress:
        for _ in range(400):
            progress.take(CaseFinished(INSTANCES[0], "torch:cpu", Ran("trace")), None)
    assert out.getvalue().splitlines() == ["200 of 1,000 results", "400 of 1,000 results"]


def test_bars_on_a_terminal() -> None:
    console, out = _console(terminal=True)
    _run(Progress(4, console))
    shown = out.getvalue()
    assert "torch:cpu" in shown
    assert "2/2" in shown
    assert "1 unexpected" in shown
    assert f"FAIL {INSTANCES[0].id}" in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)


@pytest.mark.parametrize("terminal", [False, True])
def test_progress_neutralises_what_strangers_say(terminal: bool) -> None:
    console, out = _console(terminal)
    said = "\n".join(sample.HOSTILE) + " [bold]markup[/bold] \x1b]0;title\x07"
    _run(Progress(4, console), said)
    assert not NEVER.search(out.getvalue())
    assert "[bold]markup[/bold]" in out.getvalue()


def test_summary_lists_what_is_unexpected_and_how_to_reproduce_it(summary: Summary) -> None:
    text = terminal_text(summary)
    assert "backward/retain_graph::accumulates-when-retained  spec/backward/retain_graph.yaml:10" in text
    assert "expected  [10.]" in text
    assert "reference:cpu, reference:cuda  tensor([5.])" in text
    assert "torch-conformance run backward/retain_graph::accumulates-when-retained" in text
    assert "crash on torch:cpu: killed by signal 11 (SIGSEGV)" in text
    assert re.search(r"torch:cpu +torch 2\.13\.0\+cpu +4 +· +1 +1 +1 +· +2", text)
    assert "\x1b" not in text


def test_summary_says_once_what_shows_in_many_cases(tmp_path: Path) -> None:
    results = sample.write_results(tmp_path / "r.jsonl", sample.many(1), sample.TARGETS[:4], sample.act_unflagged)
    assert "x (requires_grad)" in terminal_text(summarise(results, {}))
    many = sample.write_results(tmp_path / "r.jsonl", sample.many(9), sample.TARGETS[:4], sample.act_unflagged)
    text = terminal_text(summarise(many, {}))
    assert text.count("x (requires_grad)") == 1
    assert "the same values in 8 more cases" in text


def test_summary_neutralises_what_strangers_say(hostile: Summary) -> None:
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", terminal_text(hostile))


def test_print_summary_says_where_the_report_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    console, out = _console(terminal=False)
    print_summary(sample.write_results(tmp_path / "r.jsonl"), tmp_path, console)
    assert out.getvalue().endswith("Report: report.html\n")


def test_ids_are_quoted_for_the_shell() -> None:
    assert quoted("a/b::c") == "a/b::c"
    assert quoted("a/b::c[x=$(rm -rf ~) 'y']") == "'a/b::c[x=$(rm -rf ~) '\"'\"'y'\"'\"']'"
