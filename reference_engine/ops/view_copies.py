"""The views as operations that copy: ``select_copy``, ``permute_copy`` and the like.

Each is its view's row with a forward function that copies: same derivative, a node of its own name.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from . import calls
from .complex_parts import view_as_real
from .splitting import split_row, split_with_sizes, unbind
from .strided import _Origin, as_strided_row, diagonal, unfold
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


def _written(array, source, size, stride, storage_offset):
    """A copy of ``array`` with ``source`` where a strided view would look."""
    result = _dense(array)
    places = np.lib.stride_tricks.as_strided(
        result.reshape(-1)[storage_offset or 0 :], size, [step * result.itemsize for step in stride]
    )
    if places.shape != source.shape:
        raise RuntimeError(
            f"expected src to have a size equal to the slice of self. src size = {list(source.shape)}, slice size = "
            f"{list(places.shape)}"
        )
    places[...] = source
    return result


as_strided_scatter = op(
    "as_strided_scatter(Tensor self, Tensor src, int[] size, int[] stride, int? storage_offset=None)",
    _written,
    # PyTorch gives the input the part of the gradient that was written over, not the rest; so does this row.
    self=lambda grad, size, stride, storage_offset: grad.new_zeros(grad.shape).as_strided_scatter(
        grad.contiguous().as_strided(size, stride, storage_offset), size, stride, storage_offset
    ),
    src=lambda grad, size, stride, storage_offset: grad.contiguous().as_strided(size, stride, storage_offset),
    jvp=lambda self_t, src_t, size, stride, storage_offset: as_strided_scatter(
        self_t, src_t, size, stride, storage_offset
    ),
    fills_tangents=True,
)

FUNCTIONS = (as_strided_copy,)
METHODS = ()
