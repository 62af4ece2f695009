"""Losses over sequences and sets of labels, and sums of table rows in bags."""

import warnings

import reference_engine as torch

from ...ops import label_sets, sequences, tables


def _reduced(values, reduction):
    return values.mean() if reduction == "mean" else values.sum() if reduction == "sum" else values


def _numbers(lengths):
    return lengths.tolist() if isinstance(lengths, torch.Tensor) else list(lengths)


def ctc_loss(
    log_probs, targets, input_lengths, target_lengths, blank: int = 0, reduction: str = "mean",
    zero_infinity: bool = False,
):  # fmt: skip
    """(T, N, C) or (T, C) log-probabilities against labels, over all alignments of them.

    "mean" divides each loss by its number of labels first. Raises RuntimeError for lengths that do not fit.
    """
    batched = log_probs.dim() == 3
    scores = log_probs if batched else log_probs.unsqueeze(1)
    given, wanted = _numbers(input_lengths), _numbers(target_lengths)
    if log_probs.dim() not in (2, 3):  # without a batch there is one dimension more by now
        raise RuntimeError(
            f"Expected 3-dimensional tensor, but got {scores.dim()}-dimensional tensor for argument #1 'log_probs' "
            "(while checking arguments for ctc_loss_allocate_outputs)"
        )
    for name, lengths in (("input_lengths", given), ("target_lengths", wanted)):
        if len(lengths) != scores.size(1):
            raise RuntimeError(f"{name} must be of size batch_size")
    for length in given:
        if length > scores.size(0):
            raise RuntimeError(
                f"Expected input_lengths to have value at most {scores.size(0)}, but got value {length} (while "
                "checking arguments for ctc_loss_cpu)"
            )
    if targets.dim() == 1 and targets.size(0) != sum(wanted):
        raise RuntimeError(
            f"Expected tensor to have size {sum(wanted)} at dimension 0, but got size {targets.size(0)} for argument "
            "#2 'targets' (while checking arguments for ctc_loss_allocate_outputs)"
        )
    labels = targets if batched or targets.dim() == 1 else targets.unsqueeze(0)
    losses = sequences.ctc_row(scores, labels, given, wanted, blank, zero_infinity)[0]
    if reduction == "mean":
        counts = torch.tensor(wanted, dtype=losses.dtype, device=losses.device).clamp_min(1)
        return (losses / counts).mean()
    losses = _reduced(losses, reduction)
    return losses if batched or reduction == "sum" else losses.squeeze(0)


def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction: str = "mean"):
    """Margins between each labelled class (the labels before the first -1) and each that is not."""
    return label_sets.multilabel_margin_loss(input, target, ("none", "mean", "sum").index(reduction))


def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction: str = "mean"):
    """One logistic loss for each class, averaged over classes."""
    from .activation import logsigmoid

    loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        loss = loss * weight
    return _reduced(loss.sum(dim=input.dim() - 1) / input.size(input.dim() - 1), reduction)


def triplet_margin_with_distance_loss(
    anchor, positive, negative, *, distance_function=None, margin: float = 1.0, swap: bool = False,
    reduction: str = "mean",
):  # fmt: skip
    """How much nearer the positive is than the negative, up to `margin`, by any distance.

    Raises ValueError for another reduction, a margin that is not positive, or inputs of different ranks.
    """
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.dim() == positive.dim() == negative.dim():
        raise RuntimeError(
            f"The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.dim()}D, positive {positive.dim()}D, and negative {negative.dim()}D inputs"
        )
    from .loss import pairwise_distance

    distance = pairwise_distance if distance_function is None else distance_function
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = torch.minimum(far, distance(positive, negative))
    return _reduced(torch.clamp_min(margin + near - far, 0), reduction)


_MODES = {"sum": tables.SUM, "mean": tables.MEAN, "max": tables.MAX}


def embedding_bag(
    input, weight, offsets=None, max_norm=None, norm_type: float = 2, scale_grad_by_freq: bool = False,
    mode: str = "mean", sparse: bool = False, per_sample_weights=None, include_last_offset: bool = False,
    padding_idx=None,
):  # fmt: skip
    """Bags of rows of `weight`, added, averaged or compared: (B, n) indices, or flat ones with `offsets`.

    Raises ValueError for a mode that is none of them and for indices, weights and offsets of other ranks.
    """
    if weight.dtype is torch.int64 and input.is_floating_point():
        warnings.warn(
            "Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, input, ...)` is "
            "deprecated, and should now be `embedding_bag(input, weight, ...)`.",
            stacklevel=2,
        )
        weight, input = input, weight
    if per_sample_weights is not None and input.size() != per_sample_weights.size():
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then it must have "
            f"the same shape as the input ({input.shape})"
        )
    if weight.dim() != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}")
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
                f"sequences. However, found offsets of type {type(offsets)}"
            )
        offsets = torch.arange(0, input.numel(), input.size(1), dtype=input.dtype, device=input.device)
        include_last_offset = False
        input = input.reshape(-1)
        if per_sample_weights is not None:
            per_sample_weights = per_sample_weights.reshape(-1)
    elif input.dim() == 1:
        if offsets is None:
            raise ValueError("offsets has to be a 1D Tensor but got None")
        if offsets.dim() != 1:
            raise ValueError("offsets has to be a 1D Tensor")
    else:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}")
    if mode not in _MODES:
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    if max_norm is not None:
        from .sparse import _shorten

        _shorten(weight, input, max_norm, norm_type)
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' "
            f"(got mode='{mode}'). Please open a feature request on GitHub."
        )
    return tables.embedding_bag(
        weight, input.contiguous(), offsets.contiguous(), scale_grad_by_freq, _MODES[mode], sparse,
        per_sample_weights, include_last_offset, padding_idx,
    )[0]  # fmt: skip


def bilinear(input1, input2, weight, bias=None):
    """``x1^T @ weight[o] @ x2 + bias[o]`` for every output o: (*, m), (*, n) and (out, m, n) to (*, out)."""
    given = {"input1": input1, "input2": input2, "weight": weight} | ({} if bias is None else {"bias": bias})
    if any(tensor.dtype is not input1.dtype for tensor in given.values()):
        found = ", ".join(f"{name}: {tensor.dtype.cpp}" for name, tensor in given.items())
        raise RuntimeError(f"All tensors must have the same dtype, got {found}")
    if input1.dim() != input2.dim():
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.dim()} and {input2.dim()}")
    for at, (left, right) in enumerate(zip(input1.shape[:-1], input2.shape[:-1], strict=True)):
        if left != right:
            raise RuntimeError(f"bilinear(): input batch dimensions do not match at dim {at}: got {left} and {right}")
    for place, tensor in ((1, input1), (2, input2)):
        if tensor.size(-1) != weight.size(place):
            raise RuntimeError(
                f"bilinear(): input{place} size does not match weight size: got {tensor.size(-1)} but expected "
                f"{weight.size(place)}"
            )
    if bias is not None and bias.size(0) != weight.size(0):
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {bias.size(0)} but expected {weight.size(0)}"
        )
    shape = (*input1.shape[:-1], weight.size(0))
    rows = input1.reshape(-1, input1.size(-1)), input2.reshape(-1, input2.size(-1))
    result = label_sets.trilinear(rows[0], weight, rows[1], [1, 3], [0], [1, 2], [2, 3]).view(shape)
    return result if bias is None else result + bias
