"""Nodes and edges: the recorded graph.

Every recorded operation leaves one :class:`Node`, which knows how to turn gradients of the operation's results into
gradients of its inputs. An edge is the pair ``(node, input_nr)``: "my gradient goes to that input of that node".
Edges point from results towards leaves, the way backward walks. ``sequence_nr`` orders nodes by creation and hence
decides which ready node runs first: the youngest.

Rule: ``torch.autograd.graph.Node``.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict

from .._state import process
from ..errors import EngineBug
from .hooks import RemovableHandle, add_hook

_sequence = itertools.count()

FREED_MESSAGE = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
    "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
    "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access "
    "saved tensors after calling backward."
)


class Node:
    """One step of the backward pass. Class attributes are defaults; instances store what differs."""

    next_edges: tuple = ()
    input_metadata: list  # per output of the operation: (shape, dtype, device) that its gradient must have
    drops_imaginary = False  # a complex gradient for a real input is cut to its real part, not refused
    released = False  # saved values were freed
    tensor_hooks: dict | None = None  # output number -> list of hook dicts
    retained: dict | None = None  # output number -> weak reference to the tensor that retains its gradient
    pre_hooks: OrderedDict | None = None
    post_hooks: OrderedDict | None = None
    _metadata: dict | None = None

    def __init__(self, next_edges: tuple) -> None:
        self.next_edges = next_edges
        self.sequence_nr = next(_sequence)
        self.input_metadata = []
        if process.anomaly:
            from ..autograd.anomaly_mode import remember_forward

            remember_forward(self)

    def name(self) -> str:
        """The operation's name as PyTorch spells it, for example ``MulBackward0``."""
        return type(self).__name__

    def apply(self, grads: list, wants) -> list:
        """Gradients of the inputs, one per edge, given those of the outputs (None stands for zero).

        ``wants(edge)`` tells whether the gradient along an edge is needed; None means that all are.
        """
        raise EngineBug(f"{type(self).__name__} does not say how it propagates gradients")

    def release(self) -> None:
        """Free what was saved for the backward pass."""

    @property
    def next_functions(self) -> tuple:
        """The edges: a tuple of ``(node, input_nr)``; the node is None where no gradient flows."""
        return self.next_edges

    @property
    def metadata(self) -> dict:
        """A dict that the user may fill."""
        if self._metadata is None:
            self._metadata = {}
        return self._metadata

    @property
    def _input_metadata(self) -> tuple:
        return tuple(InputMetadata(*entry) for entry in self.input_metadata)

    @property
    def requires_grad(self) -> bool:
        return True

    def _sequence_nr(self) -> int:
        return self.sequence_nr

    def _set_sequence_nr(self, number: int) -> None:
        self.sequence_nr = number

    def register_prehook(self, fn) -> RemovableHandle:
        """``fn(grad_outputs) -> tuple or None`` runs before the node and may replace its incoming gradients."""
        if self.pre_hooks is None:
            self.pre_hooks = OrderedDict()
        return add_hook(self.pre_hooks, fn)

    def register_hook(self, fn) -> RemovableHandle:
        """``fn(grad_inputs, grad_outputs) -> tuple or None`` runs after the node and may replace what it returns."""
        if self.post_hooks is None:
            self.post_hooks = OrderedDict()
        return add_hook(self.post_hooks, fn)

    def add_tensor_hooks(self, hooks: OrderedDict, output_nr: int) -> None:
        """Run ``hooks`` on the gradient of one output. The node keeps the dict: later changes to it count."""
        if self.tensor_hooks is None:
            self.tensor_hooks = {}
        self.tensor_hooks.setdefault(output_nr, []).append(hooks)

    def _register_hook_dict(self, tensor) -> None:
        """Run the hooks of ``tensor`` here as well. Raises ``TypeError`` for anything else than a tensor."""
        if not hasattr(tensor, "_storage"):
            raise TypeError("_register_hook_dict expected a variable")
        meta = tensor._meta
        if meta is not None and meta.hooks is not None:
            self.add_tensor_hooks(meta.hooks, meta.output_nr)

    def __call__(self, *grads):
        """Run the derivative alone on ``grads``, without hooks, and return the gradients of its inputs."""
        results = self.apply(list(grads), None)
        return results[0] if len(results) == 1 else tuple(results)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"


class InputMetadata:
    """Shape, dtype and device that the gradient of one output must have."""

    __slots__ = ("device", "dtype", "shape")

    def __init__(self, shape, dtype, device) -> None:
        from ..size import Size

        self.shape, self.dtype, self.device = Size(shape), dtype, device


class NotImplementedNode(Node):
    """Stands where an operation has no derivative: the error comes when backward reaches it, not before."""

    def __init__(self, next_edges: tuple, operation: str) -> None:
        Node.__init__(self, next_edges)
        self.operation = operation

    def name(self) -> str:
        return "torch::autograd::NotImplemented"

    def apply(self, grads: list, wants) -> list:
        raise RuntimeError(f"derivative for aten::{self.operation} is not implemented")


NotImplementedNode.__name__ = "NotImplemented"


class ErrorNode(Node):
    """A node that raises a fixed message when backward reaches it."""

    def __init__(self, next_edges: tuple, message: str) -> None:
        Node.__init__(self, next_edges)
        self.message = message

    def name(self) -> str:
        return "torch::autograd::Error"

    def apply(self, grads: list, wants) -> list:
        raise RuntimeError(self.message)


ErrorNode.__name__ = "Error"


class GraphRoot(Node):
    """The starting point of one backward pass: hands the given gradients to the roots."""

    def __init__(self, edges: tuple, grads: list) -> None:
        self.next_edges, self.grads = edges, grads
        self.sequence_nr = next(_sequence)
        self.input_metadata = []

    def name(self) -> str:
        return "torch::autograd::GraphRoot"

    def apply(self, grads: list, wants) -> list:
        return list(self.grads)  # it keeps them, so no leaf may take one over


class Identity(Node):
    """Passes its gradient on unchanged; ties two graphs together where no operation took place."""

    def name(self) -> str:
        return "torch::autograd::Identity"

    def apply(self, grads: list, wants) -> list:
        return grads


Identity.__name__ = Identity.__qualname__ = "CppFunction"  # PyTorch has no Python class of its own for it
