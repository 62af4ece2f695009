"""Half precision: what kernels compute in float32 and round once, and which dtype a mixed loss has."""

import pytest

from .twin import agree

NUMBERS = ["1e-09", "70000.0", "3.3", "torch.tensor(1e-45)", "torch.tensor(3.3, dtype=torch.float64)", "70000"]
BY_NUMBER = ["x * n", "x / n", "x.clone().mul_(n)", "torch.div(x, n, rounding_mode='floor')", "x // n", "n * x"]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("call", BY_NUMBER)
def test_a_number_is_not_rounded_to_half_precision(call, dtype):
    lines = [f"x = torch.tensor([2.5, 0.0, -60000.0, 1.0], dtype=torch.{dtype})"]
    lines += [f"n = {number}\nprint(({call}).tolist(), ({call}).dtype)" for number in NUMBERS]
    engine, wanted = agree("\n".join(lines))
    assert engine == wanted


SUMS = [
    "x.cumsum(0)[-1]", "(x * 1.01).cumprod(0)[100]", "x.norm(1)", "x.norm(3)", "F.mse_loss(x, y, reduction='sum')",
    "F.smooth_l1_loss(x, y)", "F.huber_loss(x, y, reduction='sum')", "x.softmax(0).sum()", "x.log_softmax(0)[0]",
    "F.soft_margin_loss(x, x, reduction='sum')", "x.logsumexp(0)", "F.binary_cross_entropy(y + 0.5, y + 0.25)",
    "z.scatter_add(0, i, x)", "z.scatter_reduce(0, i, x, 'sum')", "z.scatter_reduce(0, i, x, 'mean')",
    "z.scatter(0, i, x, reduce='add')", "z.index_add(0, i, x)", "torch.lerp(x, y + 3.3, 0.7)[0]",
    "torch.addcdiv(x, x, x * 3, value=-0.5)[0]", "torch.addcmul(x, x, x * 3, value=1.3)[0]",
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("call", SUMS)
def test_half_precision_is_summed_in_float(call, dtype):
    engine, wanted = agree(
        f"F = torch.nn.functional\nx, y = torch.ones(4000, dtype=torch.{dtype}), torch.zeros(4000, dtype=torch.{dtype})"
        f"\nz, i = y[:1], torch.zeros(4000, dtype=torch.int64)\nprint({call}, ({call}).dtype)"
    )
    assert engine == wanted


@pytest.mark.parametrize("loss", ["huber_loss", "binary_cross_entropy_with_logits", "smooth_l1_loss", "mse_loss"])
def test_losses_of_two_dtypes(loss):
    dtypes = ["bfloat16", "float16", "float32", "float64", "int64", "bool", "complex64"]
    lines = [
        f"torch.tensor([1.0, 0.5]).to(torch.{a}), torch.tensor([2.0, 3.25]).to(torch.{b})"
        for a in dtypes
        for b in dtypes
    ]
    program = (
        "for x, y in [" + ", ".join(f"({line})" for line in lines) + "]:\n"
        "    try:\n"
        f"        found = torch.nn.functional.{loss}(x, y, reduction='none')\n"
        "        print(found.dtype, found.to(torch.complex64).real.mul(100).round())\n"
        "    except Exception as error:\n"
        "        print(type(error).__name__, error)"
    )
    engine, wanted = agree("import warnings\nwarnings.simplefilter('ignore')\n" + program)
    assert engine == wanted


NANS = [
    "x.clamp(nan)", "x.clamp(0, nan)", "x.clamp_max(nan)", "torch.clamp(x, torch.tensor([nan, 0, 0]), x + 1)",
    "torch.clamp(x, torch.tensor([0, 0, 0]), torch.tensor([nan, 1, 1]))", "F.hardtanh(x, nan, 1.0)", "x.sign()",
    "x.bfloat16().sgn()", "torch.tensor(inf).softmax(0)", "torch.tensor(nan).log_softmax(0)",
    "torch.polygamma(1, torch.tensor([inf, -inf, 2.0]))", "torch.special.zeta(x.abs() + 2e38, x.abs() * 0.1)",
    "torch.histogram(torch.tensor([3e30, 3e30]), 4)[0]", "torch.histogram(x[::2], torch.tensor([0.0, 1.0, nan]))[0]",
    "torch.histogram(torch.tensor([0.2, 0.9, 1.0, 0.5]), 4, weight=torch.ones(4) * 2, density=True)[0]",
    "F.batch_norm(torch.tensor([[3e38, 1.0], [0.0, 2.0]]), None, None, training=True)",
    "F.prelu(x[None], torch.ones(1, requires_grad=True).expand(3)).grad_fn.next_functions[1][0].name()",
]  # fmt: skip


@pytest.mark.parametrize("call", NANS)
def test_what_is_no_number(call):
    engine, wanted = agree(
        "inf, nan, F = float('inf'), float('nan'), torch.nn.functional\n"
        f"x = torch.tensor([1.0, nan, -2.0])\nfound = {call}\n"
        "print(found if isinstance(found, str) else found.tolist())"
    )
    assert engine == wanted


@pytest.mark.parametrize("wanted", ["x", "y"])
def test_the_derivative_of_a_huber_loss_is_of_one_dtype(wanted):
    engine, expected = agree(
        "x, y = torch.ones(2), torch.ones(2, dtype=torch.float64)\n"
        f"torch.nn.functional.huber_loss(x, y + {wanted}.requires_grad_().sum()).backward()"
    )
    assert engine == expected


TIES = [
    "torch.maximum(z, -z)", "torch.minimum(z, -z)", "torch.fmax(-z, z)", "torch.fmin(-z, z)", "z.clamp_min(-z)",
    "(-z).clamp_max(z)", "torch.max(-z, z)", "torch.complex(torch.arange(200.0) / 7, torch.arange(200.0) / 3).abs()",
    "F.conv1d(o, o * inf, padding=1)",
    "F.conv2d(torch.ones(2, 2, 3, 3), torch.ones(2, 1, 3, 3) * inf, padding=1, groups=2)",
    "F.conv1d(o.bfloat16(), o.bfloat16() * inf, padding=1)", "F.conv1d(o.double(), o.double() * inf, padding=1)",
]  # fmt: skip


@pytest.mark.parametrize("call", TIES)
def test_signs_of_zeros_and_places_of_infinities(call):
    engine, wanted = agree(
        "inf, F = float('inf'), torch.nn.functional\nz, o = torch.zeros(5), torch.ones(1, 1, 3)\n"
        f"found = {call}\nprint(found.signbit().tolist(), found.tolist())"
    )
    assert engine == wanted


BOUNDS = ["-1, 1, 5", "0, 10, 4", "-5, 5, 7", "3, -3, 6", "0.5, 6.75, 8", "1, 2, 1", "0, 1, 0", "0, 1, -1", "0, 300, 3"]


@pytest.mark.parametrize("bounds", BOUNDS)
@pytest.mark.parametrize("name", ["linspace", "logspace"])
def test_numbers_at_equal_distances(name, bounds):
    dtypes = ["int64", "uint8", "float32", "float16", "bfloat16", "bool", *["float64"] * (name == "linspace")]
    given = bounds if name == "linspace" else bounds.replace(",", " / 8,", 1)
    engine, wanted = agree(
        f"for dtype in ({', '.join(f'torch.{dtype}' for dtype in dtypes)}):\n    try:\n"
        f"        print(torch.{name}({given}, dtype=dtype).tolist())\n"
        "    except Exception as error:\n        print(type(error).__name__, error)"
    )
    assert engine == wanted


OTHERS = [
    "torch.tensor([1.9453125], dtype=torch.bfloat16).round(decimals=1)",
    "torch.full((2, 3), 6e4).half().renorm(2, 0, 2.5)",
    "torch.tensor([1.5, 2.5], dtype=torch.bfloat16) ** 2.5", "torch.tensor([1.5, 2.5], dtype=torch.half).pow(1.7)",
    "torch.linspace(1j, 1, 3)", "torch.logspace(0, 1j, 3, dtype=torch.complex64).abs()",
    "torch.tensor([nan, inf, -inf, 1], dtype=torch.bfloat16).nan_to_num()",
    "torch.linspace(0, 70000, 3, dtype=torch.half)",
    "F.layer_norm(torch.tensor([[3e38, -1.0, 0.0, 3e38]]), (4,))", "F.group_norm(torch.tensor([[3e38, -1, 0, 1]]), 2)",
    "F.cosine_similarity(torch.tensor([[1.82], [1.57]]).half(), torch.tensor([[1.44], [1.75]]), 0)",
    "F.cosine_similarity(torch.tensor([[3, 4]]), torch.tensor([[1.44, 1.75]]))",
]  # fmt: skip


@pytest.mark.parametrize("call", OTHERS)
def test_other_values(call):
    engine, wanted = agree(f"inf, nan = float('inf'), float('nan')\nprint({call})")
    assert engine == wanted


def test_short_vectors_are_lengthened_unseen():
    engine, wanted = agree(
        "x = torch.tensor([[1e-9, 0.0]], requires_grad=True)\ny = F.cosine_similarity(x, torch.ones(1, 2))\n"
        "print(y.grad_fn.next_functions[0][0].next_functions[0][0].next_functions[1][0].name())\n"
        "y.sum().backward()\nprint(x.grad)"
    )
    assert engine == wanted
