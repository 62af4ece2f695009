"""What the search has found: each rule that it showed missing, in a program on both engines."""

from __future__ import annotations

import pytest

from tests.engine.twin import agree

_SHOWN = """
def names(node):
    return None if node is None else (type(node).__name__, [names(n) for n, _ in node.next_functions])

def show(label, call):
    try:
        result = call()
    except Exception as error:
        print(label, type(error).__name__, error)
        return
    if isinstance(result, torch.Tensor):
        result = (result.tolist(), result.requires_grad, names(result.grad_fn), result._is_view())
    print(label, result)
"""

_KEYS = (
    "x[:]", "x[...]", "x[0]", "x[1:]", "x[0:]", "x[:5]", "x[:,:]", "x[:,0]", "x[None]", "x[True]", "x[False]", "x[()]",
    "x[::1]", "x[-2:]", "x[0, ...]", "x[True, 0]", "x[[0]]", "x[x > 0]",
)  # fmt: skip
_VALUES = ("v", "v[0]", "v[None]", "v[None, None, None]", "2.0", "x", "x[0]", "v[:1]")


@pytest.mark.parametrize("base", ["leaf * 1", "torch.ones(2, 2)", "leaf", "torch.tensor(2.)"])
@pytest.mark.parametrize("key", _KEYS)
def test_what_an_indexed_write_records(key, base):
    """A slice of everything writes to the tensor itself; a value of another shape goes through a view."""
    program = f"""
def put(value):
    x = {base}
    x_, v_ = x, v
    exec("{key} = " + value, {{"x": x_, "v": v_}})
    return x.tolist(), names(x.grad_fn), x._version
leaf = torch.ones(2, 2, requires_grad=True)
v = torch.tensor([1., 2.], requires_grad=True)
for value in {_VALUES}:
    show(value, lambda: put(value))
"""
    found, wanted = agree(_SHOWN + program)
    assert found == wanted


PROGRAMS = {
    "indexed writes refuse what lies in the memory they write to": """
i, I = torch.tensor([0, 1]), torch.tensor([[0, 1], [1, 0]])
for name, write in {
    "index_put": lambda x, y: x.index_put_((i,), y), "index_add": lambda x, y: x.index_add_(0, i, y),
    "index_copy": lambda x, y: x.index_copy_(0, i, y), "scatter": lambda x, y: x.scatter_(0, I, y),
    "scatter_add": lambda x, y: x.scatter_add_(0, I, y), "put": lambda x, y: x.put_(I, y),
    "scatter_reduce": lambda x, y: x.scatter_reduce_(0, I, y, "sum"), "setitem": lambda x, y: x.__setitem__([0, 1], y),
    "masked_scatter": lambda x, y: x.masked_scatter_(x > 0, y), "masked_fill": lambda x, y: x.masked_fill_(x > 0, y[0, 0]),
    "index_fill": lambda x, y: x.index_fill_(0, i, y[0, 0]), "fill": lambda x, y: x.fill_(y[0, 0]),
    "copy": lambda x, y: x.copy_(y), "mul": lambda x, y: x.mul_(y),
}.items():
    x = torch.tensor([[1., 2.], [3., 4.]])
    show(name, lambda: write(x, x))
    show(name, lambda: write(x, x.view(2, 2)))
    show(name, lambda: write(x, x.t()))
    show(name, lambda: write(torch.tensor([1., 2.]).expand(2, 2), x))
x = torch.tensor([[1., 2.], [3., 4.]])[None]
show("same strides", lambda: x.transpose(0, -1).sub_(x))
x = torch.tensor(2.)
show("one number", lambda: x.unsqueeze(0).copy_(x.expand(1)))
show("one number", lambda: x.unsqueeze(0).copy_(x.view(1)))
""",
    "out= that is an operand keeps its shape": """
b = torch.ones(2, 2)
for name, write in {
    "add": lambda a: torch.add(a, b, out=a), "mul": lambda a: torch.mul(b, a, out=a),
    "maximum": lambda a: torch.maximum(a, b, out=a), "lerp": lambda a: torch.lerp(a, b, 0.5, out=a),
}.items():
    show(name, lambda: write(torch.ones(1)))
""",
    "a seed of the wrong shape is looked for by comparing": """
a, b, c = (torch.ones(shape, requires_grad=True) for shape in ((2, 2), (2,), (1,)))
for roots, given in (
    ([a, b], [torch.ones(2, 2), torch.ones(2, 2)]), ([a, b], [torch.ones(2, 2), a]), ([a, c], [torch.ones(2), a]),
    ([c, b], [torch.ones(1), torch.ones(3)]), ([c, b], [torch.ones(1), torch.ones(1)]), ([c, b], [None, torch.ones(1)]),
    ([a, b], [torch.ones(2, 2), torch.ones(2, dtype=torch.complex64)]),
):
    show("backward", lambda: torch.autograd.backward(roots, given))
""",
    "inference tensors: data, detach_, gradients that arrive in inference mode": """
with torch.inference_mode():
    v = torch.ones(2)
d = v.data
print(d.is_inference(), d._version, d.mul_(2), d._version, v)
with torch.inference_mode():
    print(v.data.is_inference(), torch.ones(1).data.is_inference())
    w = torch.ones(2, 2, requires_grad=True)
print(w.detach_().requires_grad)
x = torch.ones(2, 2, requires_grad=True)
y = (x * 2).sum()
with torch.inference_mode():
    torch.autograd.backward([x], [torch.ones(2, 2)])
    print(x.grad.is_inference())
    y.backward()
print(x.grad.is_inference(), x.grad)
""",
    "the node that unpack_dual puts between": """
forward_ad = torch.autograd.forward_ad
with forward_ad.dual_level():
    primal = forward_ad.unpack_dual(torch.ones(2, requires_grad=True) * 2).primal
print(type(primal.grad_fn).__name__, primal.grad_fn.name(), primal.grad_fn)
""",
    "triangles of what is no matrix": """
for x in (torch.ones(2), torch.tensor(1.), torch.ones(3, 2)):
    for call in (x.triu, x.tril, x.triu_, x.tril_):
        show(call.__name__, call)
""",
    "a gradient summed to a number is no view": """
v = torch.tensor(3., requires_grad=True)
for result in (v.expand(2, 2), v * torch.ones(2, 2), v.repeat(2)):
    for create_graph in (False, True):
        g, = torch.autograd.grad(result.sum(), v, create_graph=create_graph)
        print(g._is_view(), g._version, names(g.grad_fn))
show("sum_to_size", lambda: torch.ones(2, 2, requires_grad=True).sum_to_size(()))
show("sum_to_size", lambda: torch.ones(2, 2, requires_grad=True).sum_to_size((1,)))
""",
}


@pytest.mark.parametrize("rule", PROGRAMS)
def test_rules_that_were_missing(rule):
    found, wanted = agree(_SHOWN + PROGRAMS[rule])
    assert found == wanted
