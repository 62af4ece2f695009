"""Arguments for which an operation has no derivative at all."""

from __future__ import annotations

from .._state import thread


def not_differentiable(function: str, **arguments) -> None:
    """Refuse arguments that require grad. Raises ``RuntimeError`` naming ``function`` and the argument."""
    if not thread.grad_enabled:
        return
    for name, tensor in arguments.items():
        if tensor is not None and tensor.requires_grad:
            raise RuntimeError(
                f"The function '{function}' is not differentiable with respect to argument '{name}'. This input "
                "cannot have requires_grad True."
            )
