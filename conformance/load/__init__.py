"""Reading spec files: YAML text in, frozen values out, every mistake with its line and its mend.

`yaml_nodes` composes text into placed nodes, `build` (with `code`, `expect`, `thrown`, `choices`,
`params`) turns nodes into the values of `model`, `files` walks folders, `selection` picks instances;
`tables` and `features` hold the closed vocabulary.

Names are imported on first use: workers take `tables` and `features` from here in interpreters that
have only the standard library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.load.files import load, load_text
    from conformance.load.params import instances
    from conformance.load.selection import select

__all__ = ["instances", "load", "load_text", "select"]

_HOME = {"load": "files", "load_text": "files", "instances": "params", "select": "selection"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = found
    return found
