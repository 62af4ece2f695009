"""Checks that go beyond a single file's form: what is cited, what cannot fail, what is named twice.

Each rule is a small function over a `Project`; its docstring begins with its id, which is also the code
of what it finds. `RULES` is the table of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from conformance.exceptions import Problem
from conformance.lint import cases, documentation, messages, sources
from conformance.lint.documented import why_unchecked
from conformance.lint.project import Project
from conformance.load.model import SpecFile

Rule = Callable[[Project], Iterator[Problem]]


def _described(rule: Rule) -> tuple[str, str]:
    id_, _, meaning = (rule.__doc__ or "").partition(": ")
    return id_, meaning.strip()


RULES: dict[str, tuple[str, Rule]] = {
    id_: (meaning, rule)
    for rule in (*sources.RULES, *documentation.RULES, *cases.RULES, *messages.RULES)
    for id_, meaning in [_described(rule)]
}
"""Rule id to what it demands, and the function that checks it."""


def lint(
    files: Sequence[SpecFile],
    root: Path,
    *,
    whole: bool = True,
    note: Callable[[str], None] | None = None,
) -> list[Problem]:
    """What the rules find in `files`, in the order of files and lines; nothing is executed.

    `root` is the spec folder with the ledgers. `whole` says that `files` are all its specs: only then is an
    uncited claim a finding. `note` is called with what could not be checked, and why.
    """
    project = Project(files, root, whole)
    problems = list(project.unreadable)
    for _, rule in RULES.values():
        problems += rule(project)
    unchecked = why_unchecked()
    if note is not None and unchecked and any(True for _ in project.cites("doc")):
        note(unchecked)
    return sorted(problems, key=lambda p: (p.file, p.line, p.column, p.code))
