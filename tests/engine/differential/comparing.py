"""Whether two observations of an example agree, aspect by aspect."""

from __future__ import annotations

import functools

import numpy as np

from conformance.judge.floats import COMPONENT, FORMATS, ULP_TABLE

from .drawing import Example
from .observing import observe

ABSENT = "absent"


def compare(example: Example) -> dict[str, tuple | None]:
    """For each aspect that the example reaches: None where the engines agree, else what each of them shows."""
    wanted, found = engines()
    try:
        wanted, found = observe(wanted, example), observe(found, example)
    except Exception as error:
        error.add_note(f"while looking at: {example.program()}")
        raise
    operation = example.operation
    if "errors" in wanted or "errors" in found:
        same = wanted.get("errors") == found.get("errors")
        return {"errors": None if same else (wanted.get("errors", "no exception"), found.get("errors", "no exception"))}
    dtypes = wanted["dtype"]
    verdicts: dict[str, tuple | None] = {}
    for aspect in wanted.keys() | found.keys():
        left, right = wanted.get(aspect, ABSENT), found.get(aspect, ABSENT)
        if aspect in ("dtype", "layout", "graph", "saved"):
            same = left == right
        elif aspect == "value":
            same = _all(left, right, dtypes, operation.exact, operation)
        elif aspect == "gradient":
            same = _gradients(left, right, operation)
        else:
            same = _derived(left, right, dtypes, operation)
        verdicts[aspect] = None if same else (left, right)
    return verdicts


@functools.lru_cache(1)
def engines() -> tuple:
    import torch

    import reference_engine

    torch.set_num_threads(1)
    return torch, reference_engine


def _all(left, right, dtypes, exact: bool, operation, slack: int = 1) -> bool:
    if not isinstance(left, list) or not isinstance(right, list) or len(left) != len(right):
        return left == right
    names = iter(dtypes)
    for a, b in zip(left, right, strict=True):
        if not isinstance(a, np.ndarray):
            if a != b:
                return False
        elif not close(a, b, next(names, "torch.float64"), exact, operation, slack):
            return False
    return True


def _gradients(left, right, operation) -> bool:
    if not (isinstance(left, list) and isinstance(right, list)):
        return left == right
    for a, b in zip(left, right, strict=True):
        if a is None or b is None:
            if a is not b:
                return False
        elif a[0] != b[0] or not close(a[1], b[1], a[0], False, operation, 8):
            return False
    return True


def _derived(left, right, dtypes, operation) -> bool:
    """Second gradients and tangents: one that is not there counts as zero, for formulas may prune differently."""
    if not (isinstance(left, list) and isinstance(right, list)):
        return left == right
    coarsest = max((d for d in dtypes if _epsilon(d)), key=_epsilon, default="torch.float64")
    for a, b in zip(left, right, strict=True):
        a = np.zeros_like(b) if a is None and b is not None else a
        b = np.zeros_like(a) if b is None and a is not None else b
        if a is not None and not close(a, b, coarsest, False, operation, 32):
            return False
    return True


def _epsilon(dtype: str) -> float:
    name = dtype.removeprefix("torch.")
    form = FORMATS.get(COMPONENT.get(name, name))
    return 2.0 ** (1 - form.precision) if form else 0.0


def close(a: np.ndarray, b: np.ndarray, dtype: str, exact: bool, operation, slack: int = 1) -> bool:
    """Equal, or within the ULP bound of the dtype (times ``slack`` for derivatives, which are several operations)."""
    if a.shape != b.shape:
        return False
    if not a.size:
        return True
    epsilon = _epsilon(dtype)
    if (exact and not np.iscomplexobj(a)) or not epsilon:
        same = (a == b) | (_not_a_number(a) & _not_a_number(b))
        signs = np.signbit(a.real) == np.signbit(b.real) if epsilon and not np.iscomplexobj(a) else True
        return bool(np.all(same & (signs | (a != 0))))
    if operation.form == "out=":
        epsilon = max(epsilon, _epsilon("torch.float32"))  # it may have been computed in the dtype of the inputs
    bound = (operation.ulp or ULP_TABLE.get(dtype.removeprefix("torch."), 4)) * slack
    with np.errstate(all="ignore"):
        distance = np.abs(a - b)
        largest = np.maximum(np.abs(a), np.abs(b))
        if operation.accumulates or slack > 1:
            finite = largest[np.isfinite(largest)]
            largest = np.maximum(largest, finite.max() if finite.size else 0)
            if operation.accumulates or slack > 1:
                largest = np.maximum(largest, 1.0)
        near = np.isfinite(distance) & (distance <= bound * epsilon * largest + 2e-45)  # the smallest float32
    return bool(np.all((a == b) | near | (_lost(a) & _lost(b))))


def _lost(values: np.ndarray) -> np.ndarray:
    """Not a number; for complex numbers also infinite, of which there is no one form."""
    return ~np.isfinite(values) if values.dtype.kind == "c" else _not_a_number(values)


def _not_a_number(values: np.ndarray) -> np.ndarray:
    return np.isnan(values) if values.dtype.kind in "fc" else np.zeros(values.shape, bool)
