"""Observed tensor states as short texts, for the side-by-side tables of a report.

The encoding read here is OBSERVATION of `docs/protocol.md`.
"""

from __future__ import annotations

from typing import Any

from conformance.judge.diff import numbered
from conformance.judge.render import data_text

FIELDS = (
    "value",
    "grad",
    "dtype",
    "shape",
    "device",
    "requires_grad",
    "is_leaf",
    "retains_grad",
    "version",
    "grad_fn",
    "storage",
    "view_of",
)
OWN_DEVICE = ""
"""Stands for the device of the target itself, so that targets on different devices can be equal."""


def state_row(observation: dict[str, Any], device: str) -> tuple[str, ...]:
    """One text per name of `FIELDS`. `device` is the target's own device, which becomes `OWN_DEVICE`."""
    dtype, shape = str(observation.get("dtype")), observation.get("shape")
    where = str(observation.get("device"))
    return (
        data_text(observation.get("data"), dtype),
        _grad_text(observation.get("grad"), dtype),
        dtype,
        "?" if shape is None else f"[{', '.join(map(str, shape))}]",
        OWN_DEVICE if numbered(where) == numbered(device) else where,
        *(_plain(observation.get(name)) for name in FIELDS[5:]),
    )


def portable(text: str, device: str) -> str:
    """A tensor's text without the target's own device, which says nothing new."""
    head, mark, tail = text.rpartition(", device=")
    own = mark and text.startswith("tensor(") and numbered(tail.rstrip(")")) == numbered(device)
    return f"{head})" if own else text


def _grad_text(grad: dict[str, Any] | None, dtype: str) -> str:
    if grad is None:
        return "None"
    extras = [str(grad["dtype"])] if grad.get("dtype") not in (None, dtype) else []
    if grad.get("grad_fn"):
        extras.append(f"grad_fn={grad['grad_fn']}")
    elif grad.get("requires_grad"):
        extras.append("requires_grad")
    if grad.get("version"):
        extras.append(f"version {grad['version']}")
    return " ".join([data_text(grad.get("data"), str(grad.get("dtype"))), *extras])


def _plain(value: Any) -> str:
    return "None" if value is None else str(value)
