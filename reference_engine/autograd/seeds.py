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


def seeds(roots: tuple, given, batched: bool = False) -> tuple:
    """One gradient per root, None for roots that require none. ``given`` is a tensor, a sequence, or None for all;
    ``batched`` seeds hold several gradients each, along their first dimension.

    Raises ``RuntimeError`` for shapes and types that do not fit and for ones that cannot be made up, ``TypeError``
    for a seed and ``AssertionError`` for a root that is no tensor.
    """
    chosen = (None,) * len(roots) if given is None else several(given)

    def places(root, seed) -> tuple:
        # Looked for by comparing, as PyTorch does: which fails where an earlier seed of several elements is compared.
        return f"grad_output[{chosen.index(seed)}]", f"output[{roots.index(root)}]"

    return tuple(_seed(places, root, seed, batched) for root, seed in zip(roots, chosen, strict=False))


def batch_size(batches: tuple) -> int:
    """How many gradients each of several batched seeds holds. Raises ``ValueError`` unless they agree."""
    sizes = []
    for batch in batches:
        if batch is not None:
            if not batch._array.ndim:
                raise ValueError(
                    "vmap(vjp, in_dims=0, ...)(<inputs>): Got in_dim=0 for some input, but that input is a Tensor of "
                    "dimensionality 0 so expected in_dim to satisfy 0 <= in_dim < 0."
                )
            sizes.append(batch._array.shape[0])
    if len(set(sizes)) > 1:
        raise ValueError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{sizes} for the mapped dimension"
        )
    return sizes[0] if sizes else 0


def _seed(places, root, seed, batched: bool):
    if not isinstance(root, (Tensor, GradientEdge)):
        raise AssertionError("Expected output to be a torch.Tensor")
    if seed is None:
        return _made_up(root)
    if not isinstance(seed, Tensor):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(seed).__name__}")
    shape, dtype, _ = _described(root)
    if batched and seed[0]._array.shape != shape:
        if isinstance(root, GradientEdge):
            raise RuntimeError("Batched grads are not supported with GradientEdge")
        given, wanted = places(root, seed)
        raise RuntimeError(
            "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch dimension. "
            "The sizes of the remaining dimensions are expected to match the shape of corresponding output, but a "
            f"mismatch was detected: {given} has a shape of {seed[0].shape[1:]} and {wanted} has "
            f"a shape of {Size(shape)}. If you only want some tensors in `grad_output` to be considered batched, "
            "consider using vmap."
        )
    if not batched and seed._array.shape != shape:
        given, wanted = places(root, seed)
        raise RuntimeError(
            f"Mismatch in shape: {given} has a shape of {seed.shape} and {wanted} has a shape of {Size(shape)}."
        )
    if seed.dtype.is_complex != dtype.is_complex:
        given, wanted = places(root, seed)
        raise RuntimeError(
            "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: "
            f"{given} has a dtype of {seed.dtype} and {wanted} has a dtype of {dtype}."
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
        metadata = root.node._input_metadata[root.output_nr]
        return tuple(metadata.shape), metadata.dtype, metadata.device
    return root._array.shape, root.dtype, root._storage.device
