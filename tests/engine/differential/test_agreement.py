"""Every operation of the catalogue against torch, in every aspect, on drawn examples."""

from __future__ import annotations

import pytest

from . import known
from .families import catalogue
from .running import described, run, smallest

OPERATIONS = catalogue()
LISTED: dict[str, list[str]] = {}
for _aspect, _reasons in known.read().items():
    for _name in (name for names in _reasons.values() for name in names):
        LISTED.setdefault(_name, []).append(_aspect)


@pytest.mark.parametrize("name", OPERATIONS)
def test_agrees_with_torch(name):
    operation = OPERATIONS[name]
    outcome = run(operation)
    for aspect, kept in outcome.differing.items():
        if aspect not in operation.differs:
            shown = described(*(smallest(operation, aspect) or kept))
            pytest.fail(f"{name}: {aspect} differs\n{shown}", pytrace=False)
    settled = [aspect for aspect in LISTED.get(name, ()) if aspect not in outcome.differing]
    assert not settled, f"listed as differing, yet agrees: {settled}; take it out of {known.FILE.name}"
    absent = sorted(operation.absent.keys() & outcome.reached.keys() - {"graph", "forward mode"})
    assert not absent, f"said not to apply, yet reached: {absent}"
