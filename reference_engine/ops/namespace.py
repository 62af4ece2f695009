"""The functions of the ``torch`` namespace, gathered from the table and the modules of compositions."""

from __future__ import annotations

import functools

from .. import creation, determinism, legacy, spacing
from .._tensor import Tensor
from ..dtypes import BY_NAME
from ..promotion import result_dtype
from . import calculus, elementwise, joining, methods, rearranging, shapes
from .calls import FUNCTIONS
from .families import compositions
from .table import op


def is_tensor(obj, /) -> bool:
    return isinstance(obj, Tensor)


def is_floating_point(input) -> bool:
    return input.is_floating_point()


def is_complex(input) -> bool:
    return input.is_complex()


def is_conj(input) -> bool:
    return input.is_conj()


def is_neg(input) -> bool:
    return input.is_neg()


def is_inference(input) -> bool:
    return input.is_inference()


def numel(input) -> int:
    return input.numel()


def is_nonzero(input) -> bool:
    return bool(input)


def is_storage(obj, /) -> bool:
    from ..storage import UntypedStorage

    return isinstance(obj, UntypedStorage)


def result_type(tensor1, tensor2):
    """The dtype of an operation on both: tensors or numbers."""
    return result_dtype([tensor1, tensor2])


def broadcast_tensors(*tensors):
    """All tensors with their common shape: views, or the tensor itself where it has that shape already."""
    from .dims import broadcast_shape

    shape: tuple = functools.reduce(broadcast_shape, (t._array.shape for t in tensors), ())
    return tuple(t if t._array.shape == shape else t.expand(shape) for t in tensors)


def broadcast_to(input, size):
    return input.expand(size)


def broadcast_shapes(*shapes):
    from ..size import Size

    shapes = [(shape,) if isinstance(shape, int) else tuple(shape) for shape in shapes]
    result = [1] * max(map(len, shapes), default=0)
    for position, shape in enumerate(shapes):
        for place in range(-1, -1 - len(shape), -1):
            if shape[place] < 0:
                raise ValueError("Attempting to broadcast a dimension with negative length!")
            if shape[place] in (1, result[place]):
                continue
            if result[place] != 1:
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {shape[place]} at {place}! Mismatching argument "
                    f"at index {position} had {shape}; but expected shape should be broadcastable to {result}"
                )
            result[place] = shape[place]
    return Size(result)


def get_num_threads() -> int:
    return 1


def set_num_threads(int) -> None:
    """One thread computes; the setting has no effect."""


def detach_copy(input):
    """The values in memory of their own, still part of the graph but without a derivative."""
    from .._tensor import make
    from .recording import finish

    result = make(input._array.copy(), input.device)
    finish(_detach_copy_row, [input], (result,))
    return result


def _detach_copy_forward(array):
    return array.copy()


_detach_copy_row = op("detach_copy(Tensor self)", _detach_copy_forward, method=False, function=False).row

OWN = (
    is_tensor, is_floating_point, is_complex, is_conj, is_neg, is_inference, numel, is_nonzero, is_storage, result_type,
    broadcast_tensors, broadcast_to, broadcast_shapes, get_num_threads,
    set_num_threads, detach_copy,
)  # fmt: skip


def install(namespace: dict) -> None:
    """Fill the package's namespace and attach the methods of ``Tensor``."""
    from ..utils.dlpack import from_dlpack

    methods.install()
    for name, function in creation.METHODS.items():
        setattr(Tensor, name, function)
    namespace.update(creation.FUNCTIONS)
    namespace.update({name: function for name, function in FUNCTIONS.items() if name not in _METHODS_ALONE})
    namespace.update(compositions("FUNCTIONS"))
    for group in (methods.OWN_FUNCTIONS, OWN, determinism.FUNCTIONS, spacing.FUNCTIONS):
        namespace.update({function.__name__: function for function in group})
    namespace["concat"] = namespace["concatenate"] = joining.cat
    namespace["row_stack"], namespace["trapz"] = rearranging.vstack, calculus.trapezoid
    namespace["moveaxis"] = Tensor.moveaxis = shapes.movedim
    Tensor.broadcast_to = broadcast_to
    namespace["resize_as_"] = Tensor.resize_as_
    namespace["from_dlpack"] = from_dlpack
    namespace["positive"] = elementwise.positive
    namespace["where"] = elementwise.where
    Tensor.where = lambda self, condition, other: elementwise.where(condition, self, other)
    for name in ("strided", "contiguous_format", "preserve_format", "channels_last", "memory_format", "layout"):
        namespace[name] = getattr(creation, name)
    for name, scalar in _TYPED.items():
        namespace[name] = _typed_constructor(name, scalar)


_METHODS_ALONE = ("heaviside_", "index_reduce_", "scatter_reduce_")

_TYPED = {"FloatTensor": "float32", "DoubleTensor": "float64", "LongTensor": "int64", "IntTensor": "int32",
          "HalfTensor": "float16", "BoolTensor": "bool", "ByteTensor": "uint8"}  # fmt: skip


def _typed_constructor(name: str, scalar: str):
    def constructor(*args, **kwargs):
        return legacy.construct(BY_NAME[scalar], args, kwargs)

    constructor.__name__ = constructor.__qualname__ = name
    constructor.__module__ = "torch"
    return constructor
