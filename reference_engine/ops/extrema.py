"""Extrema, order statistics and sorting.

Where several elements attain an extremum, ``max(dim)`` sends the gradient to the one whose index it returns; ``amax``
and the full reduction share it evenly.
"""

from __future__ import annotations

import numpy as np

from ..dtypes import BOOL, BY_NUMPY, COMPLEX
from ..graph.inplace import written
from . import reduction_demands as demands
from .dims import wrap_dim, wrap_dims
from .elementwise import zeros_like
from .reductions import _axes, restore_dims
from .table import op


def evenly(grad, self, result):
    """Share the gradient of a full extremum evenly among the elements that attain it."""
    mask = (self == result) if result == result else self.isnan()
    return written(mask * (grad / mask.sum()))


def read_evenly(self_t, self, result):
    """The mean tangent of the elements that attain a full extremum; NaN is found nowhere."""
    mask = self == result
    return (mask * (self_t / mask.sum())).sum()


def _share(grad, self, result, dim, keepdim):
    sizes = self._array.shape
    grad, result = restore_dims(grad, dim, keepdim, sizes), restore_dims(result, dim, keepdim, sizes)
    mask = self == result
    return mask * grad / (mask.sum(dim or None, keepdim=True) if sizes else mask.sum())


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
        index = find(array, axis=dim) if array.ndim else 0
        return _take(array, index, dim, keepdim)

    return forward


def index_grad(grad, dim, indices, keepdim, sizes):
    """Send each gradient back to the element that its index names."""
    if not sizes:
        return grad
    if not keepdim:
        grad, indices = grad.unsqueeze(dim), indices.unsqueeze(dim)
    return written(grad.new_zeros(sizes)).scatter_(dim, indices, grad)


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
                                       "__slots__": (), "n_fields": len(fields),
                                       "_fields_in_order": fields})  # fmt: skip


def leading(kind):
    """The first of a row's outputs as a ``kind`` of result; the others are kept for the derivative alone."""

    def take(outputs):
        return kind(outputs[: kind.n_fields])

    take.kind = kind
    return take


for _name, _all, _find in (("max", np.max, np.argmax), ("min", np.min, np.argmin)):
    op(
        f"{_name}(Tensor self)",
        _all,
        check=lambda self, name=_name: demands.with_elements_along(f"{name}()")(self, None),
        node=f"{_name.title()}Backward1",
        refuses=(("c", f"{_name}_all"),),
        self=lambda grad, self, result: evenly(grad, self, result),
        jvp=read_evenly,
    )
    op(
        f"{_name}(Tensor self, int dim, bool keepdim=False) -> values, indices",
        _along(_find),
        check=demands.with_elements(f"{_name}()"),
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
        lambda array, dim, keepdim, reduce=_all: reduce(array, axis=_axes(array, dim), keepdims=keepdim),
        check=demands.with_elements_along(f"a{_name}()"),
        row_major=True,
        refuses=(("c", f"?{_name}_values_cpu"),),
        real_only=True,
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
   jvp=read_evenly, refuses=(("bc", "?median_cpu"),),
   real_only=True)  # fmt: skip


def _median_dim(array, dim, keepdim):
    dim = wrap_dim(dim, array.ndim)
    if not array.ndim:
        return array.copy(), np.zeros((), np.int64)
    order = np.argsort(array, axis=dim, kind="stable")
    middle = np.take(order, (array.shape[dim] - 1) // 2, axis=dim)
    return _take(array, middle, dim, keepdim)


op(
    "median(Tensor self, int dim, bool keepdim=False) -> values, indices",
    _median_dim,
    check=demands.with_elements("median()"),
    node="MedianBackward1",
    self=lambda grads, dim, keepdim, indices, self_sym_sizes: index_grad(
        grads[0], dim, indices, keepdim, self_sym_sizes
    ),
    jvp=lambda self_t, dim, keepdim, indices: gather_reduced(self_t, dim, keepdim, indices),
    non_differentiable=("indices",),
    returns=return_type("median", "values", "indices"),
    refuses=(("bc", "median_out"),),
)


def _arg(find):
    def forward(array, dim, keepdim):
        if dim is None:
            if not array.size:
                raise IndexError(f"{find.__name__}(): Expected reduction dim to be specified for input.numel() == 0.")
            return np.asarray(find(array), np.int64)
        dim = wrap_dim(dim, array.ndim)
        if not array.ndim:
            return np.zeros((), np.int64)
        if not array.shape[dim]:
            raise IndexError(f"{find.__name__}(): Expected reduction dim {dim} to have non-zero size.")
        index = find(array, axis=dim)
        return np.expand_dims(index, dim) if keepdim else index

    return forward


for _name, _function in (("argmax", np.argmax), ("argmin", np.argmin)):
    op(f"{_name}(Tensor self, int? dim=None, bool keepdim=False)", _arg(_function), differentiable=False,
       refuses=(("c", f"!{_name}(): does not support complex input"),
                ("b", f"!{_name}(): does not support bool input")))  # fmt: skip


def _truth(function):
    """Bool, but uint8 for uint8: the older type of masks. No dimensions at all are not all of them here."""

    def compute(array, dim=None, keepdim=False):
        axes = dim if dim is None or dim == () else wrap_dims(dim, array.ndim)
        found = function(array, axis=axes, keepdims=keepdim)
        return found.astype(np.uint8) if array.dtype == np.uint8 else found

    return compute


for _name, _function in (("all", np.all), ("any", np.any)):
    op(f"{_name}(Tensor self)", _truth(_function), differentiable=False)
    for _dims, _check in (("int[]? dim=None", demands.once), ("int dim", demands.there)):
        op(f"{_name}(Tensor self, {_dims}, bool keepdim=False)", _truth(_function), differentiable=False,
           row_major=True, check=_check)  # fmt: skip


def _sort(array, dim, descending, stable):
    dim = wrap_dim(dim, array.ndim)
    if not array.ndim:
        return array.copy(), np.zeros((), np.int64)
    if descending:
        order = array.shape[dim] - 1 - np.flip(np.argsort(np.flip(array, dim), axis=dim, kind="stable"), dim)
    else:
        order = np.argsort(array, axis=dim, kind="stable")
    return np.take_along_axis(array, order, dim), order.astype(np.int64)


def _sorted_in_place(array, dim, descending, stable=None):
    """Sorted values and their places, laid out as the array is."""
    found = []
    for part in _sort(array, dim, descending, stable):
        found.append(np.empty_like(array, dtype=part.dtype, order="C" if 0 in array.strides else "K"))
        found[-1][...] = part
    return tuple(found)


for _node, _signature in (
    ("SortBackward0", "sort(Tensor self, int dim=-1, bool descending=False)"),
    ("SortBackward1", "sort(Tensor self, *, bool? stable, int dim=-1, bool descending=False)"),
):
    op(
        _signature + " -> values, indices",
        _sorted_in_place
        if _node == "SortBackward0"
        else lambda array, stable, dim, descending: _sorted_in_place(array, dim, descending, stable),
        node=_node,
        self=lambda grads, dim, indices, self_sym_sizes: index_grad(grads[0], dim, indices, True, self_sym_sizes),
        jvp=lambda self_t, dim, indices: gather_reduced(self_t, dim, True, indices),
        check=demands.at_end,
        refuses=(("c", "! Sort does not support complex dtypes on CPU"),),
        non_differentiable=("indices",),
        returns=return_type("sort", "values", "indices"),
    )
for _signature, _order in (
    ("argsort(Tensor self, *, bool stable, int dim=-1, bool descending=False)",
     lambda a, stable, dim, descending: _sorted_in_place(a, dim, descending)[1]),
    ("argsort(Tensor self, int dim=-1, bool descending=False)",
     lambda a, dim, descending: _sorted_in_place(a, dim, descending)[1]),
):  # fmt: skip
    op(
        _signature,
        _order,
        differentiable=False,
        check=demands.at_end,
        refuses=(("c", "! Sort does not support complex dtypes on CPU"),),
        out="stable" in _signature,
    )


def _check_topk(self, k, dim, largest, sorted):
    dim = wrap_dim(dim, self.ndim)
    if not 0 <= k <= (self._array.shape[dim] if self.ndim else 1):
        raise RuntimeError("selected index k out of range")
    if self.dtype.kind == COMPLEX:
        raise RuntimeError(" topk does not support complex dtypes on CPU")
    if self.dtype.kind == BOOL:
        raise RuntimeError("topk does not support bool dtypes on CPU")


def _topk(array, k, dim, largest, sorted):
    dim = wrap_dim(dim, array.ndim)
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
    check=_check_topk,
    non_differentiable=("indices",),
    returns=return_type("topk", "values", "indices"),
)


def _running(name, compare):
    def forward(array, dim):
        if not array.ndim and dim not in (0, -1):
            raise IndexError(f"{name}(): Expected reduction dim -1 or 0 for scalar but got {dim}")
        if not array.size:
            return array.copy(), np.zeros(array.shape, np.int64)
        dim = wrap_dim(dim, array.ndim)
        if not array.ndim:
            return array.copy(), np.zeros((), np.int64)
        if array.dtype.kind == "c":
            raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{BY_NUMPY[array.dtype].scalar}'")
        moved = np.moveaxis(array, dim, 0)
        values, places = moved.copy(), np.zeros(moved.shape, np.int64)
        for index in range(1, len(moved)):
            before = values[index - 1]
            newer = np.isnan(moved[index]) | (~np.isnan(before) & compare(moved[index], before))
            values[index] = np.where(newer, moved[index], values[index - 1])
            places[index] = np.where(newer, index, places[index - 1])
        return np.ascontiguousarray(np.moveaxis(values, 0, dim)), np.ascontiguousarray(np.moveaxis(places, 0, dim))

    return forward


for _name, _compare in (("cummax", np.greater_equal), ("cummin", np.less_equal)):
    op(
        f"{_name}(Tensor self, int dim) -> values, indices",
        _running(_name, _compare),
        real_only=True,
        self=lambda grads, self, dim, indices: written(zeros_like(self)).scatter_add_(dim, indices, grads[0]),
        jvp=lambda self_t, dim, indices: gather_reduced(self_t, dim, True, indices),
        non_differentiable=("indices",),
        returns=return_type(_name, "values", "indices"),
    )
