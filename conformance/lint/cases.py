"""Rules on cases: titles, ids, and whether each part of a case can fail."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

from conformance.exceptions import Problem
from conformance.lint.project import TOP, Project, asserts, at
from conformance.lint.versions import misplaced
from conformance.load.files import same_ids
from conformance.load.model import Case, Group, OneOf, PerDevice, PerTorch, RowRef, Thrown, Value
from conformance.load.report import quoted
from conformance.propose.writing import REVIEW

_PATH = re.compile(r"([a-z0-9_]+/)*[a-z0-9_]+\.yaml")


def file_name(project: Project) -> Iterator[Problem]:
    """file-name: files and folders are called by a-z, 0-9 and `_`"""
    for file in project.files:
        if not _PATH.fullmatch(file.path):
            what = f"{quoted(file.path)} makes awkward ids"
            yield at(file.shown, TOP, "file-name", what, "name files and folders with a-z, 0-9 and `_`")


def ids_twice(project: Project) -> Iterator[Problem]:
    """same-ids: no two files have the same ids"""
    yield from same_ids(project.files)


def title_missing(project: Project) -> Iterator[Problem]:
    """title-missing: every file states its rule in a title"""
    for file in project.files:
        if not file.title:
            yield at(file.shown, TOP, "title-missing", "the file has no title", "add `title:` with the rule")


def title_unreviewed(project: Project) -> Iterator[Problem]:
    """title-unreviewed: what `torch-conformance new` proposed has been read by somebody"""
    what = f"the title still begins with {REVIEW}: nobody has held the proposal against the documents"
    mend = "check every expectation, cite what the rule rests on, and write the title"
    for file in project.files:
        if file.title.startswith(REVIEW):
            yield at(file.shown, TOP, "title-unreviewed", what, mend)
        for case in file.cases:
            if case.title.startswith(REVIEW):
                yield at(file.shown, case.mark, "title-unreviewed", what, mend)


def title_twice(project: Project) -> Iterator[Problem]:
    """title-duplicated: no two files, and no two cases of a file, have the same title"""
    first: dict[str, str] = {}
    for file in project.files:
        title = file.title.casefold()
        if title and first.setdefault(title, file.shown) != file.shown:
            what = f"the title is that of {first[title]} too"
            yield at(file.shown, TOP, "title-duplicated", what, "say what sets this rule apart")
        names: dict[str, str] = {}
        for case in file.cases:
            other = names.setdefault(case.title.casefold(), case.name)
            if other != case.name:
                what = f"the title is that of the case {other} too"
                yield at(file.shown, case.mark, "title-duplicated", what, "say what sets this case apart")


def case_uncited(project: Project) -> Iterator[Problem]:
    """case-uncited: a case that is not merely observed says where its behaviour is documented"""
    for file, case in project.cases():
        if case.level != "observed" and not case.cites:
            what = f"{case.name} is `{case.level}` and cites nothing"
            yield at(file.shown, case.mark, "case-uncited", what, "add `cites`, or say `level: observed`")


def case_asserts_nothing(project: Project) -> Iterator[Problem]:
    """case-asserts-nothing: every case states something that must be seen"""
    for file, case in project.cases():
        if not asserts(case):
            what = f"{case.name} has no expect, raises or warns"
            yield at(file.shown, case.mark, "case-asserts-nothing", what, "state what must be seen")


def last_step_unseen(project: Project) -> Iterator[Problem]:
    """step-unseen: something is looked at after the last step"""
    for file, case in project.cases():
        last = case.steps[-1]
        if asserts(case) and not (last.expect or last.raises or last.warns):
            what = "nothing is looked at after the last step"
            yield at(file.shown, last.mark, "step-unseen", what, "add `expect` with what it must have changed")


def expect_constant(project: Project) -> Iterator[Problem]:
    """expect-constant: every expression looks at something that a program can change"""
    for file, case in project.cases():
        for step in case.steps:
            for assertion in step.expect:
                if not _names(assertion.expression.text) - _BUILTINS:
                    what = f"{quoted(assertion.expression.text)} names nothing that an engine could get wrong"
                    yield at(file.shown, assertion.mark, "expect-constant", what, "look at a variable, or at torch")


def message_open(project: Project) -> Iterator[Problem]:
    """message-open: a message says more than `...`"""
    for file, case in project.cases():
        for leaf in _leaves(case):
            words = leaf.data if leaf.message and leaf.data else "none"
            if not words.replace("...", "").strip():
                what = "the message accepts any text"
                yield at(file.shown, leaf.mark, "message-open", what, "state the words that matter")


def choice_same(project: Project) -> Iterator[Problem]:
    """choice-same: the options of a choice differ"""
    for file, case in project.cases():
        for node in _nodes(case):
            options = _options(node)
            meanings = {_meaning(option) for option in options}
            if isinstance(node, OneOf) and len(meanings) < len(options):
                what = "two options are the same"
            elif len(options) > 1 and len(meanings) == 1:
                what = "the options are the same"  # several versions or devices may agree, not all of them
            else:
                continue
            yield at(file.shown, node.mark, "choice-same", what, "state it once")


def versions_undivided(project: Project) -> Iterator[Problem]:
    """versions-undivided: of the branches of a `per_torch`, each torch version lies in exactly one"""
    for file, case in project.cases():
        for node in _nodes(case):
            if isinstance(node, PerTorch) and (found := misplaced([key for key, _ in node.branches])):
                version, inside = found
                lies = f"lies in {' and in '.join(map(quoted, inside))}" if inside else "lies in none of the branches"
                what = f"torch {version} {lies}"
                yield at(file.shown, node.mark, "versions-undivided", what, "let one branch end where the next begins")


def binding_unused(project: Project) -> Iterator[Problem]:
    """binding-unused: every name of `params` and `rows` is used"""
    for file, case in project.cases():
        used = {node.name for node in _nodes(case) if isinstance(node, RowRef)}
        for source in (
            *case.given,
            *(s.run for s in case.steps),
            *(a.expression for s in case.steps for a in s.expect),
        ):
            used |= _names(source.text)
        for param in case.params:
            used |= {name for _, text in param.values for name in _names(text)}
        named = [(p.name, p.mark) for p in case.params] + [
            (n, row.mark) for row in case.rows[:1] for n, _ in row.values
        ]
        for name, mark in named:
            if name not in used:
                what = f"nothing uses {quoted(name)}"
                yield at(file.shown, mark, "binding-unused", what, "use it, or take it out")


_BUILTINS = frozenset(dir(builtins))


def _names(code: str) -> set[str]:
    """The names that a piece of code reads or binds; none where it is no Python, which others report."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _options(node: object) -> tuple:
    if isinstance(node, OneOf):
        return node.options
    if isinstance(node, PerDevice | PerTorch):
        return tuple([held for _, held in node.branches])
    return ()


def _nodes(case: Case) -> Iterator[object]:
    """Every node of every expectation of the case."""
    stack: list[object] = []
    for step in case.steps:
        stack += [a.expected for a in step.expect]
        stack += [held for held in (step.raises, step.warns) if held is not None]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, Thrown):
            stack.append(node.message)
        elif isinstance(node, Group):
            stack.extend(node.items)
        else:
            stack.extend(_options(node))


def _leaves(case: Case) -> Iterator[Value]:
    return (node for node in _nodes(case) if isinstance(node, Value))


def _meaning(node: object) -> str:
    """The node without its places, as text."""
    if isinstance(node, Value):
        return repr((node.data, node.dtype, node.shape, node.tolerance))
    if isinstance(node, Thrown):
        return f"{node.exception}: {_meaning(node.message)}"
    if isinstance(node, RowRef):
        return f"row {node.name}"
    if isinstance(node, Group):
        return repr([_meaning(item) for item in node.items])
    if isinstance(node, OneOf):
        return repr([_meaning(option) for option in node.options])
    return repr([(name, _meaning(held)) for name, held in node.branches])


RULES = (
    file_name,
    ids_twice,
    title_missing,
    title_unreviewed,
    title_twice,
    case_uncited,
    case_asserts_nothing,
    last_step_unseen,
    expect_constant,
    message_open,
    choice_same,
    versions_undivided,
    binding_unused,
)
