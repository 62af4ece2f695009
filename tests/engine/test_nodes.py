"""Nodes as programs see them: the abstract class, hooks shared between nodes, what a running pass tells."""

import pytest

from .twin import agree

_SETUP = """
C, G = torch._C, torch.autograd.graph
x = torch.ones(1, requires_grad=True)
y = x * 2
class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2
    @staticmethod
    def backward(ctx, grad):
        return grad * 2
d = Double.apply(x)
def show(f, *args):
    try:
        print(f(*args))
    except Exception as e:
        print(type(e).__name__, e)
"""

PROGRAMS = {
    "the abstract class cannot be made": "show(G.Node)",
    "nor can a subclass that defines nothing": "show(type('Mine', (G.Node,), {}))",
    "every node is one": """
print([isinstance(n, G.Node) for n in (y.grad_fn, d.grad_fn, y.grad_fn.next_functions[0][0], 3, y)])
print(issubclass(type(y.grad_fn), G.Node), issubclass(int, G.Node), G.Node, type(y.grad_fn.next_functions[0][0]))
""",
    "the hooks of another tensor run on a node": """
z = torch.ones(1, requires_grad=True)
z.register_hook(lambda g: print('z', g))
print(y.grad_fn._register_hook_dict(z))
y.backward()
""",
    "hooks run once for each node they are on": """
y.register_hook(lambda g: print('y', g))
w = y * 3
w.grad_fn._register_hook_dict(y)
w.backward()
""",
    "a hook added later to a shared dict runs too": """
y.register_hook(lambda g: print('first', g))
w = y * 3
w.grad_fn._register_hook_dict(y)
y.register_hook(lambda g: print('second', g))
w.backward()
""",
    "hooks of a tensor on a custom node": """
y.register_hook(lambda g: print('y', g))
d.grad_fn._register_hook_dict(y)
d.backward()
""",
    "only tensors have hooks": "show(y.grad_fn._register_hook_dict, 5); show(d.grad_fn._register_hook_dict, 5)",
    "outside of a pass nothing will be executed": """
for argument in (5, None, x, y.grad_fn):
    show(C._will_engine_execute_node, argument)
print(C._current_graph_task_id(), C._current_autograd_node())
""",
    "a pass knows which nodes it will run": """
u = x * 5
z = y * 3 + u
will = C._will_engine_execute_node
z.register_hook(lambda g: print(will(y.grad_fn), will(u.grad_fn), C._current_graph_task_id() >= 0))
z.register_hook(lambda g: print(C._current_autograd_node()))
torch.autograd.grad(z, y, retain_graph=True)
z.backward(retain_graph=True)
leaf = y.grad_fn.next_functions[0][0]
z.register_hook(lambda g: print(will(leaf)))
z.backward(retain_graph=True)
torch.autograd.grad(z, y, retain_graph=True)
show(torch.autograd.grad, z, x)
""",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_nodes(program):
    ours, wanted = agree(_SETUP + program)
    assert ours == wanted
