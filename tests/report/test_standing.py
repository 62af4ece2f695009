"""Who stands alone: gathered by who, and by what looks like one cause."""

from __future__ import annotations

from conformance.report.cases import Difference
from conformance.report.standing import standings, unfinished
from conformance.report.summary import Summary


def _difference(case: str, what: str = "w.grad", step: int = 1, **more: object) -> Difference:
    plain = {"at": f"spec/{case}.yaml:3", "stands_alone": "reference", "against": "document", "expected": "[1.]"}
    values = {"torch:cpu": "tensor([1.])", "reference:cpu": "tensor([2.])"}
    return Difference(**{"case": case, "what": what, "step": step, "values": values, **plain, **more})


def _between(case: str, what: str, **more: object) -> Difference:
    return _difference(case, what, against="targets", expected=None, **more)


def test_the_most_frequent_comes_first() -> None:
    found = standings(
        [
            _difference("a", stands_alone="document"),
            _difference("a", "x.grad"),
            _difference("b", "y"),
            _difference("b", "z"),
        ]
    )
    assert [(s.who, s.count, s.cases) for s in found] == [("reference", 3, 2), ("document", 1, 1)]


def test_a_difference_that_a_missed_expectation_shows_is_left_out() -> None:
    (standing,) = standings([_difference("a"), _between("a", "w.grad (data)"), _between("a", "w (version)")])
    assert [d.what for d in standing.entries[0].differences] == ["w.grad", "w (version)"]


def test_the_same_difference_at_another_step_or_case_stays() -> None:
    (standing,) = standings([_difference("a"), _between("a", "w.grad (data)", step=2), _between("b", "w.grad (data)")])
    assert standing.count == 3


def test_cases_with_the_same_values_are_one_entry() -> None:
    other = {"torch:cpu": "tensor([1.])", "reference:cpu": "tensor([3.])"}
    (standing,) = standings(
        [
            _difference("a"),
            _difference("b", "x.grad"),
            _difference("c", "x.grad", values=other),
            _difference("d", "x"),
            _difference("e", expected="[5.]"),
            _between("f", "w.grad"),
        ]
    )
    assert [(e.differences[0].case, e.others) for e in standing.entries] == [
        ("a", ("b",)),
        ("c", ()),
        ("d", ()),
        ("e", ()),
        ("f", ()),
    ]
    assert standing.cases == 6


def test_what_came_to_no_verdict(summary: Summary) -> None:
    assert [(u.case.id, u.kinds) for u in unfinished(summary.cases)] == [
        (
            "grad_mode/no_grad::crashes-in-a-hook",
            (("crash", "killed by signal 11 (SIGSEGV)", ("torch:cpu",)),),
        ),
        (
            "grad_mode/no_grad::runs-for-ever",
            (("timeout", "no answer within 10 s", ("torch:cpu", "reference:cpu", "reference:cuda")),),
        ),
    ]
