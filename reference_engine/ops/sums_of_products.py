"""Products beside :mod:`.linalg`: outer and batched sums onto a matrix, inner, Kronecker and tensor products."""

from __future__ import annotations

from functools import reduce
from math import prod

import numpy as np

from ..dtypes import BY_NUMPY
from ..promotion import promote_types
from .dims import wrap_dim
from .dispatch import resize_out
from .elementwise import conj, sum_tangents
from .linalg import _mm, _scaled, dot, mm
from .product_demands import check_addbmm, check_addr
from .shapes import reshape
from .table import op
from .views import VIEW_INCOMPATIBLE, permute, unsafe_view, view, view_array


def _outer(first, second):
    return first[:, None] * second[None, :]


def _expanded(array, shape):
    """``array`` broadcast to what it is added to. Raises ``RuntimeError`` where it does not fit."""
    from .views import _expand

    return array if array.shape == shape else _expand(array, shape)


def _onto(array, product, beta, alpha):
    base = _expanded(array, product.shape)
    scaled = _scaled(product, alpha)
    return scaled if beta == 0 else np.add(_scaled(base, beta), scaled)


def _promoted(*arrays):
    """The arrays in the dtype that all of them promote to."""
    dtype = reduce(promote_types, (BY_NUMPY[array.dtype] for array in arrays)).numpy
    return [array.astype(dtype, copy=False) for array in arrays]


def _addr(array, first, second, beta, alpha):
    if array.dtype == np.bool_:
        product = _outer(first, second) & bool(alpha)
        return (_expanded(array, product.shape) & bool(beta)) | product
    return _onto(array, _outer(first, second), beta, alpha)


addr = op(
    "addr(Tensor self, Tensor vec1, Tensor vec2, *, Scalar beta=1, Scalar alpha=1)",
    lambda array, first, second, beta, alpha: _addr(*_promoted(array, first, second), beta, alpha),
    check=check_addr,
    in_place=True,
    elementwise=(0,),
    self=lambda grad, beta: _scaled(grad, conj(beta)),
    vec1=lambda grad, vec2, alpha: _scaled(grad.mv(conj(vec2)), conj(alpha)),
    vec2=lambda grad, vec1, alpha: _scaled(grad.t().mv(conj(vec1)), conj(alpha)),
    jvp=lambda self_t, vec1_t, vec2_t, vec1, vec2, beta, alpha: sum_tangents(
        None if self_t is None else _scaled(self_t, beta),
        None if vec1_t is None else _scaled(vec1_t.outer(vec2), alpha),
        None if vec2_t is None else _scaled(vec1.outer(vec2_t), alpha),
    ),
)


def _summed(first, second):
    inner_size = first.shape[0] * first.shape[2]
    rows = first.transpose(1, 0, 2).reshape(first.shape[1], inner_size)
    return _mm(rows, second.reshape(inner_size, second.shape[2]))


def _addbmm(array, first, second, beta, alpha):
    if not len(first):  # no product gives its dtype
        base = _expanded(array, (first.shape[1], second.shape[2]))
        return np.zeros(base.shape, base.dtype) if beta == 0 else np.array(_scaled(base, beta), order="C")
    return _onto(array, _summed(first, second), beta, alpha)


addbmm = op(
    "addbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1)",
    _addbmm,
    check=check_addbmm,
    in_place=True,
    self=lambda grad, beta: _scaled(grad, conj(beta)),
    batch1=lambda grad, batch2, batch1_sym_argsize_0, batch1_sym_argsize_1, batch2_sym_argsize_2, alpha: _scaled(
        grad.unsqueeze(0)
        .expand(batch1_sym_argsize_0, batch1_sym_argsize_1, batch2_sym_argsize_2)
        .bmm(conj(batch2.transpose(1, 2))),
        conj(alpha),
    ),
    batch2=lambda grad, batch1, batch1_sym_argsize_0, batch1_sym_argsize_1, batch2_sym_argsize_2, alpha: _scaled(
        conj(batch1.transpose(1, 2)).bmm(
            grad.unsqueeze(0).expand(batch1_sym_argsize_0, batch1_sym_argsize_1, batch2_sym_argsize_2)
        ),
        conj(alpha),
    ),
    jvp=lambda self_t, batch1_t, batch2_t, batch1, batch2, beta, alpha: (
        _scaled(self_t, beta)
        + _scaled(batch1_t.bmm(batch2).sum(0), alpha)
        + _scaled(batch1.bmm(batch2_t).sum(0), alpha)
    ),
    fills_tangents=True,
)

# -- inner, Kronecker and tensor products --------------------------------------------------------------------------


def inner(self, other):
    """The products of all last dimensions with each other; with a number, an ordinary product."""
    if not self.ndim or not other.ndim:
        return self * other
    if self.size(-1) != other.size(-1):
        raise RuntimeError(
            f"inner() the last dimension must match on both input tensors but got shapes {list(self.shape)} and "
            f"{list(other.shape)}"
        )
    return tensordot(self, other, ([-1], [-1]))


def _viewed(tensor, shape):
    """``tensor`` in another shape. Raises ``RuntimeError`` where its strides do not allow it."""
    if view_array(tensor._array, shape) is None:
        raise RuntimeError(VIEW_INCOMPATIBLE)
    return unsafe_view(tensor, shape)


def kron(self, other):
    """The Kronecker product: each element of ``self`` times all of ``other``, in blocks."""
    ndim = max(self.ndim, other.ndim)
    left, right = ([1] * (ndim - t.ndim) + list(t.shape) for t in (self, other))
    first = _viewed(self, tuple(extent for size in left for extent in (size, 1)))
    second = _viewed(other, tuple(extent for size in right for extent in (1, size)))
    return _viewed(first * second, tuple(a * b for a, b in zip(left, right, strict=True)))


def _summed_dims(a, b, dims):
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.ndim, b.ndim):
            raise RuntimeError(
                f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}, ndim_a={a.ndim}, ndim_b={b.ndim}"
            )
        return list(range(-dims, 0)), list(range(dims))
    first, second = ([entry] if isinstance(entry, int) else list(entry) for entry in dims)
    return first, second


def tensordot(a, b, dims=2, out=None):
    """The sum of products over ``dims``: the last of ``a`` with the first of ``b``, or those that two lists name.

    ``out`` is written by a recorded copy. Raises RuntimeError where that has another dtype.
    """
    if out is None:
        return _tensordot(a, b, dims)
    result = _tensordot(a, b, dims)
    if out.dtype is not result.dtype:
        raise RuntimeError(
            f"tensordot: Expected the output tensor to have dtype {result.dtype.scalar}, but got an output tensor with "
            f"dtype {out.dtype.scalar}"
        )
    resize_out(out, result)
    return out.copy_(result)


def _tensordot(a, b, dims):
    first, second = _summed_dims(a, b, dims)
    if a.dtype is not b.dtype:
        raise RuntimeError("both inputs should have same dtype")
    if len(first) != len(second):
        raise RuntimeError("both dimension lists should have same length")
    places = [wrap_dim(dim, a.ndim) for dim in first], [wrap_dim(dim, b.ndim) for dim in second]
    for here, there, one, two in zip(first, second, *places, strict=True):
        # A dimension of size one stands for as many as the other has: that other is summed.
        if b.size(two) == 1:
            a = a.sum(one, keepdim=True, dtype=a.dtype)
        elif a.size(one) == 1:
            b = b.sum(two, keepdim=True, dtype=b.dtype)
        elif a.size(one) != b.size(two):
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a.size(one)} in dim {here} and second has "
                f"size {b.size(two)} in dim {there}"
            )
    rest = (
        [dim for dim in range(a.ndim) if dim not in places[0]],
        [dim for dim in range(b.ndim) if dim not in places[1]],
    )
    count = prod(a.size(dim) for dim in places[0])
    shape = (*(a.size(dim) for dim in rest[0]), *(b.size(dim) for dim in rest[1]))
    if prod(shape) == 1:
        # One number: a product of vectors where both lie in order, else a sum of products.
        left, right = permute(a, (*rest[0], *first)), permute(b, (*second, *rest[1]))
        if left.is_contiguous() and right.is_contiguous():
            return view(dot(*(part if part.ndim == 1 else reshape(part, -1) for part in (left, right))), shape)
        return view((left.squeeze() * right.squeeze()).sum(dtype=a.dtype), shape)
    left = reshape(permute(a, (*rest[0], *first)), -1 if count else prod(a.size(dim) for dim in rest[0]), count)
    right = reshape(permute(b, (*second, *rest[1])), count, -1 if count else prod(b.size(dim) for dim in rest[1]))
    return view(mm(left, right), shape)


METHODS = (inner, kron)
FUNCTIONS = (*METHODS, tensordot)
