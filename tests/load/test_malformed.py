"""Malformed files: each gives its lines, whole and exact, and nothing else happens."""

from __future__ import annotations

import pytest

from conformance.exceptions import SpecError
from conformance.load import limits, load_text
from conformance.load.report import printable
from conformance.load.yaml_nodes import decode
from tests.load.tables import malformed

GOOD = "cases: [{case: a, steps: [{run: x}]}]\n"


def problems(text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        load_text(text, "bad.yaml", "bad.yaml", check_programs=False)
    lines = str(caught.value).split("\n")
    assert all(line == printable(line) for line in lines)
    assert caught.value.exit_code == 2
    return [line.removeprefix("bad.yaml:") for line in lines]


@pytest.mark.parametrize("entry", malformed(), ids=lambda entry: entry.name.replace(" ", "-"))
def test_a_malformed_file_gives_these_lines(entry):
    assert problems(entry.text) == entry.problems


def test_there_are_enough_of_them_and_none_twice():
    entries = malformed()
    assert len(entries) >= 200
    assert len({entry.name for entry in entries}) == len(entries)
    assert len({entry.text for entry in entries}) == len(entries)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"title: \xff\n", "1:8: encoding: byte 0xff is not UTF-8; save the file as UTF-8"),
        (b"title: a\r\ncases: \xc3(\r\n", "2:8: encoding: byte 0xc3 is not UTF-8; save the file as UTF-8"),
        (
            "title: é€".encode() + b"\xe2\x82",
            "1:10: encoding: byte 0xe2 is not UTF-8; save the file as UTF-8",
        ),
        ("title: a\n".encode("utf-16"), "1:1: encoding: the file is UTF-16; save it as UTF-8"),
        (b"\xfe\xff\x00t", "1:1: encoding: the file is UTF-16; save it as UTF-8"),
        (
            b" " * (limits.FILE_BYTES + 1),
            "1:1: file-size: the file has more than 1048576 bytes; split it into several files",
        ),
    ],
    ids=["latin-1", "after-crlf", "cut-off", "utf-16-le", "utf-16-be", "huge"],
)
def test_bytes_that_are_no_text(data, line):
    with pytest.raises(SpecError) as caught:
        decode(data, "bad.yaml")
    assert str(caught.value) == f"bad.yaml:{line}"


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\0", "U+0000"),
        ("\x07", "U+0007"),
        ("\x0b", "U+000B"),
        ("\x1b", "U+001B"),
        ("\x7f", "U+007F"),
        ("\x85", "U+0085"),
        ("\u2028", "U+2028"),
        ("\u202e", "U+202E"),
        ("\u2066", "U+2066"),
        ("\ud800", "U+D800"),
        ("\ufeff", "U+FEFF"),
        ("\uffff", "U+FFFF"),
    ],
)
def test_a_character_that_hides(character, name):
    mend = "remove it; in double quotes an escape such as `\\x07` stands for it"
    expected = f"2:9: character: the character {name} may not stand in a spec; {mend}"
    assert problems(f"title: a\nlevel: m{character}ust\n{GOOD}") == [expected]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "], ids=["list", "mapping", "block"])
@pytest.mark.parametrize("times", [limits.DEPTH, 5_000, 100_000])
def test_deep_nesting_ends_early(opening, times):
    (line,) = problems(f"cases: {'' if opening != '- ' else chr(10)}{opening * times}")
    assert line.endswith("depth: more than 32 lists and mappings inside one another; flatten it")


def test_more_characters_than_a_file_may_have():
    (line,) = problems("#" * (limits.FILE_BYTES + 1))
    assert line == "1:1: file-size: more than 1048576 characters; split it into several files"


@pytest.mark.parametrize(
    "number",
    ["1" * 321, "0x" + "f" * 319, "0." + "1" * 319, "-" + "9" * 5000],
    ids=["int", "hex", "float", "very-long"],
)
def test_a_number_too_long_to_read(number):
    (line,) = problems(f"cases: [{{case: a, rows: [{{n: {number}}}], steps: [{{run: x}}]}}]")
    mend = "write `.inf`, a shorter number, or quote it as text"
    assert line == f"1:30: number: a number of {len(number)} characters; {mend}"


def test_a_file_full_of_mistakes_is_cut_off():
    lines = problems("".join(f"key{n}: 1\n" for n in range(500)) + GOOD)
    assert len(lines) == limits.PROBLEMS + 1
    assert lines[-1] == "100:1: too-many: the rest of the file was not read"


def test_quoted_text_stays_on_one_short_line():
    (line,) = problems('"\\e[31m' + "x" * 500 + '\\n\\u202e": 1\n' + GOOD)
    assert len(line) < 250
    assert "`\\x1b[31mxxx" in line
