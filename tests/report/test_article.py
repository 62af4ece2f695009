"""The pages of the articles as text: true to the ledger, and to the run no less."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from pathlib import Path

import pytest

from conformance import paths
from conformance.judge import Ran, TargetInfo
from conformance.load import instances, load
from conformance.load.ledger import load_ledgers
from conformance.load.model import Instance
from conformance.report import write_reports
from conformance.report.html import anchor
from tests.report import sample
from tests.report.test_html import Page

SOURCES = sorted(load_ledgers(paths.spec_root()))


def entries(text: str) -> dict[str, str]:
    """Claim id to the markup of its entry."""
    found = re.findall(r'<article class="entry" id="([^"]*)"(.*?)</article>', text, re.DOTALL)
    return dict(found)


def scores(text: str) -> dict[str, int]:
    return {v: int(n) for v, n in re.findall(r'data-score="(\w+)" data-count="(\d+)"', text)}


@pytest.fixture(scope="module")
def unrun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of the project's own ledgers and specs, in a run in which nothing could run."""
    folder = tmp_path_factory.mktemp("unrun")
    info = TargetInfo("torch:cpu", "torch", "cpu", "2.13.0", "2.13.0")
    results = sample.write_results(
        folder / "results.jsonl", load(), (info,), lambda *_: Ran("not-applicable", None, "nothing is at hand")
    )
    write_reports(results, folder)
    return folder


@pytest.mark.parametrize("source", SOURCES)
def test_counts_claims_and_cases_agree_with_the_ledger(unrun: Path, source: str) -> None:
    ledger = load_ledgers(paths.spec_root())[source]
    text = (unrun / "articles" / f"{source}.html").read_text(encoding="utf-8")
    shown = entries(text)
    assert list(shown) == sorted((c.id for c in ledger.claims), key=lambda id_: "N" in id_)
    verdicts = {id_: re.search('data-verdict="([a-z]+)"', markup)[1] for id_, markup in shown.items()}
    assert verdicts == {claim.id: claim.verdict for claim in ledger.claims}
    assert scores(text) == Counter(claim.verdict for claim in ledger.claims)
    numbers = {word: int(number) for word, number in re.findall(r"</span>([a-z]+) (\d+)</button>", text)}
    assert numbers == scores(text)
    for claim in ledger.claims:
        markup = unescape(shown[claim.id])
        assert claim.claim in markup
        assert (claim.why or "") in markup
        assert '<a href="../report.html#case/' in markup, claim.id
        assert "torch-conformance run " in markup
        assert "<pre" in markup, claim.id


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_is_proven_by_a_run_in_which_nothing_ran(unrun: Path, source: str) -> None:
    text = (unrun / "articles" / f"{source}.html").read_text(encoding="utf-8")
    shown = entries(text)
    assert [id_ for id_, markup in shown.items() if "data-unproven" not in markup or ">not run<" not in markup] == []
    assert "borne out by this run" not in text
    callout = re.search(r'<div class="callout".*?</div>', text, re.DOTALL)[0]
    assert re.findall(r'href="#([^"]*)"', callout) == list(shown)


def test_every_case_that_cites_a_claim_is_linked_from_it(unrun: Path) -> None:
    pages = {source: (unrun / "articles" / f"{source}.html").read_text(encoding="utf-8") for source in SOURCES}
    shown = {id_: unescape(markup) for text in pages.values() for id_, markup in entries(text).items()}
    cited = [(c.ref, i.id) for file in load() for i in instances(file) for c in i.case.cites if c.kind == "claim"]
    assert len(cited) > 300
    assert [(ref, id_) for ref, id_ in cited if f"../report.html#{anchor(id_)}" not in shown[ref]] == []


def test_a_broken_claim_says_so_at_the_top_and_at_the_claim(folder: Path) -> None:
    text = (folder / "articles" / "001.html").read_text(encoding="utf-8")
    top = text[: text.index('<nav class="contents"')]
    assert "not borne out by this run:</strong>" in top
    broken = {id_ for id_, markup in entries(text).items() if "not borne out by this run" in markup}
    assert broken
    assert broken <= set(re.findall(r'href="#([^"]*)"', top))
    assert "Every verdict on this page" not in text
    entry = entries(text)[min(broken)]
    for part in (
        "fail, unexpected",
        "expected</span> <code>[10.]",
        "tensor([5.])",
        "reference:cpu",
        "verdict confirmed unproven",
    ):
        assert part in entry, part


def _pages(tmp_path: Path, *infos: TargetInfo, seen: float | None = None, needs: str = "") -> str:
    """The page of one claim whose case asks for 3: what each target shows is `seen`, or 3."""
    (tmp_path / "sources").mkdir()
    ledger = 'source: "007"\ntitle: One\nfile: one.txt\nclaims:\n  007-01: {claim: it is three, verdict: confirmed}\n'
    (tmp_path / "sources" / "007.yaml").write_text(ledger, encoding="utf-8")
    needed = f"needs: [{needs}]\n" if needs else ""
    spec = f"title: T\n{needed}cites: [{{claim: 007-01}}]\ncases:\n  - case: three\n    title: three\n    steps:\n"
    spec += "      - run: y = torch.tensor([3.])\n        expect: {y: [3.]}\n"

    def act(_: Instance, info: TargetInfo) -> Ran:
        if needs and info.device == "cpu":
            return Ran("not-applicable", None, f"{info.name} lacks {needs}")
        y = [3.0 if seen is None else seen]
        return sample.trace(sample.step({"y": sample.tensor(y, info.device)}, [y], info.device))

    file = sample.load_text(spec, "three.yaml", "spec/three.yaml", check_programs=False)
    results = sample.write_results(tmp_path / "r.jsonl", [file], infos, act)
    write_reports(results, tmp_path, ledgers=load_ledgers(tmp_path))
    return (tmp_path / "articles" / "007.html").read_text(encoding="utf-8")


def test_what_torch_passed_is_proven(tmp_path: Path) -> None:
    text = _pages(tmp_path, sample.TARGETS[0], sample.TARGETS[2])
    assert "data-unproven" not in text
    assert "Every verdict on this page is borne out by this run, on real torch." in " ".join(text.split())


def test_what_only_the_reference_passed_is_not_proven(tmp_path: Path) -> None:
    text = _pages(tmp_path, sample.TARGETS[2])
    assert "data-unproven" in entries(text)["007-01"]
    assert "seen on the reference engine only, not on torch" in text
    assert "No torch took part in this run." in text
    assert "Every verdict on this page" not in text


def test_what_only_a_simulated_device_passed_is_not_proven(tmp_path: Path) -> None:
    text = _pages(tmp_path, sample.TARGETS[0], sample.TARGETS[3], needs="cuda")
    assert "data-unproven" in entries(text)["007-01"]
    assert "1 claim simulated only: no device has shown it:" in text
    assert "not applicable: torch:cpu lacks cuda" in entries(text)["007-01"]


def test_what_torch_missed_is_not_proven(tmp_path: Path) -> None:
    text = _pages(tmp_path, sample.TARGETS[0], seen=4.0)
    assert "not borne out by this run" in entries(text)["007-01"]


def test_pages_of_an_earlier_run_go(tmp_path: Path) -> None:
    _pages(tmp_path, sample.TARGETS[0])
    results = sample.write_results(tmp_path / "other.jsonl")
    write_reports(results, tmp_path, ledgers=sample.ledgers(tmp_path / "more"))
    assert sorted(path.name for path in (tmp_path / "articles").iterdir()) == ["001.html", "004.html"]


def test_nothing_is_loaded_and_every_link_leads_somewhere(folder: Path, hostile_folder: Path) -> None:
    for where in (folder, hostile_folder):
        report = Page((where / "report.html").read_text(encoding="utf-8"))
        known = {a["id"] for _, a in report.tags if a.get("id")}
        for file in sorted((where / "articles").glob("*.html")):
            tags = Page(file.read_text(encoding="utf-8")).tags
            ids = [a["id"] for _, a in tags if a.get("id")]
            assert len(ids) == len(set(ids))
            for tag, attributes in tags:
                assert tag not in ("img", "link", "iframe", "object", "embed", "base")
                assert not [n for n in attributes if n.startswith("on") or n in ("src", "style", "action")]
                link = attributes.get("href") or ""
                path, _, fragment = link.partition("#")
                assert not path or (file.parent / path).is_file(), link
                assert not fragment or fragment in (known if path else ids), link


def test_hostile_text_adds_no_element(hostile_folder: Path) -> None:
    text = (hostile_folder / "articles" / "009.html").read_text(encoding="utf-8")
    page = Page(text)
    assert sum(tag == "script" for tag, _ in page.tags) == 2
    assert {tag for tag, _ in page.tags}.isdisjoint({"i", "b", "img", "form"})
    assert sample.HOSTILE[0] in "".join(page.text)
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text)


def test_only_a_report_beside_the_pages_links_to_them(folder: Path, tmp_path: Path) -> None:
    from conformance.report import render

    assert 'href="articles/001.html"' in (folder / "report.html").read_text(encoding="utf-8")
    results = sample.write_results(tmp_path / "r.jsonl")
    assert "articles/" not in render(results, "html", ledgers=sample.ledgers(tmp_path))
