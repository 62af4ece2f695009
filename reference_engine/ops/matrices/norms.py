"""Norms of matrices, and what follows from singular values: condition numbers and ranks.

Rules: torch.linalg.matrix_norm, torch.linalg.norm, torch.linalg.cond, torch.linalg.matrix_rank. All but the Frobenius
norm are compositions of vector norms, singular values and reductions.
"""

from __future__ import annotations

import numpy as np

from ..dims import wrap_dim
from ..norms import check_norm_dtype, vector_norm_row
from ..table import op
from . import demands
from .pseudo import tolerance
from .solving import inv_ex
from .spectral import svdvals

_INFINITE = float("inf")


def vector_norm(x, ord=2, dim=None, keepdim: bool = False, *, dtype=None):
    """The norm of order ``ord`` of all elements, or along ``dim``. Raises ``RuntimeError`` for integers."""
    dims = (dim,) if isinstance(dim, int) else None if dim is None else tuple(dim)
    return vector_norm_row(x, ord, dims, keepdim, dtype=dtype)


def _two_dims(name, A, dim):
    demands.matrix(name, A._array)
    demands.inexact(name, A._array)
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    if len(dims) != 2:
        raise RuntimeError(f"{name}: dim must be a 2-tuple. Got {' '.join(map(str, dims))}")
    wrapped = tuple(wrap_dim(place, A._array.ndim) for place in dims)
    if wrapped[0] == wrapped[1]:
        raise RuntimeError(f"{name}: dims must be different. Got ({dims[0]}, {dims[1]})")
    return wrapped


def _of_values(A, dims, keepdim, reduce):
    """A reduction of the singular values of the matrices in two dimensions."""
    order = [place for place in range(A._array.ndim) if place not in dims]
    moved = A if dims == (A._array.ndim - 2, A._array.ndim - 1) else A.permute(*order, *dims)
    values = reduce(svdvals(moved), keepdim)
    if not keepdim:
        return values
    values = values.unsqueeze(-1)
    back = np.argsort([*order, *dims]).tolist()
    return values.permute(*back)


def matrix_norm(A, ord="fro", dim=(-2, -1), keepdim: bool = False, *, dtype=None):
    """The norm of the matrices in the two dimensions ``dim``: "fro", "nuc", 1, 2, inf or one of them negative.

    Raises ``RuntimeError`` for other orders, for integers and for fewer than two dimensions.
    """
    name = "linalg.matrix_norm"
    if isinstance(ord, str):
        if ord not in ("fro", "nuc"):
            raise RuntimeError(f"{name}: Order {ord} not supported.")
    elif abs(ord) not in (1, 2, _INFINITE):
        raise RuntimeError(f"{name}: Order {_shown(ord)} not supported.")
    dims = _two_dims(name, A, dim)
    if ord in ("nuc", 2, -2):
        demands.inexact(name, A._array, low_precision=False)
    check_norm_dtype(name, A, dtype)
    if ord == "fro":
        return vector_norm_row(A, 2, dims, keepdim, dtype=dtype)
    if dtype is not None and (ord == "nuc" or abs(ord) == 2):
        A = A.to(dtype)
    if ord == "nuc":
        return _of_values(A, dims, keepdim, lambda values, keep: values.sum(-1, keepdim=keep))
    extreme = "amax" if ord > 0 else "amin"
    if abs(ord) == 2:
        return _of_values(A, dims, keepdim, lambda values, keep: getattr(values, extreme)(-1, keep))
    summed, picked = dims if abs(ord) == 1 else dims[::-1]
    sums = vector_norm(A, 1, summed, keepdim, dtype=dtype)
    return getattr(sums, extreme)(picked - (not keepdim and summed < picked), keepdim)


def _shown(order) -> str:
    return str(int(order)) if float(order).is_integer() else str(order)


def norm(A, ord=None, dim=None, keepdim: bool = False, *, out=None, dtype=None):
    """The norm of a vector or matrix: of all elements without ``ord``. Raises ``RuntimeError`` for what has none."""
    dims = None if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    if ord is not None and not isinstance(ord, str):
        if dims is not None and len(dims) not in (1, 2):
            raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dims)}")
        if dims is None and A._array.ndim not in (1, 2):
            raise RuntimeError(
                f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {A._array.ndim}D."
            )
    elif dims is not None and len(dims) not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dims)}")
    if ord is None:
        found = vector_norm(A, 2.0, dims, keepdim, dtype=dtype)
    elif isinstance(ord, str) or (A._array.ndim if dims is None else len(dims)) == 2:
        found = matrix_norm(A, ord, (-2, -1) if dims is None else dims, keepdim, dtype=dtype)
    else:
        found = vector_norm(A, ord, dims, keepdim, dtype=dtype)
    return _into(out, found)


def _into(out, found):
    if out is None:
        return found
    from ..dispatch import write_out

    write_out(out, found)
    return out


def nuclear_norm(input, dim=None, keepdim: bool = False, *, dtype=None):
    """The sum of the singular values of the matrices in the last, or the given, two dimensions."""
    return matrix_norm(input, "nuc", (-2, -1) if dim is None else dim, keepdim, dtype=dtype)


def cond(A, p=None):
    """How much a matrix magnifies relative errors: the norm of order ``p`` times that of the inverse."""
    if A._array.ndim < 2:
        raise RuntimeError("linalg.cond: The input tensor must have at least 2 dimensions.")
    if p is None or (not isinstance(p, str) and abs(p) == 2):
        values = svdvals(A)
        largest, least = values.narrow(-1, 0, 1), values.narrow(-1, -1, 1)
        ratio = least / largest if p == -2 else largest / least
        return ratio.squeeze(-1)
    if (isinstance(p, str) and p not in ("fro", "nuc")) or (not isinstance(p, str) and abs(p) not in (1, _INFINITE)):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p if isinstance(p, str) else _shown(p)}")
    shown = p if isinstance(p, str) else _shown(p) if abs(p) == 1 else str(p)
    demands.square(f"linalg.cond(ord={shown})", A._array)
    inverse, info = inv_ex(A)
    if p == "nuc":
        return matrix_norm(A, "nuc") * matrix_norm(inverse, "nuc")
    # Written into the inverse that its own derivative keeps: as in PyTorch, there is no backward pass through this.
    inverse.masked_fill_((info != 0).unsqueeze(-1).unsqueeze(-1), _INFINITE)
    product = matrix_norm(inverse, p) * matrix_norm(A, p)
    return product.nan_to_num(_INFINITE, _INFINITE, -_INFINITE)


def _rank(array, atol, rtol, hermitian):
    if array.dtype.kind in "biu" or array.dtype.itemsize == 2:
        raise RuntimeError("This function doesn't handle types other than float and double")
    values = np.abs(np.linalg.eigvalsh(array)) if hermitian else np.linalg.svd(array, compute_uv=False)
    bound = tolerance("matrix_rank", values, array.shape, atol, rtol)
    return np.asarray((values > bound[..., None]).sum(axis=-1), np.int64, order="C")


_rank_row = op(
    "linalg_matrix_rank(Tensor self, any atol=None, any rtol=None, bool hermitian=False)",
    _rank,
    differentiable=False,
    method=False,
    function=False,
)


def matrix_rank(A, tol=None, hermitian: bool = False, *, atol=None, rtol=None, out=None):
    """How many singular values exceed the tolerance. Raises ``RuntimeError`` for integers and for vectors."""
    if A._array.ndim < 2:
        raise RuntimeError("torch.linalg.matrix_rank: The input tensor input must have at least 2 dimensions.")
    bounds = [value._array if hasattr(value, "_array") else value for value in (atol if tol is None else tol, rtol)]
    if tol is not None:
        bounds[1] = 0.0
    return _into(out, _rank_row(A, *bounds, hermitian))
