"""``torch.cuda`` for the simulated accelerator: one device, nothing asynchronous."""

from __future__ import annotations


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
