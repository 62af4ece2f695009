"""Convolution in one to three dimensions, and its transpose.

The rule: every output is the sum of a window of the (padded) input times the kernel; the transposed operation
spreads each input over a window instead and is the derivative of the plain one with respect to its input.
The derivative with respect to the weight is a convolution too, with batch and channels exchanged and with
stride and dilation exchanged. All three are therefore one row.
"""

from __future__ import annotations

import math

import numpy as np

from .._tensor import make
from ..arithmetic import in_float
from ..devices import CPU
from ..dtypes import BY_NUMPY, COMPLEX
from ..promotion import result_dtype
from . import convolution_demands as demands
from .by_number import mul_number
from .complex_parts import view_as_real
from .elementwise import conj, zeros_like
from .outputs import check_cast
from .table import op


def _spans(shape, kernel, dilation):
    return [dilated * (size - 1) + 1 for size, dilated in zip(kernel, dilation, strict=True)]


def _windows(array, kernel, stride, dilation):
    """A view (N, C, *output, *kernel) of (N, C, *spatial)."""
    spans = _spans(array.shape[2:], kernel, dilation)
    view = np.lib.stride_tricks.sliding_window_view(array, spans, axis=tuple(range(2, array.ndim)))
    steps = tuple(slice(None, None, step) for step in stride)
    holes = tuple(slice(None, None, step) for step in dilation)
    return view[(slice(None), slice(None), *steps, *holes)]


def _padded(array, before, after):
    widths = [(0, 0), (0, 0), *zip(before, after, strict=True)]
    for axis, (low, high) in enumerate(widths):  # negative padding cuts off
        if low < 0 or high < 0:
            cut = slice(max(-low, 0), array.shape[axis] - max(-high, 0))
            array = array[(slice(None),) * axis + (cut,)]
    return np.pad(array, [(max(low, 0), max(high, 0)) for low, high in widths])


def _by_library(array, weight, groups) -> bool:
    """Whether PyTorch leaves the convolution to a library: bfloat16, and float32 where there is enough to do."""
    if array.dtype.kind == "V":
        return True
    large = array.ndim > 3 and min(weight.shape[-2:]) > 3
    return array.dtype == np.float32 and (groups > 1 or len(array) > 1 or large or math.prod(array.shape[:4]) > 20480)


def _plain(array, weight, stride, before, after, dilation, groups):
    ndim = array.ndim - 2
    if _by_library(array, weight, groups) and not np.isfinite(weight).all():
        return _unpadded(array, weight, stride, before, after, dilation, groups)
    windows = _windows(_padded(array, before, after), weight.shape[2:], stride, dilation)
    inputs, outputs = array.shape[1] // groups, weight.shape[0] // groups
    spatial = list(range(2 + ndim, 2 + 2 * ndim))
    results = []
    for group in range(groups):
        part = windows[:, group * inputs : (group + 1) * inputs]
        kernel = weight[group * outputs : (group + 1) * outputs]
        product = _over_windows(part, kernel, [1, *spatial])
        results.append(np.moveaxis(product, -1, 1))
    return np.ascontiguousarray(np.concatenate(results, axis=1) if groups > 1 else results[0])


def _over_windows(part, kernel, summed):
    """Windows times kernels, summed over all axes of a kernel but its first; with a lone kernel too, 0 * inf is NaN."""
    if len(kernel) > 1 or np.isfinite(part).all():
        return np.tensordot(part, kernel, axes=(summed, list(range(1, kernel.ndim))))
    kept = [axis for axis in range(part.ndim) if axis not in summed]
    rows = part.transpose(*kept, *summed).reshape(*(part.shape[axis] for axis in kept), kernel[0].size)
    return _rows_times(rows, kernel.reshape(len(kernel), -1))


_rows_times = in_float(lambda rows, kernel: np.einsum("...i,oi->...o", rows, kernel))  # NumPy sums no bfloat16


def _over_channels(array, tap):
    """(C, N, *) times (C, O), summed over C. Libraries skip zeros in products with a vector; infinities count here."""
    if array.dtype.itemsize >= 4 and not (np.isfinite(array).all() and np.isfinite(tap).all()):
        return np.einsum("c...,co->...o", array, tap)
    return np.tensordot(array, tap, axes=(0, 0))


def _unpadded(array, weight, stride, before, after, dilation, groups):
    """A convolution that leaves the padding out instead of multiplying zeros, as the library does."""
    windows = _windows(_padded(array, before, after), weight.shape[2:], stride, dilation)
    inside = _windows(_padded(np.ones_like(array[:1, :1]), before, after), weight.shape[2:], stride, dilation)
    inputs, outputs = array.shape[1] // groups, weight.shape[0] // groups
    results = []
    for group in range(groups):
        part = windows[:, group * inputs : (group + 1) * inputs]
        kernel = weight[group * outputs : (group + 1) * outputs]
        total = np.zeros((array.shape[0], outputs, *windows.shape[2 : array.ndim]), array.dtype)
        for place in np.ndindex(*weight.shape[2:]):
            tap = kernel[(slice(None), slice(None), *place)].swapaxes(0, 1)
            product = np.moveaxis(_over_channels(part[(..., *place)].swapaxes(0, 1), tap), -1, 1)
            total += np.where(inside[(..., *place)], product, 0)
        results.append(total)
    return np.concatenate(results, axis=1)


def _transposed(array, weight, stride, padding, dilation, output_padding, groups):
    """Every input times the kernel, added where the kernel falls. No zeros are multiplied, so infinities stay put."""
    spans = _spans(array.shape[2:], weight.shape[2:], dilation)
    reached = [(size - 1) * step + span for size, step, span in zip(array.shape[2:], stride, spans, strict=True)]
    room = [size + extra for size, extra in zip(reached, output_padding, strict=True)]
    inputs, outputs = weight.shape[0] // groups, weight.shape[1]
    result = np.zeros((array.shape[0], outputs * groups, *room), array.dtype)
    for group in range(groups):
        own = slice(group * inputs, (group + 1) * inputs)
        part, kernel = array[:, own].swapaxes(0, 1), weight[own]
        channels = slice(group * outputs, (group + 1) * outputs)
        for place in np.ndindex(*weight.shape[2:]):
            product = _over_channels(part, kernel[(slice(None), slice(None), *place)])
            at = tuple(
                slice(tap * dilated, tap * dilated + (size - 1) * step + 1, step)
                for tap, dilated, size, step in zip(place, dilation, array.shape[2:], stride, strict=True)
            )
            result[(slice(None), channels, *at)] += np.moveaxis(product, -1, 1)
    cut = tuple(slice(pad, size - pad) for pad, size in zip(padding, room, strict=True))
    return np.ascontiguousarray(result[(slice(None), slice(None), *cut)])


def _of_nothing(array, weight) -> np.dtype:
    """The dtype of a result without elements: no kernel runs, what there is is multiplied by one of the weights."""
    factor = weight.reshape(-1)[:1].reshape(()) if weight.size and array.shape[1] else weight
    return result_dtype([make(array, CPU), make(factor, CPU)]).numpy


def _convolution(array, weight, bias, stride, padding, dilation, transposed, output_padding, groups):
    if not array.size:
        stored = _of_nothing(array, weight)
        array, weight = array.astype(stored), weight.astype(stored)
    if transposed:
        result = _transposed(array, weight, stride, padding, dilation, output_padding, groups)
    else:
        result = _plain(array, weight, stride, padding, padding, dilation, groups)
    if bias is not None:
        if bias.dtype != array.dtype:
            check_cast(result_dtype([make(array, CPU), make(bias, CPU)]), BY_NUMPY[array.dtype])
        result = result + bias.reshape((1, -1) + (1,) * (array.ndim - 2))
    return result.astype(array.dtype)


def _input_grad(grad, input_sym_sizes, weight, stride, padding, dilation, transposed, output_padding, groups):
    weight = conj(weight)
    if transposed:
        return convolution(grad, weight, None, stride, padding, dilation, False, output_padding, groups)
    # What the forward stride left over at the far end comes back as output padding.
    spans = _spans(None, weight.shape[2:], dilation)
    rest = [
        (size + 2 * pad - span) % step
        for size, pad, span, step in zip(input_sym_sizes[2:], padding, spans, stride, strict=True)
    ]
    return convolution(grad, weight, None, stride, padding, dilation, True, rest, groups)


def _weight_grad(grad, input, weight_sym_sizes, stride, padding, dilation, transposed, output_padding, groups):
    from .joining import cat

    large, small = (grad, conj(input)) if transposed else (conj(input), grad)
    none = [0] * len(stride)
    parts = []
    for moving, fixed in zip(large.chunk(groups, 1), small.chunk(groups, 1), strict=True):
        product = convolution(
            moving.transpose(0, 1), fixed.transpose(0, 1), None, dilation, padding, stride, False, none, 1
        )
        for dim, size in enumerate(weight_sym_sizes[2:], 2):
            product = product.narrow(dim, 0, size)
        parts.append(product.transpose(0, 1))
    return cat(parts, 0) if groups > 1 else parts[0]


def _convolution_tangent(
    input_t, weight_t, bias_t, input, weight, stride, padding, dilation, transposed, output_padding, groups
):
    """Zeros take the place of a tangent that is not there, and are multiplied."""
    options = (stride, padding, dilation, transposed, output_padding, groups)
    return convolution(zeros_like(input) if input_t is None else input_t, weight, None, *options) + convolution(
        input, zeros_like(weight) if weight_t is None else weight_t, bias_t, *options
    )


def _bias_grad(grad):
    return grad.sum((0, *range(2, grad.dim())))


convolution = op(
    "convolution(Tensor input, Tensor weight, Tensor? bias, int[] stride, int[] padding, int[] dilation, "
    "bool transposed, int[] output_padding, int groups)",
    _convolution,
    input=_input_grad,
    weight=_weight_grad,
    bias=_bias_grad,
    jvp=_convolution_tangent,
    method=False,
    together=True,
)


def _real_and_imaginary(tensor):
    parts = view_as_real(tensor)
    return parts.select(-1, 0), parts.select(-1, 1)


def _convolve(input, weight, bias, *options):
    """A convolution; of complex numbers in three real ones, as (a + ib)(c + id) takes three products."""
    if input.dtype.kind != COMPLEX:
        return convolution(input, weight, bias, *options)
    (a, b), (c, d) = _real_and_imaginary(input), _real_and_imaginary(weight)
    real, imaginary = (None, None) if bias is None else _real_and_imaginary(bias)
    first = convolution(a, c, real, *options)
    second = convolution(b, d, None, *options)
    both = convolution(a + b, c + d, None if bias is None else real + imaginary, *options)
    return first - second + mul_number(both - first - second, 1j)


# -- torch.nn.functional -----------------------------------------------------------------------------------------


def _listed(value, count: int) -> list:
    if isinstance(value, int):
        return [value] * count
    return list(value) * count if len(value) == 1 else list(value)


def _check(name, ndim, input, weight, bias, stride, padding, dilation, groups, transposed):
    if not transposed:
        demands.bias_dtype(input, bias)
    sizes = list(input.shape)
    if input.dim() not in (ndim + 1, ndim + 2):
        raise RuntimeError(
            f"Expected {ndim + 1}D (unbatched) or {ndim + 2}D (batched) input to {name}, but got input of size: {sizes}"
        )
    batched = sizes if input.dim() == ndim + 2 else [1, *sizes]
    if input.dtype.kind == COMPLEX:
        demands.same_type(input, weight=weight, bias=bias)
    demands.dimensions(weight, stride=stride, padding=padding, dilation=dilation)
    demands.positive(stride, padding, dilation, groups)
    demands.for_batch(weight, batched)
    demands.divisible(weight, groups)
    wanted = weight.shape[0] if transposed else weight.shape[1] * groups
    if batched[1] != wanted:
        kind = f"transposed={int(transposed)}" if transposed else f"groups={groups}"
        raise RuntimeError(
            f"Given {kind}, weight of size {list(weight.shape)}, expected input{batched} to have {wanted} channels, "
            f"but got {batched[1]} channels instead"
        )
    demands.bias_shape(weight, bias, groups, transposed)
    if not transposed:
        padded = [size + 2 * pad for size, pad in zip(batched[2:], padding, strict=True)]
        spans = _spans(None, weight.shape[2:], dilation)
        if any(span > size for span, size in zip(spans, padded, strict=True)):
            raise RuntimeError(
                f"Calculated padded input size per channel: ({' x '.join(map(str, padded))}). Kernel size: "
                f"({' x '.join(map(str, spans))}). Kernel size can't be greater than actual input size"
            )
    demands.dtypes(batched, input, weight, bias, stride, dilation, groups, transposed)


def _run(name, ndim, input, weight, bias, stride, padding, dilation, groups, transposed=False, extra=0):
    stride, dilation, extra = _listed(stride, ndim), _listed(dilation, ndim), _listed(extra, ndim)
    if padding == "valid":
        padding = 0
    elif padding == "same":
        return _same(name, ndim, input, weight, bias, stride, dilation, groups)
    padding = _listed(padding, ndim)
    _check(name, ndim, input, weight, bias, stride, padding, dilation, groups, transposed)
    batched = input if input.dim() == ndim + 2 else input.unsqueeze(0)
    result = _convolve(batched, weight, bias, stride, padding, dilation, transposed, extra, groups)
    return result if input.dim() == ndim + 2 else result.squeeze(0)


def _same(name, ndim, input, weight, bias, stride, dilation, groups):
    if any(step != 1 for step in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    demands.as_many_dimensions(input, weight, ndim)
    totals = [span - 1 for span in _spans(None, weight.shape[2:], dilation)]
    padding = [total // 2 for total in totals]
    if any(total % 2 for total in totals):  # the odd element goes to the far end
        from .padding import pad

        ends = [end for total in reversed(totals) for end in (0, total % 2)]
        input = pad(input, ends)
    return _run(name, ndim, input, weight, bias, stride, padding, dilation, groups)


def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """(N, C, L) or (C, L) with a kernel (out, C / groups, k). Raises RuntimeError for what does not fit."""
    return _run("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """(N, C, H, W) or (C, H, W) with a kernel (out, C / groups, kh, kw)."""
    return _run("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """(N, C, D, H, W) or (C, D, H, W) with a kernel (out, C / groups, kd, kh, kw)."""
    return _run("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Transpose of `conv1d`, with a kernel (C, out / groups, k)."""
    return _run("conv_transpose1d", 1, input, weight, bias, stride, padding, dilation, groups, True, output_padding)


def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Transpose of `conv2d`, with a kernel (C, out / groups, kh, kw)."""
    return _run("conv_transpose2d", 2, input, weight, bias, stride, padding, dilation, groups, True, output_padding)


def conv_transpose3d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Transpose of `conv3d`, with a kernel (C, out / groups, kd, kh, kw)."""
    return _run("conv_transpose3d", 3, input, weight, bias, stride, padding, dilation, groups, True, output_padding)
