"""Functions of networks under their names in the ``torch`` namespace.

Most are those of ``torch.nn.functional``; where PyTorch's native function has other parameters (positions of
statistics, reductions as numbers, flags of libraries) it is stated here.
"""

from ..ops import losses as _losses
from ..ops import normalization as _normalization
from ..ops import padding as _padding
from ..ops.spatial import grid_sampling as _grid_sampling
from ..ops.spatial import shuffling as _shuffling
from . import functional as F
from .functional import loss as _loss
from .functional import vision as _vision

_SAME = (
    "adaptive_avg_pool1d avg_pool1d bilinear celu celu_ channel_shuffle conv1d conv2d conv3d conv_transpose1d "
    "conv_transpose2d conv_transpose3d cosine_similarity hardshrink max_pool1d max_pool1d_with_indices "
    "max_pool2d max_pool3d pairwise_distance pixel_shuffle pixel_unshuffle prelu rms_norm rrelu rrelu_ selu selu_ "
    "threshold threshold_"
)
_REDUCTIONS = ("none", "mean", "sum")

native_batch_norm = _normalization.batch_norm_row
native_layer_norm = _normalization.layer_norm_row
grid_sampler = _vision._grid_sampler
constant_pad_nd = _padding.constant_pad
affine_grid_generator = _shuffling.affine_grid_generator
grid_sampler_2d, grid_sampler_3d = _grid_sampling.grid_sampler_2d, _grid_sampling.grid_sampler_3d


def adaptive_max_pool1d(input, output_size):
    """Largest values and where they stood."""
    return F.adaptive_max_pool1d(input, output_size, True)


def layer_norm(input, normalized_shape, weight=None, bias=None, eps: float = 1e-5, cudnn_enable: bool = True):
    return F.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(input, num_groups, weight=None, bias=None, eps: float = 1e-5, cudnn_enabled: bool = True):
    return F.group_norm(input, num_groups, weight, bias, eps)


def batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled):
    return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled):
    return _normalization.normalised_each(
        input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
    )


def dropout(input, p: float, train: bool):
    return F.dropout(input, p, train)


def dropout_(input, p: float, train: bool):
    return F.dropout(input, p, train, True)


def alpha_dropout(input, p: float, train: bool):
    return F.alpha_dropout(input, p, train)


def alpha_dropout_(input, p: float, train: bool):
    return F.alpha_dropout(input, p, train, True)


def feature_dropout(input, p: float, train: bool):
    return F.dropout2d(input, p, train)


def feature_alpha_dropout(input, p: float, train: bool):
    return F.feature_alpha_dropout(input, p, train)


def embedding(weight, indices, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False):
    return _losses.embedding(weight, indices, padding_idx, scale_grad_by_freq, sparse)


# -- losses: reductions are numbers, and by default there is none --------------------------------------------------


def binary_cross_entropy_with_logits(input, target, weight=None, pos_weight=None, reduction: int = 0):
    return F.binary_cross_entropy_with_logits(
        input, target, weight, reduction=_REDUCTIONS[reduction], pos_weight=pos_weight
    )


def cosine_embedding_loss(input1, input2, target, margin: float = 0.0, reduction: int = 0):
    return F.cosine_embedding_loss(input1, input2, target, margin, reduction=_REDUCTIONS[reduction])


def ctc_loss(
    log_probs, targets, input_lengths, target_lengths, blank: int = 0, reduction: int = 0, zero_infinity=False
):
    return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, _REDUCTIONS[reduction], zero_infinity)


def hinge_embedding_loss(input, target, margin: float = 1.0, reduction: int = 0):
    return F.hinge_embedding_loss(input, target, margin, reduction=_REDUCTIONS[reduction])


def kl_div(input, target, reduction: int = 0, *, log_target: bool = False):
    if reduction == 1:
        return F.kl_div(input, target, reduction="none", log_target=log_target).mean()
    return F.kl_div(input, target, reduction=_REDUCTIONS[reduction], log_target=log_target)


def margin_ranking_loss(input1, input2, target, margin: float = 0.0, reduction: int = 0):
    return _loss._ranked(input1, input2, target, margin, _REDUCTIONS[reduction])


def poisson_nll_loss(input, target, log_input: bool, full: bool, eps: float, reduction: int):
    return F.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=_REDUCTIONS[reduction])


def triplet_margin_loss(
    anchor, positive, negative, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False,
    reduction: int = 0,
):  # fmt: skip
    return F.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction=_REDUCTIONS[reduction])


def embedding_bag(
    weight, indices, offsets, scale_grad_by_freq: bool = False, mode: int = 0, sparse: bool = False,
    per_sample_weights=None, include_last_offset: bool = False, padding_idx=None,
):  # fmt: skip
    """The bags, and how they were made: each index's bag, the bags' sizes, the indices of maxima."""
    from ..ops import tables

    return tables.embedding_bag(
        weight, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights, include_last_offset, padding_idx
    )


globals().update({name: getattr(F, name) for name in _SAME.split() if hasattr(F, name)})
NAMES = frozenset(name for name in globals() if not name.startswith("_") and name not in ("F", "NAMES"))
