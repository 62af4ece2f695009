"""Activations: in-place forms, the deprecated default dimension, and those that torch composes."""

import warnings

import reference_engine as torch

from ...ops import activations, losses
from ...ops.calls import make_in_place

# The row of an in-place form is another one where that form saves its result instead of its input.
_IN_PLACE = {
    row: make_in_place(in_place.row)
    for row, in_place in {
        activations.threshold: activations.threshold_in_place,
        activations.celu: activations.celu_in_place,
        activations.rrelu_row: activations.rrelu_in_place,
        losses.leaky_relu: activations.leaky_relu_in_place,
        losses.elu: activations.elu_in_place,
        activations.mish: activations.mish,
        losses.hardtanh: losses.hardtanh,
        losses.hardswish: losses.hardswish,
        losses.hardsigmoid: losses.hardsigmoid,
        losses.silu: losses.silu,
    }.items()
}


def _run(row, inplace, *arguments):
    return (_IN_PLACE[row] if inplace else row)(*arguments)


def relu(input, inplace: bool = False):
    """max(0, x)."""
    return torch.relu_(input) if inplace else torch.relu(input)


def relu_(input):
    """`relu` in place."""
    return torch.relu_(input)


def threshold(input, threshold: float, value: float, inplace: bool = False):
    """x where x > threshold, else value."""
    return _run(activations.threshold, inplace, input, threshold, value)


def hardtanh(input, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False):
    """x limited to [min_val, max_val]; the gradient is 0 at both bounds. Raises ValueError if they cross."""
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return _run(losses.hardtanh, inplace, input, min_val, max_val)


def hardtanh_(input, min_val: float = -1.0, max_val: float = 1.0):
    """`hardtanh` in place."""
    return hardtanh(input, min_val, max_val, True)


def threshold_(input, threshold: float, value: float):
    """`threshold` in place."""
    return _run(activations.threshold, True, input, threshold, value)


def celu_(input, alpha: float = 1.0):
    """`celu` in place."""
    return celu(input, alpha, True)


def selu_(input):
    """`selu` in place."""
    return selu(input, True)


def relu6(input, inplace: bool = False):
    """x limited to [0, 6]."""
    return _run(losses.hardtanh, inplace, input, 0.0, 6.0)


def leaky_relu(input, negative_slope: float = 0.01, inplace: bool = False):
    """x where x > 0, else negative_slope x."""
    return _run(losses.leaky_relu, inplace, input, negative_slope)


def leaky_relu_(input, negative_slope: float = 0.01):
    """`leaky_relu` in place."""
    return leaky_relu(input, negative_slope, True)


def elu(input, alpha: float = 1.0, inplace: bool = False):
    """x where x > 0, else alpha (e^x - 1)."""
    return _run(losses.elu, inplace, input, alpha)


def elu_(input, alpha: float = 1.0):
    """`elu` in place."""
    return elu(input, alpha, True)


_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def selu(input, inplace: bool = False):
    """Scaled `elu` whose scale and alpha keep activations normalised."""
    return _run(losses.elu, inplace, input, _SELU_ALPHA, _SELU_SCALE)


def celu(input, alpha: float = 1.0, inplace: bool = False):
    """x where x > 0, else alpha (e^(x / alpha) - 1)."""
    return _run(activations.celu, inplace, input, alpha)


def silu(input, inplace: bool = False):
    """x sigmoid(x)."""
    return _run(losses.silu, inplace, input)


def mish(input, inplace: bool = False):
    """x tanh(softplus(x))."""
    return _run(activations.mish, inplace, input)


def gelu(input, *, approximate: str = "none"):
    """x times the normal distribution's probability below x; "tanh" approximates it."""
    return activations.gelu(input, approximate=approximate)


def softplus(input, beta: float = 1.0, threshold: float = 20.0):
    """log(1 + e^(beta x)) / beta, and x itself where beta x exceeds the threshold."""
    return losses.softplus(input, beta, threshold)


def sigmoid(input):
    """1 / (1 + e^-x)."""
    return input.sigmoid()


def tanh(input):
    """Hyperbolic tangent."""
    return input.tanh()


def hardsigmoid(input, inplace: bool = False):
    """(x + 3) / 6 limited to [0, 1]."""
    return _run(losses.hardsigmoid, inplace, input)


def hardswish(input, inplace: bool = False):
    """x hardsigmoid(x)."""
    return _run(losses.hardswish, inplace, input)


def softshrink(input, lambd: float = 0.5):
    """x moved towards 0 by lambd. Raises RuntimeError for a negative lambd."""
    if lambd < 0:
        raise RuntimeError(f"lambda must be greater or equal to 0, but found to be {lambd:g}.")
    return losses.softshrink(input, lambd)


def hardshrink(input, lambd: float = 0.5):
    """0 within lambd of 0, else x."""
    return losses.hardshrink(input, lambd)


def tanhshrink(input):
    """x - tanh(x)."""
    return input - input.tanh()


def softsign(input):
    """x / (1 + |x|)."""
    return input / (input.abs() + 1)


def logsigmoid(input):
    """log(sigmoid(x))."""
    return losses.log_sigmoid(input)


def prelu(input, weight):
    """x where x > 0, else weight x; one weight, or one for each channel."""
    return activations.prelu(input, weight)


def rrelu(input, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False):
    """`leaky_relu` with slopes drawn from [lower, upper) in training, and their mean else."""
    if training:
        noise = torch.empty_like(input).uniform_(lower, upper).detach()
    else:
        noise = torch.full_like(input, (lower + upper) / 2).detach()
    return _run(activations.rrelu_row, inplace, input, noise, lower, upper, training)


def rrelu_(input, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False):
    """`rrelu` in place."""
    return rrelu(input, lower, upper, training, True)


def glu(input, dim: int = -1):
    """First half times the sigmoid of the second half along a dimension."""
    return activations.glu(input, dim)


def _default_dim(name, ndim):
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=4,
    )
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input, dim=None, _stacklevel=3, dtype=None):
    """e^x normalised to sum 1 along `dim`."""
    dim = _default_dim("softmax", input.dim()) if dim is None else dim
    return input.softmax(dim) if dtype is None else input.softmax(dim, dtype=dtype)


def softmin(input, dim=None, _stacklevel=3, dtype=None):
    """`softmax` of -x."""
    dim = _default_dim("softmin", input.dim()) if dim is None else dim
    return (-input).softmax(dim) if dtype is None else (-input).softmax(dim, dtype=dtype)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    """log(softmax(x)) along `dim`."""
    dim = _default_dim("log_softmax", input.dim()) if dim is None else dim
    return input.log_softmax(dim) if dtype is None else input.log_softmax(dim, dtype=dtype)


def gumbel_softmax(logits, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1):
    """A random, differentiable choice along `dim`; `hard` gives one-hot values with the soft ones' gradient."""
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    noise = -torch.empty_like(logits).exponential_().log()
    soft = ((logits + noise) / tau).softmax(dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]
    chosen = torch.zeros_like(logits).scatter_(dim, index, 1.0)
    return chosen - soft.detach() + soft
