"""Shapes: functions that are views when they can be, and names for special views."""

from __future__ import annotations

from .._state import process, warn_once
from .._tensor import Tensor
from .complex_parts import imag, real
from .dims import infer_size, wrap_dim
from .elementwise import clone
from .splitting import chunk, hsplit, split, tensor_split, unsafe_chunk, unsafe_split, unsafe_split_with_sizes, vsplit
from .strided import as_strided
from .views import alias, expand, narrow, permute, reshape_alias, transpose, unsafe_view, view, view_array


def reshape(self: Tensor, *shape) -> Tensor:
    """The same elements in another shape: a view where strides allow, else a copy."""
    shape = sizes_of(shape)
    wanted = infer_size(shape, self._array.size)
    if self._array.flags.c_contiguous:
        return view(self, wanted)
    if view_array(self._array, wanted) is not None:
        # Where a mode listens to operations, it hears of a plain view.
        return reshape_alias(self, wanted) if process.mutations is None else view(self, wanted)
    return unsafe_view(clone(self, memory_format=_contiguous()), wanted)


def _contiguous():
    from ..creation import contiguous_format

    return contiguous_format


def sizes_of(args: tuple) -> tuple:
    """``f(2, 3)`` and ``f((2, 3))`` alike."""
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        args = tuple(args[0])
    return tuple(int(extent) for extent in args)


def contiguous(self: Tensor, memory_format=None) -> Tensor:
    """The tensor itself when its elements lie in order, else a copy in order."""
    if memory_format is not None and memory_format.name == "channels_last":
        return self if self.is_contiguous(memory_format) else clone(self, memory_format=memory_format)
    if self._array.flags.c_contiguous:
        return self
    if memory_format is not None and memory_format.name == "preserve_format":
        raise RuntimeError("preserve memory format is unsupported by the contiguous operator")
    return clone(self, memory_format=_contiguous())


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Dimensions ``start_dim`` to ``end_dim`` joined into one."""
    if input.ndim == 0:
        return reshape(input, 1)
    start, end = wrap_dim(start_dim, input.ndim), wrap_dim(end_dim, input.ndim)
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if start == end:
        return input
    sizes = input._array.shape
    joined = 1
    for extent in sizes[start : end + 1]:
        joined *= extent
    return reshape(input, (*sizes[:start], joined, *sizes[end + 1 :]))


def unflatten(self: Tensor, dim: int, sizes) -> Tensor:
    """Dimension ``dim`` split into ``sizes``. Raises ``IndexError`` and ``RuntimeError`` where they do not fit."""
    dim = wrap_dim(dim, self.ndim)
    sizes = tuple(sizes)
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    unexpected = "unflatten got an unexpected error:\n"
    if not self.ndim:
        raise RuntimeError(f"{unexpected}Dimension specified as {dim} but tensor has no dimensions")
    try:
        inferred = infer_size(sizes, self._array.shape[dim])
    except RuntimeError as error:
        if "is invalid for input" not in str(error):
            raise RuntimeError(f"{unexpected}{error}") from None
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} "
            f"({self._array.shape[dim]}) in the input tensor"
        ) from None
    return view(self, (*self._array.shape[:dim], *inferred, *self._array.shape[dim + 1 :]))


def view_as(self: Tensor, other: Tensor) -> Tensor:
    return view(self, other._array.shape)


def reshape_as(self: Tensor, other: Tensor) -> Tensor:
    return reshape(self, other._array.shape)


def expand_as(self: Tensor, other: Tensor) -> Tensor:
    return expand(self, other._array.shape)


def movedim(self: Tensor, source, destination) -> Tensor:
    """Dimensions moved to new places, the others keeping their order."""
    sources = (source,) if isinstance(source, int) else tuple(source)
    targets = (destination,) if isinstance(destination, int) else tuple(destination)
    sources = [wrap_dim(dim, self.ndim) for dim in sources]
    targets = [wrap_dim(dim, self.ndim) for dim in targets]
    if not self.ndim:
        return alias(self)
    rest = [dim for dim in range(self.ndim) if dim not in sources]
    order: list = [None] * self.ndim
    for origin, target in zip(sources, targets, strict=True):
        order[target] = origin
    remaining = iter(rest)
    return permute(self, tuple(next(remaining) if dim is None else dim for dim in order))


def swapaxes(self: Tensor, axis0: int, axis1: int) -> Tensor:
    return transpose(self, axis0, axis1)


def swapdims(self: Tensor, dim0: int, dim1: int) -> Tensor:
    return transpose(self, dim0, dim1)


_IDENTITY = "This function is the identity in these cases."
_CONJUGATE = "Consider using x.conj()."


def _only_matrices(self: Tensor, name: str, batches: bool, instead: str) -> bool:
    """Whether ``self`` has matrices to transpose; one number has none and is warned of.

    Raises ``RuntimeError`` for one dimension, and for more than two unless ``batches`` are taken.
    """
    if self.ndim == 0:
        warn_once(f"{name} is deprecated on 0-D tensors. {instead}", stacklevel=4)
        return False
    if self.ndim == 1 or (self.ndim > 2 and not batches):
        shown = "tensor." + name.removeprefix("Tensor.")
        kinds = "matrices or batches of matrices" if batches else "matrices (2-D tensors)"
        hint = " For batches of matrices, consider using tensor.mH" if self.ndim > 2 else ""
        raise RuntimeError(f"{shown} is only supported on {kinds}. Got {self.ndim}-D tensor.{hint}")
    return True


def _adjoint(self: Tensor, name: str, batches: bool = True) -> Tensor:
    if not _only_matrices(self, name, batches, _CONJUGATE):
        return self.conj()
    return transpose(self, -2, -1).conj()


def adjoint(self: Tensor) -> Tensor:
    """Matrices transposed and conjugated, as a view."""
    return _adjoint(self, "adjoint()")


def ravel(self: Tensor) -> Tensor:
    return view(contiguous(self), -1)


def T(self: Tensor) -> Tensor:
    """The dimensions in reverse order."""
    if self.ndim == 0:
        warn_once(f"Tensor.T is deprecated on 0-D tensors. {_IDENTITY}")
    elif self.ndim != 2:
        warn_once(
            "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will "
            "throw an error in a future release. Consider `x.mT` to transpose batches of matrices or `x.permute(*"
            "torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor."
        )
    return permute(self, tuple(range(self.ndim - 1, -1, -1)))


def mT(self: Tensor) -> Tensor:
    """Matrices transposed."""
    return transpose(self, -2, -1) if _only_matrices(self, "Tensor.mT", True, _IDENTITY) else self


def H(self: Tensor) -> Tensor:
    """One matrix transposed and conjugated."""
    return _adjoint(self, "Tensor.H", batches=False)


def mH(self: Tensor) -> Tensor:
    """Matrices transposed and conjugated."""
    return _adjoint(self, "Tensor.mH")


METHODS = (
    narrow, as_strided, split, chunk, tensor_split, hsplit, vsplit, unsafe_split, unsafe_split_with_sizes,
    unsafe_chunk, reshape, flatten,
    unflatten, movedim, swapaxes, swapdims, adjoint, ravel, contiguous, view_as, reshape_as, expand_as,
)  # fmt: skip
FUNCTIONS = (*METHODS[:-4], real, imag)
PROPERTIES = {"T": T, "mT": mT, "H": H, "mH": mH, "real": real, "imag": imag}
