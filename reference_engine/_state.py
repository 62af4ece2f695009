"""State that outlives a statement: per-thread modes and process-wide settings, and the way back to a clean start.

Grad mode, inference mode, saved-tensor hooks and the device context belong to a thread: a new thread begins with
recording on. Anomaly mode, the default dtype and determinism flags belong to the process.
"""

from __future__ import annotations

import threading
import warnings

import numpy as np


class ThreadState(threading.local):
    """Modes of the current thread. The class attributes are what a new thread starts with."""

    def __init__(self) -> None:
        # Overflow, division by zero and NaN are results like others, as in PyTorch.
        np.seterr(all="ignore")

    grad_enabled = True
    inference = False
    multithreading = True
    enforce_grad_layout = True
    # Stack of (pack, unpack) pairs, innermost last; a disabling context stores its message instead.
    saved_tensors_hooks: tuple = ()
    saved_tensors_hooks_disabled: str | None = None
    # Devices entered by `with torch.device(...)`, innermost last; below them `set_default_device`.
    device_contexts: tuple = ()
    default_device = None
    # Subclass dispatch switched off by `torch._C.DisableTorchFunctionSubclass`.
    torch_function_disabled = False
    # The backward pass running on this thread (reentrant passes nest) and the node being evaluated.
    graph_task = None
    current_node = None


class ProcessState:
    """Settings shared by all threads."""

    def __init__(self) -> None:
        self.anomaly = False
        self.anomaly_check_nan = True
        self.warn_always = False
        self.warned: set[str] = set()
        self.deterministic = False
        self.deterministic_warn_only = False
        self.fills_uninitialised = True  # under the demand for determinism
        self.mutations = None  # the open `allow_mutation_on_saved_tensors`
        self.forward_level = -1  # the open forward-mode level; -1 when none is


thread = ThreadState()
process = ProcessState()


def warn_once(message: str, category: type[Warning] = UserWarning, stacklevel: int = 3) -> None:
    """Warn as PyTorch's once-per-process warnings do: once, or each time after ``set_warn_always(True)``."""
    if process.warn_always or message not in process.warned:
        process.warned.add(message)
        warnings.warn(message, category, stacklevel=stacklevel)


def set_warn_always(enabled: bool, /) -> None:
    """Make warnings that are given once per process be given each time."""
    process.warn_always = bool(enabled)


def is_warn_always_enabled() -> bool:
    return process.warn_always


def reset_state() -> None:
    """Return to the state of a fresh process: modes, hooks, defaults, print options, seed and flags.

    For harnesses that run many programs in one process. Tensors and graphs are left alone.
    """
    from . import printing, promotion, random
    from .autograd import forward_ad
    from .nn.modules.calling import global_hooks

    for name in [name for name in vars(ThreadState) if not name.startswith("__")]:
        thread.__dict__.pop(name, None)
    forward_ad.forget()
    global_hooks.clear()
    warn_always = process.warn_always
    process.__init__()
    process.warn_always = warn_always
    promotion.defaults.dtype = promotion.float32
    printing.reset_printoptions()
    random.reset_generators()
