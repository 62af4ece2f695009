"""`out=`: of functions with several results a tuple, of methods nothing."""

import pytest

from .twin import agree

_SETUP = """
import warnings
warnings.simplefilter("ignore")
x = torch.tensor([[2.0, 1.0], [1.0, 3.0]])
def like(found):
    return tuple(torch.empty(0, dtype=part.dtype) for part in found)
def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
"""
SEVERAL = (
    "sort(x | max(x, 0 | min(x, 0 | topk(x, 1 | frexp(x | linalg.eigh(x | aminmax(x | linalg.slogdet(x | median(x, 0 | "
    "nanmedian(x, 0 | mode(x, 0 | kthvalue(x, 1 | linalg.cholesky_ex(x | linalg.lu(x | linalg.inv_ex(x | "
    "triangular_solve(x, x | cummax(x, 0 | cummin(x, 0 | linalg.lu_factor(x | linalg.qr(x | linalg.eig(x"
)


@pytest.mark.parametrize("call", SEVERAL.split(" | "))
def test_several_results(call):
    engine, wanted = agree(f"""{_SETUP}
plain = torch.{call})
given = like(plain)
found = torch.{call}, out=given)
print(type(found), all(a is b for a, b in zip(found, given)))
print([bool(((a - b).abs() < 1e-5).all()) for a, b in zip(found, plain)])
for place in range(len(given)):
    for dtype in (torch.float64, torch.int16):
        other = list(like(plain))
        other[place] = torch.empty(0, dtype=dtype)
        show(lambda: torch.{call}, out=tuple(other)) and None)
show(lambda: torch.{call}, out=given[:1]))
show(lambda: torch.{call}, out=(*given, given[0])))
with torch.autograd.forward_ad.dual_level():
    x = torch.autograd.forward_ad.make_dual(x, x)
    show(lambda: torch.{call}, out=like(plain)))
x = torch.autograd.forward_ad.unpack_dual(x).primal.requires_grad_()
show(lambda: torch.{call}, out=like(plain)))
""")
    assert engine == wanted


MISFITS = """
torch.topk(x, 1, out=x) | torch.frexp(x, out=x) | torch.add(x, x, out=(x,)) | torch.exp(x, out=(x,))
torch.dot(x[0], x[0], out=3)
torch.linalg.qr(x, out=x) | torch.topk(x, 1, out=(x, 3)) | torch.unbind_copy(x, out=x) | torch.unbind_copy(x, out=(x,))
torch.unbind_copy(x, out=like((x, x))) | torch.select_copy(x, 0, 1, out=like((x,))[0].double())
torch.select_copy(x.clone().requires_grad_(), 0, 1, out=like((x,))[0]) | torch.mm(x, x, out=x.to(torch.int16))
torch.select_copy(x * (1j * x.clone().requires_grad_()), 0, 1) | torch.slice_copy(x * (1j * x.clone().requires_grad_()))
""".strip().replace("\n", " | ")
METHODS = """
x.add(x, out=x) | x.add(1, out=x) | x.exp(out=x) | x.exp(out=None) | x.exp(foo=1) | x.sum(out=x) | x.sum(0, out=x)
x.pow(2, out=x) | x.mm(x, out=x) | x.matmul(x, out=x) | x.clamp(0, 1, out=x) | x.max(0, out=(x, x)) | x.exp_(out=x)
x.gather(0, x.long(), out=x) | x.t(out=x) | x.add_(x, out=x) | x.remainder(2, out=x) | x.topk(1, out=(x, x))
x.neg(out=x) | x.cumsum(0, out=x) | x.index_select(0, x[0].long(), out=x) | x.isnan(out=x) | x.lerp(x, 0.5, out=x)
x.addmm(x, x, out=x) | x.take_along_dim(x.long(), 0, out=x) | x.fmod(x, out=x) | x.fill_(1, out=x) | x.prod(out=x)
x.scatter(0, x.long(), x, out=x)
""".strip().replace("\n", " | ")


@pytest.mark.parametrize("call", [*MISFITS.split(" | "), *METHODS.split(" | ")])
def test_what_does_not_fit(call):
    engine, wanted = agree(f"{_SETUP}\nshow(lambda: {call})")
    assert engine == wanted
