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


def not_implemented(what: str):
    """A derivative that PyTorch does not have. Raises ``NotImplementedError`` when it would be needed."""

    def derivative(grad):
        raise NotImplementedError(f"the derivative for '{what}' is not implemented.")

    return derivative


def only_wide(kernel: str, forward):
    """``forward`` for an operation without a kernel for the 16-bit types."""
    from ..dtypes import BY_NUMPY

    def checked(*arrays):
        for array in arrays:
            if getattr(array, "ndim", None) is not None and array.dtype.itemsize == 2 and array.dtype.kind in "fV":
                raise NotImplementedError(f"\"{kernel}\" not implemented for '{BY_NUMPY[array.dtype].scalar}'")
        return forward(*arrays)

    return checked
