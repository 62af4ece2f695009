"""Escaping, format by format."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from conformance.report import escape
from tests.report.sample import HOSTILE

ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.sampled_from(HOSTILE)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ünïcode → 日本語 🙂\n\tindented", "plain, ünïcode → 日本語 🙂\n\tindented"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\rb\x00c\x7f\x9b", "a\\x0db\\x00c\\x7f\\x9b"),
        ("\u202eabc\u2066", "\\u202eabc\\u2066"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("\u2028\u2029\ufffe\uffff", "\\u2028\\u2029\\ufffe\\uffff"),
    ],
)
def test_hidden_characters_become_escapes(text: str, shown: str) -> None:
    assert escape.visible(text) == shown


@given(ANY_TEXT)
def test_visible_text_is_encodable_and_stays_as_it_is(text: str) -> None:
    shown = escape.visible(text)
    shown.encode()
    assert escape.visible(shown) == shown
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


@given(ANY_TEXT)
def test_one_line_is_one_line(text: str) -> None:
    assert len(escape.one_line(text).splitlines()) <= 1
    assert len(escape.one_line(text, 10)) <= 10


def _leaves(source: str) -> list[tuple[str, str]]:
    """(token type, content) of the inline tokens of a paragraph."""
    tokens = MarkdownIt("commonmark").enable("table").parse(f"x {source}")
    assert [t.type for t in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    return [(leaf.type, leaf.content) for leaf in tokens[1].children or ()]


@given(ANY_TEXT)
def test_markdown_words_are_text_only(text: str) -> None:
    leaves = _leaves(escape.markdown(text))
    assert {kind for kind, _ in leaves} <= {"text", "html_inline", "text_special"}
    assert all(content == "<!-- -->" for kind, content in leaves if kind == "html_inline")
    shown = "".join(content for kind, content in leaves if kind != "html_inline")
    assert shown.removeprefix("x").strip() == escape.one_line(text).strip()


@pytest.mark.parametrize("text", ["@user", "see #12", "GH-3", "https://x.org", "www.x.org"])
def test_markdown_words_are_not_linked_afterwards(text: str) -> None:
    assert re.search(r"@(?=\w)|#(?=\d)|GH-(?=\d)|https?://|www\.", escape.markdown(text)) is None


@pytest.mark.parametrize("text", ["- a", "+ a", "1. a", "12) a", "---", "===", "# a", "> a", "* a"])
def test_markdown_words_begin_no_block(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(f"- {escape.markdown(text)}")
    assert [t.type for t in tokens if t.type.endswith("_open")] == [
        "bullet_list_open",
        "list_item_open",
        "paragraph_open",
    ]


@given(ANY_TEXT)
def test_markdown_code_shows_the_text(text: str) -> None:
    leaves = [leaf for leaf in _leaves(escape.markdown_code(text)) if leaf[0] != "text"]
    wanted = escape.one_line(text)
    assert [kind for kind, _ in leaves] == ["code_inline"]
    assert leaves[0][1].strip() == wanted.strip()


@given(ANY_TEXT)
def test_markdown_code_stays_in_its_table_cell(text: str) -> None:
    cell = escape.markdown_code(text, in_table=True)
    tokens = MarkdownIt("commonmark").enable("table").parse(f"| a | b |\n| - | - |\n| {cell} | z |")
    cells = [t.content for t in tokens if t.type == "inline"]
    assert len(cells) == 4
    assert cells[3] == "z"


@given(ANY_TEXT, ANY_TEXT)
def test_workflow_command_is_one_line_and_one_command(title: str, message: str) -> None:
    from conformance.report.github import annotation

    line = annotation("error", title, 3, title, message)
    head = re.fullmatch(r"::error file=([^,:]*),line=3,title=([^,:]*)::([^\r\n]*)", line)
    assert head, line
    undone = head.group(3).replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
    assert undone == escape.visible(message)


@given(ANY_TEXT)
def test_script_json_cannot_leave_its_element(text: str) -> None:
    shown = escape.script_json({"text": escape.visible(text)})
    assert not set("<>&") & set(shown)
    assert json.loads(shown)["text"] == escape.visible(text)


def test_markdown_prose_shows_code_as_code() -> None:
    shown = escape.markdown_prose("Set `x.grad = None` and *leave* `a_b`")
    assert shown == "Set `x.grad = None` and \\*leave\\* `a_b`"
    leaves = _leaves(shown)
    assert [leaf[1] for leaf in leaves if leaf[0] == "code_inline"] == ["x.grad = None", "a_b"]
    assert escape.markdown_prose("one ` alone") == "one \\` alone"
