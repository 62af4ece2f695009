"""Specs under pytest, as a user runs them: node ids, selection, failure text, xdist, crashes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import GOOD, ROOT

CONFTEST = 'pytest_plugins = ["conformance.pytest_plugin"]\n'
REFERENCE = ("--target", "reference:cpu")
SEGFAULT = """\
title: A view changed through an alias, then hooked
cases:
  - case: crashes
    title: torch 2.13 dies here
    level: observed
    steps:
      - run: |
          x = torch.ones(2, requires_grad=True).clone().view(2)
          x[:].add_(1)
          x.register_hook(lambda g: g)
        expect:
          x: [2., 2.]
  - case: goes-on
    title: the next case is not touched
    steps:
      - run: x = torch.ones(2)
        expect:
          x: [1., 1.]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    spec = tmp_path / "spec"
    (spec / "area").mkdir(parents=True)
    (spec / "surface.yaml").write_bytes((ROOT / "spec" / "surface.yaml").read_bytes())
    (spec / "area" / "adds.yaml").write_text(GOOD)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    return tmp_path


def run_pytest(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=180,
    )


def results(project: Path) -> list[dict]:
    records = [json.loads(line) for line in (project / "results.jsonl").read_text().splitlines()]
    assert records[0]["kind"] == "header" and records[-1]["kind"] == "footer"
    assert not (project / "results.jsonl.partial").exists()
    return records[1:-1]


def test_node_ids_name_file_case_and_target(project):
    done = run_pytest(project, "spec", "--collect-only", "-q", *REFERENCE, "--target", "reference:cuda")
    assert done.stdout.splitlines()[:2] == [
        "spec/area/adds.yaml::adds[reference:cpu]",
        "spec/area/adds.yaml::adds[reference:cuda]",
    ]


def test_ledgers_and_lists_beside_the_specs_are_no_specs(project):
    (project / "spec" / "sources" / "torch").mkdir(parents=True)
    for name in ("messages.yaml", "sources/pages.yaml", "sources/torch/area.yaml"):
        (project / "spec" / name).write_text("about: no spec\n")
    (project / "spec" / "area" / "messages.yaml").write_text(GOOD.replace("Gradients", "Messages"))
    done = run_pytest(project, "spec", "--collect-only", "-q", "--target", "reference:cpu")
    assert done.returncode == 0, done.stdout
    names = {line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line}
    assert names == {"spec/area/adds.yaml", "spec/area/messages.yaml"}


def test_a_node_id_and_k_select(project):
    done = run_pytest(project, "spec/area/adds.yaml::adds[reference:cpu]", "-v", *REFERENCE)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    done = run_pytest(project, "spec", "-k", "nothing-like-it", *REFERENCE)
    assert "1 deselected" in done.stdout


def test_a_failure_prints_the_yaml_both_values_and_the_command(project):
    (project / "spec" / "area" / "adds.yaml").write_text(GOOD.replace("[8.]", "[4.]"))
    done = run_pytest(project, "spec", *REFERENCE)
    assert done.returncode == 1
    assert "spec/area/adds.yaml:14" in done.stdout
    assert ">   14 |           x.grad: [4.]" in done.stdout
    assert "expected  [4.]" in done.stdout
    assert "observed  tensor([8.])" in done.stdout
    assert "reproduce: torch-conformance run 'area/adds::adds' --target reference:cpu" in done.stdout
    assert "Traceback" not in done.stdout and "conformance/judge" not in done.stdout


def test_an_invalid_file_is_a_collection_error_in_one_line(project):
    (project / "spec" / "area" / "adds.yaml").write_text(GOOD.replace("x.grad: [4.]", "x.__class__: 1"))
    done = run_pytest(project, "spec", *REFERENCE)
    assert done.returncode == 2
    assert "spec/area/adds.yaml:11:" in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("xdist", [(), ("-n", "2")], ids=["one-process", "xdist"])
def test_a_segfault_of_torch_costs_one_item(project, xdist):
    (project / "spec" / "area" / "crash.yaml").write_text(SEGFAULT)
    done = run_pytest(project, "spec", *xdist, "--target", "torch:cpu", "--results", "results.jsonl")
    assert done.returncode == 1, done.stdout
    assert "SIGSEGV" in done.stdout
    assert "1 failed, 2 passed" in done.stdout
    outcomes = {line["case"]: line["outcome"] for line in results(project)}
    assert outcomes == {"area/crash::crashes": "crash", "area/crash::goes-on": "pass", "area/adds::adds": "pass"}


def test_results_are_whole_when_an_xdist_worker_dies(project):
    (project / "conftest.py").write_text(
        CONFTEST + "import os\ndef pytest_runtest_call(item):\n    if 'dies' in item.name:\n        os._exit(1)\n"
    )
    more = GOOD.replace("case: adds", "case: dies").partition("cases:\n")[2]
    (project / "spec" / "area" / "adds.yaml").write_text(GOOD + more)
    done = run_pytest(project, "spec", "-n", "2", *REFERENCE, "--results", "results.jsonl")
    assert done.returncode == 1
    outcomes = {line["case"]: line["outcome"] for line in results(project)}
    assert outcomes == {"area/adds::adds": "pass", "area/adds::dies": "crash"}


@pytest.mark.parametrize("xdist", [(), ("-n", "2")], ids=["one-process", "xdist"])
def test_an_undeclared_divergence_fails_the_session(project, xdist):
    """The case states nothing of `y`; only the comparison of targets can see that it differs."""
    (project / "spec" / "area" / "adds.yaml").write_text(
        GOOD.replace("          (x * x).backward()\n", "          (x * x).backward()\n          y = x.detach()\n", 1)
    )
    other = "tests.miniatures.adapters:detach_copies"
    done = run_pytest(project, "spec", *xdist, *REFERENCE, "--target", other, "--results", "results.jsonl")
    assert "2 passed" in done.stdout, done.stdout
    assert done.returncode == 1
    assert "undeclared divergence" in done.stdout and "stands alone" in done.stdout
