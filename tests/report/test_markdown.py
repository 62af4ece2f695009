"""`report.md`: order, length, and nothing that comes to life."""

from __future__ import annotations

import re
from pathlib import Path

from markdown_it import MarkdownIt

from conformance.report.markdown import LIMIT, markdown_report
from conformance.report.summary import Summary, summarise
from tests.report import sample

OWN_HTML = {"<br>", "<!-- -->"}


def test_headline_table_unexpected_divergences_claims_in_this_order(summary: Summary) -> None:
    text = markdown_report(summary)
    marks = ["## ❌ 7 of 35", "| target |", "### Unexpected", "### Undeclared divergences", "### Claims"]
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)


def test_unexpected_shows_expected_observed_and_place(summary: Summary) -> None:
    text = markdown_report(summary)
    part = text[text.index("`backward/retain_graph::accumulates-when-retained`") :]
    assert "`spec/backward/retain_graph.yaml:20`: reference stands alone" in part
    assert "- expected `[10.]`" in part
    assert "- `torch:cpu`, `torch:cuda`: `tensor([10.])`" in part
    assert "- `reference:cpu`, `reference:cuda`: `tensor([5.])`" in part
    assert "- crash on `torch:cpu`: killed by signal 11 (SIGSEGV)" in part


def test_divergences_name_who_stands_alone_and_their_values(summary: Summary) -> None:
    (row,) = [line for line in markdown_report(summary).splitlines() if "`y (requires_grad)`" in line]
    assert row == (
        "| `grad_mode/no_grad::exotic-level`<br>`spec/grad_mode/no_grad.yaml:24` step 1 | `y (requires_grad)` "
        "| reference | `torch:cpu`, `torch:cuda`, `reference:cpu`: `True`<br>`reference:cuda`: `False` |"
    )


def test_one_cause_in_many_cases_is_one_row(tmp_path: Path) -> None:
    results = sample.write_results(tmp_path / "r.jsonl", sample.many(9), sample.TARGETS[:4], sample.act_unflagged)
    text = markdown_report(summarise(results, {}))
    assert text.count("`x (requires_grad)`") == 1
    assert "and with the same values in 8 more cases" in text


def test_claims_are_folded(summary: Summary) -> None:
    text = markdown_report(summary)
    assert "<details><summary>001: Autograd, and one argument of backward (2 confirmed, 1 outdated)" in text
    assert "| `004-03` | ✗ refuted |" in text


def test_every_table_row_has_the_cells_of_its_head(hostile: Summary, summary: Summary) -> None:
    for view in (hostile, summary):
        width = None
        for line in markdown_report(view).splitlines():
            if not line.startswith("|"):
                width = None
                continue
            cells = len(re.findall(r"(?<!\\)\|", line))
            width = width or cells
            assert cells == width, line


def test_hostile_text_is_only_text(hostile: Summary) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown_report(hostile))
    leaves = [leaf for token in tokens for leaf in token.children or ()]
    assert not [leaf for leaf in leaves if leaf.type in ("link_open", "image")]
    assert {leaf.content for leaf in leaves if leaf.type == "html_inline"} <= OWN_HTML
    for block in (token.content for token in tokens if token.type == "html_block"):
        assert re.fullmatch(r"(<details><summary>[^<>]*</summary>|</details>)\n*", block), block
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", markdown_report(hostile))


def test_length_is_bounded(tmp_path: Path) -> None:
    def wrong(instance, info):
        ran = sample.act_many(instance, info)
        return ran if info.engine == "torch" else sample.Ran("crash", None, "killed " * 200, 0.0)

    results = sample.write_results(tmp_path / "r.jsonl", sample.many(300), sample.TARGETS[:4], wrong)
    text = markdown_report(summarise(results, sample.ledgers(tmp_path)))
    assert len(text) <= LIMIT
    assert "260 more cases, in `report.html`" in text
