"""Special functions and functions of pairs against the installed torch, by the means of `test_operations`."""

from __future__ import annotations

import pytest

from . import test_operations as operations

SPECIAL = (
    "x.erfc() p.erfinv() q.lgamma() q.digamma() q.polygamma(0) q.polygamma(1) torch.polygamma(2,q) q.mvlgamma(1) "
    "q.mvlgamma(2) x.i0() torch.special.i0e(x) torch.special.i1(x) torch.special.i1e(x) torch.special.erfcx(x) "
    "torch.special.ndtr(x) torch.special.ndtri(p) torch.special.log_ndtr(x) torch.special.entr(p) p.logit() "
    "x.logit(0.1) p.logit(0.3) x.sinc() z.sinc() x.deg2rad() x.rad2deg() torch.special.zeta(2.5,q) "
    "torch.special.expit(x) torch.special.gammaln(q) torch.special.psi(q) torch.special.multigammaln(q,2)"
)
PAIRS = (
    "torch.logaddexp(x,y) torch.logaddexp2(x,row) x.xlogy(q) x.xlogy(2.5) torch.xlogy(1.5,q) z.xlogy(q) "
    "torch.special.xlog1py(x,p) torch.special.xlog1py(x,0.5) torch.special.xlog1py(2.,p) x.hypot(y) x.copysign(y) "
    "z.copysign(y) x.copysign(-1.) torch.fmax(x,y) torch.fmin(x,row) torch.fmax(z,z*1) torch.fmin(z,col) "
    "x.nextafter(y) x.ldexp(y) torch.frexp(x)[0] x.float_power(2) q.float_power(y) torch.float_power(2,x) "
    "torch.rsub(x,y) torch.rsub(x,2) torch.rsub(x,row,alpha=3) x.angle() x.true_divide(q) x.arcsinh() q.arccosh()"
)
EXPRESSIONS = [e for group in (SPECIAL, PAIRS) for e in group.split()]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_agrees_with_torch(expression):
    operations.test_agrees_with_torch(expression)


@pytest.mark.parametrize("expression", [e for e in EXPRESSIONS if "zeta" not in e])  # torch has no rule for it
def test_forward_mode_agrees_with_backward(expression):
    operations.test_forward_mode_agrees_with_backward(expression)
