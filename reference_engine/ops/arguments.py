"""Arguments: binding them to a signature, choosing among overloads, and the errors for those that fit none."""

from __future__ import annotations

import functools
from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from .._tensor import Tensor
from ..dtypes import dtype as dtype_class
from . import several_outs
from .mismatches import Mismatch, TooMany, combination_error, shown_kind, type_name
from .table import AS_IS, REQUIRED, Parameter, Row, parse

_NUMBER_TYPES = (int, float, bool, complex)


def _is_number(value) -> bool:
    return isinstance(value, (*_NUMBER_TYPES, np.number))


def _is_index(value) -> bool:
    if type(value) is int:
        return True
    if isinstance(value, bool):
        return False
    return isinstance(value, (int, np.integer)) or (
        isinstance(value, Tensor) and value.dtype.kind == 1 and value._array.size == 1 and not value.requires_grad
    )


_ACCEPTS = {
    "Tensor": lambda value: isinstance(value, Tensor),
    "Operand": lambda value: isinstance(value, Tensor) or _is_number(value),
    "Number": _is_number,
    "Tensor[]": lambda value: isinstance(value, (list, tuple)) and all(isinstance(e, Tensor) for e in value),
    "Tensor?[]": lambda value: isinstance(value, (list, tuple)),
    "Scalar": lambda value: _is_number(value) or (isinstance(value, Tensor) and value._array.ndim == 0
                                                  and not value.requires_grad),
    "int": _is_index,
    "float": _is_number,
    "bool": lambda value: isinstance(value, bool),
    "str": lambda value: isinstance(value, str),
    "int[]": lambda value: _is_index(value) or (isinstance(value, (list, tuple)) and all(map(_is_index, value))),
    "int...": lambda value: _is_index(value) or (isinstance(value, (list, tuple)) and all(map(_is_index, value))),
    "dtype": lambda value: isinstance(value, dtype_class),
    "any": lambda value: True,
}  # fmt: skip

# The type whose values fit a kind of parameter as they are, which spares the usual ones a closer look.
_TAKEN_AS_IS = {
    "Tensor": Tensor, "Operand": Tensor, "any": Tensor, "Number": float, "Scalar": float, "int": int, "float": float,
    "bool": bool, "str": str, "dtype": dtype_class,
}  # fmt: skip


def accepts(parameter: Parameter, value) -> bool:
    """Whether ``value`` may stand for ``parameter``."""
    kind = parameter.kind
    if kind.endswith("?"):
        if value is None:
            return True
        kind = kind[:-1]
    return _ACCEPTS[kind](value)


def _normalise(parameter: Parameter, value):
    """Lists of ints as tuples, one-element index tensors as ints, NumPy numbers as Python's."""
    kind = parameter.kind
    if value is None:
        return value
    if kind.startswith("int"):
        if kind.startswith("int["):
            return tuple(int(v) for v in value) if isinstance(value, (list, tuple)) else (int(value),)
        if kind == "int...":
            return tuple(int(v) for v in value) if isinstance(value, (list, tuple)) else (int(value),)
        return int(value)
    if isinstance(value, np.generic):
        return value.item()
    if kind.startswith("Scalar") and isinstance(value, Tensor):
        return value.item()
    return value


def binder(row: Row, suffix: str = ""):
    """A function ``(args, kwargs) -> list of values in the order of the signature``."""
    parameters = row.parameters
    defaults = row.defaults
    names = {p.name: i for i, p in enumerate(parameters)}
    for parameter in parameters:
        if parameter.name in ("self", "A") and parameter.kind not in ("Number", "Scalar"):
            names["input"] = names[parameter.name]
    required = sum(p.default is REQUIRED for p in parameters)
    positional = sum(not p.keyword_only for p in parameters)
    variadic = next((i for i, p in enumerate(parameters) if p.kind == "int..."), None)
    if row.promote != AS_IS and len(parameters) > 1 and parameters[1].kind == "Operand":
        # Both operands may be numbers in the function form.
        parameters = [replace(parameters[0], kind="Operand"), *parameters[1:]]
    simple = [p.kind in ("Tensor", "Operand", "any", "Tensor?") for p in parameters]
    taken_as_is = [_TAKEN_AS_IS.get(p.kind.rstrip("?")) for p in parameters]
    name = row.name + suffix

    only_tensor = required == 1 and simple[0]

    def bind(args: tuple, kwargs: dict) -> list:
        count = len(args)
        if count == 1 and only_tensor and not kwargs and type(args[0]) is Tensor:
            return [args[0], *defaults[1:]]
        if variadic is not None and count > variadic:
            rest = args[variadic:]
            if len(rest) > 1 or _is_index(rest[0]):
                args = (*args[:variadic], rest)
                count = variadic + 1
        if count > positional:
            least = sum(p.default is REQUIRED and not p.keyword_only for p in parameters)
            if positional == 1 and parameters[0].name == "self":
                raise Mismatch(f"TensorBase.{name}() takes no arguments ({count - 1} given)")
            raise TooMany(name, least, positional, count)
        values = list(defaults)
        values[:count] = args
        given = range(count)
        if kwargs:
            given = [*given]
            unknown = None
            for key, value in kwargs.items():
                position = names.get(key)
                if position is None:
                    unknown = unknown or key
                    continue
                if position < count:
                    raise Mismatch(f"{name}() got multiple values for argument '{key}'")
                values[position] = value
                given.append(position)
        if (len(given) < required or kwargs) and any(value is REQUIRED for value in values):
            missing = [p.name for p, v in zip(parameters, values, strict=True) if v is REQUIRED]
            shown = ", ".join(f'"{"input" if m == "self" else m}"' for m in missing)
            raise Mismatch(f"{name}() missing {len(missing)} required positional arguments: {shown}")
        if kwargs and unknown is not None:
            raise Mismatch(f"{name}() got an unexpected keyword argument '{unknown}'")
        for position in given:
            value = values[position]
            if type(value) is taken_as_is[position]:
                continue
            parameter = parameters[position]
            if not accepts(parameter, value):
                if value is parameter.default:
                    continue
                raise wrong_type(name, parameter, position, value, position >= count)
            if not simple[position]:
                values[position] = _normalise(parameter, value)
        return values

    return bind


def bound(bind, args: tuple, kwargs: dict, method: bool = False) -> list:
    """Bind to the only signature there is. Raises ``TypeError`` where the arguments do not fit it."""
    try:
        return bind(args, kwargs)
    except Mismatch as mismatch:
        raise TypeError(mismatch.said(method)) from None


def parsed(signature: str, method: bool = False):
    """Give a function outside the table a signature as PyTorch's own parser reads it, with its ``TypeError`` texts.

    Those of a ``method`` count the arguments without ``self``.
    """
    name, parameters, _ = parse(signature)
    bind = binder(SimpleNamespace(name=name, parameters=parameters, promote=AS_IS,
                                  defaults=tuple(p.default for p in parameters)))  # fmt: skip

    def decorate(function):
        @functools.wraps(function)
        def call(*args, **kwargs):
            return function(*bound(bind, args, kwargs, method))

        call.__name__ = call.__qualname__ = name
        return call

    return decorate


def wrong_type(name: str, parameter: Parameter, position: int, value, by_keyword: bool) -> Mismatch:
    kind = shown_kind(parameter)
    shown = "input" if parameter.name == "self" else parameter.name
    where, counted = ("", None) if by_keyword else (" (position {})", position)
    said, ending = type_name(value), ""
    if kind.startswith("tuple") and isinstance(value, (list, tuple)):
        wanted = _ACCEPTS["Tensor"] if "Tensor" in kind else _is_index
        for place, entry in enumerate(value):
            if not wanted(entry):
                said, ending = f"but found element of type {type_name(entry)}", f" at pos {place}"
                break
    said = said + ending if ending else f"not {said}"
    return Mismatch(f"{name}(): argument '{shown}'{where} must be {kind}, {said}", counted)


def tensors_in(values: list, row: Row) -> list:
    """The tensors among bound values, those in lists included."""
    found = []
    for position in row.tensor_positions:
        value = values[position]
        if isinstance(value, Tensor):
            found.append(value)
        elif type(value) in (list, tuple):
            found.extend(entry for entry in value if isinstance(entry, Tensor))
    return found


def overload(existing, call, row: Row, method: bool = False):
    """Combine a new callable with those already registered under the same public name."""
    if existing is None:
        return call
    candidates = getattr(existing, "candidates", None) or [existing]
    # A 0-dim tensor may stand for a number, but where another overload takes the tensor, that one is meant.
    candidates = sorted([*candidates, call], key=lambda candidate: _numbers(candidate.row))

    def choose(*args, **kwargs):
        out = None if method else kwargs.pop("out", None)
        for candidate in candidates:
            if out is not None and not (candidate.row.takes_out and several_outs.accepts(candidate.row, out)):
                continue
            try:
                values = candidate.bind(args, kwargs)
            except Mismatch:
                continue
            return candidate.execute(choose, values, args, kwargs, out)
        if out is not None:
            kwargs["out"] = out
        raise combination_error(choose.__name__, candidates, args, kwargs, method)

    choose.candidates = candidates
    choose.__name__ = choose.__qualname__ = call.__name__
    choose.__module__ = "torch"
    return choose


def _numbers(row: Row) -> int:
    return sum(parameter.kind.rstrip("?") in ("Scalar", "Number") for parameter in row.parameters)
