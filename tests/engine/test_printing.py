"""Tensors print as torch prints them: thousands of generated tensors, and each suffix."""

import math
import random

import pytest
import torch

import reference_engine

from .twin import agree

DTYPES = [
    "float32",
    "float64",
    "float16",
    "bfloat16",
    "complex64",
    "complex128",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
    "bool",
]
LANDMARKS = [0.0, -0.0, 1.0, -1.0, 0.1, 1e-4, 9.9e-5, 1e8, 1.00001e8, 999.0, 1000.0, 1001.0]
SPECIAL = [math.nan, math.inf, -math.inf]


def _value(rng):
    kind = rng.random()
    if kind < 0.3:
        return float(rng.randint(-20, 20))
    if kind < 0.5:
        return rng.randint(-64, 64) / 8
    if kind < 0.6:
        return rng.gauss(0, 1)
    if kind < 0.7:
        return rng.gauss(0, 1) * 10 ** rng.randint(-12, 12)
    if kind < 0.8:
        return rng.choice(LANDMARKS)
    return rng.choice(SPECIAL) if kind < 0.9 else float(rng.randint(-(10**9), 10**9))


def _elements(rng, dtype, count):
    if dtype == "bool":
        return [rng.random() < 0.5 for _ in range(count)]
    if "int" in dtype:
        bits = int(dtype.removeprefix("u").removeprefix("int"))
        low, high = (0, 2**bits - 1) if dtype[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        size = 10 ** rng.randint(0, 9)
        return [rng.randint(max(low, -size), min(high, size)) for _ in range(count)]
    pool = [_value(rng) for _ in range(rng.randint(1, 6))]
    if dtype.startswith("complex"):
        return [complex(rng.choice(pool), rng.choice(pool)) for _ in range(count)]
    return [rng.choice(pool) for _ in range(count)]


def _options(rng):
    if rng.random() < 0.6:
        return {}
    return {
        "precision": rng.choice([None, 0, 1, 2, 6]),
        "threshold": rng.choice([None, 0, 5, 20, 1000, math.inf]),
        "edgeitems": rng.choice([None, 0, 1, 2, 5]),
        "linewidth": rng.choice([None, 20, 40, 100, 200]),
        "profile": rng.choice([None, "short", "full", "default", "unknown"]),
        "sci_mode": rng.choice([None, None, True, False]),
    }


@pytest.fixture(autouse=True)
def _default_options():
    yield
    torch.set_printoptions(profile="default")
    reference_engine.reset_state()


@pytest.mark.parametrize("dtype", DTYPES)
def test_generated_tensors(dtype):
    rng = random.Random(f"print {dtype}")
    for _ in range(220):
        shape = [rng.choice([0, 1, 2, 3, 4, 7, 13, 30]) for _ in range(rng.randint(0, 4))]
        count = math.prod(shape)
        if count > 5000:
            continue
        elements, options = _elements(rng, dtype, count), _options(rng)
        texts = []
        for engine in (torch, reference_engine):
            engine.set_printoptions(profile="default")
            engine.set_printoptions(**options)
            tensor = engine.tensor(elements, dtype=getattr(engine, dtype)).reshape(shape)
            texts.append(repr(tensor))
        assert texts[1] == texts[0], (shape, dtype, options)


PROGRAMS = {
    "leaf": "print(torch.ones(2, requires_grad=True))",
    "grad_fn": "x = torch.ones(2, requires_grad=True); print(x * 2, (x * 2).sum(), x.view(2, 1))",
    "copy_slices": "x = torch.ones(2, requires_grad=True).clone(); x[0].mul_(2); print(x, x[0])",
    "function": """
class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 2
    @staticmethod
    def backward(ctx, g): return g * 2
print(Double.apply(torch.ones(2, requires_grad=True)))
""",
    "long line breaks the suffix": "print(torch.ones(3, 1, requires_grad=True).expand(3, 11) * 1.25)",
    "suffix on its own line": "print(torch.arange(26.).requires_grad_() * 1.5)",
    "dtype and grad": "print(torch.ones(2, dtype=torch.float64, requires_grad=True) * 3)",
    "empty": """
print(torch.empty(0), torch.empty(0, 2), torch.empty(0, dtype=torch.int64), torch.zeros(2, 0, 3, dtype=torch.bool))
""",
    "default dtype": """
torch.set_default_dtype(torch.float64)
print(torch.ones(2), torch.ones(2) * 1j, torch.ones(2).float(), torch.empty(0))
""",
    "parameter": "print(nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(1), False))",
    "subclass": """
class Mine(torch.Tensor): pass
print(torch.ones(2).as_subclass(Mine), nn.Parameter(torch.ones(2).as_subclass(Mine)))
""",
    "meta": "print(torch.ones(2, device='meta'), torch.ones(2, 0, device='meta', dtype=torch.int64))",
    "dual": """
from_dual = torch.autograd.forward_ad
with from_dual.dual_level():
    print(from_dual.make_dual(torch.ones(2), torch.full((2,), 3.)))
""",
    "str and format": "x = torch.tensor(1.5); print(f'{x:.3f} {x}', str(torch.ones(1)))",
    "sizes and dtypes": "print(torch.Size([2, 3]), torch.float32, [torch.int64], torch.device('cpu'))",
    "all nan": "print(torch.tensor([float('nan')] * 3), torch.tensor([float('inf'), 1.5]))",
    "unknown profiles are ignored": "torch.set_printoptions(profile='SHORT'); print(torch.rand(30) * 0 + 1.23456)",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    engine, wanted = agree(PROGRAMS[name])
    assert engine == wanted


def test_simulated_device_is_named():
    """No GPU is needed to know what torch would print: the device comes before the autograd suffix."""
    x = reference_engine.ones(2, device="cuda", requires_grad=True)
    assert repr(x) == "tensor([1., 1.], device='cuda:0', requires_grad=True)"
    assert repr(x * 2) == "tensor([2., 2.], device='cuda:0', grad_fn=<MulBackward0>)"
