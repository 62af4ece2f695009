"""The operations of the ``torch`` namespace under the module name by which Python code of PyTorch calls them."""

from __future__ import annotations

import sys

from .autograd.forward_ad import _make_dual, _unpack_dual

__all__ = ["_make_dual", "_unpack_dual"]


def __getattr__(name: str):
    found = vars(sys.modules[__package__]).get(name)
    if not callable(found) or isinstance(found, type):
        raise AttributeError(f"'torch._C._VariableFunctionsClass' object has no attribute '{name}'")
    return found
