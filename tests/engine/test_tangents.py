"""Tangents: their memory, how views share them, which operations take them from which operand."""

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
