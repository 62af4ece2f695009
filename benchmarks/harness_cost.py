"""What the harness costs: `run` against the same programs compiled and executed bare.

Rounds alternate. The bare side is one process that has imported torch and compiles and executes every program
anew in each round: once all of it (`given`, `run` and the expressions under `expect`, which the harness has to
evaluate as well), once the statements alone. The harness's side is a whole run in a fresh process and a fresh
worker (`harness_run`): everything from the YAML files to the finished results file, which is loading, checking,
sending, executing with a full observation after every step, judging, writing.
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
for wish in sys.stdin:
    asked = wish.strip() == "all"
    start = time.perf_counter()
    for bind, row, given, steps in programs:
        space = {"torch": torch, "device": device, "host": device, **HELPERS}
        for name, text in bind:
            space[name] = eval(text, space)
        space.update(row)
        for text in given:
            exec(compile(text, "given", "exec"), space)
        for text, expressions in steps:
            try:
                exec(compile(text, "run", "exec"), space)
            except Exception:
                pass
            for text in expressions if asked else ():
                try:
                    eval(compile(text, "expect", "eval"), space)
                except Exception:
                    pass
        torch.set_grad_enabled(True)
        if torch.get_default_device() != device:
            torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)
    print(time.perf_counter() - start, flush=True)
"""


def measure() -> Iterator[tuple[str, str, str]]:
    count, rounds = compare()
    mine, everything, statements = (median(column) for column in zip(*rounds, strict=True))
    for what, bare, place, aim in (
        ("the same programs bare, `expect` expressions included", everything, 1, "3x, better 2x"),
        ("`given` and `run` alone bare", statements, 2, "3x, better 2x"),
    ):
        ratio = median(row[0] / row[place] for row in rounds)
        yield (
            f"`run --target torch:cpu`, {count} cases, YAML to results, / {what}",
            f"{ratio:.2f}x ({mine * 1e3:.0f} ms / {bare * 1e3:.0f} ms)",
            aim,
        )


def compare(rounds: int = ROUNDS) -> tuple[int, list[tuple[float, float, float]]]:
    """(cases, per round the seconds of the harness, of all programs bare, of their statements bare)."""
    with Session(("torch:cpu",)) as session:
        (info,) = session.probe()
    chosen = [i for f in load(None) for i in instances(f) if set(i.case.needs) <= set(info.features) - {"cuda"}]
    bare = subprocess.Popen([sys.executable, "-c", BARE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert bare.stdin and bare.stdout
    bare.stdin.write(json.dumps([_program(i) for i in chosen]) + "\n")
    found = []
    for _ in range(rounds + 1):
        row = [_harness()]
        for wish in ("all", "statements"):
            bare.stdin.write(wish + "\n")
            bare.stdin.flush()
            row.append(float(bare.stdout.readline()))
        found.append(tuple(row))
    bare.stdin.close()
    bare.wait()
    return len(chosen), found[1:]  # the first bare round imports what programs are the first to need


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
        [(s.run.text, [a.expression.text for a in s.expect]) for s in case.steps],
    )
