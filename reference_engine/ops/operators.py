"""Python's operators on tensors.

``x + 1`` and ``x.add(1)`` are the same row; operators differ in what they do with foreign operands and in that
``1 / x`` is ``x.reciprocal() * 1``.
"""

from __future__ import annotations

import numpy as np

from .._tensor import Tensor
from ..dtypes import FLOATING
from ..overrides import dispatch, dispatches
from . import elementwise, indexing, linalg, pairs
from .calls import FUNCTIONS, METHODS, make_binary

_NUMBERS = (int, float, complex, np.number)
_OPERANDS = (Tensor, *_NUMBERS)


def _operator(method):
    def forward(self, other):
        if isinstance(other, _OPERANDS):
            return method(self, other)
        return NotImplemented

    forward.__name__ = method.__name__
    return forward


def _reflected(method):
    def backward(self, other):
        if isinstance(other, _NUMBERS):
            return method(self, other)
        return NotImplemented

    return backward


def _number_first(operation):
    """An operation with a number as its first operand, made a tensor of the number's kind."""

    def backward(self, other):
        if not isinstance(other, _NUMBERS):
            return NotImplemented
        from .._tensor import wrapped_number

        return operation(wrapped_number(other, self.device), self)

    return backward


def _rmod(self, other):
    return FUNCTIONS["remainder"](other, self) if isinstance(other, _NUMBERS) else NotImplemented


def _rdiv(self, other):
    if not isinstance(other, _NUMBERS):
        return NotImplemented
    return self.reciprocal() * other


def _rsub(self, other):
    if not isinstance(other, _NUMBERS):
        return NotImplemented
    elementwise.check_subtraction(self, other, 1)
    from ..promotion import result_dtype

    found = result_dtype([self, other])
    return pairs.rsub_number(self if found is self.dtype else self.to(found), other)


def _pow(self, other):
    return METHODS["pow"](self, other) if isinstance(other, _OPERANDS) else NotImplemented


def _rpow(self, other):
    return elementwise.pow_of_number(other, self) if isinstance(other, _NUMBERS) else NotImplemented


def _matmul(self, other):
    return linalg.matmul(self, other) if isinstance(other, Tensor) else NotImplemented


def _invert(self):
    if self.dtype.kind >= FLOATING:
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    return METHODS["bitwise_not" if self.dtype.kind else "logical_not"](self)


def _compare(name):
    method = METHODS[name]

    def compare(self, other):
        if isinstance(other, _OPERANDS):
            return method(self, other)
        return NotImplemented

    return compare


def install_operators() -> None:
    """Give ``Tensor`` its Python operators."""
    m = METHODS
    for symbol, name in (("add", "add"), ("sub", "sub"), ("mul", "mul"), ("truediv", "div"), ("mod", "remainder"),
                         ("floordiv", "floor_divide")):  # fmt: skip
        row = elementwise.div.row if name == "div" else getattr(m[name], "row", None)
        fast = row is not None and symbol in ("add", "sub", "mul", "truediv")
        setattr(Tensor, f"__{symbol}__", make_binary(row, operator=True) if fast else _operator(m[name]))
        setattr(Tensor, f"__i{symbol}__", _operator(m[name + "_"]))
    Tensor.__radd__, Tensor.__rmul__ = _reflected(m["add"]), _reflected(m["mul"])
    Tensor.__rsub__, Tensor.__rtruediv__ = _rsub, _rdiv
    Tensor.__rmod__, Tensor.__rfloordiv__ = _rmod, _number_first(m["floor_divide"])
    Tensor.__pow__, Tensor.__rpow__, Tensor.__ipow__ = _pow, _rpow, _operator(m["pow_"])
    Tensor.__matmul__ = _matmul
    Tensor.__neg__, Tensor.__abs__ = m["neg"], m["abs"]
    Tensor.__pos__ = Tensor.positive = elementwise.positive
    Tensor.__invert__ = _invert
    for symbol, name in (("and", "bitwise_and"), ("or", "bitwise_or"), ("xor", "bitwise_xor"),
                         ("lshift", "bitwise_left_shift"), ("rshift", "bitwise_right_shift")):  # fmt: skip
        setattr(Tensor, f"__{symbol}__", _operator(m[name]))
        shift = symbol.endswith("shift")
        setattr(Tensor, f"__r{symbol}__", _number_first(m[name]) if shift else _reflected(m[name]))
        setattr(Tensor, f"__i{symbol}__", _operator(m[name + "_"]))
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        setattr(Tensor, f"__{name}__", _compare(name))
    Tensor.__getitem__, Tensor.__setitem__ = _getitem, _setitem


def _getitem(self, key):
    if self._dispatches and dispatches((self,)):
        return dispatch(Tensor.__getitem__, (self,), (self, key), None)
    return indexing.getitem(self, key)


def _setitem(self, key, value):
    if self._dispatches and dispatches((self,)):
        return dispatch(Tensor.__setitem__, (self,), (self, key, value), None)
    indexing.setitem(self, key, value)
