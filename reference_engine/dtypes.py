"""Element types: the twelve dtypes, their order of kinds, and the names that PyTorch gives them in messages.

A :class:`dtype` is a singleton, so ``is`` compares. NumPy stores all of them natively except bfloat16, which comes
from ``ml_dtypes``.
"""

from __future__ import annotations

import ml_dtypes
import numpy as np

# Kinds in the order of type promotion: a higher kind always wins over a lower one.
BOOL, INTEGER, FLOATING, COMPLEX = range(4)


class dtype:
    """One element type.

    ``name`` is what ``str`` prints after ``torch.``; ``scalar`` names it in error messages (``Float``, ``Long``);
    ``cpp`` is its C++ name, which a few messages use; ``numpy`` is the NumPy dtype that stores it.
    """

    __slots__ = ("cpp", "is_signed", "itemsize", "kind", "name", "numpy", "scalar")

    def __init__(self, name: str, scalar: str, cpp: str, stored_as: object, kind: int) -> None:
        self.name, self.scalar, self.cpp, self.kind = name, scalar, cpp, kind
        self.numpy = np.dtype(stored_as)
        self.itemsize = self.numpy.itemsize
        self.is_signed = name not in ("bool", "uint8")

    @property
    def is_floating_point(self) -> bool:
        return self.kind == FLOATING

    @property
    def is_complex(self) -> bool:
        return self.kind == COMPLEX

    @property
    def is_differentiable(self) -> bool:
        """Only floating point and complex values carry gradients."""
        return self.kind >= FLOATING

    def to_real(self) -> dtype:
        return {complex64: float32, complex128: float64}.get(self, self)

    def to_complex(self) -> dtype:
        if self.kind == FLOATING:
            return complex128 if self is float64 else complex64
        return self if self.kind == COMPLEX else complex64

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self):
        return _by_name, (self.name,)

    def __deepcopy__(self, memo):
        return self

    __copy__ = lambda self: self  # noqa: E731


dtype.__module__ = "torch"

bool_ = dtype("bool", "Bool", "bool", np.bool_, BOOL)
uint8 = dtype("uint8", "Byte", "unsigned char", np.uint8, INTEGER)
int8 = dtype("int8", "Char", "signed char", np.int8, INTEGER)
int16 = dtype("int16", "Short", "short int", np.int16, INTEGER)
int32 = dtype("int32", "Int", "int", np.int32, INTEGER)
int64 = dtype("int64", "Long", "long int", np.int64, INTEGER)
float16 = dtype("float16", "Half", "c10::Half", np.float16, FLOATING)
bfloat16 = dtype("bfloat16", "BFloat16", "c10::BFloat16", ml_dtypes.bfloat16, FLOATING)
float32 = dtype("float32", "Float", "float", np.float32, FLOATING)
float64 = dtype("float64", "Double", "double", np.float64, FLOATING)
complex64 = dtype("complex64", "ComplexFloat", "c10::complex<float>", np.complex64, COMPLEX)
complex128 = dtype("complex128", "ComplexDouble", "c10::complex<double>", np.complex128, COMPLEX)

ALL = (bool_, uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64, complex64, complex128)
BY_NUMPY = {entry.numpy: entry for entry in ALL}
BY_NAME = {entry.name: entry for entry in ALL}
ALIASES = {
    "half": float16,
    "float": float32,
    "double": float64,
    "short": int16,
    "int": int32,
    "long": int64,
    "cfloat": complex64,
    "cdouble": complex128,
}


def _by_name(name: str) -> dtype:
    return BY_NAME[name]


def of_array(array: np.ndarray) -> dtype:
    """The dtype of a NumPy array. Raises ``TypeError`` for element types that PyTorch does not have."""
    found = BY_NUMPY.get(array.dtype)
    if found is None:
        raise TypeError(
            f"can't convert np.ndarray of type {array.dtype.type.__module__}.{array.dtype.type.__name__}. "
            "The only supported types are: float64, float32, float16, complex64, complex128, int64, int32, int16, "
            "int8, uint64, uint32, uint16, uint8, and bool."
        )
    return found


class finfo:
    """Machine limits of a floating point dtype (``torch.finfo``)."""

    def __init__(self, type: dtype | None = None) -> None:
        from .promotion import defaults

        self.dtype = (type or defaults.dtype).name
        described = (type or defaults.dtype).to_real()
        limits = ml_dtypes.finfo(described.numpy)
        self.bits = limits.bits
        for name in ("eps", "max", "min", "tiny", "resolution"):
            setattr(self, name, float(getattr(limits, name)))
        self.smallest_normal = self.tiny


class iinfo:
    """Limits of an integer dtype (``torch.iinfo``)."""

    def __init__(self, type: dtype) -> None:
        limits = np.iinfo(type.numpy)
        self.bits, self.min, self.max, self.dtype = limits.bits, int(limits.min), int(limits.max), type.name


globals()["bool"] = bool_  # the public name; the module itself keeps the builtin while it loads
