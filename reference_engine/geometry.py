"""What a tensor says about its shape, memory, dtype and device."""

from __future__ import annotations

from itertools import accumulate
from operator import mul

from .devices import CPU, device, tensor_type_name
from .lazy import bits
from .size import Size
from .storage import UntypedStorage


class read_only(property):
    """A property whose assignment fails with PyTorch's words."""

    owner = "torch._C.TensorBase"

    def __set__(self, instance, value) -> None:
        raise AttributeError(f"attribute '{self.fget.__name__}' of '{self.owner}' objects is not writable")

    def __delete__(self, instance) -> None:
        self.__set__(instance, None)


def steps_of_nothing(array) -> tuple:
    """The strides of an array without elements, in elements; NumPy has none for a new one, which is row-major."""
    if any(array.strides):
        return tuple(step // array.itemsize for step in array.strides)
    return tuple(accumulate((max(extent, 1) for extent in array.shape[:0:-1]), mul, initial=1))[::-1]


class Geometry:
    """The attributes of a strided view: a part of ``Tensor``, kept apart for reading."""

    __slots__ = ()

    @read_only
    def shape(self) -> Size:
        return Size(self._array.shape)

    def size(self, dim: int | None = None):
        """The extents, or the extent along ``dim``. Raises ``IndexError`` for a dimension out of range."""
        if dim is None:
            return Size(self._array.shape)
        from .ops.dims import wrap_dim

        if not self._array.ndim:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        return self._array.shape[wrap_dim(dim, self._array.ndim)]

    def stride(self, dim: int | None = None):
        """Steps between neighbours along each dimension, in elements."""
        array = self._array
        strides = tuple(step // array.itemsize for step in array.strides) if array.size else steps_of_nothing(array)
        if dim is None:
            return strides
        from .ops.dims import wrap_dim

        if not array.ndim:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        return strides[wrap_dim(dim, array.ndim)]

    def storage_offset(self) -> int:
        return self._storage.offset_of(self._array)

    @property
    def ndim(self) -> int:
        return self._array.ndim

    def dim(self) -> int:
        return self._array.ndim

    ndimension = dim

    def numel(self) -> int:
        return self._array.size

    nelement = numel

    @property
    def nbytes(self) -> int:
        return self._array.nbytes

    @property
    def itemsize(self) -> int:
        return self._array.itemsize

    def element_size(self) -> int:
        return self._array.itemsize

    def __len__(self) -> int:
        if not self._array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return self._array.shape[0]

    def is_contiguous(self, memory_format=None) -> bool:
        if memory_format is not None and getattr(memory_format, "name", "") == "channels_last":
            array = self._array
            return array.ndim == 4 and array.transpose(0, 2, 3, 1).flags.c_contiguous
        return bool(self._array.flags.c_contiguous)

    def untyped_storage(self) -> UntypedStorage:
        return self._storage

    def data_ptr(self) -> int:
        """Address of the first element; 0 when there is none."""
        array = self._array
        return array.__array_interface__["data"][0] if array.size and self.device.type != "meta" else 0

    def __cuda_array_interface__(self):
        raise AttributeError("__cuda_array_interface__ is not modelled: the device is simulated")

    __cuda_array_interface__ = property(__cuda_array_interface__)

    # -- dtype and device -----------------------------------------------------------------------------------------

    @property
    def device(self) -> device:
        return self._storage.device

    @property
    def is_cuda(self) -> bool:
        return self._storage.device.type == "cuda"

    @property
    def is_cpu(self) -> bool:
        return self._storage.device is CPU

    @property
    def is_meta(self) -> bool:
        return self._storage.device.type == "meta"

    is_sparse = False
    is_sparse_csr = False
    is_quantized = False
    is_mkldnn = False
    is_nested = False
    names = property(lambda self: (None,) * self._array.ndim)

    @property
    def layout(self):
        from .creation import strided

        return strided

    def get_device(self) -> int:
        index = self._storage.device.index
        return -1 if index is None else index

    def is_floating_point(self) -> bool:
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        return self.dtype.is_complex

    def is_signed(self) -> bool:
        return self.dtype.is_signed

    def is_conj(self) -> bool:
        """Whether the memory is read conjugated."""
        return bits(self._array)[0]

    def is_neg(self) -> bool:
        """Whether the memory is read negated."""
        return bits(self._array)[1]

    def type(self, dtype=None, non_blocking: bool = False):
        """Without argument the old-style type name, ``torch.FloatTensor``; with one, a conversion."""
        if dtype is None:
            return tensor_type_name(self.device, self.dtype.scalar)
        if isinstance(dtype, str):
            from .dtypes import ALL

            wanted = dtype.rsplit(".", 1)[-1].removesuffix("Tensor")
            dtype = next((entry for entry in ALL if entry.scalar == wanted), None)
            if dtype is None:
                raise ValueError("invalid type")
        return self.to(dtype)
