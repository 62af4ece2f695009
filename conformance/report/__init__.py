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
ARTICLES = "articles"


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
    """Write `report.html`, `report.md`, `junit.xml` and a page per article into the folder.

    The summary is computed once. Pages that an earlier run left in `articles/` are replaced or removed.
    """
    from conformance.report.article import article_pages
    from conformance.report.html import html

    summary = _summary(results, ledgers, gate)
    folder.mkdir(parents=True, exist_ok=True)
    articles = article_pages(summary)
    for old in (*folder.glob(f"{ARTICLES}/[0-9][0-9][0-9].html"), folder / ARTICLES / "contradictions.html"):
        old.unlink(missing_ok=True)
    pages = {f"{ARTICLES}/{name}": text for name, text in articles.items()}
    texts = {
        name: html(summary, articles=True) if to == "html" else _renderer(to)(summary) for to, name in FILES.items()
    }
    written = []
    for name, text in {**texts, **pages}.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _summary(results: Any, ledgers: Mapping[str, Any] | None, gate: Any):
    from conformance.report.summary import summarise

    if ledgers is not None:
        return summarise(results, ledgers, gate)
    return summarise(results, project_ledgers(), gate, project_contradictions())


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


def project_contradictions() -> list[Any]:
    """The statements of torch's documentation that the project's ledger calls contradicted; see `project_ledgers`."""
    from conformance.docs.ledger import load_areas
    from conformance.exceptions import SpecError

    try:
        return [entry for area in load_areas().values() for entry in area.entries() if entry.kind == "contradicted"]
    except SpecError:
        return []


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
