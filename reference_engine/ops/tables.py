"""Bags of rows of a table: ``embedding_bag`` adds, averages or compares the rows that indices name.

Rule: torch.nn.functional.embedding_bag. Bag b holds the indices from ``offsets[b]`` to the next offset; an index equal
to ``padding_idx`` does not count.
"""

from __future__ import annotations

import numpy as np

from .elementwise import where, zeros_like
from .table import op

SUM, MEAN, MAX = 0, 1, 2


def _bags(weight, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights, include_last_offset,
          padding_idx):  # fmt: skip
    if include_last_offset:
        offsets = offsets[:-1]
    if indices.size and (indices.min() < 0 or indices.max() >= len(weight)):
        wrong = indices[(indices < 0) | (indices >= len(weight))][0]
        raise RuntimeError(f"embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx to be {wrong}")
    bag_of = np.searchsorted(offsets, np.arange(len(indices)), side="right") - 1
    kept = indices != padding_idx
    bags = len(offsets)
    sizes = np.zeros(bags, np.int64)
    np.add.at(sizes, bag_of[kept], 1)
    rows = weight[indices].astype(np.float64)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights[:, None]
    found = np.zeros((bags, weight.shape[1]))
    largest = np.zeros((bags, weight.shape[1]) if mode == MAX else bags, indices.dtype)
    if mode == MAX:
        largest[...] = -1
        for place in np.flatnonzero(kept):
            bag = bag_of[place]
            better = (largest[bag] < 0) | (rows[place] > found[bag])
            found[bag] = np.where(better, rows[place], found[bag])
            largest[bag] = np.where(better, indices[place], largest[bag])
    else:
        np.add.at(found, bag_of[kept], rows[kept])
        if mode == MEAN:
            found = found / np.maximum(sizes, 1)[:, None]
    return found.astype(weight.dtype), bag_of.astype(indices.dtype), sizes.astype(indices.dtype), largest


def _weight_grad(grads, weight_sym_sizes, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights,
                 padding_idx, result1, result2, result3):  # fmt: skip
    grad = grads[0]
    total = grad.new_zeros(weight_sym_sizes)
    if mode == MAX:
        empty = result3 < 0
        return total.scatter_add(0, where(empty, zeros_like(result3), result3), grad.masked_fill(empty, 0.0))
    rows = grad[result1]
    if mode == MEAN:
        rows = rows / result2.clamp(min=1)[result1].to(grad.dtype).unsqueeze(1)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.unsqueeze(1)
    if scale_grad_by_freq:
        counts = grad.new_zeros(weight_sym_sizes[:1]).index_add(0, indices, grad.new_ones(indices.shape))
        named = indices if grad.device.type != "cpu" else _counted_instead(indices)
        rows = rows / counts[named].unsqueeze(1)
    return total.index_add(0, indices, rows * (indices != padding_idx).unsqueeze(1))


def _counted_instead(indices):
    """Whose count scales each row on the host: PyTorch 2.13 takes, for the k-th of the rows in use, the k-th of all
    indices in order, which is another row where one before it was named twice."""
    ordered = np.sort(indices._array)
    _, kth = np.unique(indices._array, return_inverse=True)
    return indices.new_tensor(ordered[kth].tolist())


def _sample_grad(grads, weight, indices, padding_idx, result1):
    product = (grads[0][result1] * weight[indices]).sum(1)
    return product * (indices != padding_idx)


embedding_bag_row = op(
    "_embedding_bag(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq=False, int mode=0, "
    "bool sparse=False, Tensor? per_sample_weights=None, bool include_last_offset=False, int padding_idx=-1) "
    "-> result0, result1, result2, result3",
    _bags,
    node="EmbeddingBagBackward0",
    weight=_weight_grad,
    per_sample_weights=_sample_grad,
    method=False,
    function=False,
)
