"""A case starts clean, whatever the case before it did; expressions change nothing, or are named."""

from __future__ import annotations

import pytest

from tests.run.build import answers, case, error

# What a program can change and leave behind: (program, expression that shows it).
LEAKS = {
    "grad mode": ("torch.set_grad_enabled(False)", "torch.is_grad_enabled()"),
    "suspended no_grad": (
        "def g():\n    with torch.no_grad():\n        yield 1\nkept = g()\nnext(kept)\nkept2 = [kept]\n"
        "kept2.append(kept2)",
        "torch.is_grad_enabled()",
    ),
    "suspended inference mode": (
        "def g():\n    with torch.inference_mode():\n        yield 1\nkept = g()\nnext(kept)\nring = [kept]\n"
        "ring.append(ring)",
        "torch.is_inference_mode_enabled()",
    ),
    "default dtype": ("torch.set_default_dtype(torch.float64)", "torch.get_default_dtype()"),
    "anomaly mode": ("torch.autograd.set_detect_anomaly(True)", "torch.is_anomaly_enabled()"),
    "anomaly's check for nan": (
        "torch.autograd.set_detect_anomaly(True, check_nan=False)",
        "torch.is_anomaly_check_nan_enabled()",
    ),
    "print options": ("torch.set_printoptions(precision=2)", "repr(torch.tensor([1 / 3]))"),
    "print options: scientific": ("torch.set_printoptions(sci_mode=True)", "repr(torch.tensor([1.]))"),
    "random numbers": ("torch.manual_seed(7)", "torch.rand(2)"),
    "random numbers drawn": ("torch.rand(3)", "torch.rand(2)"),
    "repeated warnings": ("torch.set_warn_always(False)", "torch.is_warn_always_enabled()"),
    "determinism": (
        "torch.use_deterministic_algorithms(True)",
        "torch.are_deterministic_algorithms_enabled()",
    ),
}
TORCH_LEAKS = {
    "default device": ("torch.set_default_device('meta')", "torch.ones(1).device"),
    "determinism that only warns": (
        "torch.use_deterministic_algorithms(False, warn_only=True)",
        "torch.is_deterministic_algorithms_warn_only_enabled()",
    ),
    "backward threads": (
        "torch.autograd.set_multithreading_enabled(False)",
        "torch._C._is_multithreading_enabled()",
    ),
    "saved-tensor hooks": (
        "h = torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t + 1)\nh.__enter__()",
        "torch._C._autograd._top_saved_tensors_default_hooks(True) is None",
    ),
    "saved-tensor hooks switched off": (
        "torch._C._autograd._saved_tensors_hooks_disable('not now')",
        "torch._C._autograd._saved_tensors_hooks_is_enabled()",
    ),
    "a function mode": (
        "m = torch.overrides.TorchFunctionMode()\nm.__enter__()",
        "torch._C._len_torch_function_stack()",
    ),
    "a forward-mode level": (
        "torch.autograd.forward_ad.enter_dual_level()",
        "torch.autograd.forward_ad._current_level",
    ),
    "global module hooks": (
        "torch.nn.modules.module.register_module_forward_hook(lambda m, i, o: o * 0)",
        "torch.nn.Identity()(torch.ones(1))",
    ),
    "global backward hooks": (
        "torch.nn.modules.module.register_module_full_backward_hook(lambda m, i, o: None)",
        "[(len(m._global_backward_hooks), m._global_is_full_backward_hook) for m in [torch.nn.modules.module]]",
    ),
    "autocast": ("torch.set_autocast_enabled('cpu', True)", "torch.is_autocast_enabled('cpu')"),
    "view replay": ("torch._C._set_view_replay_enabled(True)", "torch._C._is_view_replay_enabled()"),
    "number of threads": ("torch.set_num_threads(3)", "torch.get_num_threads()"),
}


def leaks_undone(session, leaks) -> dict[str, tuple]:
    """Leak → what its expression gave before it, right after it, and in the case after it."""
    cases = []
    for number, (program, expression) in enumerate(leaks.values()):
        # Asked in the same step, an expression that draws numbers would count as an effect.
        look = f"shown = {expression}"
        cases += [
            case(f"before{number}", (look, "shown")),
            case(f"leak{number}", (f"{program}\n{look}", "shown")),
            case(f"after{number}", (look, "shown")),
        ]
    rans = answers(session.run(cases))

    def shown(name):
        assert error(rans[name]) is None, error(rans[name])
        step = rans[name].trace["steps"][0]
        assert step["exception"] is None, step["exception"]
        return step["answers"][0]

    return {
        leak: tuple(shown(f"{when}{number}") for when in ("before", "leak", "after"))
        for number, leak in enumerate(leaks)
    }


@pytest.fixture(scope="module")
def in_torch(torch_cpu):
    return leaks_undone(torch_cpu, LEAKS | TORCH_LEAKS)


@pytest.fixture(scope="module")
def in_reference(reference_cpu):
    return leaks_undone(reference_cpu, LEAKS)


@pytest.mark.parametrize("leak", LEAKS | TORCH_LEAKS)
def test_torch_is_brought_back(in_torch, leak):
    before, during, after = in_torch[leak]
    assert before != during, "the program changed nothing: this would test nothing"
    assert after == before


@pytest.mark.parametrize("leak", LEAKS)
def test_the_reference_engine_is_brought_back(in_reference, leak):
    before, during, after = in_reference[leak]
    assert before != during
    assert after == before


def test_once_only_warnings_come_in_every_case(torch_cpu):
    program = "x = torch.ones(1, requires_grad=True)\n(x * x).backward(create_graph=True)"
    rans = answers(torch_cpu.run([case("first", program), case("second", program)]))
    told = [ran.trace["steps"][0]["warnings"] for ran in rans.values()]
    assert told[0] == told[1]
    assert told[0][0]["message"].startswith("Using backward() with create_graph=True will create a reference")


def test_a_leak_in_a_case_that_fails_is_undone(torch_cpu):
    leak = case("raises", "torch.set_grad_enabled(False)\n1 / 0")
    given = case("given", "pass", given="torch.set_grad_enabled(False)\n1 / 0")
    for one in (leak, given):
        after = case("after", ("pass", "torch.is_grad_enabled()"))
        rans = answers(torch_cpu.run([one, after]))
        assert rans["after"].trace["steps"][0]["answers"] == [{"k": "bool", "v": True}]


def test_a_worker_whose_state_cannot_be_restored_is_replaced(torch_cpu):
    # A guard that is still alive would switch inference mode off in the middle of a later case.
    leak = case("leak", "g = torch._C._InferenceMode(True)\ntorch.autograd.graph.kept = lambda: g")
    rans = answers(torch_cpu.run([leak, *(case(f"after{i}", ("x = torch.ones(1)", "x")) for i in range(3))]))
    assert {ran.status for ran in rans.values()} == {"trace"}
    versions = [rans[f"after{i}"].trace["steps"][0]["tensors"]["x"]["version"] for i in range(3)]
    assert versions == [0, 0, 0]


GIVEN = """\
w = torch.tensor([1., 2.], requires_grad=True)
y = w * 2
y.sum().backward(retain_graph=True)
plain = torch.ones(2)
"""
EFFECTS = {
    "plain.add_(1)": "the version of plain changed",
    "plain.requires_grad_()": "the requires_grad of plain changed",
    "w.grad.zero_()": "the grad's version of w changed",
    "y.sum().backward()": "the grad's version of w changed",
    "y.retain_grad()": "the retains_grad of y changed",
    "w.detach_()": "the requires_grad of w changed",
    "w.register_hook(lambda g: g)": "the hooks of w changed",
    "w.data.fill_(3)": "the data of w changed",
    "torch.set_grad_enabled(False)": "the grad mode changed",
    "torch.set_default_dtype(torch.float64)": "the default dtype changed",
    "torch.autograd.set_detect_anomaly(True)": "the anomaly mode changed",
    "torch.rand(1)": "random numbers were drawn",
}


@pytest.mark.parametrize("fixture", ["torch_cpu", "reference_cpu"])
@pytest.mark.parametrize("expression", EFFECTS)
def test_an_expression_that_changes_something_is_named(expression, fixture, request):
    session = request.getfixturevalue(fixture)
    one = case("effect", ("z = 1", "w.grad", "repr(y)", expression, "y.sum()"), given=GIVEN)
    ran = session.run_one(one, session.targets[0])
    assert error(ran) == ("effect", f"{expression}: {EFFECTS[expression]}")


def test_a_new_gradient_and_node_are_noticed(torch_cpu):
    one = case("grad", ("w = torch.ones(1, requires_grad=True)", "(w * 2).backward()"))
    assert error(torch_cpu.run_one(one, "torch:cpu")) == (
        "effect",
        "(w * 2).backward(): the grad of w changed",
    )
    one = case("node", ("y = torch.ones(2) * 1", "y.mul_(torch.ones(2, requires_grad=True))"))
    kind, message = error(torch_cpu.run_one(one, "torch:cpu"))
    assert kind == "effect"
    assert "of y changed" in message


def test_innocent_expressions_are_left_alone(torch_cpu):
    asks = (
        "w.grad",
        "repr(y)",
        "y.grad_fn.name()",
        "len(y.grad_fn.next_functions)",
        "shares_memory(w, w.detach())",
        "(w * 3).sum()",
        "[w.grad is None, y.grad_fn is y.grad_fn]",
        "torch.tensor([float('nan')])",
        "plain.clone().add_(1)",
    )
    given = GIVEN + "nan = torch.tensor([float('nan')])"
    ran = torch_cpu.run_one(case("innocent", ("z = 1", *asks), ("pass", *asks), given=given), "torch:cpu")
    assert error(ran) is None
    assert ran.trace["steps"][0] == ran.trace["steps"][1]


def test_expressions_see_the_ambient_mode_and_their_warnings_do_not_count(torch_cpu):
    steps = (
        ("torch.set_grad_enabled(False)", "(w * 2).requires_grad"),
        ("pass", "y.grad", "torch.is_grad_enabled()"),
    )
    ran = torch_cpu.run_one(case("ambient", *steps, given=GIVEN), "torch:cpu")
    first, second = ran.trace["steps"]
    assert first["answers"] == [{"k": "bool", "v": False}]
    assert second["answers"] == [{"k": "none"}, {"k": "bool", "v": False}]
    assert second["warnings"] == []
