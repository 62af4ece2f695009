"""Names that programs and this package's own ``nn`` reach through ``torch._C``."""

from __future__ import annotations

from types import SimpleNamespace

from ._state import thread
from .devices import get_default_device
from .ops import linalg
from .overrides import DisableTorchFunctionSubclass, _disabled_torch_function_impl

_nn = SimpleNamespace(linear=linalg.linear)
DisableTorchFunction = DisableTorchFunctionSubclass

__all__ = ["DisableTorchFunction", "DisableTorchFunctionSubclass", "_disabled_torch_function_impl", "_nn"]


def _get_default_device() -> str:
    return str(get_default_device())


def _is_grad_layout_enforcement_enabled() -> bool:
    return thread.enforce_grad_layout
