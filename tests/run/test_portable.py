"""What runs beside an engine needs only the standard library and runs on Python 3.9."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import conformance

ROOT = Path(conformance.__file__).parent
FILES = [ROOT / "__init__.py", *sorted((ROOT / "worker").glob("*.py"))]
FILES += [ROOT / "targets" / f"{name}.py" for name in ("__init__", "adapter", "torch_engine", "reference")]
OURS = ("conformance.worker", "conformance.targets.adapter", "conformance.targets.torch_engine")
ENGINES = {"torch_engine.py": "torch", "reference.py": "reference_engine"}


def faults(text: str, name: str) -> list[str]:
    """What a worker's interpreter would stumble over."""
    tree = ast.parse(text, feature_version=(3, 9))
    found = []
    future = False
    for node in ast.walk(tree):
        modules = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
            future |= node.module == "__future__"
        for module in modules:
            top = module.partition(".")[0]
            if top not in sys.stdlib_module_names and top != ENGINES.get(name) and not module.startswith(OURS):
                found.append(f"line {node.lineno} imports {module}")
        if isinstance(node, ast.keyword) and node.arg == "strict":
            found.append(f"line {node.value.lineno} passes strict=, which zip has not in Python 3.9")
        asks_type = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("isinstance", "issubclass")
        if asks_type and any(isinstance(part, ast.BinOp) for part in node.args[1:]):
            found.append(f"line {node.lineno} asks {ast.unparse(node)}, which Python 3.9 cannot")
    if not future and any(getattr(node, "annotation", None) for node in ast.walk(tree)):
        found.append("annotations are evaluated")
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_runs_on_any_python(file):
    assert faults(file.read_text(encoding="utf-8"), file.name) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import msgspec", "line 1 imports msgspec"),
        ("from conformance.load import load", "line 1 imports conformance.load"),
        ("import torch", "line 1 imports torch"),
        ("zip(a, b, strict=True)", "line 1 passes strict="),
        ("isinstance(x, int | str)", "line 1 asks isinstance(x, int | str)"),
        ("def f(x: int | None): pass", "annotations are evaluated"),
    ],
)
def test_the_check_sees_what_it_is_for(text, says):
    assert faults(text, "main.py")[0].startswith(says)


def test_newer_syntax_is_seen():
    with pytest.raises(SyntaxError):
        faults("match x:\n    case 1: pass", "main.py")
