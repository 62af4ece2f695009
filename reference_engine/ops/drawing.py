"""Draws from distributions whose parameters are tensors, and windows. Gradients of draws are zero.

Draws take their numbers from the generator in the order and by the recipes of PyTorch on a CPU, so that a seed gives
the same results.
"""

from __future__ import annotations

import math

import numpy as np

from .. import sampling
from .._tensor import Tensor, make
from ..creation import _generator, finished, randint
from ..devices import resolve
from ..lazy import settled
from ..promotion import defaults, result_dtype
from .dims import broadcast_shape
from .dispatch import place_of, write_out
from .outputs import check_cast
from .recording import finish
from .special_functions import i0
from .table import op

# -- draws ---------------------------------------------------------------------------------------------------------


def _of_mean(tangent, result):
    """PyTorch's tangent has the mean's shape. Raises ``RuntimeError`` where the draw does not."""
    from ..autograd.tangents import check_tangent

    check_tangent(result, tangent)
    return tangent


_ROWS = {
    "poisson": op(
        "poisson(Tensor self)",
        lambda array: array,
        self=lambda grad: grad.new_zeros(grad.shape),
        jvp=lambda self_t: self_t * 0,
        method=False,
        function=False,
    ).row,
    "binomial": op(
        "binomial(Tensor count, Tensor prob)",
        lambda array, chance: array,
        method=False,
        function=False,
    ).row,
    "mean": op(
        "normal(Tensor mean)",
        lambda array: array,
        node="NormalBackward1",
        mean=lambda grad, mean_sym_sizes: grad.new_zeros(mean_sym_sizes),
        jvp=lambda mean_t: mean_t * 0,
        method=False,
        function=False,
    ).row,
    "std": op(
        "normal(Tensor std)",
        lambda array: array,
        node="NormalBackward2",
        std=lambda grad, std_sym_sizes: grad.new_zeros(std_sym_sizes),
        jvp=lambda std_t: std_t * 0,
        method=False,
        function=False,
    ).row,
    "both": op(
        "normal(Tensor mean, Tensor std)",
        lambda array, spread: array + spread,
        node="NormalBackward3",
        mean=lambda grad, mean_sym_sizes: grad.new_zeros(mean_sym_sizes),
        std=lambda grad, std_sym_sizes: grad.new_zeros(std_sym_sizes),
        jvp=lambda mean_t, result: _of_mean(mean_t * 0, result),
        method=False,
        function=False,
    ).row,
}


def _recorded(name: str, inputs: list, drawn: np.ndarray, dtype) -> Tensor:
    result = make(np.asarray(drawn).astype(dtype.numpy), inputs[0].device)
    finish(_ROWS[name], inputs, (result,))
    return result


def poisson(input: Tensor, generator=None) -> Tensor:
    """Counts of events that happen at the rates ``input``. Raises ``RuntimeError`` for negative rates."""
    sampling.demand(input._array.dtype, "biuc", "poisson_cpu")
    if (input._array < 0).any():
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    source = _generator(generator, input.device)
    rates = input._array.astype(np.float64)
    drawn = [sampling.poisson_count(source, rate) for rate in rates.ravel().tolist()]
    return _recorded("poisson", [input], np.array(drawn, np.float64).reshape(rates.shape), input.dtype)


def binomial(count, prob, generator=None) -> Tensor:
    """How many of ``count`` trials of probability ``prob`` succeed, element by element; without a derivative.

    Raises ``TypeError`` for what is no tensor, ``ValueError`` for a ``count`` that is not floating, ``RuntimeError``
    for unlike dtypes.
    """
    for position, (name, value) in enumerate((("count", count), ("prob", prob)), 1):
        if not isinstance(value, Tensor):
            raise TypeError(
                f"binomial(): argument '{name}' (position {position}) must be Tensor, not {type(value).__name__}"
            )
    if not count.is_floating_point():
        raise ValueError(f"binomial only supports floating-point dtypes for count, got: {count.dtype.scalar}")
    if not prob.is_floating_point():
        raise ValueError(f"binomial only supports floating-point dtypes for prob, got: {prob.dtype.scalar}")
    if prob.dtype is not count.dtype:
        raise RuntimeError(f"Found dtype {prob.dtype.scalar} but expected {count.dtype.scalar}")
    place_of([count, prob], _ROWS["binomial"])
    shape = broadcast_shape(count._array.shape, prob._array.shape)
    if count.dtype.itemsize == 2:
        raise NotImplementedError(f"\"binomial_cpu\" not implemented for '{count.dtype.scalar}'")
    source = _generator(generator, count.device)
    trials, chances = (np.broadcast_to(settled(value._array), shape).ravel() for value in (count, prob))
    drawn = [sampling.binomial_count(source, *pair) for pair in zip(trials, chances, strict=True)]
    result = _recorded("binomial", [count, prob], np.array(drawn, np.float64).reshape(shape), count.dtype)
    # PyTorch makes a result of the shape of count, and resizes it, with a warning, where prob has more elements.
    write_out(count.new_zeros(count.shape), result)
    return result


def normal(mean, std=1.0, size=None, *, generator=None, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Normal draws: with means or deviations per element, or ``size`` of them with the same."""
    if not isinstance(mean, Tensor) and not isinstance(std, Tensor):
        place, stored = resolve(device), (dtype or defaults.dtype).numpy
        shape = (size,) if isinstance(size, int) else tuple(size)
        drawn = sampling.normal(_generator(generator, place), shape, stored, float(mean), float(std))
        return finished(drawn, place, requires_grad)
    inputs = [value for value in (mean, std) if isinstance(value, Tensor)]
    kind = "both" if len(inputs) == 2 else "mean" if isinstance(mean, Tensor) else "std"
    if isinstance(std, Tensor) and std.is_complex():
        raise RuntimeError("normal expects standard deviation to be non-complex")
    spread = std._array if isinstance(std, Tensor) else np.float64(std)
    if (spread < 0).any() if isinstance(std, Tensor) else spread < 0:
        raise RuntimeError("normal expects all elements of std >= 0.0" if isinstance(std, Tensor) else
                           f"normal expects std >= 0.0, but found std {std:g}")  # fmt: skip
    shape = inputs[0]._array.shape
    if len(inputs) == 2:
        shape = broadcast_shape(shape, std._array.shape)
    sampling.demand(inputs[0]._array.dtype, "biu", "normal_kernel_cpu", shape)
    if isinstance(std, Tensor):
        check_cast(result_dtype([make(np.empty(shape, inputs[0]._array.dtype)), std]), inputs[0].dtype)
    if inputs[0].is_complex() and any(value.requires_grad for value in inputs):
        raise RuntimeError("normal does not support automatic differentiation for outputs with complex dtype.")
    stored = inputs[0]._array.dtype
    source = _generator(generator, inputs[0].device)
    if isinstance(std, Tensor):
        drawn = sampling.normal(source, shape, stored, 0.0, 1.0) * spread
    else:
        drawn = sampling.normal(source, shape, stored, 0.0, float(std))
    centre = mean._array if isinstance(mean, Tensor) else mean
    return _recorded(kind, inputs, drawn + centre, inputs[0].dtype)


def randint_like(input: Tensor, low, high=None, *, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Integers of [low, high) in the shape and dtype of ``input``."""
    low, high = (0, low) if high is None else (low, high)
    return randint(low, high, tuple(input.shape), dtype=dtype or input.dtype, device=device or input.device,
                   requires_grad=requires_grad)  # fmt: skip


# -- windows -------------------------------------------------------------------------------------------------------


def _window(values):
    """A factory of windows from a function of the places, in [0, 1], along a whole period."""

    def window(window_length: int, periodic: bool = True, *options, dtype=None, layout=None, device=None,
               pin_memory=False, requires_grad=False, **named):  # fmt: skip
        if window_length < 0:
            raise RuntimeError(
                f"{window.__name__} requires non-negative window_length, got window_length={window_length}"
            )
        steps = max(window_length + bool(periodic) - 1, 1)
        places = np.arange(window_length) / steps
        computed = np.ones(window_length) if window_length == 1 else values(places, *options, **named)
        return finished(computed.astype((dtype or defaults.dtype).numpy), resolve(device), requires_grad)

    window.__name__ = window.__qualname__ = values.__name__
    window.__module__ = "torch"
    return window


@_window
def hann_window(t):
    return 0.5 - 0.5 * np.cos(2 * math.pi * t)


@_window
def hamming_window(t, alpha: float = 0.54, beta: float = 0.46):
    return alpha - beta * np.cos(2 * math.pi * t)


@_window
def blackman_window(t):
    return 0.42 - 0.5 * np.cos(2 * math.pi * t) + 0.08 * np.cos(4 * math.pi * t)


@_window
def bartlett_window(t):
    return 1 - np.abs(2 * t - 1)


@_window
def kaiser_window(t, beta: float = 12.0):
    return i0(beta * np.sqrt(np.maximum(1 - (2 * t - 1) ** 2, 0))) / i0(np.float64(beta))


FUNCTIONS = (
    binomial, poisson, normal, randint_like,
    hann_window, hamming_window, blackman_window, bartlett_window, kaiser_window,
)  # fmt: skip
