"""``torch.Size``: the tuple of a tensor's extents."""

from __future__ import annotations

from math import prod


class Size(tuple):
    """Extents of a tensor, outermost first. A tuple that slices and adds to its own kind."""

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements: the product of the extents, 1 for the empty size."""
        return prod(self)

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(repr, self))}])"

    def __getitem__(self, index):
        found = tuple.__getitem__(self, index)
        return Size(found) if type(index) is slice else found

    def __add__(self, other):
        return Size(tuple.__add__(self, tuple(other)))

    def __mul__(self, times):
        return Size(tuple.__mul__(self, times))

    __rmul__ = __mul__


Size.__module__ = "torch"
