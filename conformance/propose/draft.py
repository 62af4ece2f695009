"""A snippet run on an engine, and its steps cut where something happened."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.exceptions import SpecError, UsageError
from conformance.judge import trace as t
from conformance.judge.model import Ran, TargetInfo
from conformance.load import instances, load_text
from conformance.load.model import Assertion, Case, Instance, Mark, Source, SpecFile, Step, Value
from conformance.program import check_case
from conformance.propose.snippet import Statement, read_snippet
from conformance.propose.writing import ProposedStep, spec_text, tensor_text, value_text
from conformance.run.session import Session


def propose(text: str, shown: str, name: str, target: str = "torch:cpu") -> str:
    """The YAML of a case that states what `target` does with the snippet `text`.

    Raises SpecError, with the snippet's lines, for what programs may not do, and UsageError where the target
    cannot run it to its end or does something else when asked a second time.
    """
    statements = read_snippet(text, shown)
    instance = _instance(statements, name, shown)
    problems = check_case(instance.case, shown)
    if problems:
        raise SpecError(problems)
    with Session([target]) as session:
        (info,) = session.probe()
        if info.state == "not-run":
            raise UsageError(f"{target} cannot run: {info.reason}")
        trace = _trace(session.run_one(instance, target), target)
        steps, left_out = _steps(statements, trace)
        proposed = spec_text(name, f"{info.engine} {info.version} on {target}", steps, left_out)
        _holds(proposed, name, info, session)
    return proposed


def _instance(statements: Sequence[Statement], name: str, shown: str) -> Instance:
    steps = tuple(
        Step(
            Source(s.text, s.line),
            Mark(s.line, 1),
            tuple(Assertion(Source(look, s.line), Value(None, Mark(s.line, 1)), Mark(s.line, 1)) for look in s.looks),
        )
        for s in statements
    )
    case = Case(f"proposed::{name}", name, name, Mark(1, 1), steps)
    return Instance(case.id, case, shown, "proposed.yaml")


def _trace(ran: Ran, target: str) -> t.Trace:
    if ran.trace is None:
        raise UsageError(f"{target} did not come to the end of the snippet: {ran.reason or ran.status}")
    trace = t.read_trace(ran.trace)
    if trace.error is not None:
        raise UsageError(f"{target} could not carry the snippet through: {trace.error.message}")
    return trace


def _steps(statements: Sequence[Statement], trace: t.Trace) -> tuple[list[ProposedStep], list[str]]:
    """One step for each stretch of statements that ends where something was seen; and what no spec can state."""
    steps: list[ProposedStep] = []
    left_out: list[str] = []
    open_ones: list[str] = []
    before: dict[str, t.Observation] = {}
    for number, (statement, seen) in enumerate(zip(statements, trace.steps, strict=True)):
        open_ones.append(statement.text)
        now = {name: tensor for name, tensor in seen.tensors.items() if not name.startswith("_")}
        expect: list[tuple[str, str]] = []
        for look, answer in zip(statement.looks, seen.answers, strict=True):
            if (stated := _stated(look, answer)) is None:
                left_out.append(look)
            else:
                expect.append(stated)
        known = {look for look, _ in expect}
        expect += [pair for pair in _changes(before, now) if pair[0] not in known]
        last = number == len(statements) - 1
        if last and not expect and seen.exception is None:
            expect = [(n, v) for n, tensor in now.items() if n not in before and (v := tensor_text(tensor))]
        if seen.exception is not None or seen.warnings or expect or last:
            steps.append(ProposedStep("\n".join(open_ones), seen.exception, tuple(seen.warnings), tuple(expect)))
            open_ones = []
        before = now
    return steps, left_out


def _stated(look: str, answer: t.AnyAnswer) -> tuple[str, str] | None:
    """An expression and the YAML of its value."""
    if isinstance(answer, t.ObjectAnswer) and look.endswith(".grad_fn"):
        return f"{look}.name()", answer.type  # its own text has an address
    value = value_text(answer)
    return None if value is None else (look, value)


def _changes(before: dict[str, t.Observation], now: dict[str, t.Observation]) -> list[tuple[str, str]]:
    """What happened to tensors that were there already: gradients, data, flags."""
    found: list[tuple[str, str | None]] = []
    for name, tensor in now.items():
        old = before.get(name)
        if old is None:
            continue
        if tensor.grad != old.grad:
            found.append((f"{name}.grad", "null" if tensor.grad is None else tensor_text(tensor.grad)))
        if tensor.data != old.data:
            found.append((name, tensor_text(tensor)))
        if tensor.version != old.version and tensor.version is not None:
            found.append((f"{name}._version", str(tensor.version)))
        if tensor.requires_grad != old.requires_grad:
            found.append((f"{name}.requires_grad", "true" if tensor.requires_grad else "false"))
        if tensor.is_leaf != old.is_leaf and tensor.is_leaf is not None:
            found.append((f"{name}.is_leaf", "true" if tensor.is_leaf else "false"))
    return [(expression, value) for expression, value in found if value is not None]


def _holds(proposed: str, name: str, info: TargetInfo, session: Session) -> None:
    """The proposal is read back and run: a snippet that draws its numbers anew cannot be stated."""
    from conformance.judge import judge

    file: SpecFile = load_text(proposed, "proposed.yaml", "the proposal")
    (instance,) = instances(file)
    verdict = judge(instance, info, session.run_one(instance, info.name))
    if verdict.outcome != "pass":
        missed = next((c for c in verdict.assertions if not c.ok), None)
        what = f"{missed.what}: {missed.expected}, then {missed.observed}" if missed else str(verdict.reason)
        raise UsageError(f"{name}: {info.name} does not do the same twice ({what}); take out what is random")
