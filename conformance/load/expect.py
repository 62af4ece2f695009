"""Reading values: what stands to the right of an expression under `expect`.

A value is a literal, a mapping that adds dtype, shape or tolerance to one, or a choice whose branches
are values again.
"""

from __future__ import annotations

import difflib
import math
from typing import Any

from conformance.load import tables
from conformance.load.choices import Choices, check_device_marks, mark
from conformance.load.model import Expectation, Tolerance, Value
from conformance.load.report import Report, meant, quoted
from conformance.load.yaml_nodes import Mapping, Node, Scalar, Sequence


class ValueReader:
    """Reads the expected values of one case."""

    __slots__ = ("choices", "report")

    def __init__(self, report: Report, choices: Choices) -> None:
        self.report = report
        self.choices = choices

    def value(self, node: Node) -> Expectation | None:
        """The expectation of an `expect` entry; None where a problem was noted."""
        if not isinstance(node, Mapping):
            return self._literal(node)
        return self.choices.read(node, self.value) or self._value_mapping(node)

    def _literal(self, node: Node) -> Value | None:
        before = len(self.report.problems)
        data = plain(node, "an expected value", self.report, text_too=True)
        return Value(data, mark(node)) if len(self.report.problems) == before else None

    def _value_mapping(self, node: Mapping) -> Value | None:
        """`{value: .., dtype: .., shape: .., ulp: .., rtol: .., atol: ..}`"""
        report, before = self.report, len(self.report.problems)
        parts: dict[str, Node] = {}
        for key, child in node.pairs:
            if key.text in tables.VALUE_KEYS:
                parts[key.text] = child
            else:
                self._unknown_expectation_key(key)
        literal = parts.get("value")
        if len(report.problems) > before:
            return None
        if literal is None:
            report.add(node, "value-missing", "the mapping states no `value`", "add `value:` with the literal")
            return None
        if isinstance(literal, Mapping):
            report.add(
                literal,
                "mapping",
                "`value` holds a literal, not a mapping",
                "put `one_of`, `per_device` or `per_torch` around the mapping that holds `value`",
            )
            return None
        data = plain(literal, "`value`", self.report, text_too=True)
        dtype = self._dtype(parts.get("dtype"))
        shape = self._shape(parts.get("shape"), data, node)
        tolerance = self.tolerance(parts)
        if tolerance is not None and not _has_numbers(data):
            report.add(literal, "tolerance", "a tolerance on a value without numbers", "remove the tolerance")
        if dtype is not None and data is None:
            report.add(parts["dtype"], "dtype", "null has no dtype", "remove `dtype`")
        if len(report.problems) > before:
            return None
        return Value(data, mark(node), dtype, shape, tolerance)

    def _unknown_expectation_key(self, key: Scalar) -> None:
        if key.text == tables.ROW_KEY or key.text in tables.CHOICES:
            self.report.add(
                key,
                "alone",
                f"{quoted(key.text)} stands beside other keys",
                "let it stand alone in its mapping",
            )
        else:
            near = difflib.get_close_matches(key.text, tables.EXPECTATION_KEYS, n=1, cutoff=0.7)
            mend = (
                f"did you mean `{near[0]}`?"
                if near
                else "quote text that begins with `{`; a dict is stated by its repr"
            )
            self.report.add(key, "unknown-key", f"{quoted(key.text)} is no key of an expectation", mend)

    def _dtype(self, node: Node | None) -> str | None:
        if node is None:
            return None
        if isinstance(node, Scalar) and isinstance(node.value, str):
            name = node.value.removeprefix("torch.")
            if name in tables.DTYPES:
                return name
            alias = tables.DTYPE_ALIASES.get(name)
            mend = f"write `torch.{alias}`" if alias else meant(name, tables.DTYPES)
            self.report.add(node, "dtype", f"{quoted(node.text)} is no dtype", mend)
        else:
            self.report.add(node, "dtype", "`dtype` is the name of a dtype", "write it like `torch.float64`")
        return None

    def _shape(self, node: Node | None, data: Any, whole: Node) -> tuple[int, ...] | None:
        if node is None:
            return None
        sizes = [item.value if isinstance(item, Scalar) else None for item in getattr(node, "items", ())]
        if not isinstance(node, Sequence) or any(type(n) is not int or n < 0 for n in sizes):
            self.report.add(
                node, "shape", "`shape` is a list of sizes", "write it like `[2, 3]`, `[]` for no dimension"
            )
            return None
        own, shape = nested_shape(data), tuple(sizes)
        agrees = own == shape or (0 in (own or ()) and own == shape[: len(own or ())])
        if own is None:
            self.report.add(node, "shape", "a shape on nested lists of unequal lengths", "remove `shape`")
        elif not agrees:
            self.report.add(
                node,
                "shape",
                f"the shape {list(shape)} is not that of the value, {list(own)}",
                "nest the value as its shape says; only behind a size of 0 does `shape` add anything",
            )
        else:
            return shape
        return None

    def tolerance(self, parts: dict[str, Node]) -> Tolerance | None:
        """The `ulp`, `rtol` and `atol` among the parts of a mapping; None without any."""
        given: dict[str, Any] = {}
        for name in tables.TOLERANCES:
            node = parts.get(name)
            if node is None:
                continue
            number = node.value if isinstance(node, Scalar) else None
            if name == "ulp":
                good = type(number) is int and number >= 0
            else:
                good = type(number) in (int, float) and math.isfinite(number) and number >= 0
            if good:
                given[name] = number if name == "ulp" else float(number)
            else:
                kind = "a whole number" if name == "ulp" else "a number"
                self.report.add(
                    node,
                    "tolerance",
                    f"`{name}` is {kind} of 0 or more",
                    f"write it like `{name}: {2 if name == 'ulp' else 1e-6}`",
                )
        return Tolerance(**given) if given else None


def nested_shape(data: Any) -> tuple[int, ...] | None:
    """The shape of nested tuples: () for a scalar, None where lengths differ."""
    if not isinstance(data, tuple):
        return ()
    inner = {nested_shape(item) for item in data}
    if not inner:
        return (0,)
    shape = inner.pop()
    return None if inner or shape is None else (len(data), *shape)


def _has_numbers(data: Any) -> bool:
    """Whether a tolerance means anything: a number, complex numbers being texts, somewhere in it."""
    if isinstance(data, tuple):
        return not data or any(_has_numbers(item) for item in data)
    if isinstance(data, str):
        return data.replace(" ", "").rstrip("j") != data.replace(" ", "")
    return isinstance(data, int | float) and not isinstance(data, bool)


def plain(node: Node, what: str, report: Report, text_too: bool = False) -> Any:
    """A scalar's value, or nested tuples of them; `text_too` checks device marks in texts."""
    if isinstance(node, Scalar):
        if text_too and isinstance(node.value, str):
            check_device_marks(node, report)
        return node.value
    if isinstance(node, Sequence):
        return tuple([plain(item, what, report, text_too) for item in node.items])
    report.add(
        node,
        "mapping",
        f"a mapping inside {what}",
        "quote text that begins with `{`; one_of, row and their kin stand around the whole value",
    )
    return None
