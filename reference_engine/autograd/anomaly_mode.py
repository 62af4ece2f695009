"""Anomaly mode: remember where forward was when a node was made, and say so when its backward fails.

Each node keeps the Python frames of the call that recorded it (and the node that was running at the time, for graphs
made by a backward pass). An exception in backward, or a NaN in what it returns, is preceded by a warning with them.

Rule: ``torch.autograd.detect_anomaly``, ``torch.autograd.set_detect_anomaly``.
"""

from __future__ import annotations

import sys
import traceback
import warnings

from .._state import process, thread
from ..ops.arguments import parsed

_ENGINE_FILES = __file__.rsplit("/autograd/", 1)[0] + "/"


def remember_forward(node) -> None:
    """Note the user's frames, and the node whose evaluation is making this one."""
    node.metadata["traceback_"] = _user_stack()
    if thread.current_node is not None:
        node.metadata["parent_"] = thread.current_node


def _user_stack() -> list[str]:
    frames = traceback.extract_stack(sys._getframe(1))
    kept = [frame for frame in frames if not frame.filename.startswith(_ENGINE_FILES)]
    return traceback.format_list(kept)


def print_stack(node) -> None:
    """Warn with the forward traceback of ``node`` and of the nodes that led to its creation."""
    if "traceback_" not in node.metadata:
        _warn(
            f"Error detected in {node.name()}. No forward pass information available. Enable detect anomaly during "
            "forward "
            "pass for more information."
        )
        return
    _warn(f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n"
          + "".join(node.metadata["traceback_"]))  # fmt: skip
    parent = node.metadata.get("parent_")
    while parent is not None:
        if "traceback_" not in parent.metadata:
            _warn(
                f"\n\nPrevious calculation was induced by {parent.name()}. No forward pass information available. "
                "Enable "
                "detect anomaly during forward pass for more information."
            )
            return
        _warn(
            f"\n\nPrevious calculation was induced by {parent.name()}. Traceback of forward call that induced the "
            "previous "
            "calculation:\n" + "".join(parent.metadata["traceback_"])
        )
        parent = parent.metadata.get("parent_")


def _warn(message: str) -> None:
    warnings.warn(message + " (Triggered internally at the reference engine.)", UserWarning, stacklevel=8)


def check_nan(node, results: list) -> None:
    """Raise ``RuntimeError`` when a gradient that ``node`` returned holds a NaN."""
    for index, grad in enumerate(results):
        if grad is not None:
            array = grad._array
            if array.dtype.kind not in "biu" and (array != array).any():
                raise RuntimeError(f"Function '{node.name()}' returned nan values in its {index}th output.")


class detect_anomaly:
    """Anomaly mode for a block; ``check_nan=False`` leaves NaNs alone."""

    def __init__(self, check_nan: bool = True) -> None:
        self.prev = process.anomaly
        self.check_nan = check_nan
        self.prev_check_nan = process.anomaly_check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        process.anomaly, process.anomaly_check_nan = True, self.check_nan

    def __exit__(self, *exc_info) -> None:
        process.anomaly, process.anomaly_check_nan = self.prev, self.prev_check_nan


class set_detect_anomaly:
    """Set anomaly mode: at once as a call, for a block as a context manager."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.prev, self.prev_check_nan = process.anomaly, process.anomaly_check_nan
        set_anomaly_enabled(mode, check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc_info) -> None:
        process.anomaly, process.anomaly_check_nan = self.prev, self.prev_check_nan


@parsed("set_anomaly_enabled(bool enabled, bool check_nan=True)")
def set_anomaly_enabled(enabled: bool, check_nan: bool = True) -> None:
    """Set anomaly mode. Raises ``TypeError`` unless both settings are bools."""
    process.anomaly, process.anomaly_check_nan = enabled, check_nan


def is_anomaly_enabled() -> bool:
    return process.anomaly


def is_anomaly_check_nan_enabled() -> bool:
    return process.anomaly_check_nan
