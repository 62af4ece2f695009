"""A session: some targets, kept warm, that run instances.

`run` drives all targets at once from one loop, so that a slow import of one engine overlaps with another's
work; `run_one` runs a single case on a single target, as pytest asks for them. Both use the same workers.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType

from conformance.exceptions import HarnessBug, UsageError
from conformance.judge.model import Ran, TargetInfo
from conformance.load.model import Instance, SpecFile
from conformance.load.params import instances
from conformance.run.events import CaseFinished, Event, RunFinished, RunStarted, TargetReady
from conformance.run.pool import Pool
from conformance.run.request import Limits, encode_case
from conformance.targets.registry import parse_target


class Session:
    """Workers for `targets`, up to `jobs` of them each.

    `timeout` (seconds) and `memory` (bytes) bound each case. `python` maps a target's or an engine's name to
    the interpreter that its workers run in (default: this one). Raises UsageError for an unknown target.
    Workers start when they are first needed and end with `close` or the `with` block.
    """

    def __init__(
        self,
        targets: Sequence[str],
        jobs: int = 1,
        timeout: float = 10.0,
        memory: int = 2 * 2**30,
        python: Mapping[str, str] | None = None,
        start: float = 120.0,
    ) -> None:
        if jobs < 1 or timeout <= 0 or memory <= 0:
            raise UsageError("jobs, timeout and memory must be greater than zero")
        limits = Limits(timeout, memory, start)
        self.targets = tuple(dict.fromkeys(targets))
        self._selector = selectors.DefaultSelector()
        self._events: deque[Event] = deque()
        self._pools: dict[str, Pool] = {}
        chosen = python or {}
        for name in self.targets:
            target = parse_target(name)
            interpreter = chosen.get(name) or chosen.get(target.engine)
            self._pools[name] = Pool(target, interpreter, jobs, limits, self._selector, self._events.append)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End all workers. The session can be used no more."""
        for pool in self._pools.values():
            pool.dismiss()
        for pool in self._pools.values():
            pool.close()
        self._selector.close()

    @property
    def infos(self) -> dict[str, TargetInfo]:
        """What is known of the targets that have answered so far."""
        return {name: pool.info for name, pool in self._pools.items() if pool.info is not None}

    def start(self) -> None:
        """Start the first worker of each target; engines load while specs are read."""
        for pool in self._pools.values():
            pool.warm_up()

    def prepare(self, file: SpecFile) -> None:
        """Send a valid file's programs ahead to the workers that are there: they compile, and run nothing."""
        announced = instances(file)
        requests = b"".join([encode_case(instance, "prepare") for instance in announced])
        for pool in self._pools.values():
            pool.prepare(announced, requests)

    def probe(self) -> tuple[TargetInfo, ...]:
        """What each target says of itself, in the order asked for. Starts their workers."""
        self.start()
        while any(pool.info is None for pool in self._pools.values()):
            self._turn()
        self._events.clear()
        return tuple(self.infos.values())

    def run(self, instances: Sequence[Instance]) -> Iterator[Event]:
        """Run every instance on every target; events as things happen.

        Ctrl-C ends the run early, with what is finished: the last event then says `interrupted`. A second
        Ctrl-C raises KeyboardInterrupt as ever. The other events of an abandoned run are dropped.
        """
        began = time.monotonic()
        pools = list(self._pools.values())
        yield RunStarted(tuple(instances), self.targets)
        self._events.clear()
        self._events.extend(TargetReady(info) for info in self.infos.values())
        try:
            with _Interrupts(self._selector) as interrupts:
                self.start()
                for pool in pools:
                    pool.submit(instances)
                while not interrupts.seen and (self._events or any(pool.busy for pool in pools)):
                    if not self._events:
                        self._turn()
                    while self._events and not interrupts.seen:
                        yield self._events.popleft()
                if interrupts.seen:
                    self._turn(0.0)  # answers that are already here are finished work
                    yield from self._finished_only()
        finally:
            for pool in pools:
                pool.drop()
            self._events.clear()
        yield RunFinished(interrupts.seen, time.monotonic() - began)

    def run_one(self, instance: Instance, target: str) -> Ran:
        """Run one instance on one of the session's targets."""
        pool = self._pools[target]
        pool.warm_up()
        pool.submit((instance,))
        try:
            while True:
                while self._events:
                    event = self._events.popleft()
                    if isinstance(event, CaseFinished):
                        if event.instance is not instance or event.target != target:
                            raise HarnessBug(f"an answer to {event.instance.id} that nobody waits for")
                        return event.ran
                self._turn()
        except BaseException:
            pool.drop()
            self._events.clear()
            raise

    def _finished_only(self) -> Iterator[Event]:
        while self._events:
            yield self._events.popleft()

    def _turn(self, longest: float | None = None) -> None:
        """Wait until something happens or is too late, and deal with it."""
        deadlines = [pool.deadline for pool in self._pools.values() if pool.deadline is not None]
        wait = longest
        if longest is None:
            if not deadlines:
                raise HarnessBug("waiting, though no worker has anything to do")
            wait = max(0.0, min(deadlines) - time.monotonic())
        for key, mask in self._selector.select(wait):
            present = self._selector.get_map().get(key.fd)
            if present is not None and present.data is key.data:  # an earlier event may have closed it
                key.data(mask)
        now = time.monotonic()
        for pool in self._pools.values():
            pool.check_deadlines(now)


class _Interrupts:
    """Turns the first Ctrl-C into a flag that the loop looks at, and wakes the loop up for it."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self.seen = False
        self._selector = selector
        self._main = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> _Interrupts:
        if self._main:
            self._reader, self._writer = os.pipe()
            self._selector.register(self._reader, selectors.EVENT_READ, self._wake)
            self._before = signal.signal(signal.SIGINT, self._interrupted)
        return self

    def __exit__(self, *exception: object) -> None:
        if self._main:
            signal.signal(signal.SIGINT, self._before)
            self._selector.unregister(self._reader)
            os.close(self._reader)
            os.close(self._writer)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        if self.seen:
            raise KeyboardInterrupt
        self.seen = True
        with contextlib.suppress(OSError):
            os.write(self._writer, b"!")

    def _wake(self, mask: int) -> None:
        os.read(self._reader, 1)
