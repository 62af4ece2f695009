"""The judge: one case's trace on one target against what its spec says. Pure, and usable offline."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.judge.choose import Setting
from conformance.judge.model import Check, Ran, TargetInfo, Verdict
from conformance.judge.steps import UNDECIDED, Bench, judge_step
from conformance.judge.trace import Trace, TraceError, read_trace
from conformance.judge.waiver import Waiver, accept
from conformance.load.model import Instance


def judge(instance: Instance, info: TargetInfo, ran: Ran, waivers: Iterable[Waiver] = ()) -> Verdict:
    """The verdict on what `ran` brought back. Never raises for anything a spec or an engine did."""
    case = instance.case
    outcome, checks, reason = ran.status, (), ran.reason
    if ran.status == "trace":
        outcome, checks, reason = judge_trace(instance, info, ran)
    active = [waiver for waiver in waivers if waiver.concerns(instance.id, info.name, info)]
    word = accept(outcome, checks, reason, active)
    return Verdict(
        instance.id,
        info.name,
        outcome,
        word.expectedness,
        f"{instance.shown}:{case.mark.line}",
        checks,
        reason,
        case.level,
        ran.seconds,
        word.waiver,
    )


def judge_trace(instance: Instance, info: TargetInfo, ran: Ran) -> tuple[str, tuple[Check, ...], str | None]:
    """Outcome, checks and reason for a case that brought back a trace."""
    case = instance.case
    checks: list[Check] = []
    try:
        trace = read_trace(ran.trace)
        bench = Bench(Setting.of(instance, info), case.compare, instance.shown)
        if trace.given.exception is not None or trace.given.warnings:
            seen = trace.given.exception or trace.given.warnings[0]
            checks.append(Check(bench.at(case.mark.line), 0, "given", "nothing", f"{seen.type}: {seen.message}", False))
        for number, (step, seen) in enumerate(zip(case.steps, trace.steps, strict=False), 1):
            if len(step.expect) != len(seen.answers):
                if trace.error is not None:
                    break
                raise TraceError(f"step {number} has {len(seen.answers)} answers to {len(step.expect)} expressions")
            checks += judge_step(number, step, seen, bench)
    except TraceError as problem:
        return "error", tuple(checks), str(problem)
    except RecursionError:
        return "error", tuple(checks), "the trace does not follow the protocol: nested too deeply"
    outcome, reason = settle(trace, checks, len(case.steps))
    return outcome, tuple(checks), reason


def settle(trace: Trace, checks: list[Check], steps: int) -> tuple[str, str | None]:
    """Outcome and reason: the trace's own error first, then what could not be judged, then failures."""
    if trace.error is not None:
        outcome = "unsupported" if trace.error.kind == "unsupported" else "error"
        return outcome, f"{trace.error.kind}: {trace.error.message}"
    if checks and checks[0].what == "given" and checks[0].step == 0:
        return "error", f"given: {checks[0].observed}"
    if len(trace.steps) != steps:
        return "error", f"the trace holds {len(trace.steps)} of {steps} steps"
    for check in checks:
        if not check.ok and check.note and check.note.startswith(UNDECIDED):
            return "error", f"{check.at}: {check.what}: {check.note}"
    return ("pass" if all(check.ok for check in checks) else "fail"), None
