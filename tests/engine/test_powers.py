"""Powers of what is infinite, zero or negative: an exponent in a tensor is not rewritten as a root."""

import pytest

from .twin import agree


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("exponent", [0.5, -0.5, 2.0, 3.0, -1.0, -2.0, 0.25])
def test_limits(dtype, exponent):
    engine, wanted = agree(f"""
inf = float('inf')
x = torch.tensor([-inf, -0.0, 0.0, -1.0, inf], dtype=torch.{dtype})
for e in ({exponent}, torch.tensor({exponent}, dtype=torch.{dtype}), torch.full((5,), {exponent}, dtype=torch.{dtype})):
    print(x.pow(e), x[0].pow(e), torch.float_power(x, e), x**e)
""")
    assert engine == wanted
