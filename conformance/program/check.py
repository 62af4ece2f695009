"""Checking the programs of a spec file before anything runs.

A case's sources share one namespace: `params` and `rows`, then `given`, then each step's `run` and what
it `expect`s. Each is parsed and walked once; the walk of `given` is kept for the other cases of the file.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache

from conformance.exceptions import Problem
from conformance.load import limits
from conformance.load.model import Case, Mark, Source, SpecFile
from conformance.load.report import quoted
from conformance.program import refusals
from conformance.program.names import TooDeep, near
from conformance.program.state import State, TooMany
from conformance.program.statements import Statements
from conformance.program.surface import Surface, surface
from conformance.worker.vocabulary import RESERVED

SOURCE = 16_000  # characters of one program


def check_file(spec: SpecFile, table: Surface | None = None) -> list[Problem]:
    """The problems of the programs in `spec`, at most `limits.PROBLEMS`; empty when all may run."""
    table = table or surface()
    problems: dict[Problem, None] = {}
    known: dict[tuple, State] = {}
    walk = Statements(table, State(spec.shown))
    for case in spec.cases:
        problems.update(dict.fromkeys(_check(case, spec.shown, walk, known)))
        if len(problems) >= limits.PROBLEMS:
            break
    return list(problems)[: limits.PROBLEMS]


def check_case(case: Case, shown: str, table: Surface | None = None) -> list[Problem]:
    """The problems of one case's programs. `shown` is the file as printed before the line."""
    return _check(case, shown, Statements(table or surface(), State(shown)), {})


def check_source(
    source: Source,
    shown: str = "<program>",
    *,
    expression: bool = False,
    needs: Iterable[str] = (),
    names: Iterable[str] = (),
    table: Surface | None = None,
) -> list[Problem]:
    """The problems of one piece of code on its own; `names` are variables that exist before it."""
    state = State(shown, needs, names)
    walk = Statements(table or surface(), state)
    with suppress(TooMany):
        _walk(walk, source, expression)
        _finish(walk)
    return state.problems


def _check(case: Case, shown: str, walk: Statements, known: dict[tuple, State]) -> list[Problem]:
    problems: list[Problem] = []
    names = []
    if case.params or case.rows:
        names = _bound_names(case, shown, walk.surface, problems)
    key = (case.given, case.needs, tuple(names))
    state = known.get(key)
    if state is None:
        state = State(shown, case.needs, names)
        walk.resume(state)
        with suppress(TooMany):
            for source in case.given:
                _walk(walk, source, False)
        problems += state.problems
        known[key] = state
    state = state.copy()
    walk.resume(state)
    with suppress(TooMany):
        for step in case.steps:
            _walk(walk, step.run, False)
            for assertion in step.expect:
                _walk(walk, assertion.expression, True)
        _finish(walk)
    return problems + state.problems


def _bound_names(case: Case, shown: str, table: Surface, problems: list[Problem]) -> list[str]:
    """The variables that `params` and `rows` set, and the problems of their names and expressions."""
    marks: dict[str, Mark] = {}
    for parameter in case.params:
        marks[parameter.name] = parameter.mark
        for _, text in parameter.values:
            source = Source(text, parameter.mark.line, parameter.mark.column)
            for problem in check_source(source, shown, expression=True, needs=case.needs, table=table):
                # A value's own place is not kept: every value points to its parameter.
                problem.line, problem.column = parameter.mark.line, parameter.mark.column
                problem.what = f"the value {quoted(text)}: {problem.what}"
                problems.append(problem)
    for row in case.rows:
        for name, _ in row.values:
            marks.setdefault(name, row.mark)
    for name, mark in marks.items():
        if name in RESERVED or name.startswith("__") or not name.isidentifier():
            problems.append(
                Problem(
                    shown,
                    mark.line,
                    mark.column,
                    "program-assign",
                    f"{quoted(name)} cannot name a value",
                    "use a name of letters, digits and `_` that has no fixed meaning",
                )
            )
    return list(marks)


def _walk(walk: Statements, source: Source, expression: bool) -> None:
    """Parse and check one source, noting everything in the walk's state."""
    state = walk.state
    text = source.text
    if len(text) > SOURCE:
        state.add(source, None, "program-size", f"a program of {len(text)} characters", f"keep to {SOURCE}")
        return
    tree = _parse(state, source, expression)
    if tree is None:
        return
    try:
        if expression:
            walk.value(source, tree.body)
        else:
            walk.program(source, tree.body)
    except (TooDeep, RecursionError):
        # The walk broke off in the middle: what comes next starts afresh.
        walk.reset()
        state.add(source, None, "program-size", "the code nests too deeply", "split it into several lines")


def _parse(state: State, source: Source, expression: bool) -> ast.Expression | ast.Module | None:
    text = source.text
    mode = "eval" if expression else "exec"
    try:
        if "\\" in text:  # an unknown escape is a warning to Python, a mistake to the reader
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                return compile(text, "<program>", mode, ast.PyCF_ONLY_AST, dont_inherit=True)
        return parsed(text, mode)
    except SyntaxError as error:
        line = min(max(error.lineno or 1, 1), text.count("\n") + 1)
        offset = max((error.offset or 1) - 1, 0)
        what = (error.msg or "invalid syntax").split(". ")[0]
        mend = "write one expression" if expression else "write plain Python"
        if expression and not _parses(text):
            mend = "mend the expression"
        problem = Problem(state.shown, source.line + line - 1, source.column + offset, "program-syntax", what, mend)
        state.problems.append(problem)
    except (RecursionError, MemoryError):
        state.add(source, None, "program-size", "the code nests too deeply", "split it into several lines")
    except (ValueError, OverflowError) as error:
        state.add(source, None, "program-syntax", str(error), "write plain Python")
    return None


@lru_cache(maxsize=8192)
def parsed(text: str, mode: str) -> ast.Expression | ast.Module:
    """The parsed text, which the walk only reads: `x.grad` and its like stand in hundreds of cases."""
    return compile(text, "<program>", mode, ast.PyCF_ONLY_AST, dont_inherit=True)


def _parses(text: str) -> bool:
    try:
        compile(text, "<program>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, RecursionError, MemoryError, ValueError, OverflowError):
        return False
    return True


def _finish(walk: Statements) -> None:
    """The case ends: what was read and is still unknown stays unknown."""
    state = walk.state
    unbound = set()
    for node, source in state.unread_names:
        name = node.id
        if name not in state.visible:
            unbound.add(node)
            known = sorted(name for name in state.visible if not name.startswith("_"))
            mend = refusals.NAMES.get(name) or near(name, [*known, "torch"])
            state.add(source, node, "program-name", f"the name {quoted(name)} is not bound", mend)
    for node, source in state.unread_attributes:
        name = node.attr
        root = node.value
        while type(root) is ast.Attribute:
            root = root.value
        if name not in state.own and root not in unbound:
            mend = refusals.ATTRIBUTES.get(name) or near(name, sorted(walk.members | state.own))
            state.add(source, node, "program-attribute", f"the attribute {quoted(name)} is not on the surface", mend)
