"""From an expectation with choices to the plain alternatives that hold for one target.

`row` takes the instance's datum, `per_device` and `per_torch` the one branch that matches the target,
`one_of` leaves several alternatives. Where not exactly one branch matches, nothing can be judged:
`Undecidable` says so and the case's outcome is an error, not a failure of the engine.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from conformance.judge.model import TargetInfo
from conformance.load.model import (
    Expectation,
    Group,
    Instance,
    OneOf,
    PerDevice,
    PerTorch,
    RowRef,
    Thrown,
    Value,
)


class Undecidable(Exception):
    """No branch, or more than one, holds for this target; `line` is the expectation's in its file."""

    def __init__(self, line: int, why: str) -> None:
        self.line = line
        self.why = why
        super().__init__(why)


class Setting(msgspec.Struct, frozen=True):
    """What choices depend on: the target, and the row of the instance."""

    info: TargetInfo
    row: dict[str, Any]

    @classmethod
    def of(cls, instance: Instance, info: TargetInfo) -> Setting:
        return cls(info, dict(instance.row))


Plain = Value | Thrown | Group


def alternatives(expectation: Expectation, setting: Setting, message: bool = False) -> tuple[Plain, ...]:
    """The plain expectations of which one must hold. Raises `Undecidable`.

    `message` says that a datum from a row stands for a message pattern. The parts of a `Thrown` and
    of a `Group` are left as they are; whoever compares them asks again.
    """
    if isinstance(expectation, Value | Thrown | Group):
        return (expectation,)
    if isinstance(expectation, RowRef):
        if expectation.name not in setting.row:
            raise Undecidable(expectation.mark.line, f"the row has no value named {expectation.name!r}")
        return (Value(setting.row[expectation.name], expectation.mark, message=message),)
    if isinstance(expectation, OneOf):
        found: list[Plain] = []
        for option in expectation.options:
            found += alternatives(option, setting, message)
        return tuple(found)
    return alternatives(branch(expectation, setting.info), setting, message)


def branch(expectation: PerDevice | PerTorch, info: TargetInfo) -> Expectation:
    """The one branch that holds for the target. Raises `Undecidable`."""
    if isinstance(expectation, PerDevice):
        name, wanted = "per_device", f"device {info.device_type!r}"
        fitting = [item for key, item in expectation.branches if key == info.device_type]
    else:
        version = info.models or info.version
        name, wanted = "per_torch", f"torch {version!r}"
        fitting = [item for key, item in expectation.branches if version_in(version, key, expectation.mark.line)]
    if len(fitting) != 1:
        keys = ", ".join(repr(key) for key, _ in expectation.branches)
        many = "no branch matches" if not fitting else f"{len(fitting)} branches match"
        raise Undecidable(expectation.mark.line, f"{name}: {many} {wanted} (there are {keys})")
    return fitting[0]


def version_in(version: str, specifier: str, line: int = 0) -> bool:
    """Whether a torch version lies in a PEP 440 specifier. A nightly or a release candidate counts as
    the release it leads to, and local parts (`+cpu`) do not matter. Raises `Undecidable`."""
    inside = _version_in(version, specifier)
    if inside is None:
        raise Undecidable(line, f"cannot compare the target's torch version {version!r} with {specifier!r}")
    return inside


@lru_cache(maxsize=1024)
def _version_in(version: str, specifier: str) -> bool | None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        return SpecifierSet(specifier).contains(Version(version).base_version)
    except (InvalidSpecifier, InvalidVersion):
        return None
