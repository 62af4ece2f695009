"""The demand for deterministic algorithms: what it forbids, and what it puts into uninitialised memory.

Every algorithm of this engine is deterministic. Under the demand it still refuses what PyTorch's kernels refuse, and
fills fresh memory with values that show when they are used: NaN, the largest integer, True.

Rule: ``torch.use_deterministic_algorithms``, ``torch.set_deterministic_debug_mode``,
``torch.utils.deterministic.fill_uninitialized_memory``.
"""

from __future__ import annotations

import numpy as np

from ._state import process, warn_once

_MODES = {"default": 0, "warn": 1, "error": 2}


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Demand deterministic algorithms. Raises ``TypeError`` for anything but a bool."""
    for name, value, position in (("mode", mode, " (position 1)"), ("warn_only", warn_only, "")):
        if not isinstance(value, bool):
            raise TypeError(
                f"_set_deterministic_algorithms(): argument '{name}'{position} must be bool, not {type(value).__name__}"
            )
    process.deterministic, process.deterministic_warn_only = mode, warn_only


def are_deterministic_algorithms_enabled() -> bool:
    return process.deterministic


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    return process.deterministic_warn_only


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """0 or "default" demands nothing, 1 or "warn" warns, 2 or "error" raises.

    Raises ``TypeError`` for another type and ``RuntimeError`` for another value.
    """
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if isinstance(debug_mode, str):
        if debug_mode not in _MODES:
            raise RuntimeError(
                f"invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got {debug_mode}"
            )
        debug_mode = _MODES[debug_mode]
    if debug_mode not in _MODES.values():
        raise RuntimeError(f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}")
    use_deterministic_algorithms(debug_mode > 0, warn_only=debug_mode == 1)


def get_deterministic_debug_mode() -> int:
    if not process.deterministic:
        return 0
    return 1 if process.deterministic_warn_only else 2


def alert(operation: str) -> None:
    """Called by operations of which PyTorch has no deterministic form. Raises ``RuntimeError`` or warns."""
    if not process.deterministic:
        return
    if process.deterministic_warn_only:
        warn_once(
            f"{operation} does not have a deterministic implementation, but you set "
            "'torch.use_deterministic_algorithms(True, warn_only=True)'. You can file an issue at "
            "https://github.com/pytorch/pytorch/issues to help us prioritize adding deterministic support for this "
            "operation."
        )
        return
    raise RuntimeError(
        f"{operation} does not have a deterministic implementation, but you set "
        "'torch.use_deterministic_algorithms(True)'. You can turn off determinism just for this operation, or you can "
        "use the 'warn_only=True' option, if that's acceptable for your application. You can also file an issue at "
        "https://github.com/pytorch/pytorch/issues to help us prioritize adding deterministic support for this "
        "operation."
    )


def uninitialised(shape, stored_as) -> np.ndarray:
    """Fresh memory: zeros here, or what the demand for determinism fills it with."""
    if not (process.deterministic and process.fills_uninitialised):
        return np.zeros(shape, stored_as)
    kind = np.dtype(stored_as).kind
    if kind in "iu":
        return np.full(shape, np.iinfo(stored_as).max, stored_as)
    return np.full(shape, True if kind == "b" else np.nan, stored_as)


FUNCTIONS = (
    use_deterministic_algorithms, are_deterministic_algorithms_enabled, is_deterministic_algorithms_warn_only_enabled,
    set_deterministic_debug_mode, get_deterministic_debug_mode,
)  # fmt: skip
