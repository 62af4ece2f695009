"""Recordings: a target's results kept from a machine that has its device.

A recording stands in for a target that cannot run here, case by case, and only where the spec file of the
case still has the text it was recorded with: an older observation says nothing of a newer program.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from conformance.judge.model import Ran, TargetInfo
from conformance.load.model import Instance, SpecFile
from conformance.run.results import read_results


class Recording:
    """One target's recorded traces, cut down to the cases whose specs are unchanged."""

    def __init__(self, file: Path, info: TargetInfo, rans: dict[str, Ran], facts: dict) -> None:
        self.file = file
        self.info = info
        self.rans = rans
        self.facts = facts

    def stand_in(self, absent: TargetInfo) -> TargetInfo:
        """The recorded target, marked as such, with the reason why it did not run here."""
        return msgspec.structs.replace(self.info, state="recorded", reason=absent.reason, recorded=self.facts)


def recorded_runs(folder: Path, files: Sequence[SpecFile], instances: Sequence[Instance]) -> dict[str, Recording]:
    """Target name → its recording, of the recordings in `folder` that fit the present specs.

    Raises ResultsError when a recording is damaged.
    """
    present = {f.path: f.sha256 for f in files}
    path_of = {i.id: i.path for i in instances}
    found: dict[str, Recording] = {}
    for file in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
        results = read_results(file)
        same = {s.path for s in results.header.specs if present.get(s.path) == s.sha256}
        for target in results.header.targets:
            rans = {
                line.case: _ran(line)
                for line in results.lines
                if line.target == target.name and path_of.get(line.case) in same
            }
            if rans:
                facts = {"when": results.header.started, "file": file.name, **target.attestation}
                found[target.name] = Recording(file, target, rans, facts)
    return found


def _ran(line) -> Ran:
    """What the runner had brought back when this results line was written."""
    if line.trace is not None:
        return Ran("trace", line.trace, None, line.seconds)
    return Ran(line.outcome, None, line.reason, line.seconds)
