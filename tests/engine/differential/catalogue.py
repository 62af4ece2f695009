"""The catalogue of operations that are compared with torch: what an entry says, and the registry of all entries.

An entry is one call to :func:`operation`: a name, one or more spellings of the same call, and what its tensors and
arguments may be. ``in_place=True`` and ``out=True`` add an entry each for those forms. See README.md beside this file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

FLOATS = ("float64", "float32", "float16", "bfloat16")
COMPLEX = ("complex128", "complex64")
INTEGERS = ("int64", "int32", "int16", "int8", "uint8")
MATRICES = ("float64", "float32", "complex128", "complex64", "int64")
EVERY = (*FLOATS, *COMPLEX, *INTEGERS, "bool")

ASPECTS = (
    "value", "dtype", "layout", "errors", "graph", "gradient", "double backward", "forward mode", "saved",
)  # fmt: skip
"""Columns of the table: values; dtypes; shape, strides and view-ness; exceptions; requires_grad, grad_fn and its edges;
gradients; gradients of those; tangents; which writes between forward and backward raise, and with which text."""
_DERIVED = ("graph", "gradient", "double backward", "forward mode", "saved")


@dataclass(frozen=True)
class Input:
    """A tensor argument. ``shape`` is a text of dimensions: ``"..."`` any leading ones, ``"~"`` some that broadcast
    with the other inputs' ``"~"`` and ``"..."``, names and small expressions of names (``"n"``, ``"2*n"``), numbers.
    """

    domain: str
    shape: str = "..."
    dtypes: tuple[str, ...] = EVERY
    low: int = 0
    high: str | int = 4  # the first value too large, for integers: a number, or an expression of sizes
    grad: bool = True
    mixes: bool = True  # may have another dtype than the first input
    layouts: bool = True  # may be something else than contiguous


def real(shape: str = "~", **options) -> Input:
    """Any numbers."""
    return Input("real", shape, **options)


def positive(shape: str = "~", **options) -> Input:
    """Numbers above 0."""
    return Input("positive", shape, **options)


def unit(shape: str = "~", **options) -> Input:
    """Numbers strictly between 0 and 1."""
    return Input("unit", shape, **options)


def small(shape: str = "~", **options) -> Input:
    """Numbers strictly between -1 and 1."""
    return Input("small", shape, **options)


def above_one(shape: str = "~", **options) -> Input:
    """Numbers above 1."""
    return Input("above one", shape, **options)


def regular(shape: str = "... n n", **options) -> Input:
    """Matrices with large diagonals: far from singular, of full rank."""
    return Input("regular", shape, **{"dtypes": MATRICES, "mixes": False, **options})


def definite(shape: str = "... n n", **options) -> Input:
    """Symmetric (or Hermitian) positive-definite matrices."""
    return Input("definite", shape, **{"dtypes": MATRICES, "mixes": False, **options})


def mask(shape: str = "~") -> Input:
    """Booleans."""
    return Input("mask", shape, dtypes=("bool",), grad=False, mixes=False)


def index(shape: str = "k", high: str | int = "n", low: int = 0, **options) -> Input:
    """Integers from ``low`` up to, not including, ``high``, which may name a size."""
    return Input("index", shape, **{"dtypes": ("int64",), "grad": False, "mixes": False, **options}, low=low, high=high)


def dim(of: str = "x") -> Callable:
    """A dimension of the input named; now and then one that it does not have."""

    def choose(drawer):
        rank = max(1, len(drawer.shapes[of]))
        return drawer.integer(-rank, rank - 1) if not drawer.rarely() else rank + drawer.integer(0, 1)

    return choose


def dims(of: str = "x") -> Callable:
    """A tuple of different dimensions of the input named, in any order; now and then one of them twice."""

    def choose(drawer):
        rank = len(drawer.shapes[of])
        order = drawer.permutation(rank)[: drawer.integer(0, rank)] if rank else []
        if order and drawer.rarely():
            order = [*order, order[0]]
        return tuple(order)

    return choose


def size(of: str = "x", at: str = "dim", low: int = 0, beyond: int = 0) -> Callable:
    """A number from ``low`` to the size of the input along its argument ``at`` plus ``beyond``."""

    def choose(drawer):
        shape, where = drawer.shapes[of], drawer.chosen.get(at, 0)
        along = shape[where] if shape and -len(shape) <= where < len(shape) else 1
        return drawer.integer(low, max(low, along + beyond))

    return choose


@dataclass(frozen=True)
class Operation:
    """One line of the table: an operation in one form."""

    name: str
    calls: tuple[str, ...]
    family: str
    inputs: dict[str, Input]
    choices: dict[str, object] = field(default_factory=dict)
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    form: str = "function"  # or "in place", "out="
    exact: bool = False
    ulp: int | None = None
    accumulates: bool = False
    differentiable: bool = True
    smooth: bool = True  # whether finite differences can check it
    absent: dict[str, str] = field(default_factory=dict)
    differs: dict[str, str] = field(default_factory=dict)
    prepare: str = ""
    fits: bool = False  # whether shapes are always such as fit


OPERATIONS: dict[str, Operation] = {}
_FAMILY = ["?"]


def family(title: str) -> None:
    """The entries that follow belong under this heading."""
    _FAMILY[0] = title


def operation(
    name: str,
    *calls: str,
    in_place: bool | str = False,
    out: bool | tuple[str, ...] = False,
    no: dict[str, str] | None = None,
    differs: dict[str, str] | None = None,
    only: tuple[str, ...] = ("function",),
    sizes: dict[str, tuple[int, int]] | None = None,
    exact: bool = False,
    ulp: int | None = None,
    accumulates: bool = False,
    differentiable: bool = True,
    smooth: bool = True,
    prepare: str = "",
    recorded: str = "",
    fits: bool = False,
    **named,
) -> None:
    """Register an operation. Keyword arguments that are inputs become tensors of that name; the others are choices
    for ``{NAME}`` in the calls: a list of values, or a function of the drawer.

    ``no`` says why an aspect does not apply; ``differs`` why it is known to differ (the tests demand that it still
    does); a key ``"in place: errors"`` or ``"out=: errors"`` speaks of that form alone. ``exact`` demands equal values;
    ``ulp`` replaces the bound of the dtype; ``accumulates`` measures the distance against the largest number involved.
    ``prepare`` is a statement to run before the call. ``recorded`` is the one form that autograd records where it would
    not: of an operation that is not differentiable, or with ``out=``. ``fits`` keeps to shapes that fit, for operations
    of PyTorch that would read and write foreign memory.
    """
    inputs = {key: value for key, value in named.items() if isinstance(value, Input)}
    choices = {key: value for key, value in named.items() if not isinstance(value, Input)}
    forms = [("function", name, calls)] if "function" in only else []
    if in_place:
        written = in_place if isinstance(in_place, str) else _in_place_form(calls)
        forms.append(("in place", f"{name}_", (written,)))
    if out:
        dtypes = ("",) if out is True else out
        forms.append(("out=", f"{name}(out=)", (_out_form(calls, dtypes),)))
        choices.setdefault("out_dtype", [f"torch.{d}" for d in ("float32", "float64", "complex128", "int64")])
    for form, title, spellings in forms:
        if title in OPERATIONS:
            raise ValueError(f"operation {title!r} is registered twice")
        absent = _for_form(no, form)
        if not differentiable and form != recorded:
            absent = dict.fromkeys(_DERIVED, "has no derivative") | absent
        if form == "out=" != recorded:
            absent = dict.fromkeys(_DERIVED, "out= forms are not recorded") | absent
        OPERATIONS[title] = Operation(
            title, spellings, _FAMILY[0], inputs,
            {k: v for k, v in choices.items() if any("{" + k in c for c in spellings)}, sizes or {}, form, exact, ulp,
            accumulates, differentiable, smooth and form == "function", absent, _for_form(differs, form), prepare, fits,
        )  # fmt: skip


def _for_form(reasons: dict[str, str] | None, form: str) -> dict[str, str]:
    found = {}
    for key, reason in (reasons or {}).items():
        where, _, aspect = key.rpartition(": ")
        if aspect not in ASPECTS:
            raise ValueError(f"no aspect {aspect!r}; there are {', '.join(ASPECTS)}")
        if where in ("", form):
            found[aspect] = reason
    return found


def _in_place_form(calls: tuple[str, ...]) -> str:
    for call in calls:
        match = re.match(r"(\w+)\.(\w+)\((.*)\)$", call)
        if match and match[1] not in ("torch", "F"):
            return f"{match[1]}.clone().{match[2]}_({match[3]})"
    raise ValueError(f"no method among {calls}: give the in-place form as a text")


def _out_form(calls: tuple[str, ...], dtypes: tuple[str, ...]) -> str:
    methods = [match for call in calls if (match := re.match(r"(\w+)\.(\w+)\((.*)\)$", call)) and match[1] != "F"]
    functions = [f"torch.{m[2]}({', '.join(filter(None, [m[1], m[3]]))})" for m in methods if m[1] != "torch"]
    for call in (*calls, *functions):
        if call.startswith("torch."):
            made = [f"torch.empty(0, dtype={'torch.' + d if d else '{out_dtype}'})" for d in dtypes]
            target = made[0] if len(made) == 1 else f"({', '.join(made)})"
            return f"{call[:-1]}, out={target})"
    raise ValueError(f"no function of torch among {calls}")
