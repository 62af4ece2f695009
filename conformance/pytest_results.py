"""The controller's side under pytest: results of all items, whole, whoever ran them.

Reports reach the process that the person started, whether it runs the items itself or xdist's workers do.
Each is kept as a raw line beside the results file at once, so that a killed run loses nothing; the file
itself, which begins with what the targets are, is put together at the end.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conformance import paths
from conformance.gate.waivers import load_waivers
from conformance.judge import judge
from conformance.judge.diff import diverge
from conformance.judge.model import Divergence, Ran, TargetInfo, Verdict
from conformance.judge.waiver import Waiver, mark_waived
from conformance.load import instances, load
from conformance.load.model import Instance, SpecFile

PROPERTY = "conformance"
"""The name under which an item's result travels with its report."""


class Record(msgspec.Struct, frozen=True):
    """One item's result as it travels from an xdist worker to the controller."""

    verdict: Verdict
    ran: Ran
    info: TargetInfo


class ResultsCollector:
    """Gathers records, compares targets, writes the results file and sums up."""

    def __init__(self, config: pytest.Config, results: str | None) -> None:
        self.config = config
        self.file = Path(results) if results else None
        self.files: dict[str, SpecFile] = {}
        self.records: dict[tuple[str, str], Any] = {}
        self.crashed: list[tuple[str, str]] = []
        self.divergences: list[Divergence] = []
        self._spool: Any = None

    def add_file(self, spec: SpecFile) -> None:
        """Remember a spec file that this process collected itself."""
        self.files[spec.shown] = spec

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == PROPERTY and report.when == "call":
                record = msgspec.json.decode(value, type=Record)
                self.records[record.verdict.case, record.verdict.target] = record
                self._keep(value)
        if report.when == "???" and ".yaml::" in report.nodeid:
            file, _, rest = report.nodeid.partition("::")
            case, _, target = rest.rpartition("[")
            self.crashed.append((f"{file}::{case}", target.rstrip("]")))

    def _keep(self, line: str) -> None:
        if self.file is None:
            return
        if self._spool is None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self._spool = self._partial.open("w", encoding="utf-8")
        self._spool.write(line + "\n")
        self._spool.flush()

    @property
    def _partial(self) -> Path:
        assert self.file is not None
        return self.file.with_name(self.file.name + ".partial")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if not self.records and not self.crashed:
            return
        known = self._instances()
        self._add_crashed(known)
        infos = {r.info.name: r.info for r in self.records.values()}
        by_case: dict[str, dict[str, Ran]] = {}
        for (case, target), record in self.records.items():
            by_case.setdefault(case, {})[target] = record.ran
        for case, rans in by_case.items():
            self.divergences.extend(mark_waived(diverge(known[case], infos, rans), self._waivers(), infos))
        if any(d.waiver is None for d in self.divergences) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if self.file is not None:
            self._write(known, infos, interrupted=exitstatus == pytest.ExitCode.INTERRUPTED)

    def _instances(self) -> dict[str, Instance]:
        """Every instance of the spec files that the records speak of, by id."""
        root = paths.spec_root(self.config.rootpath)
        seen = {record.verdict.at.rpartition(":")[0] for record in self.records.values()}
        seen |= {name.partition("::")[0] for name, _ in self.crashed}
        for shown in sorted(seen - self.files.keys()):
            path = self.config.rootpath / shown if not Path(shown).is_absolute() else Path(shown)
            (self.files[shown],) = load([path], root if path.is_relative_to(root) else None)
        return {i.id: i for file in self.files.values() for i in instances(file)}

    def _add_crashed(self, known: dict[str, Instance]) -> None:
        """An xdist worker that died left no record of the item it was on: that item is the crash."""
        for name, target in self.crashed:
            shown, _, case = name.partition("::")
            instance = next((i for i in known.values() if i.shown == shown and i.id.partition("::")[2] == case), None)
            if instance is None or (instance.id, target) in self.records:
                continue
            info = next(
                (r.info for r in self.records.values() if r.info.name == target),
                TargetInfo(target, target.partition(":")[0], target.partition(":")[2]),
            )
            ran = Ran("crash", None, "the pytest-xdist worker that ran it died")
            self.records[instance.id, target] = Record(judge(instance, info, ran, ()), ran, info)

    def _waivers(self) -> tuple[Waiver, ...]:
        return load_waivers(paths.project_root(self.config.rootpath) / "reports" / "waivers.yaml")

    def _write(self, known: dict[str, Instance], infos: dict[str, TargetInfo], interrupted: bool) -> None:
        from conformance.run.results import ResultsWriter, make_header

        assert self.file is not None
        cases = {case for case, _ in self.records}
        used = [i for i in known.values() if i.id in cases]
        paths_used = {i.path for i in used}
        files = [f for f in self.files.values() if f.path in paths_used]
        self.file.parent.mkdir(parents=True, exist_ok=True)
        writer = ResultsWriter(self.file, make_header(files, used, list(infos.values())))
        for record in self.records.values():
            writer.write(record.verdict, record.ran)
        seconds = sum(record.ran.seconds for record in self.records.values())
        writer.close(self.divergences, interrupted=interrupted, seconds=seconds)
        if self._spool is not None:
            self._spool.close()
            with contextlib.suppress(FileNotFoundError):
                self._partial.unlink()

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        from conformance.report.escape import visible

        for d in self.divergences:
            if d.waiver is not None:
                continue
            values = ", ".join(f"{target} {value}" for target, value in d.values.items())
            terminalreporter.write_line(
                visible(f"{d.at}: undeclared divergence, {d.stands_alone} stands alone: {d.where} {d.field}: {values}"),
                red=True,
            )
        if self.file is not None and self.records:
            terminalreporter.write_line(f"conformance results: {self.file}")
