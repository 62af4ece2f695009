"""What a run showed, computed once for every renderer: counts, matrix, who stands alone, claims.

Nothing here formats for a medium; the sentences are plain text, still to be escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from conformance.docs.ledger import Entry
from conformance.judge.model import OUTCOMES, TargetInfo
from conformance.load.ledger import Ledger
from conformance.report.cases import NO_VERDICT, CaseView, Difference, FileView, build_files, real_accelerators
from conformance.report.profiles import ProfileView, build_profiles
from conformance.report.sources import SourceView, build_sources, contradictions
from conformance.run.results import Line, Results

if TYPE_CHECKING:
    from conformance.gate.gate import Finding, GateReport

UNEXPECTED = frozenset({"unexpected", "stale-waiver"})
REASONS_SAID = 6


class TargetView(msgspec.Struct, frozen=True):
    """One column. `counts` is outcome → number, in the order of `OUTCOMES`; `total` their sum.

    `engine` is what ran in words, `machine` what it attested of itself.
    """

    name: str
    device: str
    engine: str
    machine: str
    state: str
    reason: str
    recorded: str
    counts: dict[str, int]
    total: int
    unexpected: int
    waived: int
    seconds: float


class Summary(msgspec.Struct, frozen=True):
    """The view model. `ok` is true where something ran, nothing is unexpected, nothing diverges, the file
    is whole and the gate, if asked, is open.

    `headline` is one sentence, `sentences` the rest of what a reader must know first.
    """

    ok: bool
    headline: str
    sentences: tuple[str, ...]
    targets: tuple[TargetView, ...]
    files: tuple[FileView, ...]
    sources: tuple[SourceView, ...]
    profiles: tuple[ProfileView, ...]
    differences: tuple[Difference, ...]
    waived: tuple[tuple[CaseView, str, str], ...]
    findings: tuple[Finding, ...] | None
    outcomes: tuple[str, ...]
    started: str
    seconds: float
    facts: tuple[tuple[str, str], ...]

    @property
    def cases(self) -> tuple[CaseView, ...]:
        """Every instance, in the order of the matrix."""
        return tuple(case for file in self.files for case in file.cases)


def summarise(
    results: Results,
    ledgers: Mapping[str, Ledger] | None = None,
    gate: GateReport | None = None,
    contradicted: Sequence[Entry] = (),
) -> Summary:
    """Compute the view model of `Results` (from `conformance.run.results.read_results`).

    `ledgers` as `conformance.load.ledger.load_ledgers` gives them; `gate` is a gate report, if it was run;
    `contradicted` are statements of torch's documentation that torch does not keep.
    """
    header, footer, lines = results.header, results.footer, results.lines
    divergences = results.undeclared
    files = build_files(results)
    cases = tuple(case for file in files for case in file.cases)
    targets = tuple(_target_view(info, lines) for info in header.targets)
    unexpected = sum(t.unexpected for t in targets)
    found = Counter(line.outcome for line in lines)
    return Summary(
        ok=any(line.outcome not in NO_VERDICT for line in lines)
        and not (unexpected or divergences or results.interrupted or (gate and gate.findings)),
        headline=_headline(results, unexpected, [t.name for t in targets if t.state == "not-run"]),
        sentences=(
            *_sentences(cases, targets, results),
            *([f"The gate is shut by {plural(len(gate.findings), 'finding')}."] if gate and gate.findings else []),
        ),
        targets=targets,
        files=files,
        sources=(*build_sources(ledgers or {}, cases), *filter(None, [contradictions(contradicted, cases)])),
        profiles=build_profiles(cases, [target.name for target in targets]),
        differences=tuple(d for case in cases for d in case.differences if case.status == "unexpected"),
        waived=tuple(
            (case, target, line.waiver or "")
            for case in cases
            for target, line in case.results.items()
            if line.expectedness in ("waived", "stale-waiver")
        ),
        findings=gate.findings if gate else None,
        outcomes=tuple(o for o in OUTCOMES if found[o]),
        started=header.started,
        seconds=footer.seconds if footer else 0.0,
        facts=(
            ("Tool", f"torch-conformance {header.tool}"),
            ("Started", header.started),
            ("Finished", footer.finished if footer else "never: the results file has no end"),
            ("Python", header.python),
            ("Platform", header.platform),
            ("Specs", f"{len(header.specs)} files, sha256 {header.spec_hash}"),
            *((info.name, _facts_text(info.attestation)) for info in header.targets if info.attestation),
        ),
    )


def _target_view(info: TargetInfo, lines: Sequence[Line]) -> TargetView:
    mine = [line for line in lines if line.target == info.name]
    found = Counter(line.outcome for line in mine)
    models = f", modelling torch {info.models}" if info.models and info.models != info.version else ""
    models = "" if info.version.partition("+")[0] == info.models else models
    return TargetView(
        name=info.name,
        device=info.device,
        engine=" ".join(p for p in (info.engine, info.version) if p) + models,
        machine=_machine(info.attestation) or info.device,
        state=info.state,
        reason=info.reason or "",
        recorded=_recording(info.recorded) if info.recorded else "",
        counts={outcome: found[outcome] for outcome in OUTCOMES if found[outcome]},
        total=len(mine),
        unexpected=sum(line.expectedness in UNEXPECTED for line in mine),
        waived=sum(line.expectedness == "waived" for line in mine),
        seconds=sum(line.seconds for line in mine),
    )


def _machine(facts: Mapping[str, Any]) -> str:
    """What the first screen says of the machine; all that was attested stands with the environment."""
    return _facts_text({name: facts.get(name) for name in ("device_name", "driver", "cuda_runtime", "python")})


def _recording(facts: Mapping[str, Any]) -> str:
    machine = _machine({**facts, "python": None})
    return f"made {facts.get('when', 'at an unknown time')}{f' on {machine}' if machine else ''}"


def _facts_text(facts: Mapping[str, Any]) -> str:
    named = {name: value for name, value in facts.items() if value not in (None, "")}
    return ", ".join(
        str(value) if name == "device_name" else f"{name.replace('_', ' ')} {value}" for name, value in named.items()
    )


def plural(count: int, noun: str, many: str = "") -> str:
    """`1 case`, `1,500 cases`."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def listed(items: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def _headline(results: Results, unexpected: int, missing: Sequence[str]) -> str:
    lines, divergences = results.lines, len(results.undeclared)
    undeclared = f"targets differ in {plural(divergences, 'place')} that no spec declares"
    if unexpected:
        verb = "is" if unexpected == 1 else "are"
        head = f"{unexpected:,} of {plural(len(lines), 'result')} {verb} unexpected"
        head += f", and {undeclared}" if divergences else ""
    elif divergences:
        head = undeclared.capitalize()
    elif all(line.outcome in NO_VERDICT for line in lines):
        return "Nothing ran"
    else:
        head = "Everything that ran is as expected"
        head += f"; {listed(missing)} did not run" if missing else ""
    return f"{head}, in a run that did not finish" if results.interrupted else head


def _absences(cases: Sequence[CaseView], ran: set[str]) -> Iterator[str]:
    """What gave no verdict on targets that did run, and why: one sentence per outcome and reason."""
    found: dict[tuple[str, str], tuple[set[str], dict[str, None]]] = {}
    for case in cases:
        for name, line in case.results.items():
            if name in ran and line.outcome in NO_VERDICT:
                ids, names = found.setdefault((line.outcome, line.reason or ""), (set(), {}))
                ids.add(case.id)
                names[name] = None
    for (outcome, reason), (ids, names) in list(found.items())[:REASONS_SAID]:
        where = f"{outcome.replace('-', ' ')} on {listed(list(names))}"
        yield f"{plural(len(ids), 'case')} {where}{f': {reason}' if reason else ''}."
    if len(found) > REASONS_SAID:
        yield f"{plural(len(found) - REASONS_SAID, 'more reason')} why cases gave no verdict, in the matrix."


def _simulated(cases: Sequence[CaseView], results: Results) -> Iterator[str]:
    """What was said of an accelerator without one: an expectation, not an observation."""
    real = real_accelerators({t.name: t for t in results.header.targets if t.state != "not-run"})
    if real or not any(t.engine == "reference" and t.device_type != "cpu" for t in results.header.targets):
        return
    count = sum(case.simulated for case in cases)
    also = f" ({plural(count, 'case')} need{'s' if count == 1 else ''} one)" if count else ""
    yield f"What is stated of an accelerator{also} is expectation, simulated only: none was at hand in this run."


def _sentences(cases: Sequence[CaseView], targets: Sequence[TargetView], results: Results) -> list[str]:
    footer = results.footer
    ran = [t for t in targets if t.state != "not-run"]
    where = f"{plural(len(ran), 'target')}: {listed([t.name for t in ran])}" if ran else "no target"
    said = [f"{plural(len(cases), 'case')} on {where}."]
    said.extend(f"{t.name} is a recording, {t.recorded}." for t in targets if t.state == "recorded")
    said.extend(f"{t.name} did not run: {t.reason or 'no reason given'}." for t in targets if t.state == "not-run")
    said.extend(_absences(cases, {t.name for t in ran}))
    said.extend(_simulated(cases, results))
    waived = sum(t.waived for t in targets)
    undeclared, accepted = len(results.undeclared), len(results.divergences) - len(results.undeclared)
    more = f", {accepted:,} more waived" if accepted else ""
    said.append(f"Undeclared divergences between targets: {undeclared:,}{more}. Waived results: {waived:,}.")
    if footer is None:
        said.append("The results file is cut off: what is missing was not run or not written.")
    elif footer.interrupted:
        said.append("The run was interrupted: cases without a result were not reached.")
    return said
