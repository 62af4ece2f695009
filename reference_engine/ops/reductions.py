"""Reductions: sums, means, extrema, products, cumulative operations and sorting.

Where several elements attain an extremum, ``max(dim)`` sends the gradient to the one it returned the index of,
``amax`` and the full reduction share it evenly.
"""

from __future__ import annotations

import numpy as np

from ..dtypes import COMPLEX, FLOATING
from ..promotion import defaults
from .dims import wrap_dim, wrap_dims
from .elementwise import conj, where, zeros_like
from .table import op


def _accumulation_dtype(array: np.ndarray, dtype):
    """Integers and bools add up as int64; halves in float32."""
    if dtype is not None:
        return dtype.numpy
    return np.dtype(np.int64) if array.dtype.kind in "biu" else array.dtype


def _sum_array(array, axes, keepdim, dtype):
    wanted = _accumulation_dtype(array, dtype)
    if array.dtype.kind == "c" and wanted.kind != "c":
        array = array.real
    if wanted.itemsize == 2 and wanted.kind != "i":
        return array.astype(np.float32).sum(axis=axes, keepdims=keepdim).astype(wanted)
    return array.sum(axis=axes, keepdims=keepdim, dtype=wanted)


def _axes(array: np.ndarray, dim):
    return None if dim is None or dim == () else wrap_dims(dim, array.ndim)


def restore_dims(grad, dim, keepdim, sizes):
    """Give a reduced gradient its reduced dimensions back, with extent 1."""
    if keepdim or not sizes:
        return grad
    for axis in sorted(wrap_dims(dim, len(sizes))):
        grad = grad.unsqueeze(axis)
    return grad


sum_all = op(
    "sum(Tensor self, *, dtype? dtype=None)",
    lambda a, dtype: _sum_array(a, None, False, dtype),
    node="SumBackward0",
    self=lambda grad, self_sym_sizes: grad.expand(self_sym_sizes),
    jvp="linear",
)
sum_dim = op(
    "sum(Tensor self, int[]? dim, bool keepdim=False, *, dtype? dtype=None)",
    lambda a, dim, keepdim, dtype: _sum_array(a, _axes(a, dim), keepdim, dtype),
    node="SumBackward1",
    self=lambda grad, dim, keepdim, self_sym_sizes: restore_dims(grad, dim, keepdim, self_sym_sizes).expand(
        self_sym_sizes
    ),
    jvp="linear",
)


def sum_to_size(self, *size):
    """Sum over the dimensions that broadcasting to this shape had added or stretched."""
    size = tuple(size[0]) if len(size) == 1 and isinstance(size[0], (tuple, list)) else size
    shape = self._array.shape
    lead = len(shape) - len(size)
    if lead < 0 or any(want not in (1, have) for want, have in zip(size, shape[lead:], strict=True)):
        raise RuntimeError(f"size {{{list(size)}}} is not expandable to size {{{list(shape)}}}.")
    dims = [*range(lead), *(lead + i for i, want in enumerate(size) if want == 1 and shape[lead + i] != 1)]
    result = sum_dim(self, tuple(dims), True) if dims else self
    return result.view(size) if lead else result


def _check_mean(array, dtype):
    if array.dtype.kind in "biu" and dtype is None:
        from ..dtypes import BY_NUMPY

        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
            f"Got: {BY_NUMPY[array.dtype].scalar}"
        )


def _mean_array(array, axes, keepdim, dtype):
    _check_mean(array, dtype)
    if dtype is not None:
        array = array.astype(dtype.numpy)
    total = _sum_array(array, axes, keepdim, None)
    count = array.size // max(total.size, 1) if total.size else 0
    if axes is not None:
        count = 1
        for axis in axes:
            count *= array.shape[axis]
    else:
        count = array.size
    return (total / np.asarray(count, np.float64).astype(array.dtype if array.dtype.kind != "c" else total.dtype)).astype(
        array.dtype
    )


mean_all = op(
    "mean(Tensor self, *, dtype? dtype=None)",
    lambda a, dtype: _mean_array(a, None, False, dtype),
    node="MeanBackward0",
    self=lambda grad, self_sym_sizes, self_sym_numel: grad.expand(self_sym_sizes) / self_sym_numel,
    jvp="linear",
)
mean_dim = op(
    "mean(Tensor self, int[]? dim, bool keepdim=False, *, dtype? dtype=None)",
    lambda a, dim, keepdim, dtype: _mean_array(a, _axes(a, dim), keepdim, dtype),
    node="MeanBackward1",
    self=lambda grad, dim, keepdim, self_sym_sizes, self_sym_numel: restore_dims(
        grad, dim, keepdim, self_sym_sizes
    ).expand(self_sym_sizes)
    / _count(self_sym_sizes, dim, self_sym_numel),
    jvp="linear",
)


def _count(sizes, dim, numel) -> int:
    if not dim:
        return numel
    count = 1
    for axis in wrap_dims(dim, len(sizes)):
        count *= sizes[axis]
    return count


# -- products -------------------------------------------------------------------------------------------------------


def _prod_grad(grad, self, result):
    """The product of all other elements, also where some are zero."""
    if self._array.ndim == 0:
        return grad.clone()
    zero_count = int((self._array == 0).sum())
    if zero_count == 0:
        return (grad * conj(result)) / conj(self)
    if zero_count > 1:
        return zeros_like(self)
    flat = self.reshape(-1)
    ones = flat.new_ones(1)
    before = _cat([ones, flat[:-1].cumprod(0)])
    after = _cat([ones, flat.flip(0)[:-1].cumprod(0)]).flip(0)
    return grad * conj(before * after).reshape(self._array.shape)


def _cat(tensors):
    from .joining import cat

    return cat(tensors, 0)


prod_all = op(
    "prod(Tensor self, *, dtype? dtype=None)",
    lambda a, dtype: np.prod(a, dtype=_accumulation_dtype(a, dtype)),
    self=_prod_grad,
    jvp=lambda self_t, self, result: (_prod_grad(result * 0 + 1, self, result) * self_t).sum(),
)


def _prod_dim_grad(grad, self, result, dim, keepdim):
    dim = wrap_dim(dim, self.ndim)
    if not keepdim:
        grad, result = grad.unsqueeze(dim), result.unsqueeze(dim)
    if not (self._array == 0).any():
        return grad * conj(result) / conj(self)
    ones = self.narrow(dim, 0, 1) * 0 + 1
    extent = self.size(dim)
    from .joining import cat

    before = cat([ones, self.narrow(dim, 0, extent - 1).cumprod(dim)], dim)
    after = cat([ones, self.flip(dim).narrow(dim, 0, extent - 1).cumprod(dim)], dim).flip(dim)
    return grad * conj(before * after)


prod_dim = op(
    "prod(Tensor self, int dim, bool keepdim=False, *, dtype? dtype=None)",
    lambda a, dim, keepdim, dtype: np.prod(
        a, axis=wrap_dims(dim, a.ndim), keepdims=keepdim, dtype=_accumulation_dtype(a, dtype)
    ),
    node="ProdBackward1",
    self=_prod_dim_grad,
    jvp=lambda self_t, self, result, dim, keepdim: (
        _prod_dim_grad(zeros_like(result) + 1, self, result, dim, keepdim) * self_t
    ).sum(dim, keepdim),
)

# -- extrema --------------------------------------------------------------------------------------------------------


def _need_elements(name: str, array: np.ndarray) -> None:
    if not array.size:
        raise RuntimeError(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with "
            "the 'dim' argument."
        )


def _extremum(name, reduce):
    def forward(array):
        _need_elements(name, array)
        return reduce(array)

    return forward


def evenly(grad, self, result):
    """Share the gradient of a full extremum evenly among the elements that attain it."""
    mask = (self == result) if result == result else self.isnan()
    return mask * (grad / mask.sum())


def _share(grad, self, result, dim, keepdim):
    sizes = self._array.shape
    grad, result = restore_dims(grad, dim, keepdim, sizes), restore_dims(result, dim, keepdim, sizes)
    mask = self == result
    return mask * grad / mask.sum(dim or None, keepdim=True) if sizes else mask * grad


def _tangent_share(self_t, self, result, dim=(), keepdim=True):
    mask = self == restore_dims(result, dim, keepdim, self._array.shape)
    axes = dim or None
    return (mask * self_t).sum(axes, keepdim=keepdim) / mask.sum(axes, keepdim=keepdim)


def _take(array, index, dim, keepdim):
    index = np.asarray(index)
    if array.ndim == 0:
        return array.copy(), np.zeros((), np.int64)
    values = np.take_along_axis(array, np.expand_dims(index, dim), dim)
    return (values, np.expand_dims(index, dim)) if keepdim else (values.squeeze(dim), index)


def _along(find):
    def forward(array, dim, keepdim):
        dim = wrap_dim(dim, array.ndim)
        if array.ndim and array.shape[dim] == 0:
            raise IndexError(
                f"{'max' if find is np.argmax else 'min'}(): Expected reduction dim {dim} to have non-zero size."
            )
        index = find(array, axis=dim) if array.ndim else 0
        return _take(array, index, dim, keepdim)

    return forward


def index_grad(grad, dim, indices, keepdim, sizes):
    """Send each gradient back to the element that its index names."""
    if not sizes:
        return grad
    if not keepdim:
        grad, indices = grad.unsqueeze(dim), indices.unsqueeze(dim)
    return grad.new_zeros(sizes).scatter(dim, indices, grad)


class _ReturnType(tuple):
    """A tuple with named fields, as operations with several results return."""

    __slots__ = ()


def return_type(name: str, *fields: str):
    """A named result class, ``torch.return_types.NAME``."""
    members = {field: property(lambda self, i=i: self[i]) for i, field in enumerate(fields)}

    def show(self):
        inside = ",\n".join(f"{field}={value!r}" for field, value in zip(fields, self, strict=True))
        return f"torch.return_types.{name}(\n{inside})"

    return type(name, (_ReturnType,), {**members, "__repr__": show, "__module__": "torch.return_types",
                                       "__slots__": (), "n_fields": len(fields)})  # fmt: skip


for _name, _all, _find in (("max", np.max, np.argmax), ("min", np.min, np.argmin)):
    op(
        f"{_name}(Tensor self)",
        _extremum(_name, _all),
        node=f"{_name.title()}Backward1",
        refuses=(("c", f"{_name}_all"),),
        self=lambda grad, self, result: evenly(grad, self, result),
        jvp=lambda self_t, self, result: evenly(self_t, self, result).sum(),
    )
    op(
        f"{_name}(Tensor self, int dim, bool keepdim=False) -> values, indices",
        _along(_find),
        node=f"{_name.title()}Backward0",
        refuses=(("c", f"!{_name}(): does not support complex input"),),
        self=lambda grads, dim, keepdim, indices, self_sym_sizes: index_grad(
            grads[0], dim, indices, keepdim, self_sym_sizes
        ),
        jvp=lambda self_t, dim, keepdim, indices: gather_reduced(self_t, dim, keepdim, indices),
        non_differentiable=("indices",),
        returns=return_type(_name, "values", "indices"),
    )
    op(
        f"a{_name}(Tensor self, int[] dim=(), bool keepdim=False)",
        lambda a, dim, keepdim, f=_all: f(a, axis=_axes(a, dim), keepdims=keepdim),
        self=lambda grad, self, result, dim, keepdim: _share(grad, self, result, dim, keepdim),
        jvp=lambda self_t, self, result, dim, keepdim: _tangent_share(self_t, self, result, dim, keepdim),
    )


def gather_reduced(tangent, dim, keepdim, indices):
    if tangent.ndim == 0:
        return tangent
    index = indices if keepdim else indices.unsqueeze(dim)
    found = tangent.gather(dim, index)
    return found if keepdim else found.squeeze(dim)


def _median(array):
    if not array.size:
        return np.full((), np.nan, array.dtype)
    flat = np.sort(array.reshape(-1))
    return flat[-1] if np.isnan(flat[-1:]).any() else flat[(flat.size - 1) // 2]


op("median(Tensor self)", _median, self=lambda grad, self, result: evenly(grad, self, result),
   jvp=lambda self_t, self, result: evenly(self_t, self, result).sum(), refuses=(("bc", "median_cpu"),))  # fmt: skip


def _median_dim(array, dim, keepdim):
    dim = wrap_dim(dim, array.ndim)
    order = np.argsort(array, axis=dim, kind="stable")
    middle = np.take(order, (array.shape[dim] - 1) // 2, axis=dim)
    return _take(array, middle, dim, keepdim)


op(
    "median(Tensor self, int dim, bool keepdim=False) -> values, indices",
    _median_dim,
    node="MedianBackward1",
    self=lambda grads, dim, keepdim, indices, self_sym_sizes: index_grad(
        grads[0], dim, indices, keepdim, self_sym_sizes
    ),
    jvp=lambda self_t, dim, keepdim, indices: gather_reduced(self_t, dim, keepdim, indices),
    non_differentiable=("indices",),
    returns=return_type("median", "values", "indices"),
)


def _arg(find):
    def forward(array, dim, keepdim):
        if dim is None:
            return np.asarray(find(array), np.int64)
        index = find(array, axis=wrap_dim(dim, array.ndim)) if array.ndim else np.zeros((), np.int64)
        return np.expand_dims(index, wrap_dim(dim, array.ndim)) if keepdim else index

    return forward


op("argmax(Tensor self, int? dim=None, bool keepdim=False)", _arg(np.argmax), differentiable=False)
op("argmin(Tensor self, int? dim=None, bool keepdim=False)", _arg(np.argmin), differentiable=False)
op("all(Tensor self)", lambda a: np.all(a), differentiable=False)
op("all(Tensor self, int dim, bool keepdim=False)", lambda a, dim, keepdim: np.all(a, axis=dim, keepdims=keepdim),
   differentiable=False)  # fmt: skip
op("any(Tensor self)", lambda a: np.any(a), differentiable=False)
op("any(Tensor self, int dim, bool keepdim=False)", lambda a, dim, keepdim: np.any(a, axis=dim, keepdims=keepdim),
   differentiable=False)  # fmt: skip
op("count_nonzero(Tensor self)", lambda a: np.asarray(np.count_nonzero(a), np.int64), differentiable=False)

# -- spread ---------------------------------------------------------------------------------------------------------


def _variance(array, dim, correction, keepdim):
    axes = _axes(array, dim)
    count = array.size if axes is None else int(np.prod([array.shape[a] for a in axes]))
    centred = array - _mean_array(array, axes if axes is not None else tuple(range(array.ndim)), True, None)
    squares = (centred * centred.conj()).real
    divisor = max(count - _correction(correction), 0)
    total = squares.sum(axis=axes, keepdims=keepdim)
    return (total / np.asarray(divisor, squares.dtype)).astype(squares.dtype)


def _correction(correction) -> float:
    return 1 if correction is None else correction


def var_grad(grad, self, dim, correction, keepdim):
    """The derivative of the variance."""
    sizes = self._array.shape
    count = _count(sizes, dim, self._array.size) - _correction(correction)
    grad = restore_dims(grad, dim, keepdim, sizes)
    if dim is None:
        return (2.0 / count if count else float("nan")) * grad * (self - self.mean())
    return (2.0 / count if count else float("nan")) * grad * (self - self.mean(dim, True))


def _std_grad(grad, self, result, dim, correction, keepdim):
    inner = (grad / (result * 2)).masked_fill_(result == 0, 0)
    return var_grad(inner, self, dim, correction, keepdim)


var_row = op(
    "var(Tensor self, int[]? dim=None, *, any correction=None, bool keepdim=False)",
    lambda a, dim, correction, keepdim: _variance(a, dim, correction, keepdim),
    self=var_grad,
    jvp=lambda self_t, self, dim, correction, keepdim: _var_tangent(self_t, self, dim, correction, keepdim),
    method=False,
    function=False,
)


def _var_tangent(tangent, self, dim, correction, keepdim):
    count = _count(self._array.shape, dim, self._array.size) - _correction(correction)
    centred = self - (self.mean() if dim is None else self.mean(dim, True))
    product = tangent * conj(centred)
    return (2.0 / count) * (product.sum() if dim is None else product.sum(dim, keepdim))


std_row = op(
    "std(Tensor self, int[]? dim=None, *, any correction=None, bool keepdim=False)",
    lambda a, dim, correction, keepdim: np.sqrt(_variance(a, dim, correction, keepdim)),
    self=_std_grad,
    jvp=lambda self_t, self, result, dim, correction, keepdim: (
        _var_tangent(self_t, self, dim, correction, keepdim) / (2 * result)
    ).masked_fill(result == 0, 0),
    method=False,
    function=False,
)


def _spread(row, name):
    def spread(self, dim=None, unbiased=None, keepdim: bool = False, *, correction=None):
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        if unbiased is not None or (dim is not None and correction is None):
            correction = 1 if unbiased in (None, True) else 0
        if self.dtype.kind < FLOATING:
            raise RuntimeError("std and var only support floating point and complex dtypes")
        dims = (dim,) if isinstance(dim, int) else dim
        return row(self, None if dims is None else tuple(dims), correction=correction, keepdim=keepdim)

    spread.__name__ = spread.__qualname__ = name
    return spread


var, std = _spread(var_row, "var"), _spread(std_row, "std")


def std_mean(self, dim=None, unbiased=None, keepdim=False, *, correction=None):
    return (std(self, dim, unbiased, keepdim, correction=correction),
            self.mean() if dim is None else self.mean(dim, keepdim))  # fmt: skip


def var_mean(self, dim=None, unbiased=None, keepdim=False, *, correction=None):
    return (var(self, dim, unbiased, keepdim, correction=correction),
            self.mean() if dim is None else self.mean(dim, keepdim))  # fmt: skip


# -- norms ----------------------------------------------------------------------------------------------------------


def _vector_norm(array, order, dim, keepdim):
    axes = _axes(array, dim)
    size = np.abs(array)
    if order == 2:
        wide = size.astype(np.float64) if size.dtype == np.float32 else size
        return np.sqrt((wide * wide).sum(axis=axes, keepdims=keepdim)).astype(size.dtype)
    if order == float("inf"):
        return size.max(axis=axes, keepdims=keepdim)
    if order == float("-inf"):
        return size.min(axis=axes, keepdims=keepdim)
    if order == 0:
        return (size != 0).sum(axis=axes, keepdims=keepdim).astype(size.dtype)
    if order == 1:
        return size.sum(axis=axes, keepdims=keepdim)
    return np.power(np.power(size, order).sum(axis=axes, keepdims=keepdim), 1.0 / order).astype(size.dtype)


def _norm_grad(grad, self, ord, dim, keepdim, result):
    sizes = self._array.shape
    grad, result = restore_dims(grad, dim, keepdim, sizes), restore_dims(result, dim, keepdim, sizes)
    if ord == 0:
        return zeros_like(self)
    if ord == 1:
        return grad * self.sgn()
    if ord == 2:
        return grad * (self / result).masked_fill(result == 0, 0)
    if ord in (float("inf"), float("-inf")):
        size = self.abs()
        mask = size == result
        return self.sgn() * (mask / mask.sum(dim or None, keepdim=True)) * grad
    if ord < 2:
        scaled = self.sgn() * self.abs().pow(ord - 1)
        scaled = scaled.masked_fill(self == 0, 0)
    else:
        scaled = self * self.abs().pow(ord - 2)
    return scaled * (grad / result.pow(ord - 1)).masked_fill(result == 0, 0)


def _norm_tangent(tangent, self, order, dim, keepdim, result):
    """The derivative with respect to each element, summed over the reduced dimensions."""
    slope = _norm_grad(zeros_like(result) + 1, self, order, dim, keepdim, result)
    product = (conj(slope) * tangent).real if tangent.dtype.kind == COMPLEX else slope * tangent
    return product.sum() if dim is None else product.sum(dim, keepdim)


vector_norm_row = op(
    "linalg_vector_norm(Tensor self, Scalar ord=2, int[]? dim=None, bool keepdim=False)",
    lambda a, ord, dim, keepdim: _vector_norm(a, ord, dim, keepdim),
    self=_norm_grad,
    jvp=lambda self_t, self, ord, dim, keepdim, result: _norm_tangent(self_t, self, ord, dim, keepdim, result),
    method=False,
    function=False,
)


def norm(self, p="fro", dim=None, keepdim: bool = False, dtype=None):
    """The p-norm of all elements, or along ``dim``."""
    if self.dtype.kind < FLOATING:
        raise RuntimeError(
            f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {self.dtype.scalar}"
        )
    order = 2 if p in ("fro", None) else p
    dims = (dim,) if isinstance(dim, int) else dim
    return vector_norm_row(self, order, None if dims is None else tuple(dims), keepdim)


def vector_norm(x, ord=2, dim=None, keepdim: bool = False, *, dtype=None):
    return norm(x, ord, dim, keepdim)


# -- exponentials over a dimension ------------------------------------------------------------------------------------


def _logsumexp(array, dim, keepdim):
    axes = wrap_dims(dim, array.ndim)
    if array.dtype.kind in "biu":
        array = array.astype(defaults.dtype.numpy)
    top = array.max(axis=axes, keepdims=True)
    top = np.where(np.isfinite(top), top, np.zeros((), array.dtype))
    total = np.log(np.exp(array - top).sum(axis=axes, keepdims=True)) + top
    return total if keepdim else total.squeeze(axes)


logsumexp = op(
    "logsumexp(Tensor self, int[] dim, bool keepdim=False)",
    _logsumexp,
    self=lambda grad, self, result, dim, keepdim: restore_dims(grad, dim, keepdim, self._array.shape)
    * conj((self - restore_dims(result, dim, keepdim, self._array.shape)).exp()),
    jvp=lambda self_t, self, result, dim, keepdim: (
        self_t * (self - restore_dims(result, dim, keepdim, self._array.shape)).exp()
    ).sum(dim, keepdim),
)


def softmax_array(array, dim):
    dim = wrap_dim(dim, array.ndim)
    if not array.ndim:
        return np.ones_like(array)
    raised = np.exp(array - array.max(axis=dim, keepdims=True)) if array.size else array
    return raised / raised.sum(axis=dim, keepdims=True)


def log_softmax_array(array, dim):
    dim = wrap_dim(dim, array.ndim)
    if not array.ndim:
        return np.zeros_like(array)
    lowered = array - array.max(axis=dim, keepdims=True) if array.size else array
    return lowered - np.log(np.exp(lowered).sum(axis=dim, keepdims=True))


softmax_row = op(
    "_softmax(Tensor self, int dim)",
    softmax_array,
    node="SoftmaxBackward0",
    self=lambda grad, result, dim: (grad - (grad * result).sum(dim, keepdim=True)) * result,
    jvp=lambda self_t, result, dim: (self_t - (self_t * result).sum(dim, keepdim=True)) * result,
    refuses=(("biuc", "softmax_kernel_impl"),),
    method=False,
    function=False,
)
log_softmax_row = op(
    "_log_softmax(Tensor self, int dim)",
    log_softmax_array,
    node="LogSoftmaxBackward0",
    self=lambda grad, result, dim: grad - result.exp() * grad.sum(dim, keepdim=True),
    jvp=lambda self_t, result, dim: self_t - (result.exp() * self_t).sum(dim, keepdim=True),
    refuses=(("biuc", "log_softmax_kernel_impl"),),
    method=False,
    function=False,
)


def softmax(input, dim, dtype=None):
    return softmax_row(input if dtype is None else input.to(dtype), dim)


def log_softmax(input, dim, dtype=None):
    return log_softmax_row(input if dtype is None else input.to(dtype), dim)


# -- cumulative and ordering ------------------------------------------------------------------------------------------


cumsum = op(
    "cumsum(Tensor self, int dim, *, dtype? dtype=None)",
    lambda a, dim, dtype: np.cumsum(a, axis=wrap_dim(dim, a.ndim) if a.ndim else None,
                                    dtype=_accumulation_dtype(a, dtype)).reshape(a.shape),
    in_place=True,
    self=lambda grad, dim: grad.flip(dim).cumsum(dim).flip(dim) if grad.ndim else grad,
    jvp="linear",
)  # fmt: skip


def _cumprod_grad(grad, self, result, dim):
    if self.ndim == 0:
        return grad
    if not (self._array == 0).any():
        weighted = grad * conj(result)
        return weighted.flip(dim).cumsum(dim).flip(dim) / conj(self)
    # With zeros: the sum over k >= i of grad[k] times the product of the others up to k.
    extent = self.size(dim)
    columns = []
    for i in range(extent):
        others = _cat_along([self.narrow(dim, 0, i), self.narrow(dim, i, 1) * 0 + 1,
                             self.narrow(dim, i + 1, extent - i - 1)], dim)  # fmt: skip
        products = others.cumprod(dim).narrow(dim, i, extent - i)
        columns.append((grad.narrow(dim, i, extent - i) * conj(products)).sum(dim, keepdim=True))
    return _cat_along(columns, dim)


def _cumprod_tangent(tangent, self, dim):
    """Each product's tangent: the sum over its factors of one tangent times the other factors."""
    if self.ndim == 0:
        return tangent
    extent = self.size(dim)
    total = zeros_like(self)
    for i in range(extent):
        replaced = _cat_along([self.narrow(dim, 0, i), tangent.narrow(dim, i, 1),
                               self.narrow(dim, i + 1, extent - i - 1)], dim).cumprod(dim)  # fmt: skip
        total = total + _cat_along([zeros_like(self.narrow(dim, 0, i)), replaced.narrow(dim, i, extent - i)], dim)
    return total


def _cat_along(tensors, dim):
    from .joining import cat

    return cat(tensors, dim)


cumprod = op(
    "cumprod(Tensor self, int dim, *, dtype? dtype=None)",
    lambda a, dim, dtype: np.cumprod(a, axis=wrap_dim(dim, a.ndim) if a.ndim else None,
                                     dtype=_accumulation_dtype(a, dtype)).reshape(a.shape),
    in_place=True,
    self=_cumprod_grad,
    jvp=lambda self_t, self, dim: _cumprod_tangent(self_t, self, dim),
)  # fmt: skip


def _sort(array, dim, descending, stable):
    dim = wrap_dim(dim, array.ndim)
    if not array.ndim:
        return array.copy(), np.zeros((), np.int64)
    if descending:
        order = array.shape[dim] - 1 - np.flip(
            np.argsort(np.flip(array, dim), axis=dim, kind="stable"), dim
        )
    else:
        order = np.argsort(array, axis=dim, kind="stable")
    return np.take_along_axis(array, order, dim), order.astype(np.int64)


op(
    "sort(Tensor self, int dim=-1, bool descending=False, bool stable=False) -> values, indices",
    _sort,
    self=lambda grads, dim, indices, self_sym_sizes: index_grad(grads[0], dim, indices, True, self_sym_sizes),
    jvp=lambda self_t, dim, indices: gather_reduced(self_t, dim, True, indices),
    refuses=(("c", "! Sort does not support complex dtypes on CPU"),),
    non_differentiable=("indices",),
    returns=return_type("sort", "values", "indices"),
)
op("argsort(Tensor self, int dim=-1, bool descending=False, bool stable=False)",
   lambda a, dim, descending, stable: _sort(a, dim, descending, stable)[1], differentiable=False)  # fmt: skip


def _topk(array, k, dim, largest, sorted):
    dim = wrap_dim(dim, array.ndim)
    if not 0 <= k <= (array.shape[dim] if array.ndim else 1):
        raise RuntimeError("selected index k out of range")
    values, order = _sort(array, dim, largest, True)
    if not array.ndim:
        return values, order
    cut = (slice(None),) * dim + (slice(0, k),)
    return values[cut].copy(), order[cut].copy()


op(
    "topk(Tensor self, int k, int dim=-1, bool largest=True, bool sorted=True) -> values, indices",
    _topk,
    self=lambda grads, dim, indices, self_sym_sizes: index_grad(grads[0], dim, indices, True, self_sym_sizes),
    jvp=lambda self_t, dim, indices: gather_reduced(self_t, dim, True, indices),
    refuses=(("c", "! topk does not support complex dtypes on CPU"), ("b", "!topk does not support bool dtypes on CPU")),
    non_differentiable=("indices",),
    returns=return_type("topk", "values", "indices"),
)


def _running(compare):
    def forward(array, dim):
        dim = wrap_dim(dim, array.ndim)
        if not array.ndim:
            return array.copy(), np.zeros((), np.int64)
        moved = np.moveaxis(array, dim, 0)
        values, places = moved.copy(), np.zeros(moved.shape, np.int64)
        for index in range(1, len(moved)):
            newer = compare(moved[index], values[index - 1])
            values[index] = np.where(newer, moved[index], values[index - 1])
            places[index] = np.where(newer, index, places[index - 1])
        return np.ascontiguousarray(np.moveaxis(values, 0, dim)), np.ascontiguousarray(np.moveaxis(places, 0, dim))

    return forward


for _name, _compare in (("cummax", np.greater_equal), ("cummin", np.less_equal)):
    op(
        f"{_name}(Tensor self, int dim) -> values, indices",
        _running(_compare),
        self=lambda grads, self, dim, indices: zeros_like(self).scatter_add(dim, indices, grads[0]),
        jvp=lambda self_t, dim, indices: gather_reduced(self_t, dim, True, indices),
        non_differentiable=("indices",),
        returns=return_type(_name, "values", "indices"),
    )

FUNCTIONS = (var, std, std_mean, var_mean, norm, softmax, log_softmax)
METHODS = (var, std, norm, softmax, log_softmax, sum_to_size)
