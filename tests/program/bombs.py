"""Programs that only limits end: `BOMBS`, from `tables/bombs.txt`, which explains the words of `ends`."""

from __future__ import annotations

from typing import NamedTuple

from tests.program.tables import table


class Bomb(NamedTuple):
    """A name, what ends it ("time", "memory" or "any"), the program."""

    name: str
    ends: str
    text: str


BOMBS = [Bomb(*entry) for entry in table("bombs")]
