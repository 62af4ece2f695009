"""What the search has found about modes, custom functions and tangents, each rule in a program on both engines."""

from __future__ import annotations

import pytest

from tests.engine.twin import agree

from .shown import SHOWN

PROGRAMS = {
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
    "in inference mode tensors that require grad are resized": """
v = torch.tensor([[1., 2.], [3., 4.]], requires_grad=True) * 1
show("resize_", lambda: v.resize_(1))
with torch.inference_mode():
    show("resize_", lambda: v.resize_(1))
print(v, v._version)
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
    "view(dtype) in inference mode belongs to the mode": """
v = torch.ones(2, 2)
with torch.inference_mode():
    for view in (v.view(torch.float32), v.view(torch.int32), v.detach().view(torch.float32), v.view(4), v.t()):
        print(view.is_inference(), view.add_(1))
print(v, v._version)
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
}


@pytest.mark.parametrize("rule", PROGRAMS)
def test_rules_that_were_missing(rule):
    found, wanted = agree(SHOWN + PROGRAMS[rule])
    assert found == wanted
