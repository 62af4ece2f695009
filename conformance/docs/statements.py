"""Statements: what a docstring says, one sentence or one piece of code at a time, with a fingerprint.

A fingerprint is made of a statement's words alone: reflowing a docstring or changing its markup leaves it
as it is, changing a word does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b

import msgspec

from conformance.docs.blocks import CODE, PROSE, SIGNATURE, blocks

DIGITS = 12
"""Hexadecimal digits of a fingerprint."""

MENTIONS = re.compile(
    r"gradient|\bgrads?\b|backward(?!s?[- ]compat)|back-?prop|autograd|differentia|derivative|requires_grad|grad_fn|"
    r"grad_mode|no_grad|detach|jacobian|hessian|\bleaf\b|\bviews?\b|inference.mode|comput(?:ation|ational) graph|"
    r"(?:same|shares?|sharing) (?:the |its |same )*(?:underlying |memory|storage|data\b)",
    re.IGNORECASE,
)
"""What a statement speaks of that is in scope although its symbol is not."""

_ROLE = re.compile(r":[\w:+-]+:(`[^`]*`)")
_LINK = re.compile(r"`([^`<]+?)\s*<[^`>]*>`_{0,2}")
_DOUBLE = re.compile(r"``(.+?)``", re.DOTALL)
_SINGLE = re.compile(r"`([^`]*)`_{0,2}")
_STRONG = re.compile(r"(?<![\w*])(\*{1,2})(?=\S)([^*]+?)(?<=\S)\1(?![\w*])")
_TARGETED = re.compile(r"([^<]+?)\s*<[^>]*>")
_ESCAPED = re.compile(r"\\([ *`_|])")
_END = re.compile(r"([.!?][)\]'\"”]*)\s+(?=[A-Z`(*:\"'“\[\d])")
_SHORT = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|w\.r\.t|resp|approx|et al|Eq|eq|Fig|No|Sec|a\.k\.a)|\b[A-Z])\.[)\]]*$"
)
_SHORT_BUT_ENDS = re.compile(r"\betc\.[)\]]*$")
_INNER = re.compile(r"``.+?``|:[\w:]+:`[^`]*`|`[^`]*`", re.DOTALL)


class Statement(msgspec.Struct, frozen=True):
    """`form` is "prose", "code" or "signature"; `place` the argument or box that it stands in."""

    form: str
    place: str
    text: str
    fingerprint: str


def statements(doc: str, signature: str = "", *, mentions: bool = False) -> list[Statement]:
    """The statements of a docstring in reading order, `signature` first; what is said twice is kept once.

    With `mentions` only prose that speaks of gradients, graphs or views is kept (see `MENTIONS`).
    """
    found: dict[str, Statement] = {}
    for statement in _all(doc, signature):
        if not mentions or (statement.form == PROSE and MENTIONS.search(statement.text)):
            found.setdefault(statement.fingerprint, statement)
    return list(found.values())


def fingerprint(words: str) -> str:
    """The fingerprint of words whose markup is gone; white space does not count."""
    return blake2b("".join(words.split()).encode(), digest_size=DIGITS // 2).hexdigest()


def plain(text: str) -> str:
    """The text without markup and on one line."""
    text = _ROLE.sub(lambda m: _role(m[1]), text)
    text = _LINK.sub(r"\1", text)
    text = _DOUBLE.sub(r"\1", text)
    text = _SINGLE.sub(r"\1", text)
    text = _STRONG.sub(r"\2", text)
    text = _ESCAPED.sub(r"\1", text)
    for curly, straight in (("“", '"'), ("”", '"'), ("’", "'"), ("‘", "'")):
        text = text.replace(curly, straight)
    return " ".join(text.split())


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph, markup and all."""
    hidden: list[str] = []

    def hide(match: re.Match[str]) -> str:
        hidden.append(match[0])
        return f"`{len(hidden) - 1}`"

    text = _INNER.sub(hide, text)
    cuts, start = [], 0
    for end in _END.finditer(text):
        before = text[start : end.end(1)]
        if _SHORT.search(before) and not (_SHORT_BUT_ENDS.search(before) and text[end.end()].isupper()):
            continue
        if before.count("(") > before.count(")") and not text[end.end()].isupper():
            continue
        cuts.append(before)
        start = end.end()
    cuts.append(text[start:])
    return [re.sub(r"`(\d+)`", lambda m: hidden[int(m[1])], cut).strip() for cut in cuts]


def _role(inner: str) -> str:
    bare = inner.strip("`")
    targeted = _TARGETED.fullmatch(bare)
    return targeted[1] if targeted else bare.lstrip("~!")


def _all(doc: str, signature: str) -> Iterator[Statement]:
    if signature:
        yield _statement(SIGNATURE, "", signature)
    for form, place, text in blocks(doc):
        if form != PROSE:
            yield _statement(form, place, text.strip() if form == CODE else " ".join(text.split()))
            continue
        for sentence in sentences(text):
            words = plain(sentence)
            if any(char.isalpha() for char in words):
                yield _statement(PROSE, place, words)


def _statement(form: str, place: str, text: str) -> Statement:
    return Statement(form, place, text, fingerprint(f"{place}|{text}"))
