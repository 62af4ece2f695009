"""Dimensions: negative indices, lists of them, and shapes with an inferred extent."""

from __future__ import annotations

from math import prod


def wrap_dim(dim: int, ndim: int) -> int:
    """``dim`` counted from the front. Raises ``IndexError`` when out of range; a 0-dim tensor has one place."""
    extent = ndim or 1
    if -extent <= dim < extent:
        return dim + extent if dim < 0 else dim
    raise IndexError(f"Dimension out of range (expected to be in range of [{-extent}, {extent - 1}], but got {dim})")


def wrap_dims(dims, ndim: int) -> tuple[int, ...]:
    """Each of ``dims`` counted from the front; None or empty means all. Raises for repeated dimensions."""
    if dims is None or dims == ():
        return tuple(range(ndim))
    if isinstance(dims, int):
        return (wrap_dim(dims, ndim),) if ndim else (wrap_dim(dims, ndim),)[:0]
    wrapped = tuple(wrap_dim(dim, ndim) for dim in dims)
    for dim in wrapped:
        if wrapped.count(dim) > 1:
            raise RuntimeError(f"dim {dim} appears multiple times in the list of dims")
    return wrapped if ndim else ()


def infer_size(shape, numel: int) -> tuple[int, ...]:
    """``shape`` with its -1 filled in. Raises ``RuntimeError`` when ``numel`` elements do not fit it."""
    shape = tuple(shape)
    unknown = [position for position, extent in enumerate(shape) if extent == -1]
    if len(unknown) > 1:
        raise RuntimeError("only one dimension can be inferred")
    for extent in shape:
        if extent < -1:
            raise RuntimeError(f"invalid shape dimension {extent}")
    known = prod(extent for extent in shape if extent != -1)
    if unknown:
        if known and numel % known == 0:
            return tuple(numel // known if extent == -1 else extent for extent in shape)
        if known == 0 and numel == 0:
            raise RuntimeError(
                f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified dimension "
                "size -1 can be any value and is ambiguous"
            )
    elif known == numel:
        return shape
    raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {numel}")


def broadcast_shape(a: tuple, b: tuple) -> tuple:
    """The common shape of two operands. Raises ``RuntimeError`` naming the extents that disagree."""
    if a == b:
        return a
    result = []
    ndim = max(len(a), len(b))
    for dim in range(ndim):
        left = a[dim - ndim + len(a)] if dim >= ndim - len(a) else 1
        right = b[dim - ndim + len(b)] if dim >= ndim - len(b) else 1
        if left != right and 1 not in (left, right):
            mismatch = max(
                place
                for place in range(ndim)
                if place >= ndim - len(a)
                and place >= ndim - len(b)
                and a[place - ndim + len(a)] != b[place - ndim + len(b)]
                and 1 not in (a[place - ndim + len(a)], b[place - ndim + len(b)])
            )
            left, right = a[mismatch - ndim + len(a)], b[mismatch - ndim + len(b)]
            raise RuntimeError(
                f"The size of tensor a ({left}) must match the size of tensor b ({right}) at non-singleton "
                f"dimension {mismatch}"
            )
        result.append(right if left == 1 else left)
    return tuple(result)
