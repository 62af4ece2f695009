"""The events of a run. The runner emits them, every report is a consumer of them."""

from __future__ import annotations

import msgspec

from conformance.judge.model import Ran, TargetInfo
from conformance.load.model import Instance


class RunStarted(msgspec.Struct, frozen=True):
    instances: tuple[Instance, ...]
    targets: tuple[str, ...]


class TargetReady(msgspec.Struct, frozen=True):
    """The target's first worker has answered: it runs, or it says why not (`info.state`)."""

    info: TargetInfo


class CaseFinished(msgspec.Struct, frozen=True):
    instance: Instance
    target: str
    ran: Ran


class WorkerDied(msgspec.Struct, frozen=True):
    """A worker ended without being asked. `case` is the instance it was on, if any."""

    target: str
    case: str | None
    how: str


class RunFinished(msgspec.Struct, frozen=True):
    interrupted: bool
    seconds: float


Event = RunStarted | TargetReady | CaseFinished | WorkerDied | RunFinished
