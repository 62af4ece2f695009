"""Reading `raises` and `warns`: `{Name: message}`, lists of them, and choices around either.

Names are the classes' own (`type(e).__name__`), from the closed lists in `tables`.
"""

from __future__ import annotations

import difflib

from conformance.load import tables
from conformance.load.choices import Choices, check_device_marks, mark
from conformance.load.model import Expectation, Group, RowRef, Thrown, Value
from conformance.load.report import Report, listed, quoted
from conformance.load.yaml_nodes import Mapping, Node, Scalar, Sequence, describe


class ThrownReader:
    """Reads what the steps of one case raise and warn."""

    __slots__ = ("choices", "report")

    def __init__(self, report: Report, choices: Choices) -> None:
        self.report = report
        self.choices = choices

    def raises(self, node: Node) -> Expectation | None:
        """What stands under `raises`."""
        return self._thrown(node, "raises", optional=False)

    def warns(self, node: Node) -> Expectation | None:
        """What stands under `warns`: a list, or a choice among lists."""
        return self._warns(node, optional=False)

    def _warns(self, node: Node, optional: bool) -> Expectation | None:
        if isinstance(node, Sequence):
            if not node.items and not optional:
                self.report.add(node, "nothing", "`warns` lists nothing", "remove it: a step must not warn without it")
            items = [got for item in node.items if (got := self._thrown(item, "warns", optional=False)) is not None]
            return Group(tuple(items), mark(node))
        if optional and isinstance(node, Scalar) and node.value is None:
            return Group((), mark(node))
        if isinstance(node, Mapping) and (
            got := self.choices.read(node, lambda held: self._warns(held, optional=True))
        ):
            if isinstance(got, RowRef):
                self.report.add(node, "row", "a row gives plain data, not warnings", "let the row give the message")
            return got
        self.report.add(
            node,
            "warns",
            "`warns` is a list of `Name: message`",
            "begin each warning with `- `, like `- UserWarning: text`",
        )
        return None

    def _thrown(self, node: Node, where: str, optional: bool) -> Expectation | None:
        """`{Name: message}`, or a choice among them; null for none where `optional`."""
        if isinstance(node, Scalar) and node.value is None and optional:
            return Value(None, mark(node), message=True)
        if not isinstance(node, Mapping) or not node.pairs:
            example = "RuntimeError" if where == "raises" else "UserWarning"
            self.report.add(
                node,
                where,
                f"`{where}` states no `Name: message`",
                f"write it like `{example}: the message`",
            )
            return None
        got = self.choices.read(node, lambda held: self._thrown(held, where, optional=True))
        if isinstance(got, RowRef):
            self.report.add(node, "row", "a row gives plain data, not an exception", "let the row give the message")
        if got is not None:
            return got
        if len(node.pairs) > 1:
            self.report.add(
                node.pairs[1][0],
                where,
                "two names in one mapping",
                "begin each with `- `"
                if where == "warns"
                else "a step raises one exception; either of two is `one_of: [..]`",
            )
            return None
        key, held = node.pairs[0]
        self._check_name(key, where)
        message = self._message(held)
        return None if message is None else Thrown(key.text, message, mark(node))

    def _check_name(self, key: Scalar, where: str) -> None:
        known = tables.RAISED_NAMES if where == "raises" else tables.WARNED_NAMES
        if key.text in known:
            return
        kind = "exception" if where == "raises" else "warning"
        last = key.text.rpartition(".")[2]
        if key.text in ("IOError", "EnvironmentError"):
            mend = "write `OSError`, the name that the class carries"
        elif last in known:
            mend = f"write the class's own name, `{last}`"
        elif last == "LinAlgError":
            mend = "write `_LinAlgError`, the name that the class carries"
        else:
            near = difflib.get_close_matches(key.text, sorted(known), n=1, cutoff=0.6)
            mend = f"did you mean `{near[0]}`?" if near else f"name a built-in {kind} of Python, or one of torch's own"
        self.report.add(key, where, f"{quoted(key.text)} is no known {kind}", mend)

    def _message(self, node: Node) -> Expectation | None:
        if isinstance(node, Mapping):
            got = self.choices.read(node, self._message)
            if got is None:
                self.report.add(
                    node,
                    "message",
                    "a mapping where a message is expected",
                    f"quote a message that begins with `{{`; {listed(tables.CHOICES)} may hold messages",
                )
            return got
        if isinstance(node, Scalar) and isinstance(node.value, str):
            check_device_marks(node, self.report)
            return Value(node.value, mark(node), message=True)
        what = describe(node)
        mend = "state the message; `...` stands for any" if what in ("null", "empty") else "put the message in quotes"
        self.report.add(node, "message", f"the message is {what}, not a text", mend)
        return None
