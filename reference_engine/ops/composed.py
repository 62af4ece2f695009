"""Derivatives of single operations that can also be composed of others: the composition is differentiated.

The operation is one node, as in PyTorch; its backward composes it anew, recorded, and walks back through that.
"""

from __future__ import annotations

import inspect

from .._state import thread
from .._tensor import Tensor, make


def unrecorded(compose):
    """The composition on arrays, as a row's forward function."""
    import numpy as np

    def forward(*values):
        recording, thread.grad_enabled = thread.grad_enabled, False
        try:
            return compose(*[make(value) if isinstance(value, np.ndarray) else value for value in values])._array
        finally:
            thread.grad_enabled = recording

    return forward


def through(compose, names: tuple, wrt: str, extra: tuple = ()):
    """The derivative with respect to the argument ``wrt`` of ``compose``, whose arguments are called ``names``.

    ``extra`` are values that the operation keeps besides, though the composition does not need them.
    """
    position = names.index(wrt)

    def derivative(grad, *values):
        from .. import autograd
        from .elementwise import zeros_like

        recording, thread.grad_enabled = thread.grad_enabled, True
        try:
            variables = [_variable(value, recording) for value in values[: len(names)]]
            result = compose(*variables)
            (found,) = autograd.grad(result, [variables[position]], grad, create_graph=recording, allow_unused=True)
        finally:
            thread.grad_enabled = recording
        return zeros_like(variables[position]) if found is None else found

    derivative.__signature__ = inspect.Signature(
        [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in ("grad", *names, *extra)]
    )
    return derivative


def _variable(value, recording: bool):
    """A tensor to differentiate with respect to; connected to the user's graph while that is being recorded."""
    if not isinstance(value, Tensor) or not value.dtype.is_differentiable:
        return value
    if recording and value.requires_grad:
        return value.view_as(value)
    return value.detach().requires_grad_()
