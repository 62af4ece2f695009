"""What a backward pass frees, and that nothing of a graph lives on: no collector runs while these tests look.

Figures come from `tracemalloc`, which NumPy tells of its buffers. Life and death are seen through weak references.
"""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from contextlib import contextmanager

import pytest

import reference_engine as torch
from reference_engine.autograd.graph import saved_tensors_hooks
from reference_engine.utils.checkpoint import checkpoint

SIZE = 100_000  # numbers in a float32 buffer of 400 kB: far above anything else that a step allocates
BUFFER = 4 * SIZE


@pytest.fixture(autouse=True)
def uncollected():
    """The cycle collector is off, and was run before: what a cycle holds stays."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@contextmanager
def traced():
    """A function that tells the bytes allocated since the block began."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        yield lambda: tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def chain(leaf, steps: int = 8):
    """`exp` of `exp` of ...: each node saves its result, which nothing else keeps alive."""
    value = leaf
    for _ in range(steps):
        value = (value * 0).exp()
    return value.sum()


# -- buffers --------------------------------------------------------------------------------------------------------


def test_backward_releases_what_the_graph_saved():
    leaf = torch.zeros(SIZE, requires_grad=True)
    with traced() as grown:
        loss = chain(leaf)
        held = grown()
        loss.backward()
        left = grown()
    assert held > 7.5 * BUFFER
    assert left < 1.5 * BUFFER  # the leaf's gradient


def test_a_retained_graph_keeps_its_buffers():
    leaf = torch.zeros(SIZE, requires_grad=True)
    with traced() as grown:
        loss = chain(leaf)
        held = grown()
        loss.backward(retain_graph=True)
        assert grown() > held
        loss.backward()
        assert grown() < 1.5 * BUFFER


def test_each_node_releases_as_soon_as_it_has_run():
    """Backward needs less than a second set of buffers: the peak stays near what forward held."""
    leaf = torch.zeros(SIZE, requires_grad=True)
    with traced() as grown:
        loss = chain(leaf)
        held = grown()
        tracemalloc.reset_peak()
        loss.backward()
        peak = tracemalloc.get_traced_memory()[1]
        assert peak < held + 6 * BUFFER
        assert grown() < 1.5 * BUFFER


def test_an_abandoned_graph_goes_with_its_last_name():
    leaf = torch.zeros(SIZE, requires_grad=True)
    with traced() as grown:
        loss = chain(leaf)
        assert grown() > 7.5 * BUFFER
        del loss
        assert grown() < 0.5 * BUFFER


def test_without_recording_nothing_is_saved():
    leaf = torch.zeros(SIZE, requires_grad=True)
    for mode in (torch.no_grad, torch.inference_mode):
        with traced() as grown, mode():
            result = chain(leaf)
            assert grown() < 0.5 * BUFFER, mode
            del result


def test_detached_results_do_not_hold_the_graph():
    leaf = torch.zeros(SIZE, requires_grad=True)
    with traced() as grown:
        kept = chain(leaf).detach()
        assert grown() < 0.5 * BUFFER
    assert kept.grad_fn is None


def test_a_training_loop_does_not_grow():
    weight = torch.zeros(SIZE, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9)

    def step():
        optimizer.zero_grad()
        ((weight - 1) ** 2).sum().backward()
        optimizer.step()

    with traced() as grown:
        step()
        held = grown()
        for _ in range(5):
            step()
        assert held > 1.5 * BUFFER
        assert grown() < held + 0.5 * BUFFER


def test_checkpoint_holds_its_input_and_recomputes_the_rest():
    leaf = torch.zeros(SIZE, requires_grad=True)
    with traced() as grown:
        loss = checkpoint(chain, leaf * 1, use_reentrant=False)
        assert grown() < 2.5 * BUFFER
        loss.backward()
        assert grown() < 1.5 * BUFFER


def test_a_second_derivative_keeps_what_it_needs_until_it_is_taken():
    leaf = torch.zeros(SIZE, requires_grad=True)
    with traced() as grown:
        (first,) = torch.autograd.grad((leaf * leaf).exp().sum(), leaf, create_graph=True)
        assert grown() > 2.5 * BUFFER
        first.sum().backward()
        del first
        assert grown() < 1.5 * BUFFER


# -- no cycles ------------------------------------------------------------------------------------------------------


def outlived(*witnesses) -> list:
    """Those objects behind weak references that are still there."""
    return [witness() for witness in witnesses if witness() is not None]


def test_nodes_and_tensors_die_with_the_last_name():
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    z = y.exp()
    witnesses = [weakref.ref(o) for o in (y, z, y.grad_fn, z.grad_fn)]
    del y, z
    assert not outlived(*witnesses)


@pytest.mark.parametrize("expression", [
    "x.exp()", "x.sigmoid()", "x.sqrt()", "x.clone().exp_()", "x.softmax(0)", "x.max(0)[0]", "x.sort()[0]",
    "x.cumsum(0)", "x.t()", "x.view(-1)", "x[1:]", "x.unbind()[0]", "torch.cat([x, x])", "x @ x",
    "x.clone().t().mul_(2)", "torch.nn.functional.relu(x)",
    "torch.nn.functional.cross_entropy(x.outer(x), torch.tensor([0, 1, 2]))",
])  # fmt: skip
def test_what_an_operation_saves_does_not_point_back(expression):
    """`exp` saves its own result: were it saved as it is, node and result would hold each other."""
    x = torch.ones(3, requires_grad=True)
    result = eval(expression, {"torch": torch, "x": x})
    witnesses = [weakref.ref(result), weakref.ref(result.grad_fn)]
    del result
    assert not outlived(*witnesses)


def test_a_leaf_and_its_accumulator():
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    accumulator = weakref.ref(y.grad_fn.next_functions[0][0])
    y.sum().backward()
    del y
    assert not outlived(accumulator)
    leaf = weakref.ref(x)
    del x
    assert not outlived(leaf)


def test_views_written_in_place():
    x = torch.ones(3, requires_grad=True)
    base = x * 2
    view = base[1:]
    view.mul_(3)
    witnesses = [weakref.ref(o) for o in (base, view, base.grad_fn, view.grad_fn)]
    del base, view
    assert not outlived(*witnesses)


def test_hooks_go_with_what_they_hang_on():
    class Hook:
        def __call__(self, *arguments):
            return None

    x = torch.ones(3, requires_grad=True)
    y = x * 2
    hooks = [Hook() for _ in range(5)]
    y.register_hook(hooks[0])
    y.grad_fn.register_hook(hooks[1])
    y.grad_fn.register_prehook(hooks[2])
    x.register_hook(hooks[3])
    x.register_post_accumulate_grad_hook(hooks[4])
    y.retain_grad()
    witnesses = [weakref.ref(hook) for hook in hooks]
    y.sum().backward()
    del hooks, y
    assert len(outlived(*witnesses)) == 2  # those of the leaf
    del x
    assert not outlived(*witnesses)


def test_a_removed_hook_is_let_go_at_once():
    class Hook:
        def __call__(self, grad):
            return None

    y = torch.ones(3, requires_grad=True) * 2
    hook = Hook()
    witness = weakref.ref(hook)
    handle = y.register_hook(hook)
    del hook
    assert outlived(witness)
    handle.remove()
    assert not outlived(witness)


class Square(torch.autograd.Function):
    """x squared, which saves its input and keeps an object on its context."""

    contexts: list = []  # noqa: RUF012

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.extra = torch.ones(2)
        Square.contexts.append(weakref.ref(ctx))
        return x * x

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return 2 * x * grad


class Exponential(torch.autograd.Function):
    """e to the x, which saves its output."""

    @staticmethod
    def forward(ctx, x):
        result = x.exp()
        ctx.save_for_backward(result)
        return result

    @staticmethod
    def backward(ctx, grad):
        return ctx.saved_tensors[0] * grad


@pytest.mark.parametrize("function", [Square, Exponential])
@pytest.mark.parametrize("backward", [True, False])
def test_the_context_of_a_function(function, backward):
    Square.contexts.clear()
    x = torch.ones(3, requires_grad=True)
    y = function.apply(x)
    witnesses = [weakref.ref(y), weakref.ref(y.grad_fn), *Square.contexts]
    if backward:
        y.sum().backward()
    del y
    assert not outlived(*witnesses)


def test_packed_values():
    class Packed:
        def __init__(self, tensor):
            self.tensor = tensor.detach()

    witnesses = []

    def pack(tensor):
        packed = Packed(tensor)
        witnesses.append(weakref.ref(packed))
        return packed

    x = torch.ones(3, requires_grad=True)
    with saved_tensors_hooks(pack, lambda packed: packed.tensor):
        y = x.exp() * x
    assert len(outlived(*witnesses)) == len(witnesses) >= 3
    y.sum().backward(retain_graph=True)
    assert outlived(*witnesses)
    y.sum().backward()
    assert not outlived(*witnesses)


def test_after_backward_with_create_graph_one_assignment_breaks_the_cycle():
    """The gradient's history reaches the leaf that holds it: a cycle of the user's making, as PyTorch warns."""
    x = torch.ones(3, requires_grad=True)
    y = x.exp()
    node = weakref.ref(y.grad_fn)
    with pytest.warns(UserWarning, match="reference cycle"):
        y.sum().backward(create_graph=True)
    del y
    assert outlived(node)
    x.grad = None
    assert not outlived(node)


def test_an_error_in_backward_lets_the_graph_go():
    x = torch.ones(3, requires_grad=True)
    y = x.exp()
    witnesses = [weakref.ref(y.grad_fn)]
    with torch.no_grad():
        y.add_(1)
    try:
        y.sum().backward()
    except RuntimeError as error:
        assert "modified by an inplace operation" in str(error)
    del y
    assert not outlived(*witnesses)


def test_modules_and_optimizers():
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(4, 2)).sum().backward()
    optimizer.step()
    witnesses = [weakref.ref(p) for p in model.parameters()] + [weakref.ref(m) for m in model.modules()]
    del model
    optimizer.zero_grad()
    assert len(outlived(*witnesses)) == 4  # the parameters, which the optimizer keeps
    del optimizer
    assert not outlived(*witnesses)


def test_a_cycle_would_be_seen():
    """The counter-test: a node that is made to hold its own result stays when its last name goes."""
    x = torch.ones(3, requires_grad=True)
    y = x.exp()
    node = weakref.ref(y.grad_fn)
    y.grad_fn.metadata["result"] = y
    del y
    assert outlived(node)
    node().metadata.clear()
    assert not outlived(node)
