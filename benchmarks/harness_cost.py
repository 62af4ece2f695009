"""What the harness costs: `run` against the same programs compiled and executed bare.

Rounds alternate. Both sides have torch imported, the parts that it imports late included; what the harness
keeps of a program (compiled code) it makes anew in each round, in a fresh worker. Its side is everything
from the YAML files to the finished results file: loading, checking, sending, executing with a full
observation after every step, judging, writing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from conformance.load import instances, load, load_text
from conformance.load.model import Instance
from conformance.run.campaign import Campaign
from conformance.run.events import CaseFinished
from conformance.run.session import Session

ROUNDS = 7
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
BARE = r"""
import json, sys, time, warnings
import torch
from conformance.worker.helpers import HELPERS
warnings.simplefilter("ignore")
programs = json.loads(sys.stdin.readline())
device = torch.device("cpu")
for _ in sys.stdin:
    start = time.perf_counter()
    for bind, row, given, steps in programs:
        space = {"torch": torch, "device": device, "host": device, **HELPERS}
        for name, text in bind:
            space[name] = eval(text, space)
        space.update(row)
        for text in given:
            exec(compile(text, "given", "exec"), space)
        for text in steps:
            try:
                exec(compile(text, "run", "exec"), space)
            except Exception:
                pass
        torch.set_grad_enabled(True)
        if torch.get_default_device() != device:
            torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)
    print(time.perf_counter() - start, flush=True)
"""


def measure() -> Iterator[tuple[str, str, str]]:
    count, ratio, mine, bare = compare()
    yield (
        f"`run --target torch:cpu`, {count} cases, YAML to results, / the programs bare",
        f"{ratio:.2f}x ({mine * 1e3:.0f} ms / {bare * 1e3:.0f} ms)",
        "3x, better 2x",
    )


def compare(rounds: int = ROUNDS) -> tuple[int, float, float, float]:
    """(cases, median of the rounds' ratios, median seconds of the harness, median seconds bare)."""
    with Session(("torch:cpu",)) as session:
        (info,) = session.probe()
    chosen = [i for f in load(None) for i in instances(f) if set(i.case.needs) <= set(info.features) - {"cuda"}]
    bare = subprocess.Popen([sys.executable, "-c", BARE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert bare.stdin and bare.stdout
    bare.stdin.write(json.dumps([_program(i) for i in chosen]) + "\n")
    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds + 1):
            mine = _harness({i.id for i in chosen}, Path(folder) / f"{number}.jsonl")
            bare.stdin.write("go\n")
            bare.stdin.flush()
            pairs.append((mine, float(bare.stdout.readline())))
    bare.stdin.close()
    bare.wait()
    pairs = pairs[1:]  # the first bare round imports what programs are the first to need
    ratio = median(m / b for m, b in pairs)
    return len(chosen), ratio, median(m for m, _ in pairs), median(b for _, b in pairs)


def _harness(ids: set[str], file: Path) -> float:
    """Seconds of one run, YAML to results file, on a fresh worker: nothing is compiled yet, torch is imported."""
    first = instances(load_text(WARM_UP, "warm/up.yaml", "warm/up.yaml"))
    with Session(("torch:cpu",)) as session:
        for event in session.run(first):
            if isinstance(event, CaseFinished) and (event.ran.trace is None or event.ran.trace["error"]):
                raise SystemExit(f"the warm-up did not run: {event.ran}")
        start = time.perf_counter()
        files = load(None)
        picked = [i for f in files for i in instances(f) if i.id in ids]
        campaign = Campaign(files, picked, ("torch:cpu",), file)
        campaign.consume(session.run(picked))
        return time.perf_counter() - start


def _program(instance: Instance) -> tuple:
    case = instance.case
    return (
        instance.bindings,
        dict(instance.row),
        [s.text for s in case.given],
        [s.run.text for s in case.steps],
    )
