"""One step of a recurrent layer: values, graphs, gradients, refusals; and the splits that are no views."""

import pytest

from .twin import agree

_SETUP = """
def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
def walk(node, depth=0):
    if node is not None and depth < 8:
        print(' ' * depth + node.name())
        for following, _ in node.next_functions:
            walk(following, depth + 1)
x = torch.rand(2, 3, requires_grad=True)
"""

CELLS = [
    "nn.RNNCell(3, 4)",
    "nn.RNNCell(3, 4, nonlinearity='relu')",
    "nn.GRUCell(3, 4)",
    "nn.GRUCell(3, 4, bias=False)",
    "nn.LSTMCell(3, 4)",
    "nn.LSTMCell(3, 4, False)",
    "nn.LSTMCell(3, 0)",
]


@pytest.mark.parametrize("cell", CELLS)
def test_cells(cell):
    ours, wanted = agree(f"""{_SETUP}
m = {cell}
print(m, isinstance(m, nn.RNNCellBase), [(n, tuple(p.shape)) for n, p in m.named_parameters()], list(m.state_dict()))
several = isinstance(m, nn.LSTMCell)
y = m(x) if several else (m(x),)
for t in y:
    print(t)
    walk(t.grad_fn)
print(torch.autograd.grad(sum(t.sum() for t in y), [x, *m.parameters()]))
states = tuple(t.detach() * .5 for t in y)
def state(change):
    return tuple(map(change, states)) if several else change(states[0])
print(m(x, state(lambda t: t)), m(x[0]), m(x[0], state(lambda t: t[0])))
show(lambda: m(x[None]))
show(lambda: m(torch.rand(2, 5)))
show(lambda: m(torch.rand(5)))
show(lambda: m(x.double()))
show(lambda: m(x, state(lambda t: t[:, :2])))
show(lambda: m(x, state(lambda t: t[:1])))
show(lambda: m(x, state(lambda t: t[None])))
""")
    assert ours == wanted


def test_what_cells_refuse():
    ours, wanted = agree(f"""{_SETUP}
show(lambda: nn.RNNCell(3, 4, nonlinearity='x')(x))
show(lambda: nn.LSTMCell(3, 4)(x, (torch.zeros(2, 4),)))
show(lambda: nn.LSTMCell(3, 4)(x, torch.zeros(2, 2, 4)))
print(nn.LSTMCell(3, 4, device='meta').weight_ih.device)
""")
    assert ours == wanted


SPLITS = {
    "pieces share memory but nothing else": """
x = torch.arange(6.).reshape(3, 2).requires_grad_()
a, b = torch.unsafe_split(x, 2)
print(a.grad_fn, a._is_view(), sorted(n for n in dir(a.grad_fn) if n.startswith('_saved')), b.grad_fn is a.grad_fn)
a.mul_(2)
print(a, x, x._version, torch.autograd.grad(a.sum() + b.sum(), x))
""",
    "by sizes and chunks": """
x = torch.arange(6.).reshape(3, 2).requires_grad_()
print(torch.unsafe_split_with_sizes(x, [1, 2]), torch.unsafe_chunk(x, 2, 1), torch.unsafe_chunk(torch.zeros(0), 3))
show(lambda: x.unsafe_chunk(0))
show(lambda: x.unsafe_split(0))
""",
    "dtypes of a product and what is added": """
d = torch.double
show(lambda: F.linear(x, torch.ones(4, 3, dtype=d)))
show(lambda: F.linear(x, torch.ones(4, 3, dtype=d), torch.ones(4)))
show(lambda: F.linear(x, torch.ones(4, 3), torch.ones(4, dtype=d)))
show(lambda: torch.addmm(torch.ones(4), x.to(d), torch.ones(3, 4)))
""",
}


@pytest.mark.parametrize("program", SPLITS.values(), ids=SPLITS)
def test_splits_that_are_no_views(program):
    ours, wanted = agree(_SETUP + program)
    assert ours == wanted
