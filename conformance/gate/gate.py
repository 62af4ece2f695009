"""The gate: may these results pass? One pure class, every rule a method, every finding with its mend.

What is listed must happen exactly as listed; what is not listed must not happen. A waiver that is no
longer needed fails as surely as a divergence without one, so the list only ever says what is true.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

import msgspec

from conformance.gate.baseline import OBSERVED, Baseline, sights
from conformance.gate.policy import Policy
from conformance.judge.messages import fold
from conformance.judge.model import Check, Divergence
from conformance.judge.waiver import ACCEPTABLE, Waiver, uncovered
from conformance.load.model import SpecFile
from conformance.run.results import Line, Results

ABSENT = ("not-run", "not-applicable")
REQUIRED_TARGET = "required-target"
WRITE_BASELINE = "write it with `torch-conformance gate --update-baseline`"
RUN_AGAIN = "run the specs again"


class Finding(msgspec.Struct, frozen=True):
    """One reason not to pass: where, which rule, what, and the mend."""

    file: str
    line: int
    code: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.code}: {self.what}; {self.mend}"


class GateReport(msgspec.Struct, frozen=True):
    """The gate's word. `exit_code` is 0, 1 for findings, 3 where a required target did not run."""

    findings: tuple[Finding, ...]
    summary: str

    @property
    def passed(self) -> bool:
        return not self.findings

    @property
    def exit_code(self) -> int:
        if any(finding.code == REQUIRED_TARGET for finding in self.findings):
            return 3
        return 1 if self.findings else 0


def gate(
    results: Results,
    waivers: Sequence[Waiver],
    policy: Policy,
    baseline: Baseline,
    today: datetime.date,
    specs: Sequence[SpecFile] | None = None,
) -> GateReport:
    """Hold results against everything that was agreed. `specs` are those on disk now, if they count."""
    findings = tuple(dict.fromkeys(Gate(results, waivers, policy, baseline, today, specs).findings()))
    counts = Counter(line.outcome for line in results.lines)
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "no results"
    word = "passes" if not findings else f"fails on {len(findings)} finding{'s' * (len(findings) > 1)}"
    summary = f"gate {word}: {outcomes}; {len(results.divergences)} divergences, {len(waivers)} waivers"
    return GateReport(findings, summary)


class Gate:
    """The rules, over one results file."""

    def __init__(
        self,
        results: Results,
        waivers: Sequence[Waiver],
        policy: Policy,
        baseline: Baseline,
        today: datetime.date,
        specs: Sequence[SpecFile] | None,
    ) -> None:
        self.results = results
        self.policy = policy
        self.baseline = baseline
        self.today = today
        self.specs = specs
        self.waivers = tuple(waivers)
        self.infos = {info.name: info for info in results.header.targets}
        self.lines = {(line.case, line.target): line for line in results.lines}
        self.active = [w for w in waivers if w.target not in self.infos or w.when.holds(self.infos[w.target])]

    def findings(self) -> Iterator[Finding]:
        """Every reason not to pass."""
        yield from self.whole()
        yield from self.current()
        yield from self.required()
        yield from self.present()
        for line in self.results.lines:
            yield from self.outcome(line)
        for found in self.results.divergences:
            yield from self.divergence(found)
        yield from self.waiver_list()
        for waiver in self.active:
            yield from self.waiver(waiver)

    # --- the results file ----------------------------------------------------------------------------

    def whole(self) -> Iterator[Finding]:
        """An interrupted or partial file says too little; so does one that lacks a case on a target."""
        if self.results.interrupted:
            why = self.results.damage or "the run was interrupted"
            yield Finding(self.results.path, 1, "interrupted", why, RUN_AGAIN)
            return
        for info in self.results.header.targets:
            missing = [case for case in self.results.header.cases if (case, info.name) not in self.lines]
            if missing:
                what = f"{info.name} has no result for {len(missing)} cases, the first {missing[0]}"
                yield Finding(self.results.path, 1, "no-result", what, RUN_AGAIN)

    def current(self) -> Iterator[Finding]:
        """The results are of the specs on disk."""
        if self.specs is None:
            return
        then = {spec.path: spec for spec in self.results.header.specs}
        now = {spec.path: spec for spec in self.specs}
        for path in sorted(then.keys() | now.keys()):
            if path not in now:
                yield Finding(then[path].shown, 1, "stale-specs", "the spec file is gone since the run", RUN_AGAIN)
            elif path not in then:
                yield Finding(now[path].shown, 1, "stale-specs", "the spec file was not in the run", RUN_AGAIN)
            elif then[path].text != now[path].text:
                yield Finding(now[path].shown, 1, "stale-specs", "the spec changed since the run", RUN_AGAIN)

    def required(self) -> Iterator[Finding]:
        """Required targets ran, on everything that applies to them."""
        for name in self.policy.required_targets:
            info = self.infos.get(name)
            mend = "run it, or take it from `required_targets`"
            if info is None:
                what = f"{name} is required and not in the results"
            elif info.state == "not-run":
                what = f"{name} is required and did not run: {info.reason or 'no reason given'}"
            elif info.state == "recorded" and not self.policy.recorded_counts:
                what = f"{name} is required and only recorded"
            else:
                continue
            yield Finding(self.policy.at, 1, REQUIRED_TARGET, what, mend)

    def present(self) -> Iterator[Finding]:
        """No case of the baseline has vanished."""
        if self.baseline.missing:
            yield Finding(self.baseline.path, 1, "no-baseline", "there is no baseline", WRITE_BASELINE)
        present = frozenset(self.results.header.cases)
        for case, number in self.baseline.cases.items():
            if case not in present:
                mend = "bring it back, or review its removal: " + WRITE_BASELINE
                yield Finding(self.baseline.path, number, "vanished", f"{case} is not in the results", mend)

    # --- outcomes ------------------------------------------------------------------------------------

    def outcome(self, line: Line) -> Iterator[Finding]:
        """Nothing is wrong that is not listed."""
        subject = f"{line.case} on {line.target}"
        if line.outcome == "not-run":
            state = self.infos[line.target].state
            required = line.target in self.policy.required_targets
            if state == "run" or (state == "recorded" and required):
                what = f"{subject} did not run: {line.reason or 'no reason given'}"
                yield self.finding(line.at, "not-run", what, RUN_AGAIN)
        elif line.level == OBSERVED and OBSERVED not in self.policy.gating_levels:
            yield from self.change(line)
        elif line.outcome in ACCEPTABLE and line.level in self.policy.gating_levels:
            left = uncovered(line.outcome, line.assertions, line.reason, self.concerning(line))
            for check in left:
                at, what = (check.at, told(check)) if check else (line.at, f"{line.outcome}: {line.reason or ''}")
                mend = "mend the engine or the spec, or list it in the waivers"
                yield self.finding(at, "unexpected", f"{subject}: {what}", mend)

    def change(self, line: Line) -> Iterator[Finding]:
        """A case of level `observed` shows what it showed when the baseline was written."""
        if line.outcome in ABSENT:
            return
        before = self.baseline.observed.get(line.case, {}).get(line.target)
        seen = sights(line)
        if before is None and line.outcome != "pass":
            what = f"{line.case} on {line.target} is not in the baseline: {'; '.join(seen)}"
            yield self.finding(line.at, "observed-changed", what, WRITE_BASELINE)
        elif before is not None and before != seen:
            gone = [text for text in before if text not in seen]
            new = [text for text in seen if text not in before]
            what = f"{line.case} on {line.target}: {'; '.join(gone) or 'less'} before"
            what += f", now {'; '.join(new) or 'less'}"
            yield self.finding(line.at, "observed-changed", what, "review it; " + WRITE_BASELINE)

    def divergence(self, found: Divergence) -> Iterator[Finding]:
        """Targets differ only where that is declared or listed."""
        levels = {line.level for line in self.results.lines if line.case == found.case}
        if levels and not levels & set(self.policy.gating_levels):
            return
        if not any(waiver.covers_divergence(found) for waiver in self.active):
            values = ", ".join(f"{target}: {value}" for target, value in found.values.items())
            what = f"{found.case}: {found.where} {found.field} differs, "
            what += f"{found.stands_alone} stands alone ({values})"
            mend = "mend the engine, declare the difference in the spec, or list it in the waivers"
            yield self.finding(found.at, "divergence", what, mend)

    # --- the waivers ---------------------------------------------------------------------------------

    def waiver_list(self) -> Iterator[Finding]:
        """The list is short, current, allowed, and says nothing twice."""
        if len(self.waivers) > self.policy.max_waivers:
            what = f"{len(self.waivers)} waivers, and the policy allows {self.policy.max_waivers}"
            yield self.finding(self.waivers[-1].at, "too-many-waivers", what, "mend some of what they accept")
        horizon = self.today + datetime.timedelta(days=self.policy.review_horizon_days)
        for waiver in self.waivers:
            if waiver.review_by < self.today:
                what = f"was to be reviewed by {waiver.review_by} by {waiver.owner}"
                yield self.finding(waiver.at, "expired", what, "review it: remove it, or set a new date")
            elif waiver.review_by > horizon:
                what = f"is to be reviewed only by {waiver.review_by}"
                yield self.finding(waiver.at, "review-too-late", what, f"set a date up to {horizon}")
            if self.policy.forbids_waivers_for(waiver.target):
                what = f"the policy allows no waiver for {waiver.target}"
                yield self.finding(waiver.at, "forbidden-waiver", what, "mend the engine and remove the waiver")
        for first, second in combinations(self.active, 2):
            if overlap(first, second):
                what = f"accepts what {first.at} accepts already"
                yield self.finding(second.at, "overlapping", what, "keep one, or name the assertion and step")

    def waiver(self, waiver: Waiver) -> Iterator[Finding]:
        """What is listed happened, just so."""
        subject = f"{waiver.case} on {waiver.target}"
        line = self.lines.get((waiver.case, waiver.target))
        if waiver.case not in self.results.header.cases:
            what = f"no case {waiver.case} in the results"
            yield self.finding(waiver.at, "unmatched", what, "correct the id, or remove the waiver")
            return
        if line is None or line.outcome in ABSENT:
            if self.policy.waived_must_run:
                what = f"{subject} did not run"
                yield self.finding(waiver.at, "waived-not-run", what, "run it, or remove the waiver")
            return
        diverging = [
            found
            for found in self.results.divergences
            if found.case == waiver.case
            and waiver.target in found.values
            and waiver.assertion in (None, found.where, f"{found.where} {found.field}")
        ]
        named = [c for c in line.assertions if not c.ok and waiver.names(c)] if line.outcome == waiver.outcome else []
        if any(waiver.covers_divergence(found) for found in diverging):
            return
        if line.outcome == "fail" == waiver.outcome:
            failed = sum(not check.ok for check in line.assertions)
            if any(waiver.covers(check) and (waiver.assertion or failed == 1) for check in named):
                return
        elif waiver.outcome != "divergence" and not uncovered(line.outcome, line.assertions, line.reason, [waiver]):
            return
        seen = [check.observed for check in named] + [found.values[waiver.target] for found in diverging]
        if line.outcome not in ("pass", "fail") and waiver.outcome != "divergence":
            seen.append(f"{line.outcome}: {line.reason or ''}")
        if seen:
            what = f"{subject} is wrong in another way: {'; '.join(seen)}, listed {waiver.observed}"
            yield self.finding(waiver.at, "differs", what, "review what is seen now")
        elif waiver.outcome == "divergence":
            what = f"no target differs from {waiver.target} at {waiver.assertion} in {waiver.case}"
            yield self.finding(waiver.at, "stale-waiver", what, "remove the waiver")
        elif line.outcome == "pass":
            yield self.finding(waiver.at, "stale-waiver", f"{subject} passes", "remove the waiver")
        else:
            what = f"{subject} fails, but not at {waiver.assertion}"
            yield self.finding(waiver.at, "unmatched", what, "correct the assertion, or remove the waiver")

    def concerning(self, line: Line) -> list[Waiver]:
        """The active waivers for a line's case and target."""
        return [w for w in self.active if w.case == line.case and w.target == line.target]

    @staticmethod
    def finding(at: str, code: str, what: str, mend: str) -> Finding:
        """A finding at `file:line`, on one line whatever text it quotes."""
        file, _, line = at.rpartition(":")
        return Finding(file, int(line), code, fold(what), mend)


def told(check: Check) -> str:
    """A failed assertion in one line."""
    step = f"step {check.step}, " if check.step else ""
    return f"{step}{check.what}: {check.observed}, expected {check.expected}"


def overlap(first: Waiver, second: Waiver) -> bool:
    """Whether two waivers could accept one and the same thing."""
    return (
        (first.case, first.target) == (second.case, second.target)
        and (first.outcome == second.outcome)
        and (first.assertion == second.assertion or None in (first.assertion, second.assertion))
        and (first.step == second.step or None in (first.step, second.step))
    )
