"""Whether two engines agree about a program, and the smallest part of it about which they do not."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

Program = tuple[str, ...]
_PRECISION = (("float16", 4e-2), ("bfloat16", 8e-2), ("", 2e-4))
"""How far apart numbers of a program with these dtypes may be: both engines round, and statements add up."""


@dataclass(frozen=True)
class Difference:
    """What two engines show otherwise: after which statement, of what (``v1.grad``), and both answers."""

    statement: int
    aspect: str
    wanted: object
    found: object

    @property
    def kind(self) -> str:
        """Differences of one kind probably have one cause: the aspect, whatever the tensor is called."""
        return self.aspect.partition(".")[2] or self.aspect


def difference(program: Program, wanted: list[dict] | None, found: list[dict] | None) -> Difference | None:
    """The first difference; None where both agree, and where ``wanted`` is missing because torch crashed."""
    if wanted is None:
        return None
    if found is None:
        return Difference(len(program) - 1, "process", "lives", "died, or never answered")
    text = "\n".join(program)
    precision = max(p for dtype, p in _PRECISION if dtype in text)
    for number, (left, right) in enumerate(zip(wanted, found, strict=True)):
        if left["raised"] and right["raised"] and "Inference tensors cannot be saved" in left["raised"]:
            return None  # torch saves operands before it finds that they do not fit together
        for aspect, a, b in _aspects(left, right):
            if aspect == "noted" and (left["raised"] or "create_graph" in program[number]):
                # torch packs what an operation saves before it finds that the operation cannot be done; and which
                # operations a derivative consists of, is each engine's own affair.
                a, b = ([note for note in notes if note[0] != "pack"] for notes in (a, b))
            if aspect.endswith((".version", ".grad")) and any(mode in text for mode in _UNCOUNTED):
                a, b = _without_version(a), _without_version(b)
            if aspect.endswith(_INNER) and ("create_graph" in text or "make_dual" in text):
                continue
            if not alike(a, b, precision):
                return Difference(number, aspect, a, b)
    return None


_INNER = (".history", ".grad_fn")
"""Aspects that are not compared in programs that differentiate derivatives or have tangents: the nodes there are those
of formulas, which each engine writes in its own way."""


_UNCOUNTED = ("inference_mode()", "allow_mutation_on_saved_tensors()")
"""How many writes torch counts in what it computes of inference tensors, and where its Python dispatcher listens,
depends on which kernels the dispatcher passes through."""


def _without_version(seen):
    """A count becomes 0, one that is not there stays None; a gradient loses its own."""
    if isinstance(seen, dict):
        return {key: value for key, value in seen.items() if key != "version"}
    return None if seen is None else 0


def _aspects(left: dict, right: dict):
    for aspect in ("raised", "warned", "noted", "modes"):
        yield aspect, left[aspect], right[aspect]
    ours, theirs = left.get("tensors", {}), right.get("tensors", {})
    yield "tensors", sorted(ours), sorted(theirs)
    for name, tensor in ours.items():
        other = theirs[name]
        for aspect in tensor.keys() | other.keys():
            yield f"{name}.{aspect}", tensor.get(aspect), other.get(aspect)


def alike(a, b, precision: float) -> bool:
    """Equal, numbers up to rounding."""
    if isinstance(a, float) and isinstance(b, float):
        return _near(a, b, precision)
    if isinstance(a, complex) and isinstance(b, complex):
        return _near(a.real, b.real, precision * max(1.0, _size(a))) and _near(
            a.imag, b.imag, precision * max(1.0, _size(a))
        )
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[key], b[key], precision) for key in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(alike(x, y, precision) for x, y in zip(a, b, strict=True))
    return type(a) is type(b) and a == b


def _near(a: float, b: float, precision: float) -> bool:
    if a == b or (math.isnan(a) and math.isnan(b)):
        return True
    return abs(a - b) <= precision * max(1.0, abs(a), abs(b)) < math.inf


def _size(number: complex) -> float:
    size = abs(number)
    return size if math.isfinite(size) else 1.0


def shrunk(program: Program, differs: Callable[[Program], Difference | None]) -> Program:
    """Fewer statements about which the engines still differ in the same way."""
    first = differs(program)
    if first is None:
        return program
    program = program[: first.statement + 1]
    again = True
    while again:
        again = False
        for smaller in _smaller(program):
            now = differs(smaller)
            if now is not None and now.kind == first.kind:
                program, again = smaller[: now.statement + 1], True
                break
    return program


def _smaller(program: Program):
    """The program without one statement, or with one taken out of a block."""
    for number in reversed(range(len(program))):
        before, statement, after = program[:number], program[number], program[number + 1 :]
        yield (*before, *after)
        block, *inner = statement.split("\n    ")
        if inner:
            yield (*before, *inner, *after)
            for skipped in range(len(inner)):
                kept = inner[:skipped] + inner[skipped + 1 :]
                if kept:
                    yield (*before, "\n    ".join([block, *kept]), *after)


def described(program: Program, look_often: bool, found: Difference) -> str:
    """The program and both answers, to be read."""
    looks = "after each statement" if look_often else "at the end"
    lines = [*program, f"# looking {looks}, after: {program[found.statement].splitlines()[-1].strip()}"]
    return "\n".join([*lines, f"  {found.aspect}", f"    torch:  {found.wanted}", f"    engine: {found.found}"])
