"""Clamping, the larger and the smaller of two, interpolation, comparisons, filling.

Sub-gradients at ties: ``maximum`` and ``minimum`` give half to each side, ``clamp`` passes the gradient at a scalar
bound, and gives a tensor bound what it took from the input.
"""

from __future__ import annotations

import numpy as np

from .._tensor import Tensor, make
from ..arithmetic import in_float, larger, smaller
from ..devices import CPU
from ..dtypes import BY_NUMPY, COMPLEX, FLOATING
from ..promotion import defaults, result_dtype
from .calls import publish_in_place
from .dims import broadcast_shape
from .elementwise import conj, real_if, sum_tangents, where, zeros_like
from .scalars import filled, held, real_of
from .table import COMMON, COMPARE, FLOAT, op

# -- clamping -----------------------------------------------------------------------------------------------------


def _bound(bound, stored):
    return bound.astype(stored) if isinstance(bound, np.ndarray) else held(bound, stored)


def _bounds(low, high, a):
    if low is None and high is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    result = a
    if low is not None:
        low = _bound(low, result.dtype)
        result = np.where((result < low) | (low != low), low, result)
    if high is not None:
        high = _bound(high, result.dtype)
        result = np.where((result > high) | (high != high), high, result)
    return result if low is None else np.where(a != a, a, np.where(low != low, low, result))


def limited(a, low, high):
    """``a`` within ``low`` and ``high``, either of which may be None; what is not a number leaves none."""
    return np.array(_bounds(low, high, a))


def _clamp_promoted(a, low, high):
    from ..dtypes import BY_NUMPY
    from ..promotion import number_dtype, promote_types

    dtype = BY_NUMPY[a.dtype]
    for bound in (low, high):
        if bound is not None and number_dtype(bound).kind > dtype.kind:
            dtype = promote_types(dtype, number_dtype(bound))
    a = a.astype(dtype.numpy, copy=False)
    return np.array(_bounds(low, high, a))


def _clamp_grad(grad, self, min, max):
    inside = (self <= max) if min is None else (self >= min)
    if min is not None and max is not None:
        inside.logical_and_(self <= max)  # in place, so the lower bound has to have the whole shape
    return where(inside, grad, zeros_like(grad))


def _check_clamp(self, min, max):
    if self.dtype.kind == COMPLEX:
        raise NotImplementedError("clamp is not supported for complex types")


def _clamp_tensors(a, low, high):
    """With one bound it is ``maximum`` or ``minimum``, which know bool; with both a kernel of its own."""
    given = [bound for bound in (low, high) if bound is not None]
    if a.dtype.kind == "c" or (a.dtype.kind == "b" and len(given) == 2):
        kernel = "clamp_cpu" if len(given) == 2 else "maximum_cpu" if high is None else "minimum_cpu"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{BY_NUMPY[a.dtype].scalar}'")
    shape = np.broadcast_shapes(*(np.shape(array) for array in (a, *given)))
    return np.array(_bounds(low, high, np.broadcast_to(a, shape)))


clamp_tensor = op(
    "clamp(Tensor self, Tensor? min=None, Tensor? max=None)",
    _clamp_tensors,
    promote=COMMON,
    node="ClampBackward0",
    in_place=True,
    self=_clamp_grad,
    min=lambda grad, self, min, max: _clamp_bound_grad(grad, self, min, max, lower=True),
    max=lambda grad, self, min, max: _clamp_bound_grad(grad, self, min, max, lower=False),
    jvp=lambda self_t, min_t, max_t, self, min, max: _clamp_tangent(self_t, min_t, max_t, self, min, max),
    check=_check_clamp,
)  # fmt: skip
clamp = op(
    "clamp(Tensor self, Scalar? min=None, Scalar? max=None)",
    _clamp_promoted,
    elementwise=True,
    node="ClampBackward1",
    refuses=(("c", "clamp is not supported for complex types"),),
    in_place=True,
    self=_clamp_grad,
    jvp=lambda self_t, self, min, max: _clamp_grad(self_t, self, min, max),
)


def _clamp_tangent(self_t, min_t, max_t, self, low, high):
    """In forward mode a single bound counts at equality, unlike in reverse mode, and NaN is past it."""
    zero = zeros_like(self)
    self_t, min_t, max_t = (zero if tangent is None else tangent for tangent in (self_t, min_t, max_t))
    if high is None:
        return where(self > low, self_t, min_t)
    if low is None:
        return where(self < high, self_t, max_t)
    within = where(self > high, max_t, where(self < low, min_t, self_t))
    return where(low > high, max_t, within)


def _clamp_bound_grad(grad, self, low, high, lower: bool):
    if lower:
        chosen = self < low
        if high is not None:
            chosen.logical_and_(low < high)
    else:
        chosen = self > high
        if low is not None:
            chosen.logical_or_(high < low)
    return where(chosen, grad, zeros_like(grad))


def _beside(array, bound):
    """The array in the dtype that it has together with a number: an integer beside a fraction becomes floating."""
    return array.astype(result_dtype([make(array, CPU), bound]).numpy, copy=False)


def _at_least(array, low):
    array = _beside(array, low)
    low = _bound(low, array.dtype)
    return np.where((array < low) | (low != low), low, array)


def _at_most(array, high):
    array = _beside(array, high)
    high = _bound(high, array.dtype)
    return np.where((array > high) | (high != high), high, array)


def _or_zeros(tangent, like):
    return zeros_like(like) if tangent is None else tangent


_NOT_COMPLEX = (("c", "clamp is not supported for complex types"),)
clamp_min = op(
    "clamp_min(Tensor self, Scalar min)",
    _at_least,
    elementwise=True,
    refuses=_NOT_COMPLEX,
    in_place=True,
    self=lambda grad, self, min: where(self >= min, grad, zeros_like(grad)),
    jvp=lambda self_t, self, min: where(self >= min, self_t, zeros_like(self_t)),
)
clamp_max = op(
    "clamp_max(Tensor self, Scalar max)",
    _at_most,
    elementwise=True,
    refuses=_NOT_COMPLEX,
    in_place=True,
    self=lambda grad, self, max: where(self <= max, grad, zeros_like(grad)),
    jvp=lambda self_t, self, max: where(self <= max, self_t, zeros_like(self_t)),
)
clamp_min_tensor = op(
    "clamp_min(Tensor self, Tensor min)",
    larger,
    promote=COMMON,
    node="ClampMinBackward1",
    in_place=True,
    refuses=(("c", "maximum_cpu"),),
    self=lambda grad, self, min: where(self >= min, grad, zeros_like(grad)),
    min=lambda grad, self, min: where(self < min, grad, zeros_like(grad)),
    jvp=lambda self_t, min_t, self, min: where(self >= min, _or_zeros(self_t, self), _or_zeros(min_t, min)),
)
clamp_max_tensor = op(
    "clamp_max(Tensor self, Tensor max)",
    smaller,
    promote=COMMON,
    node="ClampMaxBackward1",
    in_place=True,
    refuses=(("c", "minimum_cpu"),),
    self=lambda grad, self, max: where(self <= max, grad, zeros_like(grad)),
    max=lambda grad, self, max: where(self > max, grad, zeros_like(grad)),
    jvp=lambda self_t, max_t, self, max: where(self <= max, _or_zeros(self_t, self), _or_zeros(max_t, max)),
)

# -- choosing between two -----------------------------------------------------------------------------------------


def _tangent_of_choice(self_t, other_t, self, other, first):
    """Half of each tangent at a tie; where nothing is found to be first, as with NaN, the other's."""
    self_t = zeros_like(self) if self_t is None else self_t
    other_t = zeros_like(other) if other_t is None else other_t
    return other_t + where(self == other, 0.5, first.to(self.dtype)) * (self_t - other_t)


def _one_of_two(name: str, title: str, function, less):
    """The larger or the smaller of two; ``less(a, b)`` says that ``a`` loses. At a tie each side gets half."""

    def check(self, other):
        if COMPLEX in (self.dtype.kind, other.dtype.kind):
            raise RuntimeError(f"{title} not implemented for complex tensors.")

    return op(
        f"{name}(Tensor self, Tensor other)",
        function,
        promote=COMMON,
        node=f"{title.title()}Backward0",
        self=lambda grad, self, other: where(self == other, grad / 2, grad).masked_fill_(less(self, other), 0),
        other=lambda grad, self, other: where(self == other, grad / 2, grad).masked_fill_(less(other, self), 0),
        jvp=lambda self_t, other_t, self, other: _tangent_of_choice(self_t, other_t, self, other, less(other, self)),
        check=check,
    )


maximum = _one_of_two("maximum", "maximum", larger, lambda a, b: a < b)
minimum = _one_of_two("minimum", "minimum", smaller, lambda a, b: a > b)
_one_of_two("max", "maximum", larger, lambda a, b: a < b)
_one_of_two("min", "minimum", smaller, lambda a, b: a > b)


def _flat_at_origin(slope, self, other):
    """In reverse mode the angle of the origin has no slope; forward mode leaves it NaN, as PyTorch does."""
    return slope.masked_fill((self == 0) & (other == 0), 0)


atan2 = op(
    "atan2(Tensor self, Tensor other)",
    np.arctan2,
    promote=FLOAT,
    in_place=True,
    self=lambda grad, self, other: _flat_at_origin(grad * (other / (self * self + other * other)), self, other),
    other=lambda grad, self, other: _flat_at_origin(grad * (-self / (self * self + other * other)), self, other),
    jvp=lambda self_t, other_t, self, other: sum_tangents(
        None if self_t is None else self_t * (other / (self * self + other * other)),
        None if other_t is None else other_t * (-self / (self * self + other * other)),
    ),
    refuses=(("c", "atan2_cpu"),),
)


def _check_lerp(self, end, weight):
    """Interpolation promotes nothing. Raises ``RuntimeError`` for tensors of another dtype than the first."""
    for name, tensor in (("end", end), ("weight", weight)):
        number = name == "weight" and (not isinstance(tensor, Tensor) or not tensor.ndim)
        if not number and tensor.dtype is not self.dtype:
            raise RuntimeError(f"expected dtype {self.dtype.cpp} for `{name}` but got dtype {tensor.dtype.cpp}")
    shape = broadcast_shape(self._array.shape, end._array.shape)
    if isinstance(weight, Tensor):
        broadcast_shape(shape, weight._array.shape)


def _check_addcdiv(self, tensor1, tensor2, value):
    """Raises ``RuntimeError`` where both operands of the division are whole numbers."""
    if tensor1.dtype.kind < FLOATING and tensor2.dtype.kind < FLOATING:
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a "
            "true division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value "
            "* torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / "
            "tensor2) for float inputs. The future addcdiv behavior is just the latter implementation: (input + value "
            "* tensor1 / tensor2), for all dtypes."
        )


def _lerp_tangent(self_t, end_t, weight_t, self, end, weight):
    """Between two tangents as between their primals, zeros for one that is not there; and along the weight's."""
    between = lerp_tensor(
        zeros_like(self) if self_t is None else self_t, zeros_like(end) if end_t is None else end_t, weight
    )
    return between if weight_t is None else between + weight_t * (end - self)


lerp = op(
    "lerp(Tensor self, Tensor end, Scalar weight)",
    in_float(lambda a, b, weight: (a + weight * (b - a)) if abs(weight) < 0.5 else (b - (b - a) * (1 - weight))),
    elementwise=True,
    in_place=True,
    check=_check_lerp,
    refuses=(("biu", "lerp_kernel_scalar"),),
    self=lambda grad, weight: grad * (1 - conj(weight)),
    end=lambda grad, weight: grad * conj(weight),
    jvp=lambda self_t, end_t, weight: lerp(self_t, end_t, weight),
    fills_tangents=True,
)
lerp_tensor = op(
    "lerp(Tensor self, Tensor end, Tensor weight)",
    in_float(lambda a, b, weight: np.where(np.abs(weight) < 0.5, a + weight * (b - a), b - (b - a) * (1 - weight))),
    promote=COMMON,
    node="LerpBackward1",
    in_place=True,
    check=_check_lerp,
    refuses=(("biu", "lerp_kernel_tensor"),),
    self=lambda grad, weight: grad * (1 - conj(weight)),
    end=lambda grad, weight: grad * conj(weight),
    weight=lambda grad, self, end: grad * conj(end - self),
    jvp=lambda self_t, end_t, weight_t, self, end, weight: _lerp_tangent(self_t, end_t, weight_t, self, end, weight),
)


def _factor(array, value):
    """A number in the dtype of an array. Raises ``RuntimeError`` where that cannot hold it."""
    if array.dtype.kind in "iu" or (type(value) is complex and array.dtype.kind not in "bc"):
        return held(value, array.dtype).item()
    return value


@in_float
def _addcmul(array, first, second, value):
    product = first * second if value == 1 else np.asarray(_factor(array, value), array.dtype) * first * second
    return array + product


@in_float
def _addcdiv(array, first, second, value):
    return array + (first if value == 1 else np.asarray(_factor(array, value), array.dtype) * first) / second


addcmul = op(
    "addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1)",
    _addcmul,
    promote=COMMON,
    in_place=True,
    self=lambda grad: grad,
    tensor1=lambda grad, tensor2, value: grad * conj(tensor2 * value),
    tensor2=lambda grad, tensor1, value: grad * conj(tensor1 * value),
    jvp="elementwise",
    refuses=(("b", "addcmul_cpu_out"),),
    drops_imaginary=True,
)


def _addcdiv_numerator_grad(grad, tensor2, value):
    """PyTorch divides by turning the divisor over in place. Raises ``RuntimeError`` for whole numbers."""
    if tensor2.dtype.kind < FLOATING:
        raise RuntimeError(
            f"result type {defaults.dtype.scalar} can't be cast to the desired output type {tensor2.dtype.scalar}"
        )
    return grad * conj(value / tensor2)


addcdiv = op(
    "addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1)",
    _addcdiv,
    promote=FLOAT,
    check=_check_addcdiv,
    in_place=True,
    self=lambda grad: grad,
    tensor1=_addcdiv_numerator_grad,
    tensor2=lambda grad, value, tensor1, tensor2: -grad * conj((value * tensor1) / (tensor2 * tensor2)),
    jvp=lambda self_t, tensor1_t, tensor2_t, tensor1, tensor2, value: sum_tangents(
        self_t,
        None if tensor1_t is None else tensor1_t / tensor2 * value,
        None if tensor2_t is None else tensor2_t * (tensor1 / tensor2) / tensor2 * -value,
    ),
    drops_imaginary=True,
)

# -- comparisons and logic: no derivatives, but results in place of a tensor that may require grad -----------------

for _name, _function in (
    ("eq", np.equal), ("ne", np.not_equal), ("lt", np.less), ("le", np.less_equal), ("gt", np.greater),
    ("ge", np.greater_equal), ("logical_and", np.logical_and), ("logical_or", np.logical_or),
    ("logical_xor", np.logical_xor),
):  # fmt: skip
    op(f"{_name}(Tensor self, Operand other)", _function, promote=COMPARE, differentiable=False, in_place=True,
       refuses=(("c", f"{_name}_cpu"),) if _name in ("lt", "le", "gt", "ge") else ())  # fmt: skip
    if not _name.startswith("logical"):
        publish_in_place(*[
            op(
                f"{_name}(Tensor self, {_kind} other)", _function, promote=COMPARE, method=False, function=False,
                node=f"{_name.title()}Backward{_number}", jvp=lambda self_t: zeros_like(self_t),
                refuses=(("c", f"{_name}_cpu"),) if _name in ("lt", "le", "gt", "ge") else (),
                self=lambda grad: zeros_like(grad),
                **{"other": lambda grad: zeros_like(grad)} if _kind == "Tensor" else {},
            )
            for _number, _kind in enumerate(("Number", "Tensor"))
        ])  # fmt: skip
for _name, _function in (("bitwise_and", np.bitwise_and), ("bitwise_or", np.bitwise_or),
                         ("bitwise_xor", np.bitwise_xor)):  # fmt: skip
    op(f"{_name}(Tensor self, Operand other)", _function, promote=COMMON, differentiable=False, in_place=True,
       refuses=(("fcV", f"{_name}_cpu"),))  # fmt: skip
_REFUSED = {
    "bitwise_not": (("fcV", "bitwise_not_cpu"),),
    "signbit": (("c", "signbit is not implemented for complex tensors."),),
}
for _name, _function in (
    ("logical_not", np.logical_not), ("bitwise_not", np.invert), ("isnan", np.isnan), ("isinf", np.isinf),
    ("isfinite", np.isfinite), ("signbit", np.signbit),
):  # fmt: skip
    op(f"{_name}(Tensor self)", _function, differentiable=False, in_place=_name.endswith("_not"), elementwise=True,
       refuses=_REFUSED.get(_name, ()), out=not _name.startswith("is"))  # fmt: skip


def _check_close(self, other, *tolerances):
    if self.dtype is not other.dtype:
        raise RuntimeError(f"{self.dtype.scalar} did not match {other.dtype.scalar}")


op("isclose(Tensor self, Tensor other, float rtol=1e-05, float atol=1e-08, bool equal_nan=False)",
   lambda a, b, rtol, atol, equal_nan: np.isclose(a, b, rtol, atol, equal_nan), differentiable=False, elementwise=True,
   check=_check_close)  # fmt: skip

# -- filling ------------------------------------------------------------------------------------------------------


def _masked_fill(array, mask, value):
    broadcast_shape(mask.shape, array.shape)
    return np.where(mask, held(value, array.dtype), array)


def _check_masked_fill(self, mask, value):
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(
            f"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s)."
        )
    if mask.dtype.kind:
        said = "short int" if mask.dtype.name == "int16" else mask.dtype.cpp
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {said}")


masked_fill_number = op(
    "masked_fill(Tensor self, Tensor mask, Scalar value)",
    _masked_fill,
    check=_check_masked_fill,
    row_major=True,
    in_place=True,
    self=lambda grad, mask: grad.masked_fill(mask, 0),
    jvp=lambda self_t, mask: self_t.masked_fill(mask, 0),
)
masked_fill_tensor = op(
    "masked_fill(Tensor self, Tensor mask, Tensor value)",
    _masked_fill,
    check=_check_masked_fill,
    row_major=True,
    node="MaskedFillBackward1",
    in_place=True,
    self=lambda grad, mask: grad.masked_fill(mask, 0),
    value=lambda grad, mask: where(mask, grad, 0).sum(),
    jvp=lambda self_t, value_t, self, mask: (zeros_like(self) if self_t is None else self_t).masked_fill(
        mask, 0 if value_t is None else value_t
    ),
)


def _check_fill(self, value):
    if value.ndim:
        raise RuntimeError(f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions.")


fill_number = op(
    "fill(Tensor self, Scalar value)",
    lambda a, value: filled(a.shape, value, a.dtype),
    elementwise=(0,),
    in_place=True,
    in_place_node="FillBackward2",
    self=lambda grad: zeros_like(grad),
    jvp=lambda self_t: zeros_like(self_t),
)
fill_tensor = op(
    "fill(Tensor self, Tensor value)",
    lambda a, value: np.full(a.shape, real_of(value, a.dtype).astype(a.dtype)),
    elementwise=(0,),
    check=_check_fill,
    node="FillBackward1",
    in_place=True,
    in_place_node="FillBackward3",
    self=lambda grad: zeros_like(grad),
    value=lambda grad: grad.sum(),
    jvp=lambda self_t, value_t: zeros_like(self_t) + real_if(value_t, self_t.dtype),
    fills_tangents=True,
)
zero = op(
    "zero(Tensor self)",
    lambda a: np.zeros(a.shape, a.dtype),
    in_place=True,
    self=lambda grad: zeros_like(grad),
    jvp=lambda self_t: zeros_like(self_t),
    method=False,
    function=False,
)
publish_in_place(zero)
