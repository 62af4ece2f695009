"""Names that programs and this package's own ``nn`` reach through ``torch._C``."""

from __future__ import annotations

from types import SimpleNamespace

from ._state import thread
from .autograd.grad_mode import _unsafe_set_version_counter
from .autograd.graph import will_engine_execute_node as _will_engine_execute_node
from .devices import get_default_device
from .graph.engine import execution_order
from .graph.saved import SavedTensor
from .ops import linalg
from .overrides import DisableTorchFunctionSubclass, _disabled_torch_function_impl

_nn = SimpleNamespace(linear=linalg.linear)
_autograd = SimpleNamespace(SavedTensor=SavedTensor, _unsafe_set_version_counter=_unsafe_set_version_counter)
DisableTorchFunction = DisableTorchFunctionSubclass

__all__ = [
    "DisableTorchFunction",
    "DisableTorchFunctionSubclass",
    "_autograd",
    "_disabled_torch_function_impl",
    "_nn",
    "_will_engine_execute_node",
]


def _current_graph_task_id() -> int:
    """The number of the backward pass running on this thread; -1 outside of one."""
    return -1 if thread.graph_task is None else thread.graph_task.id


def _current_graph_task_execution_order() -> list:
    """The nodes of the backward pass running on this thread, in the order in which they run."""
    return execution_order(thread.graph_task)


def _current_autograd_node():
    """The node being run on this thread, or None."""
    return thread.current_node


def _get_default_device() -> str:
    return str(get_default_device())


def _is_grad_layout_enforcement_enabled() -> bool:
    return thread.enforce_grad_layout
