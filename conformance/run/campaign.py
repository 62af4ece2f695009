"""A campaign: everything from instances to judged, compared and written results.

The runner's events go in, verdicts and divergences come out; the command line and pytest share it.
Lines are written as cases finish. Only while some target has not yet said what it is (importing torch
takes a second) are the first ones held back, because the header that precedes them names the targets.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from conformance.judge import judge
from conformance.judge.diff import diverge
from conformance.judge.model import Divergence, Ran, TargetInfo, Verdict
from conformance.judge.waiver import mark_waived
from conformance.load.model import Instance, SpecFile
from conformance.run.events import CaseFinished, Event, RunFinished, TargetReady
from conformance.run.recorded import Recording
from conformance.run.results import Header, ResultsWriter, make_header


class Campaign:
    """Judges each finished case, compares targets when a case is done on all of them, and writes.

    `observe` is called with (event, verdict or None) after each event: progress is a consumer of it.
    """

    def __init__(
        self,
        files: Sequence[SpecFile],
        instances: Sequence[Instance],
        targets: Sequence[str],
        out: Path | None,
        waivers: Sequence = (),
        observe: Callable[[Event, Verdict | None], None] | None = None,
    ) -> None:
        self.files = tuple(files)
        self.instances = tuple(instances)
        self.targets = tuple(targets)
        self.waivers = tuple(waivers)
        self.infos: dict[str, TargetInfo] = {}
        self.verdicts: list[Verdict] = []
        self.divergences: list[Divergence] = []
        self.interrupted = False
        self.seconds = 0.0
        self._out = out
        self._observe = observe or (lambda event, verdict: None)
        self._writer: ResultsWriter | None = None
        self._held: list[tuple[Verdict, Ran]] = []
        self._open: dict[str, dict[str, Ran]] = {}
        self._recordings: dict[str, Recording] = {}

    def consume(self, events: Iterable[Event], recordings: Mapping[str, Recording] | None = None) -> None:
        """Take a run's events to their end. The results file is complete afterwards, or says it is not.

        A target that cannot run here is stood in for by its recording, if `recordings` has one.
        """
        self._recordings = dict(recordings or {})
        gc.freeze()  # the specs stay: no collection need look at them while results come in
        try:
            for event in events:
                self._take(event)
        except KeyboardInterrupt:
            self.interrupted = True
        finally:
            gc.unfreeze()
            self._finish()

    def _take(self, event: Event) -> None:
        verdict = None
        if isinstance(event, TargetReady):
            info = event.info
            if info.state == "not-run" and (recording := self._recordings.get(info.name)):
                info = recording.stand_in(info)
            self.infos[info.name] = info
        elif isinstance(event, CaseFinished):
            verdict = self._judge(event)
        elif isinstance(event, RunFinished):
            self.interrupted = event.interrupted
            self.seconds = event.seconds
        self._observe(event, verdict)

    def _judge(self, event: CaseFinished) -> Verdict:
        instance, ran = event.instance, event.ran
        if ran.status == "not-run" and (recording := self._recordings.get(event.target)):
            ran = recording.rans.get(instance.id, ran)
        info = self.infos.get(event.target) or TargetInfo(event.target, event.target, "cpu", state="not-run")
        verdict = judge(instance, info, ran, self.waivers)
        self.verdicts.append(verdict)
        self._write(verdict, ran)
        rans = self._open.setdefault(instance.id, {})
        rans[event.target] = ran
        if len(rans) == len(self.targets):
            del self._open[instance.id]
            self._compare(instance, rans)
        return verdict

    def _compare(self, instance: Instance, rans: Mapping[str, Ran]) -> None:
        found = diverge(instance, self.infos, rans)
        self.divergences.extend(mark_waived(found, self.waivers, self.infos))

    def _write(self, verdict: Verdict, ran: Ran) -> None:
        if self._out is None:
            return
        if self._writer is None:
            self._held.append((verdict, ran))
            if len(self.infos) < len(self.targets):
                return
            self._start_writing()
            return
        self._writer.write(verdict, ran)

    def _start_writing(self) -> None:
        assert self._out is not None
        self._writer = ResultsWriter(self._out, self.header())
        for verdict, ran in self._held:
            self._writer.write(verdict, ran)
        self._held.clear()

    def header(self) -> Header:
        """The results file's first record: what was run, where, on which specs."""
        infos = [
            self.infos.get(t) or TargetInfo(t, t.partition(":")[0], t.partition(":")[2], state="not-run")
            for t in self.targets
        ]
        return make_header(self.files, self.instances, infos)

    def _finish(self) -> None:
        by_id = {i.id: i for i in self.instances}
        for case, rans in self._open.items():
            self._compare(by_id[case], rans)
        self._open.clear()
        if self._out is None:
            return
        if self._writer is None:
            self._start_writing()
        self._writer.close(self.divergences, interrupted=self.interrupted, seconds=self.seconds)

    @property
    def unexpected(self) -> list[Verdict]:
        """Verdicts that nobody expected and nobody waived."""
        return [v for v in self.verdicts if v.expectedness in ("unexpected", "stale-waiver")]

    @property
    def undeclared(self) -> list[Divergence]:
        """Divergences that nobody waived."""
        return [d for d in self.divergences if d.waiver is None]
