"""Pooling: each output is the largest value, or the mean, of a window of the input."""

from __future__ import annotations

import numpy as np

from .backward_rows import backward_operation
from .convolution import _listed
from .table import op


def _extent(size, kernel, stride, pad, dilation, ceil_mode):
    """Number of windows along a dimension; with `ceil_mode` also the last partial one that starts inside."""
    span = dilation * (kernel - 1) + 1
    room = size + 2 * pad - span
    count = (room + (stride - 1 if ceil_mode else 0)) // stride + 1
    if ceil_mode and (count - 1) * stride >= size + pad:
        count -= 1
    return count


def _window_view(array, kernel, stride, padding, dilation, ceil_mode, fill):
    """(N, C, *output, *kernel) over the padded array."""
    sizes = array.shape[2:]
    counts = [_extent(*facts, ceil_mode) for facts in zip(sizes, kernel, stride, padding, dilation, strict=True)]
    if min(counts) <= 0:
        lead = "x".join(map(str, array.shape[1:]))
        out = "x".join(map(str, (array.shape[1], *[max(count, 0) for count in counts])))
        raise RuntimeError(f"Given input size: ({lead}). Calculated output size: ({out}). Output size is too small")
    spans = [step * (size - 1) + 1 for size, step in zip(kernel, dilation, strict=True)]
    after = [
        max((count - 1) * step + span - size - pad, pad)
        for count, step, span, size, pad in zip(counts, stride, spans, sizes, padding, strict=True)
    ]
    room = np.full(
        (*array.shape[:2], *[p + n + a for p, n, a in zip(padding, sizes, after, strict=True)]), fill, array.dtype
    )
    inside = tuple(slice(p, p + n) for p, n in zip(padding, sizes, strict=True))
    room[(slice(None), slice(None), *inside)] = array
    view = np.lib.stride_tricks.sliding_window_view(room, spans, axis=tuple(range(2, array.ndim)))
    steps = tuple(slice(0, (n - 1) * step + 1, step) for n, step in zip(counts, stride, strict=True))
    holes = tuple(slice(None, None, step) for step in dilation)
    return view[(slice(None), slice(None), *steps, *holes)]


def _max_pool(array, kernel_size, stride, padding, dilation, ceil_mode):
    if array.ndim == 3:
        values, places = _max_pool(array[None], kernel_size, stride, padding, dilation, ceil_mode)
        return values[0], places[0]
    ndim = array.ndim - 2
    stride = stride or kernel_size
    lowest = -np.inf if array.dtype.kind != "i" else np.iinfo(array.dtype).min
    values = _window_view(array, kernel_size, stride, padding, dilation, ceil_mode, lowest)
    places = np.broadcast_to(np.arange(np.prod(array.shape[2:])).reshape(array.shape[2:]), array.shape)
    places = _window_view(places, kernel_size, stride, padding, dilation, ceil_mode, -1)
    values = values.reshape(*values.shape[: 2 + ndim], -1)
    places = places.reshape(*places.shape[: 2 + ndim], -1)
    wide = values.astype(np.float64)
    chosen = np.where(np.isnan(wide).any(-1), np.isnan(wide).argmax(-1), wide.argmax(-1))[..., None]
    return (
        np.take_along_axis(values, chosen, -1)[..., 0],
        np.take_along_axis(places, chosen, -1)[..., 0].astype(np.int64),
    )


def _max_pool_grad(grad, self, kernel_size, stride, padding, dilation, ceil_mode, result1):
    lead = grad.dim() - 2
    flat = grad.new_zeros(self.shape).flatten(lead)
    return flat.scatter_add(lead, result1.flatten(lead), grad.flatten(lead)).view(self.shape)


max_pool2d_with_indices = op(
    "max_pool2d_with_indices(Tensor self, int[] kernel_size, int[] stride, int[] padding, int[] dilation, "
    "bool ceil_mode=False) -> result0, result1",
    _max_pool,
    node="MaxPool2DWithIndicesBackward0",
    self=backward_operation(
        "max_pool2d_with_indices_backward",
        _max_pool_grad,
        node="MaxPool2DWithIndicesBackwardBackward0",
    ),
    method=False,
    function=False,
)


def _avg_divisors(array, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override):
    """Elements of each window: padding may count, what lies beyond it never does."""
    if divisor_override is not None:
        return divisor_override
    product = np.ones(())
    for size, window, step, pad in zip(array.shape[2:], kernel, stride, padding, strict=True):
        starts = np.arange(_extent(size, window, step, pad, 1, ceil_mode)) * step - pad
        ends = np.minimum(starts + window, size + pad)
        if not count_include_pad:
            starts, ends = np.maximum(starts, 0), np.minimum(ends, size)
        product = np.multiply.outer(product, ends - starts)
    return product


def _avg_pool(array, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
    if array.ndim == 3:
        options = (kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
        return _avg_pool(array[None], *options)[0]
    stride = stride or kernel_size
    windows = _window_view(array, kernel_size, stride, padding, [1] * len(kernel_size), ceil_mode, 0)
    sums = windows.sum(axis=tuple(range(2 + len(kernel_size), windows.ndim)), dtype=np.float64)
    options = (ceil_mode, count_include_pad, divisor_override)
    return (sums / _avg_divisors(array, kernel_size, stride, padding, *options)).astype(array.dtype)


def _avg_pool_back(grad, array, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
    """The transpose of `_avg_pool`: every window's share goes to each of its elements."""
    if array.ndim == 3:
        options = (kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
        return _avg_pool_back(grad[None], array[None], *options)[0]
    stride = stride or kernel_size
    options = (ceil_mode, count_include_pad, divisor_override)
    shares = grad / _avg_divisors(array, kernel_size, stride, padding, *options)
    places = np.arange(array.size).reshape(array.shape)
    places = _window_view(places, kernel_size, stride, padding, [1] * len(kernel_size), ceil_mode, -1)
    spread = np.broadcast_to(shares[(..., *[None] * len(kernel_size))], places.shape)
    total = np.zeros(array.size + 1)
    np.add.at(total, places, spread)  # padding adds to the extra last element
    return total[:-1].reshape(array.shape).astype(grad.dtype)


avg_pool_backward = op(
    "avg_pool2d_backward(Tensor grad_output, Tensor self, int[] kernel_size, int[] stride, int[] padding, "
    "bool ceil_mode, bool count_include_pad, any divisor_override)",
    _avg_pool_back,
    node="AvgPool2DBackwardBackward0",
    self=lambda grad, self: grad.new_zeros(self.shape),
    grad_output=lambda grad, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: avg_pool_row(
        grad, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    ),
    method=False,
    function=False,
)
avg_pool_row = op(
    "avg_pool2d(Tensor self, int[] kernel_size, int[] stride, int[] padding, bool ceil_mode, "
    "bool count_include_pad, any divisor_override)",
    _avg_pool,
    node="AvgPool2DBackward0",
    self=lambda grad, self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: (
        avg_pool_backward(grad, self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    ),
    jvp=lambda self_t, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: avg_pool_row(
        self_t, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    ),
    method=False,
    function=False,
)


# -- torch.nn.functional -----------------------------------------------------------------------------------------


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """The largest value of each window of (N, C, H, W) or (C, H, W), and with `return_indices` where it stood.

    Raises RuntimeError where no window fits.
    """
    kernel = _listed(kernel_size, 2)
    steps = kernel if stride is None or stride == [] else _listed(stride, 2)
    results = max_pool2d_with_indices(input, kernel, steps, _listed(padding, 2), _listed(dilation, 2), ceil_mode)
    return results if return_indices else results[0]


def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """As `max_pool2d`, for (N, C, L) or (C, L)."""
    kernel = _listed(kernel_size, 1)
    steps = kernel if stride is None or stride == [] else _listed(stride, 1)
    values, places = max_pool2d_with_indices(
        input.unsqueeze(-2),
        [1, *kernel],
        [1, *steps],
        [0, *_listed(padding, 1)],
        [1, *_listed(dilation, 1)],
        ceil_mode,
    )
    values = values.squeeze(-2)
    return (values, places.squeeze(-2)) if return_indices else values


def avg_pool2d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """The mean of each window of (N, C, H, W) or (C, H, W)."""
    kernel = _listed(kernel_size, 2)
    steps = kernel if stride is None or stride == [] else _listed(stride, 2)
    return avg_pool_row(input, kernel, steps, _listed(padding, 2), ceil_mode, count_include_pad, divisor_override)


def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """As `avg_pool2d`, for (N, C, L) or (C, L)."""
    kernel = _listed(kernel_size, 1)
    steps = kernel if stride is None or stride == [] else _listed(stride, 1)
    padding = [0, *_listed(padding, 1)]
    row = input.unsqueeze(-2)
    pooled = avg_pool_row(row, [1, *kernel], [1, *steps], padding, ceil_mode, count_include_pad, None)
    return pooled.squeeze(-2)


def _sections(size: int, count: int) -> list:
    """Start and end of the windows that divide a dimension into `count` parts, overlapping where they must."""
    return [(at * size // count, -(-(at + 1) * size // count)) for at in range(count)]


def _adapted(input, output_size, reduce):
    from .joining import stack

    ndim = len(output_size)
    for offset, count in enumerate(output_size):
        dim = input.dim() - ndim + offset
        wanted = input.shape[dim] if count is None else count
        parts = [
            reduce(input.narrow(dim, start, end - start), dim) for start, end in _sections(input.shape[dim], wanted)
        ]
        input = stack(parts, dim)
    return input


def adaptive_avg_pool2d(input, output_size):
    """Means of (*, H, W) over windows that give `output_size`."""
    sizes = _listed(output_size, 2) if isinstance(output_size, int) else list(output_size)
    if sizes == [1, 1]:
        return input.mean((-1, -2), keepdim=True)
    return _adapted(input, sizes, lambda part, dim: part.mean(dim))


def adaptive_avg_pool1d(input, output_size):
    """Means of (*, L) over windows that give `output_size`."""
    return _adapted(input, _listed(output_size, 1), lambda part, dim: part.mean(dim))


def adaptive_max_pool2d(input, output_size, return_indices=False):
    """Largest values of (*, H, W) over windows that give `output_size`."""
    from ..errors import NotModelled

    if return_indices:
        raise NotModelled("torch.nn.functional.adaptive_max_pool2d(return_indices=True)")
    sizes = _listed(output_size, 2) if isinstance(output_size, int) else list(output_size)
    return _adapted(input, sizes, lambda part, dim: part.max(dim)[0])


def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """The p-norm of each window of (N, C, H, W)."""
    kernel = _listed(kernel_size, 2)
    means = avg_pool2d(input.pow(norm_type), kernel, stride, 0, ceil_mode)
    return (means.sign() * means.abs().relu()).mul(kernel[0] * kernel[1]).pow(1.0 / norm_type)


def lp_pool1d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """The p-norm of each window of (N, C, L)."""
    kernel = _listed(kernel_size, 1)
    means = avg_pool1d(input.pow(norm_type), kernel, stride, 0, ceil_mode)
    return (means.sign() * means.abs().relu()).mul(kernel[0]).pow(1.0 / norm_type)
