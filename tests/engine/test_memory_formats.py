"""Layouts that are asked for: channels last and contiguous, by conversions, copies and factories."""

import pytest

from .twin import agree

CALLS = [
    "x.to(memory_format=torch.{})",
    "x.to(torch.float64, memory_format=torch.{})",
    "x.to('cpu', copy=True, memory_format=torch.{})",
    "x.double(memory_format=torch.{})",
    "x.cpu(memory_format=torch.{})",
    "x.clone(memory_format=torch.{})",
    "x.contiguous(memory_format=torch.{})",
    "torch.zeros_like(x, memory_format=torch.{})",
    "torch.full_like(x, 2., memory_format=torch.{})",
]
INPUTS = ["torch.ones(2, 3, 4, 5)", "torch.ones(2, 3, 4, 5).permute(0, 3, 1, 2)", "torch.ones(3, 2).t()"]


@pytest.mark.parametrize("name", ["channels_last", "contiguous_format", "preserve_format"])
@pytest.mark.parametrize("made", INPUTS)
@pytest.mark.parametrize("call", CALLS)
def test_layouts(call, made, name):
    program = f"""
x = {made}.requires_grad_()
try:
    y = {call.format(name)}
    print(y.stride(), y is x, y.grad_fn, y.dtype)
except RuntimeError as e:
    print(e)
"""
    engine, wanted = agree(program)
    assert engine == wanted
