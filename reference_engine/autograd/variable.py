"""``Variable``: the name that tensors with gradients had before they became plain tensors.

``Variable(tensor)`` returns a tensor; ``isinstance(x, Variable)`` asks whether ``x`` is a tensor.
"""

from __future__ import annotations

import operator

from .._state import warn_once
from .._tensor import Tensor
from ..graph import engine
from ..graph.metadata import materialize_meta
from .function import _FunctionBase


class VariableMeta(type):
    def __instancecheck__(cls, other) -> bool:
        return isinstance(other, Tensor)


class _Engine:
    """What ``Variable._execution_engine`` offers to programs."""

    queue_callback = staticmethod(engine.queue_callback)

    def run_backward(self, *args, **kwargs):
        from .graph import _engine_run_backward

        return _engine_run_backward(*args, **kwargs)


class Variable(metaclass=VariableMeta):
    """A tensor over the memory of ``data``, a leaf with the given ``requires_grad``.

    Raises ``TypeError`` for ``data`` that is no tensor, ``RuntimeError`` for a history given as ``_grad_fn``,
    ``ValueError`` for a volatile tensor that requires grad.
    """

    _execution_engine = _Engine()

    def __new__(cls, data=None, requires_grad=False, volatile=False, _grad_fn=None, name=None, **others):
        from ..creation import FLOAT_ONLY, tensor

        for unknown in others:
            raise TypeError(f"'{unknown}' is an invalid keyword argument for this function")
        requires_grad, volatile = operator.index(requires_grad), operator.index(volatile)
        if volatile:
            warn_once("volatile was removed and now has no effect. Use `with torch.no_grad():` instead.", UserWarning)
            if requires_grad:
                raise ValueError("Variable can't be volatile and require_grad at the same time!")
        if _grad_fn is not None:
            if not isinstance(_grad_fn, _FunctionBase):
                raise TypeError(f"_grad_fn has to be a Function object or None, but got {type(_grad_fn).__name__}")
            raise RuntimeError(
                "_grad_fn argument to legacy Variable constructor is no longer supported.  Instead, please invoke "
                "your _grad_fn to produce a variable with it as the _grad_fn."
            )
        if data is None:
            made = tensor([])
        elif isinstance(data, Tensor):
            made = data.detach()
        else:
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        if requires_grad:
            if not made.dtype.is_differentiable:
                raise RuntimeError(FLOAT_ONLY)
            made.requires_grad_()
        if name is not None:
            materialize_meta(made).name = name
        return made


Variable.__module__ = "torch.autograd.variable"
