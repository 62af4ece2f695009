"""How far each target conforms, profile by profile: "core 100 %, hooks 92 %".

The profiles are those of `spec/surface.yaml` as it is where the report is written; without it the report has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from conformance.exceptions import ConformanceError
from conformance.load.model import Case
from conformance.program.profiles import Profiles
from conformance.program.surface import surface

if TYPE_CHECKING:
    from conformance.report.cases import CaseView

NOT_COUNTED = frozenset({"not-run", "not-applicable"})
"""Outcomes that say nothing of an engine: the case was not reached, or asks for what the target need not have."""


class Share(msgspec.Struct, frozen=True):
    """Of `counted` instances of a profile `passed` ones passed."""

    passed: int
    counted: int

    @property
    def percent(self) -> str:
        """In whole percent, rounded down: 100 means all. A dash where nothing was counted."""
        return f"{100 * self.passed // self.counted} %" if self.counted else "–"


class ProfileView(msgspec.Struct, frozen=True):
    """One profile. `cases` counts instances in the run, `shares` goes by target."""

    name: str
    about: str
    cases: int
    shares: dict[str, Share]


def profile_names() -> Callable[[Case], str]:
    """A function that names a case's profile; it names none where there is no surface to ask."""
    try:
        return Profiles().of
    except (ConformanceError, OSError):
        return lambda case: ""


def build_profiles(cases: Iterable[CaseView], targets: Iterable[str]) -> tuple[ProfileView, ...]:
    """The profiles that `cases` belong to, in the surface's order, with what each of `targets` passed."""
    try:
        order = {profile.name: profile.about for profile in surface().profiles}
    except (ConformanceError, OSError):
        return ()
    grouped: Mapping[str, list[CaseView]] = {name: [] for name in order}
    for case in cases:
        if case.profile in grouped:
            grouped[case.profile].append(case)
    names = tuple(targets)
    return tuple(
        ProfileView(name, about, len(grouped[name]), {t: _share(grouped[name], t) for t in names})
        for name, about in order.items()
        if grouped[name]
    )


def _share(cases: Iterable[CaseView], target: str) -> Share:
    outcomes = [case.results[target].outcome for case in cases if target in case.results]
    counted = [outcome for outcome in outcomes if outcome not in NOT_COUNTED]
    return Share(counted.count("pass"), len(counted))
