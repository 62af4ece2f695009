"""`list`, `explain`, `repro`, `schema`, `doctor`: the commands that show what there is."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import platform
import re
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from conformance import __version__, paths
from conformance.cli import common
from conformance.exceptions import ConformanceError, UsageError


def register(app: typer.Typer) -> None:
    app.command(name="list")(list_cases)
    app.command()(new)
    app.command()(explain)
    app.command()(repro)
    app.command()(schema)
    app.command()(doctor)


def list_cases(
    what: common.What = None,
    expression: common.Expression = None,
    targets: Annotated[bool, typer.Option("--targets", help="List the known engines instead.")] = False,
    features: Annotated[bool, typer.Option("--features", help="List the features that `needs` may name.")] = False,
    titles: Annotated[bool, typer.Option("--titles", help="Print each case's title after its id.")] = False,
    surface: Annotated[
        str | None,
        typer.Option(
            "--surface",
            metavar="PROFILE",
            help="List what an engine must provide for a profile, and the profile's cases; `all` lists the profiles.",
        ),
    ] = None,
) -> int:
    """List case ids, one a line, as `run` and `repro` take them."""
    if surface is not None:
        _to_do(surface, what, expression)
        return 0
    if targets:
        from conformance.targets.registry import known_engines

        for name, where in sorted(known_engines().items()):
            typer.echo(f"{name}:DEVICE  {where}")
        return 0
    if features:
        from conformance.load.features import FEATURES

        width = max(map(len, FEATURES))
        for name, meaning in FEATURES.items():
            typer.echo(f"{name:<{width}}  {meaning}")
        return 0
    _, chosen = common.load_selected(what, expression)
    for instance in chosen:
        common.say(f"{instance.id}  {instance.case.title}" if titles else instance.id)
    return 0


def _to_do(name: str, what: list[str] | None, expression: str | None) -> None:
    """An engine author's to-do list: the names of a profile by area, and its cases."""
    from conformance.program.profiles import Profiles

    profiles = Profiles()
    known = [profile.name for profile in profiles.all]
    if name != "all" and name not in known:
        raise UsageError(f"no profile is called {name!r}; the profiles: {', '.join(known)}")
    files, chosen = common.load_selected(what, expression)
    wanted = {i.case.id for i in chosen}
    by_profile: dict[str, list] = {profile: [] for profile in known}
    for file in files:
        for case in file.cases:
            if case.id in wanted:
                by_profile[profiles.of(case)].append(case)
    width = max(map(len, known), default=0)
    if name == "all":
        for profile in profiles.all:
            typer.echo(f"{profile.name:<{width}}  {len(by_profile[profile.name]):>5} cases  {profile.about}")
        return
    (profile,) = [p for p in profiles.all if p.name == name]
    cases = by_profile[name]
    demanded = profiles.demanded(cases)
    typer.echo(f"# {name}: {profile.about}")
    typer.echo(f"# {len(cases)} cases use {len(demanded)} names; the number says how many cases use one.")
    abouts = dict(profiles.table.areas)
    mine = set(profile.areas)
    areas = sorted({entry.area for entry, _ in demanded}, key=lambda a: (a not in mine, list(abouts).index(a)))
    for area in areas:
        elsewhere = "" if area in mine else " (of another profile)"
        typer.echo(f"\n## {area}{elsewhere}: {abouts[area]}")
        for entry, count in sorted((d for d in demanded if d[0].area == area), key=lambda d: (-d[1], d[0].name)):
            shown = f"torch.{entry.name}" if entry.holder == "torch" else f"{entry.holder}.{entry.name}"
            typer.echo(f"{count:>5}  {shown}")
    typer.echo("\n## cases")
    for case in cases:
        common.say(f"       {case.id}")


def _one_instance(identifier: str):
    if "::" not in identifier:
        raise UsageError(f"{identifier}: a case id has the form PATH::CASE; `torch-conformance list` shows them")
    files, chosen = common.load_selected([identifier])
    return files[0], chosen


def new(
    snippet: Annotated[
        str, typer.Argument(metavar="[FILE]", help="A file with the snippet. Default: standard input.")
    ] = "-",
    name: Annotated[str, typer.Option("--name", help="The case's name, like leaf-stays-leaf.")] = "proposed-case",
    target: Annotated[str, typer.Option("--target", "-t", metavar="ENGINE:DEVICE")] = "torch:cpu",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Default: standard output.")] = None,
) -> int:
    """Propose a case: run a pasted snippet on torch and write down what happened, for review.

    Prompts and imports of torch are taken off; what the snippet prints becomes what is expected. Lint refuses
    the proposal until its titles are written anew.
    """
    from conformance.load.tables import CASE_ID
    from conformance.load.yaml_nodes import read_text
    from conformance.propose import propose

    if not re.fullmatch(CASE_ID, name):
        raise UsageError(f"{name!r} is no case name; write small letters, digits and `-`, like `leaf-stays-leaf`")
    if out is not None and out.exists():
        raise UsageError(f"{out} exists; proposals overwrite nothing")
    text = sys.stdin.read() if snippet == "-" else read_text(Path(snippet), snippet)
    proposed = propose(text, "<snippet>" if snippet == "-" else snippet, name, target)
    if out is None:
        common.say(proposed)
    else:
        out.write_text(proposed, encoding="utf-8")
        typer.echo(f"{out}: review it, then `torch-conformance lint` and `torch-conformance run {out}`")
    return 0


def explain(identifier: Annotated[str, typer.Argument(metavar="ID", help="A case id.")]) -> int:
    """Show a case: what it claims, its program, what must be seen, and what was last observed."""
    from conformance.report.explain import explain as explained
    from conformance.run.results import read_results

    file, chosen = _one_instance(identifier)
    latest = paths.reports_root() / "latest" / "results.jsonl"
    results = None
    if latest.is_file():
        try:
            results = read_results(latest)
        except ConformanceError as error:
            typer.echo(f"(no last results: {error})", err=True)
    for instance in chosen:
        common.say(explained(file, instance, results, paths.spec_root()))
    return 0


def repro(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="A case id.")],
    target: Annotated[str, typer.Option("--target", "-t", metavar="ENGINE:DEVICE")] = "torch:cpu",
) -> int:
    """Print the case as a short plain script that needs the engine alone, not this package."""
    from conformance.report.script import script

    _, chosen = _one_instance(identifier)
    if len(chosen) > 1:
        names = "\n  ".join(i.id for i in chosen)
        raise UsageError(f"{identifier} has {len(chosen)} instances; name one of\n  {names}")
    typer.echo(script(chosen[0], target), nl=False)
    return 0


def schema(
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Default: standard output.")] = None,
) -> int:
    """Print the JSON Schema of spec files, for completion and checks in an editor."""
    from conformance.load.schema import json_schema

    text = json.dumps(json_schema(), indent=2) + "\n"
    if out:
        out.write_text(text, encoding="utf-8")
    else:
        typer.echo(text, nl=False)
    return 0


def doctor() -> int:
    """Look at this machine: versions, specs, targets and why one cannot run. Exit code 3 if none can."""
    from conformance.load import instances, load
    from conformance.run.session import Session

    rows = [("torch-conformance", __version__), ("python", f"{sys.version.split()[0]} ({sys.executable})")]
    rows.append(("platform", platform.platform()))
    for package in ("numpy", "ml-dtypes", "PyYAML", "msgspec", "rich", "typer", "jinja2", "torch"):
        try:
            rows.append((package, importlib.metadata.version(package)))
        except importlib.metadata.PackageNotFoundError:
            rows.append((package, "not installed"))
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    rows.append(("browser", browser or "none found (only the report's own tests need one)"))
    rows.append(("project", str(paths.project_root())))
    try:
        files = load(None)
        count = sum(len(instances(f)) for f in files)
        rows.append(("specs", f"{len(files)} files, {count} cases"))
    except ConformanceError as error:
        rows.append(("specs", f"invalid: {str(error).splitlines()[0]}"))
    width = max(len(name) for name, _ in rows) + 2
    for name, value in rows:
        common.say(f"{name:<{width}}{value}")
    with Session(common.DEFAULT_TARGETS) as session:
        infos = session.probe()
    for info in infos:
        state = f"cannot run: {info.reason}" if info.state == "not-run" else f"runs, {info.engine} {info.version}"
        device = info.attestation.get("device_name")
        common.say(f"{info.name:<{width}}{state}{f' ({device})' if device else ''}")
    return 0 if any(i.state == "run" for i in infos) else 3
