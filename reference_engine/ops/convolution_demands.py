"""What convolutions demand of shapes, numbers and dtypes, in PyTorch's words and order.

Which kernel is chosen decides what is said of unlike dtypes: those of the host's library for float32 and bfloat16
name the tensors' types, the others the scalar types. Rules: ``torch.nn.functional.conv2d`` and its kin.
"""

from __future__ import annotations

from math import prod

from ..dtypes import BOOL, COMPLEX, FLOATING, bfloat16, float32, int64


def bias_dtype(input, bias) -> None:
    """Raises ``RuntimeError`` for a bias of another dtype. (Transposed convolutions of real numbers cast theirs.)"""
    if bias is not None and bias.dtype is not input.dtype:
        raise RuntimeError(f"Input type ({input.dtype.cpp}) and bias type ({bias.dtype.cpp}) should be the same")


def same_type(input, by_library: bool = False, **beside) -> None:
    """Raises ``RuntimeError`` for a kernel or a bias of another dtype than the input's."""
    for name, tensor in beside.items():
        if tensor is not None and tensor.dtype is not input.dtype:
            suffix = f" or input should be a MKLDNN tensor and {name} is a dense tensor" if by_library else ""
            raise RuntimeError(
                f"Input type ({_type_name(input)}) and {name} type ({_type_name(tensor)}) should be the same{suffix}"
            )


def dimensions(weight, **steps) -> None:
    """Raises ``RuntimeError`` for numbers that are neither one nor one per dimension that the kernel moves along."""
    moved = weight.ndim - 2
    if moved < 1:
        raise RuntimeError("weight should have at least three dimensions")
    for name, given in steps.items():
        if len(given) not in (1, moved):
            raise RuntimeError(
                f"expected {name} to be a single integer value or a list of {moved} values to match the convolution "
                f"dimensions, but got {name}={list(given)}"
            )


def for_batch(weight, batched) -> None:
    """Raises ``RuntimeError`` where the kernel has not as many dimensions as the batch, of the shape ``batched``."""
    if weight.ndim != len(batched):
        raise RuntimeError(
            f"Expected {weight.ndim}-dimensional input for {weight.ndim}-dimensional weight "
            f"{list(weight._array.shape)}, but got {len(batched)}-dimensional input of size {list(batched)} instead"
        )


def as_many_dimensions(input, weight, moved: int) -> None:
    """Raises ``RuntimeError`` where the kernel has not as many dimensions as a batch of inputs to pad."""
    if weight.ndim < 3:
        raise RuntimeError("weight should have at least three dimensions")
    if weight.ndim != moved + 2:
        shape = [1] * (moved + 2 - input.ndim) + list(input._array.shape)
        raise RuntimeError(
            f"Expected {weight.ndim}-dimensional input for {weight.ndim}-dimensional weight"
            f"{list(weight._array.shape)}, but got {len(shape)}-dimensional input of size {shape} instead"
        )


def positive(stride, padding, dilation, groups) -> None:
    """Raises ``RuntimeError`` for steps and groups that are not positive, and for negative padding."""
    if min(stride) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    if min(padding) < 0:
        raise RuntimeError("negative padding is not supported")
    if min(dilation) <= 0:
        raise RuntimeError(f"dilation should be greater than zero, but got {list(dilation)}")
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")


def divisible(weight, groups) -> None:
    """Raises ``RuntimeError`` where the kernels do not make equal groups of at least one each."""
    if weight._array.shape[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size "
            f"{list(weight._array.shape)} instead"
        )
    if weight._array.shape[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of "
            f"size [{list(weight._array.shape)}] instead"
        )


def bias_shape(weight, bias, groups, transposed) -> None:
    """Raises ``RuntimeError`` for a bias that has not one element per channel of the result."""
    channels = weight._array.shape[1] * groups if transposed else weight._array.shape[0]
    if bias is not None and bias._array.shape != (channels,):
        kind = "transposed=1, " if transposed else ""
        raise RuntimeError(
            f"Given {kind}weight of size {list(weight._array.shape)}, expected bias to be 1-dimensional with "
            f"{channels} elements, but got bias of size {list(bias._array.shape)} instead"
        )


def dtypes(batched, input, weight, bias, stride, dilation, groups, transposed) -> None:
    """What the kernel says of dtypes; ``batched`` is the shape of the input. Raises ``RuntimeError`` and
    ``NotImplementedError``.
    """
    if not prod(batched):
        return
    on_host = input.device.type == "cpu"
    by_library = on_host and _uses_library(batched, input, weight, stride, dilation, groups)
    if by_library or not on_host:
        same_type(input, by_library, weight=weight, bias=bias if by_library else None)
    kernel = on_host and _refusing_kernel(weight._array.shape[2:], input.dtype, max(dilation) > 1, transposed)
    if kernel:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{input.dtype.scalar}'")
    if input.dtype is not weight.dtype:
        raise RuntimeError(f"expected scalar type {input.dtype.scalar} but found {weight.dtype.scalar}")


def _uses_library(batched, input, weight, stride, dilation, groups) -> bool:
    """Whether the host's library computes: bfloat16 always, float32 where it is worth its while on one thread."""
    if input.dtype is not float32:
        return input.dtype is bfloat16
    kernel = (1, *weight._array.shape[2:])[-2:]
    simple = kernel == (1, 1) and max(stride) == 1 and max(dilation) == 1 and batched[0] < 16
    if simple:
        return False
    return groups > 1 or min(kernel) > 3 or batched[0] > 1 or prod(batched) > 20480


def _refusing_kernel(size, dtype, dilated: bool, transposed: bool) -> str:
    """The kernel that does not know the dtype, if there is one."""
    known = dtype.kind >= FLOATING or dtype is int64
    if transposed:
        return "" if known else f"slow_conv_transpose{max(len(size), 2)}d_out_cpu"
    if dilated:
        return "" if known else "slow_conv_dilated<>"
    if dtype.kind != BOOL:
        return ""
    if len(size) == 3:
        return "slow_conv3d_cpu" if prod(size) == 1 else "compute_columns3d"
    return "slow_conv2d_cpu"


def _type_name(tensor) -> str:
    if tensor.dtype.kind in (BOOL, COMPLEX) or tensor.dtype is bfloat16:
        return f"{tensor.device.type.upper()}{tensor.dtype.scalar}Type"
    return tensor.type()
