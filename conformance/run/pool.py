"""The warm workers of one target: who runs which case, and what it costs when one dies.

Each worker holds a few cases ahead, so that it never waits for the harness, and answers them in order. The
time limit of a case counts from the answer before it. A worker that dies or is killed costs the case it was
on; the cases it held besides go to a fresh one.
"""

from __future__ import annotations

import contextlib
import re
import selectors
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable

import msgspec

from conformance.judge.model import Ran, TargetInfo
from conformance.load.model import Case, Instance
from conformance.run.events import CaseFinished, Event, TargetReady, WorkerDied
from conformance.run.process import Process
from conformance.run.request import BYE, PROTOCOL, Limits, encode_case, encode_hello, encode_prepared
from conformance.targets.registry import Target

AHEAD = 16  # cases that a worker holds at a time
STARTS = 2  # workers in a row that may die before they have said hello
FIRST_CASES = 10  # workers in a row that may crash on their first case
_decode = msgspec.json.Decoder().decode


class Worker:
    """A process, the cases it holds in order, and the moment at which the first of them is too late."""

    def __init__(self, process: Process, deadline: float) -> None:
        self.process = process
        self.deadline: float | None = deadline
        self.ready = False
        self.prepared: dict[str, Case] = {}
        self.held: deque[Instance] = deque()
        self.answered = 0
        self.verdict: tuple[str, str] | None = None  # (status, reason) of the case it dies on, if we kill it


class Pool:
    """Runs cases on one target. Events go to `emit`; descriptors are registered with `selector`."""

    def __init__(
        self,
        target: Target,
        python: str | None,
        jobs: int,
        limits: Limits,
        selector: selectors.BaseSelector,
        emit: Callable[[Event], None],
    ) -> None:
        self.target = target
        self.info: TargetInfo | None = None
        self._python = python or sys.executable
        self._jobs = jobs
        self._limits = limits
        self._selector = selector
        self._emit = emit
        self._queue: deque[Instance] = deque()
        self._workers: list[Worker] = []
        self._failed_starts = 0
        self._failed_firsts = 0

    # --- from the session -----------------------------------------------------------------------------

    def submit(self, instances: Iterable[Instance]) -> None:
        self._queue.extend(instances)
        self.fill()

    def warm_up(self) -> None:
        """Start the first worker if there is none, so that `info` comes."""
        if self.info is None and not self._workers:
            self._start()

    def prepare(self, instances: Iterable[Instance], requests: bytes) -> None:
        """Let a worker that is there, if only on its way up, read ahead what it may be asked to run."""
        if self._workers and not self._given_up:
            worker = self._workers[0]
            worker.prepared.update((i.id, i.case) for i in instances)
            self._write(worker, requests)

    @property
    def busy(self) -> bool:
        """Whether answers are still to come."""
        return bool(self._queue) or any(w.held for w in self._workers)

    @property
    def deadline(self) -> float | None:
        """The next moment at which something is too late."""
        return min((w.deadline for w in self._workers if w.deadline is not None), default=None)

    def fill(self) -> None:
        """Give workers cases, start workers that are wanted, and answer what needs no worker."""
        while self.info is not None and self._queue:
            reason = self._not_here(self._queue[0])
            if reason is not None:
                self._finish(self._queue.popleft(), reason)
                continue
            open_ones = [w for w in self._workers if w.ready and len(w.held) < AHEAD]
            if not open_ones:
                break
            self._send(min(open_ones, key=lambda w: len(w.held)), self._queue.popleft())
        wanted = min(self._jobs, 1 + len(self._queue) // AHEAD)
        while self._queue and len(self._workers) < wanted and not self._given_up:
            self._start()

    def check_deadlines(self, now: float) -> None:
        for worker in list(self._workers):
            if worker.deadline is None or now < worker.deadline:
                continue
            if worker.ready:
                worker.verdict = ("timeout", f"no answer within {self._limits.timeout:g} s")
            else:
                worker.verdict = ("timeout", f"it did not start within {self._limits.start:g} s")
            worker.process.kill()
            self._ended(worker)

    def drop(self) -> None:
        """Forget what is not answered. Workers in the middle of a case are killed."""
        self._queue.clear()
        for worker in list(self._workers):
            if worker.held:
                worker.process.kill()
                self._release(worker)

    def dismiss(self) -> None:
        """Tell idle workers to end, and kill the others."""
        self.drop()
        for worker in self._workers:
            if worker.ready:
                worker.process.send(BYE)
            else:
                worker.process.kill()

    def close(self) -> None:
        self.dismiss()
        for worker in list(self._workers):
            self._release(worker, patience=0.5)

    # --- workers --------------------------------------------------------------------------------------

    def _start(self) -> None:
        target = self.target
        try:
            process = Process(self._python, working_directory_modules=target.device is None)
        except OSError as error:
            self._give_up(f"{self._python} cannot be started: {error.strerror or error}")
            return
        worker = Worker(process, time.monotonic() + self._limits.start)
        self._workers.append(worker)
        self._selector.register(process.stdout, selectors.EVENT_READ, lambda mask: self._read(worker))
        self._selector.register(process.stderr, selectors.EVENT_READ, lambda mask: self._read_errors(worker))
        self._write(worker, encode_hello(target.name, target.adapter, target.device, target.mode, self._limits))

    def _send(self, worker: Worker, instance: Instance) -> None:
        if not worker.held:
            worker.deadline = time.monotonic() + self._limits.timeout
        worker.held.append(instance)
        known = worker.prepared.get(instance.id) is instance.case
        self._write(worker, encode_prepared(instance) if known else encode_case(instance))

    def _write(self, worker: Worker, data: bytes) -> None:
        process = worker.process
        registered = process.stdin in self._selector.get_map()
        if process.send(data):
            if not registered:
                self._selector.register(process.stdin, selectors.EVENT_WRITE, lambda mask: self._write(worker, b""))
        elif registered:
            self._selector.unregister(process.stdin)

    def _read_errors(self, worker: Worker) -> None:
        if not worker.process.drain_errors():
            self._selector.unregister(worker.process.stderr)

    def _read(self, worker: Worker) -> None:
        for line in worker.process.lines():
            fault = self._take(worker, line)
            if fault is not None:
                worker.verdict = ("crash", fault)
                worker.process.kill()
                self._ended(worker)
                return
            if worker not in self._workers:
                return
        if worker.process.ended:
            self._ended(worker)
        else:
            self.fill()

    def _take(self, worker: Worker, line: bytes) -> str | None:
        """Take one answer; what is wrong with it, or None."""
        try:
            answer = _decode(line)
        except msgspec.MsgspecError:
            return f"the worker wrote something that is no answer: {_shown(line)}"
        if not isinstance(answer, dict):
            return f"the worker wrote something that is no answer: {_shown(line)}"
        if not worker.ready:
            return self._welcome(worker, answer)
        if not worker.held or answer.get("op") != "trace" or answer.get("id") != worker.held[0].id:
            return f"the worker answered out of turn: {_shown(line)}"
        seconds = answer.get("seconds")
        if not isinstance(seconds, int | float):
            return f"the worker's answer has no seconds: {_shown(line)}"
        last = answer.pop("last", False)
        instance = worker.held.popleft()
        worker.answered += 1
        self._failed_firsts = 0
        worker.deadline = time.monotonic() + self._limits.timeout if worker.held else None
        self._finish(instance, Ran("trace", answer, None, float(seconds)))
        if last:  # its engine could not be cleaned; what it still holds goes to a fresh one
            self._queue.extendleft(reversed(worker.held))
            worker.held.clear()
            self._release(worker)
            self.fill()
        return None

    def _welcome(self, worker: Worker, answer: dict) -> str | None:
        if answer.get("op") != "hello" or answer.get("protocol") != PROTOCOL:
            protocol = answer.get("protocol")
            return f"the worker speaks protocol {protocol!r}, this harness speaks {PROTOCOL}"
        reason = answer.get("unavailable")
        if reason is not None:
            self._release(worker)
            self._give_up(str(reason), answer)
            return None
        try:
            info = _info(self.target, answer)
        except msgspec.ValidationError as error:
            return f"the worker's first answer does not follow the protocol: {error}"
        worker.ready, worker.deadline = True, None
        self._failed_starts = 0
        if self.info is None:
            self.info = info
            self._emit(TargetReady(info))
        return None

    def _ended(self, worker: Worker) -> None:
        """A worker has ended unasked, or was killed: charge the case it was on."""
        how, said = self._release(worker)
        status, reason = worker.verdict or ("crash", how)
        if not worker.ready:
            self._failed_starts += 1
            self._emit(WorkerDied(self.target.name, None, reason))
            if worker.verdict or self._failed_starts >= STARTS:
                words = f": {said.splitlines()[-1]}" if said else ""
                self._give_up(f"its worker does not start: {reason}{words}")
            elif not self._workers:
                self._start()
        elif worker.held:
            instance = worker.held.popleft()
            self._queue.extendleft(reversed(worker.held))
            worker.held.clear()
            if status == "crash" and worker.verdict is None:
                reason += _place(said, instance)
            self._emit(WorkerDied(self.target.name, instance.id, reason))
            self._finish(instance, Ran(status, None, reason, self._limits.timeout * (status == "timeout")))
            if status == "crash" and not worker.answered:
                self._failed_firsts += 1
                if self._failed_firsts >= FIRST_CASES:
                    self._give_up(f"{FIRST_CASES} workers in a row died on their first case, last: {reason}")
        else:
            self._emit(WorkerDied(self.target.name, None, reason))
        self.fill()

    def _release(self, worker: Worker, patience: float = 0.2) -> tuple[str, str]:
        """Let a worker go; how it ended and the end of what it wrote to standard error."""
        process = worker.process
        for descriptor in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(KeyError):
                self._selector.unregister(descriptor)
        self._workers.remove(worker)
        return process.close(patience), process.last_words

    # --- cases that no worker runs --------------------------------------------------------------------

    @property
    def _given_up(self) -> bool:
        return self.info is not None and self.info.state != "run"

    def _give_up(self, reason: str, answer: dict | None = None) -> None:
        """The target cannot run: every case that is left says why."""
        known = self.info or _info(self.target, answer or {})
        first = self.info is None
        self.info = msgspec.structs.replace(known, state="not-run", reason=reason)
        if first:
            self._emit(TargetReady(self.info))
        for worker in list(self._workers):
            if not worker.held:
                worker.process.kill()
                self._release(worker)
        self.fill()

    def _not_here(self, instance: Instance) -> Ran | None:
        assert self.info is not None
        if self.info.state != "run":
            return Ran("not-run", None, self.info.reason)
        lacking = [need for need in instance.case.needs if need not in self.info.features]
        if lacking:
            return Ran("not-applicable", None, f"{self.target.name} lacks {', '.join(lacking)}")
        return None

    def _finish(self, instance: Instance, ran: Ran) -> None:
        self._emit(CaseFinished(instance, self.target.name, ran))


def _info(target: Target, answer: dict) -> TargetInfo:
    """What a first answer says, under the name the target was asked for."""
    device = answer.get("device") or target.device or "cpu"
    return msgspec.convert(
        {
            "name": target.name,
            "engine": answer.get("engine") or target.engine,
            "device": device,
            "version": answer.get("version", ""),
            "models": answer.get("models", ""),
            "features": answer.get("features", ()),
            "attestation": answer.get("attestation", {}),
        },
        TargetInfo,
    )


def _shown(line: bytes) -> str:
    text = line[:120].decode("utf-8", "backslashreplace")
    return repr(text) + ("…" if len(line) > 120 else "")


def _place(said: str, instance: Instance) -> str:
    """Where in the spec file the worker was, if its last words tell."""
    found = re.search(rf'File "{re.escape(instance.shown)}", line (\d+)', said)
    return f" at {instance.shown}:{found[1]}" if found else ""
