"""Normalisation over a batch, over features and over groups of channels.

The derivatives are written on the input itself, not on the saved statistics, so that they can be differentiated again.
"""

from __future__ import annotations

import math

import numpy as np

from .._state import process, warn_once
from ..autograd.tangents import tangent_of
from ..creation import channels_last
from ..dtypes import FLOATING, finfo, float32
from ..memory_order import dense_like, like_channels
from . import normalization_demands as demands
from .elementwise import div
from .refusals import not_differentiable
from .table import op


def _per_channel(values, ndim: int):
    """One value per channel, shaped to broadcast over (N, C, *)."""
    return None if values is None else values.reshape((1, -1) + (1,) * (ndim - 2))


def _batch_axes(ndim: int) -> tuple:
    return (0, *range(2, ndim))


def _wide(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64) if array.dtype.itemsize < 8 else array


def _held_variance(array, variance):
    """Variances in float32, which those of large numbers exceed; those of double precision as they are."""
    return variance if array.dtype == np.float64 else variance.astype(np.float32).astype(np.float64)


def _variance(array, wide, axes, mean):
    """The variance as PyTorch updates it element by element: squares that float32 cannot hold spoil it."""
    variance = wide.var(axis=axes, keepdims=True)
    if array.dtype == np.float64:
        return variance
    count = wide.size // max(variance.size, 1)
    with np.errstate(all="ignore"):
        return (variance * count).astype(np.float32) / max(count, 1) + 0.0 * (mean * mean).astype(np.float32)


def _inverse_deviation(variance, eps):
    """1 / sqrt(variance + eps), and 0 where both are 0: channels that are constant stay so without a division."""
    scale = 1 / np.sqrt(variance + eps)
    return scale if eps else np.where(variance == 0, 0, scale)


def _batch_norm(array, weight, bias, running_mean, running_var, training, momentum, eps):
    axes = _batch_axes(array.ndim)
    if training:
        wide = _wide(array)
        mean, variance = wide.mean(axis=axes), wide.var(axis=axes)
        variance = _held_variance(array, variance)
        count = array.size // max(array.shape[1], 1)
        if running_mean is not None:
            running_mean[...] = (1 - momentum) * running_mean + momentum * mean
        if running_var is not None:
            unbiased = variance * count / max(count - 1, 1)
            running_var[...] = (1 - momentum) * running_var + momentum * unbiased
        scale = _inverse_deviation(variance, eps)
        saved = mean.astype(array.dtype), scale.astype(array.dtype)
    else:
        mean, scale = running_mean, 1 / np.sqrt(running_var + np.asarray(eps, running_var.dtype))
        saved = np.empty(0, array.dtype), np.empty(0, array.dtype)
    # As the kernel: one factor and one offset per channel, each in the precision of the statistics.
    precision = np.float64 if array.dtype.itemsize == 8 else np.float32
    mean, factor = np.asarray(mean, precision), np.asarray(scale, precision)
    if weight is not None:
        factor = factor * weight.astype(precision)
    offset = -mean * factor if bias is None else bias.astype(precision) - mean * factor
    result = _wide(array) * _per_channel(factor, array.ndim) + _per_channel(offset, array.ndim)
    result = like_channels(result.astype(array.dtype), array) if array.size else dense_like(array)
    return result, *saved


def _standardised(input, dims, eps):
    """(input - mean) / sqrt(variance + eps) over `dims`, and the factor 1 / sqrt."""
    centred = input - input.mean(dims, keepdim=True)
    scale = ((centred * centred).mean(dims, keepdim=True) + eps).rsqrt()
    return centred * scale, scale


def _through_standardised(grad, input, dims, eps):
    return _through(grad, dims, *_standardised(input, dims, eps))


def _through(grad, dims, normal, scale):
    """The derivative of `_standardised`: what the statistics absorb is taken out of the gradient."""
    absorbed = grad.mean(dims, keepdim=True) + normal * (grad * normal).mean(dims, keepdim=True)
    return (grad - absorbed) * scale


def _running(input, running_mean, running_var, eps):
    shape = (1, -1) + (1,) * (input.dim() - 2)
    scale = (running_var + eps).rsqrt().reshape(shape)
    return (input - running_mean.reshape(shape)) * scale, scale


def _batch_standardised(input, eps):
    """`_standardised` per channel; without eps, constant channels have the factor 0."""
    if eps:
        return _standardised(input, _batch_axes(input.dim()), eps)
    centred = input - input.mean(_batch_axes(input.dim()), keepdim=True)
    variance = (centred * centred).mean(_batch_axes(input.dim()), keepdim=True)
    constant = variance == 0
    scale = variance.masked_fill(constant, 1).rsqrt().masked_fill(constant, 0)
    return centred * scale, scale


def _batch_norm_input_grad(grads, input, weight, running_mean, running_var, training, eps, result1, result2):
    grad = grads[0]
    if grad is None:
        return None
    if weight is not None:
        grad = grad * _per_channel(weight, input.dim())
    if training:
        return _through(grad, _batch_axes(input.dim()), *_batch_standardised(input, eps))
    return grad * _running(input, running_mean, running_var, eps)[1]


def _batch_norm_weight_grad(grads, input, running_mean, running_var, training, eps):
    axes = _batch_axes(input.dim())
    normal = _batch_standardised(input, eps)[0] if training else _running(input, running_mean, running_var, eps)[0]
    return (grads[0] * normal).sum(axes)


batch_norm_row = op(
    "native_batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, "
    "bool training, float momentum, float eps) -> result0, result1, result2",
    _batch_norm,
    input=_batch_norm_input_grad,
    weight=_batch_norm_weight_grad,
    bias=lambda grads, input_sym_sizes: grads[0].sum(_batch_axes(len(input_sym_sizes))),
    non_differentiable=("result1", "result2"),
    jvp="transposed",
    fills_tangents=("input",),
    method=False,
    together=True,
    refuses=(("biuc", "batch_norm"),),
)


def _feature_axes(array, normalized_shape) -> tuple:
    return tuple(range(array.ndim - len(normalized_shape), array.ndim))


def _layer_norm(array, normalized_shape, weight, bias, eps):
    axes = _feature_axes(array, normalized_shape)
    wide = _wide(array)
    mean = wide.mean(axis=axes, keepdims=True)
    scale = 1 / np.sqrt(_variance(array, wide, axes, mean) + eps)
    result = (wide - mean) * scale
    if weight is not None:
        result = result * weight
    if bias is not None:
        result = result + bias
    return result.astype(array.dtype), mean.astype(array.dtype), scale.astype(array.dtype)


def _layer_norm_input_grad(grads, input, normalized_shape, weight, eps, result1, result2):
    grad = grads[0] if weight is None else grads[0] * weight
    return _through_standardised(grad, input, _trailing(input.dim(), normalized_shape), eps)


def _trailing(ndim: int, normalized_shape) -> tuple:
    return tuple(range(ndim - len(normalized_shape), ndim))


def _over_rows(tensor, normalized_shape):
    leading = tuple(range(tensor.dim() - len(normalized_shape)))
    return tensor.sum(leading) if leading else tensor


layer_norm_row = op(
    "native_layer_norm(Tensor input, int[] normalized_shape, Tensor? weight, Tensor? bias, float eps) "
    "-> result0, result1, result2",
    _layer_norm,
    row_major=True,
    input=_layer_norm_input_grad,
    weight=lambda grads, input, normalized_shape, eps: _over_rows(
        grads[0] * _standardised(input, _trailing(input.dim(), normalized_shape), eps)[0], normalized_shape
    ),
    bias=lambda grads, normalized_shape, bias: _over_rows(grads[0], normalized_shape),
    non_differentiable=("result1", "result2"),
    jvp="transposed",
    fills_tangents=("input",),
    method=False,
    together=True,
    refuses=(("biuc", "LayerNormKernelImpl"),),
)


def _grouped(tensor, group: int):
    """(N, C, *) as (N, group, elements of a group)."""
    return tensor.reshape(tensor.shape[0], group, -1)


def _group_norm(array, weight, bias, group, eps):
    parts = _wide(_grouped(array, group))
    mean = parts.mean(axis=2, keepdims=True)
    scale = 1 / np.sqrt(_variance(array, parts, 2, mean) + eps)
    # As the kernel: one factor and one offset per channel, so that 0 times infinity comes out where it does there.
    shape = (*array.shape[:2], *(1,) * (array.ndim - 2))
    factor = np.repeat(scale[..., 0], array.shape[1] // group, axis=1).reshape(shape)
    offset = np.repeat(mean[..., 0], array.shape[1] // group, axis=1).reshape(shape)
    if weight is not None:
        factor = factor * _per_channel(weight, array.ndim)
    offset = -offset * factor
    if bias is not None:
        offset = offset + _per_channel(bias, array.ndim)
    result = _wide(array) * factor + offset
    saved = mean[..., 0].astype(array.dtype), scale[..., 0].astype(array.dtype)
    return result.astype(array.dtype), *saved


def _group_norm_input_grad(grads, input, weight, group, eps, result1, result2):
    grad = grads[0] if weight is None else grads[0] * _per_channel(weight, input.dim())
    parts = _through_standardised(_grouped(grad, group), _grouped(input, group), (2,), eps)
    return parts.reshape(input.shape)


group_norm_row = op(
    "native_group_norm(Tensor input, Tensor? weight, Tensor? bias, int group, float eps) -> result0, result1, result2",
    _group_norm,
    input=_group_norm_input_grad,
    weight=lambda grads, input, group, eps: (
        grads[0] * _standardised(_grouped(input, group), (2,), eps)[0].reshape(input.shape)
    ).sum(_batch_axes(input.dim())),
    bias=lambda grads, input_sym_sizes: grads[0].sum(_batch_axes(len(input_sym_sizes))),
    non_differentiable=("result1", "result2"),
    jvp="transposed",
    fills_tangents=("input",),
    method=False,
    together=True,
    refuses=(("biuc", "GroupNormKernelImpl"),),
)


# -- torch.nn.functional -----------------------------------------------------------------------------------------


def batch_norm(
    input,
    running_mean,
    running_var,
    weight=None,
    bias=None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
):
    """(N, C, *) normalised per channel: by the batch's statistics in training, else by the running ones.

    In training the running statistics move towards the batch's by `momentum`, their variance unbiased.
    Raises ValueError for a single value per channel and for an `eps` below 0 (in training also for 0), RuntimeError
    for statistics of another size.
    """
    if training and math.prod(input.shape) // max(input.shape[1], 1) == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {input.size()}")
    if eps < 0 or (training and eps == 0):
        kind = "positive during training" if training else "non-negative"
        raise ValueError(f"batch_norm eps must be {kind}, but got {eps}")
    given = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    for name, tensor in given.items():
        if tensor is not None and tensor.numel() != input.shape[1]:
            raise RuntimeError(f"{name} should contain {input.shape[1]} elements not {tensor.numel()}")
    if not training and (running_mean is None or running_var is None):
        raise RuntimeError("Expected running_mean and running_var to be defined when training=False")
    if input._array.size:
        if training:
            demands.averaged(input, weight, bias, running_mean, running_var)
        demands.same_dtype("batch_norm", input, weight, bias, running_mean, running_var)
    not_differentiable("native_batch_norm", running_mean=running_mean, running_var=running_var)
    if process.forward_level >= 0:
        varying = any(tensor is not None and tangent_of(tensor) is not None for tensor in (input, weight, bias))
        running_mean, running_var = (_constant(tensor, training, varying) for tensor in (running_mean, running_var))
    return batch_norm_row(input, weight, bias, running_mean, running_var, training, momentum, eps)[0]


def _constant(running, training: bool, varying: bool):
    """A running statistic without its tangent. Raises RuntimeError where the result would depend on that."""
    if running is None or tangent_of(running) is None:
        return running
    if varying and not training:
        raise RuntimeError(
            "batch_norm is not differentiable wrt running_mean and running_var, they cannot have forward grad defined"
        )
    return running.detach()


def layer_norm(input, normalized_shape, weight=None, bias=None, eps: float = 1e-5):
    """Normalised over the trailing dimensions `normalized_shape`. Raises RuntimeError if they differ."""
    demands.mixed(input, weight, bias)
    demands.trailing_shape(normalized_shape, weight, bias)
    _demand_trailing(input, normalized_shape)
    demands.same_dtype("LayerNormKernelImpl", input, weight, bias)
    return layer_norm_row(input, normalized_shape, weight, bias, eps)[0]


def _demand_trailing(input, normalized_shape):
    shape = list(normalized_shape)
    if list(input.shape[input.dim() - len(shape) :]) != shape or input.dim() < len(shape):
        expected = ", ".join(["*", *map(str, shape)])
        raise RuntimeError(
            f"Given normalized_shape={shape}, expected input with shape [{expected}], but got input of "
            f"size{list(input.shape)}"
        )


def group_norm(input, num_groups: int, weight=None, bias=None, eps: float = 1e-5):
    """(N, C, *) normalised within each of `num_groups` groups of channels. Raises RuntimeError if C does not divide."""
    if input.dim() < 2:
        raise RuntimeError("Expected at least 2 dimensions for input tensor but received " + str(input.dim()))
    demands.several_values([input.shape[0] * input.shape[1] // num_groups, num_groups, *input.shape[2:]])
    if input.shape[1] % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{list(input.shape)} and num_groups={num_groups}"
        )
    demands.per_channel(input, weight, bias)
    demands.same_dtype("GroupNormKernelImpl", input, weight, bias)
    if not (input.dim() == 4 and input.is_contiguous(memory_format=channels_last)):
        input = input.contiguous()
    weight, bias = (None if tensor is None else tensor.contiguous() for tensor in (weight, bias))
    return group_norm_row(input, weight, bias, num_groups, eps)[0]


def instance_norm(
    input,
    running_mean=None,
    running_var=None,
    weight=None,
    bias=None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
):
    """(N, C, *) normalised per sample and channel.

    Raises ValueError for a single element per channel, RuntimeError for statistics that are missing or do not fit.
    """
    if use_input_stats:
        demands.several_values(input.size(), spatial=True)
    return normalised_each(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


def normalised_each(input, running_mean, running_var, weight, bias, use_input_stats: bool, momentum: float, eps: float):
    """``instance_norm`` of any number of elements: of a single one it is zero."""
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    samples, channels = input.shape[:2]

    def repeated(tensor):
        return None if tensor is None else tensor.repeat(samples)

    flat = input.contiguous().view(1, samples * channels, *input.shape[2:])
    means, variances, weights, biases = map(repeated, (running_mean, running_var, weight, bias))
    for name, tensor in (("running_mean", means), ("running_var", variances), ("weight", weights), ("bias", biases)):
        if tensor is not None and tensor.numel() != flat.shape[1]:
            raise RuntimeError(f"{name} should contain {flat.shape[1]} elements not {tensor.numel()}")
    if flat._array.size:
        demands.same_dtype("batch_norm", flat, weights, biases, means, variances)
    result = batch_norm_row(flat, weights, biases, means, variances, use_input_stats, momentum, eps)[0]
    for statistic, moved in ((running_mean, means), (running_var, variances)):
        if statistic is not None and use_input_stats:
            statistic.detach().copy_(moved.view(samples, channels).mean(0))
    return result.view(input.shape)


def rms_norm(input, normalized_shape, weight=None, eps: float | None = None):
    """Divided by the root of the mean square over the trailing dimensions `normalized_shape`.

    Raises RuntimeError for shapes that do not fit, NotImplementedError for integers.
    """
    demands.trailing_shape(normalized_shape, weight, None)
    _demand_trailing(input, normalized_shape)
    if input.dtype.kind < FLOATING:
        raise NotImplementedError(f"\"rms_norm\" not implemented for '{input.dtype.scalar}'")
    if weight is not None and weight.dtype != input.dtype and not input.is_complex():
        warn_once(
            f"Mismatch dtype between input and weight: input dtype = {input.dtype.cpp}, weight dtype = "
            f"{weight.dtype.cpp}, Cannot dispatch to fused implementation."
        )
    dims = _trailing(input.dim(), normalized_shape)
    wide = input.to(float32) if input.dtype.itemsize == 2 else input
    smallest = finfo(wide.dtype).eps if eps is None else eps
    result = wide * (wide.pow(2).mean(dims, keepdim=True) + smallest).rsqrt()
    return (result if weight is None else result * weight).to(input.dtype).contiguous()


def normalize(input, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out=None):
    """Divided by the p-norm (at least eps) along `dim`."""
    size = input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)
    return input / size if out is None else div(input, size, out=out)
