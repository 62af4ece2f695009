"""What is known of a case while its programs are checked: names, own attributes, problems."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from conformance.exceptions import Problem
from conformance.load import limits
from conformance.load.model import Source
from conformance.worker.vocabulary import BUILTINS, EXCEPTIONS, HELPERS

# `super` and `hasattr` are no values: the checker knows them in their one form each.
BARE = (BUILTINS | EXCEPTIONS | HELPERS | {"device", "host"}) - {"super", "hasattr", "in_thread"}
REAL_NAMES = Path(__file__).parent / "real_names.txt"


@lru_cache(maxsize=1)
def real_names() -> frozenset[str]:
    """Attributes that exist on objects a program could hold; see `generate_real_names`."""
    lines = REAL_NAMES.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


class TooMany(Exception):
    """The case has more problems than anyone reads."""


class State:
    """The names of one case so far.

    `visible`: names that code may read here. `own`: attributes that the case's programs made up.
    `classes`: names bound to the program's classes. `unread`: reads of names and attributes that are not
    known yet, because a function may use what a later line binds.
    """

    __slots__ = (
        "classes",
        "derived",
        "needs",
        "own",
        "problems",
        "shown",
        "unread_attributes",
        "unread_names",
        "visible",
    )

    def __init__(self, shown: str, needs: Iterable[str] = (), names: Iterable[str] = ()) -> None:
        self.shown = shown
        self.needs = frozenset(needs)
        self.visible: set[str] = set(BARE)
        if "cuda" in self.needs:
            self.visible.add("accelerator")
        if "threads" in self.needs:
            self.visible.add("in_thread")
        self.visible.update(names)
        self.own: set[str] = set()
        self.classes: set[str] = set()
        self.derived: set[str] = set()  # those of them that build on a class of the engine
        self.unread_names: list[tuple[ast.Name, Source]] = []
        self.unread_attributes: list[tuple[ast.Attribute, Source]] = []
        self.problems: list[Problem] = []

    def copy(self) -> State:
        """A state that goes its own way from here. Problems stay behind: they are reported once."""
        other = State.__new__(State)
        other.shown = self.shown
        other.needs = self.needs
        other.visible = set(self.visible)
        other.own = set(self.own)
        other.classes = set(self.classes)
        other.derived = set(self.derived)
        other.unread_names = list(self.unread_names)
        other.unread_attributes = list(self.unread_attributes)
        other.problems = []
        return other

    def add(self, source: Source, node: ast.AST | None, code: str, what: str, mend: str = "") -> None:
        """Note a problem at a node of `source`: the file's line and column, in characters.

        Raises TooMany once there are `limits.PROBLEMS`: looking for what was meant takes its time.
        """
        if len(self.problems) >= limits.PROBLEMS:
            raise TooMany
        line, column = source.line, source.column
        if node is not None and hasattr(node, "lineno"):
            line += node.lineno - 1
            column += characters(source.text, node.lineno, node.col_offset)
        self.problems.append(Problem(self.shown, line, column, code, what, mend))


def characters(text: str, line: int, offset: int) -> int:
    """Python's columns count UTF-8 bytes; people count characters."""
    if text.isascii():
        return offset
    lines = text.split("\n")
    if line > len(lines):
        return offset
    return len(lines[line - 1].encode()[:offset].decode(errors="ignore"))
