"""The switch for what fresh memory holds under ``use_deterministic_algorithms`` (torch.utils.deterministic)."""

from __future__ import annotations

import sys
from types import ModuleType

from .._state import process


class _Switch(ModuleType):
    @property
    def fill_uninitialized_memory(self) -> bool:
        """Whether fresh memory is filled with NaN, the largest integer or True. Raises ``RuntimeError`` for no bool."""
        return process.fills_uninitialised

    @fill_uninitialized_memory.setter
    def fill_uninitialized_memory(self, mode: bool) -> None:
        if not isinstance(mode, bool):
            raise RuntimeError(f"expected a bool, but got {type(mode).__name__}")
        process.fills_uninitialised = mode


sys.modules[__name__].__class__ = _Switch
