"""Elementwise operations: one row per operation, forward and derivatives side by side.

Gradients of complex functions follow PyTorch's convention: the gradient is the conjugate of the derivative, so
holomorphic rules multiply by the conjugate. For real tensors ``conj`` is the tensor itself.
"""

from __future__ import annotations

import math

import numpy as np

from .._tensor import Tensor, make
from ..arithmetic import cast, halves, in_float, multiply_add
from ..dtypes import BOOL, BY_NUMPY, COMPLEX, FLOATING
from ..memory_order import copied
from ..promotion import defaults, number_dtype, promote_types, result_dtype
from .dims import broadcast_shape
from .scalars import held, in_range
from .table import COMMON, FLOAT, op


def conj(value):
    """The conjugate of a tensor or number; itself when real."""
    if isinstance(value, Tensor):
        return value.conj() if value.dtype.kind == COMPLEX else value
    return value.conjugate() if isinstance(value, complex) else value


def real_if(grad, scalar_type):
    """Drop the imaginary part when the input was real."""
    return grad.real if grad.dtype.kind == COMPLEX and scalar_type.kind != COMPLEX else grad


# -- copies ------------------------------------------------------------------------------------------------------

clone = op(
    "clone(Tensor self, *, any memory_format=None)",
    lambda array, memory_format: in_format(array, memory_format),
    self=lambda grad: grad,
    jvp="linear",
)


def in_format(array: np.ndarray, memory_format) -> np.ndarray:
    """A copy laid out as ``memory_format`` says. Raises ``RuntimeError`` for channels of what is not 4-d."""
    if memory_format is not None and memory_format.name == "contiguous_format":
        return array.copy(order="C")
    if memory_format is not None and memory_format.name == "channels_last":
        if array.ndim != 4:
            raise RuntimeError("required rank 4 tensor to use channels_last format")
        return np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    return copied(array)


contiguous_format_copy = op(
    "copy_(Tensor self, Tensor src)",
    lambda array, source: np.broadcast_to(source, array.shape),
    node="CopyBackwards",
    self=lambda grad: zeros_like(grad),
    src=lambda grad, src_scalar_type: real_if(grad, src_scalar_type),
    method=False,
    function=False,
)

# -- arithmetic ---------------------------------------------------------------------------------------------------


def _scaled(value, alpha):
    return value if alpha == 1 else value * alpha


def _add(a, b, alpha=1):
    return np.add(a, b) if alpha == 1 else multiply_add(b, in_range(alpha, a.dtype), a)


_TWO_BOOLS = (
    "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator "
    "instead."
)


def _subtract(a, b, alpha=1):
    if a.dtype == np.bool_:
        raise RuntimeError(_TWO_BOOLS)
    return np.subtract(a, b) if alpha == 1 else multiply_add(b, in_range(-alpha, a.dtype), a)


def _check_alpha(self, other, alpha):
    """The factor of the second operand must be a number of the result's kind. Raises ``RuntimeError``."""
    if type(alpha) is int:
        return
    kind = result_dtype([self, other]).kind
    if isinstance(alpha, bool):
        if kind:
            raise RuntimeError("Boolean alpha only supported for Boolean results.")
    elif kind < FLOATING:
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    elif isinstance(alpha, complex) and kind != COMPLEX:
        raise RuntimeError("For non-complex input tensors, argument alpha must not be a complex number.")


def check_subtraction(self, other, alpha):
    """Bool has no minus. Raises ``RuntimeError``."""
    bools = [isinstance(v, bool) or (isinstance(v, Tensor) and v.dtype.kind == BOOL) for v in (self, other)]
    if all(bools):
        raise RuntimeError(_TWO_BOOLS)
    if any(bools):
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, "
            "use the `~` or `logical_not()` operator instead."
        )
    _check_alpha(self, other, alpha)


add = op(
    "add(Tensor self, Operand other, *, Scalar alpha=1)",
    _add,
    promote=COMMON,
    check=_check_alpha,
    in_place=True,
    self=lambda grad: grad,
    other=lambda grad, alpha: _scaled(grad, conj(alpha)),
    jvp=lambda self_t, other_t, alpha: sum_tangents(self_t, None if other_t is None else _scaled(other_t, alpha)),
    drops_imaginary=True,
)
sub = op(
    "sub(Tensor self, Operand other, *, Scalar alpha=1)",
    _subtract,
    promote=COMMON,
    check=check_subtraction,
    in_place=True,
    self=lambda grad: grad,
    other=lambda grad, alpha: -_scaled(grad, conj(alpha)),
    jvp=lambda self_t, other_t, alpha: sum_tangents(self_t, None if other_t is None else -_scaled(other_t, alpha)),
    drops_imaginary=True,
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
    numbers=(1,),
    in_place=True,
    self=lambda grad, other, self_scalar_type: real_if(grad * conj(other), self_scalar_type),
    other=lambda grad, self, other_scalar_type: real_if(grad * conj(self), other_scalar_type),
    jvp=lambda self_t, other_t, self, other: sum_tangents(
        None if self_t is None else self_t * other, None if other_t is None else other_t * self
    ),
)


def _quotient_tangent(self_t, other_t, self, other):
    fall = None if other_t is None else -other_t * (self / other)
    return sum_tangents(self_t, fall) / other


div = op(
    "div(Tensor self, Operand other)",
    np.true_divide,
    promote=FLOAT,
    numbers=(1,),
    in_place=True,
    self=lambda grad, other, self_scalar_type: real_if(grad / conj(other), self_scalar_type),
    other=lambda grad, self, other: real_if(-grad * conj((self / other) / other), other.dtype),
    jvp=_quotient_tangent,
    drops_imaginary=True,
)


def _divide_rounding(a, b, mode):
    if mode is None:
        return np.true_divide(a, b) if a.dtype.kind not in "iub" else _fractions(a, b)
    if mode in ("floor", "trunc") and a.dtype.kind in "bc":
        raise NotImplementedError(f"\"div_{mode}_cpu\" not implemented for '{BY_NUMPY[a.dtype].scalar}'")
    if mode == "floor":
        return _floor_divide(a, b)
    if mode == "trunc":
        if a.dtype.kind in "iu":
            return np.floor_divide(a - _fmod(a, b), b)
        return np.trunc(np.true_divide(a, b))
    raise RuntimeError(f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{mode}'")


def _fractions(a, b):
    """The quotients of whole numbers, in the default dtype."""
    dtype = defaults.dtype.numpy
    return np.true_divide(a.astype(dtype), b.astype(dtype))


def _not_by_zero(a, b) -> None:
    """Raise ``RuntimeError`` where whole numbers would be divided by zero, if there are any."""
    if np.asarray(a).dtype.kind in "iu" and np.size(a) and np.any(np.equal(b, 0)):
        raise RuntimeError("ZeroDivisionError")


def _floor_divide(a, b):
    _not_by_zero(a, b)
    return np.floor_divide(a, b)


def _two_quotients(self_t, other_t, self, other):
    """The tangent where a ``rounding_mode`` may be stated: as that of ``div``, but not of what is infinite."""
    return sum_tangents(
        None if self_t is None else self_t / other, None if other_t is None else -other_t * (self / other) / other
    )


div_rounded = op(
    "div(Tensor self, Operand other, *, str? rounding_mode)",
    _divide_rounding,
    promote=COMMON,
    numbers=(1,),
    node="DivBackward2",
    in_place=True,
    self=lambda grad, other, rounding_mode: grad * 0 if rounding_mode else grad / conj(other),
    other=lambda grad, self, other, rounding_mode: grad * 0 if rounding_mode else -grad * conj((self / other) / other),
    jvp=lambda self_t, other_t, self, other, rounding_mode: (
        sum_tangents(self_t, other_t) * 0 if rounding_mode else _two_quotients(self_t, other_t, self, other)
    ),
    drops_imaginary=True,
)
floor_divide = op("floor_divide(Tensor self, Operand other)", _floor_divide, promote=COMMON, in_place=True,
                  numbers=(1,), refuses=(("bc", "div_floor_cpu"),))  # fmt: skip


def _remainder(a, b):
    _not_by_zero(a, b)
    return np.remainder(a, b)


def _fmod(a, b):
    _not_by_zero(a, b)
    return np.fmod(a, b)


# Of a number by a tensor: an operation without a derivative, which ``%`` calls as well.
op("remainder(Number self, Tensor other)", _remainder, promote=COMMON, method=False, out=False,
   refuses=(("bc", "remainder_cpu"),))  # fmt: skip
remainder_number = op(
    "remainder(Tensor self, Number other)",
    _remainder,
    promote=COMMON,
    in_place=True,
    self=lambda grad: grad,
    jvp=lambda self_t: self_t,
    refuses=(("bc", "remainder_cpu"),),
)
remainder = op(
    "remainder(Tensor self, Tensor other)",
    _remainder,
    promote=COMMON,
    node="RemainderBackward1",
    in_place=True,
    refuses=(("bc", "remainder_cpu"),),
    self=lambda grad: grad,
    other=lambda grad, self, other: -grad * self.div(other, rounding_mode="floor"),
    jvp=lambda self_t, other_t, self, other: sum_tangents(
        self_t, None if other_t is None else -other_t * self.div(other, rounding_mode="floor")
    ),
)
fmod_number = op(
    "fmod(Tensor self, Number other)",
    _fmod,
    promote=COMMON,
    in_place=True,
    self=lambda grad: grad,
    jvp=lambda self_t: self_t,
    refuses=(("bc", "fmod_cpu"),),
)
fmod = op(
    "fmod(Tensor self, Tensor other)",
    _fmod,
    promote=COMMON,
    node="FmodBackward1",
    in_place=True,
    refuses=(("bc", "fmod_cpu"),),
    self=lambda grad: grad,
    other=lambda grad, self, other: -grad * self.div(other, rounding_mode="trunc"),
    jvp=lambda self_t, other_t, self, other: sum_tangents(
        self_t, None if other_t is None else -other_t * self.div(other, rounding_mode="trunc")
    ),
)


# -- powers ------------------------------------------------------------------------------------------------------


def _power_number(base: np.ndarray, exponent) -> np.ndarray:
    """The exponents that PyTorch computes by multiplication, so that results agree to the last bit."""
    if base.dtype.kind in "iub" and isinstance(exponent, int):
        return np.power(base.astype(np.int64) if base.dtype.kind == "b" else base, exponent)
    if base.dtype.kind in "iub":
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
    return in_float(np.power)(base, held(exponent, base.dtype) if halves(base.dtype) else exponent)


def _check_power(self, exponent):
    if self.dtype.kind < FLOATING and isinstance(exponent, int) and exponent < 0:
        raise RuntimeError("Integers to negative integer powers are not allowed.")


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
    check=_check_power,
    elementwise=True,
    node="PowBackward0",
    in_place=True,
    self=_power_grad,
    jvp=lambda self_t, self, exponent: (
        zeros_like(self_t) if exponent == 0 else self_t * (exponent * self.pow(exponent - 1))
    ),
    drops_imaginary=True,
)


def _power_grad_self(grad, self, exponent):
    return where(exponent == 0.0, zeros_like(grad), grad * conj(exponent * self.pow(exponent - 1)))


def _real(tensor):
    return tensor.real if tensor.dtype.kind == COMPLEX else tensor


def _power_grad_exponent(grad, self, exponent, result):
    return grad * conj(
        where((self == 0) & (_real(exponent) >= 0), zeros_like(result), result * self.to(result.dtype).log())
    )


def _power_tangent(self_t, exponent_t, self, exponent, result):
    """The derivatives applied to tangents; of a real operand's part PyTorch keeps the real numbers alone."""
    return sum_tangents(
        None if self_t is None else real_if(_power_grad_self(conj(self_t), self, exponent), self.dtype),
        None
        if exponent_t is None
        else real_if(_power_grad_exponent(conj(exponent_t), self, exponent, result), exponent.dtype),
    ).conj()


def _power_tensor(base, exponent):
    """Whole numbers to negative powers are rounded towards zero: 0, or 1 or -1 for those bases."""
    if base.dtype.kind not in "iu":
        if exponent.ndim:
            return np.power(base, exponent)
        row = np.atleast_1d(base)  # a lone exponent of a half would be a square root: other signs, other limits
        return np.power(row, np.full(row.shape, exponent)).reshape(base.shape)
    inverse = np.where(base == 1, 1, np.where(base == -1, np.where(exponent % 2 == 0, 1, -1), 0))
    return np.where(exponent < 0, inverse, np.power(base, np.maximum(exponent, 0))).astype(base.dtype)


pow_tensor = op(
    "pow(Tensor self, Tensor exponent)",
    _power_tensor,
    promote=COMMON,
    node="PowBackward1",
    refuses=(("b", "pow"),),
    in_place=True,
    self=_power_grad_self,
    exponent=_power_grad_exponent,
    jvp=_power_tangent,
    drops_imaginary=True,
)


def _log(number):
    """The logarithm as floating point has it: infinite of zero, no number of what is negative."""
    with np.errstate(all="ignore"):
        return np.log(np.asarray(number, complex if isinstance(number, complex) else float)).item()


def _power_of_number_grad(grad, self, exponent, result):
    if self == 0:
        return where(exponent >= 0, zeros_like(grad), grad * conj(result * math.log(1e-300)))
    return grad * conj(result * _log(self))


def _power_of_number(base, exponent):
    dtype, own = BY_NUMPY[exponent.dtype], number_dtype(base)
    dtype = dtype if own.kind <= dtype.kind else promote_types(dtype, own)
    if dtype.kind == BOOL:
        raise NotImplementedError("\"pow\" not implemented for 'Bool'")
    if own.kind == COMPLEX and exponent.dtype == np.float16:
        raise NotImplementedError("\"pow\" not implemented for 'ComplexHalf'")
    return _power_tensor(np.asarray(base).astype(dtype.numpy), exponent.astype(dtype.numpy, copy=False))


pow_of_number = op(
    "pow(Scalar self, Tensor exponent)",
    _power_of_number,
    row_major=True,
    node="PowBackward2",
    exponent=_power_of_number_grad,
    jvp=lambda exponent_t, self, result: exponent_t * result * _log(self),
    method=False,
    drops_imaginary=True,
)


def _where(condition, a, b, dtype):
    broadcast_shape(broadcast_shape(condition.shape, a.shape), b.shape)
    return np.where(condition, cast(a, dtype.numpy), cast(b, dtype.numpy))


where_rows = op(
    "_where(Tensor condition, Operand self, Operand other, any dtype)",
    _where,
    elementwise=True,
    node="WhereBackward0",
    self=lambda grad, condition: where(condition, grad, 0),
    other=lambda grad, condition: where(condition, 0, grad),
    jvp=lambda self_t, other_t, condition: where(
        condition, 0 if self_t is None else self_t, 0 if other_t is None else other_t
    ),
    method=False,
    function=False,
)


def where(condition, self=None, other=None):
    """Elements of ``self`` where ``condition`` holds, of ``other`` elsewhere; indices when called with one argument."""
    if self is None and other is None:
        return condition.nonzero(as_tuple=True)
    if condition.dtype.name not in ("bool", "uint8"):
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype {condition.dtype.scalar}"
        )
    dtype = result_dtype([self, other])
    operands = [self, other]
    for index, value in enumerate(operands):
        if type(value) in (int, float) and dtype.kind >= FLOATING:
            operands[index] = make(np.array(value, dtype.numpy), condition._storage.device)
        elif not isinstance(value, Tensor):
            from ..creation import tensor

            operands[index] = tensor(value, dtype=dtype, device=condition.device)
            operands[index]._wrapped = False
        elif value.dtype is not dtype and not isinstance((self, other)[1 - index], Tensor):
            operands[index] = value.to(dtype)  # beside a number it is brought to the result's dtype first
    return where_rows(condition, *operands, dtype)
