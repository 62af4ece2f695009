"""The same seed gives torch's numbers: every distribution, dtype and size regime of the host generator."""

import pytest
import torch

import reference_engine

from .twin import agree

SEEDS = (0, 1, 2**40 + 3, -7)
SHAPES = ((), (0,), (3,), (2, 2, 3), (16,), (5, 7), (200,))
FLOATS = ("float32", "float64", "float16", "bfloat16")
# Normals of 16 and more are made with torch's vectorised logarithm and cosine: the last places may differ.
NORMAL_TOLERANCE = {"float32": 2e-6, "float64": 1e-14, "float16": 4e-3, "bfloat16": 4e-2}


def _both(draw):
    return draw(torch), draw(reference_engine)


def _same(pair):
    wanted, got = pair
    assert got.tolist() == wanted.tolist() and str(got.dtype) == str(wanted.dtype)


def _floating_draws(engine, seed, dtype):
    """(kind of draw, shape, elements) for every distribution and shape, all from one stream."""
    engine.manual_seed(seed)
    kind = getattr(engine, dtype)
    for shape in SHAPES:
        for _ in range(2):  # the second round starts in the middle of a pair of normals
            for name, tensor in (
                ("rand", engine.rand(shape, dtype=kind)),
                ("normal", engine.randn(shape, dtype=kind)),
                ("uniform_", engine.empty(shape, dtype=kind).uniform_(-2, 5)),
                ("exponential_", engine.empty(shape, dtype=kind).exponential_(2)),
                ("random_", engine.empty(shape, dtype=kind).random_()),
                ("bernoulli_", engine.empty(shape, dtype=kind).bernoulli_(0.3)),
                ("bernoulli", engine.bernoulli(engine.full(shape, 0.3, dtype=kind))),
            ):
                assert str(tensor.dtype) == f"torch.{dtype}"
                yield name, shape, tensor.double().reshape(-1).tolist()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("seed", SEEDS)
def test_floating_distributions(seed, dtype):
    pairs = zip(_floating_draws(torch, seed, dtype), _floating_draws(reference_engine, seed, dtype), strict=True)
    for (name, shape, wanted), (_, _, got) in pairs:
        if name == "normal":
            bound = NORMAL_TOLERANCE[dtype]
            assert got == pytest.approx(wanted, rel=bound, abs=bound), (name, shape)
        else:
            assert got == wanted, (name, shape)


@pytest.mark.parametrize("dtype", ["int64", "int32", "int16", "int8", "uint8", "bool"])
def test_integers_of_the_whole_range(dtype):
    for engine in (torch, reference_engine):
        engine.manual_seed(3)
    _same(_both(lambda e: e.empty(4, 5, dtype=getattr(e, dtype)).random_()))


@pytest.mark.parametrize("bounds", [(0, 10), (-5, 7), (0, 2**28 - 1), (0, 2**28), (-(2**40), 2**50)])
def test_randint(bounds):
    for engine in (torch, reference_engine):
        engine.manual_seed(4)
    _same(_both(lambda e: e.randint(*bounds, (7,))))


@pytest.mark.parametrize("count", [0, 1, 2, 10, 300])
def test_randperm(count):
    for engine in (torch, reference_engine):
        engine.manual_seed(5)
    _same(_both(lambda e: e.randperm(count)))


@pytest.mark.parametrize("replacement", [False, True])
@pytest.mark.parametrize("weights", [[0.1, 0.2, 0.3, 0.4], [[0.5, 0.25, 0.25], [0.0, 1.0, 3.0]]])
@pytest.mark.parametrize("count", [1, 2])
def test_multinomial(replacement, weights, count):
    for engine in (torch, reference_engine):
        engine.manual_seed(6)
    for _ in range(3):
        _same(_both(lambda e: e.multinomial(e.tensor(weights), count, replacement)))


def test_complex_numbers_are_pairs():
    for engine in (torch, reference_engine):
        engine.manual_seed(7)
    _same(_both(lambda e: e.rand(5, dtype=e.complex64)))
    _same(_both(lambda e: e.randn(3, dtype=e.complex128)))


PROGRAMS = {
    "a saved state continues": """
torch.randn(3)
s = torch.get_rng_state()
a = torch.randn(5)
torch.set_rng_state(s)
print(torch.equal(a, torch.randn(5)), s.shape, s.dtype)
""",
    "the spare normal survives": "torch.randn(3); a = torch.randn(3); torch.randn(16); print(a, torch.randn(3))",
    "a state is torch's own": """
torch.manual_seed(5)
torch.randn(3)
print(torch.get_rng_state().long().sum(), torch.get_rng_state()[:40])
""",
    "fork_rng": "torch.manual_seed(1)\nwith torch.random.fork_rng():\n    torch.rand(3)\nprint(torch.rand(2))",
    "generators are apart": """
g = torch.Generator().manual_seed(3)
print(torch.rand(2, generator=g), torch.rand(2), g.initial_seed(), g.device)
""",
    "dropout": "print(F.dropout(torch.ones(40), 0.7), F.dropout(torch.ones(3), 0.), F.dropout(torch.ones(3), 1.))",
    "linear layer": "m = nn.Linear(3, 2); print(m.weight, m.bias)",
    "negative seed": "torch.manual_seed(-1); print(torch.initial_seed(), torch.rand(1))",
    "strided destination": "print(torch.empty(4, 8).t().normal_(), torch.empty(4, 8).t().uniform_())",
}
REFUSALS = [
    "torch.manual_seed(2**64)",
    "torch.manual_seed('a')",
    "torch.Generator().set_state(torch.zeros(3, dtype=torch.uint8))",
    "torch.set_rng_state(torch.zeros(5056))",
    "torch.empty(2, dtype=torch.int64).normal_()",
    "torch.empty(2, dtype=torch.int64).uniform_()",
    "torch.empty(2).uniform_(3, 1)",
    "torch.empty(2).normal_(0, -1)",
    "torch.empty(2).bernoulli_(2)",
    "torch.bernoulli(torch.tensor([2.]))",
    "torch.bernoulli(torch.tensor([1]))",
    "torch.randint(5, 3, (2,))",
    "torch.randperm(-1)",
    "torch.multinomial(torch.tensor([.5, -1]), 1)",
    "torch.multinomial(torch.tensor([.5, .5]), 3)",
    "torch.multinomial(torch.tensor([0., 0.]), 1)",
    "torch.multinomial(torch.tensor([1, 1]), 1)",
    "torch.multinomial(torch.tensor(1.), 1)",
    "torch.empty(2).exponential_(-1)",
    "torch.rand(2, dtype=torch.int64)",
    "torch.empty(2, dtype=torch.bool).random_(0, 3)",
    "F.dropout(torch.ones(2), p=1.5)",
]


@pytest.mark.parametrize("program", [*PROGRAMS.values(), *REFUSALS], ids=[*PROGRAMS, *REFUSALS])
def test_programs(program):
    engine, wanted = agree(program)
    assert engine == wanted
