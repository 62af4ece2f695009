"""Draws with parameters per element, and windows, against the installed torch: values by seed, history, refusals."""

from __future__ import annotations

import pytest

from .twin import agree

DRAWS = (
    "torch.poisson(rates)",
    "torch.poisson(rates * 20)",
    "torch.normal(rates, 0.5)",
    "torch.normal(0.5, rates)",
    "torch.normal(rates, rates)",
    "rates.clone().cauchy_()",
    "rates.clone().cauchy_(1.0, sigma=0.5)",
    "rates.clone().log_normal_()",
    "rates.clone().log_normal_(0.0, 0.25)",
    "rates.clone().geometric_(0.3)",
    "torch.randint_like(rates, 5)",
    "torch.randint_like(rates, 2, 5)",
)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("draw", DRAWS)
def test_draws_agree_by_seed_and_have_gradient_zero(draw, dtype):
    found, wanted = agree(f"""
rates = torch.tensor([[0.5, 1.5, 3.0], [2.0, 0.25, 4.0]], dtype=torch.{dtype}, requires_grad=True)
torch.manual_seed(3)
drawn = {draw}
print([round(value, 4) for value in drawn.reshape(-1).tolist()], drawn.dtype, tuple(drawn.shape))
if drawn.grad_fn is not None:
    print(drawn.grad_fn.name(), [name for name in dir(drawn.grad_fn) if name.startswith("_saved")])
    drawn.sum().backward()
    print(rates.grad.tolist())
print(torch.rand(2).tolist())
""")
    assert found == wanted


def test_normal_of_a_size_and_what_is_refused():
    found, wanted = agree("""
torch.manual_seed(1)
print([round(value, 4) for value in torch.normal(1.0, 2.0, (3,)).tolist()])
for refused in (lambda: torch.poisson(torch.tensor([-1.0])), lambda: torch.ones(2).geometric_(1.5)):
    try:
        refused()
    except RuntimeError as error:
        print(error)
""")
    assert found == wanted


@pytest.mark.parametrize("name", ["hann", "hamming", "blackman", "bartlett", "kaiser"])
def test_windows_agree(name):
    found, wanted = agree(f"""
for length in (0, 1, 2, 5, 8):
    for periodic in (True, False):
        window = torch.{name}_window(length, periodic, dtype=torch.float64)
        print(window.dtype, [round(value, 9) + 0.0 for value in window.tolist()])
print(torch.{name}_window(4).dtype)
""")
    assert found == wanted


BINOMIALS = (
    "full((4,), 5.0), numbers([0.0, 1.0, 0.25, 0.75])",
    "full((4,), 50.0), numbers([0.3, 0.5, 0.6, 0.9])",
    "full((40,), 1000.0), full((40,), 0.3)",
    "full((2, 1), 5.0), numbers([0.5, 0.5, 0.5])",
    "numbers([-1.0, 0.0, 7.0, 6.0]), numbers([0.5, 0.5, 2.0, float('nan')])",
    "full((2,), 5.0), numbers([0.5, 0.5, 0.5])",
    "full((2,), 5.0), torch.ones(2, dtype=torch.float16)",
    "full((2,), 5), full((2,), 0.5)",
    "full((2,), 5.0, dtype=torch.bfloat16), full((2,), 0.5, dtype=torch.bfloat16)",
    "full((2,), 5.0), 0.5",
    "prob=full((2,), 0.5), count=full((2,), 9.0)",
)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("arguments", BINOMIALS)
def test_binomial_draws_agree_by_seed_and_have_no_derivative(arguments, dtype):
    found, wanted = agree(f"""
torch.set_default_dtype(torch.{dtype})
full, numbers = torch.full, torch.tensor
drawn = torch.binomial({arguments})
print(drawn, torch.rand(2).tolist())
chance = torch.full((2,), 0.5, requires_grad=True)
recorded = torch.binomial(torch.ones(2), chance)
print(recorded.requires_grad, recorded.grad_fn.name())
recorded.sum().backward()
""")
    assert found == wanted


def test_a_binomial_draw_refuses_dual_tensors():
    found, wanted = agree("""
with torch.autograd.forward_ad.dual_level():
    torch.binomial(torch.ones(2), torch.autograd.forward_ad.make_dual(torch.ones(2), torch.ones(2)))
""")
    assert found == wanted
