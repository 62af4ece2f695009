"""The entries, by family. Every module of this folder is imported when the catalogue is wanted."""

import functools
import importlib
import pkgutil

from ..catalogue import OPERATIONS, Operation


@functools.lru_cache(1)
def catalogue() -> dict[str, Operation]:
    """All entries by name, in the order of the families' modules."""
    for module in sorted(found.name for found in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
    return OPERATIONS
