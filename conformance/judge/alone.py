"""Who stands alone: which voice differs from all others, by name.

The voices are the document, torch on the CPU, torch on CUDA, the reference engine (its devices speak
with one voice while they agree) and other engines. The side with fewer voices stands alone. With as
many on both sides torch is believed, because the behaviour specified is torch's, and after torch the
document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from conformance.judge.model import Check, TargetInfo

DOCUMENT = "document"
OTHER = "other engine"
NO_MAJORITY = "no majority"


def voice(info: TargetInfo) -> str:
    """The name of a target's voice."""
    if info.engine == "torch":
        label = info.name.partition(":")[0].replace("@", " ")  # "torch 2.4" for torch@2.4:cpu
        return f"{label} CPU" if info.device_type == "cpu" else f"{label} {info.device_type.upper()}"
    return "reference" if info.engine == "reference" else OTHER


def who_differs(groups: Sequence[Iterable[str]]) -> str:
    """Who stands alone among groups of agreeing voices, or "no majority"."""
    sides = [frozenset(group) for group in groups]
    if len(sides) < 2:
        return NO_MAJORITY
    ranked = sorted(sides, key=_weight, reverse=True)
    if _weight(ranked[0]) == _weight(ranked[1]):
        return NO_MAJORITY
    return " and ".join(sorted({name for side in ranked[1:] for name in side}, key=str.lower))


def _weight(side: frozenset[str]) -> tuple[int, int]:
    """How many voices, then how much the strongest of them is worth."""
    if any(name.startswith("torch") for name in side):
        return len(side), 2
    return len(side), int(DOCUMENT in side)


def who_stands_alone(checks: Mapping[str, Check], infos: Mapping[str, TargetInfo]) -> str:
    """Who stands alone on one assertion, given its check on each target; "" where none failed.

    The document votes with the targets that pass; targets that fail vote together where they saw the
    same.
    """
    voices = {name: voice(info) for name, info in infos.items()}
    sides: dict[str | None, set[str]] = {None: {DOCUMENT}}
    for target, check in checks.items():
        seen = None if check.ok else without_device(check.observed, infos.get(target))
        sides.setdefault(seen, set()).add(voices.get(target, OTHER))
    if len(sides) == 1:
        return ""
    return who_differs(list(sides.values()))


def without_device(text: str, info: TargetInfo | None) -> str:
    """The text without the names that it has from the target's own device: `device=cuda:0` in what we
    and torch print, and `torch.cuda.FloatTensor`."""
    if info is None or info.device_type == "cpu":
        return text
    own = re.escape(info.device_type)
    text = re.sub(rf",\s*device=(['\"]?){own}(:\d+)?\1", "", text)
    return re.sub(rf"\btorch\.{own}\.", "torch.", text)
