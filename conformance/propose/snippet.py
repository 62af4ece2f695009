"""What people paste: prompts, imports and prints, turned into statements and what they look at."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from conformance.exceptions import Problem, SpecError

_PROMPTS = (">>> ", "... ", ">>>", "...")


class Statement(NamedTuple):
    """One statement, its first line in the snippet (1-based), and the expressions that are looked at after it."""

    text: str
    line: int
    looks: tuple[str, ...]


def read_snippet(text: str, shown: str) -> list[Statement]:
    """The statements of a snippet. `>>>` prompts are taken off (and the answers below them left out), names
    that imports from torch brought are written out, and what is printed is looked at instead.

    Raises SpecError with file:line:column for what is no Python, imports something else, or holds nothing.
    """
    text = _without_prompts(text.replace("\r\n", "\n").expandtabs(4))
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        what = (error.msg or "invalid syntax").split(". ")[0]
        raise _wrong(shown, error.lineno or 1, error.offset or 1, what, "paste plain Python") from None
    names = _imported(tree, shown)
    statements: list[Statement] = []
    for node in _unwrapped(tree.body):
        if isinstance(node, ast.Import | ast.ImportFrom) or _is_docstring(node):
            continue
        looks = _looks(node, text, names)
        if looks is None:
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            statements.append(Statement(textwrap.dedent(_source(node, text, names, first)), first, ()))
        elif statements:
            last = statements[-1]
            statements[-1] = last._replace(looks=tuple(dict.fromkeys((*last.looks, *looks))))
    if not statements:
        raise _wrong(shown, 1, 1, "the snippet does nothing", "paste statements, with `print` of what matters")
    return statements


def _wrong(shown: str, line: int, column: int, what: str, mend: str) -> SpecError:
    return SpecError([Problem(shown, line, max(column, 1), "snippet", what, mend)])


def _without_prompts(text: str) -> str:
    """The code of a pasted interpreter session, on the lines on which it stands; other text as it is."""
    lines = text.split("\n")
    if not any(line.lstrip().startswith(">>>") for line in lines):
        return text
    kept = []
    for line in lines:
        bare = line.lstrip()
        prompt = next((p for p in _PROMPTS if bare.startswith(p)), None)
        kept.append("" if prompt is None else bare[len(prompt) :])
    return "\n".join(kept)


def _imported(tree: ast.Module, shown: str) -> dict[str, str]:
    """Local name → dotted path below torch, for every import at the top."""
    names: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            found = [(a.name, a.asname or a.name.partition(".")[0], a.asname) for a in node.names]
            pairs = [(bound, path if renamed else bound, path) for path, bound, renamed in found]
        elif isinstance(node, ast.ImportFrom):
            pairs = [(a.asname or a.name, f"{node.module}.{a.name}", node.module or "") for a in node.names]
        else:
            continue
        for bound, stands_for, module in pairs:
            if module.partition(".")[0] != "torch" or stands_for.endswith("*"):
                what = f"`{module}` is imported" if module.partition(".")[0] != "torch" else "`*` is imported"
                raise _wrong(shown, node.lineno, node.col_offset + 1, what, "programs have torch alone: write it out")
            names[bound] = stands_for
    return names


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _unwrapped(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements, with a `try` that only shows what it catches replaced by what it tries: a step states that."""
    for node in body:
        if isinstance(node, ast.Try) and not (node.orelse or node.finalbody) and all(map(_only_shows, node.handlers)):
            yield from _unwrapped(node.body)
        else:
            yield node


def _only_shows(handler: ast.ExceptHandler) -> bool:
    return all(
        isinstance(node, ast.Pass)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Name)
            and node.value.func.id == "print"
        )
        for node in handler.body
    )


def _looks(node: ast.stmt, text: str, names: dict[str, str]) -> list[str] | None:
    """The expressions that a statement only shows; None where it does more."""
    if not isinstance(node, ast.Expr):
        return None
    value = node.value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print":
        parts = [part.value for a in value.args for part in _parts(a)]
        return [_source(part, text, names) for part in parts if not isinstance(part, ast.Constant)]
    if any(isinstance(part, ast.Call) for part in ast.walk(value)):
        return None
    return [_source(value, text, names)]


def _parts(argument: ast.expr) -> list[ast.FormattedValue | ast.Expr]:
    """What a `print` argument shows: itself, or the values inside an f-string."""
    if isinstance(argument, ast.JoinedStr):
        return [part for part in argument.values if isinstance(part, ast.FormattedValue)]
    return [ast.Expr(argument)]


def _source(node: ast.AST, text: str, names: dict[str, str], first: int = 0) -> str:
    """The node's text, with imported names written out."""
    lines = text.split("\n")
    start = first or node.lineno
    edits = [
        (part.lineno, part.col_offset, part.end_col_offset, names[part.id])
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and names.get(part.id, part.id) != part.id
    ]
    encoded = {n: lines[n - 1].encode() for n in range(start, node.end_lineno + 1)}
    end = node.end_col_offset
    for line, begin, stop, path in sorted(edits, reverse=True):
        encoded[line] = encoded[line][:begin] + path.encode() + encoded[line][stop:]
        if line == node.end_lineno:
            end += len(path) - (stop - begin)
    encoded[node.end_lineno] = encoded[node.end_lineno][:end]
    if not first:
        encoded[start] = encoded[start][node.col_offset :]
    text = "\n".join(part.decode() for part in encoded.values())
    return " ".join(text.split()) if not first else text
