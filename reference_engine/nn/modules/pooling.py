"""Pooling as modules."""

from .. import functional as F
from .module import Module


class _MaxPool(Module):
    _ndim = 0

    def __init__(
        self, kernel_size, stride=None, padding=0, dilation=1, return_indices: bool = False, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input):
        run = getattr(F, f"max_pool{self._ndim}d")
        return run(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """(N, C, L)."""

    _ndim = 1


class MaxPool2d(_MaxPool):
    """(N, C, H, W)."""

    _ndim = 2


class MaxPool3d(_MaxPool):
    """(N, C, D, H, W)."""

    _ndim = 3


class _MaxUnpool(Module):
    _ndim = 0

    def __init__(self, kernel_size, stride=None, padding=0) -> None:
        super().__init__()
        self.kernel_size = _tuple(kernel_size, self._ndim)
        self.stride = self.kernel_size if stride is None else _tuple(stride, self._ndim)
        self.padding = _tuple(padding, self._ndim)

    def forward(self, input, indices, output_size=None):
        run = getattr(F, f"max_unpool{self._ndim}d")
        return run(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


def _tuple(value, ndim: int) -> tuple:
    return (value,) * ndim if isinstance(value, int) else tuple(value)


class MaxUnpool1d(_MaxUnpool):
    """The maxima of (N, C, L) where they stood."""

    _ndim = 1


class MaxUnpool2d(_MaxUnpool):
    """The maxima of (N, C, H, W) where they stood."""

    _ndim = 2


class MaxUnpool3d(_MaxUnpool):
    """The maxima of (N, C, D, H, W) where they stood."""

    _ndim = 3


class AvgPool1d(Module):
    """Means of windows of (N, C, L)."""

    def __init__(
        self, kernel_size, stride=None, padding=0, ceil_mode: bool = False, count_include_pad: bool = True
    ) -> None:
        super().__init__()
        self.kernel_size = (kernel_size,) if isinstance(kernel_size, int) else kernel_size
        stride = kernel_size if stride is None else stride
        self.stride = (stride,) if isinstance(stride, int) else stride
        self.padding = (padding,) if isinstance(padding, int) else padding
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, input):
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(Module):
    """Means of windows of (N, C, H, W)."""

    _ndim = 2

    def __init__(
        self,
        kernel_size,
        stride=None,
        padding=0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input):
        return getattr(F, f"avg_pool{self._ndim}d")(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool3d(AvgPool2d):
    """Means of windows of (N, C, D, H, W)."""

    _ndim = 3


class _Adaptive(Module):
    def __init__(self, output_size) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_Adaptive):
    """Means over windows that give an output of a chosen length."""

    def forward(self, input):
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_Adaptive):
    """Means over windows that give an output of a chosen size."""

    def forward(self, input):
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_Adaptive):
    """Means over windows that give an output of a chosen size."""

    def forward(self, input):
        return F.adaptive_avg_pool3d(input, self.output_size)


class _AdaptiveMax(_Adaptive):
    _ndim = 0

    def __init__(self, output_size, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input):
        return getattr(F, f"adaptive_max_pool{self._ndim}d")(input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMax):
    """Largest values over windows that give an output of a chosen length."""

    _ndim = 1


class AdaptiveMaxPool2d(_AdaptiveMax):
    """Largest values over windows that give an output of a chosen size."""

    _ndim = 2


class AdaptiveMaxPool3d(_AdaptiveMax):
    """Largest values over windows that give an output of a chosen size."""

    _ndim = 3


class _LPPool(Module):
    _ndim = 0

    def __init__(self, norm_type: float, kernel_size, stride=None, ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type, self.kernel_size = norm_type, kernel_size
        self.stride, self.ceil_mode = stride, ceil_mode

    def forward(self, input):
        run = getattr(F, f"lp_pool{self._ndim}d")
        return run(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """The p-norm of windows of (N, C, L)."""

    _ndim = 1


class LPPool2d(_LPPool):
    """The p-norm of windows of (N, C, H, W)."""

    _ndim = 2


class LPPool3d(_LPPool):
    """The p-norm of windows of (N, C, D, H, W)."""

    _ndim = 3
