"""docs/operations.md says what is registered, and its summary says what its cells say."""

from __future__ import annotations

import re

import pytest

from .catalogue import ASPECTS
from .families import catalogue
from .page import PAGE, Line, counted, read, write

TEXT = PAGE.read_text()
LINES, LETTERS = read(TEXT)


def test_lists_exactly_the_registered_operations():
    missing, gone = catalogue().keys() - LINES.keys(), LINES.keys() - catalogue().keys()
    assert not missing, f"run `python -m tests.engine.differential.report --missing`: {sorted(missing)}"
    assert not gone, f"run `python -m tests.engine.differential.report --missing`: no longer there: {sorted(gone)}"


def test_the_summary_counts_the_cells():
    found = counted(LINES)
    said = re.search(r"\*\*(\d+) operations and overloads\*\*", TEXT)
    assert int(said[1]) == len(LINES) >= 400
    said = re.search(r"\*\*(\d+) cells agree, (\d+) differ, (\d+) do not apply\.\*\*", TEXT)
    assert [int(n) for n in said.groups()] == [found["agrees"], found["differs"], found["–"]]


def test_every_cell_says_something_and_every_reason_is_explained():
    for line in LINES.values():
        assert len(line.cells) == len(ASPECTS), line
        for cell in line.cells:
            verdict, _, detail = cell.partition(" ")
            if verdict == "agrees":
                assert int(detail) > 0
            elif verdict == "differs":
                assert re.fullmatch(r"[1-9]\d*/\d+", detail), (line.name, cell)
            else:
                assert detail in LETTERS.values(), (line.name, cell)


def test_every_difference_is_shown_with_an_example():
    for line in LINES.values():
        differing = {aspect for aspect, cell in zip(ASPECTS, line.cells, strict=True) if cell.startswith("differs")}
        assert differing == line.differences.keys(), line.name


def test_every_difference_is_declared_with_its_reason():
    operations = catalogue()
    for line in LINES.values():
        assert line.differences.keys() <= operations[line.name].differs.keys(), line.name


def test_a_page_reads_back_as_it_was_written():
    operations = {name: operation for name, operation in catalogue().items() if name in ("exp", "exp_")}
    cells = ["agrees 5", "differs 1/5", *["– a"] * (len(ASPECTS) - 2)]
    lines = {
        "exp": Line("exp", cells, {ASPECTS[1]: "x\n    torch: 1"}),
        "exp_": Line("exp_", ["agrees 2"] * len(ASPECTS)),
    }
    written = write(operations, lines, {"a reason": "a"}, "0")
    assert read(written) == (lines, {"a reason": "a"})
    assert read(written.replace("agrees 5", "agrees 6"))[0] != lines


@pytest.mark.parametrize("spoiled", ["agreed 5", "differs", "agrees"])
def test_a_cell_that_says_something_else_is_noticed(spoiled):
    line = Line("exp", [spoiled])
    with pytest.raises((TypeError, AssertionError)):
        assert counted({"exp": line}).total() == 1
        assert re.fullmatch(r"agrees \d+|differs \d+/\d+|– [a-z]", spoiled)
