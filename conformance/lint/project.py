"""What a rule looks at: the loaded files with the ledgers and pages beside them, and who cites what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from conformance.docs.ledger import Allowance, Area, Entry, load_allowances, load_areas
from conformance.exceptions import Problem, SpecError
from conformance.load.ledger import Claim, Ledger, Page, load_ledgers, load_pages
from conformance.load.model import Case, Cite, Mark, SpecFile


class Project:
    """The spec folder `root` and the files of it that are linted.

    `whole` says that they are all of them: only then is a claim that none cites a finding. Ledgers or pages
    that cannot be read are empty here, and their mistakes stand in `unreadable`.
    """

    def __init__(self, files: Sequence[SpecFile], root: Path, whole: bool) -> None:
        self.files = files
        self.root = root
        self.whole = whole
        self.unreadable: list[Problem] = []
        self.ledgers: Mapping[str, Ledger] = self._read(load_ledgers)
        self.pages: Mapping[str, Page] = self._read(load_pages)
        self.areas: Mapping[str, Area] = self._read(load_areas)
        self.allowances: Mapping[str, Allowance] = self._read(load_allowances)
        self.claims: dict[str, tuple[Ledger, Claim]] = {
            claim.id: (ledger, claim) for ledger in self.ledgers.values() for claim in ledger.claims
        }
        self.statements: dict[str, tuple[Area, Entry]] = {
            entry.id: (area, entry) for area in self.areas.values() for entry in area.entries()
        }

    def _read(self, load) -> Mapping:
        try:
            return load(self.root)
        except SpecError as error:
            self.unreadable += error.problems
            return {}

    def cases(self) -> Iterator[tuple[SpecFile, Case]]:
        """Every case with its file."""
        for file in self.files:
            for case in file.cases:
                yield file, case

    def cites(self, kind: str) -> Iterator[tuple[SpecFile, Cite]]:
        """Every citation of this kind where it is written, once."""
        for file in self.files:
            yield from ((file, cite) for cite in file.cites if cite.kind == kind)
            for case in file.cases:
                yield from ((file, cite) for cite in own_cites(case) if cite.kind == kind)

    def citing(self, claim: str) -> Iterator[Case]:
        """The cases that cite the claim, themselves or through their file."""
        for _, case in self.cases():
            if any(cite.kind == "claim" and cite.ref == claim for cite in case.cites):
                yield case


def own_cites(case: Case) -> list[Cite]:
    """The citations that stand on the case itself, not on its file."""
    place = (case.mark.line, case.mark.column)
    return [cite for cite in case.cites if (cite.mark.line, cite.mark.column) >= place]


def asserts(case: Case) -> bool:
    """Whether the case states anything that must be seen."""
    return any(step.expect or step.raises or step.warns for step in case.steps)


def at(shown: str, mark: Mark, rule: str, what: str, mend: str) -> Problem:
    """A finding of a rule."""
    return Problem(shown, mark.line, mark.column, rule, what, mend)


TOP = Mark(1, 1)
"""The place of findings about a file as a whole."""
