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
    "ag.backward(5)",
    "ag.backward([5])",
    "ag.backward(None)",
    "ag.grad(['text'], x)",
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


EDGES = [
    *(f"torch.autograd.grad(y, torch.autograd.graph.GradientEdge({edge}))" for edge in ("5, 0", "None, 0", "n, 'a'")),
    *(f"torch.autograd.grad(torch.autograd.graph.GradientEdge({edge}), x)" for edge in ("5, 0", "n, 1", "n, 'a'")),
    "torch.autograd.backward(y, inputs=torch.autograd.graph.GradientEdge(3., 0))",
]
_LEAF_AND_SHOW = """
x = torch.ones((), requires_grad=True)
y = x * 2
n = y.grad_fn
def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
"""


@pytest.mark.parametrize("expression", EDGES)
def test_edges_made_by_hand(expression):
    engine, wanted = agree(f"{_LEAF_AND_SHOW}show(lambda: {expression})")
    assert engine == wanted


BATCHED = [
    "y, x, torch.eye(2)",
    "y, x, torch.ones(3, 4)",
    "y, x, torch.ones(2)",
    "y, x, torch.ones(())",
    "y, x, torch.ones(0, 2)",
    "y, x, [1]",
    "y.sum(), x",
    "y.sum(), x, torch.arange(3.)",
    "(y, y.sum()), x, (torch.ones(3, 2), torch.arange(3.))",
    "(y, y.sum()), x, (torch.ones(3, 2), torch.ones(2))",
    "y, (x, w), torch.ones(3, 2)",
    "y, (x, w), torch.ones(3, 2), allow_unused=True",
    "y, (x, w), torch.ones(3, 2), materialize_grads=True",
    "y, {'a': x}, torch.ones(3, 2)",
    "y, x, torch.ones(3, 2, dtype=torch.complex64)",
    "y, x, torch.ones(3, 2, dtype=torch.float64)",
    "torch.autograd.graph.get_gradient_edge(y), x, torch.ones(3, 4)",
    "torch.autograd.graph.get_gradient_edge(y), x, torch.ones(3, 2)",
]


@pytest.mark.parametrize("arguments", BATCHED)
def test_several_gradients_at_once(arguments):
    engine, wanted = agree(
        f"{_LEAF_AND_SHOW}x, w = torch.ones(2, requires_grad=True), torch.ones(1, requires_grad=True)\ny = x * x\n"
        f"for _ in range(2):\n    show(lambda: torch.autograd.grad({arguments}, is_grads_batched=True))"
    )
    assert engine == wanted


def test_a_leaf_that_was_written_with_history_after_its_use():
    engine, wanted = agree(
        f"{_LEAF_AND_SHOW}w = torch.ones((), requires_grad=True)\nz = y + w\nx.requires_grad_(False)\nx.mul_(w)\n"
        "show(lambda: torch.autograd.grad(z, w, retain_graph=True))\nshow(z.backward)\nprint(x.is_leaf, w.grad)"
    )
    assert engine == wanted


@pytest.mark.parametrize("enabled", [True, False])
def test_the_order_in_which_a_pass_runs_its_nodes(enabled):
    engine, wanted = agree(
        f"{_LEAF_AND_SHOW}order = torch._C._current_graph_task_execution_order\nshow(order)\nz = y.exp() + x * y\n"
        "z.register_hook(lambda g: show(lambda: [n.name() for n in order()]))\n"
        f"with torch.autograd.set_multithreading_enabled({enabled}):\n    z.backward(retain_graph=True)\n"
        "    torch.autograd.grad(z, y)"
    )
    assert engine == wanted


@pytest.mark.parametrize("leaf", ["float32", "complex64"])
@pytest.mark.parametrize("made", ["float32", "float64", "complex64", "complex128", "int64", "bool"])
def test_gradients_of_another_type(leaf, made):
    engine, wanted = agree(
        f"{_LEAF_AND_SHOW}\nclass Cast(torch.autograd.Function):\n    @staticmethod\n"
        "    def forward(ctx, x):\n        return x * 2\n"
        f"    @staticmethod\n    def backward(ctx, g):\n        return (g * 1.5).to(torch.{made})\n"
        f"x = torch.ones(2, dtype=torch.{leaf}, requires_grad=True)\n"
        f"show(lambda: Cast.apply(x).backward(torch.ones(2, dtype=torch.{leaf})))\nprint(x.grad)"
    )
    assert engine == wanted


@pytest.mark.parametrize("old", ["float32", "float64", "float16", "bfloat16", "complex64"])
@pytest.mark.parametrize("new", ["float32", "float64", "int64", "complex128", "bool"])
def test_another_grad_dtype_for_a_leaf_with_a_gradient(old, new):
    program = f"w = torch.ones(1, dtype=torch.{old}, requires_grad=True); w.grad = torch.ones(1, dtype=torch.{old})\n"
    engine, wanted = agree(f"{program}w.grad_dtype = torch.{new}\nprint(w.grad_dtype)")
    assert engine == wanted


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("given", ["g", "g * 1"])
@pytest.mark.parametrize("kept", ["None", "torch.float64"])
def test_a_gradient_is_taken_over_where_its_layout_fits(size, given, kept):
    program = f"""
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, t):
        return t.double()
    @staticmethod
    def backward(ctx, g):
        return {given}
w = torch.ones({size}, requires_grad=True)
w.grad_dtype = {kept}
F.apply(w).sum().backward()
print(w.grad, w.grad._version, w.grad.stride())
"""
    engine, wanted = agree(program)
    assert engine == wanted


@pytest.mark.parametrize("what", ["5", "None", "'text'", "[plain, 5]", "[]", "{plain: 1}", "iter([plain])"])
def test_writes_counted_by_hand_on_what_is_no_tensor(what):
    engine, wanted = agree(f"{_SETUP}show(lambda: ag.graph.increment_version({what}))\nprint(plain._version)")
    assert engine == wanted


RAW_CALLS = [
    "run((y,), (plain,), False, False, (), **into)",
    "run((y,), (plain,), False, False, (x,), allow_unreachable=True, accumulate_grad=False)",
    "run((y,), (torch.ones(3, 2),), False, False, (), **into)",
    "run((y,), (torch.ones(3),), False, False, (), **into)",
    "run((y,), (one,), False, False, (), **into)",
    "run([y], (plain,), False, False, (), **into)",
    "run((y,), [plain], False, False, (), **into)",
    "run((y,), (plain,), False, False, [x], **into)",
    "run((y,), (plain, plain), False, False, (), **into)",
    "run((5,), (plain,), False, False, (), **into)",
    "run((y,), (5,), False, False, (), **into)",
    "run((y,), (None,), False, False, (), **into)",
    "run((z,), (None,), False, False, (), **into)",
    "run((y,), (plain,), False, False, (5,), **into)",
    "run((plain,), (plain,), False, False, (), **into)",
]


@pytest.mark.parametrize("call", RAW_CALLS)
def test_the_entry_below_backward(call):
    engine, wanted = agree(
        f"{_SETUP}\nrun = ag.Variable._execution_engine.run_backward\n"
        f"into = dict(allow_unreachable=True, accumulate_grad=True)\nshow(lambda: {call})\nprint(x.grad, w.grad)"
    )
    assert engine == wanted
