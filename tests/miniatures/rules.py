"""One misbehaviour per function: its docstring says what is wrong, its decorator which cases must notice.

Each function is given the reference engine's namespace, in a process of its own, and breaks one rule in it.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType


@dataclass(frozen=True)
class Rule:
    """A misbehaviour. `caught_by` are the ids of cases that must not pass."""

    name: str
    says: str
    apply: Callable[[ModuleType], None]
    caught_by: tuple[str, ...]
    device: str


RULES: dict[str, Rule] = {}


def caught_by(*cases: str, device: str = "cpu") -> Callable[[Callable], Callable]:
    def register(function: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
        name = function.__name__
        RULES[name] = Rule(name, function.__doc__ or "", function, cases, device)
        return function

    return register


# --- sharing and versions --------------------------------------------------------------------------------


@caught_by("inplace/not_requiring_grad::detached-twin", "versions/data::detach-is-seen")
def detach_copies(torch):
    """`detach` gives a copy instead of the same memory."""
    tensor = torch.Tensor
    share = tensor.detach
    tensor.detach = lambda self: share(self).clone()


@caught_by("versions/data::writes-unseen", "versions/data::gradient-of-the-new-value")
def data_bumps_the_version(torch):
    """A write through `.data` moves the tensor's version."""
    torch.Tensor.data = property(lambda self: self.detach(), torch.Tensor.data.fset)


@caught_by("versions/saved_inputs::square-before-the-update", "inplace/leaf::allowed-under-no-grad")
def no_version_bump(torch):
    """In-place writes do not move the version."""
    from reference_engine.version import VersionCounter

    VersionCounter.bump = lambda self: None


@caught_by("versions/saved_inputs::restored-value-does-not-help", "versions/saved_results::result-overwritten")
def versions_not_compared(torch):
    """A saved tensor that was written to is used all the same."""
    from reference_engine.graph.saved import SavedTensor

    unpack = SavedTensor.unpack

    def careless(self, saved_for):
        if self.tensor is not None:
            self.version = self.counter.value
        return unpack(self, saved_for)

    SavedTensor.unpack = careless


@caught_by("versions/what_is_saved::input-was-not-saved", "backward/nothing_saved::second-backward-works")
def sum_saves_its_input(torch):
    """Sums save their input although their derivative needs it for nothing."""
    total = torch.Tensor.sum
    torch.Tensor.sum = lambda self, *args, **kwargs: total(self.pow(1), *args, **kwargs)


# --- graphs and backward ---------------------------------------------------------------------------------


@caught_by("backward/retain_graph::raises-when-freed", "backward/freed_buffers::mul-frees-its-factors")
def graph_never_freed(torch):
    """Backward keeps every buffer, whatever `retain_graph` says."""
    from reference_engine.graph import node

    for kind in _subclasses(node.Node):
        if "release" in vars(kind):
            kind.release = lambda self: None


def _subclasses(kind):
    yield kind
    for child in kind.__subclasses__():
        yield from _subclasses(child)


@caught_by("backward/freed_buffers::each-node-frees-when-it-has-run")
def freed_at_the_end(torch):
    """Buffers are freed when the whole pass is over, not as each node has run."""
    from reference_engine.graph import engine

    execute = engine.execute

    def late(root, task):
        keep, task.keep_graph = task.keep_graph, True
        seen, stack = {root}, [root]
        while stack:
            for successor, _ in stack.pop().next_edges:
                if successor is not None and successor not in seen:
                    seen.add(successor)
                    stack.append(successor)
        execute(root, task)
        if not keep:
            for node in seen:
                node.release()

    engine.execute = late


@caught_by("backward/retain_graph_flag::left-out-follows-create-graph")
def create_graph_does_not_retain(torch):
    """`retain_graph` left out means False even under `create_graph=True`."""
    backward = torch.autograd.backward

    def forgetful(tensors, grad_tensors=None, retain_graph=None, create_graph=False, grad_variables=None, inputs=None):
        return backward(tensors, grad_tensors, bool(retain_graph), create_graph, grad_variables, inputs)

    forgetful.__name__ = forgetful.__qualname__ = "backward"
    torch.autograd.backward = forgetful


@caught_by("backward/implicit_gradient::two-elements-refused")
def vectors_need_no_gradient(torch):
    """A result of several elements is weighted with ones instead of being refused."""
    backward = torch.Tensor.backward

    def lenient(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
        if gradient is None and self.numel() != 1:
            gradient = torch.ones_like(self)
        return backward(self, gradient, retain_graph, create_graph, inputs)

    lenient.__name__, lenient.__qualname__ = "backward", "Tensor.backward"
    torch.Tensor.backward = lenient


@caught_by("backward/inputs::list-fills-only-its-members", "backward/inputs::non-leaf-input")
def inputs_ignored(torch):
    """`inputs=` restricts nothing."""
    backward = torch.Tensor.backward

    def deaf(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
        if inputs is not None and not isinstance(inputs, torch.Tensor) and len(inputs) == 0:
            return backward(self, gradient, retain_graph, create_graph, inputs)
        return backward(self, gradient, retain_graph, create_graph)

    deaf.__name__, deaf.__qualname__ = "backward", "Tensor.backward"
    torch.Tensor.backward = deaf


@caught_by("backward/grad_function::returns-a-tuple-and-fills-nothing")
def grad_fills_grad(torch):
    """`autograd.grad` leaves its result in `.grad` as well."""
    grad = torch.autograd.grad

    def leaky(outputs, inputs, *args, **kwargs):
        found = grad(outputs, inputs, *args, **kwargs)
        for tensor, value in zip([inputs] if isinstance(inputs, torch.Tensor) else inputs, found, strict=False):
            if value is not None:
                tensor.grad = value.detach()
        return found

    torch.autograd.grad = leaky


@caught_by("backward/grad_function::unused-input", "backward/inputs::unused-input-keeps-none")
def unused_inputs_are_zero(torch):
    """`autograd.grad` gives zeros for an input that was not used."""
    grad = torch.autograd.grad

    def generous(outputs, inputs, *args, **kwargs):
        kwargs["materialize_grads"] = True
        kwargs["allow_unused"] = True
        return grad(outputs, inputs, *args, **kwargs)

    torch.autograd.grad = generous


@caught_by("backward/create_graph::grad-is-differentiable", "backward/create_graph::autograd-grad-second-derivative")
def gradients_are_constants(torch):
    """`create_graph=True` records nothing."""
    from reference_engine.graph import engine

    run = engine.GraphTask.__init__

    def constant(self, keep_graph, grad_mode):
        run(self, keep_graph, False)

    engine.GraphTask.__init__ = constant


# --- accumulation ----------------------------------------------------------------------------------------


@caught_by("backward/retain_graph::accumulates-when-retained", "accumulate/adds::same-sum-three-times")
def grad_overwritten(torch):
    """A new gradient replaces the old one instead of being added."""
    from reference_engine.graph.accumulate import AccumulateGrad

    accumulate = AccumulateGrad._accumulate

    def replace(self, variable, meta, grad, holders):
        meta.grad = None
        accumulate(self, variable, meta, grad, holders)

    AccumulateGrad._accumulate = replace


@caught_by("accumulate/adds::adds-to-an-assigned-gradient")
def grad_added_out_of_place(torch):
    """Accumulation binds a new tensor to `.grad` instead of adding in place."""
    from reference_engine.graph.accumulate import AccumulateGrad

    accumulate = AccumulateGrad._accumulate

    def rebind(self, variable, meta, grad, holders):
        if meta.grad is not None:
            meta.grad = meta.grad.clone()
        accumulate(self, variable, meta, grad, holders)

    AccumulateGrad._accumulate = rebind


@caught_by("accumulate/after_error::newer-branch-runs-before-the-failure")
def oldest_node_first(torch):
    """Nodes that are ready run in the order in which they were recorded, not youngest first."""
    from reference_engine.graph import engine

    push = engine.heappush
    engine.heappush = lambda heap, entry: push(heap, (-entry[0] if entry[0] > -(2**60) else entry[0], *entry[1:]))


@caught_by("accumulate/assign_grad::other-shape", "accumulate/assign_grad::other-dtype")
def any_grad_assigned(torch):
    """`.grad` takes whatever is assigned."""
    torch.Tensor._check_grad = lambda self, value: None


@caught_by("optim/zero_grad::optimizer-sets-none", "optim/zero_grad::module-sets-none")
def zero_grad_keeps_zeros(torch):
    """`zero_grad` zeroes by default, as it did before torch 2.0."""
    for owner in (torch.optim.Optimizer, torch.nn.Module):
        clear = owner.zero_grad
        owner.zero_grad = lambda self, set_to_none=False, clear=clear: clear(self, set_to_none)


@caught_by("leaf/grad_of_non_leaf::intermediates-have-none")
def intermediates_keep_grad(torch):
    """Every intermediate retains its gradient without being asked."""
    backward = torch.Tensor.backward

    def hoarding(self, *args, **kwargs):
        for found in gc.get_objects():
            if isinstance(found, torch.Tensor) and found.requires_grad and not found.is_leaf:
                found.retain_grad()
        return backward(self, *args, **kwargs)

    torch.Tensor.backward = hoarding


# --- recording -------------------------------------------------------------------------------------------


@caught_by("grad_mode/no_grad::result-is-a-constant", "grad_mode/tracked_paths::one-path-recorded")
def no_grad_ignored(torch):
    """`no_grad` switches nothing off."""
    torch.autograd.grad_mode.no_grad.__enter__ = lambda self: setattr(self, "prev", True)
    torch.autograd.grad_mode.no_grad.__exit__ = lambda self, *exc: None


@caught_by("grad_mode/no_grad::flag-inside-and-after", "grad_mode/decorator::restored-after-an-error")
def no_grad_leaks(torch):
    """`no_grad` leaves recording off when its block ends with an exception."""
    leave = torch.no_grad.__exit__

    def stuck(self, kind, value, trace):
        if kind is None:
            leave(self, kind, value, trace)

    torch.no_grad.__exit__ = stuck


@caught_by("grad_mode/threads::new-thread-records", "grad_mode/threads::threads-mode-stays-there")
def grad_mode_of_the_process(torch):
    """All threads share one grad mode."""
    from reference_engine._state import ThreadState, thread

    values = {"on": True}
    ThreadState.grad_enabled = property(lambda self: values["on"], lambda self, value: values.__setitem__("on", value))
    thread.__dict__.pop("grad_enabled", None)


@caught_by("inplace/leaf::refused-while-recording", "inplace/leaf::every-method-refuses")
def leaves_may_be_written(torch):
    """A leaf that requires grad may be written in place while recording."""
    from reference_engine.graph import inplace
    from reference_engine.ops import dispatch

    lenient = _without_leaf_check(inplace.check_inplace)
    inplace.check_inplace = lenient
    for module in (dispatch,):
        if hasattr(module, "check_inplace"):
            module.check_inplace = lenient


def _without_leaf_check(check):
    def lenient(*args, **kwargs):
        try:
            return check(*args, **kwargs)
        except RuntimeError as error:
            if "leaf Variable" not in str(error):
                raise

    return lenient


@caught_by("grad_mode/views::claims-to-require-grad")
def no_grad_views_are_plain(torch):
    """A view taken under `no_grad` does not report `requires_grad`."""
    view = torch.Tensor.view

    def plain(self, *args, **kwargs):
        result = view(self, *args, **kwargs)
        return result if torch.is_grad_enabled() else result.detach()

    torch.Tensor.view = plain


# --- words -----------------------------------------------------------------------------------------------


@caught_by("inplace/leaf::refused-while-recording")
def old_message(torch):
    """A leaf's refusal says "has been used", as torch did before 1.13."""
    from reference_engine.graph import inplace
    from reference_engine.ops import dispatch

    check = inplace.check_inplace

    def old(*args, **kwargs):
        try:
            return check(*args, **kwargs)
        except RuntimeError as error:
            raise RuntimeError(str(error).replace("is being used", "has been used")) from None

    inplace.check_inplace = old
    if hasattr(dispatch, "check_inplace"):
        dispatch.check_inplace = old


@caught_by("backward/chain_rule::forward-is-recorded", "printing/history::results-after-backward")
def wrong_node_name(torch):
    """The node of a product is called MultiplyBackward0."""
    _rename("MulBackward0", "MultiplyBackward0")
    _rename("PowBackward0", "PowerBackward0")


def _rename(old: str, new: str) -> None:
    from reference_engine.graph.node import Node

    for kind in _subclasses(Node):
        name = kind.name

        def renamed(self, name=name):
            text = name(self)
            return new if text == old else text

        if "name" in vars(kind):
            kind.name = renamed


@caught_by("printing/history::leaf")
def print_hides_history(torch):
    """A tensor's print shows neither requires_grad nor grad_fn."""
    show = torch.Tensor.__repr__
    torch.Tensor.__repr__ = lambda self, **kwargs: show(self.detach(), **kwargs)


@caught_by("leaf/grad_of_non_leaf::intermediates-have-none", "leaf/rebinding::gradient-goes-to-the-leaf")
def silent_non_leaf_grad(torch):
    """Reading `.grad` of a non-leaf does not warn."""
    from reference_engine import _state

    warn = _state.warn_once

    def choosy(message, *args, **kwargs):
        if "is not a leaf Tensor is being accessed" not in message:
            warn(message, *args, **kwargs)

    _state.warn_once = choosy


# --- devices ---------------------------------------------------------------------------------------------


@caught_by("backward/retain_graph::accumulates-when-retained", device="cuda")
def grad_in_host_memory(torch):
    """On an accelerator the gradients of leaves end in host memory."""
    from reference_engine.graph.accumulate import AccumulateGrad

    accumulate = AccumulateGrad._accumulate

    def elsewhere(self, variable, meta, grad, holders):
        accumulate(self, variable, meta, grad, holders)
        meta.grad = meta.grad.detach().cpu()

    AccumulateGrad._accumulate = elsewhere


@caught_by("printing/history::leaf", device="cuda")
def print_hides_the_device(torch):
    """A tensor's print on an accelerator does not name the device."""
    show = torch.Tensor.__repr__
    torch.Tensor.__repr__ = lambda self, **kwargs: show(self, **kwargs).replace(", device='cuda:0'", "")
