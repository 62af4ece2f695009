"""`python -m benchmarks [NAME …]`: run the benchmarks and print the README's table.

Every figure is a ratio of two things timed in turn in one run, or a count of CPU seconds, so that it says
something on any machine.
"""

from __future__ import annotations

import importlib
import os
import sys

# One thread for NumPy's products too; it is read when NumPy is loaded.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

BENCHMARKS = ("harness_cost", "reference_start", "engine_speed")


def main(names: list[str]) -> int:
    unknown = [n for n in names if n not in BENCHMARKS]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    print("| what | measured | aim |\n| --- | --- | --- |")
    for name in names or BENCHMARKS:
        for what, measured, aim in importlib.import_module(f"benchmarks.{name}").measure():
            print(f"| {what} | {measured} | {aim} |", flush=True)
    return 0


sys.exit(main(sys.argv[1:]))
