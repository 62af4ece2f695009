"""Pooling of volumes, adaptive pooling, power averages, and unpooling."""

import reference_engine as torch

from ...ops import pooling as flat
from ...ops.convolution import _listed
from ...ops.spatial import pooling


def max_pool3d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """The largest value of each window of (N, C, D, H, W) or (C, D, H, W), and where it stood."""
    kernel = _listed(kernel_size, 3)
    steps = kernel if stride is None or stride == [] else _listed(stride, 3)
    options = (kernel, steps, _listed(padding, 3), _listed(dilation, 3), ceil_mode)
    results = pooling.max_pool3d_with_indices(input, *options)
    return results if return_indices else results[0]


def _with_indices(pool):
    def with_indices(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=True):
        return pool(input, kernel_size, stride, padding, dilation, ceil_mode, True)

    with_indices.__name__ = with_indices.__qualname__ = pool.__name__ + "_with_indices"
    return with_indices


max_pool1d_with_indices = _with_indices(flat.max_pool1d)
max_pool2d_with_indices = _with_indices(flat.max_pool2d)
max_pool3d_with_indices = _with_indices(max_pool3d)


def avg_pool3d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """The mean of each window of (N, C, D, H, W) or (C, D, H, W)."""
    kernel = _listed(kernel_size, 3)
    steps = kernel if stride is None or stride == [] else _listed(stride, 3)
    options = (ceil_mode, count_include_pad, divisor_override)
    return pooling.avg_pool3d_row(input, kernel, steps, _listed(padding, 3), *options)


# -- windows that give a wanted size -----------------------------------------------------------------------------


def _wanted(input, output_size, ndim):
    if isinstance(output_size, int):
        return (output_size,) * ndim
    sizes = tuple(output_size)
    sizes = sizes * ndim if len(sizes) == 1 else sizes
    return tuple(size if wanted is None else wanted for wanted, size in zip(sizes, input.shape[-ndim:], strict=True))


def _adaptive_mean(row, input, output_size, ndim):
    sizes = _wanted(input, output_size, ndim)
    if all(size == 1 for size in sizes):
        return input.mean(tuple(range(-1, -ndim - 1, -1)), keepdim=True)
    return row(input, sizes)


def adaptive_avg_pool1d(input, output_size):
    """Means of (*, L) over windows that give `output_size`."""
    flat.demand_line("adaptive_avg_pool1d", input)
    (size,) = _wanted(input, output_size, 1)
    return adaptive_avg_pool2d(input.unsqueeze(-2), (1, size)).squeeze(-2)


def adaptive_avg_pool2d(input, output_size):
    """Means of (*, H, W) over windows that give `output_size`."""
    return _adaptive_mean(pooling.adaptive_avg_pool2d_row, input, output_size, 2)


def adaptive_avg_pool3d(input, output_size):
    """Means of (*, D, H, W) over windows that give `output_size`."""
    return _adaptive_mean(pooling.adaptive_avg_pool3d_row, input, output_size, 3)


def adaptive_max_pool1d(input, output_size, return_indices=False):
    """Largest values of (*, L) over windows that give `output_size`, and where they stood."""
    flat.demand_line("adaptive_max_pool1d", input)
    (size,) = _wanted(input, output_size, 1)
    values, places = pooling.adaptive_max_pool2d_row(input.unsqueeze(-2), (1, size))
    values = values.squeeze(-2)
    return (values, places.squeeze(-2)) if return_indices else values


def adaptive_max_pool2d(input, output_size, return_indices=False):
    """Largest values of (*, H, W) over windows that give `output_size`, and where they stood."""
    results = pooling.adaptive_max_pool2d_row(input, _wanted(input, output_size, 2))
    return results if return_indices else results[0]


def adaptive_max_pool3d(input, output_size, return_indices=False):
    """Largest values of (*, D, H, W) over windows that give `output_size`, and where they stood."""
    results = pooling.adaptive_max_pool3d_row(input, _wanted(input, output_size, 3))
    return results if return_indices else results[0]


def _adaptive_with_indices(pool):
    def with_indices(input, output_size, return_indices=True):
        return pool(input, output_size, True)

    with_indices.__name__ = with_indices.__qualname__ = pool.__name__ + "_with_indices"
    return with_indices


adaptive_max_pool1d_with_indices = _adaptive_with_indices(adaptive_max_pool1d)
adaptive_max_pool2d_with_indices = _adaptive_with_indices(adaptive_max_pool2d)
adaptive_max_pool3d_with_indices = _adaptive_with_indices(adaptive_max_pool3d)

# -- the inverse of maxima ---------------------------------------------------------------------------------------


def _unpooled(input, kernel, stride, padding, output_size, ndim):
    default = [
        (size - 1) * step + window - 2 * pad
        for size, step, window, pad in zip(input.shape[-ndim:], stride, kernel, padding, strict=True)
    ]
    if output_size is None:
        return default
    wanted = list(output_size)[-ndim:]
    for place, (size, usual, step) in enumerate(zip(wanted, default, stride, strict=True)):
        if not usual - step < size < usual + step:
            raise ValueError(
                f"invalid output_size {list(output_size)} (dim {place} must be between {usual - step} and "
                f"{usual + step})"
            )
    return wanted


def _unpool(row, input, indices, kernel_size, stride, padding, output_size, ndim):
    kernel = _listed(kernel_size, ndim)
    steps = kernel if stride is None else _listed(stride, ndim)
    sizes = _unpooled(input, kernel, steps, _listed(padding, ndim), output_size, ndim)
    return row(input, indices, sizes)


def max_unpool1d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """The values of `max_pool1d` where they stood, zeros elsewhere."""
    kernel = _listed(kernel_size, 1)
    steps = kernel if stride is None else _listed(stride, 1)
    (size,) = _unpooled(input, kernel, steps, _listed(padding, 1), output_size, 1)
    return pooling.max_unpool2d_row(input.unsqueeze(-1), indices.unsqueeze(-1), (size, 1)).squeeze(-1)


def max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """The values of `max_pool2d` where they stood, zeros elsewhere."""
    return _unpool(pooling.max_unpool2d_row, input, indices, kernel_size, stride, padding, output_size, 2)


def max_unpool3d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """The values of `max_pool3d` where they stood, zeros elsewhere."""
    return _unpool(pooling.max_unpool3d_row, input, indices, kernel_size, stride, padding, output_size, 3)


# -- power averages ----------------------------------------------------------------------------------------------


def _powered(mean, norm_type, count):
    return (torch.sign(mean) * torch.relu(torch.abs(mean))).mul(count).pow(1.0 / norm_type)


def lp_pool1d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """The p-norm of each window of (N, C, L)."""
    kernel = _listed(kernel_size, 1)
    return _powered(flat.avg_pool1d(input.pow(norm_type), kernel, stride, 0, ceil_mode), norm_type, kernel[0])


def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """The p-norm of each window of (N, C, H, W)."""
    kernel = _listed(kernel_size, 2)
    mean = flat.avg_pool2d(input.pow(norm_type), kernel, stride, 0, ceil_mode)
    return _powered(mean, norm_type, kernel[0] * kernel[1])


def lp_pool3d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """The p-norm of each window of (N, C, D, H, W)."""
    kernel = _listed(kernel_size, 3)
    mean = avg_pool3d(input.pow(norm_type), kernel, stride, 0, ceil_mode)
    return _powered(mean, norm_type, kernel[0] * kernel[1] * kernel[2])


def local_response_norm(input, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0):
    """Each element divided by a power of the mean square of its neighbours in `size` channels."""
    if input.dim() < 3:
        raise ValueError(f"Expected 3D or higher dimensionality input (got {input.dim()} dimensions)")
    if input.numel() == 0:
        return input
    square = input.mul(input)
    from .vision import pad

    if input.dim() == 3:
        square = pad(square.unsqueeze(1), (0, 0, size // 2, (size - 1) // 2))
        mean = flat.avg_pool2d(square, (size, 1), stride=1).squeeze(1)
    else:
        sizes = input.size()
        square = square.view(sizes[0], 1, sizes[1], sizes[2], -1)
        square = pad(square, (0, 0, 0, 0, size // 2, (size - 1) // 2))
        mean = avg_pool3d(square, (size, 1, 1), stride=1).squeeze(1).view(sizes)
    return input / mean.mul(alpha).add(k).pow(beta)
