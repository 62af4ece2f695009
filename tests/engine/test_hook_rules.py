"""Hooks at the edges of their rules: what they are handed, when they are not called, what they may give back."""

import pytest

from .twin import agree

_START = """
G = torch.autograd.graph
x = torch.tensor([1.], requires_grad=True)
y = x * 2
accumulator = y.grad_fn.next_functions[0][0]
def shown(g):
    return [shown(each) for each in g] if isinstance(g, (tuple, list)) else None if g is None else g.item()
def note(*given):
    print(shown(given))
"""

PROGRAMS = [
    # A post-hook of the accumulator holds the gradient and is no reason to copy it.
    "h = accumulator.register_hook(note); y.backward(); print(x.grad._version)",
    "y.backward(); print(x.grad._version)",
    # A node called by hand runs no hook.
    "h = [y.grad_fn.register_hook(note), y.grad_fn.register_prehook(note), y.register_hook(note)]\n"
    "print(y.grad_fn(torch.ones(1)))",
    # A hook registered while its node runs.
    "h = y.grad_fn.register_prehook(lambda g: y.grad_fn.register_hook(lambda i, o: (i[0] * 10, None)) and None)\n"
    "y.backward(); print(x.grad)",
    # A lone root is not waited for.
    "h = G.register_multi_grad_hook((x, y), note); y.backward()",
    "h = G.register_multi_grad_hook((x, y), note); (y * 1).backward()",
    "h = G.register_multi_grad_hook((x, y), note); y.backward(inputs=[x])",
    "h = G.register_multi_grad_hook((x, y), note); torch.autograd.backward([y, y * 3])",
    "h = G.register_multi_grad_hook((torch.ones(1), x), print, mode='any'); (y * 1).backward()",
    "h = G.register_multi_grad_hook((torch.ones(1), x), print)",
    # What a post-accumulate hook returns goes to the next before it is refused.
    "a = x.register_post_accumulate_grad_hook(lambda p: p * 10)\n"
    "b = x.register_post_accumulate_grad_hook(print)\ny.backward()",
    "a = x.register_post_accumulate_grad_hook(lambda p: p * 10)\n"
    "b = x.register_post_accumulate_grad_hook(lambda p: x)\ny.backward()\nprint(x.grad)",
]  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_as_torch(program):
    engine, wanted = agree(_START + program)
    assert engine == wanted


_MODULE = """
class M(nn.Module):
    def forward(self, *tensors):
        return tensors[0] * 2
m, x, w = M(), torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
"""

MODULES = [
    "h = m.register_full_backward_pre_hook(lambda m, g: g[0]); m(x).sum().backward()",
    "h = m.register_full_backward_pre_hook(lambda m, g: [g[0] * 3]); m(x).sum().backward(); print(x.grad)",
    "h = m.register_full_backward_pre_hook(lambda m, g: 5); m(x).sum().backward()",
    "h = m.register_full_backward_hook(lambda m, i, g: i[0]); m(x).sum().backward()",
    "h = m.register_full_backward_pre_hook(lambda m, g: (torch.ones(3),)); m(x).sum().backward()",
    "h = m.register_full_backward_hook(lambda m, i, g: (torch.ones(3),)); m(x).sum().backward()",
    "h = m.register_full_backward_hook(lambda m, i, g: None); m(x, w).sum().backward(); print(w.grad, w.grad._version)",
]


@pytest.mark.parametrize("program", MODULES)
def test_modules_as_torch(program):
    engine, wanted = agree(_MODULE + program)
    assert engine == wanted


_FUNCTION = """
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        return run(ctx, x, w)
    @staticmethod
    def backward(ctx, *g):
        print(ctx.needs_input_grad)
        return back(*g)
x, w = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
a = x * 1
back = lambda *g: (g[0], g[0] * 3)
run = lambda ctx, x, w: x * w
"""

FUNCTIONS = [
    "print(torch.autograd.grad(F.apply(x, w).sum(), w))",
    "F.apply(x, w).sum().backward(inputs=[x])",
    "back = lambda *g: [g[0], g[0]]; F.apply(x, w).sum().backward()",
    # A mark counts as a write, whatever comes of it.
    "run = lambda ctx, x, w: (x.add_(1), ctx.mark_dirty(x))[0] * w\n"
    "try:\n    F.apply(a, w)\nexcept RuntimeError as e:\n    print(e)\nprint(a._version)",
    "t = torch.ones(2); run = lambda ctx, x, w: (ctx.mark_dirty(t), x * w)[1]\n"
    "try:\n    F.apply(a, w)\nexcept RuntimeError as e:\n    print(e)\nprint(t._version)",
    # Zeros for an output that is not used are written once.
    "run = lambda ctx, x, w: (x * 1, w * 1); back = lambda *g: g\n"
    "F.apply(x, w)[0].sum().backward(); print(w.grad, w.grad._version, x.grad._version)",
]


@pytest.mark.parametrize("program", FUNCTIONS)
def test_functions_as_torch(program):
    engine, wanted = agree(_FUNCTION + program)
    assert engine == wanted


CHECKPOINTS = [
    "with ckpt.GraphExecGroup():\n    y.backward(retain_graph=True)\n    y.backward()",
    "y.backward(retain_graph=True); y.backward(); print(x.grad)",
]


@pytest.mark.parametrize("program", CHECKPOINTS)
def test_checkpoints_as_torch(program):
    start = "x = torch.ones(2, requires_grad=True); y = ckpt.checkpoint(torch.exp, x, use_reentrant=False).sum()\n"
    engine, wanted = agree(start + program)
    assert engine == wanted


_MUTATION = """
G = torch.autograd.graph
x = torch.tensor([2., 3.], requires_grad=True)
a = x.clone()
"""

MUTATIONS = [
    "y = a ** 2; k = y.grad_fn._saved_self; print(k.data_ptr() == a.data_ptr()); a.mul_(3)\n"
    "    k = y.grad_fn._saved_self; print(k.data_ptr() == a.data_ptr(), k.tolist()); y.sum().backward(); print(x.grad)",
    *(
        f"y = (a ** 2).sum(); {write}; y.backward(); print(x.grad, x.grad._version)"
        for write in ("a.detach().zero_()", "a.data.zero_()", "a.view(1, 2).zero_()", "a[0] = 7", "a.add_(1).add_(1)")
    ),
    "y = (a ** 2).sum(); a.mul_(10); z = (a ** 2).sum(); (y + z).backward(); print(x.grad, x.grad._version)",
]


@pytest.mark.parametrize("program", MUTATIONS)
def test_mutations_as_torch(program):
    engine, wanted = agree(_MUTATION + "with G.allow_mutation_on_saved_tensors():\n    " + program)
    assert engine == wanted
