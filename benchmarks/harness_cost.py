"""What the harness costs: `run` against the same programs compiled and executed bare.

Both sides run in processes that have torch imported and are warm; rounds alternate. The harness's side is
everything from the YAML files to the finished results file: loading, checking, sending, executing with a
full observation after every step, judging, writing.
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

from conformance import paths
from conformance.load import instances, load
from conformance.load.model import Instance
from conformance.run.campaign import Campaign
from conformance.run.session import Session

ROUNDS = 15
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
    for jobs in (1, 2):
        count, ratio, mine, bare = compare(jobs)
        yield (
            f"`run --target torch:cpu -j {jobs}`, {count} cases, YAML to results, / the programs bare",
            f"{ratio:.2f}x ({mine * 1e3:.0f} ms / {bare * 1e3:.0f} ms)",
            "3x, better 2x",
        )


def compare(jobs: int, rounds: int = ROUNDS) -> tuple[int, float, float, float]:
    """(cases, median of the rounds' ratios, median seconds of the harness, median seconds bare)."""
    root = paths.spec_root()
    with Session(("torch:cpu",), jobs=jobs) as session, tempfile.TemporaryDirectory() as folder:
        (info,) = session.probe()
        chosen = [
            i for f in load(None) for i in instances(f) if set(i.case.needs) <= set(info.features) - {"cuda"}
        ]
        ids = {i.id for i in chosen}
        bare = subprocess.Popen(
            [sys.executable, "-c", BARE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert bare.stdin and bare.stdout
        bare.stdin.write(json.dumps([_program(i) for i in chosen]) + "\n")
        pairs = []
        for number in range(rounds + 2):
            start = time.perf_counter()
            files = load(None, root)
            picked = [i for f in files for i in instances(f) if i.id in ids]
            campaign = Campaign(files, picked, ("torch:cpu",), Path(folder) / f"{number}.jsonl")
            campaign.consume(session.run(picked))
            mine = time.perf_counter() - start
            bare.stdin.write("go\n")
            bare.stdin.flush()
            pairs.append((mine, float(bare.stdout.readline())))
        bare.stdin.close()
        bare.wait()
    pairs = pairs[2:]
    ratio = median(m / b for m, b in pairs)
    return len(chosen), ratio, median(m for m, _ in pairs), median(b for _, b in pairs)


def _program(instance: Instance) -> tuple:
    case = instance.case
    return (
        instance.bindings,
        dict(instance.row),
        [s.text for s in case.given],
        [s.run.text for s in case.steps],
    )
