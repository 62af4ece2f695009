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
