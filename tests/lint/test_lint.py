"""The fixtures: small spec folders that state, line by line, what lint must find in them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from conformance import paths
from conformance.lint import RULES, documented, lint
from conformance.load import load, load_text
from conformance.load.model import SpecFile
from tests.absent import need_torch

FOLDER = Path(__file__).parent / "fixtures"
ARROW = "--> "


class Fixture(NamedTuple):
    name: str
    findings: list[str]
    files: dict[str, str]
    needs_torch: bool


def read(file: Path) -> Fixture:
    head, *parts = file.read_text("utf-8").split("\n=== ")
    lines = head.split("\n")
    files = {name: body + "\n" for name, _, body in (part.partition("\n") for part in parts)}
    findings = [line.removeprefix(ARROW) for line in lines if line.startswith(ARROW)]
    return Fixture(file.stem, findings, files, "needs torch" in lines)


FIXTURES = [read(file) for file in sorted(FOLDER.glob("*.txt"))]


def folder_of(fixture: Fixture, folder: Path) -> tuple[SpecFile, ...]:
    for name, text in fixture.files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return load(None, folder, check_programs=False)


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: fixture.name)
def test_a_folder_gives_exactly_its_findings(fixture, tmp_path, monkeypatch):
    if fixture.needs_torch:
        need_torch()
    monkeypatch.chdir(tmp_path)
    found = lint(folder_of(fixture, tmp_path), tmp_path)
    assert sorted(map(str, found)) == sorted(fixture.findings)


def test_every_rule_has_a_fixture_that_triggers_it():
    triggered = {finding.split(": ")[1] for fixture in FIXTURES for finding in fixture.findings}
    assert set(RULES) - triggered == {"same-ids"}, "same-ids has a test of its own: one folder cannot hold it"


def test_rules_say_what_they_demand():
    for id_, (meaning, _) in RULES.items():
        assert id_ == id_.lower()
        assert " " not in id_
        assert len(meaning) > 10


def test_files_of_two_folders_with_the_same_ids(tmp_path):
    text = "title: a\nlevel: observed\ncases: [{case: a, steps: [{run: x, expect: {y: 1}}]}]\n"
    other = text.replace("title: a", "title: b")
    files = [load_text(text, "a.yaml", "x/a.yaml", check_programs=False)]
    files.append(load_text(other, "a.yaml", "y/a.yaml", check_programs=False))
    (found,) = lint(files, tmp_path)
    assert str(found).startswith("y/a.yaml:1:1: same-ids: its cases have the ids of x/a.yaml;")


def test_some_files_alone_leave_the_other_claims_in_peace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (claims,) = [fixture for fixture in FIXTURES if fixture.name == "claims"]
    files = folder_of(claims, tmp_path)
    assert {p.code for p in lint(files, tmp_path, whole=True)} > {
        "ledger-claim-uncited",
        "ledger-verdict-unproven",
    }
    assert {p.code for p in lint(files, tmp_path, whole=False)} == {
        "ledger-claim-unknown",
        "case-asserts-nothing",
    }


def test_without_torch_symbols_are_passed_over_and_it_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (symbols,) = [fixture for fixture in FIXTURES if fixture.name == "symbols"]
    files = folder_of(symbols, tmp_path)
    said: list[str] = []
    assert [p.what for p in lint(files, tmp_path, note=said.append)] == ["a symbol outside torch"]
    assert said == ["torch is not installed: cited symbols were not looked up"]


def test_a_torch_that_cannot_be_imported_is_a_finding(monkeypatch):
    monkeypatch.setattr(documented, "_LOOK_UP", "raise ImportError('libtorch is missing')")
    monkeypatch.setattr(documented, "why_unchecked", lambda: None)
    found = documented.unresolved(["torch.a", "torch.b"])
    assert found == {
        "torch.a": (
            "torch cannot be imported to look it up: ImportError: libtorch is missing",
            "mend the installation",
        )
    }


def test_the_projects_own_specs_have_no_findings():
    assert [str(p) for p in lint(load(check_programs=False), paths.spec_root())] == []
