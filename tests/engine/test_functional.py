"""torch.autograd.functional, gradcheck and checkpointing: values, graphs, messages and warnings as torch's."""

import pytest

from .twin import agree

_SETUP = """
x, s = torch.ones(2), lambda t: (t * t).sum()
double = lambda *v: torch.tensor(v, dtype=torch.float64, requires_grad=True)
"""

VALUES = """
functional.vjp(s, x)
functional.vjp(s, x, torch.tensor(2.))
functional.vjp(lambda a, b: (a * b).sum(), (x, x))
functional.vjp(lambda t: torch.ones(()), x)
functional.vjp(lambda a, b: (a * a).sum(), (x, x))
functional.vjp(lambda t: (t.sum(), t.sum()), x, (torch.tensor(1.), torch.tensor(2.)))
functional.vjp(s, x, create_graph=True)
functional.vjp(s, torch.ones(2, requires_grad=True), create_graph=True)
functional.vjp(lambda t: t * 2, torch.ones(1))
functional.jvp(lambda t: t * t, x, x)
functional.jvp(lambda t: t * t, torch.tensor(1.))
functional.jvp(lambda t: torch.ones(2), x, x)
functional.jvp(lambda t: t * 2, x, x, strict=True)
functional.jvp(lambda t: t * 2, x, x, create_graph=True)
functional.jvp(lambda t: (t * 2, t * t), x, x)
functional.jvp(s, (x,), (x,))
functional.jvp(lambda t: torch.stack([t, t * t]), torch.tensor(3.))[1]._version
functional.jacobian(lambda t: t * t, x)
functional.jacobian(lambda a, b: (a * b, a), (x, x))
functional.jacobian(lambda t: t * t, x, create_graph=True)
functional.jacobian(lambda t: t * t, x, vectorize=True)
functional.jacobian(lambda t: t * t, x, vectorize=True, strategy='forward-mode')
functional.jacobian(lambda a, b: (a * b, a.sum()), (x, x * 3), vectorize=True, strategy='forward-mode')
functional.jacobian(lambda t: t.repeat(2, 2), x).shape
functional.jacobian(lambda t: t.sum(), torch.ones(2, 2))
functional.hessian(s, x)
functional.hessian(lambda a, b: (a * b).sum(), (x, x))
functional.hessian(lambda t: t.sum(), x)
functional.hessian(lambda t: torch.tensor(1.), x)
functional.hessian(s, x, create_graph=True)
functional.hessian(lambda t: t.pow(3).sum(), x, outer_jacobian_strategy='forward-mode', vectorize=True).detach()
functional.vhp(s, x, x)
functional.vhp(s, torch.tensor(2.))
functional.vhp(s, x, x, create_graph=True)
functional.vhp(lambda a, b: (a * a).sum(), (x, x), (x, x))
functional.hvp(s, x, x)
functional.hvp(lambda t: t.pow(3).sum(), x, x * 2)
functional.hvp(lambda t: t.sum(), x, x)
functional.hvp(lambda t: torch.tensor(1.), x, x)
gradcheck(lambda t: t * t, double(1., 2.))
gradcheck(lambda t: (t * t, t.sum()), (double(1., 2.),))
gradcheck(lambda a, b: a * b, (double(1.), 3.))
gradcheck(lambda t: t * t, (torch.ones(2, dtype=torch.cdouble, requires_grad=True),))
gradcheck(lambda t: t.abs(), (torch.ones(2, dtype=torch.cdouble, requires_grad=True),))
gradcheck(lambda t: t * t, double(1., 2.), check_forward_ad=True)
gradgradcheck(lambda t: t.pow(3), (double(1., 2.),))
gradgradcheck(lambda t: t * 2, (double(1., 2.),))
""".strip().splitlines()

REFUSALS = """
functional.vjp(lambda t: t * 2, x)
functional.vjp(s, x, torch.ones(2))
functional.vjp(s, 3)
functional.vjp(s, (x, 3))
functional.vjp(s, [x])
functional.vjp(s, x, 3)
functional.vjp(lambda t: 3, x)
functional.vjp(lambda t: (t.sum(), 3), x)
functional.vjp(lambda t: torch.ones(()), x, strict=True)
functional.vjp(lambda a, b: (a * a).sum(), (x, x), strict=True)
functional.vjp(s, x, (torch.tensor(1.), torch.tensor(1.)))
functional.vjp(lambda t: (t.sum(), t.sum()), x, torch.tensor(1.))
functional.vjp(lambda t: t.sum(), x, create_graph=True, strict=True)
functional.jvp(lambda t: t * t, x)
functional.jvp(lambda t: t * t, x, torch.ones(3))
functional.jvp(lambda a, b: a * a, (x, x), (x,))
functional.jvp(lambda t: torch.ones(2), x, x, strict=True)
functional.jvp(lambda t: t * 2, x, x, create_graph=True, strict=True)
functional.jacobian(lambda a, b: a * a, (x, x), strict=True)
functional.jacobian(lambda t: t * 2, x, create_graph=True, strict=True)
functional.jacobian(lambda t: t * 2, x, strategy='sideways')
functional.jacobian(lambda t: t * 2, x, strategy='forward-mode')
functional.jacobian(lambda t: t * t, x, vectorize=True, strict=True)
functional.jacobian(lambda t: t * t, x, create_graph=True, vectorize=True, strategy='forward-mode')
functional.jacobian(lambda t: t * t, torch.ones(0))
functional.hessian(lambda t: t * t, x)
functional.hessian(lambda t: t.sum(), x, strict=True)
functional.hessian(lambda t: torch.tensor(1.), x, strict=True)
functional.hessian(s, x, outer_jacobian_strategy='sideways')
functional.hessian(lambda t: (t.sum(), t.sum()), x)
functional.vhp(s, x)
functional.vhp(lambda t: t * t, x, x)
functional.vhp(lambda t: t.sum(), x, x, strict=True)
functional.hvp(lambda t: (t.sum(), t.sum()), x, x)
functional.hvp(lambda a, b: (a * a).sum(), (x, x), (x, x), strict=True)
functional.hvp(lambda t: (t * torch.ones(2, requires_grad=True)).sum(), x, x, strict=True)
gradcheck(lambda t: t * t, (torch.ones(2),))
gradcheck(lambda t: t.detach() * 2, (double(1.),))
gradcheck(lambda t: t * t, (double(1.).detach().expand(2).requires_grad_(),))
gradcheck(lambda t: t ** 3, double(1., 2.), eps=1e-1, atol=1e-9, rtol=0)
gradcheck(lambda t: t * t, double(1.), check_backward_ad=False)
gradcheck(lambda t: t * t, double(1.), nondet_tol=-1)
gradcheck(lambda t: t * t, double(1.), check_backward_ad=False, check_forward_ad=True, check_batched_grad=True)
gradcheck(lambda t: t * t, double(1.), check_batched_forward_grad=True)
gradgradcheck(lambda t: t * t, double(1.), check_rev_over_rev=False)
""".strip().splitlines()


@pytest.mark.parametrize("expression", [*VALUES, *REFUSALS])
def test_expressions(expression):
    engine, wanted = agree(f"{_SETUP}\nprint({expression})")
    assert engine == wanted


_WRONG = """
class Wrong(torch.autograd.Function):
    @staticmethod
    def forward(ctx, t): ctx.save_for_backward(t); return t ** 3
    @staticmethod
    def backward(ctx, g): {body}
x = torch.tensor([1., 2.], dtype=torch.float64, requires_grad=True)
"""
GRADCHECKS = {
    "wrong factor": ("return g * 4 * ctx.saved_tensors[0] ** 2", "gradcheck(Wrong.apply, (x,))"),
    "not raised": ("return g * 4", "print(gradcheck(Wrong.apply, (x,), raise_exception=False))"),
    "no gradient": ("return None", "gradcheck(Wrong.apply, (x,))"),
    "not multiplied": ("return 3 * ctx.saved_tensors[0] ** 2", "gradcheck(Wrong.apply, (x[:1],))"),
    "wrong shape": ("return g.sum()", "gradcheck(Wrong.apply, (x,))"),
    "not twice differentiable": (
        "return g * 3 * ctx.saved_tensors[0].detach() ** 2",
        "print(gradcheck(Wrong.apply, (x,)))\n"
        "print(gradgradcheck(Wrong.apply, (x,), (torch.ones(2, dtype=torch.float64, requires_grad=True),)))",
    ),
    "single precision warns": ("return g", "gradcheck(Wrong.apply, (x.float().detach().requires_grad_(),))"),
}


@pytest.mark.parametrize("name", GRADCHECKS)
def test_gradcheck_finds(name):
    body, check = GRADCHECKS[name]
    engine, wanted = agree(_WRONG.format(body=body) + check)
    assert engine == wanted


_CHECKPOINT = """
runs = []
def body(t):
    runs.append(torch.is_grad_enabled()); return t.sin() * t.cos()
def grows(t):
    runs.append(1); return t.sin().cos() if len(runs) == 2 else t.sin()
def shrinks(t):
    runs.append(1); return t.sin().cos() if len(runs) == 1 else t.sin()
def narrows(t):
    runs.append(1); return (t if len(runs) == 1 else t[:1]).sin().cos()
def widens(t):
    runs.append(1); return (t if len(runs) == 1 else t.double()).sin().cos()
x = torch.tensor([1., 2.], requires_grad=True)
"""
CHECKPOINTS = {
    "no choice warns": "print(ckpt.checkpoint(body, x))",
    "recomputes once": "ckpt.checkpoint(body, x, use_reentrant=False).sum().backward(); print(runs, x.grad)",
    "reentrant": "ckpt.checkpoint(body, x, use_reentrant=True).sum().backward(); print(runs, x.grad)",
    "reentrant graph": "y = ckpt.checkpoint(body, x, use_reentrant=True); print(y, y.grad_fn.name())",
    "non-reentrant graph": "y = ckpt.checkpoint(body, x, use_reentrant=False); print(y, y.grad_fn.next_functions)",
    "no input requires grad": "print(ckpt.checkpoint(body, x.detach(), use_reentrant=True))",
    "keyword arguments": "print(ckpt.checkpoint(lambda t, k: t * k, x, k=3., use_reentrant=False))",
    "no keyword arguments": "ckpt.checkpoint(lambda t, k: t * k, x, k=3., use_reentrant=True)",
    "no context_fn": "ckpt.checkpoint(body, x, use_reentrant=True, context_fn=lambda: 3)",
    "unknown determinism_check": "ckpt.checkpoint(body, x, use_reentrant=False, determinism_check='x')",
    "reentrant refuses inputs": "torch.autograd.grad(ckpt.checkpoint(body, x, use_reentrant=True).sum(), x)",
    "nothing to do": "ckpt.checkpoint(lambda t: t.detach(), x, use_reentrant=True).sum().backward()",
    "saves more": """
with ckpt.set_checkpoint_early_stop(False):
    y = ckpt.checkpoint(grows, x, use_reentrant=False)
y.sum().backward()
""",
    "saves more, stopped early": "ckpt.checkpoint(grows, x, use_reentrant=False).sum().backward(); print(x.grad)",
    "saves less": "ckpt.checkpoint(shrinks, x, use_reentrant=False).sum().backward()",
    "saves another shape": "ckpt.checkpoint(narrows, x, use_reentrant=False).sum().backward()",
    "saves another dtype": "ckpt.checkpoint(widens, x, use_reentrant=False).sum().backward()",
    "not compared": """
ckpt.checkpoint(lambda t: t.sin(), x, use_reentrant=False, determinism_check='none').sum().backward()
print(x.grad)
""",
    "stops as soon as it can": """
def body(t):
    y = t.sin()
    print('sin')
    z = y * t
    print('product')
    return z
ckpt.checkpoint(body, x, use_reentrant=False).sum().backward()
with ckpt.set_checkpoint_early_stop(False):
    ckpt.checkpoint(body, x, use_reentrant=False).sum().backward()
ckpt.checkpoint(body, x, use_reentrant=False, early_stop=False).sum().backward()
""",
    "freed": "y = ckpt.checkpoint(body, x, use_reentrant=False).sum(); y.backward(); y.backward()",
    "retained": """
y = ckpt.checkpoint(body, x, use_reentrant=False).sum()
y.backward(retain_graph=True)
y.backward()
print(runs, x.grad)
""",
    "reentrant retained": """
y = ckpt.checkpoint(body, x, use_reentrant=True).sum()
y.backward(retain_graph=True)
y.backward()
print(runs, x.grad)
y.backward()
""",
    "twice differentiable": """
g, = torch.autograd.grad(ckpt.checkpoint(body, x, use_reentrant=False).sum(), x, create_graph=True)
print(torch.autograd.grad(g.sum(), x))
""",
    "nested": """
inner = lambda t: ckpt.checkpoint(body, t, use_reentrant=False)
ckpt.checkpoint(lambda t: inner(t).exp(), x, use_reentrant=False).sum().backward()
print(len(runs), x.grad)
""",
    "saved values by hand": """
y = ckpt.checkpoint(lambda t: t.exp() * 3, x, use_reentrant=False)
print(y.grad_fn.next_functions[0][0]._saved_result)
""",
    "random state": """
y = ckpt.checkpoint(lambda t: F.dropout(t * 2, 0.5), x.repeat(20), use_reentrant=False)
y.sum().backward()
a = torch.rand(1)
print(torch.equal(y.reshape(20, 2).sum(0) / x, x.grad), a)
""",
    "under no_grad": "with torch.no_grad(): print(ckpt.checkpoint(body, x, use_reentrant=False), runs)",
    "sequential": """
m = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
ckpt.checkpoint_sequential(m, 2, x, use_reentrant=False).sum().backward()
print(m[0].weight.grad)
""",
    "sequential warns": "print(ckpt.checkpoint_sequential([torch.sin, torch.cos], 2, x))",
    "sequential keywords": "ckpt.checkpoint_sequential([torch.sin], 1, x, use_reentrant=False, foo=1)",
    "other outputs": "print(ckpt.checkpoint(lambda t: (t * 2, 3, None), x, use_reentrant=True))",
    "groups do not nest": "with ckpt.GraphExecGroup():\n    with ckpt.GraphExecGroup(): pass",
}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_checkpoint(name):
    engine, wanted = agree(_CHECKPOINT + CHECKPOINTS[name])
    assert engine == wanted
