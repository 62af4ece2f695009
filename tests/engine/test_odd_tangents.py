"""Tangents that are not the derivative, or not all of it, because PyTorch's own formulas are so; and refusals."""

import pytest

from .twin import agree

_SETUP = """
import warnings
warnings.simplefilter("ignore")  # each engine says once, and not at the same call, what is deprecated
fw = torch.autograd.forward_ad
def dual(values, tangent=None):
    primal = plain(values)
    return fw.make_dual(primal, torch.ones_like(primal) if tangent is None else plain(tangent))
def plain(values):
    return torch.tensor(values, dtype=torch.double)
def show(f):
    try:
        found = f()
        print([(part * 1e6).round() / 1e6 + 0.0 for part in (found if isinstance(found, tuple) else (found,))])
    except Exception as e:
        print(type(e).__name__, e)
a, da = [[2.0, 3.0], [5.0, 7.0]], [[0.1, 0.2], [0.3, 0.5]]
b, db = [[1.0], [4.0]], [[0.7], [1.1]]
n, inf = float('nan'), float('inf')
"""
CALLS = """
torch.triangular_solve(plain(b), dual(a, da)) | torch.triangular_solve(dual(b, db), dual(a, da), False, True)
torch.triangular_solve(dual(b, db), dual(a, da), True, True, True) | torch.triangular_solve(plain([b, b]), dual(a, da))
torch.cholesky_inverse(dual(a, da)) | torch.cholesky_inverse(dual(a, da), upper=True)
dual([-100.0, 0.0]).logcumsumexp(0) | dual([-inf, 0.0, 1.0]).logcumsumexp(0) | dual([0.0, inf]).logcumsumexp(0)
dual(1.5).logcumsumexp(0) | dual([[1.0, 2.0], [3.0, -inf]]).logcumsumexp(1) | dual([]).logcumsumexp(0)
torch.logcumsumexp(torch.tensor([-2j, 3j, 1j, n * 1j]), 0) | torch.logcumsumexp(torch.tensor([1, 2]), 0)
torch.logcumsumexp(torch.tensor([1, 2]), 0, out=torch.ones(2)) | torch.logcumsumexp(torch.tensor([1, 2]), 5)
torch.igamma(plain([2.0]), dual([1.0])) | torch.igammac(dual([2.0]), plain([1.0])) | plain([2.0]).igamma_(dual([1.0]))
torch.float_power(2j, dual([1.0, 2.0])) | torch.float_power(2, dual([1.0, 2.0])) | torch.cdist(dual(a), plain(a), p=1.0)
torch.triangular_solve(plain(b), plain(a[:1])) | torch.triangular_solve(plain([b, b, b]), plain([a, a]))
torch.triangular_solve(plain([[1.0]]), plain(a))
torch.linalg.solve_triangular(plain([a, a]), plain([b, b, b]), upper=True)
""".strip().replace("\n", " | ")


@pytest.mark.parametrize("call", CALLS.split(" | "))
def test_tangent_or_refusal(call):
    engine, wanted = agree(f"{_SETUP}with fw.dual_level():\n    show(lambda: {call})\n")
    assert engine == wanted


NEAR = "0.001 0.3, 0.2 0.9, 0.5 0.5, 0.3 1.05, 2 3, 0 0, 0 1, 1 0, inf inf, -1 2, nan 0, 0 nan, inf nan, nan inf"
TINY = "1e-45 0.5, 1e-39 0.5, 1e-20 1.5, 1e-310 0.5"
LARGE = "3e38 3e38, 1e12 1.000001e12, 1e8 1.0001e8, 200000 200100"  # in single precision few digits are right


@pytest.mark.parametrize(
    ("dtype", "place"),
    [
        *[("float64", place) for place in f"{NEAR}, {TINY}, {LARGE}".split(", ")],
        *[("float32", place) for place in f"{NEAR}, {TINY}".split(", ")],
    ],
)
def test_incomplete_gamma_functions(dtype, place):
    first, second = place.split()
    engine, wanted = agree(f"""
a, x = (torch.tensor(float(v), dtype=torch.{dtype}) for v in ({first!r}, {second!r}))
print('%.4g %.4g' % (torch.igamma(a, x).item(), torch.igammac(a, x).item()))
""")
    assert engine == wanted
