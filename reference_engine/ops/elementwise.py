"""Elementwise operations: one row per operation, forward and derivatives side by side.

Gradients of complex functions follow PyTorch's convention: the gradient is the conjugate of the derivative, so
holomorphic rules multiply by the conjugate. For real tensors ``conj`` is the tensor itself.
"""

from __future__ import annotations

import math

import numpy as np

from .._tensor import Tensor
from ..arithmetic import multiply_add
from ..dtypes import COMPLEX
from .table import AS_IS, COMMON, COMPARE, FLOAT, op


def conj(value):
    """The conjugate of a tensor or number; itself when real."""
    if isinstance(value, Tensor):
        return value.conj() if value.dtype.kind == COMPLEX else value
    return value.conjugate() if isinstance(value, complex) else value


def real_if(grad, scalar_type):
    """Drop the imaginary part when the input was real."""
    return grad.real if grad.dtype.kind == COMPLEX and scalar_type.kind != COMPLEX else grad


# -- copies ---------------------------------------------------------------------------------------------------

clone = op(
    "clone(Tensor self, *, any memory_format=None)",
    lambda array, memory_format: _copy(array, memory_format),
    self=lambda grad: grad,
    jvp="linear",
)


def _copy(array: np.ndarray, memory_format) -> np.ndarray:
    if memory_format is not None and memory_format.name == "contiguous_format":
        return array.copy(order="C")
    if memory_format is not None and memory_format.name == "channels_last":
        return np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    if 0 in array.strides:
        return array.copy(order="C")
    return array.copy(order="K")


contiguous_format_copy = op(
    "copy_(Tensor self, Tensor src)",
    lambda array, source: np.broadcast_to(source, array.shape),
    node="CopyBackwards",
    self=lambda grad: grad * 0,
    src=lambda grad, src_scalar_type: real_if(grad, src_scalar_type),
    method=False,
    function=False,
)

# -- arithmetic -----------------------------------------------------------------------------------------------


def _scaled(value, alpha):
    return value if alpha == 1 else value * alpha


def _add(a, b, alpha=1):
    return np.add(a, b) if alpha == 1 else multiply_add(b, alpha, a)


def _subtract(a, b, alpha=1):
    if a.dtype == np.bool_:
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
            "operator instead."
        )
    return np.subtract(a, b) if alpha == 1 else multiply_add(b, -alpha, a)


add = op(
    "add(Tensor self, Operand other, *, Scalar alpha=1)",
    _add,
    promote=COMMON,
    in_place=True,
    self=lambda grad: grad,
    other=lambda grad, alpha: _scaled(grad, conj(alpha)),
    jvp=lambda self_t, other_t, alpha: sum_tangents(self_t, None if other_t is None else _scaled(other_t, alpha)),
)
sub = op(
    "sub(Tensor self, Operand other, *, Scalar alpha=1)",
    _subtract,
    promote=COMMON,
    in_place=True,
    self=lambda grad: grad,
    other=lambda grad, alpha: -_scaled(grad, conj(alpha)),
    jvp=lambda self_t, other_t, alpha: sum_tangents(self_t, None if other_t is None else -_scaled(other_t, alpha)),
)
rsub = op(
    "rsub(Tensor self, Scalar other, Scalar alpha=1)",
    lambda a, b, alpha: np.subtract(b, _scaled(a, alpha)),
    node="RsubBackward1",
    self=lambda grad, alpha: -_scaled(grad, conj(alpha)),
    jvp=lambda self_t, alpha: -_scaled(self_t, alpha),
    method=False,
    function=False,
)


def positive(self):
    """The tensor itself. Raises ``RuntimeError`` for bool."""
    if self.dtype.kind == 0:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return self


def sum_tangents(*tangents):
    """The sum of those tangents that exist."""
    present = [tangent for tangent in tangents if tangent is not None]
    total = present[0]
    for tangent in present[1:]:
        total = total + tangent
    return total


mul = op(
    "mul(Tensor self, Operand other)",
    np.multiply,
    promote=COMMON,
    in_place=True,
    self=lambda grad, other, self_scalar_type: real_if(grad * conj(other), self_scalar_type),
    other=lambda grad, self, other_scalar_type: real_if(grad * conj(self), other_scalar_type),
    jvp=lambda self_t, other_t, self, other: sum_tangents(
        None if self_t is None else self_t * other, None if other_t is None else other_t * self
    ),
)
div = op(
    "div(Tensor self, Operand other)",
    np.true_divide,
    promote=FLOAT,
    in_place=True,
    self=lambda grad, other, self_scalar_type: real_if(grad / conj(other), self_scalar_type),
    other=lambda grad, self, other: -grad * conj((self / other) / other),
    jvp=lambda self_t, other_t, self, other: sum_tangents(
        None if self_t is None else self_t / other, None if other_t is None else -other_t * (self / other) / other
    ),
)


def _divide_rounding(a, b, mode):
    if mode is None:
        return np.true_divide(a, b)
    if mode == "floor":
        return _floor_divide(a, b)
    if mode == "trunc":
        if a.dtype.kind in "iu":
            return (np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b))).astype(a.dtype)
        return np.trunc(np.true_divide(a, b))
    raise RuntimeError(
        f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{mode}'"
    )


def _floor_divide(a, b):
    if a.dtype.kind in "iu":
        if np.any(np.equal(b, 0)):
            raise RuntimeError("ZeroDivisionError")
        return np.floor_divide(a, b)
    return np.floor_divide(a, b)


div_rounded = op(
    "div(Tensor self, Operand other, *, str? rounding_mode)",
    _divide_rounding,
    promote=COMMON,
    node="DivBackward2",
    in_place=True,
    self=lambda grad, other, rounding_mode: grad * 0 if rounding_mode else grad / conj(other),
    other=lambda grad, self, other, rounding_mode: grad * 0 if rounding_mode else -grad * conj((self / other) / other),
    jvp=lambda self_t, other_t: sum_tangents(self_t, other_t) * 0,
)
floor_divide = op("floor_divide(Tensor self, Operand other)", _floor_divide, promote=COMMON, in_place=True,
                  refuses=(("c", "div_floor_cpu"),))  # fmt: skip


def _remainder(a, b):
    if np.asarray(a).dtype.kind in "iu" and np.any(np.equal(b, 0)):
        raise RuntimeError("ZeroDivisionError")
    return np.remainder(a, b)


remainder_number = op(
    "remainder(Tensor self, Number other)",
    _remainder,
    promote=COMMON,
    in_place=True,
    self=lambda grad: grad,
    jvp=lambda self_t: self_t,
    refuses=(("c", "remainder_cpu"),),
)
remainder = op(
    "remainder(Tensor self, Tensor other)",
    _remainder,
    promote=COMMON,
    node="RemainderBackward1",
    in_place=True,
    refuses=(("c", "remainder_cpu"),),
    self=lambda grad: grad,
    other=lambda grad, self, other: -grad * self.div(other, rounding_mode="floor"),
    jvp=lambda self_t, other_t, self, other: sum_tangents(
        self_t, None if other_t is None else -other_t * self.div(other, rounding_mode="floor")
    ),
)
fmod_number = op(
    "fmod(Tensor self, Number other)",
    np.fmod,
    promote=COMMON,
    in_place=True,
    self=lambda grad: grad,
    jvp=lambda self_t: self_t,
    refuses=(("c", "fmod_cpu"),),
)
fmod = op(
    "fmod(Tensor self, Tensor other)",
    np.fmod,
    promote=COMMON,
    node="FmodBackward1",
    in_place=True,
    refuses=(("c", "fmod_cpu"),),
    self=lambda grad: grad,
    other=lambda grad, self, other: -grad * self.div(other, rounding_mode="trunc"),
    jvp=lambda self_t, other_t, self, other: sum_tangents(
        self_t, None if other_t is None else -other_t * self.div(other, rounding_mode="trunc")
    ),
)


# -- powers ---------------------------------------------------------------------------------------------------


def _power_number(base: np.ndarray, exponent) -> np.ndarray:
    """The exponents that PyTorch computes by multiplication, so that results agree to the last bit."""
    if base.dtype.kind in "iub" and isinstance(exponent, int):
        if exponent < 0 and base.dtype.kind in "iu":
            raise RuntimeError("Integers to negative integer powers are not allowed.")
        return np.power(base.astype(np.int64) if base.dtype.kind == "b" else base, exponent)
    if base.dtype.kind in "iub":
        from ..promotion import defaults

        base = base.astype(defaults.dtype.numpy)
    if isinstance(exponent, complex) and base.dtype.kind != "c":
        base = base.astype(np.complex128 if base.dtype == np.float64 else np.complex64)
    if exponent == 2:
        return base * base
    if exponent == 3:
        return base * base * base
    if exponent == 0.5:
        return np.sqrt(base)
    if exponent == -0.5:
        return 1 / np.sqrt(base)
    if exponent == -1:
        return np.reciprocal(base)
    if exponent == -2:
        return 1 / (base * base)
    return np.power(base, exponent)


def _power_grad(grad, self, exponent):
    if exponent == 0:
        return zeros_like(grad)
    return grad * conj(exponent * self.pow(exponent - 1))


def zeros_like(tensor):
    from ..creation import zeros_like as make_zeros

    return make_zeros(tensor)


pow_number = op(
    "pow(Tensor self, Scalar exponent)",
    _power_number,
    node="PowBackward0",
    in_place=True,
    self=_power_grad,
    jvp=lambda self_t, self, exponent: zeros_like(self_t) if exponent == 0 else self_t * (
        exponent * self.pow(exponent - 1)
    ),
)


def _power_grad_self(grad, self, exponent):
    return where(exponent == 0.0, zeros_like(grad), grad * conj(exponent * self.pow(exponent - 1)))


def _power_grad_exponent(grad, self, exponent, result):
    return grad * conj(where((self == 0) & (exponent >= 0), zeros_like(result), result * self.log()))


pow_tensor = op(
    "pow(Tensor self, Tensor exponent)",
    lambda a, b: np.power(a, b),
    promote=COMMON,
    node="PowBackward1",
    in_place=True,
    self=_power_grad_self,
    exponent=_power_grad_exponent,
    jvp=lambda self_t, exponent_t, self, exponent, result: sum_tangents(
        None if self_t is None else self_t * exponent * self.pow(exponent - 1),
        None if exponent_t is None else exponent_t * result * self.log(),
    ),
)


def _power_of_number_grad(grad, self, exponent, result):
    if self == 0:
        return where(exponent >= 0, zeros_like(grad), grad * conj(result * math.log(1e-300)))
    return grad * conj(result * (math.log(self) if not isinstance(self, complex) else np.log(self).item()))


pow_of_number = op(
    "pow(Scalar self, Tensor exponent)",
    lambda base, exponent: np.power(
        np.asarray(base, exponent.dtype if exponent.dtype.kind in "fcV" or isinstance(base, int) else np.float32),
        exponent,
    ),
    node="PowBackward2",
    exponent=_power_of_number_grad,
    jvp=lambda exponent_t, self, result: exponent_t * result * math.log(self),
    method=False,
)


# -- functions of one variable --------------------------------------------------------------------------------


def rounded_once(function):
    """Compute float32 and narrower in float64 and round once: the nearest result, whatever the platform's library."""

    def compute(array: np.ndarray) -> np.ndarray:
        if array.dtype.kind == "c":
            return function(array) if array.dtype == np.complex128 else function(array.astype(np.complex128)).astype(array.dtype)
        if array.dtype == np.float64:
            return function(array)
        return function(array.astype(np.float64)).astype(array.dtype)

    return compute


def unary(name: str, forward, derivative, promote: str = FLOAT, jvp="elementwise", **options):
    """A row for an elementwise function of one tensor with an in-place variant."""
    return op(f"{name}(Tensor self)", forward, promote=promote, in_place=True, self=derivative, jvp=jvp, **options)


def _sigmoid(array: np.ndarray) -> np.ndarray:
    if array.dtype.itemsize == 2:
        return _sigmoid(array.astype(np.float32)).astype(array.dtype)
    return 1 / (1 + _exp(-array))


neg = unary("neg", lambda array: _negative(array), lambda grad: -grad, AS_IS, "linear")


def _negative(array: np.ndarray) -> np.ndarray:
    if array.dtype == np.bool_:
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use "
            "the `~` or `logical_not()` operator instead."
        )
    return np.negative(array)


_exp = rounded_once(np.exp)
exp = unary("exp", _exp, lambda grad, result: grad * conj(result))
exp2 = unary("exp2", rounded_once(np.exp2), lambda grad, result: grad * conj(result) * math.log(2))
expm1 = unary("expm1", rounded_once(np.expm1), lambda grad, result: grad * (conj(result) + 1))
log = unary("log", rounded_once(np.log), lambda grad, self: grad.div(conj(self)))
log2 = unary("log2", rounded_once(np.log2), lambda grad, self: grad / (conj(self) * math.log(2)))
log10 = unary("log10", rounded_once(np.log10), lambda grad, self: grad / (conj(self) * math.log(10)))
log1p = unary("log1p", rounded_once(np.log1p), lambda grad, self: grad / conj(self + 1), node="Log1PBackward0")
sqrt = unary("sqrt", np.sqrt, lambda grad, result: grad / (2 * conj(result)))
rsqrt = unary("rsqrt", lambda a: 1 / np.sqrt(a), lambda grad, result: -0.5 * grad * conj(result.pow(3)))
reciprocal = unary("reciprocal", np.reciprocal, lambda grad, result: -grad * conj(result * result))
sin = unary("sin", rounded_once(np.sin), lambda grad, self: grad * conj(self.cos()))
cos = unary("cos", rounded_once(np.cos), lambda grad, self: grad * conj(-self.sin()))
tan = unary("tan", rounded_once(np.tan), lambda grad, result: grad * conj(1 + result.pow(2)))
asin = unary("asin", rounded_once(np.arcsin), lambda grad, self: grad * conj((-self * self + 1).rsqrt()))
acos = unary("acos", rounded_once(np.arccos), lambda grad, self: grad * -conj((-self * self + 1).rsqrt()))
atan = unary("atan", rounded_once(np.arctan), lambda grad, self: grad / conj(self * self + 1))
sinh = unary("sinh", rounded_once(np.sinh), lambda grad, self: grad * conj(self.cosh()))
cosh = unary("cosh", rounded_once(np.cosh), lambda grad, self: grad * conj(self.sinh()))
tanh = unary("tanh", rounded_once(np.tanh), lambda grad, result: grad * conj(1 - result * result))
asinh = unary("asinh", rounded_once(np.arcsinh), lambda grad, self: grad * conj((self.pow(2) + 1).rsqrt()))
acosh = unary("acosh", rounded_once(np.arccosh), lambda grad, self: grad * conj((self.pow(2) - 1).rsqrt()))
atanh = unary("atanh", rounded_once(np.arctanh), lambda grad, self: grad * conj(1 / (1 - self.pow(2))))
sigmoid = unary("sigmoid", _sigmoid, lambda grad, result: grad * conj((1 - result) * result))
relu = unary("relu", lambda a: np.where(a > 0, a, np.where(a != a, a, np.zeros((), a.dtype))),
             lambda grad, result: threshold_grad(grad, result), AS_IS,
             refuses=(("b", "!Boolean inputs not supported for relu"),
                      ("c", "clamp is not supported for complex types")))  # fmt: skip
sign = unary("sign", lambda a: np.sign(a) if a.dtype != np.bool_ else a.copy(), lambda grad: zeros_like(grad), AS_IS,
             lambda self_t: zeros_like(self_t),
             refuses=(("c", "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead."),
                      ))  # fmt: skip
for _name, _function in (("floor", np.floor), ("ceil", np.ceil), ("trunc", np.trunc)):
    unary(_name, lambda a, f=_function: f(a) if a.dtype.kind not in "iub" else a.copy(),
          lambda grad: zeros_like(grad), AS_IS, lambda self_t: zeros_like(self_t),
          refuses=(("b", f"{_name}_vml_cpu"), ("c", f"{_name} is not supported for complex inputs")))  # fmt: skip
frac = unary("frac", lambda a: a - np.trunc(a), lambda grad: grad, AS_IS, lambda self_t: self_t,
             refuses=(("biuc", "frac_cpu"),))  # fmt: skip
round_ = op(
    "round(Tensor self, *, int decimals=0)",
    lambda a, decimals: np.round(a, decimals),
    in_place=True,
    self=lambda grad: zeros_like(grad),
    jvp=lambda self_t: zeros_like(self_t),
    refuses=(("bc", "round_vml_cpu"),),
)


def threshold_grad(grad, result):
    """Pass the gradient where the result is positive."""
    return threshold_backward(grad, result, 0)


threshold_backward = op(
    "threshold_backward(Tensor grad_output, Tensor self, Scalar threshold)",
    lambda grad, array, threshold: np.where(array <= threshold, np.zeros((), grad.dtype), grad),
    grad_output=lambda grad, self, threshold: threshold_backward(grad, self, threshold),
    self=lambda grad: zeros_like(grad),
    jvp=lambda grad_output_t, self, threshold: threshold_backward(grad_output_t, self, threshold),
    method=False,
    function=False,
)


def _abs(array: np.ndarray) -> np.ndarray:
    return np.abs(array)


abs_ = op(
    "abs(Tensor self)",
    _abs,
    refuses=(("b", "abs_cpu"),),
    in_place=True,
    self=lambda grad, self: grad * self.sgn(),
    jvp=lambda self_t, self: (self_t * conj(self.sgn())).real if self.dtype.kind == COMPLEX else self_t * self.sgn(),
)
sgn = op(
    "sgn(Tensor self)",
    lambda a: np.sign(a),
    in_place=True,
    self=lambda grad, self, result: _sgn_grad(grad, self, result),
    jvp=lambda self_t: zeros_like(self_t),
)


def _sgn_grad(grad, self, result):
    if self.dtype.kind != COMPLEX:
        return zeros_like(grad)
    size = self.abs()
    return where(self == 0.0, zeros_like(grad), (grad / size - (grad / self).real * result))


erf = unary("erf", lambda a: _map(math.erf, a), lambda grad, self: 2.0 / math.sqrt(math.pi) * (-self.pow(2)).exp() * grad)


def _map(function, array: np.ndarray) -> np.ndarray:
    flat = [function(float(value)) for value in array.reshape(-1)]
    return np.array(flat, dtype=array.dtype).reshape(array.shape)


nan_to_num = op(
    "nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None)",
    lambda a, nan, posinf, neginf: np.nan_to_num(a, nan=nan or 0.0, posinf=posinf, neginf=neginf),
    in_place=True,
    self=lambda grad, self: grad * self.isfinite(),
    jvp="elementwise",
)

# -- clamping -------------------------------------------------------------------------------------------------


def _bounds(low, high, a):
    if low is None and high is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    result = a
    if low is not None:
        result = np.where(result < low, np.asarray(low).astype(result.dtype), result)
    if high is not None:
        result = np.where(result > high, np.asarray(high).astype(result.dtype), result)
    return result


def _clamp_promoted(a, low, high):
    from ..dtypes import BY_NUMPY
    from ..promotion import number_dtype, promote_types

    dtype = BY_NUMPY[a.dtype]
    for bound in (low, high):
        if bound is not None and number_dtype(bound).kind > dtype.kind:
            dtype = promote_types(dtype, number_dtype(bound))
    a = a.astype(dtype.numpy, copy=False)
    return _bounds(low, high, a) + np.zeros((), a.dtype) if False else np.array(_bounds(low, high, a))


def _clamp_grad(grad, self, min, max):
    inside = self == self
    if min is not None:
        inside = inside & (self >= min)
    if max is not None:
        inside = inside & (self <= max)
    return where(inside, grad, zeros_like(grad))


clamp = op(
    "clamp(Tensor self, Scalar? min=None, Scalar? max=None)",
    _clamp_promoted,
    node="ClampBackward1",
    refuses=(("c", "clamp is not supported for complex types"),),
    in_place=True,
    self=_clamp_grad,
    jvp=lambda self_t, self, min, max: _clamp_grad(self_t, self, min, max),
)
clamp_tensor = op(
    "clamp(Tensor self, Tensor? min=None, Tensor? max=None)",
    lambda a, low, high: np.array(_bounds(low, high, np.broadcast_to(
        a, np.broadcast_shapes(*(np.shape(v) for v in (a, low, high) if v is not None))))),
    promote=COMMON,
    node="ClampBackward0",
    in_place=True,
    self=_clamp_grad,
    min=lambda grad, self, min, max: _clamp_bound_grad(grad, self, min, max, lower=True),
    max=lambda grad, self, min, max: _clamp_bound_grad(grad, self, min, max, lower=False),
    jvp="elementwise",
)  # fmt: skip


def _clamp_bound_grad(grad, self, low, high, lower: bool):
    if lower:
        chosen = self < low
        if high is not None:
            chosen = chosen & (low < high)
    else:
        chosen = self > high
        if low is not None:
            chosen = chosen | (high < low)
    return where(chosen, grad, zeros_like(grad))


clamp_min = op(
    "clamp_min(Tensor self, Scalar min)",
    lambda a, low: np.where(a < low, np.asarray(low).astype(a.dtype), a),
    in_place=True,
    self=lambda grad, self, min: where(self >= min, grad, zeros_like(grad)),
    jvp=lambda self_t, self, min: where(self >= min, self_t, zeros_like(self_t)),
)
clamp_max = op(
    "clamp_max(Tensor self, Scalar max)",
    lambda a, high: np.where(a > high, np.asarray(high).astype(a.dtype), a),
    in_place=True,
    self=lambda grad, self, max: where(self <= max, grad, zeros_like(grad)),
    jvp=lambda self_t, self, max: where(self <= max, self_t, zeros_like(self_t)),
)

# -- choosing between two -------------------------------------------------------------------------------------


def _half_at_ties(grad, chosen, tied):
    return (grad / 2).masked_fill_(~tied, 0) + grad.masked_fill(~chosen, 0)


maximum = op(
    "maximum(Tensor self, Tensor other)",
    np.maximum,
    promote=COMMON,
    self=lambda grad, self, other: where(self == other, grad / 2, grad).masked_fill(self < other, 0),
    other=lambda grad, self, other: where(self == other, grad / 2, grad).masked_fill(self > other, 0),
    jvp=lambda self_t, other_t, self, other: sum_tangents(
        None if self_t is None else where(self == other, self_t / 2, self_t).masked_fill(self < other, 0),
        None if other_t is None else where(self == other, other_t / 2, other_t).masked_fill(self > other, 0),
    ),
)
minimum = op(
    "minimum(Tensor self, Tensor other)",
    np.minimum,
    promote=COMMON,
    self=lambda grad, self, other: where(self == other, grad / 2, grad).masked_fill(self > other, 0),
    other=lambda grad, self, other: where(self == other, grad / 2, grad).masked_fill(self < other, 0),
    jvp=lambda self_t, other_t, self, other: sum_tangents(
        None if self_t is None else where(self == other, self_t / 2, self_t).masked_fill(self > other, 0),
        None if other_t is None else where(self == other, other_t / 2, other_t).masked_fill(self < other, 0),
    ),
)
where_rows = op(
    "_where(Tensor condition, Operand self, Operand other)",
    lambda condition, a, b: np.where(condition, a, b),
    node="WhereBackward0",
    self=lambda grad, condition: where(condition, grad, 0),
    other=lambda grad, condition: where(condition, 0, grad),
    jvp=lambda self_t, other_t, condition: where(
        condition, 0 if self_t is None else self_t, 0 if other_t is None else other_t
    ),
    method=False,
    function=False,
)
atan2 = op(
    "atan2(Tensor self, Tensor other)",
    np.arctan2,
    promote=FLOAT,
    in_place=True,
    self=lambda grad, self, other: grad * other / (self * self + other * other),
    other=lambda grad, self, other: grad * -self / (self * self + other * other),
    jvp="elementwise",
    refuses=(("c", "atan2_cpu"),),
)
lerp = op(
    "lerp(Tensor self, Tensor end, Scalar weight)",
    lambda a, b, weight: (a + weight * (b - a)) if abs(weight) < 0.5 else (b - (b - a) * (1 - weight)),
    in_place=True,
    self=lambda grad, weight: grad * (1 - conj(weight)),
    end=lambda grad, weight: grad * conj(weight),
    jvp=lambda self_t, end_t, weight: sum_tangents(
        None if self_t is None else self_t * (1 - weight), None if end_t is None else end_t * weight
    ),
)
lerp_tensor = op(
    "lerp(Tensor self, Tensor end, Tensor weight)",
    lambda a, b, weight: np.where(np.abs(weight) < 0.5, a + weight * (b - a), b - (b - a) * (1 - weight)),
    node="LerpBackward1",
    in_place=True,
    self=lambda grad, weight: grad * (1 - conj(weight)),
    end=lambda grad, weight: grad * conj(weight),
    weight=lambda grad, self, end: grad * conj(end - self),
    jvp="elementwise",
)
addcmul = op(
    "addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1)",
    lambda a, x, y, value: a + value * x * y if value != 1 else a + x * y,
    promote=COMMON,
    in_place=True,
    self=lambda grad: grad,
    tensor1=lambda grad, tensor2, value: grad * conj(tensor2 * value),
    tensor2=lambda grad, tensor1, value: grad * conj(tensor1 * value),
    jvp="elementwise",
    refuses=(("b", "addcmul_cpu_out"),),
)
addcdiv = op(
    "addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1)",
    lambda a, x, y, value: a + value * (x / y),
    promote=FLOAT,
    in_place=True,
    self=lambda grad: grad,
    tensor1=lambda grad, tensor2, value: grad * conj(value / tensor2),
    tensor2=lambda grad, value, tensor1, tensor2: -grad * conj((value * tensor1) / (tensor2 * tensor2)),
    jvp="elementwise",
)

# -- comparisons and logic: no derivatives ----------------------------------------------------------------------

for _name, _function in (
    ("eq", np.equal), ("ne", np.not_equal), ("lt", np.less), ("le", np.less_equal), ("gt", np.greater),
    ("ge", np.greater_equal), ("logical_and", np.logical_and), ("logical_or", np.logical_or),
    ("logical_xor", np.logical_xor),
):  # fmt: skip
    op(f"{_name}(Tensor self, Operand other)", _function, promote=COMPARE, differentiable=False, in_place=True,
       refuses=(("c", f"{_name}_cpu"),) if _name in ("lt", "le", "gt", "ge") else ())  # fmt: skip
for _name, _function in (("bitwise_and", np.bitwise_and), ("bitwise_or", np.bitwise_or),
                         ("bitwise_xor", np.bitwise_xor)):  # fmt: skip
    op(f"{_name}(Tensor self, Operand other)", _function, promote=COMMON, differentiable=False, in_place=True)
for _name, _function in (
    ("logical_not", np.logical_not), ("bitwise_not", np.invert), ("isnan", np.isnan), ("isinf", np.isinf),
    ("isfinite", np.isfinite), ("signbit", np.signbit),
):  # fmt: skip
    op(f"{_name}(Tensor self)", _function, differentiable=False)
op("heaviside(Tensor self, Tensor values)", np.heaviside, promote=COMMON)
op("isclose(Tensor self, Tensor other, float rtol=1e-05, float atol=1e-08, bool equal_nan=False)",
   lambda a, b, rtol, atol, equal_nan: np.isclose(a, b, rtol, atol, equal_nan), differentiable=False)  # fmt: skip

# -- filling ----------------------------------------------------------------------------------------------------

masked_fill_number = op(
    "masked_fill(Tensor self, Tensor mask, Scalar value)",
    lambda a, mask, value: np.where(mask, np.asarray(value).astype(a.dtype), a),
    in_place=True,
    self=lambda grad, mask: grad.masked_fill(mask, 0),
    jvp=lambda self_t, mask: self_t.masked_fill(mask, 0),
)
masked_fill_tensor = op(
    "masked_fill(Tensor self, Tensor mask, Tensor value)",
    lambda a, mask, value: np.where(mask, value.astype(a.dtype), a),
    node="MaskedFillBackward1",
    in_place=True,
    self=lambda grad, mask: grad.masked_fill(mask, 0),
    value=lambda grad, mask: where(mask, grad, 0).sum(),
)
fill_number = op(
    "fill(Tensor self, Scalar value)",
    lambda a, value: np.full(a.shape, value).astype(a.dtype),
    in_place=True,
    in_place_node="FillBackward2",
    self=lambda grad: zeros_like(grad),
    jvp=lambda self_t: zeros_like(self_t),
)
fill_tensor = op(
    "fill(Tensor self, Tensor value)",
    lambda a, value: np.full(a.shape, value.astype(a.dtype)),
    node="FillBackward1",
    in_place=True,
    in_place_node="FillBackward3",
    self=lambda grad: zeros_like(grad),
    value=lambda grad: grad.sum(),
    jvp=lambda self_t, value_t: zeros_like(self_t) if value_t is None else zeros_like(self_t) + value_t,
)
zero = op(
    "zero(Tensor self)",
    lambda a: np.zeros(a.shape, a.dtype),
    in_place=True,
    self=lambda grad: zeros_like(grad),
    jvp=lambda self_t: zeros_like(self_t),
    method=True,
    function=True,
)


def where(condition, self=None, other=None):
    """Elements of ``self`` where ``condition`` holds, of ``other`` elsewhere; indices when called with one argument."""
    if self is None and other is None:
        return condition.nonzero(as_tuple=True)
    from ..promotion import result_dtype

    dtype = result_dtype([self, other])
    operands = [value.to(dtype) if isinstance(value, Tensor) else value for value in (self, other)]
    for index, value in enumerate(operands):
        if not isinstance(value, Tensor):
            from ..creation import tensor

            operands[index] = tensor(value, dtype=dtype, device=condition.device)
            operands[index]._wrapped = False
    return where_rows(condition, *operands)


