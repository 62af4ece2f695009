"""Elementwise functions of two tensors beside the arithmetic: logarithms of sums, signs, powers of two, bits.

Sub-gradients: where both sides agree ``fmax`` and ``fmin`` send the gradient to the first; ``nextafter`` passes it
where it moved; ``copysign`` gives zero at zero.
"""

from __future__ import annotations

import math

import numpy as np

from .._tensor import Tensor
from ..dtypes import BOOL, BY_NUMPY, COMPLEX, FLOATING, bfloat16, complex128, float64
from ..errors import NotModelled
from ..memory_order import arranged, in_rows
from .by_number import promoted
from .calls import combined
from .dims import broadcast_shape
from .elementwise import check_subtraction, conj, pow_of_number, sum_tangents, where, zeros_like
from .extrema import return_type
from .table import COMMON, FLOAT, op


def _quiet(function):
    def compute(*arrays):
        with np.errstate(all="ignore"):
            return function(*arrays)

    return compute


# -- logarithms of sums --------------------------------------------------------------------------------------------

logaddexp = op(
    "logaddexp(Tensor self, Tensor other)",
    _quiet(lambda a, b: np.logaddexp(a, b) if a.dtype.kind != "c" else np.log(np.exp(a) + np.exp(b))),
    promote=COMMON,
    self=lambda grad, self, other: grad / conj(1 + (other - self).exp()),
    other=lambda grad, self, other: grad / conj(1 + (self - other).exp()),
    jvp="elementwise",
    refuses=(("biu", "logaddexp_cpu"),),
)
logaddexp2 = op(
    "logaddexp2(Tensor self, Tensor other)",
    _quiet(np.logaddexp2),
    promote=COMMON,
    node="Logaddexp2Backward0",
    self=lambda grad, self, other: grad / (1 + (other - self).exp2()),
    other=lambda grad, self, other: grad / (1 + (self - other).exp2()),
    jvp="elementwise",
    refuses=(("biuc", "logaddexp2_cpu"),),
)


def _like(value, array):
    """A number beside an array in that array's dtype."""
    return (
        value if isinstance(value, np.ndarray) or not isinstance(array, np.ndarray) else np.asarray(value, array.dtype)
    )


def _number_as(array, value, kernel: str):
    """A number before an array in that array's dtype. Raises ``NotImplementedError`` for complex arrays."""
    if isinstance(value, np.ndarray):
        return value
    if array.dtype.kind == "c":
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{BY_NUMPY[array.dtype].scalar}'")
    return np.asarray(value, array.dtype)


def _xlogy(a, b):
    a = _number_as(b, a, "xlogy_cpu")
    with np.errstate(all="ignore"):
        product = np.multiply(a, np.log(_like(b, a)))
        return np.where(np.isnan(b), b, np.where(np.equal(a, 0), 0, product)).astype(product.dtype)


def _xlogy_self(grad, self, other):
    return (grad * other.log()).masked_fill((self == 0.0) & (other <= 0.0), 0.0)


def _xlog1py(a, b):
    a = _number_as(b, a, "xlog1py_cpu")
    with np.errstate(all="ignore"):
        product = np.multiply(a, np.log1p(_like(b, a)))
        return np.where(np.isnan(b), b, np.where(np.equal(a, 0), 0, product)).astype(product.dtype)


def _xlog1py_self(grad, self, other):
    return (grad * other.log1p()).masked_fill((self == 0.0) & (other <= -1.0), 0.0)


def _three(name: str, node: str, forward, self_grad, other_grad, number_grad, **options):
    """The overloads of a function of two: on two tensors, on a number and a tensor, on a tensor and a number."""
    shared = {"promote": FLOAT, "jvp": "elementwise", **options}
    first = op(f"{name}(Tensor self, Tensor other)", forward, node=f"{node}0", self=self_grad, other=other_grad,
               **shared)  # fmt: skip
    second = op(f"{name}(Scalar self, Tensor other)", forward, node=f"{node}1", other=other_grad,
                **{**shared, "in_place": False, "method": False, "refuses": ()})  # fmt: skip
    third = op(f"{name}(Tensor self, Scalar other)", forward, node=f"{node}2", self=number_grad, **shared)
    return combined(first, second, third)


xlogy = _three(
    "xlogy",
    "XlogyBackward",
    _xlogy,
    _xlogy_self,
    lambda grad, self, other: grad * self / other,
    lambda grad, self, other: _xlogy_self(grad, self, zeros_like(self) + other),
    in_place=True,
    refuses=(("c", "xlogy_cpu"),),
)
xlog1py = _three(
    "special_xlog1py",
    "SpecialXlog1PyBackward",
    _xlog1py,
    _xlog1py_self,
    lambda grad, self, other: grad * self / (other + 1),
    lambda grad, self, other: _xlog1py_self(grad, self, zeros_like(self) + other),
    method=False,
    function=False,
    refuses=(("c", "xlog1py_cpu"),),
)

# -- lengths, signs, neighbours ------------------------------------------------------------------------------------

hypot = op(
    "hypot(Tensor self, Tensor other)",
    np.hypot,
    promote=COMMON,
    in_place=True,
    self=lambda grad, self, result: grad * (self / result),
    other=lambda grad, other, result: grad * (other / result),
    jvp="elementwise",
    refuses=(("biuc", "hypot_cpu"),),
)


def _copysign_grad(grad, self, result):
    return grad * (result / self).masked_fill(self == 0, 0)


copysign = op(
    "copysign(Tensor self, Tensor other)",
    np.copysign,
    promote=FLOAT,
    in_place=True,
    self=_copysign_grad,
    other=lambda grad: zeros_like(grad),
    jvp=lambda self_t, self, result: _copysign_grad(self_t, self, result),
    refuses=(("c", "copysign_cpu"),),
)
copysign_number = op(
    "copysign(Tensor self, Scalar other)",
    lambda a, sign: np.copysign(a, np.asarray(sign, a.dtype)),
    promote=FLOAT,
    node="CopysignBackward1",
    in_place=True,
    self=_copysign_grad,
    jvp="elementwise",
    refuses=(("c", "copysign_cpu"),),
)


def _extreme(name: str, function, keeps, forward) -> None:
    """``keeps(a, b)`` says that the gradient goes to ``a``, ``forward`` the same for tangents."""

    def first(grad, self, other, keeps=keeps):
        return grad.masked_fill(~(keeps(self, other) | other.isnan()), 0)

    def second(grad, self, other, keeps=keeps):
        return grad.masked_fill(keeps(self, other) | other.isnan(), 0)

    def check(self, other):
        if COMPLEX in (self.dtype.kind, other.dtype.kind):
            raise RuntimeError(f"{name} not implemented for complex tensors.")

    op(
        f"{name}(Tensor self, Tensor other)",
        function,
        promote=COMMON,
        self=lambda grad, self, other: first(grad, self, other),
        other=lambda grad, self, other: second(grad, self, other),
        jvp=lambda self_t, other_t, self, other: sum_tangents(
            None if self_t is None else first(self_t, self, other, forward),
            None if other_t is None else second(other_t, self, other, forward),
        ),
        check=check,
    )


# At a tie of the larger ones forward mode follows the second operand.
_extreme("fmax", lambda a, b: np.where((a >= b) | (b != b), a, b), lambda a, b: a >= b, lambda a, b: a > b)
_extreme("fmin", lambda a, b: np.where((a <= b) | (b != b), a, b), lambda a, b: a <= b, lambda a, b: a <= b)

nextafter = op(
    "nextafter(Tensor self, Tensor other)",
    np.nextafter,
    promote=COMMON,
    in_place=True,
    self=lambda grad, self, other: grad.masked_fill(self == other, 0),
    other=lambda grad, self, other: zeros_like(grad),
    jvp=lambda self_t, other_t, self, other: (zeros_like(self) if self_t is None else self_t).masked_fill(
        self == other, 0
    ),
    refuses=(("biuc", "nextafter_cpu"),),
)


def _heaviside(a, at_zero):
    if a.dtype != at_zero.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    broadcast_shape(a.shape, at_zero.shape)
    return np.where(a == 0, at_zero, (a > 0).astype(a.dtype)).astype(a.dtype)


def _check_heaviside(self, values):
    if COMPLEX in (self.dtype.kind, values.dtype.kind):
        raise RuntimeError("heaviside is not yet implemented for complex tensors.")


heaviside = op(
    "heaviside(Tensor self, Tensor values)", _heaviside, in_place=True, check=_check_heaviside, elementwise=True
)

# -- powers --------------------------------------------------------------------------------------------------------


def _ldexp_tangent(self_t, other_t, other, result):
    return sum_tangents(
        None if self_t is None else self_t * pow_of_number(2, other),
        None if other_t is None else other_t * result * math.log(2),
    )


def _ldexp(array, exponent):
    """A product with powers, which are row-major."""
    powers = in_rows(np.exp2(exponent))
    return arranged(array * powers, (array, powers), (0, 1))


def _check_ldexp(self, other):
    if self.dtype.kind == FLOATING and other.dtype.kind == BOOL:
        raise NotImplementedError("\"ldexp_cpu_exp\" not implemented for 'Bool'")


ldexp = op(
    "ldexp(Tensor self, Tensor other)",
    _ldexp,
    check=_check_ldexp,
    promote=FLOAT,
    elementwise=False,
    in_place=True,
    self=lambda grad, other: grad * conj(pow_of_number(2, other)),
    other=lambda grad, result: grad * conj(result) * math.log(2),
    jvp=_ldexp_tangent,
)


def _frexp(array):
    if array.dtype.kind not in "fV":
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    return np.frexp(array)


frexp = op(
    "frexp(Tensor self) -> mantissa, exponent",
    _frexp,
    elementwise=True,
    self=lambda grads, exponent: grads[0] / exponent.exp2(),
    jvp=lambda self_t, exponent: self_t / exponent.exp2(),
    non_differentiable=("exponent",),
    returns=return_type("frexp", "mantissa", "exponent"),
)


def _float_power_dtype(*operands):
    complex_one = any(
        value.dtype.kind == COMPLEX if isinstance(value, Tensor) else isinstance(value, complex) for value in operands
    )
    return complex128 if complex_one else float64


def float_power(input, exponent):
    """A power computed in double precision, whatever the operands are."""
    from .calls import FUNCTIONS

    wanted = _float_power_dtype(input, exponent)
    operands = [
        value.to(wanted) if isinstance(value, Tensor) else (complex if wanted is complex128 else float)(value)
        for value in (input, exponent)
    ]
    return FUNCTIONS["pow"](*operands)


def float_power_(self, exponent):
    """:func:`float_power` written into ``self``. Raises ``RuntimeError`` unless that is in double precision."""
    wanted = _float_power_dtype(self, exponent)
    if self.dtype is not wanted:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {self.dtype.scalar} but the operation's result requires dtype "
            f"{wanted.scalar}"
        )
    return self.pow_(exponent.to(wanted) if isinstance(exponent, Tensor) else float(exponent))


def _check_reversed(self, other, alpha):
    """As of ``other - self``."""
    check_subtraction(self, other, alpha)
    broadcast_shape(other._array.shape, self._array.shape)


rsub = op(
    "rsub(Tensor self, Tensor other, *, Scalar alpha=1)",
    lambda a, b, alpha: _subtract_from(a, b, alpha),
    promote=COMMON,
    elementwise=(1, 0),
    check=_check_reversed,
    self=lambda grad, alpha: -(grad if alpha == 1 else grad * conj(alpha)),
    other=lambda grad: grad,
    jvp=lambda self_t, other_t, alpha: sum_tangents(
        None if self_t is None else -(self_t if alpha == 1 else self_t * alpha), other_t
    ),
    method=False,
    drops_imaginary=True,
)
rsub_number = op(
    "rsub(Tensor self, Scalar other, Scalar alpha=1)",
    lambda a, b, alpha: _number_minus(a, b, alpha),
    node="RsubBackward1",
    check=check_subtraction,
    self=lambda grad, alpha: -(grad if alpha == 1 else grad * conj(alpha)),
    jvp=lambda self_t, alpha: -(self_t if alpha == 1 else self_t * alpha),
    method=False,
    drops_imaginary=True,
)


def _subtract_from(a, b, alpha):
    return np.subtract(b, a if alpha == 1 else a * alpha)


def _number_minus(a, b, alpha):
    return promoted(lambda array, number: _subtract_from(array, number, alpha))(a, b)


# -- complex numbers -----------------------------------------------------------------------------------------------


def _angle(array):
    if array.dtype.kind == "c":
        return np.angle(array)
    return np.where(np.isnan(array), array, np.where(array < 0, math.pi, 0)).astype(array.dtype)


def _angle_grad(grad, self):
    if self.dtype.kind != COMPLEX:
        return zeros_like(grad)
    turned = self / (self.abs() * self.abs()) * 1j
    return where(self == 0.0, zeros_like(self), grad * turned)


angle = op(
    "angle(Tensor self)",
    _angle,
    promote=FLOAT,
    self=_angle_grad,
    jvp=lambda self_t, self: (
        (self_t / self).imag.masked_fill(self == 0.0, 0) if self.dtype.kind == COMPLEX else zeros_like(self_t)
    ),
)


def _check_parts(first, second):
    left, right = first.dtype, second.dtype
    if any(dtype.kind != FLOATING or dtype is bfloat16 for dtype in (left, right)):
        raise RuntimeError(
            f"Expected both inputs to be Half, Float or Double tensors but got {left.scalar} and {right.scalar}"
        )
    if left is not right:
        raise RuntimeError(
            f"Expected object of scalar type {left.scalar} but got scalar type {right.scalar} for second argument"
        )


def _parts(name: str, make):
    def forward(first, second):
        left = BY_NUMPY[first.dtype]
        if left.itemsize == 2 and name == "polar":
            raise NotImplementedError("\"polar_cpu\" not implemented for 'Half'")
        if left.itemsize == 2:
            raise NotModelled("torch.complex32")
        return make(first, second).astype(np.complex128 if first.dtype == np.float64 else np.complex64)

    return forward


complex_ = op(
    "complex(Tensor real, Tensor imag)",
    _parts("complex", lambda real, imag: real + 1j * imag),
    check=_check_parts,
    elementwise=True,
    real=lambda grad, real: grad.real,
    imag=lambda grad, imag: grad.imag,
    jvp=lambda real_t, imag_t, real, imag: complex_(
        zeros_like(real) if real_t is None else real_t, zeros_like(imag) if imag_t is None else imag_t
    ),
    method=False,
)
polar = op(
    "polar(Tensor abs, Tensor angle)",
    _parts("polar", lambda size, angle: size * np.cos(angle) + 1j * (size * np.sin(angle))),
    check=_check_parts,
    elementwise=True,
    abs=lambda grad, result: (grad * conj(result.sgn())).real,
    angle=lambda grad, result: (grad * conj(result * 1j)).real,
    jvp=lambda abs_t, angle_t, angle, result: sum_tangents(
        None if abs_t is None else polar(abs_t, angle), None if angle_t is None else angle_t * (result * 1j)
    ),
    method=False,
)

# -- integers ------------------------------------------------------------------------------------------------------


def _shift(function, beyond):
    """A shift; by a negative number of bits, or by as many as there are, nothing or the sign remains."""

    def compute(a, b):
        bits = a.dtype.itemsize * 8
        outside = (b < 0) | (b >= bits)
        return np.where(outside, beyond(a), function(a, np.where(outside, 0, b))).astype(a.dtype)

    return compute


for _name, _kernel, _function in (
    ("bitwise_left_shift", "lshift_cpu", _shift(np.left_shift, lambda a: 0)),
    ("bitwise_right_shift", "rshift_cpu", _shift(np.right_shift, lambda a: np.where(a < 0, -1, 0))),
):
    op(f"{_name}(Tensor self, Operand other)", _function, promote=COMMON, differentiable=False, in_place=True,
       refuses=(("bfVc", _kernel),))  # fmt: skip
for _name, _function in (("gcd", np.gcd), ("lcm", np.lcm)):
    op(f"{_name}(Tensor self, Tensor other)", _function, promote=COMMON, differentiable=False, in_place=True,
       refuses=(("bfVc", f"{_name}_cpu"),))  # fmt: skip

# -- tests of single elements --------------------------------------------------------------------------------------

for _name, _function in (("isneginf", np.isneginf), ("isposinf", np.isposinf)):
    op(
        f"{_name}(Tensor self)",
        lambda a, f=_function: f(a) if a.dtype.kind in "fV" else np.zeros(a.shape, np.bool_),
        differentiable=False,
        elementwise=True,
        refuses=(("c", f"!{_name} does not support complex inputs."),),
    )
op("isreal(Tensor self)", lambda a: a.imag == 0 if a.dtype.kind == "c" else np.ones(a.shape, np.bool_),
   differentiable=False, elementwise=True, out=False)  # fmt: skip

FUNCTIONS = (float_power,)
METHODS = (float_power, float_power_)
