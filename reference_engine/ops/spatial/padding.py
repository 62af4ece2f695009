"""Padding with what is there: reflected, repeated at the edge, or taken from the other side."""

from __future__ import annotations

import numpy as np

from .stencils import linear_row, separable


def _line(size: int, before: int, after: int, mirror: bool):
    at = np.arange(-before, size + after)
    if mirror and size > 1:
        at = np.abs(at)
        at = np.where(at >= size, 2 * (size - 1) - at, at)
    return len(at), np.clip(at, 0, size - 1)[None], None


def _stencil(mirror: bool):
    def make(sizes, padding):
        pairs = [(padding[at], padding[at + 1]) for at in range(0, len(padding), 2)][::-1]
        return separable([_line(size, *pair, mirror) for size, pair in zip(sizes, pairs, strict=True)], sizes)

    return make


def _check(name: str, ndim: int, mirror: bool):
    def check(array, padding):
        if array.ndim not in (ndim + 1, ndim + 2):
            raise RuntimeError(
                f"Expected {ndim + 1}D or {ndim + 2}D (batch mode) tensor with possibly 0 batch size and other "
                f"non-zero dimensions for input, but got: {list(array.shape)}"
            )
        if not mirror:
            return
        for place in range(ndim):
            size = array.shape[array.ndim - 1 - place]
            before, after = padding[2 * place], padding[2 * place + 1]
            if before >= size or after >= size:
                ordinal = array.ndim - 1 - place
                raise RuntimeError(
                    f"Argument #{4 + 2 * place}: Padding size should be less than the corresponding input dimension, "
                    f"but got: padding ({before}, {after}) at dimension {ordinal} of input {list(array.shape)}"
                )

    return check


def _rows(kind: str, mirror: bool):
    return {
        ndim: linear_row(
            f"{kind}_pad{ndim}d", "int[] padding", _stencil(mirror), ndim, f"{kind.title()}Pad{ndim}D", keeps_self=True,
            check=_check(kind, ndim, mirror),
        )
        for ndim in (1, 2, 3)
    }  # fmt: skip


REFLECTION, REPLICATION = _rows("reflection", True), _rows("replication", False)


def circular(input, pad):
    """Each side is filled with what lies at the other: the input is copied into a larger room, then the sides."""
    sides = [(pad[at], pad[at + 1]) for at in range(0, len(pad), 2)]
    ndim = len(sides)
    shape = list(input.shape)
    for place, (before, after) in enumerate(sides):
        size = shape[-1 - place]
        if before > size or after > size:
            raise RuntimeError("Padding value causes wrapping around more than once.")
        shape[-1 - place] = size + before + after
        if shape[-1 - place] < 0:
            raise RuntimeError("Negative padding value is resulting in an empty dimension")
    room = input.new_empty(shape)
    target, source = room, input
    for place, (before, after) in enumerate(sides):
        dim = input.dim() - 1 - place
        size = room.shape[dim]
        target = target[_along(dim, max(before, 0), size - max(after, 0))]
        source = source[_along(dim, max(-before, 0), input.shape[dim] - max(-after, 0))]
    target.copy_(source)
    for place in reversed(range(ndim)):
        before, after = sides[place]
        dim = input.dim() - 1 - place
        size = room.shape[dim]
        if before > 0:
            room[_along(dim, 0, before)].copy_(room[_along(dim, size - before - max(after, 0), size - max(after, 0))])
        if after > 0:
            start = max(before, 0)
            room[_along(dim, size - after, size)].copy_(room[_along(dim, start, start + after)])
    return room


def _along(dim: int, start: int, end: int):
    return (*[slice(None)] * dim, slice(start, end))
