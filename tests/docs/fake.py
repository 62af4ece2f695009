"""A torch of a few docstrings, in versions that differ, and a project whose ledger reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

OLD = '''
"""A package."""
__version__ = "9.1.0+fake"
__all__ = ["pull", "push", "silent"]

def push(load, times=2):
    """Push the load away.

    It moves once. The load keeps its weight unless
    it breaks.

    .. note:: A push is not a pull.

    Args:
        load (Load): what is pushed. Defaults to ``None``.
        times (int): how often
    Example::

        >>> push(1)
    """

def pull(load):
    """Pull the load near."""

def silent():
    pass

class Cart:
    """A cart."""
    wheel = property(lambda self: 4, doc="How many wheels it has.")
    def roll(self):
        """Roll on. Gradients are kept."""
    def stop(self):
        """Stop at once."""
'''

NEW = (
    OLD.replace("9.1.0", "9.2.0")
    .replace("It moves once. The load\n    keeps", "It moves once.  The load keeps")
    .replace("unless\n    it breaks", "unless it is\n    broken by the push")
    .replace("A push is not a pull.", "A push is not a pull. Nor a lift.")
    .replace("how often", "``how`` *often*")
    .replace('"""Pull the load near."""', "pass")
)

AREA = """\
about: an area
torch: "9.1.0"
scope:
  - torch.*
  - torch.Cart
mentions:
  - torch.Cart.*
"""

SPEC = """\
title: Pushing
cites: [{doc: torch.push}]
cases:
  - case: moves
    title: it moves once
    cites: [{doc: "torch.push#3"}]
    steps: [{run: x = torch.ones(1), expect: {x: [1.]}}]
"""


class Project:
    """A folder with a fake torch beside `spec/`, and the command line in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = folder / "spec" / "sources" / "torch"
        self.ledger.mkdir(parents=True)
        surface = ROOT / "spec" / "surface.yaml"
        (folder / "spec" / "surface.yaml").write_bytes(surface.read_bytes())
        (folder / "spec" / "pushing.yaml").write_text(SPEC)
        (self.ledger / "moving.yaml").write_text(AREA)
        self.torch(OLD)

    def torch(self, text: str) -> None:
        """Install this text as torch."""
        (self.folder / "torch").mkdir(exist_ok=True)
        (self.folder / "torch" / "__init__.py").write_text(text)

    def other(self, text: str) -> str:
        """A second interpreter, in which torch is this text; its path."""
        folder = self.folder / "other"
        (folder / "torch").mkdir(parents=True)
        (folder / "torch" / "__init__.py").write_text(text)
        script = folder / "python"
        script.write_text(f'#!/bin/sh\ncd "{folder}" && exec "{sys.executable}" "$@"\n')
        script.chmod(0o755)
        return str(script)

    def docs(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`torch-conformance docs ARGUMENTS`."""
        return self.command("docs", *arguments)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`torch-conformance ARGUMENTS`; standard output and error as text."""
        return subprocess.run(
            [sys.executable, "-m", "conformance", *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "120"},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def sort(self, **kinds: str) -> None:
        """Give each unsorted statement the kind `informative`, or what is given for it: `push3="normative"`."""
        file = self.ledger / "moving.yaml"
        owner, lines = "", []
        for line in file.read_text().splitlines():
            if line.startswith("  torch."):
                owner = line.strip(" :").rpartition(".")[2]
            number = line.strip().partition('"')[2].partition('"')[0]
            kind = kinds.get(f"{owner}{number}", "informative")
            lines.append(line.replace("kind: unsorted", f"kind: {kind}"))
        file.write_text("\n".join(lines) + "\n")
