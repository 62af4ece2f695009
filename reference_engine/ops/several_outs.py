"""``out=`` of operations with several results: a tuple of tensors, one for each, and of the dtype of each.

Rule: torch's Python argument parser, and what the operations say of memory for their results.
"""

from __future__ import annotations

from .._tensor import Tensor
from ..devices import variable_type_name
from ..dtypes import int64
from ..promotion import can_cast_dtype
from .table import Row

_USUAL = "Expected out tensor to have dtype {wanted.cpp}, but got {found.cpp} instead"
_FOUND = "expected scalar_type {wanted.scalar} but found {found.scalar}"
_PART = "expected scalar type '{wanted.scalar}' but got '{found.scalar}' for {part} output"
_MEDIAN = (
    "Expected tensor for 'values' to have the same type as tensor for argument #2 'self'; but type {found_type} does "
    "not equal {wanted_type} (while checking arguments for median)",
    "Expected tensor for argument #1 'indices' to have scalar type Long; but got {found_type} instead (while checking "
    "arguments for median)",
)
_SAID = {  # of the first result, and of the others
    "frexp": (
        "torch.frexp() expects mantissa to have dtype {wanted.cpp} but got {found.cpp}",
        "torch.frexp() expects exponent to have int dtype but got {found.cpp}",
    ),
    "mode": (_PART, _PART),
    "kthvalue": ("output values must be of same type as input", "output indices must be of scalar type Long"),
    "median": _MEDIAN,
    "nanmedian": _MEDIAN,
    "cummax": (_FOUND, _FOUND),
    "cummin": (_FOUND, _FOUND),
}
_CASTABLE = {"geqrf": "torch.geqrf", "linalg_eig": "torch.linalg.eig", "linalg_lstsq": "torch.linalg.lstsq"}
_OVERLOADS = {"unbind_copy": "unbind_copy_int", "split_copy": "split_copy_Tensor"}
# Operations that compare dtypes before anything else, and those that do so before their kernel refuses the input.
_AT_ONCE, _BEFORE_KERNEL = ("cummax", "cummin", "mode"), ("median", "nanmedian", "aminmax", "linalg_eigh")
_types: dict = {}


def _kind(row: Row):
    """The class of a row's named results, if it has one."""
    return getattr(row.return_type, "kind", row.return_type)


def has_several(row: Row) -> bool:
    """Whether a call of the row returns several tensors."""
    kind = _kind(row)
    return row.multi_output or len(row.outputs) > 1 if kind is None else isinstance(kind, type)


def accepts(row: Row, out) -> bool:
    """Whether ``out`` is of the type that the row's parameter asks for."""
    return type(out) in (tuple, list) if has_several(row) else isinstance(out, Tensor)


def wrong_type(row: Row, out) -> str:
    """What is said where it is not."""
    return f"{row.name}(): argument 'out' must be {shown(row)}, not {type(out).__name__}"


def shown(row: Row) -> str:
    """The type of the row's parameter, as messages show it."""
    return "tuple of Tensors" if has_several(row) else "Tensor"


def given(row: Row, out) -> tuple:
    """The tensors that are to take the results. Raises ``TypeError`` for another type or number of them."""
    if not accepts(row, out):
        raise TypeError(wrong_type(row, out))
    if not has_several(row):
        return (out,)
    for place, entry in enumerate(out):
        if not isinstance(entry, Tensor):
            raise TypeError(
                f"expected Tensor as element {place} in argument {len(row.parameters)}, but got {type(entry).__name__}"
            )
    count = len(row.outputs) if row.return_type is None else _kind(row).n_fields
    if not row.multi_output and len(out) != count:
        raise TypeError(f"expected tuple of {count} elements but got {len(out)}")
    return tuple(out)


def check_early(row: Row, values: list, outs: tuple, checked: bool) -> None:
    """Raise ``RuntimeError`` for other dtypes where an operation says so before it computes.

    ``checked`` says whether the row's own check is behind.
    """
    if row.name not in (_BEFORE_KERNEL if checked else _AT_ONCE):
        return
    first = values[0].dtype
    wanted = [first, first] if row.name in ("aminmax", "linalg_eigh") else [first, int64]
    if row.name == "linalg_eigh":
        wanted[0] = first.to_real() if first.is_complex else first
    for place in sorted(range(len(outs)), reverse=row.name == "linalg_eigh"):  # there vectors come first
        _same(row, place, wanted[place], outs[place], values[0].device)


def check_results(row: Row, results: tuple, outs: tuple) -> None:
    """Raise ``RuntimeError`` where a result cannot be written, for its dtype, or there is no tensor for it."""
    if len(outs) != len(results):
        name = _OVERLOADS.get(row.name, row.name)
        raise RuntimeError(f"{name}_out expected an out= argument of size {len(results)}, got size {len(outs)}")
    for place, (result, entry) in enumerate(zip(results, outs, strict=True)):
        part = row.outputs[place] if place < len(row.outputs) else ""
        if row.name in _CASTABLE:
            if not can_cast_dtype(result.dtype, entry.dtype):
                raise RuntimeError(
                    f"{_CASTABLE[row.name]}: Expected {part} to be safely castable from {result.dtype.scalar} dtype, "
                    f"but got {part} with dtype {entry.dtype.scalar}"
                )
        else:
            _same(row, place, result.dtype, entry, result.device)


def _same(row: Row, place: int, wanted, entry: Tensor, device) -> None:
    """Raise ``RuntimeError``, in the words of the row, where ``entry`` is not of the ``wanted`` dtype."""
    found = entry.dtype
    if wanted is not found:
        said = _SAID.get(row.name, (_USUAL, _USUAL))[min(place, 1)]
        types = [variable_type_name(device, dtype.scalar) for dtype in (wanted, found)]
        part = row.outputs[place] if place < len(row.outputs) else ""
        raise RuntimeError(
            said.format(wanted=wanted, found=found, part=part, wanted_type=types[0], found_type=types[1])
        )


def returned(row: Row, outs: tuple):
    """What a call returns after writing: the tensors given, named. Of lists of results nothing is returned."""
    kind = _kind(row)
    if kind is None:
        return None if row.multi_output else outs
    if kind not in _types:
        from .extrema import return_type

        _types[kind] = return_type(f"{kind.__name__}_out", *kind._fields_in_order)
    return _types[kind](outs)
