"""Runs the programs of `tables/inside.txt` as a worker would, on real torch, one JSON line each.

A program of its own, because the audit hook stays for the life of a process.
"""

from __future__ import annotations

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

import torch

from conformance.worker import helpers, sandbox
from tests.program.tables import table


def run(name: str, text: str, harm: str) -> dict[str, object]:
    """What became of one program: how it ended, what was refused, whether harm was done."""
    table = {"__builtins__": sandbox.safe_builtins(), "torch": torch, **helpers.HELPERS}
    code = sandbox.compile_program(text, "spec/hostile.yaml", 1)
    ended = None
    sandbox.enter()
    try:
        exec(code, table)
    except BaseException as error:
        ended = type(error).__name__
    refusal = sandbox.exit()
    return {"name": name, "ended": ended, "refusal": refusal, "harm": bool(eval(harm, {"torch": torch}))}


def main() -> None:
    """Run them all, in one process: harm done by one would show in the others."""
    sandbox.install(*torch.__path__)
    sandbox.allow_instances(sandbox.engine_types(torch))
    for entry in table("inside"):
        print(json.dumps(run(entry.name, entry.text, entry.note)), flush=True)


if __name__ == "__main__":
    main()
