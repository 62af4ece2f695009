"""The switches of a Function class that choose how its backward is called: bools, asked for before forward runs."""

import pytest

from .twin import agree

_CLASS = """
x = torch.tensor([3.], requires_grad=True)
class Chosen(torch.autograd.Function):
    {switch} = {value}
    @staticmethod
    def forward(ctx, t):
        print('forward')
        return t * 2
    @staticmethod
    def backward(ctx, {grads}):
        return g * 2 if isinstance(g, torch.Tensor) else g[0] * 2
"""


@pytest.mark.parametrize("call", ["Chosen.apply(x).backward()", "Chosen.apply(x.detach())", "Chosen.apply()"])
@pytest.mark.parametrize("value", ["1", "0", "None", "'yes'", "torch.tensor(True)", "True", "False"])
@pytest.mark.parametrize("switch", ["clear_saved_tensors_on_access", "boxed_grads_call"])
def test_a_switch_is_a_bool(switch, value, call):
    engine, wanted = agree(_CLASS.format(switch=switch, value=value, grads="g") + call + "\nprint(x.grad)")
    assert engine == wanted


def test_the_first_of_two_wrong_switches_is_named():
    engine, wanted = agree(
        _CLASS.format(switch="clear_saved_tensors_on_access = boxed_grads_call", value="5", grads="g")
        + "Chosen.apply(x)"
    )
    assert engine == wanted
