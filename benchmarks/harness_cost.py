"""What the harness costs: `run` against the same programs compiled and executed bare.

Rounds alternate. The bare side is one process that has imported torch and compiles and executes every program
anew in each round. The harness's side is a whole run in a fresh process and a fresh worker (`harness_run`):
everything from the YAML files to the finished results file, which is loading, checking, sending, executing
with a full observation after every step, judging, writing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from statistics import median

from conformance.load import instances, load
from conformance.load.model import Instance
from conformance.run.session import Session

ROUNDS = 7
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
    for _ in range(rounds + 1):
        mine = _harness()
        bare.stdin.write("go\n")
        bare.stdin.flush()
        pairs.append((mine, float(bare.stdout.readline())))
    bare.stdin.close()
    bare.wait()
    pairs = pairs[1:]  # the first bare round imports what programs are the first to need
    ratio = median(m / b for m, b in pairs)
    return len(chosen), ratio, median(m for m, _ in pairs), median(b for _, b in pairs)


def _harness() -> float:
    done = subprocess.run([sys.executable, "-m", "benchmarks.harness_run"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the run ended with {done.returncode}: {done.stderr}")
    return float(done.stdout)


def _program(instance: Instance) -> tuple:
    case = instance.case
    return (
        instance.bindings,
        dict(instance.row),
        [s.text for s in case.given],
        [s.run.text for s in case.steps],
    )
