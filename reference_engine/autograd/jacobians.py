"""Jacobians of a function at a point: by finite differences, by backward passes, by forward mode.

One Jacobian per pair of input and output, with a row per element of the input and a column per element of the output.
"""

from __future__ import annotations

import itertools
import warnings

import reference_engine as torch

from . import forward_ad


class GradcheckError(RuntimeError):
    """Derivatives that do not agree."""


GradcheckError.__module__ = "torch.autograd.gradcheck"


def directions(tensor):
    """Index and unit of every real direction of a tensor's elements."""
    units = (1, 1j) if tensor.is_complex() else (1,)
    return itertools.product(itertools.product(*map(range, tensor.shape)), units)


def numerical(function, inputs, index, eps):
    """Central differences: one Jacobian (input elements x output elements) per output of `function`.

    For a complex input the entries are d/dx + i d/dy, the convention of gradients.
    """
    data = inputs[index].data
    columns: dict = {}
    for position, unit in directions(data):
        kept = data[position].item()
        data[position] = kept - eps * unit
        below = [output.detach().clone() for output in function(inputs)]
        data[position] = kept + eps * unit
        above = [output.detach().clone() for output in function(inputs)]
        data[position] = kept
        slopes = [((a - b) / (2 * eps)).reshape(-1) for a, b in zip(above, below, strict=True)]
        before = columns.get(position)
        columns[position] = slopes if before is None else [x + y * unit for x, y in zip(before, slopes, strict=True)]
    return [torch.stack(rows) for rows in zip(*columns.values(), strict=True)]


def analytical(output, inputs, dtypes_checked):
    """One backward pass per element of `output`: a Jacobian (input elements x output elements) per input."""
    columns = [[] for _ in inputs]
    for position in range(output.numel()):
        seed = torch.zeros_like(output).reshape(-1)
        seed[position] = 1
        grads = torch.autograd.grad(output, inputs, seed.view_as(output), retain_graph=True, allow_unused=True)
        for column, grad, x in zip(columns, grads, inputs, strict=True):
            if grad is not None and grad.size() != x.size():
                raise GradcheckError("Analytical gradient has incorrect size")
            if grad is not None and dtypes_checked and grad.dtype != x.dtype:
                raise GradcheckError("Analytical gradient has incorrect type")
            column.append(torch.zeros_like(x).reshape(-1) if grad is None else grad.detach().reshape(-1))
    return [
        torch.stack(column, dim=1) if column else torch.zeros(x.numel(), 0, dtype=x.dtype)
        for column, x in zip(columns, inputs, strict=True)
    ]


def forward_columns(function, inputs, index):
    """The Jacobians of all outputs with respect to one input, by forward mode."""
    rows = []
    for position, unit in directions(inputs[index]):
        tangent = torch.zeros_like(inputs[index]).detach()
        tangent[position] = unit
        with forward_ad.dual_level():
            duals = list(inputs)
            duals[index] = forward_ad.make_dual(inputs[index].detach(), tangent)
            unpacked = [forward_ad.unpack_dual(output) for output in function(duals)]
            rows.append(
                [
                    (torch.zeros_like(primal) if slope is None else slope).detach().reshape(-1)
                    for primal, slope in unpacked
                ]
            )
    return [torch.stack(column) for column in zip(*rows, strict=True)]


def agree(analytical, numerical, rtol, atol):
    """Whether analytical is within atol + rtol |numerical|, in the wider of the two types."""
    wide = torch.promote_types(analytical.dtype, numerical.dtype)
    return torch.allclose(analytical.to(wide), numerical.to(wide), rtol, atol)


# ---------------------------------------------------------------- names from before gradcheck was one function


def _deprecated(name):
    warnings.warn(
        f"`{name}` was part of PyTorch's private API and not meant to be exposed. We are deprecating it and it will be "
        "removed in a future version of PyTorch. If you have a specific use for this or feature request for this to be "
        "a stable API, please file us an issue at https://github.com/pytorch/pytorch/issues/new",
        FutureWarning,
        stacklevel=3,
    )


def _only_one(name, grad_out):
    if grad_out != 1.0:
        raise ValueError(f"Expected grad_out to be 1.0. {name} no longer supports values of grad_out != 1.0.")


def get_numerical_jacobian(fn, inputs, target=None, eps=1e-3, grad_out=1.0):
    """Deprecated. The Jacobians of the first output of `fn(inputs)`, a tuple, for every input that requires grad.

    Raises ValueError for a `grad_out` other than 1.
    """
    _deprecated("get_numerical_jacobian")
    _only_one("get_numerical_jacobian", grad_out)
    targets = (target,) if isinstance(target, torch.Tensor) else inputs if target is None else tuple(target)
    holders = tuple(x for x in targets if isinstance(x, torch.Tensor) and x.requires_grad)

    def function(_):
        found = fn(inputs)
        return found if isinstance(found, tuple | list) else (found,)

    return tuple(numerical(function, holders, index, eps)[0] for index in range(len(holders)))


def get_analytical_jacobian(inputs, output, nondet_tol=0.0, grad_out=1.0):
    """Deprecated. The Jacobians of `output`, whether two passes agree, and whether sizes and dtypes are right.

    Raises ValueError for a `grad_out` other than 1 and for complex outputs.
    """
    _deprecated("get_analytical_jacobian")
    _only_one("get_analytical_jacobian", grad_out)
    if output.is_complex():
        raise ValueError(
            "Expected output to be non-complex. get_analytical_jacobian no longer supports functions that return "
            "complex outputs."
        )
    wanted = [x for x in inputs if isinstance(x, torch.Tensor) and x.requires_grad]
    first, again = (analytical(output, wanted, False) for _ in range(2))
    agreeing = all((a - b).abs().max() <= nondet_tol for a, b in zip(first, again, strict=True) if a.numel())
    types = all(
        grad is None or grad.dtype == x.dtype
        for x in wanted
        for grad in torch.autograd.grad(output.sum(), x, retain_graph=True, allow_unused=True)
    )
    return tuple(first), agreeing, True, types
