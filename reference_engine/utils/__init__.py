"""Helpers around the engine (torch.utils); each module is loaded when it is first asked for."""

import importlib

_MODULES = ("backcompat", "checkpoint", "deterministic", "dlpack", "hooks")


def __getattr__(name):
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name == "swap_tensors":
        from .swapping import swap_tensors

        return swap_tensors
    raise AttributeError(f"module 'torch.utils' has no attribute '{name}'")
