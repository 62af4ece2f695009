"""`list`, `explain`, `repro`, `render`, `diff`, `gate`, `record`, `schema`: each as a user would use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest

from conformance.load import instances, load
from conformance.report.script import script
from tests.cli.conftest import GOOD, ROOT
from tests.cli.test_exit_codes import lines

REFERENCE = ("-t", "reference:cpu")


def test_list_prints_ids_that_run_takes(command):
    done = command("list")
    assert done.stdout == "adds::adds\n"
    for spelling in ("adds::adds", "spec/adds.yaml::adds", "adds.yaml::adds", "spec/adds.yaml", "spec"):
        assert command("run", spelling, *REFERENCE).returncode == 0, spelling


def test_list_shows_features_and_engines(command):
    assert "forward_ad" in command("list", "--features").stdout
    assert "reference:DEVICE" in command("list", "--targets").stdout


def test_list_is_an_engine_authors_to_do_list(command):
    done = command("list", "--surface", "all")
    assert done.returncode == 0
    assert done.stdout.split()[:2] == ["core", "1"]
    names = command("list", "--surface", "core").stdout
    assert "torch.tensor" in names and "tensor.backward" in names and "adds::adds" in names
    assert "adds::adds" not in command("list", "--surface", "hooks").stdout
    done = command("list", "--surface", "hook")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("no profile is called 'hook'; the profiles: core, ")


def test_a_spec_outside_the_spec_folder_runs(command, project):
    elsewhere = project / "mine" / "deep"
    elsewhere.mkdir(parents=True)
    (elsewhere / "own.yaml").write_text(GOOD)
    done = command("run", "mine", *REFERENCE)
    assert done.returncode == 0, done.stderr
    assert lines(project / "reports" / "latest")[1]["case"] == "deep/own::adds"


def test_explain_shows_the_case_and_what_was_last_seen(command, project):
    (project / "spec" / "adds.yaml").write_text(GOOD.replace("[8.]", "[4.]"))
    command("run", *REFERENCE)
    text = command("explain", "adds::adds").stdout
    for part in ("two passes add", "spec/adds.yaml:4", "x.grad: [4.]", "reference:cpu: fail", "tensor([8.])"):
        assert part in text


def test_a_repro_needs_the_engine_alone(command, tmp_path):
    text = command("repro", "adds::adds").stdout
    assert "conformance" not in text.replace("torch-conformance", "")
    done = subprocess.run([sys.executable, "-I", "-c", text], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "x.grad = tensor([4.])\nx.grad = tensor([8.])\n"


def test_every_case_has_a_repro_that_runs_through(tmp_path):
    """All scripts in one process of plain torch, each in a namespace of its own, from the same clean engine."""
    every = [i for f in load(None, ROOT / "spec") for i in instances(f) if "cuda" not in i.case.needs]
    (tmp_path / "all.json").write_text(json.dumps([(i.id, script(i, "torch:cpu")) for i in every]))
    runner = (
        "import json, sys, contextlib, io, torch\n"
        "from conformance.targets.torch_engine import TorchAdapter\n"
        "from conformance.worker.clean import CleanState, common_parts\n"
        "clean, failed = CleanState([*common_parts(torch), *TorchAdapter().state_parts()]), []\n"
        "for name, text in json.load(open('all.json')):\n"
        "    clean.reset()\n"
        "    try:\n"
        "        with contextlib.redirect_stdout(io.StringIO()):\n"
        "            exec(compile(text, name, 'exec'), {'__name__': name})\n"
        "    except BaseException as error:\n"
        "        failed.append(f'{name}: {error!r}')\n"
        "sys.exit('\\n'.join(failed) or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", runner],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize("to", ["html", "md", "junit", "github"])
def test_render_writes_each_format_from_the_file_alone(command, project, to):
    (project / "spec" / "adds.yaml").write_text(GOOD.replace("[8.]", "[4.]"))
    command("run", *REFERENCE)
    (project / "spec" / "adds.yaml").unlink()
    done = command("render", "reports/latest/results.jsonl", "--to", to)
    assert done.returncode == 0, done.stderr
    if to == "junit":
        case = ElementTree.fromstring(done.stdout).find(".//testcase[failure]")
        assert case is not None and case.get("file") == "spec/adds.yaml"
    else:
        assert "adds::adds" in done.stdout
    if to == "github":
        assert "::error file=spec/adds.yaml,line=14" in done.stdout


def test_diff_tells_what_changed(command, project):
    command("run", *REFERENCE, "--out", "old")
    assert command("diff", "old", "old").returncode == 0
    (project / "spec" / "adds.yaml").write_text(GOOD.replace("(x * x).backward()", "(x * 3).backward()"))
    command("run", *REFERENCE, "--out", "new")
    done = command("diff", "old/results.jsonl", "new")
    assert done.returncode == 1
    assert "adds::adds [reference:cpu]: outcome: pass -> fail" in done.stdout
    assert "[4.0] -> [3.0]" in done.stdout or "4.0 -> 3.0" in done.stdout


def test_gate_passes_and_fails_with_the_place(command, project):
    (project / "reports" / "policy.yaml").write_text("required_targets: [reference:cpu]\n")
    command("run", *REFERENCE)
    assert command("gate", "--update-baseline").returncode == 0
    done = command("gate")
    assert done.returncode == 0, done.stdout + done.stderr
    (project / "spec" / "adds.yaml").write_text(GOOD.replace("[8.]", "[4.]"))
    done = command("gate")
    assert done.returncode == 1 and "spec" in done.stdout, "the results are older than the specs"
    command("run", *REFERENCE)
    done = command("gate")
    assert done.returncode == 1
    assert "spec/adds.yaml:" in done.stdout
    (project / "spec" / "adds.yaml").write_text(GOOD.replace("case: adds", "case: other"))
    command("run", *REFERENCE)
    done = command("gate")
    assert done.returncode == 1
    assert "adds::adds" in done.stdout, "the case of the baseline has vanished"


def test_gate_wants_its_required_targets(command, project):
    command("run", *REFERENCE)
    command("gate", "--update-baseline")
    done = command("gate")
    assert done.returncode == 3
    assert "torch:cpu" in done.stdout


def test_a_recording_stands_in_until_the_spec_changes(command, project):
    """What `record` writes on a machine with a GPU; here the simulated device lends its traces."""
    assert command("record", "-t", "reference:cuda").returncode == 0
    file = project / "reports" / "recorded" / "reference-cuda.jsonl"
    recorded = project / "reports" / "recorded" / "torch-cuda.jsonl"
    recorded.write_text(file.read_text().replace('"reference:cuda"', '"torch:cuda"'))
    file.unlink()
    done = command("run", "-t", "torch:cuda", *REFERENCE)
    assert done.returncode == 0, done.stderr
    header, *_ = lines(project / "reports" / "latest")
    (state,) = [t for t in header["targets"] if t["name"] == "torch:cuda"]
    assert state["state"] == "recorded" and state["recorded"]["when"]
    (project / "spec" / "adds.yaml").write_text(GOOD + "\n# changed\n")
    done = command("run", "-t", "torch:cuda", *REFERENCE)
    assert done.returncode == 3


def test_a_damaged_recording_is_one_clear_line(command, project):
    (project / "reports" / "recorded").mkdir()
    (project / "reports" / "recorded" / "torch-cuda.jsonl").write_text('{"kind":"header"')
    done = command("run", *REFERENCE)
    assert done.returncode == 2
    assert "reports/recorded/torch-cuda.jsonl:1" in done.stderr and "Traceback" not in done.stderr


def test_record_refuses_a_target_that_cannot_run(command, project):
    done = command("record", "-t", "torch:cuda")
    assert done.returncode == 3
    assert not list((project / "reports").glob("recorded/*"))


def test_schema_is_the_one_that_is_kept(command):
    assert json.loads(command("schema").stdout) == json.loads((ROOT / "spec" / "schema.json").read_text())


def test_doctor_names_what_runs_and_why_not(command):
    done = command("doctor")
    assert done.returncode == 0, done.stderr
    assert "reference:cpu" in done.stdout and "torch:cuda" in done.stdout


def test_control_characters_of_an_engine_never_reach_the_terminal(command, project):
    (project / "spec" / "adds.yaml").write_text(
        GOOD.replace("(x * x).backward()\n        expect:\n          x.grad: [8.]", "raise ValueError(chr)").replace(
            "raise ValueError(chr)", 'raise ValueError("\\x1b[31mred")'
        )
    )
    done = command("run", *REFERENCE)
    assert "\x1b" not in done.stdout + done.stderr


def test_a_target_runs_in_another_interpreter_as_well(command, project):
    """Here the other interpreter is this one under another name; it is shown with its torch's version."""
    done = command("run", "-t", "torch:cpu", "--python", sys.executable)
    assert done.returncode == 0, done.stderr
    header, *rest, _ = lines(project / "reports" / "latest")
    mine, other = header["targets"]
    assert other["name"] == f"torch@{'.'.join(mine['version'].split('.')[:2])}:cpu"
    assert {line["outcome"] for line in rest} == {"pass"} and len(rest) == 2


@pytest.mark.parametrize(
    ("python", "says"),
    [("/no/such/python", "does not run"), ("false", "torch is not installed there")],
)
def test_an_interpreter_that_cannot_serve_is_2(command, python, says):
    done = command("run", "-t", "torch:cpu", "--python", python)
    assert done.returncode == 2
    assert says in done.stderr and "Traceback" not in done.stderr


WAIVER = """\
waivers:
  - case: adds::adds
    target: tests.miniatures.adapters:grad_overwritten
    assertion: x.grad
    step: 2
    observed: tensor([4.])
    reason: this engine overwrites
    issue: "#1"
    owner: engine maintainers
    review_by: {date}
  - case: adds::adds
    target: tests.miniatures.adapters:grad_overwritten
    outcome: divergence
    assertion: x.grad version
    observed: "1"
    reason: a new gradient counts its own writes
    issue: "#1"
    owner: engine maintainers
    review_by: {date}
"""


def test_a_waiver_accepts_one_wrong_value_and_its_divergence(command, project):
    """The wrong value also stands between targets, as does the version; all is accepted, until a value changes."""
    other = ("-t", "tests.miniatures.adapters:grad_overwritten")
    assert command("run", *REFERENCE, *other).returncode == 1
    soon = (date.today() + timedelta(days=30)).isoformat()
    (project / "reports" / "waivers.yaml").write_text(WAIVER.format(date=soon))
    done = command("run", *REFERENCE, *other)
    assert done.returncode == 0, done.stdout
    assert "Waived results: 1" in done.stdout
    (project / "reports" / "waivers.yaml").write_text(WAIVER.format(date=soon).replace("[4.]", "[5.]"))
    assert command("run", *REFERENCE, *other).returncode == 1
