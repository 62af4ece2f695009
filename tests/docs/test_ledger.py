"""The ledger's files: what they say, each slip with its place, and written back as they were."""

from __future__ import annotations

import pytest

from conformance.docs.ledger import load_allowances, load_areas
from conformance.docs.update import text_of
from conformance.exceptions import SpecError
from conformance.load.model import Mark

LEDGER = """\
about: moving things
torch: "2.13.0"
scope:
  - torch.push
  - torch.cart.*
except:
  - torch.cart.old
symbols:
  torch.push:
    "1": {fingerprint: "0123456789ab", kind: normative}
    "3": {fingerprint: "1e23456789ab", kind: untestable, reason: about speed}
    "2": {fingerprint: "999999999999", kind: withdrawn}
pages:
  notes/moving:
    MOVE-01:
      rule: "what is pushed moves: once"
      kind: contradicted
      reason: it moves twice
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "spec" / "sources" / "torch"
    folder.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return folder


def slips(folder) -> list[str]:
    with pytest.raises(SpecError) as caught:
        load_areas(folder.parent.parent)
    return [str(p).removeprefix("spec/sources/torch/") for p in caught.value.problems]


def test_a_ledger(folder):
    (folder / "moving.yaml").write_text(LEDGER)
    area = load_areas(folder.parent.parent)["moving"]
    assert (area.about, area.torch, area.shown) == ("moving things", "2.13.0", "spec/sources/torch/moving.yaml")
    assert (area.scope, area.mentions, area.left_out) == (("torch.push", "torch.cart.*"), (), ("torch.cart.old",))
    assert [(e.id, e.kind, e.fingerprint, e.rule, e.reason) for e in area.entries()] == [
        ("torch.push#1", "normative", "0123456789ab", None, None),
        ("torch.push#3", "untestable", "1e23456789ab", None, "about speed"),
        ("torch.push#2", "withdrawn", "999999999999", None, None),
        ("notes/moving#MOVE-01", "contradicted", None, "what is pushed moves: once", "it moves twice"),
    ]
    assert area.symbols["torch.push"][1].mark == Mark(11, 5)


def test_it_is_written_as_it_was_read(folder):
    (folder / "moving.yaml").write_text(LEDGER)
    assert text_of(load_areas(folder.parent.parent)["moving"]) == LEDGER


def test_the_projects_own_ledger_is_in_the_form_that_is_written():
    from conformance import paths

    for area in load_areas().values():
        assert text_of(area) == (paths.spec_root() / "sources" / "torch" / f"{area.name}.yaml").read_text(), area.name


def test_without_a_ledger(tmp_path):
    assert load_areas(tmp_path) == {}
    assert load_allowances(tmp_path) == {}


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("about: moving things\n", "", "1:1: missing-key: a ledger of documentation without `about`"),
        ("scope:", "scpoe:", "3:1: unknown-key: `scpoe` is no key of a ledger of documentation; did you mean `scope`?"),
        ('"2.13.0"', "new", '2:8: ledger: `new` is no release; write it in quotes: "2.13.0"'),
        ("- torch.push", "- torch push", "4:5: ledger: `torch push` is no symbol; write it like `torch.no_grad`"),
        ("- torch.cart.*", "- torch.push", "5:5: ledger: `torch.push` stands twice; keep one of them"),
        ("kind: normative", "kind: normal", "10:46: ledger: `normal` is no kind; did you mean `normative`?"),
        (", reason: about speed", "", "11:5: ledger: `3` is untestable without a reason; add `reason:`"),
        ("      reason: it moves twice\n", "", "15:5: ledger: `MOVE-01` is contradicted without a reason"),
        ('"1e23456789ab"', "1e23456789ab", "11:24: ledger: `1e23456789ab` is no fingerprint; write 12 hexadecimal"),
        ('"0123456789ab"', '"0123"', "10:24: ledger: `0123` is no fingerprint"),
        ('"1e23456789ab"', '"0123456789ab"', "11:5: ledger: statement 3 has the fingerprint of 1; keep one of them"),
        ('"3":', '"0":', "11:5: ledger: `0` is no statement's number; count from 1"),
        ('"3":', '"1":', "11:5: duplicate-key: `1` stands twice, first on line 10"),
        ("MOVE-01", "move-1", "15:5: ledger: `move-1` is no rule's id; write it like `BWD-03`"),
        ('      rule: "what is pushed moves: once"\n', "", "16:7: missing-key: a rule without `rule`; add `rule:`"),
        ("  torch.push:\n", "  torch-push:\n", "9:3: ledger: `torch-push` is no symbol"),
    ],
)
def test_a_slip(folder, old, new, line):
    assert old in LEDGER
    (folder / "moving.yaml").write_text(LEDGER.replace(old, new, 1))
    assert any(got.startswith(f"moving.yaml:{line}") for got in slips(folder)), slips(folder)


def test_one_symbol_in_two_files(folder):
    (folder / "a.yaml").write_text(LEDGER)
    (folder / "b.yaml").write_text(LEDGER)
    assert slips(folder) == [
        "b.yaml:10:5: ledger: `torch.push` is already in spec/sources/torch/a.yaml; keep it in one file",
        "b.yaml:15:5: ledger: `notes/moving` is already in spec/sources/torch/a.yaml; keep it in one file",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("uncovered: {a: -1}", "1:16: coverage: the number of uncovered statements is a whole number; write 0 or more"),
        ("uncovered: {a: true}", "1:16: coverage: the number"),
        ("uncovered: [a]", "1:12: coverage: `uncovered` is a mapping from areas to numbers; write `tensor: 0`"),
        ("covered: {a: 1}", "1:1: unknown-key: `covered` is no key of the coverage file; did you mean `uncovered`?"),
    ],
)
def test_a_slip_in_the_coverage(folder, text, line):
    (folder / "coverage.yaml").write_text(text + "\n")
    with pytest.raises(SpecError) as caught:
        load_allowances(folder.parent.parent)
    assert any(str(p).startswith(f"spec/sources/torch/coverage.yaml:{line}") for p in caught.value.problems)
