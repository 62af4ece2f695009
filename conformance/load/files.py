"""From paths to loaded spec files: which files a folder holds, and what their ids begin with."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from conformance import paths as project
from conformance.exceptions import Problem, SpecError, UsageError
from conformance.load.build import build
from conformance.load.model import SpecFile
from conformance.load.report import printable, quoted
from conformance.load.yaml_nodes import read_text

NOT_SPECS = ("surface.yaml", "messages.yaml", "schema.json")
"""Files of a spec folder that hold no cases."""
SOURCES = "sources"
"""Its folder of ledgers and page lists."""
MANY_OBJECTS = 20_000
"""So many objects made by loading are a whole suite, which lives as long as its process."""


def holds_cases(file: Path, root: Path) -> bool:
    """Whether `file`, which lies below the spec folder `root`, is a spec file by its place and name."""
    parts = file.relative_to(root).parts
    return not (parts[0] == SOURCES and len(parts) > 1) and not (file.name in NOT_SPECS and len(parts) == 1)


@contextmanager
def _without_collections() -> Iterator[None]:
    """Loading makes many objects that stay and no garbage: looking for cycles among them is a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] > MANY_OBJECTS:
            gc.freeze()
        if collecting:
            gc.enable()


@_without_collections()
def load(
    paths: Sequence[Path] | None = None,
    root: Path | None = None,
    *,
    check_programs: bool = True,
    on_file: Callable[[SpecFile], None] | None = None,
) -> tuple[SpecFile, ...]:
    """Load spec files and folders; all of the spec folder `root` where `paths` is None.

    A path below `root` (default: the project's `spec/`) has ids relative to it. Any other folder is a
    spec folder of its own, any other file has its name alone. With `check_programs` the programs are
    checked against the surface as well. `on_file` is given each file that is valid in itself as soon as it is
    read: what it sets off must not run anything, for a later file may not be valid.

    Raises UsageError for a path that does not exist or holds no spec, and one SpecError with all problems
    of all files otherwise.
    """
    root = (root or project.spec_root()).resolve()
    problems: list[Problem] = []
    loaded: list[SpecFile] = []
    for file, name in _files([root] if paths is None else paths, root, problems):
        shown = printable(project.shown(file))
        try:
            spec = load_text(read_text(file, shown), name, shown, check_programs=check_programs)
        except SpecError as error:
            problems += error.problems
            continue
        loaded.append(spec)
        if on_file is not None and not problems:
            on_file(spec)
    problems += same_ids(loaded)
    if problems:
        raise SpecError(problems)
    return tuple(loaded)


def load_text(text: str, path: str, shown: str, *, check_programs: bool = True) -> SpecFile:
    """Load one spec file from its text.

    `path` is the file's half of the ids, relative to its spec folder and with its suffix; `shown` is
    printed before the line. Raises SpecError with every problem of the file.
    """
    spec = build(text, path, shown)
    if check_programs:
        from conformance.program import check_file  # a results file is judged again without it

        problems = check_file(spec)
        if problems:
            raise SpecError(problems)
    return spec


def same_ids(files: Sequence[SpecFile]) -> list[Problem]:
    """A problem for each file whose ids another file has already: results are kept by id."""
    first: dict[str, SpecFile] = {}
    problems = []
    for file in files:
        other = first.setdefault(file.path, file)
        if other is not file:
            what = f"its cases have the ids of {other.shown}"
            problems.append(Problem(file.shown, 1, 1, "same-ids", what, "rename the file, or load them apart"))
    return problems


def _files(given: Sequence[Path], root: Path, problems: list[Problem]) -> Iterator[tuple[Path, str]]:
    """The spec files below the paths, sorted within each, with the path that their ids begin with."""
    seen: set[Path] = set()
    for path in given:
        start = Path(path).resolve()
        if not start.exists():
            raise UsageError(f"{printable(str(path))}: no such spec file or folder")
        base = root if start.is_relative_to(root) else start if start.is_dir() else start.parent
        found = sorted(_walk(start, base, problems)) if start.is_dir() else [start]
        if not start.is_dir() and start.suffix != ".yaml":
            raise UsageError(f"{printable(str(path))}: not a spec file; spec files end in .yaml")
        if not found and not problems and start != root:
            raise UsageError(f"{printable(str(path))}: no spec file in this folder; spec files end in .yaml")
        for file in found:
            if file not in seen:
                seen.add(file)
                yield file, file.relative_to(base).as_posix()


def _walk(folder: Path, base: Path, problems: list[Problem]) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        at = Path(here)
        folders[:] = [f for f in folders if f[0] not in "._" and not (f == SOURCES and at == base)]
        for name in names:
            if name.startswith(".") or not holds_cases(at / name, base):
                continue
            if name.endswith(".yaml"):
                yield at / name
            elif name.lower().endswith((".yml", ".yaml")):
                shown = printable(project.shown(at / name))
                what = f"{quoted(name)} would be passed over"
                problems.append(Problem(shown, 1, 1, "file-name", what, "let its name end in `.yaml`"))
