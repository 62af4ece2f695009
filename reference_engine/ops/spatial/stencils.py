"""Linear maps of positions: each output is a weighted sum of a few inputs of the same sample and channel.

A stencil is ``(output sizes, places, weights)``: places (k, p) index the flattened input positions, -1 standing for a
zero beyond the edge; weights have the same shape or are None for all ones. Read forward it gathers, read backward it
scatters: the derivative is the same table, and the derivative of the derivative the operation itself.
"""

from __future__ import annotations

import inspect
import math

import numpy as np

from ..elementwise import zeros_like
from ..table import guarded, op

Stencil = tuple  # (sizes, places, weights)


def gather(array: np.ndarray, ndim: int, stencil: Stencil) -> np.ndarray:
    """(*, positions) to (*, outputs), the last ``ndim`` dimensions being positions."""
    sizes, places, weights = stencil
    lead = array.shape[: array.ndim - ndim]
    flat = array.reshape(*lead, math.prod(array.shape[array.ndim - ndim :]))
    if weights is None and len(places) == 1:
        return np.ascontiguousarray(_with_edge(flat, places)[..., places[0]]).reshape(*lead, *sizes)
    wide = np.result_type(array.dtype, np.float64) if array.dtype.kind == "c" else np.float64
    taken = _with_edge(flat, places).astype(wide)[..., places]
    total = (taken if weights is None else taken * weights).sum(axis=-2)
    return np.ascontiguousarray(total, array.dtype).reshape(*lead, *sizes)


def _with_edge(flat, places):
    if not (places < 0).any():
        return flat
    return np.concatenate([flat, np.zeros((*flat.shape[:-1], 1), flat.dtype)], axis=-1)


def scatter(grad: np.ndarray, shape: tuple, ndim: int, stencil: Stencil) -> np.ndarray:
    """The transpose of :func:`gather`: (*, outputs) added up where each came from, in an array of ``shape``."""
    _, places, weights = stencil
    count = math.prod(shape[len(shape) - ndim :])
    rows = math.prod(shape[: len(shape) - ndim])
    flat = grad.reshape(rows, 1, places.shape[1])
    wide = np.complex128 if grad.dtype.kind == "c" else np.float64
    parts = np.broadcast_to(flat if weights is None else flat * weights, (rows, *places.shape))
    total = np.zeros((rows, count + 1), wide)
    for row in range(rows):
        np.add.at(total[row], places, parts[row])
    return np.ascontiguousarray(total[:, :-1]).astype(grad.dtype).reshape(shape)


def separable(per_dimension, sizes) -> Stencil:
    """The product of one-dimensional stencils ``(outputs, places, weights)``, one for each of the ``sizes``."""
    places = np.zeros((1, 1), np.int64)
    weights = np.ones((1, 1))
    weighted = False
    outside = np.zeros((1, 1), bool)
    for (count, own, factors), size in zip(per_dimension, sizes, strict=True):
        taps = len(own)
        places = (places[:, None, :, None] * size + own[None, :, None, :]).reshape(len(places) * taps, -1)
        outside = (outside[:, None, :, None] | (own < 0)[None, :, None, :]).reshape(places.shape)
        own_weights = np.ones(own.shape) if factors is None else factors
        weighted = weighted or factors is not None
        weights = (weights[:, None, :, None] * own_weights[None, :, None, :]).reshape(places.shape)
        del count
    outputs = tuple(entry[0] for entry in per_dimension)
    return outputs, np.where(outside, -1, places), weights if weighted else None


def linear_row(name: str, parameters: str, stencil, ndim: int, node: str, *, keeps_self=False, check=None, refuses=()):
    """An operation ``name(self, parameters)`` whose every output is a weighted sum of inputs.

    ``stencil(sizes, *parameters)`` makes its table for the input's last ``ndim`` sizes. ``keeps_self`` says whether
    its node keeps the input or only its sizes. ``check`` runs on the array and the parameters before; ``refuses`` is
    that of :func:`op`.
    """
    listed = [entry.split("=")[0].split(" ")[1] for entry in parameters.split(", ")]
    kept = "self" if keeps_self else "self_sym_sizes"

    def compute(array, *values):
        return gather(array, ndim, stencil(array.shape[array.ndim - ndim :], *values))

    computed = guarded(compute, refuses) if refuses else compute

    def forward(array, *values):
        if check is not None:
            check(array, *values)
        return computed(array, *values)

    def backward(grad, like, *values):
        shape = like.shape if keeps_self else tuple(like)
        return scatter(grad, shape, ndim, stencil(shape[len(shape) - ndim :], *values))

    plain = ", ".join(f"any {entry}" for entry in listed)
    backward_row = op(
        f"{name}_backward(Tensor grad_output, {'Tensor' if keeps_self else 'any'} {kept}, {plain})",
        backward,
        node=f"{node}BackwardBackward0",
        grad_output=_named(["grad", *listed], lambda grad, *values: row(grad, *values)),
        jvp=_named(["grad_output_t", kept, *listed], lambda *values: backward_row(*values)),
        method=False,
        function=False,
        **({"self": lambda grad, self: zeros_like(self)} if keeps_self else {}),
    )
    row = op(
        f"{name}(Tensor self, {parameters})",
        forward,
        node=f"{node}Backward0",
        self=_named(["grad", kept, *listed], lambda *values: backward_row(*values)),
        jvp="linear",
        method=False,
        function=False,
    )
    return row


def _named(names: list, function):
    """``function`` under parameter names that say what it needs."""

    def derivative(*values, **named):
        return function(*values, *[named[name] for name in names[len(values) :]])

    derivative.__signature__ = inspect.Signature(
        [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    )
    return derivative
