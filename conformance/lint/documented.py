"""Asking the installed torch whether it has a symbol, in a process of its own.

Importing torch costs more than everything else that lint does, and lint promises to execute nothing:
the process imports torch, looks names up, and is gone.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence

from conformance.load.report import meant

SECONDS = 120

_LOOK_UP = """
import importlib, json, sys, warnings
warnings.simplefilter("ignore")
answers = {}
for symbol in json.load(sys.stdin):
    found, path = importlib.import_module("torch"), "torch"
    for part in symbol.split(".")[1:]:
        try:
            found = getattr(found, part)
        except AttributeError:
            try:
                found = importlib.import_module(path + "." + part)
            except ImportError:
                answers[symbol] = [path, part, [n for n in dir(found) if n[0] != "_"]]
                break
        path += "." + part
    else:
        if not (getattr(found, "__doc__", None) or "").strip():
            answers[symbol] = None
json.dump(answers, sys.stdout)
"""


def why_unchecked() -> str | None:
    """Why symbols cannot be looked up here; None if they can."""
    if importlib.util.find_spec("torch") is None:
        return "torch is not installed: cited symbols were not looked up"
    return None


def unresolved(symbols: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The symbols that torch lacks or leaves undocumented, each with what is wrong and the mend.

    Empty where torch is not installed: see `why_unchecked`.
    """
    strange = {s: ("a symbol outside torch", "begin it with `torch.`") for s in symbols if s.split(".")[0] != "torch"}
    ours = [s for s in symbols if s not in strange]
    if not ours or why_unchecked():
        return strange
    answered = subprocess.run(
        [sys.executable, "-c", _LOOK_UP],
        input=json.dumps(ours),
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    if answered.returncode:
        last = (answered.stderr.strip().splitlines() or ["no message"])[-1]
        return {
            **strange,
            ours[0]: (f"torch cannot be imported to look it up: {last}", "mend the installation"),
        }
    return {**strange, **{s: _words(s, answer) for s, answer in json.loads(answered.stdout).items()}}


def _words(symbol: str, answer: list | None) -> tuple[str, str]:
    if answer is None:
        return f"{symbol} has no docstring", "cite a documented symbol, or the page that documents it"
    path, part, names = answer
    mend = meant(part, names) if names else ""
    return f"{path} has no `{part}`", mend if mend.startswith("did") else "cite a symbol of the installed torch"
