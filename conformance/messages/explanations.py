"""`spec/messages.yaml`: what to do instead, for each text that torch raises or warns with.

An explanation is for every text that contains its `says`; where several do, the longest counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from conformance import paths
from conformance.load.choices import mark
from conformance.load.model import Mark
from conformance.load.report import Report, meant, printable, quoted
from conformance.load.yaml_nodes import Mapping, Node, Scalar, compose, read_text
from conformance.load.yaml_nodes import Sequence as Items

FILE = "messages.yaml"
_KEYS = ("says", "instead")


class Explanation(msgspec.Struct, frozen=True):
    """`instead` is advice in our own words for texts that contain `says`."""

    says: str
    instead: str
    mark: Mark
    shown: str


def load_explanations(root: Path | None = None) -> tuple[Explanation, ...]:
    """The explanations of the spec folder `root` (default: the project's); none without the file.

    Raises SpecError with the line of every mistake.
    """
    file = (root or paths.spec_root()) / FILE
    if not file.is_file():
        return ()
    report = Report(printable(paths.shown(file)))
    found = _read(compose(read_text(file, report.shown), report), report)
    report.raise_if_any()
    return tuple(found)


def _read(root: Node, report: Report) -> list[Explanation]:
    held = root.get("messages") if isinstance(root, Mapping) else None
    if not isinstance(held, Items) or len(root.pairs) != 1:
        report.add(root, "messages", "the file is not one list under `messages`", "begin it with `messages:`")
        return []
    found: list[Explanation] = []
    seen: dict[str, int] = {}
    for item in held.items:
        words = _words(item, report)
        if words is None:
            continue
        says, instead = (" ".join(word.split()) for word in words)
        if says in seen:
            report.add(item, "messages", f"{quoted(says)} stands twice, first on line {seen[says]}", "keep one")
        seen[says] = item.line
        found.append(Explanation(says, instead, mark(item), report.shown))
    return found


def _words(item: Node, report: Report) -> tuple[str, str] | None:
    if not isinstance(item, Mapping):
        report.add(item, "messages", "an explanation is a mapping", "write `- says: ..` and `instead: ..`")
        return None
    held: dict[str, str] = {}
    for key, value in item.pairs:
        if key.text not in _KEYS:
            report.add(key, "messages", f"unknown key {quoted(key.text)}", meant(key.text, _KEYS))
        elif not isinstance(value, Scalar) or not value.text.strip():
            report.add(value, "messages", f"`{key.text}` is not a text", "write a text")
        else:
            held[key.text] = value.text
    for name in _KEYS:
        if name not in held:
            report.add(item, "messages", f"an explanation without `{name}`", f"add `{name}:`")
    return (held["says"], held["instead"]) if len(held) == len(_KEYS) else None


def explain(text: str, explanations: Iterable[Explanation]) -> Explanation | None:
    """The explanation for a text as specs write it: of those whose `says` it contains, the longest."""
    fitting: Sequence[Explanation] = [e for e in explanations if e.says in text]
    return max(fitting, key=lambda e: len(e.says), default=None)
