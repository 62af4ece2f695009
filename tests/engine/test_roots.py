"""What backward() and grad() take as roots, seeds and inputs, and what they refuse."""

import pytest

from .twin import agree

_SETUP = """
from collections import OrderedDict, UserDict
from types import MappingProxyType
edge = torch.autograd.graph.get_gradient_edge
ag = torch.autograd
x = torch.tensor([1., 2.], requires_grad=True)
w = torch.tensor(3., requires_grad=True)
c = torch.tensor(1. + 2j, requires_grad=True)
y, z = x * w, (x * x).sum() * w
plain = torch.ones(2)
one = torch.tensor(1.)
def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
"""

CALLS = [
    "ag.backward(z)",
    "ag.backward([z, y], [None, plain])",
    "ag.backward((z, y), (one,))",
    "ag.backward(z, one, inputs=x)",
    "ag.backward(z, inputs=[x, w])",
    "ag.backward(z, inputs={'a': x})",
    "ag.backward(z, inputs=OrderedDict(a=x))",
    "ag.backward(z, inputs=UserDict(a=x))",
    "ag.backward(z, inputs=MappingProxyType({'a': x}))",
    "ag.backward(z, inputs=[])",
    "ag.backward(z, inputs={})",
    "ag.backward(y)",
    "ag.backward(y, plain)",
    "ag.backward(y, plain, grad_variables=plain)",
    "ag.backward(y, grad_variables=plain)",
    "ag.backward(y, torch.ones(3))",
    "ag.backward(y, [torch.ones(2, 1)])",
    "ag.backward(y, 1.0)",
    "ag.backward(y, [1.0])",
    "ag.backward(z, 'a')",
    "ag.backward(plain)",
    "ag.backward(plain, plain)",
    "ag.backward(plain.sum())",
    "ag.backward([plain, z])",
    "ag.backward([])",
    "ag.backward(c)",
    "ag.backward(c * 1, one)",
    "ag.backward(z, torch.tensor(1j))",
    "ag.backward(edge(z))",
    "ag.backward(edge(y))",
    "ag.backward(edge(y), plain)",
    "ag.backward(edge(y), torch.ones(3))",
    "ag.backward(edge(c * 1))",
    "ag.backward([z, edge(y)], [None, plain], inputs=edge(x))",
    "ag.backward(z, None, True)",
    "ag.backward(z, retain_graph=None, create_graph=True)",
    "ag.backward(y, torch.tensor([1, 2]))",
    "ag.backward(x.view(2, 1)[:1] * 1)",
    "ag.grad(z, x)",
    "ag.grad(z, [x, w])",
    "ag.grad(z, {'a': x, 'b': w})",
    "ag.grad(z, OrderedDict(a=x))",
    "ag.grad(z, UserDict(a=x))",
    "ag.grad([z, y], (x,), [None, plain])",
    "ag.grad(y, x)",
    "ag.grad(y, x, plain)",
    "ag.grad(y, x, [None])",
    "ag.grad(y, x, (plain, plain))",
    "ag.grad(y, x, torch.ones(1))",
    "ag.grad(y, x, 3)",
    "ag.grad(z, [])",
    "ag.grad(z, {})",
    "ag.grad(z, plain)",
    "ag.grad(z, [x, c])",
    "ag.grad(z, [x, c], allow_unused=True)",
    "ag.grad(z, [x, c], materialize_grads=True)",
    "ag.grad(z, {'a': x, 'b': c}, materialize_grads=True)",
    "ag.grad(z, [x, edge(c)], materialize_grads=True)",
    "ag.grad(z, x, materialize_grads=True, allow_unused=False)",
    "ag.grad(z, x, only_inputs=False)",
    "ag.grad(z, x, create_graph=True)",
    "ag.grad(edge(z), edge(x))",
    "ag.grad(edge(y), x)",
    "ag.grad(plain, x)",
    "y.backward()",
    "y.backward(gradient=plain)",
    "y.backward(one)",
    "z.backward(inputs=w)",
]


@pytest.mark.parametrize("call", CALLS)
def test_roots_seeds_and_inputs(call):
    engine, wanted = agree(f"{_SETUP}\nshow(lambda: {call})\nshow(lambda: {call})\nprint(x.grad, w.grad, c.grad)")
    assert engine == wanted
