"""Bombs are legal programs: only limits end them."""

from __future__ import annotations

import pytest

from conformance.load.model import Source
from conformance.program import check_source
from tests.program.bombs import BOMBS


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.name)
def test_a_bomb_passes_the_checker(bomb):
    assert check_source(Source(bomb.text, 1), needs=["threads"]) == []


def test_there_are_all_kinds():
    assert {bomb.ends for bomb in BOMBS} == {"time", "memory", "any"}
    assert len({bomb.name for bomb in BOMBS}) == len(BOMBS) >= 15
