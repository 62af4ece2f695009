"""What nodes show of what they kept: hooks on one value, absent values, freed values; counters set by hand."""

import pytest

from .twin import agree

_SHOW = """
def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
keep = lambda t: t
"""
NODES = {
    "a result": "y = torch.ones(2, requires_grad=True).exp()\nraw = lambda: y.grad_fn._raw_saved_result",
    "nothing": (
        "y = F.batch_norm(torch.ones(2, 3, requires_grad=True), None, None, training=True)\n"
        "raw = lambda: y.grad_fn._raw_saved_running_mean"
    ),
    "an index": "y = torch.ones(2, 2, requires_grad=True)[:, [0]]\nraw = lambda: y.grad_fn._raw_saved_indices[1]",
    "no index": "y = torch.ones(2, 2, requires_grad=True)[:, [0]]\nraw = lambda: y.grad_fn._raw_saved_indices[0]",
    "a tensor of a Function": "y = Twice.apply(x)\nraw = lambda: y.grad_fn._raw_saved_tensors[1]",
    "None of a Function": "y = Twice.apply(x)\nraw = lambda: y.grad_fn._raw_saved_tensors[0]",
}
_TWICE = """
class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(None, x)
        return x * 2
    @staticmethod
    def backward(ctx, g):
        print(ctx.saved_tensors)
        return g
x = torch.ones(2, requires_grad=True)
"""
MOMENTS = {
    "kept": "",
    "hooked": "show(lambda: raw().register_hooks(keep, keep))",
    "used": "y.sum().backward(retain_graph=True)",
    "freed": "y.sum().backward()",
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("node", NODES)
def test_hooks_on_one_kept_value(node, moment):
    engine, wanted = agree(
        f"{_SHOW}{_TWICE}{NODES[node]}\n{MOMENTS[moment]}\nshow(raw)\nshow(lambda: raw().register_hooks(keep, keep))\n"
        "show(lambda: raw().register_hooks(1, keep))\nshow(lambda: raw().register_hooks())\n"
        "print(isinstance(raw(), torch._C._autograd.SavedTensor))"
    )
    assert engine == wanted


def test_nobody_makes_a_kept_value_by_hand():
    engine, wanted = agree(f"{_SHOW}show(torch._C._autograd.SavedTensor)")
    assert engine == wanted


SETTINGS = ["((t,), (3,))", "((t, t), (3,))", "([t, v], [5, 6])", "(t, 5)", "((t,), (-1,))", "((i,), (3,))", "((), ())"]


@pytest.mark.parametrize("arguments", SETTINGS)
def test_versions_set_by_hand(arguments):
    engine, wanted = agree(
        f"{_SHOW}t = torch.ones(2)\nv = t[:1]\nwith torch.inference_mode(): i = torch.ones(2)\n"
        f"show(lambda: torch._C._autograd._unsafe_set_version_counter{arguments})\nprint(t._version, v._version)"
    )
    assert engine == wanted


@pytest.mark.parametrize("several", ["t", "(t, u)", "[i, t]", "(i, t)"])
def test_writes_that_are_not_counted(several):
    engine, wanted = agree(
        f"{_SHOW}t, u = torch.ones(2), torch.ones(2).add_(1)\nwith torch.inference_mode(): i = torch.ones(2)\n"
        f"with torch.autograd._unsafe_preserve_version_counter({several}) as entered:\n"
        "    t.add_(1), u.add_(1)\n    print(t._version, u._version, entered)\nprint(t._version, u._version, t, u)"
    )
    assert engine == wanted
