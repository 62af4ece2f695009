"""Bags of rows of a table: ``embedding_bag`` adds, averages or compares the rows that indices name.

Rule: torch.nn.functional.embedding_bag. Bag b holds the indices from ``offsets[b]`` to the next offset; an index equal
to ``padding_idx`` does not count.
"""

from __future__ import annotations

import numpy as np

from ..autograd.tangents import tangent_of
from ..devices import variable_type_name
from ..dtypes import FLOATING, int32, int64
from ..errors import NotModelled
from ..promotion import promote_types
from .composed import unrecorded
from .refusals import not_implemented
from .table import op

SUM, MEAN, MAX = 0, 1, 2


def _demands(weight, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights, include_last_offset,
             padding_idx):  # fmt: skip
    """Raises ``RuntimeError`` for dtypes, and for offsets that do not divide the indices."""
    if indices.dtype not in (int32, int64):
        _wrong_type("indices", "Long, Int", indices)
    if weight.dtype.kind != FLOATING:
        _wrong_type("weight", "Half, BFloat16, Float, Double", weight)
    count, stated = indices.numel(), offsets._array
    if include_last_offset and not stated.size:
        raise RuntimeError("include_last_offset: number of offset should be at least 1")
    if stated.size and stated[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, "
            f"got {stated[0]}\n[ {offsets.type()}{{}} ]"
        )
    if stated.size and stated[-1] > count:
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length {count} but got offsets[-1] of {stated[-1]}"
        )
    if per_sample_weights is not None and per_sample_weights.dtype is not weight.dtype:
        own, given = (variable_type_name(t.device, t.dtype.scalar) for t in (weight, per_sample_weights))
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 "
            f"'per_sample_weights'; but type {own} does not equal {given} (while checking arguments for embedding_bag)"
        )


def _wrong_type(name: str, wanted: str, tensor) -> None:
    found = variable_type_name(tensor.device, tensor.dtype.scalar)
    raise RuntimeError(
        f"Expected tensor for argument #1 '{name}' to have one of the following scalar types: {wanted}; but got "
        f"{found} instead (while checking arguments for embedding_bag)"
    )


def _is_quick(weight, mode, padding_idx) -> bool:
    """Whether PyTorch has a kernel of its own: for adding up rows of at most 32 bits that are not strided."""
    return mode != MAX and padding_idx < 0 and weight.itemsize < 8 and weight.strides[1] == weight.itemsize


def _bags(weight, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights, include_last_offset,
          padding_idx):  # fmt: skip
    if include_last_offset:
        offsets = offsets[:-1]
    quick = _is_quick(weight, mode, padding_idx)
    outside = np.flatnonzero((indices < 0) | (indices >= len(weight)))
    if outside.size:
        place, wrong = outside[0], indices[outside[0]]
        if quick:  # as one thread says it; with several, each begins to count at its first bag
            raise RuntimeError(
                f"Index {place} of input takes value {wrong} which is not in the valid range [0, {len(weight)})"
            )
        raise RuntimeError(f"embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx to be {wrong}")
    bags = len(offsets)
    bag_of = _bag_of(indices, offsets)
    kept = (indices != padding_idx) & (bags > 0)
    sizes = np.zeros(bags, np.int64)
    np.add.at(sizes, bag_of[kept], 1)
    rows = weight[indices].astype(np.float64)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights[:, None]
    found = np.zeros((bags, weight.shape[1]))
    largest = np.full(found.shape, -1)
    if mode == MAX:
        for place in np.flatnonzero(kept):
            bag = bag_of[place]
            better = (largest[bag] < 0) | (rows[place] > found[bag])
            found[bag] = np.where(better, rows[place], found[bag])
            largest[bag] = np.where(better, indices[place], largest[bag])
    else:
        np.add.at(found, bag_of[kept], rows[kept])
        if mode == MEAN:
            found = found / np.maximum(sizes, 1)[:, None]
    # What is told beside the bags: PyTorch counts only where it needs the counts.
    if mode == SUM:
        sizes = np.zeros_like(sizes)
        bag_of = bag_of[: 0 if quick else None]
    largest = np.maximum(largest, 0) if mode == MAX else sizes
    return found.astype(weight.dtype), *(told.astype(indices.dtype) for told in (bag_of, sizes, largest))


def _bag_of(indices, offsets):
    """The number of the bag in which each index lies."""
    return np.searchsorted(offsets, np.arange(len(indices)), side="right") - 1


def _bag_tensor(grad, indices, offsets):
    """As above, for tensors; what lies behind the last offset counts for the last bag."""
    found = np.minimum(_bag_of(indices._array, offsets._array), grad._array.shape[0] - 1)
    return indices.new_tensor(found.tolist())


def _weight_grad(grad, indices, offsets, result2, result3, num_weights, scale_grad_by_freq, mode, sparse,
                 per_sample_weights, padding_idx, on_host):  # fmt: skip
    if sparse:
        raise NotModelled("The sparse gradient of a bag of embeddings")
    total = grad.new_zeros((num_weights, *grad.shape[1:]))
    if mode == MAX:
        return total.scatter_add(0, result3, grad.masked_fill((result2 == 0).unsqueeze(1), 0.0))
    bag_of = _bag_tensor(grad, indices, offsets)
    rows = grad[bag_of]
    if mode == MEAN:
        rows = rows / result2.clamp(min=1)[bag_of].to(grad.dtype).unsqueeze(1)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.unsqueeze(1)
    if scale_grad_by_freq:
        counts = grad.new_zeros((num_weights,)).index_add(0, indices, grad.new_ones(indices.shape))
        named = _counted_instead(indices) if on_host else indices
        rows = rows / counts[named].unsqueeze(1)
    return total.index_add(0, indices, rows * (indices != padding_idx).unsqueeze(1))


def _counted_instead(indices):
    """Whose count scales each row on the host: PyTorch 2.13 takes, for the k-th of the rows in use, the k-th of all
    indices in order, which is another row where one before it was named twice."""
    ordered = np.sort(indices._array)
    _, kth = np.unique(indices._array, return_inverse=True)
    return indices.new_tensor(ordered[kth].tolist())


def _sample_grad(grad, weight, indices, offsets, padding_idx):
    return (grad[_bag_tensor(grad, indices, offsets)] * weight[indices]).sum(1) * (indices != padding_idx)


# The derivatives are operations without one. The first says so in its own words, the second has no formula at all.
_no_second = not_implemented("_embedding_bag_backward")
_weight_gradient = op(
    "_embedding_bag_backward(Tensor grad, Tensor indices, Tensor offsets, Tensor result2, Tensor result3, "
    "int num_weights, bool scale_grad_by_freq, int mode, bool sparse, Tensor? per_sample_weights, int padding_idx, "
    "bool on_host)",
    unrecorded(_weight_grad),
    grad=_no_second,
    per_sample_weights=_no_second,
    method=False,
    function=False,
)
_sample_gradient = op(
    "_embedding_bag_per_sample_weights_backward(Tensor grad, Tensor weight, Tensor indices, Tensor offsets, "
    "int padding_idx)",
    unrecorded(_sample_grad),
    method=False,
    function=False,
)


def _weight_formula(grad, indices, offsets, result1, result2, result3, weight_sym_argsize_0, scale_grad_by_freq, mode,
                    sparse, per_sample_weights, padding_idx):  # fmt: skip
    return _weight_gradient(
        grad, indices, offsets, result2, result3, weight_sym_argsize_0, scale_grad_by_freq, mode, sparse,
        per_sample_weights, padding_idx, grad.device.type == "cpu",
    )  # fmt: skip


def _sample_formula(grad, weight, indices, offsets, result1, mode, padding_idx):
    return _sample_gradient(grad, weight, indices, offsets, padding_idx)


_SIGNATURE = (
    "(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq=False, int mode=0, bool sparse=False, "
    "Tensor? per_sample_weights=None, bool include_last_offset=False, int padding_idx=-1) "
    "-> result0, result1, result2, result3"
)
_recorded = op(
    "_embedding_bag" + _SIGNATURE,
    _bags,
    check=_demands,
    node="EmbeddingBagBackward0",
    weight=_weight_formula,
    per_sample_weights=_sample_formula,
    non_differentiable=("result1", "result2", "result3"),
    method=False,
    function=False,
)
_forward_only = op(
    "_embedding_bag_forward_only" + _SIGNATURE,
    _bags,
    check=_demands,
    per_sample_weights=not_implemented("_embedding_bag_forward_only: per_sample_weights"),
    method=False,
    function=False,
)


def embedding_bag(weight, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights,
                  include_last_offset, padding_idx):  # fmt: skip
    """The bags and how they were made. Without a gradient in sight PyTorch calls an operation of another name.

    Raises ``RuntimeError`` for a ``padding_idx`` that names no row; None stands for no padding.
    """
    rows = weight.size(0)
    if padding_idx is not None and not -rows <= padding_idx < rows:
        raise RuntimeError(
            f"padding_idx must be within the number of embeddings, -{rows} through {rows - 1}, but got {padding_idx}"
        )
    padding = -1 if padding_idx is None else padding_idx % rows
    common = promote_types(indices.dtype, offsets.dtype)
    indices, offsets = indices.to(common), offsets.to(common)
    needed = weight.requires_grad or tangent_of(weight) is not None
    needed = needed or (per_sample_weights is not None and per_sample_weights.requires_grad)
    return (_recorded if needed else _forward_only)(
        weight, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights, include_last_offset, padding
    )
