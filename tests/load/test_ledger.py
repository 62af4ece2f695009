"""Ledgers and pages: their forms, and each slip with its line."""

from __future__ import annotations

import pytest

from conformance.exceptions import SpecError
from conformance.load.ledger import Claim, Page, load_ledgers, load_pages
from conformance.load.model import Mark

LEDGER = """\
source: "001"
title: On retaining
file: 001_a.txt
claims:
  001-03: {claim: it frees, verdict: confirmed}
  001-12:
    claim: it frees
      always
    verdict: outdated
    why: since 2.0 it does not
  001-N05: {claim: so does this, verdict: confirmed, neighbour: true}
"""


@pytest.fixture
def sources(tmp_path, monkeypatch):
    folder = tmp_path / "spec" / "sources"
    folder.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return folder


def lines(sources) -> list[str]:
    with pytest.raises(SpecError) as caught:
        load_ledgers(sources.parent)
    return [str(p).removeprefix("spec/sources/001.yaml:") for p in caught.value.problems]


def test_a_ledger(sources):
    (sources / "001.yaml").write_text(LEDGER)
    (sources / "pages.yaml").write_text("pages: {notes/autograd: Mechanics, func.limits: Limits}\n")
    ledger = load_ledgers(sources.parent)["001"]
    assert (ledger.source, ledger.title, ledger.file, ledger.shown) == (
        "001",
        "On retaining",
        "001_a.txt",
        "spec/sources/001.yaml",
    )
    assert ledger.claims == (
        Claim("001-03", "it frees", "confirmed", Mark(5, 3)),
        Claim("001-12", "it frees always", "outdated", Mark(6, 3), why="since 2.0 it does not"),
        Claim("001-N05", "so does this", "confirmed", Mark(11, 3), neighbour=True),
    )
    assert load_pages(sources.parent) == {
        "notes/autograd": Page("notes/autograd", "Mechanics", Mark(1, 9)),
        "func.limits": Page("func.limits", "Limits", Mark(1, 36)),
    }


def test_no_sources(tmp_path):
    assert load_ledgers(tmp_path) == {}
    assert load_pages(tmp_path) == {}


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"001"', "001", "1:9: text: `source` is not a text; write it in words; quote a number"),
        ('"001"', "one", '1:9: ledger: `one` is no source id; write three digits: "001"'),
        (
            "title: On retaining\n",
            "",
            "1:1: missing-key: a ledger without `title`; add `title:`, the document's title",
        ),
        ("file:", "flie:", "3:1: unknown-key: `flie` is no key of a ledger; did you mean `file`?"),
        ("  001-03:", "  001-3:", "5:3: ledger: `001-3` is no claim id; write it like `001-03` or `001-N03`"),
        (
            "  001-03:",
            "  002-03:",
            "5:3: ledger: `002-03` is no claim of source 001; begin it with the source's id",
        ),
        ("confirmed}", "confrimed}", "5:38: ledger: `confrimed` is no verdict; did you mean `confirmed`?"),
        (
            "    why: since 2.0 it does not\n",
            "",
            "6:3: ledger: `001-12` is outdated without a reason; add `why:` with one sentence",
        ),
        (
            "why: since 2.0 it does not",
            "why: 2.0",
            "10:10: text: `why` is not a text; write it in words; quote a number",
        ),
        (
            ", neighbour: true",
            "",
            "11:3: ledger: `001-N05` is named a neighbour but not marked one; add `neighbour: true`",
        ),
        (
            "neighbour: true",
            "neighbour: yes",
            "11:65: ledger: `neighbour` is true or false; write `neighbour: true`",
        ),
        (
            "verdict: confirmed}",
            "verdict: confirmed, neighbour: true}",
            "5:3: ledger: `001-03` is marked a neighbour; a neighbour's id is like `001-N03`",
        ),
        (
            "{claim: it frees, verdict: confirmed}",
            "confirmed",
            "5:11: mapping: a claim is a mapping; its keys are",
        ),
        (
            "{claim: it frees, ",
            "{",
            "5:11: missing-key: a claim without `claim`; add `claim:`, the claim in our own words",
        ),
        (
            "001-12:",
            "001-03:",
            "6:3: duplicate-key: `001-03` stands twice, first on line 5; keep one of them",
        ),
    ],
)
def test_a_slip_in_a_ledger(sources, old, new, line):
    assert old in LEDGER
    (sources / "001.yaml").write_text(LEDGER.replace(old, new, 1))
    assert any(got.startswith(line) for got in lines(sources)), lines(sources)


@pytest.mark.parametrize("claims", ["[]", "", "{}"])
def test_claims_that_are_none(sources, claims):
    (sources / "001.yaml").write_text(f'source: "001"\ntitle: a\nfile: b\nclaims: {claims}\n')
    (line,) = lines(sources)
    assert "ledger: `claims` is a mapping from claim ids" in line


def test_two_ledgers_of_one_source(sources):
    (sources / "001.yaml").write_text(LEDGER)
    (sources / "001b.yaml").write_text(LEDGER)
    assert lines(sources) == [
        "spec/sources/001b.yaml:1:1: ledger: the source 001 is already in spec/sources/001.yaml; "
        "let one file hold all its claims"
    ]


def test_problems_of_all_ledgers_come_together(sources):
    (sources / "001.yaml").write_text(LEDGER.replace("title", "tilte"))
    (sources / "002.yaml").write_text("- a\n")
    got = lines(sources)
    assert len(got) == 3
    assert got[-1].startswith("spec/sources/002.yaml:1:1: mapping: a ledger is a mapping")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "pages: {notes autograd: a}",
            "1:9: pages: `notes autograd` is no page id; write it like `notes/autograd`",
        ),
        ("pages: {notes: }", "1:16: text: `the title` is not a text; write it in words; quote a number"),
        (
            "pages: [a]",
            "1:8: pages: `pages` is a mapping from page ids to titles; write `notes/autograd: its title`",
        ),
        ("page: {a: b}", "1:1: unknown-key: `page` is no key of the page list; did you mean `pages`?"),
    ],
)
def test_a_slip_in_the_pages(sources, text, line):
    (sources / "pages.yaml").write_text(text)
    with pytest.raises(SpecError) as caught:
        load_pages(sources.parent)
    assert f"spec/sources/pages.yaml:{line}" in str(caught.value).split("\n")


def test_the_projects_own_sources_load():
    assert "notes/autograd" in load_pages()
    assert isinstance(load_ledgers(), dict)
