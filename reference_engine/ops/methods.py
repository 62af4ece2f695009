"""What tensors do beside the rows: Python operators, conversions, copies, leaving the graph.

``x + 1`` and ``x.add(1)`` are the same row; operators differ in what they do with foreign operands and in that
``1 / x`` is ``x.reciprocal() * 1``.
"""

from __future__ import annotations


import numpy as np

from .._state import thread, warn_once
from .._tensor import Tensor, make
from ..graph import inplace
from ..devices import device as device_class
from ..devices import resolve
from ..dtypes import ALIASES, BY_NAME, COMPLEX, dtype
from ..overrides import dispatch, dispatches
from ..version import InferenceVersionCounter
from . import arguments, elementwise, indexing, linalg, views
from .dispatch import FUNCTIONS, METHODS, fill_facts, finish, make_binary, new_node, save
from .dims import broadcast_shape
from .table import op

_NUMBERS = (int, float, complex, np.number)
_OPERANDS = (Tensor, *_NUMBERS)

# -- operators --------------------------------------------------------------------------------------------------------


def _operator(method):
    def forward(self, other):
        if isinstance(other, _OPERANDS):
            return method(self, other)
        return NotImplemented

    forward.__name__ = method.__name__
    return forward


def _reflected(method):
    def backward(self, other):
        if isinstance(other, _NUMBERS):
            return method(self, other)
        return NotImplemented

    return backward


def _number_first(operation):
    """An operation with a number as its first operand, made a tensor of the number's kind."""

    def backward(self, other):
        if not isinstance(other, _NUMBERS):
            return NotImplemented
        from .._tensor import wrapped_number

        return operation(wrapped_number(other, self.device), self)

    return backward


def _rdiv(self, other):
    if not isinstance(other, _NUMBERS):
        return NotImplemented
    return self.reciprocal() * other


def _rsub(self, other):
    if not isinstance(other, _NUMBERS):
        return NotImplemented
    if self.dtype.kind == 0:
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, "
            "use the `~` or `logical_not()` operator instead."
        )
    from ..promotion import result_dtype

    found = result_dtype([self, other])
    return elementwise.rsub(self if found is self.dtype else self.to(found), other)


def _pow(self, other):
    return METHODS["pow"](self, other) if isinstance(other, _OPERANDS) else NotImplemented


def _rpow(self, other):
    return elementwise.pow_of_number(other, self) if isinstance(other, _NUMBERS) else NotImplemented


def _matmul(self, other):
    return linalg.matmul(self, other) if isinstance(other, Tensor) else NotImplemented


def _compare(name):
    method = METHODS[name]

    def compare(self, other):
        if isinstance(other, _OPERANDS):
            return method(self, other)
        return NotImplemented

    return compare


def install_operators() -> None:
    """Give ``Tensor`` its Python operators."""
    m = METHODS
    for symbol, name in (("add", "add"), ("sub", "sub"), ("mul", "mul"), ("truediv", "div"), ("mod", "remainder"),
                         ("floordiv", "floor_divide")):  # fmt: skip
        row = elementwise.div.row if name == "div" else getattr(m[name], "row", None)
        fast = row is not None and symbol in ("add", "sub", "mul", "truediv")
        setattr(Tensor, f"__{symbol}__", make_binary(row, operator=True) if fast else _operator(m[name]))
        setattr(Tensor, f"__i{symbol}__", _operator(m[name + "_"]))
    Tensor.__radd__, Tensor.__rmul__ = _reflected(m["add"]), _reflected(m["mul"])
    Tensor.__rsub__, Tensor.__rtruediv__ = _rsub, _rdiv
    Tensor.__rmod__, Tensor.__rfloordiv__ = _number_first(m["remainder"]), _number_first(m["floor_divide"])
    Tensor.__pow__, Tensor.__rpow__, Tensor.__ipow__ = _pow, _rpow, _operator(m["pow_"])
    Tensor.__matmul__ = _matmul
    Tensor.__neg__, Tensor.__abs__ = m["neg"], m["abs"]
    Tensor.__pos__ = Tensor.positive = elementwise.positive
    Tensor.__invert__ = lambda self: m["logical_not" if self.dtype.kind == 0 else "bitwise_not"](self)
    for symbol, name in (("and", "bitwise_and"), ("or", "bitwise_or"), ("xor", "bitwise_xor")):
        setattr(Tensor, f"__{symbol}__", _operator(m[name]))
        setattr(Tensor, f"__r{symbol}__", _reflected(m[name]))
        setattr(Tensor, f"__i{symbol}__", _operator(m[name + "_"]))
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        setattr(Tensor, f"__{name}__", _compare(name))
    Tensor.__getitem__, Tensor.__setitem__ = _getitem, _setitem


def _getitem(self, key):
    if self._dispatches and dispatches((self,)):
        return dispatch(Tensor.__getitem__, (self,), (self, key), None)
    return indexing.getitem(self, key)


def _setitem(self, key, value):
    if self._dispatches and dispatches((self,)):
        return dispatch(Tensor.__setitem__, (self,), (self, key, value), None)
    indexing.setitem(self, key, value)


# -- leaving the graph ------------------------------------------------------------------------------------------------


def detach(self: Tensor) -> Tensor:
    """The same memory and version counter without the history."""
    if self._dispatches and dispatches((self,)):
        return dispatch(Tensor.detach, (self,), (self,), None)
    alias = self._alias()
    if self._counter is None and not thread.inference:
        alias._counter = InferenceVersionCounter()
    elif self._meta is not None and self._meta.tangent is not None:
        from ..autograd import forward_ad

        forward_ad.drop(alias)
    return alias


def detach_(self: Tensor) -> Tensor:
    """Make this tensor a leaf without history. Raises ``RuntimeError`` for views."""
    meta = self._meta
    if meta is None or thread.inference:
        return self
    if meta.view is not None:
        raise RuntimeError(
            "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for "
            "training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence "
            "detach_() cannot be called on these gradients. To fix this error, please refer to the Optimizer.zero_grad() "
            "function in torch/optim/optimizer.py as the solution."
        )
    meta.requires_grad = False
    meta.grad_fn, meta.output_nr = None, 0
    return self


def conj(self: Tensor) -> Tensor:
    """The complex conjugate; a real tensor itself."""
    return conj_row(self) if self.dtype.kind == COMPLEX else self


conj_row = op("conj(Tensor self)", np.conj, node="ConjBackward0", self=lambda grad: conj(grad), jvp="linear",
              method=False, function=False)  # fmt: skip

# -- conversion -------------------------------------------------------------------------------------------------------


def to(self: Tensor, *args, **kwargs) -> Tensor:
    """This tensor with another dtype or on another device: itself when nothing changes, else a recorded copy.

    ``to(dtype)``, ``to(device)``, ``to(device, dtype)``, ``to(other)``, each with ``copy=``.
    """
    copy = kwargs.pop("copy", False)
    kwargs.pop("non_blocking", None)
    memory_format = kwargs.pop("memory_format", None)
    wanted, place = kwargs.pop("dtype", None), kwargs.pop("device", None)
    if "other" in kwargs:
        args = (kwargs.pop("other"), *args)
    for position, argument in enumerate(args):
        if isinstance(argument, dtype):
            wanted = argument
        elif isinstance(argument, Tensor):
            wanted, place = argument.dtype, argument.device
        elif isinstance(argument, (str, device_class)) or (isinstance(argument, int) and position == 0
                                                           and not isinstance(argument, bool)):  # fmt: skip
            place = argument
        elif isinstance(argument, bool):
            copy = argument if position >= len(args) - 1 and position > 1 else copy
        elif argument is not None:
            raise TypeError(
                f"to() received an invalid combination of arguments - got ({type(argument).__name__}), but expected one "
                "of:\n * (torch.device device = None, torch.dtype dtype = None, bool non_blocking = False, bool copy = "
                "False, *, torch.memory_format memory_format = None)\n * (torch.dtype dtype, bool non_blocking = False, "
                "bool copy = False, *, torch.memory_format memory_format = None)\n * (Tensor tensor, bool non_blocking ="
                " False, bool copy = False, *, torch.memory_format memory_format = None)\n"
            )
    wanted = wanted or self.dtype
    place = self._storage.device if place is None else resolve(place)
    if wanted is self.dtype and place is self._storage.device and not copy and memory_format is None:
        return self
    if self.dtype.kind == COMPLEX and wanted.kind != COMPLEX and wanted.kind != 0:
        warn_once("Casting complex values to real discards the imaginary part")
    return to_copy(self, wanted, place)


def _to_copy(array, dtype, place, origin):
    wanted = dtype.numpy
    if array.dtype.kind == "c" and wanted.kind not in "cb":
        array = array.real
    return array.copy(order="C" if 0 in array.strides else "K") if array.dtype == wanted else (
        np.array(array.astype(wanted, order="C" if 0 in array.strides else "K"))
    )


to_copy_row = op(
    "_to_copy(Tensor self, any dtype, any place, any origin)",
    _to_copy,
    node="ToCopyBackward0",
    self=lambda grad, dtype, origin: elementwise.real_if(grad, origin[0]).to(device=origin[1], dtype=origin[0]),
    jvp=lambda self_t, dtype, place: to_copy(self_t, dtype, place),
    method=False,
    function=False,
).row
for _hidden in ("dtype", "origin"):
    delattr(to_copy_row.node_class, f"_saved_{_hidden}")


def to_copy(self: Tensor, wanted: dtype, place) -> Tensor:
    values = [self, wanted, place, (self.dtype, self._storage.device)]
    result = make(_to_copy(self._array, wanted, place, None), place)
    finish(to_copy_row, values, (result,))
    return result


def _conversion(wanted: dtype, name: str):
    def convert(self, memory_format=None):
        return to(self, wanted)

    convert.__name__ = name
    convert.__qualname__ = f"Tensor.{name}"
    return convert


def cpu(self: Tensor, memory_format=None) -> Tensor:
    return to(self, "cpu")


def cuda(self: Tensor, device=None, non_blocking: bool = False, memory_format=None) -> Tensor:
    return to(self, "cuda" if device is None else device)


def type_as(self: Tensor, other: Tensor) -> Tensor:
    return to(self, other.dtype)


# -- writing ----------------------------------------------------------------------------------------------------------

copy_row = elementwise.contiguous_format_copy.row


def copy_(self: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    """Write the values of ``src``, cast to this tensor's dtype and copied from its device."""
    if not isinstance(src, Tensor):
        raise TypeError(f"copy_(): argument 'other' (position 1) must be Tensor, not {type(src).__name__}")

    records = self.requires_grad or src.requires_grad
    inplace.check_inplace(self, records)
    inplace.check_overlap(self._array)
    if src._storage is self._storage:
        inplace.check_partial_overlap(self._array, src._array)
    values = [self, src]
    node = None
    if records and thread.grad_enabled and not thread.inference:
        node, mask = new_node(copy_row, values)
        node.saved = {}
        save(node, copy_row, mask, values, ())
        if False in mask:
            fill_facts(node, copy_row, values, mask)
    source = src._array
    try:
        source = np.broadcast_to(source, self._array.shape)
    except ValueError:
        elementwise_shape_error(self, src)
    if source.dtype.kind == "c" and self._array.dtype.kind not in "cb":
        warn_once("Casting complex values to real discards the imaginary part")
        source = source.real
    self._array[...] = source
    inplace.bump_version(self)
    if node is not None:
        inplace.rebase_history(self, node)
    from .._state import process

    if process.forward_level >= 0:
        from ..autograd import forward_ad

        forward_ad.copied(self, src)
    return self


def elementwise_shape_error(self: Tensor, src: Tensor) -> None:
    """Raise the ``RuntimeError`` for a source that does not fit into the target of a copy."""
    target, source = self._array.shape, src._array.shape
    whole = broadcast_shape(target, source)  # raises where the two have no common shape
    raise RuntimeError(f"output with shape {list(target)} doesn't match the broadcast shape {list(whole)}")


def _random_filler(name: str, draw_name: str, *defaults):
    def fill(self, *args, generator=None, **kwargs):
        from .. import sampling
        from ..creation import _generator

        inplace.check_inplace(self, self.requires_grad)
        arguments = [*args, *defaults[len(args) :]]
        for position, keyword in enumerate(_KEYWORDS.get(name, ())):
            if keyword in kwargs:
                arguments[position] = kwargs[keyword]
        draw = getattr(sampling, draw_name)
        drawn = _drawn_in_memory_order(
            draw, draw_name == "normal", _generator(generator, self.device), self._array, arguments
        )
        if self.requires_grad and thread.grad_enabled:
            return _fill_drawn(self, drawn)
        self._array[...] = drawn
        inplace.bump_version(self)
        return self

    fill.__name__ = name
    fill.__qualname__ = f"Tensor.{name}"
    return fill


def _drawn_in_memory_order(draw, knows_layout, generator, array, arguments):
    """Elements are drawn as they lie in memory, whatever order the dimensions have."""
    order = sorted(range(array.ndim), key=lambda dim: -array.strides[dim])
    shape = tuple(array.shape[dim] for dim in order)
    options = {"contiguous": bool(array.flags.c_contiguous)} if knows_layout else {}
    return draw(generator, shape, array.dtype, *arguments, **options).transpose(np.argsort(order))


_KEYWORDS = {"uniform_": ("a", "b"), "normal_": ("mean", "std"), "bernoulli_": ("p",), "exponential_": ("lambd",)}


def _fill_drawn(self: Tensor, drawn) -> Tensor:
    return self.zero_().add_(make(np.asarray(drawn), self.device))


def random_(self: Tensor, low=None, high=None, *, generator=None) -> Tensor:
    """Fill with random integers of [low, high), or of the dtype's whole range."""
    from .. import sampling
    from ..creation import _generator

    inplace.check_inplace(self, self.requires_grad)
    source = _generator(generator, self.device)
    if low is None:
        drawn = sampling.random_full(source, self._array.shape, self._array.dtype)
    else:
        low, high = (0, low) if high is None else (low, high)
        drawn = sampling.randint(source, self._array.shape, self._array.dtype, low, high)
    self._array[...] = drawn
    inplace.bump_version(self)
    return self


def resize_(self: Tensor, *sizes, memory_format=None) -> Tensor:
    """Change the shape in place, keeping the elements that fit. Raises ``RuntimeError`` when grad is required."""
    from .views import sizes_of

    if self.requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    shape = sizes_of(sizes)
    count = int(np.prod(shape, dtype=np.int64))
    itemsize = self._array.itemsize
    if (self.storage_offset() + count) * itemsize > self._storage.nbytes():
        self._storage.resize_((self.storage_offset() + count) * itemsize)
    strides, step = [], 1
    for extent in reversed(shape):
        strides.insert(0, step)
        step *= max(extent, 1)
    self._array = self._storage.strided(self.dtype.numpy, shape, strides, 0)
    return self


def _reshaper(name: str):
    """``t_``, ``squeeze_`` and the like: the view operation applied to the tensor itself."""
    function = METHODS[name]

    def reshaped(self, *args):
        if name == "t" and self.ndim > 2:
            raise RuntimeError(f"t_() expects a tensor with <= 2 dimensions, but self is {self.ndim}D")
        candidates = getattr(function, "candidates", [function])
        for number, candidate in enumerate(candidates):
            try:
                values = candidate.bind((self, *args), {})
            except arguments.Mismatch:
                continue
            return reshape_in_place(candidate.row, values, len(candidates) + number)
        raise arguments.combination_error(function, candidates, (self, *args), {})

    reshaped.__name__ = name + "_"
    return reshaped


def reshape_in_place(row, values: list, number: int) -> Tensor:
    """Change the geometry of ``values[0]`` by a view row; its node is the row's with another overload number."""
    target = values[0]
    records = target.requires_grad
    inplace.check_inplace(target, records)
    node = None
    if records and thread.grad_enabled and not thread.inference:
        node, mask = new_node(row, values)
        node.saved = {}
        save(node, row, mask, values, ())
        node.__class__ = _numbered(row.node_class, number)
    target._array = row.forward(target._array, *values[1:])
    inplace.bump_version(target)
    if node is not None:
        meta = target._meta
        meta.grad_fn, meta.output_nr = node, 0
        node.input_metadata.append((target._array.shape, target.dtype, target._storage.device))
        if meta.view is not None:
            # Only the view changed, not the memory: its base keeps its history.
            meta.view.seen_version = target._counter.value
        inplace.move_hooks(target, meta)
    return target


_in_place_classes: dict = {}


def _numbered(node_class: type, number: int) -> type:
    key = (node_class, number)
    if key not in _in_place_classes:
        name = node_class.__name__.rstrip("0123456789") + str(number)
        _in_place_classes[key] = type(name, (node_class,), {"__module__": "builtins"})
    return _in_place_classes[key]


def as_strided_(self: Tensor, size, stride, storage_offset: int | None = None) -> Tensor:
    values = [self, tuple(size), tuple(stride), storage_offset, views._Origin(self)]
    return reshape_in_place(views.as_strided_row.row, values, 1)


def set_(self: Tensor, source=None, storage_offset: int = 0, size=None, stride=None) -> Tensor:
    """Point this tensor at another tensor's memory."""
    inplace.check_inplace(self, self.requires_grad)
    if source is None:
        self._array = np.zeros(0, self.dtype.numpy)
        self._storage = make(self._array, self.device)._storage
    elif isinstance(source, Tensor):
        if source.dtype is not self.dtype:
            raise RuntimeError("Could not set tensor of type " f"{source.dtype.cpp} to a tensor of type {self.dtype.cpp}")
        self._array, self._storage = source._array, source._storage
    else:
        self._storage = source
        self._array = source.strided(self.dtype.numpy, tuple(size), tuple(stride), storage_offset)
    inplace.bump_version(self)
    return self


# -- small compositions -------------------------------------------------------------------------------------------------


def square(self: Tensor) -> Tensor:
    return elementwise.pow_number(self, 2)


def square_(self: Tensor) -> Tensor:
    return METHODS["pow_"](self, 2)


def equal(self: Tensor, other: Tensor) -> bool:
    """Same shape and same elements."""
    return self._array.shape == other._array.shape and bool((self._array == other._array).all())


def allclose(self: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """All elements equal up to ``atol + rtol * abs(other)``."""
    if self.dtype is not other.dtype:
        raise RuntimeError(f"{self.dtype.scalar} did not match {other.dtype.scalar}")
    return bool(np.allclose(self._array, other._array, rtol, atol, equal_nan))


def bernoulli(input: Tensor, p: float | None = None, *, generator=None) -> Tensor:
    """Draw 1 with the probability that each element states. The gradient is zero."""
    from .. import sampling
    from ..creation import _generator

    probabilities = input._array if p is None else p
    drawn = sampling.bernoulli(_generator(generator, input.device), input._array.shape, input._array.dtype, probabilities)
    return _random_result(input, drawn, "BernoulliBackward0")


def _random_result(input: Tensor, drawn: np.ndarray, name: str) -> Tensor:
    result = make(np.asarray(drawn).astype(input._array.dtype), input.device)
    finish(_bernoulli_row, [input], (result,))
    return result


_bernoulli_row = op(
    "bernoulli(Tensor self)",
    lambda a: a,
    self=lambda grad: elementwise.zeros_like(grad),
    jvp=lambda self_t: elementwise.zeros_like(self_t),
    method=False,
    function=False,
).row


def multinomial(input: Tensor, num_samples: int, replacement: bool = False, *, generator=None) -> Tensor:
    """Indices drawn with the given weights."""
    from .. import sampling
    from ..creation import _generator

    drawn = sampling.multinomial(_generator(generator, input.device), input._array, num_samples, replacement)
    return make(np.asarray(drawn, np.int64), input.device)


def is_same_size(self: Tensor, other: Tensor) -> bool:
    return self._array.shape == other._array.shape


def is_set_to(self: Tensor, tensor: Tensor) -> bool:
    return self._storage is tensor._storage and self.stride() == tensor.stride() and self.shape == tensor.shape


def true_divide(self: Tensor, other) -> Tensor:
    return METHODS["div"](self, other)


def apply_(self: Tensor, callable) -> Tensor:
    if self.requires_grad:
        raise TypeError("Can't call apply_() on Variable that requires grad. Use var.detach().apply_() instead.")
    flat = [callable(value) for value in self._array.reshape(-1).tolist()]
    self._array[...] = np.array(flat, self._array.dtype).reshape(self._array.shape)
    return self


def map_(self: Tensor, tensor: Tensor, callable) -> Tensor:
    if self.requires_grad or tensor.requires_grad:
        raise RuntimeError("Can't call map_() on Variable that requires grad. Use var.detach().map_() instead.")
    pairs = zip(self._array.reshape(-1).tolist(), tensor._array.reshape(-1).tolist(), strict=True)
    self._array[...] = np.array([callable(a, b) for a, b in pairs], self._array.dtype).reshape(self._array.shape)
    return self


ALIASES_OF = {
    "absolute": "abs", "negative": "neg", "multiply": "mul", "divide": "div", "subtract": "sub", "clip": "clamp",
    "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le", "not_equal": "ne", "arctan": "atan",
    "arcsin": "asin", "arccos": "acos", "arctanh": "atanh", "fix": "trunc", "concat": "cat", "concatenate": "cat",
    "arctan2": "atan2",
}  # fmt: skip


def install() -> None:
    """Attach every method, property and operator to ``Tensor``."""
    from . import joining, reductions

    for name, alias in ALIASES_OF.items():
        for table in (METHODS, FUNCTIONS):
            if alias in table:
                table[name] = table[alias]
            if alias + "_" in table:
                table[name + "_"] = table[alias + "_"]
    for name, method in METHODS.items():
        setattr(Tensor, name, method)
    for group in (views.METHODS, joining.METHODS, reductions.METHODS, indexing.METHODS, linalg.METHODS, OWN_METHODS):
        for method in group:
            setattr(Tensor, method.__name__, method)
    for name, getter in views.PROPERTIES.items():
        setattr(Tensor, name, property(getter))
    for name in (*BY_NAME, *ALIASES):
        if name in ("float32", "float64", "complex64", "complex128", "int8", "int16", "int32", "int64", "uint8",
                    "float16"):  # fmt: skip
            continue
        setattr(Tensor, name, _conversion(ALIASES.get(name) or BY_NAME[name], name))
    Tensor.byte, Tensor.char = _conversion(BY_NAME["uint8"], "byte"), _conversion(BY_NAME["int8"], "char")
    for name, draw, *defaults in (("uniform_", "uniform", 0.0, 1.0), ("normal_", "normal", 0.0, 1.0),
                                  ("bernoulli_", "bernoulli", 0.5), ("exponential_", "exponential", 1.0)):  # fmt: skip
        setattr(Tensor, name, _random_filler(name, draw, *defaults))
    for name in ("unsqueeze", "squeeze", "transpose", "t"):
        setattr(Tensor, name + "_", _reshaper(name))
    Tensor.swapaxes_ = Tensor.swapdims_ = Tensor.transpose_
    Tensor.as_strided_ = as_strided_
    install_operators()


OWN_METHODS = (
    detach, detach_, conj, to, cpu, cuda, type_as, copy_, random_, resize_, set_, square, square_, equal, allclose,
    bernoulli, multinomial, is_same_size, is_set_to, true_divide, apply_, map_,
)  # fmt: skip
OWN_FUNCTIONS = (detach, detach_, conj, square, square_, equal, allclose, bernoulli, multinomial, true_divide,
                 is_same_size)  # fmt: skip
