"""Complex numbers as pairs of reals: views in both directions."""

from __future__ import annotations

import numpy as np

from .._tensor import Tensor
from ..dtypes import BY_NUMPY, COMPLEX
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


_PAIRED = {"f": "c8", "d": "c16"}  # half pairs would need complex32, which NumPy lacks


def _paired(array: np.ndarray) -> np.ndarray:
    wide = _PAIRED.get(array.dtype.char)
    if wide is None:
        raise RuntimeError(
            "view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: "
            f"{BY_NUMPY[array.dtype].scalar}"
        )
    if array.ndim == 0:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if array.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    if not array.size:
        return np.empty(array.shape[:-1], wide)
    if array.strides[-1] != array.itemsize:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    return array.view(wide)[..., 0]


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
    _paired,
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
