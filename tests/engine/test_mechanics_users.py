"""What programs build on the mechanics: modes, hooks, custom functions, forward mode, the simulated device, memory.

Each rule is checked on the engine alone; `sequences` holds the same rules against torch.
"""

from __future__ import annotations

import gc
import threading
import tracemalloc
import weakref

import pytest

import reference_engine as torch
import reference_engine.autograd.forward_ad as forward_ad
from reference_engine.autograd import graph


@pytest.fixture(autouse=True)
def clean_state():
    yield
    torch.reset_state()


# -- modes -----------------------------------------------------------------------------------------------------------


def test_grad_modes_belong_to_a_thread_and_are_restored():
    seen = []
    with torch.no_grad():
        worker = threading.Thread(target=lambda: seen.append(torch.is_grad_enabled()))
        worker.start()
        worker.join()
        with torch.enable_grad():
            seen.append(torch.is_grad_enabled())
        seen.append(torch.is_grad_enabled())
    assert [*seen, torch.is_grad_enabled()] == [True, True, False, True]


def test_modes_decorate_functions_and_generators():
    @torch.no_grad
    def plain():
        return torch.is_grad_enabled()

    @torch.no_grad()
    def steps():
        yield torch.is_grad_enabled()
        yield torch.is_grad_enabled()

    assert plain() is False
    outside = [(inside, torch.is_grad_enabled()) for inside in steps()]
    assert outside == [(False, True), (False, True)]


def test_reset_state_undoes_what_a_program_left_behind():
    torch.set_grad_enabled(False)
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("cuda")
    torch.autograd.set_detect_anomaly(True)
    forward_ad.enter_dual_level()
    dual = forward_ad.make_dual(torch.ones(1), torch.ones(1))
    torch.manual_seed(5)
    torch.reset_state()
    fresh = torch.ones(1)
    assert torch.is_grad_enabled() and not torch.is_anomaly_enabled()
    assert (fresh.dtype, str(fresh.device)) == (torch.float32, "cpu")
    assert torch.initial_seed() == 67280421310721
    with forward_ad.dual_level():
        assert forward_ad.unpack_dual(dual).tangent is None


# -- hooks -----------------------------------------------------------------------------------------------------------


def test_the_order_of_hooks_for_one_gradient():
    order = []
    x = torch.ones(1, requires_grad=True)
    y = x * 2
    y.register_hook(lambda g: order.append("tensor"))
    y.grad_fn.register_prehook(lambda g: order.append("before node"))
    y.grad_fn.register_hook(lambda *_: order.append("after node"))
    x.register_hook(lambda g: order.append("leaf"))
    x.register_post_accumulate_grad_hook(lambda p: order.append(("accumulated", p.grad.item())))
    handle = x.register_hook(lambda g: order.append("removed"))
    handle.remove()
    y.backward()
    assert order == ["tensor", "before node", "after node", "leaf", ("accumulated", 2.0)]


def test_a_hook_may_replace_the_gradient_but_not_its_shape():
    x = torch.ones(2, requires_grad=True)
    x.register_hook(lambda g: g * 10)
    x.sum().backward()
    assert x.grad.tolist() == [10.0, 10.0]
    y = torch.ones(2, requires_grad=True)
    y.register_hook(lambda g: g[:1])
    with pytest.raises(RuntimeError, match="hook '<lambda>' has changed the size of value"):
        y.sum().backward()


def test_multi_grad_hooks_wait_for_all_or_for_the_first():
    a, b = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    together, first = [], []
    graph.register_multi_grad_hook((a, b), lambda grads: together.append([g.item() for g in grads]))
    graph.register_multi_grad_hook((a, b), lambda grad: first.append(grad.item()), mode="any")
    (a * 2 + b * 3).backward()
    assert together == [[2.0, 3.0]] and len(first) == 1


# -- custom functions ------------------------------------------------------------------------------------------------


class Scaled(torch.autograd.Function):
    """Both styles' common ground: a saved input, a number, a second output without gradient."""

    @staticmethod
    def forward(x, factor):
        return x * factor, x > 0

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0])
        ctx.factor = inputs[1]
        ctx.mark_non_differentiable(output[1])

    @staticmethod
    def backward(ctx, grad, _):
        (x,) = ctx.saved_tensors
        assert ctx.needs_input_grad == (True, False)
        return grad * ctx.factor + 0 * x, None


def test_custom_functions_are_nodes_named_after_their_class():
    x = torch.tensor([1.0, -1.0], requires_grad=True)
    scaled, positive = Scaled.apply(x, 3.0)
    assert scaled.grad_fn.name() == "ScaledBackward" and not positive.requires_grad
    scaled.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_a_wrong_number_of_gradients_is_refused():
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, grad):
            return grad, grad

    with pytest.raises(RuntimeError, match=r"returned an incorrect number of gradients \(expected 1, got 2\)"):
        Wrong.apply(torch.ones(1, requires_grad=True)).backward()


# -- higher order and forward mode -----------------------------------------------------------------------------------


def test_derivatives_of_derivatives():
    x = torch.tensor(2.0, requires_grad=True)
    value = x**4
    orders = []
    for _ in range(4):
        (value,) = torch.autograd.grad(value, x, create_graph=True)
        orders.append(value.item())
    assert orders == [32.0, 48.0, 48.0, 24.0]


def test_tangents_follow_operations_views_and_writes():
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 0.0])) * 3
        dual[1:].mul_(dual[:1])
        primal, tangent = forward_ad.unpack_dual(dual)
        assert primal.tolist() == [3.0, 18.0] and tangent.tolist() == [3.0, 18.0]
    assert forward_ad.unpack_dual(dual).tangent is None


def test_tangents_stop_at_inference_mode():
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(torch.ones(1), torch.ones(1))
        with torch.no_grad():
            assert forward_ad.unpack_dual(dual * 2).tangent.tolist() == [2.0]
        with torch.inference_mode():
            assert forward_ad.unpack_dual(dual * 2).tangent is None


# -- the simulated accelerator ---------------------------------------------------------------------------------------


def test_the_accelerator_keeps_its_own_memory():
    host = torch.ones(2, requires_grad=True)
    there = host.cuda()
    assert str(there.device) == "cuda:0" and not there.is_leaf and there.data_ptr() != host.data_ptr()
    (there * 2).sum().backward()
    assert host.grad.device.type == "cpu" and host.grad.tolist() == [2.0, 2.0]
    with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device"):
        there + torch.ones(2)
    assert (there + torch.tensor(1.0)).device == there.device
    with pytest.raises(TypeError, match="can't convert cuda:0 device type tensor to numpy"):
        there.detach().numpy()


def test_version_errors_name_the_device():
    with torch.device("cuda"):
        x = torch.ones(3, requires_grad=True) * 1
        y = x.sin()
    x.add_(1)
    with pytest.raises(RuntimeError, match=r"\[torch.cuda.FloatTensor \[3\]\]"):
        y.sum().backward()


# -- memory ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("program", ["x.exp()", "x.sigmoid().softmax(0)", "(x * 2)[1:].mul_(3)", "(x * 1).tanh_()"])
def test_no_reference_cycle_keeps_a_graph_alive(program, backward):
    gc.collect()
    gc.disable()
    try:
        y = eval(program, {"x": torch.ones(4, requires_grad=True)})
        node = weakref.ref(y.grad_fn)
        if backward:
            y.sum().backward()
        del y
        assert node() is None
    finally:
        gc.enable()


def test_backward_frees_what_the_graph_saved():
    x = torch.ones(200_000, requires_grad=True)
    tracemalloc.start()
    try:
        y = x.exp().exp().exp().sum()
        before = tracemalloc.get_traced_memory()[0]
        y.backward()
        x.grad = None
        freed = before - tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert freed > 2 * x.nbytes


# -- out of scope ----------------------------------------------------------------------------------------------------


def test_what_is_not_modelled_says_so():
    for attempt in (lambda: torch.vmap, lambda: torch.ones(1).to_sparse(), lambda: torch.compile):
        with pytest.raises(torch.NotModelled, match="is not modelled by the reference engine"):
            attempt()
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        torch.nonsense  # noqa: B018 (looking it up is what raises)
