"""Rows behind ``torch.nn.functional``: activations with parameters and losses.

Reductions are numbers in PyTorch's rows: 0 none, 1 mean, 2 sum.
"""

from __future__ import annotations

import inspect

import numpy as np

from .._tensor import make
from ..arithmetic import cast, in_float
from ..dtypes import BY_NUMPY, FLOATING, uint8
from ..errors import NotModelled
from ..memory_order import dense_like
from ..promotion import result_dtype
from .backward_rows import backward_operation
from .choosing import limited
from .dims import broadcast_shape
from .elementwise import where, zeros_like
from .outputs import check_cast
from .table import COMMON, op

NONE, MEAN, SUM = 0, 1, 2


def ones_like(tensor):
    from ..creation import ones_like as make_ones

    return make_ones(tensor)


@in_float
def _reduced(values: np.ndarray, reduction: int) -> np.ndarray:
    if reduction == MEAN:
        with np.errstate(invalid="ignore"):  # the mean of nothing is NaN, without a warning
            return np.divide(values.sum(dtype=values.dtype), np.asarray(values.size, values.dtype))
    return values.sum(dtype=values.dtype) if reduction == SUM else values


def _share(grad, self, reduction):
    """A reduced gradient as it reaches each element."""
    return grad / self._array.size if reduction == MEAN else grad


def _slope_of_difference(grad, self, target, slope):
    """``slope`` of the operands' difference, times ``grad``: computed in their common dtype, kept in the first's.

    Raises ``RuntimeError`` where that cannot hold it.
    """
    common = result_dtype([self, target, grad])
    check_cast(common, self.dtype)
    return (slope(self.to(common) - target.to(common)) * grad).to(self.dtype)


def _mse_grad(grad, self, target, reduction):
    factor = 2.0 if reduction != MEAN else 2.0 / self._array.size if self._array.size else float("nan")
    return _slope_of_difference(grad, self, target, lambda difference: difference * factor)


def _products(formula, curvature=None) -> dict:
    """Derivatives of a loss's backward: what a gradient of one gives, times the gradient; and of its difference.

    ``curvature(difference, *options)`` is the loss's second derivative.
    """

    def of_gradient(grad, grad_output, self, target, reduction, *options):
        if reduction == NONE:
            return formula(grad, self, target, reduction, *options)
        return (formula(ones_like(grad_output), self, target, reduction, *options) * grad).sum()

    def of_first(grad, grad_output, self, target, reduction, *options):
        return _share(grad * grad_output * curvature(self - target, *options), self, reduction)

    def of_second(grad, *values):
        return -of_first(grad, *values)

    rules = {"grad_output": of_gradient}
    if curvature is not None:
        rules |= {"self": of_first, "target": of_second}
    names = [parameter.replace(kind=parameter.POSITIONAL_ONLY) for parameter in
             inspect.signature(formula).parameters.values()]  # fmt: skip
    first = inspect.Parameter("grad", inspect.Parameter.POSITIONAL_ONLY)
    for rule in rules.values():
        rule.__signature__ = inspect.Signature([first, names[0].replace(name="grad_output"), *names[1:]])
    return rules


_mse_backward = backward_operation("mse_loss_backward", _mse_grad, ("self", "target"), products=_products(_mse_grad))
mse_loss = op(
    "mse_loss(Tensor self, Tensor target, int reduction=1)",
    lambda a, b, reduction: _reduced((a - b) * (a - b), reduction),
    promote=COMMON,
    self=_mse_backward,
    target=lambda grad, self, target, reduction: _mse_backward(grad, target, self, reduction),
    jvp=lambda self_t, target_t, self, target, reduction: _tangent_of_loss(
        _mse_grad, self_t, target_t, self, target, reduction
    ),
    fills_tangents=True,
    method=False,
    function=False,
    refuses=(("biuc", "mse_cpu"),),
)


def _reduce_tensor(tensor, reduction):
    return tensor.mean() if reduction == MEAN else tensor.sum() if reduction == SUM else tensor


def _smooth_l1(a, b, reduction, beta):
    size = np.abs(a - b)
    return _reduced(np.where(size < beta, 0.5 * size * size / beta, size - 0.5 * beta).astype(a.dtype), reduction)


def _smooth_l1_grad(grad, self, target, reduction, beta):
    slope = _slope_of_difference(grad, self, target, lambda d: where(d.abs() >= beta, d.sgn(), d / beta))
    return _share(slope, self, reduction)


def _tangent_of_loss(formula, self_t, target_t, self, target, reduction, *options):
    """The derivatives of a loss in both operands along their tangents; the loss is as in the operands' exchange."""
    of_target = formula(target_t, target, self, NONE, *options)
    return _reduce_tensor(formula(self_t, self, target, NONE, *options) + of_target, reduction)


_smooth_l1_backward = backward_operation(
    "smooth_l1_loss_backward", _smooth_l1_grad, ("self", "target"), "SmoothL1LossBackwardBackward0",
    _products(_smooth_l1_grad, lambda difference, beta: (difference.abs() < beta).to(difference.dtype) / beta),
)  # fmt: skip
smooth_l1_loss = op(
    "smooth_l1_loss(Tensor self, Tensor target, int reduction=1, float beta=1)",
    _smooth_l1,
    promote=COMMON,
    self=_smooth_l1_backward,
    target=lambda grad, self, target, reduction, beta: _smooth_l1_backward(grad, target, self, reduction, beta),
    jvp=lambda self_t, target_t, self, target, reduction, beta: _tangent_of_loss(
        _smooth_l1_grad, self_t, target_t, self, target, reduction, beta
    ),
    fills_tangents=True,
    method=False,
    function=False,
    refuses=(("biuc", "smooth_l1_cpu"),),
)


def _huber(a, b, reduction, delta):
    """In the common dtype, but kept in that of the first. Raises ``RuntimeError`` where it cannot hold the losses."""
    common = result_dtype([make(a), make(b)])
    check_cast(common, BY_NUMPY[a.dtype])
    if common.kind != FLOATING:
        raise NotImplementedError(f"\"huber_cpu\" not implemented for '{common.scalar}'")
    size = np.abs(cast(a, common.numpy) - cast(b, common.numpy))
    losses = np.where(size < delta, 0.5 * size * size, delta * (size - 0.5 * delta)).astype(a.dtype)
    if reduction != NONE:
        return _reduced(losses, reduction)
    result = dense_like(a) if a.shape == losses.shape else np.empty(losses.shape, a.dtype)
    result[...] = losses
    return result


def _huber_grad(grad, self, target, reduction, delta):
    """The loss may be one of two dtypes, its derivative may not. Raises ``RuntimeError``."""
    for other in (target, grad):
        if self.dtype is not other.dtype:
            raise RuntimeError(f"Found dtype {other.dtype.scalar} but expected {self.dtype.scalar}")
    difference = self - target
    slope = where(difference.abs() >= delta, delta * difference.sgn(), difference)
    return _share(slope * grad, self, reduction)


_huber_backward = backward_operation(
    "huber_loss_backward",
    _huber_grad,
    ("self", "target"),
    products=_products(_huber_grad, lambda difference, delta: difference.abs() < delta),
)
huber_loss = op(
    "huber_loss(Tensor self, Tensor target, int reduction=1, float delta=1)",
    _huber,
    check=lambda self, target, *_: broadcast_shape(self._array.shape, target._array.shape),
    self=_huber_backward,
    target=lambda grad, self, target, reduction, delta: _huber_backward(grad, target, self, reduction, delta),
    jvp=lambda self_t, target_t, self, target, reduction, delta: _tangent_of_loss(
        _huber_grad, self_t, target_t, self, target, reduction, delta
    ),
    fills_tangents=True,
    method=False,
    function=False,
)


def _nll(scores, target, weight, reduction, ignore_index):
    classes = scores.shape[-1]
    rows = scores.reshape(int(np.prod(scores.shape[:-1])), classes)
    wanted = np.atleast_1d(target).reshape(-1)
    kept = wanted != ignore_index
    wrong = kept & ((wanted < 0) | (wanted >= classes))
    if wrong.any():
        raise IndexError(f"Target {wanted[wrong][0]} is out of bounds.")
    safe = np.where(kept, wanted, 0)
    if not classes:
        factor = losses = np.zeros(len(safe), scores.dtype)  # every target is one to be ignored
    else:
        factor = np.where(kept, 1 if weight is None else weight[safe], 0).astype(scores.dtype)
        losses = np.where(kept, -rows[np.arange(len(safe)), safe] * factor, 0).astype(scores.dtype)
    total = factor.sum(dtype=scores.dtype)
    if reduction == NONE:
        return losses.reshape(np.shape(target)).astype(scores.dtype), np.zeros((), scores.dtype)
    summed = losses.sum(dtype=scores.dtype)
    return (summed if reduction == SUM else summed / total), total


def _nll_grad(grad, self, target, weight, reduction, ignore_index, total_weight):
    classes = self._array.shape[-1]
    if not classes:
        return self.new_zeros(self._array.shape)
    flat = target.reshape(-1)
    kept = (flat != ignore_index).to(self.dtype)
    safe = where(flat == ignore_index, zeros_like(flat), flat)
    factor = kept if weight is None else weight[safe] * kept
    share = grad.reshape(-1) * -factor
    if reduction == MEAN:
        share = share / total_weight
    share = share.expand(flat.numel())
    # An ignored target has no share at all, not zero times whatever came in.
    share = where(flat == ignore_index, zeros_like(share), share)
    result = self.new_zeros((flat.numel(), classes)).scatter(1, safe.unsqueeze(1), share.unsqueeze(1))
    return result.reshape(self._array.shape)


nll_loss = op(
    "nll_loss_nd(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, int ignore_index=-100) -> output, "
    "total_weight",
    _nll,
    node="NllLossBackward0",
    self=backward_operation(
        "nll_loss_backward",
        _nll_grad,
        products={
            "grad_output": lambda grad, target, weight, reduction, ignore_index: nll_loss(
                grad, target, weight, reduction, ignore_index
            )[0]
        },
    ),
    refuses=(("biuc", "nll_loss_out_frame"),),
    non_differentiable=("total_weight",),
    jvp=lambda self_t, target, weight, reduction, ignore_index: nll_loss(
        self_t, target, weight, reduction, ignore_index
    )[0],
    method=False,
    function=False,
)


def _check_bce(self, target, *_):
    if target.dtype is not self.dtype:
        raise RuntimeError(f"Found dtype {target.dtype.scalar} but expected {self.dtype.scalar}")


def _bce(a, target, weight, reduction):
    beyond, wrong = ((value < 0) | (value > 1) for value in (a, target))
    if beyond.any() or wrong.any():
        first = (beyond | wrong).argmax()
        name = "input" if beyond.reshape(-1)[first] else "target"
        raise RuntimeError(f"all elements of {name} should be between 0 and 1")
    low = np.asarray(-100, a.dtype)
    losses = (target - 1) * np.maximum(np.log1p(-a), low) - target * np.maximum(np.log(a), low)
    if weight is not None:
        losses = losses * weight
    return _reduced(losses.astype(a.dtype), reduction)


_TINY = 1e-12  # what keeps divisions by probabilities of 0 and 1 finite; in the first derivative as a float32


def _bce_grad(grad, self, target, weight, reduction):
    tiny = float(np.float32(_TINY))
    result = _share(grad, self, reduction) * (self - target) / ((1 - self) * self).clamp_min(tiny)
    return result if weight is None else result * weight


def _bce_slope_grad(grad, self, target, weight, reduction):
    slope = (self - target) / ((self + _TINY) * (1 - self + _TINY)) * grad
    slope = slope if weight is None else slope * weight
    return slope.mean() if reduction == MEAN else slope.sum() if reduction == SUM else slope


def _bce_curvature(grad, grad_output, self, target, weight, reduction):
    divisor = (self + _TINY).pow(2) * (1 - self + _TINY).pow(2)
    result = _share((self * self - 2 * self * target + target) / divisor * grad * grad_output, self, reduction)
    return result if weight is None else result * weight


def _bce_target_grad(grad, self, target, weight, reduction):
    slope = (1 - self).log() - self.log()
    return _share(grad, self, reduction) * slope * (1 if weight is None else weight)


def _bce_tangent(self_t, target_t, self, target, weight, reduction):
    """Without a tangent zero takes its place, which gives NaN where the slope is infinite."""
    parts = (
        _bce_grad(zeros_like(self) if self_t is None else self_t, self, target, weight, NONE),
        _bce_target_grad(zeros_like(target) if target_t is None else target_t, self, target, weight, NONE),
    )
    return _reduce_tensor(parts[0] + parts[1], reduction)


binary_cross_entropy = op(
    "binary_cross_entropy(Tensor self, Tensor target, Tensor? weight=None, int reduction=1)",
    _bce,
    elementwise=(0,),
    self=backward_operation(
        "binary_cross_entropy_backward",
        _bce_grad,
        ("self", "target"),
        products={"grad_output": _bce_slope_grad, "self": _bce_curvature},
    ),
    target=_bce_target_grad,
    jvp=_bce_tangent,
    method=False,
    function=False,
    refuses=(("biuc", "binary_cross_entropy"),),
    check=_check_bce,
)


def activation(signature: str, forward, derivative, composed: bool = False, **options):
    """A row for an elementwise activation with parameters.

    Its derivative is an operation of its own, unless PyTorch too composes it of others.
    """
    if not composed:
        # Each element of the gradient is multiplied by a number, and so is that of the gradient's gradient.
        name = signature.partition("(")[0] + "_backward"
        derivative = backward_operation(name, derivative, products={"grad_output": derivative})
    return op(signature, forward, self=derivative, jvp=options.pop("jvp", "elementwise"), function=False, method=False,
              in_place=False, **{"elementwise": True, **options})  # fmt: skip


leaky_relu = activation(
    "leaky_relu(Tensor self, Scalar negative_slope=0.01)",
    lambda a, negative_slope: np.where(a > 0, a, a * negative_slope).astype(a.dtype),
    lambda grad, self, negative_slope: where(self > 0, grad, grad * negative_slope),
    refuses=(("biuc", "leaky_relu_cpu"),),
)


def below_zero(self, rate):
    """The slope of an exponential unit's lower side; zero itself, and what is not below it, has no curvature."""
    return (where(self < 0, self, zeros_like(self)) * rate).exp()


def _elu(a, alpha, scale, input_scale):
    return np.where(a > 0, a * scale, scale * alpha * np.expm1(np.minimum(a, 0) * input_scale)).astype(a.dtype)


elu = activation(
    "elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1)",
    _elu,
    lambda grad, self, alpha, scale, input_scale: where(
        self <= 0, grad * (input_scale * alpha * scale) * below_zero(self, input_scale), grad * scale
    ),
    refuses=(("biuc", "elu_cpu"),),
)


def _check_hardtanh(self, min_val, max_val):
    if self.dtype is uint8 and (int(min_val) < 0 or int(max_val) < 0):
        raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")


hardtanh = activation(
    "hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1)",
    lambda a, *bounds: limited(a, *(map(int, bounds) if a.dtype.kind in "iu" else bounds)),
    lambda grad, self, min_val, max_val: where((self <= min_val) | (self >= max_val), zeros_like(grad), grad),
    refuses=(("c", "clamp is not supported for complex types"), ("b", "!Bool inputs not supported for hardtanh")),
    check=_check_hardtanh,
)  # fmt: skip
hardswish = activation(
    "hardswish(Tensor self)",
    lambda a: (a * np.clip(a + 3, 0, 6) / 6).astype(a.dtype),
    lambda grad, self: where(self <= -3, zeros_like(grad), where(self < 3, grad * (self / 3 + 0.5), grad)),
    refuses=(("biuc", "hardswish_cpu"),),
)
# PyTorch has no derivative of this backward.
_hardsigmoid_backward = op(
    "hardsigmoid_backward(Tensor grad_output, Tensor self)",
    # The sixth is rounded to float32 whatever the dtype.
    lambda grad, a: np.where((a > -3) & (a < 3), grad * float(np.float32(1 / 6)), 0).astype(grad.dtype),
    function=False,
    method=False,
)
hardsigmoid = activation(
    "hardsigmoid(Tensor self)",
    lambda a: (np.clip(a + 3, 0, 6) / 6).astype(a.dtype),
    lambda grad, self: _hardsigmoid_backward(grad, self),
    composed=True,
    refuses=(("biuc", "hardsigmoid_cpu"),),
)
softshrink = activation(
    "softshrink(Tensor self, Scalar lambd=0.5)",
    lambda a, lambd: np.where(a > lambd, a - lambd, np.where(a < -lambd, a + lambd, a * 0)).astype(a.dtype),
    lambda grad, self, lambd: where((self >= -lambd) & (self <= lambd), zeros_like(grad), grad),
    refuses=(("biuc", "softshrink_check"),),
)
hardshrink = activation(
    "hardshrink(Tensor self, Scalar lambd=0.5)",
    lambda a, lambd: np.where((a >= -lambd) & (a <= lambd), np.zeros((), a.dtype), a),
    lambda grad, self, lambd: where((self >= -lambd) & (self <= lambd), zeros_like(grad), grad),
    refuses=(("biuc", "hardshrink_cpu"),),
)
silu = activation(
    "silu(Tensor self)",
    lambda a: a / (1 + np.exp(-a)),
    lambda grad, self: grad * (self.sigmoid() * (1 + self * (1 - self.sigmoid()))),  # of complex numbers unconjugated
    composed=True,
    refuses=(("biu", "silu_cpu"),),
    real_only=True,
)


def _softplus(a, beta, threshold):
    scaled = a * beta
    return np.where(scaled > threshold, a, np.log1p(np.exp(scaled)) / beta).astype(a.dtype)


def _softplus_grad(grad, self, beta, threshold):
    scaled = self * beta
    bent = where(scaled >= threshold, scaled.detach(), scaled)  # at the threshold itself there is no curvature
    return where(scaled > threshold, grad, grad * bent.sigmoid())


softplus = activation(
    "softplus(Tensor self, Scalar beta=1, Scalar threshold=20.0)",
    _softplus,
    _softplus_grad,
    refuses=(("biuc", "softplus_cpu"),),
)
log_sigmoid = activation(
    "log_sigmoid(Tensor self)",
    in_float(lambda a: np.minimum(a, 0) - np.log1p(np.exp(-np.abs(a)))),
    lambda grad, self: grad * (-self).sigmoid(),
    elementwise=False,
    row_major=True,
    refuses=(("biuc", "log_sigmoid_cpu"),),
)


def _check_embedding(weight, indices, *_):
    """Raises ``RuntimeError`` for a table that is none, or that has no rows to take."""
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    if not weight._array.shape[0] and indices.numel():
        raise RuntimeError("index_select(): self indexing axis dim should be positive")


def _embedding(weight, indices, padding_idx, scale_grad_by_freq, sparse):
    if indices.size and (indices.min() < 0 or indices.max() >= weight.shape[0]):
        raise IndexError("index out of range in self")
    return weight[np.ascontiguousarray(indices)]


def _embedding_grad(grad, indices, weight_sym_sizes, padding_idx, scale_grad_by_freq, sparse):
    if sparse:
        raise NotModelled("The sparse gradient of an embedding")
    rows = grad.reshape(indices.numel(), weight_sym_sizes[-1])
    places = indices.reshape(-1)
    if padding_idx >= 0:
        rows = rows * (places != padding_idx).unsqueeze(1)
    if scale_grad_by_freq:
        counts = grad.new_zeros(weight_sym_sizes[:1]).index_add(0, places, grad.new_ones(places.shape))
        rows = rows / counts[places].unsqueeze(1)
    return grad.new_zeros(weight_sym_sizes).index_add(0, places, rows)


def _embedding_product(grad, indices, padding_idx):
    rows = grad.index_select(0, indices.reshape(-1))
    if padding_idx >= 0:
        rows = rows.masked_fill((indices == padding_idx).reshape(-1, 1), 0)
    return rows.view(*indices.shape, -1)


embedding = op(
    "embedding(Tensor weight, Tensor indices, int padding_idx=-1, bool scale_grad_by_freq=False, bool sparse=False)",
    _embedding,
    check=_check_embedding,
    real_only=True,
    weight=backward_operation(
        "embedding_dense_backward", _embedding_grad, (), products={"grad_output": _embedding_product}
    ),
    jvp=lambda weight_t, indices: weight_t[indices],
    method=False,
    function=False,
)
