"""Finding where a piece of restricted Python begins, so that every line of it has its line in the file."""

from __future__ import annotations

from conformance.load.model import Source
from conformance.load.report import Report, quoted
from conformance.load.yaml_nodes import Node, Scalar, Sequence, describe

_UNDER_BLOCK = "write it under `|`; one long line may be broken under `>-`"


class Code:
    """Reads program texts of one file. `lines` are the file's lines, without their ends."""

    __slots__ = ("lines", "report")

    def __init__(self, report: Report, lines: list[str]) -> None:
        self.report = report
        self.lines = lines

    def source(self, node: Node, key: str) -> Source | None:
        """The program under `key`; None where a problem was noted.

        A program of several lines stands under `|`: other texts are folded by YAML, so their lines would be
        neither the author's nor the file's. One long line may be folded with `>`.
        """
        report = self.report
        if not isinstance(node, Scalar):
            opening = "[" if isinstance(node, Sequence) else "{"
            report.add(
                node,
                "program",
                f"`{key}` is {describe(node)}, not a program",
                f"put code that begins with `{opening}` or holds `: ` in quotes, or write it under `|`",
            )
            return None
        text = node.text
        if not text.strip() or node.value is None:
            report.add(node, "program", f"`{key}` is {describe(node)}", "write a line of code, or remove the key")
            return None
        if not isinstance(node.value, str):
            report.add(
                node,
                "program",
                f"`{key}` is {describe(node)}, not a program",
                "put it in quotes if it is meant",
            )
            return None
        if node.style in ("|", ">"):
            return self._block(node, key)
        if "\n" in text or node.end_line != node.line:
            report.add(node, "program-folded", f"`{key}` has several lines that YAML folds", _UNDER_BLOCK)
            return None
        return Source(text.strip(), node.line, node.column + (1 if node.style else 0))

    def _block(self, node: Scalar, key: str) -> Source | None:
        """A block: blank lines at its beginning are skipped, its indentation gives the column."""
        lines = node.text.split("\n")
        skipped = 0
        while not lines[skipped].strip():
            skipped += 1
        line = node.line + 1 + skipped
        text = "\n".join(lines[skipped:]).rstrip()
        written = self.lines[line - 1]
        column = len(written) - len(written.lstrip(" ")) - (len(text) - len(text.lstrip(" "))) + 1
        if node.style == "|":
            return Source(text + "\n", line, column)
        if "\n" in text:
            self.report.add(node, "program-folded", f"`{key}` folds its lines with `>`, and has several", _UNDER_BLOCK)
            return None
        return Source(text, line, column)

    def expression(self, key: Scalar) -> Source | None:
        """The expression that a key of `expect` is; None where a problem was noted."""
        text = key.text.strip()
        if not text:
            self.report.add(key, "expression", "an empty expression", "write what is looked at, like `x.grad`")
            return None
        if "\n" in text or key.style in ("|", ">"):
            self.report.add(
                key, "expression", f"the expression {quoted(text)} has several lines", "write it on one line"
            )
            return None
        return Source(text, key.line, key.column + (1 if key.style else 0))
