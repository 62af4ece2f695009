"""The engine's mechanics one by one, in the order in which they build on each other.

Storage and views, versions, nodes and edges, saved tensors, accumulation, the engine's order, in-place writes, modes,
hooks, custom functions, forward mode, the simulated accelerator, memory. What is expected is what torch does; where
torch is at hand, tests/engine/test_operations.py and test_programs.py hold the two against each other.
"""

from __future__ import annotations

import weakref

import pytest

import reference_engine as torch
from reference_engine.autograd import graph


@pytest.fixture(autouse=True)
def clean_state():
    yield
    torch.reset_state()


# -- storage and views -----------------------------------------------------------------------------------------------


def test_views_share_storage_and_say_how():
    base = torch.arange(12.0).view(3, 4)
    row, column = base[1], base[:, 2]
    assert row.untyped_storage() is base.untyped_storage() is column.untyped_storage()
    assert (row.storage_offset(), row.stride()) == (4, (1,))
    assert (column.storage_offset(), column.stride()) == (2, (4,))
    column.fill_(-1.0)
    assert row.tolist() == [4.0, 5.0, -1.0, 7.0]
    assert base.clone().untyped_storage() is not base.untyped_storage()


def test_as_strided_reaches_all_of_the_storage():
    tail = torch.arange(6.0)[4:]
    assert tail.as_strided((2, 2), (3, 1), 0).tolist() == [[0.0, 1.0], [3.0, 4.0]]
    with pytest.raises(RuntimeError, match="out of bounds for storage"):
        tail.as_strided((7,), (1,), 0)


def test_a_view_of_a_view_names_the_root_as_base():
    base = torch.ones(2, 3)
    assert base.t()[0]._base is base
    assert base._base is None and not base.detach()._is_view()


# -- versions --------------------------------------------------------------------------------------------------------


def test_views_and_detach_share_the_version_and_data_does_not():
    base = torch.ones(4)
    view, detached, data, clone = base[:2], base.detach(), base.data, base.clone()
    view.add_(1)
    assert [t._version for t in (base, view, detached, data, clone)] == [1, 1, 1, 0, 0]
    data.add_(1)
    assert base._version == 1 and base.tolist() == [3.0, 3.0, 2.0, 2.0]


def test_inference_tensors_have_no_version():
    with torch.inference_mode():
        made = torch.ones(1)
    with pytest.raises(RuntimeError, match="Inference tensors do not track version counter"):
        made._version  # noqa: B018 (reading is what raises)
    with pytest.raises(RuntimeError, match="Inplace update to inference tensor outside InferenceMode"):
        made.add_(1)


# -- nodes and edges -------------------------------------------------------------------------------------------------


def test_edges_lead_from_results_to_leaves():
    leaf = torch.ones(2, requires_grad=True)
    result = leaf * 3 + leaf
    add = result.grad_fn
    (mul, _), (accumulate, number) = add.next_functions
    assert [add.name(), mul.name(), accumulate.name()] == [
        "AddBackward0",
        "MulBackward0",
        "torch::autograd::AccumulateGrad",
    ]
    assert accumulate.variable is leaf and number == 0
    assert mul.next_functions == ((accumulate, 0), (None, 0))


def test_a_leaf_holds_its_accumulator_weakly():
    leaf = torch.ones(1, requires_grad=True)
    first = weakref.ref((leaf * 2).grad_fn.next_functions[0][0])
    assert first() is None
    kept = leaf * 2
    assert kept.grad_fn.next_functions[0][0] is (leaf * 3).grad_fn.next_functions[0][0]


# -- saved tensors ---------------------------------------------------------------------------------------------------


def test_only_what_a_needed_derivative_names_is_saved():
    a, b = torch.ones(2, requires_grad=True), torch.full((2,), 3.0)
    node = (a * b).grad_fn
    assert node._saved_self is None and node._saved_other.tolist() == [3.0, 3.0]
    assert not [name for name in dir((a + b).grad_fn) if name.startswith("_saved_self")]


@pytest.mark.parametrize(
    ("operation", "spoils"),
    [("x * x", True), ("x.sin()", True), ("x.exp()", False), ("x + 1", False), ("x.relu()", False), ("x ** 2", True)],
)
def test_a_write_to_a_saved_input_is_noticed(operation, spoils):
    x = torch.ones(2, requires_grad=True) * 1
    y = eval(operation)
    x.add_(1)
    if spoils:
        with pytest.raises(RuntimeError, match=r"which is output 0 of Add, is at version 1; expected version 0"):
            y.sum().backward()
    else:
        y.sum().backward()


def test_a_freed_graph_says_so_and_a_retained_one_does_not():
    x = torch.tensor(3.0, requires_grad=True)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        y.backward()
    assert x.grad.item() == 12.0


def test_packed_values_replace_what_is_kept():
    packed = []
    x = torch.tensor([2.0], requires_grad=True)
    pack = lambda t: packed.append(t.item()) or len(packed) - 1  # noqa: E731
    with graph.saved_tensors_hooks(pack, lambda place: torch.tensor([packed[place]])):
        y = x.exp()
    assert packed == [y.item()]
    y.backward()
    assert x.grad.item() == packed[0]


# -- accumulation ----------------------------------------------------------------------------------------------------


def test_grad_grows_in_place_and_is_replaced_while_recording():
    x = torch.ones(2, requires_grad=True)
    x.sum().backward()
    held = x.grad
    x.sum().backward()
    assert x.grad is held and held.tolist() == [2.0, 2.0]
    with pytest.warns(UserWarning, match="reference cycle"):
        (x * x).sum().backward(create_graph=True)
    assert x.grad is not held and x.grad.requires_grad


def test_a_gradient_that_others_hold_is_copied():
    x = torch.ones(2, requires_grad=True)
    seed = torch.ones(2)
    x.backward(seed)
    assert x.grad is not seed and x.grad.data_ptr() != seed.data_ptr()


def test_grad_takes_the_layout_of_its_leaf():
    leaf = torch.ones(3, 2).t().requires_grad_()
    (leaf * 2).sum().backward()
    assert leaf.grad.stride() == leaf.stride() == (1, 2)


# -- the engine ------------------------------------------------------------------------------------------------------


def test_the_youngest_ready_node_runs_first():
    order = []
    x = torch.ones(1, requires_grad=True)
    old = x * 2
    young = x * 3
    old.grad_fn.register_prehook(lambda g: order.append("old"))
    young.grad_fn.register_prehook(lambda g: order.append("young"))
    (old + young).backward()
    assert order == ["young", "old"]


def test_a_node_waits_for_all_its_gradients():
    calls = []
    x = torch.tensor(2.0, requires_grad=True)
    shared = x * x
    shared.register_hook(lambda g: calls.append(g.item()))
    (shared * 3 + shared.exp() * 0 + shared).backward()
    assert calls == [4.0] and x.grad.item() == 16.0


def test_inputs_restrict_the_pass_to_the_paths_that_lead_to_them():
    ran = []
    a, b = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    left, right = a * 2, b * 2
    left.grad_fn.register_hook(lambda *_: ran.append("left"))
    right.grad_fn.register_hook(lambda *_: ran.append("right"))
    (left + right).backward(inputs=[a])
    assert ran == ["left"] and b.grad is None


def test_a_pass_inside_a_pass():
    class Inner(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            with torch.enable_grad():
                leaf = x.detach().requires_grad_()
                (leaf * leaf).sum().backward()
            return leaf.grad * grad

    x = torch.tensor(3.0, requires_grad=True)
    Inner.apply(x).backward()
    assert x.grad.item() == 6.0


def test_deep_graphs_need_no_recursion():
    x = torch.ones(1, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y + 1
    y.backward()
    assert x.grad.item() == 1.0
    del y  # taking the graph apart must not recurse either


def test_what_a_hook_does_to_the_grad_mode_ends_with_its_node():
    x = torch.ones(1, requires_grad=True)
    y = x * x
    y.register_hook(lambda g: torch.set_grad_enabled(True) and None)
    inner = []
    x.register_hook(lambda g: inner.append(torch.is_grad_enabled()))
    y.backward()
    assert inner == [False] and not x.grad.requires_grad


def test_a_hook_that_raises_ends_the_pass_with_its_own_error():
    x = torch.ones(1, requires_grad=True)
    y = x * 2
    y.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        y.backward()
    assert torch.is_grad_enabled() and x.grad is None


# -- writing in place ------------------------------------------------------------------------------------------------


def test_a_write_to_a_result_rebases_it():
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    old = y.grad_fn
    y.mul_(3)
    assert y.grad_fn.name() == "MulBackward0" and y.grad_fn.next_functions[0][0] is old
    y.sum().backward()
    assert x.grad.tolist() == [6.0, 6.0]


def test_a_write_through_a_view_reaches_the_history_of_the_base():
    x = torch.ones(3, requires_grad=True)
    base = x * 1
    other = base[:2]
    base[1:].mul_(torch.tensor([5.0, 7.0]))
    assert base.grad_fn.name() == "torch::autograd::CopySlices"
    assert other.grad_fn.name() == "AsStridedBackward0"
    (base.sum() + other.sum()).backward()
    assert x.grad.tolist() == [2.0, 10.0, 7.0]


def test_what_may_not_be_written_to():
    leaf = torch.ones(2, requires_grad=True)
    with pytest.raises(
        RuntimeError, match=r"^a leaf Variable that requires grad is being used in an in-place operation\.$"
    ):
        leaf.add_(1)
    with pytest.raises(RuntimeError, match=r"^a view of a leaf Variable that requires grad is being used"):
        leaf[0].add_(1)
    with pytest.raises(RuntimeError, match="Output 0 of Unbind is a view and is being modified inplace"):
        (leaf * 1).unbind()[0].add_(1)
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        torch.ones(1).expand(2).add_(1)
    with torch.no_grad():
        view = leaf.view(2)
    with pytest.raises(RuntimeError, match="A view was created in no_grad mode and is being modified inplace"):
        view.add_(1)
    assert leaf.tolist() == [1.0, 1.0] and leaf._version == 0


def test_hooks_stay_with_the_old_value_and_retain_grad_follows_the_tensor():
    x = torch.ones(1, requires_grad=True)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(g.item()))
    y.retain_grad()
    y.mul_(5)
    y.register_hook(lambda g: seen.append(("new", g.item())))
    (y * 3).backward()
    assert seen == [("new", 3.0), 15.0] and y.grad.item() == 3.0
