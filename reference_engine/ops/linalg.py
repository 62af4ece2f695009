"""Matrix products."""

from __future__ import annotations

import math

import numpy as np

from .._state import thread
from .._tensor import Tensor
from ..dtypes import BY_NUMPY
from .arguments import parsed
from .calls import METHODS as METHODS_BY_NAME
from .dims import broadcast_shape
from .elementwise import conj, mul
from .product_demands import (
    check_addmm,
    check_addmv,
    check_baddbmm,
    check_batch_kernel,
    check_bmm,
    check_mm,
    check_mv,
    check_same,
    check_vector,
    kernel_runs,
    refuse_bool,
)
from .table import op


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Matrix product; sixteen-bit types and bool go through a wider type."""
    if a.dtype.itemsize == 2 and a.dtype.kind != "i":
        return np.matmul(a.astype(np.float32), b.astype(np.float32)).astype(a.dtype)
    if (
        min(a.ndim, b.ndim) > 1
        and 1 in (a.shape[-2], b.shape[-1])
        and not (np.isfinite(a).all() and np.isfinite(b).all())
    ):
        return np.einsum("...ij,...jk->...ik", a, b)  # libraries skip zeros in products with a vector: no 0 * inf
    return np.matmul(a, b)


def _mm(a, b):
    check_same(a, b)
    if kernel_runs(a, b):
        refuse_bool("addmm_impl_cpu_", a)
    return _product(a, b)


mm = op(
    "mm(Tensor self, Tensor mat2)",
    _mm,
    check=check_mm,
    self=lambda grad, mat2, self_sym_sizes, self_sym_strides: grad.mm(conj(mat2.t())),
    mat2=lambda grad, self, mat2_sym_sizes, mat2_sym_strides: conj(self.t()).mm(grad),
    jvp=lambda self_t, mat2_t, self, mat2: self_t.mm(mat2) + self.mm(mat2_t),
    fills_tangents=True,
)


def _sum(*tangents):
    from .elementwise import sum_tangents

    return sum_tangents(*tangents)


def _mv(a, v):
    check_vector(a, v)
    if kernel_runs(a, v):
        refuse_bool("addmv_impl_cpu", a)
    return _product(a, v)


mv = op(
    "mv(Tensor self, Tensor vec)",
    _mv,
    check=check_mv,
    self=lambda grad, vec: grad.ger(conj(vec)),
    vec=lambda grad, self: conj(self.t()).mv(grad),
    jvp=lambda self_t, vec_t, self, vec: self_t.mv(vec) + self.mv(vec_t),
    fills_tangents=True,
)


def _dot(a, b):
    if a.ndim != 1 or b.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {a.ndim}D and {b.ndim}D tensors")
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"dot : expected both vectors to have same dtype, but found {BY_NUMPY[a.dtype].scalar} and "
            f"{BY_NUMPY[b.dtype].scalar}"
        )
    if a.shape != b.shape:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{a.shape[0]}] and src [{b.shape[0]}] to have the same "
            "number "
            f"of elements, but got {a.shape[0]} and {b.shape[0]} elements respectively"
        )
    refuse_bool("dot", a)
    return _product(a, b)


dot = op(
    "dot(Tensor self, Tensor tensor)",
    _dot,
    self=lambda grad, tensor: grad * conj(tensor),
    tensor=lambda grad, self: grad * conj(self),
    jvp=lambda self_t, tensor_t, self, tensor: _sum(
        None if self_t is None else self_t.dot(tensor), None if tensor_t is None else self.dot(tensor_t)
    ),
)


def _bmm(a, b, kernel="bmm"):
    check_batch_kernel(kernel, a, b)
    return _product(a, b).astype(b.dtype, copy=False)


bmm = op(
    "bmm(Tensor self, Tensor mat2)",
    _bmm,
    check=check_bmm,
    self=lambda grad, mat2: grad.bmm(conj(mat2.transpose(1, 2))),
    mat2=lambda grad, self: conj(self.transpose(1, 2)).bmm(grad),
    jvp=lambda self_t, mat2_t, self, mat2: self_t.bmm(mat2) + self.bmm(mat2_t),
    fills_tangents=True,
)


def _scaled(value, factor):
    if isinstance(value, np.ndarray):
        factor = np.asarray(factor).astype(value.dtype)  # kernels take numbers in the dtype of the elements
    return value if factor == 1 else value * factor


def _added(product):
    """``beta * c + alpha * product``. With ``beta`` zero ``c`` is not looked at, not even where it is NaN."""

    def forward(c, a, b, beta, alpha):
        found = _scaled(product(a, b), alpha)
        return found if beta == 0 else np.add(_scaled(c, beta).astype(found.dtype, copy=False), found)

    return forward


addmm = op(
    "addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1)",
    _added(_mm),
    check=check_addmm,
    in_place=True,
    self=lambda grad, beta: _scaled(grad, conj(beta)),
    mat1=lambda grad, mat2, mat1_sym_sizes, mat1_sym_strides, alpha: _scaled(grad.mm(conj(mat2.t())), conj(alpha)),
    mat2=lambda grad, mat1, mat2_sym_sizes, mat2_sym_strides, alpha: _scaled(conj(mat1.t()).mm(grad), conj(alpha)),
    jvp=lambda self_t, mat1_t, mat2_t, mat1, mat2, beta, alpha: (
        _scaled(self_t, beta) + _scaled(mat1_t.mm(mat2), alpha) + _scaled(mat1.mm(mat2_t), alpha)
    ),
    fills_tangents=True,
)
addmv = op(
    "addmv(Tensor self, Tensor mat, Tensor vec, *, Scalar beta=1, Scalar alpha=1)",
    _added(_mv),
    check=check_addmv,
    in_place=True,
    self=lambda grad, beta: _scaled(grad, conj(beta)),
    mat=lambda grad, vec, alpha: _scaled(grad.ger(conj(vec)), conj(alpha)),
    vec=lambda grad, mat, alpha: _scaled(conj(mat.t()).mv(grad), conj(alpha)),
    jvp=lambda self_t, mat_t, vec_t, mat, vec, beta, alpha: (
        _scaled(self_t, beta) + _scaled(mat_t.mv(vec), alpha) + _scaled(mat.mv(vec_t), alpha)
    ),
    fills_tangents=True,
)
baddbmm = op(
    "baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1)",
    _added(lambda a, b: _bmm(a, b, "baddbmm")),
    check=check_baddbmm,
    in_place=True,
    self=lambda grad, beta: _scaled(grad, conj(beta)),
    batch1=lambda grad, batch2, alpha: _scaled(grad.bmm(conj(batch2.transpose(1, 2))), conj(alpha)),
    batch2=lambda grad, batch1, alpha: _scaled(conj(batch1.transpose(1, 2)).bmm(grad), conj(alpha)),
    jvp=lambda self_t, batch1_t, batch2_t, batch1, batch2, beta, alpha: (
        _scaled(self_t, beta) + _scaled(batch1_t.bmm(batch2), alpha) + _scaled(batch1.bmm(batch2_t), alpha)
    ),
    fills_tangents=True,
)


def _outer(self, vec2, out=None):
    """The outer product of two vectors. Raises ``RuntimeError`` for what is no vector."""
    for name, vector in (("self", self), ("vec2", vec2)):
        if vector.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {vector.ndim}-D")
    column = self.reshape(self.numel(), 1)
    return column * vec2 if out is None else mul(column, vec2, out=out)


outer = parsed("outer(Tensor self, Tensor vec2, *, any out=None)")(_outer)
ger = parsed("ger(Tensor self, Tensor vec2, *, any out=None)")(_outer)


def matmul(input: Tensor, other: Tensor, *, out=None) -> Tensor:
    """The product of vectors, matrices or batches of matrices, by their numbers of dimensions."""
    if out is not None:
        from .dispatch import write_out

        if thread.grad_enabled and any(getattr(t, "requires_grad", False) for t in (input, other, out)):
            raise RuntimeError(
                "matmul(): functions with out=... arguments don't support automatic differentiation, but one of the "
                "arguments requires grad."
            )
        if input.ndim == 1 and other.ndim == 2:
            write_out(out, mm(input.unsqueeze(0), other))  # the row that is resized to shows in a warning
            return out.squeeze_(0)
        write_out(out, matmul(input, other))
        return out
    if not isinstance(other, Tensor) or not isinstance(input, Tensor):
        place, value = ("other", other) if isinstance(input, Tensor) else ("input", input)
        raise TypeError(
            f"matmul(): argument '{place}' (position {1 if place == 'input' else 2}) must be Tensor, not "
            f"{type(value).__name__}"
        )
    a, b = input.ndim, other.ndim
    if a == 0 or b == 0:
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {a}D and {b}D")
    if a == 1 and b == 1:
        return dot(input, other)
    if a == 2 and b == 1:
        return mv(input, other)
    if a == 1 and b == 2:
        return mm(input.unsqueeze(0), other).squeeze_(0)
    if a == 2 and b == 2:
        return mm(input, other)
    if max(a, b) >= 3 and min(a, b) <= 2 and _folds(input, other):
        return _folded(input, other)
    left = input.unsqueeze(0) if a == 1 else input
    right = other.unsqueeze(-1) if b == 1 else other
    batch = broadcast_shape(left._array.shape[:-2], right._array.shape[:-2])
    n, m, p = left._array.shape[-2], left._array.shape[-1], right._array.shape[-1]
    count = math.prod(batch)
    x = left.expand((*batch, n, m)).reshape(count, n, m)
    y = right.expand((*batch, right._array.shape[-2], p)).reshape(count, right._array.shape[-2], p)
    product = bmm(x, y)
    if b == 1:
        product = product.squeeze(-1)
    return _unsafe_view(product, list(batch) + ([] if a == 1 else [n]) + ([] if b == 1 else [p]))


def _folds(input: Tensor, other: Tensor) -> bool:
    """Whether a batch times one matrix or vector is done as one product of folded rows instead of a batched product."""
    flipped = other.ndim > input.ndim
    small = input if flipped else other
    if small.requires_grad:
        return True  # its gradient is then one product, not a batch to be summed
    if input.ndim == 2:
        return False
    batch = other.mT if flipped else input
    return batch._array.size == 0 or _joinable(batch._array)


def _joinable(array: np.ndarray) -> bool:
    """Whether all dimensions but the last can be joined without a copy."""
    strides, shape = array.strides, array.shape
    return all(strides[dim] == strides[dim + 1] * shape[dim + 1] for dim in range(array.ndim - 2))


def _folded(input: Tensor, other: Tensor) -> Tensor:
    flipped = other.ndim > input.ndim
    batch = other.mT if flipped else input
    small = other if not flipped else (input.t() if input.ndim == 2 else input)
    shape = batch._array.shape[:-1]
    rows = batch.reshape(math.prod(shape), batch._array.shape[-1])
    if small.ndim == 1:
        return _unsafe_view(mv(rows, small), shape)
    product = _unsafe_view(mm(rows, small), (*shape, small._array.shape[1]))
    return product.mT.contiguous() if flipped else product


def _unsafe_view(tensor: Tensor, shape) -> Tensor:
    from .views import unsafe_view

    return unsafe_view(tensor, tuple(shape))


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``input @ weight.T + bias``."""
    if bias is not None and input.ndim == 2 and weight.ndim == 2:
        return addmm(bias, input, weight.t())
    fused = bias is not None and bias.ndim == 1 and weight.ndim == 2 and input.ndim not in (0, 2)
    if fused and input.is_contiguous() and bias.is_contiguous():
        flat = addmm(bias, input.reshape(math.prod(input._array.shape[:-1]), input.size(-1)), weight.t())
        return flat.view(*input._array.shape[:-1], flat._array.shape[-1])
    result = matmul(input, weight.t())
    if bias is None:
        return result
    if bias._meta is not None and bias._meta.tangent is not None:
        return result + bias
    return METHODS_BY_NAME["add_"](result, bias)


FUNCTIONS = (outer, ger, matmul)
METHODS = (
    parsed("outer(Tensor self, Tensor vec2)", method=True)(_outer),
    parsed("ger(Tensor self, Tensor vec2)", method=True)(_outer),
    matmul,
)
