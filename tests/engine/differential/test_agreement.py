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
    found = {aspect: kept for aspect, kept in outcome.differing.items() if aspect not in operation.differs}
    for aspect, kept in found.items():
        pytest.fail(f"{name}: {aspect} differs\n{described(*(smallest(operation, aspect) or kept))}", pytrace=False)
    absent = sorted(operation.absent.keys() & outcome.reached.keys())
    assert not absent, f"said not to apply, yet reached: {absent}"
