"""A small project of its own for each test, and the command line as a user starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

GOOD = """\
title: Gradients add up
cites: [{doc: torch.Tensor.backward}]
cases:
  - case: adds
    title: two passes add
    steps:
      - run: |
          x = torch.tensor([2.], requires_grad=True)
          (x * x).backward()
        expect:
          x.grad: [4.]
      - run: (x * x).backward()
        expect:
          x.grad: [8.]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with `spec/` (this project's surface, one good file) and an empty `reports/`."""
    spec = tmp_path / "spec"
    (spec / "sources").mkdir(parents=True)
    (spec / "surface.yaml").write_bytes((ROOT / "spec" / "surface.yaml").read_bytes())
    (spec / "sources" / "pages.yaml").write_bytes((ROOT / "spec" / "sources" / "pages.yaml").read_bytes())
    (spec / "adds.yaml").write_text(GOOD)
    (tmp_path / "reports").mkdir()
    return tmp_path


@pytest.fixture
def command(project: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`command("run", "-t", "reference:cpu")` in the project; standard output and error as text."""

    def start(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "conformance", *arguments],
            cwd=project,
            env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120", **more},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return start
