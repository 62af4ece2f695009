"""Each miniature is caught, by the cases that its rule names; an engine without the fault passes them."""

from __future__ import annotations

import pytest

from conformance import paths
from conformance.judge import judge
from conformance.load import instances, load
from conformance.load.model import Instance
from conformance.run.events import CaseFinished
from conformance.run.session import Session
from tests.miniatures import graph_rules, more_rules  # noqa: F401  (their import fills the table)
from tests.miniatures.rules import RULES


@pytest.fixture(scope="module")
def everything() -> tuple[Instance, ...]:
    return tuple(i for f in load(None, paths.spec_root()) for i in instances(f))


def outcomes(target: str, chosen: tuple[Instance, ...]) -> dict[str, set[str]]:
    """Case id → the outcomes of its instances on the target."""
    found: dict[str, set[str]] = {}
    with Session([target]) as session:
        for event in session.run(chosen):
            if isinstance(event, CaseFinished):
                verdict = judge(event.instance, session.infos[target], event.ran)
                assert verdict.outcome != "not-run", verdict.reason
                found.setdefault(event.instance.case.id, set()).add(verdict.outcome)
    return found


@pytest.mark.parametrize("name", RULES)
def test_a_miniature_is_caught_by_name(name, everything):
    rule = RULES[name]
    found = outcomes(f"tests.miniatures.adapters:{name}", everything)
    missed = [case for case in rule.caught_by if not found[case] - {"pass", "not-applicable"}]
    assert not missed, f"{rule.says} These cases did not notice: {', '.join(missed)}"
    passed = sum(outcome == {"pass"} for outcome in found.values())
    assert passed > len(found) / 10, "one rule is broken, yet hardly anything passes: it proves too little"


@pytest.mark.parametrize("target", ["reference:cpu", "reference:cuda"])
def test_the_unbroken_engine_passes_the_same_cases(target, everything):
    named = {case for rule in RULES.values() for case in rule.caught_by}
    chosen = tuple(i for i in everything if i.case.id in named)
    assert {i.case.id for i in chosen} == named, "a rule names a case that does not exist"
    assert all(outcome == {"pass"} for outcome in outcomes(target, chosen).values())


def test_there_are_enough_of_them():
    assert len(RULES) >= 40
