"""Accepted divergences and what they make of a verdict: the whole logic, with no file in sight.

A waiver names one case, one target and, where an assertion fails, that assertion, with the *wrong
value* that is expected there. It accepts exactly that: a case that passes all the same, or is wrong
in another way, is not covered.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from conformance.judge.choose import Undecidable, version_in
from conformance.judge.messages import fold, matches
from conformance.judge.model import Check, Divergence, TargetInfo

ACCEPTABLE = ("fail", "error", "timeout", "crash", "unsupported")
DIVERGENCE = "divergence"
"""What a waiver accepts: one of these outcomes, or that a passing case diverges across targets."""


class When(msgspec.Struct, frozen=True):
    """Where a waiver holds: a PEP 440 specifier for the torch version, a device type. None: anywhere."""

    torch: str | None = None
    device: str | None = None

    def holds(self, info: TargetInfo) -> bool:
        if self.device is not None and self.device != info.device_type:
            return False
        if self.torch is None:
            return True
        try:
            return version_in(info.models or info.version, self.torch)
        except Undecidable:
            return False


class Waiver(msgspec.Struct, frozen=True):
    """One reviewed entry. `assertion` is the expression, `raises`, `warns` or the name of a tensor or
    gradient in a cross-target divergence; `step` narrows it. `observed` is the wrong value (for a
    crash and the like: the reason), compared after folding white space; `...` stands for any text."""

    case: str
    target: str
    observed: str
    reason: str
    issue: str
    owner: str
    review_by: datetime.date
    at: str
    outcome: str = "fail"
    assertion: str | None = None
    step: int | None = None
    when: When = When()

    def concerns(self, case: str, target: str, info: TargetInfo | None) -> bool:
        """Whether it speaks of this case on this target, where the target is what it is."""
        return self.case == case and self.target == target and (info is None or self.when.holds(info))

    def covers(self, check: Check) -> bool:
        """Whether it accepts this failed assertion, wrong value included."""
        return self.names(check) and matches(fold(self.observed), check.observed)

    def names(self, check: Check) -> bool:
        """Whether it speaks of this assertion, whatever was seen."""
        return self.assertion in (None, check.what) and self.step in (None, check.step)

    def covers_divergence(self, found: Divergence) -> bool:
        """Whether it accepts its target's part in a cross-target divergence."""
        return (
            self.outcome in ("fail", DIVERGENCE)
            and self.case == found.case
            and self.target in found.values
            and self.assertion in (found.where, f"{found.where} {found.field}")
            and self.step in (None, found.step)
            and matches(fold(self.observed), found.values[self.target])
        )


def mark_waived(
    found: Iterable[Divergence], waivers: Iterable[Waiver], infos: Mapping[str, TargetInfo]
) -> list[Divergence]:
    """The divergences, with the place of the waiver that accepts each one, if one does."""
    active = [w for w in waivers if w.target not in infos or w.when.holds(infos[w.target])]
    if not active:
        return list(found)
    return [
        msgspec.structs.replace(d, waiver=next((w.at for w in active if w.covers_divergence(d)), None)) for d in found
    ]


class Acceptance(msgspec.Struct, frozen=True):
    """What waivers make of one outcome."""

    expectedness: str
    waiver: str | None = None


def covering(
    outcome: str, checks: Iterable[Check], reason: str | None, waivers: Iterable[Waiver]
) -> Iterator[tuple[Check | None, Waiver | None]]:
    """Each thing that is wrong, with the waiver that accepts it, or None.

    What is wrong is each failed assertion, or, where the case did not come to them (a crash and the
    like), the outcome itself, written None. A waiver without an assertion accepts an outcome in which
    one assertion failed, not several.
    """
    entries = [entry for entry in waivers if entry.outcome == outcome]
    if outcome != "fail":
        fits = (entry for entry in entries if matches(fold(entry.observed), reason or ""))
        yield None, next(fits, None)
        return
    failed = [check for check in checks if not check.ok]
    for check in failed:
        fits = (e for e in entries if e.covers(check) and (e.assertion or len(failed) == 1))
        yield check, next(fits, None)


def uncovered(
    outcome: str, checks: Iterable[Check], reason: str | None, waivers: Iterable[Waiver]
) -> list[Check | None]:
    """What is wrong and accepted by no waiver; see `covering`."""
    return [wrong for wrong, waiver in covering(outcome, checks, reason, waivers) if waiver is None]


def accept(outcome: str, checks: Iterable[Check], reason: str | None, waivers: Iterable[Waiver]) -> Acceptance:
    """The expectedness of an outcome. `waivers` are those that concern this case, target and version.

    What did not run, or does not apply, is expected here: whether it may is the policy's word.
    """
    entries = tuple(waivers)
    if outcome in ACCEPTABLE:
        found = tuple(waiver for _, waiver in covering(outcome, checks, reason, entries))
        first = found[0] if found else None
        return Acceptance("unexpected") if None in found or first is None else Acceptance("waived", first.at)
    stale = [entry for entry in entries if entry.outcome != DIVERGENCE]
    if stale and outcome == "pass":
        return Acceptance("stale-waiver", stale[0].at)
    return Acceptance("expected")
