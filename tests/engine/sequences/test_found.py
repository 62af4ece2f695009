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
    "what was viewed in inference mode stays so": """
for mode in (torch.no_grad, torch.inference_mode):
    for make in (lambda v: v[0:1], lambda v: v.split(1)[0], lambda v: v.t()):
        for again in (lambda w: w.unbind()[0], lambda w: w.split(1)[0], lambda w: w[:], lambda w: w.unsafe_split(1)[0]):
            v = torch.ones(2, 2, requires_grad=True) * 1
            with mode():
                w = make(v)
            show("made in the mode", lambda: again(w).mul_(2))
            v = torch.ones(2, 2, requires_grad=True) * 1
            w = make(v)
            with mode():
                z = again(w)
            show("made again in the mode", lambda: z.mul_(2))
""",
    "integers that were given a history hand it on to nothing": """
x = torch.tensor(2., requires_grad=True)
v = torch.zeros(2, 2, dtype=torch.int64)
v[0] = x
print(v.requires_grad, names(v.grad_fn))
for call in (lambda: v[0], lambda: v + 1, lambda: v * 2.0, v.sum, lambda: v.view(4), v.clone, v.float, v.detach, v.max,
             lambda: v > 1, lambda: v.max(0), v.t, v.abs, v.unbind, lambda: torch.cat([v, v]), v.contiguous, v.bool,
             lambda: v.to(torch.int32), lambda: v.expand(2, 2, 2), lambda: torch.where(v > 0, v, v), lambda: v[[0]],
             lambda: v @ v, lambda: -v, lambda: v.as_strided((1,), (1,)), v.sin, lambda: v / 2, v.sign,
             lambda: v.split(1),
             lambda: v.masked_fill(v > 0, 1), lambda: v.add_(1), v.neg_, v.zero_, lambda: v.fill_(1), v.sort, v.tril):
    show("integer", lambda: (call(), None)[1])
    print(v, names(v.grad_fn))
""",
    "requires_grad may be set where a history is out of date": """
x = torch.ones(2, 2, requires_grad=True)
with torch.no_grad():
    v = x.select(0, 1)[:1]
    v.mul_(2)
for value in (True, False):
    v.requires_grad = value
    print(v.requires_grad)
show("is_leaf", lambda: v.is_leaf)
""",
    "what a Function writes to loses its gradient": """
class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2)
    @staticmethod
    def backward(ctx, grad):
        return grad * 2
x = torch.ones(2, requires_grad=True)
y = x * 1
y.retain_grad()
y.grad = torch.ones(2)
Doubled.apply(y)
print(y.grad, y.retains_grad)
y.sum().backward()
print(y.grad)
y = x * 1
z = y[:]
y.grad = z.grad = torch.ones(2)
Doubled.apply(z)
print(y.grad, z.grad)
y.grad = torch.ones(2)
with torch.no_grad():
    Doubled.apply(y)
print(y.grad)
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
    "where mutations are listened to, reshape is a plain view": """
v = torch.ones(2, 2, requires_grad=True).t()
print(v.reshape(2, 2).grad_fn)
with torch.autograd.graph.allow_mutation_on_saved_tensors():
    print(v.reshape(2, 2).grad_fn, v.t().reshape(4).grad_fn, v.reshape(4).grad_fn)
""",
    "a copy of what has no tangent makes the tangent zero": """
forward_ad = torch.autograd.forward_ad
given = torch.tensor([1., -2.], requires_grad=True).clone()
with forward_ad.dual_level():
    dual = forward_ad.make_dual(torch.ones(2), given)
    dual[..., 0] = torch.tensor(5.)
    print(given, names(given.grad_fn), forward_ad.unpack_dual(dual).tangent)
    dual.copy_(torch.ones(1))
    print(given, names(given.grad_fn), forward_ad.unpack_dual(dual).tangent)
""",
    "a Function records under enable_grad in inference mode": """
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x
    @staticmethod
    def backward(ctx, grad):
        return grad * 2 * ctx.saved_tensors[0]
class Same(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x
    @staticmethod
    def backward(ctx, grad):
        return grad
class Doubled(Same):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2)
x = torch.ones(2, requires_grad=True)
y = x * 1
with torch.inference_mode():
    for kind in (Square, Same):
        show(kind.__name__, lambda: kind.apply(x))
        with torch.enable_grad():
            show(kind.__name__, lambda: kind.apply(x))
            show(kind.__name__, lambda: kind.apply(y))
            show(kind.__name__, lambda: kind.apply(y * 2))
    with torch.enable_grad():
        show("dirty", lambda: Doubled.apply(y))
        show("dirty", lambda: Doubled.apply(x))
        z = Square.apply(x)
        print(z.is_inference())
        z.backward(torch.ones(2))
print(x.grad)
""",
    "without recording a Function does not look at histories": """
class Same(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x
    @staticmethod
    def backward(ctx, grad):
        return grad
leaf = torch.ones(2, 2, requires_grad=True)
same = Same.apply(leaf)
with torch.no_grad():
    leaf.neg_()
    print(Same.apply(same).requires_grad)
show("recording", lambda: Same.apply(same))
""",
    "a conjugate view of memory without history has none once it was looked for": """
base = torch.ones(2, 2, dtype=torch.complex64)
view = base.mH.requires_grad_()[:, None]
view.detach().mul_(2)
for call in (lambda: view.requires_grad, lambda: view.grad_fn, lambda: view.is_leaf, view.tolist, lambda: view * 2,
             lambda: view.requires_grad):
    show("view", call)
""",
    "where casts without recording it": """
v = torch.tensor([1., -2.], requires_grad=True)
for a, b in ((v, v.double()), (v, v.to(torch.complex64) * 1j), (v, torch.tensor([1, 2])),
             (torch.tensor([1, 2]), v.bfloat16()),
             (v, 2), (2.5, torch.tensor([1, 2])), (1j, v), (v, torch.tensor(3., dtype=torch.float64)), (True, v)):
    show("where", lambda: torch.where(v > 0, a, b))
    y = torch.where(v > 0, a, b)
    if y.requires_grad:
        show("grad", lambda: torch.autograd.grad(y.real.sum() * 2, v)[0])
with torch.autograd.forward_ad.dual_level():
    d = torch.autograd.forward_ad.make_dual(v, torch.ones(2))
    print(torch.autograd.forward_ad.unpack_dual(torch.where(v > 0, d, v.double())).tangent)
""",
    "a retained gradient is a contiguous copy": """
v = torch.tensor([[1., 2.], [3., 4.]], requires_grad=True).t()
v.retain_grad()
v.backward(torch.ones_like(v), retain_graph=True)
print(v.grad.stride(), v.grad._version)
v.backward(torch.ones_like(v))
print(v.grad.stride(), v.grad._version)
""",
    "in inference mode tensors that require grad are resized": """
v = torch.tensor([[1., 2.], [3., 4.]], requires_grad=True) * 1
show("resize_", lambda: v.resize_(1))
with torch.inference_mode():
    show("resize_", lambda: v.resize_(1))
print(v, v._version)
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
    "tangents change their geometry in place": """
forward_ad = torch.autograd.forward_ad
for change in (lambda x: x.t_(), lambda x: x.unsqueeze_(0), lambda x: x.squeeze_(), lambda x: x.swapaxes_(0, 1),
               lambda x: x.as_strided_((2,), (2,))):
    primal, given = torch.ones(2, 2), torch.tensor([[1., 2.], [3., 4.]])
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(primal, given)
        change(dual)
        tangent = forward_ad.unpack_dual(dual).tangent
        print(tangent is given, tangent, given, given._version, primal.shape, tangent._is_view())
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
    "what nothing is recorded of does not look at histories": """
v = torch.ones(2, 2, requires_grad=True)
with torch.inference_mode():
    a = v[...]
    a.add_(1)
for call in (lambda: a.view(torch.float32), lambda: a.view(torch.int32), lambda: a.detach(), lambda: a.t(),
             lambda: a * 2, a.tolist, lambda: a > 0, a.sign, a.argmax, a.int, lambda: a.view(2, 2),
             lambda: a.max(0), a.double):
    show("stale", lambda: (call(), None)[1])
w = torch.ones(2, dtype=torch.complex64, requires_grad=True) * 1
with torch.no_grad():
    c, n = w.conj(), w.conj().imag
w.mul_(2)
for call in (c.tolist, n.tolist, lambda: c.detach().tolist(), lambda: n.detach().tolist()):
    show("conjugate", call)
with torch.no_grad():
    show("conjugate", c.tolist)
""",
    "integers and truth values record no copies": """
v = torch.tensor([1., 2.], requires_grad=True)
for dtype in (torch.int64, torch.bool):
    x = torch.zeros(2, 2, dtype=dtype)
    print(x.copy_(v * 2), x.requires_grad)
    x[0] = v
    print(x, x.split(1)[0].copy_(v), x.requires_grad)
""",
    "the gradient of the product of one number is handed on": """
v = torch.tensor(3., requires_grad=True)
for call in (lambda: v.prod(), lambda: v.prod(0), lambda: v.prod() * 2):
    v.grad = None
    call().backward(torch.ones(()))
    print(v.grad, v.grad._version)
""",
    "views of inference tensors count nothing": """
with torch.inference_mode():
    v = torch.ones(2, 2)
x = v.view(torch.float32)
print(x.is_inference(), x._version, x.add_(1), v, x[0]._version)
y = v.detach()[0]
print(y.is_inference(), y._is_view())
for call in (lambda: y._version, lambda: y.add_(1), lambda: v.detach().t()._version, lambda: v.data[0]._version,
             lambda: v.detach().view(torch.float32)[0].add_(1), lambda: v.resize_(2, 2), lambda: v.resize_(4)):
    show("view", call)
print(v.shape)
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
    "view(dtype) in inference mode belongs to the mode": """
v = torch.ones(2, 2)
with torch.inference_mode():
    for view in (v.view(torch.float32), v.view(torch.int32), v.detach().view(torch.float32), v.view(4), v.t()):
        print(view.is_inference(), view.add_(1))
print(v, v._version)
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
