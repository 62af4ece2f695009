"""The views as operations that copy: ``select_copy``, ``permute_copy`` and the like.

Each is its view's row with a forward function that copies: same derivative, a node of its own name.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .._state import thread
from ..storage import restrided
from . import calls
from .arguments import parsed
from .complex_parts import view_as_real
from .splitting import split_row, split_with_sizes, unbind
from .strided import _Origin, as_strided_row, demand_strides, diagonal, unfold
from .table import ROWS, node_type, op
from .views import (
    alias,
    expand,
    narrow,
    permute,
    select,
    slice_,
    squeeze,
    squeeze_dim,
    squeeze_dims,
    t,
    transpose,
    unsqueeze,
    view,
)
from .views import slice_backward as slice_gradient


def _dense(array: np.ndarray) -> np.ndarray:
    return np.array(array, order="C")


def _copying(view_of):
    def forward(array, *arguments):
        found = view_of(array, *arguments)
        return _dense(found) if isinstance(found, np.ndarray) else tuple(map(_dense, found))

    return forward


_REAL_ONLY = ("select_copy", "slice_copy")  # these two alone are not on PyTorch's list of what complex numbers have


def _copy_row(call, name: str, hidden: tuple = ()):
    """The row of a view made a row of copies, published as a function."""
    of = call.row
    row = replace(of, name=name, forward=_copying(of.forward), view=False, replayed=False, takes_out=True, plans={},
                  copies=True, real_only=name in _REAL_ONLY)  # fmt: skip
    row.node_class = row.in_place_class = node_type(of.node_class.__name__ + "_copy", row, hidden)
    ROWS.append(row)
    return calls.publish(row, False, not hidden)


for _call, _name in (
    (alias, "alias_copy"), (view, "view_copy"), (expand, "expand_copy"), (permute, "permute_copy"),
    (transpose, "transpose_copy"), (t, "t_copy"), (select, "select_copy"), (slice_, "slice_copy"),
    (unsqueeze, "unsqueeze_copy"), (squeeze, "squeeze_copy"), (squeeze_dim, "squeeze_copy"),
    (squeeze_dims, "squeeze_copy"), (unfold, "unfold_copy"), (split_row, "split_copy"),
    (split_with_sizes, "split_with_sizes_copy"), (unbind, "unbind_copy"), (view_as_real, "view_as_real_copy"),
):  # fmt: skip
    _copy_row(_call, _name)
diagonal_copy = _copy_row(diagonal, "diagonal_copy")
_as_strided_copy = _copy_row(as_strided_row, "as_strided_copy", ("origin", "self_sym_sizes", "self_sym_strides"))


def as_strided_copy(input, size, stride, storage_offset: int | None = None):
    """The elements that ``as_strided`` would look at, in memory of their own."""
    demand_strides(input, tuple(size), tuple(stride), storage_offset)
    return _as_strided_copy(input, tuple(size), tuple(stride), storage_offset, _Origin(input))


narrow_copy = op(
    "narrow_copy(Tensor self, int dim, int start, int length)",
    lambda array, dim, start, length: _narrowed(array, dim, start, length),
    self=lambda grad, self_sym_sizes, dim, start, length: slice_gradient(
        grad, self_sym_sizes, dim, start, start + length, 1
    ),
    jvp="linear",
)


def _narrowed(array, dim, start, length):
    from .._tensor import make

    return _dense(narrow(make(array), dim, start, length)._array)


def _held(self) -> tuple[int, int | None]:
    """Elements in a copy of the memory of ``self`` up to its last place, and where in it ``self`` begins; None where
    one place is several elements: those are copied in order.
    """
    shape, strides = self._array.shape, self.stride()
    if any(step == 0 and n > 1 for n, step in zip(shape, strides, strict=True)) or not self._array.size:
        return self._array.size, None
    start = self.storage_offset()
    return start + sum((n - 1) * step for n, step in zip(shape, strides, strict=True)) + 1, start


def _written(array, source, size, stride, storage_offset, held):
    """A copy of ``array`` with ``source`` where a strided view would look."""
    count, start = held
    if start is None:
        result = array.copy()
        memory, start = result.reshape(-1), 0
    else:
        memory = np.zeros(count, array.dtype)
        result = restrided(memory[start:], array.shape, array.strides)
        result[...] = array
    first = start if storage_offset is None else storage_offset
    places = restrided(memory[first:], size, [step * array.itemsize for step in stride])
    if places.shape != source.shape:
        raise RuntimeError(
            f"expected src to have a size equal to the slice of self. src size = {list(source.shape)}, slice size = "
            f"{list(places.shape)}"
        )
    places[...] = source
    return result


def _check_written(self, src, size, stride, storage_offset, held):
    """The view lies within the copy. Raises ``RuntimeError``, also for a history that whole numbers cannot have."""
    offset = held[1] or 0 if storage_offset is None else storage_offset
    demand_strides(self, size, stride, offset, held=held[0] * self._array.itemsize)
    if src.requires_grad and not self.dtype.is_differentiable and thread.grad_enabled and src.shape == size:
        raise RuntimeError(f"Autograd not support dtype: {self.dtype.scalar}")


_strided_scatter = op(
    "as_strided_scatter(Tensor self, Tensor src, int[] size, int[] stride, int? storage_offset=None, any held=None)",
    _written,
    check=_check_written,
    method=False,
    function=False,
    # PyTorch gives the input the part of the gradient that was written over, not the rest; so does this row.
    self=lambda grad, size, stride, storage_offset: as_strided_scatter(
        grad.new_zeros(grad.shape), grad.contiguous().as_strided(size, stride, storage_offset), size, stride,
        storage_offset,
    ),
    src=lambda grad, size, stride, storage_offset: grad.contiguous().as_strided(size, stride, storage_offset),
    jvp=lambda self_t, src_t, size, stride, storage_offset: as_strided_scatter(
        self_t, src_t, size, stride, storage_offset
    ),
    fills_tangents=True,
)  # fmt: skip


@parsed("as_strided_scatter(Tensor self, Tensor src, int[] size, int[] stride, int? storage_offset=None)")
def as_strided_scatter(self, src, size, stride, storage_offset=None):
    """A copy of ``self`` with ``src`` where ``as_strided`` would look.

    Raises ``RuntimeError`` where that lies outside, or has another shape.
    """
    return _strided_scatter(self, src, size, stride, storage_offset, _held(self))


FUNCTIONS = (as_strided_copy, as_strided_scatter)
METHODS = (as_strided_scatter,)
