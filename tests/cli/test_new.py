"""`torch-conformance new` as a user starts it."""

from __future__ import annotations

TARGET = "reference:cpu"


def test_the_command_writes_no_file_twice(command, project):
    (project / "paste.py").write_text("import torch\nx = torch.ones(2)\nprint(x)\n")
    done = command("new", "paste.py", "--name", "ones", "-t", TARGET, "--out", "spec/ones.yaml")
    assert done.returncode == 0, done.stderr
    assert "review it" in done.stdout
    assert command("run", "spec/ones.yaml", "-t", TARGET).returncode == 0
    done = command("new", "paste.py", "--out", "spec/ones.yaml")
    assert (done.returncode, done.stderr.strip()) == (2, "spec/ones.yaml exists; proposals overwrite nothing")
    assert command("new", "paste.py", "--name", "No Name").returncode == 2
    assert command("new", "none.py", "-t", TARGET).returncode == 2
