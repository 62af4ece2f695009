"""The engine agrees with torch about random programs; a broken engine does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .differing import described, difference
from .faults import FAULTS
from .players import Player
from .searching import drawn, findings

SEED = 0
COUNT = 400
BROKEN = (
    *FAULTS, "detach_copies", "data_bumps_the_version", "no_version_bump", "versions_not_compared", "graph_never_freed",
    "grad_overwritten", "no_grad_ignored", "leaves_may_be_written",
)  # fmt: skip
"""Faults of this folder, and miniatures by the rule that each breaks."""


@pytest.fixture(scope="module")
def torch() -> Iterator[Player]:
    with Player("torch") as player:
        yield player


@pytest.fixture(scope="module")
def answered(torch) -> list[tuple]:
    """Programs, how they are looked at, and what torch shows."""
    return [(program, often, torch.play(program, often)) for program, often in drawn(COUNT, SEED)]


def test_the_engine_agrees_with_torch(torch, answered):
    assert torch.lost < 4, "torch crashed: what is compared then?"
    with Player("reference") as engine:
        differ = [(p, often) for p, often, wanted in answered if difference(p, wanted, engine.play(p, often))]
        shown = [described(*found) for found in findings(torch, engine, differ[:3])]
    assert not differ, "\n\n".join(shown)


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_engine_is_found_out(rule, answered):
    with Player("reference", rule) as engine:
        assert any(difference(p, wanted, engine.play(p, often)) for p, often, wanted in answered)


def test_programs_are_the_same_for_a_seed():
    assert drawn(20, 3) == drawn(20, 3) != drawn(20, 4)


def test_programs_are_of_many_kinds(answered):
    """Statements succeed and fail, warn, take notes; blocks and every family of forms come up."""
    seen = [step for _, _, wanted in answered if wanted is not None for step in wanted]
    raised = sum(step["raised"] is not None for step in seen)
    assert 0.05 < raised / len(seen) < 0.5
    assert any(step["warned"] for step in seen) and any(step["noted"] for step in seen)
    text = "\n".join("\n".join(program) for program, _, _ in answered)
    for sign in ("with ", "backward(", ".apply(", "make_dual", "register_hook", "checkpoint", "complex128", "no_grad"):
        assert sign in text
