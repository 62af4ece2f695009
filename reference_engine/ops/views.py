"""Views: results that share the memory of their base.

A view's forward function returns a strided NumPy view; the record of the view (base, replay, creation) is made in
:mod:`reference_engine.autograd.inplace`. Operations that may or may not copy (``reshape``, ``contiguous``) are
plain functions made of rows.
"""

from __future__ import annotations

import numpy as np

from .._tensor import Tensor
from ..dtypes import COMPLEX
from ..storage import restrided
from .dims import infer_size, wrap_dim, wrap_dims
from .elementwise import clone
from .table import op

VIEW_INCOMPATIBLE = (
    "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
    "contiguous subspaces). Use .reshape(...) instead."
)


def view_array(array: np.ndarray, shape: tuple) -> np.ndarray | None:
    """``array`` with another shape over the same memory, or None where strides cannot express it."""
    if array.flags.c_contiguous:
        return array.reshape(shape)
    try:
        return array.reshape(shape, copy=False)
    except ValueError:
        return None


def _view(array: np.ndarray, size: tuple) -> np.ndarray:
    viewed = view_array(array, infer_size(size, array.size))
    if viewed is None:
        raise RuntimeError(VIEW_INCOMPATIBLE)
    return viewed


alias = op("alias(Tensor self)", lambda a: a[...], view=True, self=lambda grad: grad, jvp="linear", method=False,
           function=False)  # fmt: skip
view = op(
    "view(Tensor self, int... size)",
    _view,
    view=True,
    self=lambda grad, self_sym_sizes: grad.reshape(self_sym_sizes),
    jvp="linear",
)
unsafe_view = op(
    "_unsafe_view(Tensor self, int... size)",
    lambda a, size: np.ascontiguousarray(a).reshape(infer_size(size, a.size)),
    node="UnsafeViewBackward0",
    self=lambda grad, self_sym_sizes: grad.reshape(self_sym_sizes),
    jvp="linear",
    method=False,
    function=False,
)
reshape_alias = op(
    "_reshape_alias(Tensor self, int[] size)",
    _view,
    node="ReshapeAliasBackward0",
    view=True,
    self=lambda grad, self_sym_sizes: grad.reshape(self_sym_sizes),
    jvp="linear",
    method=False,
    function=False,
)
view_dtype = op(
    "view(Tensor self, dtype dtype)",
    lambda a, dtype: a.view(dtype.numpy),
    view=True,
    replayed=True,
    differentiable=False,
)


def _expand(array: np.ndarray, size: tuple) -> np.ndarray:
    lead = len(size) - array.ndim
    if lead < 0:
        raise RuntimeError(
            f"expand({_type_text(array)}{{{list(array.shape)}}}, size={list(size)}): the number of sizes provided "
            f"({len(size)}) must be greater or equal to the number of dimensions in the tensor ({array.ndim})"
        )
    shape, strides = [], []
    for dim in range(len(size) - 1, -1, -1):
        extent = size[dim]
        if dim >= lead:
            have, step = array.shape[dim - lead], array.strides[dim - lead]
            if extent == -1:
                extent = have
            if have != extent:
                if have != 1:
                    raise RuntimeError(
                        f"The expanded size of the tensor ({extent}) must match the existing size ({have}) at "
                        f"non-singleton dimension {dim}.  Target sizes: {list(size)}.  Tensor sizes: "
                        f"{list(array.shape)}"
                    )
                step = 0
        else:
            if extent == -1:
                raise RuntimeError(
                    f"The expanded size of the tensor ({extent}) isn't allowed in a leading, non-existing dimension "
                    f"{dim}"
                )
            step = (shape[0] * strides[0] if shape else array.itemsize) if extent == 1 else 0
        shape.insert(0, extent)
        strides.insert(0, step)
    return restrided(array, shape, strides)


def _type_text(array: np.ndarray) -> str:
    from ..dtypes import BY_NUMPY

    return f"torch.{BY_NUMPY[array.dtype].scalar}Tensor"


expand = op(
    "expand(Tensor self, int... size, *, bool implicit=False)",
    lambda a, size, implicit: _expand(a, size),
    view=True,
    self=lambda grad, self_sym_sizes: grad.sum_to_size(self_sym_sizes),
    jvp="linear",
)


def _permute(array: np.ndarray, dims: tuple) -> np.ndarray:
    if len(dims) != array.ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {array.ndim} is not equal to len(dims) = {len(dims)}"
        )
    wrapped = wrap_dims(dims, array.ndim) if dims else ()
    return array.transpose(wrapped)


def _invert(dims: tuple) -> tuple:
    count = len(dims)
    inverse = [0] * count
    for place, dim in enumerate(dims):
        inverse[dim % count] = place
    return tuple(inverse)


permute = op(
    "permute(Tensor self, int... dims)",
    _permute,
    view=True,
    self=lambda grad, dims: grad.permute(_invert(dims)),
    jvp="linear",
)


def _transpose(array: np.ndarray, dim0: int, dim1: int) -> np.ndarray:
    a, b = wrap_dim(dim0, array.ndim), wrap_dim(dim1, array.ndim)
    return array.swapaxes(a, b) if array.ndim else array[...]


transpose = op(
    "transpose(Tensor self, int dim0, int dim1)",
    _transpose,
    view=True,
    self=lambda grad, dim0, dim1: grad.transpose(dim0, dim1),
    jvp="linear",
)


def _t(array: np.ndarray) -> np.ndarray:
    if array.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {array.ndim}D")
    return array.T


t = op("t(Tensor self)", _t, view=True, self=lambda grad: grad.t(), jvp="linear")


def _select(array: np.ndarray, dim: int, index: int) -> np.ndarray:
    if not array.ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, array.ndim)
    extent = array.shape[dim]
    if not -extent <= index < extent:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(array.shape)} at dimension {dim}"
        )
    return array[(slice(None),) * dim + (index, ...)]


select = op(
    "select(Tensor self, int dim, int index)",
    _select,
    view=True,
    self=lambda grad, self_sym_sizes, dim, index: select_backward(grad, self_sym_sizes, dim, index),
    jvp="linear",
)


def _zeros(shape, like: np.ndarray) -> np.ndarray:
    return np.zeros(shape, like.dtype)


def _select_backward(grad, input_sizes, dim, index):
    whole = _zeros(input_sizes, grad)
    _select(whole, dim, index)[...] = grad
    return whole


select_backward = op(
    "select_backward(Tensor grad_output, any input_sizes, int dim, int index)",
    _select_backward,
    grad_output=lambda grad, dim, index: grad.select(dim, index),
    jvp="linear",
    method=False,
    function=False,
)


def _slice(array: np.ndarray, dim: int, start, end, step: int) -> np.ndarray:
    if not array.ndim:
        raise RuntimeError("slice() cannot be applied to a 0-dim tensor.")
    if step <= 0:
        raise ValueError("step must be greater than zero")
    dim = wrap_dim(dim, array.ndim)
    return array[(slice(None),) * dim + (slice(start, end, step),)]


slice_ = op(
    "slice(Tensor self, int dim=0, int? start=None, int? end=None, int step=1)",
    _slice,
    view=True,
    self=lambda grad, self_sym_sizes, dim, start, end, step: slice_backward(
        grad, self_sym_sizes, dim, start, end, step
    ),
    jvp="linear",
    method=False,
    function=False,
)


def _slice_backward(grad, input_sizes, dim, start, end, step):
    whole = _zeros(input_sizes, grad)
    _slice(whole, dim, start, end, step)[...] = grad
    return whole


slice_backward = op(
    "slice_backward(Tensor grad_output, any input_sizes, int dim, int? start, int? end, int step)",
    _slice_backward,
    grad_output=lambda grad, dim, start, end, step: slice_(grad, dim, start, end, step),
    jvp="linear",
    method=False,
    function=False,
)


def narrow(self: Tensor, dim: int, start, length: int) -> Tensor:
    """The ``length`` elements along ``dim`` from ``start`` on, as a view."""
    if self.ndim == 0:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    extent = self.size(dim)
    start = int(start)
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if start < 0:
        start += extent
    if not 0 <= start <= extent or start + length > extent:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({extent}).")
    return slice_(self, dim, start, start + length, 1)


def _unsqueeze(array: np.ndarray, dim: int) -> np.ndarray:
    dim = wrap_dim(dim, array.ndim + 1)
    # The new dimension's stride continues that of its neighbour, as in a dense tensor.
    step = array.shape[dim] * array.strides[dim] if dim < array.ndim else array.itemsize
    shape = (*array.shape[:dim], 1, *array.shape[dim:])
    strides = (*array.strides[:dim], step, *array.strides[dim:])
    return restrided(array, shape, strides)


unsqueeze = op(
    "unsqueeze(Tensor self, int dim)", _unsqueeze, view=True, self=lambda grad, dim: grad.squeeze(dim), jvp="linear"
)


def _squeeze(array: np.ndarray, dims: tuple) -> np.ndarray:
    gone = {dim for dim in dims if array.shape[dim] == 1}
    kept = [dim for dim in range(array.ndim) if dim not in gone]
    return restrided(array, [array.shape[d] for d in kept], [array.strides[d] for d in kept])


def _unsqueeze_to(grad, sizes, dims=None):
    """Undo a squeeze: put back the dimensions of extent 1."""
    wanted = range(len(sizes)) if dims is None else wrap_dims(dims, len(sizes))
    for dim, extent in enumerate(sizes):
        if extent == 1 and dim in wanted:
            grad = grad.unsqueeze(dim)
    return grad


squeeze = op(
    "squeeze(Tensor self)",
    lambda a: _squeeze(a, tuple(range(a.ndim))),
    view=True,
    self=lambda grad, self_sym_sizes: _unsqueeze_to(grad, self_sym_sizes),
    jvp="linear",
)
squeeze_dim = op(
    "squeeze(Tensor self, int dim)",
    lambda a, dim: _squeeze(a, wrap_dims(dim, a.ndim)),
    view=True,
    node="SqueezeBackward1",
    self=lambda grad, self_sym_sizes, dim: _unsqueeze_to(grad, self_sym_sizes, dim),
    jvp="linear",
)
squeeze_dims = op(
    "squeeze(Tensor self, int[] dim)",
    lambda a, dim: _squeeze(a, wrap_dims(dim, a.ndim)),
    view=True,
    node="SqueezeBackward2",
    self=lambda grad, self_sym_sizes, dim: _unsqueeze_to(grad, self_sym_sizes, dim),
    jvp="linear",
)


def _as_strided_forward(tensor: Tensor, size: tuple, stride: tuple, storage_offset):
    storage = tensor._storage
    offset = tensor.storage_offset() if storage_offset is None else storage_offset
    needed = 0
    if 0 not in size:
        needed = (sum((n - 1) * s for n, s in zip(size, stride, strict=True)) + 1 + offset) * tensor._array.itemsize
    if len(size) != len(stride):
        raise RuntimeError(f"mismatch in length of strides and shape. Lengths are {len(stride)} and {len(size)}")
    if any(step < 0 for step in stride):
        raise RuntimeError(f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}")
    if needed > storage.nbytes():
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and itemsize "
            f"{tensor._array.itemsize} requiring a storage size of {needed} are out of bounds for storage of size "
            f"{storage.nbytes()}"
        )
    return storage.strided(tensor.dtype.numpy, size, stride, offset)


def _as_strided_backward(grad, self_sym_sizes, self_sym_strides, offset, size, stride, storage_offset):
    """Scatter the gradient back into the geometry of the input: positions that repeat add up."""
    start = offset if storage_offset is None else storage_offset
    return as_strided_scatter_add(grad, self_sym_sizes, self_sym_strides, offset, size, stride, start)


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
    return memory[in_places] / np.maximum(counts[in_places], 1).astype(grad.dtype) if (counts > 1).any() else (
        memory[in_places]
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
    memory = np.zeros(reach, grad.dtype)
    memory[in_places.reshape(-1)] = grad.reshape(-1)
    return memory[out_places]


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

    __slots__ = ("tensor_storage", "base_offset", "tensor")

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
    _as_strided_forward(self, size, stride, storage_offset)
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

# -- several views at once ----------------------------------------------------------------------------------------


def _split_points(extent: int, sizes) -> list[tuple[int, int]]:
    points, start = [], 0
    for size in sizes:
        points.append((start, start + size))
        start += size
    return points


def _pieces(array: np.ndarray, dim: int, points) -> list[np.ndarray]:
    dim = wrap_dim(dim, array.ndim)
    return [array[(slice(None),) * dim + (slice(a, b),)] for a, b in points]


def _split(array: np.ndarray, split_size: int, dim: int) -> list[np.ndarray]:
    if not array.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    if split_size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={split_size}")
    extent = array.shape[wrap_dim(dim, array.ndim)]
    if split_size == 0 and extent:
        raise RuntimeError("split_size can only be 0 if dimension size is 0, but got dimension size of " f"{extent}")
    count = max(-(-extent // split_size), 1) if split_size else 1
    return _pieces(array, dim, [(i * split_size, min((i + 1) * split_size, extent)) for i in range(count)])


def _join(grads, shape, dim, lengths):
    """The gradient of a split: the pieces side by side, zeros for those that got none."""
    from ..creation import zeros

    present = next(g for g in grads if g is not None)
    dim = wrap_dim(dim, len(shape))
    pieces = []
    for grad, length in zip(grads, lengths, strict=True):
        if grad is None:
            piece = (*shape[:dim], length, *shape[dim + 1 :])
            grad = zeros(piece, dtype=present.dtype, device=present.device)
        pieces.append(grad)
    from .joining import cat

    return cat(pieces, dim)


def _split_backward(grads, self_sym_sizes, split_size, dim):
    extent = self_sym_sizes[dim]
    lengths = [min(split_size, extent - i * split_size) for i in range(len(grads))]
    return _join(grads, self_sym_sizes, dim, lengths)


split_row = op(
    "split(Tensor self, int split_size, int dim=0)",
    _split,
    view=True,
    multi_output=True,
    self=lambda grads, self_sym_sizes, split_size, dim: _split_backward(grads, self_sym_sizes, split_size, dim),
    jvp="linear",
    method=False,
    function=False,
)


def _split_with_sizes(array: np.ndarray, split_sizes: tuple, dim: int) -> list[np.ndarray]:
    extent = array.shape[wrap_dim(dim, array.ndim)]
    if sum(split_sizes) != extent:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {extent} (input tensor's size at dimension "
            f"{dim}), but got split_sizes={list(split_sizes)}"
        )
    return _pieces(array, dim, _split_points(extent, split_sizes))


split_with_sizes = op(
    "split_with_sizes(Tensor self, int[] split_sizes, int dim=0)",
    _split_with_sizes,
    view=True,
    multi_output=True,
    self=lambda grads, self_sym_sizes, split_sizes, dim: _join(grads, self_sym_sizes, dim, split_sizes),
    jvp="linear",
)


def split(self: Tensor, split_size_or_sections, dim: int = 0):
    """Views of ``split_size`` elements each along ``dim``, or of the lengths given in a list."""
    if isinstance(split_size_or_sections, int):
        return split_row(self, split_size_or_sections, dim)
    return split_with_sizes(self, tuple(split_size_or_sections), dim)


def chunk(input: Tensor, chunks: int, dim: int = 0):
    """At most ``chunks`` views of equal length along ``dim``; the last may be shorter."""
    if input.ndim == 0:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    extent = input.size(dim)
    return split_row(input, -(-extent // chunks) or 1, dim)


def _unbind(array: np.ndarray, dim: int) -> list[np.ndarray]:
    if not array.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    dim = wrap_dim(dim, array.ndim)
    return [array[(slice(None),) * dim + (index, ...)] for index in range(array.shape[dim])]


def _unbind_backward(grads, dim):
    from ..creation import zeros_like
    from .joining import stack

    present = next(g for g in grads if g is not None)
    return stack([zeros_like(present) if g is None else g for g in grads], dim)


unbind = op(
    "unbind(Tensor self, int dim=0)",
    _unbind,
    view=True,
    multi_output=True,
    self=lambda grads, dim: _unbind_backward(grads, dim),
    jvp="linear",
)


def tensor_split(input: Tensor, indices_or_sections, dim: int = 0):
    """Views between the given indices, or that many views of nearly equal length."""
    extent = input.size(dim)
    if isinstance(indices_or_sections, Tensor):
        indices_or_sections = indices_or_sections.tolist()
    if isinstance(indices_or_sections, int):
        sections = indices_or_sections
        if sections <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {sections}")
        small, extra = divmod(extent, sections)
        lengths = [small + 1] * extra + [small] * (sections - extra)
        edges = [0]
        for length in lengths:
            edges.append(edges[-1] + length)
    else:
        edges = [0, *indices_or_sections, extent]
    return tuple(slice_(input, dim, a, max(a, b), 1) for a, b in zip(edges, edges[1:], strict=False))


def hsplit(input: Tensor, indices_or_sections):
    if input.ndim < 1:
        raise RuntimeError("torch.hsplit requires a tensor with at least 1 dimension, but got a tensor with 0 dimensions!")
    return tensor_split(input, indices_or_sections, 0 if input.ndim == 1 else 1)


def vsplit(input: Tensor, indices_or_sections):
    if input.ndim < 2:
        raise RuntimeError(
            f"torch.vsplit requires a tensor with at least 2 dimension, but got a tensor with {input.ndim} dimensions!"
        )
    return tensor_split(input, indices_or_sections, 0)


# -- complex numbers ------------------------------------------------------------------------------------------------


def _parts(array: np.ndarray) -> np.ndarray:
    real = array.real.dtype
    return array[..., None].view(real) if array.flags.c_contiguous else restrided(
        array.real, (*array.shape, 2), (*array.strides, real.itemsize)
    )


view_as_real = op(
    "view_as_real(Tensor self)",
    _parts,
    view=True,
    replayed=True,
    self=lambda grad: view_as_complex(grad.contiguous()),
    jvp="linear",
    method=False,
)
view_as_complex = op(
    "view_as_complex(Tensor self)",
    lambda a: a.view(np.complex64 if a.dtype == np.float32 else np.complex128)[..., 0],
    view=True,
    replayed=True,
    self=lambda grad: view_as_real(grad),
    jvp="linear",
    method=False,
)


def real(self: Tensor) -> Tensor:
    """The real parts as a view; a real tensor itself."""
    return select(view_as_real(self), -1, 0) if self.dtype.kind == COMPLEX else self


def imag(self: Tensor) -> Tensor:
    """The imaginary parts as a view. Raises ``RuntimeError`` for real tensors."""
    if self.dtype.kind != COMPLEX:
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return select(view_as_real(self), -1, 1)


# -- functions that are views when they can be ------------------------------------------------------------------------


def reshape(self: Tensor, *shape) -> Tensor:
    """The same elements in another shape: a view where strides allow, else a copy."""
    shape = sizes_of(shape)
    wanted = infer_size(shape, self._array.size)
    if self._array.flags.c_contiguous:
        return view(self, wanted)
    if view_array(self._array, wanted) is not None:
        return reshape_alias(self, wanted)
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
    return self if self._array.flags.c_contiguous else clone(self, memory_format=_contiguous())


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
    """Dimension ``dim`` split into ``sizes``."""
    dim = wrap_dim(dim, self.ndim)
    sizes = tuple(sizes)
    inferred = infer_size(sizes, self._array.shape[dim])
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


def adjoint(self: Tensor) -> Tensor:
    swapped = transpose(self, -2, -1)
    return swapped.conj() if self.dtype.kind == COMPLEX else swapped


def ravel(self: Tensor) -> Tensor:
    return reshape(self, -1)


def T(self: Tensor) -> Tensor:  # noqa: N802
    """The dimensions in reverse order."""
    if self.ndim not in (0, 2):
        from .._state import warn_once

        warn_once(
            "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will "
            "throw an error in a future release. Consider `x.mT` to transpose batches of matrices or `x.permute(*"
            "torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor."
        )
    return permute(self, tuple(range(self.ndim - 1, -1, -1)))


def mT(self: Tensor) -> Tensor:  # noqa: N802
    if self.ndim < 2:
        raise RuntimeError(
            f"tensor.mT is only supported on matrices or batches of matrices. Got {self.ndim}-D tensor."
        )
    return transpose(self, -2, -1)


def H(self: Tensor) -> Tensor:  # noqa: N802
    if self.ndim not in (0, 2):
        raise RuntimeError(
            f"tensor.H is only supported on matrices (2-D tensors). Got {self.ndim}-D tensor. For batches of "
            "matrices, consider using tensor.mH"
        )
    return adjoint(self) if self.ndim else self.conj()


FUNCTIONS = (
    narrow, as_strided, split, chunk, tensor_split, hsplit, vsplit, real, imag, reshape, flatten, unflatten, movedim,
    swapaxes, swapdims, adjoint, ravel,
)  # fmt: skip
METHODS = (*FUNCTIONS[:7], *FUNCTIONS[9:], contiguous, view_as, reshape_as, expand_as)
PROPERTIES = {"T": T, "mT": mT, "H": H, "mH": adjoint, "real": real, "imag": imag}
