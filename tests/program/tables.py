"""The tables of programs: text files for what is written, this module for what is too big to write.

Each entry of a file begins with `=== name: note`; lines before the first entry and between groups that
begin with `#` are for the reader.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "tables"


class Entry(NamedTuple):
    """One program: its name, what the file says about it, its text."""

    name: str
    note: str
    text: str


def table(name: str) -> list[Entry]:
    """The entries of `tables/NAME.txt`."""
    entries = []
    for part in ("\n" + (FOLDER / f"{name}.txt").read_text(encoding="utf-8")).split("\n=== ")[1:]:
        head, _, text = part.partition("\n")
        text = text.split("\n# --- ")[0].strip("\n")
        entries.append(Entry(*(piece.strip() for piece in (head + ":").split(":", 1)), text))
    return [entry._replace(note=entry.note.removesuffix(":").strip()) for entry in entries]


def stairs(word: str, size: int) -> str:
    """Blocks in blocks."""
    return "".join("    " * i + f"{word.format(i)}:\n" for i in range(size)) + "    " * size + "pass"


# Too big, or not to be written in a text file.
GENERATED = [
    Entry("null-byte", "syntax", "x = 1\0"),
    Entry("huge-text", "size", "x = '" + "a" * 9000 + "'"),
    Entry("huge-source", "size", "x = 1\n" * 9000),
    Entry("deep-parentheses", "syntax", "x = " + "(" * 300 + "1" + ")" * 300),
    Entry("deep-lists", "size", "x = " + "[" * 60 + "1" + "]" * 60),
    Entry("deep-calls", "size", "f = print\n" + "f(" * 60 + "1" + ")" * 60),
    Entry("deep-attributes", "size", "x = torch.ones(1)\nx" + ".grad" * 60),
    Entry("deep-subscripts", "size", "x = [1]\nx" + "[0]" * 60),
    Entry("deep-unary", "size", "x = " + "-" * 60 + "1"),
    Entry("deep-not", "size", "x = " + "not " * 60 + "1"),
    Entry("deep-binary", "size", "x = " + "1 + " * 60 + "1"),
    Entry("deep-power", "size", "x = " + "1 ** " * 60 + "1"),
    Entry("deep-lambda", "size", "x = " + "lambda: " * 60 + "1"),
    Entry("deep-conditional", "size", "x = " + "1 if 1 else " * 60 + "1"),
    Entry("deep-comprehension", "size", "x = " + "[" * 50 + "1" + " for i in [1]]" * 50),
    Entry("deep-targets", "size", "x = 1\n" + "[" * 50 + "x" + "]" * 50 + " = 1"),
    Entry("deep-target-attributes", "size", "x = torch.ones(1)\nx" + ".grad" * 60 + " = None"),
    Entry("deep-dicts", "size", "x = " + "{1: " * 60 + "1" + "}" * 60),
    Entry("deep-and", "size", "x = 1\n" + "x and not (" * 60 + "x" + ")" * 60),
    Entry("deep-slices", "size", "x = [1]\n" + "x[0:" * 60 + "1" + "]" * 60),
    Entry("very-deep-unary", "size", "x = " + "-" * 3000 + "1"),
    Entry("very-deep-attributes", "size", "x = torch.ones(1)\nx" + ".grad" * 2000),
    Entry("very-deep-binary", "size", "x = " + "1 + " * 3000 + "1"),
    Entry("deep-blocks", "size", stairs("if 1", 18)),
    Entry("deep-loops", "size", stairs("for i in [1]", 18)),
    Entry("deep-functions", "size", stairs("def f{}()", 18)),
    Entry("deep-with", "size", stairs("with torch.no_grad()", 18)),
]
LONG = "x = 1\nif x == 0:\n    pass\n" + "".join(f"elif x == {i}:\n    pass\n" for i in range(1, 30))
