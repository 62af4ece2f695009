"""What the search has found: each rule that it showed missing, in a program on both engines."""

from __future__ import annotations

import pytest

from tests.engine.twin import agree

from .shown import SHOWN

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
    found, wanted = agree(SHOWN + program)
    assert found == wanted


PROGRAMS = {
    "nothing is saved for a view that has no edge": """
def pack(tensor):
    print("pack", tensor.tolist())
    return tensor
x = torch.tensor([1., -2.], requires_grad=True)
w = torch.tensor([[0.5, -1.], [2., 1.5]], requires_grad=True)
with torch.no_grad():
    v = w.T
with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
    y = v * x
    z = x @ v
    u = torch.addcmul(x, v, x)
print(names(y.grad_fn), names(z.grad_fn), names(u.grad_fn))
with torch.inference_mode():
    kept = torch.ones(2)
show("not saved", lambda: kept * v[0])
show("saved", lambda: kept * x)
""",
    "a kept result is called by the node that keeps it once its own is gone": """
v = torch.tensor([1., -2.], requires_grad=True) * 1
w = v.reshape(v.shape)
w.sigmoid_()
v.mul_(3)
show("backward", lambda: w.sum().backward())
v = torch.tensor([1., -2.], requires_grad=True) * 1
w = v[:]
w.exp_()
v.mul_(3)
show("backward", lambda: v.sum().backward())
""",
    "a history that is out of date is found before strides that do not fit": """
v = torch.tensor([3.], requires_grad=True) * 1
with torch.inference_mode():
    w = v[:]
v.mul_(2)
show("as_strided", lambda: w.as_strided((2,), (1,)))
show("as_strided", lambda: v.as_strided((2,), (1,)))
""",
    "a change of geometry leaves hooks and retain_grad with the value before": """
x = torch.tensor([[1., 2.], [3., 4.]], requires_grad=True)
for change in (lambda y: y.transpose_(0, 1), lambda y: y.mul_(2), lambda y: y.unsqueeze_(0), lambda y: y.t_(),
               lambda y: y.as_strided_((2,), (1,))):
    for view in (lambda b: b, lambda b: b[:], lambda b: b.view(2, 2)):
        y = view(x * 1)
        y.retain_grad()
        y.register_hook(lambda grad: print("before", grad.shape))
        change(y)
        print(y.retains_grad)
        y.register_hook(lambda grad: print("after", grad.shape))
        y.sum().backward(retain_graph=True)
        print(y.grad)
        y = view(x * 1)
        change(y)
        y.register_hook(lambda grad: print("first after", grad.shape))
        y.retain_grad()
        y.sum().backward()
        print(y.grad)
        y = view(x * 1)
        y.retain_grad()
        change(y)
        show("written", lambda: y.mul_(2))
""",
    "an accumulator goes by the shape that its leaf had": """
for before, after in ((torch.tensor(3.), torch.tensor([1., -2.])), (torch.ones(2), torch.tensor(5.)),
                      (torch.ones(2), torch.ones(2, 2)), (torch.ones(2, 2), torch.ones(2)),
                      (torch.ones(2, 2), torch.ones(4, 1))):
    leaf = before.requires_grad_()
    kept = leaf * 2
    leaf.data = after
    for result in (lambda: leaf.sum(), lambda: kept.sum(), lambda: (leaf * leaf).sum()):
        show("backward", lambda: result().backward())
        print(leaf.grad)
""",
    "memory read as conjugate or negative stays so in another geometry": """
x = torch.tensor([1 + 2j, 3 - 4j])[None]
v = x.conj().imag
v[:] = 5
v.squeeze_()
print(v, v.is_neg(), x)
v.unsqueeze_(0).t_()
print(v, v.is_neg())
c = x.conj()
for change in (c.squeeze_, lambda: c.as_strided_((2, 1), (1, 1)), c.t_, lambda: c.resize_(1)):
    change()
    print(c, c.is_conj())
""",
    "a pass keeps what it began with": """
v = torch.tensor([[1., 2.], [3., 4.]], requires_grad=True)
w = v.double()
torch.autograd.backward([w, v], [torch.ones_like(w), w])
print(v.grad, v.grad._version)
for seed in (torch.ones(2, 2), torch.ones(2, 2, dtype=torch.float64), torch.ones(1).expand(2, 2)):
    v.grad = None
    v.backward(seed)
    print(v.grad, v.grad._version, v.grad.data_ptr() == seed.data_ptr())
""",
    "a retained gradient is a contiguous copy": """
v = torch.tensor([[1., 2.], [3., 4.]], requires_grad=True).t()
v.retain_grad()
v.backward(torch.ones_like(v), retain_graph=True)
print(v.grad.stride(), v.grad._version)
v.backward(torch.ones_like(v))
print(v.grad.stride(), v.grad._version)
""",
    "hooks of a lone root run whatever is asked for": """
r = torch.tensor([[1., 2.], [3., 4.]], requires_grad=True) * 2
r.retain_grad()
r.register_hook(lambda grad: print("hook", grad))
r.grad_fn.register_hook(lambda *grads: print("the node ran"))
x = torch.ones(2, requires_grad=True)
weights = torch.ones(2, 2)
print(torch.autograd.grad(r, x, weights, allow_unused=True, retain_graph=True), r.grad)
r.grad = None
print(torch.autograd.grad([r, r * 2], x, [weights] * 2, allow_unused=True, retain_graph=True), r.grad)
torch.autograd.backward(r, weights, inputs=[x], retain_graph=True)
print(r.grad, x.grad)
x.register_hook(lambda grad: print("leaf", grad))
x.register_post_accumulate_grad_hook(lambda leaf: print("accumulated"))
print(torch.autograd.grad(x, r, torch.ones(2), allow_unused=True))
""",
    "values are packed and unpacked in the order of their names": """
log = []
def pack(tensor):
    log.append(("pack", tensor.tolist()))
    return tensor
def unpack(tensor):
    log.append(("unpack", tensor.tolist()))
    return tensor
w, u, z = (torch.tensor([[a, 2.], [b, 4.]], requires_grad=True) for a, b in ((1., 3.), (5., 7.), (9., 6.)))
i = torch.tensor([[0, 1], [1, 0]])
for compute in (
    lambda: w * u, lambda: w @ u, lambda: w.pow(u), lambda: w.gather(0, i), lambda: torch.addcmul(z, w, u),
    lambda: torch.addmm(z, w, u), lambda: torch.lerp(z, w, u), lambda: torch.hypot(w, u), lambda: torch.clamp(w, u, z),
    lambda: torch.nn.functional.layer_norm(w, (2,), u[0], z[0]), lambda: torch.addr(z, w[0], u[0]), lambda: w.prod(),
):
    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        y = compute()
    y.sum().backward()
    print([(event, [round(v, 3) for v in torch.tensor(value).flatten().tolist()]) for event, value in log])
    log.clear()
""",
    "the written part of a gradient is contiguous": """
a = torch.tensor([[0.5, -1.], [2, 1.5]], requires_grad=True)
for weigh in (lambda s: s * 0, lambda s: s.pow(2), lambda s: s.t()):
    b = torch.tensor([[0.5, -1.], [2, 1.5]], requires_grad=True) * 1
    b.t().mul_(a)
    weigh(b).sum().backward()
    print(a.grad.stride(), a.grad._version, a.grad)
    a.grad = None
""",
    "the gradient of the product of one number is handed on": """
v = torch.tensor(3., requires_grad=True)
for call in (lambda: v.prod(), lambda: v.prod(0), lambda: v.prod() * 2):
    v.grad = None
    call().backward(torch.ones(()))
    print(v.grad, v.grad._version)
""",
    "leaves are refused before dtypes and dimensions": """
x = torch.ones(2, 2, requires_grad=True)
show("index_put", lambda: x.__setitem__([0], torch.tensor([1, 2])))
show("index_put", lambda: (x * 1).__setitem__([0], torch.tensor([1, 2])))
show("t_", lambda: x.expand(2, 2, 2).t_())
show("index_add", lambda: torch.tensor(1.).index_add_(0, torch.tensor([0, 1]), torch.tensor(2.)))
""",
    "where says which sizes differ": """
a, b, c = torch.ones(4), torch.ones(2, 2), torch.ones(3)
for parts in ((a > 0, a, b), (b > 0, a, a), (a > 0, b, 1), (c > 0, a, 2.0), (c > 0, c, b)):
    show("where", lambda: torch.where(*parts))
""",
    "what was freed is missed even where no gradient arrives": """
class Neither(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        ctx.set_materialize_grads(False)
        return x * 2, y * 3
    @staticmethod
    def backward(ctx, a, b):
        return None, None
x = torch.ones(2, requires_grad=True)
y = x * x
show("first", lambda: Neither.apply(y, x)[0].sum().backward())
show("again", lambda: Neither.apply(y, x)[0].sum().backward())
y = x * 1
y[0].mul_(3)
show("first", lambda: Neither.apply(y, x)[0].sum().backward())
show("again", lambda: Neither.apply(y, x)[0].sum().backward())
print(x.grad)
""",
    "the gradient of as_strided is read from fresh memory": """
for shape, stride, offset in (((2,), (1,), 0), ((2, 2), (1, 2), 0), ((1, 2), (7, 2), 1), ((), (), 3),
                              ((2, 2), (0, 1), 1), ((3, 2), (1, 1), 0), ((0, 2), (1, 1), 0)):
    for base in (torch.ones(2, 2), torch.ones(2, 2).t()):
        x = base.requires_grad_()
        y = x.as_strided(shape, stride, offset)
        weights = torch.arange(1., y.numel() + 1).view(y.shape).requires_grad_()
        g, = torch.autograd.grad(y, x, weights, retain_graph=True)
        print(g._is_view(), g.stride(), g.storage_offset(), g._version, g)
        g, = torch.autograd.grad(y, x, weights, create_graph=True)
        print(torch.autograd.grad(g, weights, torch.ones(2, 2) if y.numel() else g.detach(), allow_unused=True))
        if stride and 0 not in stride and 0 not in shape and len(set(stride)) == len(stride):
            print(names(g.grad_fn))
""",
    "indexed writes refuse what lies in the memory they write to": """
i, I = torch.tensor([0, 1]), torch.tensor([[0, 1], [1, 0]])
for name, write in {
    "index_put": lambda x, y: x.index_put_((i,), y), "index_add": lambda x, y: x.index_add_(0, i, y),
    "index_copy": lambda x, y: x.index_copy_(0, i, y), "scatter": lambda x, y: x.scatter_(0, I, y),
    "scatter_add": lambda x, y: x.scatter_add_(0, I, y), "put": lambda x, y: x.put_(I, y),
    "scatter_reduce": lambda x, y: x.scatter_reduce_(0, I, y, "sum"), "setitem": lambda x, y: x.__setitem__([0, 1], y),
    "masked_scatter": lambda x, y: x.masked_scatter_(x > 0, y),
    "masked_fill": lambda x, y: x.masked_fill_(x > 0, y[0, 0]),
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
x = torch.ones(2, 2)
show("a part of it", lambda: x.add_(x[:1]))
show("the same once more", lambda: torch.ones(2).expand(2, 2).__setitem__(slice(None), torch.ones(2).expand(2, 2)))
y = torch.ones(2).expand(2, 2)
show("onto itself", lambda: y.copy_(y.view(2, 2)))
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
    found, wanted = agree(SHOWN + PROGRAMS[rule])
    assert found == wanted
