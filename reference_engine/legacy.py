"""The constructors from before ``torch.tensor``: ``torch.Tensor(...)``, ``torch.FloatTensor(...)`` and their kind.

A shape gives memory, a sequence its values, a tensor another view of itself, always of the constructor's own dtype and
always on the CPU, whatever the default device.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ._tensor import Tensor, make
from .determinism import uninitialised
from .devices import CPU, device, resolve
from .dtypes import dtype
from .literals import inferred
from .promotion import defaults
from .size import Size

_SIGNATURES = (
    " * (torch.Storage storage)\n * (Tensor other)\n * (tuple of ints size, *, torch.device device = None)\n"
    " * (object data, *, torch.device device = None)\n"
)


def new(self: Tensor, *args, **kwargs) -> Tensor:
    """``Tensor.new``: what ``torch.Tensor`` makes of the arguments, of this tensor's dtype and on its device."""
    return construct(self.dtype, args, kwargs, self.device)


def construct(wanted: dtype | None, args: tuple, kwargs: dict, home: device = CPU) -> Tensor:
    """A tensor of dtype ``wanted`` (None for the default) on ``home`` from what such a constructor accepts.

    Raises ``TypeError`` for other arguments, ``RuntimeError`` for another device or dtype.
    """
    stored = wanted or defaults.dtype
    options = dict(kwargs)
    place = options.pop("device", None)
    if options:
        _refuse(args, kwargs, f"some of the keywords were incorrect: {', '.join(options)}")
    if place is not None and resolve(place) is not home:
        raise RuntimeError(
            f"legacy constructor expects device type: {home.type} but device type: {resolve(place).type} was passed"
        )
    if not args:
        return make(np.zeros(0, stored.numpy), home)
    first = args[0]
    if isinstance(first, Size) or (isinstance(first, int) and not isinstance(first, bool)):
        return make(uninitialised(_shape(args), stored.numpy), home)
    if len(args) > 1:
        shown = ", ".join(f"!{_shown_type(value, inside=True)}!" for value in args)
        _refuse(args, kwargs, f"some of the arguments have invalid types: ({shown})")
    if isinstance(first, Tensor):
        return _same(first, wanted)
    if isinstance(first, np.ndarray):
        return make(first.astype(stored.numpy), home)
    if isinstance(first, str):
        raise TypeError("new(): invalid data type 'str'")
    if not isinstance(first, Sequence):
        raise TypeError(f"new(): data must be a sequence (got {type(first).__name__})")
    return make(inferred(first, stored), home)


def _same(other: Tensor, wanted: dtype | None) -> Tensor:
    from .ops.views import alias

    if wanted is not None and other.dtype is not wanted:
        raise TypeError(f"expected {_options(wanted)} (got {_options(other.dtype)})")
    return alias(other)


def _options(kind: dtype) -> str:
    return (
        f"TensorOptions(dtype={kind.cpp}, device=cpu, layout=Strided, requires_grad=false (default), "
        "pinned_memory=false (default), memory_format=(nullopt))"
    )


def _shape(args: tuple) -> tuple:
    shape = args[0] if isinstance(args[0], Size) else args
    for position, extent in enumerate(shape, start=1):
        if isinstance(extent, bool) or not hasattr(extent, "__index__"):
            raise TypeError(
                f"new(): argument 'size' failed to unpack the object at pos {position} with error \"type must be tuple "
                f'of ints,but got {type(extent).__name__}"'
            )
        if extent < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {extent}: {list(shape)}")
    return tuple(shape)


def _refuse(args: tuple, kwargs: dict, reason: str) -> None:
    got = [*map(_shown_type, args), *(f"{name}={_shown_type(value)}" for name, value in kwargs.items())]
    raise TypeError(
        f"new() received an invalid combination of arguments - got ({', '.join(got)}), but expected one of:\n"
        f" * (*, torch.device device = None)\n      didn't match because {reason}\n{_SIGNATURES}"
    )


def _shown_type(value, inside: bool = False) -> str:
    """A type as refusals show it; ``inside`` the remark on a signature, lists also by their elements."""
    if isinstance(value, Size):
        return "torch.Size"
    name = type(value).__name__
    if inside and isinstance(value, (list, tuple)):
        return f"{name} of [{', '.join(type(entry).__name__ for entry in value)}]"
    return name
