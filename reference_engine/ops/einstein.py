"""Einstein summation, as PyTorch composes it: permuted operands, pairwise batched products of matrices.

Every operand is brought to one order of dimensions, those of the result first, with extent 1 where it lacks a letter.
Two operands at a time are then multiplied; what no later operand needs is summed in the same product.

Rule: ``torch.einsum``.
"""

from __future__ import annotations

from collections import Counter
from math import prod

from .._tensor import Tensor
from .linalg import bmm
from .shapes import movedim, reshape
from .views import permute, view


def einsum(equation: str, *operands) -> Tensor:
    """Sums of products of elements by named dimensions: each letter names one, those not in the result are summed."""
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    covered = ""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if "." in left + right:
        terms, covered = _spelled_out(terms, operands)
        right = right.replace("...", covered)
        left = ",".join(terms)
    for position, (term, operand) in enumerate(zip(terms, operands, strict=True)):
        if len(term) != operand.dim():
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({len(term)}) does not match the number of "
                f"dimensions ({operand.dim()}) for operand {position} and no ellipsis was given"
            )
        for letter, size in zip(term, operand.shape, strict=True):
            first = operand.size(term.index(letter))
            if size != first:
                raise RuntimeError(
                    f"einsum(): subscript {letter} is repeated for operand {position} but the sizes don't match, "
                    f"{size} != {first}"
                )
    letters = sorted(set("".join(terms)))
    if not arrow:
        single = (letter for letter in letters if left.count(letter) == 1 and letter not in covered)
        right = covered + "".join(single)
    order = [*right, *(letter for letter in letters if letter not in right)]
    _demand_sizes(terms, operands)
    placed = [_placed(operand, term, order) for term, operand in zip(terms, operands, strict=True)]
    summed = range(len(right), len(order))
    if len(placed) == 1:
        return placed[0].sum(tuple(summed)) if summed else placed[0]
    waiting = Counter({dim: sum(operand.size(dim) != 1 for operand in placed) for dim in summed})
    product = placed[0]
    for operand in placed[1:]:
        product = _pair(product, operand, waiting)
    return view(product, tuple(product.shape[: len(right)])) if summed else product


def _spelled_out(terms: list, operands) -> tuple[list, str]:
    """The terms with digits for the dimensions that an ellipsis covers, counted from the last; all of the digits.

    Raises ``RuntimeError`` for dots that are no ellipsis, and for more letters than dimensions.
    """
    widths = []
    for position, (term, operand) in enumerate(zip(terms, operands, strict=True)):
        before, dots, after = term.partition("...")
        if "." in before + after:
            said = "for which an ellipsis was already found" if dots else "that is not part of any ellipsis"
            raise RuntimeError(f"einsum(): found '.' for operand {position} {said}")
        letters = len(before + after)
        if dots and letters > operand.dim():
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({letters}) is more than the number of dimensions "
                f"({operand.dim()}) for operand {position}"
            )
        widths.append(operand.dim() - letters if dots else 0)
    covered = "".join(map(str, range(max(widths))))
    spelled = [term.replace("...", covered[len(covered) - width :]) for term, width in zip(terms, widths, strict=True)]
    _demand_covered(terms, widths, operands)
    return spelled, covered


def _demand_covered(terms: list, widths: list, operands) -> None:
    """Raise ``RuntimeError`` where dimensions that ellipses cover do not broadcast."""
    seen = [1] * max(widths)
    for position, (term, width, operand) in enumerate(zip(terms, widths, operands, strict=True)):
        start = term.find("...")
        for dim in range(width):
            size, place = operand.size(start + dim), len(seen) - width + dim
            if 1 not in (size, seen[place]) and size != seen[place]:
                raise RuntimeError(
                    f"einsum(): dimension {start + dim} covered by ellipsis in operand {position}has size {size} which "
                    f"does not broadcast with previously seen ellipsis with size {seen[place]} for the respective "
                    "dimension"
                )
            seen[place] = size if seen[place] == 1 else seen[place]


def _demand_sizes(terms: list, operands) -> None:
    """Raise ``RuntimeError`` where one letter has two sizes, neither of them 1."""
    seen: dict = {}
    for number, (term, operand) in enumerate(zip(terms, operands, strict=True)):
        for letter, size in zip(term, operand.shape, strict=False):
            known = seen.get(letter, 1)
            if 1 not in (size, known) and size != known:
                raise RuntimeError(
                    f"einsum(): subscript {letter} has size {size} for operand {number} which does not broadcast with "
                    f"previously seen size {known}"
                )
            seen[letter] = max(size, known) if 0 not in (size, known) else 0


def _placed(operand: Tensor, term: str, order: list) -> Tensor:
    """The operand with one dimension per letter of ``order``; of repeated letters the diagonal."""
    dims: dict = {}
    for letter in term:
        if letter in dims:
            operand = movedim(operand.diagonal(0, dims[letter], len(dims)), -1, dims[letter])
        else:
            dims[letter] = len(dims)
    for letter in order:
        if letter not in dims:
            dims[letter] = operand.dim()
            operand = operand.unsqueeze(-1)
    return permute(operand, tuple(dims[letter] for letter in order))


def _pair(left: Tensor, right: Tensor, waiting: Counter) -> Tensor:
    """The product of two operands. ``waiting`` counts, per dimension to be summed, the operands that still have it."""
    both, alone = [], ([], [])
    for dim in waiting:
        there = (left.size(dim) != 1, right.size(dim) != 1)
        if all(there):
            waiting[dim] -= 1
            if waiting[dim] == 1:
                both.append(dim)
                waiting[dim] = 0
        elif any(there) and waiting[dim] == 1:
            alone[there[1]].append(dim)
            waiting[dim] = 0
    if alone[0]:
        left = left.sum(tuple(alone[0]), True)
    if alone[1]:
        right = right.sum(tuple(alone[1]), True)
    return _contracted(left, right, both) if both else left * right


def _contracted(left: Tensor, right: Tensor, summed: list) -> Tensor:
    """One batched product: dimensions of both are its batches, those of one its rows or columns."""
    shared, rows, columns = [], [], []
    for dim in range(left.dim()):
        if dim not in summed:
            wide = (left.size(dim) != 1, right.size(dim) != 1)
            (shared if all(wide) else rows if wide[0] else columns).append(dim)

    def extent(tensor, dims):
        return prod(tensor.size(dim) for dim in dims)

    first = permute(left, (*shared, *rows, *summed, *columns))
    first = reshape(first, (extent(left, shared), extent(left, rows), extent(left, summed)))
    second = permute(right, (*shared, *summed, *columns, *rows))
    second = reshape(second, (extent(left, shared), extent(left, summed), extent(right, columns)))
    sizes = [*(left.size(dim) for dim in (*shared, *rows)), *(1 for _ in summed), *(right.size(d) for d in columns)]
    made = [*shared, *rows, *summed, *columns]
    return permute(view(bmm(first, second), tuple(sizes)), tuple(made.index(dim) for dim in range(left.dim())))


FUNCTIONS = (einsum,)
