"""The tangents of a custom Function's outputs, by its ``jvp``.

``jvp`` must do to tangents what ``forward`` does to memory: write to the tangent of an input that is written to, and
return a view of the tangent of an input of which a view is returned.

Rule: ``torch.autograd.Function.jvp``.
"""

from __future__ import annotations

from .._state import process
from .._tensor import Tensor
from ..creation import zeros_like
from .tangents import set_tangent, tangent_of, write_tangent


def propagate(cls, node, args: tuple, raw: tuple, outputs: list, dirty: tuple, frozen: tuple) -> None:
    """Give the ``outputs`` their tangents.

    ``raw`` is what ``forward`` returned; ``dirty`` and ``frozen`` are the tensors marked as modified and as not
    differentiable. Raises ``RuntimeError`` for a ``jvp`` that returns too few, too many or unfit tangents.
    """
    inputs = {id(arg): arg for arg in args if isinstance(arg, Tensor)}
    tangents = {key: tangent_of(tensor) for key, tensor in inputs.items()}
    if all(tangent is None for tangent in tangents.values()):
        return
    versions = {key: tangent._version for key, tangent in tangents.items() if tangent is not None}
    incoming = [_incoming(node, arg, tangents) for arg in args]
    level, process.forward_level = process.forward_level, -1
    try:
        returned = cls.jvp(node, *incoming)
    finally:
        process.forward_level = level
    listed = returned if isinstance(returned, tuple) else (returned,)
    if len(listed) != len(outputs):
        raise RuntimeError(
            f"Function's jvp returned an invalid number of forward gradients (expected {len(outputs)} but got "
            f"{len(listed)})"
        )
    for index, tangent in enumerate(listed):
        if tangent is not None and not isinstance(tangent, Tensor):
            raise RuntimeError(f"expected Variable or None (got {type(tangent).__name__}) for grad output {index}.")
    fixed, written = {id(tensor) for tensor in frozen}, {id(tensor) for tensor in dirty}
    for index, (made, output, tangent) in enumerate(zip(raw, outputs, listed, strict=True)):
        if not isinstance(made, Tensor):
            continue
        if id(made) in fixed or not made.dtype.is_differentiable:
            if tangent is not None:
                raise RuntimeError(
                    f"Function's jvp returned a gradient at position {index}, but  the corresponding forward output "
                    "is not a differentiable Tensor.You should return None at that position instead."
                )
        elif id(made) in written:
            _check_written(made, tangent, tangents, versions)
            if tangents.get(id(made)) is None:
                write_tangent(output, tangent)
        else:
            source = _viewed_input(output, inputs)
            if source is None:
                set_tangent(output, tangent)
            elif tangents[source] is None:
                write_tangent(output, tangent)
                return
            else:
                _check_view(tangent, tangents[source])
                set_tangent(output, tangent)


def _incoming(node, arg, tangents: dict):
    """The tangent of one argument as ``jvp`` receives it: zeros where there is none, unless that was switched off."""
    if not isinstance(arg, Tensor):
        return None
    tangent = tangents[id(arg)]
    if tangent is None and arg.dtype.is_differentiable and type(node).materialize_grads.of(node):
        return zeros_like(arg.detach())
    return tangent


def _check_written(made: Tensor, tangent, tangents: dict, versions: dict) -> None:
    if id(made) not in tangents:
        raise RuntimeError(
            "Only input Tensors should be given to ctx.mark_dirty(). If a Tensor is not an input, there is no need to "
            "pass it to mark_dirty()."
        )
    given = tangents[id(made)]
    if given is None:
        return
    if tangent is None or tangent._version == versions[id(made)]:
        raise RuntimeError(
            "An inplace custom Function is not modifying the forward mode gradients inplace. If the forward is "
            "modifying an input inplace, then the jvp function must modify the corresponding gradient inplace."
        )
    if tangent is not given:
        raise RuntimeError(
            "An inplace custom Function is not returning the forward mode gradients as-is. If the forward is "
            "modifying an input inplace, then the jvp function must modify the gradient inplace and return it as-is."
        )


def _base_of(tensor: Tensor):
    """The tensor that begins a view's family of tangents; None for a tensor that is no such view."""
    meta = tensor._meta
    return None if meta is None or meta.view is None else meta.view.tangent_base


def _viewed_input(output: Tensor, inputs: dict) -> int | None:
    """The key of the input of which ``output`` is a view."""
    base = _base_of(output)
    return id(base) if base is not None and id(base) in inputs else None


def _check_view(tangent, given: Tensor) -> None:
    base = None if tangent is None else _base_of(tangent)
    if base is None:
        raise RuntimeError(
            "A custom Function's forward is returning a view (or an input as-is) but the jvp is not returning a view."
        )
    if _base_of(given) is None:
        if base is not given:
            raise RuntimeError(
                "A custom Function is returning a view but the jvp is not returning a view of the given grad input."
            )
    elif base is not _base_of(given):
        raise RuntimeError(
            "A custom Function is returning a view but the jvp is not returning a view of the same base as the given "
            "grad input."
        )
