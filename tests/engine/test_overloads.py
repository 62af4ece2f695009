"""Which overload a 0-dim tensor means: the one for tensors, where there is one."""

import pytest

from .twin import agree

CALLS = [
    "x.masked_fill(m, {})",
    "(x * 1).masked_fill_(m, {})",
    "(x * 1).fill_({})",
    "torch.fill(x, {})",
    "(x * 1).index_fill_(0, i, {})",
    "x.index_fill(0, i, {})",
    "torch.lerp(x, x, {})",
    "x.pow({})",
    "x ** {}",
    "torch.pow({}, x)",
    "x.clamp({})",
    "x.clamp(max={})",
    "x.clamp_min({})",
    "x.clamp_max({})",
    "torch.fmod(x, {})",
    "torch.remainder(x, {})",
    "torch.where(m, x, {})",
    "torch.xlogy(x, {})",
    "torch.xlogy({}, x)",
    "x.scatter(0, i, {})",
    "torch.bucketize({}, torch.ones(1))",
]


@pytest.mark.parametrize("value", ["torch.tensor(2.)", "2."])
@pytest.mark.parametrize("call", CALLS)
def test_overloads(call, value):
    program = f"""
x = torch.tensor([1.5, .5], requires_grad=True)
m, i = torch.tensor([True, False]), torch.tensor([0])
y = {call.format(value)}
print(y, y.grad_fn)
if y.requires_grad:
    print(torch.autograd.grad(y.sum(), x))
"""
    ours, wanted = agree(program)
    assert ours == wanted
