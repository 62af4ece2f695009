"""Choices among expectations: `row`, `one_of`, `per_device`, `per_torch`.

The same choices stand around a value, a message, a whole `{Name: message}` or a list of warnings. What
their branches hold is read by the function that the caller passes.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Any

from conformance.load import tables
from conformance.load.model import Expectation, Mark, OneOf, PerDevice, PerTorch, RowRef
from conformance.load.report import Report, meant, quoted
from conformance.load.yaml_nodes import Mapping, Node, Scalar, Sequence

Branch = Callable[[Node], Expectation | None]
"""Reads one branch; None where a problem was noted."""

_DEVICE_NAME = re.compile(r"[a-z][a-z0-9_]*")
_DEVICE_MARK = re.compile(r"\{\s*(\w+)\s*:")


def mark(node: Node) -> Mark:
    """Where the node stands."""
    return Mark(node.line, node.column)


class Choices:
    """Reads the choices of one case. `row_names` are the names that `{row: NAME}` may give."""

    __slots__ = ("report", "row_names")

    def __init__(self, report: Report, row_names: frozenset[str] = frozenset()) -> None:
        self.report = report
        self.row_names = row_names

    def read(self, node: Mapping, branch: Branch) -> Expectation | None:
        """The `row`, `one_of`, `per_device` or `per_torch` that the mapping is; None if it is none.

        `branch` reads what a choice holds. A choice with a problem inside is returned without its bad
        branches: its problems are noted, and the file is refused for them.
        """
        if len(node.pairs) != 1:
            return None
        key, held = node.pairs[0]
        if key.text == tables.ROW_KEY:
            return self._row(held, node)
        if key.text == "one_of":
            return self._one_of(held, node, branch)
        if key.text in ("per_device", "per_torch"):
            return self._per(key, held, node, branch)
        return None

    def _row(self, held: Node, node: Node) -> RowRef:
        name = held.value if isinstance(held, Scalar) else None
        if not isinstance(name, str):
            self.report.add(held, "row", "`row` is the name of an entry of `rows`", "write it like `{row: want}`")
        elif name not in self.row_names:
            mend = meant(name, sorted(self.row_names)) if self.row_names else "add `rows` to the case"
            self.report.add(held, "row", f"no row gives {quoted(name)}", mend)
        return RowRef(str(name), mark(node))

    def _one_of(self, held: Node, node: Node, branch: Branch) -> OneOf:
        if not isinstance(held, Sequence) or len(held.items) < 2:
            self.report.add(held, "one-of", "`one_of` is a list of two or more", "write `one_of: [.., ..]`")
            return OneOf((), mark(node))
        options = tuple([got for item in held.items if (got := branch(item)) is not None])
        return OneOf(options, mark(node))

    def _per(self, key: Scalar, held: Node, node: Node, branch: Branch) -> PerDevice | PerTorch:
        by_device = key.text == "per_device"
        if not isinstance(held, Mapping) or not held.pairs:
            example = "{cpu: .., cuda: ..}" if by_device else '{"<2.1": .., ">=2.1": ..}'
            what = f"`{key.text}` is a mapping from {'device types' if by_device else 'version specifiers'}"
            self.report.add(held, key.text.replace("_", "-"), what, f"write it like `{key.text}: {example}`")
            held = Mapping([], held.line, held.column)
        check = self._check_device if by_device else self._check_specifier
        seen: dict[Any, str] = {}
        branches = []
        for name, child in held.pairs:
            check(name, seen)
            got = branch(child)
            if got is not None:
                branches.append((name.text, got))
        return (PerDevice if by_device else PerTorch)(tuple(branches), mark(node))

    def _check_device(self, key: Scalar, seen: dict[Any, str]) -> None:
        name = key.text
        if not _DEVICE_NAME.fullmatch(name):
            self.report.add(key, "per-device", f"{quoted(name)} is no device type", "write the type alone, like `cuda`")
        elif name not in tables.DEVICE_TYPES:
            near = ["cuda"] if name == "gpu" else difflib.get_close_matches(name, tables.DEVICE_MARKS, 1)
            if near:
                self.report.add(key, "per-device", f"{quoted(name)} is no device type", f"did you mean `{near[0]}`?")

    def _check_specifier(self, key: Scalar, seen: dict[Any, str]) -> None:
        from packaging.specifiers import InvalidSpecifier, SpecifierSet  # 10 ms, and few files need it

        try:
            parsed = SpecifierSet(key.text)
        except InvalidSpecifier:
            parsed = None
        if not parsed:
            self.report.add(
                key,
                "per-torch",
                f"{quoted(key.text)} is no version specifier",
                'write it like `">=2.1"` or `">=2.1,<2.4"`',
            )
        elif parsed in seen:
            self.report.add(
                key,
                "per-torch",
                f"{quoted(key.text)} says the same as {quoted(seen[parsed])}",
                "keep one of them: exactly one must match",
            )
        else:
            seen[parsed] = key.text


def check_device_marks(node: Scalar, report: Report) -> None:
    """`{cuda:TEXT}` and `{cpu:TEXT}`: closed, not nested, spelled exactly so."""
    text = node.value
    if "{" not in text:
        return
    for found in _DEVICE_MARK.finditer(text):
        name = found.group(1)
        if name.lower() not in (*tables.DEVICE_MARKS, "gpu"):
            continue
        close = text.find("}", found.end())
        if found.group() not in ("{cpu:", "{cuda:"):
            what, mend = f"{quoted(found.group())} is no device mark", "write `{cuda:TEXT}` or `{cpu:TEXT}`"
        elif close < 0:
            what, mend = f"{quoted(found.group())} is never closed", "close it with `}` behind its text"
        elif text.find("{", found.end(), close) >= 0:
            what = f"a brace inside {quoted(found.group() + '..}')}"
            mend = "device marks hold plain text; use `per_device`"
        else:
            continue
        report.add(node, "device-mark", what, mend)
        return
