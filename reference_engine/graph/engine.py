"""The engine: one backward pass over the recorded graph.

1. *Dependencies.* Walk the graph from the roots and count, for each node, the edges that will reach it.
2. *Exec info*, only when certain inputs were asked for: which nodes lie on a path to them, and where their
   gradients are captured.
3. *Evaluate.* Take the youngest ready node (highest sequence number; accumulators first), run its hooks and its
   derivative, check the results against what each edge expects, free what the node saved, and add every gradient to
   the input buffer of the node behind its edge. A node is ready when its last dependency has delivered.

All loops are iterative: the depth of a graph is bounded by memory. A backward pass started by a hook or a custom
function inside a pass runs its own, nested task.

Rule: "how autograd encodes the history" and "reentrant backward" in the autograd notes.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from itertools import count
from sys import getrefcount

from .._state import process, thread
from ..storage import is_dense
from .node import GraphRoot, Node
from .ownership import ARGUMENT_ALONE, ATTRIBUTE_ALONE, add_into

_task_ids = count()


class ExecInfo:
    """What a partial pass wants of one node: to run it, and which of its inputs' gradients to hand out."""

    __slots__ = ("captures", "needed")

    def __init__(self) -> None:
        self.needed = False
        self.captures: list[tuple[int, int]] | None = None  # (input number of the node, position in the answer)


class GraphTask:
    """One backward pass: its options, what is still to deliver, and what was captured."""

    __slots__ = (
        "accumulates",
        "buffers",
        "callbacks",
        "captured",
        "dependencies",
        "exec_info",
        "grad_mode",
        "id",
        "keep_graph",
        "lone_root",
        "ready",
        "roots",
    )  # fmt: skip

    def __init__(self, keep_graph: bool, grad_mode: bool, accumulates: bool) -> None:
        self.id = next(_task_ids)
        self.keep_graph, self.grad_mode, self.accumulates = keep_graph, grad_mode, accumulates
        self.exec_info: dict[Node, ExecInfo] | None = None
        self.captured: list = []
        self.callbacks: list = []
        self.dependencies: dict[Node, int] = {}
        self.buffers: dict[Node, list] = {}
        self.ready: list = []
        self.lone_root: Node | None = None  # the only root: the walk of dependencies begins behind it

    def wants(self, edge: tuple) -> bool:
        """Whether the gradient along ``edge`` will be used."""
        node = edge[0]
        if node is None:
            return False
        if self.exec_info is None:
            return True
        info = self.exec_info.get(node)
        return info is not None and (info.needed or info.captures is not None)


def run(edges: tuple, grads: list, keep_graph: bool, create_graph: bool, outputs, accumulate: bool) -> list:
    """Run a pass from the root ``edges`` with ``grads``.

    ``outputs`` are the edges of the tensors that were asked for, or None for every leaf; with ``accumulate`` their
    gradients go to ``.grad``, otherwise they are returned in order (None where unreached).
    """
    root = GraphRoot(edges, grads)
    task = GraphTask(keep_graph, create_graph, accumulate)
    count_dependencies(root, task.dependencies)
    task.roots = [edge[0] for edge in edges]
    if len(edges) == 1:
        task.lone_root = edges[0][0]
    if outputs is not None:
        prepare_exec_info(root, outputs, accumulate, task)
    outer, thread.graph_task = thread.graph_task, task
    recording, thread.grad_enabled = thread.grad_enabled, create_graph
    current = thread.current_node
    try:
        execute(root, task)
        for callback in task.callbacks:
            callback()
    finally:
        thread.graph_task = outer
        thread.grad_enabled = recording
        thread.current_node = current
    return task.captured


def count_dependencies(root: Node, dependencies: dict) -> None:
    """How many edges of the graph under ``root`` lead to each node."""
    stack = [root]
    while stack:
        for node, _ in stack.pop().next_edges:
            if node is not None:
                if node in dependencies:
                    dependencies[node] += 1
                else:
                    dependencies[node] = 1
                    stack.append(node)


def prepare_exec_info(root: Node, outputs, accumulate: bool, task: GraphTask) -> None:
    """Mark the nodes that a pass for ``outputs`` must run: those from which one of them can be reached."""
    infos = task.exec_info = {}
    for position, edge in enumerate(outputs):
        if edge[0] is None:
            continue
        info = infos.setdefault(edge[0], ExecInfo())
        if accumulate:
            info.needed = True
        else:
            if info.captures is None:
                info.captures = []
            info.captures.append((edge[1], position))
    task.captured = [None] * len(outputs)

    # Depth first without recursion: a node is decided when all its successors are.
    visited = {root}
    stack = [(root, iter(root.next_edges))]
    while stack:
        node, successors = stack[-1]
        for successor, _ in successors:
            if successor is not None and successor not in visited:
                visited.add(successor)
                stack.append((successor, iter(successor.next_edges)))
                break
        else:
            stack.pop()
            if any(map(task.wants, node.next_edges)):
                infos.setdefault(node, ExecInfo()).needed = True
    infos.setdefault(root, ExecInfo()).needed = True


def execute(root: Node, task: GraphTask) -> None:
    """Evaluate nodes, youngest first, until nothing is ready."""
    ready, dependencies, buffers, infos = task.ready, task.dependencies, task.buffers, task.exec_info
    ties = count()
    node, grads = root, []
    while True:
        if infos is not None:
            info = infos.get(node)
            skip = info is None
            if not skip and (not info.needed or info.captures is not None):
                skip = not capture(node, grads, info, task)
        else:
            skip = False
        if not skip:
            results = evaluate(node, grads, task)
            grads = None
            if type(results) is not list:
                results = list(results)
            for index, edge in enumerate(node.next_edges[: len(results)]):
                successor, input_nr = edge
                result, results[index] = results[index], None  # its only holder may be the buffer it goes to
                if successor is None:
                    continue
                remaining = dependencies[successor] = dependencies[successor] - 1
                if infos is not None and not task.wants(edge):
                    if node is root and successor is task.lone_root:
                        show_to_root(successor, input_nr, result)
                    continue
                buffer = buffers.get(successor)
                if buffer is None:
                    buffer = buffers[successor] = [None] * max(len(successor.input_metadata), input_nr + 1)
                if result is not None:
                    held, buffer[input_nr] = buffer[input_nr], None
                    buffer[input_nr] = result if held is None else add_up(held, result)
                    held = None
                if remaining == 0:
                    heappush(ready, (-successor.sequence_nr, next(ties), successor))
            results = result = edge = None
        if not ready:
            return
        node = heappop(ready)[2]
        grads = buffers.pop(node)


def show_to_root(node: Node, input_nr: int, grad) -> None:
    """A pass with one root begins at that root's node, so the hooks of the root run even where nothing else will."""
    grads = [None] * max(len(node.input_metadata), input_nr + 1)
    grads[input_nr] = grad
    call_tensor_hooks(node, grads)


def add_up(held, grad):
    """The sum of the gradients that arrive at one input: in place, where nobody else can see what was held.

    So the version of a gradient counts the contributions that were added to the first.
    """
    if (
        not thread.grad_enabled
        and process.mutations is None
        and getrefcount(held) <= ARGUMENT_ALONE
        and getrefcount(held._storage) <= ATTRIBUTE_ALONE
        and is_dense(held._array)
        and type(held) is type(grad)
        and held.dtype is grad.dtype
        and held._array.shape == grad._array.shape
    ):
        return add_into(held, grad)
    return held + grad


def capture(node: Node, grads: list, info: ExecInfo, task: GraphTask) -> bool:
    """Hand out the gradients asked for at ``node``. Returns whether the node must run as well."""
    if not info.needed:
        grads = call_tensor_hooks(node, grads)
    for input_nr, position in info.captures or ():
        task.captured[position] = grads[input_nr] if input_nr < len(grads) else None
    return info.needed


def evaluate(node: Node, grads: list, task: GraphTask) -> list:
    """Run one node and free what it saved. Its results are checked against the edges they go to."""
    state = thread
    state.current_node = node
    state.grad_enabled = task.grad_mode
    if process.anomaly:
        return evaluate_with_anomaly(node, grads, task)
    results = call_node(node, grads, task)
    if results:
        validate(node, results)
    return results


def evaluate_with_anomaly(node: Node, grads: list, task: GraphTask) -> list:
    from ..autograd import anomaly_mode as anomaly

    try:
        results = call_node(node, grads, task)
        if results:
            validate(node, results)
            if process.anomaly_check_nan:
                anomaly.check_nan(node, results)
    except Exception:
        anomaly.print_stack(node)
        raise
    return results


def call_node(node: Node, grads: list, task: GraphTask) -> list:
    """Pre-hooks, the node, post-hooks."""
    if node.tensor_hooks or node.retained:
        grads = call_tensor_hooks(node, grads)
    if node.pre_hooks:
        for hook in list(node.pre_hooks.values()):
            grads = checked_replacement(hook, hook(tuple(grads)), grads)
    wants = None if task.exec_info is None else task.wants
    incoming = tuple(grads) if node.post_hooks else ()
    results = node.apply(grads, wants)
    if node.post_hooks:  # asked again: a node may be given hooks while it runs
        results = list(results)
        if results:
            validate(node, results)  # hooks see gradients as the edges take them
    if not task.keep_graph:
        node.release()
    if node.post_hooks:
        for hook in list(node.post_hooks.values()):
            results = checked_replacement(hook, hook(tuple(results), incoming), results)
    return results


def call_tensor_hooks(node: Node, grads: list) -> list:
    """The hooks of the tensors that the node produced, then the writes of ``retain_grad``."""
    hooked = node.tensor_hooks
    if hooked:
        if type(grads) is not list:
            grads = list(grads)
        for output_nr, groups in hooked.items():
            for hooks in groups:
                for hook in list(hooks.values()):
                    grads[output_nr] = call_tensor_hook(hook, grads[output_nr])
    if node.retained:
        for output_nr, reference in node.retained.items():
            tensor = reference()
            grad = grads[output_nr]
            if tensor is not None and grad is not None:
                meta = tensor._meta
                meta.grad = contiguous_copy(grad) if meta.grad is None else meta.grad + grad
    return grads


def contiguous_copy(grad):
    """What ``retain_grad`` keeps first."""
    from ..creation import contiguous_format

    return grad.clone(memory_format=contiguous_format)


def call_tensor_hook(hook, grad):
    """Run one hook; what it returns replaces the gradient, and must look like it.

    Raises ``TypeError`` or ``RuntimeError`` when it does not.
    """
    replaced = hook(grad)
    return grad if replaced is None else check_replacement(hook, replaced, grad)


def checked_replacement(hook, replaced, grads: list) -> list:
    """What a node hook returned for all gradients: None keeps them, a tuple replaces them one by one.

    Raises ``TypeError`` or ``RuntimeError`` when the replacement does not look like the originals.
    """
    if replaced is None:
        return grads
    if not isinstance(replaced, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(replaced).__name__}'")
    if len(replaced) != len(grads):
        raise RuntimeError(
            f"hook '{_hook_name(hook)}' has returned an incorrect number of values (got {len(replaced)}, but "
            "expected "
            f"{len(grads)})"
        )
    for new, old in zip(replaced, grads, strict=True):
        if new is not None:
            if old is None:
                raise RuntimeError("can't replace a None gradient with a non-None value")
            check_replacement(hook, new, old)
    return list(replaced)


def check_replacement(hook, replaced, grad):
    from .._tensor import Tensor
    from ..devices import gradient_type_name as tensor_type_name

    if not isinstance(replaced, Tensor):
        raise TypeError(f"expected Variable, but hook returned '{type(replaced).__name__}'")
    if grad is not None:
        if replaced.dtype is not grad.dtype or replaced.device != grad.device:
            expected = tensor_type_name(grad.device, grad.dtype.scalar)
            found = tensor_type_name(replaced.device, replaced.dtype.scalar)
            raise RuntimeError(f"hook '{_hook_name(hook)}' has changed the type of value (was {expected} got {found})")
        if replaced._array.shape != grad._array.shape:
            raise RuntimeError(f"hook '{_hook_name(hook)}' has changed the size of value")
    return replaced


def _hook_name(hook) -> str:
    return getattr(hook, "__name__", "<unknown>")


def validate(node: Node, results: list) -> None:
    """Bring each gradient to the shape, dtype and device that its edge expects.

    A gradient of a broadcast input is summed here, for all operations alike, so derivative formulas need not think
    of broadcasting. Raises ``RuntimeError`` for gradients that cannot be brought there.
    """
    edges = node.next_edges
    if len(results) < len(edges):
        raise RuntimeError(
            f"Function {node.name()} returned an invalid number of gradients. Expected {len(edges)}, but got "
            f"{len(results)}."
        )
    for index, edge in enumerate(edges):
        grad = results[index]
        if grad is None:
            continue
        target = edge[0]
        if target is None:
            continue
        shape, dtype, device = target.input_metadata[edge[1]]
        if grad._array.shape != shape:
            grad = results[index] = reduce_to_shape(node, index, grad, shape)
        if dtype is not None and grad.dtype is not dtype:
            if grad.dtype.is_complex and not dtype.is_complex and node.drops_imaginary:
                grad = grad.real
            elif not grad.dtype.is_floating_point and grad.dtype.is_complex != dtype.is_complex:
                raise RuntimeError(
                    "Expected isFloatingType(grad.scalar_type()) || (input_is_complex == grad_is_complex) to be true, "
                    "but got false.  (Could this error message be improved?  If so, please report an enhancement "
                    "request to PyTorch.)"
                )
            grad = results[index] = grad.to(dtype)
        if grad._storage.device is not device:
            if grad._array.ndim == 0:
                results[index] = grad.to(device)
            else:
                raise RuntimeError(
                    f"Function {node.name()} returned an invalid gradient at index {index} - "
                    f"expected device {device} but got {grad._storage.device}"
                )


def reduce_to_shape(node: Node | None, index: int, grad, shape: tuple):
    """The gradient that ``node`` returned, or a pass began with where it is None, summed to the shape expected.

    Raises ``RuntimeError`` where no sum over broadcast dimensions gives that shape.
    """
    found = grad._array.shape
    lead = len(found) - len(shape)
    if lead < 0 or any(want not in (1, have) for want, have in zip(shape, found[lead:], strict=True)):
        source = "" if node is None else f"Function {node.name()} returned an "
        raise RuntimeError(
            f"{source}invalid gradient at index {index} - got {list(found)} "
            f"but expected shape compatible with {list(shape)}"
        )
    return grad.sum_to_size(shape)


def execution_order(task: GraphTask | None) -> list:
    """The nodes in the order in which ``task`` will run them: for the hooks of the first node that runs.

    Raises ``RuntimeError`` outside of a pass, with multithreading enabled, and once nodes behind the root have run.
    """
    if task is None:
        raise RuntimeError("_current_graph_task_execution_order should only be called during the backward pass")
    if thread.multithreading:
        raise RuntimeError(
            "get_current_graph_task_execution_order expects the current backward to be executed with multithreading "
            "disabled, e.g. by running:\n\n>>> with torch.autograd.set_multithreading_enabled(False):\n"
            "...     torch.autograd.grad(...)\n"
        )
    remaining, ties = dict(task.dependencies), count()
    ready = [(-node.sequence_nr, next(ties), node) for node in task.roots]
    heapify(ready)
    order = []
    while ready:
        node = heappop(ready)[2]
        order.append(node)
        for edge in node.next_edges:
            if edge[0] is None or not (task.exec_info is None or task.wants(edge)):
                continue
            if not remaining[edge[0]]:
                raise RuntimeError("it != dependencies.end() INTERNAL ASSERT FAILED")
            remaining[edge[0]] -= 1
            if not remaining[edge[0]]:
                heappush(ready, (-edge[0].sequence_nr, next(ties), edge[0]))
    return order


def queue_callback(callback) -> None:
    """Run ``callback()`` when the backward pass now running on this thread has finished."""
    if thread.graph_task is None:
        raise RuntimeError("Final callbacks can only be installed during backward pass.")
    thread.graph_task.callbacks.append(callback)
