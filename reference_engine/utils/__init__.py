"""Helpers around the engine (torch.utils); each module is loaded when it is first asked for."""

import importlib

_MODULES = ("backcompat", "checkpoint", "hooks")


def __getattr__(name):
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'torch.utils' has no attribute '{name}'")
