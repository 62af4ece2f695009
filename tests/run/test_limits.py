"""Programs that would run or grow for ever end within their limits, and the others finish."""

from __future__ import annotations

import time

import pytest

from conformance.run.session import Session
from tests.absent import need_torch
from tests.program.bombs import BOMBS
from tests.run.build import answers, case, deaths, error, run_all

SEGFAULT = """\
x = torch.ones(2, requires_grad=True).clone().view(2)
x[:].add_(1)
x.register_hook(lambda g: g)
"""
OK = {"trace"}
# What may end a bomb of each kind: a status, or the kind of a trace's error; None is an ordinary exception.
ENDS = {
    "time": {"timeout", "memory"},
    "memory": {"memory", "timeout"},
    "any": {"timeout", "memory", "crash", None},
}


def end_of(ran) -> str | None:
    """A status, or the kind of error in the trace."""
    if ran.status != "trace":
        return ran.status
    told = error(ran)
    return told and told[0]


def test_every_bomb_ends_and_is_named():
    cases = [case(bomb.name, bomb.text, needs=("threads",)) for bomb in BOMBS]
    between = [case(f"harmless-{i}", ("y = torch.ones(2) + 1", "y")) for i in range(len(BOMBS))]
    woven = [c for pair in zip(cases, between, strict=True) for c in pair]
    begin = time.monotonic()
    with Session(["reference:cpu"], jobs=2, timeout=0.4, memory=256 * 2**20) as session:
        rans = run_all(session, woven)
    assert time.monotonic() - begin < 4 * len(BOMBS)
    assert len(rans) == len(woven)
    wrong = {b.name: end_of(rans[b.name]) for b in BOMBS if end_of(rans[b.name]) not in ENDS[b.ends]}
    assert wrong == {}
    assert {rans[c.case.name].status for c in between} == OK
    assert all(error(rans[c.case.name]) is None for c in between)


def test_bombs_end_in_torch_too():
    bombs = {bomb.name: case(bomb.name, bomb.text) for bomb in BOMBS}
    harmless = case("harmless", ("y = torch.ones(2) + 1", "y"))
    need_torch()
    with Session(["torch:cpu"], timeout=1.5, memory=256 * 2**20) as session:
        assert session.probe()[0].state == "run", session.probe()[0].reason
        rans = run_all(session, [bombs["huge-tensor-written"], harmless, bombs["hook-endless"]])
    assert end_of(rans["huge-tensor-written"]) in ENDS["memory"]
    assert end_of(rans["harmless"]) is None
    assert end_of(rans["hook-endless"]) == "timeout"


def test_a_crash_of_torch_costs_one_case(torch_cpu):
    before, after = case("before", ("w = torch.ones(1)", "w")), case("after", ("w = torch.ones(2)", "w"))
    events = list(torch_cpu.run([before, case("crash", SEGFAULT), after]))
    rans = answers(events)
    assert {name: ran.status for name, ran in rans.items()} == {
        "before": "trace",
        "crash": "crash",
        "after": "trace",
    }
    assert rans["crash"].reason == "killed by signal 11 (SIGSEGV) at tests/made_up.yaml:12"
    assert [d.case for d in deaths(events)] == ["tests::crash"]


MEMORY = {
    "tensor": "x = torch.ones(10 ** 11)",
    "list": "x = list(range(10 ** 10))",
    "kept": "kept = []\nfor i in range(10 ** 5):\n    kept.append(torch.ones(10 ** 6) * 2)",
    "swallowed": "try:\n    x = list(range(10 ** 10))\nexcept Exception:\n    x = 1",
    "swallowed-in-thread": (
        "def f():\n    try:\n        return list(range(10 ** 10))\n    except Exception:\n        return 1\n"
        "x = in_thread(f)"
    ),
    "swallowed-tensor": "try:\n    x = torch.ones(10 ** 11)\nexcept Exception:\n    x = 1",
}


@pytest.mark.parametrize("fixture", ["reference_cpu", "torch_cpu"])
@pytest.mark.parametrize("name", MEMORY)
def test_the_memory_limit_is_an_error_in_words(name, fixture, request):
    session = request.getfixturevalue(fixture)
    ran = session.run_one(case(name, MEMORY[name]), session.targets[0])
    kind, message = error(ran)
    assert kind == "memory"
    limit = "256" if fixture == "reference_cpu" else "512"
    assert f"the memory limit of {limit} MiB was met" in message
    assert error(session.run_one(case("after", "x = torch.ones(10 ** 6)"), session.targets[0])) is None


def test_memory_within_the_limit_is_given(torch_cpu):
    ran = torch_cpu.run_one(case("within", ("x = torch.zeros(10 ** 8)", "x.numel()")), "torch:cpu")
    assert error(ran) is None
    assert ran.trace["steps"][0]["answers"] == [{"k": "int", "v": 10**8}]


def test_an_expression_that_needs_too_much_memory(reference_cpu):
    ran = reference_cpu.run_one(case("ask", ("pass", "list(range(10 ** 10))")), "reference:cpu")
    assert error(ran)[0] == "memory"
    assert error(ran)[1].startswith("list(range(10 ** 10)): the memory limit")


def test_deep_recursion_is_an_ordinary_error(torch_cpu):
    program = "def f(n):\n    return f(n + 1)\nf(0)"
    ran = torch_cpu.run_one(case("deep", program), "torch:cpu")
    assert error(ran) is None
    assert ran.trace["steps"][0]["exception"]["type"] == "RecursionError"


def test_what_is_printed_and_warned_is_bounded(reference_cpu):
    program = "for i in range(30000):\n    print('flood', i)\n"
    ran = reference_cpu.run_one(case("flood", program, "print('next')"), "reference:cpu")
    first, second = ran.trace["steps"]
    assert len(first["printed"]) == 20_000
    assert second["printed"] == ""
    program = "for i in range(3000):\n    (torch.ones(1, requires_grad=True) * 1).grad"
    ran = reference_cpu.run_one(case("warnings", program), "reference:cpu")
    assert len(ran.trace["steps"][0]["warnings"]) == 1000
