"""Numbers that an operation is given for memory that may not hold them, and places that an index may not have."""

from __future__ import annotations

import pytest

from .twin import agree

_SHOW = """
import warnings
warnings.simplefilter('ignore')
def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, str(e).split(chr(10))[0])
"""

NUMBERS = ["300", "-1", "-256", "2.5", "-0.5", "2**40", "1e6", "1e39", "float('inf')", "float('nan')", "2j", "1 + 0j"]
TAKERS = [
    "x.clone().fill_({})", "x.masked_fill(x == 0, {})", "x.clone().masked_fill_(x == 7, {})",
    "x.masked_fill(x == 0, torch.tensor({}))", "x.index_fill(0, i, {})", "x.index_fill(0, i, torch.tensor({}))",
    "x.scatter(0, i, {})", "x.scatter(0, i, {}, reduce='add')", "x.index_add(0, i, x[:1], alpha={})",
    "torch.full((2,), {}, dtype=x.dtype)", "x.new_full((1,), {})", "F.pad(x, (0, 1), value={})",
]  # fmt: skip
PLACES = ["[0]", "[1]", "[-1]", "[2]", "[[0]]", "[0, 0]", "[]", "0", "[0.0]"]
INDEXED = [
    "x.index_select(0, i)", "x.index_select(-1, i)", "x.index_add(0, i, y)", "x.index_add(-1, i, y)",
    "x.clone().index_add_(0, i, x)",
]  # fmt: skip
SHAPES = ["()", "(2,)", "(0,)", "(2, 2)", "(0, 2)", "(2, 0)", "(1, 2, 2)"]
EMPTY = ["(0, 4)", "(4, 0)", "(3, 0, 2)", "(0, 3, 2)", "(2, 0, 4)"]
OTHERS = [
    "torch.ones(4).masked_scatter(torch.ones(4) > 0, torch.ones(2))",
    "torch.ones(4).masked_scatter_(torch.ones(3) > 0, torch.ones(7))",
    "torch.ones(2).masked_fill(torch.ones(2), 1)",
    "torch.ones(2).masked_fill(torch.ones(3) > 0, 1)",
    "torch.ones(2).masked_fill_(torch.ones(3) > 0, 1)",
    "torch.ones(2, dtype=torch.int64).masked_fill(torch.ones(2) > 0, torch.tensor(1.0, requires_grad=True))",
    "torch.ones(2).argsort(0, stable=True)",
    "torch.ones(2).argsort(stable=True, descending=True)",
    "torch.zero(torch.ones(2))",
    "torch.ones(2, 2).scatter(0, torch.zeros(1, 2).long(), torch.ones(1, 2), reduce='sum')",
    "torch.ones(2, 2, requires_grad=True).scatter(0, torch.zeros(1, 2).long(), 3, reduce='multiply').sum().backward()",
    "torch.tensordot(torch.ones(2, 2), torch.ones(2, 2), 1, out=torch.ones(2, 2).double())",
    "torch.ones(()).expand(1).double().stride()",
    "torch.ones(1, 3).t().clone().stride()",
    "F.multi_margin_loss(torch.ones(2, 3), torch.tensor([0, 5]))",
    "F.multi_margin_loss(torch.ones(2, 3), torch.tensor([0]))",
    "F.multi_margin_loss(torch.ones(2, 0), torch.tensor([0, 0]))",
]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int32", "int64", "float16", "float32", "complex64"])
@pytest.mark.parametrize("taker", TAKERS)
def test_numbers_that_memory_may_not_hold(taker, dtype):
    shown = "\n".join(f"show(lambda: {taker.format(number)})" for number in NUMBERS)
    engine, wanted = agree(f"{_SHOW}\nx = torch.zeros(2, dtype=torch.{dtype})\ni = torch.tensor([0])\n{shown}")
    assert engine == wanted


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("call", INDEXED)
def test_places_that_an_index_may_not_have(call, shape):
    made = f"x = torch.ones({shape})\ny = torch.ones({shape})[:1] if {shape} else torch.ones(())"
    shown = "\n".join(
        f"i = torch.tensor({place}){'' if '.' in place else '.long()'}\nshow(lambda: {call})" for place in PLACES
    )
    engine, wanted = agree(f"{_SHOW}\n{made}\n{shown}")
    assert engine == wanted


@pytest.mark.parametrize("shape", EMPTY)
@pytest.mark.parametrize("wanted_dtype", ["int16", "int32", "float64"])
def test_memory_without_elements_has_strides(shape, wanted_dtype):
    shown = "\n".join(
        f"show(lambda: {tensor}.stride())\nshow(lambda: {tensor}.view(torch.{wanted_dtype}).stride())"
        for tensor in (f"torch.zeros({shape})", f"torch.zeros({shape}).transpose(0, 1)")
    )
    engine, wanted = agree(f"{_SHOW}\n{shown}")
    assert engine == wanted


@pytest.mark.parametrize("expression", OTHERS)
def test_the_same(expression):
    engine, wanted = agree(f"{_SHOW}\nshow(lambda: {expression})")
    assert engine == wanted
