"""Views: results that share the memory of their base.

A view's forward function returns a strided NumPy view; the record of the view (base, replay, creation) is made in
:mod:`reference_engine.autograd.inplace`. Operations that may or may not copy (``reshape``, ``contiguous``) are
plain functions made of rows.
"""

from __future__ import annotations

import numpy as np

from .._tensor import Tensor
from ..devices import gradient_type_name
from ..geometry import steps_of_nothing
from ..storage import restrided
from .dims import infer_size, wrap_dim, wrap_dims
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


def _reads_as(tensor: Tensor, dtype) -> None:
    """The bytes of ``tensor`` can be taken for elements of another size. Raises ``RuntimeError`` otherwise."""
    if tensor.is_conj() or tensor.is_neg():
        kind = "conjugate view tensors" if tensor.is_conj() else "tensors with negative bit set"
        raise RuntimeError(f"torch.Tensor.view is not supported for {kind} when converting to a different dtype.")
    if dtype.itemsize == tensor.dtype.itemsize:
        return
    change = f"to view {tensor.dtype.scalar} as {dtype.scalar} (different element sizes)"
    if not tensor.ndim:
        raise RuntimeError(f"self.dim() cannot be 0 {change}")
    wider = dtype.itemsize // tensor.dtype.itemsize
    divided = []
    if wider > 1:
        divided = [("size(-1)", tensor.shape[-1]), ("storage_offset()", tensor.storage_offset())]
    for name, count in divided:
        if count % wider:
            raise RuntimeError(f"self.{name} must be divisible by {wider} {change}, but got {count}")
    strides = tensor.stride()
    if strides[-1] != 1:
        raise RuntimeError(f"self.stride(-1) must be 1 {change}, but got {strides[-1]}")
    for place, stride in enumerate(strides[:-1]):
        if wider > 1 and stride % wider:
            raise RuntimeError(f"self.stride({place}) must be divisible by {wider} {change}, but got {stride}")


def _read_as(array: np.ndarray, stored: np.dtype) -> np.ndarray:
    if array.size or stored.itemsize == array.itemsize:
        return array.view(stored)
    shape = (*array.shape[:-1], array.shape[-1] * array.itemsize // stored.itemsize)
    steps = [step * array.itemsize for step in steps_of_nothing(array)]
    return restrided(np.empty(0, stored), shape, (*steps[:-1], stored.itemsize))


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
    lambda a, dtype: _read_as(a, dtype.numpy),
    view=True,
    differentiable=False,
    demands=_reads_as,
)


def _expand(array: np.ndarray, size: tuple) -> np.ndarray:
    lead = len(size) - array.ndim
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
            # A tensor without dimensions has no stride to go on from.
            step = shape[0] * strides[0] if extent == 1 and array.ndim else 0
        shape.insert(0, extent)
        strides.insert(0, step)
    return restrided(array, shape, strides)


def _enough_sizes(tensor: Tensor, size: tuple, implicit: bool) -> None:
    if len(size) < tensor.ndim:
        kind = gradient_type_name(tensor.device, tensor.dtype.scalar)
        raise RuntimeError(
            f"expand({kind}{{{list(tensor.shape)}}}, size={list(size)}): the number of sizes provided "
            f"({len(size)}) must be greater or equal to the number of dimensions in the tensor ({tensor.ndim})"
        )


expand = op(
    "expand(Tensor self, int... size, *, bool implicit=False)",
    lambda a, size, implicit: _expand(a, size),
    view=True,
    self=lambda grad, self_sym_sizes: grad.sum_to_size(self_sym_sizes),
    jvp="linear",
    demands=_enough_sizes,
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
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, array.ndim)
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    part = array[(slice(None),) * dim + (slice(start, end, step),)]
    if step > 1 and not array.size:
        steps = [at * array.itemsize for at in steps_of_nothing(array)]  # NumPy does not step where there is nothing
        steps[dim] *= step
        return restrided(part, part.shape, steps)
    return part


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
    wanted = range(len(sizes)) if dims is None else wrap_dims(dims, len(sizes)) if dims != () else ()
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
    lambda a, dim: _squeeze(a, wrap_dims(dim, a.ndim) if dim else ()),
    view=True,
    node="SqueezeBackward2",
    self=lambda grad, self_sym_sizes, dim: _unsqueeze_to(grad, self_sym_sizes, dim),
    jvp="linear",
)
