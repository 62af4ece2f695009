"""Weights as lengths times directions: what ``torch.nn.utils.weight_norm`` computes with."""

from __future__ import annotations

import numpy as np

from .._tensor import Tensor
from .norms import norm
from .table import op
from .views import transpose, view


def _weight_norm_forward(v, g, dim):
    axes = tuple(axis for axis in range(v.ndim) if axis != dim)
    norms = np.sqrt((v.astype(np.float64) ** 2).sum(axis=axes, keepdims=True)).astype(v.dtype)
    return v * (g / norms), norms


def _length_grad(grad, v, result1):
    return (v * grad).sum_to_size(result1.shape) / result1


weight_norm_interface = op(
    "_weight_norm_interface(Tensor v, Tensor g, int dim=0) -> result, result1",
    _weight_norm_forward,
    node="WeightNormInterfaceBackward0",
    v=lambda grads, v, g, result1, dim: (g / result1) * (grads[0] - v * (_length_grad(grads[0], v, result1) / result1)),
    g=lambda grads, v, result1: _length_grad(grads[0], v, result1),
    non_differentiable=("result1",),
    method=False,
)


def _weight_norm(v: Tensor, g: Tensor, dim: int = 0) -> Tensor:
    """``v`` with the norms ``g`` along all dimensions but ``dim``."""
    if dim in (0, v.ndim - 1):
        return weight_norm_interface(v, g, dim)[0]
    return v * (g / norm_except_dim(v, 2, dim))


def norm_except_dim(v: Tensor, pow: int = 2, dim: int = 0) -> Tensor:
    """The norm of order ``pow`` along all dimensions but ``dim``, kept as extents of 1; of everything for -1."""
    if dim == -1:
        return norm(v, pow)
    extent = v.size(dim)
    shape = tuple(extent if axis == dim else 1 for axis in range(v.ndim))
    if dim == 0:
        return view(norm(view(v.contiguous(), extent, -1), pow, 1), *shape)
    if dim == v.ndim - 1:
        return view(norm(view(v.contiguous(), -1, extent), pow, 0), *shape)
    return transpose(norm_except_dim(transpose(v, 0, dim), pow, 0), 0, dim)


FUNCTIONS = (_weight_norm, norm_except_dim)
