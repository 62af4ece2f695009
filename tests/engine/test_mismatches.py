"""What is said of arguments that fit no signature: methods count without ``self``, overloads say why not they."""

import pytest

from .twin import agree

CALLS = """
x.fmax('a') | torch.fmax(x, 'a') | x.index_select('a', 3) | x.index_select(0, 3) | torch.index_select(x, 0, 3)
x.expand('a') | x.permute('a') | x.dot(1, 2) | torch.dot(x, 1, 2) | x.dot(tensor=3) | torch.dot(input=3, tensor=x)
x.maximum() | torch.maximum(x) | x.cumsum(0, 1, 2, 3) | x.transpose(0, 1, 2) | x.exp(1) | x.mul('a') | x.mul_('a')
x.pow('a') | x.pow_('a') | x.pow(exponent='a') | x.pow(foo=2) | x.pow(2, foo=2) | x.pow(torch.float32) | x.squeeze('a')
torch.squeeze('a') | x.sum('a') | x.sum('a', 3) | x.masked_fill(x, value='a') | x.max(1, 2) | x.fill_('a')
torch.lerp(x, x, 'a') | x.lerp(3, 4) | torch.add(input=x, other=x) | torch.mul(input=x, other=2) | x.hypot(3)
""".replace("\n", " | ").strip(" |")


@pytest.mark.parametrize("call", CALLS.split(" | "))
def test_what_is_said(call):
    program = f"""
x = torch.ones(2)
try:
    print({call})
except TypeError as e:
    print(e)
"""
    engine, wanted = agree(program)
    assert engine == wanted
