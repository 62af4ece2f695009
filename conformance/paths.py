"""Where the project's folders are: the spec folder, the surface, the reports.

The project root is the nearest folder at or above the working directory that has `spec/surface.yaml`;
without one, the folder that this package was loaded from (a clone, or an editable install).
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=8)
def project_root(start: Path | None = None) -> Path:
    """The folder holding `spec/`, `reports/` and the rest."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "spec" / "surface.yaml").is_file():
            return folder
    return Path(__file__).resolve().parent.parent


def spec_root(start: Path | None = None) -> Path:
    """The default spec folder."""
    return project_root(start) / "spec"


def surface_path() -> Path:
    """The surface file: what programs may use of torch."""
    return spec_root() / "surface.yaml"


def reports_root() -> Path:
    """The folder with waivers, policy, recordings and the latest report."""
    return project_root() / "reports"


def shown(path: Path) -> str:
    """The path to print: relative to the working directory where it lies below it, posix style."""
    text = os.path.abspath(path)
    here = os.path.join(os.getcwd(), "")
    return Path(text.removeprefix(here)).as_posix()
