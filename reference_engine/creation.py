"""Factories: tensors from data, from shapes and from other tensors.

Without ``dtype``, floats become the default dtype, ints int64, bools bool. Without ``device``, the current default
device. What a factory makes is a leaf; grad mode does not matter to it.
"""

from __future__ import annotations

import math

import numpy as np

from ._state import thread, warn_once
from ._tensor import Tensor, from_array, make
from .determinism import uninitialised
from .devices import CPU, device, resolve
from .dtypes import BOOL, COMPLEX, FLOATING, dtype, int64
from .geometry import steps_of_nothing
from .literals import inferred
from .memory_order import copied, dense_like
from .overrides import dispatch, dispatches
from .promotion import defaults
from .storage import restrided

# -- layouts and memory formats -----------------------------------------------------------------------------------


class layout:
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"


class memory_format:
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __deepcopy__(self, memo):
        return self


strided = layout("strided")
contiguous_format, preserve_format = memory_format("contiguous_format"), memory_format("preserve_format")
channels_last = memory_format("channels_last")

FLOAT_ONLY = "Only Tensors of floating point and complex dtype can require gradients"


def finished(array: np.ndarray, place: device, requires_grad: bool, out=None) -> Tensor:
    """Wrap a fresh array as a factory's result. Raises ``RuntimeError`` for a dtype that cannot require grad."""
    if requires_grad and array.dtype.kind in "biu":
        raise RuntimeError(FLOAT_ONLY)
    if not array.size:
        array = restrided(array, array.shape, [step * array.itemsize for step in steps_of_nothing(array)])
    if out is not None:
        from .ops.dispatch import write_out

        write_out(out, make(array, place))
        return out
    result = make(array, place)
    if requires_grad:
        result._set_requires_grad(True)
    return result


def shape_of(args: tuple, name: str) -> tuple:
    """``f(2, 3)`` and ``f((2, 3))`` alike. Raises for extents that are no numbers, or negative."""
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        args = tuple(args[0])
    shape = []
    for position, extent in enumerate(args):
        if isinstance(extent, bool) or not hasattr(extent, "__index__"):
            found = type(extent).__name__
            raise TypeError(
                f"{name}(): argument 'size' (position 1) must be tuple of ints, but found element of type {found} at "
                f"pos {position}"
            )
        shape.append(extent.__index__())
        if shape[-1] < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {shape[-1]}: {list(args)}")
    return tuple(shape)


def given_size(size: tuple, kwargs: dict, name: str) -> tuple:
    """The size from among the keywords. Raises ``TypeError`` where it is missing, given twice, or no tuple."""
    if "size" not in kwargs:
        raise TypeError(f'{name}() missing 1 required positional arguments: "size"')
    if size:
        raise TypeError(f"{name}() got multiple values for argument 'size'")
    size = kwargs.pop("size")
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"{name}(): argument 'size' must be tuple of ints, not {type(size).__name__}")
    return (size,)


def tensor(data, *, dtype: dtype | None = None, device=None, requires_grad: bool = False, pin_memory: bool = False):
    """A new leaf holding a copy of ``data``: a number, nested sequences, an array or a tensor (with a warning)."""
    kind = type(data)
    if kind is list and data and dtype is None and device is None and not thread.device_contexts:
        first = type(data[0])
        if first is float and all(type(entry) is float for entry in data) and thread.default_device is None:
            result = make(np.array(data, defaults.dtype.numpy))
            if requires_grad:
                result._set_requires_grad(True)
            return result
    if isinstance(data, Tensor):
        warn_copy_construct()
        place = data.device if device is None else resolve(device)
        array = data._array.astype(dtype.numpy) if dtype else copied(data._array)
        return finished(array, place, requires_grad)
    return finished(inferred(data, dtype), resolve(device), requires_grad)


def warn_copy_construct(instead_of: str = "torch.tensor", stacklevel: int = 4) -> None:
    import warnings

    warnings.warn(
        "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
        f"sourceTensor.detach().clone().requires_grad_(True), rather than {instead_of}(sourceTensor).",
        UserWarning,
        stacklevel=stacklevel,
    )


def as_tensor(data, dtype: dtype | None = None, device=None) -> Tensor:
    """``data`` as a tensor, sharing memory and history where it already fits."""
    if isinstance(data, Tensor):
        return data.to(device=resolve(device) if device is not None else data.device, dtype=dtype or data.dtype)
    if isinstance(data, np.ndarray) and (dtype is None or dtype.numpy == data.dtype) and resolve(device) is CPU:
        return from_array(data)
    return finished(inferred(data, dtype), resolve(device), False)


def asarray(obj, *, dtype=None, device=None, copy=None, requires_grad: bool | None = None) -> Tensor:
    """Like ``as_tensor``; ``copy=True`` always copies, ``requires_grad=False`` detaches, None keeps what is.

    Raises ``ValueError`` where ``copy=False`` asks for memory that cannot be shared.
    """
    if copy is False:
        if not isinstance(obj, (Tensor, np.ndarray)):
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        if isinstance(obj, Tensor) and dtype not in (None, obj.dtype):
            raise ValueError(f"can't alias tensor with dtype '{obj.dtype.scalar}' into dtype '{dtype.scalar}'.")
    made = as_tensor(obj, dtype, device)
    if isinstance(obj, Tensor):
        if copy:
            made = made.clone()
        if requires_grad is False:
            return made.detach()
        if requires_grad is None and obj.requires_grad:
            warn_once(
                "torch.asarray: unspecified requires_grad now defaults to obj.requires_grad instead of False. Pass "
                "requires_grad=False explicitly to get the old behavior and silence this warning."
            )
        if requires_grad and not made.requires_grad:
            if not made.dtype.is_differentiable:
                raise RuntimeError(FLOAT_ONLY)
            made = made.detach().requires_grad_() if made is obj else made.requires_grad_()
        return made
    if copy:
        made = made.clone()
    if requires_grad and not made.dtype.is_differentiable:
        raise RuntimeError(FLOAT_ONLY)
    return made.requires_grad_() if requires_grad else made


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """A tensor over the memory of ``ndarray``."""
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    return from_array(ndarray)


def scalar_tensor(s, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    return finished(np.array(s, (dtype or defaults.dtype).numpy), resolve(device), requires_grad)


# -- from shapes -------------------------------------------------------------------------------------------------


def _fill_factory(name: str, fill):
    def factory(*size, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
        simple = len(size) == 1 and type(size[0]) is int and size[0] >= 0
        shape = size if simple else shape_of(size, name)
        array = fill(shape, defaults.dtype.numpy if dtype is None else dtype.numpy)
        if device is None and out is None and thread.default_device is None and not thread.device_contexts:
            if array.size and not requires_grad:
                return make(array)
            return finished(array, CPU, requires_grad)
        return finished(array, resolve(device), requires_grad, out)

    factory.__name__ = factory.__qualname__ = name
    factory.__module__ = "torch"

    def with_size_keyword(*size, **kwargs):
        if not size or "size" in kwargs:
            size = given_size(size, kwargs, name)
        return factory(*size, **kwargs)

    with_size_keyword.__name__ = with_size_keyword.__qualname__ = name
    with_size_keyword.__module__ = "torch"
    return with_size_keyword


zeros = _fill_factory("zeros", np.zeros)
ones = _fill_factory("ones", np.ones)
empty = _fill_factory("empty", uninitialised)


def full(size, fill_value, *, out=None, dtype=None, layout=None, device=None, requires_grad: bool = False) -> Tensor:
    """A tensor of ``size`` holding one value; its kind decides the dtype."""
    from .ops.scalars import filled
    from .promotion import number_dtype

    shape = shape_of((tuple(size),), "full") if isinstance(size, (tuple, list)) else shape_of((size,), "full")
    if isinstance(fill_value, Tensor):
        if fill_value.requires_grad:
            raise TypeError("full(): argument 'fill_value' (position 2) must be Number, not Tensor")
        fill_value = fill_value.item()
    stored = (dtype or number_dtype(fill_value)).numpy
    array = filled(shape, fill_value, stored)
    return finished(array, resolve(device), requires_grad, out)


def empty_strided(size, stride, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """Memory with the given strides (in elements), uninitialised in PyTorch and zero here."""
    stored = (dtype or defaults.dtype).numpy
    size, stride = tuple(size), tuple(stride)
    if 0 in size:
        return finished(np.zeros(size, stored), resolve(device), requires_grad)
    reach = sum((extent - 1) * step for extent, step in zip(size, stride, strict=True)) + 1
    memory = uninitialised(reach, stored)
    result = finished(memory, resolve(device), requires_grad)
    result._array = np.lib.stride_tricks.as_strided(memory, size, [step * memory.itemsize for step in stride])
    return result


def _like_factory(name: str, fill):
    def factory(input, *, dtype=None, layout=None, device=None, requires_grad=False, memory_format=None):
        if not isinstance(input, Tensor):
            raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
        if input._dispatches and dispatches((input,)):
            return dispatch(factory, (input,), (input,), {"dtype": dtype, "device": device})
        place = input._storage.device if device is None else resolve(device)
        stored = input.dtype.numpy if dtype is None else dtype.numpy
        array = fill_like(input._array, stored, fill)
        return finished(_formatted(array, memory_format), place, requires_grad)

    factory.__name__ = factory.__qualname__ = name
    factory.__module__ = "torch"
    return factory


def _formatted(array: np.ndarray, memory_format) -> np.ndarray:
    if memory_format is None or memory_format is preserve_format:
        return array
    from .ops.elementwise import in_format

    return in_format(array, memory_format)


def fill_like(array: np.ndarray, stored, fill) -> np.ndarray:
    """A filled array with the order of axes that ``array`` has in memory."""
    if array.flags.c_contiguous and 1 not in array.shape:
        return fill(array.shape, stored)
    made = dense_like(array, stored)
    made[...] = fill((), stored)
    return made


zeros_like = _like_factory("zeros_like", np.zeros)
ones_like = _like_factory("ones_like", np.ones)
empty_like = _like_factory("empty_like", uninitialised)


def full_like(input: Tensor, fill_value, *, dtype=None, device=None, requires_grad=False, memory_format=None) -> Tensor:
    result = full(input._array.shape, fill_value, dtype=dtype or input.dtype, device=device or input.device)
    array = result._array
    if not input._array.flags.c_contiguous:
        laid_out = dense_like(input._array, array.dtype)
        laid_out[...] = array
        array = laid_out
    return finished(_formatted(array, memory_format), result._storage.device, requires_grad)


def eye(n: int, m: int | None = None, *, dtype=None, device=None, requires_grad=False, out=None) -> Tensor:
    return finished(np.eye(n, m, dtype=(dtype or defaults.dtype).numpy), resolve(device), requires_grad, out)


def arange(start=0, end=None, step=1, *, out=None, dtype=None, layout=None, device=None, requires_grad=False) -> Tensor:
    """Values from ``start`` to ``end`` (exclusive); int64 when all bounds are integers."""
    if end is None:
        start, end = 0, start
    start, end, step = (v.item() if isinstance(v, Tensor) else v for v in (start, end, step))
    found = dtype or (int64 if all(isinstance(v, int) for v in (start, end, step)) else defaults.dtype)
    if found.kind in (BOOL, COMPLEX):
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{found.scalar}'")
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if found.kind < FLOATING:
        start, end, step = int(start), int(end), int(step)
    count = max(math.ceil((end - start) / step), 0)
    array = (start + np.arange(count) * step).astype(found.numpy)
    return finished(array, resolve(device), requires_grad, out)


# -- random -------------------------------------------------------------------------------------------------------


def _generator(generator, place: device):
    from . import random

    return random.generator_for(place.type) if generator is None else generator


def _random_factory(name: str, draw_name: str):
    def factory(*size, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False,
                pin_memory=False):  # fmt: skip
        from . import sampling

        place = resolve(device)
        stored = (dtype or defaults.dtype).numpy
        draw = getattr(sampling, draw_name)
        array = draw(_generator(generator, place), shape_of(size, name), stored)
        return finished(array, place, requires_grad, out)

    factory.__name__ = factory.__qualname__ = name
    factory.__module__ = "torch"
    return factory


rand = _random_factory("rand", "uniform")
randn = _random_factory("randn", "normal")


def _drawn_like(input: Tensor, draw: str, dtype, device, requires_grad, memory_format) -> Tensor:
    """Elements are drawn as they will lie in memory."""
    from . import sampling

    place = resolve(device or input.device)
    like = _formatted(dense_like(input._array, (dtype or input.dtype).numpy), memory_format)
    options = {"contiguous": like.flags.c_contiguous} if draw == "normal" else {}
    array = sampling.in_memory_order(getattr(sampling, draw), _generator(None, place), like, **options)
    return finished(array, place, requires_grad)


def rand_like(input: Tensor, *, dtype=None, device=None, requires_grad=False, memory_format=None) -> Tensor:
    return _drawn_like(input, "uniform", dtype, device, requires_grad, memory_format)


def randn_like(input: Tensor, *, dtype=None, device=None, requires_grad=False, memory_format=None) -> Tensor:
    return _drawn_like(input, "normal", dtype, device, requires_grad, memory_format)


def randint(low, high=None, size=None, *, generator=None, dtype=None, device=None, requires_grad=False) -> Tensor:
    """Integers of [low, high)."""
    from . import sampling

    if size is None:
        low, high, size = 0, low, high
    place = resolve(device)
    array = sampling.randint(_generator(generator, place), tuple(size), (dtype or int64).numpy, low, high)
    return finished(array, place, requires_grad)


def randperm(n: int, *, generator=None, dtype=None, device=None, requires_grad=False) -> Tensor:
    from . import sampling

    place = resolve(device)
    array = sampling.randperm(_generator(generator, place), n, (dtype or int64).numpy)
    return finished(array, place, requires_grad)


# -- methods -----------------------------------------------------------------------------------------------------


def new_tensor(self: Tensor, data, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """A new leaf from ``data`` with this tensor's dtype and device."""
    place = self.device if device is None else resolve(device)
    if isinstance(data, Tensor):
        warn_copy_construct("tensor.new_tensor")
        return finished(data._array.astype((dtype or data.dtype).numpy), place, requires_grad)
    return finished(inferred(data, dtype or self.dtype), place, requires_grad)


def _new_factory(name: str, fill):
    def factory(self, *size, dtype=None, device=None, requires_grad=False, layout=None, pin_memory=False, **kwargs):
        if not size or "size" in kwargs:
            size = given_size(size, kwargs, name)
        place = self._storage.device if device is None else resolve(device)
        array = fill(shape_of(size, name), (dtype or self.dtype).numpy)
        return finished(array, place, requires_grad)

    factory.__name__ = name
    factory.__qualname__ = f"Tensor.{name}"
    return factory


def new_full(self: Tensor, size, fill_value, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    return full(size, fill_value, dtype=dtype or self.dtype, device=device or self.device, requires_grad=requires_grad)


METHODS = {
    "new_tensor": new_tensor,
    "new_zeros": _new_factory("new_zeros", np.zeros),
    "new_ones": _new_factory("new_ones", np.ones),
    "new_empty": _new_factory("new_empty", uninitialised),
    "new_full": new_full,
}
FUNCTIONS = {
    function.__name__: function
    for function in (
        tensor, as_tensor, asarray, from_numpy, scalar_tensor, zeros, ones, empty, full, empty_strided, zeros_like,
        ones_like, empty_like, full_like, eye, arange, rand, randn, rand_like,
        randn_like, randint, randperm,
    )
}  # fmt: skip
