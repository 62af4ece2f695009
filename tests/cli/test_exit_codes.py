"""Exit codes and the one clear line that comes with each."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import GOOD, ROOT

COMMANDS = ["run", "record", "lint", "gate", "render", "diff", "list", "explain", "repro", "schema", "doctor"]
REFERENCE = ("-t", "reference:cpu")


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]


def test_all_as_expected_is_0_and_writes_every_report(command, project):
    done = command("run", *REFERENCE)
    assert done.returncode == 0, done.stderr
    latest = project / "reports" / "latest"
    assert {f.name for f in latest.iterdir()} == {"results.jsonl", "report.md", "report.html", "junit.xml"}
    header, line, footer = lines(latest)
    assert header["kind"] == "header" and footer["kind"] == "footer"
    assert (line["case"], line["target"], line["outcome"]) == ("adds::adds", "reference:cpu", "pass")
    for key in ("case", "target", "outcome", "expectedness", "assertions", "trace"):
        assert key in line and key in footer
    for key in ("at", "what", "expected", "observed", "ok"):
        assert key in line["assertions"][0]


def test_something_unexpected_is_1(command, project):
    (project / "spec" / "adds.yaml").write_text(GOOD.replace("[8.]", "[4.]"))
    done = command("run", *REFERENCE)
    assert done.returncode == 1
    assert "spec/adds.yaml:14" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (("x.grad: [4.]", "x.grad: [4.]\n          x.grad: [4.]"), "spec/adds.yaml:12:"),
        (("title: two passes add", "titel: two passes add"), "spec/adds.yaml:5:"),
        (("x = torch", "import os; x = torch"), "spec/adds.yaml:8:"),
        (("x = torch.tensor", "x = torch.hub.load"), "spec/adds.yaml:8:"),
    ],
)
def test_an_invalid_spec_is_2_with_its_line_and_nothing_runs(command, project, change, place):
    (project / "spec" / "adds.yaml").write_text(GOOD.replace(*change))
    done = command("run", *REFERENCE)
    assert done.returncode == 2
    assert done.stderr.startswith(place), done.stderr
    assert "Traceback" not in done.stderr
    assert not (project / "reports" / "latest" / "results.jsonl").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "nowhere.yaml"], "no such spec file"),
        (["run", "adds::nothing", *REFERENCE], "adds::nothing"),
        (["run", "-k", "zebra", *REFERENCE], "zebra"),
        (["run", "-t", "referense:cpu"], "reference"),
        (["run", "-t", "nonsense"], "nonsense"),
        (["run", "--timeout", "soon"], "--timeout"),
        (["run", "--frobnicate"], "--frobnicate"),
        (["frobnicate"], "frobnicate"),
        (["explain", "adds"], "PATH::CASE"),
        (["render", "reports/none.jsonl", "--to", "md"], "none.jsonl"),
        (["render", "reports", "--to", "pdf"], "pdf"),
        (["diff", "a", "b"], "a"),
        (["gate"], "results"),
    ],
)
def test_wrong_arguments_are_2_with_one_clear_line(command, arguments, says):
    done = command(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_required_target_that_cannot_run_is_3_and_the_others_are_kept(command, project):
    done = command("run", "-t", "torch:cuda", *REFERENCE)
    assert done.returncode == 3
    assert "torch:cuda could not run:" in done.stderr
    outcomes = {(d["target"], d["outcome"]) for d in lines(project / "reports" / "latest")[1:-1]}
    assert outcomes == {("torch:cuda", "not-run"), ("reference:cpu", "pass")}


def test_interrupted_is_130_with_the_finished_written(project):
    loops = GOOD.replace("title: Gradients", "title: Ends never").replace(
        "          (x * x).backward()\n", "          for n in iter(int, 1): pass\n"
    )
    (project / "spec" / "zz_loops.yaml").write_text(loops)
    running = subprocess.Popen(
        [sys.executable, "-m", "conformance", "run", *REFERENCE, "--timeout", "60"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    file = project / "reports" / "latest" / "results.jsonl"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not (file.exists() and "adds::adds" in file.read_text()):
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, error = running.communicate(timeout=30)
    assert running.returncode == 130, error
    assert "Traceback" not in error
    _, line, footer = lines(file.parent)
    assert line["case"] == "adds::adds" and line["outcome"] == "pass"
    assert footer["interrupted"] is True


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_that_says_what_it_does(command, name):
    done = command(name, "--help")
    assert done.returncode == 0
    assert "Usage: torch-conformance" in done.stdout and len(done.stdout.splitlines()) > 5


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["list"],
        ["lint", "spec/adds.yaml"],
        ["run", *REFERENCE, "-t", "reference:cuda"],
        ["schema"],
    ],
    ids=lambda a: a[0],
)
def test_torch_is_not_imported(project, arguments):
    """In the command's own process; its workers are told apart by their targets."""
    script = (
        "import sys\nfrom conformance.cli import invoke\ncode = invoke(sys.argv[1:])\n"
        "sys.exit(40 if 'torch' in sys.modules else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
