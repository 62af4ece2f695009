"""Warnings of a program, each one recorded, and those that only looking provokes kept out.

One `catch_warnings` serves a whole case; between running and looking a single filter is put in or taken
out, because entering a context for every statement would cost more than the statement.
"""

from __future__ import annotations

import warnings
from typing import Any

from conformance.worker.observe import describe

MOST = 1000  # warnings kept of one step
_IGNORE = ("ignore", None, Warning, None, 0)


class Recorder:
    """A context in which every warning is kept until `take`, also a repeated one."""

    def __enter__(self) -> Recorder:
        self._seen: list[tuple[type, Any]] = []
        self._outer = warnings.catch_warnings()
        self._outer.__enter__()
        warnings.simplefilter("always")
        warnings.showwarning = self._keep
        return self

    def __exit__(self, *exception: object) -> None:
        self._outer.__exit__(*exception)

    def _keep(self, message: Any, category: type, *place: Any, **more: Any) -> None:
        if len(self._seen) < MOST:
            self._seen.append((category, message))

    def take(self) -> list[dict[str, str]]:
        """Type name and message of the warnings since the last call."""
        if not self._seen:
            return []
        told = [{"type": c.__name__, "message": describe(m)["message"]} for c, m in self._seen]
        self._seen.clear()
        return told

    def pause(self) -> None:
        """From here on warnings do not count."""
        warnings.filters.insert(0, _IGNORE)

    def resume(self) -> None:
        """Warnings count again."""
        warnings.filters.remove(_IGNORE)
