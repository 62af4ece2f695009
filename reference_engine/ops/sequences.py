"""Connectionist temporal classification: the likelihood of a sequence of labels however it is aligned in time.

Rule: torch.nn.functional.ctc_loss. An alignment may repeat labels and put blanks between them. The gradient is that
with respect to scores before a log-softmax, as PyTorch's.
"""

from __future__ import annotations

import numpy as np

from .table import op


def _with_blanks(labels, blank: int) -> np.ndarray:
    extended = np.full(2 * len(labels) + 1, blank)
    extended[1::2] = labels
    return extended


def _forward_sums(scores, extended):
    """alpha[t, s]: log-likelihood of all beginnings that reach place s of the extended labels at time t."""
    steps, places = len(scores), len(extended)
    alpha = np.full((steps, places), -np.inf)
    if not steps:
        return alpha
    alpha[0, :2] = scores[0, extended[:2]]
    skips = np.zeros(places, bool)
    skips[2:] = (extended[2:] != extended[:-2]) & (np.arange(places)[2:] % 2 == 1)
    with np.errstate(invalid="ignore"):
        for t in range(1, steps):
            before = alpha[t - 1]
            one = np.concatenate([[-np.inf], before[:-1]])
            two = np.where(skips, np.concatenate([[-np.inf] * min(2, places), before[:-2]])[:places], -np.inf)
            alpha[t] = np.logaddexp(np.logaddexp(before, one), two) + scores[t, extended]
    return alpha


def _labels_of(targets, lengths, sample: int):
    if targets.ndim == 2:
        return targets[sample, : lengths[sample]]
    start = sum(lengths[:sample])
    return targets[start : start + lengths[sample]]


def _likelihood(alpha) -> float:
    if not len(alpha):
        return 0.0 if alpha.shape[1] == 1 else np.inf
    last = alpha[-1, -2:]
    return -float(np.logaddexp.reduce(last))


def _ctc(log_probs, targets, input_lengths, target_lengths, blank, zero_infinity):
    steps, samples, _ = log_probs.shape
    losses = np.zeros(samples)
    tables = np.full((samples, steps, 2 * max(target_lengths, default=0) + 1), -np.inf)
    for sample in range(samples):
        extended = _with_blanks(_labels_of(targets, target_lengths, sample), blank)
        alpha = _forward_sums(log_probs[: input_lengths[sample], sample].astype(np.float64), extended)
        tables[sample, : len(alpha), : len(extended)] = alpha
        losses[sample] = _likelihood(alpha)
    if zero_infinity:
        losses = np.where(np.isinf(losses), 0, losses)
    return losses.astype(log_probs.dtype), tables.astype(log_probs.dtype)


def _ctc_back(grad, log_probs, targets, input_lengths, target_lengths, losses, blank, zero_infinity):
    found = np.zeros(log_probs.shape)
    for sample in range(log_probs.shape[1]):
        length = input_lengths[sample]
        if zero_infinity and (losses[sample] == 0 or np.isinf(losses[sample])):
            continue
        scores = log_probs[:length, sample].astype(np.float64)
        extended = _with_blanks(_labels_of(targets, target_lengths, sample), blank)
        alpha = _forward_sums(scores, extended)
        beta = _forward_sums(scores[::-1], extended[::-1])[::-1, ::-1]
        with np.errstate(invalid="ignore"):
            joint = np.exp(alpha + beta - scores[:, extended] + float(losses[sample]))
        shares = np.zeros_like(scores)
        for place, label in enumerate(extended):
            shares[:, label] += joint[:, place]
        found[:length, sample] = (np.exp(scores) - shares) * grad[sample]
    return found.astype(log_probs.dtype)


ctc_backward = op(
    "_ctc_loss_backward(Tensor grad, Tensor log_probs, Tensor targets, any input_lengths, any target_lengths, "
    "Tensor neg_log_likelihood, int blank, bool zero_infinity)",
    _ctc_back,
    method=False,
    function=False,
)
ctc_row = op(
    "_ctc_loss(Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths, int blank=0, "
    "bool zero_infinity=False) -> result0, result1",
    _ctc,
    node="CtcLossBackward0",
    log_probs=lambda grads, log_probs, targets, input_lengths, target_lengths, result0, result1, blank, zero_infinity: (
        ctc_backward(grads[0], log_probs, targets, input_lengths, target_lengths, result0, blank, zero_infinity)
    ),
    non_differentiable=("result1",),
    method=False,
    function=False,
)
