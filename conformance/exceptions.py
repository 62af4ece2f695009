"""What can go wrong, in the order in which a run meets it.

A spec is read (`SpecError`), its arguments are understood (`UsageError`), a target is started
(`TargetError`), its results are stored and read back (`ResultsError`), and what is accepted is
declared (`WaiverError`, `PolicyError`). Each carries the one line a person needs: where, what, and
the mend. None of them stands for a divergence: a failing case is a verdict, not an exception.
`HarnessBug` is ours alone and never shown as a user's mistake.
"""

from __future__ import annotations


class Problem:
    """One mistake in an input file: where it is, what it is, and what to write instead."""

    __slots__ = ("code", "column", "file", "line", "mend", "what")

    def __init__(self, file: str, line: int, column: int, code: str, what: str, mend: str = "") -> None:
        self.file = file
        self.line = line
        self.column = column
        self.code = code
        self.what = what
        self.mend = mend

    def __str__(self) -> str:
        tail = f"; {self.mend}" if self.mend else ""
        return f"{self.file}:{self.line}:{self.column}: {self.code}: {self.what}{tail}"

    def __repr__(self) -> str:
        return f"Problem({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Problem) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


class ConformanceError(Exception):
    """Base of everything a user can cause. `exit_code` is what the command line returns for it."""

    exit_code = 2


class SpecError(ConformanceError):
    """One or more spec files are invalid. Nothing was executed."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda p: (p.file, p.line, p.column))
        super().__init__("\n".join(str(p) for p in self.problems))


class UsageError(ConformanceError):
    """The arguments name something that does not exist or do not fit together."""


class TargetError(ConformanceError):
    """A target cannot be started at all, and it was required."""

    exit_code = 3


class ResultsError(ConformanceError):
    """A results file is truncated, mixed or of another format: never a smaller pass."""


class WaiverError(ConformanceError):
    """The waiver file is invalid."""


class PolicyError(ConformanceError):
    """The policy file is invalid."""


class HarnessBug(AssertionError):
    """Cannot happen, whatever a spec or an engine does. Seeing one is a bug of this project."""
