"""The clean state: what a case may have changed of its engine, and the way back.

State is a list of `Part`s, each with a way to read it and a way to restore it. What a part reads when the
worker starts is its clean value. Before each case every part is read, and restored where it differs; a part
that cannot be brought back means that the worker is spent and must be replaced, which `reset` reports.

`common_parts` finds the parts that a torch-like namespace shows in its public API; an adapter adds what
only it knows. Random numbers are seeded anew each time, because reading a generator costs more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

SEED = 0


class Part:
    """One piece of engine state. `read` must be cheap and free of side effects.

    `ambient` marks the modes that decide what an expression means; they are watched while values are
    looked at.
    """

    __slots__ = ("ambient", "clean", "name", "read", "restore")

    def __init__(
        self, name: str, read: Callable[[], Any], restore: Callable[[Any], Any], ambient: bool = False
    ) -> None:
        self.name = name
        self.ambient = ambient
        self.read = read
        self.restore = restore
        self.clean = read()


class CleanState:
    """Brings an engine back to where it was when this object was made."""

    def __init__(self, parts: Iterable[Part], seed: Callable[[], Any] = lambda: None) -> None:
        self.parts = list(parts)
        self.seed = seed

    def reset(self) -> list[str]:
        """Undo what was changed. Returns the names of parts that could not be brought back."""
        spent = []
        for part in self.parts:
            if part.read() != part.clean:
                _restore(part)
                if part.read() != part.clean:
                    spent.append(part.name)
        self.seed()
        return spent


def _restore(part: Part) -> None:
    with suppress(Exception):  # the second reading in `reset` decides
        part.restore(part.clean)


def common_parts(torch: Any) -> list[Part]:
    """The parts that a torch-like namespace lets one read and set by its public names."""
    found: list[Part] = []

    def add(name: str, read: Any, restore: Any, ambient: bool = False) -> None:
        if callable(read) and callable(restore):
            with suppress(Exception):  # the engine has the name but not the function behind it
                found.append(Part(name, read, restore, ambient))

    get = _reader(torch)
    add("grad mode", get("is_grad_enabled"), get("set_grad_enabled"), ambient=True)
    add("inference mode", get("is_inference_mode_enabled"), _cannot, ambient=True)
    add("default dtype", get("get_default_dtype"), get("set_default_dtype"), ambient=True)
    anomaly, nan, set_anomaly = (
        get(n) for n in ("is_anomaly_enabled", "is_anomaly_check_nan_enabled", "autograd.set_detect_anomaly")
    )
    if anomaly and nan and set_anomaly:
        add("anomaly mode", lambda: (anomaly(), nan()), lambda clean: set_anomaly(*clean), ambient=True)
    add(
        "deterministic algorithms",
        get("are_deterministic_algorithms_enabled"),
        get("use_deterministic_algorithms"),
    )
    add("repeated warnings", get("is_warn_always_enabled"), get("set_warn_always"))
    options = get("_tensor_str.PRINT_OPTS")
    if options is not None and hasattr(options, "__dict__"):
        add("print options", lambda: dict(vars(options)), lambda clean: vars(options).update(clean))
    return found


def common_seed(torch: Any) -> Callable[[], Any]:
    """A function that seeds the engine's generator, or does nothing where there is none."""
    get = _reader(torch)
    seed = get("default_generator.manual_seed") or get("manual_seed")
    return (lambda: seed(SEED)) if callable(seed) else (lambda: None)


def _reader(torch: Any) -> Callable[[str], Any]:
    def get(path: str) -> Any:
        value = torch
        for name in path.split("."):
            value = getattr(value, name, None)
        return value

    return get


def _cannot(clean: Any) -> None:
    """For state that has no setter: only the reading after it tells."""
