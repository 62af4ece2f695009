"""The entries, by family. Every module of this folder is imported when the catalogue is wanted."""

import importlib
import pkgutil

from ..catalogue import OPERATIONS


def catalogue():
    """All entries by name, in the order of the families' modules."""
    for module in sorted(found.name for found in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
    return OPERATIONS
