"""The catalogue of errors: what is collected from specs, which advice fits, what the page says, what lint refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.exceptions import SpecError
from conformance.lint import lint
from conformance.load import load, load_text
from conformance.messages import collect, errors_page, load_explanations
from conformance.messages.explanations import explain

ROOT = Path(__file__).resolve().parents[2]
SPEC = """\
title: Refusals
cases:
  - case: plain
    title: a plain refusal
    level: observed
    steps:
      - run: |
          x = 1
          f(x)
        raises: {RuntimeError: "no f{cuda: on cuda} for   {dots} 1"}
      - run: f(x)
        raises: {RuntimeError: "no f for {dots} 1"}
  - case: moved
    title: a text that moved
    level: observed
    rows: [{of: 1, said: one row}, {of: 2, said: two rows}]
    steps:
      - run: g(of)
        raises: {ValueError: {row: said}}
        warns:
          - UserWarning: {per_torch: {"<2.13": old words, ">=2.13": new words}}
          - FutureWarning: {one_of: [this ..., that ...]}
      - run: h()
        raises: {one_of: [{TypeError: h takes none}, {TypeError: h takes ...}]}
"""


def collected():
    return collect([load_text(SPEC, "a/b.yaml", "spec/a/b.yaml", check_programs=False)])


def test_what_the_program_itself_raises_and_what_has_no_words_is_left_out():
    spec = """\
title: Errors of hooks
cases:
  - case: passed-on
    title: an error of the hook ends the pass
    level: observed
    given: |
      def hook(g):
          raise ValueError('of the  hook')
    steps:
      - run: run(hook)
        raises: {ValueError: of the hook}
      - run: run(None)
        raises: {ValueError: of torch}
      - run: run(hook, again=True)
        raises: {RuntimeError: of the hook}
      - run: run(5)
        raises: {AssertionError: ""}
"""
    found = collect([load_text(spec, "a/b.yaml", "spec/a/b.yaml", check_programs=False)])
    assert [(m.exception, m.text) for m in found] == [("RuntimeError", "of the hook"), ("ValueError", "of torch")]


def test_every_text_of_every_choice_is_collected_once():
    found = {(m.exception, m.text, m.warns): [t.case for t in m.triggers] for m in collected()}
    assert found == {
        ("RuntimeError", "no f for {dots} 1", False): ["a/b::plain"],
        ("ValueError", "one row", False): ["a/b::moved"],
        ("ValueError", "two rows", False): ["a/b::moved"],
        ("UserWarning", "old words", True): ["a/b::moved"],
        ("UserWarning", "new words", True): ["a/b::moved"],
        ("FutureWarning", "this ...", True): ["a/b::moved"],
        ("FutureWarning", "that ...", True): ["a/b::moved"],
        ("TypeError", "h takes none", False): ["a/b::moved"],
        ("TypeError", "h takes ...", False): ["a/b::moved"],
    }


def explanations_of(folder: Path, text: str):
    (folder / "messages.yaml").write_text(text, "utf-8")
    return load_explanations(folder)


GOOD = """\
messages:
  - says: "no f"
    instead: call g.
  - says: "no f for"
    instead: |
      call g *first*,
      then f.
  - says: words
    instead: say nothing.
"""


def test_the_longest_fitting_advice_counts(tmp_path):
    known = explanations_of(tmp_path, GOOD)
    assert explain("no f for {dots} 1", known).instead == "call g *first*, then f."
    assert explain("no f at all", known).instead == "call g."
    assert explain("nothing", known) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("messages:\n  - says: a\n", "messages.yaml:2:5: messages: an explanation without `instead`; add `instead:`"),
        ("messages:\n  - says: a\n    insted: b\n", "messages.yaml:3:5: messages: unknown key `insted`; did you mean"),
        ("messages:\n  - says: a\n    instead: [b]\n", "messages.yaml:3:14: messages: `instead` is not a text"),
        ("messages: []\nmore: 1\n", "messages.yaml:1:1: messages: the file is not one list under `messages`"),
        ("messages:\n  - a\n", "messages.yaml:2:5: messages: an explanation is a mapping"),
        (
            "messages:\n  - {says: a, instead: b}\n  - {says: a, instead: c}\n",
            "messages.yaml:3:5: messages: `a` stands twice, first on line 2; keep one",
        ),
    ],
)
def test_a_mistake_has_its_place_and_its_mend(tmp_path, monkeypatch, text, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError) as caught:
        explanations_of(tmp_path, text)
    assert said in str(caught.value)


def test_the_page_says_what_triggers_what_to_do_and_since_when(tmp_path):
    seen = {"a/b::plain": ["2.13.0", "2.4.1"], "a/b::moved": ["2.13.0"]}
    page = errors_page(collected(), explanations_of(tmp_path, GOOD), seen)
    assert "9 texts: 5 errors and 4 warnings" in page
    assert "Measured on torch 2.4.1, 2.13.0." in page
    entry = page.partition("### `no f for ... 1`")[2].partition("###")[0]
    assert "x = 1\nf(x)" in entry and "call g \\*first\\*, then f." in entry
    assert "**Since:** torch 2.4.1 or before." in entry and "`a/b::plain` (a plain refusal)" in entry
    assert "**Since:** torch 2.13." in page.partition("### `new words`")[2].partition("###")[0]
    assert "**Since:** torch 2.13.0 at the latest." in page.partition("### `this …`")[2].partition("###")[0]
    assert "**Since:** not measured." in errors_page(collected(), (), {}).partition("### `this …`")[2]


def test_lint_wants_advice_for_every_text_and_a_text_for_all_advice(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = [load_text(SPEC, "a/b.yaml", "spec/a/b.yaml", check_programs=False)]
    codes = ("messages", "message-unexplained", "explanation-unused")

    def found(whole: bool = True) -> list[str]:
        return [str(p) for p in lint(files, tmp_path, whole=whole) if p.code in codes]

    assert found() == []
    explanations_of(tmp_path, GOOD)
    said = found()
    assert len([p for p in said if "message-unexplained" in p]) == 6
    assert any(p.startswith("spec/a/b.yaml:16:") and "`one row`" in p for p in said)
    (unused,) = [p for p in said if "explanation-unused" in p]
    assert unused.startswith("messages.yaml:2:5") and "`no f`" in unused
    assert not any("explanation-unused" in p for p in found(whole=False))
    (tmp_path / "messages.yaml").write_text("messages: 1\n")
    assert len(found()) == 1


def test_the_projects_page_is_current():
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    messages = collect(load(None, check_programs=False))
    made = errors_page(messages, load_explanations(), {})
    assert _without_measurements(page) == _without_measurements(made), (
        "run `torch-conformance errors --out docs/errors.md`"
    )


def _without_measurements(page: str) -> str:
    page = re.sub(r"\nMeasured on torch .*\n", "", page)
    return re.sub(r"\*\*Since:\*\* (not measured|torch [0-9.]+ (or before|at the latest))\.", "", page)
