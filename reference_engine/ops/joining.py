"""Joining and repeating: ``cat``, ``stack``, ``repeat`` and rearrangements that copy."""

from __future__ import annotations

import numpy as np

from .._tensor import Tensor
from ..memory_order import like_channels
from .dims import wrap_dim, wrap_dims
from .elementwise import in_format
from .table import COMMON, op


def _cat(arrays, dim):
    if not arrays:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    # Empty one-dimensional tensors join with anything.
    shaped = [array for array in arrays if array.shape != (0,)]
    if not shaped:
        return arrays[0].copy()
    dim = wrap_dim(dim, shaped[0].ndim)
    first = shaped[0]
    for position, array in enumerate(shaped):
        if array.ndim != first.ndim:
            raise RuntimeError(f"Tensors must have same number of dimensions: got {first.ndim} and {array.ndim}")
        for axis, (want, have) in enumerate(zip(first.shape, array.shape, strict=True)):
            if axis != dim and want != have:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {want} but got size "
                    f"{have} for tensor number {position} in the list."
                )
    return like_channels(np.concatenate(shaped, dim), *shaped)


def _cat_grad(grad, tensors, dim):
    pieces, start = [], 0
    dim = wrap_dim(dim, grad.ndim)
    for shape in tensors:
        if shape == (0,):  # what was joined to anything, and has no part in the result
            pieces.append(grad.new_zeros(shape))
            continue
        pieces.append(grad.narrow(dim, start, shape[dim]))
        start += shape[dim]
    return pieces


def _shapes(tensors):
    return [tensor._array.shape for tensor in tensors]


def cat(tensors, dim: int = 0, *, out=None) -> Tensor:
    """The tensors one after another along ``dim``. Raises for an empty list or shapes that do not fit."""
    tensors = list(tensors) if isinstance(tensors, (list, tuple)) else tensors
    if isinstance(tensors, list):
        if not tensors:
            raise ValueError("torch.cat(): expected a non-empty list of Tensors")
        shapes = [t._array.shape if isinstance(t, Tensor) else None for t in tensors]
        keywords = {} if out is None else {"out": out}
        return cat_row(tensors, dim, shapes, **keywords)
    raise TypeError(f"cat(): argument 'tensors' (position 1) must be tuple of Tensors, not {type(tensors).__name__}")


def _check_cat(tensors, dim, shapes):
    for position, shape in enumerate(shapes or ()):
        if shape == ():
            raise RuntimeError(f"zero-dimensional tensor (at position {position}) cannot be concatenated")
    shape = next((shape for shape in shapes or () if shape not in (None, (0,))), None)
    if shape:
        wrap_dim(dim, len(shape))


cat_row = op(
    "cat(Tensor[] tensors, int dim=0, any shapes=None)",
    lambda tensors, dim, shapes: _cat(tensors, dim),
    check=_check_cat,
    promote=COMMON,
    elementwise=False,
    tensors=lambda grad, dim, shapes: _cat_grad(grad, shapes, dim),
    jvp=lambda tensors_t, dim: cat(tensors_t, dim),
    method=False,
    function=False,
    hidden=("shapes",),
    drops_imaginary=True,
)


def _stack(arrays, dim):
    dim = wrap_dim(dim, arrays[0].ndim + 1)
    for position, array in enumerate(arrays):
        if array.shape != arrays[0].shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(arrays[0].shape)} at entry 0 and "
                f"{list(array.shape)} at entry {position}"
            )
    return np.stack(arrays, dim)


stack_row = op(
    "stack(Tensor[] tensors, int dim=0)",
    _stack,
    check=lambda tensors, dim: wrap_dim(dim, tensors[0].ndim + 1),
    promote=COMMON,
    row_major=True,
    tensors=lambda grad, dim: [grad.select(dim, index) for index in range(grad.shape[dim])],
    jvp=lambda tensors_t, dim: stack(tensors_t, dim),
    method=False,
    function=False,
    drops_imaginary=True,
)


def stack(tensors, dim: int = 0, *, out=None) -> Tensor:
    """The tensors, all of one shape, along a new dimension. Raises ``RuntimeError`` for an empty list."""
    tensors = list(tensors)
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    return stack_row(tensors, dim) if out is None else stack_row(tensors, dim, out=out)


def _repeat(array, repeats):
    if len(repeats) < array.ndim:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    return np.tile(array, repeats) if array.ndim or repeats else array.copy()


def _repeat_grad(grad, repeats, self_sym_sizes):
    lead = len(repeats) - len(self_sym_sizes)
    for _ in range(lead):
        grad = grad.sum(0)
    shape = []
    for times, extent in zip(repeats[lead:], self_sym_sizes, strict=True):
        shape += [times, extent]
    if not shape:
        return grad
    return grad.reshape(shape).sum(tuple(range(0, len(shape), 2)))


repeat = op(
    "repeat(Tensor self, int... repeats)",
    _repeat,
    self=lambda grad, repeats, self_sym_sizes: _repeat_grad(grad, repeats, self_sym_sizes),
    jvp="linear",
    function=False,
)


def tile(self: Tensor, *dims) -> Tensor:
    dims = tuple(dims[0]) if len(dims) == 1 and isinstance(dims[0], (tuple, list)) else dims
    return repeat(self, (1,) * (self.ndim - len(dims)) + tuple(dims))


def flipped(array, axes):
    """In memory as the array is."""
    result = in_format(array, None)
    result[...] = np.flip(array, axes)
    return result


flip = op(
    "flip(Tensor self, int... dims)",
    lambda a, dims: flipped(a, wrap_dims(dims, a.ndim)),
    self=lambda grad, dims: grad.flip(dims),
    jvp="linear",
)


def _check_roll(self, shifts, dims):
    """Raises ``RuntimeError`` for unlike numbers of shifts and dimensions, ``IndexError`` for dimensions not there."""
    if not shifts:
        raise RuntimeError("`shifts` required")
    if len(shifts) != len(dims) and (dims or len(shifts) > 1):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}")
    for dim in dims if self._array.size else ():
        if not self.ndim:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        wrap_dim(dim, self.ndim)


roll = op(
    "roll(Tensor self, int[] shifts, int[] dims=())",
    lambda a, shifts, dims: np.roll(a, shifts if dims else shifts[0], dims or None) if a.size else a.copy(),
    row_major=True,
    check=_check_roll,
    self=lambda grad, shifts, dims: grad.roll(tuple(-s for s in shifts), dims),
    jvp="linear",
)


def _check_matrix(name: str):
    def check(self, diagonal):
        if self.ndim < 2:
            raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")

    return check


tril = op("tril(Tensor self, int diagonal=0)", lambda a, k: np.tril(a, k), in_place=True, row_major=True,
          check=_check_matrix("tril"),
          self=lambda grad, diagonal: grad.tril(diagonal), jvp="linear")  # fmt: skip
triu = op("triu(Tensor self, int diagonal=0)", lambda a, k: np.triu(a, k), in_place=True, row_major=True,
          check=_check_matrix("triu"),
          self=lambda grad, diagonal: grad.triu(diagonal), jvp="linear")  # fmt: skip


def meshgrid(*tensors, indexing: str | None = None):
    """Coordinate grids of one-dimensional tensors."""
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tuple(tensors[0])
    for tensor in tensors:
        if tensor.ndim > 1:
            raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {tensor}")
        if tensor.dtype is not tensors[0].dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if indexing == "xy":
        first, second, *rest = meshgrid(tensors[1], tensors[0], *tensors[2:], indexing="ij")
        return (second, first, *rest)
    shape = tuple(t.numel() for t in tensors)
    grids = []
    for place, tensor in enumerate(tensors):
        grids.append(tensor.view([-1 if d == place else 1 for d in range(len(tensors))]).expand(shape))
    return tuple(grids)


FUNCTIONS = (cat, stack, tile, meshgrid)
METHODS = (tile,)
