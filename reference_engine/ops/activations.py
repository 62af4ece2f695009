"""Activations with parameters or with special functions, beside those of losses.py."""

from __future__ import annotations

import math

import numpy as np

from .backward_rows import backward_operation
from .dims import wrap_dim
from .elementwise import sum_tangents, where, zeros_like
from .losses import below_zero
from .scalars import held
from .table import op


def _row(signature: str, forward, derivative, backward: str | None = None, **options):
    """A row whose derivative is the operation ``backward``, if PyTorch has it as one."""
    if backward is not None:
        derivative = backward_operation(backward, derivative)
    return op(
        signature,
        forward,
        self=derivative,
        jvp=options.pop("jvp", "elementwise"),
        function=False,
        method=False,
        **{"elementwise": True, **options},
    )


def _threshold(array, threshold, value):
    return np.where(array <= held(threshold, array.dtype), held(value, array.dtype), array)


threshold = _row(
    "threshold(Tensor self, Scalar threshold, Scalar value)",
    _threshold,
    lambda grad, self, threshold: where(self <= threshold, zeros_like(grad), grad),
    "threshold_backward",
    refuses=(("bc", "threshold_cpu"),),
)


def _celu(array, alpha):
    return np.where(array > 0, array, alpha * np.expm1(np.minimum(array, 0) / alpha)).astype(array.dtype)


celu = _row(
    "celu(Tensor self, Scalar alpha=1)",
    _celu,
    lambda grad, self, alpha: where(self <= 0, grad * below_zero(self, 1 / alpha), grad),
    "elu_backward",
    refuses=(("biuc", "elu_cpu"),),
)


def _softplus(array):
    return np.maximum(array, 0) + np.log1p(np.exp(-np.abs(array)))


def _mish_grad(grad, self):
    soft = self.exp().log1p().tanh()
    return grad * (soft + self * self.sigmoid() * (1 - soft * soft))


mish = _row(
    "mish(Tensor self)",
    lambda array: array * np.tanh(_softplus(array)),
    _mish_grad,
    in_place=True,
    refuses=(("biuc", "mish_cpu"),),
)

_TANH_SCALE, _TANH_CUBIC = math.sqrt(2.0 / math.pi), 0.044715


def _gelu(array, approximate):
    if approximate == "tanh":
        return (0.5 * array * (1 + np.tanh(_TANH_SCALE * (array + _TANH_CUBIC * array**3)))).astype(array.dtype)
    if approximate != "none":
        raise RuntimeError("approximate argument must be either none or tanh.")
    erf = np.array([math.erf(value) for value in (array.ravel() / math.sqrt(2.0)).tolist()], array.dtype)
    return (0.5 * array * (1 + erf.reshape(array.shape))).astype(array.dtype)


def _gelu_grad(grad, self, approximate):
    if approximate == "tanh":
        bent = (_TANH_SCALE * (self + _TANH_CUBIC * self.pow(3))).tanh()
        slope = _TANH_SCALE * (1 + 3 * _TANH_CUBIC * self * self)
        return grad * (0.5 * (1 + bent) + 0.5 * self * (1 - bent * bent) * slope)
    below = 0.5 * (1 + (self / math.sqrt(2.0)).erf())
    return grad * (below + self * (-0.5 * self * self).exp() / math.sqrt(2.0 * math.pi))


gelu = _row(
    "gelu(Tensor self, *, str approximate='none')",
    _gelu,
    _gelu_grad,
    "gelu_backward",
    refuses=(("biuc", "GeluKernelImpl"),),
)


def _check_glu(self, dim):
    if self.dim() == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    place = wrap_dim(dim, self.dim())
    if self.shape[place] % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {place} is size {self.shape[place]}")


def _glu(array, dim):
    value, gate = np.split(array, 2, axis=dim)
    return value / (1 + np.exp(-gate))


def _glu_grad(grad, self, dim):
    from .joining import cat

    value, gate = self.chunk(2, dim)
    opened = gate.sigmoid()
    return cat([grad * opened, grad * value * opened * (1 - opened)], dim)


def _glu_tangent(self_t, self, dim):
    if self.dtype.itemsize == 2:
        raise NotImplementedError(f"\"glu_jvp_cpu\" not implemented for '{self.dtype.scalar}'")
    value, gate = self.chunk(2, dim)
    value_t, gate_t = self_t.chunk(2, dim)
    opened = gate.sigmoid()
    return value_t * opened + value * gate_t * opened * (1 - opened)


glu = _row(
    "glu(Tensor self, int dim=-1)",
    _glu,
    _glu_grad,
    "glu_backward",
    elementwise=False,
    jvp=_glu_tangent,
    refuses=(("biuc", "glu_cpu"),),
    check=_check_glu,
)

prelu_kernel = op(
    "_prelu_kernel(Tensor self, Tensor weight)",
    lambda array, weight: np.where(array > 0, array, weight * array),
    node="PreluKernelBackward0",
    # Zero counts as negative in the first derivative and as positive in those of it and in forward mode.
    self=backward_operation(
        "_prelu_kernel_backward",
        lambda grad, self, weight: where(self > 0, grad, weight * grad),
        ("self", "weight"),
        products={
            "grad_output": lambda grad, self, weight: where(self >= 0, grad, weight * grad),
            "self": lambda grad, self: zeros_like(self),
            "weight": lambda grad, grad_output, self: where(self >= 0, zeros_like(grad), grad * grad_output),
        },
    ),
    weight=lambda grad, self: where(self >= 0, zeros_like(grad), self * grad),
    jvp=lambda self_t, weight_t, self, weight: sum_tangents(
        None if self_t is None else where(self >= 0, self_t, weight * self_t),
        None if weight_t is None else where(self >= 0, zeros_like(self), weight_t * self),
    ),
    function=False,
    method=False,
    together=True,
    refuses=(("biuc", "prelu_cpu"),),
)


def prelu(self, weight):
    """Positive elements as they are, others times `weight`: one number, or one per channel (dimension 1)."""
    if self.dtype is not weight.dtype:
        raise RuntimeError(f"prelu: Type promoting not supported. Got {self.dtype.scalar} and {weight.dtype.scalar}")
    if weight.numel() != 1:
        channels = self.size(1) if self.dim() > 1 else 1
        if channels != weight.numel():
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                f"{weight.numel()} and channel size = {channels}."
            )
    if weight.dim() != self.dim():
        shape = [1] * self.dim()
        if self.dim() > 1:
            shape[1] = weight.numel()
        weight = weight.reshape(shape)
    return prelu_kernel(self, weight)


rrelu_row = _row(
    "rrelu_with_noise(Tensor self, Tensor noise, Scalar lower, Scalar upper, bool training)",
    lambda array, noise, lower, upper, training: np.where(array <= 0, array * noise, array),
    lambda grad, self, noise, lower, upper, training: where(self <= 0 if training else ~(self > 0), grad * noise, grad),
    "rrelu_with_noise_backward",
    refuses=(("biuc", "leaky_relu_cpu"),),
    elementwise=False,
    row_major=True,
)


# -- in-place forms that save their result -----------------------------------------------------------------------
#
# The value before is gone, so these derivatives tell the two branches by the sign of the result. That works only
# while the function keeps signs; with a negative slope backward refuses.

_NEGATIVE = (
    "In-place {name} backward calculation is triggered with a negative slope which is not supported. This is "
    "caused by calling in-place forward function with a negative slope, please call out-of-place version instead."
)
_REPORT = (
    " File an issue at https://github.com/pytorch/pytorch if you do require supporting in-place leakRelu "
    "backward calculation with negative slope"
)


def _result_row(signature: str, forward, derivative, node: str, refuses: tuple[str, str], jvp="elementwise"):
    return op(
        signature,
        forward,
        self=derivative,
        node=node,
        jvp=jvp,
        in_place=True,
        function=False,
        method=False,
        refuses=(refuses,),
    )


def _leaky_relu_result_grad(grad, result, negative_slope):
    if negative_slope < 0:
        raise RuntimeError(_NEGATIVE.format(name="leakyReLu") + _REPORT)
    return where(result > 0, grad, grad * negative_slope)


def _below(result):
    """The lower side alone: at zero it has no slope of its own."""
    return where(result < 0, result, zeros_like(result))


def _elu_result_grad(grad, result, alpha, scale, input_scale):
    if alpha < 0:
        raise RuntimeError(_NEGATIVE.format(name="elu"))
    return where(result <= 0, grad * input_scale * (_below(result) + alpha * scale), grad * scale)


def _celu_result_grad(grad, result, alpha):
    if alpha < 0:
        raise RuntimeError(_NEGATIVE.format(name="elu"))
    return where(result <= 0, grad * (_below(result) / alpha + 1), grad)


leaky_relu_in_place = _result_row(
    "leaky_relu(Tensor self, Scalar negative_slope=0.01)",
    lambda array, slope: np.where(array > 0, array, array * slope),
    _leaky_relu_result_grad,
    "LeakyReluBackward1",
    ("biuc", "leaky_relu_cpu"),
)
elu_in_place = _result_row(
    "elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1)",
    lambda array, alpha, scale, input_scale: np.where(
        array > 0, array * scale, scale * alpha * np.expm1(np.minimum(array, 0) * input_scale)
    ).astype(array.dtype),
    _elu_result_grad,
    "EluBackward1",
    ("biuc", "elu_cpu"),
)
celu_in_place = _result_row(
    "celu(Tensor self, Scalar alpha=1)", _celu, _celu_result_grad, "CeluBackward1", ("biuc", "elu_cpu")
)
rrelu_in_place = _result_row(
    "rrelu_with_noise(Tensor self, Tensor noise, Scalar lower, Scalar upper, bool training)",
    lambda array, noise, lower, upper, training: np.where(array <= 0, array * noise, array),
    lambda grad, result, noise, lower, upper, training: where(result <= 0, grad * noise, grad),
    "RreluWithNoiseBackward1",
    ("biuc", "leaky_relu_cpu"),
    jvp=None,
)
threshold_in_place = _result_row(
    "threshold(Tensor self, Scalar threshold, Scalar value)",
    _threshold,
    lambda grad, self, threshold: where(self <= threshold, zeros_like(grad), grad),
    "ThresholdBackward1",
    ("bc", "threshold_cpu"),
)
