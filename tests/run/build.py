"""Instances made by hand, and a session's answers collected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from conformance.judge.model import Ran
from conformance.load.model import Assertion, Case, Instance, Mark, Source, Step, Value
from conformance.run.events import CaseFinished, Event, WorkerDied
from conformance.run.session import Session

HERE = Mark(1, 1)
Said = str | Sequence[str]


def case(
    name: str,
    *steps: Said,
    given: str = "",
    needs: tuple[str, ...] = (),
    bind: tuple[tuple[str, str], ...] = (),
    row: tuple[tuple[str, Any], ...] = (),
) -> Instance:
    """A case `tests::NAME`; each step is a program text, or that and the expressions to ask after it."""
    built = []
    for number, said in enumerate(steps, 1):
        run, *asks = (said,) if isinstance(said, str) else said
        built.append(
            Step(
                Source(run, 10 * number),
                HERE,
                tuple(Assertion(Source(ask, 10 * number + 5), Value(None, HERE), HERE) for ask in asks),
            )
        )
    sources = (Source(given, 3),) if given else ()
    whole = Case(f"tests::{name}", name, name, HERE, tuple(built), sources, needs=needs)
    return Instance(whole.id, whole, "tests/made_up.yaml", "made_up.yaml", bind, row)


def run_all(session: Session, cases: Iterable[Instance]) -> dict[str, Ran]:
    """Case name → what came back; the session must have one target."""
    return answers(session.run(tuple(cases)))


def answers(events: Iterable[Event]) -> dict[str, Ran]:
    return {e.instance.case.name: e.ran for e in events if isinstance(e, CaseFinished)}


def deaths(events: Iterable[Event]) -> list[WorkerDied]:
    return [e for e in events if isinstance(e, WorkerDied)]


def error(ran: Ran) -> tuple[str, str] | None:
    """Kind and message of the trace's error."""
    assert ran.trace is not None, ran
    told = ran.trace["error"]
    return None if told is None else (told["kind"], told["message"])


def asked(session: Session, *expressions: str, given: str = "") -> list[dict[str, Any]]:
    """The VALUEs of some expressions."""
    ran = session.run_one(case("asked", ("pass", *expressions), given=given), session.targets[0])
    assert error(ran) is None, error(ran)
    return ran.trace["steps"][0]["answers"]


def seen(session: Session, program: str) -> dict[str, dict[str, Any]]:
    """The OBSERVATIONs after a program."""
    ran = session.run_one(case("seen", program), session.targets[0])
    assert error(ran) is None, error(ran)
    step = ran.trace["steps"][0]
    assert step["exception"] is None, step["exception"]
    assert step["warnings"] == []
    return step["tensors"]
