"""``torch.special``: aliases of elementwise functions."""

from __future__ import annotations

from .ops.functions import erf, exp2, expm1, log1p, sigmoid
from .ops.norms import log_softmax, logsumexp, softmax

expit = sigmoid
__all__ = ["erf", "exp2", "expit", "expm1", "log1p", "log_softmax", "logsumexp", "sigmoid", "softmax"]
