"""Arithmetic with a plain number in the form that PyTorch's own compositions use.

``x * 2`` in a program makes the number a tensor and records ``MulBackward0``; operations that PyTorch composes of
others multiply by the number itself and record ``MulBackward1``.
"""

from __future__ import annotations

import numpy as np

from ..arithmetic import beside_number, cast, halves
from ..dtypes import BY_NUMPY
from ..promotion import number_dtype, promote_types
from .elementwise import conj
from .table import op


def promoted(function):
    """``function`` on an array and a number, in the dtype that both promote to.

    Where it has a form for numbers beside half precision, they are not rounded to that.
    """
    keeps = hasattr(function, "alike")

    def compute(array, number):
        dtype, other = BY_NUMPY[array.dtype], number_dtype(number)
        if other.kind > dtype.kind:
            dtype = promote_types(dtype, other)
        stored = np.float32 if keeps and halves(dtype.numpy) else dtype.numpy
        return function(cast(array, dtype.numpy), np.asarray(number).astype(stored))

    return compute


def _row(name: str, forward, derivative):
    """A row on a tensor and a number; what is linear in the tensor is its own forward-mode rule."""
    return op(
        f"{name}(Tensor self, Scalar other)",
        promoted(forward),
        node=f"{name.title()}Backward1",
        self=derivative,
        jvp=lambda self_t, other: derivative(self_t, conj(other)),
        method=False,
        function=False,
        drops_imaginary=True,
    )


add_number = op(
    "add(Tensor self, Scalar other)",
    promoted(np.add),
    node="AddBackward1",
    self=lambda grad: grad,
    jvp=lambda self_t: self_t,
    method=False,
    function=False,
    drops_imaginary=True,
)
mul_number = _row("mul", beside_number(np.multiply), lambda grad, other: mul_number(grad, conj(other)))
div_number = _row("div", beside_number(np.true_divide), lambda grad, other: grad / conj(other))
