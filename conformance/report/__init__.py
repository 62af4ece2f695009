"""Reports: one results file, five ways to read it.

`summary` computes what a run showed, once; each other module writes that for one medium. Text that comes
from specs or engines reaches no medium but through `escape`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.gate.gate import GateReport
    from conformance.run.results import Results

FORMATS = ("html", "md", "junit", "github", "terminal")
FILES = {"html": "report.html", "md": "report.md", "junit": "junit.xml"}


def render(
    results: Results,
    to: str,
    *,
    ledgers: Mapping[str, Any] | None = None,
    gate: GateReport | None = None,
) -> str:
    """The results as text in one of `FORMATS`.

    `ledgers` default to those of the project's spec folder; `gate` adds the gate's findings.
    Raises ValueError for a format that does not exist.
    """
    return _renderer(to)(_summary(results, ledgers, gate))


def write_reports(
    results: Results,
    folder: Path,
    *,
    ledgers: Mapping[str, Any] | None = None,
    gate: GateReport | None = None,
) -> list[Path]:
    """Write `report.html`, `report.md` and `junit.xml` into the folder; the summary is computed once."""
    summary = _summary(results, ledgers, gate)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for to, name in FILES.items():
        path = folder / name
        path.write_text(_renderer(to)(summary), encoding="utf-8")
        written.append(path)
    return written


def _summary(results: Any, ledgers: Mapping[str, Any] | None, gate: Any):
    from conformance.report.summary import summarise

    return summarise(results, project_ledgers() if ledgers is None else ledgers, gate)


def _renderer(to: str):
    if to not in FORMATS:
        raise ValueError(f"no report format {to!r}; there are {', '.join(FORMATS)}")
    if to == "html":
        from conformance.report.html import html as renderer
    elif to == "md":
        from conformance.report.markdown import markdown_report as renderer
    elif to == "junit":
        from conformance.report.junit import junit as renderer
    elif to == "github":
        from conformance.report.github import github as renderer
    else:
        from conformance.report.terminal import terminal_text as renderer
    return renderer


def project_ledgers() -> Mapping[str, Any]:
    """The claim ledgers of the project's spec folder; none where they are absent or invalid.

    A report of a finished run must not fail because a ledger is being edited: `lint` says what is wrong.
    """
    from conformance import paths
    from conformance.exceptions import SpecError
    from conformance.load.ledger import load_ledgers

    root = paths.spec_root()
    if not (root / "sources").is_dir():
        return {}
    try:
        return load_ledgers(root)
    except SpecError:
        return {}
