"""The terminal: progress while a run goes on, and its summary at the end.

On a terminal progress is one bar per target; elsewhere (a log, a pipe) it is plain lines. All texts are
`rich.text.Text`, so that nothing in them is taken for markup, and pass `one_line`, so that no control
sequence of an engine or a spec reaches the terminal.
"""

from __future__ import annotations

import shlex
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TaskID, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from conformance import paths
from conformance.judge.model import TargetInfo, Verdict
from conformance.report.cases import CaseView
from conformance.report.escape import one_line
from conformance.report.markdown import grouped, share_text
from conformance.report.standing import standings
from conformance.report.summary import UNEXPECTED, Summary, plural, summarise
from conformance.run.events import CaseFinished, Event, RunFinished, RunStarted, TargetReady, WorkerDied

LISTED = 20
"""Unexpected cases that the summary lists before it points to the report."""
_STEP = 200
"""Results between two progress lines where there is no terminal."""
_VALUE = 240
_PLAIN_WIDTH = 120


class _Name(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(task.description)


class _State(ProgressColumn):
    def render(self, task: Task) -> Text:
        style = "red" if task.fields["unexpected"] else "dim"
        return Text(task.fields["state"], style=style, overflow="ellipsis", no_wrap=True)


class Progress:
    """Consumes a run's events. `total` is the number of results to come, over all targets."""

    def __init__(self, total: int, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._total = total
        self._done = 0
        self._unexpected: Counter[str] = Counter()
        self._tasks: dict[str, TaskID] = {}
        self._cases = 0
        self._bars: Bars | None = None
        if self._console.is_terminal:
            columns = (_Name(), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), _State())
            self._bars = Bars(*columns, console=self._console, transient=True)

    def __enter__(self) -> Progress:
        if self._bars:
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars:
            self._bars.stop()

    def take(self, event: Event, verdict: Verdict | None = None) -> None:
        """One event, and the judge's word where the event finished a case."""
        if isinstance(event, RunStarted):
            self._cases = len(event.instances)
            for target in event.targets:
                self._task(target)
        elif isinstance(event, TargetReady):
            self._ready(event.info)
        elif isinstance(event, CaseFinished):
            self._finished(event.target, verdict)
        elif isinstance(event, WorkerDied):
            where = f" on {event.case}" if event.case else ""
            self._say(f"{event.target}: worker {event.how}{where}", "yellow")
        elif isinstance(event, RunFinished) and event.interrupted:
            self._say("interrupted; what was finished is kept", "yellow")

    def _ready(self, info: TargetInfo) -> None:
        if info.state == "not-run":
            self._say(f"{info.name}: not run: {info.reason or 'no reason given'}", "yellow")
            self._update(info.name, state="not run", total=0)
        else:
            recorded = " (recorded)" if info.state == "recorded" else ""
            self._update(info.name, state=one_line(f"{info.engine} {info.version}{recorded}"))
            if not self._bars:
                self._say(f"{info.name}: {info.engine} {info.version}{recorded}")

    def _finished(self, target: str, verdict: Verdict | None) -> None:
        self._done += 1
        if verdict and verdict.expectedness in UNEXPECTED:
            self._unexpected[target] += 1
            self._say(f"{verdict.outcome.upper()} {verdict.case} [{target}] {verdict.at}", "red")
            self._update(target, state=f"{self._unexpected[target]:,} unexpected", unexpected=True)
        if self._bars:
            self._bars.advance(self._task(target))
        elif self._done % _STEP == 0:
            self._say(f"{self._done:,} of {self._total:,} results")

    def _task(self, target: str) -> TaskID | None:
        if self._bars is None:
            return None
        if target not in self._tasks:
            fields: dict[str, Any] = {"state": "starting", "unexpected": False}
            self._tasks[target] = self._bars.add_task(one_line(target), total=self._cases or None, **fields)
        return self._tasks[target]

    def _update(self, target: str, **fields: Any) -> None:
        if self._bars:
            self._bars.update(self._task(target), **fields)

    def _say(self, text: str, style: str = "") -> None:
        self._console.print(Text(one_line(text), style=style), soft_wrap=True)


def print_summary(results: Any, folder: Path | None = None, console: Console | None = None) -> None:
    """Print what a results file showed, and where the reports are."""
    console = console or Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _PLAIN_WIDTH)
    _print(console, summarise(results))
    if folder:
        page = paths.shown(folder / "report.html")
        console.print(Text(f"Report: {one_line(page)}"), soft_wrap=True)


def terminal_text(summary: Summary) -> str:
    """The summary as plain text, without colours."""
    out = StringIO()
    _print(Console(file=out, width=_PLAIN_WIDTH, color_system=None, highlight=False), summary)
    return out.getvalue()


def _print(console: Console, summary: Summary) -> None:
    entries = [entry for standing in standings(summary.differences) for entry in standing.entries]
    alike = {entry.differences[0].case: len(entry.others) for entry in entries}
    repeats = {case for entry in entries for case in entry.others} - set(alike)
    found = [case for case in summary.cases if case.status == "unexpected" and case.id not in repeats]
    found.sort(key=lambda case: case.only_differs)
    for case in found[:LISTED]:
        for line in _case_lines(case):
            console.print(line, soft_wrap=True)
        if others := alike.get(case.id):
            console.print(Text(f"  the same values in {plural(others, 'more case')}", style="dim"))
    if len(found) > LISTED:
        console.print(Text(f"… and {plural(len(found) - LISTED, 'more case')}; the report has them all"))
    if found:
        console.print()
    console.print(_table(summary))
    if len(summary.profiles) > 1:
        console.print(_profiles(summary))
    style = "bold green" if summary.ok else "bold red"
    console.print(Text(one_line(summary.headline) + ".", style=style), soft_wrap=True)
    for sentence in summary.sentences:
        console.print(Text(one_line(sentence)), soft_wrap=True)


def _table(summary: Summary) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("target", no_wrap=True)
    table.add_column("engine", overflow="fold")
    for outcome in summary.outcomes:
        table.add_column(outcome, justify="right")
    table.add_column("unexpected", justify="right")
    for target in summary.targets:
        state = "" if target.state == "run" else f" ({target.state})"
        table.add_row(
            Text(one_line(target.name)),
            Text(one_line(target.engine) + state),
            *(Text(f"{target.counts[o]:,}" if o in target.counts else "·") for o in summary.outcomes),
            Text(f"{target.unexpected:,}", style="bold red" if target.unexpected else ""),
        )
    return table


def _profiles(summary: Summary) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("profile", no_wrap=True)
    table.add_column("cases", justify="right")
    for target in summary.targets:
        table.add_column(one_line(target.name), justify="right")
    for profile in summary.profiles:
        shares = [profile.shares[target.name] for target in summary.targets]
        texts = [Text(share_text(share), style="" if share.passed == share.counted else "red") for share in shares]
        table.add_row(Text(profile.name), Text(f"{profile.cases:,}"), *texts)
    return table


def _case_lines(case: CaseView) -> list[Text]:
    """One unexpected case: what failed where, expected and observed, and the command that reproduces it."""
    lines = [Text.assemble((one_line(case.id), "bold"), (f"  {one_line(case.shown)}:{case.line}", "dim"))]
    for target, result in case.results.items():
        if result.expectedness in UNEXPECTED:
            stale = " (stale waiver)" if result.expectedness == "stale-waiver" else ""
            reason = f": {one_line(result.reason, _VALUE)}" if result.reason else ""
            lines.append(Text(f"  {result.outcome} on {one_line(target)}{stale}{reason}", style="red"))
    for difference in case.differences[:5]:
        at = f"  {one_line(difference.at)}  step {difference.step}  {one_line(difference.what, _VALUE)}"
        lines.append(Text.assemble(at, ("  " + one_line(difference.stands_alone) + " stands alone", "yellow")))
        if difference.expected is not None:
            lines.append(Text(f"    expected  {one_line(difference.expected, _VALUE)}"))
        for text, targets in grouped(difference):
            lines.append(Text(f"    {one_line(', '.join(targets))}  {one_line(text, _VALUE)}"))
    if len(case.differences) > 5:
        lines.append(Text(f"  … and {plural(len(case.differences) - 5, 'more difference')}"))
    lines.append(Text(f"  torch-conformance run {quoted(case.id)}", style="dim"))
    return lines


def quoted(id_: str) -> str:
    """An id as a word for a POSIX shell."""
    return shlex.quote(one_line(id_))
