"""Complex numbers: as pairs of reals, by their parts, and read as conjugates. All are views."""

from __future__ import annotations

import numpy as np

from .._tensor import Tensor
from ..dtypes import BY_NUMPY, COMPLEX
from ..lazy import lazily
from ..storage import restrided
from .calls import METHODS
from .table import op
from .views import select

_UNRESOLVED = (
    "view_as_real doesn't work on unresolved conjugated tensors.  To resolve the conjugate tensor so you can view it "
    "as real, use self.resolve_conj(); however, be warned that the resulting tensor will NOT alias the original."
)


def _not_conjugated(tensor: Tensor) -> None:
    if tensor.is_conj():
        raise RuntimeError(_UNRESOLVED)


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
    demands=_not_conjugated,
)
view_as_complex = op(
    "view_as_complex(Tensor self)",
    _paired,
    view=True,
    replayed=True,
    self=lambda grad: view_as_real(resolve_conj(grad)),
    jvp="linear",
    method=False,
)


conj_view = op(
    "conj(Tensor self)",
    lambda a: lazily(a, True, False),
    view=True,
    replayed=True,
    node="ConjBackward0",
    self=lambda grad: conj(grad),
    jvp="linear",
    method="_conj",
    function="_conj",
)
neg_view = op(
    "_neg_view(Tensor self)",
    lambda a: lazily(a, False, True),
    view=True,
    replayed=True,
    node="NegViewBackward0",
    self=lambda grad: -grad,
    jvp="linear",
)
conj_physical_row = op(
    "conj_physical(Tensor self)",
    lambda array: np.conj(array) if array.dtype.kind == "c" else array.copy(),
    in_place=True,
    in_place_node="ConjPhysicalBackward1",
    self=lambda grad: conj_physical(grad),
    jvp="linear",
)


def conj(self: Tensor) -> Tensor:
    """The conjugate as a view of the same memory; a real tensor itself."""
    return conj_view(self) if self.dtype.kind == COMPLEX else self


def conj_physical(self: Tensor, *, out=None) -> Tensor:
    """The conjugate in memory of its own; a real tensor itself."""
    if out is not None:
        return conj_physical_row(self, out=out)
    return conj_physical_row(self) if self.dtype.kind == COMPLEX else self


def conj_physical_(self: Tensor) -> Tensor:
    """Write the conjugate into this tensor; of a real tensor too that is an operation."""
    return METHODS["conj_physical_"](self)


def resolve_conj(self: Tensor) -> Tensor:
    """A copy whose memory holds the values, where this tensor is read conjugated; itself otherwise."""
    return self.clone() if self.is_conj() else self


def resolve_neg(self: Tensor) -> Tensor:
    """A copy whose memory holds the values, where this tensor is read negated; itself otherwise."""
    return self.clone() if self.is_neg() else self


def real(self: Tensor) -> Tensor:
    """The real parts as a view; a real tensor itself."""
    if self.dtype.kind != COMPLEX:
        return self
    return select(view_as_real(conj(self) if self.is_conj() else self), -1, 0)


def imag(self: Tensor) -> Tensor:
    """The imaginary parts as a view. Raises ``RuntimeError`` for real tensors."""
    if self.dtype.kind != COMPLEX:
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    if self.is_conj():
        return select(neg_view(view_as_real(conj(self))), -1, 1)
    return select(view_as_real(self), -1, 1)
