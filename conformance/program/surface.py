"""What programs may use of torch: `spec/surface.yaml`, read into tables.

The file is by area, for people; the tables are by name, for the checker. An attribute of a value is
judged by its name alone, so a name that writes on one kind of value counts as writing on all.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from conformance import paths
from conformance.load.report import At, Report, meant, quoted
from conformance.load.yaml_nodes import Mapping, Node, Scalar, Sequence, compose, decode

# Kinds of dotted paths. CLASSES are the kinds whose value is a class, or is used like one.
KINDS = (
    "functions",
    "effects",
    "constants",
    "contexts",
    "decorators",
    "classes",
    "bases",
    "methods",
)
CLASSES = frozenset({"classes", "bases", "contexts"})

HOLDERS = (
    "tensor",
    "dtype",
    "device",
    "storage",
    "generator",
    "node",
    "handle",
    "ctx",
    "function",
    "dual",
    "module",
    "optimizer",
    "text",
    "container",
    "exception",
    "slice",
    "callable",
)
RIGHTS = ("reads", "writes", "settable", "deletable")
_AREA_KEYS = ("area", "about", "torch", *HOLDERS, "classes")
_PROFILE_LISTS = ("areas", "keywords", "needs")


class Entry(NamedTuple):
    """One name of the surface as written: area, holder (`torch` for a dotted path), kind or right."""

    area: str
    holder: str
    right: str
    name: str
    line: int


class Profile(NamedTuple):
    """What an engine can claim to conform to: areas of the surface, and signs that a case belongs here."""

    name: str
    about: str
    areas: tuple[str, ...]
    keywords: tuple[str, ...]
    needs: tuple[str, ...]
    line: int


class Surface:
    """The surface by name.

    `paths`: dotted path → kind. `modules`: every module on the way to one. `members`: attributes that may
    be read or called; `writing`: those of them that change something; `settable`: may be assigned;
    `deletable`: may stand after `del`; `prefixes`: beginnings of attributes listed with a `*`. `define`:
    what class bodies may define besides own names. `absent`: names touched only to show that they do not
    exist (in `members` too).
    `entries`: everything as written, in order. `profiles`: from the most general to the most special.
    """

    __slots__ = (
        "absent",
        "areas",
        "define",
        "deletable",
        "entries",
        "members",
        "modules",
        "paths",
        "prefixes",
        "profiles",
        "settable",
        "writing",
    )

    def __init__(
        self,
        entries: tuple[Entry, ...],
        areas: tuple[tuple[str, str], ...],
        absent: frozenset[str],
        profiles: tuple[Profile, ...] = (),
    ) -> None:
        self.entries = entries
        self.areas = areas
        self.profiles = profiles
        self.absent = absent
        self.paths = {entry.name: entry.right for entry in entries if entry.holder == "torch"}
        self.define = frozenset(entry.name for entry in entries if entry.holder == "classes")
        held = [entry for entry in entries if entry.holder not in ("torch", "classes")]
        self.prefixes = tuple(entry.name[:-1] for entry in held if entry.name.endswith("*"))
        made = {name for name in self.define if not name.startswith("_")}
        self.members = frozenset(e.name for e in held if not e.name.endswith("*")) | absent | made
        self.writing = frozenset(entry.name for entry in held if entry.right == "writes")
        self.settable = frozenset(entry.name for entry in held if entry.right == "settable")
        self.deletable = frozenset(entry.name for entry in held if entry.right == "deletable")
        modules = set()
        for path in self.paths:
            parts = path.split(".")
            modules.update(".".join(parts[:size]) for size in range(1, len(parts)))
        self.modules = frozenset(modules - self.paths.keys())


def surface(path: Path | None = None) -> Surface:
    """The surface of `path` (default: the project's). Read once per process.

    Raises SpecError with the line of each mistake in the file, and OSError where it cannot be read.
    """
    return _load(path or paths.surface_path())


@lru_cache(maxsize=4)
def _load(path: Path) -> Surface:
    return parse(decode(path.read_bytes(), paths.shown(path)), paths.shown(path))


def parse(text: str, shown: str) -> Surface:
    """The surface that `text` states; `shown` stands before the line in errors. Raises SpecError."""
    report = Report(shown)
    root = compose(text, report)
    reader = _Reader(report)
    reader.file(root)
    report.raise_if_any()
    return Surface(tuple(reader.entries), tuple(reader.areas), frozenset(reader.absent), tuple(reader.profiles))


class _Reader:
    def __init__(self, report: Report) -> None:
        self.report = report
        self.entries: list[Entry] = []
        self.areas: list[tuple[str, str]] = []
        self.absent: list[str] = []
        self.profiles: list[Profile] = []
        self.seen: set[tuple[str, str, str]] = set()

    def file(self, root: Node) -> None:
        for key, node in self.pairs(root, ("areas", "absent", "profiles"), "the surface"):
            one = key.text[:-1]
            if key.text == "absent":
                self.absent = [name for name, _ in self.names(node, "absent")]
            elif isinstance(node, Sequence):
                for item in node.items:
                    (self.area if one == "area" else self.profile)(item)
            else:
                self.report.add(node, "surface", f"`{key.text}` is not a list", f"begin each {one} with `- {one}:`")
        self.partition(root)

    def area(self, node: Node) -> None:
        pairs = self.pairs(node, _AREA_KEYS, "an area")
        words = {key.text: value.text for key, value in pairs if isinstance(value, Scalar)}
        for needed in ("area", "about"):
            if pairs and not words.get(needed):
                self.report.add(node, "surface", f"an area without `{needed}`", f"add `{needed}:`")
        area = words.get("area", "")
        if area in dict(self.areas):
            self.report.add(node, "surface", f"area {quoted(area)} twice", "merge the two")
        self.areas.append((area, words.get("about", "")))
        for key, value in pairs:
            if key.text not in ("area", "about"):
                self.rights(area, key.text, value)

    def profile(self, node: Node) -> None:
        lists: dict[str, tuple[str, ...]] = dict.fromkeys(_PROFILE_LISTS, ())
        words: dict[str, str] = {}
        pairs = self.pairs(node, ("profile", "about", *_PROFILE_LISTS), "a profile")
        for key, value in pairs:
            if key.text in _PROFILE_LISTS:
                lists[key.text] = tuple([name for name, _ in self.names(value, key.text)])
            elif isinstance(value, Scalar):
                words[key.text] = value.text
        for needed in ("profile", "about"):
            if pairs and not words.get(needed):
                self.report.add(node, "surface", f"a profile without `{needed}`", f"add `{needed}:`")
        name = words.get("profile", "")
        if name in [profile.name for profile in self.profiles]:
            self.report.add(node, "surface", f"profile {quoted(name)} twice", "merge the two")
        self.profiles.append(Profile(name, words.get("about", ""), **lists, line=node.line))

    def partition(self, root: Node) -> None:
        """Every area in one profile, where there are profiles at all."""
        known = [area for area, _ in self.areas]
        left = set(known) if self.profiles else set()
        for profile in self.profiles:
            for area in profile.areas:
                if area not in known:
                    what, mend = f"no area is called {quoted(area)}", meant(area, known)
                elif area not in left:
                    what, mend = f"the area {quoted(area)} stands in two profiles", "keep it in one"
                else:
                    left.discard(area)
                    continue
                self.report.add(At(profile.line, 1), "surface", f"profile {quoted(profile.name)}: {what}", mend)
        for area in sorted(left):
            self.report.add(root, "surface", f"the area {quoted(area)} is in no profile", "add it under `profiles`")

    def rights(self, area: str, holder: str, node: Node) -> None:
        known = {"torch": KINDS, "classes": ("define",)}.get(holder, RIGHTS)
        for key, names in self.pairs(node, known, f"`{holder}`"):
            for name, place in self.names(names, key.text):
                self.entry(Entry(area, holder, key.text, name, place.line), place)

    def entry(self, entry: Entry, place: Scalar) -> None:
        plain = entry.name[:-1] if entry.name.endswith("*") else entry.name
        if not all(part.isidentifier() for part in plain.split(".")) or ("." in plain and entry.holder != "torch"):
            self.report.add(place, "surface", f"{quoted(entry.name)} is not a name", "write a plain name")
            return
        # What is settable or deletable is usually readable too; anything else listed twice is a slip.
        changed = entry.right if entry.right in ("settable", "deletable") else "used"
        key = (entry.holder, entry.name, changed)
        if key in self.seen:
            self.report.add(place, "surface", f"{quoted(entry.name)} is listed twice", "remove one")
        self.seen.add(key)
        self.entries.append(entry)

    def pairs(self, node: Node, known: tuple[str, ...], what: str) -> list[tuple[Scalar, Node]]:
        if not isinstance(node, Mapping):
            self.report.add(node, "surface", f"{what} is not a mapping", f"its keys: {', '.join(known)}")
            return []
        for key, _ in node.pairs:
            if key.text not in known:
                self.report.add(key, "surface", f"unknown key {quoted(key.text)}", meant(key.text, known))
        return [(key, value) for key, value in node.pairs if key.text in known]

    def names(self, node: Node, key: str) -> list[tuple[str, Scalar]]:
        if not isinstance(node, Sequence):
            self.report.add(node, "surface", f"`{key}` is not a list", "write `[name, name]`")
            return []
        found = []
        for item in node.items:
            if isinstance(item, Scalar):
                found.append((item.text, item))
            else:
                self.report.add(item, "surface", "not a name", "write a plain name")
        return found
