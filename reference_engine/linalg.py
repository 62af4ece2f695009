"""``torch.linalg``: the part that documented autograd behaviour needs."""

from __future__ import annotations

from .ops.linalg import matmul
from .ops.norms import vector_norm
from .ops.strided import diagonal

__all__ = ["diagonal", "matmul", "norm", "vector_norm"]


def norm(A, ord=None, dim=None, keepdim: bool = False, *, dtype=None):
    """The vector norm of all elements, or along ``dim``."""
    return vector_norm(A, 2 if ord is None else ord, dim, keepdim)
