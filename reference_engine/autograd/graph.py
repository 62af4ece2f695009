"""``torch.autograd.graph``: tools that look at or steer the recorded graph, and the way into the engine.

Saved-tensor hooks, gradient edges, hooks on several gradients, version bumps by hand.
"""

from __future__ import annotations

import abc
import functools
import operator
import threading
import types
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .._state import process, thread
from .._tensor import Tensor
from ..errors import EngineBug
from ..graph import engine
from ..graph.accumulate import AccumulateGrad
from ..graph.edges import gradient_edge
from ..graph.hooks import RemovableHandle
from ..graph.node import Node as RecordedNode

__all__ = [
    "GradientEdge",
    "Node",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]  # fmt: skip

UNUSED = (
    "The differentiated Tensor at index {} appears to not have been used in the graph. Set allow_unused=True if this "
    "is the desired behavior."
)
_CREATE_GRAPH_WARNING = (
    "Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient "
    "which "
    "can cause a memory leak. We recommend using autograd.grad when creating the graph to avoid this. If you have to "
    "use this function, make sure to reset the .grad fields of your parameters to None after use to break the cycle "
    "and "
    "avoid the leak."
)


def _abstract(member: str):
    inherited = getattr(RecordedNode, member)
    if isinstance(inherited, property):
        return property(abc.abstractmethod(lambda self: inherited.fget(self)))
    return abc.abstractmethod(lambda self, *args: inherited(self, *args))


class Node(abc.ABC):
    """What every node of a recorded graph offers. ``isinstance`` asks for it; nobody makes one by hand."""

    @abc.abstractmethod
    def name(self) -> str:
        """The operation's name as PyTorch spells it."""

    @classmethod
    def __subclasshook__(cls, other):
        return True if cls is Node and issubclass(other, RecordedNode) else NotImplemented


for _member in (
    *("next_functions", "metadata", "_input_metadata", "_sequence_nr"),
    *("register_hook", "register_prehook", "_register_hook_dict"),
):
    setattr(Node, _member, _abstract(_member))
abc.update_abstractmethods(Node)
Node.__module__ = "torch.autograd.graph"


class GradientEdge(NamedTuple):
    """An edge of the graph: gradient number ``output_nr`` that flows into ``node``."""

    node: Node
    output_nr: int
    ownership_token: object = None


GradientEdge.__module__ = "torch.autograd.graph"


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The edge into which the gradient of ``tensor`` flows. Raises ``RuntimeError`` if it requires none."""
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    node, number = gradient_edge(tensor)
    return GradientEdge(node, number)


def region_activation_memory_budget(budget):
    """Would bound what compiled regions keep for backward; in eager execution it only says that it has no effect.

    Raises ``TypeError`` for what is no number, ``ValueError`` outside of [0, 1], ``RuntimeError`` otherwise.
    """
    name = "torch.autograd.graph.region_activation_memory_budget"
    if isinstance(budget, bool) or not isinstance(budget, (int, float)):
        raise TypeError(f"{name}: expects a float, got {type(budget).__name__}")
    if not 0 <= budget <= 1:
        raise ValueError(f"{name}: must be in [0, 1], got {budget}")
    raise RuntimeError(f"{name} can only be used inside a torch.compile region; it has no effect in eager mode.")


def increment_version(tensor) -> None:
    """Count a write to ``tensor`` (or each of several) that autograd did not see; ``RuntimeError`` for what is none."""
    if not isinstance(tensor, (Tensor, Iterable)):
        raise RuntimeError("increment_version expect a Iterable[Tensor] as input")
    for entry in (tensor,) if isinstance(tensor, Tensor) else tensor:
        if not isinstance(entry, Tensor):
            raise RuntimeError("increment_version expects each element of the iterable to be a tensor")
        if entry._counter is not None:
            entry._counter.bump()


# -- saved tensors -----------------------------------------------------------------------------------------------


class saved_tensors_hooks:
    """Within it, what operations save goes through ``pack_hook`` and comes back through ``unpack_hook``."""

    def __init__(self, pack_hook, unpack_hook) -> None:
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook

    def __enter__(self) -> None:
        if not (callable(self.pack_hook) and callable(self.unpack_hook)):
            raise TypeError(
                "_push_saved_tensors_default_hooks(): incompatible function arguments. The following argument types "
                "are supported:\n    1. (arg0: collections.abc.Callable, arg1: collections.abc.Callable) -> None\n\n"
                f"Invoked with: {self.pack_hook!r}, {self.unpack_hook!r}"
            )
        if thread.saved_tensors_hooks_disabled is not None:
            raise RuntimeError(thread.saved_tensors_hooks_disabled)
        thread.saved_tensors_hooks += ((self.pack_hook, self.unpack_hook),)

    def __exit__(self, *exc_info) -> None:
        thread.saved_tensors_hooks = thread.saved_tensors_hooks[:-1]


class save_on_cpu(saved_tensors_hooks):
    """Keep saved tensors on the CPU and bring them back to their device when needed."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        def leave(tensor):
            home = tensor.device
            if home.type == "cpu":
                return home, tensor.detach().clone() if pin_memory else tensor
            return home, tensor.cpu()

        def come_back(kept):
            home, tensor = kept
            return tensor.to(home)

        super().__init__(leave, come_back)


class disable_saved_tensors_hooks:
    """Within it, using saved-tensor hooks raises ``RuntimeError`` with this message."""

    def __init__(self, error_message: str) -> None:
        self.error_message = error_message

    def __enter__(self) -> None:
        self.previous = thread.saved_tensors_hooks_disabled
        if thread.saved_tensors_hooks:
            raise RuntimeError(self.error_message)
        thread.saved_tensors_hooks_disabled = self.error_message

    def __exit__(self, *exc_info) -> None:
        thread.saved_tensors_hooks_disabled = self.previous

    def __call__(self, function):
        @functools.wraps(function)
        def wrapped(*args, **kwargs):
            with disable_saved_tensors_hooks(self.error_message):
                return function(*args, **kwargs)

        return wrapped


class _Kept:
    """One saved value: an alias of what was saved, and a copy from the first write to its memory on."""

    __slots__ = ("context", "tensor")

    def __init__(self, context: _MutationContext, tensor: Tensor) -> None:
        self.context, self.tensor = context, tensor


class _MutationContext:
    """What was saved within one ``allow_mutation_on_saved_tensors``, by the storage on which it stands."""

    def __init__(self) -> None:
        self.kept: dict = {}

    def pack(self, tensor: Tensor) -> _Kept:
        entry = _Kept(self, tensor.detach())
        self.kept.setdefault(tensor._storage, []).append(entry)
        return entry

    def before_write(self, storage) -> None:
        """Copy every saved value that stands on ``storage``, which is about to be written to."""
        for entry in self.kept.pop(storage, ()):
            entry.tensor = entry.tensor.clone()

    def clear(self) -> None:
        self.kept.clear()


def _unpack_kept(entry: _Kept) -> Tensor:
    if process.mutations is not entry.context:
        raise AssertionError(
            "Trying to backward outside of the 'allow_mutation_on_saved_tensors' contextin which the graph was "
            "originally recorded."
        )
    return entry.tensor


class allow_mutation_on_saved_tensors:
    """Within it, tensors saved for backward may be written to: backward uses the value at the time of saving."""

    def __enter__(self) -> _MutationContext:
        if process.mutations is not None:
            raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
        context = process.mutations = _MutationContext()
        self.hooks = saved_tensors_hooks(context.pack, _unpack_kept)
        self.hooks.__enter__()
        return context

    def __exit__(self, *exc_info) -> None:
        self.hooks.__exit__(*exc_info)
        process.mutations.clear()
        process.mutations = None

    def __call__(self, function):
        @functools.wraps(function)
        def wrapped(*args, **kwargs):
            with allow_mutation_on_saved_tensors():
                return function(*args, **kwargs)

        return wrapped


# -- hooks on several gradients ----------------------------------------------------------------------------------


def will_engine_execute_node(node) -> bool:
    """Whether the backward pass now running on this thread will run ``node``.

    Raises ``RuntimeError`` outside of a pass, for what is no node, and for a leaf that a pass of ``autograd.grad`` was
    asked for, which captures instead of running it. Rule: ``torch._C._will_engine_execute_node``.
    """
    if not isinstance(node, RecordedNode):
        raise RuntimeError(f"_will_engine_execute_node expects an grad_fn, but got {type(node).__name__}")
    task = thread.graph_task
    if task is None:
        raise RuntimeError("_get_should_execute_nodes should only be called during the backward pass")
    if node is task.lone_root or node not in task.dependencies or not task.wants((node, 0)):
        return False
    if task.exec_info is not None and not task.accumulates and isinstance(node, AccumulateGrad):
        raise RuntimeError(
            "A leaf node was passed to _will_engine_execute_node but we are currently running autograd.grad(). This "
            "is currently not supported."
        )
    return True


class _MultiHandle(RemovableHandle):
    def __init__(self, handles) -> None:
        self.handles = tuple(handles)

    def remove(self) -> None:
        for handle in self.handles:
            handle.remove()


def register_multi_grad_hook(tensors: Sequence[Tensor], fn, *, mode: str = "all") -> RemovableHandle:
    """``mode="all"``: ``fn(grads)`` once all gradients that the pass computes are there; ``"any"``: ``fn(grad)`` for
    the first of them.
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    lock = threading.Lock()
    tensors = tuple(tensors)
    nodes = [gradient_edge(tensor)[0] for tensor in tensors]
    if mode == "all" and any(node is None for node in nodes):
        raise AssertionError("Expected gradient function to be set")
    seen: dict = {}

    def on_all(index):
        def hook(grad):
            task = thread.graph_task
            with lock:
                state = seen.setdefault(id(task), [0, None, [None] * len(tensors), task])
                if state[1] is None:
                    state[1] = sum(map(will_engine_execute_node, nodes))
                state[0] += 1
                state[2][index] = grad
                done = state[0] == state[1]
                if done:
                    del seen[id(task)]
            if done:
                fn(state[2])

        return hook

    def on_any(grad):
        task = thread.graph_task
        with lock:
            if id(task) in seen:
                return
            seen[id(task)] = task
            task.callbacks.append(lambda: seen.pop(id(task), None))
        fn(grad)

    if mode == "all":
        handles = [tensor.register_hook(on_all(index)) for index, tensor in enumerate(tensors)]
    else:
        handles = [tensor.register_hook(on_any) for tensor in tensors if tensor.requires_grad]
    return _MultiHandle(handles)


# -- into the engine ---------------------------------------------------------------------------------------------


def _engine_run_backward(t_outputs: Sequence, *args, **kwargs):
    """Run the engine. What it raises leaves here with the user's frames only: hooks stay, the engine's go."""
    try:
        return _run(t_outputs, *args, **kwargs)
    except EngineBug:
        raise
    except BaseException as error:
        raise error.with_traceback(_without_engine_frames(error.__traceback__)) from error.__cause__


_ENGINE_FILES = __file__.rsplit("/autograd/", 1)[0] + "/"


def _without_engine_frames(trace):
    kept = []
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(_ENGINE_FILES):
            kept.append(trace)
        trace = trace.tb_next
    result = None
    for entry in reversed(kept):
        result = types.TracebackType(result, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return result


def _run(tensors, grads, keep_graph, create_graph, inputs, allow_unreachable, accumulate_grad):
    keep_graph, create_graph = bool(operator.index(keep_graph)), bool(operator.index(create_graph))
    if not isinstance(tensors, tuple):
        raise RuntimeError(f"tensors argument is expected to be a tuple, but got {type(tensors).__name__}")
    if not isinstance(grads, tuple):
        raise RuntimeError(f"grad_tensors argument is expected to be a tuple, but got {type(grads).__name__}")
    if not isinstance(inputs, tuple):
        raise RuntimeError("inputs to run_backward must be a tuple")
    if len(tensors) != len(grads):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(grads)} gradients")
    edges, seeds = [], []
    for index, (tensor, grad) in enumerate(zip(tensors, grads, strict=False)):
        if isinstance(tensor, GradientEdge):
            edge = (tensor.node, tensor.output_nr)
        else:
            if not isinstance(tensor, Tensor):
                raise RuntimeError(f"element {index} of tensors tuple is neither a Tensor nor a GradientEdge")
            edge = gradient_edge(tensor)
            if edge[0] is None:
                raise RuntimeError(f"element {index} of tensors does not require grad and does not have a grad_fn")
        edges.append(edge)
        if grad is None:
            raise RuntimeError(
                f"element {index} of gradients tuple is None, but the corresponding Tensor requires grad"
            )
        if not isinstance(grad, Tensor):
            raise RuntimeError(f"element {index} of gradients tuple is not a Tensor or None")
        seeds.append(grad)
    outputs = None
    if inputs:
        outputs = [_output_edge(entry, index, accumulate_grad) for index, entry in enumerate(inputs)]
    if accumulate_grad and create_graph:
        from .._state import warn_once

        warn_once(_CREATE_GRAPH_WARNING, stacklevel=5)
    seeds = _validated_seeds(edges, seeds)
    captured = engine.run(tuple(edges), seeds, keep_graph, create_graph, outputs, accumulate_grad)
    if accumulate_grad:
        return None
    if not allow_unreachable:
        for index, found in enumerate(captured):
            if found is None:
                raise RuntimeError(UNUSED.format(index))
    return tuple(captured)


def _output_edge(entry, index: int, accumulate: bool) -> tuple:
    if isinstance(entry, GradientEdge):
        if not isinstance(entry.node, RecordedNode):
            raise RuntimeError(
                f"GradientEdge's first object must be an autograd.graph.Node but got {type(entry.node).__name__}"
            )
        return (entry.node, operator.index(entry.output_nr))
    if not isinstance(entry, Tensor):
        raise RuntimeError("all inputs have to be Tensors or GradientEdges, but got " + type(entry).__name__)
    if accumulate:
        entry.retain_grad()
    elif not entry.requires_grad:
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    meta = entry._meta
    if meta is not None and meta.view is None and meta.grad_fn is None:
        # A leaf whose accumulator nobody holds is not in any graph.
        node = None if meta.accumulator is None else meta.accumulator()
        return (node, 0)
    return gradient_edge(entry)


def _validated_seeds(edges, seeds) -> list:
    """Check the initial gradients as the engine checks all others. Raises ``RuntimeError``."""
    checked = []
    for index, ((node, number), grad) in enumerate(zip(edges, seeds, strict=True)):
        shape, dtype, device = node.input_metadata[number]
        if grad._storage.device is not device:
            if grad._array.ndim:
                raise RuntimeError(
                    f"invalid gradient at index {index} - expected device {device} but got {grad._storage.device}"
                )
            grad = grad.to(device)
        if grad._array.shape != shape:
            grad = engine.reduce_to_shape(None, index, grad, shape)
        if dtype is not None and grad.dtype is not dtype:
            grad = grad.to(dtype)
        checked.append(grad)
    return checked
