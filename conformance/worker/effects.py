"""Whether looking changed something: what must be equal before and after the expressions of a step.

Expressions are checked before they come here, but engines are not: one whose `grad` clears on reading, or
whose `repr` builds a graph node on a leaf, would be changed by being asked. What can be compared cheaply is
compared after every step; only when it differs is the case run again, with a look after each expression,
to name the one that did it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from conformance.worker.clean import Part
from conformance.worker.observe import TensorReader

Pairs = list[tuple[str, Any]]
_FLAGS = ("version", "requires_grad", "is_leaf", "retains_grad", "grad_fn", "grad", "grad's version", "hooks")


class Watch:
    """Compares an engine's state, its random numbers and named tensors at two moments."""

    def __init__(self, torch: Any, reader: TensorReader, parts: Iterable[Part]) -> None:
        self._data = reader.data
        self._parts = list(parts)
        self._random_state = getattr(torch, "get_rng_state", None)
        self._equal = getattr(torch, "equal", None)

    def look(self, pairs: Pairs, draws: bool) -> dict[str, Any]:
        """What there is now. `draws` says whether random numbers could be drawn until the next look.

        The tensors' own references are kept, so that identities stay comparable.
        """
        return {
            "modes": [part.read() for part in self._parts],
            "random": self._random_state() if draws and self._random_state and self._equal else None,
            "tensors": [_flags(tensor) for _, tensor in pairs],
        }

    def changed(self, before: dict[str, Any], pairs: Pairs, seen: dict[str, dict]) -> str | None:
        """What differs from an earlier look, in words. `seen` are the observations made before it."""
        now = self.look(pairs, before["random"] is not None)
        for index, part in enumerate(self._parts):
            if before["modes"][index] != now["modes"][index]:
                return f"{part.name} changed"
        if before["random"] is not None and not self._equal(before["random"], now["random"]):
            return "random numbers were drawn"
        for index, (name, tensor) in enumerate(pairs):
            what = _difference(before["tensors"][index], now["tensors"][index])
            if what is not None:
                return f"{what} of {name} changed"
            if self._data_changed(tensor, seen[name]):
                return f"data of {name} changed"
        return None

    def _data_changed(self, tensor: Any, seen: dict[str, Any]) -> bool:
        old = seen["data"]
        if old is None or isinstance(old, dict):  # unreadable or too large to look at twice
            return False
        new = self._data(tensor, seen["dtype"], seen["shape"])
        return old != new and json.dumps(old) != json.dumps(new)  # a NaN is not equal to itself


def _difference(then: tuple[Any, ...], now: tuple[Any, ...]) -> str | None:
    """The first flag that differs; gradients and nodes are the same only if they are one object."""
    for index, what in enumerate(_FLAGS):
        old, new = then[index], now[index]
        if old is not new and (what in ("grad_fn", "grad") or old != new):
            return what
    return None


def _flags(tensor: Any) -> tuple[Any, ...]:
    try:
        version = tensor._version
    except RuntimeError:  # an inference tensor
        version = None
    leaf, retains = tensor.is_leaf, getattr(tensor, "retains_grad", False)
    # Asking any other tensor for its gradient warns, and it can have none of its own accord.
    grad = tensor.grad if leaf or retains else None
    hooks = getattr(tensor, "_backward_hooks", None)
    return (
        version,
        tensor.requires_grad,
        leaf,
        retains,
        tensor.grad_fn,
        grad,
        None if grad is None else getattr(grad, "_version", None),
        len(hooks) if hooks else 0,
    )
