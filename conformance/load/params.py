"""`params` and `rows`: what a case is repeated over, and the instances that follow.

A value's label in an instance's id is what the file says, white space folded: `[dtype=torch.float64]`,
`[n=3,want=[1.,2.]]`. So ids change only when somebody edits the value.
"""

from __future__ import annotations

import hashlib
import itertools
import keyword
import math
import re
from collections.abc import Iterator
from typing import Any

from conformance.load import limits, tables
from conformance.load.choices import mark
from conformance.load.expect import plain
from conformance.load.model import Case, Instance, Param, Row, SpecFile
from conformance.load.report import Report, printable, quoted
from conformance.load.yaml_nodes import Mapping, Node, Scalar, Sequence, is_empty
from conformance.load.yaml_scalars import is_text

_NAME = re.compile(tables.NAME)
_LABEL = 80
"""Characters of one value in an id; a longer one is cut and a digest of all of it added."""

_Combination = tuple[str, tuple[tuple[str, str], ...], tuple[tuple[str, Any], ...]]
"""An instance's label, its bindings and its row."""


def read_params(node: Node | None, report: Report) -> tuple[Param, ...]:
    """The `params` of a case."""
    if node is None:
        return ()
    if not isinstance(node, Mapping) or is_empty(node):
        report.add(node, "params", "`params` is a mapping from names to lists", "write `params: {name: [.., ..]}`")
        return ()
    return tuple([_param(key, held, report) for key, held in node.pairs])


def _param(key: Scalar, held: Node, report: Report) -> Param:
    _check_name(key, report)
    values: dict[str, str] = {}
    if not isinstance(held, Sequence) or not held.items:
        report.add(held, "params", f"{quoted(key.text)} is not a list of values", "write it like `[1, 2]`")
        return Param(key.text, (), mark(key))
    for item in held.items:
        if not isinstance(item, Scalar):
            report.add(item, "params", "a list or mapping as a parameter", 'write it as text: "[1, 2]"')
            continue
        label = _label(item)
        if isinstance(item.value, str) and not item.text.strip():
            report.add(item, "params", "an empty expression", "a text is an expression; empty text is \"''\"")
        elif label in values:
            report.add(item, "params", f"{quoted(label)} stands twice", "keep one of them")
        else:
            values[label] = item.text.strip() if isinstance(item.value, str) else literal(item.value)
    return Param(key.text, tuple(values.items()), mark(key))


def literal(value: Any) -> str:
    """The Python expression for a YAML scalar that is not text."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return f"float('{value}')"
    return repr(value)


def read_rows(node: Node | None, report: Report) -> tuple[Row, ...]:
    """The `rows` of a case. Every row names the same entries, so no instance lacks a name."""
    if node is None:
        return ()
    if not isinstance(node, Sequence) or not node.items:
        report.add(node, "rows", "`rows` is a list of mappings", "write each row like `- {n: 1, want: 2.}`")
        return ()
    rows: list[Row] = []
    names: tuple[str, ...] = ()
    labels: set[str] = set()
    for item in node.items:
        if not isinstance(item, Mapping) or not item.pairs:
            report.add(item, "rows", "a row is a mapping from names to data", "write it like `- {n: 1, want: 2.}`")
            continue
        own = tuple([key.text for key, _ in item.pairs])
        if not names:
            names = own
            for key, _ in item.pairs:
                _check_name(key, report)
        elif set(own) != set(names):
            odd = sorted(set(own) ^ set(names))[0]
            what = "has no" if odd in names else "alone has"
            report.add(item, "rows", f"the row {what} {quoted(odd)}", "give every row the same names")
            continue
        pairs = dict(zip(own, (held for _, held in item.pairs), strict=True))
        values = tuple([(name, plain(pairs[name], "a row", report)) for name in names])
        label = ",".join([f"{name}={_label(pairs[name], data=True)}" for name in names])
        if label in labels:
            report.add(item, "rows", "the row stands twice", "keep one of them")
        labels.add(label)
        rows.append(Row(label, values, mark(item)))
    return tuple(rows)


def check_instances(params: tuple[Param, ...], rows: tuple[Row, ...], at: Node, report: Report) -> None:
    """Names clash between `params` and `rows` nowhere, and the instances are not too many."""
    shared = {p.name for p in params} & {name for row in rows[:1] for name, _ in row.values}
    if shared:
        report.add(at, "rows", f"{quoted(min(shared))} stands in `params` and in `rows`", "rename one of them")
    count = instance_count(params, rows)
    if count > limits.INSTANCES:
        report.add(
            at,
            "instances",
            f"the case has {count} instances, more than {limits.INSTANCES}",
            "split or thin it out",
        )
    elif len(params) + bool(rows) > 1 and not report.problems:
        labels = list(_combinations(params, rows))
        if len({label for label, _, _ in labels}) < len(labels):
            report.add(at, "instances", "two instances have the same id", "write their values differently")


def instance_count(params: tuple[Param, ...], rows: tuple[Row, ...]) -> int:
    """How many instances the params and rows of a case make."""
    return math.prod([len(param.values) for param in params], start=max(len(rows), 1))


def _check_name(key: Scalar, report: Report) -> None:
    name = key.text
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        report.add(key, "name", f"{quoted(name)} cannot name a variable", "write a Python name without leading `_`")
    elif name in tables.GIVEN_NAMES:
        report.add(key, "name", f"{quoted(name)} is given to every program", "choose another name")


def _label(node: Node, data: bool = False) -> str:
    """What is written, on one line. A text of `data` that looks like something else keeps quotes."""
    if isinstance(node, Mapping):
        return "{}"
    if isinstance(node, Sequence):
        label = f"[{','.join([_label(item, data) for item in node.items])}]"
    elif data and node.style and not is_text(node.text):
        label = f"'{node.text}'"
    else:
        label = printable(" ".join(node.text.split())) or ("null" if node.value is None else "")
    if len(label) <= _LABEL:
        return label
    return f"{label[: _LABEL - 20]}…{hashlib.sha256(label.encode()).hexdigest()[:12]}"


def instances(file: SpecFile) -> tuple[Instance, ...]:
    """The instances of every case of the file, in file order; `params` vary slower than `rows`."""
    return tuple([instance for case in file.cases for instance in instances_of(case, file)])


def instances_of(case: Case, file: SpecFile) -> list[Instance]:
    """The instances of one case."""
    if not case.params and not case.rows:
        return [Instance(case.id, case, file.shown, file.path)]
    return [
        Instance(f"{case.id}[{label}]", case, file.shown, file.path, bindings, row)
        for label, bindings, row in _combinations(case.params, case.rows)
    ]


def _combinations(params: tuple[Param, ...], rows: tuple[Row, ...]) -> Iterator[_Combination]:
    for chosen in itertools.product(*[param.values for param in params]):
        named = [(param.name, label, text) for param, (label, text) in zip(params, chosen, strict=True)]
        bindings = tuple([(name, text) for name, _, text in named])
        labels = [f"{name}={label}" for name, label, _ in named]
        if not rows:
            yield ",".join(labels), bindings, ()
        for row in rows:
            yield ",".join([*labels, row.label]), bindings, row.values
