"""A backend for Hypothesis that draws the same examples in every process."""

from __future__ import annotations

from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

WITHOUT_CONSTANTS = "without constants"


class WithoutConstants(HypothesisProvider):
    """Hypothesis's own draws, less the constants that it reads from whichever modules happen to be imported: with
    them the same test drew other examples in another process.
    """

    def _maybe_draw_constant(self, choice_type, constraints, *, p=0.05):
        return None


AVAILABLE_PROVIDERS[WITHOUT_CONSTANTS] = WithoutConstants
