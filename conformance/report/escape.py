"""Text from specs and engines, made safe for each place where a report puts it.

Every text passes through `visible` first: what could steer a terminal, reorder a line or hide in it is
shown as an escape. The other functions add the quoting of one format each. HTML needs none of them: the
template engine escapes there, after `visible`.
"""

from __future__ import annotations

import json
import re
from typing import Any

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters; tab and line feed stay
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#!|~&$])")
_BLOCK_START = re.compile(r"^(\s*\d{0,9})([-+.)](?=\s|$)|[=-])")
_AUTOLINK = re.compile(r"(@|#|\bGH-|://|\bwww\.)(?=\S)", re.IGNORECASE)


def visible(text: str) -> str:
    """The text with control, bidirectional, zero-width and unpaired surrogate characters as escapes.

    Tab and line feed stay. `\\r`, ESC and the like become `\\x0d`, `\\x1b`; U+202E becomes `\\u202e`.
    """
    return _HIDDEN.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    point = ord(match.group())
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def one_line(text: str, limit: int = 0) -> str:
    """`visible`, with line feeds and tabs as escapes too, cut to `limit` characters if one is given."""
    text = visible(text).replace("\n", "\\n").replace("\t", "\\t")
    return text if not limit or len(text) <= limit else text[: limit - 1] + "…"


def markdown(text: str) -> str:
    """Plain words for Markdown: no markup, no HTML, no mention, no link comes to life; one line."""
    rest = one_line(text)
    if block := _BLOCK_START.match(rest):  # would begin a list or underline a heading
        return f"{block.group(1)}\\{block.group(2)}" + _within_a_line(rest[block.end() :])
    return _within_a_line(rest)


def _within_a_line(rest: str) -> str:
    pieces = []
    while match := _AUTOLINK.search(rest):
        # An empty comment keeps GitHub from linking, which it does after Markdown is rendered.
        cut = match.end() if match.group(1) in "@#" or match.group(1).upper() == "GH-" else match.start() + 1
        pieces.append(_MARKDOWN.sub(r"\\\1", rest[:cut]) + "<!-- -->")
        rest = rest[cut:]
    pieces.append(_MARKDOWN.sub(r"\\\1", rest))
    return "".join(pieces)


def markdown_code(text: str, *, in_table: bool = False, limit: int = 0) -> str:
    """A Markdown code span that shows the text as it is, on one line."""
    text = one_line(text, limit) or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    if in_table:
        text = text.replace("|", "\\|")
    return f"{fence}{pad}{text}{pad}{fence}"


def markdown_prose(text: str) -> str:
    """`markdown`, with what stands between single backticks as code; an unpaired backtick stays a backtick."""
    pieces = re.split(r"`([^`]+)`", text)
    words = [markdown(pieces[0]), *map(_within_a_line, map(one_line, pieces[2::2]))]
    codes = [*map(markdown_code, pieces[1::2]), ""]
    return "".join(word + code for word, code in zip(words, codes, strict=True))


def workflow_data(text: str) -> str:
    """The message of a GitHub workflow command: nothing in it can start another command."""
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def workflow_property(text: str) -> str:
    """A property value (file, title, …) of a GitHub workflow command."""
    return workflow_data(text).replace(":", "%3A").replace(",", "%2C")


def script_json(value: Any) -> str:
    """JSON that stands inside a `<script>` element and cannot end it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
