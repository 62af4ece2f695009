"""`run` and `record`: the commands that start targets."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from conformance import paths
from conformance.cli import common
from conformance.exceptions import UsageError


def register(app: typer.Typer) -> None:
    app.command()(run)
    app.command()(record)


def run(
    what: common.What = None,
    target: common.Target = None,
    expression: common.Expression = None,
    jobs: common.Jobs = 1,
    timeout: common.Timeout = 10.0,
    memory: common.Memory = 2048,
    python: Annotated[
        list[str] | None,
        typer.Option(
            "--python",
            metavar="PATH",
            help="Run the named targets in this interpreter as well, shown as torch@VERSION:DEVICE; "
            "repeat for several.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Where the reports go (default reports/latest)."),
    ] = None,
) -> int:
    """Run specs on targets and write results.jsonl, report.md, report.html and junit.xml.

    Programs run in worker processes under a time and a memory limit; a crash costs one case. Exit code 0:
    all as expected; 1: something unexpected; 2: invalid specs or arguments; 3: a required target could not
    run; 130: interrupted, with what was finished written.
    """
    from conformance.gate.waivers import load_waivers
    from conformance.report.terminal import Progress
    from conformance.run.campaign import Campaign
    from conformance.run.recorded import recorded_runs
    from conformance.run.session import Session
    from conformance.targets.registry import in_interpreters

    targets, required = common.choose_targets(target)
    elsewhere = in_interpreters([t for t in targets if t in required], python or ())
    targets, required = (*targets, *elsewhere), required | frozenset(elsewhere)
    with Session(targets, jobs, timeout, memory * 2**20, python=elsewhere) as session:
        session.start()
        files, chosen = common.load_selected(what, expression, on_file=session.prepare)
        if not chosen:
            raise UsageError("nothing to run: the paths given hold no case")
        folder = out or paths.reports_root() / "latest"
        folder.mkdir(parents=True, exist_ok=True)
        waivers = load_waivers(paths.reports_root() / "waivers.yaml")
        recordings = recorded_runs(paths.reports_root() / "recorded", files, chosen)
        with Progress(len(chosen) * len(targets)) as progress:
            campaign = Campaign(files, chosen, targets, folder / "results.jsonl", waivers, progress.take)
            campaign.consume(session.run(chosen), recordings)
    return conclude(campaign, folder, required)


def conclude(campaign, folder: Path, required: frozenset[str]) -> int:
    """Write the reports from the results file, print the summary, and say how it ended."""
    from conformance.report import write_reports
    from conformance.report.terminal import print_summary
    from conformance.run.results import read_results

    results = read_results(folder / "results.jsonl", allow_partial=True)
    write_reports(results, folder)
    print_summary(results, folder)
    if common.on_github():
        from conformance.report import render

        print(render(results, "github"), end="")
    if campaign.interrupted:
        return 130
    missing = [t for t in sorted(required) if campaign.infos[t].state == "not-run"]
    for name in missing:
        typer.echo(f"{name} could not run: {campaign.infos[name].reason}", err=True)
    if campaign.unexpected or campaign.undeclared:
        return 1
    return 3 if missing else 0


def record(
    target: Annotated[str, typer.Option("--target", "-t", metavar="ENGINE:DEVICE", help="The target to record.")],
    what: common.What = None,
    jobs: common.Jobs = 1,
    timeout: common.Timeout = 10.0,
    memory: common.Memory = 2048,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Default: reports/recorded/TARGET.jsonl."),
    ] = None,
) -> int:
    """Record one target's traces, so that machines without its device can show and compare them.

    Run it where the device is, with every spec, and commit the file. It serves for as long as the specs
    it was made from are unchanged.
    """
    from conformance.report.terminal import Progress
    from conformance.run.campaign import Campaign
    from conformance.run.session import Session

    file = out or paths.reports_root() / "recorded" / f"{target.replace(':', '-').replace('+', '-')}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".partial")
    with Session((target,), jobs=jobs, timeout=timeout, memory=memory * 2**20) as session:
        session.start()
        files, chosen = common.load_selected(what, on_file=session.prepare)
        with Progress(len(chosen)) as progress:
            campaign = Campaign(files, chosen, (target,), fresh, (), progress.take)
            campaign.consume(session.run(chosen))
    info = campaign.infos[target]
    if info.state == "not-run" or campaign.interrupted:
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
        why = "interrupted" if campaign.interrupted else f"could not run: {info.reason}"
        typer.echo(f"{target}: {why}; no recording was written", err=True)
        return 130 if campaign.interrupted else 3
    fresh.replace(file)
    typer.echo(f"{paths.shown(file)}: {len(campaign.verdicts)} cases on {target} {info.version}")
    return 1 if campaign.unexpected else 0
