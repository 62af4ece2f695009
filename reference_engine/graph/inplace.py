"""Views and in-place writes: how history is kept when memory is shared and changes.

A differentiable view remembers its *base* and how it was made. Three rules follow.

* **Checks.** A leaf that requires grad may not be written to while recording; nor may views of one, outputs of
  operations that return several views, or views made where they could not be tracked.
* **Rebase, for a tensor that is no view.** The result of ``x.mul_(2)`` is ``x``: the new node takes the old
  history of ``x`` as input and becomes its ``grad_fn``.
* **Rebase, for a view.** The write changed the base as well. The base's new ``grad_fn`` is a ``CopySlices`` node:
  it sends back the gradient of the untouched elements as is, and that of the written elements through the node of
  the write. Every view's own ``grad_fn`` is made anew from the base when the version shows that it is out of date.

Rule: "in-place operations" in the autograd notes, ``Tensor._base``, ``Tensor.is_leaf``.
"""

from __future__ import annotations

from .._state import process, thread
from ..storage import address, is_dense
from ..version import is_inference
from .edges import NO_EDGE, gradient_edge
from .metadata import AutogradMeta, CreationMeta, ViewMeta, materialize_meta
from .node import Node
from .saved import short_name

LEAF_ERROR = "a leaf Variable that requires grad is being used in an in-place operation."
VIEW_OF_LEAF_ERROR = "a view of a leaf Variable that requires grad is being used in an in-place operation."
INFERENCE_UPDATE_ERROR = (
    "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a normal "
    "tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details."
)
OVERLAP_ERROR = (
    "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
    "Please clone() the tensor before performing the operation."
)


def make_view(base, array, replay=None, multi_output: bool = False):
    """A view of ``base`` with the elements ``array``: same storage, same version counter, tracked by autograd."""
    view = base._alias(array)
    state = thread
    if is_inference(base._counter):
        view._counter = None
        return view
    creation = CreationMeta.DEFAULT
    root, inherited, step = base, None, replay
    meta = base._meta
    if meta is not None and meta.view is not None:
        inherited = meta.view
        root = inherited.base
        replay = _chain(inherited.replay, replay, base, array)
    if state.inference:
        creation = CreationMeta.INFERENCE_MODE
    elif not state.grad_enabled:
        creation = CreationMeta.NO_GRAD_MODE
    elif multi_output:
        creation = CreationMeta.MULTI_OUTPUT
    if inherited is not None and inherited.creation is not CreationMeta.DEFAULT:
        creation = propagate(inherited.creation, creation)
    view_meta = view._meta = AutogradMeta()
    made = view_meta.view = ViewMeta(root, replay, creation, base._counter.value)
    if inherited is not None and inherited.tangent_base is not root:
        if inherited.tangent_base is None:
            made.tangent_base, made.tangent_replay = base, step
        else:
            made.tangent_base = inherited.tangent_base
            made.tangent_replay = _chain(inherited.tangent_replay, step, base, array)
    return view


def propagate(previous: CreationMeta, new: CreationMeta) -> CreationMeta:
    """The creation of a view of a view: its own where that says something, else that of the view it came from. What
    was made in inference mode stays so.
    """
    return previous if new is CreationMeta.DEFAULT or previous is CreationMeta.INFERENCE_MODE else new


def _chain(first, second, base, array):
    """The replay of a view of a view. Strides describe it (None) unless a step changes the element type."""
    if first is None and second is None:
        return None
    middle = base
    if first is None:
        shape, strides, offset = middle.shape, middle.stride(), middle.storage_offset()
        first = lambda root: root.as_strided(shape, strides, offset)  # noqa: E731
    if second is None:
        itemsize = array.itemsize
        shape, strides = array.shape, tuple(stride // itemsize for stride in array.strides)
        offset = base._storage.offset_of(array)
        second = lambda view: view.as_strided(shape, strides, offset)  # noqa: E731
    return lambda root: second(first(root))


def view_requires_grad(meta: AutogradMeta) -> bool:
    return meta.requires_grad or meta.grad_fn is not None or meta.view.base.requires_grad


def view_grad_fn(tensor):
    """A view's ``grad_fn``, made anew from the base when the memory was written to since it was made."""
    meta = tensor._meta
    view = meta.view
    if meta.grad_fn is None and not view.base.requires_grad:
        return None
    version = tensor._counter.value
    if view.seen_version != version:
        check_rebase(tensor, view, indirect=True)
        regenerate(tensor, meta, view)
        view.seen_version = version
    return meta.grad_fn


_NO_HISTORY = (
    'new_fn INTERNAL ASSERT FAILED at "/__w/pytorch/pytorch/torch/csrc/autograd/variable.cpp":198, please report a bug '
    "to PyTorch. "
)


_NOT_RETAINED_HERE = _NO_HISTORY.replace("new_fn", "out != nullptr").replace(":198", ":207")


def regenerate(tensor, meta: AutogradMeta, view: ViewMeta) -> None:
    """Record the view again, from the base as it is now."""
    base = view.base
    if view.replay is None:
        from ..ops.strided import as_strided_node

        meta.grad_fn, meta.output_nr = as_strided_node(base, tensor), 0
    else:
        recording, thread.grad_enabled = thread.grad_enabled, True
        try:
            fresh = view.replay(base)._meta
        finally:
            thread.grad_enabled = recording
        if fresh is None or fresh.grad_fn is None:
            # The view was made of a leaf that is itself a view, of memory without history: it has none either.
            meta.grad_fn = None
            raise RuntimeError(_NO_HISTORY)
        meta.grad_fn, meta.output_nr = fresh.grad_fn, fresh.output_nr
    move_hooks(tensor, meta)


def check_rebase(tensor, view: ViewMeta, indirect: bool) -> None:
    """Raise ``RuntimeError`` when this view may not be, or may not have been, modified in place."""
    creation = view.creation
    if creation is CreationMeta.DEFAULT:
        return
    written = (
        "its base or another view of its base has been modified inplace" if indirect else "is being modified inplace"
    )
    node = tensor._meta.grad_fn
    mode, where = "no_grad mode", " with grad mode enabled"
    if creation is CreationMeta.INFERENCE_MODE:
        mode, where = "inference mode", " in normal mode"
    if node is None:
        subject = f"A view was created in {mode} and "
    else:
        subject = f"Output {tensor._meta.output_nr} of {short_name(node)} is a view "
        if creation in (CreationMeta.MULTI_OUTPUT, CreationMeta.IN_CUSTOM_FUNCTION):
            subject, where = subject + "and ", ""
        else:
            subject += f"of a view which was created in {mode} and "
    raise RuntimeError(f"{subject}{written}{where}. {_FORBIDDEN[creation]}")


def _ambiguous(block: str) -> str:
    return (
        "Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by "
        "moving both "
        f"the view and the inplace either both inside the {block} block (if you don't want the inplace to be "
        "tracked) or "
        "both outside (if you want the inplace to be tracked)."
    )


_FORBIDDEN = {
    CreationMeta.MULTI_OUTPUT: (
        "This view is the output of a function that returns multiple views. Such functions do not allow the output "
        "views to "
        "be modified inplace. You should replace the inplace operation by an out-of-place one."
    ),
    CreationMeta.IN_CUSTOM_FUNCTION: (
        "This view was created inside a custom Function (or because an input was returned as-is) and the autograd "
        "logic to "
        "handle view+inplace would override the custom backward associated with the custom Function, leading to "
        "incorrect "
        "gradients. This behavior is forbidden. You can fix this by cloning the output of the custom Function."
    ),
    CreationMeta.NO_GRAD_MODE: _ambiguous("no_grad"),
    CreationMeta.INFERENCE_MODE: _ambiguous("inference_mode"),
}


def check_inplace(tensor, records: bool) -> None:
    """Whether ``tensor`` may be written to. ``records`` tells whether any operand of the write requires grad."""
    if process.mutations is not None:
        process.mutations.before_write(tensor._storage)
    if not (records and thread.grad_enabled) or thread.inference:
        return
    meta = tensor._meta
    if meta is None:
        return
    view = meta.view
    if view is not None:
        check_rebase(tensor, view, indirect=False)
        if tensor.requires_grad and view.base.is_leaf:
            raise RuntimeError(VIEW_OF_LEAF_ERROR)
    # A view that nobody looked at since its base came to require grad still passes for a leaf here.
    if meta.grad_fn is None and tensor.requires_grad:
        raise RuntimeError(LEAF_ERROR)


def bump_version(tensor) -> None:
    """Count a write that was made. An inference tensor has no counter: only here, with the data already changed,
    does a write outside of inference mode raise."""
    if tensor._counter is not None:
        tensor._counter.bump()
    elif not thread.inference:
        raise RuntimeError(INFERENCE_UPDATE_ERROR)


def written(tensor):
    """A fresh tensor that PyTorch makes by writing into another fresh one: its version counts that write."""
    if tensor._counter is not None:
        tensor._counter.bump()
    return tensor


def check_overlap(array) -> None:
    """Raise ``RuntimeError`` when several indices of a written tensor reach the same memory."""
    if overlaps_itself(array):
        raise RuntimeError(OVERLAP_ERROR)


def overlaps_itself(array) -> bool:
    """Whether several indices reach the same memory, as those of expanded dimensions do."""
    steps = zip(array.shape, array.strides, strict=True)
    return bool(array.size) and any(stride == 0 and extent > 1 for extent, stride in steps)


def check_partial_overlap(written, read) -> None:
    """Raise ``RuntimeError`` when a write overlaps an input that is not the written tensor itself."""
    start, origin = address(written), address(read)
    if start == origin and written.strides == read.strides and written.nbytes == read.nbytes:
        return
    check_no_overlap(written, read)


def check_no_overlap(written, read) -> None:
    """Raise ``RuntimeError`` when a write that goes to indexed places overlaps an input, even if that is its target."""
    start, origin = address(written), address(read)
    meet = start < origin + read.nbytes and origin < start + written.nbytes
    if written is read or (meet and is_dense(written) and is_dense(read)):
        raise RuntimeError(
            "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
            "memory "
            "location. Please clone() the tensor before performing the operation."
        )


def rebase_history(tensor, node: Node) -> None:
    """Make ``node``, which recorded a write to ``tensor``, the tensor's ``grad_fn`` (its base's, for a view)."""
    array = tensor._array
    meta = materialize_meta(tensor)
    view = meta.view
    if view is None:
        meta.output_nr = len(node.input_metadata)
        node.input_metadata.append((array.shape, tensor.dtype, tensor._storage.device))
        meta.grad_fn = node
        move_hooks(tensor, meta)
        return
    base = view.base
    node.input_metadata.append((array.shape, tensor.dtype, tensor._storage.device))
    copy_slices = CopySlices(base, tensor, view, node)
    base_meta = materialize_meta(base)
    base_meta.grad_fn, base_meta.output_nr = copy_slices, 0
    base_meta.requires_grad = False
    move_hooks(base, base_meta)
    # The view's own grad_fn follows from the base's; making it now keeps the version in step.
    view.seen_version = tensor._counter.value
    regenerate(tensor, meta, view)


def move_hooks(tensor, meta: AutogradMeta) -> None:
    """After a new ``grad_fn``: hooks stay with the old value, ``retain_grad`` follows the tensor."""
    meta.hooks = None
    if meta.retained_elsewhere:
        raise RuntimeError(_NOT_RETAINED_HERE)
    if meta.retains_grad:
        retain(tensor, meta)


def retain(tensor, meta: AutogradMeta) -> None:
    import weakref

    node = meta.grad_fn
    previous = meta.__dict__.get("retained_on")
    if previous is not None and previous() is not None and previous().retained:
        previous().retained = {number: ref for number, ref in previous().retained.items() if ref() is not tensor}
    if node.retained is None:
        node.retained = {}
    node.retained[meta.output_nr] = weakref.ref(tensor)
    meta.retained_on = weakref.ref(node)


class CopySlices(Node):
    """The ``grad_fn`` of a base after a write through one of its views.

    Its first edge is the base's history before the write; the others are those of ``node``, the recorded write,
    whose own first input was the view.
    """

    def __init__(self, base, tensor, view: ViewMeta, node: Node) -> None:
        before = gradient_edge(base)
        Node.__init__(self, (before, *node.next_edges[1:]))
        self.node = node
        self.base_geometry = (base.shape, base.stride(), base.storage_offset())
        self.view_geometry = (tensor.shape, tensor.stride(), tensor.storage_offset())
        self.replay = view.replay
        self.input_metadata = [(base._array.shape, base.dtype, base._storage.device)]

    def name(self) -> str:
        return "torch::autograd::CopySlices"

    def apply(self, grads: list, wants) -> list:
        from ..creation import contiguous_format, empty_strided
        from .node import FREED_MESSAGE

        if self.node is None:
            raise RuntimeError(FREED_MESSAGE)
        grad = grads[0]
        results = [None] * len(self.next_edges)
        if grad is None:
            return results
        shape, strides, offset = self.base_geometry
        recording = thread.grad_enabled
        whole = empty_strided(shape, strides, dtype=grad.dtype, device=grad.device)
        whole.copy_(grad)
        if self.replay is not None:
            part = self.replay(whole)
        else:
            view_shape, view_strides, view_offset = self.view_geometry
            part = whole.as_strided(view_shape, view_strides, view_offset - offset)
        first = self.node.next_edges[0]
        incoming = part.clone() if part._array.flags.c_contiguous else part.clone(memory_format=contiguous_format)
        inner = self.node.apply([incoming], wants and (lambda edge: edge is first or wants(edge)))
        if recording and not part._counter:
            part = part.clone()
        for index, result in enumerate(inner):
            edge = self.next_edges[index] if index else self.next_edges[0]
            if index == 0:
                if result is None:
                    part.zero_()
                else:
                    part.copy_(result)
                results[0] = whole
            elif edge is not NO_EDGE and (wants is None or wants(edge)):
                results[index] = result
        return results

    def release(self) -> None:
        if self.node is not None:
            self.node.release()
            self.node = None


CopySlices.__name__ = "CopySlices"
