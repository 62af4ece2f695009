"""The judge's words: what ran, what was decided, and where targets differ. All frozen values."""

from __future__ import annotations

from typing import Any

import msgspec

OUTCOMES = ("pass", "fail", "error", "timeout", "crash", "unsupported", "not-applicable", "not-run")
EXPECTEDNESS = ("expected", "unexpected", "waived", "stale-waiver")


class TargetInfo(msgspec.Struct, frozen=True):
    """What a target said of itself (see `docs/protocol.md`). `models` resolves `per_torch`."""

    name: str
    engine: str
    device: str
    version: str = ""
    models: str = ""
    features: tuple[str, ...] = ()
    state: str = "run"
    reason: str | None = None
    attestation: dict[str, Any] = {}
    recorded: dict[str, Any] | None = None

    @property
    def device_type(self) -> str:
        """`cuda` for `cuda:0`."""
        return self.device.partition(":")[0]


class Ran(msgspec.Struct, frozen=True):
    """What the runner brings back for one instance on one target.

    `status` is "trace" (a trace came back), "timeout", "crash", "not-applicable" or "not-run";
    `reason` says why for every status but "trace".
    """

    status: str
    trace: dict[str, Any] | None = None
    reason: str | None = None
    seconds: float = 0.0


class Check(msgspec.Struct, frozen=True):
    """The verdict on one assertion. `step` is 1-based, 0 for `given`."""

    at: str
    step: int
    what: str
    expected: str
    observed: str
    ok: bool
    note: str | None = None
    ulp: int | None = None


class Verdict(msgspec.Struct, frozen=True):
    """The judge's word on one instance on one target."""

    case: str
    target: str
    outcome: str
    expectedness: str
    at: str
    assertions: tuple[Check, ...] = ()
    reason: str | None = None
    level: str = "must"
    seconds: float = 0.0
    waiver: str | None = None


class Divergence(msgspec.Struct, frozen=True):
    """An undeclared difference between targets. `step` is 1-based; `where` names the tensor or grad.

    `waiver` is the place of the entry that accepts it, if one does."""

    case: str
    at: str
    step: int
    where: str
    field: str
    stands_alone: str
    values: dict[str, str]
    groups: tuple[tuple[str, ...], ...]
    note: str | None = None
    waiver: str | None = None
