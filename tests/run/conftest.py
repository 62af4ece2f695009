"""Sessions shared by the tests of workers: importing torch takes longer than most of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.run.session import Session
from tests.absent import need_torch


@pytest.fixture(scope="session")
def torch_cpu() -> Iterator[Session]:
    need_torch()
    with Session(["torch:cpu"], timeout=5.0, memory=512 * 2**20) as session:
        yield session


@pytest.fixture(scope="session")
def reference_cpu() -> Iterator[Session]:
    with Session(["reference:cpu"], timeout=5.0, memory=256 * 2**20) as session:
        yield session
