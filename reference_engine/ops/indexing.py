"""Indexing: ``x[...]`` read and written, and the gather/scatter family.

An index of numbers, slices, ``None`` and ``...`` is a chain of views, so a write through it is a write to a view.
Tensors, lists and masks copy (``IndexBackward0``) and write by ``index_put_``.
"""

from __future__ import annotations

import numpy as np

from .._tensor import Tensor, make
from ..dtypes import BY_NUMPY
from ..graph.inplace import written
from ..memory_order import in_order, steps_in
from . import index_demands as demands
from .elementwise import in_format, zeros_like
from .table import op
from .views import select, slice_, unsqueeze

# -- reading ------------------------------------------------------------------------------------------------------


def _put_zeros(grad, indices, shape):
    whole = np.zeros(shape, grad.dtype)
    np.add.at(whole, _keys(indices), grad)
    return whole


def _keys(indices) -> tuple:
    return tuple(slice(None) if index is None else index for index in indices)


def _check_bounds(array, indices) -> None:
    """Raise ``IndexError`` where an index is outside of its dimension."""
    for dim, index in enumerate(indices):
        if index is not None and index.dtype.kind in "iu" and index.size:
            extent = array.shape[dim]
            wrong = (index < -extent) | (index >= extent)
            if wrong.any() and not extent:
                raise IndexError("index is out of bounds for dimension with size 0")
            if wrong.any():
                raise IndexError(
                    f"index {index[wrong].flat[0]} is out of bounds for dimension {dim} with size {extent}"
                )


def _index(array, indices):
    _check_bounds(array, indices)
    found = array[_keys(indices)]
    if not isinstance(found, np.ndarray) or found.ndim < 2 or array.flags.c_contiguous:
        return np.ascontiguousarray(found) if isinstance(found, np.ndarray) else found
    return in_order(found, _index_steps(array, indices, found.shape))


def _index_steps(array, indices, result: tuple) -> list:
    """The steps of the memory that is read, 0 along the dimensions of the indices, and of the indices along those."""
    dims: list[int] = []
    at = 0
    for index in indices:
        width = 1 if index is None or index.dtype.kind != "b" else index.ndim
        dims += range(at, at + width) if index is not None else ()
        at += width
    lead = dims[0] if dims == list(range(dims[0], dims[-1] + 1)) else 0
    others = [step for dim, step in enumerate(array.strides) if dim not in dims]
    span = len(result) - len(others)
    steps = [others[:lead] + [0] * span + others[lead:]]
    places = [index for index in indices if index is not None and index.dtype.kind != "b"]
    shape = np.broadcast_shapes(*(index.shape for index in places))
    if len(shape) == span:
        around = (1,) * lead + shape + (1,) * (len(others) - lead)
        steps += [steps_in(result, np.broadcast_to(index, shape).reshape(around)) for index in places]
    return steps


index_row = op(
    "index(Tensor self, Tensor?[] indices)",
    lambda a, indices: _index(a, indices),
    self=lambda grad, self_sym_sizes, indices: written(index_put_zeros(grad, indices, self_sym_sizes)),
    jvp=lambda self_t, indices: index_row(self_t, indices),
    method=False,
    function=False,
)
index_put_zeros = op(
    "index_backward(Tensor grad_output, Tensor?[] indices, any shape)",
    _put_zeros,
    grad_output=lambda grad, indices: index_row(grad, indices),
    jvp=lambda grad_output_t, indices, shape: index_put_zeros(grad_output_t, indices, shape),
    method=False,
    function=False,
)


def _place(array, indices, values, accumulate):
    result = in_format(array, None)
    keys = _keys(indices)
    target = _indexed_shape(array, indices)
    if values.shape != target:
        try:
            values = np.broadcast_to(values, target)
        except ValueError:
            raise RuntimeError(
                f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to indexing result of "
                f"shape {list(target)}"
            ) from None
    if 0 in _indexed_extents(array, indices):
        raise IndexError("index is out of bounds for dimension with size 0")
    if values.dtype != array.dtype:
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{BY_NUMPY[array.dtype].scalar} for the destination and {BY_NUMPY[values.dtype].scalar} for the source."
        )
    if not values.size:
        return result
    _check_bounds(array, indices)
    if accumulate:
        np.add.at(result, keys, values)
    else:
        result[keys] = values
    return result


def _indexed_extents(array, indices) -> list[int]:
    return [extent for index, extent in zip(indices, array.shape, strict=False) if index is not None and index.size]


def _indexed_shape(array, indices) -> tuple:
    """The shape of ``array[indices]``, wherever the indices point."""
    shape, nowhere, dim = list(array.shape), [], 0
    for index in indices:
        masked = index is not None and index.dtype.kind == "b"
        if index is not None and not masked:
            shape[dim], index = 1, np.zeros_like(index)
        nowhere.append(index)
        dim += index.ndim if masked else 1
    return np.broadcast_to(np.zeros(1, np.bool_), shape)[_keys(nowhere)].shape


index_put = op(
    "index_put(Tensor self, Tensor?[] indices, Tensor values, bool accumulate=False)",
    lambda a, indices, values, accumulate: _place(a, indices, values, accumulate),
    check=demands.index_put,
    in_place=True,
    self=lambda grad, indices, accumulate: grad if accumulate else index_put(grad, indices, grad.new_zeros(()), False),
    values=lambda grad, indices: index_row(grad, indices),
    jvp=lambda self_t, values_t, self, indices, values, accumulate: index_put(
        zeros_like(self) if self_t is None else self_t,
        indices,
        zeros_like(values) if values_t is None else values_t,
        accumulate,
    ),
)


def _consumed(item) -> int:
    """How many dimensions of the input an index item covers."""
    if item is None or item is Ellipsis or isinstance(item, bool):
        return 0
    if isinstance(item, Tensor) and item.dtype.name in ("bool", "uint8"):
        return item.ndim
    if isinstance(item, (list, np.ndarray)) and np.asarray(item).dtype == np.bool_:
        return np.asarray(item).ndim
    return 1


def resolve(tensor: Tensor, key, writing: bool = False):
    """Apply the view part of an index. Returns the view and the tensors, per dimension, still to be indexed by.

    A slice of everything is no view for ``writing``, nor beside other indices.
    Raises ``IndexError`` or ``TypeError`` for indices that do not fit.
    """
    if isinstance(key, slice) and not tensor.ndim:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    items = key if type(key) is tuple else (key,)
    items = tuple(as_index(item) for item in items)
    covered = sum(map(_consumed, items))
    if covered > tensor.ndim:
        raise IndexError(f"too many indices for tensor of dimension {tensor.ndim}")
    view, dim = tensor, 0
    advanced: dict[int, Tensor] = {}
    seen_ellipsis = False
    for position, item in enumerate(items):
        if item is Ellipsis:
            if not seen_ellipsis:
                rest = sum(map(_consumed, items[position + 1 :]))
                dim += max(tensor.ndim - sum(map(_consumed, items[:position])) - rest, 0)
                seen_ellipsis = True
        elif item is None:
            view = unsqueeze(view, dim)
            dim += 1
        elif isinstance(item, bool):
            view = unsqueeze(view, dim)
            advanced[dim] = make(np.array([0] if item else [], np.int64), tensor.device)
            dim += 1
        elif isinstance(item, slice):
            view = _sliced(view, dim, item, type(key) is not tuple and not writing)
            dim += 1
        elif isinstance(item, int):
            extent = view._array.shape[dim]
            if not -extent <= item < extent:
                raise IndexError(f"index {item} is out of bounds for dimension {position} with size {extent}")
            view = select(view, dim, item)
        else:
            width = _consumed(item)
            if item.dtype.kind == 0:
                shape = view._array.shape[dim : dim + width]
                for axis, (have, want) in enumerate(zip(item._array.shape, shape, strict=False)):
                    if have != want:
                        raise IndexError(
                            f"The shape of the mask {list(item._array.shape)} at index {axis} does not match the "
                            f"shape of the indexed tensor {list(view._array.shape)} at index {dim + axis}"
                        )
                if width == 0:
                    view = unsqueeze(view, dim)
                    advanced[dim] = make(np.array([0] if item._array else [], np.int64), tensor.device)
                    dim += 1
                    continue
            if item.device.type == "cpu" and tensor.device.type != "cpu":
                item = make(item._array.copy(), tensor.device)  # an index in host memory goes along
            advanced[dim] = item
            dim += width
    return view, advanced


def _sliced(view: Tensor, dim: int, item: slice, alone: bool) -> Tensor:
    """The part of ``view`` along ``dim``. In a tuple a slice of everything takes no view of its own."""
    start, stop, step = (None if part is None else int(part) for part in (item.start, item.stop, item.step))
    if step is not None and step <= 0:
        raise ValueError("step must be greater than zero")
    extent = view._array.shape[dim]
    if not alone and (start in (None, 0)) and (stop is None or stop >= extent) and step in (None, 1):
        return view
    start = 0 if start is None else start
    stop = 2**63 - 1 if stop is None else stop
    return slice_(view, dim, start, stop, 1 if step is None else step)


def as_index(item):
    """Numbers as int, lists as tensors, the rest as it is. Raises ``IndexError`` for what cannot index."""
    if item is None or item is Ellipsis or isinstance(item, (bool, slice)):
        return item
    if isinstance(item, Tensor):
        if item.dtype.kind == 1:
            return int(item._array) if item.ndim == 0 else item
        if item.dtype.kind == 0:
            return item
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    if isinstance(item, (list, tuple, range, np.ndarray)):
        array = np.asarray([int(e) if isinstance(e, Tensor) else e for e in item] if not isinstance(item, np.ndarray)
                           else item)  # fmt: skip
        return make(array.astype(np.int64) if array.dtype.kind != "b" else array)
    if hasattr(item, "__index__"):
        return item.__index__()
    raise IndexError(
        f"only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got "
        f"{type(item).__name__})"
    )


def _index_list(view: Tensor, advanced: dict[int, Tensor]) -> list:
    """Index tensors by dimension, None where a dimension is taken whole."""
    listed: list = []
    for dim in sorted(advanced):
        while len(listed) < dim:
            listed.append(None)
        item = advanced[dim]
        listed.append(item)
        if item.dtype.kind == 0:
            listed.extend([_SPANNED] * (item.ndim - 1))
    return [item for item in listed if item is not _SPANNED]


_SPANNED = object()


_NO_DIMENSIONS = (
    "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim "
    "tensor "
    "to a number"
)


def _no_dimensions(key: int) -> IndexError:
    """The first element of a number is advised against; others are not there."""
    return IndexError(f"index {key} is out of bounds for dimension 0 with size 0" if key else _NO_DIMENSIONS)


def getitem(self: Tensor, key) -> Tensor:
    """``self[key]``."""
    from .views import alias

    if type(key) is int:
        if not self._array.ndim:
            raise _no_dimensions(key)
        extent = self._array.shape[0]
        if not -extent <= key < extent:
            raise IndexError(f"index {key} is out of bounds for dimension 0 with size {extent}")
        return select(self, 0, key)
    view, advanced = resolve(self, key)
    if advanced:
        return index_row(view, _index_list(view, advanced))
    return alias(self) if view is self else view


def setitem(self: Tensor, key, value) -> None:
    """``self[key] = value``: a copy into a view, or ``index_put_``."""
    if not self._array.ndim and isinstance(key, int) and not isinstance(key, bool):
        raise _no_dimensions(key)
    if key is False:
        return
    view, advanced = resolve(self, None if key is True else key, writing=True)
    if isinstance(value, Tensor):
        source = value
    else:
        from ..creation import tensor

        if not isinstance(value, (int, float, bool, complex)):
            raise TypeError(f"can't assign a {type(value).__name__} to a {self.type()}")
        if isinstance(value, complex) and self.dtype.kind < 3:
            raise RuntimeError(f"value cannot be converted to type {self.dtype.cpp} without overflow")
        source = tensor(value, dtype=self.dtype, device=self.device)
    if advanced:
        indices = _index_list(view, advanced)
        shape = _without_leading_ones(source._array.shape)
        view.index_put_(indices, source if shape == source._array.shape else source.view(shape))
        return
    target, shape = view._array.shape, source._array.shape
    if shape == target:
        view.copy_(source)
    elif not shape and source.device.type == "cpu":
        view.fill_(source)
    else:
        shape = _without_leading_ones(shape)
        source = source.view(shape)
        view.copy_(source if shape == target else source.expand(target))


def _without_leading_ones(shape: tuple) -> tuple:
    first = next((dim for dim, extent in enumerate(shape) if extent != 1), len(shape))
    return shape[first:]
