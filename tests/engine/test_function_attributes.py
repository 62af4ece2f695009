"""What programs may read and write on the ``ctx`` of a custom Function, and what ``Variable`` takes."""

import pytest

from .twin import agree

_SETUP = """
def show(f, *args):
    try:
        print(f(*args))
    except Exception as e:
        print(type(e).__name__, e)
x = torch.ones(2, requires_grad=True)
"""

_NAMES = """
NAMES = ('materialize_grads to_save non_differentiable dirty_tensors saved_for_forward saved_tensors requires_grad '
         '_materialize_non_diff_grads _raw_saved_tensors next_functions metadata needs_input_grad other').split()
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        for name in NAMES:
            show(getattr, ctx, name)
        return x * 2
    @staticmethod
    def backward(ctx, grad):
        return grad * 2
"""

PROGRAMS = {
    "attributes in and after forward": _NAMES
    + """
node = F.apply(x).grad_fn
for name in NAMES:
    show(getattr, node, name)
for name in NAMES:
    show(setattr, node, name, 1)
""",
    "attributes of a deprecated instance": _NAMES
    + """
f = F()
for name in NAMES:
    show(getattr, f, name)
show(f, 1)
show(setattr, f, 'materialize_grads', 1)
""",
    "undefined gradients of outputs marked as not differentiable": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, fill):
        ctx._materialize_non_diff_grads = fill
        a, b, c = x * 2, x * 3, x * 4
        ctx.mark_non_differentiable(b)
        return a, b, c
    @staticmethod
    def backward(ctx, *grads):
        print(grads)
        return grads[0], None
for fill in (True, False):
    F.apply(x, fill)[0].sum().backward()
""",
    "saved_tensors is what was saved for forward until the operation is recorded": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_forward(x)
        print(ctx.saved_tensors, ctx.saved_for_forward)
        ctx.save_for_backward(x * 2)
        print(ctx.saved_tensors, ctx.to_save)
        return x * 2
    @staticmethod
    def backward(ctx, grad):
        print(ctx.saved_tensors, ctx.to_save, ctx.saved_for_forward)
        return grad
    @staticmethod
    def jvp(ctx, t):
        print(ctx.saved_tensors, ctx.to_save)
        return t * 2
F.apply(x).sum().backward()
fw = torch.autograd.forward_ad
with fw.dual_level():
    y = F.apply(fw.make_dual(x, torch.ones(2)))
    print(y)
    y.sum().backward()
""",
    **{
        f"ctx.{name} = {value}": f"""
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.{name} = {value}
        return x * 2
print(F.apply(x))
"""
        for name, value in [
            ("dirty_tensors", "None"),
            ("dirty_tensors", "[x]"),
            ("to_save", "None"),
            ("to_save", "[x]"),
            ("to_save", "(x, 3)"),
            ("non_differentiable", "None"),
            ("non_differentiable", "[x]"),
            ("materialize_grads", "3"),
            ("_materialize_non_diff_grads", "3"),
        ]
    },
    "keywords of Variable": """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2
V = torch.autograd.Variable
for kw in ({'_grad_fn': None}, {'_grad_fn': 3}, {'_grad_fn': (x * 2).grad_fn},
           {'_grad_fn': F.apply(x).grad_fn}, {'volatile': True}, {'name': 'a'},
           {'foo': 1}, {'requires_grad': 1}, {'requires_grad': None}, {'volatile': None}):
    show(lambda: V(torch.ones(1), **kw))
""",
    "positions of Variable": """
V = torch.autograd.Variable
t = torch.ones(1)
for args in ((t, True), (t, True, False), (t, False, True), (t, False, False, 3), (None,), (3,), (t, 1), ()):
    show(V, *args)
""",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_function_attributes(program):
    ours, wanted = agree(_SETUP + program)
    assert ours == wanted
