"""Pooling: each output is the largest value, or the mean, of a window of the input."""

from __future__ import annotations

import numpy as np

from .._state import process, thread
from ..dtypes import BY_NUMPY, FLOATING
from .backward_rows import backward_operation
from .convolution import _listed
from .dims import wrap_dim
from .table import op


def _extent(size, kernel, stride, pad, dilation, ceil_mode):
    """Number of windows along a dimension; with `ceil_mode` also the last partial one that starts inside."""
    span = dilation * (kernel - 1) + 1
    room = size + 2 * pad - span
    count = (room + (stride - 1 if ceil_mode else 0)) // stride + 1
    if ceil_mode and (count - 1) * stride >= size + pad:
        count -= 1
    return count


def _counts(shape, kernel, stride, padding, dilation, ceil_mode) -> list[int]:
    """Windows along each dimension of (C, *sizes). Raises ``RuntimeError`` where there are none."""
    channels, *sizes = shape
    counts = [_extent(*facts, ceil_mode) for facts in zip(sizes, kernel, stride, padding, dilation, strict=True)]
    if min(counts) <= 0:
        lead = "x".join(map(str, shape))
        out = "x".join(map(str, (channels, *[max(count, 0) for count in counts])))
        raise RuntimeError(f"Given input size: ({lead}). Calculated output size: ({out}). Output size is too small")
    return counts


def _window_view(array, kernel, stride, padding, dilation, ceil_mode, fill):
    """(N, C, *output, *kernel) over the padded array."""
    sizes = array.shape[2:]
    counts = _counts(array.shape[1:], kernel, stride, padding, dilation, ceil_mode)
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


def demand_half(kernel, padding, dilation=None) -> None:
    """Padding of at most half a window. Raises ``RuntimeError``."""
    for size, pad, step in zip(kernel, padding, dilation or [1] * len(kernel), strict=True):
        if pad > (step * (size - 1) + 1) // 2:
            raise RuntimeError(
                f"pad should be at most half of effective kernel size, but got pad={pad}, kernel_size={size} and "
                f"dilation={step}"
            )


def demand_windows(self, kernel_size, stride, padding, dilation, ceil_mode) -> None:
    """Dimensions for the windows, something in all but the batch, and room for a window. Raises ``RuntimeError``."""
    rank = len(kernel_size)
    shape = self._array.shape
    if self.ndim not in (rank + 1, rank + 2) or 0 in shape[self.ndim - rank - 1 :]:
        raise RuntimeError(f"non-empty {rank + 1}D or {rank + 2}D (batch mode) tensor expected for input")
    demand_half(kernel_size, padding, dilation)
    _counts(shape[-rank - 1 :], kernel_size, stride or kernel_size, padding, dilation, ceil_mode)


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
    chosen = first_or_missing(wide, -1)[..., None]
    return (
        np.take_along_axis(values, chosen, -1)[..., 0],
        np.take_along_axis(places, chosen, -1)[..., 0].astype(np.int64),
    )


def first_or_missing(values: np.ndarray, axis: int) -> np.ndarray:
    """Where the first maximum stands, or the last NaN."""
    missing = np.isnan(values)
    last = values.shape[axis] - 1 - np.flip(missing, axis).argmax(axis=axis)
    return np.where(missing.any(axis=axis), last, values.argmax(axis=axis))


def to_winners(grad, sizes, places, ndim: int):
    """Each gradient to the position, counted over the last ``ndim`` dimensions, where its maximum stood."""
    lead = grad.dim() - ndim
    flat = grad.new_zeros(sizes).flatten(lead)
    return flat.scatter_add(lead, places.flatten(lead), grad.flatten(lead)).view(sizes)


def picked(tangent, places, ndim: int):
    """The tangent of each maximum, and none of its place."""
    lead = tangent.dim() - ndim
    return tangent.flatten(lead).gather(lead, places.flatten(lead)).view(places.shape), None


def _max_pool_grad(grad, self, kernel_size, stride, padding, dilation, ceil_mode, result1):
    return to_winners(grad, self.shape, result1, 2)


max_pool2d_with_indices = op(
    "max_pool2d_with_indices(Tensor self, int[] kernel_size, int[] stride, int[] padding, int[] dilation, "
    "bool ceil_mode=False) -> result0, result1",
    _max_pool,
    check=demand_windows,
    node="MaxPool2DWithIndicesBackward0",
    self=backward_operation(
        "max_pool2d_with_indices_backward",
        _max_pool_grad,
        node="MaxPool2DWithIndicesBackwardBackward0",
    ),
    jvp=lambda self_t, result1: picked(self_t, result1, 2),
    non_differentiable=("result1",),
    method=False,
    function=False,
    refuses=(("bc", "max_pool2d"),),
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


def check_avg_pool(self, kernel_size, *_) -> None:
    """Dimensions for the windows. Raises ``RuntimeError``, and ``IndexError`` for too few of a plane."""
    rank = len(kernel_size)
    if rank == 3 and self.ndim not in (4, 5):
        raise RuntimeError("non-empty 4D or 5D (batch mode) tensor expected for input")
    if self.ndim < rank + 1:
        wrap_dim(-rank - 1, self.ndim)
    if self.ndim > rank + 2:
        raise RuntimeError(
            f"Expected {rank + 1}D or {rank + 2}D (batch mode) tensor with optional 0 dim batch size for input, but "
            f"got:{list(self._array.shape)}"
        )


def only_long(kernel: str, forward):
    """``forward`` for a kernel that knows no whole numbers but those of 64 bits."""

    def checked(array, *rest):
        if array.dtype.kind == "i" and array.dtype.itemsize != 8:
            raise NotImplementedError(f"\"{kernel}\" not implemented for '{BY_NUMPY[array.dtype].scalar}'")
        return forward(array, *rest)

    return checked


def _avg_pool(array, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
    if array.ndim == 3:
        options = (kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
        return _avg_pool(array[None], *options)[0]
    rank = len(kernel_size)
    demand_half(kernel_size, padding)
    if rank == 3 and any(size < window for size, window in zip(array.shape[2:], kernel_size, strict=True)):
        names = "THW"
        found = " ".join(f"{n}: {s}" for n, s in zip(names, array.shape[2:], strict=True))
        wanted = " ".join(f"k{n}: {s}" for n, s in zip(names, kernel_size, strict=True))
        raise RuntimeError(f"input image ({found}) smaller than kernel size ({wanted})")
    stride = stride or kernel_size
    windows = _window_view(array, kernel_size, stride, padding, [1] * len(kernel_size), ceil_mode, 0)
    wide = np.float64 if array.dtype.itemsize == 8 else np.float32
    sums = windows.sum(axis=tuple(range(2 + len(kernel_size), windows.ndim)), dtype=wide)
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
    only_long("avg_pool2d", _avg_pool),
    node="AvgPool2DBackward0",
    self=lambda grad, self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: (
        avg_pool_backward(grad, self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    ),
    jvp=lambda self_t, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: avg_pool_row(
        self_t, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    ),
    method=False,
    function=False,
    refuses=(("buc", "avg_pool2d"),),
    check=check_avg_pool,
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
    recorded = (input.requires_grad and thread.grad_enabled) or process.forward_level >= 0
    line = not (recorded or return_indices)  # without a graph PyTorch has a kernel of its own for lines
    if return_indices:
        demand_line("max_pool1d", input)
    elif input.ndim not in (2, 3):
        raise RuntimeError(
            "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but "
            f"got:{list(input.shape)}"
        )
    if line and input.dtype.kind != FLOATING and input.numel():
        raise NotImplementedError(f"\"max_pool1d_impl\" not implemented for '{input.dtype.scalar}'")
    values, places = max_pool2d_with_indices(
        input.unsqueeze(-2),
        [1, *kernel],
        [1, *steps],
        [0, *_listed(padding, 1)],
        [1, *_listed(dilation, 1)],
        ceil_mode,
    )
    values = values.squeeze(-2)
    if return_indices:
        return values, places.squeeze(-2)
    return values.clone() if line else values  # the result of that kernel is no view


def avg_pool2d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """The mean of each window of (N, C, H, W) or (C, H, W)."""
    kernel = _listed(kernel_size, 2)
    steps = kernel if stride is None or stride == [] else _listed(stride, 2)
    return avg_pool_row(input, kernel, steps, _listed(padding, 2), ceil_mode, count_include_pad, divisor_override)


def demand_line(name: str, input) -> None:
    """(C, L) or (N, C, L). Raises ``RuntimeError``."""
    if input.dim() not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {input.dim()}-dimensional tensor for argument #1 'self' (while "
            f"checking arguments for {name})"
        )


def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """As `avg_pool2d`, for (N, C, L) or (C, L)."""
    demand_line("avg_pool1d", input)
    kernel = _listed(kernel_size, 1)
    steps = kernel if stride is None or stride == [] else _listed(stride, 1)
    padding = [0, *_listed(padding, 1)]
    row = input.unsqueeze(-2)
    pooled = avg_pool_row(row, [1, *kernel], [1, *steps], padding, ceil_mode, count_include_pad, None)
    return pooled.squeeze(-2)
