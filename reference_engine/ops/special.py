"""Special functions of one variable: the gamma family, the error function's relatives, modified Bessel functions.

What has a name in ``torch`` is published under it; the rest is reached by ``torch.special``.
"""

from __future__ import annotations

import math

import numpy as np

from ..dtypes import BOOL, BY_NUMPY, COMPLEX
from . import special_functions as values
from .calls import combined
from .elementwise import conj, where, zeros_like
from .functions import rounded_once, unary
from .refusals import not_implemented, only_wide
from .table import COMMON, FLOAT, op

_SQRT_PI = math.sqrt(math.pi)


def _special(name: str, node: str, forward, derivative, kernel: str, wide: bool = False):
    """A row for a function of ``torch.special`` alone."""
    compute = rounded_once(forward)
    return op(
        f"special_{name}(Tensor self)",
        only_wide(kernel, compute) if wide else compute,
        promote=FLOAT,
        node=node,
        self=derivative,
        jvp="elementwise",
        method=False,
        function=False,
        refuses=(("c", kernel),),
    )


# -- error function ------------------------------------------------------------------------------------------------

erfc = unary("erfc", rounded_once(values.erfc), lambda grad, self: -2 / _SQRT_PI * (-self.pow(2)).exp() * grad,
             refuses=(("c", "erfc_vml_cpu"),))  # fmt: skip
erfinv = unary("erfinv", rounded_once(values.erfinv),
               lambda grad, self: 0.5 * _SQRT_PI * self.erfinv().pow(2).exp() * grad,
               refuses=(("c", "erfinv_vml_cpu"),))  # fmt: skip
erfcx = _special("erfcx", "SpecialErfcxBackward0", values.erfcx,
                 lambda grad, self, result: (2 * self * result - 2 / _SQRT_PI) * grad, "erfcx_cpu", True)  # fmt: skip
ndtri = _special("ndtri", "SpecialNdtriBackward0", values.ndtri,
                 lambda grad, result: grad * math.sqrt(2 * math.pi) * (result.pow(2) / 2).exp(),
                 "ndtri_cpu", True)  # fmt: skip
log_ndtr = _special("log_ndtr", "SpecialLogNdtrBackward0", values.log_ndtr,
                    lambda grad, self, result: grad / erfcx(self * -math.sqrt(0.5)) * math.sqrt(2 / math.pi),
                    "log_ndtr_cpu", True)  # fmt: skip

# -- gamma ---------------------------------------------------------------------------------------------------------

lgamma = unary("lgamma", rounded_once(values.lgamma), lambda grad, self: grad * self.digamma(),
               refuses=(("c", "lgamma_vml_cpu"),))  # fmt: skip
digamma = unary("digamma", rounded_once(values.digamma), lambda grad, self: grad * polygamma(1, self),
                refuses=(("c", "digamma"),))  # fmt: skip


def _polygamma(array, n):
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    if array.dtype.kind == "c":
        kernel = {0: "digamma", 1: "trigamma"}.get(n, "polygamma")
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{BY_NUMPY[array.dtype].scalar}'")
    return rounded_once(lambda wide: values.polygamma(n, wide))(array)


polygamma_row = op(
    "polygamma(Tensor self, int n)",
    _polygamma,
    promote=FLOAT,
    in_place=True,
    in_place_node="PolygammaBackward1",
    self=lambda grad, self, n: grad * polygamma(n + 1, self),
    jvp="elementwise",
    function=False,
)


def polygamma(n: int, input, *, out=None):
    """The ``n``-th derivative of digamma."""
    return polygamma_row(input, n) if out is None else polygamma_row(input, n, out=out)


def _check_mvlgamma(self, p):
    if self.dtype.kind == BOOL:
        raise RuntimeError("The input tensor may not be a boolean tensor.")
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    if self.dtype.kind == COMPLEX:
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{self.dtype.scalar}'")


def _mvlgamma(array, p):
    constant = p * (p - 1) / 4 * math.log(math.pi)
    return rounded_once(lambda wide: sum(values.lgamma(wide - k / 2) for k in range(p)) + constant)(array)


def _mvlgamma_grad(grad, self, p):
    total = self.digamma()
    for k in range(1, p):
        total = total + (self - k / 2).digamma()
    return grad * total


mvlgamma = op("mvlgamma(Tensor self, int p)", _mvlgamma, promote=FLOAT, in_place=True, self=_mvlgamma_grad,
              check=_check_mvlgamma, row_major=True, jvp="elementwise")  # fmt: skip


def _igamma_grad(grad, self, other):
    return grad * ((self - 1) * other.log() - other - self.lgamma()).exp()


def _igamma_row(name: str, function, sign: int):
    """The row of an incomplete gamma function; upper and lower have opposite slopes."""

    def forward(a, b):
        lowest = -709.78 if a.dtype == np.float64 else -88.72
        return function(a.astype(np.float64), b.astype(np.float64), lowest).astype(a.dtype)

    return op(
        f"{name}(Tensor self, Tensor other)",
        forward,
        promote=COMMON,
        in_place=True,
        self=not_implemented(f"{name}: input"),
        other=lambda grad, self, other: _igamma_grad(sign * grad, self, other),
        refuses=(("biuc", f"{name}_cpu"),),
    )


igamma, igammac = _igamma_row("igamma", values.gammainc, 1), _igamma_row("igammac", values.gammaincc, -1)


def _zeta(a, b):
    first = a if isinstance(a, np.ndarray) else b
    if first.dtype.kind == "c":
        raise NotImplementedError(f"\"zeta_cpu\" not implemented for '{BY_NUMPY[first.dtype].scalar}'")
    return values.zeta(np.asarray(a, np.float64), np.asarray(b, np.float64)).astype(first.dtype)


zeta = combined(*(
    op(
        signature,
        only_wide("zeta_cpu", _zeta),
        promote=FLOAT,
        node=f"SpecialZetaBackward{number}",
        method=False,
        function=False,
        **derivatives,
    )
    for number, signature, derivatives in (
        (0, "special_zeta(Tensor self, Tensor other)",
         {"self": not_implemented("zeta"),
          "other": lambda grad, self, other: grad * -self * zeta(self + 1.0, other)}),
        (2, "special_zeta(Tensor self, Scalar other)", {"self": not_implemented("zeta")}),
        (1, "special_zeta(Scalar self, Tensor other)",
         {"other": lambda grad, self, other: grad * -self * zeta(self + 1.0, other)}),
    )
))  # fmt: skip


# -- modified Bessel functions -------------------------------------------------------------------------------------


def _need_wide(kernel: str, tensor) -> None:
    if tensor.dtype.itemsize == 2:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{tensor.dtype.scalar}'")


def _i1_grad(grad, self, result):
    # The quotient of two small numbers says little; near 0 the slope is a half.
    _need_wide("i1_backward", self)
    small = self.abs() <= 1e-7
    safe = where(small, zeros_like(self) + 1e-7, self)
    return grad * where(small, zeros_like(self) + 0.5, safe.i0() - result / safe)


def _i1e_grad(grad, self, result):
    _need_wide("i1e_backward", self)
    small = self.abs() <= 1e-7
    safe = where(small, zeros_like(self) + 1e-7, self)
    slope = i0e(safe) - result * (safe.sgn() + safe.reciprocal())
    return grad * where(small, zeros_like(self) + 0.5, slope)


i0 = unary("i0", rounded_once(values.i0), lambda grad, self: grad * i1(self), refuses=(("c", "i0_vml_cpu"),))
i0e = _special("i0e", "SpecialI0EBackward0", values.i0e,
               lambda grad, self, result: grad * (i1e(self) - self.sgn() * result), "i0e_cpu")  # fmt: skip
i1 = _special("i1", "SpecialI1Backward0", values.i1, _i1_grad, "i1_cpu")
i1e = _special("i1e", "SpecialI1EBackward0", values.i1e, _i1e_grad, "i1e_cpu")

# -- entropy, log-odds, cardinal sine, angles ----------------------------------------------------------------------


def _entr(array):
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = -array * np.log(np.where(array > 0, array, 1))
    return np.where(array > 0, inside, np.where(array == 0, 0.0, np.where(np.isnan(array), array, -np.inf)))


entr = _special("entr", "SpecialEntrBackward0", _entr, lambda grad, self: grad * -(self.log() + 1), "entr_cpu")


def _logit(array, eps):
    with np.errstate(divide="ignore", invalid="ignore"):
        wide = array.astype(np.float64)
        if eps is not None:
            wide = np.clip(wide, eps, 1 - eps)
        return np.log(wide / (1 - wide)).astype(array.dtype)


def _logit_grad(grad, self, eps):
    slope = grad / (self * (1.0 - self))
    if eps is None:
        return slope.masked_fill((self < 0.0) | (self > 1.0), math.nan)
    return where((self < eps) | (self > 1.0 - eps), zeros_like(grad), slope)


logit = op("logit(Tensor self, float? eps=None)", _logit, promote=FLOAT, in_place=True, self=_logit_grad,
           jvp="elementwise", refuses=(("c", "logit_cpu"),))  # fmt: skip


def _sinc(array):
    if array.dtype.itemsize == 2:
        return _sinc(array.astype(np.float32)).astype(array.dtype)
    scaled = math.pi * array
    return np.where(array == 0, 1, np.sin(scaled) / np.where(array == 0, 1, scaled)).astype(array.dtype)


def _sinc_grad(grad, self):
    scaled = self * math.pi
    slope = (scaled * scaled.cos() - scaled.sin()) / (scaled * self)
    return where(self == 0, zeros_like(grad), grad * conj(slope))


sinc = unary("sinc", _sinc, _sinc_grad)
deg2rad = unary("deg2rad", lambda a: a * np.asarray(math.pi / 180, a.dtype), lambda grad: deg2rad(grad),
                node="Deg2RadBackward0", refuses=(("c", "!deg2rad is not supported for complex tensors."),),
                jvp="linear")  # fmt: skip
rad2deg = unary("rad2deg", lambda a: a * np.asarray(180 / math.pi, a.dtype), lambda grad: rad2deg(grad),
                node="Rad2DegBackward0", refuses=(("c", "!rad2deg is not supported for complex tensors."),),
                jvp="linear")  # fmt: skip


FUNCTIONS = (polygamma,)
METHODS = ()
