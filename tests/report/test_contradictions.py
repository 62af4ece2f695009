"""The page of what torch does not keep of its documentation: each with its cases, its verdict and a script."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conformance.docs.ledger import Entry
from conformance.judge import judge
from conformance.judge.model import Ran, TargetInfo
from conformance.load import instances, load_text
from conformance.load.model import Mark
from conformance.report.article import article_pages
from conformance.report.sources import CONTRADICTIONS
from conformance.report.summary import Summary, summarise
from conformance.run.results import ResultsWriter, make_header, read_results
from conformance.run.session import Session

SPEC = """\
title: Doubling
cases:
  - case: doubles
    title: two by two
    cites: [{doc: "torch.ones#2"}]
    steps:
      - run: x = torch.ones(1) + 1
        expect: {x: [2.]}
  - case: other
    title: another
    cites: [{doc: "torch.ones#1"}]
    steps:
      - run: x = torch.ones(1)
        expect: {x: [1.]}
"""
HERE = Mark(1, 1)
ENTRIES = (
    Entry("torch.ones#2", "torch.ones", "2", "contradicted", HERE, "0" * 12, None, "ones are added to"),
    Entry("notes/autograd#X-1", "notes/autograd", "X-1", "contradicted", HERE, None, "ones stay ones", "they do not"),
)


def summary_of(folder: Path, entries=ENTRIES, spec: str = SPEC) -> Summary:
    file = load_text(spec, "doubling.yaml", "spec/doubling.yaml")
    found = instances(file)
    with Session(["reference:cpu"]) as session:
        (info,) = session.probe()
        torch = TargetInfo("torch:cpu", "torch", "cpu", "2.13.0", "2.13.0")
        writer = ResultsWriter(folder / "r.jsonl", make_header([file], found, [torch, info]))
        for instance in found:
            ran = session.run_one(instance, "reference:cpu")
            for target in (torch, info):
                shown = Ran("trace", ran.trace, None, 0.0)
                writer.write(judge(instance, target, shown), shown)
        writer.close(())
    return summarise(read_results(folder / "r.jsonl"), {}, None, entries)


def test_each_contradiction_has_its_cases_and_a_script_that_runs(tmp_path):
    summary = summary_of(tmp_path)
    (source,) = [s for s in summary.sources if s.id == CONTRADICTIONS]
    assert [(c.id, c.evidence, c.cases) for c in source.claims] == [
        ("torch.ones#2", "holds", ("doubling::doubles",)),
        ("notes/autograd#X-1", "uncited", ()),
    ]
    page = article_pages(summary)["contradictions.html"]
    assert "ones are added to" in page and "By the page notes/autograd, ones stay ones" in page
    assert "x = torch.ones(1) + 1" in page and "doubling::other" not in page
    assert 'id="torch.ones.2"' in page and 'href="#torch.ones.2"' in page
    script = page.partition('<details class="script">')[2].partition("<code>")[2].partition("</code>")[0]
    done = subprocess.run([sys.executable, "-c", _plain(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "tensor([2.])" in done.stdout


def _plain(text: str) -> str:
    for entity, character in (("&#39;", "'"), ("&#34;", '"'), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text


def test_a_contradiction_that_torch_does_not_show_is_not_proven(tmp_path):
    summary = summary_of(tmp_path, spec=SPEC.replace("[2.]", "[3.]"))
    page = article_pages(summary)["contradictions.html"]
    assert "not borne out by this run" in page


@pytest.mark.parametrize("entries", [(), ENTRIES[1:]])
def test_without_a_contradiction_in_the_run_there_is_no_page(tmp_path, entries):
    assert "contradictions.html" not in article_pages(summary_of(tmp_path, entries))
