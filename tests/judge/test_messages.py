"""Message patterns: folding, `...`, `{dots}`, device parts."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance.judge.messages import first_difference, fold, for_device, matches, mismatch, pieces

FIT = [
    ("", ""),
    ("abc", "abc"),
    ("a b", "a  \n\t b"),
    (" a   b ", "a b"),
    ("...", ""),
    ("...", "anything\nat all"),
    ("a ...", "a"),
    ("a ...", "a long tail"),
    ("a...", "abc"),
    ("... z", "from a to z"),
    ("a ... z", "az"),
    ("a ... z", "a to z"),
    ("a ... m ... z", "a, then m, then m, then z"),
    ("Expected {dots}", "Expected ..."),
    ("a{dots}b", "a...b"),
    ("{dots}...", "... and so on"),
    ("a.b", "a.b"),
    ("f(x) [1] *?", "f(x) [1] *?"),
    ("at version 1; ... instead", "at version 1; expected version 0 instead"),
]
MISFIT = [
    ("abc", "abcd"),
    ("abc", "xabc"),
    ("abc", "ABC"),
    ("a b", "ab"),
    ("ab", "a b"),
    ("", "a"),
    ("a ...", "ba"),
    ("... z", "z to a"),
    ("a ... z", "a to y"),
    ("ab ... ba", "aba"),
    ("a ... m ... z", "a, then z"),
    ("a ... m ... m ... z", "a m z"),
    ("{dots}", "anything"),
    ("a.b", "axb"),
    (".*", "anything"),
]


@pytest.mark.parametrize(("pattern", "message"), FIT)
def test_fit(pattern, message):
    assert matches(pattern, message)


@pytest.mark.parametrize(("pattern", "message"), MISFIT)
def test_misfit(pattern, message):
    assert not matches(pattern, message)


PARTS = st.text(st.sampled_from("ab .{}*\n"), max_size=6)


@settings(deadline=None)
@given(st.lists(PARTS | st.just("..."), max_size=6).map("".join), PARTS | st.text("ab. ", max_size=20))
@example("a...a", "a")
@example("....", ".")
def test_patterns_mean_what_a_regular_expression_says(pattern, message):
    """The matcher never backtracks; a regular expression of the same meaning does."""
    parts = [re.escape(fold(part).replace("{dots}", "...")) for part in pattern.split("...")]
    assert matches(pattern, message) == bool(re.fullmatch(".*".join(parts), fold(message), re.DOTALL))


@settings(deadline=None)
@given(st.text(max_size=30))
def test_every_message_fits_itself_once_its_dots_are_named(message):
    if "{dots}" not in message:
        assert matches(message.replace("...", "{dots}"), message)


def test_many_gaps_take_no_time():
    assert not matches("a ... " * 500 + "b", "a " * 5000)


@pytest.mark.parametrize(
    ("pattern", "message", "place"),
    [
        ("abc", "abd", 2),
        ("abc", "ab", 2),
        ("ab ... cd", "ax", 1),
        ("ab ... cd ... ef", "ab cx", 2),
        ("ab ... cd", "ab  ce", 2),
    ],
)
def test_where_a_message_stops_fitting(pattern, message, place):
    assert mismatch(pattern, message) == place


def test_pieces_keep_named_dots():
    assert pieces("a {dots} ...  b") == ("a ...", "b")


@pytest.mark.parametrize(
    ("text", "cpu", "cuda", "xpu"),
    [
        ("plain", "plain", "plain", "plain"),
        ("torch.{cuda:cuda.}FloatTensor", "torch.FloatTensor", "torch.cuda.FloatTensor", "torch.FloatTensor"),
        ("{cpu:host}{cuda:device}", "host", "device", ""),
        ("x{cuda:, device='cuda:0'})", "x)", "x, device='cuda:0')", "x)"),
        ("{cuda:a}{cuda:b}", "", "ab", ""),
        ("{other:x} {cuda}", "{other:x} {cuda}", "{other:x} {cuda}", "{other:x} {cuda}"),
    ],
)
def test_parts_for_one_device(text, cpu, cuda, xpu):
    assert [for_device(text, device) for device in ("cpu", "cuda", "xpu")] == [cpu, cuda, xpu]


def test_first_difference_quotes_both_sides():
    assert first_difference("tensor([1.])", "tensor([2.])") == "differs at character 9: '1.])', expected '2.])'"
