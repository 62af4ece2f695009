"""Targets against each other: which differences are found, which are declared, who stands alone."""

from __future__ import annotations

import pytest

from conformance.judge import Check, Ran
from conformance.judge.alone import voice, who_differs, who_stands_alone
from conformance.judge.diff import TENSOR_FIELDS, diverge
from conformance.judge.subjects import EVERYTHING, subjects
from tests.judge.build import (
    OTHER,
    REFERENCE,
    REFERENCE_CUDA,
    TORCH,
    TORCH_CUDA,
    case,
    event,
    observation,
    ran,
    step,
)

INFOS = {info.name: info for info in (TORCH, TORCH_CUDA, REFERENCE, REFERENCE_CUDA, OTHER)}
CPU, CUDA, REF, REF_CUDA, MINE = INFOS
PLAIN = case("      - run: y = x\n        expect:\n          n: 1\n      - run: z = y\n")


def compared(ours: dict, theirs: dict, instance=PLAIN, names=(CPU, REF)):
    """Divergences where the second step shows these tensors, on two targets."""
    first = {"w": observation([1.0])}
    rans = {name: ran(step(1, **first), step(**seen)) for name, seen in zip(names, (ours, theirs), strict=True)}
    return diverge(instance, INFOS, rans)


GRAD = observation([2.0])
BASE = {"w": observation([1.0], grad=GRAD), "x": observation([1, 2], "int64", storage=1)}


def changed(name: str, **fields) -> dict:
    return {**BASE, name: {**BASE[name], **fields}}


@pytest.mark.parametrize(
    ("seen", "where", "field", "theirs"),
    [
        (changed("w", data=[1.5]), "w", "data", "tensor([1.5])"),
        (changed("w", data=["nan"]), "w", "data", "tensor([nan])"),
        (changed("x", data=[1, 3]), "x", "data", "tensor([1, 3])"),
        (changed("w", dtype="float64"), "w", "dtype", "float64"),
        (changed("w", data=[[1.0]], shape=[1, 1]), "w", "shape", "[1, 1]"),
        (changed("w", device="cuda:0"), "w", "device", "cuda:0"),
        (changed("w", requires_grad=True), "w", "requires_grad", "True"),
        (changed("w", is_leaf=False), "w", "is_leaf", "False"),
        (changed("w", retains_grad=True), "w", "retains_grad", "True"),
        (changed("w", version=1), "w", "version", "1"),
        (changed("w", version=None), "w", "version", "None"),
        (changed("w", grad_fn="AddBackward0"), "w", "grad_fn", "AddBackward0"),
        (changed("w", view_of="x"), "w", "view_of", "x"),
        (changed("x", storage=0), "x", "storage", "that of w"),
        (changed("w", grad=None), "w.grad", "data", "None"),
        (changed("w", grad={**GRAD, "data": [3.0]}), "w.grad", "data", "tensor([3.])"),
        (changed("w", grad={**GRAD, "dtype": "float64"}), "w.grad", "dtype", "float64"),
        (changed("w", grad={**GRAD, "data": [[2.0]], "shape": [1, 1]}), "w.grad", "shape", "[1, 1]"),
        (changed("w", grad={**GRAD, "requires_grad": True}), "w.grad", "requires_grad", "True"),
        (changed("w", grad={**GRAD, "version": 4}), "w.grad", "version", "4"),
        (changed("w", grad={**GRAD, "grad_fn": "N"}), "w.grad", "grad_fn", "N"),
        (changed("w", grad={**GRAD, "device": "meta"}), "w.grad", "device", "meta"),
        ({"w": BASE["w"]}, "x", "name", "missing"),
        ({**BASE, "q": BASE["w"]}, "q", "name", "a tensor"),
    ],
)
def test_every_field_counts(seen, where, field, theirs):
    (found,) = compared(BASE, seen)
    assert (found.step, found.where, found.field) == (2, where, field)
    assert found.values[REF] == theirs
    assert found.groups == ((CPU,), (REF,))
    assert found.stands_alone == "reference"
    assert found.at == "spec/area/behaviour.yaml:9"


def test_the_fields_are_all_there_are():
    assert {*TENSOR_FIELDS, "data", "dtype", "shape", "device"} == EVERYTHING


def test_equal_traces_do_not_diverge():
    assert compared(BASE, BASE) == ()


def test_a_missing_name_does_not_shift_storages():
    ours = {"a": observation([1.0], storage=1), "w": observation([1.0], storage=1)}
    ours["x"] = ours["w"]
    theirs = {"w": observation([1.0], storage=0), "x": observation([1.0], storage=0)}
    assert [(found.where, found.field) for found in compared(ours, theirs)] == [("a", "name")]


@pytest.mark.parametrize(
    ("ours", "theirs", "dtype", "more", "differ"),
    [
        (1.0, 1.0000004768371582, "float32", "", False),  # 4 ulp
        (1.0, 1.0000005960464478, "float32", "", True),  # 5 ulp
        (1.0, 1.0000000000000009, "float64", "", False),
        (1.0, 1.0000000000000013, "float64", "", True),
        (1.0, 1.001953125, "float16", "", False),
        (1.0, 1.0029296875, "float16", "", True),
        (0.0, -0.0, "float32", "", False),
        ("inf", 3.4028234663852886e38, "float32", "", True),
        ("nan", "nan", "float32", "", False),
        (1.0, 1.0000005960464478, "float32", "    compare: {ulp: 5}\n", False),
        (1.0, 1.0000001192092896, "float32", "    compare: {ulp: 0}\n", True),
        (0.0, -0.0, "float32", "    compare: {ulp: 0}\n", True),
        (100.0, 101.0, "float32", "    compare: {rtol: 0.01}\n", False),
        (1, 2, "int64", "    compare: {atol: 5}\n", True),
        ({"re": 1.0, "im": 0.0}, {"re": 1.0, "im": 4.0}, "complex64", "", True),
        ({"re": 1.0, "im": 2.0}, {"re": 1.0000001192092896, "im": 2.0}, "complex64", "", False),
    ],
)
def test_floats_have_the_table_or_the_cases_slack(ours, theirs, dtype, more, differ):
    instance = case("      - run: y = x\n        expect:\n          n: 1\n      - run: z = y\n", more)

    def seen(number):
        return {"w": {**observation([0.0], dtype), "data": [number]}}

    assert bool(compared(seen(ours), seen(theirs), instance)) is differ


def test_the_note_says_what_was_allowed_and_found():
    (found,) = compared({"w": observation([1.0])}, {"w": observation([1.0000009536743164])})
    assert found.note == "ulp 4 allowed, 8 ulp found"


def test_summaries_are_compared_by_their_heads():
    def seen(head, numel=5000):
        return {"w": {**observation([0.0]), "data": {"summary": True, "numel": numel, "head": head}}}

    assert compared(seen([1.0, 2.0]), seen([1.0, 2.0])) == ()
    assert len(compared(seen([1.0, 2.0]), seen([1.0, 3.0]))) == 1


def test_devices_are_relative_to_the_target():
    on_cuda = {"w": observation([1.0], device="cuda:0", grad=observation([2.0], device="cuda:0"))}
    on_cpu = {"w": observation([1.0], grad=observation([2.0]))}
    first = step(1)
    assert diverge(PLAIN, INFOS, {CPU: ran(first, step(**on_cpu)), CUDA: ran(first, step(**on_cuda))}) == ()
    (found,) = diverge(PLAIN, INFOS, {CUDA: ran(first, step(**on_cuda)), REF_CUDA: ran(first, step(**on_cpu))})[:1]
    assert (found.where, found.field, found.values) == ("w", "device", {CUDA: "cuda:0", REF_CUDA: "cpu"})


def test_a_program_that_moves_tensors_names_devices_outright():
    moving = case("      - run: y = x\n      - run: z = y\n        expect:\n          n: 1\n", "    needs: [cuda]\n")
    far = {"far": observation([1.0], device="cuda:0")}
    near = {"far": observation([1.0])}
    first = step()
    rans = {REF: ran(first, step(1, **far)), REF_CUDA: ran(first, step(1, **far))}
    assert diverge(moving, INFOS, rans) == ()
    assert [found.field for found in diverge(PLAIN, INFOS, {name: ran(step(1), step(**far)) for name in rans})] == [
        "device"
    ]
    rans = {REF: ran(first, step(1, **far)), REF_CUDA: ran(first, step(1, **near))}
    assert [found.field for found in diverge(moving, INFOS, rans)] == ["device"]


def test_a_program_that_names_the_host_has_its_tensors_there():
    on_host = case("      - run: w = torch.ones(1, device=host)\n      - run: z = w\n        expect:\n          n: 1\n")
    near = {"w": observation([1.0])}
    rans = {CPU: ran(step(**near), step(1, **near)), REF_CUDA: ran(step(**near), step(1, **near))}
    assert diverge(on_host, INFOS, rans) == ()
    assert [found.field for found in diverge(PLAIN, INFOS, {n: ran(step(1), step(**near)) for n in rans})] == ["device"]


def test_targets_are_read_in_one_order():
    ours, theirs = ran(step(1), step(w=observation([1.0]))), ran(step(1), step(w=observation([2.0])))
    one = diverge(PLAIN, INFOS, {CPU: ours, REF: theirs, MINE: ours})
    assert one == diverge(PLAIN, INFOS, {MINE: ours, REF: theirs, CPU: ours})
    assert list(one[0].values) == [CPU, REF, MINE]


def test_a_place_is_reported_once():
    three = case("      - run: y = x\n      - run: y = x\n      - run: y = x\n        expect:\n          n: 1\n")
    ours, theirs = step(w=observation([1.0])), step(w=observation([2.0]))
    last = {**theirs, "answers": [{"k": "int", "v": 1}]}
    rans = {CPU: ran(ours, ours, {**ours, "answers": last["answers"]}), REF: ran(theirs, theirs, last)}
    (found,) = diverge(three, INFOS, rans)
    assert found.step == 1


@pytest.mark.parametrize("broken", [Ran("crash"), Ran("trace", None), ran(step(1)), None])
def test_only_whole_traces_take_part(broken):
    whole = ran(step(1), step(w=observation([1.0])))
    other = ran(step(1), step(w=observation([2.0])))
    rans = {CPU: whole, **({REF: broken} if broken else {})}
    assert diverge(PLAIN, INFOS, rans) == ()
    assert len(diverge(PLAIN, INFOS, {**rans, MINE: other})) == 1


def test_an_error_in_the_trace_takes_no_part():
    failed = ran(step(1), step(w=observation([2.0])), error={"kind": "effect", "message": "m"})
    assert diverge(PLAIN, INFOS, {CPU: ran(step(1), step(w=observation([1.0]))), REF: failed}) == ()


def test_what_nobody_stated_about_errors_and_warnings():
    raised = {**step(), "exception": event("RuntimeError: no")}
    warned = {**step(), "warnings": [event("UserWarning: hm")]}
    (found,) = diverge(PLAIN, INFOS, {CPU: ran(step(1), step()), REF: ran(step(1), raised)})
    assert (found.where, found.values) == ("raises", {CPU: "nothing", REF: "RuntimeError: no"})
    (found,) = diverge(PLAIN, INFOS, {CPU: ran(step(1), step()), REF: ran(step(1), warned)})
    assert (found.where, found.values) == ("warns", {CPU: "nothing", REF: "UserWarning: hm"})


# --- declared differences ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "expected", "field", "declared"),
    [
        ("w", "{per_device: {cpu: [1.], cuda: [2.]}}", "data", True),
        ("w", "{one_of: [[1.], [2.]]}", "data", True),
        ("w", "{per_torch: {'<2.1': [1.], '>=2.1': [2.]}}", "data", True),
        ("w", "{value: [1.], atol: 5}", "data", True),
        ("w.sum()", "{value: 1., atol: 5}", "data", True),
        ("w.grad", "{per_device: {cpu: [1.], cuda: [2.]}}", "data", False),
        ("w", "[1.]", "data", False),
        ("w", "{value: [1.], atol: 5}", "version", False),
        ("w", "{per_device: {cpu: [1.], cuda: [2.]}}", "version", False),
        ("w._version", "{per_device: {cpu: 0, cuda: 1}}", "version", True),
        ("w._version", "0", "version", False),
        ("x._version", "{per_device: {cpu: 0, cuda: 1}}", "version", False),
        ("w.grad_fn.name()", "'{cuda:Cudnn}AddBackward0'", "grad_fn", True),
        ("w.grad_fn.name()", "'{cuda:Cudnn}AddBackward0'", "data", False),
        ("w.grad_fn.name()", "{one_of: [AddBackward0, AddBackward1]}", "grad_fn", True),
        ("repr(w)", "{one_of: [a, b]}", "data", True),
        ("repr(w)", "\"tensor([1.]{cuda:, device='cuda:0'})\"", "data", False),
        ("w.requires_grad", "{one_of: [true, false]}", "requires_grad", True),
        ("shares_memory(w, x)", "{one_of: [true, false]}", "storage", True),
    ],
)
def test_declared_differences_are_none(expression, expected, field, declared):
    instance = case(f'      - run: y = x\n        expect:\n          "{expression}": {expected}\n      - run: z = y\n')
    theirs = {"data": [9.0], "version": 9, "grad_fn": "Other", "requires_grad": True, "storage": 0}
    ours = {"x": observation([1.0]), "w": observation([1.0], storage=1)}
    other = {"x": ours["x"], "w": {**ours["w"], field: theirs[field]}}
    assert (compared(ours, other, instance) == ()) is declared


@pytest.mark.parametrize(
    ("expression", "expected", "declared"),
    [
        ("y", "{per_torch: {'<2.1': null, '>=2.1': [1.]}}", True),
        ("y", "{one_of: [[1.], null]}", True),
        ("y", "{per_torch: {'<2.1': [1.], '>=2.1': [2.]}}", False),
        ("y", "null", False),
        ("x", "{per_torch: {'<2.1': null, '>=2.1': [1.]}}", False),
        ("y.sum()", "{per_torch: {'<2.1': null, '>=2.1': 1.}}", False),
    ],
)
def test_a_name_that_may_be_none_may_hold_no_tensor(expression, expected, declared):
    instance = case(f'      - run: y = x\n        expect:\n          "{expression}": {expected}\n      - run: z = x\n')
    ours = {"x": observation([1.0]), "y": observation([1.0], storage=1)}
    assert (compared(ours, {"x": ours["x"]}, instance) == ()) is declared


@pytest.mark.parametrize(
    ("expression", "where", "fields"),
    [
        ("w", ["w"], [{"data", "dtype", "shape", "device"}]),
        ("w.grad", ["w.grad"], [{"data", "dtype", "shape", "device"}]),
        ("w.grad.dtype", ["w.grad"], [{"dtype"}]),
        ("w.shape", ["w"], [{"shape"}]),
        ("len(w)", ["w"], [{"shape"}]),
        ("w is x", ["w", "x"], [EVERYTHING, EVERYTHING]),
        ("shares_memory(w, x.grad)", ["w", "x.grad"], [{"storage"}, {"storage"}]),
        ("w[0].item()", ["w"], [EVERYTHING]),
        ("not an expression", [], []),
    ],
)
def test_subjects(expression, where, fields):
    found = [s for s in subjects(expression) if s.where != "shares_memory"]
    assert [s.where for s in found if s.where != "len"] == where
    assert [s.fields for s in found if s.where != "len"] == [frozenset(f) for f in fields]


# --- who stands alone ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "alone"),
    [
        ([{"torch CPU"}, {"reference"}], "reference"),
        ([{"torch CPU", "torch CUDA"}, {"reference"}], "reference"),
        ([{"torch CPU", "reference"}, {"torch CUDA"}], "torch CUDA"),
        ([{"torch CUDA", "reference"}, {"torch CPU"}], "torch CPU"),
        ([{"torch CPU", "reference"}, {"reference"}], "reference"),
        ([{"torch CPU", "reference"}, {"other engine"}], "other engine"),
        ([{"reference", "other engine"}, {"torch CPU"}], "torch CPU"),
        ([{"torch CPU"}, {"torch CUDA"}], "no majority"),
        ([{"reference"}, {"other engine"}], "no majority"),
        ([{"torch CPU", "reference"}, {"torch CUDA", "other engine"}], "no majority"),
        ([{"torch CPU", "torch CUDA"}, {"reference"}, {"other engine"}], "other engine and reference"),
        ([{"document"}, {"torch CPU"}], "document"),
        ([{"document"}, {"reference"}], "reference"),
        ([{"document"}, {"other engine"}], "other engine"),
        ([{"document", "reference"}, {"torch CPU"}], "torch CPU"),
    ],
)
def test_who_differs(groups, alone):
    assert who_differs(groups) == alone
    if alone not in ("document", "other engine"):
        assert who_differs(groups[::-1]) == alone


def check(ok: bool, observed: str) -> Check:
    return Check("spec/a.yaml:1", 1, "w.grad", "[5.]", observed, ok)


@pytest.mark.parametrize(
    ("checks", "alone"),
    [
        ({CPU: "5", CUDA: "5", REF: "5"}, ""),
        ({CPU: "4", CUDA: "4", REF: "4"}, "document"),
        ({CPU: "5", CUDA: "4", REF: "5"}, "torch CUDA"),
        ({CPU: "4", CUDA: "5", REF: "5"}, "torch CPU"),
        ({CPU: "5", CUDA: "5", REF: "4", REF_CUDA: "4"}, "reference"),
        ({CPU: "5", REF: "5", MINE: "4"}, "other engine"),
        ({CPU: "4"}, "document"),
        ({REF: "4"}, "reference"),
        ({MINE: "4"}, "other engine"),
        ({CPU: "4", REF: "4", MINE: "5"}, "document and other engine"),
        ({REF: "5", CPU: "5", MINE: "5", CUDA: "4", REF_CUDA: "4"}, "reference and torch CUDA"),
    ],
)
def test_who_stands_alone_on_an_assertion(checks, alone):
    made = {name: check(text == "5", text) for name, text in checks.items()}
    assert who_stands_alone(made, INFOS) == alone


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("tensor([4.])", "tensor([4.], device=cuda:0)"),
        ("tensor([4.])", "tensor([4.], device='cuda:0')"),
        ("got torch.FloatTensor", "got torch.cuda.FloatTensor"),
    ],
)
def test_devices_in_texts_do_not_part_voices(here, there):
    assert who_stands_alone({CPU: check(False, here), REF_CUDA: check(False, there)}, INFOS) == "document"
    assert who_stands_alone({CPU: check(False, here), REF: check(False, there)}, INFOS) == "document and reference"


def test_voices():
    assert [voice(info) for info in INFOS.values()] == [
        "torch CPU",
        "torch CUDA",
        "reference",
        "reference",
        "other engine",
    ]
