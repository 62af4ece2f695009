"""A case in words, for a terminal: what it claims, its program, what must be seen, what was last seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from conformance.load.ledger import load_ledgers
from conformance.load.model import Instance, SpecFile


def explain(file: SpecFile, instance: Instance, results: Any | None, root: Path) -> str:
    """The text of `torch-conformance explain ID`. `results` is a read results file, or None."""
    case = instance.case
    claims = {c.id: c for ledger in load_ledgers(root).values() for c in ledger.claims}
    lines = [
        instance.id,
        f"  {case.title}",
        f"  {file.title}",
        f"  {instance.shown}:{case.mark.line}, level {case.level}",
    ]
    if case.needs:
        lines.append(f"  needs {', '.join(case.needs)}")
    for cite in case.cites:
        claim = claims.get(cite.ref) if cite.kind == "claim" else None
        note = f": {claim.claim} ({claim.verdict}{f'; {claim.why}' if claim.why else ''})" if claim else ""
        lines.append(f"  {cite.kind} {cite.ref}{note}")
    end = _end(file, instance)
    lines.append("")
    text = file.text.splitlines()
    for number in range(case.mark.line, end + 1):
        lines.append(f"  {number:>4}  {text[number - 1]}".rstrip())
    if results is None:
        return "\n".join(lines)
    lines.append("")
    for line in results.lines:
        if line.case != instance.id:
            continue
        lines.append(
            f"  {line.target}: {line.outcome} ({line.expectedness}){f', {line.reason}' if line.reason else ''}"
        )
        for check in line.assertions:
            if not check.ok:
                lines.append(f"    {check.at} {check.what}")
                lines.append(f"      expected {check.expected}")
                lines.append(f"      observed {check.observed}{f'  ({check.note})' if check.note else ''}")
    return "\n".join(lines)


def _end(file: SpecFile, instance: Instance) -> int:
    """The last line of the case's text in its file, blank lines at its end left out."""
    after = [c.mark.line for c in file.cases if c.mark.line > instance.case.mark.line]
    lines = file.text.splitlines()
    last = min(after) - 1 if after else len(lines)
    while last > instance.case.mark.line and not lines[last - 1].strip():
        last -= 1
    return last
