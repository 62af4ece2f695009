"""Writes after which nothing depends on what was there, and operations that forward mode refuses."""

import pytest

from .twin import agree

_SETUP = """
x = torch.tensor([1.5, 2.], requires_grad=True)
fw = torch.autograd.forward_ad
def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
def write(f):
    y = f()
    print(y, y.grad_fn, torch.autograd.grad(y.sum(), x, allow_unused=True))
"""

_PAIRS = [
    "eq_",
    "ne_",
    "lt_",
    "le_",
    "gt_",
    "ge_",
    "less_",
    "greater_equal_",
    "not_equal_",
    "logical_and_",
    "logical_or_",
    "logical_xor_",
    "floor_divide_",
    "heaviside_",
    "nextafter_",
    "fmod_",
    "remainder_",
    "bitwise_and_",
    "bitwise_or_",
    "bitwise_xor_",
    "copysign_",
]
_LONE = ["zero_", "sign_", "floor_", "ceil_", "round_", "trunc_", "logical_not_", "acosh_", "asinh_", "atanh_"]
_DRAWN = ["bernoulli_", "exponential_", "normal_", "uniform_", "random_"]
_NUMBERLESS = ("heaviside_", "nextafter_", "logical_and_", "logical_or_", "logical_xor_")

PROGRAMS = {
    **{f"{name} of a tensor": f"show(lambda: write(lambda: (x * 1).{name}(torch.ones(2))))" for name in _PAIRS},
    **{f"{name} of a number": f"show(lambda: write(lambda: (x * 1).{name}(2.)))" for name in _PAIRS
       if name not in _NUMBERLESS},
    **{f"{name} by a recorded tensor": f"o = x * 1\nshow(lambda: write(lambda: torch.ones(2).{name}(o)))"
       for name in _PAIRS},
    **{name: f"show(lambda: write(lambda: (x * 1).{name}()))" for name in _LONE},
    **{f"history of {name}": f"y = (x * 1).{name}()\nprint(y.grad_fn, torch.autograd.grad(y.sum(), x))"
       for name in _DRAWN},
    "history of random_ with bounds": "print((x * 1).random_(3).grad_fn, (x * 1).random_(1, 3).grad_fn)",
    **{f"tangent after {name}": f"""
with fw.dual_level():
    y = fw.make_dual(torch.ones(2), torch.ones(2))
    y.{name}()
    print(fw.unpack_dual(y).tangent)
""" for name in _DRAWN},
    **{f"forward mode: {call}": f"""
with fw.dual_level():
    x, o = fw.make_dual(torch.tensor([.5, .25]), torch.ones(2)), torch.ones(2)
    show(lambda: {call})
""" for call in (
        "x.floor_divide(2.)", "x // 2", "torch.floor_divide(o, x)", "x.clone().floor_divide_(2.)", "x == 1",
        "torch.heaviside(x, o)", "x.clone().heaviside_(o)", "x.clone().eq_(.5)", "x.clone().lt_(o)",
        "x.clone().logical_and_(o)", "x.clone().logical_not_()", "torch.nextafter(x, o)",
        "x.acosh()", "x.clone().acosh_()", "x.clone().asinh_()", "x.clone().atanh_()", "torch.fmod(x, 2)",
        "F.rrelu(x, training=True)", "F.rrelu(x)", "F.rrelu(x.clone(), inplace=True)",
        "F.celu(x.clone(), inplace=True)",
        "F.threshold(x.clone(), .3, 1., inplace=True)", "F.leaky_relu(x.clone(), inplace=True)",
        "F.elu(x.clone(), inplace=True)", "F.selu(x.clone(), inplace=True)", "F.hardtanh(x.clone(), inplace=True)",
        "F.silu(x.clone(), inplace=True)", "F.mish(x.clone(), inplace=True)", "F.relu6(x.clone(), inplace=True)",
        "F.hardswish(x.clone(), inplace=True)", "F.hardsigmoid(x.clone(), inplace=True)",
    )},
}  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_replacing_writes(program):
    ours, wanted = agree(_SETUP + program)
    assert ours == wanted
