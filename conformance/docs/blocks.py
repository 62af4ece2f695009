"""A docstring's blocks: paragraphs, list items, arguments, boxes and code, each with where it stands.

Docstrings of torch mix reStructuredText with the sections of Google's style, and not all are well formed,
so blocks are told apart by indentation and by how their first line begins. Nothing here fails: what fits
no form is a paragraph.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import NamedTuple

PROSE, CODE, SIGNATURE = "prose", "code", "signature"

_BOXES = {
    *("note", "warning", "tip", "important", "attention", "caution", "hint", "danger", "seealso", "admonition"),
    *("deprecated", "versionadded", "versionchanged"),
}
_VERBATIM = {"code", "code-block", "math", "testcode", "testoutput", "doctest", "highlight", "parsed-literal"}
_DECLARES = {"method", "function", "class", "attribute", "property", "autofunction"}
_DIRECTIVE = re.compile(r"\.\.\s+([A-Za-z][\w:-]*?)\s?::(?:\s+(.*))?$")
_ITEM = re.compile(r"(?:[-*+•]|\d{1,2}[.)]|\([a-z0-9]{1,2}\)|[a-z]\))\s+(?=\S)")
_ARGUMENTS = {
    *("args", "arguments", "keyword arg", "keyword args", "keyword arguments", "kwargs"),
    *("parameters", "params", "inputs", "attributes", "variables"),
}
_SECTION = re.compile(
    r"(args|arguments|keyword args?|keyword arguments|kwargs|parameters|params|inputs|attributes|variables|shape|"
    r"returns?|yields?|raises|notes?|warnings?|important|examples?(?: \w+)?|example usage|usage|references?|see also|"
    r"outputs?)\s*(::?)\s*$",
    re.IGNORECASE,
)
_INLINE = re.compile(r"(returns?|yields?|raises|notes?|warnings?|important|examples?)\s*:\s+(?=\S)", re.IGNORECASE)
_NAMES = re.compile(r"(?:`{0,2}\*{0,2}[A-Za-z_][\w.]*`{0,2}(?:\s*,\s*|\s+and\s+|/)?)+(?=\s*[(:])")
_CALL = re.compile(r"[A-Za-z_][\w.]*\(.*\)(\s*->.*)?\s*$")
_RULE = re.compile(r"([=\-~^*_#\"'`])\1{2,}\s*$")


class Block(NamedTuple):
    """One block: its `form`, the `place` that it stands in ("gradient", "note", ""), and its text."""

    form: str
    place: str
    text: str


def blocks(doc: str) -> list[Block]:
    """The blocks of a docstring, in reading order."""
    return list(_walk(inspect.cleandoc(doc).expandtabs(4).split("\n"), ""))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _dedent(lines: list[str]) -> list[str]:
    """Lines without their common indentation and without blank ones around them."""
    while lines and not lines[0].strip():
        lines = lines[1:]
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    by = min((_indent(line) for line in lines if line.strip()), default=0)
    return [line[by:] for line in lines]


def _body(lines: list[str], start: int, than: int) -> tuple[list[str], int]:
    """(the lines from `start` that are blank or indented deeper than `than`, the line after them)."""
    end = start
    while end < len(lines) and (not lines[end].strip() or _indent(lines[end]) > than):
        end += 1
    return lines[start:end], end


def _walk(lines: list[str], place: str) -> Iterator[Block]:
    lines = _dedent(lines)
    at = 0
    while at < len(lines):
        line = lines[at].rstrip()
        bare, depth = line.strip(), _indent(line)
        following = lines[at + 1] if at + 1 < len(lines) else ""
        if not bare or _RULE.fullmatch(bare):
            at += 1
        elif bare.startswith((".. ", "__ ")) or bare == "..":
            held, at = _body(lines, at + 1, depth)
            yield from _directive(bare, held, place)
        elif bare.startswith(">>>"):
            end = at
            while end < len(lines) and (lines[end].strip() or _goes_on(lines, end)):
                end += 1
            yield Block(CODE, place, "\n".join(lines[at:end]))
            at = end
        elif section := _SECTION.fullmatch(bare):
            held, at = _section_body(lines, at + 1, depth)
            yield from _section(section[1].lower(), section[2] == "::", held, place)
        elif inline := _INLINE.match(bare):
            held, at = _paragraph(lines, at)
            yield from _walk([held[0].lstrip()[inline.end() :], *_dedent(held[1:])], inline[1].lower().rstrip("s"))
        elif depth == 0 and _RULE.fullmatch(following.strip()) and len(following.strip()) >= len(bare) - 2:
            at += 2  # a heading
        elif item := _ITEM.match(bare):
            held, at = _body(lines, at + 1, depth)
            yield from _walk([" " * item.end() + bare[item.end() :], *[h[depth:] for h in held]], place)
        elif depth:
            held, at = _body(lines, at, depth - 1)
            yield from _walk(held, place)
        else:
            held, at = _paragraph(lines, at)
            yield from _prose(held, place)
            if held[-1].rstrip().endswith("::"):
                code, at = _body(lines, at, depth)
                if any(c.strip() for c in code):
                    yield Block(CODE, place, "\n".join(_dedent(code)))


def _goes_on(lines: list[str], blank: int) -> bool:
    """Whether a doctest goes on behind a blank line."""
    after = next((line.strip() for line in lines[blank + 1 :] if line.strip()), "")
    return after.startswith((">>>", "..."))


def _paragraph(lines: list[str], start: int) -> tuple[list[str], int]:
    """(the lines of the paragraph at `start`, the line after it)."""
    end, depth = start + 1, _indent(lines[start])
    while end < len(lines) and lines[end].strip():
        bare = lines[end].strip()
        begins = bare.startswith((">>>", ".. ")) or _SECTION.fullmatch(bare)
        if begins or (_ITEM.match(bare) and _indent(lines[end]) <= depth + 4 and not bare[0].isdigit()):
            break
        if lines[end - 1].rstrip().endswith("::") and _indent(lines[end]) > depth:
            break
        end += 1
    return lines[start:end], end


def _prose(held: list[str], place: str) -> Iterator[Block]:
    """One paragraph; lines that declare a call are signatures."""
    while held and _CALL.fullmatch(held[0].strip()) and ("->" in held[0] or len(held) == 1):
        yield Block(SIGNATURE, place, held[0].strip())
        held = held[1:]
    if held:
        text = " ".join(line.strip() for line in held)
        yield Block(PROSE, place, text[:-1] if text.endswith("::") else text)


def _directive(head: str, held: list[str], place: str) -> Iterator[Block]:
    found = _DIRECTIVE.fullmatch(head)
    if found is None:
        return  # a comment or a link's target
    name, rest = found[1].lower(), found[2] or ""
    if name in _BOXES:
        if name.startswith("version") or name == "deprecated":
            rest = ""  # the number of a version
        apart = [""] if held and not held[0].strip() else []
        yield from _walk([*([rest] if rest else []), *apart, *_dedent(held)], place or name)
    elif name in _VERBATIM:
        kept = [h for h in held if not re.match(r"\s*:\w+:", h)]
        text = "\n".join(_dedent([*([rest] if name == "math" and rest else []), *_dedent(kept)]))
        if text.strip():
            yield Block(CODE, place, text)
    elif name in _DECLARES and rest:
        yield Block(SIGNATURE, place, rest)
        yield from _walk([h for h in held if not re.match(r"\s*:\w+:", h)], place)


def _section_body(lines: list[str], start: int, depth: int) -> tuple[list[str], int]:
    """A section's lines: those indented deeper, or its one flush paragraph where none are."""
    held, end = _body(lines, start, depth)
    if any(h.strip() for h in held):
        return held, end
    first = next((n for n in range(start, len(lines)) if lines[n].strip()), len(lines))
    end = first
    while end < len(lines) and lines[end].strip():
        end += 1
    return lines[first:end], end


def _section(name: str, literal: bool, held: list[str], place: str) -> Iterator[Block]:
    if name in _ARGUMENTS:
        yield from _arguments(_dedent(held))
    elif name.startswith(("example", "usage")) and (literal or any(h.strip().startswith(">>>") for h in held)):
        yield Block(CODE, "example", "\n".join(_dedent(held)))
    elif name == "raises":
        yield from _arguments(_dedent(held))
    else:
        yield from _walk(held, place or name.rstrip("s"))


def _arguments(lines: list[str]) -> Iterator[Block]:
    """`name (type): description` entries, each with its name as the place of what follows its first sentence."""
    at = 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        held, end = _body(lines, at + 1, 0)
        named = _name_of(" ".join([lines[at].strip(), *[h.strip() for h in held[:3]]]))
        if named is None:
            yield from _walk([lines[at], *held], "")
        else:
            yield from _walk([lines[at].strip(), *_dedent(held)], named)
        at = end


def _name_of(entry: str) -> str | None:
    """The name that an entry of an argument list describes."""
    entry = re.sub(r"^[-*]\s+(?=[`\w*])", "", entry)
    names = _NAMES.match(entry)
    if names is None:
        return None
    rest, depth = entry[names.end() :].lstrip(), 0
    for place, char in enumerate(rest):
        depth += (char in "([{") - (char in ")]}")
        if depth == 0 and char == ":":
            return names[0].strip("`* ")
        if depth == 0 and char not in ") ]}" and not rest.startswith("("):
            return None
        if depth == 0 and place and char not in ")]} ":
            return None
    return None
