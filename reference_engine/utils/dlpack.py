"""Sharing memory with other libraries (torch.utils.dlpack)."""

from __future__ import annotations

import enum

import numpy as np

from .._tensor import Tensor, from_array, make


class DLDeviceType(enum.IntEnum):
    """Kinds of devices, by the numbers that DLPack gives them."""

    kDLCPU = 1
    kDLCUDA = 2


def to_dlpack(tensor: Tensor):
    """The memory of ``tensor`` as a capsule that another library may take over."""
    return tensor._array.__dlpack__()


def from_dlpack(ext_tensor, *, device=None, copy=None) -> Tensor:
    """A tensor over the memory of ``ext_tensor``, which has ``__dlpack__``; with a version counter of its own.

    Raises ``BufferError`` for a tensor that requires grad.
    """
    if not isinstance(ext_tensor, Tensor):
        return from_array(np.from_dlpack(ext_tensor))
    ext_tensor.__dlpack__()
    made = make(ext_tensor._array, ext_tensor.device)
    made._storage = ext_tensor._storage
    return made


from_dlpack.__module__ = to_dlpack.__module__ = DLDeviceType.__module__ = "torch.utils.dlpack"
