"""Judging: traces against specs, and targets against each other. Pure functions, no files, no engines.

literals, floats, messages   one expected value, number or text against one observed
choose                       which expectation holds for a target
steps, verdict               the checks of a step, the verdict on a case
waiver                       what accepted divergences make of a verdict
trace, render, model         what goes in, as typed values; what comes out, as text and values
"""

from conformance.judge.floats import ULP_TABLE
from conformance.judge.model import Check, Divergence, Ran, TargetInfo, Verdict
from conformance.judge.verdict import judge
from conformance.judge.waiver import Waiver, When

__all__ = ["ULP_TABLE", "Check", "Divergence", "Ran", "TargetInfo", "Verdict", "Waiver", "When", "judge"]
