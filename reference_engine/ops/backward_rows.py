"""Derivatives that are operations themselves, so that a gradient of a gradient has the nodes that PyTorch's has.

A formula becomes a row named after the operation's backward. The row's own derivatives are the vector-Jacobian
products of the formula, which is run again, recorded, when they are needed: nothing is written twice. Where the
formula depends on an input only by its branches, that derivative is zero and still connected, as in PyTorch.

A plain backward pass, which records nothing, calls the formula and makes no row.
"""

from __future__ import annotations

import inspect

from .._state import process, thread
from .._tensor import Tensor, make
from .table import op

# Parameters of formulas that are tensors; all others are plain values.
_TENSORS = {
    "self": "Tensor",
    "result": "Tensor",
    "result1": "Tensor",
    "target": "Tensor",
    "indices": "Tensor",
    "noise": "Tensor",
    "total_weight": "Tensor",
    "weight": "Tensor?",
}


def backward_operation(
    name: str,
    formula,
    wrt: tuple[str, ...] | None = ("self",),
    node: str | None = None,
    products: dict | None = None,
):
    """A derivative to put into a row: ``formula`` as the operation ``name``.

    The formula's first parameter is the gradient. ``wrt`` names the tensors besides it that the operation can be
    differentiated with respect to, None where PyTorch has no derivative at all; ``node`` is the name of its nodes
    where it does not follow from ``name``; ``products`` are derivatives that PyTorch does not compute as the formula's.
    """
    _, *rest = inspect.signature(formula).parameters
    listed = [f"{_TENSORS.get(parameter, 'any')} {parameter}" for parameter in rest]
    row = op(
        f"{name}({', '.join(['Tensor grad_output', *listed])})",
        lambda *values: _unrecorded(formula, values, rest),
        node=node,
        method=False,
        function=False,
        **{
            parameter: (products or {}).get(parameter) or _product(formula, rest, position)
            for position, parameter in enumerate(["grad_output", *rest])
            if wrt is not None and parameter in ("grad_output", *wrt)
        },
    )

    def derivative(grad, *values):
        if not thread.grad_enabled or process.forward_level >= 0:
            return formula(grad, *values)
        return row(grad, *values)

    # What the operation saves is read from the names of its derivative's parameters.
    derivative.__signature__ = inspect.signature(formula)
    return derivative


def _unrecorded(formula, values, names):
    """The formula on arrays: the forward function of its row."""
    wrapped = [make(values[0])]
    for name, value in zip(names, values[1:], strict=True):
        wrapped.append(make(value) if name in _TENSORS and value is not None else value)
    recording, thread.grad_enabled = thread.grad_enabled, False
    try:
        return formula(*wrapped)._array
    finally:
        thread.grad_enabled = recording


def _product(formula, names, position):
    """The derivative of the formula with respect to one of its tensors."""

    def derivative(grad, *values):
        from .. import autograd
        from .elementwise import zeros_like

        recording = thread.grad_enabled
        thread.grad_enabled = True
        try:
            variables = [_variable(value, recording) for value in values]
            result = formula(*variables)
            found = (None,)
            if result.requires_grad:
                found = autograd.grad(result, [variables[position]], grad, create_graph=recording, allow_unused=True)
        finally:
            thread.grad_enabled = recording
        return zeros_like(values[position]) if found[0] is None else found[0]

    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in
                  ("grad", "grad_output", *names)]  # fmt: skip
    derivative.__signature__ = inspect.Signature(parameters)
    return derivative


def _variable(value, recording: bool):
    """A tensor to differentiate with respect to; connected to the user's graph when that is being recorded."""
    if not isinstance(value, Tensor) or not value.dtype.is_differentiable:
        return value
    if recording and value.requires_grad:
        return value.view_as(value)
    return value.detach().requires_grad_()
