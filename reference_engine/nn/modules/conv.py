"""Convolutions as modules (torch.nn.Conv1d ... ConvTranspose3d)."""

import math

import reference_engine as torch

from ...errors import NotModelled
from .. import functional as F
from .. import init
from ..parameter import Parameter
from .module import Module


def _tuple(value, ndim):
    return (value,) * ndim if isinstance(value, int) else tuple(value)


class _ConvNd(Module):
    """Options and parameters; subclasses say the number of dimensions, the function and whether it is transposed."""

    _ndim = 0
    _transposed = False

    def _setup(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride,
        padding,
        dilation,
        output_padding,
        groups,
        bias,
        padding_mode,
        device,
        dtype,
    ):
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups != 0:
            raise ValueError("out_channels must be divisible by groups")
        if padding_mode != "zeros":
            raise NotModelled(f"padding_mode={padding_mode!r}")
        self._check_padding(padding, stride)
        ndim = self._ndim
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride = _tuple(kernel_size, ndim), _tuple(stride, ndim)
        self.padding = padding if isinstance(padding, str) else _tuple(padding, ndim)
        self.dilation, self.output_padding = _tuple(dilation, ndim), _tuple(output_padding, ndim)
        self.padding_mode = padding_mode
        outer, inner = (in_channels, out_channels) if self._transposed else (out_channels, in_channels)
        options = {"device": device, "dtype": dtype}
        self.weight = Parameter(torch.empty((outer, inner // groups, *self.kernel_size), **options))
        self.register_parameter("bias", Parameter(torch.empty(out_channels, **options)) if bias else None)
        self.reset_parameters()

    @staticmethod
    def _check_padding(padding, stride):
        if not isinstance(padding, str):
            return
        if padding not in ("same", "valid"):
            raise ValueError(f"Invalid padding string {padding!r}, should be one of {{'same', 'valid'}}")
        if padding == "same" and any(step != 1 for step in _tuple(stride, 1)):
            raise ValueError("padding='same' is not supported for strided convolutions")

    def reset_parameters(self) -> None:
        """Uniform within 1 / sqrt(elements of a window), the weight first."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in != 0:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        zeros, ones = (0,) * self._ndim, (1,) * self._ndim
        if self.padding != zeros:
            text += f", padding={self.padding}"
        if self.dilation != ones:
            text += f", dilation={self.dilation}"
        if self.output_padding != zeros:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        return text + (", bias=False" if self.bias is None else "")


class _Conv(_ConvNd):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size,
        stride=1,
        padding=0,
        dilation=1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device=None,
        dtype=None,
    ) -> None:
        super().__init__()
        self._setup(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            0,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input):
        run = getattr(F, f"conv{self._ndim}d")
        return run(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class Conv1d(_Conv):
    """(N, C, L)."""

    _ndim = 1


class Conv2d(_Conv):
    """(N, C, H, W)."""

    _ndim = 2


class Conv3d(_Conv):
    """(N, C, D, H, W)."""

    _ndim = 3


class _ConvTranspose(_ConvNd):
    _transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size,
        stride=1,
        padding=0,
        output_padding=0,
        groups: int = 1,
        bias: bool = True,
        dilation=1,
        padding_mode: str = "zeros",
        device=None,
        dtype=None,
    ) -> None:
        super().__init__()
        self._setup(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            output_padding,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input):
        run = getattr(F, f"conv_transpose{self._ndim}d")
        return run(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self.output_padding,
            self.groups,
            self.dilation,
        )


class ConvTranspose1d(_ConvTranspose):
    """(N, C, L)."""

    _ndim = 1


class ConvTranspose2d(_ConvTranspose):
    """(N, C, H, W)."""

    _ndim = 2


class ConvTranspose3d(_ConvTranspose):
    """(N, C, D, H, W)."""

    _ndim = 3
