"""Differences and sums over a grid: ``diff``, ``gradient``, the trapezoidal rule. Compositions, as in PyTorch."""

from __future__ import annotations

from .._tensor import Tensor
from ..dtypes import uint8
from .by_number import div_number, mul_number
from .dims import wrap_dim, wrap_dims
from .elementwise import zeros_like
from .joining import cat
from .views import slice_

# -- differences ---------------------------------------------------------------------------------------------------


def diff(input, n: int = 1, dim: int = -1, prepend=None, append=None):
    """The ``n``-th differences of neighbours along ``dim``; of bools, whether they differ."""
    if input.ndim == 0:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    if n or prepend is not None or append is not None:
        wrap_dim(dim, input.ndim)
    ends = [end for end in (prepend, append) if end is not None]
    for end in ends:
        if end.ndim != input.ndim:
            raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    if ends:
        input = cat([tensor for tensor in (prepend, input, append) if tensor is not None], dim)
    if n == 0:
        return zeros_like(input).copy_(input)
    result = input
    for _ in range(min(n, input.size(dim))):
        length = result.size(dim) - 1
        later, earlier = result.narrow(dim, 1, length), result.narrow(dim, 0, length)
        result = later.logical_xor(earlier) if input.dtype.kind == 0 else later - earlier
    return result


def _edges(self, dim, spacing, edge_order):
    """The one-sided slopes at both ends, from two points or from three. ``spacing`` is a number."""

    def part(start, end):
        return slice_(self, dim, start, end, 1)

    if edge_order == 1:
        return (div_number(part(1, 2) - part(0, 1), spacing), div_number(part(-1, None) - part(-2, -1), spacing))
    first = mul_number(part(0, 1), -3) + mul_number(part(1, 2), 4) - part(2, 3)
    last = mul_number(part(-1, None), 3) - mul_number(part(-2, -1), 4) + part(-3, -2)
    return div_number(first, 2 * spacing), div_number(last, 2 * spacing)


def _slopes(self, dim, spacing: float, edge_order: int):
    first, last = _edges(self, dim, spacing, edge_order)
    inner = div_number(slice_(self, dim, 2, None, 1) - slice_(self, dim, 0, -2, 1), spacing)
    return cat([first, div_number(inner, 2), last], dim)


def _slopes_at(self, dim, places, edge_order: int):
    """Slopes where the points lie at ``places``: quadratics through three neighbours, lines at the ends."""
    steps = places.diff()
    shape = [1] * self.ndim
    shape[dim] = -1

    def part(start, end):
        return slice_(self, dim, start, end, 1)

    left, right = steps[:-1].reshape(shape), steps[1:].reshape(shape)
    inner = (
        part(0, -2) * (-right / (left * (left + right)))
        + part(1, -1) * ((right - left) / (left * right))
        + part(2, None) * (left / (right * (left + right)))
    )
    if edge_order == 1:
        first, last = (part(1, 2) - part(0, 1)) / steps[0], (part(-1, None) - part(-2, -1)) / steps[-1]
    else:
        a, b = steps[0], steps[1]
        first = (
            part(0, 1) * (-(2 * a + b) / (a * (a + b)))
            + part(1, 2) * ((a + b) / (a * b))
            + part(2, 3) * (-a / (b * (a + b)))
        )
        a, b = steps[-2], steps[-1]
        last = (
            part(-3, -2) * (b / (a * (a + b)))
            + part(-2, -1) * (-(b + a) / (a * b))
            + part(-1, None) * ((2 * b + a) / (b * (a + b)))
        )
    return cat([first, inner, last], dim)


def gradient(input, *, spacing=1, dim=None, edge_order: int = 1):
    """The slopes along each of ``dim`` (all of them by default): second order inside, one-sided at the ends.

    ``spacing`` is a number, one per dimension, or the coordinates per dimension. Raises ``RuntimeError`` where there
    are fewer than ``edge_order + 1`` points, for bytes, and for coordinates of other than one dimension.
    """
    if input.dtype is uint8:
        raise RuntimeError("torch.gradient does not support uint8 input.")
    dims = range(input.ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    listed = isinstance(spacing, (list, tuple))
    spacings = list(spacing) if listed else [spacing] * len(dims)
    if len(spacings) != len(dims):
        raise RuntimeError(
            "torch.gradient expected spacing to be unspecified, a scalar, or a list of length equal to 'self.dim() = "
            f"{input.ndim}', since dim argument was not given, but got a list of length {len(spacings)}"
            if dim is None
            else "torch.gradient expected spacing to be unspecified, a scalar or it's spacing and dim arguments to "
            f"have the same length, but got a spacing argument of length {len(spacings)} and a dim argument of length "
            f"{len(dims)}."
        )
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    dims = wrap_dims(dims, input.ndim)
    for places in spacings:
        if listed and isinstance(places, Tensor) and places.ndim != 1:
            raise RuntimeError(
                "torch.gradient expected each element of spacing to have one dimension, but got an element with "
                f"{places.ndim} dimensions!"
            )
    for axis in dims:
        if input.size(axis) < edge_order + 1:
            raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")
    return tuple(
        _slopes_at(input, axis, step, edge_order)
        if isinstance(step, Tensor) and step.ndim
        else _slopes(input, axis, float(step), edge_order)
        for axis, step in zip(dims, spacings, strict=True)
    )


# -- the trapezoidal rule ------------------------------------------------------------------------------------------


def _at_samples(y, x, dim: int, name: str):
    """Sample points brought to the number of dimensions of ``y``, and the steps between them."""
    if y.dtype.kind == 0 or x.dtype.kind == 0:
        raise RuntimeError(f"{name}: received a bool input for `x` or `y`, but bool is not supported")
    if x.ndim == 1:
        if x.size(0) != y.size(dim):
            raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
        shape = [1] * y.ndim
        shape[dim] = x.size(0)
        x = x.view(*shape)
    elif x.ndim < y.ndim:
        x = x.view(*[1] * (y.ndim - x.ndim), *x.shape)
    return slice_(x, dim, 1, None, 1) - slice_(x, dim, 0, -1, 1)


def _neighbours(y, dim: int):
    return slice_(y, dim, 0, -1, 1) + slice_(y, dim, 1, None, 1)


def _without(y, dim: int):
    shape = list(y.shape)
    del shape[dim]
    return y.new_zeros(shape)


def trapezoid(y, x=None, *, dx=None, dim: int = -1):
    """The integral along ``dim`` of the lines through the samples, ``dx`` apart or at ``x``."""
    wrapped = wrap_dim(dim, y.ndim) if x is not None or y.ndim else dim
    if y.size(wrapped) == 0:
        return _without(y, wrapped)
    if x is not None:
        steps = _at_samples(y, x, wrapped, "trapezoid")
        return div_number((_neighbours(y, wrapped) * steps).sum(wrapped), 2.0)
    if y.dtype.kind == 0:
        raise RuntimeError("trapezoid: received a bool input for `y`, but bool is not supported")
    ends = mul_number(y.select(dim, 0) + y.select(dim, -1), 0.5)
    return mul_number(y.sum(dim) - ends, 1.0 if dx is None else float(dx))


def cumulative_trapezoid(y, x=None, *, dx=None, dim: int = -1):
    """The running integrals, from the second sample on."""
    if x is not None:
        wrapped = wrap_dim(dim, y.ndim)
        steps = _at_samples(y, x, wrapped, "cumulative_trapezoid")
        return div_number((_neighbours(y, wrapped) * steps).cumsum(wrapped), 2.0)
    if y.dtype.kind == 0:
        raise RuntimeError("cumulative_trapezoid: received a bool input for `y`, but bool is not supported")
    return mul_number(_neighbours(y, dim), (1.0 if dx is None else float(dx)) / 2.0).cumsum(dim)


trapz = trapezoid
FUNCTIONS = (diff, gradient, trapezoid, cumulative_trapezoid)
METHODS = (diff,)
