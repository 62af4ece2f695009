"""What several commands share: finding specs and targets, and the options' declarations."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from conformance import paths
from conformance.exceptions import UsageError
from conformance.load import instances, load, select
from conformance.load.model import Instance, SpecFile

DEFAULT_TARGETS = ("torch:cpu", "torch:cuda", "reference:cpu", "reference:cuda")
OPTIONAL_TARGETS = frozenset({"torch:cuda"})
"""Of the default targets, those that may be absent: not every machine has a GPU."""

What = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PATH|ID]...", help="Spec files, folders or case ids. Default: every spec."),
]
Target = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        "-t",
        metavar="ENGINE:DEVICE",
        help="A target to run on; repeat for several. Named ones must be able to run (else exit code 3). "
        "Default: torch:cpu, reference:cpu, reference:cuda, and torch:cuda where a GPU is.",
    ),
]
Expression = Annotated[
    str | None,
    typer.Option("-k", metavar="EXPR", help="Only cases whose id matches, as in pytest: 'retain and not cuda'."),
]
Jobs = Annotated[int, typer.Option("-j", "--jobs", min=1, max=256, help="Warm worker processes per target.")]
Timeout = Annotated[
    float,
    typer.Option("--timeout", min=0.05, metavar="SECONDS", help="Time limit of one case, enforced by a kill."),
]
Memory = Annotated[int, typer.Option("--memory", min=64, metavar="MIB", help="Memory that one case may take, in MiB.")]


def load_selected(
    what: Sequence[str] | None,
    expression: str | None = None,
    *,
    root: Path | None = None,
    on_file: Callable[[SpecFile], None] | None = None,
) -> tuple[tuple[SpecFile, ...], tuple[Instance, ...]]:
    """Load what the arguments name and pick the instances they select.

    An argument with `::` is an id (`backward/retain_graph::case`, also with `spec/` and `.yaml` as
    pytest prints it); anything else is a path. `on_file` is given each valid file, as in `load`. Raises
    SpecError or UsageError.
    """
    root = root or paths.spec_root()
    files: list[Path] = []
    ids: list[str] = []
    for item in what or ():
        if "::" in item:
            name, case = item.split("::", 1)
            file, name = _file_of_id(name, root)
            files.append(file)
            ids.append(f"{name}::{case}")
        else:
            path = Path(item)
            if not path.exists():
                raise UsageError(f"{item}: no such spec file or folder; a case id has the form PATH::CASE")
            files.append(path)
    loaded = load(list(dict.fromkeys(files)) or None, root, on_file=on_file)
    everything = tuple(i for file in loaded for i in instances(file))
    whole = {p.resolve() for item, p in zip(what or (), files, strict=True) if "::" not in item}
    if ids:
        from_paths = load(sorted(whole), root) if whole else ()
        wanted = {i.id for file in from_paths for i in instances(file)}
        picked = {i.id for i in select(everything, ids, None)} | wanted
        everything = tuple(i for i in everything if i.id in picked)
    if expression:
        everything = tuple(select(everything, None, expression))
        if not everything:
            raise UsageError(f"-k {expression!r} matches no case; `torch-conformance list` shows the ids")
    used = {i.path for i in everything}
    return tuple(f for f in loaded if f.path in used), everything


def _file_of_id(name: str, root: Path) -> tuple[Path, str]:
    """(spec file, the id's file half) of an id's first half, which may be written as a path."""
    bare = name.removesuffix(".yaml")
    inside = root / f"{bare}.yaml"
    if inside.is_file():
        return inside, bare
    written = Path(f"{bare}.yaml")
    if written.is_file():
        try:
            return written, written.resolve().relative_to(root.resolve()).with_suffix("").as_posix()
        except ValueError:
            return written, written.stem
    raise UsageError(f"{name}: no spec file {bare}.yaml; `torch-conformance list` shows the ids")


def choose_targets(named: Sequence[str] | None) -> tuple[tuple[str, ...], frozenset[str]]:
    """(targets to run, those of them that must be able to run)."""
    if named:
        unique = tuple(dict.fromkeys(named))
        return unique, frozenset(unique)
    return DEFAULT_TARGETS, frozenset(DEFAULT_TARGETS) - OPTIONAL_TARGETS


def on_github() -> bool:
    """Whether a GitHub workflow is reading our output."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def say(text: str) -> None:
    """Print text that may come from a spec or an engine: control characters are shown, never sent."""
    from conformance.report.escape import visible

    for line in text.splitlines():
        typer.echo(visible(line))
