"""Collecting the problems of one file, and the words for quoting from it.

Whatever a file holds, a problem stays one printable line: quoted text is escaped and cut.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Protocol

from conformance.exceptions import Problem, SpecError
from conformance.load import limits


class Placed(Protocol):
    """Anything that stands somewhere: a node, a mark, a source."""

    @property
    def line(self) -> int: ...

    @property
    def column(self) -> int: ...


class Report:
    """The problems found in one file so far. `shown` is the path that each line begins with."""

    __slots__ = ("_spoiled", "problems", "shown")

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.problems: list[Problem] = []
        self._spoiled: set[tuple[int, int]] = set()

    def add(self, at: Placed, code: str, what: str, mend: str = "") -> None:
        """Note a problem and go on. Raises SpecError when the file has more than `limits.PROBLEMS`."""
        if self._spoiled and (at.line, at.column) in self._spoiled:
            return
        self.problems.append(Problem(self.shown, at.line, at.column, code, what, mend))
        if len(self.problems) >= limits.PROBLEMS:
            last = self.problems[-1]
            self.problems.append(
                Problem(self.shown, last.line, last.column, "too-many", "the rest of the file was not read")
            )
            raise SpecError(self.problems)

    def spoil(self, at: Placed) -> None:
        """Note no further problem at this place: what stands there is not what was meant."""
        self._spoiled.add((at.line, at.column))

    def stop(self, at: Placed, code: str, what: str, mend: str = "") -> SpecError:
        """Note a problem that nothing can be read behind; raise what this returns."""
        self.problems.append(Problem(self.shown, at.line, at.column, code, what, mend))
        return SpecError(self.problems)

    def raise_if_any(self) -> None:
        """Raises SpecError holding every problem noted."""
        if self.problems:
            raise SpecError(self.problems)


def printable(text: str) -> str:
    """The text with everything unprintable escaped, so that it stays on one line of a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def quoted(text: object, limit: int = 60) -> str:
    """A piece of the file as it appears in a message: one line, at most `limit` characters."""
    words = printable(" ".join(str(text).split()) if isinstance(text, str) else str(text))
    return f"`{words if len(words) <= limit else words[: limit - 1] + '…'}`"


def listed(names: Iterable[str], word: str = "or") -> str:
    """`a, b or c`."""
    names = list(names)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def meant(name: str, known: Iterable[str]) -> str:
    """A mend for a mistyped name: the nearest known one, or all of them."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else f"write one of {listed(known)}"


class At:
    """A bare place, for problems that stand on no node."""

    __slots__ = ("column", "line")

    def __init__(self, line: int = 1, column: int = 1) -> None:
        self.line = line
        self.column = column
