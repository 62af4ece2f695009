"""The gradients that a backward pass starts with, one per root.

A root's seed is what the caller gave, or 1 where the root has a single element of a real type: the derivative of the
root with respect to itself.

Rule: ``grad_tensors`` of ``torch.autograd.backward``, ``grad_outputs`` of ``torch.autograd.grad``.
"""

from __future__ import annotations

import math

from .._tensor import Tensor
from ..creation import ones, ones_like
from ..size import Size
from .graph import GradientEdge

_NO_ELEMENT_TO_CHOOSE = "grad can be implicitly created only for scalar outputs"


def several(value) -> tuple:
    """A tensor or an edge alone, or a sequence of them, as a tuple."""
    return (value,) if isinstance(value, (Tensor, GradientEdge)) else tuple(value)


def seeds(roots: tuple, given) -> tuple:
    """One gradient per root, None for roots that require none. ``given`` is a tensor, a sequence, or None for all.

    Raises ``RuntimeError`` for shapes and types that do not fit and for ones that cannot be made up, ``TypeError``
    for what is no tensor.
    """
    chosen = (None,) * len(roots) if given is None else several(given)
    return tuple(_seed(number, root, seed) for number, (root, seed) in enumerate(zip(roots, chosen, strict=False)))


def _seed(number: int, root, seed):
    if seed is None:
        return _made_up(root)
    if not isinstance(seed, Tensor):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(seed).__name__}")
    shape, dtype, _ = _described(root)
    if seed._array.shape != shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{number}] has a shape of {seed.shape} and output[{number}] has a shape of "
            f"{Size(shape)}."
        )
    if seed.dtype.is_complex != dtype.is_complex:
        raise RuntimeError(
            "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: "
            f"grad_output[{number}] has a dtype of {seed.dtype} and output[{number}] has a dtype of {dtype}."
        )
    return seed


def _made_up(root):
    if isinstance(root, Tensor) and not root.requires_grad:
        return None
    shape, dtype, device = _described(root)
    if math.prod(shape) != 1:
        raise RuntimeError(_NO_ELEMENT_TO_CHOOSE)
    if not dtype.is_floating_point:
        raise RuntimeError(f"grad can be implicitly created only for real scalar outputs but got {dtype}")
    return ones_like(root) if isinstance(root, Tensor) else ones(shape, dtype=dtype, device=device)


def _described(root) -> tuple:
    """(shape, dtype, device) of a tensor, or of the value behind an edge."""
    if isinstance(root, GradientEdge):
        return root.node.input_metadata[root.output_nr]
    return root._array.shape, root.dtype, root._storage.device
