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
    agree(_CLASS.format(switch=switch, value=value, grads="g") + call + "\nprint(x.grad)")


def test_the_first_of_two_wrong_switches_is_named():
    agree(
        _CLASS.format(switch="clear_saved_tensors_on_access = boxed_grads_call", value="5", grads="g")
        + "Chosen.apply(x)"
    )


_ONCE = """
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, t):
        ctx.save_for_backward(t)
        return t ** 2
    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        return g * 2 * ctx.saved_tensors[0]
x = torch.tensor([2.], requires_grad=True)
seed = torch.tensor([1.], requires_grad=True)
first, = torch.autograd.grad(Square.apply(x), x, seed, create_graph=True)
"""


@pytest.mark.parametrize(
    "call",
    [
        "print(torch.autograd.grad(first, (x, seed), allow_unused=True))",
        "torch.autograd.grad(first, seed)",
        "first.backward(inputs=[seed]); print(seed.grad)",
        "first.backward()",
        "(first * seed).backward()",
        "print(torch.autograd.functional.jvp(Square.apply, torch.tensor([2.]), torch.tensor([5.])))",
    ],
)
def test_what_is_differentiable_once_leads_to_no_tensor_of_the_caller(call):
    agree(_ONCE + call)
