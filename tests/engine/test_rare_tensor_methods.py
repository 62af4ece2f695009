"""Methods that few programs call: other shapes in the old way, DLPack, swapped tensors, shapes not known yet."""

import pytest

from .twin import agree

_SHOW = """
import copy
def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
x = torch.ones(2, requires_grad=True)
y = x * 2
u = nn.UninitializedParameter()
"""
EXPRESSIONS = [
    *(f"x.{call}" for call in ("resize_as_(torch.ones(4))", "resize_as_()", "resize_as_(3)", "resize(2, 1)", "name")),
    *(f"torch.ones(2).{call}" for call in ("resize(2)", "resize(3)", "resize((2, 1))", "resize()", "resize('a')")),
    *(f"torch.ones(2, 3).{call}" for call in ("resize(3, 2)", "resize_as(torch.ones(6))", "resize_as(torch.ones(3))")),
    "torch.ones(2).resize_as_(torch.ones(3)).shape",
    "x.apply_(lambda a: a)",
    "torch.ones(2).map_(torch.ones(3), lambda a, b: a)",
    "torch.ones(2, 2).map_(torch.tensor([3., 5.]), lambda a, b: a + b)",
    "torch.resize_as_(torch.ones(2), torch.ones(1)).shape",
    "torch.autograd.grad(y.resize(2, 1), x, torch.tensor([[1.], [2.]]))",
    "y.resize(1, 2).add_(1)",
    "torch.autograd.Variable(torch.ones(1), name='x').name",
    "torch.autograd.Variable(torch.ones(1), True, True)",
    *(f"{tensor}.__dlpack__() is None" for tensor in ("x", "x.detach()", "torch.ones(2, dtype=torch.bool)")),
    *(f"torch.ones(2).{call}" for call in ("__dlpack_device__()", "__dlpack__(stream=3)")),
    "torch.from_dlpack(x)",
    "torch.from_dlpack(x.detach()).data_ptr() == x.data_ptr()",
    "torch.from_dlpack(x.detach().numpy())",
    *(f"torch.autograd.graph.region_activation_memory_budget({value})" for value in ("0.5", "'x'", "2", "True", "-1")),
    *(f"u{use}" for use in ("", " + 1", ".shape", ".size()", ".dtype", ".data", ".is_leaf", ".add_(1)", ".numel()")),
    *(f"u.{use}" for use in ("clone()", "half()", "cpu()", "detach()", "tolist()", "requires_grad_(False)", "item()")),
    *(f"u.{use}" for use in ("share_memory_()", "materialize((2, 1))", "_version", "grad", "requires_grad")),
    "len(u)",
    "copy.deepcopy(u)",
    "isinstance(u, nn.Parameter), nn.parameter.is_lazy(u), nn.parameter.is_lazy(x)",
    "nn.UninitializedParameter(False, dtype=torch.float64).data",
    "nn.UninitializedBuffer() + 1",
    "isinstance(nn.UninitializedBuffer(), nn.Buffer), nn.UninitializedBuffer()",
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_same(expression):
    engine, wanted = agree(f"{_SHOW}\nshow(lambda: {expression})\nprint(x._version, y._version)")
    assert engine == wanted


def test_materialized():
    engine, wanted = agree(
        f"{_SHOW}\nu.materialize((2, 1), dtype=torch.float64)\nprint(type(u), u.shape, u.dtype, u.requires_grad)\n"
        "b = nn.UninitializedBuffer()\nb.materialize((2,))\nprint(type(b), b.shape, isinstance(b, nn.Buffer))"
    )
    assert engine == wanted


SWAPS = {
    "a leaf of a graph": "a = torch.ones(1, requires_grad=True)\nb = torch.zeros(1)\nb.foo = 1\nz = (a * 2).sum()",
    "two leaves": (
        "a, b = torch.ones(1, requires_grad=True), torch.zeros(1, requires_grad=True)\n"
        "z = (a * 2).sum()\nv = (b * 3).sum()"
    ),
    "a parameter": "a, b = torch.zeros(2), nn.Parameter(torch.ones(3))\nz = (b * 2).sum()",
    "a result": "l = torch.ones(1, requires_grad=True)\na, b = l * 2, torch.zeros(1)\nz = l.sum()",
    "a saved tensor": "a, b = torch.ones(1, requires_grad=True), torch.zeros(1)\nz = (a * a).sum()",
    "a base": "a, b = torch.ones(2, requires_grad=True) * 1, torch.zeros(1)\nz = a[:1].sum()",
    "hooked": "a, b = torch.ones(1, requires_grad=True), torch.zeros(1)\na.register_hook(print)\nz = b.sum()",
    "with a weak reference": "import weakref\na, b = torch.ones(1), torch.zeros(1)\nr = weakref.ref(a)\nz = b",
}


@pytest.mark.parametrize("case", SWAPS)
def test_swapped_tensors(case):
    engine, wanted = agree(
        f"{_SHOW}\n{SWAPS[case]}\nshow(lambda: torch.utils.swap_tensors(a, b))\n"
        "print(type(a).__name__, a, a.__dict__, type(b).__name__, b, b.__dict__)\nshow(lambda: z.backward())\n"
        "for t in (a, b):\n    print(t.is_leaf and t.grad)\n    show(lambda: (t * 5).sum().backward())\n"
        "    print(t.is_leaf and t.grad)"
    )
    assert engine == wanted
