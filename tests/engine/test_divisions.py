"""Whole numbers divided, zero among the divisors; numbers before a tensor; the slope of a quotient at zero."""

import pytest

from .twin import agree

CALLS = """
z % 0 | z.fmod(0) | z // 0 | z.div(0, rounding_mode='trunc') | z.div(0, rounding_mode='floor') | z.div(0)
z % d | z.fmod(d) | z // d | z.div(d, rounding_mode='trunc') | 5 % z | 5 // z | torch.remainder(5, z)
none % 0 | none.fmod(0) | none // 0 | none.div(0, rounding_mode='trunc') | none.clone().remainder_(0) | 5 % none
z % torch.zeros(0, 1, dtype=torch.int64) | torch.tensor([True]).fmod(0) | torch.tensor([0.0, 1.0]) % 0
z.div(z + 1, rounding_mode='trunc') | torch.tensor([-7, 7]).div(torch.tensor([2, -2]), rounding_mode='trunc')
torch.tensor([-128], dtype=torch.int8).div(-1, rounding_mode='trunc')
torch.tensor(-2**63).div(torch.tensor(3), rounding_mode='trunc')
z.div(z + 1, rounding_mode=None) | z.clone().div_(2, rounding_mode=None) | (z > 0).div(z > 0, rounding_mode=None)
torch.remainder(5, x) | 5 % x | torch.remainder(5, x).sum().backward() | (5 % x).sum().backward()
torch.remainder(5.5, torch.tensor([3])) | torch.remainder(5j, x) | torch.remainder('a', x) | torch.remainder(5, 6)
torch.remainder(5, x.detach(), out=torch.ones(2)) | torch.remainder(self=5, other=x) | torch.fmod(5, x)
""".strip().replace("\n", " | ")


@pytest.mark.parametrize("call", CALLS.split(" | "))
def test_quotients_and_remainders(call):
    engine, wanted = agree(f"""
z, d, none = torch.tensor([5, 0, -3]), torch.tensor([1, 0, 2]), torch.zeros(0, dtype=torch.int64)
x = torch.tensor([2.0, 3.0], requires_grad=True)
try:
    print({call})
except Exception as e:
    print(type(e).__name__, e)
""")
    assert engine == wanted


@pytest.mark.parametrize("call", ["x / y", "x.div(y, rounding_mode=None)", "3 % y", "3 / y"])
def test_slopes_at_zero(call):
    engine, wanted = agree(f"""
with torch.autograd.forward_ad.dual_level():
    x = torch.autograd.forward_ad.make_dual(torch.tensor([0.5, -2.0, 0.0]), torch.tensor([1.0, 1.0, 1.0]))
    y = torch.autograd.forward_ad.make_dual(torch.tensor([0.0, -0.0, 0.0]), torch.tensor([2.0, 3.0, 1.0]))
    try:
        print({call})
    except Exception as e:
        print(type(e).__name__, e)
""")
    assert engine == wanted
