"""What a spec file says, as frozen values.

A `SpecFile` holds `Case`s, a case holds `Step`s, a step one program text and what must be seen after
it. Every part remembers where it stands in its file, because every verdict points there.
`Instance` is a case with its `params` and `rows` filled in: the unit that is run and reported.

Lines and columns are 1-based, as editors count.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Mark(msgspec.Struct, frozen=True):
    """A place in a spec file: 1-based line and column."""

    line: int
    column: int


class Source(msgspec.Struct, frozen=True):
    """A piece of restricted Python. `line` is the file's line of its first line of code."""

    text: str
    line: int
    column: int = 1


class Cite(msgspec.Struct, frozen=True):
    """One citation: `kind` is "doc", "page" or "claim"; `ref` the symbol, page or claim id."""

    kind: str
    ref: str
    mark: Mark


class Tolerance(msgspec.Struct, frozen=True):
    """Declared slack for floating values. All None means exact after rounding to the observed dtype."""

    ulp: int | None = None
    rtol: float | None = None
    atol: float | None = None


# --- expectations: a tree whose inner nodes choose and whose leaves state ------------------------------


class Value(msgspec.Struct, frozen=True, tag="value"):
    """A literal. `data` is None, bool, int, float, str, or nested tuples of these.

    For a leaf that stands for a message (under `raises`/`warns`) `data` is the message pattern and
    `message` is true: `...`, `{dots}` and white-space folding then apply.
    """

    data: Any
    mark: Mark
    dtype: str | None = None
    shape: tuple[int, ...] | None = None
    tolerance: Tolerance | None = None
    message: bool = False


class RowRef(msgspec.Struct, frozen=True, tag="row"):
    """`{row: NAME}`: the instance's row gives the literal."""

    name: str
    mark: Mark


class OneOf(msgspec.Struct, frozen=True, tag="one_of"):
    options: tuple[Expectation, ...]
    mark: Mark


class PerDevice(msgspec.Struct, frozen=True, tag="per_device"):
    """Device type ("cpu", "cuda", …) → expectation."""

    branches: tuple[tuple[str, Expectation], ...]
    mark: Mark


class PerTorch(msgspec.Struct, frozen=True, tag="per_torch"):
    """PEP 440 specifier text → expectation; exactly one must match the target's torch version."""

    branches: tuple[tuple[str, Expectation], ...]
    mark: Mark


class Thrown(msgspec.Struct, frozen=True, tag="thrown"):
    """`{ExceptionName: message}`: one expected exception or warning."""

    exception: str
    message: Expectation
    mark: Mark


class Group(msgspec.Struct, frozen=True, tag="group"):
    """The list under `warns`: unordered, equal ones counted once."""

    items: tuple[Expectation, ...]
    mark: Mark


Expectation = Value | RowRef | OneOf | PerDevice | PerTorch | Thrown | Group


class Assertion(msgspec.Struct, frozen=True):
    """One line of `expect`: an expression and what it must give."""

    expression: Source
    expected: Expectation
    mark: Mark


class Step(msgspec.Struct, frozen=True):
    run: Source
    mark: Mark
    expect: tuple[Assertion, ...] = ()
    raises: Expectation | None = None
    warns: Expectation | None = None


class Param(msgspec.Struct, frozen=True):
    """`name: [..]` under `params`. Each value is (label for the id, expression text)."""

    name: str
    values: tuple[tuple[str, str], ...]
    mark: Mark


class Row(msgspec.Struct, frozen=True):
    """One mapping of `rows`: names to plain data (tuples for lists). `label` is used in the id."""

    label: str
    values: tuple[tuple[str, Any], ...]
    mark: Mark


class Case(msgspec.Struct, frozen=True):
    """One program with expectations. File-level `cites`, `needs`, `level` and `given` are merged in."""

    id: str
    name: str
    title: str
    mark: Mark
    steps: tuple[Step, ...]
    given: tuple[Source, ...] = ()
    level: str = "must"
    cites: tuple[Cite, ...] = ()
    needs: tuple[str, ...] = ()
    params: tuple[Param, ...] = ()
    rows: tuple[Row, ...] = ()
    compare: Tolerance | None = None


class SpecFile(msgspec.Struct, frozen=True):
    """`path` as shown to people and used in ids' file half (posix, relative to the spec folder);
    `shown` is the path to print before `:line` (relative to the working directory where possible)."""

    path: str
    shown: str
    text: str
    sha256: str
    title: str
    cases: tuple[Case, ...]
    cites: tuple[Cite, ...] = ()


class Instance(msgspec.Struct, frozen=True):
    """A case with its parameters filled in: what is run, judged and reported.

    `bindings` are (name, expression text) pairs from `params`; `row` are (name, plain data) pairs.
    `id` is the case's id, with `[name=text,…]` appended where the case has params or rows.
    """

    id: str
    case: Case
    shown: str
    path: str
    bindings: tuple[tuple[str, str], ...] = ()
    row: tuple[tuple[str, Any], ...] = ()
