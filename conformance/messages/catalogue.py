"""Every text that the specs say is raised or warned, with the cases that show it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

import msgspec

from conformance.load.model import (
    Case,
    Expectation,
    Group,
    Mark,
    OneOf,
    PerDevice,
    PerTorch,
    RowRef,
    SpecFile,
    Step,
    Thrown,
    Value,
)

_DEVICE_MARK = re.compile(r"\{[a-z]+:([^}]*)\}")
_LOWER_BOUND = re.compile(r">=\s*([0-9][0-9.]*)")


class Trigger(msgspec.Struct, frozen=True):
    """A step that brings a text about: `code` is what runs in it, `since` the lower bound of its `per_torch` branch."""

    case: str
    title: str
    shown: str
    line: int
    code: str
    since: str | None


class Message(msgspec.Struct, frozen=True):
    """One text of one class. `text` is as specs write it, without what stands for one device only."""

    exception: str
    text: str
    warns: bool
    triggers: tuple[Trigger, ...]
    mark: Mark
    shown: str

    @property
    def printed(self) -> str:
        """The text as people see it: `…` where any text may stand, three dots where there are some."""
        return self.text.replace("...", "…").replace("{dots}", "...")


def collect(files: Iterable[SpecFile]) -> tuple[Message, ...]:
    """The distinct texts of `files`, by class and text; texts that one device or release alone has count too.

    What a case's own program raises is not torch's, and left out; so is an error without words.
    """
    found: dict[tuple[str, str, bool], list[tuple[Trigger, Mark, str]]] = {}
    for file in files:
        for case in file.cases:
            own = set(_own_errors(case))
            for step in case.steps:
                for warns, thrown in ((False, step.raises), (True, step.warns)):
                    for exception, text, mark, since in _texts(thrown, case):
                        text = " ".join(_DEVICE_MARK.sub("", text).split())
                        if not text or (exception, text) in own:
                            continue
                        trigger = _trigger(file, case, step, since)
                        found.setdefault((exception, text, warns), []).append((trigger, mark, file.shown))
    return tuple(
        Message(exception, text, warns, _distinct(t for t, _, _ in held), held[0][1], held[0][2])
        for (exception, text, warns), held in sorted(found.items())
    )


def _own_errors(case: Case) -> Iterator[tuple[str, str]]:
    """(class, text) of the `raise` statements in the case's program."""
    for source in (*case.given, *(step.run for step in case.steps)):
        try:
            tree = ast.parse(source.text)
        except SyntaxError:  # reported where programs are checked
            continue
        for node in ast.walk(tree):
            match node:
                case ast.Raise(exc=ast.Call(func=ast.Name(id=exception), args=[ast.Constant(value=str(text))])):
                    yield exception, " ".join(text.split())


def _distinct(triggers: Iterable[Trigger]) -> tuple[Trigger, ...]:
    by_case: dict[str, Trigger] = {}
    for trigger in triggers:
        by_case.setdefault(trigger.case, trigger)
    return tuple(by_case.values())


def _trigger(file: SpecFile, case: Case, step: Step, since: str | None) -> Trigger:
    return Trigger(case.id, case.title, file.shown, case.mark.line, step.run.text.strip(), since)


def _texts(
    node: Expectation | None, case: Case, exception: str = "", since: str | None = None
) -> Iterator[tuple[str, str, Mark, str | None]]:
    """(class, text, place, release since which it is so) of everything that may be thrown."""
    match node:
        case Thrown():
            yield from _texts(node.message, case, node.exception, since)
        case Group():
            for item in node.items:
                yield from _texts(item, case, exception, since)
        case OneOf():
            for option in node.options:
                yield from _texts(option, case, exception, since)
        case PerDevice():
            for _, branch in node.branches:
                yield from _texts(branch, case, exception, since)
        case PerTorch():
            for bounds, branch in node.branches:
                lower = _LOWER_BOUND.search(bounds)
                yield from _texts(branch, case, exception, lower[1] if lower else None)
        case RowRef():
            for row in case.rows:
                text = dict(row.values).get(node.name)
                if isinstance(text, str) and exception:
                    yield exception, text, row.mark, since
        case Value():
            if isinstance(node.data, str) and exception:
                yield exception, node.data, node.mark, since
