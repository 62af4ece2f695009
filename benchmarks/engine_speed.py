"""The reference engine against torch eager: the same small programs, in one process, in turn."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator
from statistics import median
from types import ModuleType

ROUNDS = 300


def small(torch: ModuleType) -> None:
    """Twelve statements on tiny tensors: build, differentiate twice, update in place."""
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    x = torch.tensor([3.0, 4.0])
    a = w * x
    b = a + 1
    c = b.exp()
    d = (c * a).sum()
    d.backward(retain_graph=True)
    d.backward()
    g = w.grad
    with torch.no_grad():
        w -= 0.25 * g
    w.grad = None
    (w * w).sum().backward()


def measure() -> Iterator[tuple[str, str, str]]:
    real, reference = importlib.import_module("torch"), importlib.import_module("reference_engine")
    for module in (real, reference):
        for _ in range(20):
            small(module)
    ratios = []
    for _ in range(ROUNDS):
        times = []
        for module in (reference, real):
            start = time.perf_counter()
            small(module)
            times.append(time.perf_counter() - start)
        ratios.append(times[0] / times[1])
    yield (
        "12-statement program on tiny tensors, reference engine / torch eager",
        f"{median(ratios):.1f}x",
        "3x",
    )
