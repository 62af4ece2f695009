"""What an engine must say to be a target, with defaults that serve any torch-like engine.

An adapter need not inherit from `Adapter`: `complete` lays it over one, so that what it lacks is the
default's. The table in `docs/protocol.md` is the contract. Adapters live in workers: standard library only
here, Python 3.9 and later, and no import of `conformance` is asked of engines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from conformance.worker.clean import Part


class AdapterFault(Exception):
    """An adapter lacks something that no default can stand in for. The text says what to add."""


class Adapter:
    """Base of the built-in adapters, and the defaults of every other one.

    `device` is a torch device text, `mode` what stands after `+` in the target's name, or None.
    """

    engine: str = ""
    # None: the worker's own, which serve torch-like tensors and namespaces.
    observe: Callable[[Any], dict[str, Any] | None] | None = None
    reset: Callable[[], Any] | None = None
    seed: Callable[[], Any] | None = None
    random_state: Callable[[], Any] | None = None
    features: Iterable[str] = ()
    not_modelled: tuple[type, ...] = ()
    namespace: Any = None
    version: str = ""
    folders: tuple[str, ...] = ()  # files below these may be read while a program runs

    def __init__(self, device: str = "cpu", mode: str | None = None) -> None:
        self.device_text = device
        self.mode = mode

    @property
    def name(self) -> str:
        return f"{self.engine}:{self.device_text}" + (f"+{self.mode}" if self.mode else "")

    @property
    def models(self) -> str:
        return self.version

    def available(self) -> str | None:
        """None, or why this target cannot run here."""
        return None

    @property
    def device(self) -> Any:
        return self.namespace.device(self.device_text)

    @property
    def host(self) -> Any:
        return self.namespace.device("cpu")

    @property
    def accelerator(self) -> Any:
        """What `accelerator` is in programs that need `cuda`; None where there is none."""
        return self.device if self.device_text.partition(":")[0] != "cpu" else None

    def context(self) -> AbstractContextManager:
        """Factories create on the target's device within it.

        It is the default device, not a `with device:` block, because that would overrule a program's own
        `set_default_device`.
        """
        if str(self.device).partition(":")[0] == "cpu":
            return nullcontext()
        choose = getattr(self.namespace, "set_default_device", None)
        return self.device if choose is None else _DefaultDevice(choose, self.device)

    def quiet(self) -> AbstractContextManager:
        """Values are looked at within it: no hook of a tensor subclass or mode runs."""
        return nullcontext()

    def state_parts(self) -> list[Part]:
        """State beyond what `conformance.worker.clean.common_parts` finds."""
        return []

    def first_use(self) -> dict[str, Callable[[], Any]]:
        """Word in a program's text → what to do once before, where a feature's first use would warn."""
        return {}

    def limit_memory(self, size: int) -> None:
        """Bound memory that is not the process's own (an accelerator's) to `size` bytes."""

    def attestation(self) -> dict[str, Any]:
        """Facts about the device: `device_name`, `driver` and what else the engine knows."""
        return {}


class _DefaultDevice:
    """The default device for the time of a `with` block."""

    def __init__(self, choose: Callable[[Any], Any], device: Any) -> None:
        self._choose = choose
        self._device = device

    def __enter__(self) -> None:
        self._choose(self._device)

    def __exit__(self, *exception: Any) -> None:
        self._choose(None)


class _Foreign(Adapter):
    """A stranger's adapter laid over the defaults: what it has is used, what it lacks is `Adapter`'s."""

    def __init__(self, given: Any, device: str) -> None:
        super().__init__(device, None)
        self._given = given

    def __getattribute__(self, name: str) -> Any:
        look_up = super().__getattribute__
        if name[0] != "_":
            given = look_up("_given") if "_given" in look_up("__dict__") else None
            if hasattr(given, name):
                return getattr(given, name)
        return look_up(name)


def complete(given: Any, asked: str) -> Adapter:
    """The adapter as the worker uses it. `asked` is the target's name as it was asked for."""
    if isinstance(given, Adapter):
        return given
    name = str(getattr(given, "name", asked))
    adapter = _Foreign(given, name.partition(":")[2].partition("+")[0] or "cpu")
    if not adapter.engine:
        adapter.__dict__["engine"] = name.partition(":")[0]
    return adapter


def checked(adapter: Adapter, asked: str) -> Adapter:
    """The same adapter, once it has what no default can stand in for; raises AdapterFault."""
    if not hasattr(adapter.namespace, "Tensor"):
        raise AdapterFault(f"{asked}: the adapter needs `namespace`, a torch-like module with `Tensor`")
    for member in ("device", "host", "accelerator"):
        if isinstance(getattr(adapter, member), str):
            raise AdapterFault(f"{asked}: the adapter's `{member}` is a text; give a device object")
    return adapter
