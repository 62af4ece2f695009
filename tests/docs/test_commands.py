"""`docs update`, `show`, `coverage`, `drift` on a torch of a few docstrings, and lint on what they wrote."""

from __future__ import annotations

import pytest

from tests.docs.fake import NEW, OLD, Project


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def sorted_project(project) -> Project:
    project.docs("update")
    project.sort(push2="normative", push3="normative", push8="normative")
    return project


def ledger(project: Project) -> str:
    return (project.ledger / "moving.yaml").read_text()


def test_update_writes_statements_to_be_sorted(project):
    done = project.docs("update")
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines()[-1] == "14 statements wait to be sorted; spec/sources/torch"
    text = ledger(project)
    assert [line.strip(" :") for line in text.splitlines() if line.startswith("  torch.")] == [
        "torch.Cart",
        "torch.pull",
        "torch.push",
        "torch.Cart.roll",
    ]
    assert text.count("kind: unsorted") == 14
    assert "Push" not in text, "the sentences stay in torch"


def test_update_again_changes_nothing(sorted_project):
    before = ledger(sorted_project)
    done = sorted_project.docs("update")
    assert (done.returncode, ledger(sorted_project)) == (0, before)


def test_update_keeps_decisions_and_numbers(sorted_project):
    sorted_project.torch(NEW)
    done = sorted_project.docs("update")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "moving: 1 new: torch.push#10",
        "moving: 1 reworded: torch.push#4",
        "moving: 2 withdrawn: torch.pull#1, torch.pull#2",
        "2 statements wait to be sorted; spec/sources/torch",
    ]
    text = ledger(sorted_project)
    assert text.count("kind: normative") == 3
    assert text.count("kind: withdrawn") == 2
    assert 'torch: "9.2.0"' in text


def test_lint_refuses_unsorted_statements(project):
    project.docs("update")
    done = project.command("lint")
    assert done.returncode == 2
    assert done.stdout.count("statement-unsorted: nobody has sorted") == 14


def test_show_prints_sentences_beside_kinds_and_cases(sorted_project):
    done = sorted_project.docs("show", "torch.push")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "torch.push  (torch 9.1.0)"
    at = next(n for n, line in enumerate(lines) if line.startswith("  #3 "))
    assert lines[at].endswith("normative")
    assert lines[at + 1 : at + 3] == ["      It moves once.", "      -> pushing::moves"]
    box = next(line for line in lines if line.startswith("  #5 "))
    assert box.endswith("informative  [note]")


def test_show_of_one_statement_and_of_everything_below(sorted_project):
    one = sorted_project.docs("show", "torch.push#3").stdout
    assert "It moves once." in one
    assert "The load keeps" not in one
    everything = sorted_project.docs("show", "torch.*").stdout
    assert "A cart." in everything
    assert "Pull the load near." in everything


def test_show_of_what_no_case_proves(sorted_project):
    lines = sorted_project.docs("show", "torch.push", "--uncovered").stdout
    assert "It moves once." not in lines
    assert "Push the load away." in lines
    assert "A push is not a pull." not in lines


def test_show_of_an_unknown_symbol(sorted_project):
    done = sorted_project.docs("show", "torch.psuh")
    assert (done.returncode, done.stderr) == (2, "torch.psuh: not in the ledger; did you mean torch.push?\n")


def test_show_says_what_torch_says_no_longer(sorted_project):
    sorted_project.torch(NEW)
    assert "(this torch does not say it in these words)" in sorted_project.docs("show", "torch.pull").stdout


def test_coverage_counts(sorted_project):
    lines = sorted_project.docs("coverage").stdout.splitlines()
    assert lines[1].split() == ["moving", "1", "3", "33.3%", "0", "11", "0"]
    assert lines[-1].split() == ["all", "1", "3", "33.3%", "0", "11", "0"]
    of_symbols = sorted_project.docs("coverage", "moving").stdout.splitlines()
    assert of_symbols[1].split()[:3] == ["torch.push", "1", "3"]
    done = sorted_project.docs("coverage", "nothing")
    assert (done.returncode, done.stderr) == (2, "nothing: no such area; there are moving\n")


def test_list_gives_reasons_and_cases(sorted_project):
    file = sorted_project.ledger / "moving.yaml"
    text = file.read_text().replace("kind: informative}", "kind: untestable, reason: about speed}", 2)
    file.write_text(text)
    lines = sorted_project.docs("list", "--kind", "untestable").stdout.splitlines()
    assert lines == ["2: about speed", "  torch.Cart#1", "  torch.Cart#2", "2 untestable statements"]
    normative = sorted_project.docs("list", "moving", "--kind", "normative").stdout.splitlines()
    assert normative[:3] == ["  torch.push#2", "  torch.push#3", "    -> pushing::moves"]
    done = sorted_project.docs("list", "--kind", "untested")
    assert (done.returncode, done.stderr) == (2, "untested: no such kind; did you mean `untestable`?\n")


def test_lint_refuses_a_drop(sorted_project):
    assert "coverage-dropped" in sorted_project.command("lint").stdout, "without a limit none may be uncovered"
    sorted_project.docs("coverage", "--write")
    assert sorted_project.command("lint").returncode == 0
    spec = sorted_project.folder / "spec" / "pushing.yaml"
    spec.write_text(spec.read_text().replace('    cites: [{doc: "torch.push#3"}]\n', ""))
    done = sorted_project.command("lint")
    assert done.returncode == 2
    assert "coverage.yaml:3:3: coverage-dropped: 3 statements of `moving` without a case, 2 allowed;" in done.stdout


def test_no_drift(sorted_project):
    done = sorted_project.docs("drift")
    assert (done.returncode, done.stdout) == (
        0,
        "torch 9.1.0 against the ledger of 9.1.0: 0 vanished, 0 appeared, 0 reworded; 0 cases cite them\n",
    )


def test_reflow_and_markup_are_no_drift(sorted_project):
    reflowed = OLD.replace("It moves once. The load", "It *moves*\n    once. The ``load``").replace("9.1.0", "9.1.1")
    sorted_project.torch(reflowed)
    assert sorted_project.docs("drift").returncode == 0


def test_drift_of_another_interpreter(sorted_project):
    spec = sorted_project.folder / "spec" / "pushing.yaml"
    spec.write_text(spec.read_text().replace("torch.push#3", "torch.push#4"))
    done = sorted_project.docs("drift", "--python", sorted_project.other(NEW))
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines() == [
        "vanished torch.pull#1 (informative)",
        "    - (load)",
        "vanished torch.pull#2 (informative)",
        "    - Pull the load near.",
        "reworded torch.push#4 (informative)",
        "    - The load keeps its weight unless it breaks.",
        "    + The load keeps its weight unless it is broken by the push.",
        "    -> pushing::moves",
        "appeared torch.push",
        "    + Nor a lift.",
        "torch 9.2.0 against the ledger of 9.1.0: 2 vanished, 1 appeared, 1 reworded; 1 cases cite them",
    ]


def test_drift_after_an_upgrade_pairs_by_place(sorted_project):
    sorted_project.torch(NEW)
    lines = sorted_project.docs("drift").stdout.splitlines()
    assert "reworded torch.push#4 (informative)" in lines
    assert "    - The load keeps its weight unless it breaks." not in lines, "nobody has the old words any more"
    summary = sorted_project.docs("drift", "--summary").stdout.splitlines()
    assert summary == [lines[-1]]


def test_an_interpreter_that_is_none(sorted_project):
    done = sorted_project.docs("drift", "--python", "/no/such/python")
    assert done.returncode == 2
    assert done.stderr == "/no/such/python: no such interpreter: No such file or directory\n"


def test_a_torch_that_cannot_be_imported(sorted_project):
    done = sorted_project.docs("drift", "--python", sorted_project.other("raise ImportError('libtorch is missing')"))
    assert done.returncode == 3
    assert done.stderr.endswith("torch's documentation cannot be read: ImportError: libtorch is missing\n")
    assert done.stderr.count("\n") == 1


def test_a_symbol_that_torch_has_not(project):
    file = project.ledger / "moving.yaml"
    file.write_text(file.read_text().replace("  - torch.Cart\n", "  - torch.Sledge\n"))
    assert project.docs("update").stderr == "torch 9.1.0 has no torch.Sledge\n"


def test_without_a_ledger(project):
    (project.ledger / "moving.yaml").unlink()
    done = project.docs("coverage")
    assert (done.returncode, done.stderr) == (2, "no ledger of documentation in spec/sources/torch/\n")
