"""No program of the adversarial set passes the checker, or does harm past it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from conformance.load.model import Source
from conformance.program import check_source
from tests.absent import need_torch
from tests.program.tables import GENERATED, table

REFUSED = table("refused") + GENERATED
EFFECTS = table("effects")
INSIDE = table("inside")
NAMES = ("x", "y", "m", "o")


def name(entry):
    return entry.name


def codes(text: str, expression: bool = False) -> set[str]:
    names = NAMES if expression else ()
    problems = check_source(Source(text, 10, 5), "spec/a.yaml", expression=expression, names=names)
    for problem in problems:
        assert "\n" not in str(problem)
        assert 10 <= problem.line <= 10 + text.count("\n")
        assert problem.column >= 5
        assert problem.what
    return {problem.code.removeprefix("program-") for problem in problems}


@pytest.mark.parametrize("entry", REFUSED, ids=name)
def test_the_checker_refuses_what_reaches_out(entry):
    assert codes(entry.text) == set(entry.note.split())


@pytest.mark.parametrize("entry", EFFECTS, ids=name)
def test_an_expression_changes_nothing(entry):
    assert codes(entry.text, expression=True) == {entry.note}


@pytest.mark.parametrize("entry", [entry for entry in EFFECTS if entry.note == "effect"], ids=name)
def test_an_effect_is_refused_in_expressions_only(entry):
    assert check_source(Source(entry.text, 1), names=NAMES) == []


@pytest.mark.parametrize("entries", [REFUSED, EFFECTS, INSIDE], ids=["refused", "effects", "inside"])
def test_no_program_is_there_twice(entries):
    assert len({entry.name for entry in entries}) == len({entry.text for entry in entries}) == len(entries)


@pytest.fixture(scope="module")
def ran() -> dict[str, dict]:
    need_torch()
    command = [sys.executable, "-W", "ignore", "-m", "tests.program.inside"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("entry", INSIDE, ids=name)
def test_the_guard_refuses_what_only_running_shows(ran, entry):
    assert ran[entry.name]["refusal"], ran[entry.name]
    assert not ran[entry.name]["harm"]
