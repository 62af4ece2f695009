"""Judging again, offline: a results file holds the traces and the specs, so no engine is needed."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from conformance.exceptions import ResultsError
from conformance.judge.diff import diverge
from conformance.judge.model import Divergence, Ran, Verdict
from conformance.judge.verdict import judge
from conformance.judge.waiver import Waiver
from conformance.load.model import Instance
from conformance.run.results import Header, Results


class Rejudged(msgspec.Struct, frozen=True):
    """The verdicts and divergences that the file's own traces and specs give."""

    verdicts: tuple[Verdict, ...]
    divergences: tuple[Divergence, ...]


def embedded_instances(header: Header) -> dict[str, Instance]:
    """The instances of the specs inside a results file, by id. Nothing is executed or checked again."""
    from conformance.load import instances, load_text

    found = {}
    for spec in header.specs:
        file = load_text(spec.text, spec.path, spec.shown, check_programs=False)
        found.update({instance.id: instance for instance in instances(file)})
    return found


def rejudge(results: Results, waivers: Iterable[Waiver] = ()) -> Rejudged:
    """Judge a results file offline, from its traces and the specs inside it. No engine is needed.

    Raises `ResultsError` where a line's case is in none of the specs, and `SpecError` where a spec
    inside can no longer be read.
    """
    known = embedded_instances(results.header)
    infos = {info.name: info for info in results.header.targets}
    accepted = tuple(waivers)
    verdicts = []
    rans: dict[str, dict[str, Ran]] = {}
    for number, line in enumerate(results.lines, 2):
        instance = known.get(line.case)
        if instance is None:
            raise ResultsError(f"{results.path}:{number}: {line.case!r} is in none of the specs inside the file")
        verdicts.append(judge(instance, infos[line.target], line.ran, accepted))
        rans.setdefault(line.case, {})[line.target] = line.ran
    divergences = [found for case, by_target in rans.items() for found in diverge(known[case], infos, by_target)]
    return Rejudged(tuple(verdicts), tuple(divergences))
