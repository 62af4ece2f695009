"""Complex numbers as pairs of reals: views in both directions."""

from __future__ import annotations

import numpy as np

from .._tensor import Tensor
from ..dtypes import COMPLEX
from ..storage import restrided
from .table import op
from .views import select


def _parts(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind != "c":
        raise RuntimeError("view_as_real is only supported for complex tensors")
    real = array.real.dtype
    return (
        array[..., None].view(real)
        if array.flags.c_contiguous
        else restrided(array.real, (*array.shape, 2), (*array.strides, real.itemsize))
    )


view_as_real = op(
    "view_as_real(Tensor self)",
    _parts,
    view=True,
    replayed=True,
    self=lambda grad: view_as_complex(grad.contiguous()),
    jvp="linear",
    method=False,
)
view_as_complex = op(
    "view_as_complex(Tensor self)",
    lambda a: a.view(np.complex64 if a.dtype == np.float32 else np.complex128)[..., 0],
    view=True,
    replayed=True,
    self=lambda grad: view_as_real(grad),
    jvp="linear",
    method=False,
)


def real(self: Tensor) -> Tensor:
    """The real parts as a view; a real tensor itself."""
    return select(view_as_real(self), -1, 0) if self.dtype.kind == COMPLEX else self


def imag(self: Tensor) -> Tensor:
    """The imaginary parts as a view. Raises ``RuntimeError`` for real tensors."""
    if self.dtype.kind != COMPLEX:
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return select(view_as_real(self), -1, 1)
