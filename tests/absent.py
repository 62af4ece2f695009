"""What a test needs and a machine may lack. Where it is promised (torch in tox, a browser in CI) its absence fails."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest


def absent(what: str, promised: bool, whole_module: bool = False) -> None:
    """Skip the test, or the ``whole_module`` that calls this, with the mend; fail where it is ``promised``."""
    if promised:
        pytest.fail(what, pytrace=False)
    pytest.skip(what, allow_module_level=whole_module)


def need_torch(whole_module: bool = False) -> None:
    """Tests of real torch: tox installs it, and whoever tests an engine of their own may go without."""
    if find_spec("torch") is None:
        absent("torch is not installed; this is tried on real torch", "TOX_ENV_NAME" in os.environ, whole_module)
