"""Sessions shared by the tests of workers: importing torch takes longer than most of them."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import pytest

from conformance.run.session import Session

HAS_TORCH = importlib.util.find_spec("torch") is not None


@pytest.fixture(scope="session")
def torch_cpu() -> Iterator[Session]:
    if not HAS_TORCH:
        pytest.skip("torch is not installed; these are tests of real torch")
    with Session(["torch:cpu"], timeout=5.0, memory=512 * 2**20) as session:
        yield session


@pytest.fixture(scope="session")
def reference_cpu() -> Iterator[Session]:
    with Session(["reference:cpu"], timeout=5.0, memory=256 * 2**20) as session:
        yield session
