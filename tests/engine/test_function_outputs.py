"""What becomes of the outputs of a custom Function: inputs as they are, views, tensors marked in one way or another."""

import pytest

from .twin import agree

PROGRAMS = {
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
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_function_outputs(program):
    ours, wanted = agree(program)
    assert ours == wanted


_ONCE = """
class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, t):
        ctx.save_for_backward(t)
        return t ** 2
    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        return g * 2 * ctx.saved_tensors[0]
x = torch.tensor([2.], requires_grad=True)
seed = torch.tensor([1.], requires_grad=True)
first, = torch.autograd.grad(Square.apply(x), x, seed, create_graph=True)
"""


@pytest.mark.parametrize(
    "call",
    [
        "print(torch.autograd.grad(first, (x, seed), allow_unused=True))",
        "torch.autograd.grad(first, seed)",
        "first.backward(inputs=[seed]); print(seed.grad)",
        "first.backward()",
        "(first * seed).backward()",
        "print(torch.autograd.functional.jvp(Square.apply, torch.tensor([2.]), torch.tensor([5.])))",
    ],
)
def test_what_is_differentiable_once_leads_to_no_tensor_of_the_caller(call):
    ours, wanted = agree(_ONCE + call)
    assert ours == wanted
