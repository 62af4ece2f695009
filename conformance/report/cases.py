"""The cases of a results file, put together from its lines and the spec texts that it carries.

A results file is rendered far from its specs, and maybe by a later version: where an embedded spec text
can no longer be read, its cases are shown by their ids and lines alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from conformance.exceptions import SpecError
from conformance.judge.alone import who_stands_alone
from conformance.judge.model import Check, Divergence, TargetInfo
from conformance.load import instances, load_text
from conformance.load.model import Case, Instance, SpecFile
from conformance.report.profiles import profile_names
from conformance.report.state import portable
from conformance.run.results import Line, Results, SpecEntry

NO_VERDICT = frozenset({"not-run", "not-applicable", "unsupported"})
"""Outcomes in which a case came to no verdict: neither for the target nor against it."""


class Difference(msgspec.Struct, frozen=True):
    """One disagreement, and who stands alone in it.

    `against` is "document" where targets miss an expectation, "targets" where they differ from one
    another undeclared. `expected` is the document's text, None for differences between targets.
    """

    case: str
    at: str
    step: int
    what: str
    stands_alone: str
    values: dict[str, str]
    against: str
    expected: str | None = None
    note: str | None = None


class CaseView(msgspec.Struct, frozen=True):
    """One instance with everything that is shown of it.

    `lines` are the 1-based line ranges of the spec text that make up its program, `given` of the file
    included; `given` the texts of what comes before the steps, `steps` the line and code of each step.
    `status` is the worst of its results: "unexpected", "waived", "absent" (ran nowhere) or "expected".
    `differences` are ordered by step; the first is the one to look at. `simulated`: the case needs an
    accelerator, and none but the reference engine's simulated one was there, so that it is an expectation
    not yet seen on a device. `profile` is the profile of `spec/surface.yaml` that it counts for.
    """

    id: str
    title: str
    path: str
    shown: str
    line: int
    level: str
    lines: tuple[tuple[int, int], ...]
    steps: tuple[tuple[int, str], ...]
    docs: tuple[str, ...]
    claims: tuple[str, ...]
    results: dict[str, Line]
    differences: tuple[Difference, ...]
    status: str
    simulated: bool = False
    given: tuple[str, ...] = ()
    profile: str = ""
    instance: Instance | None = None

    @property
    def only_differs(self) -> bool:
        """Whether every result is as expected and yet targets differ."""
        accepted = all(r.expectedness in ("expected", "waived") for r in self.results.values())
        return accepted and self.status == "unexpected"


class FileView(msgspec.Struct, frozen=True):
    """One spec file and its instances, in the file's order."""

    path: str
    shown: str
    title: str
    text: str
    cases: tuple[CaseView, ...]


def build_files(results: Results) -> tuple[FileView, ...]:
    """Group a results file's lines by spec file and instance."""
    header = results.header
    infos = {info.name: info for info in header.targets}
    order = {name: place for place, name in enumerate(infos)}
    by_case: dict[str, dict[str, Line]] = {case: {} for case in header.cases}
    for line in sorted(results.lines, key=lambda line: order[line.target]):
        by_case[line.case][line.target] = line
    diverged: dict[str, list[Divergence]] = {}
    for divergence in results.undeclared:
        diverged.setdefault(divergence.case, []).append(divergence)
    by_path: dict[str, list[str]] = {}
    for case in by_case:
        by_path.setdefault(case.partition("::")[0], []).append(case)

    real = real_accelerators(infos)
    profile_of = profile_names()
    specs = {spec.path.removesuffix(".yaml"): spec for spec in header.specs}
    files = []
    for path, ids in by_path.items():
        spec = specs.get(path)
        parsed = _parse(spec)
        known = {i.id: i for i in instances(parsed)} if parsed else {}
        profiles = {case.id: profile_of(case) for case in parsed.cases} if parsed else {}
        shown = spec.shown if spec else f"{path}.yaml"
        views = []
        for case in ids:
            differences = [*_against_document(case, by_case[case], infos)]
            differences += [_between_targets(d, infos) for d in diverged.get(case, ())]
            source = known.get(case)
            profile = profiles[source.case.id] if source else ""
            place = _Place(path, shown, source, parsed, real, profile)
            views.append(_case_view(case, by_case[case], differences, place))
        title = parsed.title if parsed else path
        files.append(FileView(path, shown, title, spec.text if spec else "", tuple(views)))
    return tuple(files)


class _Place(msgspec.Struct, frozen=True):
    """Where a case was written; `instance` and `file` are None where its spec cannot be read. `real` are the targets on
    real accelerators."""

    path: str
    shown: str
    instance: Instance | None
    file: SpecFile | None
    real: frozenset[str]
    profile: str


def _parse(spec: SpecEntry | None) -> SpecFile | None:
    if spec is None:
        return None
    try:
        return load_text(spec.text, spec.path, spec.shown, check_programs=False)
    except SpecError:
        return None


def _case_view(id_: str, results: dict[str, Line], differences: Sequence[Difference], place: _Place) -> CaseView:
    instance, file = place.instance, place.file
    case = instance.case if instance else None
    return CaseView(
        id=id_,
        title=case.title if case and case.title else id_.partition("::")[2],
        path=place.path,
        shown=place.shown,
        line=case.mark.line if case else _line_of(results),
        level=case.level if case else next((r.level for r in results.values()), "must"),
        lines=_program_lines(case, file) if case and file else (),
        steps=tuple((s.run.line, s.run.text) for s in case.steps) if case else (),
        docs=_refs(case, "doc", "page"),
        claims=_refs(case, "claim"),
        results=results,
        differences=tuple(sorted(differences, key=lambda d: d.step)),
        status=_status(results, differences),
        given=tuple(source.text for source in case.given) if case else (),
        profile=place.profile,
        instance=instance,
        simulated=bool(case and "cuda" in case.needs) and not _on_a_device(results, place.real),
    )


def _on_a_device(results: dict[str, Line], real: frozenset[str]) -> bool:
    return any(r.outcome not in NO_VERDICT for name, r in results.items() if name in real)


def real_accelerators(infos: Mapping[str, TargetInfo]) -> frozenset[str]:
    """Targets on a device other than the host that is not the reference engine's simulated one."""
    return frozenset(n for n, i in infos.items() if i.device_type not in ("cpu", "meta") and i.engine != "reference")


def _refs(case: Case | None, *kinds: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(c.ref for c in case.cites if c.kind in kinds)) if case else ()


def _line_of(results: dict[str, Line]) -> int:
    for result in results.values():
        tail = result.at.rpartition(":")[2]
        if tail.isdigit():
            return int(tail)
    return 1


def _status(results: dict[str, Line], differences: Sequence[Difference]) -> str:
    seen = {r.expectedness for r in results.values()}
    if seen & {"unexpected", "stale-waiver"} or any(d.against == "targets" for d in differences):
        return "unexpected"
    if "waived" in seen:
        return "waived"
    if all(r.outcome in ("not-run", "not-applicable") for r in results.values()):
        return "absent"
    return "expected"


def _program_lines(case: Case, file: SpecFile) -> tuple[tuple[int, int], ...]:
    """The file's `given` above the case, and the case itself."""
    text = file.text.splitlines()
    after = [c.mark.line for c in file.cases if c.mark.line > case.mark.line]
    last = (min(after) - 1) if after else len(text)
    while last > case.mark.line and not text[last - 1].split("#")[0].strip():
        last -= 1
    ranges = [
        (source.line, source.line + source.text.rstrip("\n").count("\n"))
        for source in case.given
        if source.line < case.mark.line
    ]
    if ranges and text[ranges[0][0] - 2].strip().startswith("given:"):
        ranges[0] = (ranges[0][0] - 1, ranges[0][1])
    return (*ranges, (case.mark.line, last))


def _against_document(id_: str, results: dict[str, Line], infos: Mapping[str, TargetInfo]) -> list[Difference]:
    """Failed assertions, one entry per assertion with what every target showed."""
    found: dict[tuple[int, str, str], dict[str, Check]] = {}
    for target, result in results.items():
        for check in result.assertions:
            found.setdefault((check.step, check.what, check.at), {})[target] = check
    return [
        Difference(
            case=id_,
            at=at,
            step=step,
            what=what,
            stands_alone=who_stands_alone(checks, infos),
            values={t: portable(check.observed, infos[t].device) for t, check in checks.items()},
            against="document",
            expected=next(c.expected for c in checks.values() if not c.ok),
            note=next((c.note for c in checks.values() if not c.ok and c.note), None),
        )
        for (step, what, at), checks in found.items()
        if not all(check.ok for check in checks.values())
    ]


def _between_targets(divergence: Divergence, infos: Mapping[str, TargetInfo]) -> Difference:
    return Difference(
        case=divergence.case,
        at=divergence.at,
        step=divergence.step,
        what=f"{divergence.where} ({divergence.field})" if divergence.field else divergence.where,
        stands_alone=divergence.stands_alone,
        values={
            name: portable(divergence.values[name], info.device)
            for name, info in infos.items()
            if name in divergence.values
        },
        against="targets",
        note=divergence.note,
    )
