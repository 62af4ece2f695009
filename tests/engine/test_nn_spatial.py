"""Modules of signals, images, bags and label sets: their texts, results, nodes and gradients are torch's."""

import pytest

from .twin import agree

_SHOW = """
def show(module, *shape):
    count = 1
    for extent in shape: count *= extent
    x = (torch.arange(count, dtype=torch.float64).reshape(shape) * 0.37 % 1.0).requires_grad_()
    y = module(x)
    print(module, tuple(y.shape), y.grad_fn.name(), [round(v, 6) for v in y.flatten().tolist()])
    y.pow(2).sum().backward()
    print([round(v, 5) for v in x.grad.flatten().tolist()])
"""
LINE, IMAGE, VOLUME = (1, 2, 4), (1, 2, 4, 4), (1, 1, 2, 2, 2)
MODULES = {
    "ConstantPad1d(1, 2.5)": LINE, "ConstantPad2d((1, 0, 2, 1), 0)": IMAGE, "ConstantPad3d(1, 1.)": VOLUME,
    "ZeroPad1d(1)": LINE, "ZeroPad2d(1)": IMAGE, "ZeroPad3d(1)": VOLUME, "ReflectionPad1d(1)": LINE,
    "ReflectionPad2d((1, 1, 0, 2))": IMAGE, "ReflectionPad3d(1)": VOLUME, "ReplicationPad1d(1)": LINE,
    "ReplicationPad2d(1)": IMAGE, "ReplicationPad3d(1)": VOLUME, "CircularPad1d(1)": LINE, "CircularPad2d(1)": IMAGE,
    "CircularPad3d(1)": VOLUME, "Upsample(scale_factor=2)": LINE, "Upsample(size=3, mode='linear')": LINE,
    "Upsample(scale_factor=(2, 1), mode='bilinear')": IMAGE, "UpsamplingNearest2d(scale_factor=2)": IMAGE,
    "UpsamplingBilinear2d(size=(3, 3))": IMAGE, "PixelShuffle(2)": (1, 4, 2, 2), "PixelUnshuffle(2)": IMAGE,
    "ChannelShuffle(2)": (1, 4, 2, 2), "Unfold((2, 3), padding=1)": IMAGE, "Fold((3, 3), 2)": (1, 4, 4),
    "LocalResponseNorm(2)": (1, 3, 2, 2), "Softmax2d()": (1, 3, 2, 2), "MaxPool3d(2)": (1, 1, 2, 4, 4),
    "AvgPool3d(2)": (1, 1, 2, 4, 4), "AdaptiveAvgPool3d(2)": (1, 1, 2, 4, 4), "AdaptiveMaxPool1d(2)": (1, 1, 4),
    "AdaptiveMaxPool3d((1, 2, 2))": (1, 1, 2, 4, 4), "LPPool3d(2, 2)": (1, 1, 2, 4, 4),
    "InstanceNorm3d(2)": (1, 2, 2, 2, 2), "FeatureAlphaDropout(0.0)": (1, 2, 3),
}  # fmt: skip


@pytest.mark.parametrize("module", MODULES)
def test_module_of_positions(module):
    engine, wanted = agree(f"{_SHOW}\nshow(nn.{module}, *{MODULES[module]})")
    assert engine == wanted


OTHERS = {
    "unpooling": """
for ndim, shape in ((1, (1, 1, 4)), (2, (1, 1, 4, 4)), (3, (1, 1, 2, 2, 2))):
    pool = getattr(nn, f"MaxPool{ndim}d")(2, return_indices=True)
    back = getattr(nn, f"MaxUnpool{ndim}d")(2)
    x = torch.linspace(0, 1, 16)[: (4, 16, 8)[ndim - 1]].reshape(shape).requires_grad_()
    y = back(*pool(x))
    print(back, y.grad_fn.name(), y.tolist())
    y.sum().backward()
    print(x.grad.tolist())
""",
    "bags": """
bag = nn.EmbeddingBag(4, 3, mode='sum', padding_idx=0)
with torch.no_grad(): bag.weight.copy_(torch.arange(12.).reshape(4, 3))
y = bag(torch.tensor([0, 1, 2, 3]), torch.tensor([0, 3]))
print(bag, y, y.grad_fn.name())
y.sum().backward()
print(bag.weight.grad)
""",
    "labels in time": """
loss = nn.CTCLoss()
x = torch.linspace(-1, 1, 24).reshape(4, 2, 3).requires_grad_()
y = loss(x.log_softmax(2), torch.tensor([[1, 2], [2, 1]]), torch.tensor([4, 3]), torch.tensor([2, 1]))
print(loss, round(y.item(), 5), y.grad_fn.name())
y.backward()
print([round(v, 5) for v in x.grad.flatten().tolist()])
""",
    "label sets": """
x = torch.linspace(-1, 1, 6).reshape(2, 3).requires_grad_()
y = nn.MultiLabelMarginLoss()(x, torch.tensor([[1, -1, 0], [0, 2, -1]]))
print(y); y.backward(); print(x.grad)
y = nn.MultiLabelSoftMarginLoss()(x, torch.tensor([[1., 0., 0.], [0., 1., 1.]]))
print(round(y.item(), 5), y.grad_fn.name())
y = nn.TripletMarginWithDistanceLoss(margin=2.0)(x, x * 2, x + 1)
print(round(y.item(), 5), y.grad_fn.name(), nn.TripletMarginWithDistanceLoss(margin=2.0))
""",
    "refusals": """
for make in (lambda: F.interpolate(torch.ones(1, 1, 2), size=2, scale_factor=2),
             lambda: F.interpolate(torch.ones(1, 1, 2), size=2, align_corners=True),
             lambda: F.pad(torch.ones(1, 1, 2), (1, 1), mode='reflected'),
             lambda: F.grid_sample(torch.ones(1, 1, 2, 2), torch.ones(1, 2, 2, 3)),
             lambda: F.pixel_shuffle(torch.ones(1, 3, 2, 2), 2),
             lambda: F.max_unpool1d(torch.ones(1, 1, 2), torch.tensor([[[0, 9]]]), 2),
             lambda: nn.TripletMarginWithDistanceLoss(margin=-1.0),
             lambda: F.embedding_bag(torch.tensor([0]), torch.ones(2, 2)),
             lambda: F.scaled_dot_product_attention(torch.ones(2, 2), torch.ones(2, 2).double(), torch.ones(2, 2))):
    try: print(make())
    except Exception as error: print(type(error).__name__, error)
""",
}


@pytest.mark.parametrize("name", OTHERS)
def test_agrees(name):
    engine, wanted = agree(OTHERS[name])
    assert engine == wanted
