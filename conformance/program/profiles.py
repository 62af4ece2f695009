"""Which profile a case belongs to, and what an engine must provide for one.

What a case uses is read from its programs: dotted paths below `torch`, attributes of values, keyword
arguments. A case belongs to the last profile of `spec/surface.yaml` that it uses anything of, so each
counts once. An attribute that several areas list says the least: it counts for the first profile.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import NamedTuple

from conformance.load.model import Case
from conformance.program.check import parsed
from conformance.program.surface import Entry, Profile, Surface, surface


class Uses(NamedTuple):
    """What a case's programs name: `paths` below torch, `members` of values, `keywords` of calls."""

    paths: set[str]
    members: set[str]
    keywords: set[str]


def uses(case: Case, table: Surface | None = None) -> Uses:
    """What the programs of `case` use. A text that is no Python uses nothing."""
    known = (table or surface()).paths
    texts = [(source.text, "exec") for source in case.given]
    texts += [(text, "eval") for param in case.params for _, text in param.values]
    for step in case.steps:
        texts.append((step.run.text, "exec"))
        texts += [(assertion.expression.text, "eval") for assertion in step.expect]
    found = Uses(set(), set(), set())
    for text, mode in texts:
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            for node in ast.walk(parsed(text, mode)):
                kind = type(node)
                if kind is ast.Attribute:
                    _attribute(node, known, found)
                elif kind is ast.keyword and node.arg:
                    found.keywords.add(node.arg)
                elif kind is ast.FunctionDef:
                    found.members.add(node.name)  # may be a method that the engine calls
    return found


def _attribute(node: ast.Attribute, known: Mapping[str, str], found: Uses) -> None:
    parts = [node.attr]
    base = node.value
    while type(base) is ast.Attribute:
        parts.append(base.attr)
        base = base.value
    if type(base) is not ast.Name or base.id != "torch":
        found.members.add(node.attr)  # the walk comes to the others by itself
    elif (path := ".".join(reversed(parts))) in known:
        found.paths.add(path)
    elif any(".".join(reversed(parts[size:])) in known for size in range(1, len(parts))):
        found.members.add(node.attr)


class Profiles:
    """The profiles of a surface (default: the project's)."""

    def __init__(self, table: Surface | None = None) -> None:
        self.table = table or surface()
        self.all: tuple[Profile, ...] = self.table.profiles
        rank = {area: place for place, profile in enumerate(self.all) for area in profile.areas}
        self._paths: dict[str, int] = {}
        self._members: dict[str, int] = {}
        self._prefixes: list[tuple[str, int]] = []
        for entry in self.table.entries:
            place = rank.get(entry.area, 0)
            if entry.holder == "torch":
                self._paths[entry.name] = place
            elif entry.name.endswith("*"):
                self._prefixes.append((entry.name[:-1], place))
            elif entry.holder != "classes" or not entry.name.startswith("__"):
                self._members[entry.name] = min(place, self._members.get(entry.name, place))
        self._keywords = {word: place for place, profile in enumerate(self.all) for word in profile.keywords}
        self._needs = {need: place for place, profile in enumerate(self.all) for need in profile.needs}

    def of(self, case: Case) -> str:
        """The name of the profile that `case` belongs to; empty where the surface has no profiles."""
        if not self.all:
            return ""
        used = uses(case, self.table)
        places = [self._paths.get(path, 0) for path in used.paths]
        places += [self._member(name) for name in used.members]
        places += [self._keywords.get(word, 0) for word in used.keywords]
        places += [self._needs.get(need, 0) for need in case.needs]
        return self.all[max(places, default=0)].name

    def _member(self, name: str) -> int:
        if name in self._members:
            return self._members[name]
        return max((place for prefix, place in self._prefixes if name.startswith(prefix)), default=0)

    def demanded(self, cases: Iterable[Case]) -> list[tuple[Entry, int]]:
        """The names that any of `cases` uses, as the surface lists them, each with how many cases use it."""
        paths: Counter[str] = Counter()
        members: Counter[str] = Counter()
        for case in cases:
            used = uses(case, self.table)
            paths.update(used.paths)
            members.update(used.members)
        found: dict[tuple[str, str], tuple[Entry, int]] = {}
        for entry in self.table.entries:
            if entry.holder == "torch":
                count = paths[entry.name]
            elif entry.name.endswith("*"):
                count = sum(n for name, n in members.items() if name.startswith(entry.name[:-1]))
            else:
                count = members[entry.name]
            if count:
                found.setdefault((entry.holder, entry.name), (entry, count))
        return list(found.values())
