"""What reductions along dimensions demand of them, before they look at a dtype.

Each function makes the ``check`` of a row. Rule: ``zero_numel_check_dims`` and ``maybe_wrap_dim``.
"""

from __future__ import annotations

from .._tensor import Tensor
from .dims import wrap_dim, wrap_dims


def there(self: Tensor, dim: int, *_) -> None:
    """Raises ``IndexError`` for a dimension that there is not."""
    wrap_dim(dim, self.ndim)


def at_end(self: Tensor, *arguments) -> None:
    """As :func:`there`, for rows that name the dimension before ``keepdim``, whatever comes first."""
    wrap_dim(arguments[-2], self.ndim)


def needs_extent(subject: str, array, dim: int) -> None:
    """Raise ``IndexError`` where the dimension to be reduced, counted from the front, is empty."""
    if array.ndim and array.shape[dim] == 0:
        raise IndexError(f"{subject}: Expected reduction dim {dim} to have non-zero size.")


def with_elements(subject: str):
    """A check for reductions along one dimension. Raises ``IndexError`` where there is none of it, or nothing in it."""

    def check(self: Tensor, *arguments) -> None:
        needs_extent(subject, self._array, wrap_dim(arguments[-2], self.ndim))

    return check


def with_elements_along(subject: str):
    """A check for reductions along several dimensions, or all.

    Raises ``IndexError`` where one is empty or does not exist, ``RuntimeError`` where all are and it is not said which,
    or one is named twice.
    """

    def check(self: Tensor, dims, *_) -> None:
        shape = self._array.shape
        if not self._array.size:
            if dims is None or dims == ():
                raise RuntimeError(
                    f"{subject}: Expected reduction dim to be specified for input.numel() == 0. Specify the reduction "
                    "dim with the 'dim' argument."
                )
            for dim in dims:
                if not shape[wrap_dim(dim, len(shape))]:
                    raise IndexError(f"{subject}: Expected reduction dim {dim} to have non-zero size.")
        wrap_dims(dims, len(shape))

    return check


def once(self: Tensor, dims, *_) -> None:
    """Raises ``IndexError`` for dimensions that there are not, ``RuntimeError`` for one named twice."""
    wrap_dims(dims, self.ndim)
