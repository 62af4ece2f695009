"""What normalisations demand of their parameters, in PyTorch's words and order. Rules: ``torch.nn.functional``'s
``batch_norm``, ``layer_norm``, ``group_norm`` and ``instance_norm``, and their kernels on the host.
"""

from __future__ import annotations

from math import prod

import numpy as np

from ..dtypes import FLOATING, float32


def several_values(sizes, spatial: bool = False) -> None:
    """Raises ``ValueError`` where statistics would be taken of a single element."""
    counted = prod(sizes[2:]) if spatial else sizes[0] * prod(sizes[2:])
    if counted == 1:
        what = "spatial element" if spatial else "value per channel"
        raise ValueError(f"Expected more than 1 {what} when training, got input size {sizes}")


def averaged(input, *parameters) -> None:
    """The kernel walks through rows, or through channels; statistics of a batch in another order are means of their
    own, unless the parameters' dtype is another. Raises ``RuntimeError`` for whole numbers.
    """
    if input.dtype.kind >= FLOATING or input.device.type != "cpu":
        return
    first = next((parameter for parameter in parameters if parameter is not None), input)
    by_channels = input.ndim in (4, 5) and np.moveaxis(input._array, 1, -1).flags.c_contiguous
    if first.dtype is input.dtype and not (input.is_contiguous() or by_channels):
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
            f"Got: {input.dtype.scalar}"
        )


def mixed(input, *parameters) -> bool:
    """Whether the first parameter has another dtype than the input: then all are float32, beside one of 16 bits.

    Raises ``RuntimeError`` where they are not.
    """
    given = [parameter for parameter in parameters if parameter is not None and input.device.type == "cpu"]
    if not given or given[0].dtype is input.dtype:
        return False
    if any(parameter.dtype is not float32 for parameter in given):
        raise RuntimeError("mixed dtype (CPU): expect parameter to have scalar type of Float")
    if input.dtype.itemsize != 2 or input.dtype.kind != FLOATING:
        raise RuntimeError("mixed dtype (CPU): all inputs must share same datatype.")
    return True


def same_dtype(kernel: str, input, *parameters) -> None:
    """Parameters share the input's dtype, or are float32 beside one of 16 bits. Raises ``RuntimeError``, and
    ``NotImplementedError`` for an input that is not floating point. (The rule is that of the host's kernels.)
    """
    on_host = input.device.type == "cpu"
    given = [parameter for parameter in parameters if parameter is not None and on_host]
    if kernel == "batch_norm":
        _floating(kernel, input)
    if mixed(input, *parameters):
        return
    _floating(kernel, input)
    for parameter in given:
        if parameter.dtype is not input.dtype:
            raise RuntimeError(f"expected scalar type {input.dtype.scalar} but found {parameter.dtype.scalar}")


def _floating(kernel: str, input) -> None:
    if input.dtype.kind != FLOATING:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{input.dtype.scalar}'")


def trailing_shape(normalized_shape, weight, bias) -> None:
    """Weight and bias have the shape that is normalised. Raises ``RuntimeError``."""
    shape = list(normalized_shape)
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
            "normalized_shape = []"
        )
    for name, parameter in (("weight", weight), ("bias", bias)):
        if parameter is not None and list(parameter._array.shape) != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(parameter._array.shape)} and normalized_shape = {shape}"
            )


def per_channel(input, weight, bias) -> None:
    """Weight and bias have one element per channel. Raises ``RuntimeError``, which always shows the weight's shape."""
    for name, parameter in (("weight", weight), ("bias", bias)):
        if parameter is not None and parameter._array.shape != (input._array.shape[1],):
            shown = parameter if weight is None else weight
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of "
                f"shape {list(shown._array.shape)} and input of shape {list(input._array.shape)}"
            )
