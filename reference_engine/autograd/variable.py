"""``Variable``: the name that tensors with gradients had before they became plain tensors.

``Variable(tensor)`` returns a tensor; ``isinstance(x, Variable)`` asks whether ``x`` is a tensor.
"""

from __future__ import annotations

from .._tensor import Tensor
from ..graph import engine


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
    """A tensor over the memory of ``data``, a leaf with the given ``requires_grad``."""

    _execution_engine = _Engine()

    def __new__(cls, data=None, requires_grad: bool = False, volatile=None):
        from ..creation import FLOAT_ONLY, tensor

        if data is None:
            made = tensor([])
        elif isinstance(data, Tensor):
            made = data.detach()
        else:
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        if volatile is not None:
            from .._state import warn_once

            warn_once("volatile was removed and now has no effect. Use `with torch.no_grad():` instead.", UserWarning)
        if requires_grad:
            if not made.dtype.is_differentiable:
                raise RuntimeError(FLOAT_ONLY)
            made.requires_grad_()
        return made


Variable.__module__ = "torch.autograd.variable"
