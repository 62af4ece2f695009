"""`reports/baseline.yaml`: the cases that must not vanish, and what `observed`-level cases showed.

It is written by the program and reviewed by people: a pull request that drops a case shows it here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from conformance.exceptions import PolicyError, UsageError
from conformance.gate.fields import Fields
from conformance.judge.model import Check
from conformance.load.yaml_nodes import Sequence
from conformance.run.results import Line, Results

OBSERVED = "observed"


class Baseline(msgspec.Struct, frozen=True):
    """`cases` maps each id to its line in the file; `observed` has, for each case of that level and each
    target, what was seen. `missing` says that there is no file."""

    path: str
    cases: dict[str, int] = {}
    observed: dict[str, dict[str, tuple[str, ...]]] = {}
    missing: bool = False


def sights(line: Line) -> tuple[str, ...]:
    """What a line showed, one text for each assertion; or its outcome where it did not come to any."""
    if line.outcome not in ("pass", "fail"):
        return (f"{line.outcome}: {line.reason or ''}".strip(),)
    return tuple(f"step {check.step}, {check.what}: {_sight(check)}".strip() for check in line.assertions)


def _sight(check: Check) -> str:
    """The observed value; of a message that fits, the spec's own text, which leaves out what differs from run to run
    (addresses, paths, lines of the harness)."""
    return check.expected if check.ok and check.what in ("raises", "warns") else check.observed


def load_baseline(path: Path) -> Baseline:
    """The baseline of a file. Raises `PolicyError` with every mistake."""
    fields = Fields(path, PolicyError)
    if not path.exists():
        return Baseline(fields.report.shown, missing=True)
    root = fields.root()
    if root is None:
        return Baseline(fields.report.shown)
    fields.closed(root, ("cases", OBSERVED), ("cases",))
    cases: dict[str, int] = {}
    listed = root.get("cases")
    if isinstance(listed, Sequence):
        for node in listed.items:
            case = fields.text(node, "cases")
            if case is not None and case in cases:
                fields.wrong(node, "duplicate", f"{case} stands twice", "keep one of them")
            elif case is not None:
                cases[case] = node.line
    elif listed is not None:
        fields.wrong(listed, "list", "`cases` is not a list", "write `cases: []` for none")
    observed: dict[str, dict[str, tuple[str, ...]]] = {}
    for case, targets in fields.pairs(root.get(OBSERVED), OBSERVED):
        for target, node in fields.pairs(targets, case.text):
            seen = fields.texts(node, "observed")
            if seen is not None:
                observed.setdefault(case.text, {})[target.text] = seen
    fields.done()
    return Baseline(fields.report.shown, cases, observed)


def write_baseline(path: Path, results: Results) -> None:
    """Write the baseline of a results file. Raises `UsageError` for a run that did not finish."""
    if results.interrupted:
        raise UsageError(f"{results.path}: the run did not finish; a baseline is made from a whole one")
    fresh = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text("".join(f"{row}\n" for row in rows(results)), encoding="utf-8")
        os.replace(fresh, path)
    except OSError as problem:
        raise UsageError(f"{path}: cannot be written: {problem.strerror}") from None


def quote(text: str) -> str:
    """The text in double quotes. JSON's are YAML's but for characters beyond its first plane."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in quoted)


def rows(results: Results) -> Iterator[str]:
    """The lines of a baseline file."""
    yield "# Cases that must not vanish, and what cases of level `observed` showed."
    yield "# Written by `torch-conformance gate --update-baseline`; review the difference."
    yield from _block("cases:", (f"  - {quote(case)}" for case in sorted(results.header.cases)), " []")
    yield from _block(f"{OBSERVED}:", _observed_rows(results), " {}")


def _block(key: str, inside: Iterable[str], empty: str) -> Iterator[str]:
    found = list(inside)
    yield key if found else key + empty
    yield from found


def _observed_rows(results: Results) -> Iterator[str]:
    last = None
    for line in sorted(results.lines, key=lambda one: (one.case, one.target)):
        if line.level != OBSERVED or line.outcome in ("not-run", "not-applicable"):
            continue
        if line.case != last:
            yield f"  {quote(line.case)}:"
            last = line.case
        seen = sights(line)
        yield f"    {quote(line.target)}:" + ("" if seen else " []")
        yield from (f"      - {quote(text)}" for text in seen)
