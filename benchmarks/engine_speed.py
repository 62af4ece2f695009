"""The reference engine against torch eager, on one thread: the same programs, in one process, in turn."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from statistics import median
from types import ModuleType

ROUNDS = 300
LONG = 100_000


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


def views(torch: ModuleType) -> None:
    """Twelve statements on tiny tensors: views, a write through one of them, a hook, a cut."""
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = x * 2
    row = y[0]
    row.mul_(3)
    z = y.t().reshape(4)
    seen = []
    y.register_hook(seen.append)
    s = torch.cat([z, z.detach()])
    t = torch.where(s > 5, s, s * s)
    u = t.mean() + y.max()
    torch.autograd.grad(u, x, retain_graph=True)
    u.backward()


def convolutional(torch: ModuleType) -> Callable[[], None]:
    """A training step on 16 images of 16 by 16: convolution, relu, pooling, linear, cross entropy, SGD."""
    nn = torch.nn
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(512, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    images, classes = torch.randn(16, 3, 16, 16), torch.arange(16) % 10

    def step() -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), classes).backward()
        optimizer.step()

    return step


def chain(torch: ModuleType, length: int) -> float:
    """Seconds that backward takes through a chain of ``length`` nodes."""
    leaf = torch.ones(1, requires_grad=True)
    value = leaf
    for _ in range(length):
        value = value * 1.0
    start = time.perf_counter()
    value.backward()
    taken = time.perf_counter() - start
    assert leaf.grad.item() == 1.0
    return taken


def ratio(reference: Callable[[], None], real: Callable[[], None], rounds: int = ROUNDS) -> str:
    """How many times as long ``reference`` takes: the median over rounds of both in turn."""
    for _ in range(max(3, rounds // 15)):
        reference()
        real()
    ratios = []
    for _ in range(rounds):
        times = []
        for run in (reference, real):
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
        ratios.append(times[0] / times[1])
    return f"{median(ratios):.1f}x"


def measure() -> Iterator[tuple[str, str, str]]:
    real, reference = importlib.import_module("torch"), importlib.import_module("reference_engine")
    real.set_num_threads(1)
    against = "reference engine / torch eager"
    for program, what in ((small, "12-statement program"), (views, "12 statements with views, writes and hooks")):
        measured = ratio(lambda p=program: p(reference), lambda p=program: p(real))
        yield f"{what} on tiny tensors, {against}", measured, "3x, better 1x"
    step = ratio(convolutional(reference), convolutional(real), 50)
    yield f"convolutional training step, one thread, {against}", step, "5x"
    short, long = (min(chain(reference, length) for _ in range(3)) for length in (LONG // 10, LONG))
    yield (
        f"backward through {LONG:,} nodes / through {LONG // 10:,}, reference engine",
        f"{long / short:.1f}x ({long:.2f} s)",
        "10x: linear",
    )
