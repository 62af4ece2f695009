"""CPU seconds of a whole command on the reference engine: start, 100 cases, finish, reports written."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from statistics import median

from conformance.load import instances, load

CASES = 100
ROUNDS = 5


def measure() -> Iterator[tuple[str, str, str]]:
    ids = [i.id for f in load(None) for i in instances(f) if "cuda" not in i.case.needs][:CASES]
    seconds = median(_cpu_seconds(ids) for _ in range(ROUNDS))
    yield (
        f"`run --target reference:cpu`, start to finish with reports, {len(ids)} cases",
        f"{seconds:.2f} s of CPU",
        "under 2 s",
    )


def _cpu_seconds(ids: list[str]) -> float:
    """User and system seconds of the command and its workers."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "conformance", "run", *ids, "-t", "reference:cpu", "--out", folder],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
    if done.returncode:
        raise SystemExit(f"the run ended with {done.returncode}: {done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
