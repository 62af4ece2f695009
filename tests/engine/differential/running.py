"""Running entries: all verdicts of some examples, and the smallest example of a difference."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis.errors import NoSuchExample

from ..drawing_alike import WITHOUT_CONSTANTS
from .catalogue import ASPECTS, Operation
from .comparing import compare
from .drawing import Example, examples

EXAMPLES = 12
"""How many examples of an operation a test draws; CONFORMANCE_EXAMPLES multiplies it."""


def effort() -> int:
    return max(1, int(EXAMPLES * float(os.environ.get("CONFORMANCE_EXAMPLES", "1"))))


def quiet(count: int, **options) -> settings:
    return settings(
        max_examples=count, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck),
        backend=WITHOUT_CONSTANTS, **options,
    )  # fmt: skip


@dataclass
class Outcome:
    """What the examples of one operation showed: how often each aspect was reached, where it first differed."""

    operation: Operation
    reached: Counter = field(default_factory=Counter)
    disagreeing: Counter = field(default_factory=Counter)
    differing: dict[str, tuple[Example, tuple]] = field(default_factory=dict)


def run(operation: Operation, count: int | None = None) -> Outcome:
    """Compare examples of ``operation`` in every aspect."""
    outcome = Outcome(operation)

    @quiet(count or effort(), phases=(Phase.generate,))
    @given(examples(operation))
    def collect(example):
        for aspect, difference in compare(example).items():
            outcome.reached[aspect] += 1
            if difference is not None:
                outcome.disagreeing[aspect] += 1
                kept = outcome.differing.get(aspect)
                if kept is None or len(example.program()) < len(kept[0].program()):
                    outcome.differing[aspect] = (example, difference)

    collect()
    return outcome


def smallest(operation: Operation, aspect: str, count: int | None = None) -> tuple[Example, tuple] | None:
    """The simplest example that differs in ``aspect``."""
    try:
        example = find(
            examples(operation), lambda drawn: compare(drawn).get(aspect) is not None, settings=quiet(count or effort())
        )
    except NoSuchExample:
        return None
    return example, compare(example)[aspect]


def described(example: Example, difference: tuple) -> str:
    wanted, found = (" ".join(str(shown).split()) for shown in difference)
    return f"{example.program()}\n    torch:     {wanted}\n    reference: {found}"


def ordered(outcome: Outcome) -> list[str]:
    return [aspect for aspect in ASPECTS if outcome.reached[aspect]]
