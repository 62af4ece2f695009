"""torch.nn.functional against the installed torch: value, grad_fn, gradient and gradient of the gradient."""

import pytest
import torch

import reference_engine

_DRAW = torch.Generator().manual_seed(11)


def _normal(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=_DRAW)


INPUTS = {
    "x": _normal(2, 4),
    "p": torch.rand(2, 4, dtype=torch.float64, generator=_DRAW) * 0.8 + 0.1,
    "wide": _normal(2, 4) * 3,
    "image": _normal(2, 4, 5, 6),
    "sequence": _normal(2, 4, 7),
    "kernel": _normal(6, 4, 3, 2),
    "half_kernel": _normal(6, 2, 3, 2),
    "back_kernel": _normal(4, 6, 3, 2),
    "half_back_kernel": _normal(4, 3, 3, 2),
    "bias": _normal(6),
    "w": _normal(4),
    "b": _normal(4),
    "one": _normal(1),
    "volume": _normal(1, 2, 3, 3, 3),
    "volume_kernel": _normal(2, 2, 2, 2, 2),
}
NUMBERS = {"label": [1, 3], "ignored": [1, -100], "index": [[0, 1], [1, 1]], "sign": [1, -1]}

ACTIVATIONS = [
    "relu",
    "relu6",
    "hardtanh",
    "leaky_relu",
    "elu",
    "selu",
    "celu",
    "gelu",
    "silu",
    "mish",
    "softplus",
    "sigmoid",
    "tanh",
    "hardsigmoid",
    "hardswish",
    "softshrink",
    "hardshrink",
    "tanhshrink",
    "softsign",
    "logsigmoid",
    "rrelu",
    "glu",
]
REDUCED = """
mse_loss(x, p, reduction=R)
l1_loss(x, p, reduction=R)
smooth_l1_loss(wide, p, reduction=R)
smooth_l1_loss(wide, p, reduction=R, beta=2.5)
huber_loss(wide, p, reduction=R, delta=2.)
poisson_nll_loss(x, p, reduction=R)
poisson_nll_loss(p, p.detach() * 5, reduction=R, log_input=False, full=True)
binary_cross_entropy(p, p.detach() * .5, reduction=R)
binary_cross_entropy(p, p.detach() * .5, weight=p.detach(), reduction=R)
binary_cross_entropy_with_logits(x, p, reduction=R)
binary_cross_entropy_with_logits(x, p, weight=p.detach(), pos_weight=w.detach() + 5, reduction=R)
kl_div(x, p, reduction=R)
kl_div(x, p, reduction=R, log_target=True)
cross_entropy(x, label, reduction=R)
cross_entropy(x, ignored, reduction=R)
cross_entropy(x, label, label_smoothing=.2, reduction=R)
cross_entropy(x, label, weight=p[0].detach(), reduction=R)
cross_entropy(x, label, weight=p[0].detach(), label_smoothing=.1, reduction=R)
cross_entropy(x, F.softmax(p, 1), reduction=R)
cross_entropy(image, (image.detach()[:, 0] > 0).long(), reduction=R)
cross_entropy(sequence, (sequence.detach()[:, 0] > 0).long(), reduction=R)
soft_margin_loss(x, (p.detach() - .5).sign(), reduction=R)
gaussian_nll_loss(x, wide, p, full=True, reduction=R)
margin_ranking_loss(x, p, (wide.detach()).sign(), margin=.3, reduction=R)
hinge_embedding_loss(x, (wide.detach()).sign(), reduction=R)
cosine_embedding_loss(x, p, sign, margin=.1, reduction=R)
triplet_margin_loss(x, p, wide, swap=True, reduction=R)
""".strip().splitlines()
OTHERS = """
gelu(x, approximate='tanh')
prelu(x, one)
prelu(image, w)
threshold(x, .1, 9.)
softmax(x, 1)
softmin(x, 0)
log_softmax(x, 1)
normalize(x)
cosine_similarity(x, p)
embedding(index, x, padding_idx=0)
embedding(index, x, scale_grad_by_freq=True)
linear(image, half_kernel.reshape(6, -1)[:, :6], bias)
linear(x, kernel[0, :, :2, 0].t())
conv2d(image, kernel, bias)
conv2d(image, kernel, stride=2)
conv2d(image, kernel, padding=1, stride=(2, 3))
conv2d(image, kernel, dilation=2)
conv2d(image, half_kernel, bias, groups=2)
conv2d(image, kernel, padding='same')
conv2d(image[0], kernel)
conv1d(sequence, kernel[:, :, :, 0], stride=2, padding=1)
conv3d(volume, volume_kernel)
conv_transpose2d(image, back_kernel, bias)
conv_transpose2d(image, back_kernel, stride=2, output_padding=1)
conv_transpose2d(image, back_kernel, padding=1, stride=(2, 3))
conv_transpose2d(image, back_kernel, dilation=2)
conv_transpose2d(image, half_back_kernel, groups=2)
max_pool2d(image, 3)
max_pool2d(image, 3, stride=1, padding=1)
max_pool2d(image, 3, stride=(3, 2), ceil_mode=True, padding=1)
max_pool2d(image, 2, dilation=2)
max_pool1d(sequence, 2)
avg_pool2d(image, 3, stride=1, padding=1)
avg_pool2d(image, 3, stride=(3, 2), ceil_mode=True, padding=1)
avg_pool2d(image, 3, stride=(3, 2), ceil_mode=True, padding=1, count_include_pad=False)
avg_pool2d(image, 2, divisor_override=3)
avg_pool1d(sequence, 2)
adaptive_avg_pool2d(image, 1)
lp_pool2d(image, 2, 2)
batch_norm(image, None, None, w, b, True)
batch_norm(x, None, None, w, b, True)
batch_norm(image, w.detach(), p[0].detach(), w, b, False)
batch_norm(image, b.detach().clone(), p[1].detach().clone(), None, None, True)
layer_norm(x, (4,), w, b)
layer_norm(image, (5, 6))
group_norm(image, 2, w, b)
instance_norm(image, None, None, w, b)
rms_norm(x, (4,), w)
pad(image, (1, 2, -1, 0), value=3.)
""".strip().splitlines()
EXPRESSIONS = [
    *[f"{name}(wide)" for name in ACTIVATIONS],
    *[line.replace("=R", f"={reduction!r}") for line in REDUCED for reduction in ("mean", "sum", "none")],
    *OTHERS,
]
# torch has no second derivative of these.
ONCE = ("l1_loss", "hardsigmoid")
# torch multiplies by 1 / 6 rounded to float32, also in float64.
SINGLE_PRECISION = ("hardsigmoid",)


def _evaluate(engine, expression):
    """(name of grad_fn, [value, gradients, second gradients]) as lists of torch tensors, None where unconnected."""
    leaves = {
        name: engine.tensor(value.tolist(), dtype=engine.float64, requires_grad=True) for name, value in INPUTS.items()
    }
    others = {name: engine.tensor(value) for name, value in NUMBERS.items()}
    F = engine.nn.functional
    names = {name: getattr(F, name) for name in dir(F) if not name.startswith("_")}
    result = eval(expression, {"F": F, **names, **leaves, **others})
    weights = engine.arange(1.0, result.numel() + 1, dtype=engine.float64).reshape(result.shape)
    used = [leaf for name, leaf in leaves.items() if name in expression.replace("(", " ").replace(",", " ")]
    first = engine.autograd.grad((result * weights).sum(), used, create_graph=True, allow_unused=True)
    second = [None] * len(used)
    squares = [(grad * grad).sum() for grad in first if grad is not None]
    if any(square.requires_grad for square in squares) and not expression.startswith(ONCE):
        second = engine.autograd.grad(sum(squares), used, allow_unused=True)
    values = [result, *first, *second]
    return result.grad_fn.name(), [
        None if v is None else torch.tensor(v.detach().tolist(), dtype=torch.float64) for v in values
    ]


def _close(wanted, got, tolerance):
    """torch gives zeros where the engine knows that nothing is connected, and the other way round."""
    if wanted is None and got is None:
        return True
    if wanted is None or got is None:
        return bool(((wanted if got is None else got) == 0).all())
    return torch.allclose(got, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_value_and_derivatives(expression):
    wanted_name, wanted = _evaluate(torch, expression)
    name, got = _evaluate(reference_engine, expression)
    assert got[0].shape == wanted[0].shape
    tolerance = 1e-6 if expression.startswith(SINGLE_PRECISION) else 1e-9
    agreement = [_close(*pair, tolerance) for pair in zip(wanted, got, strict=True)]
    assert all(agreement), (expression, agreement)
    if "softmax(p" not in expression:  # a division by a number that torch records as DivBackward1
        assert name == wanted_name


# These derivatives are operations of their own in torch: a gradient that is recorded shows them.
RECORDED = (
    """
relu(wide)|relu6(wide)|leaky_relu(wide)|elu(wide)|selu(wide)|celu(wide)|gelu(wide)|softplus(wide)|sigmoid(wide)
tanh(wide)|hardswish(wide)|softshrink(wide)|hardshrink(wide)|logsigmoid(wide)|rrelu(wide)|glu(wide)|threshold(x, .1, 9.)
mse_loss(x, p)|smooth_l1_loss(x, p)|huber_loss(x, p)|binary_cross_entropy(p, p.detach() * .5)|softmax(x, 1)
log_softmax(x, 1)|nll_loss(x, label)|soft_margin_loss(x, p.detach().sign())|embedding(index, x)
max_pool2d(image, 3)|avg_pool2d(image, 3)|nll_loss(image, (image.detach()[:, 0] > 0).long())
""".strip()
    .replace("\n", "|")
    .split("|")
)


@pytest.mark.parametrize("expression", RECORDED)
def test_recorded_gradient(expression):
    seen = []
    for engine in (torch, reference_engine):
        leaves = {
            name: engine.tensor(value.tolist(), dtype=engine.float64, requires_grad=True)
            for name, value in INPUTS.items()
        }
        others = {name: engine.tensor(value) for name, value in NUMBERS.items()}
        functions = engine.nn.functional
        names = {name: getattr(functions, name) for name in dir(functions) if not name.startswith("_")}
        leaf = next(leaf for name, leaf in leaves.items() if f"({name}" in expression or f", {name}" in expression)
        result = eval(expression, {**names, **leaves, **others})
        (grad,) = engine.autograd.grad((result * result).sum(), leaf, create_graph=True)
        after = [node.name() if node else None for node, _ in grad.grad_fn.next_functions]
        seen.append((grad.grad_fn.name(), after[1:]))
    assert seen[1] == seen[0]


def test_running_statistics():
    """Training moves the running estimates by the batch's, its variance unbiased, and counts no write."""
    image = INPUTS["image"]
    results = []
    for engine in (torch, reference_engine):
        mean = engine.zeros(4, dtype=engine.float64)
        variance = engine.ones(4, dtype=engine.float64)
        x = engine.tensor(image.tolist(), dtype=engine.float64)
        engine.nn.functional.batch_norm(x, mean, variance, training=True, momentum=0.3)
        results.append((torch.tensor(mean.tolist()), torch.tensor(variance.tolist()), mean._version))
    for wanted, got in zip(results[0][:2], results[1][:2], strict=True):
        assert torch.allclose(got, wanted, rtol=1e-12)
    assert results[0][2] == results[1][2]
