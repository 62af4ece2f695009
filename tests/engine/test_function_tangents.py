"""What a custom Function may return from forward and jvp: inputs as they are, views, tensors written to."""

import pytest

from .twin import agree

_SETUP = """
fw = torch.autograd.forward_ad
"""

PROGRAMS = {
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
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_function_tangents(program):
    ours, wanted = agree(_SETUP + program)
    assert ours == wanted
