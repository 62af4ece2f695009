"""What the page carries: texts of states, and everything once."""

from __future__ import annotations

import pytest

from conformance.report.payload import Payload, Pool
from conformance.report.state import FIELDS, portable, state_row
from conformance.report.summary import Summary
from tests.report.sample import tensor


def _row(own: str = "cpu", /, **observed: object) -> dict[str, str]:
    data = observed.pop("data", [1.0, 2.5])
    seen = {**tensor(data), **observed}
    return dict(zip(FIELDS, state_row(seen, own), strict=True))


def test_state_of_a_plain_leaf() -> None:
    assert _row(requires_grad=True) == {
        "value": "[1., 2.5]",
        "grad": "None",
        "dtype": "float32",
        "shape": "[2]",
        "device": "",
        "requires_grad": "True",
        "is_leaf": "True",
        "retains_grad": "False",
        "version": "0",
        "grad_fn": "None",
        "storage": "0",
        "view_of": "None",
    }


@pytest.mark.parametrize(
    ("grad", "shown"),
    [
        ({}, "[3.]"),
        ({"version": 1}, "[3.] version 1"),
        ({"dtype": "float64"}, "[3.] float64"),
        ({"requires_grad": True, "grad_fn": "AddBackward0"}, "[3.] grad_fn=AddBackward0"),
        ({"requires_grad": True}, "[3.] requires_grad"),
    ],
)
def test_gradients_that_differ_are_shown_differently(grad: dict[str, object], shown: str) -> None:
    assert _row(grad={**tensor([3.0]), **grad})["grad"] == shown


@pytest.mark.parametrize(
    ("where", "own", "shown"),
    [("cuda:0", "cuda", ""), ("cuda:0", "cuda:0", ""), ("cpu", "cuda", "cpu"), ("meta", "cpu", "meta")],
)
def test_a_targets_own_device_says_nothing_new(where: str, own: str, shown: str) -> None:
    assert _row(own, device=where)["device"] == shown


def test_another_device_of_the_same_kind_is_not_the_targets_own() -> None:
    assert _row("cuda:0", device="cuda:1")["device"] == "cuda:1"


@pytest.mark.parametrize(
    ("text", "device", "shown"),
    [
        ("tensor([1.], device=cuda:0)", "cuda", "tensor([1.])"),
        ("tensor([1.], dtype=float64, device=cuda:0)", "cuda:0", "tensor([1.], dtype=float64)"),
        ("tensor([1.], device=meta)", "cpu", "tensor([1.], device=meta)"),
        ("said, device=cpu", "cpu", "said, device=cpu"),
    ],
)
def test_portable_texts(text: str, device: str, shown: str) -> None:
    assert portable(text, device) == shown


def test_equal_values_share_a_number() -> None:
    pool = Pool()
    assert [pool.number("a"), pool.number("b"), pool.number("a")] == [0, 1, 0]
    assert pool.values == ["a", "b"]


def test_targets_that_agree_share_their_records(summary: Summary) -> None:
    data = Payload(summary).build()
    agreed, differed = data["cases"][0]["seen"]
    assert [mask for mask, _ in agreed] == [0b01111]
    assert sorted(mask for mask, _ in differed) == [0b00011, 0b01100]
    groups = data["cases"][0]["checks"][0][3]
    assert [(mask, data["texts"][seen]) for mask, _, seen, *_ in groups] == [(0b01111, "tensor([5.])")]
