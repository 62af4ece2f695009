"""`python -m tests.engine.differential.report [NAME …]`: run the catalogue and write docs/operations.md.

With names only those operations are run, with ``--missing`` those that the page lacks; the other rows stay.
"""

from __future__ import annotations

import sys

from .comparing import engines
from .families import catalogue
from .page import PAGE, line_of, read, write
from .running import run


def main(names: list[str]) -> int:
    operations = catalogue()
    kept, letters = read(PAGE.read_text()) if names and PAGE.exists() else ({}, {})
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
