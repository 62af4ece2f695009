"""AccumulateGrad: the node at the end of every path, where a leaf's ``.grad`` is written.

The leaf holds its accumulator weakly and the accumulator holds the leaf: the graph keeps its leaves alive, leaves
keep no graph alive. How a gradient arrives in ``.grad``:

* ``.grad`` empty, not recording, nobody else holds the new gradient and its layout fits: it is *stolen*, no copy;
* ``.grad`` empty otherwise: a copy laid out like the leaf (recorded as ``CopyBackwards`` under ``create_graph``);
* ``.grad`` there, not recording: added *in place*, so whoever holds ``.grad`` sees it grow;
* ``.grad`` there, recording: replaced by the sum, out of place.

Rule: ``Tensor.grad`` and "default gradient layouts" in the documentation of ``torch.autograd``.
"""

from __future__ import annotations

import weakref
from sys import getrefcount

from .._state import thread
from ..storage import UntypedStorage, is_dense
from ..version import VersionCounter
from .metadata import materialize_meta
from .node import Node
from .ownership import LOCAL_ALONE, add_into

_MAX_SEQUENCE = 2**64 - 1  # before every other ready node


class AccumulateGrad(Node):
    """Adds the gradient that reaches it to ``variable.grad``."""

    def __init__(self, variable) -> None:
        self.next_edges = ()
        self.sequence_nr = _MAX_SEQUENCE
        self.variable = variable
        meta = variable._meta
        dtype = meta.grad_dtype if meta.grad_dtype_set else variable.dtype
        self.input_metadata = [(variable._array.shape, dtype, variable._storage.device)]

    def name(self) -> str:
        return "torch::autograd::AccumulateGrad"

    @property
    def tensor_hooks(self):
        """The leaf's own hooks: they outlive the accumulator."""
        hooks = self.variable._meta.hooks
        return {0: [hooks]} if hooks else None

    def add_tensor_hooks(self, hooks, output_nr: int) -> None:
        materialize_meta(self.variable).hooks = hooks

    def apply(self, grads: list, wants) -> list:
        grad = grads[0]
        grads[0] = None  # the caller's reference would count as another holder
        variable = self.variable
        meta = variable._meta
        if grad is not None and (meta.grad_fn or (meta.view and variable.grad_fn)):
            raise RuntimeError("leaf variable has been moved into the graph interior")
        if grad is not None and meta.requires_grad:
            # The gradient kept for the post-hooks is no other holder.
            alone = getrefcount(grad) <= LOCAL_ALONE + bool(self.post_hooks)
            self._accumulate(variable, meta, grad, alone)
        if meta.post_accumulate_hooks:
            # As with other hooks, what one returns is handed to the next; it is refused in the end.
            value, replaced = variable, False
            for hook in list(meta.post_accumulate_hooks.values()):
                returned = hook(value)
                if returned is not None:
                    if not hasattr(returned, "_storage"):
                        raise TypeError(f"expected Variable, but hook returned '{type(returned).__name__}'")
                    value, replaced = returned, replaced or returned is not value
            if replaced:
                raise RuntimeError("Tensor post accumulate grad hooks should return None.")
        return []

    def _accumulate(self, variable, meta, grad, alone: bool) -> None:
        current = meta.grad
        if current is None:
            if not thread.grad_enabled and alone and _fits(grad, variable):
                # Detached: it arrived through the graph and stays outside of it.
                meta.grad = grad if grad._meta is None else grad.detach()
            else:
                meta.grad = copy_with_layout_of(grad, variable)
        else:
            if thread.grad_enabled:
                meta.grad = current + grad
            else:
                add_into(current, grad)
            if thread.enforce_grad_layout and not _obeys(meta.grad._array, variable._array):
                _warn_of_layout(meta.grad, variable)


AccumulateGrad.__module__ = "builtins"


def _fits(grad, variable) -> bool:
    """Whether the gradient already has the layout that ``.grad`` should get."""
    if not thread.enforce_grad_layout:
        return True
    array, model = grad._array, variable._array
    if is_dense(model):
        return array.strides == model.strides or (is_dense(array) and _same_layout(array, model))
    return array.flags.c_contiguous


def _obeys(grad, model) -> bool:
    """Whether a gradient has the strides of a dense leaf, or is contiguous beside another."""
    if grad.strides == model.strides and grad.itemsize == model.itemsize:
        return True
    if not is_dense(model):
        return grad.flags.c_contiguous
    strides = zip(grad.shape, grad.strides, model.strides, strict=False)
    return all(mine * model.itemsize == its * grad.itemsize for extent, mine, its in strides if extent > 1)


def _warn_of_layout(grad, variable) -> None:
    import warnings

    warnings.warn(
        "grad and param do not obey the gradient layout contract. This is not an error, but may impair performance.\n"
        f"grad.sizes() = {list(grad.shape)}, strides() = {list(grad.stride())}\n"
        f"param.sizes() = {list(variable.shape)}, strides() = {list(variable.stride())}",
        UserWarning,
        stacklevel=2,
    )


def _same_layout(a, b) -> bool:
    """Whether the strides, in elements, agree; those of a dimension of size 1 need only be no broadcast ones.

    (Where the leaf was given other ``.data`` since, its accumulator goes by the shape that the leaf had.)
    """
    sizes = zip(a.shape, a.strides, b.strides, strict=False)
    return all(sa * b.itemsize == sb * a.itemsize if extent > 1 else sa != 0 or extent == 0 for extent, sa, sb in sizes)


def copy_with_layout_of(grad, variable):
    """A copy of ``grad`` with the strides of ``variable`` when those are dense, else contiguous."""
    from ..creation import empty_strided

    if not thread.grad_enabled and variable._array.flags.c_contiguous and grad._array.shape == variable._array.shape:
        copy = grad._alias(grad._array.copy(order="C"))
        copy._storage = UntypedStorage(copy._array, grad._storage.device)
        copy._counter = None
        if not thread.inference:
            copy._counter = VersionCounter()
            copy._counter.bump()  # the copy is a write into fresh memory
        return copy
    if is_dense(variable._array):
        recording, thread.grad_enabled = thread.grad_enabled, False
        try:
            copy = empty_strided(variable.shape, variable.stride(), dtype=grad.dtype, device=grad.device)
        finally:
            thread.grad_enabled = recording
        return copy.copy_(grad)
    return grad.contiguous() if not grad.is_contiguous() else grad.clone()


def accumulator_of(tensor) -> AccumulateGrad:
    """The leaf's accumulator, made when nothing keeps an earlier one alive."""
    meta = tensor._meta
    if meta.accumulator is not None:
        node = meta.accumulator()
        if node is not None:
            return node
    node = AccumulateGrad(tensor)
    meta.accumulator = weakref.ref(node)
    return node
