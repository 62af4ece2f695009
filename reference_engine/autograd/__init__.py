"""Automatic differentiation: ``backward`` and ``grad``, the two ways into the engine.

Rule: ``torch.autograd.backward``, ``torch.autograd.grad``.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from .._tensor import Tensor
from ..creation import ones, ones_like, zeros_like
from ..overrides import dispatch, dispatches
from . import anomaly_mode, forward_ad, function, functional, grad_mode, graph
from .anomaly_mode import detect_anomaly, set_detect_anomaly
from .function import Function, NestedIOFunction
from .grad_mode import (
    enable_grad,
    enforce_grad_layout_policy,
    inference_mode,
    no_grad,
    set_grad_enabled,
    set_multithreading_enabled,
)
from .gradcheck import gradcheck, gradgradcheck
from .graph import _engine_run_backward
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


def _make_grads(outputs, grads, is_grads_batched: bool = False) -> tuple:
    """The gradient to start with at each output: the given one, checked, or 1 for a single element."""

    made = []
    for index, (out, grad) in enumerate(zip(outputs, grads, strict=False)):
        is_edge = isinstance(out, graph.GradientEdge)
        if isinstance(grad, Tensor):
            shape = tuple(out.node.input_metadata[out.output_nr][0]) if is_edge else out._array.shape
            if grad._array.shape != shape:
                from ..size import Size

                raise RuntimeError(
                    f"Mismatch in shape: grad_output[{index}] has a shape of {grad.shape} and output[{index}] has a "
                    f"shape of {Size(shape)}."
                )
            out_dtype = out.node.input_metadata[out.output_nr][1] if is_edge else out.dtype
            if out_dtype.is_complex != grad.dtype.is_complex:
                raise RuntimeError(
                    "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch "
                    "in "
                    f"dtype: grad_output[{index}] has a dtype of {grad.dtype} and output[{index}] has a dtype of "
                    f"{out_dtype}."
                )
            made.append(grad)
        elif grad is None:
            if is_edge:
                shape, dtype, device = out.node.input_metadata[out.output_nr]
                if _count(shape) != 1:
                    raise RuntimeError("grad can be implicitly created only for scalar outputs")
                made.append(ones(shape, dtype=dtype, device=device))
            elif out.requires_grad:
                if out._array.size != 1:
                    raise RuntimeError("grad can be implicitly created only for scalar outputs")
                if not out.dtype.is_floating_point:
                    raise RuntimeError(
                        f"grad can be implicitly created only for real scalar outputs but got {out.dtype}"
                    )
                made.append(ones_like(out))
            else:
                made.append(None)
        else:
            raise TypeError(f"gradients can be either Tensors or None, but got {type(grad).__name__}")
    return tuple(made)


def _count(shape) -> int:
    count = 1
    for extent in shape:
        count *= extent
    return count


def _tensor_or_tensors_to_tuple(tensors, length: int) -> tuple:
    if tensors is None:
        return (None,) * length
    if isinstance(tensors, Tensor):
        return (tensors,)
    return tuple(tensors)


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
    if thread_forbids_backward():
        raise RuntimeError(
            "backward() called inside a functorch transform. This is not supported, please use functorch.grad or "
            "functorch.vjp instead or call backward() outside of functorch transforms."
        )
    if grad_variables is not None:
        warnings.warn("`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=2)
        if grad_tensors is None:
            grad_tensors = grad_variables
        else:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please "
                "only use "
                "`grad_tensors`."
            )
    inputs_tuple: tuple
    _refuse_mappings(inputs, "backward")
    if isinstance(inputs, dict):
        inputs = tuple(inputs.values())
    if inputs is None:
        inputs_tuple = ()
    elif isinstance(inputs, (Tensor, graph.GradientEdge)):
        inputs_tuple = (inputs,)
    else:
        inputs_tuple = tuple(inputs)
        if len(inputs_tuple) == 0:
            raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    tensors = (tensors,) if isinstance(tensors, (Tensor, graph.GradientEdge)) else tuple(tensors)
    grads = _make_grads(tensors, _tensor_or_tensors_to_tuple(grad_tensors, len(tensors)))
    if retain_graph is None:
        retain_graph = create_graph
    _engine_run_backward(
        tensors, grads, retain_graph, create_graph, inputs_tuple, allow_unreachable=True, accumulate_grad=True
    )


def _refuse_mappings(inputs, name: str) -> None:
    if isinstance(inputs, Mapping) and type(inputs) is not dict:
        raise TypeError(
            f"`inputs` argument to `{name}()` must be a dict, not {type(inputs).__name__}. Other Mapping types are "
            "not "
            "supported."
        )


def thread_forbids_backward() -> bool:
    """Inside function transforms backward() is an error; this engine has no such transforms."""
    return False


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
        raise ValueError("Expected allow_unused to be True or not passed when materialize_grads=True, but got: "
                         "allow_unused=False.")  # fmt: skip
    if allow_unused is None:
        allow_unused = materialize_grads
    outputs = (outputs,) if isinstance(outputs, (Tensor, graph.GradientEdge)) else tuple(outputs)
    _refuse_mappings(inputs, "grad")
    keys = None
    if isinstance(inputs, (Tensor, graph.GradientEdge)):
        inputs = (inputs,)
    elif isinstance(inputs, dict):
        keys = tuple(inputs)
        inputs = tuple(inputs.values())
    else:
        inputs = tuple(inputs)
    if not inputs:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
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
    if is_grads_batched:
        from ..errors import NotModelled

        raise NotModelled("autograd.grad(is_grads_batched=True)")
    grads = _make_grads(outputs, _tensor_or_tensors_to_tuple(grad_outputs, len(outputs)), is_grads_batched)
    if retain_graph is None:
        retain_graph = create_graph
    result = _engine_run_backward(
        outputs, grads, retain_graph, create_graph, inputs, allow_unused, accumulate_grad=False
    )
    if materialize_grads:
        if any(found is None and isinstance(inputs[i], graph.GradientEdge) for i, found in enumerate(result)):
            raise RuntimeError("materialize_grads cannot be used when the given input is a GradientEdge")
        result = tuple(
            zeros_like(entry, requires_grad=create_graph) if found is None else found
            for found, entry in zip(result, inputs, strict=True)
        )
    return dict(zip(keys, result, strict=True)) if keys is not None else result


def variable(*args, **kwargs):
    raise RuntimeError("torch.autograd.variable(...) is deprecated, use torch.tensor(...) instead")


for _function in (backward, grad):
    _function.__module__ = "torch.autograd"
