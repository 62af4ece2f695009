"""One step of a case against what was seen of it: the exception, the warnings, the answers.

Every function gives checks, one for each statement of the spec, and one for each thing that happened
though the spec says nothing of it: a step without `raises` must not raise, one without `warns` must
not warn.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from conformance.judge import render
from conformance.judge import trace as t
from conformance.judge.choose import Setting, Undecidable, alternatives
from conformance.judge.literals import Match, compare
from conformance.judge.messages import clip, fold, for_device, mismatch
from conformance.judge.model import Check
from conformance.load.model import Assertion, Expectation, Group, Step, Thrown, Tolerance, Value


class Bench(msgspec.Struct, frozen=True):
    """What judging a step needs besides the step: the target and row, the case's slack, the file's name."""

    setting: Setting
    compare: Tolerance | None
    shown: str

    def at(self, line: int) -> str:
        return f"{self.shown}:{line}"

    def expected(self, expectation: Expectation) -> str:
        return render.expected(expectation, self.setting.info.device_type)


def judge_step(number: int, step: Step, seen: t.StepTrace, bench: Bench) -> Iterator[Check]:
    """The checks of one step, in the order: raises, warns, then `expect` as written."""
    if step.raises is not None:
        yield check_raises(number, step.raises, seen.exception, bench)
    elif seen.exception is not None:
        yield Check(
            bench.at(step.mark.line),
            number,
            "raises",
            "nothing",
            render.event(seen.exception),
            False,
            "raised",
        )
    if step.warns is not None:
        yield check_warns(number, step.warns, seen.warnings, bench)
    elif seen.warnings:
        yield Check(
            bench.at(step.mark.line),
            number,
            "warns",
            "nothing",
            render.events(seen.warnings),
            False,
            "warned",
        )
    for assertion, answer in zip(step.expect, seen.answers, strict=True):
        yield check_answer(number, assertion, answer, bench)


def check_answer(number: int, assertion: Assertion, answer: t.Answer, bench: Bench) -> Check:
    """One line of `expect`."""
    at, what = bench.at(assertion.mark.line), assertion.expression.text
    observed = render.answer(answer)
    try:
        options = alternatives(assertion.expected, bench.setting)
    except Undecidable as undecidable:
        return undecided(at, number, what, assertion.expected, observed, undecidable, bench)
    device_type = bench.setting.info.device_type
    first: Match | None = None
    for option in options:
        found = (
            compare(option, answer, bench.compare, device_type)
            if isinstance(option, Value)
            else Match(False, "an exception cannot be the value of an expression")
        )
        if found.ok:
            return Check(at, number, what, bench.expected(option), observed, True, None, found.ulp)
        first = first or found
    expected, note = one_of(options, first.note if first else None, bench)
    return Check(at, number, what, expected, observed, False, note, first.ulp if first else None)


def one_of(options: tuple, note: str | None, bench: Bench) -> tuple[str, str | None]:
    """The text of the expectation, and the note, where none of the alternatives held."""
    if len(options) == 1:
        return bench.expected(options[0]), note
    texts = " | ".join(bench.expected(option) for option in options)
    return f"one of: {texts}", f"none of {len(options)} alternatives; against the first: {note}"


def undecided(
    at: str, number: int, what: str, expectation: Expectation, observed: str, why: Undecidable, bench: Bench
) -> Check:
    """A check that could not be made. Its note begins with `UNDECIDED`, which makes the outcome an error."""
    return Check(at, number, what, bench.expected(expectation), observed, False, f"{UNDECIDED}{why.why}")


UNDECIDED = "cannot be judged: "


def check_raises(number: int, expectation: Expectation, seen: t.Event | None, bench: Bench) -> Check:
    """The exception that a step must raise; null in a choice says that it raises none."""
    observed = render.event(seen)
    at = bench.at(expectation.mark.line)
    try:
        options = alternatives(expectation, bench.setting)
        note = None
        for option in options:
            differs = thrown_differs(option, seen, bench)
            if differs is None:
                return Check(at, number, "raises", bench.expected(option), observed, True)
            note = note or differs
    except Undecidable as undecidable:
        return undecided(at, number, "raises", expectation, observed, undecidable, bench)
    expected, note = one_of(options, note, bench)
    return Check(at, number, "raises", expected, observed, False, note)


def thrown_differs(expected: Value | Thrown | Group, seen: t.Event | None, bench: Bench) -> str | None:
    """None where the event, or its absence, is the expected one, else what differs. Raises `Undecidable`."""
    if stands_for_nothing(expected):
        return None if seen is None else "raised"
    if not isinstance(expected, Thrown):
        return "the expectation names no exception"
    if seen is None:
        return "nothing was raised"
    if expected.exception != seen.type:
        return f"{seen.type}, expected {expected.exception}"
    notes = [message_differs(option, seen.message, bench) for option in message_options(expected, bench)]
    if None in notes:
        return None
    return notes[0] if len(notes) == 1 else f"none of {len(notes)} messages; against the first: {notes[0]}"


def stands_for_nothing(expected: Expectation) -> bool:
    """Whether this is the null that stands in a choice for no exception, or for no warning."""
    return isinstance(expected, Value) and expected.message and expected.data is None


def message_options(expected: Thrown, bench: Bench) -> tuple[str, ...]:
    """The patterns of which the message must fit one, with the parts for the target's device only."""
    found = []
    for option in alternatives(expected.message, bench.setting, message=True):
        if not isinstance(option, Value) or not isinstance(option.data, str):
            raise Undecidable(option.mark.line, "the expected message is not a text")
        found.append(for_device(option.data, bench.setting.info.device_type))
    return tuple(found)


def message_differs(pattern: str, message: str, bench: Bench) -> str | None:
    """None where the message fits the pattern, else where it stops doing so."""
    place = mismatch(pattern, message)
    if place is None:
        return None
    return f"message differs at character {place + 1}: {clip(fold(message)[place:])}"


def check_warns(number: int, expectation: Expectation, seen: tuple[t.Event, ...], bench: Bench) -> Check:
    """The warnings that a step must give: unordered, equal ones counted once."""
    distinct = {(event.type, fold(event.message)): event for event in seen}
    given = tuple(distinct.values())
    observed = render.events(given)
    at = bench.at(expectation.mark.line)
    try:
        options = alternatives(expectation, bench.setting)
        note = None
        for option in options:
            items = option.items if isinstance(option, Group) else (option,)
            differs = warnings_differ(items, given, bench)
            if differs is None:
                return Check(at, number, "warns", bench.expected(option), observed, True)
            note = note or differs
    except Undecidable as undecidable:
        return undecided(at, number, "warns", expectation, observed, undecidable, bench)
    expected, note = one_of(options, note, bench)
    return Check(at, number, "warns", expected, observed, False, note)


def warnings_differ(items: tuple[Expectation, ...], given: tuple[t.Event, ...], bench: Bench) -> str | None:
    """None where expected and given warnings can be paired one to one, else what is left over."""
    wanted: dict[str, tuple] = {}
    optional: dict[str, tuple] = {}
    for item in items:
        options = alternatives(item, bench.setting)
        chosen = optional if any(map(stands_for_nothing, options)) else wanted
        chosen.setdefault(bench.expected(item), options)
    fits = [
        [place for place, event in enumerate(given) if any(thrown_differs(o, event, bench) is None for o in options)]
        for options in (*wanted.values(), *optional.values())  # a pairing never drops who came before
    ]
    partner = pair(fits)
    missing = [text for place, text in enumerate(wanted) if place not in partner.values()]
    extra = [render.event(event) for place, event in enumerate(given) if place not in partner]
    if not missing and not extra:
        return None
    notes = [f"missing {clip(text, 80)}" for text in missing] + [f"not expected {clip(text, 80)}" for text in extra]
    if len(missing) == len(extra) == 1:
        (lost,) = [options for text, options in wanted.items() if text == missing[0]]
        (event,) = [event for place, event in enumerate(given) if place not in partner]
        notes.append(str(thrown_differs(lost[0], event, bench)))
    return "; ".join(notes)


def pair(fits: list[list[int]]) -> dict[int, int]:
    """A largest one-to-one pairing: `fits[i]` are the events that expectation `i` accepts; the result
    maps events to expectations. (Augmenting paths; a pattern with `...` may accept several events.)"""
    partner: dict[int, int] = {}

    def place(expectation: int, tried: set[int]) -> bool:
        for event in fits[expectation]:
            if event not in tried:
                tried.add(event)
                if event not in partner or place(partner[event], tried):
                    partner[event] = expectation
                    return True
        return False

    for expectation in range(len(fits)):
        place(expectation, set())
    return partner
