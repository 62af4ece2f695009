"""Looking at values without touching them: the OBSERVATION and VALUE encodings of the worker protocol.

Reading is all that happens here: no version moves, no gradient appears, no warning counts, nothing is kept.
What is huge, expanded or contains itself is summarised, never walked. Floats stay floats: the writer of the
answer turns the non-finite ones into texts, because looking at each would cost more than everything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

MAX_ELEMENTS = 4096
HEAD = 16
MAX_TEXT = 20_000
MAX_DEPTH = 20
MAX_ITEMS = 4096
TEXT_PER_ITEM = 64  # characters of text that weigh as much as one item of a container

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class _Names(dict[Any, str]):
    """The text of a dtype or device, looked up instead of formatted."""

    def __missing__(self, key: Any) -> str:
        text = self[key] = str(key).replace("torch.", "", 1)
        return text


class TensorReader:
    """Reads torch-like tensors. `storage` of what it gives is a key, `view_of` the base tensor itself."""

    def __init__(self, torch: Any) -> None:
        self.tensor_type = torch.Tensor
        self._names = _Names()

    def __call__(self, value: Any) -> dict[str, Any] | None:
        """The OBSERVATION of a tensor, None for anything else."""
        if not isinstance(value, self.tensor_type):
            return None
        try:
            seen = self._own(value)
            grad = value.grad
            seen["grad"] = None if grad is None else self._own(grad)
            seen["storage"] = storage_key(value)
            seen["view_of"] = value._base
            return seen
        except Exception:  # meta, sparse or nested tensors lack some of it: take what there is
            return self._carefully(value)

    def brief(self, value: Any) -> dict[str, Any] | None:
        """Data, dtype, shape, device and requires_grad of a tensor, None for anything else."""
        if not isinstance(value, self.tensor_type):
            return None
        try:
            dtype, shape = self._names[value.dtype], list(value.shape)
            return {
                "data": self.data(value, dtype, shape),
                "dtype": dtype,
                "shape": shape,
                "device": self._names[value.device],
                "requires_grad": value.requires_grad,
            }
        except Exception:
            seen = self._carefully(value)
            return {k: seen[k] for k in ("data", "dtype", "shape", "device", "requires_grad")}

    def _own(self, value: Any) -> dict[str, Any]:
        """All that is seen of a tensor but its grad, storage and base."""
        dtype, shape, node = self._names[value.dtype], list(value.shape), value.grad_fn
        try:
            version = value._version
        except RuntimeError:  # inference tensors count no versions
            version = None
        return {
            "data": self.data(value, dtype, shape),
            "dtype": dtype,
            "shape": shape,
            "device": self._names[value.device],
            "requires_grad": value.requires_grad,
            "is_leaf": value.is_leaf,
            "retains_grad": value.retains_grad,
            "version": version,
            "grad_fn": None if node is None else node.name(),
        }

    def data(self, value: Any, dtype: str, shape: list[int]) -> Any:
        """Nested lists of the elements, or a summary of a large tensor."""
        count = value.numel()
        if count > MAX_ELEMENTS or (not count and max(shape) > MAX_ELEMENTS):
            head = _flat(_corner(value.detach(), shape).tolist())[:HEAD] if count else []
            return {"summary": True, "numel": count, "head": _complex(head) if dtype[0] == "c" else head}
        elements = value.tolist()
        return _complex(elements) if dtype[0] == "c" else elements

    def _carefully(self, value: Any) -> dict[str, Any]:
        def get(read: Callable[[], Any], absent: Any = None) -> Any:
            try:
                return read()
            except Exception:
                return absent

        dtype = get(lambda: self._names[value.dtype], "unknown")
        shape = get(lambda: [int(n) for n in value.shape], [])
        grad = get(lambda: value.grad)
        return {
            "data": get(lambda: self.data(value, dtype, shape)),
            "dtype": dtype,
            "shape": shape,
            "device": get(lambda: str(value.device), "unknown"),
            "requires_grad": get(lambda: value.requires_grad, False),
            "is_leaf": get(lambda: value.is_leaf),
            "retains_grad": get(lambda: value.retains_grad),
            "grad": None if grad is None else get(lambda: _without_ties(self._carefully(grad))),
            "version": get(lambda: value._version),
            "grad_fn": get(lambda: value.grad_fn.name()),
            "storage": get(lambda: storage_key(value)),
            "view_of": get(lambda: value._base),
        }


def storage_key(value: Any) -> Any:
    """Something that is equal for two tensors exactly if they share storage."""
    storage = value.untyped_storage()
    return getattr(storage, "_cdata", storage)


def _without_ties(seen: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in seen.items() if k not in ("grad", "storage", "view_of")}


def _corner(value: Any, shape: list[int]) -> Any:
    """A small part of a detached tensor that begins with its first elements in row-major order."""
    for index, size in enumerate(shape):
        row = 1
        for n in shape[index + 1 :]:
            row *= n
        if row < HEAD:
            return value.narrow(0, 0, min(size, -(-HEAD // row)))
        value = value[0]
    return value


def _flat(nested: Any) -> list[Any]:
    if not isinstance(nested, list):
        return [nested]
    return [element for part in nested for element in _flat(part)]


def _complex(nested: Any) -> Any:
    if isinstance(nested, list):
        return [_complex(part) for part in nested]
    return {"re": nested.real, "im": nested.imag}


class Observer:
    """Observes a step's named tensors together, and the values of expressions."""

    def __init__(self, read: Callable[[Any], dict | None], brief: Callable[[Any], dict | None]) -> None:
        self._read = read
        self._brief = brief

    def tensors(self, variables: Iterable[tuple[str, Any]]) -> tuple[dict[str, dict[str, Any]], list[tuple[str, Any]]]:
        """Name → OBSERVATION of the variables that hold a tensor, and those (name, tensor) pairs."""
        seen: dict[str, dict[str, Any]] = {}
        pairs: list[tuple[str, Any]] = []
        name_of: dict[int, str] = {}
        groups: dict[Any, int] = {}
        views = []
        for name, value in variables:
            if name[0] == "_":
                continue
            raw = self._read(value)
            if raw is None:
                continue
            seen[name] = raw
            pairs.append((name, value))
            name_of.setdefault(id(value), name)
            key = raw["storage"]
            if key is not None:
                raw["storage"] = groups.setdefault(key, len(groups))
            if raw["view_of"] is not None:
                views.append(raw)
        for raw in views:
            base = raw["view_of"]
            if not isinstance(base, str):
                raw["view_of"] = name_of.get(id(base), "(unnamed)")
        return seen, pairs

    def value(self, value: Any) -> dict[str, Any]:
        """The VALUE of what an expression gave."""
        try:
            return _Encoding(self._brief).encode(value, 0)
        except _TooLong:
            return _summary(value, f"more than {MAX_ITEMS} items")

    def raised(self, error: BaseException) -> dict[str, Any]:
        """The VALUE of an expression that raised."""
        return {"k": "raised", **describe(error)}


def describe(error: BaseException) -> dict[str, str]:
    """Type name and message of an exception or a warning."""
    try:
        message = str(error)
    except Exception as failure:
        message = f"(its text cannot be had: {type(failure).__name__})"
    return {"type": type(error).__name__, "message": message[:MAX_TEXT]}


class _TooLong(Exception):
    pass


def _summary(value: Any, why: str) -> dict[str, Any]:
    return {"k": "summary", "type": type(value).__name__, "why": why}


class _Encoding:
    """One value on its way to JSON: how much of it was taken, and what it is inside of."""

    __slots__ = ("brief", "inside", "left")

    def __init__(self, brief: Callable[[Any], dict | None]) -> None:
        self.brief = brief
        self.left = MAX_ITEMS
        self.inside: list[int] = []

    def encode(self, value: Any, depth: int) -> dict[str, Any]:
        kind = type(value)
        if value is None:
            return {"k": "none"}
        if kind is bool:
            return {"k": "bool", "v": value}
        if kind is int:
            return {"k": "int", "v": value if -(2**63) <= value < 2**64 else _long_int(value)}
        if kind is float:
            return {"k": "float", "v": value}
        if kind is str:
            return self._text(value)
        if kind is complex:
            return {"k": "complex", "v": {"re": value.real, "im": value.imag}}
        tensor = self.brief(value)
        if tensor is not None:
            self._spend(1 + _weight(tensor))
            return {"k": "tensor", "v": tensor}
        if isinstance(value, (list, tuple)):
            return self._container(value, depth, self._sequence)
        if isinstance(value, dict):
            return self._container(value, depth, self._mapping)
        return {"k": "object", "type": kind.__name__, "str": _ADDRESS.sub(" at 0x...", str(value)[:MAX_TEXT])}

    def _text(self, value: str) -> dict[str, Any]:
        self._spend(min(len(value), MAX_TEXT) // TEXT_PER_ITEM)
        if len(value) > MAX_TEXT:
            return {"k": "text", "v": value[:MAX_TEXT], "cut": True}
        return {"k": "text", "v": value}

    def _container(self, value: Any, depth: int, encode: Callable[[Any, int], dict[str, Any]]) -> Any:
        if id(value) in self.inside:
            return _summary(value, "contains itself")
        if depth >= MAX_DEPTH:
            return _summary(value, f"nested deeper than {MAX_DEPTH}")
        self._spend(len(value))
        self.inside.append(id(value))
        encoded = encode(value, depth + 1)
        self.inside.pop()
        return encoded

    def _sequence(self, value: Any, depth: int) -> dict[str, Any]:
        kind = type(value)
        encoded = {"k": "seq", "type": kind.__name__, "v": [self.encode(item, depth) for item in value]}
        if kind is not list and kind is not tuple:
            encoded["str"] = str(value)[:MAX_TEXT]
        return encoded

    def _mapping(self, value: Any, depth: int) -> dict[str, Any]:
        pairs = [[self.encode(k, depth), self.encode(v, depth)] for k, v in value.items()]
        return {"k": "map", "v": pairs}

    def _spend(self, items: int) -> None:
        self.left -= items
        if self.left < 0:
            raise _TooLong


def _weight(tensor: dict[str, Any]) -> int:
    """How many elements a brief observation carries."""
    count = 1
    if isinstance(tensor["data"], list):
        for size in tensor["shape"]:
            count *= size
    return count


def _long_int(value: int) -> str:
    if value.bit_length() > 13_000:  # about 3,900 digits; Python itself stops at 4,300
        return f"{'-' if value < 0 else ''}2**{value.bit_length() - 1} and more"
    return str(value)
