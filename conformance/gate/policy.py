"""`reports/policy.yaml`: what the gate insists on. Every key may be left out; the defaults stand here."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from conformance.exceptions import PolicyError
from conformance.gate.fields import Fields
from conformance.load.tables import LEVELS


class Policy(msgspec.Struct, frozen=True):
    """The gate's settings.

    `required_targets`    must have run, on every case
    `recorded_counts`     whether a recording may stand in for a required target
    `gating_levels`       levels whose failures and divergences fail; `observed` ones fail on change only
    `max_waivers`         how many waivers there may be
    `no_waivers_for`      targets that may have none (`*` stands for any text)
    `review_horizon_days` how far ahead a waiver's `review_by` may lie
    `waived_must_run`     whether a waived case must have run on its target
    `at`                  the file's name, for findings
    """

    required_targets: tuple[str, ...] = ("torch:cpu", "reference:cpu", "reference:cuda")
    recorded_counts: bool = True
    gating_levels: tuple[str, ...] = ("must", "should")
    max_waivers: int = 20
    no_waivers_for: tuple[str, ...] = ("reference:*",)
    review_horizon_days: int = 180
    waived_must_run: bool = True
    at: str = "reports/policy.yaml"

    def forbids_waivers_for(self, target: str) -> bool:
        """Whether the target may have no waiver."""
        return any(fnmatchcase(target, pattern) for pattern in self.no_waivers_for)


KEYS = tuple(field.name for field in msgspec.structs.fields(Policy) if field.name != "at")


def load_policy(path: Path) -> Policy:
    """The policy of a file; the defaults where there is none. Raises `PolicyError` with every mistake."""
    fields = Fields(path, PolicyError)
    policy = Policy(at=fields.report.shown)
    root = fields.root() if path.exists() else None
    if root is None:
        return policy
    fields.closed(root, KEYS)
    given: dict[str, object] = {}
    for name in KEYS:
        node = root.get(name)
        default = getattr(policy, name)
        if isinstance(default, bool):
            given[name] = fields.flag(node, name)
        elif isinstance(default, int):
            given[name] = fields.count(node, name)
        else:
            given[name] = fields.texts(node, name)
    for item in getattr(root.get("gating_levels"), "items", ()):
        fields.word(item, "level", tuple(LEVELS))
    fields.done()
    return msgspec.structs.replace(policy, **{k: v for k, v in given.items() if v is not None})
