"""Operations that are custom Functions in PyTorch as well."""

from __future__ import annotations

import math

from .function import Function


class Resize(Function):
    """The elements in their order in another shape of as many elements: a view where the memory allows it."""

    @staticmethod
    def forward(ctx, tensor, sizes):
        count = math.prod(sizes) if all(isinstance(size, int) for size in sizes) else sizes[-1]
        if count != tensor.numel():
            raise RuntimeError(
                f"requested resize to {'x'.join(map(str, sizes))} ({count} elements in total), but the given tensor "
                f"has a size of {'x'.join(map(str, tensor.size()))} ({tensor.numel()} elements). autograd's resize can "
                "only change the shape of a given tensor, while preserving the number of elements. "
            )
        ctx.input_sizes = tensor.size()
        return tensor.contiguous().view(*sizes)

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output.contiguous().view(ctx.input_sizes), None


Resize.__module__ = "torch.autograd._functions.tensor"
