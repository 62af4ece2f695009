"""Functions of one variable, elementwise."""

from __future__ import annotations

import math

import numpy as np

from ..arithmetic import cast, in_float
from ..dtypes import BY_NUMPY, COMPLEX, finfo
from .backward_rows import backward_operation
from .calls import publish_in_place
from .elementwise import conj, where, zeros_like
from .refusals import not_implemented
from .table import AS_IS, FLOAT, op


def rounded_once(function):
    """Compute float32 and narrower in float64 and round once: the nearest result, whatever the platform's library."""

    def compute(array: np.ndarray) -> np.ndarray:
        if array.dtype.kind == "c":
            return (
                function(array)
                if array.dtype == np.complex128
                else function(cast(array, np.complex128)).astype(array.dtype)
            )
        if array.dtype == np.float64:
            return function(array)
        return function(cast(array, np.float64)).astype(array.dtype)

    return compute


def unary(name: str, forward, derivative, promote: str = FLOAT, jvp="elementwise", **options):
    """A row for an elementwise function of one tensor with an in-place variant."""
    return op(f"{name}(Tensor self)", forward, promote=promote, in_place=True, self=derivative, jvp=jvp,
              elementwise=True, **options)  # fmt: skip


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
tanh = unary(
    "tanh",
    rounded_once(np.tanh),
    backward_operation("tanh_backward", lambda grad, result: grad * conj(1 - result * result), ("result",)),
)


def _acosh_grad(grad, self):
    if self.dtype.kind == COMPLEX:
        return grad * conj(1 / ((self + 1).sqrt() * (self - 1).sqrt()))
    return grad * (self.pow(2) - 1).rsqrt()


asinh = unary("asinh", rounded_once(np.arcsinh), lambda grad, self: grad * conj((self.pow(2) + 1).rsqrt()))
acosh = unary("acosh", rounded_once(np.arccosh), _acosh_grad)
atanh = unary("atanh", rounded_once(np.arctanh), lambda grad, self: grad * conj(1 / (1 - self.pow(2))))
# PyTorch has no derivatives of the in-place forms of these three.
for _name, _function in (("asinh", np.arcsinh), ("acosh", np.arccosh), ("atanh", np.arctanh)):
    publish_in_place(
        op(
            f"{_name}(Tensor self)",
            rounded_once(_function),
            promote=FLOAT,
            node=f"{_name.title()}Backward1",
            self=not_implemented(f"inplace version of {_name}"),
            method=False,
            function=False,
        )
    )
sigmoid = unary(
    "sigmoid",
    _sigmoid,
    backward_operation("sigmoid_backward", lambda grad, result: grad * conj((1 - result) * result), ("result",)),
)
relu = unary("relu", lambda a: np.where(a < 0, np.zeros((), a.dtype), a),
             lambda grad, result: threshold_grad(grad, result), AS_IS,
             refuses=(("b", "!Boolean inputs not supported for relu"),
                      ("c", "clamp is not supported for complex types")), out=False)  # fmt: skip
_SIGN_OF_COMPLEX = "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead."
sign = unary("sign", lambda a: _signs(a), lambda grad: zeros_like(grad), AS_IS,
             lambda self_t: zeros_like(self_t),
             refuses=(("c", _SIGN_OF_COMPLEX),))  # fmt: skip
for _name, _function in (("floor", np.floor), ("ceil", np.ceil), ("trunc", np.trunc)):
    unary(_name, lambda a, f=_function: f(a) if a.dtype.kind not in "iub" else a.copy(),
          lambda grad: zeros_like(grad), AS_IS, lambda self_t: zeros_like(self_t),
          refuses=(("b", f"{_name}_vml_cpu"), ("c", f"{_name} is not supported for complex inputs")))  # fmt: skip
frac = unary("frac", lambda a: a - np.trunc(a), lambda grad: grad, AS_IS, lambda self_t: self_t,
             refuses=(("biuc", "frac_cpu"),))  # fmt: skip
round_ = op(
    "round(Tensor self)",
    lambda a: np.round(a) if a.dtype.kind not in "iu" else np.positive(a),
    elementwise=True,
    in_place=True,
    self=lambda grad: zeros_like(grad),
    jvp=lambda self_t: zeros_like(self_t),
    refuses=(("bc", "round_vml_cpu"),),
)


def _round_decimals(array, decimals):
    if array.dtype.kind in "biuc":
        kernel = "round_cpu" if decimals else "round_vml_cpu"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{BY_NUMPY[array.dtype].scalar}'")
    return in_float(np.round)(array, decimals)


round_decimals = op(
    "round(Tensor self, *, int decimals)",
    _round_decimals,
    elementwise=True,
    node="RoundBackward1",
    in_place=True,
    self=lambda grad: zeros_like(grad),
    jvp=lambda self_t: zeros_like(self_t),
)


def threshold_grad(grad, result):
    """Pass the gradient where the result is positive."""
    return threshold_backward(grad, result, 0)


def _signs(array: np.ndarray) -> np.ndarray:
    if array.dtype == np.bool_:
        return array.copy()
    found = np.sign(array)
    if found.dtype.kind not in "fV":
        return found
    return np.where(found == found, found, np.zeros((), found.dtype)) + np.zeros((), found.dtype)  # NaN and -0 become 0


threshold_backward = op(
    "threshold_backward(Tensor grad_output, Tensor self, Scalar threshold)",
    lambda grad, array, threshold: np.where(array <= threshold, np.zeros((), grad.dtype), grad),
    elementwise=True,
    grad_output=lambda grad, self, threshold: threshold_backward(grad, self, threshold),
    self=lambda grad: zeros_like(grad),
    jvp=lambda grad_output_t, self, threshold: threshold_backward(grad_output_t, self, threshold),
    method=False,
    function=False,
)


def _sizes(array: np.ndarray) -> np.ndarray:
    """Magnitudes; those of complex numbers are computed in double precision and rounded once."""
    if array.dtype.kind != "c":
        return np.abs(array)
    return np.hypot(array.real.astype(np.float64), array.imag.astype(np.float64)).astype(array.real.dtype)


abs_ = op(
    "abs(Tensor self)",
    _sizes,
    elementwise=True,
    refuses=(("b", "abs_cpu"),),
    in_place=True,
    self=lambda grad, self: grad * self.sgn(),
    jvp=lambda self_t, self: (self_t * conj(self.sgn())).real if self.dtype.kind == COMPLEX else self_t * self.sgn(),
)
sgn = op(
    "sgn(Tensor self)",
    lambda a: _signs(np.where(np.isnan(a), 0, a)) if a.dtype.kind == "f" else _signs(a),
    elementwise=True,
    in_place=True,
    self=lambda grad, self, result: _sgn_grad(grad, self, result),
    jvp=lambda self_t, self, result: _sgn_grad(self_t, self, result),
)


def _sgn_grad(grad, self, result):
    if self.dtype.kind != COMPLEX:
        return zeros_like(grad)
    size = self.abs()
    return where(self == 0.0, zeros_like(grad), (grad / size - (grad / self).real * result))


erf = unary(
    "erf",
    lambda a: _map(math.erf, a),
    lambda grad, self: 2.0 / math.sqrt(math.pi) * (-self.pow(2)).exp() * grad,
    refuses=(("c", "erf_vml_cpu"),),
)


def _map(function, array: np.ndarray) -> np.ndarray:
    flat = [function(float(value)) for value in array.reshape(-1)]
    return np.array(flat, dtype=array.dtype).reshape(array.shape)


def _numbers(array, nan, posinf, neginf):
    """What is no finite number replaced; infinities by the largest numbers of the dtype where none is given."""
    if array.dtype.kind != "V":
        return np.nan_to_num(array, nan=nan, posinf=posinf, neginf=neginf)
    largest = float(finfo(BY_NUMPY[array.dtype]).max)
    posinf, neginf = largest if posinf is None else posinf, -largest if neginf is None else neginf
    return np.nan_to_num(array.astype(np.float32), nan=nan, posinf=posinf, neginf=neginf).astype(array.dtype)


nan_to_num = op(
    "nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None)",
    lambda a, nan, posinf, neginf: _numbers(a, nan or 0.0, posinf, neginf),
    elementwise=True,
    in_place=True,
    self=lambda grad, self: grad * self.isfinite(),
    jvp="elementwise",
    real_only=True,
)
