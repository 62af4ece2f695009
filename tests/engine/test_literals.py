"""Tensors among the numbers of which another tensor is made: how they are read, and what is told of their history."""

import pytest

from .twin import agree

_GIVEN = """
torch.set_warn_always(True)
x, v = torch.tensor(2., requires_grad=True), torch.tensor([2.], requires_grad=True)
w = torch.tensor([1., 2.], requires_grad=True)
z = torch.tensor(1 + 1j, requires_grad=True)
i, d = torch.tensor(3), torch.tensor(2.)
"""

MADE = [
    *(f"torch.tensor({data})" for data in ("[x]", "[x, x * 2]", "[v, v]", "[v, 1.]", "[1., v]", "[w]", "[[x], [1.]]")),
    *(f"torch.tensor({data})" for data in ("[i, x]", "(d, i, True)", "[z]", "[i, z]", "[i.bool()]", "[torch.ones(0)]")),
    *(
        f"torch.tensor({data})"
        for data in ("[[v, v], [1., 2.]]", "[[1., 2.], w]", "[w.detach()]", "[torch.ones(1, 1)]")
    ),
    *(f"torch.tensor([x], dtype=torch.{name})" for name in ("float64", "complex64", "bfloat16", "int64", "bool")),
    *(f"torch.tensor([i], dtype=torch.{name})" for name in ("float64", "uint8", "bool")),
    *(f"torch.tensor([z], dtype=torch.{name})" for name in ("float32", "int64", "complex128")),
    "torch.no_grad()(lambda: torch.tensor([x]))()",
    "torch.as_tensor([x, 1.])",
    "torch.asarray([x, 1.])",
    "torch.Tensor([v, v])",
    "torch.LongTensor([i])",
    "torch.LongTensor([d])",
    "d.new_tensor([x])",
]

READ = [
    *(f"{kind}({name})" for kind in ("float", "complex", "int", "bool") for name in ("x", "v", "w", "z", "i")),
    "x.item(), v.tolist(), f'{x}', [1, 2][torch.tensor(1)]",
    "torch.no_grad()(lambda: float(x))()",
]


@pytest.mark.parametrize("text", MADE)
def test_tensors_among_numbers(text):
    engine, wanted = agree(f"{_GIVEN}print({text})")
    assert engine == wanted


@pytest.mark.parametrize("text", READ)
def test_tensors_read_as_numbers(text):
    engine, wanted = agree(f"{_GIVEN}print({text})")
    assert engine == wanted
