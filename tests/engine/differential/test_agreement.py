"""Every operation of the catalogue against torch, in every aspect, on drawn examples."""

from __future__ import annotations

import pytest

from .families import catalogue
from .running import described, run, smallest

OPERATIONS = catalogue()
SEARCH = 200  # examples in which a declared difference must show, where the drawn ones have none


@pytest.mark.parametrize("name", OPERATIONS)
def test_agrees_with_torch(name):
    operation = OPERATIONS[name]
    outcome = run(operation)
    for aspect, kept in outcome.differing.items():
        if aspect not in operation.differs:
            shown = described(*(smallest(operation, aspect) or kept))
            pytest.fail(f"{name}: {aspect} differs\n{shown}", pytrace=False)
    settled = [a for a in operation.differs.keys() - outcome.differing.keys() if smallest(operation, a, SEARCH) is None]
    assert not settled, f"declared as differing, yet agrees: {settled}; take it out of `differs` in {operation.family}"
    absent = sorted(operation.absent.keys() & outcome.reached.keys() - {"graph", "forward mode"})
    assert not absent, f"said not to apply, yet reached: {absent}"
