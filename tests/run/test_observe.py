"""What is seen of tensors and values, as docs/protocol.md says, and that looking leaves no trace."""

from __future__ import annotations

import json

import pytest

from conformance.worker.main import to_line
from tests.run.build import asked, case, error, seen

FIELDS = {
    "data": [1.0],
    "dtype": "float32",
    "shape": [1],
    "device": "cpu",
    "requires_grad": False,
    "is_leaf": True,
    "retains_grad": False,
    "grad": None,
    "version": 0,
    "grad_fn": None,
    "storage": 0,
    "view_of": None,
}


@pytest.fixture(params=["torch_cpu", "reference_cpu"])
def both(request):
    """A session on real torch and one on the reference engine."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize(
    ("text", "differs"),
    [
        ("torch.tensor([1.])", {}),
        ("torch.tensor(2.)", {"data": 2.0, "shape": []}),
        ("torch.tensor([])", {"data": [], "shape": [0]}),
        ("torch.ones(2, 0)", {"data": [[], []], "shape": [2, 0]}),
        ("torch.tensor([[1, 2], [3, 4]])", {"data": [[1, 2], [3, 4]], "shape": [2, 2], "dtype": "int64"}),
        ("torch.tensor([True])", {"data": [True], "dtype": "bool"}),
        (
            "torch.tensor([float('nan'), float('inf'), float('-inf'), -0.0])",
            {"data": ["nan", "inf", "-inf", -0.0], "shape": [4]},
        ),
        ("torch.tensor([0.1], dtype=torch.float64)", {"data": [0.1], "dtype": "float64"}),
        ("torch.tensor([0.1])", {"data": [0.10000000149011612]}),
        ("torch.tensor([1.5], dtype=torch.bfloat16)", {"data": [1.5], "dtype": "bfloat16"}),
        (
            "torch.tensor([1 + 2j])",
            {"data": [{"re": 1.0, "im": 2.0}], "dtype": "complex64"},
        ),
        ("torch.tensor([1.], requires_grad=True)", {"requires_grad": True}),
        (
            "torch.tensor([1.], requires_grad=True) * 2",
            {"data": [2.0], "requires_grad": True, "is_leaf": False, "grad_fn": "MulBackward0"},
        ),
        ("torch.ones(1).add_(1)", {"data": [2.0], "version": 1}),
    ],
)
def test_a_tensor(both, text, differs):
    told = seen(both, f"x = {text}")["x"]
    assert told == {**FIELDS, **differs}
    assert json.dumps(told["data"]) == json.dumps(differs.get("data", [1.0])), "the sign of zero counts"


def test_gradients_storages_and_views(both):
    told = seen(
        both,
        "w = torch.tensor([1., 2.], requires_grad=True)\n"
        "y = w * 3\n"
        "y.retain_grad()\n"
        "y.sum().backward()\n"
        "v = w[:1]\n"
        "d = w.detach()\n"
        "lone = torch.ones(4)[1:]\n"
        "_hidden = w\n"
        "n = 3",
    )
    assert list(told) == ["w", "y", "v", "d", "lone"]
    assert [told[n]["storage"] for n in told] == [0, 1, 0, 0, 2]
    assert told["v"]["view_of"] == "w"
    assert told["lone"]["view_of"] == "(unnamed)"
    assert told["y"]["retains_grad"] is True
    assert told["y"]["grad"]["data"] == [1.0, 1.0]
    assert set(told["w"]["grad"]) == set(FIELDS) - {"grad", "storage", "view_of"}
    assert told["w"]["grad"]["requires_grad"] is False


@pytest.mark.parametrize(
    ("text", "shape", "numel", "head"),
    [
        ("torch.arange(5000)", [5000], 5000, list(range(16))),
        ("torch.arange(3).expand(10 ** 9, 3)", [10**9, 3], 3 * 10**9, [0, 1, 2] * 5 + [0]),
        ("torch.arange(10000).view(2, 5000)", [2, 5000], 10_000, list(range(16))),
        ("torch.arange(6000).view(1000, 2, 3)", [1000, 2, 3], 6000, list(range(16))),
        ("torch.ones(1).expand(10 ** 12)", [10**12], 10**12, [1.0] * 16),
        ("torch.ones(1, 0).expand(10 ** 9, 0)", [10**9, 0], 0, []),
    ],
)
def test_large_tensors_are_summarised(both, text, shape, numel, head):
    told = seen(both, f"x = {text}")["x"]
    assert told["shape"] == shape
    assert told["data"] == {"summary": True, "numel": numel, "head": head}


def test_a_tensor_of_just_the_bound_is_shown(both):
    assert len(seen(both, "x = torch.ones(4096)")["x"]["data"]) == 4096


def test_inference_tensors_have_no_version(both):
    told = seen(both, "with torch.inference_mode():\n    x = torch.ones(1)")["x"]
    assert told == {**FIELDS, "version": None}


def test_meta_tensors_have_no_data(torch_cpu):
    told = seen(torch_cpu, "x = torch.ones(2, device='meta', requires_grad=True)")["x"]
    assert told["data"] is None
    assert (told["device"], told["shape"], told["requires_grad"]) == ("meta", [2], True)


def test_sparse_tensors_are_taken_as_far_as_they_go(torch_cpu):
    told = seen(torch_cpu, "x = torch.eye(2).to_sparse()")["x"]
    assert (told["shape"], told["dtype"], told["storage"]) == ([2, 2], "float32", None)


def test_a_view_that_cannot_name_its_node(both):
    program = (
        "w = torch.ones(2, requires_grad=True) * 1\n"
        "with torch.no_grad():\n    v = w[:1]\n"
        "w.mul_(torch.ones(1, requires_grad=True))"
    )
    asks = ("v.grad_fn", "v.tolist()")
    ran = both.run_one(case("view", (program, *asks)), both.targets[0])
    assert error(ran) is None
    step = ran.trace["steps"][0]
    assert [a["k"] for a in step["answers"]] == ["raised", "seq"]
    assert (step["tensors"]["v"]["grad_fn"], step["tensors"]["v"]["data"]) == (None, [1.0])
    assert step["tensors"]["v"]["view_of"] == "w"


def test_subclasses_and_parameters(torch_cpu):
    program = (
        "calls = []\n"
        "class T(torch.Tensor):\n"
        "    @classmethod\n"
        "    def __torch_function__(cls, func, types, args=(), kwargs=None):\n"
        "        calls.append(1)\n"
        "        return super().__torch_function__(func, types, args, kwargs or {})\n"
        "x = torch.ones(1).as_subclass(T)\n"
        "p = torch.nn.Parameter(torch.ones(1))\n"
        "del calls[:]"
    )
    ran = torch_cpu.run_one(case("subclass", (program, "len(calls)"), ("pass", "len(calls)")), "torch:cpu")
    first, second = ran.trace["steps"]
    assert first["tensors"]["x"] == {**FIELDS, "view_of": "(unnamed)"}
    assert first["tensors"]["p"] == {**FIELDS, "storage": 1, "requires_grad": True}
    assert first["answers"] == second["answers"] == [{"k": "int", "v": 0}], "observing called the program's code"


def test_looking_at_the_gradient_of_a_non_leaf_does_not_warn(both):
    program = "y = torch.ones(1, requires_grad=True) * 2"
    ran = both.run_one(case("quiet", (program, "y.grad"), "pass", "y.grad"), both.targets[0])
    counted = [step["warnings"] for step in ran.trace["steps"]]
    assert counted[:2] == [[], []]
    assert [w["type"] for w in counted[2]] == ["UserWarning"]
    assert counted[2][0]["message"].startswith("The .grad attribute of a Tensor that is not a leaf Tensor")


def test_looking_holds_nothing(both):
    steps = ("x = torch.ones(3)\nr = weak(x)", "del x\ngone = r() is None"), ("pass", "gone")
    ran = both.run_one(case("weak", steps[0][0], steps[0][1], ("pass", "gone")), both.targets[0])
    assert ran.trace["steps"][2]["answers"] == [{"k": "bool", "v": True}]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("None", {"k": "none"}),
        ("True", {"k": "bool", "v": True}),
        ("3", {"k": "int", "v": 3}),
        ("2 ** 70", {"k": "int", "v": "1180591620717411303424"}),
        ("2 ** 64 - 1", {"k": "int", "v": 2**64 - 1}),
        ("-2 ** 20000", {"k": "int", "v": "-2**20000 and more"}),
        ("1.5", {"k": "float", "v": 1.5}),
        ("float('nan')", {"k": "float", "v": "nan"}),
        ("-float('inf')", {"k": "float", "v": "-inf"}),
        ("1 + 2j", {"k": "complex", "v": {"re": 1.0, "im": 2.0}}),
        ("complex(float('inf'), -0.0)", {"k": "complex", "v": {"re": "inf", "im": -0.0}}),
        ("'text'", {"k": "text", "v": "text"}),
        ("'\\ud800'", {"k": "text", "v": "\\ud800"}),
        ("'\\u20ac\\u202e'", {"k": "text", "v": "\u20ac\u202e"}),
        ("'x' * 20001", {"k": "text", "v": "x" * 20_000, "cut": True}),
        ("[1, 'a']", {"k": "seq", "type": "list", "v": [{"k": "int", "v": 1}, {"k": "text", "v": "a"}]}),
        ("()", {"k": "seq", "type": "tuple", "v": []}),
        (
            "torch.ones(2).shape",
            {"k": "seq", "type": "Size", "v": [{"k": "int", "v": 2}], "str": "torch.Size([2])"},
        ),
        ("{'a': None}", {"k": "map", "v": [[{"k": "text", "v": "a"}, {"k": "none"}]]}),
        ("torch.float32", {"k": "object", "type": "dtype", "str": "torch.float32"}),
        ("device", {"k": "object", "type": "device", "str": "cpu"}),
        ("range(3)", {"k": "object", "type": "range", "str": "range(0, 3)"}),
        (
            "inside",
            {"k": "seq", "type": "list", "v": [{"k": "summary", "type": "list", "why": "contains itself"}]},
        ),
        ("list(range(4097))", {"k": "summary", "type": "list", "why": "more than 4096 items"}),
        ("['x' * 20000] * 20", {"k": "summary", "type": "list", "why": "more than 4096 items"}),
        ("[torch.ones(4096)] * 2", {"k": "summary", "type": "list", "why": "more than 4096 items"}),
        ("1 / 0", {"k": "raised", "type": "ZeroDivisionError", "message": "division by zero"}),
        ("nowhere", {"k": "raised", "type": "NameError", "message": "name 'nowhere' is not defined"}),
        (
            "torch.tensor([1.], requires_grad=True)",
            {
                "k": "tensor",
                "v": {
                    "data": [1.0],
                    "dtype": "float32",
                    "shape": [1],
                    "device": "cpu",
                    "requires_grad": True,
                },
            },
        ),
    ],
)
def test_a_value(both, expression, value):
    (told,) = asked(both, expression, given="inside = []\ninside.append(inside)")
    assert told == value
    assert json.dumps(told) == json.dumps(value)


def test_a_deep_value(both):
    given = "deep = []\nfor i in range(30):\n    deep = [deep]"
    (told,) = asked(both, "deep", given=given)
    for _ in range(20):
        (told,) = told["v"]
    assert told == {"k": "summary", "type": "list", "why": "nested deeper than 20"}


def test_addresses_are_not_told(both):
    (told,) = asked(both, "(torch.ones(1, requires_grad=True) * 2).grad_fn")
    assert told == {"k": "object", "type": "MulBackward0", "str": "<MulBackward0 object at 0x...>"}


def test_an_object_whose_text_fails(torch_cpu):
    given = "class P:\n    def __str__(self):\n        raise ValueError('no words')\np = P()"
    (told,) = asked(torch_cpu, "p", given=given)
    assert told == {"k": "raised", "type": "ValueError", "message": "no words"}


def test_parameters_and_rows_are_set_before_given(both):
    one = case(
        "bound",
        ("pass", "x", "n", "words"),
        given="x = torch.ones(n, dtype=dtype)",
        bind=(("dtype", "torch.float64"),),
        row=(("n", 2), ("words", ("a", None))),
    )
    ran = both.run_one(one, both.targets[0])
    x, n, words = ran.trace["steps"][0]["answers"]
    assert x["v"]["dtype"] == "float64"
    assert n == {"k": "int", "v": 2}
    assert words["type"] == "list", "rows arrive as JSON lists"


def test_a_step_that_raises_does_not_end_the_case(both):
    given = "w = torch.tensor([1.], requires_grad=True)\ny = w * w"
    steps = "y.backward()", ("y.backward()", "w.grad"), ("z = 1\nprint('done')", "z")
    ran = both.run_one(case("goes-on", *steps, given=given), both.targets[0])
    first, second, third = ran.trace["steps"]
    assert first["exception"] is None
    assert second["exception"]["type"] == "RuntimeError"
    assert second["exception"]["message"].startswith("Trying to backward through the graph a second time")
    assert second["answers"][0]["v"]["data"] == [2.0]
    assert (third["answers"], third["printed"]) == ([{"k": "int", "v": 1}], "done\n")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("1 / 0", "given raised ZeroDivisionError: division by zero"),
        ("(torch.ones(1, requires_grad=True) * 1).grad", "given warned UserWarning: The .grad attribute"),
    ],
)
def test_given_must_be_silent(both, given, message):
    ran = both.run_one(case("given", "pass", given=given), both.targets[0])
    kind, told = error(ran)
    assert kind == "given"
    assert told.startswith(message)
    assert ran.trace["steps"] == []


def test_a_parameter_must_be_silent(both):
    ran = both.run_one(case("bind", "pass", bind=(("p", "1 / 0"),)), both.targets[0])
    assert error(ran) == ("given", "the parameter p raised ZeroDivisionError: division by zero")


def test_the_outside_is_refused_also_when_swallowed(reference_cpu):
    program = "try:\n    torch.float32.x = 1\nfinally:\n    pass"
    ran = reference_cpu.run_one(case("outside", program), "reference:cpu")
    assert error(ran)[0] == "sandbox"
    assert "may not set attributes" in error(ran)[1]


def test_lines_are_always_json():
    assert to_line({"a": float("nan"), "b": [1.5, float("-inf")]}) == b'{"a":"nan","b":[1.5,"-inf"]}\n'
    assert json.loads(to_line({"a": "\ud800x", "\udfff": "\\ud800"})) == {
        "a": "\\ud800x",
        "\\udfff": "\\ud800",
    }
