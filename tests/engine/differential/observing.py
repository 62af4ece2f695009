"""What an engine shows of an example: one dictionary per aspect, in plain Python and NumPy values."""

from __future__ import annotations

import functools
import warnings

import numpy as np

from .drawing import Example, numbers, source


@functools.lru_cache(4096)
def _compiled(text: str):
    return compile(text, "<example>", "eval")


def _scope(library) -> dict:
    return {"torch": library, "F": library.nn.functional, "inf": float("inf"), "nan": float("nan")}


class Evaluation:
    """One run of an example on an engine: its tensors and its results."""

    def __init__(self, library, example: Example, wrap=None):
        library.manual_seed(0)
        self.scope = scope = _scope(library)
        self.tensors = {}
        for name, text in example.tensors.items():
            tensor = eval(_compiled(text), scope)
            if name in example.requires_grad and wrap is None:
                tensor.requires_grad_()
            elif name in example.requires_grad:
                tensor = wrap(name, tensor)
            self.tensors[name] = scope[name] = tensor
        if example.operation.prepare:
            exec(example.operation.prepare, scope)
        self.result = eval(_compiled(example.call), scope)
        self.outputs = flat(library, self.result)


def flat(library, result) -> list:
    """The tensors and other values of a result, in order."""
    if isinstance(result, (tuple, list)):
        return [entry for part in result for entry in flat(library, part)]
    return [result]


def observe(library, example: Example) -> dict:
    """Everything compared, by aspect. ``{"errors": (type, text)}`` alone where the call raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            evaluation = Evaluation(library, example)
        except Exception as error:
            return {"errors": _said(error)}
        seen = _forward(library, evaluation, example)
        if seen.pop("differentiable"):
            seen |= _backward(library, evaluation, example)
            if example.requires_grad:
                seen["saved"] = _saved(library, example, evaluation)
        if example.requires_grad:
            tangents = _tangents(library, example)
            if tangents is not None:
                seen["forward mode"] = tangents
    return seen


def _said(error: Exception) -> tuple[str, str]:
    """What is raised, without the places in compiled code that a few texts of torch go on to list."""
    return type(error).__name__, str(error).partition("\nException raised from ")[0]


def _tensors(library, values: list) -> list:
    return [value for value in values if isinstance(value, library.Tensor)]


def _recorded(tensors: list) -> list:
    """Those to differentiate. (PyTorch lets a few in-place writes give integers a history; it leads nowhere.)"""
    return [t for t in tensors if t.requires_grad and (t.is_floating_point() or t.is_complex())]


def _forward(library, evaluation: Evaluation, example: Example) -> dict:
    outputs = evaluation.outputs
    tensors = _tensors(library, outputs)
    recorded = bool(_recorded(tensors))
    given = {id(t): name for name, t in evaluation.tensors.items()}
    return {
        "value": [elements(library, v) if isinstance(v, library.Tensor) else repr(v) for v in outputs],
        "dtype": [str(t.dtype) for t in tensors],
        "layout": [(tuple(t.shape), strides(t), t._is_view(), given.get(id(t), "")) for t in tensors],
        **({"graph": [_node(t) for t in tensors]} if example.requires_grad else {}),
        "differentiable": recorded,
    }


def strides(tensor) -> tuple:
    """The strides that matter: those of dimensions with more than one place, and none where nothing is stored."""
    if not tensor.numel():
        return ()
    return tuple(step for step, length in zip(tensor.stride(), tensor.shape, strict=True) if length > 1)


def _node(tensor):
    node = tensor.grad_fn
    if node is None:
        return tensor.requires_grad, tensor.is_leaf, None, ()
    edges = tuple((edge[0].name() if edge[0] is not None else None, edge[1]) for edge in node.next_functions)
    return tensor.requires_grad, tensor.is_leaf, (node.name(), tensor.output_nr), edges


def elements(library, tensor) -> np.ndarray:
    """The elements, also of the tensors without memory by which torch represents some zeros."""
    tensor = tensor.detach()
    if getattr(tensor, "_is_zerotensor", bool)():
        tensor = library.zeros(tuple(tensor.shape), dtype=tensor.dtype)
    return np.array(tensor.tolist(), complex if tensor.is_complex() else None).reshape(tuple(tensor.shape))


def _seed(library, tensor, salt: int, requires_grad: bool = False):
    values = numbers(tuple(tensor.shape), salt, tensor.is_complex())
    made = eval(source(values, str(tensor.dtype).rpartition(".")[2]), _scope(library))
    return made.requires_grad_() if requires_grad else made


def _backward(library, evaluation: Evaluation, example: Example) -> dict:
    recorded = _recorded(_tensors(library, evaluation.outputs))
    inputs = [evaluation.tensors[name] for name in example.requires_grad]
    seeds = [_seed(library, t, 1 + i, True) for i, t in enumerate(recorded)]
    seen: dict = {}
    try:
        grads = library.autograd.grad(recorded, inputs, seeds, create_graph=True, allow_unused=True)
    except Exception as error:
        return {"gradient": _said(error)}
    seen["gradient"] = [None if g is None else (str(g.dtype), elements(library, g)) for g in grads]
    again = [g for g in grads if g is not None and g.requires_grad]
    if example.mode == "special":
        return seen
    if not again:
        seen["double backward"] = [None] * (len(inputs) + len(seeds))
        return seen
    weights = [_seed(library, g, 11 + i) for i, g in enumerate(again)]
    try:
        twice = library.autograd.grad(again, [*inputs, *seeds], weights, allow_unused=True)
    except Exception as error:
        return seen | {"double backward": _said(error)}
    seen["double backward"] = [None if g is None else elements(library, g) for g in twice]
    return seen


def _tangents(library, example: Example):
    """The tangents of the outputs; None where the example is not differentiable; what was raised."""
    forward = library.autograd.forward_ad
    with forward.dual_level():

        def wrap(name, tensor):
            tangent = _seed(library, tensor, 21 + len(name))
            return forward.make_dual(tensor, tangent)

        try:
            evaluation = Evaluation(library, example, wrap)
        except Exception as error:
            return _said(error)
        found = []
        for output in _tensors(library, evaluation.outputs):
            tangent = forward.unpack_dual(output).tangent
            found.append(None if tangent is None else elements(library, tangent))
    return found


def _saved(library, example: Example, first: Evaluation) -> dict:
    """For each input and output: what backward says after that tensor alone was written to."""
    if example.mode != "smooth":
        return {}
    said = {}
    places = [*first.tensors, *range(len(first.outputs))]
    for place in places:
        evaluation = Evaluation(library, example)
        tensor = evaluation.tensors[place] if isinstance(place, str) else evaluation.outputs[place]
        if not isinstance(tensor, library.Tensor):
            continue
        library.autograd.graph.increment_version(tensor)
        recorded = _recorded(_tensors(library, evaluation.outputs))
        try:
            library.autograd.backward(recorded, [library.zeros_like(t) for t in recorded])
            said[place] = None
        except Exception as error:
            said[place] = _said(error)
    return said
