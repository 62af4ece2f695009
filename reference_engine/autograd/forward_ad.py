"""Forward mode: tensors that carry a tangent, and the rules that move it along.

Inside ``dual_level`` a dual tensor is a tensor with a tangent; every operation on one computes the tangent of its
result from the row's ``jvp``. Tangents are tensors like others: computing them is recorded, so forward mode can be
differentiated by backward. One level exists at a time. Grad mode does not matter to tangents.

Rule: ``torch.autograd.forward_ad``.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from .._state import process, thread
from .._tensor import Tensor
from ..graph.edges import gradient_edge, set_history
from ..graph.inplace import make_view
from ..graph.node import Identity
from ..ops.extrema import return_type
from ..promotion import promote_types
from .tangents import NOT_FLOATING, forget, set_tangent, start_family, tangent_of, write_tangent


class UnpackedDualTensor(NamedTuple):
    """The parts of a dual tensor; the tangent is None for others."""

    primal: Tensor
    tangent: Tensor | None


UnpackedDualTensor.__module__ = "torch.autograd.forward_ad"


def enter_dual_level() -> int:
    """Open a level. Raises ``RuntimeError`` when one is open."""
    if process.forward_level >= 0:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    process.forward_level = 0
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """Close the level: all its tangents are gone."""
    if level is None:
        level = process.forward_level
    if level < 0:
        raise RuntimeError("Dual level must be a positive number.")
    if level != process.forward_level:
        raise RuntimeError(
            "Trying to exit a forward AD level that was not the last one that was created. This is not supported."
        )
    forget()


class dual_level:
    """Context in which dual tensors exist."""

    def __enter__(self) -> int:
        self.level = enter_dual_level()
        return self.level

    def __exit__(self, exc_type, exc_value, traceback) -> None:
        exit_dual_level(level=self.level)

    def __call__(self, function):
        def wrapped(*args, **kwargs):
            with dual_level():
                return function(*args, **kwargs)

        return wrapped


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """A view of ``tensor`` that carries ``tangent``. Raises ``RuntimeError`` outside of a level."""
    if (process.forward_level if level is None else level) < 0:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
        )
    if not (tensor.is_floating_point() or tensor.is_complex()):
        raise ValueError(f"Expected primal to be floating point or complex, but got: {tensor.dtype}")
    if not (tangent.is_floating_point() or tangent.is_complex()):
        raise ValueError(f"Expected tangent to be floating point or complex, but got: {tangent.dtype}")
    return _make_dual(tensor, tangent, process.forward_level if level is None else level)


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """The primal and the tangent; None stands for the tangent of a tensor without."""
    if level is None:
        level = process.forward_level
    if level < 0:
        return UnpackedDualTensor(tensor, None)
    return UnpackedDualTensor(*_unpack_dual(tensor, level))


def _make_dual(primal: Tensor, tangent: Tensor, level: int) -> Tensor:
    """What ``make_dual`` rests on. Raises ``RuntimeError`` for a level that is not open, and for two tangents."""
    if level != 0:
        raise RuntimeError("Invalid level given to _make_dual")
    if process.forward_level < 0:
        raise RuntimeError(
            "Trying to access a forward AD level with an invalid index. This index was either not created or is "
            "already deleted."
        )
    if tangent_of(primal) is not None:
        raise RuntimeError(
            "Making a dual Tensor based on a Tensor that already has a forward gradient at the same level "
            f"{level} is not supported."
        )
    dual = primal.view_as(primal)
    if not thread.inference:
        start_family(dual)
        set_tangent(dual, tangent)
    return dual


def _unpack_dual(dual: Tensor, level: int):
    """What ``unpack_dual`` rests on. Raises ``RuntimeError`` for a dual tensor and a level that is not its own."""
    tangent = tangent_of(dual) if process.forward_level >= 0 else None
    if tangent is not None and level != 0:
        raise RuntimeError("Invalid level given to _fw_primal")
    primal = make_view(dual, dual._array[...])
    start_family(primal)
    if thread.grad_enabled and dual.requires_grad and not thread.inference:
        set_history(primal, Identity((gradient_edge(dual),)))
    return _unpacked((primal, tangent))


_unpacked = return_type("_unpack_dual", "primal", "tangent")


def propagate(row, values: list, outputs: tuple, original_self=None) -> None:
    """Compute the tangents of ``outputs`` from those of the inputs by the row's ``jvp``."""
    tangents: dict[int, object] = {}
    for position in row.tensor_positions:
        value = values[position]
        if isinstance(value, Tensor):
            tangent = tangent_of(value)
            if tangent is not None:
                tangents[position] = tangent
        elif type(value) in (list, tuple) and any(
            isinstance(entry, Tensor) and tangent_of(entry) is not None for entry in value
        ):
            tangents[position] = [_or_zeros(entry) for entry in value]
    if not tangents:
        return
    if not any(output.dtype.is_differentiable for output in outputs):
        if row.positions.get("value") in tangents:
            raise RuntimeError(NOT_FLOATING)  # what is filled in gives its tangent to whatever it fills
        return
    in_place = outputs[0] is values[0]
    if row.jvp is not None and not any(position in tangents for position in _named_tangents(row)):
        return  # the rule knows nothing of the operands that have tangents
    if row.jvp is None:
        if in_place and not row.differentiable:
            return
        raise NotImplementedError(_unsupported(row, in_place))
    if original_self is not None:
        values = [original_self, *values[1:]]
    level, process.forward_level = process.forward_level, -1
    try:
        if row.fills_tangents:
            _fill_missing(row, values, tangents)
        results = _tangents(row, values, outputs, tangents)
    finally:
        process.forward_level = level
    if in_place and results[0] is None and 0 in tangents:
        # The formula's tangent, which is not there, is to be copied over that of the tensor written to.
        raise RuntimeError(
            "Expected a proper Tensor but got None (or an undefined Tensor in C++) for argument #1 'src'"
        )
    for output, tangent in zip(outputs, results, strict=False):
        if tangent is None or not output.dtype.is_differentiable:
            continue
        if not row.view and any(tangent is given for given in tangents.values()):
            tangent = tangent.clone()  # a result of its own: writes to it are not writes to the input
        if tangent._array.shape != output._array.shape:
            tangent = tangent.expand(output._array.shape).clone()
        tangent = _at_least(tangent, output.dtype)
        if in_place:
            write_tangent(output, tangent)
        else:
            set_tangent(output, tangent)


def _at_least(tangent: Tensor, dtype) -> Tensor:
    """A tangent in the dtype of its primal; one of a wider dtype stays as it is."""
    return tangent.to(dtype) if promote_types(tangent.dtype, dtype) is dtype else tangent


def _unsupported(row, in_place: bool) -> str:
    name = row.name + ("_" if in_place else "")
    if row.node_class is None:
        return f"Trying to use forward AD with aten::{name} that does not support it."
    return (
        f"Trying to use forward AD with {name} that does not support it because it has not been implemented yet.\n"
        "Please file an issue to PyTorch at https://github.com/pytorch/pytorch/issues/new?template=feature-request.yml "
        "so that we can prioritize its implementation"
        + ("." if in_place else " or submit a PR adding the implementation to derivatives.yaml")
    )


@functools.cache
def _named_tangents(row) -> tuple[int, ...]:
    """The positions of the operands whose tangents the row's rule takes."""
    from ..ops.table import parameter_names

    if not callable(row.jvp):
        return row.differentiated
    owners = (name.removesuffix("_t") for name in parameter_names(row.jvp) if name.endswith("_t"))
    return tuple(row.positions[owner] for owner in owners if owner in row.positions)


def _fill_missing(row, values: list, tangents: dict) -> None:
    """Put zeros that take part in place of tangents that are not there: with them 0 * inf is NaN.

    Sums and elementwise products know a zero that stands for nothing; other operations compute with it.
    """
    from ..creation import zeros_like

    chosen = row.fills_tangents
    for position in _named_tangents(row):
        if chosen is not True and row.parameters[position].name not in chosen:
            continue
        if position not in tangents and isinstance(values[position], Tensor):
            tangents[position] = zeros_like(values[position])


def _or_zeros(tensor: Tensor) -> Tensor:
    from ..creation import zeros_like

    tangent = tangent_of(tensor)
    return zeros_like(tensor) if tangent is None else tangent


def _tangents(row, values: list, outputs: tuple, tangents: dict) -> tuple:
    if row.jvp == "linear":
        from ..ops.dispatch import run

        replaced = [tangents.get(position, value) for position, value in enumerate(values)]
        result = run(row, replaced)
        return result if type(result) is tuple else (result,)
    if row.jvp == "elementwise":
        return (_elementwise(row, values, outputs, tangents),)
    if row.jvp == "transposed":
        return _transposed(row, values, outputs, tangents)
    result = row.jvp(**_arguments(row, row.jvp, values, outputs, tangents))
    return result if type(result) is tuple else (result,)


def _arguments(row, function, values: list, outputs: tuple, tangents: dict, skipped: int = 0) -> dict:
    """The arguments that a rule asks for by name: ``NAME_t`` tangents, outputs, inputs and facts."""
    found = {}
    from ..ops.table import parameter_names

    for name in parameter_names(function)[skipped:]:
        owner = name.removesuffix("_t")
        if owner != name and owner in row.positions:
            found[name] = tangents.get(row.positions[owner])
        else:
            source = row._source(name)
            if source[0] == "input":
                found[name] = values[source[1]]
            elif source[0] == "output":
                found[name] = outputs[source[1]]
            else:
                found[name] = source[2](values[source[1]])
    return found


def _elementwise(row, values: list, outputs: tuple, tangents: dict):
    """Reuse the derivative: the tangent is the conjugate of the derivative applied to its conjugate."""
    from ..ops.elementwise import conj, sum_tangents

    parts = []
    for formula in row.formulas:
        tangent = tangents.get(formula.position)
        if tangent is None:
            continue
        arguments = []
        for name in formula.names:
            kind, position, *rest = row._source(name)
            arguments.append(
                values[position]
                if kind == "input"
                else outputs[position]
                if kind == "output"
                else rest[0](values[position])
            )
        parts.append(conj(formula.function(conj(tangent), *arguments)))
    return sum_tangents(*parts)


def _transposed(row, values: list, outputs: tuple, tangents: dict) -> tuple:
    """Reuse the derivatives where they are no mere factors: they are linear in the gradients that come in, so the
    gradients of their product with the tangents are the tangents of the outputs."""
    from ..creation import zeros_like
    from .grad_mode import enable_grad, is_grad_enabled

    recording = is_grad_enabled()
    shown = [i for i, output in enumerate(outputs)
             if output.dtype.is_differentiable and row.outputs[i] not in row.non_differentiable_outputs]  # fmt: skip
    seeds = {i: zeros_like(outputs[i].detach()).requires_grad_() for i in shown}
    incoming = [seeds.get(i) for i in range(len(outputs))]
    total = None
    with enable_grad():
        for formula in row.formulas:
            tangent = tangents.get(formula.position)
            if tangent is None:
                continue
            named = _arguments(row, formula.function, values, outputs, tangents, skipped=1)
            product = formula.function(incoming if formula.whole else incoming[0], *named.values())
            part = (product.conj() * tangent).real if product.is_complex() else product * tangent
            total = part.sum() if total is None else total + part.sum()
        found = _grad(total, list(seeds.values()), create_graph=recording, allow_unused=True)
    results = dict(zip(shown, found, strict=True))
    return tuple(results.get(i) for i in range(len(outputs)))


def _grad(*args, **kwargs):
    from . import grad

    return grad(*args, **kwargs)


def copied(target: Tensor, source: Tensor) -> None:
    """``target.copy_(source)`` replaces the tangent as well."""
    tangent = tangent_of(source)
    if not target.dtype.is_differentiable or (tangent is None and tangent_of(target) is None):
        return
    level, process.forward_level = process.forward_level, -1
    try:
        if tangent is None:
            tangent_of(target).fill_(0)
        else:
            write_tangent(target, _at_least(tangent, target.dtype).expand(target._array.shape).clone())
    finally:
        process.forward_level = level


class _set_fwd_grad_enabled:
    def __init__(self, mode: bool) -> None:
        self.mode = mode

    def __enter__(self) -> None:
        self.previous = process.forward_level
        if not self.mode:
            process.forward_level = -1

    def __exit__(self, *exc_info) -> None:
        process.forward_level = self.previous
