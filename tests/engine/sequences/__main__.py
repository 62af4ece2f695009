"""``python -m tests.engine.sequences [-n COUNT] [--seed N]``: programs about which torch and the engine differ."""

from __future__ import annotations

import argparse
import re
import sys

from .differing import described
from .players import Player
from .searching import drawn, findings

_NUMBERS = re.compile(r"(?<=\bv)\d+")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.engine.sequences", description=__doc__)
    parser.add_argument("-n", type=int, default=2000, help="how many programs (2000)")
    parser.add_argument("--seed", type=int, default=0, help="which programs (0)")
    parser.add_argument("--most", type=int, default=20, help="stop after so many differences (20)")
    asked = parser.parse_args()
    played = differing = 0

    def tell() -> None:
        nonlocal played
        played += 1

    shown = set()
    with Player("torch") as wanted, Player("reference") as found:
        for program, look_often, one in findings(wanted, found, drawn(asked.n, asked.seed), tell):
            cause = (one.kind, _NUMBERS.sub("", program[one.statement]))
            if cause in shown:
                continue
            shown.add(cause)
            differing += 1
            print(f"{described(program, look_often, one)}\n", flush=True)
            if differing == asked.most:
                break
        lost = wanted.lost
    print(f"{played} programs, {differing} differences; torch crashed {lost} times")
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main())
