"""`lint`, `gate`, `render`, `diff`: the commands that look at specs and results without running anything."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from conformance import paths
from conformance.cli import common
from conformance.exceptions import UsageError


def register(app: typer.Typer) -> None:
    app.command()(lint)
    app.command()(gate)
    app.command()(render)
    app.command()(diff)


class Format(StrEnum):
    html = "html"
    md = "md"
    junit = "junit"
    github = "github"


def lint(
    what: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]...", help="Spec files or folders.")] = None,
) -> int:
    """Check specs, claim ledgers and citations; nothing is executed. Exit code 2 if anything is wrong."""
    from conformance.lint import lint as run_lint
    from conformance.load import load

    for path in what or ():
        if not path.exists():
            raise UsageError(f"{path}: no such spec file or folder")
    files = load(what or None)
    problems = run_lint(files, paths.spec_root(), whole=not what, note=common.say)
    for problem in problems:
        common.say(str(problem))
        if common.on_github():
            from conformance.report.github import annotation

            typer.echo(annotation("error", problem.file, problem.line, problem.code, problem.what))
    cases = sum(len(f.cases) for f in files)
    typer.echo(f"{len(files)} spec files, {cases} cases, {len(problems)} problems")
    return 2 if problems else 0


Results = Annotated[
    Path | None,
    typer.Argument(metavar="[RESULTS]", help="A results file (default reports/latest/results.jsonl)."),
]


def _read(file: Path | None):
    from conformance.run.results import read_results

    file = file or paths.reports_root() / "latest" / "results.jsonl"
    if file.is_dir():
        file = file / "results.jsonl"
    if not file.is_file():
        raise UsageError(f"{paths.shown(file)}: no such results file; `torch-conformance run` writes one")
    return read_results(file)


def gate(
    results: Results = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", metavar="FILE", help="Default: reports/policy.yaml.")
    ] = None,
    waivers: Annotated[
        Path | None, typer.Option("--waivers", metavar="FILE", help="Default: reports/waivers.yaml.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", metavar="FILE", help="Default: reports/baseline.yaml.")
    ] = None,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Write the present cases to the baseline instead.")
    ] = False,
) -> int:
    """Decide whether a results file may pass: divergences, waivers, required targets, vanished cases.

    Exit code 0: it may; 1: a finding; 2: a file is invalid; 3: a required target did not run.
    """
    from conformance.gate.baseline import load_baseline, write_baseline
    from conformance.gate.gate import gate as decide
    from conformance.gate.policy import load_policy
    from conformance.gate.waivers import load_waivers
    from conformance.load import load

    reports = paths.reports_root()
    read = _read(results)
    baseline = baseline or reports / "baseline.yaml"
    if update_baseline:
        write_baseline(baseline, read)
        typer.echo(f"{paths.shown(baseline)}: {len(read.header.cases)} cases")
        return 0
    report = decide(
        read,
        load_waivers(waivers or reports / "waivers.yaml"),
        load_policy(policy or reports / "policy.yaml"),
        load_baseline(baseline),
        date.today(),
        specs=load(None),
    )
    for finding in report.findings:
        common.say(str(finding))
        if common.on_github():
            from conformance.report.github import annotation

            typer.echo(annotation("error", finding.file, finding.line, finding.code, finding.what))
    typer.echo(report.summary)
    return report.exit_code


def render(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="A results file, or the folder it is in.")],
    to: Annotated[Format, typer.Option("--to", help="html, md, junit or github.")] = Format.html,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Default: standard output.")] = None,
) -> int:
    """Render a results file as a page, a pull-request comment, JUnit XML or GitHub annotations."""
    from conformance.report import render as rendered

    text = rendered(_read(results), to.value)
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    else:
        typer.echo(text, nl=not text.endswith("\n"))
    return 0


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The earlier results file.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The later results file.")],
) -> int:
    """Say what changed between two results files: verdicts, and what was observed. Exit code 1 if anything."""
    from conformance.run.compare import changes

    found = changes(_read(old), _read(new))
    for change in found:
        common.say(str(change))
    typer.echo(f"{len(found)} changes" if found else "no changes")
    return 1 if found else 0
