"""What `report.html` carries for the sections that it builds when a case is opened.

Most targets agree most of the time, and a text or a tensor state is written once however often it was
seen. Sets of targets are bit masks over the order of the columns.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import msgspec

from conformance.judge.model import EXPECTEDNESS, OUTCOMES
from conformance.report.cases import CaseView, Difference
from conformance.report.escape import visible
from conformance.report.state import FIELDS, portable, state_row
from conformance.report.summary import Summary
from conformance.run.results import Line


class Pool:
    """Values by first appearance: the same value always has the same number."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[Hashable, int] = {}

    def number(self, key: Hashable, value: Any = None) -> int:
        """The number of `key`; `value` is what is kept of it (default: the key)."""
        if key not in self._numbers:
            self._numbers[key] = len(self.values)
            self.values.append(key if value is None else value)
        return self._numbers[key]


class Payload:
    """Gathers the pools while the cases are walked."""

    def __init__(self, summary: Summary) -> None:
        self.summary = summary
        self.targets = [target.name for target in summary.targets]
        self.devices = {target.name: target.device for target in summary.targets}
        self.texts = Pool()
        self.states = Pool()
        self.steps = Pool()

    def build(self) -> dict[str, Any]:
        """JSON-ready: pools, spec texts, and the cases in the order of the matrix."""
        cases = [self._case(case, number) for number, file in enumerate(self.summary.files) for case in file.cases]
        return {
            "targets": [visible(name) for name in self.targets],
            "outcomes": OUTCOMES,
            "expectedness": EXPECTEDNESS,
            "fields": FIELDS,
            "files": [
                {"shown": visible(f.shown), "title": visible(f.title), "lines": visible(f.text).splitlines()}
                for f in self.summary.files
            ],
            "claims": {
                visible(claim.id): [visible(claim.verdict), visible(claim.sentence), visible(claim.why)]
                for source in self.summary.sources
                for claim in source.claims
            },
            "cases": cases,
            "texts": self.texts.values,
            "states": self.states.values,
            "steps": self.steps.values,
        }

    def _text(self, text: str | None) -> int:
        return -1 if text is None else self.texts.number(visible(text))

    def _case(self, case: CaseView, file: int) -> dict[str, Any]:
        return {
            "id": visible(case.id),
            "title": visible(case.title),
            "file": file,
            "line": case.line,
            "level": visible(case.level),
            "lines": case.lines,
            "docs": [visible(doc) for doc in case.docs],
            "claims": [visible(claim) for claim in case.claims],
            "status": case.status,
            "code": [[line, self._text(text)] for line, text in case.steps],
            "results": [self._result(case.results.get(target)) for target in self.targets],
            "checks": self._checks(case),
            "seen": self._seen(case),
            "differences": [self._difference(d) for d in case.differences],
        }

    def _result(self, line: Line | None) -> list[Any] | None:
        if line is None:
            return None
        numbers = OUTCOMES.index(line.outcome), EXPECTEDNESS.index(line.expectedness)
        return [*numbers, self._text(line.reason), self._text(line.waiver), round(line.seconds * 1e6)]

    def _checks(self, case: CaseView) -> list[list[Any]]:
        """Per assertion [step, line, what, groups]; a group is [mask, expected, observed, ok, note, ulp]."""
        found: dict[tuple[int, str, str], dict[tuple[Any, ...], int]] = {}
        for bit, target in enumerate(self.targets):
            if line := case.results.get(target):
                for check in line.assertions:
                    groups = found.setdefault((check.step, check.at, check.what), {})
                    texts = (check.expected, portable(check.observed, self.devices[target]), check.ok)
                    seen = (*texts, check.note, check.ulp)
                    groups[seen] = groups.get(seen, 0) | 1 << bit
        return [
            [step, _line(at), self._text(what), [self._group(mask, *seen) for seen, mask in groups.items()]]
            for (step, at, what), groups in sorted(found.items(), key=lambda item: item[0][0])
        ]

    def _group(self, mask: int, expected: str, observed: str, ok: bool, note: Any, ulp: Any) -> list[Any]:
        return [mask, self._text(expected), self._text(observed), int(ok), self._text(note), ulp]

    def _seen(self, case: CaseView) -> list[list[list[int]]]:
        """Per step the groups [mask, number of the step's record]."""
        steps: list[dict[int, int]] = []
        for bit, target in enumerate(self.targets):
            line = case.results.get(target)
            for place, step in enumerate(line.trace.get("steps", ()) if line and line.trace else ()):
                if place == len(steps):
                    steps.append({})
                number = self._step(step, self.devices[target])
                steps[place][number] = steps[place].get(number, 0) | 1 << bit
        return [[[mask, number] for number, mask in groups.items()] for groups in steps]

    def _step(self, step: dict[str, Any], device: str) -> int:
        """[exception, warnings, printed, flat list of name and state]."""
        raised = step.get("exception")
        warned = tuple(self._text(_event(w)) for w in step.get("warnings") or ())
        named = tuple(
            number
            for name, observation in (step.get("tensors") or {}).items()
            for number in (self._text(name), self._state(observation, device))
        )
        printed = self._text(step.get("printed") or None)
        record = (self._text(_event(raised)) if raised else -1, warned, printed, named)
        return self.steps.number(record)

    def _state(self, observation: dict[str, Any], device: str) -> int:
        row = tuple(self._text(text) for text in state_row(observation, device))
        shown = self.texts.values[row[0]] + self.texts.values[row[1]]
        # A text that leaves elements out may stand for different data.
        hidden = msgspec.json.encode((observation.get("data"), observation.get("grad"))) if "…" in shown else b""
        return self.states.number((*row, hidden), row)

    def _difference(self, difference: Difference) -> list[Any]:
        values = [
            [self.targets.index(target), self._text(text)]
            for target, text in difference.values.items()
            if target in self.targets
        ]
        texts = (difference.what, difference.stands_alone, difference.note)
        return [difference.step, difference.against, *map(self._text, texts), values]


def _event(event: dict[str, Any]) -> str:
    return f"{event.get('type')}: {event.get('message')}"


def _line(at: str) -> int:
    tail = at.rpartition(":")[2]
    return int(tail) if tail.isdigit() else 0
