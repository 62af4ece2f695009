"""gradcheck along one direction, what it says where derivatives disagree, and the functions that came before it."""

import pytest

from .twin import agree

_SETUP = """
import sys
module = sys.modules[gradcheck.__module__]
def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
class Wrong(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 2
    @staticmethod
    def backward(ctx, g): return g * 3
    @staticmethod
    def jvp(ctx, t): return t * 5
class Near(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 2
    @staticmethod
    def backward(ctx, g): return g * (2 + 1e-3)
x, y = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in ([1., 2.], [[3., 0.5], [1., -1.]]))
z = torch.tensor([1+2j, 3-1j], dtype=torch.complex128, requires_grad=True)
one = torch.ones(1, dtype=torch.float64, requires_grad=True)
"""
CALLS = [
    "lambda x: x.sin(), x",
    "lambda x, y: (x * y, y @ x, x.detach()), (x, y)",
    "lambda x, y: y @ x, (x, y), check_forward_ad=True",
    "Wrong.apply, one",
    "Wrong.apply, x",
    "Wrong.apply, x, raise_exception=False",
    "lambda x, y: (x.exp(), Wrong.apply(y)), (x, y)",
    "lambda x: (x, Wrong.apply(x) * (1+2j)), x",
    "Wrong.apply, z",
    "lambda z: z * z.conj(), z",
    "lambda z: (z * z).abs(), z",
    "Near.apply, x",
    "Near.apply, x, rtol=0., atol=1e-3",
    "Wrong.apply, x, check_forward_ad=True, check_backward_ad=False, check_undefined_grad=False",
    "lambda z: z * z, z, check_forward_ad=True",
    "lambda x: x.to(torch.float32).to(torch.float64), x",
    "lambda x: x.detach(), x",
    "lambda x: x.detach().round(), x",
    "lambda x: torch.tensor(3.), x",
    "lambda x: x * torch.rand(2, dtype=torch.float64), x",
]


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("arguments", CALLS)
def test_checks(arguments, fast):
    engine, wanted = agree(
        f"{_SETUP}\nshow(lambda: gradcheck({arguments}, fast_mode={fast}))\nprint(torch.rand(1), x, y, z)"
    )
    assert engine == wanted


@pytest.mark.parametrize("arguments", ["lambda x: x.sin(), x", "lambda z: z * z.conj(), z", "Wrong.apply, x"])
def test_second_derivatives(arguments):
    engine, wanted = agree(f"{_SETUP}\nshow(lambda: gradgradcheck({arguments}, fast_mode=True))")
    assert engine == wanted


BEFORE = [
    "module.get_numerical_jacobian(lambda xs: xs[0] * xs[0], (x,))",
    "module.get_numerical_jacobian(lambda xs: xs[0].sum() * 2, (x, y), eps=1e-5)",
    "module.get_numerical_jacobian(lambda xs: xs[0].sum() * xs[1], (x, y), target=x)",
    "module.get_numerical_jacobian(lambda xs: xs[0] * 2, (x,), grad_out=2.0)",
    "module.get_analytical_jacobian((x,), x * x)",
    "module.get_analytical_jacobian((x, y), Wrong.apply(x))",
    "module.get_analytical_jacobian((x,), x * x, grad_out=2.0)",
    "module.get_analytical_jacobian((z,), z * z)",
]


@pytest.mark.parametrize("expression", BEFORE)
def test_functions_from_before(expression):
    engine, wanted = agree(f"{_SETUP}\nshow(lambda: {expression})\nprint(x)")
    assert engine == wanted
