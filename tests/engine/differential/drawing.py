"""Examples: Hypothesis chooses dtypes, shapes, layouts, values and arguments for an operation.

Everything an example holds is program text, so it can be printed and run on any engine.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from .catalogue import COMPLEX, FLOATS, Input, Operation

MODES = ("smooth", "grid", "special")
_DTYPES = ("float64", "float32", "float32", "float64", "float16", "bfloat16", "complex128", "complex64", "int64",
           "int32", "uint8", "bool")  # fmt: skip
_LAYOUTS = ("plain", "plain", "transposed", "strided", "offset", "expanded")
_NAMES = {"inf": float("inf"), "nan": float("nan")}


@dataclass
class Example:
    """One evaluation: the source text of each tensor, which of them require grad, the call."""

    operation: Operation
    mode: str
    tensors: dict[str, str]
    requires_grad: tuple[str, ...]
    call: str
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def program(self) -> str:
        lines = [f"{name} = {text}" + (".requires_grad_()" if name in self.requires_grad else "")
                 for name, text in self.tensors.items()]  # fmt: skip
        return "; ".join([*lines, *filter(None, [self.operation.prepare]), self.call])

    def _repr_pretty_(self, printer, cycle) -> None:
        """How Hypothesis shows an example."""
        printer.text(self.program())


class Drawer:
    """What the choices of an entry may ask for: numbers, permutations, the shapes and sizes drawn so far."""

    def __init__(self, draw):
        self.draw = draw
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.sizes: dict[str, int] = {}
        self.chosen: dict[str, object] = {}

    def integer(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def choose(self, values):
        return self.draw(st.sampled_from(list(values)))

    def permutation(self, count: int) -> list[int]:
        return self.draw(st.permutations(range(count)))

    def rarely(self) -> bool:
        """True about once in 16 times: for wrong arguments on purpose."""
        return self.draw(st.integers(0, 15)) == 13


@st.composite
def examples(draw, operation: Operation, smooth: bool = False, dtype: str | None = None) -> Example:
    """An example of ``operation``. With ``smooth``, one without special values, errors or odd layouts, of ``dtype``."""
    drawer = Drawer(draw)
    mode = "smooth" if smooth else draw(st.sampled_from(MODES))
    main = dtype or draw(st.sampled_from(_DTYPES))
    if smooth:
        leading = tuple(draw(st.lists(st.sampled_from([2, 3, 1]), min_size=1, max_size=1)))
    else:
        leading = tuple(draw(st.lists(st.integers(0, 3), max_size=3)))
    for name, spec in operation.inputs.items():
        drawer.shapes[name] = _shape(spec.shape, leading, operation, drawer, smooth)
    wrong = not smooth and operation.inputs and drawer.integer(0, 11) == 7 and not operation.fits
    if wrong:
        name = drawer.choose(operation.inputs)
        drawer.shapes[name] = _spoiled(drawer.shapes[name], drawer)
    call = draw(st.sampled_from(operation.calls))
    for name, choice in operation.choices.items():
        drawer.chosen[name] = choice(drawer) if callable(choice) else drawer.choose(choice)
    for name, value in drawer.chosen.items():
        call = call.replace("{" + name + "}", _literal(value))
    numbers = np.random.default_rng(draw(st.integers(0, 999)))
    tensors, wanting, shared = {}, [], None
    for position, (name, spec) in enumerate(operation.inputs.items()):
        allowed = [main] if main in spec.dtypes else [d for d in (_DTYPES if len(spec.dtypes) > 2 else spec.dtypes)
                                                       if d in spec.dtypes] or list(spec.dtypes)  # fmt: skip
        own = allowed[0] if smooth or len(allowed) == 1 else drawer.choose(allowed)
        if not spec.mixes and len(spec.dtypes) > 1:
            own = shared = shared if shared in spec.dtypes else own
        if position and spec.mixes and not smooth and drawer.integer(0, 4) == 3:
            own = drawer.choose([d for d in _DTYPES if d in spec.dtypes] or spec.dtypes)
        layout = "plain" if smooth or not spec.layouts else drawer.choose(_LAYOUTS)
        if layout == "expanded" and spec.domain in ("regular", "definite"):
            layout = "plain"  # one column repeated would be singular
        values = _values(spec, drawer.shapes[name], own, mode, numbers, drawer)
        tensors[name] = source(values, own, layout)
        differentiable = own in (*FLOATS, *COMPLEX) and spec.grad
        if differentiable and (smooth or drawer.integer(0, 4) != 3):
            wanting.append(name)
    return Example(operation, mode, tensors, tuple(wanting), call, dict(drawer.shapes))


def _literal(value) -> str:
    text = value if isinstance(value, str) and value.startswith("torch.") else repr(value)
    return text


def _shape(text: str, leading: tuple, operation: Operation, drawer: Drawer, smooth: bool) -> tuple[int, ...]:
    shape: list[int] = []
    for token in text.split():
        if token == "...":
            shape.extend(leading)
        elif token == "~":
            shape.extend(_broadcasting(leading, drawer) if not smooth or drawer.shapes else leading)
        else:
            for name in set(filter(str.isidentifier, _words(token))):
                if name not in drawer.sizes:
                    low, high = operation.sizes.get(name, (2, 2) if smooth else (0, 4))
                    drawer.sizes[name] = drawer.integer(low, high)
            shape.append(max(0, eval(token, {}, drawer.sizes)))
    return tuple(shape)


def _words(token: str) -> list[str]:
    return "".join(c if c.isalnum() or c == "_" else " " for c in token).split()


def _broadcasting(leading: tuple, drawer: Drawer) -> tuple[int, ...]:
    kept = leading[drawer.choose([0, 0, 0, *range(len(leading) + 1)]) :]
    return tuple(1 if drawer.integer(0, 5) == 4 else n for n in kept)


def _spoiled(shape: tuple, drawer: Drawer) -> tuple:
    """A shape that may not fit: one size more, a dimension more, or one less."""
    how = drawer.choose(["size", "more", "less"])
    if how == "more" or not shape:
        return (2, *shape)
    if how == "less":
        return shape[1:]
    at = drawer.integer(0, len(shape) - 1)
    return (*shape[:at], shape[at] + 1, *shape[at + 1 :])


# -- values -------------------------------------------------------------------------------------------------------

_GRID = {
    "real": (0, 1, -1, 2, -2, 0.5, 3, -0.0), "positive": (1, 2, 0.5, 3), "unit": (0.25, 0.5, 0.75),
    "small": (0, 0.5, -0.5, 0.25), "above one": (1.5, 2, 3),
}  # fmt: skip
_SPECIAL = (0.0, -0.0, float("inf"), -float("inf"), float("nan"), 1.0, -1.0, 0.5, 3e38, -65504.0, 1e-45, 2.5)
_SPECIAL_COMPLEX = (0.0, 1.0, -1.0, 0.5, 2.5)
_RANGES = {"real": (-64, 64), "positive": (8, 64), "unit": (2, 31), "small": (-30, 31), "above one": (36, 96)}


def _values(spec: Input, shape: tuple, dtype: str, mode: str, rng: np.random.Generator, drawer: Drawer) -> np.ndarray:
    if spec.domain == "index":
        high = spec.high if isinstance(spec.high, int) else eval(spec.high, {}, drawer.sizes)
        beyond = int(mode != "smooth" and drawer.rarely())
        return rng.integers(spec.low, max(high, spec.low + 1) + beyond, shape)
    if spec.domain == "mask" or dtype == "bool":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype not in (*FLOATS, *COMPLEX):
        low = 0 if dtype == "uint8" or spec.domain != "real" else -4
        return rng.integers(max(low, 1) if spec.domain in ("positive", "above one") else low, 6, shape)
    if spec.domain in ("regular", "definite"):
        return _matrices(spec.domain, shape, "grid" if mode == "special" else mode, rng, dtype in COMPLEX)
    parts = [_reals(spec.domain, shape, mode, rng, dtype in COMPLEX) for _ in range(1 + (dtype in COMPLEX))]
    return parts[0] if len(parts) == 1 else parts[0] + 1j * parts[1]


def _matrices(domain: str, shape: tuple, mode: str, rng: np.random.Generator, complex_: bool) -> np.ndarray:
    """Diagonally dominant, so that no rounding is magnified; for ``definite`` equal to its adjoint as well."""
    values = _reals("real", shape, mode, rng, complex_)
    if complex_:
        values = values + 1j * _reals("real", shape, mode, rng, complex_)
    if len(shape) < 2:
        return values
    if domain == "definite" and shape[-1] == shape[-2]:
        values = (values + values.swapaxes(-1, -2).conj()) / 2
    diagonal = np.zeros(shape[-2:])
    np.fill_diagonal(diagonal, 8 + 4 * np.arange(min(shape[-2:])))
    return values + diagonal


def _reals(domain: str, shape: tuple, mode: str, rng: np.random.Generator, for_complex: bool) -> np.ndarray:
    if mode == "grid":
        return rng.choice(np.array(_GRID[domain], float), shape)
    if mode == "special":
        return rng.choice(np.array(_SPECIAL_COMPLEX if for_complex else _SPECIAL), shape)
    low, high = _RANGES[domain]
    count = int(np.prod(shape))
    steps = np.array(random.Random(int(rng.integers(1 << 30))).choices(range(low, high), k=count), float)
    if count <= (high - low) // 2:  # all different, and away from the kinks at whole numbers and halves
        steps = rng.permutation(np.arange(low, high))[:count].astype(float)
    steps = np.where(steps % 16 == 0, steps + 3, steps)
    return ((steps + (0.25 if high > 40 else 0)) / 32).reshape(shape)


# -- source text --------------------------------------------------------------------------------------------------


def source(values: np.ndarray, dtype: str, layout: str = "plain") -> str:
    """Text that makes a tensor of these values, laid out in memory in the way named."""
    values = np.asarray(values)
    rank = values.ndim
    if layout == "transposed" and rank > 1:
        order = tuple(reversed(range(rank)))
        return f"{source(values.transpose(order), dtype)}.{'t()' if rank == 2 else f'permute({order})'}"
    if layout == "strided" and rank:
        return f"{source(np.repeat(values, 2, axis=-1), dtype)}[..., ::2]"
    if layout == "offset" and rank:
        return f"{source(np.concatenate([values[:1], values]), dtype)}[{1 if len(values) else 0}:]"
    if layout == "expanded" and rank and values.size:
        axis = rank - 1 if values.shape[-1] > 1 else 0
        return f"{source(values.take([0], axis), dtype)}.expand({values.shape})"
    if values.size == 0 and values.shape != (0,):
        return f"torch.zeros({values.shape}, dtype=torch.{dtype})"
    return f"torch.tensor({values.tolist()}, dtype=torch.{dtype})"


def numbers(shape: tuple, salt: int, complex_: bool = False) -> np.ndarray:
    """Small exact numbers for seeds and tangents."""
    rng = np.random.default_rng(salt)
    real_part = rng.integers(-24, 25, shape) / 16
    return real_part + 1j * rng.integers(-24, 25, shape) / 16 if complex_ else real_part
