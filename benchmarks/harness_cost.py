"""What the harness costs: `run` against the same programs compiled and executed bare.

Rounds alternate, and every measurement has a fresh process that has imported torch and run the warm-up case of
`harness_run`, on both sides: a process that has run all the programs before is a tenth faster. The bare side
compiles and executes every program: once the statements alone (`given` and `run`), once with the expressions
under `expect`, which the harness has to evaluate as well. The harness's side is a whole run (`harness_run`):
everything from the YAML files to the finished results file, which is loading, checking, sending, executing with
a full observation after every step, judging, writing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from statistics import median

from benchmarks.harness_run import warm_up_instances
from conformance.load import instances, load
from conformance.load.model import Instance
from conformance.run.session import Session

ROUNDS = 7
BARE = r"""
import gc, json, sys, time, warnings
import torch
from conformance.targets.torch_engine import TorchAdapter
from conformance.worker.clean import CleanState, common_parts
from conformance.worker.helpers import HELPERS
warnings.simplefilter("ignore")
warm_up, programs, asked = json.load(sys.stdin)
device = torch.device("cpu")
adapter = TorchAdapter()
clean = CleanState([*common_parts(torch), *adapter.state_parts()])

def execute(bind, row, given, steps):
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

for chosen in (warm_up, programs):
    spent = 0.0
    gc.collect()
    gc.freeze()
    for program in chosen:
        start = time.perf_counter()
        execute(*program)
        spent += time.perf_counter() - start
        clean.reset()
print(spent)
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
    warm_up, programs = [_program(i) for i in warm_up_instances()], [_program(i) for i in chosen]
    bare = [json.dumps([warm_up, programs, asked]) for asked in (True, False)]
    rows = [
        (
            _seconds("-m", "benchmarks.harness_run"),
            *(_seconds("-c", BARE, told=told) for told in bare),
        )
        for _ in range(rounds)
    ]
    return len(chosen), rows


def _seconds(*arguments: str, told: str | None = None) -> float:
    done = subprocess.run([sys.executable, *arguments], input=told, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"a measurement ended with {done.returncode}: {done.stderr}")
    return float(done.stdout)


def _program(instance: Instance) -> tuple:
    case = instance.case
    return (
        instance.bindings,
        dict(instance.row),
        [s.text for s in case.given],
        [(s.run.text, [a.expression.text for a in s.expect]) for s in case.steps],
    )
