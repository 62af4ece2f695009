"""Stacking, turning, repeating and laying out: rearrangements of elements beside :mod:`.joining`."""

from __future__ import annotations

import itertools

import numpy as np

from .._tensor import Tensor, make
from ..promotion import result_dtype
from .dims import broadcast_shape, wrap_dim
from .elementwise import clone
from .joining import cat, flip, flipped, meshgrid, stack
from .scatter import gather, index_select
from .shapes import movedim, reshape
from .table import op
from .views import expand, unsqueeze, view

# -- at least so many dimensions -----------------------------------------------------------------------------------


def _at_least(wanted: int, raise_one):
    def at_least(*tensors):
        if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
            tensors = tuple(tensors[0])
        raised = tuple(raise_one(tensor) for tensor in tensors)
        return raised[0] if len(raised) == 1 else raised

    at_least.__name__ = at_least.__qualname__ = f"atleast_{wanted}d"
    return at_least


def _two(tensor):
    return reshape(tensor, 1, 1) if tensor.ndim == 0 else tensor.unsqueeze(0) if tensor.ndim == 1 else tensor


def _three(tensor):
    if tensor.ndim == 0:
        return reshape(tensor, 1, 1, 1)
    if tensor.ndim == 1:
        return tensor.unsqueeze(0).unsqueeze(-1)
    return tensor.unsqueeze(-1) if tensor.ndim == 2 else tensor


atleast_1d = _at_least(1, lambda tensor: reshape(tensor, 1) if tensor.ndim == 0 else tensor)
atleast_2d = _at_least(2, _two)
atleast_3d = _at_least(3, _three)


def _listed(name: str, tensors) -> list:
    if not tensors:
        raise RuntimeError(f"{name} expects a non-empty TensorList")
    return list(tensors)


def hstack(tensors, *, out=None) -> Tensor:
    """The tensors side by side: along the first dimension of vectors, the second of others."""
    raised = [atleast_1d(tensor) for tensor in _listed("hstack", tensors)]
    return cat(raised, 0 if raised[0].ndim == 1 else 1, out=out)


def vstack(tensors, *, out=None) -> Tensor:
    """The tensors on top of each other, vectors as rows."""
    return cat([_two(tensor) for tensor in _listed("vstack", tensors)], 0, out=out)


def dstack(tensors, *, out=None) -> Tensor:
    """The tensors one behind the other, along a third dimension."""
    return cat([_three(tensor) for tensor in _listed("dstack", tensors)], 2, out=out)


def column_stack(tensors, *, out=None) -> Tensor:
    """The tensors side by side, vectors as columns."""
    columns = [
        reshape(tensor, tensor.numel(), 1) if tensor.ndim <= 1 else tensor
        for tensor in _listed("column_stack", tensors)
    ]
    return cat(columns, 1, out=out)


def dsplit(self, indices_or_sections):
    """The tensor in parts along its third dimension."""
    if self.ndim < 3:
        raise RuntimeError(
            f"torch.dsplit requires a tensor with at least 3 dimension, but got a tensor with {self.ndim} dimensions!"
        )
    if isinstance(indices_or_sections, int) and self.size(2) % indices_or_sections:
        raise RuntimeError(
            f"torch.dsplit attempted to split along dimension 2, but the size of the dimension {self.size(2)} is not "
            f"divisible by the split_size {indices_or_sections}!"
        )
    return self.tensor_split(indices_or_sections, 2)


# -- turning -------------------------------------------------------------------------------------------------------


def fliplr(input):
    """The columns in reverse order."""
    if input.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return flip(input, 1)


def flipud(input):
    """The rows in reverse order."""
    if input.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return flip(input, 0)


def _rot90(array, k, dims):
    if array.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {array.ndim}")
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    first, second = (wrap_dim(dim, array.ndim) for dim in dims)
    if first == second:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    turns = k % 4
    if turns in (0, 2):
        return flipped(array, (first, second) if turns else ())
    return flipped(array, second if turns == 1 else first).swapaxes(first, second)


rot90 = op(
    "rot90(Tensor self, int k=1, int[] dims=(0,1))",
    _rot90,
    self=lambda grad, k, dims: grad.rot90(-k, dims),
    jvp="linear",
    out=False,
)

# -- diagonals -----------------------------------------------------------------------------------------------------


def _diag_embed(array, offset, dim1, dim2):
    ndim = array.ndim + 1
    first, second = wrap_dim(dim1, ndim), wrap_dim(dim2, ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    extent = array.shape[-1] + abs(offset)
    whole = np.zeros((*array.shape[:-1], extent, extent), array.dtype)
    rows = np.arange(array.shape[-1])
    whole[..., rows + max(-offset, 0), rows + max(offset, 0)] = array
    return np.ascontiguousarray(np.moveaxis(whole, (-2, -1), (first, second)))


diag_embed = op(
    "diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1)",
    _diag_embed,
    self=lambda grad, offset, dim1, dim2: grad.diagonal(offset, dim1, dim2),
    jvp="linear",
    out=False,
)


def diag(self: Tensor, diagonal: int = 0) -> Tensor:
    """A vector as the diagonal of a matrix, or the diagonal of a matrix as a vector."""
    from .view_copies import diagonal_copy

    if self.ndim == 1:
        return diag_embed(self, diagonal)
    if self.ndim == 2:
        return diagonal_copy(self, diagonal)
    raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {self.ndim}D")


def diagflat(self: Tensor, offset: int = 0) -> Tensor:
    """All elements as the diagonal of a matrix."""
    return diag(self.contiguous().view(-1), offset)


def fill_diagonal_(self: Tensor, fill_value, wrap: bool = False) -> Tensor:
    """Write a number on the main diagonal; with ``wrap`` it starts again below the end of a tall matrix."""
    if self.ndim < 2:
        raise RuntimeError("dimensions must larger than 1")
    if self.ndim > 2 and len(set(self.shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    height, width = self.size(0), self.size(1)
    step, start, count = sum(self.stride()), self.storage_offset(), min(height, width)
    self.as_strided((count,), (step,), start).fill_(fill_value)
    if wrap and self.ndim == 2 and height > width + 1:
        rest = -(-self.numel() // (width + 1)) - count
        if rest > 0:
            self.as_strided((rest,), (step,), start + self.stride(0) * (width + 1)).fill_(fill_value)
    return self


def _trace(array):
    if array.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {array.ndim}")
    return np.trace(array, dtype=np.int64 if array.dtype.kind in "biu" else array.dtype)


def _trace_grad(grad, self_sym_sizes):
    rows, columns = self_sym_sizes
    whole = grad.new_zeros(rows * columns)
    places = make(np.arange(min(rows, columns), dtype=np.int64) * (columns + 1), grad.device)
    return whole.index_put((places,), grad).view(rows, columns)


op("trace(Tensor self)", _trace, self=_trace_grad, jvp="linear", refuses=(("b", "trace"),))


def tril_indices(row: int, col: int, offset: int = 0, *, dtype=None, device=None, layout=None) -> Tensor:
    """Rows and columns of the lower triangle of a matrix, in two rows."""
    return _triangle(np.tril, row, col, offset, dtype, device)


def triu_indices(row: int, col: int, offset: int = 0, *, dtype=None, device=None, layout=None) -> Tensor:
    """Rows and columns of the upper triangle of a matrix, in two rows."""
    return _triangle(np.triu, row, col, offset, dtype, device)


def _triangle(part, row, col, offset, dtype, device):
    from ..devices import resolve
    from ..dtypes import int64

    found = np.stack(np.nonzero(part(np.ones((row, col), np.bool_), offset)))
    return make(found.astype((dtype or int64).numpy), resolve(device))


def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """Powers of a vector's elements, one row for each, the highest power first unless ``increasing``."""
    if x.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    count = x.numel() if N is None else N
    if count < 0:
        raise RuntimeError("N must be non-negative.")
    integers = x.dtype.kind < 2
    powers = x.new_zeros((x.numel(), count)) if not integers else x.long().new_zeros((x.numel(), count))
    if count > 0:
        powers.select(1, 0).fill_(1)
    if count > 1:
        rest = powers.narrow(1, 1, count - 1)
        rest.copy_(x.unsqueeze(1))
        rest.copy_(rest.cumprod(1))
    return powers if increasing else flip(powers, 1)


# -- repeating -----------------------------------------------------------------------------------------------------


def _counted(repeats: Tensor, output_size=None) -> Tensor:
    """The index of each repeated element: 0 as often as the first count says, and so on."""
    if repeats.ndim != 1:
        raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
    if (repeats._array < 0).any():
        raise RuntimeError("repeats can not be negative")
    if output_size is not None:
        if output_size < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {output_size}: [{output_size}]")
        if output_size != repeats._array.sum():
            raise RuntimeError("allocated size does not match required size")
    return make(np.repeat(np.arange(len(repeats._array)), repeats._array).astype(repeats._array.dtype), repeats.device)


def repeat_interleave(input: Tensor, repeats=None, dim: int | None = None, *, output_size: int | None = None) -> Tensor:
    """Each element ``repeats`` times in a row, of all elements or along ``dim``."""
    if repeats is None:
        return _counted(input, output_size)
    source = input.flatten() if dim is None else input
    dim = 0 if dim is None else wrap_dim(dim, input.ndim)
    if not isinstance(repeats, Tensor):
        if repeats < 0:
            raise RuntimeError("Repeats must be non-negative")
        if not source.ndim:
            wrap_dim(dim + 1, 0)  # a number has no place before a new dimension
        shape = source.shape
        if output_size not in (None, shape[dim] * repeats):
            raise RuntimeError(
                f"repeat_interleave: Invalid output_size, expected {shape[dim] * repeats} but got {output_size}"
            )
        spread = expand(unsqueeze(source, dim + 1), (*shape[: dim + 1], repeats, *shape[dim + 1 :]))
        from ..creation import contiguous_format

        return view(clone(spread, memory_format=contiguous_format),
                    (*shape[:dim], shape[dim] * repeats, *shape[dim + 1 :]))  # fmt: skip
    if repeats.ndim > 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    if repeats.ndim == 0 or (repeats.ndim == 1 and repeats.size(0) == 1):
        repeats = repeats.reshape(1).expand(source.size(dim))
    elif repeats.ndim == 1 and repeats.size(0) != source.size(dim):
        raise RuntimeError(
            "repeats must have the same size as input along dim, but got repeats.size(0) = "
            f"{repeats.size(0)} and input.size({dim}) = {source.size(dim)}"
        )
    return index_select(source, dim, _counted(repeats, output_size))


def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None, *, out=None) -> Tensor:
    """Elements by an index that broadcasts against the input, along ``dim`` or in all of it.

    Along ``dim``, an index beyond the end starts again from the front: PyTorch 2.13 takes the remainder, in a copy.
    """
    keywords = {} if out is None else {"out": out}
    if dim is None:
        return gather(input.view(-1), 0, indices.view(-1), **keywords)
    if input.ndim != indices.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{input.ndim} dimensions for input, and {indices.ndim} dimensions for indices"
        )
    if indices.dtype.name != "int64":
        raise RuntimeError(f"torch.take_along_dim(): dtype of indices should be Long but got {indices.dtype.scalar}")
    dim = wrap_dim(dim, input.ndim)
    if not input.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    shapes = [[*tensor.shape[:dim], 1, *tensor.shape[dim + 1 :]] for tensor in (input, indices)]
    common = list(broadcast_shape(*map(tuple, shapes)))
    wide = [[*common[:dim], tensor.size(dim), *common[dim + 1 :]] for tensor in (input, indices)]
    place = indices.expand(wide[1]).remainder(input.size(dim))
    return gather(input.expand(wide[0]), dim, place, **keywords)


# -- blocks, products and choices of sets --------------------------------------------------------------------------


def _block_diag(arrays):
    shapes = [(1, array.size) if array.ndim < 2 else array.shape for array in arrays]
    whole = np.zeros([sum(extents) for extents in zip(*shapes, strict=True)], arrays[0].dtype)
    row = column = 0
    for array, (height, width) in zip(arrays, shapes, strict=True):
        whole[row : row + height, column : column + width] = array
        row, column = row + height, column + width
    return whole


def _block_grads(grad, shapes):
    parts, row, column = [], 0, 0
    for shape in shapes:
        if shape == (0,):  # PyTorch passes it over, and with it the row that it has
            parts.append(grad.new_zeros(shape))
            continue
        height, width = shape if len(shape) == 2 else (1, int(np.prod(shape)))
        part = grad.narrow(0, row, height).narrow(1, column, width)
        parts.append(part if len(shape) == 2 else part.reshape(shape))
        row, column = row + height, column + width
    return parts


block_diag_row = op(
    "block_diag(Tensor[] tensors, any shapes, any dtype)",
    lambda tensors, shapes, dtype: _block_diag([array.astype(dtype.numpy, copy=False) for array in tensors]),
    tensors=lambda grad, shapes: _block_grads(grad, shapes),
    jvp=lambda tensors_t, shapes, dtype: block_diag(*tensors_t),
    method=False,
    function=False,
    hidden=("shapes",),
    drops_imaginary=True,
)


def block_diag(*tensors) -> Tensor:
    """A matrix of the tensors as blocks along the diagonal, vectors as rows. Raises beyond two dimensions."""
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tuple(tensors[0])
    if not tensors:
        from ..creation import empty

        return empty(1, 0)
    for place, tensor in enumerate(tensors):
        if tensor.ndim > 2:
            raise RuntimeError(
                f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {place} has {tensor.ndim} "
                "dimensions"
            )
    return block_diag_row(list(tensors), [tensor._array.shape for tensor in tensors], result_dtype(tensors))


def cartesian_prod(*tensors) -> Tensor:
    """All tuples of elements of the vectors, one row each."""
    for tensor in tensors:
        if tensor.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(tensor.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    return stack([reshape(grid, -1) for grid in meshgrid(*tensors, indexing="ij")], 1)


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All choices of ``r`` elements of a vector, one row each."""
    if input.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return input.new_empty(0)
    count = input.numel()
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    chosen = np.zeros((count,) * r, np.bool_)
    for places in choose(range(count), r):
        chosen[places] = True
    mask = make(chosen, input.device)
    return stack([grid.masked_select(mask) for grid in meshgrid(*[input] * r, indexing="ij")], 1)


moveaxis, row_stack = movedim, vstack
_SHARED = (dsplit, fliplr, flipud, diag, diagflat, repeat_interleave, take_along_dim)
METHODS = (*_SHARED, fill_diagonal_)
FUNCTIONS = (
    *_SHARED, atleast_1d, atleast_2d, atleast_3d, hstack, vstack, dstack, column_stack, tril_indices, triu_indices,
    vander, block_diag, cartesian_prod, combinations,
)  # fmt: skip
