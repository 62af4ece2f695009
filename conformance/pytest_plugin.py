"""Specs under pytest: every YAML file in `spec/` is collected, an item is a case on a target.

Items are named `spec/backward/retain_graph.yaml::accumulates-when-retained[torch:cpu]`. Programs run in the
same worker processes as under the command line, so a crash of an engine costs one item. Under xdist each
item's result travels to the controller with its report; there the results file is put together, also when
an xdist worker dies on the way, and targets are compared.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conformance import paths
from conformance.exceptions import ConformanceError
from conformance.judge.model import Verdict
from conformance.load.model import Instance, SpecFile
from conformance.pytest_results import PROPERTY, Record, ResultsCollector

SESSION = pytest.StashKey[Any]()
LEDGER = pytest.StashKey[Any]()
LEVELS = {"must": "documented", "should": "documented as advice", "observed": "real but not documented"}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance", "conformance specs")
    group.addoption(
        "--target",
        action="append",
        metavar="ENGINE:DEVICE",
        help="run specs on this target; repeat for several (default: what this machine has of torch:cpu, "
        "torch:cuda, reference:cpu, reference:cuda)",
    )
    group.addoption("--results", metavar="FILE", help="write results.jsonl to FILE")
    group.addoption("--spec-timeout", type=float, default=10.0, metavar="SECONDS", help="time limit of one case")
    group.addoption("--spec-memory", type=int, default=2048, metavar="MIB", help="memory limit of one case")


def pytest_configure(config: pytest.Config) -> None:
    for level, meaning in LEVELS.items():
        config.addinivalue_line("markers", f"{level}: spec level, {meaning}")
    if not hasattr(config, "workerinput"):
        collector = ResultsCollector(config, config.getoption("--results"))
        config.stash[LEDGER] = collector
        config.pluginmanager.register(collector, "conformance-results")


def pytest_unconfigure(config: pytest.Config) -> None:
    session = config.stash.get(SESSION, None)
    if session is not None:
        session.close()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SpecCollector | None:
    if file_path.suffix != ".yaml":
        return None
    from conformance.load.files import holds_cases

    root = paths.spec_root(parent.config.rootpath)
    inside = file_path.is_relative_to(root)
    if inside and not holds_cases(file_path, root):
        return None
    if not inside and not parent.session.isinitpath(file_path):
        return None
    return SpecCollector.from_parent(parent, path=file_path)


def chosen_targets(config: pytest.Config) -> tuple[str, ...]:
    """The targets asked for, or what this machine seems to have; nothing is imported to find out."""
    named = config.getoption("--target")
    if named:
        return tuple(dict.fromkeys(named))
    targets = ["reference:cpu", "reference:cuda"]
    if importlib.util.find_spec("torch") is not None:
        targets[:0] = ["torch:cpu", "torch:cuda"] if Path("/dev/nvidiactl").exists() else ["torch:cpu"]
    return tuple(targets)


def _session(config: pytest.Config) -> Any:
    session = config.stash.get(SESSION, None)
    if session is None:
        from conformance.run.session import Session

        session = Session(
            chosen_targets(config),
            timeout=config.getoption("--spec-timeout"),
            memory=config.getoption("--spec-memory") * 2**20,
        )
        config.stash[SESSION] = session
    return session


class SpecCollector(pytest.File):
    """One spec file."""

    def collect(self) -> Iterable[SpecItem]:
        from conformance.load import instances, load

        root = paths.spec_root(self.config.rootpath)
        try:
            (spec,) = load([self.path], root if self.path.is_relative_to(root) else None)
        except ConformanceError as error:
            raise self.CollectError(str(error)) from None
        if LEDGER in self.config.stash:
            self.config.stash[LEDGER].add_file(spec)
        targets = chosen_targets(self.config)
        for instance in instances(spec):
            for target in targets:
                name = f"{instance.id.partition('::')[2]}[{target}]"
                yield SpecItem.from_parent(self, name=name, spec=spec, instance=instance, target=target)


class Unexpected(Exception):
    """A verdict that nobody expected. Carries what the failure text is made of."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.case)
        self.verdict = verdict


class SpecItem(pytest.Item):
    """One case on one target."""

    def __init__(self, *, spec: SpecFile, instance: Instance, target: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.spec = spec
        self.instance = instance
        self.target = target
        self.add_marker(instance.case.level)

    def runtest(self) -> None:
        from conformance.gate.waivers import load_waivers
        from conformance.judge import judge

        session = _session(self.config)
        ran = session.run_one(self.instance, self.target)
        info = session.infos[self.target]
        waivers = load_waivers(paths.project_root(self.config.rootpath) / "reports" / "waivers.yaml")
        verdict = judge(self.instance, info, ran, waivers)
        record = msgspec.json.encode(Record(verdict, ran, info)).decode()
        self.user_properties.append((PROPERTY, record))
        absent = verdict.outcome == "not-run" and not self.config.getoption("--target")
        if verdict.outcome == "not-applicable" or (absent and self.target == "torch:cuda"):
            pytest.skip(verdict.reason or verdict.outcome)
        if verdict.expectedness == "waived":
            pytest.xfail(f"waived at {verdict.waiver}")
        if verdict.expectedness != "expected" or verdict.outcome == "not-run":
            raise Unexpected(verdict)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, Unexpected):
            return "\n".join(failure_lines(self.spec, self.instance, excinfo.value.verdict))
        if isinstance(excinfo.value, ConformanceError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.instance.case.mark.line - 1, self.name


def failure_lines(spec: SpecFile, instance: Instance, verdict: Verdict) -> Iterator[str]:
    """The failure as a person reads it: YAML lines, expected, observed, how to reproduce."""
    from conformance.report.escape import visible

    text = spec.text.splitlines()
    yield f"{visible(instance.case.title)}"
    for check in verdict.assertions:
        if check.ok:
            continue
        line = int(check.at.rpartition(":")[2])
        yield ""
        yield f"{check.at}  step {check.step}" if check.step else check.at
        for number in range(max(line - 3, instance.case.mark.line), line + 1):
            mark = ">" if number == line else " "
            yield f"{mark} {number:>4} | {visible(text[number - 1])}"
        yield f"  expected  {visible(check.expected)}"
        yield f"  observed  {visible(check.observed)}"
        if check.note:
            yield f"  {visible(check.note)}"
    if verdict.reason:
        yield ""
        yield f"{verdict.outcome}: {visible(verdict.reason)}"
    if verdict.waiver:
        yield f"the waiver at {verdict.waiver} does not fit this any more; remove or mend it"
    yield ""
    yield f"reproduce: torch-conformance run '{instance.id}' --target {verdict.target}"
    yield f"           torch-conformance repro '{instance.id}' --target {verdict.target}"
