"""Writes that are no rows: random fills, resizing, and view operations applied to the tensor itself."""

from __future__ import annotations

import gc
import warnings

import numpy as np

from .._state import process, thread
from .._tensor import Tensor, make
from ..graph import inplace
from ..lazy import bits, lazily, viewing
from ..sampling import in_memory_order
from . import mismatches
from .calls import METHODS
from .dispatch import run_in_place
from .recording import new_node, save
from .strided import _Origin, as_strided_row, demand_strides
from .table import camel, op


def _drawn_row(name: str, node: str):
    """The row that puts drawn values in place of a tensor's own, which nothing of the result depends on."""
    return op(
        f"{name}(Tensor self, any drawn)",
        lambda array, drawn: np.asarray(drawn),
        node=node,
        self=lambda grad: grad.new_zeros(grad.shape),
        jvp=lambda self_t: self_t.new_zeros(self_t.shape),
        method=False,
        function=False,
    ).row


_by_chances = op(
    "bernoulli(Tensor self, Tensor p, any drawn)",
    lambda array, p, drawn: np.asarray(drawn),
    node="BernoulliBackward1",
    self=lambda grad: grad.new_zeros(grad.shape),
    p=lambda grad, p_sym_sizes: grad.new_zeros(p_sym_sizes),
    jvp=lambda self_t, p_t, self: self.new_zeros(self.shape),
    hidden=("p_sym_sizes",),
    method=False,
    function=False,
).row


def _random_filler(name: str, draw_name: str, *defaults):
    row = _drawn_row(draw_name, f"{camel(draw_name)}Backward{2 if draw_name == 'bernoulli' else 0}")

    def fill(self, *args, generator=None, **kwargs):
        from .. import sampling
        from ..creation import _generator

        arguments = [*args, *defaults[len(args) :]]
        for position, keyword in enumerate(_KEYWORDS.get(name, ())):
            if keyword in kwargs:
                arguments[position] = kwargs[keyword]
        draw = getattr(sampling, draw_name)
        if name == "bernoulli_" and isinstance(arguments[0], Tensor):
            chances = arguments[0].expand(self.shape)._array
            drawn = _drawn_in_memory_order(draw, False, _generator(generator, self.device), self._array, [chances])
            return run_in_place(_by_chances, [self, arguments[0], drawn])
        drawn = _drawn_in_memory_order(
            draw, draw_name == "normal", _generator(generator, self.device), self._array, arguments
        )
        return run_in_place(row, [self, drawn])

    fill.__name__ = name
    fill.__qualname__ = f"Tensor.{name}"
    return fill


def _drawn_in_memory_order(draw, knows_layout, generator, array, arguments):
    """Elements are drawn as they lie in memory, whatever order the dimensions have."""
    options = {"contiguous": bool(array.flags.c_contiguous)} if knows_layout else {}
    return in_memory_order(draw, generator, array, *arguments, **options)


_KEYWORDS = {
    "uniform_": ("a", "b"),
    "normal_": ("mean", "std"),
    "bernoulli_": ("p",),
    "exponential_": ("lambd",),
    "cauchy_": ("median", "sigma"),
    "log_normal_": ("mean", "std"),
    "geometric_": ("p",),
}


_random_rows = tuple(_drawn_row("random", f"RandomBackward{number}") for number in range(3))


def random_(self: Tensor, low=None, high=None, *, generator=None) -> Tensor:
    """Fill with random integers of [low, high), or of the dtype's whole range."""
    from .. import sampling
    from ..creation import _generator

    source = _generator(generator, self.device)
    row = _random_rows[2 if low is None else 1 if high is None else 0]
    if low is None:
        drawn = sampling.random_full(source, self._array.shape, self._array.dtype)
    else:
        low, high = (0, low) if high is None else (low, high)
        drawn = sampling.randint(source, self._array.shape, self._array.dtype, low, high)
    return run_in_place(row, [self, drawn])


def resize_(self: Tensor, *sizes, memory_format=None) -> Tensor:
    """Change the shape in place, keeping the elements that fit. Raises ``RuntimeError`` when grad is required."""
    from .shapes import sizes_of

    if self.requires_grad and not thread.inference:
        raise RuntimeError("cannot resize variables that require grad")
    shape = sizes_of(sizes)
    changed = shape != self._array.shape
    strides, step = [], 1
    for extent in reversed(shape):
        strides.insert(0, step)
        step *= max(extent, 1)
    offset = self.storage_offset()
    needed = (offset + int(np.prod(shape, dtype=np.int64))) * self._array.itemsize
    if needed > self._storage.nbytes():
        grow(self._storage, needed)
    self._array = lazily(self._storage.strided(self.dtype.numpy, shape, strides, offset), *bits(self._array))
    if changed:
        inplace.bump_version(self)
    # PyTorch notices the tangent only after it has resized.
    if process.forward_level >= 0 and self._meta is not None and self._meta.tangent is not None:
        raise RuntimeError("cannot resize variables that has a forward grad")
    return self


def resize_as_(self: Tensor, *the_template, memory_format=None) -> Tensor:
    """``resize_`` to the shape of another tensor. Raises as that does."""
    if len(the_template) != 1:
        raise TypeError('resize_as_() missing 1 required positional arguments: "the_template"')
    if not isinstance(the_template[0], Tensor):
        raise TypeError(
            f"resize_as_(): argument 'the_template' (position 1) must be Tensor, not {type(the_template[0]).__name__}"
        )
    return resize_(self, the_template[0]._array.shape)


def resize(self: Tensor, *sizes) -> Tensor:
    """The elements in another shape, as a deprecated operation of its own. Raises ``RuntimeError`` for other numbers
    of elements.
    """
    from ..autograd._functions import Resize

    warnings.warn("non-inplace resize is deprecated", stacklevel=3)
    return Resize.apply(self, sizes)


def resize_as(self: Tensor, tensor: Tensor) -> Tensor:
    """``resize`` to the shape of another tensor."""
    from ..autograd._functions import Resize

    warnings.warn("non-inplace resize_as is deprecated", stacklevel=3)
    return Resize.apply(self, tensor.size())


def grow(storage, nbytes: int) -> None:
    """Give a storage more memory and let every tensor that looks at it look at the new memory.

    A storage does not know its tensors; growing one is rare enough to ask the collector.
    """
    tensors = [holder for holder in gc.get_referrers(storage) if isinstance(holder, Tensor)]
    geometries = [(tensor._array.shape, tensor.stride(), tensor.storage_offset()) for tensor in tensors]
    storage.resize_(nbytes)
    for tensor, (shape, strides, offset) in zip(tensors, geometries, strict=True):
        tensor._array = storage.strided(tensor.dtype.numpy, shape, strides, offset)


def _reshaper(name: str):
    """``t_``, ``squeeze_`` and the like: the view operation applied to the tensor itself."""
    function = METHODS[name]

    def reshaped(self, *args):
        if name == "t" and self.ndim > 2:
            inplace.check_inplace(self, self.requires_grad)
            raise RuntimeError(f"t_() expects a tensor with <= 2 dimensions, but self is {self.ndim}D")
        candidates = getattr(function, "candidates", [function])
        for number, candidate in enumerate(candidates):
            try:
                values = candidate.bind((self, *args), {})
            except mismatches.Mismatch:
                continue
            return reshape_in_place(candidate.row, values, len(candidates) + number)
        raise mismatches.combination_error(name + "_", candidates, (self, *args), {}, True)

    reshaped.__name__ = name + "_"
    return reshaped


def reshape_in_place(row, values: list, number: int) -> Tensor:
    """Change the geometry of ``values[0]`` by a view row; its node is the row's with another overload number.

    Unlike after a write, what was asked of the tensor before stays with the value it had: its hooks, those given from
    now on too where it has some, and ``retain_grad``.
    """
    target = values[0]
    records = target.requires_grad
    inplace.check_inplace(target, records)
    node = None
    if records and thread.grad_enabled and not thread.inference:
        node, mask = new_node(row, values)
        node.saved = {}
        save(node, row, mask, values, ())
        node.__class__ = _numbered(row.node_class, number)
    target._array = viewing(row.forward, target._array, *values[1:])
    inplace.bump_version(target)
    if process.forward_level >= 0 and target._meta is not None and target._meta.tangent is not None:
        reshape_tangent(row, target, values, number)
    if node is not None:
        meta = target._meta
        meta.grad_fn, meta.output_nr = node, 0
        meta.retained_elsewhere = meta.retains_grad
        node.input_metadata.append((target._array.shape, target.dtype, target._storage.device))
        if meta.view is not None:
            # Only the view changed, not the memory: its base keeps its history.
            meta.view.seen_version = target._counter.value
    return target


def reshape_tangent(row, target: Tensor, values: list, number: int) -> None:
    """The tangent changes its geometry with its tensor: in place too, so whoever holds it sees that."""
    level, process.forward_level = process.forward_level, -1
    try:
        tangent = target._meta.tangent
        rest = [_Origin(tangent) if isinstance(value, _Origin) else value for value in values[1:]]
        reshape_in_place(row, [tangent, *rest], number)
    finally:
        process.forward_level = level


_in_place_classes: dict = {}


def _numbered(node_class: type, number: int) -> type:
    key = (node_class, number)
    if key not in _in_place_classes:
        name = node_class.__name__.rstrip("0123456789") + str(number)
        _in_place_classes[key] = type(name, (node_class,), {"__module__": "builtins"})
    return _in_place_classes[key]


def as_strided_(self: Tensor, size, stride, storage_offset: int | None = None) -> Tensor:
    """``as_strided`` on the tensor itself. Raises as that does."""
    size, stride = tuple(size), tuple(stride)
    demand_strides(self, size, stride, storage_offset, True)
    values = [self, size, stride, storage_offset, _Origin(self)]
    return reshape_in_place(as_strided_row.row, values, 1)


def set_(self: Tensor, source=None, storage_offset: int = 0, size=None, stride=None) -> Tensor:
    """Point this tensor at another tensor's memory."""
    inplace.check_inplace(self, self.requires_grad)
    if source is None:
        self._array = np.zeros(0, self.dtype.numpy)
        self._storage = make(self._array, self.device)._storage
    elif isinstance(source, Tensor):
        if source.dtype is not self.dtype:
            raise RuntimeError(f"Could not set tensor of type {source.dtype.cpp} to a tensor of type {self.dtype.cpp}")
        self._array, self._storage = source._array, source._storage
    else:
        self._storage = source
        self._array = source.strided(self.dtype.numpy, tuple(size), tuple(stride), storage_offset)
    inplace.bump_version(self)
    return self
