"""How results lie in memory: the steps of results of operands that are transposed, expanded, cut out or broadcast."""

import random

import pytest

from .twin import agree

PAIRS = [
    "x + y", "x * y.double()", "torch.where(x > 0, x, y)", "torch.maximum(x, y)", "torch.lerp(x, y, 0.5)",
    "x.pow(y)", "x == y", "torch.addcmul(x, y, x)", "torch.rsub(x, y)", "x.masked_fill(y > 0, 1.0)",
    "torch.complex(x, y)", "torch.isclose(x, y)", "F.mse_loss(x, y, reduction='none')",
    "F.kl_div(x, y, reduction='none')", "x.clamp_min(y)", "torch.heaviside(x, y)",
    "torch.ldexp(x, y)", "F.huber_loss(x, y, reduction='none')",
]  # fmt: skip
SINGLE = [
    "x.exp()", "x.erf()", "x - 1", "x.isnan()", "x.nan_to_num()", "x.clamp(0, 1)", "2**x", "F.gelu(x)",
    "F.logsigmoid(x)", "torch.frexp(x)[0]", "x.bool()", "x.clone()", "torch.zeros_like(x)",
    "torch.rand_like(x)", "x.flip(0)", "x.rot90()", "x.roll(1, 0)", "x.tril()", "torch.cat([x, x], 1)",
    "torch.stack([x, x], 1)", "F.pad(x, (1, 1))", "x[torch.tensor([0])]", "x[:, torch.tensor([[0], [0]])]",
    "x[..., torch.tensor([0])]", "x.amax(0)", "x.any(-1)", "x.prod(0)", "x.norm(2, 0)", "x.logsumexp(0)",
    "x.softmax(0)", "x.cumsum(0)", "x.count_nonzero(0)", "x.nanmedian(0)[0]", "x.aminmax(dim=0)[1]",
    "x.argsort(0)", "F.layer_norm(x, x.shape[-1:])",
    "x.put(torch.tensor([0]), torch.ones(1))", "torch.cdist(x, x)", "torch.einsum('...i,...j->...ij', x, x)",
]  # fmt: skip


def _laid_out(shape: list, drawn: random.Random) -> str:
    """A tensor of this shape: its dimensions in any order, perhaps with gaps or with one expanded."""
    order = drawn.sample(range(len(shape)), len(shape))
    inner = [shape[dim] for dim in order]
    dim, kind = drawn.randrange(len(shape)), drawn.randrange(6)
    if kind == 0:
        text = f"torch.ones({[*inner[:-1], 2 * inner[-1]]})[..., ::2]"
    elif kind == 1:
        text = f"torch.ones({[*inner[:dim], 1, *inner[dim + 1 :]]}).expand({inner})"
    elif kind == 2:
        text = f"torch.ones({[*inner[:dim], 2 * inner[dim], *inner[dim + 1 :]]}).narrow({dim}, 0, {inner[dim]})"
    else:
        text = f"torch.ones({inner})"
    return f"{text}.permute({[order.index(dim) for dim in range(len(shape))]})"


def _program(call: str) -> str:
    drawn = random.Random(call)
    lines = ["F = torch.nn.functional", "steps = lambda t: [s for s, n in zip(t.stride(), t.shape) if n > 1]"]
    for _ in range(12):
        shape = [drawn.choice([1, 2, 3, 4]) for _ in range(drawn.choice([2, 3, 3, 4]))]
        other = [drawn.choice([n, n, n, 1]) for n in shape]
        lines += [f"x, y = {_laid_out(shape, drawn)}, {_laid_out(other, drawn)}", f"print(steps({call}))"]
    return "\n".join(lines)


@pytest.mark.parametrize("call", PAIRS + SINGLE)
def test_steps(call):
    engine, wanted = agree(_program(call))
    assert engine == wanted


@pytest.mark.parametrize("draw", ["rand_like", "randn_like"])
def test_elements_are_drawn_in_memory_order(draw):
    engine, wanted = agree(f"torch.manual_seed(0)\nprint(torch.{draw}(torch.ones(3, 2).t()).tolist())")
    assert engine == wanted


WRITTEN = [
    "torch.add(x, y, out={})", "torch.mul(x.bool(), y.bool(), out={})", "torch.exp(x, out={})",
    "torch.eq(x, y, out={})", "torch.atan2(x, y, out={})", "torch.sum(x, 0, out={})", "torch.cumsum(x, 0, out={})",
    "torch.cat([x, x], 0, out={})",
]  # fmt: skip


@pytest.mark.parametrize("call", WRITTEN)
def test_memory_that_is_made_anew_for_a_result_has_its_order(call):
    engine, wanted = agree(_program(call.format("torch.empty(0, dtype=torch.complex128)")))
    assert engine == wanted


OTHERS = [
    "torch.tensor(x)", "torch.isposinf(x > 0)", "torch.isreal(x)", "torch.fill(x, 2)", "torch.fill(x, torch.tensor(2))",
    "torch.unravel_index(x.long(), (3, 1, 2))[1]", "torch.unique(x, dim=-1)", "torch.unique_consecutive(x, dim=1)",
    "F.rrelu(x)", "torch.embedding(torch.ones(2, 3), x.long())",
    "x.take(x.long() - 1)", "torch.geqrf(x)[1]",
    "torch.linalg.matrix_rank(x @ x.mT, hermitian=True)", "torch.cat([x, x], 0)",
]  # fmt: skip


@pytest.mark.parametrize("call", OTHERS)
def test_results_of_single_kernels(call):
    engine, wanted = agree("import warnings\nwarnings.simplefilter('ignore')\n" + _program(call))
    assert engine == wanted


@pytest.mark.parametrize(
    "call", ["F.batch_norm(x, None, None, training=True)", "torch.cat([x, x], 1)", "F.pad(x, (1, 1))"]
)
@pytest.mark.parametrize("shape, order", [((2, 4, 5, 3), (0, 3, 1, 2)), ((2, 4, 5, 2, 3), (0, 4, 1, 2, 3))])
def test_channels_that_are_last_stay_so(call, shape, order):
    engine, wanted = agree(f"F = torch.nn.functional\nx = torch.ones({shape}).permute({order})\nprint({call}.stride())")
    assert engine == wanted


def test_weights_are_drawn_from_in_memory_order():
    engine, wanted = agree(
        "torch.manual_seed(3)\nprint(torch.addr(torch.ones(3, 2).t(), torch.ones(2), torch.ones(3)).stride())\n"
        "x = torch.rand(4, 3).t()\nd = torch.multinomial(x, 2)\nprint(d, d.stride())\n"
        "print(torch.nn.functional.dropout3d(torch.ones(3, 2, 2, 2, requires_grad=True), 0.5).grad_fn)\n"
        "x = torch.ones(3, 2)\nprint(torch.nn.functional.dropout1d(x, 0.5, True, True) is x, x)"
    )
    assert engine == wanted


def test_ranks_and_residuals_lie_in_rows():
    engine, wanted = agree(
        "torch.manual_seed(0)\na, b = torch.rand(2, 5, 3, 4).transpose(0, 1).mT, torch.rand(5, 2, 4, 2)\n"
        "print([t.stride() for t in torch.linalg.lstsq(a, b, driver='gelsd')[1:]])"
    )
    assert engine == wanted
