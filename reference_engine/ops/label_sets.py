"""Losses against sets of labels, and the product of three tensors behind a bilinear map.

Rules: torch.nn.functional.multilabel_margin_loss, torch.nn.functional.bilinear.
"""

from __future__ import annotations

import numpy as np

from .losses import MEAN, _reduced
from .table import op


def _named(target: np.ndarray, classes: int) -> np.ndarray:
    """(N, C): how often each class is named before the first -1."""
    rows, places = np.nonzero(np.cumprod(target >= 0, axis=1))
    counts = np.zeros((len(target), classes), np.int64)
    np.add.at(counts, (rows, target[rows, places]), 1)
    return counts


def _pairs(array: np.ndarray, target: np.ndarray):
    """The gap between each named class and each that is not, weighted by how often it is named, and those counts."""
    rows, labels = np.atleast_2d(array), np.atleast_2d(target)
    if array.ndim > 2 or 0 in rows.shape[1:]:
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(array.shape)}"
        )
    fits = target.ndim == 2 if array.ndim == 2 else target.ndim < 2
    if not fits or labels.shape != rows.shape:
        raise RuntimeError(f"inconsistent target size: {list(target.shape)} for input of size: {list(array.shape)}")
    if labels.min(initial=-1) < -1 or labels.max(initial=-1) >= rows.shape[1]:
        raise RuntimeError("argument #2 'target' is out of range")
    counts = _named(labels, rows.shape[1])
    weights = counts[:, :, None] * (counts == 0)[:, None, :] / rows.shape[1]
    return 1 - rows[:, :, None] + rows[:, None, :], weights, counts


def _multilabel_margin(array, target, reduction):
    gaps, weights, counts = _pairs(array, target)
    losses = (np.where(gaps > 0, gaps, 0) * weights).sum(axis=(1, 2)).astype(array.dtype)
    losses = _reduced(losses if array.ndim == 2 else losses[0], reduction)
    return losses, (counts > 0).reshape(array.shape).astype(array.dtype)


def _multilabel_margin_back(grad, array, target, reduction, is_target):
    gaps, weights, _ = _pairs(array, target)
    slopes = np.where(gaps > 0, weights, 0)
    share = grad / len(gaps) if reduction == MEAN else grad
    found = (slopes.sum(axis=1) - slopes.sum(axis=2)) * share.reshape(-1, 1)
    return found.reshape(array.shape).astype(array.dtype)


_multilabel_margin_backward = op(
    "multilabel_margin_loss_backward(Tensor grad, Tensor self, Tensor target, int reduction, Tensor is_target)",
    _multilabel_margin_back,
    method=False,
    function=False,
)
multilabel_margin_loss = op(
    "multilabel_margin_loss_forward(Tensor self, Tensor target, int reduction=1) -> output, is_target",
    _multilabel_margin,
    node="MultilabelMarginLossBackward0",
    self=lambda grads, self, target, reduction, is_target: _multilabel_margin_backward(
        grads[0], self, target, reduction, is_target
    ),
    non_differentiable=("is_target",),
    returns=lambda outputs: outputs[0],
    method=False,
    function=False,
)

# -- three factors -----------------------------------------------------------------------------------------------


def _spread(tensor, dims):
    for dim in sorted(dims):
        tensor = tensor.unsqueeze(dim)
    return tensor


def _factor_grad(grad, others, sumdim, own):
    product = _spread(grad, sumdim)
    for tensor, dims in others:
        product = product * _spread(tensor, dims)
    return product.sum(tuple(own)) if own else product


def _array_spread(array, dims):
    return np.expand_dims(array, tuple(dims)) if dims else array


trilinear = op(
    "_trilinear(Tensor i1, Tensor i2, Tensor i3, int[] expand1, int[] expand2, int[] expand3, int[] sumdim)",
    lambda a, b, c, expand1, expand2, expand3, sumdim: (
        _array_spread(a, expand1) * _array_spread(b, expand2) * _array_spread(c, expand3)
    ).sum(axis=tuple(sumdim), dtype=a.dtype),
    node="TrilinearBackward0",
    apart=True,
    i1=lambda grad, i2, i3, expand1, expand2, expand3, sumdim: _factor_grad(
        grad, ((i2, expand2), (i3, expand3)), sumdim, expand1
    ),
    i2=lambda grad, i1, i3, expand1, expand2, expand3, sumdim: _factor_grad(
        grad, ((i1, expand1), (i3, expand3)), sumdim, expand2
    ),
    i3=lambda grad, i1, i2, expand1, expand2, expand3, sumdim: _factor_grad(
        grad, ((i1, expand1), (i2, expand2)), sumdim, expand3
    ),
    jvp="transposed",
    method=False,
    function=False,
)
