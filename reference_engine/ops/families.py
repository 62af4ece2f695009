"""The families of operations. Importing a module adds its rows to the table; some have compositions beside them.

A module may have ``FUNCTIONS`` for the ``torch`` namespace and ``METHODS`` of ``Tensor``, both by their names.
"""

from __future__ import annotations

from . import (
    calculus,
    cells,
    choosing,
    copying,
    distances,
    drawing,
    einstein,
    elementwise,
    extrema,
    functions,
    indexing,
    joining,
    linalg,
    matrices,
    norms,
    pairs,
    rearranging,
    reducing,
    reductions,
    running_logarithms,
    scatter,
    searching,
    shapes,
    special,
    splitting,
    statistics,
    strided,
    sums_of_products,
    view_copies,
    views,
    weight_norms,
)

FAMILIES = (
    weight_norms,
    elementwise, functions, choosing, reductions, extrema, norms, views, strided, splitting, shapes, indexing, scatter,
    joining, linalg, einstein, copying, special, pairs, statistics, running_logarithms, searching, calculus, distances,
    matrices, rearranging, reducing, view_copies, sums_of_products, drawing, cells,
)  # fmt: skip


def compositions(kind: str) -> dict:
    """The compositions of all families by name; ``kind`` is ``"FUNCTIONS"`` or ``"METHODS"``."""
    return {function.__name__: function for module in FAMILIES for function in getattr(module, kind, ())}
