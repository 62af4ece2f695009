"""Dropout: elements set to 0 at random, the others scaled so that the mean stays (torch.nn.functional.dropout).

The rule: in training the input is multiplied by a mask of zeros and 1 / (1 - p); otherwise, and for p = 0, the input
itself comes back.
"""

import reference_engine as torch


def _checked(p):
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _masked(input, p, inplace, shape=None):
    if p == 1:
        noise = torch.zeros((), dtype=input.dtype, device=input.device)
        return input.mul_(noise) if inplace else input * noise
    noise = torch.empty_like(input) if shape is None else input.new_empty(shape)
    noise = noise.detach().bernoulli_(1 - p).div_(1 - p)
    return input.mul_(noise) if inplace else input * noise


def dropout(input, p: float = 0.5, training: bool = True, inplace: bool = False):
    """Each element is dropped with probability p. Raises ValueError for p outside [0, 1]."""
    _checked(p)
    if not training or p == 0 or not input.numel():
        return input
    return _masked(input, p, inplace)


def _dropout_channels(input, p, training, inplace):
    _checked(p)
    if not training or p == 0 or not input.numel():
        return input
    return _masked(input, p, inplace, (*input.shape[:2], *[1] * (input.dim() - 2)))


def _of_batch(input, dims, p, training, inplace):
    """Channels of a batch of ``dims`` dimensions are dropped; what has other dimensions is a batch of one."""
    _checked(p)
    if input.dim() == dims:
        return _dropout_channels(input, p, training, inplace)
    if inplace:
        return _dropout_channels(input.unsqueeze_(0), p, training, True).squeeze_(0)
    return _dropout_channels(input.unsqueeze(0), p, training, False).squeeze(0)


def dropout1d(input, p: float = 0.5, training: bool = True, inplace: bool = False):
    """Whole channels of (N, C, L) or (C, L) are dropped together. Raises RuntimeError for other dimensions."""
    _checked(p)
    if input.dim() not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.dim()}D input. Note that dropout1d exists to "
            "provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional "
            "batch dimension (i.e. 2D or 3D inputs)."
        )
    return _of_batch(input, 3, p, training, inplace)


def dropout2d(input, p: float = 0.5, training: bool = True, inplace: bool = False):
    """Whole channels of (N, C, H, W) are dropped together."""
    return _dropout_channels(input, p, training, inplace)


def dropout3d(input, p: float = 0.5, training: bool = True, inplace: bool = False):
    """Whole channels of (N, C, D, H, W) or (C, D, H, W) are dropped together."""
    return _of_batch(input, 5, p, training, inplace)


_SATURATION = 1.7580993408473766  # -(scale alpha) of selu, to which dropped elements are set


def feature_alpha_dropout(input, p: float = 0.5, training: bool = False, inplace: bool = False):
    """As `alpha_dropout`, whole channels of (N, C, *) together."""
    _checked(p)
    if not training or p == 0 or not input.numel():
        return input
    if p == 1:
        return input * torch.zeros((), dtype=input.dtype, device=input.device)
    scale = (1 - p + _SATURATION**2 * p * (1 - p)) ** -0.5
    noise = input.new_empty((*input.shape[:2], *[1] * (input.dim() - 2))).detach().bernoulli_(1 - p)
    offset = noise.add(-1).mul_(_SATURATION * scale).add_(_SATURATION * scale * p)
    noise.mul_(scale)
    return input.mul_(noise).add_(offset) if inplace else input * noise + offset


def alpha_dropout(input, p: float = 0.5, training: bool = False, inplace: bool = False):
    """Dropped elements get selu's saturation value; mean and variance stay."""
    _checked(p)
    if not training or p == 0 or not input.numel():
        return input
    if p == 1:
        return input * torch.zeros((), dtype=input.dtype, device=input.device)
    scale = (1 - p + _SATURATION**2 * p * (1 - p)) ** -0.5 if p < 1 else 0.0
    noise = torch.empty_like(input).detach().bernoulli_(1 - p)
    offset = noise.add(-1).mul_(_SATURATION * scale).add_(_SATURATION * scale * p)
    noise.mul_(scale)
    return input.mul_(noise).add_(offset) if inplace else input * noise + offset
