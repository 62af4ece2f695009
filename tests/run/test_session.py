"""A session as a whole: several targets at once, events, Ctrl-C in a terminal."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from conformance.exceptions import UsageError
from conformance.load import instances, load_text
from conformance.load.model import SpecFile
from conformance.run.events import CaseFinished, RunFinished, RunStarted, TargetReady
from conformance.run.session import Session
from tests.run.build import answers, case, deaths, error


def test_the_events_of_a_run():
    targets = ("reference:cpu", "reference:cuda", "reference:tpu")
    cases = [case(f"c{i}", ("x = torch.ones(1)", "x")) for i in range(40)]
    with Session(targets) as session:
        events = list(session.run(cases))
        again = list(session.run(cases[:2]))
    assert events[0] == RunStarted(tuple(cases), targets)
    assert isinstance(events[-1], RunFinished)
    assert events[-1].interrupted is False
    for target in targets:
        mine = [e for e in events if getattr(e, "target", None) == target]
        assert [e.instance.id for e in mine if isinstance(e, CaseFinished)] == [c.id for c in cases]
        ready = next(i for i, e in enumerate(events) if isinstance(e, TargetReady) and e.info.name == target)
        assert ready < events.index(mine[0])
    states = {e.info.name: e.info.state for e in again if isinstance(e, TargetReady)}
    assert states == {"reference:cpu": "run", "reference:cuda": "run", "reference:tpu": "not-run"}
    assert sum(isinstance(e, CaseFinished) for e in again) == 6


def test_a_target_named_twice_is_one():
    with Session(["reference:cpu", "reference:cpu"]) as session:
        assert session.targets == ("reference:cpu",)
        assert len(session.probe()) == 1


@pytest.mark.parametrize("options", [{"jobs": 0}, {"timeout": 0}, {"memory": 0}])
def test_limits_must_be_positive(options):
    with pytest.raises(UsageError):
        Session(["reference:cpu"], **options)


def test_one_case_at_a_time_on_several_targets():
    with Session(["reference:cpu", "reference:cuda"]) as session:
        for _ in range(2):
            for target in session.targets:
                ran = session.run_one(case("one", ("x = torch.ones(1)", "str(x.device)")), target)
                device = ran.trace["steps"][0]["answers"][0]["v"]
                assert device == {"reference:cpu": "cpu", "reference:cuda": "cuda:0"}[target]
        assert set(session.infos) == set(session.targets)


ANNOUNCED = """\
title: Programs that are announced
cases:
  - case: never-ends
    steps:
      - run: |
          torch.set_default_dtype(torch.float64)
          for i in iter(int, 1):
              pass
        expect: {torch.ones(1): [1.]}
  - case: short
    steps:
      - run: x = torch.ones(1)
        expect: {x: [1.], x.dtype: torch.float32}
"""


def test_what_is_announced_is_compiled_and_not_run():
    file = load_text(ANNOUNCED, "made/up.yaml", "made/up.yaml", check_programs=False)
    endless, short = instances(file)
    with Session(["reference:cpu"], timeout=2.0) as session:
        session.prepare(file)  # nobody is there yet
        session.start()
        session.prepare(file)
        before = answers(session.run([short]))
        session.prepare(file)
        after = answers(session.run([short, endless]))
    assert before["short"].trace["steps"] == after["short"].trace["steps"]
    assert before["short"].status == "trace"
    assert after["never-ends"].status == "timeout"


def test_an_announced_program_that_does_not_compile_costs_nothing():
    broken = case("broken", "x = = 1")
    file = SpecFile(broken.path, broken.shown, "", "", "Broken", (broken.case,))
    with Session(["reference:cpu"]) as session:
        session.start()
        session.prepare(file)
        events = list(session.run([case("fine", ("x = 2", "x")), broken]))
    assert not deaths(events)
    found = answers(events)
    assert error(found["fine"]) is None
    kind, told = error(found["broken"])
    assert kind == "worker" and "cannot compile this" in told


GROWING = """\
title: A row that a program writes into
cases:
  - case: grows
    rows:
      - {sizes: [1, 2], want: 3}
    steps:
      - run: sizes.append(3)
        expect: {len(sizes): {row: want}}
"""


def test_a_row_is_fresh_each_time_a_case_runs():
    file = load_text(GROWING, "made/up.yaml", "made/up.yaml", check_programs=False)
    (grows,) = instances(file)
    with Session(["reference:cpu"]) as session:
        session.start()
        session.prepare(file)
        for _ in range(2):
            ran = answers(session.run([grows]))["grows"]
            assert ran.trace["steps"][0]["answers"] == [{"k": "int", "v": 3}]


def test_a_row_of_numbers_that_are_not_finite_arrives():
    given = (("a", math.nan), ("b", math.inf), ("c", [-math.inf, 1.0]))
    asked = case("row", ("x = 1", "a != a", "b > 1e308", "c[0] < -1e308", "c[1]"), row=given)
    with Session(["reference:cpu"]) as session:
        ran = answers(session.run([asked]))["row"]
    assert [answer["v"] for answer in ran.trace["steps"][0]["answers"]] == [True, True, True, 1.0]


CTRL_C = """
    import sys
    from conformance.run.events import CaseFinished, RunFinished
    from conformance.run.session import Session
    from tests.run.build import case

    loop = "for i in iter(int, 1):\\n    pass"
    cases = [case("a", "pass"), case("b", "pass"), case("loop", loop), case("c", "pass")]
    with Session(["reference:cpu"], timeout=60.0) as session:
        session.probe()
        print(session._pools["reference:cpu"]._workers[0].process.pid, flush=True)
        for event in session.run(cases):
            if isinstance(event, CaseFinished):
                print(event.instance.case.name, event.ran.status, flush=True)
            elif isinstance(event, RunFinished):
                print("interrupted" if event.interrupted else "finished", flush=True)
"""


def test_ctrl_c_keeps_what_is_finished_and_leaves_no_worker():
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CTRL_C)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    worker = int(process.stdout.readline())
    assert [process.stdout.readline() for _ in range(2)] == ["a trace\n", "b trace\n"]
    os.kill(worker, 0)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (out, err, process.returncode) == ("interrupted\n", "", 0)
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
