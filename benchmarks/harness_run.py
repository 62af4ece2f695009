"""One cold run of every spec on torch:cpu, in a process of its own; prints the seconds it took.

Imports, the worker's start and torch's late imports are over when the clock starts; nothing has been loaded,
checked or compiled yet. What is timed ends with the finished results file.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from packaging.specifiers import SpecifierSet

from conformance.judge.diff import diverge
from conformance.load import instances, load, load_text
from conformance.load.model import Instance
from conformance.program import check_file
from conformance.run.campaign import Campaign
from conformance.run.events import CaseFinished
from conformance.run.session import Session

WARM_UP = """\
title: What torch imports when it is first asked for
cases:
  - case: forward-mode-and-optimizers
    level: observed
    steps:
      - run: |
          with torch.autograd.forward_ad.dual_level():
              d = torch.autograd.forward_ad.make_dual(torch.ones(1), torch.ones(1))
          x = torch.ones(1, requires_grad=True)
          torch.optim.SGD([x], lr=1.).step()
          h = torch.autograd.functional.hessian(lambda t: (t * t).sum(), torch.ones(1))
        expect:
          x.grad: null
"""


def warm_up_instances() -> tuple[Instance, ...]:
    """The case that both sides run before the clock starts."""
    return instances(load_text(WARM_UP, "warm/up.yaml", "warm/up.yaml", check_programs=False))


def main() -> None:
    assert diverge and check_file and SpecifierSet  # what `load` and the campaign import late is imported now
    first = warm_up_instances()
    with tempfile.TemporaryDirectory() as folder, Session(("torch:cpu",)) as session:
        for event in session.run(first):
            if isinstance(event, CaseFinished) and (event.ran.trace is None or event.ran.trace["error"]):
                raise SystemExit(f"the warm-up did not run: {event.ran}")
        (info,) = session.infos.values()
        features = set(info.features) - {"cuda"}
        start = time.perf_counter()
        files = load(None, on_file=session.prepare)
        picked = [i for f in files for i in instances(f) if set(i.case.needs) <= features]
        campaign = Campaign(files, picked, ("torch:cpu",), Path(folder) / "results.jsonl")
        campaign.consume(session.run(picked))
        print(time.perf_counter() - start)
    if len(campaign.verdicts) != len(picked):
        sys.exit("the run did not finish")


if __name__ == "__main__":
    main()
