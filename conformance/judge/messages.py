"""Expected texts: the parts that depend on the device, and the patterns that messages are.

A message is compared after folding white space. In its pattern `...` stands for any text together
with the white space around it, and `{dots}` for three real dots.
"""

from __future__ import annotations

import re
from functools import lru_cache

DEVICE_PART = re.compile(r"\{(cuda|cpu):([^{}]*)\}")
DOTS = "{dots}"


def for_device(text: str, device_type: str) -> str:
    """`text` with each `{cuda:…}`/`{cpu:…}` kept where the target's device is that, else dropped."""
    if "{c" not in text:
        return text
    return DEVICE_PART.sub(lambda part: part[2] if part[1] == device_type else "", text)


def fold(text: str) -> str:
    """Every run of white space as one space, none at the ends."""
    return " ".join(text.split())


@lru_cache(maxsize=4096)
def pieces(pattern: str) -> tuple[str, ...]:
    """The literal texts between the pattern's `...`, folded."""
    # Folding also strips the ends beside a `...`, which stands for that white space too. `{dots}` is put
    # in last, so that it never splits.
    return tuple(fold(part).replace(DOTS, "...") for part in pattern.split("..."))


def mismatch(pattern: str, message: str) -> int | None:
    """None where the message fits the pattern, else the 0-based place in the folded message up to
    which it did."""
    text = fold(message)
    first, *rest = pieces(pattern)
    if not rest:
        return None if text == first else common_prefix(text, first)
    if not text.startswith(first):
        return common_prefix(text, first)
    place = len(first)
    for part in rest[:-1]:
        found = text.find(part, place)
        if found < 0:
            return place
        place = found + len(part)
    if text.endswith(rest[-1]) and len(text) - len(rest[-1]) >= place:
        return None
    return place


def matches(pattern: str, message: str) -> bool:
    """Whether the message fits the pattern."""
    return mismatch(pattern, message) is None


def common_prefix(left: str, right: str) -> int:
    """Length of the longest common beginning."""
    for place, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return place
    return min(len(left), len(right))


def first_difference(observed: str, expected: str) -> str:
    """Where two texts part, in words for a `note`."""
    place = common_prefix(observed, expected)
    return f"differs at character {place + 1}: {clip(observed[place:])}, expected {clip(expected[place:])}"


def clip(text: str, size: int = 24) -> str:
    """The beginning of a text, quoted; `the end` for an empty one."""
    if not text:
        return "the end"
    return repr(text[:size] + ("…" if len(text) > size else ""))
