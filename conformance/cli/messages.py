"""`errors`: the catalogue of errors and warnings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from conformance import paths
from conformance.cli import common
from conformance.exceptions import UsageError


def register(app: typer.Typer) -> None:
    app.command()(errors)


def errors(
    results: Annotated[
        Path | None,
        typer.Option("--results", metavar="FILE", help="What was measured (default reports/latest/results.jsonl)."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Default: standard output.")] = None,
    unexplained: Annotated[
        bool, typer.Option("--unexplained", help="Only list the texts for which spec/messages.yaml has no advice.")
    ] = False,
) -> int:
    """Write the page of every error and warning that the specs state: what triggers it, what to do instead.

    Since which torch a text is so comes from the specs, else from the torch releases in the results: run them
    with `run --python` for a page that says more.
    """
    from conformance.load import load
    from conformance.messages import collect, errors_page, load_explanations
    from conformance.messages.explanations import explain

    messages = collect(load(None, check_programs=False))
    explanations = load_explanations()
    if unexplained:
        for message in messages:
            if explain(message.text, explanations) is None:
                common.say(f"{message.exception}: {message.text}")
        return 0
    page = errors_page(messages, explanations, _seen(results))
    if out is None:
        common.say(page)
    else:
        out.write_text(page, encoding="utf-8")
        typer.echo(f"{paths.shown(out)}: {len(messages)} texts")
    return 0


def _seen(file: Path | None) -> dict[str, list[str]]:
    """Case → the torch releases of a results file on which it came out as stated."""
    from conformance.run.results import read_results

    latest = paths.reports_root() / "latest" / "results.jsonl"
    if file is None and not latest.is_file():
        return {}
    if file is not None and not file.is_file():
        raise UsageError(f"{file}: no such results file")
    found = read_results(file or latest)
    releases = {t.name: t.version.partition("+")[0] for t in found.header.targets if t.engine == "torch"}
    seen: dict[str, list[str]] = {}
    for line in found.lines:
        if line.target in releases and line.outcome == "pass":
            held = seen.setdefault(line.case.partition("[")[0], [])
            if releases[line.target] not in held:
                held.append(releases[line.target])
    return seen
