"""Views given by strides: ``as_strided``, ``diagonal``, ``unfold``."""

from __future__ import annotations

import numpy as np

from .._tensor import Tensor
from ..graph.inplace import written
from ..storage import restrided
from .dims import wrap_dim
from .table import op
from .views import _zeros


def demand_strides(tensor: Tensor, size: tuple, stride: tuple, storage_offset, in_place: bool = False) -> None:
    """Raises ``RuntimeError`` for extents and strides that do not belong together or reach beyond the storage."""
    storage = tensor._storage
    offset = tensor.storage_offset() if storage_offset is None else storage_offset
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(step < 0 for step in stride):
        raise RuntimeError(f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}")
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    if any(extent < 0 for extent in size):
        raise RuntimeError(
            "numel: integer multiplication overflow"
            if in_place
            else f"Storage size calculation overflowed with sizes={list(size)} and strides={list(stride)}"
        )
    needed = 0
    if 0 not in size:
        needed = (sum((n - 1) * s for n, s in zip(size, stride, strict=True)) + 1 + offset) * tensor._array.itemsize
    if needed > storage.nbytes():
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and itemsize "
            f"{tensor._array.itemsize} requiring a storage size of {needed} are out of bounds for storage of size "
            f"{storage.nbytes()}"
        )


def _as_strided_backward(grad, self_sym_sizes, self_sym_strides, offset, size, stride, storage_offset):
    """Scatter the gradient back into the geometry of the input: positions that repeat add up."""
    start = offset if storage_offset is None else storage_offset
    return written(as_strided_scatter_add(grad, self_sym_sizes, self_sym_strides, offset, size, stride, start))


def _positions(size, stride, offset) -> np.ndarray:
    places = np.full(tuple(size), offset, np.int64)
    for dim, (extent, step) in enumerate(zip(size, stride, strict=True)):
        shape = [1] * len(size)
        shape[dim] = extent
        places = places + (np.arange(extent) * step).reshape(shape)
    return places


def _scatter_geometry(grad, input_sizes, input_strides, input_offset, size, stride, start):
    out_places = _positions(size, stride, start).reshape(-1)
    in_places = _positions(input_sizes, input_strides, input_offset)
    lowest = min([0, *(out_places[:1])]) if out_places.size else 0
    reach = int(max([lowest, *([out_places.max()] if out_places.size else []),
                     *([in_places.max()] if in_places.size else [])])) + 1  # fmt: skip
    memory = np.zeros(reach, grad.dtype)
    np.add.at(memory, out_places, grad.reshape(-1))
    counts = np.zeros(reach, np.int64)
    np.add.at(counts, in_places.reshape(-1), 1)
    return (
        memory[in_places] / np.maximum(counts[in_places], 1).astype(grad.dtype)
        if (counts > 1).any()
        else (memory[in_places])
    )


as_strided_scatter_add = op(
    "as_strided_scatter_add(Tensor grad_output, any input_sizes, any input_strides, int input_offset, any size, "
    "any stride, int start)".replace("  ", " "),
    _scatter_geometry,
    grad_output=lambda grad, input_sizes, input_strides, input_offset, size, stride, start: gather_geometry(
        grad, input_sizes, input_strides, input_offset, size, stride, start
    ),
    method=False,
    function=False,
)


def _gather_geometry(grad, input_sizes, input_strides, input_offset, size, stride, start):
    in_places = _positions(input_sizes, input_strides, input_offset)
    out_places = _positions(size, stride, start)
    reach = int(max(in_places.max(initial=0), out_places.max(initial=0))) + 1
    memory, counts = np.zeros(reach, grad.dtype), np.zeros(reach, np.int64)
    np.add.at(memory, in_places.reshape(-1), grad.reshape(-1))
    np.add.at(counts, in_places.reshape(-1), 1)
    return memory[out_places] / np.maximum(counts[out_places], 1).astype(grad.dtype)


gather_geometry = op(
    "gather_geometry(Tensor grad_output, any input_sizes, any input_strides, int input_offset, any size, any stride, "
    "int start)",
    _gather_geometry,
    grad_output=lambda grad, input_sizes, input_strides, input_offset, size, stride, start: _scatter_geometry_op(
        grad, input_sizes, input_strides, input_offset, size, stride, start
    ),
    method=False,
    function=False,
)
_scatter_geometry_op = as_strided_scatter_add
as_strided_row = op(
    "as_strided(Tensor self, int[] size, int[] stride, int? storage_offset=None, any origin=None)",
    lambda a, size, stride, storage_offset, origin: origin.strided(a.dtype, size, stride, storage_offset),
    view=True,
    self=lambda grad, self_sym_sizes, self_sym_strides, size, stride, storage_offset, origin: _as_strided_backward(
        grad, self_sym_sizes, self_sym_strides, origin.base_offset, size, stride, storage_offset
    ),
    jvp=lambda self_t, self, size, stride, storage_offset: as_strided(
        self_t, size, stride, None if storage_offset is None else storage_offset - self.storage_offset()
    ),
    method=False,
    function=False,
    hidden=("origin", "self_sym_sizes", "self_sym_strides"),
)


class _Origin:
    """The memory that ``as_strided`` looks at: it may reach beyond the tensor that it was called on."""

    __slots__ = ("base_offset", "tensor", "tensor_storage")

    def __init__(self, tensor: Tensor) -> None:
        self.tensor_storage, self.base_offset = tensor._storage, tensor.storage_offset()

    def strided(self, stored_as, size, stride, storage_offset) -> np.ndarray:
        offset = self.base_offset if storage_offset is None else storage_offset
        return self.tensor_storage.strided(stored_as, size, stride, offset)


def as_strided_node(base: Tensor, view: Tensor):
    """The node by which ``view`` would come from ``base``, as ``as_strided`` records it."""
    from .dispatch import fill_facts, new_node, save

    row = as_strided_row.row
    values = [base, tuple(view.shape), view.stride(), view.storage_offset(), _Origin(base)]
    node, mask = new_node(row, values)
    node.saved = {}
    save(node, row, mask, values, ())
    fill_facts(node, row, values, mask)
    node.input_metadata.append((view._array.shape, view.dtype, view._storage.device))
    return node


def as_strided(self: Tensor, size, stride, storage_offset: int | None = None) -> Tensor:
    """A view with explicit extents, strides and offset (in elements). Raises ``RuntimeError`` out of bounds."""
    size, stride = tuple(size), tuple(stride)
    demand_strides(self, size, stride, storage_offset)
    return as_strided_row(self, size, stride, storage_offset, _Origin(self))


def _diagonal(array: np.ndarray, offset: int, dim1: int, dim2: int) -> np.ndarray:
    a, b = wrap_dim(dim1, array.ndim), wrap_dim(dim2, array.ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    height, width = array.shape[a], array.shape[b]
    count = max(min(height, width - offset) if offset >= 0 else min(height + offset, width), 0)
    start = array
    if count and offset:
        dim, skip = (b, offset) if offset > 0 else (a, -offset)
        start = array[(slice(None),) * dim + (slice(skip, None),)]
    rest = [dim for dim in range(array.ndim) if dim not in (a, b)]
    shape = (*[array.shape[dim] for dim in rest], count)
    strides = (*[array.strides[dim] for dim in rest], array.strides[a] + array.strides[b])
    return restrided(start, shape, strides)


diagonal = op(
    "diagonal(Tensor self, int offset=0, int dim1=0, int dim2=1)",
    _diagonal,
    view=True,
    self=lambda grad, self_sym_sizes, offset, dim1, dim2: diagonal_backward(grad, self_sym_sizes, offset, dim1, dim2),
    jvp="linear",
)


def _diagonal_backward(grad, input_sizes, offset, dim1, dim2):
    whole = _zeros(input_sizes, grad)
    _diagonal(whole, offset, dim1, dim2)[...] = grad
    return whole


diagonal_backward = op(
    "diagonal_backward(Tensor grad_output, any input_sizes, int offset, int dim1, int dim2)",
    _diagonal_backward,
    grad_output=lambda grad, offset, dim1, dim2: grad.diagonal(offset, dim1, dim2),
    jvp="linear",
    method=False,
    function=False,
)


def _unfold(array: np.ndarray, dimension: int, size: int, step: int) -> np.ndarray:
    dim = wrap_dim(dimension, array.ndim)
    extent = array.shape[dim] if array.ndim else 1
    if size > extent:
        raise RuntimeError(f"maximum size for tensor at dimension {dim} is {extent} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    shape, strides = list(array.shape), list(array.strides)
    stride = strides[dim] if array.ndim else array.itemsize
    if array.ndim:
        shape[dim] = (extent - size) // step + 1
        strides[dim] = stride * step
    return restrided(array, [*shape, size], [*strides, stride])


unfold = op(
    "unfold(Tensor self, int dimension, int size, int step)",
    _unfold,
    view=True,
    self=lambda grad, self_sym_sizes, dimension, size, step: unfold_backward(
        grad, self_sym_sizes, dimension, size, step
    ),
    jvp="linear",
)


def _unfold_backward(grad, input_sizes, dim, size, step):
    places = _unfold(np.arange(np.prod(input_sizes, dtype=np.int64)).reshape(input_sizes), dim, size, step)
    whole = np.zeros(int(np.prod(input_sizes)), grad.dtype)
    np.add.at(whole, places.reshape(-1), grad.reshape(-1))
    return whole.reshape(input_sizes)


unfold_backward = op(
    "unfold_backward(Tensor grad_in, any input_sizes, int dim, int size, int step)",
    _unfold_backward,
    grad_in=lambda grad, dim, size, step: grad.unfold(dim, size, step),
    jvp="linear",
    method=False,
    function=False,
)
