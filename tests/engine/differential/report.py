"""`python -m tests.engine.differential.report [NAME …]`: run the catalogue and write docs/operations.md.

With names only those operations are run, with ``--missing`` those that the page lacks; the other rows stay.
``--settle`` runs none and takes out of the known differences those that the page does not show.
"""

from __future__ import annotations

import sys

from . import known
from .catalogue import ASPECTS
from .comparing import engines
from .families import catalogue
from .page import PAGE, line_of, read, write
from .running import run


def main(names: list[str]) -> int:
    operations = catalogue()
    kept, letters = read(PAGE.read_text()) if names and PAGE.exists() else ({}, {})
    if names == ["--settle"]:
        differing = {a: {n for n, line in kept.items() if a in line.differences} for a in ASPECTS}
        print(f"{known.FILE.name}: {known.keep(differing)} taken out")
        return 0
    wanted = [name for name in names if not name.startswith("--")]
    unknown = [name for name in wanted if name not in operations]
    if unknown:
        print(f"no operation is called {', '.join(unknown)}", file=sys.stderr)
        return 2
    lines = {}
    for name, operation in operations.items():
        keep = name in kept and name not in wanted
        lines[name] = kept[name] if keep else line_of(run(operation), letters)
    PAGE.write_text(write(operations, lines, letters, engines()[0].__version__))
    print(f"{PAGE.name}: {len(lines)} operations, {len(lines) - len(set(kept) & set(lines) - set(wanted))} of them run")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
