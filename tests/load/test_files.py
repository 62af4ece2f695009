"""Walking folders: which files are specs, what their ids begin with, and one error for all of them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from conformance.exceptions import SpecError, UsageError
from conformance.load import load

GOOD = "cases: [{case: a, steps: [{run: x}]}]\n"
BAD = "cases: [{case: A, steps: [{run: x}]}]\n"


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A spec folder with the files that are no specs, as working directory's child."""
    folder = tmp_path / "spec"
    for name in ("b/two.yaml", "b/one.yaml", "a.yaml", "b/c/three.yaml"):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(GOOD)
    for name in (
        "surface.yaml",
        "sources/001.yaml",
        "sources/pages.yaml",
        ".hidden.yaml",
        "_drafts/x.yaml",
        "README.md",
    ):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("no: [spec\n")
    monkeypatch.chdir(tmp_path)
    return folder


def ids(*paths, root):
    return [c.id for file in load(list(paths) or None, root, check_programs=False) for c in file.cases]


def test_a_folder_is_walked_in_order(root):
    assert ids(root=root) == ["a::a", "b/c/three::a", "b/one::a", "b/two::a"]


def test_paths_below_the_root_keep_its_ids(root):
    assert ids(root / "b", root=root) == ["b/c/three::a", "b/one::a", "b/two::a"]
    assert ids(root / "b" / "two.yaml", root / "a.yaml", root=root) == ["b/two::a", "a::a"]
    assert ids(root / "b", root / "b" / "one.yaml", root / "b" / ".." / "b", root=root) == [
        "b/c/three::a",
        "b/one::a",
        "b/two::a",
    ]


def test_a_path_outside_is_its_own_root(root, tmp_path):
    other = tmp_path / "mine"
    (other / "deep").mkdir(parents=True)
    (other / "deep" / "x.yaml").write_text(GOOD)
    (other / "sources.yaml").write_text(GOOD)
    assert ids(other, root=root) == ["deep/x::a", "sources::a"]
    assert ids(other / "deep" / "x.yaml", root=root) == ["x::a"]


def test_shown_is_relative_to_the_working_directory(root):
    (file,) = load([root / "a.yaml"], root, check_programs=False)
    assert file.shown == "spec/a.yaml"
    assert file.path == "a.yaml"


def test_all_problems_of_all_files_come_together(root):
    (root / "a.yaml").write_text(BAD)
    (root / "b" / "one.yaml").write_bytes(b"\xff")
    (root / "b" / "two.yaml").write_text("title: [")
    with pytest.raises(SpecError) as caught:
        ids(root=root)
    assert [str(p).split("; ")[0] for p in caught.value.problems] == [
        "spec/a.yaml:1:16: case-id: `A` is no case id",
        "spec/b/one.yaml:1:1: encoding: byte 0xff is not UTF-8",
        "spec/b/two.yaml:1:9: yaml-syntax: a bracket that is never closed",
    ]


def test_files_with_the_same_ids_are_not_loaded_together(root, tmp_path):
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "same.yaml").write_text(GOOD)
    with pytest.raises(SpecError, match=r"^y/same.yaml:1:1: same-ids: its cases have the ids of x/same.yaml; rename"):
        ids(tmp_path / "x", tmp_path / "y", root=root)


@pytest.mark.parametrize("name", ["one.yml", "ONE.YAML", "one.Yaml"])
def test_a_file_that_would_be_passed_over(root, name):
    (root / "b" / "c" / name).write_text(GOOD)
    with pytest.raises(SpecError) as caught:
        ids(root=root)
    line = f"spec/b/c/{name}:1:1: file-name: `{name}` would be passed over; let its name end in `.yaml`"
    assert str(caught.value) == line


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.yaml", "missing.yaml: no such spec file or folder"),
        ("spec/README.md", "spec/README.md: not a spec file; spec files end in .yaml"),
        ("empty", "empty: no spec file in this folder; spec files end in .yaml"),
    ],
)
def test_paths_that_are_no_specs(root, tmp_path, name, words):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError) as caught:
        ids(type(root)(name), root=root)
    assert str(caught.value) == words


def test_a_file_that_cannot_be_read(root):
    (root / "b" / "gone.yaml").symlink_to(root / "nowhere.yaml")
    with pytest.raises(SpecError) as caught:
        ids(root=root)
    assert str(caught.value) == (
        "spec/b/gone.yaml:1:1: file: cannot be read: No such file or directory; check the file"
    )


@pytest.mark.timeout(20)
def test_what_is_no_regular_file_is_never_read(root):
    (root / "b" / "endless.yaml").symlink_to("/dev/zero")
    os.mkfifo(root / "b" / "waits.yaml")
    with pytest.raises(SpecError) as caught:
        ids(root=root)
    assert [str(p) for p in caught.value.problems] == [
        "spec/b/endless.yaml:1:1: file: cannot be read: it is not a regular file; check the file",
        "spec/b/waits.yaml:1:1: file: cannot be read: it is not a regular file; check the file",
    ]


def test_a_folder_that_contains_itself_ends(root):
    (root / "b" / "loop").symlink_to(root, target_is_directory=True)
    assert ids(root=root) == ["a::a", "b/c/three::a", "b/one::a", "b/two::a"]


def test_a_file_name_with_a_line_end_stays_on_one_line(root):
    (root / "b" / "c" / "ev\nil.yaml").write_text(BAD)
    with pytest.raises(SpecError) as caught:
        ids(root=root)
    assert "\n" not in str(caught.value)


def test_programs_are_checked_unless_told_otherwise(root, monkeypatch):
    import conformance.program as program
    from conformance.exceptions import Problem

    seen = []

    def check_file(spec):
        seen.append(spec.path)
        return [Problem(spec.shown, 1, 2, "name", "what", "mend")]

    monkeypatch.setattr(program, "check_file", check_file, raising=False)
    with pytest.raises(SpecError, match=r"spec/a.yaml:1:2: name: what; mend"):
        load(None, root)
    assert seen == ["a.yaml", "b/c/three.yaml", "b/one.yaml", "b/two.yaml"]


def test_the_tables_need_only_the_standard_library():
    """Workers take the feature list in interpreters that have nothing else."""
    code = "import sys, conformance.load.features, conformance.load.tables; print(sorted(sys.modules))"
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    out = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {root!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    )
    assert "conformance.load.features" in out.stdout
    assert not {"yaml", "msgspec", "torch", "numpy"} & set(eval(out.stdout))
