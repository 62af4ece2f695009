"""``torch.cuda`` for the simulated accelerator: one device, nothing asynchronous."""

from __future__ import annotations

from .errors import NameNotModelled

# What a device that computes at once and counts no memory does not have.
_LEFT_OUT = frozenset(
    (
        *("CUDAGraph", "Event", "ExternalStream", "Stream", "amp", "comm", "current_stream", "default_stream"),
        *("device", "device_of", "get_device_capability", "get_device_properties", "graph", "graphs", "jiterator"),
        *("make_graphed_callables", "max_memory_allocated", "mem_get_info", "memory", "memory_allocated"),
        *("memory_reserved", "memory_stats", "nccl", "nvtx", "set_device", "set_stream", "stream", "tunable"),
    )
)


def is_available() -> bool:
    return True


def device_count() -> int:
    return 1


def current_device() -> int:
    return 0


def synchronize(device=None) -> None:
    """Everything has finished already."""


def is_initialized() -> bool:
    return True


def get_device_name(device=None) -> str:
    return "simulated accelerator of the reference engine"


def manual_seed(seed: int) -> None:
    from .random import generator_for

    generator_for("cuda").manual_seed(seed)


manual_seed_all = manual_seed


def empty_cache() -> None:
    """Nothing is cached."""


def __getattr__(name: str):
    """What is left out says so."""
    if name in _LEFT_OUT:
        raise NameNotModelled(f"torch.cuda.{name}")
    raise AttributeError(f"module 'torch.cuda' has no attribute '{name}'")
