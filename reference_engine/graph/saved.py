"""Saved tensors: what a node keeps for its backward, and how it notices that the value is gone or changed.

At save time the tensor's version is noted. On unpacking, another version means that the value was overwritten in
place and the gradient would be wrong: an error, naming the tensor. After the pass that frees the graph there is
nothing left to unpack: another error.

An *input* is kept as the very tensor. A node's own *output* is kept detached, and gets its ``grad_fn`` back on
unpacking: the node would otherwise hold its output, which holds the node, and no graph would ever be freed.

Pack and unpack hooks replace what is kept; with them, versions are not checked (the packed value is the user's).

Rule: ``torch.autograd.graph.saved_tensors_hooks`` and "saved tensors" in the autograd notes.
"""

from __future__ import annotations

import re
import weakref

from .._state import process, thread
from ..devices import variable_type_name
from ..version import is_inference
from .metadata import AutogradMeta
from .node import FREED_MESSAGE

_HINT_PLAIN = (
    "Hint: enable anomaly detection to find the operation that failed to compute its gradient, with "
    "torch.autograd.set_detect_anomaly(True, check_nan=False)."
)
_HINT_ANOMALY = (
    "Hint: the backtrace further above shows the operation that failed to compute its gradient. The variable in "
    "question was changed in there or anywhere later. Good luck!"
)
_PACK_MODIFIES = (
    "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook cannot be "
    "modified by in-place operations as this can lead to unexpected side-effects. Please open an issue if you need "
    "to perform in-place operations on the input to a pack hook."
)
_INFERENCE = (
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
    "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and use it "
    "in autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
)


_BACKWARD = re.compile(r"(.*)Backward(\d*)")


def short_name(node) -> str:
    """A node's name as version errors print it: without ``Backward`` and without the overload number 0."""
    match = _BACKWARD.fullmatch(node.name())
    if match is None:
        return node.name()
    return match[1] + ("" if match[2] == "0" else match[2])


class SavedTensor:
    """One tensor kept by a node. Class attributes are defaults; instances store what differs."""

    hooks = None
    packed = None
    saved_as_output = False
    output_nr = 0
    grad_fn_ref = None  # weak, for the output of an in-place operation on a view
    accumulator = None
    requires_grad = False
    grad_fn = None  # with hooks: the history to give back to the unpacked value
    tensor = None
    had_history = False

    def __init__(self, tensor=None, is_output: bool = False, in_place_on_view: bool = False) -> None:
        if tensor is None:
            raise RuntimeError("Trying to create a SavedTensor object from Python is forbidden.")
        counter = tensor._counter
        if is_inference(counter):
            raise RuntimeError(_INFERENCE)
        self.counter = counter
        self.version = counter.value
        meta = tensor._meta
        if meta is not None and meta.grad_fn is not None:
            self.had_history = True
        original = tensor
        if is_output and self.had_history:
            self.saved_as_output = True
            self.output_nr = tensor._meta.output_nr
            if in_place_on_view:
                self.grad_fn_ref = weakref.ref(tensor.grad_fn)
            tensor = tensor._alias()
        self.tensor = tensor
        if thread.saved_tensors_hooks and not tensor._wrapped:
            self._pack(*thread.saved_tensors_hooks[-1], live=original)

    def __repr__(self) -> str:
        return f"<torch._C._autograd.SavedTensor object at {id(self):#x}>"

    def register_hooks(self, *hooks) -> None:
        """Replace what is kept by ``pack_hook(tensor)``; ``unpack_hook`` turns it back when it is needed.

        Raises ``TypeError`` unless ``hooks`` are these two, ``RuntimeError`` when nothing is kept or has hooks already.
        """
        if len(hooks) != 2 or not all(map(callable, hooks)):
            raise TypeError(
                "register_hooks(): incompatible function arguments. The following argument types are supported:\n"
                "    1. (self: torch._C._autograd.SavedTensor, arg0: collections.abc.Callable, arg1: "
                f"collections.abc.Callable) -> None\n\nInvoked with: {', '.join(map(repr, (self, *hooks)))}"
            )
        if self.freed:
            raise RuntimeError(
                "Calling register_hooks on a saved tensor after it has been freed. "
                "Saved intermediate values of the graph are freed when you call .backward() or "
                "autograd.grad(). Specify retain_graph=True if you need to backward through the "
                "graph a second time or if you need to access saved variables after calling backward."
            )
        if self.hooks is not None:
            raise RuntimeError(
                "Calling register_hooks on a saved tensor whose hooks have already been set. "
                "Hint: only one pair of hooks is allowed at a time."
            )
        self._pack(*hooks)

    def _pack(self, pack_hook, unpack_hook, live=None) -> None:
        """``live`` is the tensor itself where it is at hand; hooks set later get what was kept, detached."""
        tensor = self.tensor
        meta = tensor._meta
        if meta is not None:
            self.requires_grad = tensor.requires_grad
            if not self.saved_as_output:
                self.grad_fn, self.output_nr = tensor.grad_fn, meta.output_nr
                if self.grad_fn is None and meta.requires_grad:
                    from .accumulate import accumulator_of

                    self.accumulator = accumulator_of(tensor)
        self.hooks = unpack_hook
        before = self.counter.value
        recording, thread.grad_enabled = thread.grad_enabled, False
        try:
            self.packed = pack_hook(live if live is not None else tensor.detach())
        finally:
            thread.grad_enabled = recording
        if self.counter.value != before:
            raise RuntimeError(_PACK_MODIFIES)
        self.tensor = None

    def unpack(self, saved_for):
        """The tensor, as it was when it was saved. ``saved_for`` is the node that owns the saved value.

        Raises ``RuntimeError`` when it was freed or written to since.
        """
        tensor = self.tensor
        if self.hooks is not None:
            return self._unpack_packed(saved_for)
        if tensor is None:
            raise RuntimeError(FREED_MESSAGE)
        if self.counter.value != self.version:
            raise RuntimeError(self._changed_message(tensor, saved_for))
        if not self.saved_as_output:
            if self.had_history and tensor._meta.grad_fn is None:
                raise RuntimeError(
                    "Trying to use a saved tensor that has been detached in-place, i.e. with .detach_().This is not "
                    "supported, please use out-of-place `.detach()` instead"
                )
            return tensor
        grad_fn = self._made_by(saved_for)
        alias = tensor._alias()
        meta = alias._meta = AutogradMeta()
        meta.grad_fn, meta.output_nr = grad_fn, self.output_nr
        return alias

    def _unpack_packed(self, saved_for):
        from .._tensor import Tensor

        if self.packed is None and self.hooks is FREED_MESSAGE:
            raise RuntimeError(FREED_MESSAGE)
        result = self.hooks(self.packed)
        if not isinstance(result, Tensor):
            raise TypeError(
                f"Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type(result).__name__}"
            )
        alias = result._alias()
        grad_fn = self.grad_fn
        if self.saved_as_output:
            grad_fn = self._made_by(saved_for)
        if grad_fn is not None:
            meta = alias._meta = AutogradMeta()
            meta.grad_fn, meta.output_nr = grad_fn, self.output_nr
        elif self.requires_grad:
            meta = alias._meta = AutogradMeta()
            meta.requires_grad = True
            if self.accumulator is not None:
                meta.accumulator = weakref.ref(self.accumulator)
        return alias

    def _made_by(self, saved_for):
        """The node of a value that was kept as a result; the one that keeps it where that is gone."""
        return (self.grad_fn_ref and self.grad_fn_ref()) or saved_for

    @property
    def freed(self) -> bool:
        return self.hooks is FREED_MESSAGE if self.hooks is not None else self.tensor is None

    def release(self) -> None:
        self.tensor = self.packed = self.grad_fn = self.accumulator = None
        if self.hooks is not None:
            self.hooks = FREED_MESSAGE

    def _changed_message(self, tensor, saved_for) -> str:
        kind = variable_type_name(tensor._storage.device, tensor.dtype.scalar)
        grad_fn = tensor.grad_fn
        if self.saved_as_output:
            grad_fn = self._made_by(saved_for)
        origin = "" if grad_fn is None else f", which is output {self.shown_number()} of {short_name(grad_fn)},"
        hint = _HINT_ANOMALY if process.anomaly else _HINT_PLAIN
        return (
            "one of the variables needed for gradient computation has been modified by an inplace operation: "
            f"[{kind} {list(tensor._array.shape)}]{origin} is at version {self.counter.value}; expected version "
            f"{self.version} instead. {hint}"
        )

    def shown_number(self) -> int:
        # PyTorch knows the number of what it saved as a result only; operands are all called output 0.
        return self.output_nr if self.saved_as_output else 0


SavedTensor.__module__ = "torch._C._autograd"


class SavedNothing(SavedTensor):
    """What a node shows where there was no tensor to keep: there is nothing to hook."""

    freed = False

    def __init__(self) -> None:
        """Nothing to note."""

    def _pack(self, *hooks, live=None) -> None:
        raise RuntimeError("Calling register_hooks on a saved tensor with value None is forbidden")


def shown(saved) -> SavedTensor:
    """A kept value, or the absence of one, as programs see it without unpacking it."""
    return SavedNothing() if saved is None else saved


def all_shown(saved) -> tuple:
    """Several kept values. Raises ``RuntimeError`` once they were freed."""
    if any(entry is not None and entry.freed for entry in saved):
        raise RuntimeError(FREED_MESSAGE)
    return tuple(map(shown, saved))
