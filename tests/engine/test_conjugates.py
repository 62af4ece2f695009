"""Conjugates and negatives that are computed when read: which results share memory, what writes do, what is refused."""

import pytest

from .twin import agree

_SETUP = """
import copy
z = torch.tensor([1+2j, 3-1j])
c = z.conj()
n = torch._neg_view(z)
i = c.imag
m = torch.tensor([[1+2j, 1j], [2, 3-1j]])
s = torch.tensor(1+2j)
mask = torch.tensor([True, False])
def told(t):
    if not isinstance(t, torch.Tensor):
        return t
    return (t.is_conj(), t.is_neg(), t._version, t._is_view(), t._base is z, t.data_ptr() == z.data_ptr(), t)
def show(f):
    try:
        print(told(f()))
    except Exception as e:
        print(type(e).__name__, e)
"""
EXPRESSIONS = [
    *(f"c{use}" for use in ("", "[0]", "[:1]", "[[0]]", "[mask]", " + 1", " * 1", " == z", " @ z", "[0].item()")),
    *(f"c.{method}()" for method in (
        "conj", "clone", "contiguous", "detach", "t", "abs", "sum", "resolve_conj", "resolve_neg", "conj_physical",
        "tolist", "numpy", "angle", "sgn", "unbind", "flatten", "squeeze", "cpu", "mean", "prod", "exp", "cdouble",
        "bool", "is_contiguous", "is_complex", "adjoint", "__dlpack__", "_conj", "_neg_view",
    )),
    *(f"c.{call}" for call in (
        "data", "real", "imag", "view(2, 1)", "reshape(2, 1)", "unsqueeze(0)", "expand(2, 2)", "to(torch.complex128)",
        "to(torch.complex64)", "to('cpu', copy=True)", "resolve_conj().numpy()", "numpy(force=True)",
        "view(torch.int32)", "new_zeros(1)", "split(1)[0]", "as_strided((1,), (1,))", "permute(0)", "roll(1)",
        "transpose(0, 0)",
        "index_select(0, torch.tensor([0]))", "equal(c)", "masked_fill(mask, 0)", "repeat(2)", "chunk(2)[0]",
        "narrow(0, 0, 1)", "select(0, 0)", "movedim(0, 0)", "is_set_to(z)", "__array__()",
    )),
    *(f"i{use}" for use in (
        "", " + 1", " * i", "[0].item()", ".clone()", ".sum()", ".tolist()", ".numpy()", ".resolve_neg()", ".detach()",
        ".data", ".view(2, 1)", ".resolve_conj()", ".is_conj()", ".view(torch.int32)", ".conj()", ".imag",
        ".__array__()",
    )),
    *(f"n{use}" for use in (
        "", ".conj()", ".real", ".imag", ".conj().imag", ".conj().real", ".view(torch.float32)", ".numpy()", " + 1",
        ".resolve_neg()", "._neg_view()", ".conj().resolve_conj()",
    )),
    *(f"{t}.{view}" for t in ("m", "s", "c", "torch.ones(2)", "torch.ones(2, 2, 2)") for view in (
        "T", "H", "mT", "mH", "adjoint()",
    )),
    *("torch.stack([c, c])", "torch.cat([c, z])", "torch.flip(c, [0])", "torch.dot(c, z)", "torch.vdot(z, z)"),
    *("torch.zeros_like(c)", "torch.asarray(c)", "torch.tensor(c)", "torch.allclose(c, c)", "torch.where(mask, c, z)"),
    *("torch.view_as_real(c)", "torch.view_as_real(n)", "torch.is_conj(c)", "torch.is_neg(i)", "torch.conj(z)"),
    *("torch.resolve_conj(c)", "torch.resolve_neg(n)", "torch.conj_physical(c)", "torch.real(c)", "z.resolve_conj()"),
    *("(x := torch.ones(2)).conj() is x", "(x := torch.ones(2)).conj_physical() is x", "c.untyped_storage().nbytes()"),
    *("m @ m.mH", "m.mH @ m", "copy.deepcopy(i)", "copy.copy(c).is_conj()", "c.reshape(1, 2)", "i.reshape(1, 2)"),
]  # fmt: skip


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_same(expression):
    engine, wanted = agree(f"{_SETUP}\nshow(lambda: {expression})\nprint(z)")
    assert engine == wanted


WRITES = [
    *(
        "c += 1j",
        "c[0] = 5j",
        "c.imag[0] = 7",
        "c.mul_(c)",
        "c.copy_(z * 1j)",
        "z.copy_(c)",
        "c.zero_()",
        "c.fill_(1j)",
    ),
    *("c.add_(z)", "z.add_(c)", "torch.add(z, 1, out=c)", "c[[1]] = 2j", "c.masked_fill_(mask, 3j)", "c.data.mul_(2)"),
    *("c.conj_physical_()", "z.conj_physical_()", "c.real.mul_(2)", "c.imag.add_(1)", "i[0] = 9", "i.neg_()"),
    *("c.index_add_(0, torch.tensor([0]), torch.tensor([1j]))", "n.add_(1)", "n.conj().add_(1j)", "c[:1].mul_(2j)"),
]


@pytest.mark.parametrize("write", WRITES)
def test_writes(write):
    engine, wanted = agree(f"{_SETUP}\n{write}\nprint(z, c, n, i)\nprint(z._version, c._version, i._version)")
    assert engine == wanted


RECORDED = {
    "nodes": "c = z.conj()\nprint(c, c.grad_fn, c.imag.grad_fn.next_functions, c.resolve_conj(), z.conj_physical())",
    "a leaf": "show(lambda: z.conj().mul_(2))\nshow(lambda: z.conj().is_leaf)",
    "gradient taken over": (
        "for _ in range(2):\n    z.conj().backward(g)\n    print(z.grad, z.grad.is_conj(), z.grad._version)"
    ),
    "gradient of a sum": "z.conj().sum().backward(torch.tensor(1+1j))\nprint(z.grad, z.grad.is_conj())",
    "gradient captured": "t, = torch.autograd.grad(z.conj(), z, g)\nprint(t, t.is_conj())",
    "gradient of a part": "t, = torch.autograd.grad(z.conj().imag.sum(), z)\nprint(t, t.is_conj())",
    "written through": (
        "y = z * 1\nc = y.conj()\nc.mul_(2j)\nprint(y, c, y.grad_fn, c.grad_fn)\nc.real.sum().backward()\nprint(z.grad)"
    ),
    "written below": (
        "y = z * 1\nc = y.conj()\ny.mul_(2)\nprint(c, c.grad_fn)\nc.real.sum().backward()\nprint(z.grad)"
    ),
    "a part written": (
        "y = z * 1\nv = y.conj()[:1]\nv.mul_(3)\nprint(v.grad_fn, y.grad_fn, y)\ny.real.sum().backward()\nprint(z.grad)"
    ),
    "saved": (
        "w = z.conj() * z\nprint(w.grad_fn._saved_self.is_conj(), w.grad_fn._saved_other.is_conj())\n"
        "w.backward(g)\nprint(z.grad)"
    ),
    "saved and written": (
        "y = z * 1\nw = y.conj() * 2j\nu = y.conj().exp()\ny.add_(1)\nshow(lambda: w.backward(g))\n"
        "show(lambda: u.backward(g))"
    ),
    "no_grad": "with torch.no_grad():\n    c = z.conj()\nprint(c._is_view(), c.is_conj(), c.requires_grad)",
    "inference": "with torch.inference_mode():\n    c = torch.tensor([1j]).conj()\nprint(c, c.is_conj())",
    "hook": "y = z.conj().conj()\ny.register_hook(lambda t: print(t, t.is_conj()))\ny.backward(g)",
    "matrices": (
        "a = z.reshape(1, 2)\no = a @ a.mH\nprint(o, o.grad_fn, a.mH)\no.backward(torch.tensor([[1+0j]]))\n"
        "print(z.grad)"
    ),
    "tangents": (
        "fw = torch.autograd.forward_ad\nwith fw.dual_level():\n    d = fw.make_dual(z.detach(), g)\n"
        "    for r in (d.conj(), d.conj().imag, d.conj().resolve_conj(), d.conj_physical()):\n"
        "        p, t = fw.unpack_dual(r)\n        print(p, t, t.is_conj(), t.is_neg())"
    ),
    "checked": (
        "w = torch.tensor([1+2j], dtype=torch.complex128, requires_grad=True)\n"
        "print(gradcheck(lambda w: w.conj() * w, w), gradgradcheck(lambda w: w.conj() * w.conj().imag, w))"
    ),
}


@pytest.mark.parametrize("case", RECORDED)
def test_recorded(case):
    engine, wanted = agree(f"{_SETUP}z.requires_grad_()\ng = torch.tensor([1+1j, 2j])\n{RECORDED[case]}")
    assert engine == wanted
