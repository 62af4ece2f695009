"""`docs show`, `docs coverage`, `docs list`, `docs drift`, `docs update`: torch's documentation against the cases."""

from __future__ import annotations

import difflib
import shutil
import textwrap
from typing import Annotated

import typer

from conformance import paths
from conformance.cli import common
from conformance.exceptions import UsageError

app = typer.Typer(
    name="docs",
    help="Statements of torch's documentation, and the cases that prove them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Python = Annotated[
    str | None,
    typer.Option("--python", metavar="PATH", help="Read the torch of this interpreter instead of the installed one."),
]


def register(parent: typer.Typer) -> None:
    parent.add_typer(app)


def _ledger():
    from conformance.docs.ledger import load_areas

    areas = load_areas()
    if not areas:
        raise UsageError("no ledger of documentation in spec/sources/torch/")
    return areas


def _cases():
    from conformance.docs.coverage import citing
    from conformance.load import load

    return citing(load(None, check_programs=False))


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="SYMBOL|PAGE|ID", help="torch.Tensor.backward, notes/autograd, …#3")],
    python: Python = None,
    uncovered: Annotated[bool, typer.Option("--uncovered", help="Only what no case proves yet.")] = False,
) -> int:
    """Print a symbol's real sentences beside their numbers, fingerprints, kinds and cases.

    SYMBOL may end in `.*` for everything below it. The sentences come from the installed torch; what the
    ledger has and that torch has not is said.
    """
    from conformance.docs.installed import read_installed
    from conformance.docs.ledger import PROVEN_KINDS

    areas, cases = _ledger(), _cases()
    wanted, _, only = name.partition("#")
    entries = [e for a in areas.values() for e in a.entries() if _matches(e.owner, wanted) and only in ("", e.key)]
    if not entries:
        owners = sorted({e.owner for a in areas.values() for e in a.entries()})
        near = difflib.get_close_matches(wanted, owners, n=1, cutoff=0.6)
        raise UsageError(f"{name}: not in the ledger{f'; did you mean {near[0]}?' if near else ''}")
    told = read_installed(areas, python) if any(e.fingerprint for e in entries) else None
    owner = None
    for entry in entries:
        proving = [case.id for case in cases.get(entry.id, ())]
        if uncovered and (proving or entry.kind not in PROVEN_KINDS):
            continue
        if entry.owner != owner:
            owner = entry.owner
            typer.echo(f"{owner}" + (f"  (torch {told.torch})" if told and entry.fingerprint else ""))
        statement = None
        if told and entry.owner in told.symbols:
            found = {s.fingerprint: s for s in told.symbols[entry.owner].statements}
            statement = found.get(entry.fingerprint or "")
        _print(entry, statement, proving)
    return 0


def _matches(owner: str, wanted: str) -> bool:
    return owner.startswith(wanted[:-1]) if wanted.endswith(".*") else owner == wanted


def _print(entry, statement, proving: list[str]) -> None:
    width = min(shutil.get_terminal_size((110, 24)).columns, 120)
    place = f"  [{statement.place}]" if statement and statement.place else ""
    reason = f": {entry.reason}" if entry.reason else ""
    common.say(f"  #{entry.key}  {entry.fingerprint or ''}  {entry.kind}{reason}{place}".replace("    ", "  "))
    text = entry.rule or (statement.text if statement else "(this torch does not say it in these words)")
    lines = text.splitlines() if statement and statement.form == "code" else textwrap.wrap(text, width - 6)
    for line in lines:
        common.say(f"      {line}")
    for case in proving:
        common.say(f"      -> {case}")


@app.command()
def coverage(
    area: Annotated[str | None, typer.Argument(metavar="[AREA]", help="Count the symbols of one area.")] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Let no area have more uncovered statements than now.")
    ] = False,
) -> int:
    """Count proven statements: covered of normative for each area, or for each symbol of one area."""
    from conformance.docs.coverage import by_area, by_owner, total
    from conformance.docs.update import write_allowances

    areas, cases = _ledger(), _cases()
    if area is not None and area not in areas:
        raise UsageError(f"{area}: no such area; there are {', '.join(sorted(areas))}")
    counts = by_area(areas, cases) if area is None else by_owner(areas[area], cases)
    width = max((len(c.name) for c in counts), default=4) + 2
    typer.echo(f"{'':<{width}}covered  normative        untestable  informative  unsorted")
    for c in [*counts, total(counts)]:
        share = f"{100 * c.covered / c.normative:.1f}%" if c.normative else ""
        typer.echo(
            f"{c.name:<{width}}{c.covered:>7}  {c.normative:>9}  {share:>6}{c.untestable:>10}"
            f"{c.informative:>13}{c.unsorted:>10}"
        )
    if write:
        write_allowances({c.name: c.uncovered for c in by_area(areas, cases)})
        typer.echo("coverage.yaml written")
    return 0


@app.command(name="list")
def list_statements(
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="contradicted, untestable, normative, …")],
    area: Annotated[str | None, typer.Argument(metavar="[AREA]", help="One area only.")] = None,
) -> int:
    """List the statements of a kind with what was said of them, and the cases; under `untestable` reason by reason."""
    from conformance.docs.ledger import KINDS
    from conformance.load.report import meant

    areas, cases = _ledger(), _cases()
    if kind not in KINDS:
        raise UsageError(f"{kind}: no such kind; {meant(kind, KINDS)}")
    if area is not None and area not in areas:
        raise UsageError(f"{area}: no such area; there are {', '.join(sorted(areas))}")
    reasons: dict[str, list] = {}
    for name in sorted(areas) if area is None else (area,):
        for entry in areas[name].entries():
            if entry.kind == kind:
                reasons.setdefault(entry.reason or "", []).append(entry)
    for reason, entries in sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0])):
        if reason:
            common.say(f"{len(entries)}: {reason}")
        for entry in entries:
            common.say(f"  {entry.id}{f': {entry.rule}' if entry.rule else ''}")
            for case in cases.get(entry.id, ()):
                common.say(f"    -> {case.id}")
    typer.echo(f"{sum(map(len, reasons.values()))} {kind} statements")
    return 0


@app.command()
def drift(
    python: Python = None,
    summary: Annotated[bool, typer.Option("--summary", help="Counts only.")] = False,
) -> int:
    """List statements that vanished, appeared or were reworded, and the cases citing them. Exit code 1 if any.

    Compares the documentation of another interpreter's torch (--python), or of the installed torch after an
    upgrade, with the ledger.
    """
    from conformance.docs.drift import drift as drifted
    from conformance.docs.installed import read_installed

    areas, cases = _ledger(), _cases()
    release = next(a.torch for a in areas.values() if a.symbols)
    theirs = read_installed(areas, python)
    ours = theirs if python is None else read_installed(areas)
    moved = drifted(areas, theirs, ours if ours.torch == release else None, cases)
    if not summary:
        for one in moved:
            _print_moved(one)
    counts = {what: sum(m.what == what for m in moved) for what in ("vanished", "appeared", "reworded")}
    concerned = {case for m in moved for case in m.cases}
    told = ", ".join(f"{number} {what}" for what, number in counts.items())
    typer.echo(f"torch {theirs.torch} against the ledger of {release}: {told}; {len(concerned)} cases cite them")
    return 1 if moved else 0


def _print_moved(one) -> None:
    common.say(f"{one.what} {one.id}{f' ({one.kind})' if one.kind else ''}")
    for sign, text in (("-", one.before), ("+", one.after)):
        for line in textwrap.wrap(text, 100) if text else ():
            common.say(f"    {sign} {line}")
    for case in one.cases:
        common.say(f"    -> {case}")


@app.command()
def update(python: Python = None) -> int:
    """Bring the ledger up to the installed torch. New and reworded statements become `unsorted`.

    Decisions stay with their statements, by fingerprint; numbers are never used again. lint refuses a
    ledger that holds unsorted statements. Exit code 1 if there is something to sort.
    """
    from conformance.docs.installed import read_installed
    from conformance.docs.update import updated, write

    areas = _ledger()
    told = read_installed(areas, python)
    for name in told.missing:
        typer.echo(f"torch {told.torch} has no {name}", err=True)
    waiting = 0
    for area in areas.values():
        if not (area.scope or area.mentions):
            continue
        fresh, changes = updated(area, told)
        if fresh != area:
            write(fresh)
        waiting += sum(e.kind == "unsorted" for e in fresh.entries())
        for what, ids in (("new", changes.added), ("reworded", changes.reworded), ("withdrawn", changes.withdrawn)):
            if ids:
                listed = ", ".join(ids[:5]) + (", …" if len(ids) > 5 else "")
                typer.echo(f"{area.name}: {len(ids)} {what}: {listed}")
    typer.echo(f"{waiting} statements wait to be sorted; {paths.shown(paths.spec_root() / 'sources' / 'torch')}")
    return 1 if waiting else 0
