"""Every operation of the catalogue against torch, in every aspect, on drawn examples."""

from __future__ import annotations

import pytest

from .families import catalogue
from .running import described, run, smallest

OPERATIONS = catalogue()


@pytest.mark.parametrize("name", OPERATIONS)
def test_agrees_with_torch(name):
    operation = OPERATIONS[name]
    outcome = run(operation)
    for aspect, kept in outcome.differing.items():
        if aspect not in operation.differs:
            shown = described(*(smallest(operation, aspect) or kept))
            pytest.fail(f"{name}: {aspect} differs\n{shown}", pytrace=False)
    settled = sorted(operation.differs.keys() - outcome.differing.keys())
    assert not settled, f"said to differ, yet agrees: {settled}; take it out of the entry"
    absent = sorted(operation.absent.keys() & outcome.reached.keys() - {"graph", "forward mode"})
    assert not absent, f"said not to apply, yet reached: {absent}"
