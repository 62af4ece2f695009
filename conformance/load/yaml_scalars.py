"""The core schema of YAML 1.2: what a plain scalar means.

`null`, `~` and nothing are None; `true`/`false` in three spellings are booleans; numbers are decimal,
`0o` octal or `0x` hexadecimal integers and floats; everything else (`on`, `yes`, `1_000`, `1:30`,
dates) is text. Quoted and block scalars are always text and never come here.
"""

from __future__ import annotations

import math
import re

from conformance.load import limits

WORDS: dict[str, object] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    ".nan": math.nan,
    ".NaN": math.nan,
    ".NAN": math.nan,
}
WORDS.update(
    (sign + word, -math.inf if sign == "-" else math.inf)
    for sign in ("", "+", "-")
    for word in (".inf", ".Inf", ".INF")
)

_FIRST = frozenset("0123456789+-.")
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")


class NumberOutOfRange(ValueError):
    """A number that no value stands for: too long to read, or beyond the largest float64."""


def resolve(text: str) -> object:
    """The value of the plain scalar `text`: None, bool, int, float or str.

    Raises NumberOutOfRange for a number of more than `limits.DIGITS` characters, and for a finite
    decimal that float64 has no finite value for.
    """
    if text in WORDS:
        return WORDS[text]
    if text[0] not in _FIRST:
        return text
    is_int = _INT.fullmatch(text)
    if not is_int and not _FLOAT.fullmatch(text):
        if not _BASED.fullmatch(text):
            return text
        if len(text) > limits.DIGITS:
            raise NumberOutOfRange(f"a number of {len(text)} characters")
        return int(text[2:], 8 if text[1] == "o" else 16)
    if len(text) > limits.DIGITS:
        raise NumberOutOfRange(f"a number of {len(text)} characters")
    if is_int:
        return int(text)
    value = float(text)
    if math.isinf(value):
        raise NumberOutOfRange("a number beyond the largest float64")
    return value


def is_text(text: str) -> bool:
    """Whether the plain scalar `text` would be text."""
    try:
        return isinstance(resolve(text), str)
    except NumberOutOfRange:
        return False
