"""Verdicts: outcomes of whole cases, errors of traces, waivers."""

from __future__ import annotations

import datetime
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from conformance.judge import Ran, Waiver, When, judge
from conformance.judge.model import OUTCOMES
from tests.judge.build import TORCH, TORCH_CUDA, case, expecting, ran, step, tensor

ROOT = Path(__file__).parents[2]
TWO_STEPS = case(
    """      - run: y.backward()
        expect:
          w.grad: [5.]
          w.is_leaf: true
      - run: y.backward()
        raises:
          RuntimeError: twice ...
        expect:
          w.grad: [5.]
"""
)
GREEN = (step(tensor([5.0]), True), step(tensor([5.0]), raised="RuntimeError: twice is too much"))


def test_a_verdict_points_to_every_line():
    verdict = judge(TWO_STEPS, TORCH, ran(*GREEN))
    assert (verdict.outcome, verdict.expectedness, verdict.level) == ("pass", "expected", "must")
    assert verdict.at == "spec/area/behaviour.yaml:3"
    assert verdict.seconds == 0.001
    assert [(check.step, check.what, check.at.rpartition(":")[2]) for check in verdict.assertions] == [
        (1, "w.grad", "8"),
        (1, "w.is_leaf", "9"),
        (2, "raises", "12"),
        (2, "w.grad", "14"),
    ]


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("given", "error"),
        ("effect", "error"),
        ("device", "error"),
        ("sandbox", "error"),
        ("memory", "error"),
        ("worker", "error"),
        ("unsupported", "unsupported"),
    ],
)
def test_errors_of_a_trace(kind, outcome):
    seen = ran(GREEN[0], error={"kind": kind, "message": "why"})
    verdict = judge(TWO_STEPS, TORCH, seen)
    assert (verdict.outcome, verdict.reason) == (outcome, f"{kind}: why")
    assert verdict.expectedness == "unexpected"
    assert [check.ok for check in verdict.assertions] == [True, True], "what was seen before it is kept"


def test_given_may_neither_raise_nor_warn():
    event = {"type": "UserWarning", "message": "hm"}
    verdict = judge(TWO_STEPS, TORCH, ran(*GREEN, given={"exception": None, "warnings": [event]}))
    assert (verdict.outcome, verdict.reason) == ("error", "given: UserWarning: hm")
    assert verdict.assertions[0].step == 0


@pytest.mark.parametrize(
    ("status", "expectedness"),
    [
        ("timeout", "unexpected"),
        ("crash", "unexpected"),
        ("not-applicable", "expected"),
        ("not-run", "expected"),
    ],
)
def test_without_a_trace(status, expectedness):
    verdict = judge(TWO_STEPS, TORCH, Ran(status, None, "why", 1.5))
    assert (verdict.outcome, verdict.expectedness, verdict.reason) == (status, expectedness, "why")
    assert verdict.assertions == ()


DEEP: list = []
for _ in range(5000):
    DEEP = [DEEP]
BROKEN = [
    ran(step({"k": "tensor", "v": {**tensor([1.0])["v"], "data": DEEP}}, True), GREEN[1]).trace,
    None,
    {},
    [],
    {"steps": {}},
    {"steps": [3]},
    ran(*GREEN).trace | {"error": "bad"},
    ran(GREEN[0]).trace,
    ran(*GREEN, GREEN[0]).trace,
    ran(step(), step()).trace,
    ran(step({"k": "new"}, True), GREEN[1]).trace,
    ran(step({"k": "tensor", "v": {"data": [1.0]}}, True), GREEN[1]).trace,
    ran(step(tensor(["big"]), True), GREEN[1]).trace,
    ran(step({"k": "float", "v": "huge"}, True), GREEN[1]).trace,
    ran(step({"k": "complex", "v": {"re": 1.0}}, True), GREEN[1]).trace,
]


@pytest.mark.parametrize("trace", BROKEN, ids=range(len(BROKEN)))
def test_a_trace_that_breaks_the_protocol_is_an_error(trace):
    verdict = judge(TWO_STEPS, TORCH, Ran("trace", trace))
    assert (verdict.outcome, verdict.expectedness) == ("error", "unexpected")
    assert verdict.reason


def test_the_judge_does_not_change_what_it_is_given():
    seen = ran(*GREEN)
    before = msgspec.json.encode(seen)
    judge(TWO_STEPS, TORCH, seen)
    assert msgspec.json.encode(seen) == before


def test_judging_imports_no_engine_and_no_numpy():
    code = """
import sys
from conformance.judge import judge
from conformance.judge.diff import diverge
from tests.judge.build import TORCH, expecting, ran, step
assert judge(expecting("1"), TORCH, ran(step(1))).outcome == "pass"
print([name for name in ("torch", "numpy", "reference_engine", "packaging") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


# --- waivers ------------------------------------------------------------------------------------

WRONG = ran(step(tensor([4.0]), True), GREEN[1])
TWICE_WRONG = ran(step(tensor([4.0]), False), GREEN[1])


def waiver(**changes) -> Waiver:
    entry = Waiver(
        case=TWO_STEPS.id,
        target="torch:cpu",
        observed="tensor([4.])",
        reason="known",
        issue="#1",
        owner="somebody",
        review_by=datetime.date(2027, 1, 1),
        at="reports/waivers.yaml:2",
        assertion="w.grad",
    )
    return msgspec.structs.replace(entry, **changes)


@pytest.mark.parametrize(
    ("seen", "entry", "expectedness"),
    [
        (WRONG, {}, "waived"),
        (WRONG, {"assertion": None}, "waived"),
        (WRONG, {"step": 1}, "waived"),
        (WRONG, {"observed": "tensor(...)"}, "waived"),
        (WRONG, {"when": When(torch=">=2.13")}, "waived"),
        (WRONG, {"when": When(device="cpu")}, "waived"),
        (WRONG, {"observed": "tensor([3.])"}, "unexpected"),
        (WRONG, {"assertion": "x.grad"}, "unexpected"),
        (WRONG, {"step": 2}, "unexpected"),
        (WRONG, {"target": "torch:cuda"}, "unexpected"),
        (WRONG, {"case": "area/behaviour::two"}, "unexpected"),
        (WRONG, {"when": When(torch="<2.13")}, "unexpected"),
        (WRONG, {"when": When(device="cuda")}, "unexpected"),
        (WRONG, {"outcome": "crash"}, "unexpected"),
        (TWICE_WRONG, {}, "unexpected"),
        (TWICE_WRONG, {"assertion": None}, "unexpected"),
        (ran(*GREEN), {}, "stale-waiver"),
        (ran(*GREEN), {"outcome": "divergence"}, "expected"),
        (ran(*GREEN), {"when": When(device="cuda")}, "expected"),
        (Ran("crash", None, "signal 11"), {"outcome": "crash", "observed": "signal 11"}, "waived"),
        (Ran("crash", None, "signal 9"), {"outcome": "crash", "observed": "signal 11"}, "unexpected"),
        (Ran("timeout", None, "signal 11"), {"outcome": "crash", "observed": "signal 11"}, "unexpected"),
        (Ran("not-run", None, "no GPU"), {}, "expected"),
    ],
)
def test_waivers(seen, entry, expectedness):
    if entry.get("outcome", "fail") not in ("fail", "divergence"):
        entry = {"assertion": None, **entry}
    verdict = judge(TWO_STEPS, TORCH, seen, [waiver(**entry)])
    assert verdict.expectedness == expectedness
    assert verdict.waiver == ("reports/waivers.yaml:2" if expectedness in ("waived", "stale-waiver") else None)


def test_each_failed_assertion_needs_its_waiver():
    entries = [waiver(), waiver(assertion="w.is_leaf", observed="False", at="reports/waivers.yaml:9")]
    assert judge(TWO_STEPS, TORCH, TWICE_WRONG, entries).expectedness == "waived"
    assert judge(TWO_STEPS, TORCH, TWICE_WRONG, entries[1:]).expectedness == "unexpected"


def test_observed_cases_are_judged_like_others():
    instance = expecting("1", more="    level: observed\n")
    verdict = judge(instance, TORCH_CUDA, ran(step(2)))
    assert (verdict.level, verdict.outcome, verdict.expectedness) == ("observed", "fail", "unexpected")


def test_outcomes_are_from_the_closed_list():
    seen = [judge(TWO_STEPS, TORCH, r).outcome for r in (ran(*GREEN), WRONG, Ran("trace", None), Ran("crash"))]
    assert set(seen) <= set(OUTCOMES)
