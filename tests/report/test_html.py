"""`report.html` as text: self-contained, closed against what strangers say, small at scale."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

from conformance.report import write_reports
from conformance.report.html import anchor
from tests.report import sample

LIMIT = 8_000_000


class Page(HTMLParser):
    """Tags, attributes, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        inside = self.tags[-1][0] if self.tags else ""
        if inside in ("script", "style") and self.lasttag == inside:
            self.raw.append((inside, data))
        else:
            self.text.append(data)


def _page(folder: Path) -> Page:
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def test_nothing_is_loaded(folder: Path) -> None:
    for tag, attributes in _page(folder).tags:
        assert tag not in ("img", "link", "iframe", "object", "embed", "base"), tag
        for name in ("src", "srcset", "action", "background", "data"):
            assert name not in attributes, (tag, attributes)
        assert not (attributes.get("href") or "#").strip().lower().startswith(("http", "javascript", "//"))
        assert not [name for name in attributes if name.startswith("on") or name == "style"]


def test_the_policy_names_exactly_the_pages_own_scripts_and_style(folder: Path) -> None:
    page = _page(folder)
    (policy,) = [a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    hashed = set(re.findall("'sha256-([^']*)'", policy))
    text = (folder / "report.html").read_text(encoding="utf-8")
    own = re.findall(r"<(?:style|script)>(.*?)</(?:style|script)>", text, re.DOTALL)
    assert len(own) == 3
    assert hashed == {base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in own}


def test_hostile_text_adds_no_element(hostile_folder: Path, folder: Path) -> None:
    hostile, plain = _page(hostile_folder), _page(folder)
    assert {tag for tag, _ in hostile.tags} - {"details", "summary"} <= {tag for tag, _ in plain.tags}
    assert sum(tag == "script" for tag, _ in hostile.tags) == 3
    shown = "".join(hostile.text)
    assert sample.HOSTILE[0] in shown
    assert "\\x1b[31mred" in shown
    assert "\\u202egnp.exe" in shown
    raw = (hostile_folder / "report.html").read_text(encoding="utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", raw)


def test_the_payload_is_json_that_cannot_end_its_element(hostile_folder: Path) -> None:
    text = (hostile_folder / "report.html").read_text(encoding="utf-8")
    (payload,) = re.findall(r'<script type="application/json" id="payload">(.*?)</script>', text, re.DOTALL)
    assert "<" not in payload
    data = json.loads(payload)
    assert sample.HOSTILE[0] in data["cases"][0]["title"]
    assert any("]]>" in shown for shown in data["texts"])


def test_ids_are_unique_and_links_lead_somewhere(folder: Path, hostile_folder: Path) -> None:
    for where in (folder, hostile_folder):
        tags = _page(where).tags
        ids = [a["id"] for _, a in tags if a.get("id")]
        assert len(ids) == len(set(ids))
        assert not [i for i in ids if re.search(r"\s", i)]
        for tag, attributes in tags:
            for name in ("href", "aria-controls", "aria-labelledby"):
                for target in (attributes.get(name) or "").split():
                    found = (
                        (where / target).is_file()
                        if target.startswith("articles/")
                        else target.removeprefix("#") in ids
                    )
                    assert found, (tag, name, target)


def test_controls_have_names(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    for label in re.findall(r"<label[^>]*>(.*?)</label>", text, re.DOTALL):
        assert re.search(r'<span class="sr">[A-Z][^<]+</span>', label), label
    assert len(re.findall("<(?:select|input) ", text)) == len(re.findall("<label", text)) == 5
    assert '<html lang="en">' in text


def test_the_matrix_stays_a_table_where_it_is_laid_out_as_a_list(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    for table in re.findall(r'<table class="cases".*?</table>', text, re.DOTALL):
        tags = re.findall("<(?:table|thead|tbody|tr|th|td)[ >][^>]*>?", table)
        assert len(tags) > 10
        assert [tag for tag in tags if "role=" not in tag] == []


def test_permalinks_are_stable_and_without_white_space() -> None:
    assert anchor("backward/retain_graph::raises-when-freed") == "case/backward/retain_graph::raises-when-freed"
    assert anchor("a::b[x=1 2,y=ä]") == "case/a::b[x=1%202,y=%C3%A4]"


def test_fifteen_hundred_cases_on_four_targets_stay_small(tmp_path: Path) -> None:
    results = sample.write_results(tmp_path / "r.jsonl", sample.many(1500), sample.TARGETS[:4], sample.act_many)
    html, md, *_ = write_reports(results, tmp_path, ledgers=sample.ledgers(tmp_path))
    assert html.stat().st_size < LIMIT
    assert md.stat().st_size < 65_536
