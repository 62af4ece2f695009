"""``torch.special``: special functions, and other names of elementwise functions."""

from __future__ import annotations

from .ops.by_number import add_number as _add_number
from .ops.by_number import mul_number as _mul_number
from .ops.functions import erf, exp2, expm1, log1p, round_, sigmoid
from .ops.norms import log_softmax, logsumexp, softmax
from .ops.pairs import xlog1py, xlogy
from .ops.special import (
    digamma,
    entr,
    erfc,
    erfcx,
    erfinv,
    i0,
    i0e,
    i1,
    i1e,
    igamma,
    igammac,
    lgamma,
    log_ndtr,
    logit,
    mvlgamma,
    ndtri,
    polygamma,
    sinc,
    zeta,
)

expit, gammaln, psi, multigammaln, round = sigmoid, lgamma, digamma, mvlgamma, round_
gammainc, gammaincc = igamma, igammac
__all__ = [
    "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "exp2", "expit", "expm1", "gammainc", "gammaincc", "gammaln",
    "i0", "i0e", "i1", "i1e", "log1p", "log_ndtr", "log_softmax", "logit", "logsumexp", "multigammaln", "ndtr",
    "ndtri", "polygamma", "psi", "round", "sinc", "softmax", "xlog1py", "xlogy", "zeta",
]  # fmt: skip


def ndtr(input):
    """The standard normal distribution function."""
    return _mul_number(_add_number(erf(_mul_number(input, 0.5**0.5)), 1), 0.5)
