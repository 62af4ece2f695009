"""Drawing programs with Hypothesis and playing each on two engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from ..drawing_alike import WITHOUT_CONSTANTS
from .differing import Difference, Program, difference, shrunk
from .grammar import statements
from .players import Player

Finding = tuple[Program, bool, Difference]


@st.composite
def programs(draw) -> tuple[Program, bool]:
    """A program, and whether its tensors are looked at after each statement: looking makes a view's ``grad_fn`` anew,
    so what happens to histories that nobody looks at shows in the other programs."""
    random = draw(st.randoms(use_true_random=False))
    look_often = random.randrange(3) > 0
    return statements(random), look_often


def drawn(count: int, chosen: int) -> list[tuple[Program, bool]]:
    """``count`` programs, the same ones for the same ``chosen`` seed."""
    found: list[tuple[Program, bool]] = []

    @seed(chosen)
    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck), backend=WITHOUT_CONSTANTS)  # fmt: skip
    @given(programs())
    def collect(example):
        found.append(example)

    collect()
    return found


def compared(wanted: Player, found: Player, program: Program, look_often: bool) -> Difference | None:
    """The first difference between two engines, which play at the same time."""
    wanted.ask(program, look_often)
    ours = found.play(program, look_often)
    return difference(program, wanted.answer(), ours)


def findings(wanted: Player, found: Player, examples: list, tell: Callable = lambda: None) -> Iterator[Finding]:
    """Each program about which the engines differ, made small."""
    for program, look_often in examples:
        tell()
        seen = compared(wanted, found, program, look_often)
        if seen is None:
            continue
        small = shrunk(program, lambda smaller, often=look_often: compared(wanted, found, smaller, often))
        now = compared(wanted, found, small, look_often)
        yield (small, look_often, now) if now is not None else (program, look_often, seen)
