"""Tangents: their memory, how views share them, and what a custom Function may return from jvp and forward."""

import pytest

from .twin import agree

_SETUP = """
fw = torch.autograd.forward_ad
"""

PROGRAMS = {
    "private level functions": """
VF = torch._VF
def show(f, *a, **k):
    try: print(f(*a, **k))
    except Exception as e: print(type(e).__name__, e)
o = torch.ones(1)
show(lambda: VF._make_dual(o, o, level=0))
show(lambda: VF._unpack_dual(o, level=0))
with fw.dual_level():
    show(lambda: VF._make_dual(o, o, level=0))
    show(lambda: VF._make_dual(o, o, level=7))
    show(lambda: VF._make_dual(o, o, level=-1))
    show(lambda: VF._make_dual(o, torch.ones(2), level=0))
    show(lambda: VF._make_dual(torch.ones(1, dtype=torch.long), o, level=0))
    show(lambda: VF._make_dual(o, torch.ones(1, dtype=torch.long), level=0))
    show(lambda: VF._make_dual(o, o, 0))
    show(lambda: VF._unpack_dual(VF._make_dual(o, o, 0), level=0))
    show(lambda: VF._unpack_dual(VF._make_dual(o, o, 0), level=1))
    show(lambda: VF._unpack_dual(o, 0))
    show(lambda: fw.make_dual(o, o, level=7))
    show(lambda: fw.unpack_dual(o, level=7))
    show(lambda: fw.make_dual(o, o, level=-1))
    show(lambda: fw.unpack_dual(o, level=-1))
    show(lambda: fw.make_dual(o, o.double()))
    show(lambda: fw.make_dual(o.double(), o))
    show(lambda: fw.make_dual(o, torch.ones(1, dtype=torch.cfloat)))
    show(lambda: fw.make_dual(o, o.to('meta')))
show(lambda: VF.tanh(o))
show(lambda: VF.foo)
show(lambda: fw.exit_dual_level())
show(lambda: fw.exit_dual_level(level=3))
show(lambda: fw.enter_dual_level())
show(lambda: fw.exit_dual_level(level=3))
show(lambda: fw.exit_dual_level())
""",
    "view of one input, tangent of another": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y): return x.view(-1)
    @staticmethod
    def jvp(ctx, t, u): return u.view(-1)
with fw.dual_level():
    F.apply(fw.make_dual(torch.ones(1), torch.ones(1)), fw.make_dual(torch.ones(1), torch.ones(1)))
""",
    "view of the input it is": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y): return x.view(-1)
    @staticmethod
    def jvp(ctx, t, u): return t.view(-1)
with fw.dual_level():
    print(F.apply(fw.make_dual(torch.ones(1), torch.ones(1)), fw.make_dual(torch.ones(1), torch.ones(1))))
""",
    "view, but the tangent is no view": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y): return x.view(-1)
    @staticmethod
    def jvp(ctx, t, u): return t*1
with fw.dual_level():
    print(F.apply(fw.make_dual(torch.ones(1), torch.ones(1)), fw.make_dual(torch.ones(1), torch.ones(1))))
""",
    "view, the tangent as it came": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y): return x.view(-1)
    @staticmethod
    def jvp(ctx, t, u): return t
with fw.dual_level():
    print(F.apply(fw.make_dual(torch.ones(1), torch.ones(1)), fw.make_dual(torch.ones(1), torch.ones(1))))
""",
    "view, another tangent as it came": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y): return x.view(-1)
    @staticmethod
    def jvp(ctx, t, u): return u
with fw.dual_level():
    print(F.apply(fw.make_dual(torch.ones(1), torch.ones(1)), fw.make_dual(torch.ones(1), torch.ones(1))))
""",
    "input as it is, another tangent": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y): return x
    @staticmethod
    def jvp(ctx, t, u): return u
with fw.dual_level():
    print(F.apply(fw.make_dual(torch.ones(1), torch.ones(1)), fw.make_dual(torch.ones(1), torch.ones(1))))
""",
    "input as it is, its tangent": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y): return x
    @staticmethod
    def jvp(ctx, t, u): return t
with fw.dual_level():
    print(F.apply(fw.make_dual(torch.ones(1), torch.ones(1)), fw.make_dual(torch.ones(1), torch.ones(1))))
""",
    "input as it is, a view of its tangent": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y): return x
    @staticmethod
    def jvp(ctx, t, u): return t.view_as(t)
with fw.dual_level():
    print(F.apply(fw.make_dual(torch.ones(1), torch.ones(1)), fw.make_dual(torch.ones(1), torch.ones(1))))
""",
    "view of an input without tangent: zeros come in": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y): return x.view(-1)
    @staticmethod
    def jvp(ctx, t, u): return t.view(-1) if t is not None else None
with fw.dual_level():
    print(F.apply(torch.ones(1), fw.make_dual(torch.ones(1), torch.ones(1))))
""",
    "view of an input without tangent": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y): return x.view(-1)
    @staticmethod
    def jvp(ctx, t, u): return u.view(-1)
with fw.dual_level():
    print(F.apply(torch.ones(1), fw.make_dual(torch.ones(1), torch.ones(1))))
""",
    "a view of a tangent for no view": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y): return x + y
    @staticmethod
    def jvp(ctx, t, u): return u.view(-1)
with fw.dual_level():
    print(F.apply(torch.ones(1), fw.make_dual(torch.ones(1), torch.ones(1))))
""",
    "written in place": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        ctx.mark_dirty(x)
        return x.add_(y)
    @staticmethod
    def jvp(ctx, t, u): return t.add_(u)
with fw.dual_level():
    print(F.apply(fw.make_dual(torch.ones(1), torch.ones(1)), fw.make_dual(torch.ones(1), torch.ones(1))))
    base = fw.make_dual(torch.ones(2), torch.ones(2))
    F.apply(base[:1], fw.make_dual(torch.ones(1), torch.ones(1)))
    print(base)
""",
    "written, tangent out of place": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        ctx.mark_dirty(x)
        return x.add_(y)
    @staticmethod
    def jvp(ctx, t, u): return t+u
with fw.dual_level():
    print(F.apply(fw.make_dual(torch.ones(1), torch.ones(1)), fw.make_dual(torch.ones(1), torch.ones(1))))
""",
    "written, no tangent before": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        ctx.mark_dirty(x)
        return x.add_(y)
    @staticmethod
    def jvp(ctx, t, u): return u
with fw.dual_level():
    print(F.apply(torch.ones(1), fw.make_dual(torch.ones(1), torch.ones(1))))
""",
    "undefined tangents are zeros unless switched off": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y, n):
        if n: ctx.set_materialize_grads(False)
        return x * y
    @staticmethod
    def jvp(ctx, t, u, n):
        print(t, u, n)
        return u
with fw.dual_level():
    for n in (False, True):
        print(F.apply(torch.ones(2), fw.make_dual(torch.ones(1), torch.ones(1)).expand(2), n))
        print(F.apply(torch.ones(2, dtype=torch.double), fw.make_dual(torch.ones(1), torch.ones(1)).expand(2), n))
""",
    "integers have no tangent": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        return x * y
    @staticmethod
    def jvp(ctx, t, u):
        print(t, u)
        return u
with fw.dual_level():
    print(F.apply(torch.ones(2, dtype=torch.long), fw.make_dual(torch.ones(1), torch.ones(1)).expand(2)))
""",
    "None for a differentiable output": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        return x * y, x*3
    @staticmethod
    def jvp(ctx, t, u):
        return u, None
with fw.dual_level():
    print(F.apply(torch.ones(2), fw.make_dual(torch.ones(1), torch.ones(1)).expand(2)))
""",
    "a tangent for an integer output": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        return x * y, x.long()
    @staticmethod
    def jvp(ctx, t, u):
        return u, u
with fw.dual_level():
    print(F.apply(torch.ones(2), fw.make_dual(torch.ones(1), torch.ones(1)).expand(2)))
""",
    "an integer tangent": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        return x * y
    @staticmethod
    def jvp(ctx, t, u):
        return u.long()
with fw.dual_level():
    print(F.apply(torch.ones(2), fw.make_dual(torch.ones(1), torch.ones(1)).expand(2)))
""",
    "a wider tangent": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        return x * y
    @staticmethod
    def jvp(ctx, t, u):
        return u.double()
with fw.dual_level():
    print(F.apply(torch.ones(2), fw.make_dual(torch.ones(1), torch.ones(1)).expand(2)))
""",
    "a tangent of another size": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        return x * y
    @staticmethod
    def jvp(ctx, t, u):
        return u.sum()
with fw.dual_level():
    print(F.apply(torch.ones(2), fw.make_dual(torch.ones(1), torch.ones(1)).expand(2)))
""",
    "views of one base": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        return x[0]
    @staticmethod
    def jvp(ctx, t, u):
        return t[0]
with fw.dual_level():
    x = fw.make_dual(torch.ones(3), torch.arange(3.))
    print(F.apply(x[1:], x))
    base = torch.ones(3)
    t = torch.arange(3.)
    x = fw.make_dual(base[1:], t[1:])
    print(F.apply(x, x))
""",
    "views of two bases": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        return x[0]
    @staticmethod
    def jvp(ctx, t, u):
        return u[0]
with fw.dual_level():
    t = torch.arange(3.)
    x = fw.make_dual(torch.ones(3), t)
    print(F.apply(x[1:], x[:2]))
    print(F.apply(x[1:], fw.make_dual(torch.ones(3), t[1:].clone().view(-1))))
""",
    "no view at all": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        return x[0]
    @staticmethod
    def jvp(ctx, t, u):
        return u
with fw.dual_level():
    x = fw.make_dual(torch.ones(3), torch.arange(3.))
    print(F.apply(torch.ones(3), x[1]))
    print(F.apply(torch.ones(3), torch.ones(3).view(-1)))
""",
    "a view of a constant": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.const = torch.ones(3)
        return ctx.const[0]
    @staticmethod
    def jvp(ctx, t):
        return t[0]
with fw.dual_level():
    x = fw.make_dual(torch.ones(3), torch.arange(3.))
    print(F.apply(x))
""",
    "the layout of given tangents": """
def info(d):
    t = fw.unpack_dual(d).tangent
    if t is None: print(None); return
    print(t.dtype, t.shape, t.stride(), t.storage_offset(), t._is_view(), t._base is not None and t._base.shape, t)
with fw.dual_level():
    o = torch.ones(2, 3)
    raw = torch.arange(6.).view(2,3)
    d = fw.make_dual(o, raw); info(d); print(fw.unpack_dual(d).tangent is raw)
    d = fw.make_dual(o, raw.clone()); info(d)
    r=torch.arange(6.).reshape(3, 2).t().clone()
    d = fw.make_dual(o, r); info(d); print(fw.unpack_dual(d).tangent is r)
    d = fw.make_dual(o, raw.double().clone()); info(d)
    d = fw.make_dual(o, torch.ones(1).expand(2,3)); info(d)
    d = fw.make_dual(o.double(), torch.ones(1).expand(2,3)); info(d)
    d = fw.make_dual(o.t(), raw.t().clone()); info(d)
    d = fw.make_dual(o.t().clone(), raw.t().clone().clone()); info(d)
    d = fw.make_dual(o[:, 1], torch.arange(2.)); info(d)
    d = fw.make_dual(o[1], torch.arange(3.)); info(d)
    d = fw.make_dual(torch.ones(3), raw[1]); info(d)
    d = fw.make_dual(torch.ones(3), raw[0]); info(d)
""",
    "the layout of computed tangents": """
def info(d):
    t = fw.unpack_dual(d).tangent
    if t is None: print(None); return
    print(t.dtype, t.shape, t.stride(), t.storage_offset(), t._is_view(), t._base is not None and t._base.shape, t)
with fw.dual_level():
    x = fw.make_dual(torch.ones(2,3), torch.arange(6.).reshape(2,3))
    for y in (x[0], x[1], x.t(), x[:, 1:], x.expand(2,2,3), x*2, x.t()*2, x.sum(0), x.sum(), x.t().contiguous(),
            x.clone(), x+torch.ones(4,2,3), torch.cat([x,x]), x.view(-1), x.diagonal(), x.unbind()[1],
            x.detach(), x.double(), x.to(torch.complex64), -x, x.transpose(0,1).exp(), x.mT @ x, x.squeeze(),
            x.flatten(), x.real, torch.stack([x,x]), x.unfold(1,2,1), x.as_strided((2,),(3,),1), x[[0,1]],
            x[x>0], torch.complex(x, x), x.relu(), x.max(0).values, x.cumsum(0), torch.where(x>0, x, 0),
            x.half(), x.reshape(3,2), x.t().reshape(6), x.permute(1,0), x.gather(0,
            torch.zeros(1,3,dtype=torch.long)), x.mean(), x.norm(), x.prod(), x.var()):
        info(y)
""",
    "writes through views": """
def info(d):
    t = fw.unpack_dual(d).tangent
    if t is None: print(None); return
    print(t.dtype, t.shape, t.stride(), t.storage_offset(), t._is_view(), t._base is not None and t._base.shape, t)
with fw.dual_level():
    x = fw.make_dual(torch.ones(2,3), torch.arange(6.).reshape(2,3))
    b = torch.zeros(2,3); b.copy_(x); info(b)
    b = torch.zeros(2,3); b[0].copy_(x[1]); info(b); info(b[0])
    b = torch.zeros(2,3); v = b[0]; v += x[1]; info(b); info(b[0]); info(v)
    b = torch.zeros(3,2).t(); b += x; info(b)
    b = torch.zeros(2,3); b.add_(x.t().clone().t()); info(b)
    b = torch.zeros(2,3, dtype=torch.double); b.add_(x); info(b)
    b = torch.zeros(2,3); b[0] = x[0]; info(b)
    b = torch.zeros(2,3); b[:, 1] = x[:, 1]; info(b)
    b = torch.zeros(4,3); b[::2] = x; info(b)
    b = torch.zeros(2,3); b.mul_(x); info(b)
    b = torch.zeros(2,3)[:, 1:]; b.mul_(x[:, 1:]); info(b); info(b._base)
    y = fw.make_dual(torch.ones(2,3), torch.arange(6.).reshape(2,3))
    v = y[0]
    v.mul_(2)
    info(y); info(v)
    y.mul_(3)
    info(v); info(y)
    y.zero_(); info(y); info(v)
    y.fill_(2); info(y)
    z = torch.ones(2)
    w = z.view(2)
    z.mul_(x[0,:2])
    info(w); info(z)
""",
    "an input as it is": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x
    @staticmethod
    def backward(ctx, g): return g
x = torch.ones(2)
def show(y): print(y is x, y._is_view(), y._base is x, y.grad_fn, y.requires_grad)
show(F.apply(x))
with torch.no_grad(): show(F.apply(x))
x = torch.ones(2, requires_grad=True)
with torch.no_grad():
    y = F.apply(x); show(y)
y2 = y * 2
print(y2.requires_grad)
y.mul_(2)
""",
    "its history": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x
    @staticmethod
    def backward(ctx, g): return g
x = torch.ones(2)
y = F.apply(x)
z = torch.ones(2, requires_grad=True)
y.mul_(z)
print(x.grad_fn, y.grad_fn, x, y)
""",
    "a view without history": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x.view(2)
    @staticmethod
    def backward(ctx, g): return g
x = torch.ones(2)
y = F.apply(x)
print(y._is_view(), y._base is x)
z = torch.ones(2, requires_grad=True)
y.mul_(z)
print(x.grad_fn, y.grad_fn, x, y)
""",
    "unrecorded": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x
    @staticmethod
    def backward(ctx, g): return g
x = torch.ones(2, requires_grad=True)*1
with torch.no_grad():
    y = F.apply(x)
print(y._is_view(), y._base is x, y.requires_grad, y.grad_fn)
y.mul_(2)
print(x, y)
""",
    "an integer input": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x
    @staticmethod
    def backward(ctx, g): return g
x = torch.arange(2)
y = F.apply(x)
print(y._is_view(), y._base is x, y is x, y._version)
y += 1
print(x._version)
""",
    "an integer input beside a result": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, z): return x, z*2
    @staticmethod
    def backward(ctx, g): return g
x = torch.arange(2)
y, _ = F.apply(x, torch.ones(2, requires_grad=True))
print(y._is_view(), y._base is x, y is x, y._version, y.requires_grad, y.grad_fn, _.grad_fn)
""",
    "marked as not differentiable": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, z): 
        ctx.mark_non_differentiable(x)
        return x, z*2
    @staticmethod
    def backward(ctx, g): return g
for x in (torch.ones(2), torch.ones(2, requires_grad=True)):
    y, _ = F.apply(x, torch.ones(2, requires_grad=True))
    print(y._is_view(), y._base is x, y is x, y._version, y.requires_grad, y.grad_fn, _.grad_fn, y.is_leaf)
    y, _ = F.apply(x, torch.ones(2))
    print(y._is_view(), y._base is x, y is x, y._version, y.requires_grad, y.grad_fn, _.grad_fn, y.is_leaf)
""",
    "results do not share tangents": """
with fw.dual_level():
    x = fw.make_dual(torch.ones(2), torch.arange(2.))
    for y in (x + 1, 1 + x, x - torch.zeros(2), x*1, x.clone(), x.contiguous(), +x, x.add(0),
            x.to(torch.float32), x.sum(()) , x.float(), torch.where(torch.tensor([True, False]), x, 0.),
            x.clamp(-1), x.relu(), torch.cat([x]), x.add(x, alpha=0), torch.lerp(x, torch.zeros(2), 0.)):
        if y is x: print('same'); continue
        y.mul_(3)
        print(fw.unpack_dual(y).tangent, fw.unpack_dual(x).tangent)
    b = torch.zeros(2); b.add_(x); b.mul_(3); print(b, x)
    b = torch.zeros(2); b.copy_(x); b.mul_(3); print(b, x)
    b = torch.zeros(2); b += x; b.mul_(3); print(b, x)
""",
    "dirty and not differentiable": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        ctx.mark_non_differentiable(x)
        return x.add_(1)
    @staticmethod
    def backward(ctx, g): return g
def show(f):
    try: y = f(); print(y, y._is_view(), y._version, y.is_leaf)
    except Exception as e: print(type(e).__name__, e)
x = torch.ones(2, requires_grad=True)
show(lambda: F.apply(x)); print(x)
show(lambda: F.apply(x*1))
show(lambda: F.apply(torch.ones(2)))
show(lambda: F.apply(x.detach()[:1]))
show(lambda: F.apply(x.clone()[:1]))
with torch.no_grad(): show(lambda: F.apply(x))
""",
    "dirty": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.add_(1)
    @staticmethod
    def backward(ctx, g): return g
def show(f):
    try: y = f(); print(y, y._is_view(), y._version, y.is_leaf)
    except Exception as e: print(type(e).__name__, e)
x = torch.ones(2, requires_grad=True)
show(lambda: F.apply(x)); print(x)
show(lambda: F.apply(x*1))
show(lambda: F.apply(torch.ones(2)))
show(lambda: F.apply(x.detach()[:1]))
show(lambda: F.apply(x.clone()[:1]))
show(lambda: F.apply(x[:1]))
show(lambda: F.apply(x.clone().unbind()[1]))
with torch.no_grad(): show(lambda: F.apply(x))
b = x * 1
with torch.no_grad(): v = b.view(2)
show(lambda: F.apply(v))
b = torch.ones(2)
v = b[:1]
b.requires_grad_()
show(lambda: F.apply(v))
""",
    "dirty but no input": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        z = x * 2
        ctx.mark_dirty(z)
        return z
    @staticmethod
    def backward(ctx, g): return g, None
for a in (torch.ones(2), torch.ones(2, requires_grad=True)):
    print(F.apply(a, 1))
with torch.no_grad(): print(F.apply(a, 1))
""",
    "dirty among several": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, n):
        ctx.mark_dirty(x)
        x.add_(1)
        return (x, 3) if n == 1 else (x, x * 2) if n == 2 else (x,)
    @staticmethod
    def backward(ctx, *g): return g[0], None
def show(f):
    try: y = f(); print(y)
    except Exception as e: print(type(e).__name__, e)
for n in (0, 1, 2):
    x = torch.ones(2, requires_grad=True) * 1
    show(lambda: F.apply(x[:1], n)); print(x)
    show(lambda: F.apply(x, n)); print(x)
    show(lambda: F.apply(torch.ones(3)[:1], n))
""",
    "several views": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x, x.view(-1), x[:1], x * 2
    @staticmethod
    def backward(ctx, *g): return g[0]
for x in (torch.ones(2), torch.ones(2, requires_grad=True)):
    for i in range(4):
        y = F.apply(x)[i]
        print(y._is_view(), y.requires_grad, y._base is x, y.grad_fn)
        try: y.mul_(torch.ones(y.shape, requires_grad=True)); print(y, x)
        except Exception as e: print(e)
""",
    "several outputs, some without gradient": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x, x.view(-1).long(), x.detach()
    @staticmethod
    def backward(ctx, *g): return g[0]
for x in (torch.ones(2), torch.ones(2, requires_grad=True)):
    for i in range(3):
        y = F.apply(x)[i]
        print(y._is_view(), y.requires_grad, y._base is x, y.grad_fn)
        try: y.mul_(torch.ones(y.shape, requires_grad=True)); print(y, x)
        except Exception as e: print(e)
""",
    "dirty but not returned": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        x.add_(1)
        return x * 2
    @staticmethod
    def backward(ctx, g): return g
for x in (torch.ones(2), torch.ones(2, requires_grad=True) * 1, torch.ones(2, requires_grad=True)):
    try: y = F.apply(x); print(y, y._version)
    except Exception as e: print(e)
    print(x, x._version)
""",
    "the larger and the smaller of two": """
n = float('nan')
for a in (1., 2., 3., n):
    for b in (2., n):
        for first, second in ((5., 7.), (5., None), (None, 7.)):
            with fw.dual_level():
                x, y = torch.tensor([a]), torch.tensor([b])
                x = x if first is None else fw.make_dual(x, torch.tensor([first]))
                y = y if second is None else fw.make_dual(y, torch.tensor([second]))
                for f in (torch.maximum, torch.minimum, torch.max, torch.min, torch.fmax, torch.fmin):
                    print(f.__name__, a, b, fw.unpack_dual(f(x, y)).tangent)
with fw.dual_level():
    x = fw.make_dual(torch.ones(2, 1), torch.ones(2, 1))
    print(torch.maximum(x, torch.arange(3.)), torch.maximum(torch.arange(3.), x.double()))
""",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_tangents(program):
    ours, wanted = agree(_SETUP + program)
    assert ours == wanted
