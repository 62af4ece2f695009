"""Targets against each other: undeclared differences between the traces of one case.

After every step each named tensor and its gradient are compared, whatever the case states: structure,
flags, texts and integers exactly, devices relative to the target's own, floats within `ULP_TABLE` or the
case's `compare`. A difference that the spec declares is none: an expectation at this step or an earlier
one, on the same thing, that chooses (`one_of`, `per_device`, `per_torch`) or carries a tolerance. What a
step prints is not compared; an expression on the text says more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from conformance.judge import render
from conformance.judge import trace as t
from conformance.judge.alone import voice, who_differs
from conformance.judge.floats import ULP_TABLE, format_of, within
from conformance.judge.messages import DEVICE_PART
from conformance.judge.model import Divergence, Ran, TargetInfo
from conformance.judge.subjects import subjects
from conformance.load.model import (
    Case,
    Expectation,
    Instance,
    OneOf,
    PerDevice,
    PerTorch,
    Step,
    Tolerance,
    Value,
)

TENSOR_FIELDS = ("requires_grad", "is_leaf", "retains_grad", "version", "grad_fn", "storage", "view_of")
GRAD_FIELDS = ("requires_grad", "version", "grad_fn")
HOST = re.compile(r"\bhost\b")


class Seen(msgspec.Struct, frozen=True):
    """One target's trace."""

    info: TargetInfo
    trace: t.Trace


class Found(msgspec.Struct, frozen=True):
    """A difference at one place: each target's value as text, and the groups that agree."""

    where: str
    field: str
    values: dict[str, str]
    groups: tuple[tuple[str, ...], ...]
    note: str | None = None


class Terms(msgspec.Struct, frozen=True):
    """On what terms tensors are compared: the targets by name, the case's own slack, and whether its
    program names the devices of some tensors outright, as one that moves them does."""

    infos: dict[str, TargetInfo]
    slack: Tolerance | None
    moves: bool

    def same_device(self, left: tuple[str, str], right: tuple[str, str]) -> bool:
        """Whether two (target, device) agree: each its target's own, or, if tensors are moved, the same."""
        (one, here), (other, there) = left, right
        own = relative_device(here, self.infos[one]) == relative_device(there, self.infos[other])
        return own or (self.moves and numbered(here) == numbered(there))


def diverge(instance: Instance, infos: Mapping[str, TargetInfo], rans: Mapping[str, Ran]) -> tuple[Divergence, ...]:
    """The undeclared differences between the targets that ran the case to its end; `infos` and `rans` are by
    target name. A place is reported once, where it first differs: what follows from it is not news."""
    if len(rans) < 2:
        return ()
    seen = []
    for name, ran in rans.items():
        if ran.status == "trace" and name in infos:
            try:
                trace = t.read_trace(ran.trace)
            except t.TraceError:
                continue
            if trace.error is None and len(trace.steps) == len(instance.case.steps):
                seen.append(Seen(infos[name], trace))
    if len(seen) < 2:
        return ()
    seen.sort(key=reading_order)
    voices = {one.info.name: voice(one.info) for one in seen}
    case = instance.case
    terms = Terms({one.info.name: one.info for one in seen}, case.compare, names_devices(case))
    declared: set[tuple[str, str]] = set()
    known: set[tuple[str, str]] = set()
    out: list[Divergence] = []
    for number, step in enumerate(case.steps, 1):
        declared.update(declared_by(step))
        for found in compare_step(number, step, seen, terms):
            place = (found.where, found.field)
            if place in known or place in declared:
                continue
            known.add(place)
            alone = who_differs([{voices[name] for name in group} for group in found.groups])
            out.append(
                Divergence(
                    instance.id,
                    f"{instance.shown}:{step.mark.line}",
                    number,
                    found.where,
                    found.field,
                    alone,
                    found.values,
                    found.groups,
                    found.note,
                )
            )
    return tuple(out)


def names_devices(case: Case) -> bool:
    """Whether the program says outright where some of its tensors stand: `host`, or `needs: [cuda]`."""
    return "cuda" in case.needs or any(
        HOST.search(source.text) for source in (*case.given, *(step.run for step in case.steps))
    )


def reading_order(one: Seen) -> tuple[bool, bool, str]:
    """torch first, then the reference, then others: whatever order they finished in."""
    return one.info.engine != "torch", one.info.engine != "reference", one.info.name


def declared_by(step: Step) -> Iterator[tuple[str, str]]:
    """The (where, field) pairs whose differences the step's expectations declare."""
    for assertion in step.expect:
        chooses, tolerates, marked = slack_of(assertion.expected)
        if chooses or tolerates or marked:
            for subject in subjects(assertion.expression.text):
                if chooses or (marked and subject.narrow):
                    yield from ((subject.where, field) for field in subject.fields)
                if tolerates and "data" in subject.fields:
                    yield subject.where, "data"
        if chooses and may_be_none(assertion.expected):
            yield assertion.expression.text.strip(), "name"


def may_be_none(expected: Expectation) -> bool:
    """Whether None is among what an expectation chooses from: a name may then hold no tensor somewhere."""
    match expected:
        case OneOf(options=chosen):
            return any(may_be_none(option) for option in chosen)
        case PerDevice(branches=branches) | PerTorch(branches=branches):
            return any(may_be_none(branch) for _, branch in branches)
        case Value(data=None):
            return True
    return False


def slack_of(expected: Expectation) -> tuple[bool, bool, bool]:
    """Whether an expectation chooses, carries a tolerance, holds text for one device only."""
    if isinstance(expected, OneOf | PerDevice | PerTorch):
        return True, False, False
    if isinstance(expected, Value):
        marked = isinstance(expected.data, str) and DEVICE_PART.search(expected.data) is not None
        return False, expected.tolerance is not None, marked
    return False, False, False


def compare_step(number: int, step: Step, seen: list[Seen], terms: Terms) -> Iterator[Found]:
    """The differences after one step, declared or not."""
    steps = {one.info.name: one.trace.steps[number - 1] for one in seen}
    if step.raises is None:
        types = {name: s.exception.type if s.exception else None for name, s in steps.items()}
        yield from differing("raises", "exception", types, lambda name: render.event(steps[name].exception))
    if step.warns is None:
        given = {name: frozenset(w.type for w in s.warnings) for name, s in steps.items()}
        yield from differing("warns", "warnings", given, lambda name: render.events(steps[name].warnings))
    first, *others = (on_own_device(one.tensors, terms.infos[name]) for name, one in steps.items())
    if terms.slack is None and all(first == other for other in others):
        return  # equal to the last field, the common case; the table allows a zero of the other sign
    names: dict[str, None] = {}
    for one in steps.values():
        names.update(dict.fromkeys(one.tensors))
    common = {name for name in names if all(name in one.tensors for one in steps.values())}
    storages = {name: storage_groups(one, common) for name, one in steps.items()}
    for tensor in names:
        there = {name: one.tensors.get(tensor) for name, one in steps.items()}
        yield from differing(tensor, "name", {n: o is not None for n, o in there.items()}, presence(there))
        present = {name: o for name, o in there.items() if o is not None}
        if len(present) < 2:
            continue
        yield from compare_tensor(tensor, present, terms)
        for field in TENSOR_FIELDS:
            if field == "storage":
                values = {name: storages[name].get(tensor) for name in present}
            else:
                values = {name: getattr(o, field) for name, o in present.items()}
            yield from differing(tensor, field, values, lambda name, values=values: str(values[name]))
        yield from compare_grads(tensor, {n: o.grad for n, o in present.items()}, terms)


def presence(there: Mapping[str, Any]) -> Callable[[str], str]:
    """Words for a name that is bound on some targets only."""
    return lambda name: "missing" if there[name] is None else "a tensor"


def storage_groups(step: t.StepTrace, names: set[str]) -> dict[str, str]:
    """Each tensor's storage by the first of these that has it: numbers would shift with a missing name."""
    first: dict[int | None, str] = {}
    return {
        name: "none" if seen.storage is None else f"that of {first.setdefault(seen.storage, name)}"
        for name, seen in step.tensors.items()
        if name in names
    }


def compare_grads(tensor: str, grads: Mapping[str, t.Observation | None], terms: Terms) -> Iterator[Found]:
    """The gradients of one tensor; where some have none, that alone is said."""
    where = f"{tensor}.grad"
    absent = {name: grad is None for name, grad in grads.items()}
    if len(set(absent.values())) > 1:
        yield from differing(
            where, "data", absent, lambda name: "None" if grads[name] is None else render.tensor(grads[name])
        )
    present = {name: grad for name, grad in grads.items() if grad is not None}
    if len(present) > 1 and len(present) == len(grads):
        yield from compare_tensor(where, present, terms)
        for field in GRAD_FIELDS:
            values = {name: getattr(grad, field) for name, grad in present.items()}
            yield from differing(where, field, values, lambda name, values=values: str(values[name]))


def compare_tensor(where: str, seen: Mapping[str, t.Observation], terms: Terms) -> Iterator[Found]:
    """Device, dtype, shape, and where these agree the data."""
    devices = {name: (name, o.device) for name, o in seen.items()}
    yield from differing(where, "device", devices, lambda name: seen[name].device, terms.same_device)
    dtypes = {name: o.dtype for name, o in seen.items()}
    shapes = {name: list(o.shape) for name, o in seen.items()}
    structure = [
        *differing(where, "dtype", dtypes, dtypes.__getitem__),
        *differing(where, "shape", shapes, lambda name: str(shapes[name])),
    ]
    yield from structure
    if not structure:
        yield from compare_data(where, seen, terms.slack)


def compare_data(where: str, seen: Mapping[str, t.Observation], slack: Tolerance | None) -> Iterator[Found]:
    """The elements, within the case's slack or the table's."""
    dtype = next(iter(seen.values())).dtype
    bound = slack or Tolerance(ulp=ULP_TABLE.get(dtype))
    furthest: list[int] = []

    def same(left: t.Observation, right: t.Observation) -> bool:
        return same_data(left.data, right.data, dtype, bound, furthest)

    values = {name: render.tensor(o) for name, o in seen.items()}
    for found in differing(where, "data", seen, values.__getitem__, same):
        allowed = ", ".join(
            f"{name} {getattr(bound, name):g}" for name in ("ulp", "rtol", "atol") if getattr(bound, name) is not None
        )
        apart = f"{max(furthest)} ulp found" if furthest else "no number of ulp apart"
        floating = format_of(dtype) is not None
        note = f"{allowed or 'exact'} allowed, {apart}" if floating else None
        yield msgspec.structs.replace(found, note=note)


def same_data(left: Any, right: Any, dtype: str, bound: Tolerance, furthest: list[int]) -> bool:
    """Whether two data trees of one dtype agree. Distances beyond the bound are added to `furthest`."""
    form = format_of(dtype)
    if isinstance(left, dict) and isinstance(right, dict) and "summary" in left and "summary" in right:
        if left.get("numel") != right.get("numel"):
            return False
        left, right = left.get("head"), right.get("head")
    if form is None or left is None or right is None:
        return left == right
    if isinstance(left, list) or isinstance(right, list):
        if not isinstance(left, list) or not isinstance(right, list) or len(left) != len(right):
            return False
        agree = [same_data(a, b, dtype, bound, furthest) for a, b in zip(left, right, strict=True)]
        return all(agree)
    try:
        pairs = (
            zip(t.as_complex(left), t.as_complex(right), strict=True)
            if t.kind_of_dtype(dtype) == "complex"
            else [(t.as_float(left), t.as_float(right))]
        )
    except t.TraceError:
        return left == right
    agree = True
    for a, b in pairs:
        inside, distance = within(a, b, form, bound.ulp, bound.rtol, bound.atol)
        if not inside:
            agree = False
            if distance is not None:
                furthest.append(distance)
    return agree


def relative_device(device: str, info: TargetInfo) -> str:
    """ "its own" for the target's device, else the device's type and number."""
    return "its own" if numbered(device) == numbered(info.device) else numbered(device)


def on_own_device(tensors: dict[str, t.Observation], info: TargetInfo) -> dict[str, t.Observation]:
    """The observations with devices as `relative_device` names them."""

    def moved(seen: t.Observation) -> t.Observation:
        grad = seen.grad if seen.grad is None else moved(seen.grad)
        return msgspec.structs.replace(seen, device=relative_device(seen.device, info), grad=grad)

    return {name: moved(seen) for name, seen in tensors.items()}


def numbered(device: str) -> str:
    """`cuda` is the first one; the CPU and `meta` have no numbers."""
    kind, _, number = device.partition(":")
    return kind if kind in ("cpu", "meta") else f"{kind}:{number or 0}"


def differing(
    where: str,
    field: str,
    values: Mapping[str, Any],
    shown: Callable[[str], str],
    same: Callable[[Any, Any], bool] = lambda left, right: left == right,
) -> Iterator[Found]:
    """The difference, if any: targets grouped by agreement with each group's first member."""
    groups: list[list[str]] = []
    for name, value in values.items():
        for group in groups:
            if same(values[group[0]], value):
                group.append(name)
                break
        else:
            groups.append([name])
    if len(groups) > 1:
        texts = {name: shown(name) for name in values}
        yield Found(where, field, texts, tuple(tuple(group) for group in groups))
