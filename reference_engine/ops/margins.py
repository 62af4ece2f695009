"""Losses on scores: logits against probabilities, margins, and class numbers at every place of an image."""

from __future__ import annotations

import numpy as np

from .._tensor import make
from ..determinism import uninitialised
from ..dtypes import BOOL, BY_NUMPY, FLOATING
from ..promotion import defaults
from .backward_rows import backward_operation
from .elementwise import mul, where, zeros_like
from .losses import MEAN, NONE, _nll, _reduce_tensor, _reduced, _share, log_sigmoid
from .outputs import check_cast, check_in_place
from .table import guarded, op


def _bce_with_logits(*arrays_and_reduction):
    """PyTorch's own steps, each of which is rounded and refuses what it cannot write: the dtype is the target's."""
    *arrays, reduction = arrays_and_reduction
    array, target, weight, pos_weight = (None if array is None else make(array) for array in arrays)
    likely = log_sigmoid(array)
    if pos_weight is not None:
        likely.mul_((pos_weight - 1).mul(target).add_(1))
    losses = (make(np.ones((), target._array.dtype)) - target).mul_(array).sub_(likely)
    if weight is not None:
        losses.mul_(weight)
    return _reduce_tensor(losses, reduction)._array


def _bce_with_logits_grad(grad, self, target, weight, pos_weight, reduction):
    if pos_weight is None:
        slope = self.sigmoid() - target
    else:
        scaled = pos_weight * target
        slope = (scaled + 1 - target) * self.sigmoid() - scaled
    result = slope * _share(grad, self, reduction)
    return result if weight is None else result * weight


def _bce_with_logits_target_grad(grad, self, target, weight, pos_weight, reduction):
    result = -self * _share(grad, self, reduction)
    if pos_weight is not None:
        soft = (-self).exp().log1p()
        result = (-self + (pos_weight - 1) * soft) * _share(grad, self, reduction)
    return result if weight is None else result * weight


binary_cross_entropy_with_logits = op(
    "binary_cross_entropy_with_logits(Tensor self, Tensor target, Tensor? weight=None, "
    "Tensor? pos_weight=None, int reduction=1)",
    _bce_with_logits,
    self=_bce_with_logits_grad,
    target=_bce_with_logits_target_grad,
    jvp="transposed",
    method=False,
    function=False,
    refuses=(("biuc", "log_sigmoid_cpu"),),
    real_only=True,
)


def _soft_margin(array, target, reduction):
    return _reduced(np.log1p(np.exp(-target * array)).astype(array.dtype), reduction)


def _soft_margin_grad(grad, self, target, reduction):
    odds = (-target * self).exp()
    return _share(target * odds, self, reduction) / -(1 + odds) * grad


def _soft_margin_curvature(grad, grad_output, self, target, reduction):
    odds = (self * -target).exp()
    return _share(grad * grad_output, self, reduction) * (target * target) * odds / ((1 + odds) * (1 + odds))


def _check_soft_margin(self, target, reduction):
    """The loss is computed in memory like the input's, which has to take it. Raises ``RuntimeError``."""
    if self.dtype.kind == BOOL:
        self.neg()  # the first step, which bool has not
    check_in_place([self, target], mul.row)
    if self.dtype.kind < FLOATING:
        check_cast(defaults.dtype, self.dtype)


soft_margin_loss = op(
    "soft_margin_loss(Tensor self, Tensor target, int reduction=1)",
    _soft_margin,
    elementwise=True,
    check=_check_soft_margin,
    self=backward_operation("soft_margin_loss_backward", _soft_margin_grad, products={"self": _soft_margin_curvature}),
    jvp=lambda self_t, self, target, reduction: _reduce_tensor(
        _soft_margin_grad(self_t, self, target, NONE), reduction
    ),
    method=False,
    function=False,
    real_only=True,
)


def _violations(array, target, p, margin, weight):
    """max(0, margin - x[target] + x[j])^p of each class j but the target's, and the target column."""
    rows = np.atleast_2d(array)
    picked = np.take_along_axis(rows, np.atleast_1d(target)[:, None], axis=1)
    gap = margin - picked + rows
    losses = np.where(gap > 0, gap, 0) ** p
    if weight is not None:
        losses = losses * weight[np.atleast_1d(target)][:, None]
    np.put_along_axis(losses, np.atleast_1d(target)[:, None], 0, axis=1)
    return losses


def _check_multi_margin(self, target, p, margin, weight, reduction):
    sizes, wanted = list(self._array.shape), list(target._array.shape)
    if len(sizes) > 2 or (sizes and not sizes[-1]):
        raise RuntimeError(f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {sizes}")
    count, classes = [1, 1, *sizes][-2:] if len(sizes) < 2 else sizes
    if len(wanted) > 1 or target.numel() != count:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch "
            f"size). Expected target size [{count}], but got {wanted}. Input has shape {sizes}."
        )
    if weight is not None and (weight.ndim > 1 or weight.numel() != classes):
        raise RuntimeError(f"inconsistent weight size, expected {classes} but got {list(weight._array.shape)}")


def _multi_margin(array, target, p, margin, weight, reduction):
    if not array.size:
        return array[:, 0] if reduction == NONE else uninitialised((), array.dtype)  # without rows no kernel runs
    if array.dtype.itemsize == 2:
        raise NotImplementedError(
            f"\"multi_margin_loss_cpu_kernel\" not implemented for '{BY_NUMPY[array.dtype].scalar}'"
        )
    return _margin_kernel(array, target, p, margin, weight, reduction)


def _multi_margin_kernel(array, target, p, margin, weight, reduction):
    if target.dtype != np.int64:
        raise RuntimeError(f"expected scalar type Long but found {BY_NUMPY[target.dtype].scalar}")
    array = np.atleast_1d(array)
    classes = array.shape[-1]
    if ((target < 0) | (target >= classes)).any():
        raise RuntimeError("target out of range")
    losses = _violations(array, target, p, margin, weight).sum(axis=1) / classes
    losses = losses.astype(array.dtype)
    return _reduced(losses if target.ndim else losses[0], reduction)


_margin_kernel = guarded(_multi_margin_kernel, (("biucV", "multi_margin_loss_cpu_kernel"),))


def _multi_margin_grad(grad, self, target, p, margin, weight, reduction):
    rows = self.reshape(-1, self.size(-1) if self.ndim else 1)
    columns = target.reshape(-1, 1)
    gap = margin - rows.gather(1, columns) + rows
    slope = where(gap > 0, (gap * 0 + 1) if p == 1 else 2 * gap, zeros_like(gap)) / rows.size(1)
    if weight is not None:
        slope = slope * weight[target].reshape(-1, 1)
    others = slope.scatter(1, columns, 0.0)
    slopes = others.scatter_add(1, columns, -others.sum(1, keepdim=True))
    share = grad / rows.size(0) if reduction == MEAN else grad
    return (slopes * share.reshape(-1, 1)).reshape(self.shape)


multi_margin_loss = op(
    "multi_margin_loss(Tensor self, Tensor target, Scalar p=1, Scalar margin=1, Tensor? weight=None, int reduction=1)",
    _multi_margin,
    check=_check_multi_margin,
    self=backward_operation("multi_margin_loss_backward", _multi_margin_grad, None),
    method=False,
    function=False,
)


def _nll2d(scores, target, weight, reduction, ignore_index):
    return _nll(np.moveaxis(scores, 1, -1), target, weight, reduction, ignore_index)


def _nll2d_grad(grad, self, target, weight, reduction, ignore_index, total_weight):
    if not zeros_like(self).is_contiguous():
        raise RuntimeError("grad_input must be contiguous")
    ignored = target == ignore_index
    safe = target.masked_fill(ignored, 0)
    share = -grad.expand(target.shape)
    if weight is not None:
        share = share * weight[safe]
    if reduction == MEAN:
        share = share / total_weight
    share = share.masked_fill(ignored, 0)
    return self.new_zeros(self.shape).scatter(1, safe.unsqueeze(1), share.unsqueeze(1))


nll_loss2d = op(
    "nll_loss2d(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, int ignore_index=-100) "
    "-> output, total_weight",
    _nll2d,
    node="NllLoss2DBackward0",
    self=backward_operation("nll_loss2d_backward", _nll2d_grad, node="NllLoss2DBackwardBackward0"),
    non_differentiable=("total_weight",),
    jvp=lambda self_t, target, weight, reduction, ignore_index: nll_loss2d(
        self_t, target, weight, reduction, ignore_index
    )[0],
    method=False,
    function=False,
    refuses=(("biuc", "nll_loss2d_forward_out_frame"),),
)
