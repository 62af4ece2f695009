"""Is every expectation load-bearing? Change each one a little and demand that the judge notices.

A spec whose value, flag or message could be wrong without any target failing states nothing. So each
leaf of each expectation is changed in several small ways, and the *same green trace* is judged again,
offline: a change that still passes is a survivor. Leaves that no target reaches are reported too.

`variants` says how one literal or message is changed; this module walks the expectations and judges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from conformance.judge import variants
from conformance.judge.choose import Setting, Undecidable, alternatives, branch, version_in
from conformance.judge.messages import for_device
from conformance.judge.model import Ran, TargetInfo
from conformance.judge.steps import stands_for_nothing
from conformance.judge.trace import Answer, read_trace
from conformance.judge.verdict import judge
from conformance.load.model import (
    Expectation,
    Group,
    Instance,
    OneOf,
    PerDevice,
    PerTorch,
    RowRef,
    Step,
    Thrown,
    Value,
)

replace = msgspec.structs.replace


class Perturbed(msgspec.Struct, frozen=True):
    """One changed expectation. `leaf` is the place that was changed, `what` how; `unit` is the part of
    the case that holds it, cut down to what judging it needs. `once` says that it is enough if one
    target notices: a `...` may stand for text that only some targets give."""

    leaf: str
    what: str
    unit: Instance
    once: bool = False


class Findings(msgspec.Struct, frozen=True):
    """Changes that nobody noticed, as text, and leaves that no target came to."""

    survivors: tuple[str, ...]
    unproven: tuple[str, ...]


class Unit(msgspec.Struct, frozen=True):
    """A part of a case that can be judged alone: one assertion, or what a step raises or warns. `put`
    gives the step with another expectation, `drop` is the step with none."""

    place: str
    drop: Step
    expected: Expectation
    answer: Answer | None
    ran: Ran
    put: Callable[[Expectation], Step]


def check_load_bearing(instance: Instance, infos: Mapping[str, TargetInfo], rans: Mapping[str, Ran]) -> Findings:
    """Perturb every expectation of a case, on every target on which it is green."""
    survivors: list[str] = []
    noticed: set[str] = set()
    passed_once: dict[str, str] = {}
    everything: dict[str, None] = {}
    green = [(infos[target], ran) for target, ran in rans.items()]
    green = [(info, ran) for info, ran in green if judge(instance, info, ran).outcome == "pass"]
    there = [info for info, _ in green]
    for info, ran in green:
        for unit in units(instance, ran):
            named = [unit.place] if unit.answer is None and not nothing(unit.expected, info) else []
            everything.update(dict.fromkeys([*named, *leaves(unit.expected, unit.place, there)]))
            for changed in perturbations(instance, info, unit):
                text = f"{instance.id} on {info.name}: {changed.leaf}: {changed.what}"
                if judge(changed.unit, info, unit.ran).outcome != "pass":
                    noticed.add(changed.leaf)
                elif changed.once:
                    passed_once.setdefault(changed.leaf, text)
                else:
                    survivors.append(text)
    survivors += [text for leaf, text in passed_once.items() if leaf not in noticed]
    unproven = [f"{instance.id}: {leaf}" for leaf in everything if leaf not in noticed]
    if not green:
        unproven.append(f"{instance.id}: it is green on no target")
    return Findings(tuple(survivors), tuple(unproven))


# --- units: what can be judged alone -------------------------------------------------------------


def units(instance: Instance, ran: Ran) -> Iterator[Unit]:
    """The parts of a case with the parts of a green trace that answer them."""
    trace = read_trace(ran.trace)
    raw_steps = ran.trace["steps"] if ran.trace else []
    for number, (step, seen, raw) in enumerate(zip(instance.case.steps, trace.steps, raw_steps, strict=True), 1):
        bare = replace(step, expect=())

        def only(raw: Mapping[str, Any] = raw, **parts: Any) -> Ran:
            return Ran("trace", {"steps": [{**raw, "answers": [], "tensors": {}, **parts}]})

        for name in ("raises", "warns"):
            expected = getattr(step, name)
            if expected is not None:

                def put(new: Expectation | None, bare: Step = bare, name: str = name) -> Step:
                    return replace(bare, **{name: new})

                yield Unit(f"step {number}, {name}", put(None), expected, None, only(), put)
        for place, assertion in enumerate(step.expect):

            def state(new: Expectation, bare: Step = bare, assertion: Any = assertion) -> Step:
                return replace(bare, expect=(replace(assertion, expected=new),))

            yield Unit(
                f"step {number}, {assertion.expression.text}",
                bare,
                assertion.expected,
                seen.answers[place],
                only(answers=[raw["answers"][place]]),
                state,
            )


def nothing(expected: Expectation, info: TargetInfo) -> bool:
    """Whether a choice leaves no exception and no warning to expect on this target."""
    match expected:
        case PerDevice() | PerTorch():
            try:
                return nothing(branch(expected, info), info)
            except Undecidable:
                return False
        case Group():
            return all(nothing(item, info) for item in expected.items)
    return stands_for_nothing(expected)


def with_step(instance: Instance, step: Step) -> Instance:
    """The instance with this one step."""
    return replace(instance, case=replace(instance.case, steps=(step,)))


# --- the walk ------------------------------------------------------------------------------------


def leaves(expected: Expectation, place: str, infos: Iterable[TargetInfo]) -> Iterator[str]:
    """The names of all leaves: in every branch for a device, in those for the targets' torch versions."""
    match expected:
        case Value():
            yield from variants.leaf_names(expected, place)
        case RowRef():
            yield f"{place}, row {expected.name}"
        case OneOf():
            for number, option in enumerate(expected.options, 1):
                yield from leaves(option, f"{place}, option {number}", infos)
        case PerDevice():
            for key, option in expected.branches:
                yield from leaves(option, f"{place}, {key}", infos)
        case PerTorch():
            for key, option in expected.branches:
                if any(version_in(info.models or info.version, key, expected.mark.line) for info in infos):
                    yield from leaves(option, f"{place}, {key}", infos)
        case Thrown():
            yield f"{place}, {expected.exception}"
            yield from leaves(expected.message, f"{place}, {expected.exception}, message", infos)
        case Group():
            for number, item in enumerate(expected.items, 1):
                if not all(nothing(item, info) for info in infos):
                    yield f"{place}, entry {number}"
                yield from leaves(item, f"{place}, entry {number}", infos)


def perturbations(instance: Instance, info: TargetInfo, unit: Unit) -> Iterator[Perturbed]:
    """Every change of one unit's expectation that the target must notice."""
    walk = _Walk(instance, info, unit)
    yield from walk.vary(unit.expected, unit.place, lambda new: new)
    if unit.answer is None and not nothing(unit.expected, info):
        yield Perturbed(unit.place, "dropped", with_step(instance, unit.drop))


class _Walk:
    """Goes down to the leaves that hold on this target, remembering how to put the whole together."""

    def __init__(self, instance: Instance, info: TargetInfo, unit: Unit) -> None:
        self.instance = instance
        self.info = info
        self.unit = unit
        self.setting = Setting.of(instance, info)

    def build(self, expected: Expectation) -> Instance:
        return with_step(self.instance, self.unit.put(expected))

    def holds(self, expected: Expectation) -> bool:
        return judge(self.build(expected), self.info, self.unit.ran).outcome == "pass"

    def vary(
        self, expected: Expectation, place: str, whole: Callable[[Expectation], Expectation]
    ) -> Iterator[Perturbed]:
        """`whole` puts a changed part back where it was."""
        match expected:
            case Value():
                yield from self.value(expected, place, whole)
            case RowRef():
                for changed in self.row(expected, place, whole):
                    yield replace(changed, leaf=f"{place}, row {expected.name}")
            case OneOf():
                yield from self.options(expected, place, whole)
            case PerDevice() | PerTorch():
                yield from self.branches(expected, place, whole)
            case Thrown():
                yield from self.thrown(expected, place, whole)
            case Group():
                yield from self.group(expected, place, whole)

    def value(self, expected: Value, place: str, whole: Callable) -> Iterator[Perturbed]:
        if stands_for_nothing(expected):
            kind = "RuntimeError" if self.unit.place.endswith("raises") else "UserWarning"
            told = Thrown(kind, replace(expected, data="..."), expected.mark)
            yield Perturbed(place, f"nothing → {kind}", self.build(whole(told)))
            return
        if isinstance(expected.data, str):
            expected = replace(expected, data=for_device(expected.data, self.info.device_type))
        slack = expected.tolerance or self.instance.case.compare
        for leaf, what, new, once in variants.of(expected, self.unit.answer, slack):
            yield Perturbed(f"{place}{leaf}", what, self.build(whole(new)), once)

    def row(self, expected: RowRef, place: str, whole: Callable) -> Iterator[Perturbed]:
        message = self.unit.answer is None
        for literal in alternatives(expected, self.setting, message):
            yield from self.vary(literal, place, whole)

    def options(self, expected: OneOf, place: str, whole: Callable) -> Iterator[Perturbed]:
        for number, option in enumerate(expected.options):
            if self.holds(whole(option)):
                before, after = expected.options[:number], expected.options[number + 1 :]

                def back(new: Expectation, before: tuple = before, after: tuple = after) -> Expectation:
                    return whole(replace(expected, options=(*before, new, *after)))

                yield from self.vary(option, f"{place}, option {number + 1}", back)

    def branches(self, expected: PerDevice | PerTorch, place: str, whole: Callable) -> Iterator[Perturbed]:
        try:
            chosen = branch(expected, self.info)
        except Undecidable:
            return
        for number, (key, option) in enumerate(expected.branches):
            if option is chosen:
                before, after = expected.branches[:number], expected.branches[number + 1 :]

                def back(new: Expectation, key: str = key, before: tuple = before, after: tuple = after) -> Expectation:
                    return whole(replace(expected, branches=(*before, (key, new), *after)))

                yield from self.vary(option, f"{place}, {key}", back)

    def thrown(self, expected: Thrown, place: str, whole: Callable) -> Iterator[Perturbed]:
        leaf = f"{place}, {expected.exception}"
        other = "KeyError" if expected.exception != "KeyError" else "ValueError"
        renamed = whole(replace(expected, exception=other))
        yield Perturbed(leaf, f"{expected.exception} → {other}", self.build(renamed))

        def back(new: Expectation) -> Expectation:
            return whole(replace(expected, message=new))

        yield from self.vary(expected.message, f"{leaf}, message", back)

    def group(self, expected: Group, place: str, whole: Callable) -> Iterator[Perturbed]:
        for number, item in enumerate(expected.items):
            before, after = expected.items[:number], expected.items[number + 1 :]
            leaf = f"{place}, entry {number + 1}"
            if not nothing(item, self.info):
                dropped = whole(replace(expected, items=(*before, *after)))
                yield Perturbed(leaf, "dropped", self.build(dropped))

            def back(new: Expectation, before: tuple = before, after: tuple = after) -> Expectation:
                return whole(replace(expected, items=(*before, new, *after)))

            yield from self.vary(item, leaf, back)


def check_all(
    instances: Iterable[Instance], infos: Mapping[str, TargetInfo], rans: Mapping[str, Mapping[str, Ran]]
) -> Findings:
    """The findings over many cases; `rans` is by instance id, then by target."""
    found = [check_load_bearing(one, infos, rans.get(one.id, {})) for one in instances]
    return Findings(
        tuple(text for one in found for text in one.survivors),
        tuple(text for one in found for text in one.unproven),
    )
