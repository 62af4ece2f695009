"""Automatic differentiation: ``backward`` and ``grad``, the two ways into the engine.

Rule: ``torch.autograd.backward``, ``torch.autograd.grad``.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from .._tensor import Tensor
from ..creation import zeros_like
from ..ops.joining import stack
from ..overrides import dispatch, dispatches
from . import anomaly_mode, forward_ad, function, functional, grad_mode, graph
from .anomaly_mode import detect_anomaly, set_detect_anomaly
from .function import Function, NestedIOFunction
from .grad_mode import (
    _unsafe_preserve_version_counter,  # noqa: F401 (reached as torch.autograd._unsafe_preserve_version_counter)
    enable_grad,
    enforce_grad_layout_policy,
    inference_mode,
    no_grad,
    set_grad_enabled,
    set_multithreading_enabled,
)
from .gradcheck import gradcheck, gradgradcheck
from .graph import UNUSED, _engine_run_backward
from .seeds import batch_size, seeds, several
from .variable import Variable

__all__ = [
    "Function",
    "NestedIOFunction",
    "Variable",
    "anomaly_mode",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "enforce_grad_layout_policy",
    "forward_ad",
    "function",
    "functional",
    "grad",
    "grad_mode",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_multithreading_enabled",
    "variable",
]  # fmt: skip


def is_multithreading_enabled() -> bool:
    return grad_mode.is_multithreading_enabled()


def backward(
    tensors,
    grad_tensors=None,
    retain_graph=None,
    create_graph=False,
    grad_variables=None,
    inputs=None,
):
    """Add to ``.grad`` of each leaf the sum of the gradients of ``tensors``, weighted by ``grad_tensors``.

    ``inputs`` restricts which tensors receive gradients. The graph is freed unless ``retain_graph``, which follows
    ``create_graph`` by default.
    """
    if grad_variables is not None:
        warnings.warn("`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=2)
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please only "
                "use `grad_tensors`."
            )
        grad_tensors = grad_variables
    targets = _targets(inputs, "backward")[1] if inputs is not None else ()
    roots = several(tensors)
    _engine_run_backward(
        roots,
        seeds(roots, grad_tensors),
        create_graph if retain_graph is None else retain_graph,
        create_graph,
        targets,
        allow_unreachable=True,
        accumulate_grad=True,
    )


def _targets(inputs, function: str) -> tuple:
    """(keys of a dict of inputs or None, the inputs in a tuple). Raises ``RuntimeError`` when there are none."""
    keys = None
    if isinstance(inputs, Mapping):
        if type(inputs) is not dict:
            raise TypeError(
                f"`inputs` argument to `{function}()` must be a dict, not {type(inputs).__name__}. Other Mapping types "
                "are not supported."
            )
        keys, inputs = tuple(inputs), inputs.values()
    targets = several(inputs)
    if not targets:
        raise RuntimeError(f"`inputs` argument to `{function}()` cannot be empty.")
    return keys, targets


def grad(
    outputs,
    inputs,
    grad_outputs=None,
    retain_graph=None,
    create_graph=False,
    only_inputs=True,
    allow_unused=None,
    is_grads_batched=False,
    materialize_grads=False,
):
    """The sum of the gradients of ``outputs`` with respect to ``inputs``, as a tuple (a dict for a dict of inputs)."""
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    outputs = several(outputs)
    keys, inputs = _targets(inputs, "grad")
    relevant = [entry for entry in (*outputs, *inputs) if isinstance(entry, Tensor)]
    if any(entry._dispatches for entry in relevant) and dispatches(relevant):
        return dispatch(
            grad,
            relevant,
            (outputs, inputs),
            {
                "grad_outputs": grad_outputs,
                "retain_graph": retain_graph,
                "create_graph": create_graph,
                "only_inputs": only_inputs,
                "allow_unused": allow_unused,
                "is_grads_batched": is_grads_batched,
                "materialize_grads": materialize_grads,
            },
        )
    if not only_inputs:
        warnings.warn(
            "only_inputs argument is deprecated and is ignored now (defaults to True). To accumulate gradient for "
            "other parts of the graph, please use torch.autograd.backward.",
            FutureWarning,
            stacklevel=2,
        )
    starts = seeds(outputs, grad_outputs, is_grads_batched)
    keep = create_graph if retain_graph is None else retain_graph
    unused = materialize_grads if allow_unused is None else allow_unused
    if is_grads_batched:
        result = _batched(outputs, starts, keep, create_graph, inputs, unused)
    else:
        result = _engine_run_backward(outputs, starts, keep, create_graph, inputs, unused, accumulate_grad=False)
    if materialize_grads:
        if any(found is None and isinstance(inputs[i], graph.GradientEdge) for i, found in enumerate(result)):
            raise RuntimeError("materialize_grads cannot be used when the given input is a GradientEdge")
        result = tuple(
            zeros_like(entry, requires_grad=create_graph) if found is None else found
            for found, entry in zip(result, inputs, strict=True)
        )
    return dict(zip(keys, result, strict=True)) if keys is not None else result


def _batched(outputs, batches, keep, create_graph, inputs, unused) -> tuple:
    """One pass per gradient of the batches, and the results stacked. Hooks run in each of the passes."""
    count = batch_size(batches)
    passes = [
        _engine_run_backward(
            outputs,
            tuple(None if batch is None else batch[number] for batch in batches),
            keep or number + 1 < count,
            create_graph,
            inputs,
            allow_unreachable=True,
            accumulate_grad=False,
        )
        for number in range(count)
    ]
    found = list(zip(*passes, strict=True))
    if not unused and any(each[0] is None for each in found):
        raise RuntimeError(UNUSED.format(next(index for index, each in enumerate(found) if each[0] is None)))
    return tuple(None if each[0] is None else stack(each) for each in found)


def variable(*args, **kwargs):
    raise RuntimeError("torch.autograd.variable(...) is deprecated, use torch.tensor(...) instead")


for _function in (backward, grad):
    _function.__module__ = "torch.autograd"
