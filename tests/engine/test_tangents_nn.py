"""Forward mode through layers and losses: the tangents of results that are no elementwise functions."""

import pytest

from .twin import agree

_SETUP = """
fw = torch.autograd.forward_ad
def seq(*shape):
    return (torch.arange(torch.Size(shape).numel(), dtype=torch.float64) * 0.37 % 1.9 - .8).reshape(shape)
def dual(*shape):
    return fw.make_dual(seq(*shape) * 1.3 + .1, seq(*shape).flip(0) - .2)
def unit(*shape):
    return fw.make_dual(seq(*shape).sigmoid(), seq(*shape).flip(0) - .2)
def zeros(n):
    return torch.zeros(n).double()
def ones(n):
    return torch.ones(n).double()
def show(f):
    try:
        tangent = fw.unpack_dual(f()).tangent
        print(None if tangent is None else [round(v, 6) + 0. for v in tangent.flatten().tolist()])
    except Exception as e:
        print(type(e).__name__, e)
"""

CALLS = [
    "F.conv1d(dual(2, 3, 5), dual(4, 3, 2), dual(4))",
    "F.conv2d(dual(1, 2, 4, 4), seq(3, 2, 2, 2), stride=2, padding=1)",
    "F.conv2d(seq(1, 2, 4, 4), dual(3, 2, 2, 2), dilation=2)",
    "F.conv2d(dual(1, 2, 4, 4), dual(4, 1, 2, 2), dual(4), groups=2)",
    "F.conv3d(dual(1, 1, 2, 2, 2), dual(1, 1, 2, 2, 2))",
    "F.conv_transpose1d(dual(1, 2, 3), dual(2, 2, 2), dual(2))",
    "F.conv_transpose2d(dual(1, 2, 3, 3), dual(2, 1, 2, 2), stride=2)",
    "F.batch_norm(dual(3, 2), None, None, training=True)",
    "F.batch_norm(dual(3, 2), None, None, dual(2), dual(2), training=True)",
    "F.batch_norm(dual(3, 2), zeros(2), ones(2), training=False)",
    "F.batch_norm(dual(3, 2), zeros(2), ones(2), dual(2), dual(2), training=False)",
    "F.batch_norm(seq(3, 2), zeros(2), ones(2), dual(2), None, training=True)",
    "F.batch_norm(dual(3, 2), dual(2), dual(2), training=False)",
    "F.batch_norm(dual(3, 2), dual(2), dual(2), training=True)",
    "F.batch_norm(seq(3, 2), dual(2), dual(2), training=True)",
    "F.batch_norm(seq(3, 2), dual(2), ones(2), training=False)",
    "F.batch_norm(seq(3, 2), dual(2), ones(2), seq(2), dual(2), training=False)",
    "F.layer_norm(dual(3, 4), (4,))",
    "F.layer_norm(dual(3, 4), (4,), dual(4), dual(4))",
    "F.layer_norm(seq(3, 4), (4,), None, dual(4))",
    "F.group_norm(dual(2, 4, 3), 2)",
    "F.group_norm(dual(2, 4, 3), 2, dual(4), dual(4))",
    "F.instance_norm(dual(2, 2, 3), weight=dual(2), bias=dual(2))",
    "F.rms_norm(dual(3, 4), (4,))",
    "F.avg_pool2d(dual(1, 1, 4, 4), 2)",
    "F.adaptive_avg_pool2d(dual(1, 1, 4, 4), 2)",
    "F.nll_loss(dual(3, 4), torch.tensor([0, 1, 2]))",
    "F.nll_loss(dual(3, 4), torch.tensor([0, 1, 2]), weight=seq(4).abs())",
    "F.nll_loss(dual(2, 3, 2, 2), torch.ones(2, 2, 2, dtype=torch.long))",
    "F.cross_entropy(dual(3, 4), torch.tensor([0, 1, 2]))",
    "F.cross_entropy(dual(3, 4), unit(3, 4))",
    "F.cross_entropy(dual(3, 4), torch.tensor([0, 1, 2]), label_smoothing=.1)",
    "F.binary_cross_entropy(unit(4), unit(4))",
    "F.binary_cross_entropy(unit(4), seq(4).sigmoid(), weight=seq(4), reduction='none')",
    "F.binary_cross_entropy_with_logits(dual(4), unit(4))",
    "F.binary_cross_entropy_with_logits(dual(4), seq(4), reduction='sum')",
    "F.soft_margin_loss(dual(4), ones(4))",
    "F.multi_margin_loss(dual(3, 4), torch.tensor([0, 1, 2]))",
    "F.cosine_embedding_loss(dual(2, 4), dual(2, 4), ones(2))",
    "F.embedding(torch.tensor([0, 1, 1]), dual(2, 3))",
    "torch.masked_fill(dual(4), torch.tensor([True, False, True, False]), dual(4)[0])",
    "torch.masked_fill(seq(4), torch.tensor([True, False, True, False]), dual(4)[0])",
    "seq(4).index_fill(0, torch.tensor([1]), dual(4)[0])",
]


@pytest.mark.parametrize("call", CALLS)
def test_tangents_of_layers(call):
    ours, wanted = agree(f"{_SETUP}with fw.dual_level():\n    show(lambda: {call})")
    assert ours == wanted
