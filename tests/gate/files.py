"""A small run and its results file, made by the real writer from traces that need no engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from conformance.judge import Ran, TargetInfo, judge
from conformance.judge.diff import diverge
from conformance.load import instances, load_text
from conformance.load.model import SpecFile
from conformance.run.results import Results, ResultsWriter, make_header, read_results
from tests.judge.build import REFERENCE, TORCH, observation, ran, step, tensor

TEXT = """title: t
cases:
  - case: adds
    title: t
    steps:
      - run: y.backward()
        expect:
          w.grad: [5.]
          x.grad: [2.]
  - case: prints
    title: t
    level: observed
    steps:
      - run: z = y
        expect:
          repr(y): tensor
"""
ADDS, PRINTS = "area/file::adds", "area/file::prints"
INFOS = (TORCH, REFERENCE)


def spec_file(text: str = TEXT) -> SpecFile:
    """The spec, as the loader gives it."""
    return load_text(text, "area/file.yaml", "spec/area/file.yaml", check_programs=False)


def adds(w: float = 5.0, x: float = 2.0, version: int = 0) -> Ran:
    """What the case `adds` brings back."""
    return ran(step(tensor([w]), tensor([x]), w=observation([1.0], version=version)))


def prints(text: str = "tensor") -> Ran:
    """What the case `prints` brings back."""
    return ran(step(text))


GREEN: dict[tuple[str, str], Ran] = {
    (ADDS, TORCH.name): adds(),
    (ADDS, REFERENCE.name): adds(),
    (PRINTS, TORCH.name): prints(),
    (PRINTS, REFERENCE.name): prints(),
}


def write(
    path: Path,
    rans: Mapping[tuple[str, str], Ran] = GREEN,
    infos: tuple[TargetInfo, ...] = INFOS,
    interrupted: bool = False,
    text: str = TEXT,
) -> Path:
    """Judge, compare and write a run."""
    file = spec_file(text)
    cases = instances(file)
    by_name = {info.name: info for info in infos}
    divergences = []
    writer = ResultsWriter(path, make_header([file], cases, infos))
    for instance in cases:
        mine = {target: one for (case, target), one in rans.items() if case == instance.id}
        for target, one in mine.items():
            writer.write(judge(instance, by_name[target], one), one)
        divergences += diverge(instance, by_name, mine)
    writer.close(divergences, interrupted=interrupted)
    return path


def results(path: Path, **changes) -> Results:
    """The results of a run, read back."""
    return read_results(write(path, **changes))
