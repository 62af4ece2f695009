"""Losses: warnings about shapes, names of reductions, and the losses that torch composes of other operations."""

import math
import warnings

import reference_engine as torch

from ...dtypes import FLOATING
from ...ops import losses, margins
from ...ops.by_number import add_number, div_number, mul_number
from ...ops.norms import norm_along
from ...ops.refusals import not_differentiable
from ..reduction import get_enum, legacy_get_string
from .activation import log_softmax


def _reduction(reduction, size_average, reduce):
    if size_average is not None or reduce is not None:
        return legacy_get_string(size_average, reduce)
    return reduction


def _reduced(values, reduction):
    number = get_enum(reduction)
    return values.mean() if number == losses.MEAN else values.sum() if number == losses.SUM else values


def _same_sizes(input, target):
    """Both broadcast to one shape; warns when they needed to be."""
    if target.size() != input.size():
        warnings.warn(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). This "
            "will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            stacklevel=3,
        )
    return torch.broadcast_tensors(input, target)


def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """(input - target)^2."""
    reduction = _reduction(reduction, size_average, reduce)
    input, target = _same_sizes(input, target)
    if weight is not None:
        return _reduced(losses.mse_loss(input, target, 0) * weight, reduction)
    return losses.mse_loss(input, target, get_enum(reduction))


def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """|input - target|."""
    reduction = _reduction(reduction, size_average, reduce)
    input, target = _same_sizes(input, target)
    values = (input - target).abs()
    return _reduced(values if weight is None else values * weight, reduction)


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta: float = 1.0):
    """Squared below beta, absolute above. Raises RuntimeError for a negative beta."""
    reduction = _reduction(reduction, size_average, reduce)
    input, target = _same_sizes(input, target)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    if beta == 0:
        return _reduced((input - target).abs(), reduction)
    return losses.smooth_l1_loss(input, target, get_enum(reduction), beta)


def huber_loss(input, target, reduction="mean", delta: float = 1.0, weight=None):
    """Half the square below delta, linear above. Raises RuntimeError unless delta > 0."""
    input, target = _same_sizes(input, target)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if weight is not None:
        return _reduced(losses.huber_loss(input, target, 0, delta) * weight, reduction)
    return losses.huber_loss(input, target, get_enum(reduction), delta)


def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    """-input[target], `input` being log-probabilities (N, C, *) and `target` class numbers (N, *).

    The mean is weighted by the targets' weights. Raises ValueError, RuntimeError or IndexError for what does not fit.
    """
    return _nll(input, target, weight, _reduction(reduction, size_average, reduce), ignore_index)


def _demand_classes(target) -> None:
    if target.dtype not in (torch.int64, torch.uint8):
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {target.dtype.scalar}")


def _demand_kernel(scores, target, weight, spatial: bool) -> None:
    """The dtypes that the kernel reads beside its own. Raises ``RuntimeError``; scores it does not know come first."""
    wanted = [(scores.dtype, weight)] if weight is not None else []
    for dtype, tensor in [*wanted, (torch.int64, target)] if spatial else wanted:
        if tensor.dtype is not dtype and scores.dtype.kind == FLOATING:
            raise RuntimeError(f"expected scalar type {dtype.scalar} but found {tensor.dtype.scalar}")


def _nll(scores, target, weight, reduction, ignore_index):
    """The checks of `nll_loss` and its row; places in other than two dimensions are laid out as a row of them."""
    if scores.dim() == 0 or target.dim() > scores.dim():
        raise RuntimeError("input tensor should be 1D or 2D")
    if scores.dim() == target.dim() == 1 and target.size(0) != 1:
        raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {target.size(0)}")
    if scores.dim() > 1 and scores.size(0) != (target.size(0) if target.dim() else None):
        found = target.size(0) if target.dim() else 0
        raise ValueError(f"Expected input batch_size ({scores.size(0)}) to match target batch_size ({found}).")
    number = get_enum(reduction)
    if scores.dim() > 2:
        return _spatial_nll(scores, target, weight, number, ignore_index)
    classes = scores.size(-1)
    not_differentiable("nll_loss_forward", weight=weight)
    if target.dim() > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    _demand_classes(target)
    if weight is not None and tuple(weight.shape) != (classes,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but got "
            f"weight tensor of shape: {list(weight.shape)}"
        )
    _demand_kernel(scores, target, weight, False)
    return losses.nll_loss(scores, target, weight, number, ignore_index)[0]


def _spatial_nll(scores, target, weight, number, ignore_index):
    """`nll_loss` of (N, C, H, W), and of other shapes (N, C, *) laid out as (N, C, 1, W)."""
    places = target.shape
    if scores.dim() != 4:
        wanted = [scores.size(0), *scores.shape[2:]]
        if list(places) != wanted:
            raise RuntimeError(f"Expected target size {wanted}, got {list(places)}")
        rows, columns = ((1, -1) if tensor.numel() else (0, 0) for tensor in (scores, target))
        scores, target = scores.reshape(*scores.shape[:2], *rows), target.reshape(target.size(0), *columns)
    not_differentiable("nll_loss2d_forward", weight=weight)
    if target.dim() != 3:
        raise RuntimeError(
            f"only batches of spatial targets supported (3D tensors) but got targets of dimension: {target.dim()}"
        )
    _demand_classes(target)
    if weight is not None and weight.numel() != scores.size(1):
        raise RuntimeError("weight tensor should be defined either for all or no classes")
    if target.shape != (scores.size(0), *scores.shape[2:]):
        raise RuntimeError(f"size mismatch (got input: {list(scores.shape)} , target: {list(target.shape)}")
    _demand_kernel(scores, target, weight, True)
    result = margins.nll_loss2d(scores, target, weight, number, ignore_index)[0]
    return result.view(places) if number == losses.NONE and target.shape != places else result


def cross_entropy(
    input,
    target,
    weight=None,
    size_average=None,
    ignore_index: int = -100,
    reduce=None,
    reduction="mean",
    label_smoothing: float = 0.0,
):
    """`nll_loss` of the log-softmax over classes; targets are class numbers (N, *) or probabilities (N, C, *)."""
    reduction = _reduction(reduction, size_average, reduce)
    by_probability = target.shape == input.shape
    if by_probability and not target.is_floating_point():
        raise RuntimeError(
            f"Expected floating point type for target with class probabilities, got {target.dtype.scalar}"
        )
    dim = 0 if input.dim() == 1 else 1
    scores = log_softmax(input, dim)
    if by_probability:
        return _against_probabilities(scores, target, weight, reduction, label_smoothing, dim)
    if label_smoothing > 0.0:
        return _smoothed(scores, target, weight, ignore_index, reduction, label_smoothing, dim)
    return _nll(scores, target, weight, reduction, ignore_index)


def _over_classes(weight, scores, dim):
    shape = [1] * scores.dim()
    shape[dim] = weight.numel()
    return weight.view(*shape)


def _against_probabilities(scores, target, weight, reduction, smoothing, dim):
    classes = scores.size(dim)
    if weight is not None and tuple(weight.shape) != (classes,):
        raise RuntimeError(
            f"cross_entropy: weight tensor should be defined either for all {classes} classes or no classes but got "
            f"weight tensor of shape: {list(weight.shape)}"
        )
    if smoothing > 0.0:
        share = smoothing / classes if classes else float("inf")
        target = add_number(mul_number(target, 1 - smoothing), share)
    products = scores * target
    if weight is not None:
        products = products * _over_classes(weight, scores, dim)
    number = get_enum(reduction)
    if number == losses.MEAN:
        if not scores.numel():
            return -products.sum().fill_(float("nan"))
        return div_number(-products.sum(), scores.numel() / classes)
    return -products.sum() if number == losses.SUM else -products.sum(dim)


def _smoothed(scores, target, weight, ignore_index, reduction, smoothing, dim):
    number, classes = get_enum(reduction), scores.size(dim)
    exact = _nll(scores, target, weight, reduction, ignore_index)
    spread = scores if weight is None else scores * _over_classes(weight, scores, dim)
    spread = -spread.sum(dim)
    ignored = target == ignore_index
    spread = spread.masked_fill(ignored, 0.0)
    if number == losses.MEAN:
        if weight is None:
            spread = spread.sum() / (target.numel() - ignored.sum())
        else:
            safe = target.masked_fill(ignored, 0).reshape(-1)
            spread = spread.sum() / weight.gather(0, safe).masked_fill(ignored.reshape(-1), 0.0).sum()
    elif number == losses.SUM:
        spread = spread.sum()
    return mul_number(exact, 1 - smoothing) + mul_number(spread, smoothing / classes if classes else float("nan"))


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """-(t log p + (1 - t) log(1 - p)), logarithms not below -100. Raises ValueError for differing sizes."""
    reduction = _reduction(reduction, size_average, reduce)
    if target.size() != input.size():
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}) is "
            "deprecated. Please ensure they have the same size."
        )
    if weight is not None:
        weight = weight.expand(*torch.broadcast_shapes(weight.shape, input.shape))
    not_differentiable("binary_cross_entropy", weight=weight)
    return losses.binary_cross_entropy(input, target, weight, get_enum(reduction))


def binary_cross_entropy_with_logits(
    input, target, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None
):
    """`binary_cross_entropy` of the sigmoid, without overflow. Raises ValueError for differing sizes."""
    reduction = _reduction(reduction, size_average, reduce)
    if target.size() != input.size():
        raise ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})")
    not_differentiable("binary_cross_entropy_with_logits", weight=weight, pos_weight=pos_weight)
    return margins.binary_cross_entropy_with_logits(input, target, weight, pos_weight, get_enum(reduction))


def _is_whole(tensor) -> bool:
    return not (tensor.is_floating_point() or tensor.is_complex())


def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target: bool = False):
    """target (log target - input); "batchmean" is the divergence as it is defined."""
    reduction = _reduction(reduction, size_average, reduce)
    if reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' "
            "divides only by the batch size, and aligns with the KL div math definition.'mean' will be changed "
            "to behave the same as 'batchmean' in the next major release.",
            stacklevel=2,
        )
    for refused, kind in ((torch.Tensor.is_complex, "Complex"), (_is_whole, "Integral")):
        if refused(input) or refused(target):
            raise RuntimeError(f"kl_div: {kind} inputs not supported.")
    values = target.exp() * (target - input) if log_target else torch.xlogy(target, target) - target * input
    if reduction == "batchmean":
        total = values.sum()
        return total / input.size(0) if input.dim() else total
    return _reduced(values, reduction)


def poisson_nll_loss(
    input,
    target,
    log_input: bool = True,
    full: bool = False,
    size_average=None,
    eps: float = 1e-8,
    reduce=None,
    reduction="mean",
):
    """Negative log likelihood of counts, `input` being the (log) rate."""
    reduction = _reduction(reduction, size_average, reduce)
    values = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
        values = values + stirling.masked_fill(target <= 1, 0)
    return _reduced(values, reduction)


def gaussian_nll_loss(input, target, var, full: bool = False, eps: float = 1e-6, reduction="mean"):
    """Negative log likelihood of normals with mean `input`; variances below eps count as eps, unrecorded.

    Raises ValueError for negative variances or sizes that do not fit.
    """
    if isinstance(var, float):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = var * torch.ones_like(input)
    elif (var < 0).any():
        raise ValueError("var has negative entry/entries")
    if var.size() != input.size():
        if input.size()[:-1] == var.size():
            var = var.unsqueeze(-1)
        elif input.size()[:-1] != var.size()[:-1] or var.size(-1) != 1:
            raise ValueError("var is of incorrect size")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not valid")
    var = var.clone()
    with torch.no_grad():
        var.clamp_(min=eps)
    values = 0.5 * (var.log() + (input - target) ** 2 / var)
    if full:
        values = values + 0.5 * math.log(2 * math.pi)
    return _reduced(values, reduction)


def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """log(1 + e^(-target input))."""
    not_differentiable("soft_margin_loss", target=target)
    return margins.soft_margin_loss(input, target, get_enum(_reduction(reduction, size_average, reduce)))


def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"):
    """Mean over classes of max(0, margin - x[target] + x[j])^p. Raises ValueError unless p is 1 or 2."""
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    number = get_enum(_reduction(reduction, size_average, reduce))
    not_differentiable("multi_margin_loss", weight=weight)
    return margins.multi_margin_loss(input, target, p, margin, weight, number)


def margin_ranking_loss(input1, input2, target, margin: float = 0, size_average=None, reduce=None, reduction="mean"):
    """max(0, -target (input1 - input2) + margin)."""
    reduction = _reduction(reduction, size_average, reduce)
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: "
            f"{input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    return _ranked(input1, input2, target, margin, reduction)


def _ranked(input1, input2, target, margin: float, reduction: str):
    """`margin_ranking_loss` of whatever broadcasts."""
    difference = input1 - input2
    return _reduced(add_number(-target * difference, margin).clamp_min(0), reduction)


def hinge_embedding_loss(input, target, margin: float = 1.0, size_average=None, reduce=None, reduction="mean"):
    """x where the target is 1, max(0, margin - x) where it is -1."""
    reduction = _reduction(reduction, size_average, reduce)
    zeros = torch.zeros_like(input)
    beyond = (torch.full_like(input, margin) - input).clamp_min(0)
    negative = torch.where(target != 1, beyond, zeros)
    positive = torch.where(target != -1, input, zeros)
    return _reduced(negative + positive, reduction)


def cosine_similarity(x1, x2, dim: int = 1, eps: float = 1e-8):
    """Dot product along `dim` of both inputs divided by their lengths (at least eps). Raises RuntimeError for other
    dtypes than real floating point ones.
    """
    common = torch.promote_types(x1.dtype, x2.dtype)
    if not common.is_floating_point:
        raise RuntimeError(f"expected common dtype to be floating point, yet common dtype is {common.scalar}")
    x1, x2 = (x if x.is_floating_point() else x.to(common) for x in (x1, x2))
    if x1.shape != x2.shape:
        x1, x2 = torch.broadcast_tensors(x1, x2)
    length1 = torch.linalg.vector_norm(x1, 2, dim=dim, keepdim=True).clone()
    length2 = torch.linalg.vector_norm(x2, 2, dim=dim, keepdim=True).clone()
    with torch.no_grad():  # what is too short is lengthened unseen: the derivative is that of its own length
        length1.clamp_min_(eps)
        length2.clamp_min_(eps)
    return ((x1 / length1) * (x2 / length2)).sum(dim)


def pairwise_distance(x1, x2, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False):
    """The p-norm of x1 - x2 + eps along the last dimension."""
    return norm_along(add_number(x1 - x2, eps), p, (-1,), keepdim)


def cosine_embedding_loss(input1, input2, target, margin: float = 0, size_average=None, reduce=None, reduction="mean"):
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1."""
    reduction = _reduction(reduction, size_average, reduce)
    if target.dim() > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if not input1.dim() == input2.dim() == target.dim() + 1:
        raise RuntimeError(
            f"{target.dim()}D target tensor expects {target.dim() + 1}D input tensors, but found inputs with sizes "
            f"{list(input1.shape)} and {list(input2.shape)}."
        )
    tiny = 1e-12
    product = (input1 * input2).sum(-1)
    length1, length2 = (input1 * input1).sum(-1) + tiny, (input2 * input2).sum(-1) + tiny
    cosine = product / (length1 * length2).sqrt()
    zeros = torch.zeros_like(cosine)
    near, far = 1 - cosine, (cosine - margin).clamp_min(0)
    positive = torch.where(target == 1, near, zeros)
    negative = torch.where(target == -1, far, zeros)
    return _reduced(positive + negative, reduction)


def triplet_margin_loss(
    anchor,
    positive,
    negative,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average=None,
    reduce=None,
    reduction="mean",
):
    """max(0, d(anchor, positive) - d(anchor, negative) + margin)."""
    reduction = _reduction(reduction, size_average, reduce)
    if not anchor.dim() == positive.dim() == negative.dim():
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.dim()}D, positive {positive.dim()}D, and negative {negative.dim()}D inputs"
        )
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = torch.minimum(far, pairwise_distance(positive, negative, p, eps))
    return _reduced((margin + near - far).clamp_min(0), reduction)
