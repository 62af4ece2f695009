"""Whether looking changed something: what must be equal before and after the expressions of a step.

Expressions are checked before they come here, but engines are not: one whose `grad` clears on reading, or
whose `repr` builds a graph node on a leaf, would be changed by being asked. What can be compared cheaply is
compared after every step; only when it differs is the case run again, with a look after each expression,
to name the one that did it.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterable
from typing import Any

from conformance.worker.clean import Part
from conformance.worker.observe import TensorReader

Pairs = list[tuple[str, Any]]
_NAMES = ("_version", "requires_grad", "is_leaf", "retains_grad", "grad_fn", "_backward_hooks")
_READ = operator.attrgetter(*_NAMES)
_FLAGS = ("version", "requires_grad", "is_leaf", "retains_grad", "grad_fn", "grad", "grad's version", "hooks")


class Watch:
    """Compares an engine's state, its random numbers and named tensors at two moments."""

    def __init__(
        self, torch: Any, reader: TensorReader, parts: Iterable[Part], random_state: Callable[[], Any] | None
    ) -> None:
        self._data = reader.data
        self._parts = list(parts)
        self._random_state = random_state or getattr(torch, "get_rng_state", None)
        self._equal = operator.eq if random_state else getattr(torch, "equal", operator.eq)

    def look(self, pairs: Pairs, draws: bool) -> dict[str, Any]:
        """What there is now. `draws` says whether random numbers could be drawn until the next look.

        Nodes and gradients are compared by identity, so they are kept until then.
        """
        kept: list[Any] = []
        return {
            "modes": [part.read() for part in self._parts],
            "random": self._random_state() if draws and self._random_state else None,
            "flags": [_flags(tensor, kept) for _, tensor in pairs],
            "kept": kept,
        }

    def changed(self, before: dict[str, Any], pairs: Pairs, seen: dict[str, dict]) -> str | None:
        """What differs from an earlier look, in words. `seen` are the observations made before it."""
        now = self.look(pairs, before["random"] is not None)
        if before["modes"] != now["modes"]:
            return f"the {_first(before['modes'], now['modes'], [p.name for p in self._parts])} changed"
        if before["random"] is not None and not self._equal(before["random"], now["random"]):
            return "random numbers were drawn"
        if before["flags"] != now["flags"]:
            names = [f"the {flag} of {name}" for name, _ in pairs for flag in _FLAGS]
            return f"{_first(sum(before['flags'], ()), sum(now['flags'], ()), names)} changed"
        for name, tensor in pairs:
            if self._data_changed(tensor, seen[name]):
                return f"the data of {name} changed"
        return None

    def _data_changed(self, tensor: Any, seen: dict[str, Any]) -> bool:
        old = seen["data"]
        if old is None or isinstance(old, dict):  # unreadable or too large to look at twice
            return False
        new = self._data(tensor, seen["dtype"], seen["shape"])
        return old != new and json.dumps(old) != json.dumps(new)  # a NaN is not equal to itself


def _first(then: Iterable[Any], now: Iterable[Any], names: Iterable[str]) -> str:
    return next(name for old, new, name in map(_triple, then, now, names) if old != new)


def _triple(old: Any, new: Any, name: str) -> tuple[Any, Any, str]:
    return old, new, name


def _flags(tensor: Any, kept: list[Any]) -> tuple[Any, ...]:
    try:
        read = _READ(tensor)
    except (AttributeError, RuntimeError):
        # Inference tensors count no versions, and some views cannot say where they belong.
        read = tuple(_or_none(tensor, name) for name in _NAMES)
    version, requires, leaf, retains, node, hooks = read
    # Asking any other tensor for its gradient warns, and it can have none of its own accord.
    grad = _or_none(tensor, "grad") if leaf or retains else None
    kept += (node, grad)
    counted = len(hooks) if hooks else 0
    return version, requires, leaf, retains, id(node), id(grad), _or_none(grad, "_version"), counted


def _or_none(holder: Any, name: str) -> Any:
    try:
        return getattr(holder, name, None)
    except RuntimeError:
        return None
