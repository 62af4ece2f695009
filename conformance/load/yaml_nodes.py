"""From text to YAML nodes that know their place.

libyaml's C parser gives events; this module composes them itself, because a spec is narrower than
YAML: no anchors, aliases, tags, merge keys, directives or second documents, every key a text, no key
twice, bounded size and depth. What is left is three kinds of node, each with its 1-based line and
column. One walk; problems are collected, and only broken syntax ends it early.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import Any

import msgspec
import yaml
from yaml.cyaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from conformance.load import limits
from conformance.load.report import At, Report, quoted
from conformance.load.yaml_hints import syntax_problem
from conformance.load.yaml_scalars import NumberOutOfRange, resolve


class Scalar(msgspec.Struct, eq=False, gc=False):
    """A scalar: `value` is what it resolved to, `text` what is written (unescaped).

    `style` is "" for plain, "'", '"', "|" or ">"; `end_line` the line on which it ends.
    """

    text: str
    value: Any
    style: str
    line: int
    column: int
    end_line: int


class Sequence(msgspec.Struct, eq=False):
    """A list of nodes."""

    items: list[Node]
    line: int
    column: int


class Mapping(msgspec.Struct, eq=False):
    """Pairs of a key, always a text, and a node; in file order, no key twice."""

    pairs: list[tuple[Scalar, Node]]
    line: int
    column: int

    def get(self, name: str) -> Node | None:
        """The node under `name`, None where there is none."""
        for key, node in self.pairs:
            if key.text == name:
                return node
        return None


Node = Scalar | Sequence | Mapping


def describe(node: Node) -> str:
    """What the node is, in words."""
    if not isinstance(node, Scalar):
        return ("an empty " if is_empty(node) else "a ") + ("list" if isinstance(node, Sequence) else "mapping")
    if node.value is None:
        return "null" if node.text else "empty"
    if isinstance(node.value, bool):
        return "true/false"
    if isinstance(node.value, str):
        return "a text" if node.text.strip() else "an empty text"
    return "a number"


def is_empty(node: Node) -> bool:
    """Whether a key is written with nothing behind it."""
    if isinstance(node, Scalar):
        return node.value is None
    return not (node.items if isinstance(node, Sequence) else node.pairs)


# Everything but tab, line feed and printable characters; and the printable ones that would make a
# reviewer or an editor see other lines than YAML does: NEL, line and paragraph separators, byte order
# marks, bidirectional controls.
_REFUSED = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def read_text(file: Path, shown: str) -> str:
    """The text of a file, as `decode` gives it. Raises SpecError where it is none, or cannot be read."""
    try:
        if not file.is_file() and file.exists():
            raise OSError(None, "it is not a regular file")
        with file.open("rb") as stream:
            data = stream.read(limits.FILE_BYTES + 1)
    except OSError as error:
        raise Report(shown).stop(At(), "file", f"cannot be read: {error.strerror}", "check the file") from None
    return decode(data, shown)


def decode(data: bytes, shown: str) -> str:
    """The text of a file: UTF-8, a byte order mark dropped, line ends made `\\n`.

    Raises SpecError for anything else, and for more than `limits.FILE_BYTES` bytes.
    """
    report = Report(shown)
    if len(data) > limits.FILE_BYTES:
        raise report.stop(
            At(),
            "file-size",
            f"the file has more than {limits.FILE_BYTES} bytes",
            "split it into several files",
        )
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise report.stop(At(), "encoding", "the file is UTF-16", "save it as UTF-8")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
        place = At(before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise report.stop(
            place, "encoding", f"byte 0x{data[error.start]:02x} is not UTF-8", "save the file as UTF-8"
        ) from None
    return normalise(text)


def normalise(text: str) -> str:
    """The text without a byte order mark, and with `\\n` line ends."""
    if text.startswith("\ufeff"):
        text = text[1:]
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def compose(text: str, report: Report) -> Node:
    """The root node of the one YAML document in `text` (as `normalise` leaves it).

    What the file may not use is noted in `report` and read on. Raises SpecError where nothing can be
    read behind: broken syntax, refused characters, an empty file, too much size or depth.
    """
    if len(text) > limits.FILE_BYTES:
        raise report.stop(At(), "file-size", f"more than {limits.FILE_BYTES} characters", "split it into several files")
    refused = _REFUSED.search(text)
    if refused:
        at = refused.start()
        raise report.stop(
            At(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)),
            "character",
            f"the character U+{ord(text[at]):04X} may not stand in a spec",
            "remove it; in double quotes an escape such as `\\x07` stands for it",
        )
    try:
        return _Composer(text, report).document()
    except yaml.YAMLError as error:
        raise syntax_problem(report, text, error) from None


class _Composer:
    def __init__(self, text: str, report: Report) -> None:
        self.next = CParser(text).get_event
        self.report = report

    def document(self) -> Node:
        self.next()  # the start of the stream
        event = self.next()
        if type(event) is StreamEndEvent:
            raise self.report.stop(At(), "empty", "the file is empty", "write `title:` and `cases:`")
        self._no_directives(event)
        root = self.node(self.next(), 0)
        if isinstance(root, Scalar) and not root.text and not root.style:
            raise self.report.stop(At(), "empty", "the file is empty", "write `title:` and `cases:`")
        self.next()  # the end of the document
        event = self.next()
        if type(event) is not StreamEndEvent:
            self._add(event, "documents", "a second document", "keep one document in a file: remove this `---`")
        return root

    def _no_directives(self, event: DocumentStartEvent) -> None:
        if event.tags or event.version not in (None, (1, 2)):
            self._add(event, "directive", "a YAML directive", "remove the line; specs are YAML 1.2")

    def _add(self, event: yaml.Event, code: str, what: str, mend: str) -> None:
        mark = event.start_mark
        self.report.add(At(mark.line + 1, mark.column + 1), code, what, mend)

    def node(self, event: Any, depth: int) -> Node:
        kind = type(event)
        if kind is ScalarEvent and event.anchor is None and event.tag is None:  # nearly all there is
            return self.scalar(event)
        if kind is AliasEvent:
            name = quoted("*" + event.anchor)
            self._add(
                event,
                "alias",
                f"{name} is an alias",
                "write the value out; quote a text that begins with `*`",
            )
            mark = event.start_mark
            missing = Scalar("", None, "*", mark.line + 1, mark.column + 1, mark.line + 1)
            self.report.spoil(missing)
            return missing
        if event.anchor is not None:
            name = quoted("&" + event.anchor)
            self._add(event, "anchor", f"{name} is an anchor", "remove it; quote a text that begins with `&`")
        if event.tag is not None:
            self._add(
                event,
                "tag",
                f"{quoted(event.tag)} is a tag",
                "remove it; quote a text that begins with `!`",
            )
        if kind is ScalarEvent:
            return self.scalar(event)
        if depth >= limits.DEPTH:
            mark = event.start_mark
            raise self.report.stop(
                At(mark.line + 1, mark.column + 1),
                "depth",
                f"more than {limits.DEPTH} lists and mappings inside one another",
                "flatten it",
            )
        return self.sequence(event, depth + 1) if kind is SequenceStartEvent else self.mapping(event, depth + 1)

    def scalar(self, event: ScalarEvent) -> Scalar:
        mark, text, style = event.start_mark, event.value, event.style
        value: Any = text
        if not style:
            try:
                value = resolve(text)
            except NumberOutOfRange as error:
                self._add(event, "number", f"{error}", "write `.inf`, a shorter number, or quote it as text")
                value = 0
        return Scalar(text, value, style, mark.line + 1, mark.column + 1, event.end_mark.line + 1)

    def sequence(self, start: SequenceStartEvent, depth: int) -> Sequence:
        items = []
        while type(event := self.next()) is not SequenceEndEvent:
            items.append(self.node(event, depth))
        mark = start.start_mark
        return Sequence(items, mark.line + 1, mark.column + 1)

    def mapping(self, start: MappingStartEvent, depth: int) -> Mapping:
        pairs: list[tuple[Scalar, Node]] = []
        seen: dict[str, int] = {}
        while type(event := self.next()) is not MappingEndEvent:
            key = self.node(event, depth)
            value = self.node(self.next(), depth)
            if not self._key_is_good(key):
                self.report.spoil(At(start.start_mark.line + 1, start.start_mark.column + 1))
                continue
            if key.text in seen:
                self.report.add(
                    key,
                    "duplicate-key",
                    f"{quoted(key.text)} stands twice, first on line {seen[key.text]}",
                    "keep one of them",
                )
                continue
            seen[key.text] = key.line
            pairs.append((key, value))
        mark = start.start_mark
        return Mapping(pairs, mark.line + 1, mark.column + 1)

    def _key_is_good(self, key: Node) -> bool:
        if not isinstance(key, Scalar):
            bracket = "[" if isinstance(key, Sequence) else "{"
            self.report.add(
                key,
                "key",
                f"the key begins with `{bracket}` and is read as a collection",
                "put the whole key in quotes",
            )
        elif key.style == "*":
            pass  # the alias was reported
        elif not isinstance(key.value, str):
            self.report.add(
                key,
                "key",
                f"the key {quoted(key.text)} is {describe(key)}, not a text",
                "put it in quotes" if key.text else "write the key before the `:`",
            )
        elif key.text == "<<" and not key.style:
            self.report.add(key, "merge-key", "`<<` merges mappings, which specs do without", "write the keys out")
        else:
            return True
        return False
