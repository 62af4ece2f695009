"""Storage: the block of memory that tensors are views of.

A tensor is a shape, strides and an offset over a storage; several tensors may share one. NumPy's ndarray already is
such a view, so a tensor keeps one for its elements and the storage keeps the array that owns the memory. "Shares
memory with" is a question about storages, not about tensors.

Rule: ``Tensor.untyped_storage``, ``Tensor.storage_offset``, ``torch.as_strided``.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .devices import device


def address(array: np.ndarray) -> int:
    """Where an array's first element lies, in bytes."""
    return array.__array_interface__["data"][0]


def is_dense(array: np.ndarray) -> bool:
    """Non-overlapping and dense: the elements fill their memory without gaps, in some order of axes."""
    flags = array.flags
    if flags.c_contiguous or flags.f_contiguous:
        return True
    expected = array.itemsize
    for axis in sorted(range(array.ndim), key=lambda axis: array.strides[axis]):
        if array.shape[axis] == 1:
            continue
        if array.strides[axis] != expected:
            return False
        expected *= array.shape[axis]
    return True


def restrided(array: np.ndarray, shape, strides) -> np.ndarray:
    """A view from the same first element with other extents and strides (in bytes)."""
    if array.flags.c_contiguous and array.size and array.dtype.kind != "V":
        try:
            return np.ndarray(shape, array.dtype, buffer=array, strides=strides)
        except ValueError:  # reaches beyond this array into the rest of the storage
            pass
    return as_strided(array, shape, strides)


class UntypedStorage:
    """Memory on a device. ``owner`` is a dense array that holds all of it."""

    __slots__ = ("__weakref__", "device", "owner")

    def __init__(self, owner: np.ndarray, device: device) -> None:
        self.owner = owner
        self.device = device

    def nbytes(self) -> int:
        return self.owner.nbytes

    def size(self) -> int:
        return self.owner.nbytes

    def __len__(self) -> int:
        return self.owner.nbytes

    def data_ptr(self) -> int:
        """Address of the first byte; 0 for storage that holds nothing."""
        return address(self.owner) if self.owner.nbytes and self.device.type != "meta" else 0

    @property
    def _cdata(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    def offset_of(self, array: np.ndarray) -> int:
        """How many elements lie between the start of the storage and the start of ``array``; 0 where it has none."""
        if not array.size:
            return 0
        return (address(array) - address(self.owner)) // array.itemsize

    def bytes(self) -> np.ndarray:
        """All of the memory as a flat array of bytes."""
        owner = self.owner
        if owner.ndim != 1:
            # Dense but perhaps not in C order: flatten in memory order, without a copy.
            order = sorted(range(owner.ndim), key=lambda axis: -owner.strides[axis])
            owner = owner.transpose(order).reshape(-1)
        return owner.view(np.uint8) if owner.size else np.empty(0, np.uint8)

    def strided(self, stored_as: np.dtype, shape, strides, offset: int) -> np.ndarray:
        """A view of the memory with ``strides`` and ``offset`` in elements, not bytes."""
        size = stored_as.itemsize
        if 0 in shape:
            return restrided(np.empty(0, stored_as), shape, [stride * size for stride in strides])
        return np.ndarray(
            shape, stored_as, buffer=self.bytes(), offset=offset * size, strides=[s * size for s in strides]
        )

    def resize_(self, nbytes: int) -> None:
        """Change the number of bytes, keeping those that fit. Tensors made before keep what they had."""
        grown = np.zeros(nbytes, np.uint8)
        kept = min(nbytes, self.owner.nbytes)
        grown[:kept] = self.bytes()[:kept]
        self.owner = grown


UntypedStorage.__module__ = "torch.storage"
