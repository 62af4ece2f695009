"""Steps: what is raised and warned, stated or not; choices between expectations."""

from __future__ import annotations

import pytest

from conformance.judge import judge
from conformance.judge.choose import version_in
from conformance.judge.steps import pair
from tests.judge.build import (
    OTHER,
    REFERENCE,
    REFERENCE_CUDA,
    TORCH,
    TORCH_CUDA,
    case,
    expecting,
    ran,
    spec,
    step,
    tensor,
)


def run_step(yaml: str, seen: dict, info=TORCH):
    return judge(case(f"      - run: y = x\n{yaml}"), info, ran(seen))


RAISES = "        raises:\n          RuntimeError: {message}\n"


@pytest.mark.parametrize(
    ("message", "raised", "agree"),
    [
        ("no way", "RuntimeError: no way", True),
        ("no way", "RuntimeError: no  way\n", True),
        ("no ...", "RuntimeError: no way", True),
        ("'{dots} way'", "RuntimeError: ... way", True),
        ("'a {cuda:b}{cpu:c}'", "RuntimeError: a c", True),
        ("{one_of: [no way, no chance]}", "RuntimeError: no chance", True),
        ("{per_device: {cpu: on host, cuda: on device}}", "RuntimeError: on host", True),
        ("{per_torch: {'<2.1': old, '>=2.1': new}}", "RuntimeError: new", True),
        ("no way", "RuntimeError: no chance", False),
        ("no way", "ValueError: no way", False),
        ("no way", "RuntimeErrors: no way", False),
        ("no way", None, False),
        ("...", None, False),
        ("{one_of: [no way, no chance]}", "RuntimeError: maybe", False),
        ("{per_device: {cpu: on host, cuda: on device}}", "RuntimeError: on device", False),
        ("{per_torch: {'<2.1': old, '>=2.1': new}}", "RuntimeError: old", False),
    ],
)
def test_raises(message, raised, agree):
    verdict = run_step(RAISES.format(message=message), step(raised=raised))
    assert verdict.outcome == ("pass" if agree else "fail"), verdict.assertions
    (check,) = verdict.assertions
    assert check.what == "raises"
    assert check.ok is agree
    assert (check.note is None) is agree


def test_whole_mappings_may_be_chosen_between():
    yaml = "        raises:\n          one_of:\n            - RuntimeError: a\n            - ValueError: b\n"
    assert run_step(yaml, step(raised="ValueError: b")).outcome == "pass"
    verdict = run_step(yaml, step(raised="ValueError: a"))
    assert verdict.assertions[0].expected == "one of: RuntimeError: a | ValueError: b"
    assert "none of 2" in verdict.assertions[0].note


@pytest.mark.parametrize(
    ("choice", "raised", "agree"),
    [
        ("per_torch: {'<2.1': {RuntimeError: a}, '>=2.1': null}", None, True),
        ("per_torch: {'<2.1': null, '>=2.1': {RuntimeError: a}}", "RuntimeError: a", True),
        ("per_device: {cpu: null, cuda: {RuntimeError: a}}", None, True),
        ("one_of: [null, {RuntimeError: a}]", None, True),
        ("one_of: [null, {RuntimeError: a}]", "RuntimeError: a", True),
        ("per_torch: {'<2.1': {RuntimeError: a}, '>=2.1': null}", "RuntimeError: a", False),
        ("per_torch: {'<2.1': null, '>=2.1': {RuntimeError: a}}", None, False),
        ("per_device: {cpu: null, cuda: {RuntimeError: a}}", "RuntimeError: None", False),
        ("one_of: [null, {RuntimeError: a}]", "RuntimeError: b", False),
    ],
)
def test_null_in_a_choice_stands_for_no_exception(choice, raised, agree):
    verdict = run_step(f"        raises:\n          {choice}\n", step(raised=raised))
    assert verdict.outcome == ("pass" if agree else "fail"), verdict.assertions
    nothing_here = ("'>=2.1': null", "cpu: null")
    if any(text in choice for text in nothing_here) and "per_" in choice:
        assert verdict.assertions[0].expected == "nothing"


def test_nobody_may_raise_unasked():
    verdict = run_step("        expect:\n          x: 1\n", step(1, raised="RuntimeError: oh"))
    raised, answer = verdict.assertions
    assert (verdict.outcome, raised.what, raised.expected, raised.observed) == (
        "fail",
        "raises",
        "nothing",
        "RuntimeError: oh",
    )
    assert answer.ok, "what was seen after the error is judged all the same"


WARNS = "        warns:\n"


@pytest.mark.parametrize(
    ("items", "warned", "agree"),
    [
        (["UserWarning: a"], ["UserWarning: a"], True),
        (["UserWarning: a"], ["UserWarning: a", "UserWarning: a"], True),
        (["UserWarning: a"], ["UserWarning:  a ", "UserWarning: a\n"], True),
        (["UserWarning: a", "UserWarning: b"], ["UserWarning: b", "UserWarning: a"], True),
        (["UserWarning: a ...", "UserWarning: ..."], ["UserWarning: b", "UserWarning: a 1"], True),
        (["UserWarning: ...", "UserWarning: a ..."], ["UserWarning: a 1", "UserWarning: b"], True),
        (["FutureWarning: {one_of: [a, b]}"], ["FutureWarning: b"], True),
        (["UserWarning: '{cuda:c}{cpu:h} a'"], ["UserWarning: h a"], True),
        (["UserWarning: a"], [], False),
        (["UserWarning: a"], ["UserWarning: b"], False),
        (["UserWarning: a"], ["FutureWarning: a"], False),
        (["UserWarning: a"], ["UserWarning: a", "UserWarning: b"], False),
        (["UserWarning: a", "UserWarning: b"], ["UserWarning: a"], False),
        (["UserWarning: a ...", "UserWarning: ..."], ["UserWarning: a 1"], False),
        (["UserWarning: ..."], ["UserWarning: a", "UserWarning: b"], False),
        (["UserWarning: a"], ["UserWarning: a", "FutureWarning: a"], False),
        (["per_device: {cpu: null, cuda: {UserWarning: a}}"], [], True),
        (["per_device: {cpu: null, cuda: {UserWarning: a}}"], ["UserWarning: a"], False),
        (["per_torch: {'<2.1': null, '>=2.1': {UserWarning: a}}"], [], False),
        (["one_of: [null, {UserWarning: ...}]", "UserWarning: a"], ["UserWarning: a"], True),
        (["one_of: [null, {UserWarning: ...}]", "UserWarning: a"], ["UserWarning: a", "UserWarning: b"], True),
        (["one_of: [null, {UserWarning: ...}]", "UserWarning: a"], ["UserWarning: b"], False),
    ],
)
def test_warns(items, warned, agree):
    yaml = WARNS + "".join(f"          - {item}\n" for item in items)
    verdict = run_step(yaml, step(warned=tuple(warned)))
    assert verdict.outcome == ("pass" if agree else "fail"), verdict.assertions
    assert verdict.assertions[0].what == "warns"
    assert (verdict.assertions[0].note is None) is agree


def test_a_whole_list_of_warnings_may_be_chosen():
    yaml = "        warns:\n          per_torch:\n            '<2.1':\n              - UserWarning: old\n"
    yaml += "            '>=2.1':\n              - FutureWarning: new\n"
    assert run_step(yaml, step(warned=("FutureWarning: new",))).outcome == "pass"
    assert run_step(yaml, step(warned=("UserWarning: old",))).outcome == "fail"


def test_nobody_may_warn_unasked():
    verdict = run_step("        expect:\n          x: 1\n", step(1, warned=("UserWarning: hm", "UserWarning: so")))
    assert verdict.outcome == "fail"
    assert verdict.assertions[0].observed == "UserWarning: hm\nUserWarning: so"


def test_notes_say_what_is_missing_and_what_is_too_many():
    yaml = WARNS + "          - UserWarning: abc\n"
    note = run_step(yaml, step(warned=("UserWarning: abd",))).assertions[0].note
    assert note == ("missing 'UserWarning: abc'; not expected 'UserWarning: abd'; message differs at character 3: 'd'")


@pytest.mark.parametrize(
    ("fits", "size"),
    [([[0], [0]], 1), ([[0, 1], [0]], 2), ([[0, 1], [0, 2], [0]], 3), ([[], [0]], 1), ([[1], [1], [0]], 2)],
)
def test_pairing_is_the_largest(fits, size):
    partner = pair(fits)
    assert len(partner) == size
    assert all(event in fits[expectation] for event, expectation in partner.items())


# --- choices among values -----------------------------------------------------------------------

DEVICES = "{per_device: {cpu: 1, cuda: 2}}"
TORCHES = "{per_torch: {'<2.1': 1, '>=2.1,<2.14': 2, '>=2.14': 3}}"


@pytest.mark.parametrize(
    ("yaml", "info", "answer", "agree"),
    [
        (DEVICES, TORCH, 1, True),
        (DEVICES, TORCH, 2, False),
        (DEVICES, TORCH_CUDA, 2, True),
        (DEVICES, REFERENCE_CUDA, 2, True),
        (DEVICES, REFERENCE, 2, False),
        (TORCHES, TORCH, 2, True),
        (TORCHES, TORCH, 3, False),
        (TORCHES, REFERENCE, 2, True),
        ("{one_of: [1, 2]}", TORCH, 1, True),
        ("{one_of: [1, 2]}", TORCH, 2, True),
        ("{one_of: [1, 2]}", TORCH, 3, False),
        ("{one_of: [1, 2.]}", TORCH, 2, False),
        ("{one_of: [{per_device: {cpu: 1, cuda: 5}}, 2]}", TORCH, 1, True),
        ("{one_of: [{per_device: {cpu: 1, cuda: 5}}, 2]}", TORCH_CUDA, 1, False),
        ("{per_device: {cpu: {one_of: [1, 2]}, cuda: {value: [3.], ulp: 1}}}", TORCH, 2, True),
        ("{per_device: {cpu: 1, cuda: {value: [3.], ulp: 1}}}", TORCH_CUDA, tensor([3.0]), True),
        ("{per_torch: {'<3': {per_device: {cpu: 7, cuda: 8}}, '>=3': 9}}", TORCH_CUDA, 8, True),
    ],
)
def test_choices(yaml, info, answer, agree):
    verdict = judge(expecting(yaml), info, ran(step(answer)))
    assert verdict.outcome == ("pass" if agree else "fail")


@pytest.mark.parametrize(
    ("yaml", "info", "why"),
    [
        (
            "{per_device: {cuda: 1, mps: 2}}",
            TORCH,
            "per_device: no branch matches device 'cpu' (there are 'cuda'",
        ),
        ("{per_torch: {'<2.1': 1, '>=3': 2}}", TORCH, "per_torch: no branch matches torch '2.13.0+cpu'"),
        ("{per_torch: {'>2.1': 1, '>=2.13': 1}}", TORCH, "per_torch: 2 branches match torch '2.13.0+cpu'"),
        ("{per_torch: {'<2.1': 1, '>=2.1': 2}}", "", "cannot compare the target's torch version ''"),
        ("{per_torch: {'<2.1': 1, '>=2.1': 2}}", "soon", "cannot compare the target's torch version 'soon'"),
    ],
)
def test_what_cannot_be_chosen_is_an_error_that_says_so(yaml, info, why):
    if isinstance(info, str):
        info = type(OTHER)("mine:cpu", "mine", "cpu", info, info)
    verdict = judge(expecting(yaml), info, ran(step(1)))
    assert (verdict.outcome, verdict.expectedness) == ("error", "unexpected")
    assert why in verdict.reason
    assert verdict.reason.startswith("spec/area/behaviour.yaml:8: x: cannot be judged: ")


@pytest.mark.parametrize(
    ("version", "specifier", "inside"),
    [
        ("2.13.0+cpu", ">=2.13", True),
        ("2.13.0+cpu", "<=2.13.0", True),
        ("2.13.0+cpu", "==2.13.*", True),
        ("2.14.0a0+git12", ">=2.14", True),
        ("2.14.0a0+git12", "<2.14", False),
        ("2.14.0.dev20270101", ">=2.14", True),
        ("2.1.0", "<2.1", False),
        ("2.0.1", "<2.1", True),
        ("2.9.0", "<2.10", True),
    ],
)
def test_versions(version, specifier, inside):
    assert version_in(version, specifier) is inside


ROWS = """title: t
cases:
  - case: one
    title: t
    rows:
      - {n: 2, want: [4.], word: four}
      - {n: 3, want: [9.], word: nine}
    steps:
      - run: y = x
        expect:
          y: {row: want}
        raises:
          RuntimeError: {row: word}
"""


def test_rows_state_values_and_messages():
    four, nine = spec(ROWS)
    seen = ran(step(tensor([4.0]), raised="RuntimeError: four"))
    assert judge(four, TORCH, seen).outcome == "pass"
    verdict = judge(nine, TORCH, seen)
    assert [check.ok for check in verdict.assertions] == [False, False]
    assert verdict.case == nine.id != four.id
