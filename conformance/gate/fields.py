"""Reading the reviewed files of `reports/`: YAML with closed keys, every mistake with line and mend.

They are read with the specs' own strict YAML, so a duplicate key or an alias is refused here too.
"""

from __future__ import annotations

import datetime
from pathlib import Path

from conformance import paths
from conformance.exceptions import ConformanceError, SpecError
from conformance.load.report import Report, listed, meant, quoted
from conformance.load.yaml_nodes import Mapping, Node, Scalar, Sequence, compose, decode


class Fields:
    """One file under reading; `error` is the exception that its mistakes become."""

    def __init__(self, path: Path, error: type[ConformanceError]) -> None:
        self.path = path
        self.error = error
        self.report = Report(paths.shown(path))

    def root(self) -> Mapping | None:
        """The file's mapping; None for a file that is empty but for comments."""
        try:
            raw = self.path.read_bytes()
        except OSError as problem:
            raise self.error(f"{self.report.shown}:1:1: cannot be read: {problem.strerror}") from None
        try:
            text = decode(raw, self.report.shown)
            if all(not line.strip() or line.lstrip().startswith("#") for line in text.split("\n")):
                return None
            node = compose(text, self.report)
        except SpecError as problem:
            raise self.error(str(problem)) from None
        if not isinstance(node, Mapping):
            self.wrong(node, "shape", "the file is not a mapping", "begin it with a key")
            self.done()
        return node

    def done(self) -> None:
        """Raises the file's error where any problem was noted."""
        if self.report.problems:
            raise self.error(str(SpecError(self.report.problems)))

    def wrong(self, node: Node, code: str, what: str, mend: str) -> None:
        """Note a problem."""
        self.report.add(node, code, what, mend)

    def closed(self, node: Mapping, keys: tuple[str, ...], required: tuple[str, ...] = ()) -> bool:
        """Note each unknown key, and the required ones that are missing."""
        before = len(self.report.problems)
        for key, _ in node.pairs:
            if key.text not in keys:
                self.wrong(key, "unknown-key", f"{quoted(key.text)} is no key here", meant(key.text, keys))
        missing = [name for name in required if node.get(name) is None]
        if missing:
            self.wrong(node, "missing-key", f"{listed(missing, 'and')} missing", f"add `{missing[0]}:`")
        return len(self.report.problems) == before

    def text(self, node: Node | None, name: str) -> str | None:
        """A text, as it is written: `4.` and `None` are texts here. None if absent."""
        if node is None:
            return None
        if not isinstance(node, Scalar) or not node.text.strip():
            self.wrong(node, "text", f"`{name}` is not a text", "write one line of text, or a `|` block")
            return None
        return node.text.strip("\n")

    def word(self, node: Node | None, name: str, known: tuple[str, ...]) -> str | None:
        """One of a closed list of words."""
        found = self.text(node, name)
        if found is not None and found not in known:
            self.wrong(node, name, f"{quoted(found)} is no {name}", meant(found, known))
            return None
        return found

    def texts(self, node: Node | None, name: str) -> tuple[str, ...] | None:
        """A list of texts. None if absent."""
        if node is None:
            return None
        if not isinstance(node, Sequence):
            self.wrong(node, "list", f"`{name}` is not a list", f"write `{name}: [..]`")
            return None
        return tuple(found for item in node.items if (found := self.text(item, name)) is not None)

    def pairs(self, node: Node | None, name: str) -> list[tuple[Scalar, Node]]:
        """The pairs of a mapping; none if absent."""
        if node is not None and not isinstance(node, Mapping):
            self.wrong(node, "mapping", f"{quoted(name)} is not a mapping", f"write `{name}: {{}}` for none")
        return node.pairs if isinstance(node, Mapping) else []

    def count(self, node: Node | None, name: str) -> int | None:
        """A whole number of 0 or more. None if absent."""
        if node is None:
            return None
        value = node.value if isinstance(node, Scalar) else None
        if type(value) is not int or value < 0:
            self.wrong(node, "number", f"`{name}` is a whole number of 0 or more", f"write `{name}: 1`")
            return None
        return value

    def flag(self, node: Node | None, name: str) -> bool | None:
        """true or false. None if absent."""
        if node is None:
            return None
        value = node.value if isinstance(node, Scalar) else None
        if not isinstance(value, bool):
            self.wrong(node, "flag", f"`{name}` is true or false", f"write `{name}: true`")
            return None
        return value

    def date(self, node: Node | None, name: str) -> datetime.date | None:
        """A date like `2027-03-01`. None if absent."""
        found = self.text(node, name)
        if found is None:
            return None
        try:
            return datetime.datetime.strptime(found, "%Y-%m-%d").date()
        except ValueError:
            self.wrong(node, "date", f"{quoted(found)} is no date", "write it like `2027-03-01`")
            return None
