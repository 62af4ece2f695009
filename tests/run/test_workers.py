"""Workers that break the protocol, die or hang: each costs one case at most, and a reason is given."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.run.events import CaseFinished, RunFinished, TargetReady
from conformance.run.process import exit_in_words
from conformance.run.session import Session
from tests.run.build import answers, case, deaths


class Fake:
    """A session on a fake worker; `starts` counts how often one was started."""

    def __init__(self, folder: Path, way: str, **options) -> None:
        self._log = folder / "log"
        script = folder / "python"
        worker = Path(__file__).with_name("fake_worker.py")
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{worker}" "{way}" "{self._log}"\n')
        script.chmod(0o755)
        self.session = Session(["torch:cpu"], python={"torch": str(script)}, **options)

    def run(self, *names: str) -> list:
        return list(self.session.run([case(name, "pass") for name in names]))

    @property
    def starts(self) -> int:
        return len(self._log.read_text().splitlines())


@pytest.fixture
def fake(tmp_path) -> Callable[..., Fake]:
    made: list[Fake] = []

    def make(way: str = "behaves", **options) -> Fake:
        made.append(Fake(tmp_path, way, **options))
        return made[-1]

    yield make
    for one in made:
        one.session.close()


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("kill", "crash", "killed by signal 9 (SIGKILL)"),
        ("exit", "crash", "ended with exit code 7"),
        ("half", "crash", "ended with exit code 0"),
        ("hang", "timeout", "no answer within 0.5 s"),
        ("garbage", "crash", "the worker wrote something that is no answer: 'Loading weights...'"),
        ("other", "crash", 'the worker answered out of turn: \'{"op": "trace", "id": "tests::so'),
    ],
)
def test_a_fault_costs_its_case(fake, name, status, reason):
    one = fake(timeout=0.5)
    events = one.run("a", "b", name, "c", "d")
    rans = answers(events)
    assert list(rans) == ["a", "b", name, "c", "d"]
    assert rans[name].status == status
    assert rans[name].reason.startswith(reason)
    assert all(rans[n].status == "trace" for n in "abcd")
    (death,) = deaths(events)
    assert death.case == f"tests::{name}"
    assert one.starts == 2


def test_several_workers_share_the_cases_and_the_faults(fake):
    names = [f"slow{i}" for i in range(40)] + ["kill"] + [f"slow{i}" for i in range(40, 80)]
    one = fake(jobs=3)
    rans = answers(one.run(*names))
    assert set(rans) == set(names)
    assert [n for n, ran in rans.items() if ran.status != "trace"] == ["kill"]
    assert 3 <= one.starts <= 4


def test_a_worker_that_dies_at_start_ends_its_target(fake):
    one = fake("dies at start")
    events = one.run("a", "b")
    assert {ran.status for ran in answers(events).values()} == {"not-run"}
    (info,) = (e.info for e in events if isinstance(e, TargetReady))
    assert info.state == "not-run"
    assert info.reason == "its worker does not start: ended with exit code 3: no engine to be found"
    assert one.starts == 2


def test_one_failed_start_is_forgiven(fake):
    one = fake("dies at first start")
    assert [info.state for info in one.session.probe()] == ["run"]
    assert {ran.status for ran in answers(one.run("a", "b")).values()} == {"trace"}
    assert one.starts == 2


def test_a_start_that_takes_too_long_is_not_tried_again(fake):
    one = fake("never says hello", start=0.3)
    rans = answers(one.run("a"))
    assert rans["a"].status == "not-run"
    assert "did not start within 0.3 s" in rans["a"].reason
    assert one.starts == 1


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("another protocol", "speaks protocol 2, this harness speaks 1"),
        ("garbage for hello", "no answer: 'hello there'"),
    ],
)
def test_a_wrong_hello_ends_the_target(fake, way, reason):
    rans = answers(fake(way).run("a"))
    assert rans["a"].status == "not-run"
    assert reason in rans["a"].reason


def test_a_python_that_is_not_there_ends_the_target(tmp_path):
    with Session(["torch:cpu"], python={"torch:cpu": str(tmp_path / "none")}) as session:
        (info,) = session.probe()
    assert info.state == "not-run"
    assert "cannot be started: No such file or directory" in info.reason


def test_workers_that_always_crash_end_the_target(fake):
    one = fake("crashes always")
    rans = answers(one.run(*(f"n{i}" for i in range(30))))
    statuses = [ran.status for ran in rans.values()]
    assert statuses == ["crash"] * 10 + ["not-run"] * 20
    assert "10 workers in a row died on their first case" in rans["n29"].reason


def test_a_spent_worker_is_replaced_without_blame(fake):
    one = fake()
    events = one.run("a", "last", "b", "c")
    assert [ran.status for ran in answers(events).values()] == ["trace"] * 4
    assert "last" not in answers(events)["last"].trace
    assert deaths(events) == []
    assert one.starts == 2


def test_a_death_between_cases_costs_nothing(fake):
    one = fake("quits when idle")
    one.session.probe()
    time.sleep(0.3)
    rans = answers(one.run("a", "b"))
    assert one.starts == 2
    # Whether the first case had been sent before the end was noticed is a race; no other may suffer.
    assert rans["b"].status == "trace"


def test_requests_larger_than_a_pipe(fake):
    big = [case(f"big{i}", "x = '" + "y" * 40_000 + "'") for i in range(40)]
    rans = answers(fake().session.run(big))
    assert len(rans) == 40
    assert {ran.status for ran in rans.values()} == {"trace"}


def test_a_flood_of_errors_does_not_block(fake):
    rans = answers(fake(timeout=3.0).run("flood", "a"))
    assert [ran.status for ran in rans.values()] == ["trace", "trace"]


def test_the_limit_counts_from_the_answer_before(fake):
    """A consumer that takes its time makes no case late."""
    one = fake(timeout=0.3)
    statuses = []
    for event in one.session.run([case(n, "pass") for n in "abcd"]):
        if isinstance(event, CaseFinished):
            statuses.append(event.ran.status)
            time.sleep(0.4)
    assert statuses == ["trace"] * 4


def test_the_process_group_goes_with_the_worker(fake):
    one = fake()
    one.session.probe()
    (pool,) = one.session._pools.values()
    (worker,) = pool._workers
    pid = worker.process.pid
    assert os.getpgid(pid) == pid != os.getpgrp()
    assert os.getsid(pid) == pid
    one.session.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_an_interrupt_keeps_what_is_finished(fake):
    one = fake(timeout=20.0)
    threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT)).start()
    begin = time.monotonic()
    events = one.run("a", "b", "hang", "c")
    assert time.monotonic() - begin < 5
    assert list(answers(events)) == ["a", "b"]
    assert isinstance(events[-1], RunFinished)
    assert events[-1].interrupted
    assert {r.status for r in answers(one.run("a", "b")).values()} == {"trace"}, "the session still serves"


def test_a_run_that_is_abandoned_leaves_a_session_that_works(fake):
    one = fake()
    for event in one.session.run([case(n, "pass") for n in "abcdefgh"]):
        if isinstance(event, CaseFinished):
            break
    assert [r.status for r in answers(one.run("x", "y")).values()] == ["trace", "trace"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "ended with exit code 0"),
        (-11, "killed by signal 11 (SIGSEGV)"),
        (-6, "killed by signal 6 (SIGABRT)"),
        (-99, "killed by signal 99"),
    ],
)
def test_the_end_in_words(status, words):
    assert exit_in_words(status) == words
