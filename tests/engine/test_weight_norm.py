"""Weight normalisation by a hook, and the functions below it."""

import pytest

from .twin import agree

_SETUP = """
import copy
def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
v = torch.arange(1., 7.).reshape(3, 2).requires_grad_()
g, h = torch.tensor([[1.], [2.], [3.]], requires_grad=True), torch.tensor([[1., 2.]], requires_grad=True)
w = torch.arange(24.).reshape(2, 3, 4).requires_grad_()
layer = nn.Linear(2, 3)
with torch.no_grad():
    layer.weight.copy_(v)
    layer.bias.zero_()
weight_norm, remove = torch.nn.utils.weight_norm, torch.nn.utils.remove_weight_norm
"""
EXPRESSIONS = [
    "torch._weight_norm(v, g, 0)",
    "torch._weight_norm(v, h, 1)",
    "torch._weight_norm(v, h, -1)",
    "torch._weight_norm(w, torch.ones(1, 3, 1), 1)",
    "torch._weight_norm_interface(v, g, 0)",
    "torch.autograd.grad(torch._weight_norm(v, g, 0).exp().sum(), (v, g), create_graph=True)",
    *(f"torch._weight_norm(v, g, 0).grad_fn._saved_{name}" for name in ("v", "g", "result1", "dim")),
    *(f"torch.norm_except_dim(w, {order}, {dim}).detach()" for order, dim in ((2, 0), (2, 1), (1, 2), (2, -1))),
    "weight_norm(layer)",
    "weight_norm(layer).weight",
    "weight_norm(weight_norm(layer))",
    "weight_norm(layer, dim=None).weight_g",
    "weight_norm(layer, 'nope')",
    "weight_norm(layer, 'bias').bias_v",
    "copy.deepcopy(weight_norm(layer))",
    "remove(layer)",
    "remove(weight_norm(layer)).weight",
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_same(expression):
    engine, wanted = agree(f"{_SETUP}show(lambda: {expression})\nprint([n for n, p in layer.named_parameters()])")
    assert engine == wanted


def test_a_layer_learns_lengths_and_directions():
    engine, wanted = agree(
        f"{_SETUP}weight_norm(layer)\no = optim.SGD(layer.parameters(), lr=0.5)\nfor _ in range(2):\n"
        "    o.zero_grad()\n    y = layer(torch.ones(1, 2))\n    y.sum().backward()\n"
        "    print(y, layer.weight, layer.weight_g.grad, layer.weight_v.grad)\n    o.step()\n"
        "print(layer.weight_g, layer.weight_v)"
    )
    assert engine == wanted
