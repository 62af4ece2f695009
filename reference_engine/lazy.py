"""Memory that is read as its conjugate or negative: what ``conj()`` views and the imaginary parts of them stand on.

``conj()`` computes nothing. Its result is a view of the same memory with a note that every element is to be read as
its conjugate; a write puts the conjugate of what is written. The note is the array's own class: views of such an array
carry it on, everything that computes sees plain numbers.

Rule: ``torch.conj``, ``torch.resolve_conj``, ``Tensor.is_conj``, ``Tensor.is_neg``.
"""

from __future__ import annotations

import numpy as np


class LazyArray(np.ndarray):
    """A view whose elements are the conjugates, the negatives or both of what the memory holds."""

    conjugated = negated = False

    def __array_finalize__(self, origin) -> None:
        if type(origin) is LazyArray:
            self.conjugated, self.negated = origin.conjugated, origin.negated

    def read(self, physical):
        """What ``physical`` numbers of this memory stand for; the same function turns them back."""
        if self.conjugated:
            physical = np.conj(physical)
        return np.negative(physical) if self.negated else physical

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        computed = getattr(ufunc, method)(*map(settled, inputs), **options)
        if out is None:
            return computed
        for target, result in zip(out, computed if type(computed) is tuple else (computed,), strict=True):
            target[...] = result
        return out[0] if len(out) == 1 else out

    def __array_function__(self, function, types, args, kwargs):
        return function(*map(_settled_within, args), **{key: _settled_within(kwargs[key]) for key in kwargs})

    def __getitem__(self, key):
        found = np.ndarray.__getitem__(self, key)
        return found if isinstance(found, np.ndarray) else self.read(found)

    def __setitem__(self, key, value) -> None:
        value = settled(value) if isinstance(value, np.ndarray) else np.asarray(value)
        self.view(np.ndarray)[key] = self.read(value)

    def __reduce__(self):
        return settled(self).__reduce__()

    @property
    def real(self) -> np.ndarray:
        return settled(self).real

    @property
    def imag(self) -> np.ndarray:
        return settled(self).imag

    @property
    def flat(self):
        return settled(self).flat


def _computing(name: str):
    def method(self, *args, **kwargs):
        return getattr(settled(self), name)(*args, **kwargs)

    method.__name__ = name
    return method


# Methods of arrays that compute or copy without asking the class.
for _name in (
    *("astype", "copy", "item", "tolist", "tobytes", "take", "repeat", "nonzero", "sort", "argsort", "argmax"),
    *(
        "argmin",
        "cumsum",
        "cumprod",
        "dot",
        "round",
        "trace",
        "conj",
        "conjugate",
        "clip",
        "searchsorted",
        "choose",
        "compress",
    ),
):
    setattr(LazyArray, _name, _computing(_name))


def settled(array):
    """Plain numbers: what a lazy array stands for, in memory of its own; anything else as it is."""
    return array.read(array.view(np.ndarray)) if type(array) is LazyArray else array


def _settled_within(value):
    if type(value) in (list, tuple):
        return type(value)(map(_settled_within, value))
    return settled(value)


def bits(array: np.ndarray) -> tuple[bool, bool]:
    """Whether an array is read conjugated, and whether negated."""
    return (array.conjugated, array.negated) if type(array) is LazyArray else (False, False)


def lazily(array: np.ndarray, conjugated: bool, negated: bool) -> np.ndarray:
    """A view of the same memory, read conjugated or negated once more. Both bits off gives a plain array."""
    before = bits(array)
    view = array.view(np.ndarray)
    conjugated, negated = before[0] != conjugated, before[1] != negated
    if conjugated or negated:
        view = view.view(LazyArray)
        view.conjugated, view.negated = conjugated, negated
    return view


def viewing(function, memory: np.ndarray, *arguments):
    """What ``function``, which makes one view or several, makes of ``memory``; how that is read carries over."""
    if type(memory) is not LazyArray:
        return function(memory, *arguments)
    views = function(memory.view(np.ndarray), *arguments)
    if type(views) in (list, tuple):
        return [lazily(view, *bits(memory)) for view in views]
    return lazily(views, *bits(memory))
