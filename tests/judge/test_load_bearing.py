"""Every expectation of every spec is load-bearing: changed a little, the same green trace fails.

The tests of the method come first: specs that are too weak in one way each must be found out.
"""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from conformance.judge import Ran, judge
from conformance.judge.perturb import Findings, check_all, check_load_bearing, perturbations, units
from conformance.load import instances, load
from conformance.run.events import CaseFinished
from conformance.run.session import Session
from tests.absent import need_torch
from tests.judge.build import REFERENCE, TORCH, TORCH_CUDA, case, expecting, ran, size, step, tensor, value

INFOS = {info.name: info for info in (TORCH, TORCH_CUDA, REFERENCE)}


def found(instance, *seen: dict, **others: Ran):
    return check_load_bearing(instance, INFOS, {TORCH.name: ran(*seen), **others})


# --- the method ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("yaml", "answer"),
    [
        ("[1., -0.0, .nan, .inf]", tensor([1.0, -0.0, math.nan, math.inf])),
        ("[[1, 2], [3, 4]]", tensor([[1, 2], [3, 4]], "int64")),
        ("[true, false]", tensor([True, False], "bool")),
        ("['1+2j']", tensor([1 + 2j], "complex64")),
        ("1+2j", 1 + 2j),
        ("null", None),
        ("true", True),
        ("[]", tensor([])),
        ("[]", []),
        ("[null, 1, a, [2.]]", [None, 1, "a", tensor([2.0])]),
        ("[2, 3]", size(2, 3)),
        ("torch.Size([2])", size(2)),
        ('"two words\\nand a line"', "two words\nand a line"),
        ("{value: [[], []], dtype: torch.float32, shape: [2, 0]}", tensor([[], []])),
        ("{value: [1.], ulp: 3}", tensor([1.0])),
        ("{value: [1000.], rtol: 0.5, atol: 3}", tensor([1000.0])),
        ("{one_of: [1, 2]}", 1),
        ("[65504.]", tensor([65504.0], "float16")),
        ("[448.]", tensor([448.0], "float8_e4m3fn")),
        ("3.4028234663852886e38", tensor(3.4028234663852886e38)),
        ("[5.0e-324]", [5e-324]),
    ],
)
def test_sound_values_have_no_survivors(yaml, answer):
    instance = expecting(yaml)
    assert judge(instance, TORCH, ran(step(answer))).outcome == "pass"
    findings = found(instance, step(answer))
    assert findings.survivors == ()
    rest = ("x, option 2",) if "one_of" in yaml else ()
    assert findings.unproven == tuple(f"area/behaviour::one: step 1, {leaf}" for leaf in rest)


numbers = st.floats(width=32) | st.integers(-(2**53), 2**53) | st.booleans()


@settings(deadline=None)
@given(data=st.recursive(numbers, lambda inner: st.lists(inner, min_size=1, max_size=3), max_leaves=6))
def test_no_change_of_a_number_or_list_goes_unnoticed(data):
    instance = expecting("0")
    (first,) = instance.case.steps
    (assertion,) = first.expect
    assertion = replace(assertion, expected=replace(assertion.expected, data=frozen(data)))
    case_of_it = replace(instance.case, steps=(replace(first, expect=(assertion,)),))
    instance = replace(instance, case=case_of_it)
    findings = found(instance, step(value(data)))
    assert findings.survivors == ()
    assert findings.unproven == ()


def frozen(data):
    return tuple(frozen(item) for item in data) if isinstance(data, list) else data


WEAK = {
    "alternatives that both hold": (
        "        expect:\n          x: {one_of: [1, {value: 1}]}\n",
        step(1),
        "option 1",
    ),
    "slack as wide as the value": (
        "        expect:\n          x: {value: [1.], rtol: 2.}\n",
        step(tensor([1.0])),
        "x[0]",
    ),
    "a gap that stands for nothing": (
        "        raises:\n          RuntimeError: no ...\n",
        step(raised="RuntimeError: no"),
        "gap 1",
    ),
    "messages that both fit": (
        "        raises:\n          RuntimeError: {one_of: [no way, no ...]}\n",
        step(raised="RuntimeError: no way"),
        "message, option 1",
    ),
    "a warning stated twice": (
        "        warns:\n          - UserWarning: a\n          - UserWarning: a\n",
        step(warned=("UserWarning: a",)),
        "entry 1: dropped",
    ),
}


@pytest.mark.parametrize(("yaml", "seen", "told"), WEAK.values(), ids=WEAK)
def test_weak_specs_are_found_out(yaml, seen, told):
    instance = case(f"      - run: y = x\n{yaml}")
    assert judge(instance, TORCH, ran(seen)).outcome == "pass"
    findings = found(instance, seen)
    assert any(told in text for text in findings.survivors), findings


def test_sound_errors_and_warnings_have_no_survivors():
    yaml = """      - run: y = x
        raises:
          RuntimeError: Trying to ... a second {dots} time
        warns:
          - UserWarning: one ...
          - FutureWarning: {one_of: [b, c]}
        expect:
          x: 1
"""
    seen = step(
        1,
        raised="RuntimeError: Trying to go a second ... time",
        warned=("FutureWarning: b", "UserWarning: one x"),
    )
    findings = found(case(yaml), seen)
    assert findings.survivors == ()
    assert findings.unproven == ("area/behaviour::one: step 1, warns, entry 2, FutureWarning, message, option 2",)


def test_a_branch_that_no_target_takes_is_unproven():
    instance = expecting("{per_device: {cpu: 1, cuda: 2}}")
    assert found(instance, step(1)).unproven == ("area/behaviour::one: step 1, x, cuda",)
    assert found(instance, step(1), **{TORCH_CUDA.name: ran(step(2))}).unproven == ()


def test_a_branch_for_another_version_is_not_asked_for():
    assert found(expecting("{per_torch: {'<2.1': 1, '>=2.1': 2}}"), step(2)).unproven == ()


CHANGED_AT = "{per_torch: {'<2.1': null, '>=2.1': {RuntimeError: a}}}"
DROPPED_AT = "{per_torch: {'<2.1': {RuntimeError: a}, '>=2.1': null}}"


@pytest.mark.parametrize(("choice", "raised"), [(CHANGED_AT, "RuntimeError: a"), (DROPPED_AT, None)])
def test_a_version_that_raises_nothing_bears_weight_too(choice, raised):
    instance = case(f"      - run: y = x\n        raises: {choice}\n")
    assert judge(instance, TORCH, ran(step(raised=raised))).outcome == "pass"
    assert found(instance, step(raised=raised)) == Findings((), ())
    (unit,) = units(instance, ran(step(raised=raised)))
    assert list(perturbations(instance, TORCH, unit)), "nothing was tried"


def test_a_warning_of_another_version_bears_weight_too():
    choice = "{per_torch: {'<2.1': {UserWarning: b}, '>=2.1': null}}"
    instance = case(f"      - run: y = x\n        warns:\n          - UserWarning: a\n          - {choice}\n")
    assert found(instance, step(warned=("UserWarning: a",))) == Findings((), ())


def test_a_gap_need_stand_for_text_on_one_target_only():
    instance = case("      - run: y = x\n        raises:\n          RuntimeError: no ...\n")
    bare, full = step(raised="RuntimeError: no"), step(raised="RuntimeError: no (built here)")
    assert len(found(instance, bare).survivors) == 1
    assert found(instance, bare, **{REFERENCE.name: ran(full)}).survivors == ()


def test_a_case_that_is_green_nowhere_is_unproven():
    assert found(expecting("1"), step(2)).unproven == ("area/behaviour::one: it is green on no target",)


def test_every_word_of_a_message_is_changed():
    instance = case("      - run: y = x\n        raises:\n          RuntimeError: a b{dots} ... c{cuda:x}d\n")
    (unit,) = units(instance, ran(step(raised="RuntimeError: a b... z cd")))
    told = [changed.what for changed in perturbations(instance, TORCH, unit)]
    assert told == [
        "RuntimeError → KeyError",
        "'a' → '¤a'",
        "'b{dots}' → '¤b{dots}'",
        "'cd' → '¤cd'",
        "gap 1 closed",
        "dropped",
    ]


# --- the specs -----------------------------------------------------------------------------------

TARGETS = ("torch:cpu", "reference:cpu", "reference:cuda")


def test_every_expectation_of_every_spec():
    need_torch()
    cases = [instance for file in load() for instance in instances(file)]
    rans: dict[str, dict[str, Ran]] = {}
    with Session(TARGETS) as session:
        for event in session.run(cases):
            if isinstance(event, CaseFinished):
                rans.setdefault(event.instance.id, {})[event.target] = event.ran
        infos = dict(session.infos)
    findings = check_all(cases, infos, rans)
    assert len(cases) >= 100
    assert not findings.survivors, "\n".join(findings.survivors)
    assert not findings.unproven, "\n".join(findings.unproven)
