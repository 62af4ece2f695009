"""Whether memory that is given for a result can take it: asked before anything is computed.

In-place and ``out=`` forms of elementwise operations first compare shapes, then ask whether the common dtype can be
cast to that of the memory; only then does the kernel look at the dtype. Operations without type promotion want
exactly their own dtype. Rule: ``TensorIterator``.
"""

from __future__ import annotations

from .._tensor import Tensor
from ..dtypes import BOOL, COMPLEX, FLOATING, bool_, float32, uint8
from ..promotion import can_cast_dtype, defaults, result_dtype
from . import product_demands
from .dims import broadcast_shape
from .table import AS_IS, COMPARE, FLOAT, SUMMING, Row

# What operations say of an ``out=`` tensor whose dtype is not that of the result, by the name of the row.
_SAME = {
    "Found dtype {found.scalar} but expected {wanted.scalar}": (
        "abs neg sign sgn floor ceil trunc frac round bitwise_not conj_physical lerp"
    ),
    "Expected out tensor to have dtype {wanted.cpp}, but got {found.cpp} instead": (
        "tril triu renorm mm bmm addmm addmv baddbmm gather"
    ),
    "result dtype {found.scalar} does not match input dtype {wanted.scalar}": "dot",
    "heaviside is not yet implemented for tensors with different dtypes.": "heaviside",
    "{name}(): self and result must have the same scalar type": "index_select masked_select",
    "take(): self and out expected to have the same dtype, but got self.dtype = {wanted.scalar} and out.dtype = "
    "{found.scalar}": "take",
    "expected scalar_type {wanted.scalar} but found {found.scalar}": "logcumsumexp",
    "nan_to_num: dtype of out: {found.scalar} should be same as input: {wanted.scalar}": "nan_to_num",
}
_TEXTS = {name: text for text, names in _SAME.items() for name in names.split()}
_CAST = "result type {found.scalar} can't be cast to the desired output type {wanted.scalar}"
_CASTS = {  # the second names the operand's dtype and its own result's, not the memory's
    "ldexp": "ldexp can't be cast to the desired output type {wanted.scalar}",
    "mvlgamma": "mvlgamma: result type {own.scalar} can't be cast to the desired output type {found.scalar}",
}
_CAST_LATER = ("angle", "deg2rad", "rad2deg")  # complex numbers give real ones, or are refused whatever the memory
_CLAMPS = ("clamp", "clamp_min", "clamp_max")  # by numbers: an integer beside a fraction becomes floating
_PRODUCTS = ("addmm", "addmv", "baddbmm", "addr")
_BROADCASTING = ("lerp", "masked_fill")  # rows that promote nothing, yet broadcast
_COMPUTED_IN_PLACE = ("mean", "logsumexp")  # what is summed is cast to the dtype of the result before
_TRUTHS = ("all", "any")
_TESTS = ("signbit", "isneginf", "isposinf")
_REFUSED_KIND = dict.fromkeys(("ceil", "floor", "trunc", "sign", *_TESTS), COMPLEX) | {"neg": BOOL}
DTYPES_FIRST = ("heaviside",)  # compared before the shapes
_OUT_NAMES = {"max": "maximum", "min": "minimum"}  # rows of tensors alone: the reductions have no row of these names
_PRIVATE = {  # what is written is the result of another operation
    "linalg_eigh": "_linalg_eigh", "linalg_slogdet": "_linalg_slogdet", "slogdet": "_linalg_slogdet",
    "linalg_svd": "_linalg_svd",
}  # fmt: skip


def out_name(row: Row) -> str:
    """The name by which the ``out=`` form of a row speaks of itself."""
    if row.name in _PRIVATE:
        return _PRIVATE[row.name]
    return _OUT_NAMES.get(row.name, row.name) if len(row.tensor_positions) > 1 else row.name


def operands(values: list, row: Row) -> list:
    """The tensors and numbers that type promotion looks at."""
    found = []
    for position in row.tensor_positions:
        value = values[position]
        found.extend(value if type(value) in (list, tuple) else [value])
    return [value for value in found if value is not None]


def promoted_dtype(values: list, row: Row):
    """The dtype in which a row computes."""
    dtype = result_dtype(operands(values, row))
    return defaults.dtype if row.promote == FLOAT and dtype.kind < FLOATING else dtype


def check_cast(dtype, target, said: str = _CAST, **names) -> None:
    """Raise ``RuntimeError`` where a result of ``dtype`` may not be written to memory of ``target``."""
    if not can_cast_dtype(dtype, target):
        raise RuntimeError(said.format(found=dtype, wanted=target, **names))


def _check_result_cast(values: list, row: Row, dtype, target) -> None:
    """As :func:`check_cast`, in the words of the row."""
    if row.name in ("cat", "stack") and not can_cast_dtype(dtype, target):
        raise TypeError(f"torch.cat(): input types can't be cast to the desired output type {target.scalar}")
    said = _CASTS.get(row.name, _CAST)
    if row.name == "ldexp" and target.kind >= FLOATING:
        said = _CAST
    check_cast(dtype, target, said, own=getattr(values[0], "dtype", None))


def is_fill(values: list, row: Row) -> bool:
    """Whether all that an ``out=`` tensor gets is one number: the number one to whatever power."""
    return row.name == "pow" and type(values[0]) in (int, float, complex) and values[0] == 1


def check_result(values: list, row: Row, dtype, target) -> None:
    """Raise where a result of ``dtype`` may not be written into an ``out=`` tensor of dtype ``target``."""
    if is_fill(values, row) or row.name in _COMPUTED_IN_PLACE or row.name in _TRUTHS:
        return
    _check_result_cast(values, row, dtype, target)


def as_written(row: Row, result: Tensor, target) -> Tensor:
    """What memory of dtype ``target`` gets of a result. A sum is cast to it before its logarithm is taken."""
    if row.name == "logsumexp" and result.dtype.kind == COMPLEX != target.kind:
        return result.real + result.imag.cos().log()
    return result


def summing_dtype(values: list, row: Row, memory: Tensor, said: str) -> None:
    """Compute in the dtype of the ``memory`` for a sum or product. Raises ``RuntimeError`` where another is stated."""
    position = row.positions["dtype"]
    if values[position] not in (None, memory.dtype):
        raise RuntimeError(said.format(wanted=values[position].cpp, found=memory.dtype.cpp))
    values[position] = memory.dtype


_OTHER_MEMORY = "Expected out tensor to have dtype {wanted}, but got {found} instead"
_OTHER_TARGET = "Bad in-place call: input tensor dtype {found} and output tensor dtype {wanted} should match"


def check_in_place(values: list, row: Row) -> None:
    """Raise ``RuntimeError`` where the first operand cannot take the result of a row that promotes."""
    if row.name in SUMMING:
        summing_dtype(values, row, values[0], _OTHER_TARGET)
    if row.name in _PRODUCTS:
        product_demands.check_written(row, values)
    if row.promote == AS_IS and row.name not in _BROADCASTING:
        if row.name in _CLAMPS:
            check_clamped(values)
        elif row.name == "masked_scatter":
            values[1].expand(values[0].shape)  # a mask is brought to the shape of what is written
        elif row.name == "abs" and values[0].dtype.kind == COMPLEX:
            raise RuntimeError("In-place abs is not supported for complex tensors.")
        return
    target = values[0]
    if row.name in _CASTS:
        _check_result_cast(values, row, promoted_dtype(values, row), target.dtype)
    shape = common_shape(values, row)
    if shape != target._array.shape:
        refuse_shape(target, shape)
    if row.promote not in (AS_IS, COMPARE):
        _check_result_cast(values, row, promoted_dtype(values, row), target.dtype)


def common_shape(values: list, row: Row) -> tuple:
    """The shape to which the operands broadcast. Raises ``RuntimeError`` where they do not."""
    shape = None
    for value in operands(values, row):
        if isinstance(value, Tensor) and value._array.shape != shape:
            shape = value._array.shape if shape is None else broadcast_shape(shape, value._array.shape)
    return () if shape is None else shape


def refuse_shape(target: Tensor, shape: tuple):
    """Raise ``RuntimeError``: ``target`` is not resized to take a result of this shape."""
    raise RuntimeError(f"output with shape {list(target._array.shape)} doesn't match the broadcast shape {list(shape)}")


def check_clamped(values: list) -> None:
    """Raise ``RuntimeError`` where the result of clamping by numbers does not fit the dtype of the tensor clamped."""
    target = values[0].dtype
    dtype = result_dtype(values)
    if target.kind != COMPLEX and not can_cast_dtype(dtype, target):
        raise RuntimeError(f"result type {dtype.scalar} can't be cast to the desired output type {target.cpp}")


def check_out(values: list, row: Row, out: Tensor) -> None:
    """Raise ``RuntimeError`` where the tensor given as ``out=`` has a dtype that the row cannot write, or is an operand
    and would have to change its shape."""
    if row.operands and row.name not in DTYPES_FIRST:
        shape = common_shape(values, row)
        if shape != out._array.shape and any(value is out for value in operands(values, row)):
            refuse_shape(out, shape)
    if row.name in SUMMING and "dtype" in row.positions:
        summing_dtype(values, row, out, _OTHER_MEMORY)
        return
    text = _TEXTS["mm"] if row.copies and row.name != "view_as_real_copy" else _TEXTS.get(row.name)
    if row.name == "lerp" and not getattr(values[2], "shape", ()):
        text = None  # with one weight for all the result is cast
    elif row.name == "abs" and values[0].dtype.kind == COMPLEX != out.dtype.kind:
        text = None  # magnitudes are cast
    elif row.name in _REFUSED_KIND and values[0].dtype.kind == _REFUSED_KIND[row.name]:
        text = None  # refused whatever the memory
    elif row.name == "heaviside" and out.dtype.kind == COMPLEX:
        text = "heaviside is not yet implemented for complex tensors."
    elif row.name in _TESTS and out.dtype is not bool_:
        raise RuntimeError(f"{row.name} does not support non-boolean outputs.")
    elif row.name == "logsumexp" and out.dtype.kind < FLOATING:
        raise RuntimeError(f"logsumexp(): Expected floating point type for result tensor, but got: {out.dtype.scalar}")
    elif row.name == "mean" and out.dtype.kind < FLOATING <= values[0].dtype.kind:
        check_cast(float32, out.dtype)  # the sum is divided in its own dtype
    elif row.name in _TRUTHS and out.dtype not in (bool_, uint8):
        raise RuntimeError(f"{row.name} only supports bool tensor for result, got: {out.dtype.scalar}")
    if row.name in _CLAMPS and row.promote == AS_IS:
        wanted = result_dtype(values)
        if out.dtype is not wanted and wanted.kind != COMPLEX:
            raise RuntimeError(f"Found dtype {out.dtype.scalar} but expected {wanted.scalar}")
    elif row.name == "mv":
        product_demands.check_mv_out(values, out)
    elif text is not None:
        wanted = values[1 if row.name == "bmm" else 0].dtype
        if out.dtype is not wanted:
            raise RuntimeError(text.format(name=row.name, found=out.dtype, wanted=wanted))
    elif row.promote not in (AS_IS, COMPARE) and row.name not in _CAST_LATER:
        _check_result_cast(values, row, promoted_dtype(values, row), out.dtype)
