"""The same examples are drawn in every process, whatever else it has imported."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = """
import noise
from hypothesis import Phase, given, settings, strategies as st
from tests.engine.drawing_alike import WITHOUT_CONSTANTS

drawn = []

@settings(max_examples=60, derandomize=True, database=None, phases=[Phase.generate], backend=WITHOUT_CONSTANTS)
@given(st.lists(st.integers(-10**9, 10**9), min_size=10, max_size=10))
def collect(numbers):
    drawn.append(numbers)

collect()
print(drawn)
"""


def drawn(folder: Path, constants: list[int]) -> str:
    (folder / "noise.py").write_text(f"NUMBERS = {constants}\n")
    environment = os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout


def test_draws_do_not_depend_on_imported_constants(tmp_path):
    first, second = drawn(tmp_path, [123457, 7654321]), drawn(tmp_path, [222222, 8888888])
    assert len(first) > 1000
    assert first == second
