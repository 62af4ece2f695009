"""Corners of derivatives: tangents that are missing, gradients of another kind, values that are not finite."""

import pytest

from .twin import agree

_SETUP = """
fw = torch.autograd.forward_ad
inf, nan = float("inf"), float("nan")
t = torch.tensor
def tangents(f, *operands):
    "operands: pairs of a tensor and whether it has a tangent of ones"
    with fw.dual_level():
        try:
            made = f(*[fw.make_dual(x, torch.ones_like(x)) if dual else x for x, dual in operands])
            found = [fw.unpack_dual(r).tangent for r in (made if isinstance(made, tuple) else (made,))]
            print([None if g is None else g + 0 for g in found])  # a zero's sign is left to rounding
        except Exception as e:
            print(type(e).__name__, e)
def gradients(f, *operands):
    leaves = [x.clone().requires_grad_() for x in operands]
    try:
        result = f(*leaves)
        seed = torch.full_like(result.detach(), 1 + 2j) if result.is_complex() else torch.ones_like(result.detach())
        found = torch.autograd.grad(result, leaves, seed, allow_unused=True)
        print([None if g is None else g + 0 for g in found])
    except Exception as e:
        print(type(e).__name__, e)
"""

PROGRAMS = {
    "tangents that rules do not take": """
for name in ("eq_", "lt_", "copysign_"):
    tangents(lambda x, y: getattr(x.clone(), name)(y), (t([1., 2.]), False), (t([1., -3.]), True))
    tangents(lambda x, y: getattr(x.clone(), name)(y), (t([1., 2.]), True), (t([1., -3.]), False))
tangents(torch.copysign, (t([1., 2.]), False), (t([1., -3.]), True))
""",
    "matrix products compute with the zeros of a missing tangent": """
a, b = t([[1., inf], [nan, 2.]]), t([[1., 2.], [3., 4.]])
c = torch.ones(2, 2)
for first, second in ((a, b), (b, a)):
    for duals in ((True, False), (False, True)):
        operands = list(zip((first, second), duals))
        tangents(torch.mm, *operands)
        tangents(lambda x, y: torch.mv(x, y[0]), *operands)
        tangents(lambda x, y: torch.bmm(x[None], y[None]), *operands)
        tangents(lambda x, y: torch.addmm(c, x, y, alpha=2), *operands)
        tangents(lambda x, y: c.clone().addmm_(x, y), *operands)
        tangents(lambda x, y: torch.addmv(c[0], x, y[0], beta=3), *operands)
        tangents(lambda x, y: torch.baddbmm(c[None], x[None], y[None]), *operands)
tangents(lambda c: torch.addmm(c, a, b), (c, True))
""",
    "interpolation computes with the zeros of a missing tangent": """
x, y = t([1., 2., 3.]), t([4., 5., 6.])
for w in (t([0.25, nan, inf]), 0.75):
    tangents(lambda x, y: torch.lerp(x, y, w), (x, True), (y, False))
    tangents(lambda x, y: torch.lerp(x, y, w), (x, False), (y, True))
tangents(lambda w: torch.lerp(x, y, w), (t([0.25, nan, inf]), True))
""",
    "elementwise products know zeros": """
for name in ("mul", "div", "hypot", "atan2", "pow", "mul_", "div_", "hypot_", "atan2_", "pow_"):
    for v in (nan, inf):
        tangents(lambda x, y: getattr(x.clone(), name)(y), (t([v]), False), (t([2.]), True))
        tangents(lambda x, y: getattr(x.clone(), name)(y), (t([2.]), False), (t([v]), True))
""",
    "complex gradients of real operands": """
C, R = t([1 + 2j, 2 - 1j]), t([1., 2.])
m = t([True, False])
for f in (torch.add, torch.sub, torch.mul, torch.div, torch.pow, torch.rsub,
          lambda a, b: torch.where(m, a, b), lambda a, b: torch.where(m, a, 1j), lambda a, b: torch.where(m, 1j, b),
          lambda a, b: torch.dist(a, b), lambda a, b: torch.addcmul(a, a, b), lambda a, b: torch.addcdiv(a, a, b),
          lambda a, b: torch.stack([a, b]), lambda a, b: torch.cat([a, b]), lambda a, b: torch.block_diag(a, b),
          lambda a, b: torch.addr(torch.zeros(2, 2, dtype=torch.cfloat), a, b), torch.outer,
          lambda a, b: a.cumsum(0, dtype=torch.cfloat), lambda a, b: a.cumprod(0, dtype=torch.cfloat),
          lambda a, b: a.sum(dtype=torch.cfloat), lambda a, b: a.prod(dtype=torch.cfloat),
          lambda a, b: a.mean(dtype=torch.cfloat), lambda a, b: a * 1j, lambda a, b: a / 1j, lambda a, b: a + 1j,
          F.l1_loss):
    gradients(f, R, C)
    gradients(f, C, R)
""",
    "losses of two dtypes and of what is not finite": """
t1, t2 = t([1., 2.5, -1., 0.]), t([2., 0.5, -1., 1.])
special = t([inf, -inf, nan, 1., 3e38, 0.]), t([1., inf, 2., nan, -inf, 0.])
def show(f, *operands):
    for i, given in enumerate(operands):
        if given.is_floating_point():
            tangents(f, *[(x, i == k) for k, x in enumerate(operands)])
            try:
                leaf = given.clone().requires_grad_()
                result = f(*[leaf if i == k else x for k, x in enumerate(operands)])
                seed = torch.ones_like(result).requires_grad_()
                grad, = torch.autograd.grad(result, leaf, seed, create_graph=True)
                print(grad + 0, torch.autograd.grad(grad, (leaf, seed), torch.ones_like(grad)))
            except Exception as e:
                print(type(e).__name__, e)
for loss in (F.mse_loss, F.smooth_l1_loss, F.huber_loss):
    for reduction in ("none", "sum", "mean"):
        f = lambda a, b: loss(a, b, reduction=reduction)
        show(f, t1, t2)
        show(f, *special)
        show(f, t1, t2.long())
        show(f, t1.bfloat16(), t2.double())
        show(f, t([]), t([]))
    if loss is not F.smooth_l1_loss:
        show(loss, t1, t2.bool())
tangents(F.soft_margin_loss, (t1, False), (t2, True))
""",
    "zeros for the tangents that normalisations and written copies miss": """
x = t([[1., nan, 3.], [4., inf, 6.]])
y = t([9., inf])
for f in (lambda x, y: torch.as_strided_scatter(x, y, (2,), (3,)), lambda x, y: x.select_scatter(y, 1, 0),
          lambda x, y: x[..., ::2].select_scatter(y, 1, 0), lambda x, y: x.clone().put_(t([0, 1]), y),
          lambda x, y: torch.addbmm(t([0.]), x[None, :, :2], x[None, :, 1:] * y.sum())):
    tangents(f, (x, True), (y, False))
    tangents(f, (x, False), (y, True))
v = t([1., 2., 3.])
tangents(lambda b: F.layer_norm(x, (3,), v, b), (v, True))
tangents(lambda b: F.batch_norm(x, None, None, v, b, True), (v, True))
tangents(lambda b: F.batch_norm(x, v, v, v, b), (v, True))
tangents(lambda x: x.clone().fill_(t(2.)), (x, True))
tangents(lambda v: x.clone().fill_(v), (t(2.), True))
""",
    "tangents that are wider than their primals": """
h, d = t([1., 2.]).bfloat16(), t([0.3, 0.7]).double()
for f in (F.mse_loss, torch.mul, torch.add, torch.hypot):
    tangents(f, (h, True), (d, True))
    tangents(f, (d, True), (h, False))
tangents(lambda z: torch.zeros(2).copy_(z), (t([1 + 2j, 3j]), True))
tangents(lambda x: x.clone().mul_(d), (t([1., 2.]), True))
""",
    "tangents of draws, of copies to bool, and of convolutions over what is not finite": """
a, b = t([1., 2.]), t([[1., 2.], [3., 4.]])
for mean, std in ((a, b), (b, a), (a[:1], a)):
    for duals in ((True, False), (False, True), (True, True)):
        tangents(lambda m, s: torch.normal(m, s) * 0, (mean, duals[0]), (std, duals[1]))
tangents(lambda y: (a > 1).copy_(y), (a, True))
x = t([[[1., inf, nan, 2.]]])
for w in (t([[[3e38]]]), t([[[1., 2.]]]), t([[[1.]], [[2.]]])):
    tangents(lambda x: F.conv1d(x, w), (x, True))
    print(F.conv1d(x, w * 0), F.conv1d(torch.cat([x, x * 0 + 1], 1), torch.cat([w, w * 0], 1)))
""",
    "norms and losses of what is too large, too small, ignored or not there": """
for x in (t([[3e38, 1.], [0., 0.]]), t([[inf, 1.], [nan, 1.]]), t([[1e-30, 1e-30]]), t([[1e-30]])):
    for p in (1, 2, inf, -inf):
        print(torch.linalg.vector_norm(x, p, 1) + 0, torch.linalg.vector_norm(x, p, 0) + 0, torch.dist(x, x * 0, p))
        tangents(lambda x: torch.linalg.vector_norm(x, p, 1), (x, True))
        gradients(lambda x: torch.linalg.vector_norm(x, p, 1), x)
x, i, w = t([[1., inf], [2., 3.]]), t([1, 0]), t([nan, 2.])
for reduction in ("none", "mean", "sum"):
    f = lambda x: F.nll_loss(x, i, w, ignore_index=0, reduction=reduction)
    print(f(x))
    tangents(f, (x, True))
    gradients(f, x)
    tangents(lambda x, y: F.soft_margin_loss(x, y, reduction=reduction), (t([]), True), (t([]), False))
    tangents(lambda x, y: F.soft_margin_loss(x, y, reduction=reduction), (t([1., 2.]), True), (t([1., -1.]), False))
""",
    "gradients of what has no part, and of bounds that broadcast": """
e, y = t([]), t([-1., 2.])
seed = t([[1., 2.], [3., 4.]])
for f, s in ((lambda e, y: torch.block_diag(e, y, y[:1]), t([[1., 2., 3.], [4., 5., 6.], [7., 8., 9.]])),
             (lambda e, y: torch.cat([e, y]), t([1., 2.])), (lambda e, y: torch.cat([y[None], e]), t([[1., 2.]]))):
    leaves = [e.clone().requires_grad_(), y.clone().requires_grad_()]
    found = torch.autograd.grad(f(*leaves), leaves, s.requires_grad_(), create_graph=True)
    print([(g, g.requires_grad) for g in found])
gradients(lambda x, low, high: x.clamp(low, high), torch.ones(3, 3), torch.zeros(1, 3, 1), torch.full((2, 3, 3), 2.))
gradients(lambda x, low, high: x.clamp(low, high), t([1., nan, 5.]), t([2., 2., 2.]), t([3., 3., 1.]))
x, i, y = t([1., 2., 3.]).requires_grad_(), t([0, 1]), t([5., 6.])
for accumulate in (True, False):
    for wanted in (True, False):
        node = torch.put(x, i, y.clone().requires_grad_(wanted), accumulate).grad_fn
        print({name: getattr(node, name) for name in dir(node) if name.startswith("_saved")})
i = t([[0, 1, 1], [2, 0, 2]]).t()
looked_up = F.embedding(i, torch.ones(3, 2, requires_grad=True))
print(looked_up.grad_fn._saved_indices.stride(), looked_up.stride())
i += 0
try:
    looked_up.sum().backward()
except RuntimeError as e:
    print(e)
""",
    "extrema and spreads of what is not a number": """
for x in (t([1., nan, 3., inf, -inf, 0.]), t([[1., nan], [2., 2.], [inf, inf]]), t(nan), t([2., 2., 1.])):
    for f in (torch.min, torch.max, torch.median, torch.nanmedian, torch.amin, torch.amax, torch.var, torch.std):
        tangents(f, (x, True))
        gradients(f, x)
    for f in (torch.cummax, torch.cummin):
        tangents(lambda x: f(x, 0).values, (x, True))
        print(*f(x, 0))
        gradients(lambda x: f(x, 0).values, x)
    for f in (torch.amin, torch.amax):
        gradients(lambda x: f(x, ()), x)
        gradients(lambda x: f(x, 0), x)
for correction in (0, 1, 2):
    x = t([3., 3.])
    gradients(lambda x: x.var(correction=correction), x)
    gradients(lambda x: x.std(0, correction=correction), x)
    tangents(lambda x: x.var(0, correction=correction), (x, True))
z = t([1 + 2j, -1 + 1j, 0.5j])
tangents(torch.var, (z, True))
gradients(torch.var, z)
""",
    "activations of what is not finite": """
x = t([1., nan, 2., -2., inf, -inf, 0.])
for f in (F.hardtanh, F.relu6, F.elu, F.selu, F.celu, F.softplus, lambda x: F.softplus(x, 0.5, 1.), F.hardswish):
    leaf = x.clone().requires_grad_()
    seed = torch.ones(7, requires_grad=True)
    grad, = torch.autograd.grad(f(leaf), leaf, seed, create_graph=True)
    print(grad.detach() + 0, [(g + 0) for g in torch.autograd.grad(grad, (leaf, seed), torch.ones(7))])
    tangents(f, (x, True))
for f in (lambda x: F.elu(x.clone(), inplace=True), lambda x: F.celu(x.clone(), inplace=True)):
    gradients(f, x)
""",
    "unusual derivatives of complex functions": """
z = t([1 + 2j, -1 + 1j, -0.5 - 2j, 2 - 0.5j])
for f in (torch.acosh, F.silu, lambda z: F.silu(z.clone(), inplace=True)):
    try:
        gradients(f, z)
    except Exception as e:
        print(e)
    tangents(f, (z, True))
""",
    "products of complex numbers and of those that are not finite": """
z = t([[1 + 2j, 0.5 - 2j, -2j], [1j, 2., 0.]])
tangents(lambda x: (x.prod(), x.prod(1), x.prod(0, keepdim=True)), (z, True))
for x in (t([[4., 2., 0., 3., 0., 1.]]), t([[1., inf, 2.]]), t([[3., 1., nan]]), t(inf), t([0.]), z):
    tangents(lambda x: x.cumprod(-1), (x, True))
    gradients(lambda x: x.cumprod(-1), x)
    gradients(lambda x: x.cumsum(-1), x)
x = torch.tensor([inf, nan, 2.])
tangents(torch.linalg.vander, (x, True))
gradients(torch.linalg.vander, x)
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_agrees_with_torch(name):
    found, wanted = agree(_SETUP + PROGRAMS[name])
    assert found == wanted
