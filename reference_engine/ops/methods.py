"""Small compositions, and the attachment of every method to ``Tensor``."""

from __future__ import annotations

import functools
import inspect

import numpy as np

from .._tensor import Tensor, make
from ..dtypes import ALIASES, BY_NAME
from ..lazy import bits
from ..legacy import new
from . import elementwise, shapes
from .arguments import parsed
from .calls import FUNCTIONS, METHODS
from .complex_parts import conj, conj_physical, conj_physical_, resolve_conj, resolve_neg
from .copying import _conversion, copy_, cpu, cuda, detach, detach_, to, type_as
from .dims import broadcast_shape
from .families import compositions
from .operators import install_operators
from .recording import finish
from .table import op
from .writing import _random_filler, _reshaper, as_strided_, random_, resize, resize_, resize_as, resize_as_, set_


def square(self: Tensor) -> Tensor:
    return elementwise.pow_number(self, 2)


@parsed("square(Tensor self, *, any out=None)")
def square_function(self, out):
    return elementwise.pow_number(self, 2, out=out)


def square_(self: Tensor) -> Tensor:
    return METHODS["pow_"](self, 2)


def equal(self: Tensor, other: Tensor) -> bool:
    """Same shape and same elements."""
    return self._array.shape == other._array.shape and bool((self._array == other._array).all())


def allclose(self: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """All elements equal up to ``atol + rtol * abs(other)``."""
    if self.dtype is not other.dtype:
        raise RuntimeError(f"{self.dtype.scalar} did not match {other.dtype.scalar}")
    broadcast_shape(self._array.shape, other._array.shape)
    close = np.allclose(self._array, other._array, rtol, atol, equal_nan)
    return make(np.array(close), self._storage.device).item()


def bernoulli(input: Tensor, p: float | None = None, *, generator=None) -> Tensor:
    """Draw 1 with the probability that each element states. The gradient is zero."""
    from .. import sampling
    from ..creation import _generator

    probabilities = input._array if p is None else p
    drawn = sampling.bernoulli(
        _generator(generator, input.device), input._array.shape, input._array.dtype, probabilities
    )
    return _random_result(input, drawn, "BernoulliBackward0")


def _random_result(input: Tensor, drawn: np.ndarray, name: str) -> Tensor:
    result = make(np.asarray(drawn).astype(input._array.dtype), input.device)
    finish(_bernoulli_row, [input], (result,))
    return result


_bernoulli_row = op(
    "bernoulli(Tensor self)",
    lambda a: a,
    self=lambda grad: elementwise.zeros_like(grad),
    jvp=lambda self_t: elementwise.zeros_like(self_t),
    real_only=True,
    method=False,
    function=False,
).row


def multinomial(input: Tensor, num_samples: int, replacement: bool = False, *, generator=None) -> Tensor:
    """Indices drawn with the given weights."""
    from .. import sampling
    from ..creation import _generator

    drawn = sampling.multinomial(_generator(generator, input.device), input._array, num_samples, replacement)
    return make(np.asarray(drawn, np.int64), input.device)


def is_same_size(self: Tensor, other: Tensor) -> bool:
    return self._array.shape == other._array.shape


def is_set_to(self: Tensor, tensor: Tensor) -> bool:
    if bits(self._array) != bits(tensor._array):
        return False
    return self._storage is tensor._storage and self.stride() == tensor.stride() and self.shape == tensor.shape


def apply_(self: Tensor, callable) -> Tensor:
    if self.requires_grad:
        raise RuntimeError("Can't call apply_() on Variable that requires grad. Use var.detach().apply_() instead.")
    flat = [callable(value) for value in self._array.reshape(-1).tolist()]
    self._array[...] = np.array(flat, self._array.dtype).reshape(self._array.shape)
    return self


def map_(self: Tensor, tensor: Tensor, callable) -> Tensor:
    if self.requires_grad or tensor.requires_grad:
        raise RuntimeError("Can't call map_() on Variable that requires grad. Use var.detach().map_() instead.")
    other = tensor.expand(self.shape)
    pairs = zip(self._array.reshape(-1).tolist(), other._array.reshape(-1).tolist(), strict=True)
    self._array[...] = np.array([callable(a, b) for a, b in pairs], self._array.dtype).reshape(self._array.shape)
    return self


def map2_(self: Tensor, x: Tensor, y: Tensor, callable) -> Tensor:
    if self.requires_grad or x.requires_grad or y.requires_grad:
        raise RuntimeError("Can't call map2_() on Variable that requires grad. Use var.detach().map2_() instead.")
    triples = zip(*(tensor._array.reshape(-1).tolist() for tensor in (self, x, y)), strict=True)
    self._array[...] = np.array([callable(*each) for each in triples], self._array.dtype).reshape(self._array.shape)
    return self


ALIASES_OF = {
    "absolute": "abs", "negative": "neg", "multiply": "mul", "divide": "div", "subtract": "sub", "clip": "clamp",
    "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le", "not_equal": "ne", "arctan": "atan",
    "arcsin": "asin", "arccos": "acos", "arctanh": "atanh", "fix": "trunc", "concat": "cat", "concatenate": "cat",
    "arctan2": "atan2", "arcsinh": "asinh", "arccosh": "acosh", "true_divide": "div",
}  # fmt: skip


def install() -> None:
    """Attach every method, property and operator to ``Tensor``."""
    for name, alias in ALIASES_OF.items():
        for table in (METHODS, FUNCTIONS):
            if alias in table:
                table[name] = table[alias]
            if alias + "_" in table:
                table[name + "_"] = table[alias + "_"]
    for name, method in METHODS.items():
        setattr(Tensor, name, method)
    for name, method in compositions("METHODS").items():
        setattr(Tensor, name, _without_out(name, method))
    for method in OWN_METHODS:
        setattr(Tensor, method.__name__, method)
    for name, getter in shapes.PROPERTIES.items():
        setattr(Tensor, name, property(getter))
    for name in (*BY_NAME, *ALIASES):
        if name in ("float32", "float64", "complex64", "complex128", "int8", "int16", "int32", "int64", "uint8",
                    "float16"):  # fmt: skip
            continue
        setattr(Tensor, name, _conversion(ALIASES.get(name) or BY_NAME[name], name))
    Tensor.byte, Tensor.char = _conversion(BY_NAME["uint8"], "byte"), _conversion(BY_NAME["int8"], "char")
    for name, draw, *defaults in (("uniform_", "uniform", 0.0, 1.0), ("normal_", "normal", 0.0, 1.0),
                                  ("bernoulli_", "bernoulli", 0.5), ("exponential_", "exponential", 1.0),
                                  ("cauchy_", "cauchy", 0.0, 1.0), ("log_normal_", "log_normal", 1.0, 2.0),
                                  ("geometric_", "geometric")):  # fmt: skip
        setattr(Tensor, name, _random_filler(name, draw, *defaults))
    for name in ("unsqueeze", "squeeze", "transpose", "t"):
        setattr(Tensor, name + "_", _reshaper(name))
    Tensor.swapaxes_ = Tensor.swapdims_ = Tensor.transpose_
    Tensor.as_strided_ = as_strided_
    install_operators()


def _without_out(name: str, function):
    """A function as a method: those do not take ``out``."""
    if "out" not in inspect.signature(function).parameters:
        return function

    @functools.wraps(function)
    def method(*args, **kwargs):
        if "out" in kwargs:
            raise TypeError(f"{name}() got an unexpected keyword argument 'out'")
        return function(*args, **kwargs)

    return method


OWN_METHODS = (
    new,
    conj, conj_physical, conj_physical_, resolve_conj, resolve_neg, detach, detach_, to, cpu, cuda, type_as, copy_,
    random_, resize_, resize_as_, resize, resize_as, set_, square, square_, equal, allclose, bernoulli, multinomial,
    is_same_size, is_set_to, apply_, map_, map2_,
)  # fmt: skip


def _undocumented(method):
    """A function like the method, without a docstring, as PyTorch has it."""

    def function(input):
        return method(input)

    function.__name__, function.__qualname__ = method.__name__, f"_VariableFunctionsClass.{method.__name__}"
    function.__module__ = "torch"
    return function


OWN_FUNCTIONS = (
    _undocumented(detach), _undocumented(detach_), conj, conj_physical, conj_physical_, resolve_conj, resolve_neg,
    square_function, square_, equal, allclose, bernoulli, multinomial, is_same_size,
)  # fmt: skip
