"""Views given by strides: ``as_strided``, ``diagonal``, ``unfold``."""

from __future__ import annotations

import numpy as np

from .._tensor import Tensor, make
from ..graph.inplace import written
from ..storage import restrided
from .dims import wrap_dim
from .table import op
from .views import _zeros


def demand_strides(
    tensor: Tensor, size: tuple, stride: tuple, storage_offset, in_place: bool = False, held: int | None = None
) -> None:
    """Raises ``RuntimeError`` for extents and strides that do not belong together or reach beyond the storage, or the
    ``held`` bytes of a copy of it.
    """
    held = tensor._storage.nbytes() if held is None else held
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
    if needed > held:
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and itemsize "
            f"{tensor._array.itemsize} requiring a storage size of {needed} are out of bounds for storage of size "
            f"{held}"
        )


def _as_strided_backward(grad, input_sizes, input_strides, input_offset, size, stride, storage_offset):
    """The gradient put where the view lay, in fresh memory that is then read where the input lay. What the view read
    several times adds up; what the input itself holds several times has its share."""
    start = input_offset if storage_offset is None else storage_offset
    if 0 in size or 0 in input_sizes:
        return written(grad.new_zeros(input_sizes))
    for dim in range(len(size) - 1, -1, -1):
        if size[dim] == 1:
            grad = grad.squeeze(dim)
        elif stride[dim] == 0:
            grad = grad.sum(dim)
    size, stride = _without(size, stride, lambda extent, step: extent == 1 or step == 0)
    begin = min(start, input_offset)
    written_to = (size, stride, start - begin)
    read_from = (input_sizes, input_strides, input_offset - begin)
    memory = grad.new_zeros(max(_reach(*written_to), _reach(*read_from)))
    if _repeats(size, stride):
        memory.index_add_(0, _places(grad, *written_to), grad.reshape(-1))
    else:
        as_strided(memory, *written_to).copy_(grad)
    if _repeats(input_sizes, input_strides):
        places = _places(grad, *read_from)
        memory.div_(grad.new_zeros(memory.shape).index_add_(0, places, grad.new_ones(places.shape)))
    return as_strided(memory, *read_from)


def _without(size, stride, left_out) -> tuple:
    kept = [pair for pair in zip(size, stride, strict=True) if not left_out(*pair)]
    return tuple(extent for extent, _ in kept), tuple(step for _, step in kept)


def _reach(size, stride, offset) -> int:
    """How many elements of memory these strides need."""
    return offset + 1 + sum((n - 1) * step for n, step in zip(size, stride, strict=True))


def _repeats(size, stride) -> bool:
    """Whether some position may come up twice: when no dimension steps over all that the smaller ones reach."""
    reach = 0
    for step, n in sorted(zip(stride, size, strict=True)):
        if n > 1:
            if step <= reach:
                return True
            reach += step * (n - 1)
    return False


def _places(like: Tensor, size, stride, offset) -> Tensor:
    """Where in memory each element lies, in order."""
    places = np.full(tuple(size), offset, np.int64)
    for dim, (extent, step) in enumerate(zip(size, stride, strict=True)):
        shape = [1] * len(size)
        shape[dim] = extent
        places = places + (np.arange(extent) * step).reshape(shape)
    return make(places.reshape(-1), like.device)


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
    demands=lambda self, size, stride, storage_offset, origin: demand_strides(self, size, stride, storage_offset),
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
    return as_strided_row(self, tuple(size), tuple(stride), storage_offset, _Origin(self))


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
