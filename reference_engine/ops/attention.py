"""Attention: queries find keys, and take the values of those they find.

Rule: torch.nn.functional.scaled_dot_product_attention. For batches of heads on the CPU PyTorch has one operation; all
else, and dropout, it composes.
"""

from __future__ import annotations

import math
from operator import itemgetter

import numpy as np

from .composed import through
from .norms import softmax_array, softmax_row
from .table import op

_NAMES = ("query", "key", "value", "dropout_p", "is_causal", "attn_mask", "scale")


def _factor(size: int, scale) -> float:
    return 1 / math.sqrt(size) if scale is None else scale


def _safe_softmax(array, dim):
    """Softmax; 0 where there is nothing to choose from."""
    with np.errstate(invalid="ignore"):
        found = softmax_array(array, dim)
    return np.where((array == -np.inf).all(axis=dim, keepdims=True), 0, found).astype(array.dtype)


safe_softmax = op(
    "_safe_softmax(Tensor self, int dim)",
    _safe_softmax,
    node="SafeSoftmaxBackward0",
    self=softmax_row.row.formulas[0].function,
    jvp=softmax_row.row.jvp,
    method=False,
    function=False,
)


def _flash(query, key, value, dropout_p, is_causal, attn_mask, scale):
    scores = (query @ key.swapaxes(-1, -2)).astype(np.float64) * _factor(query.shape[-1], scale)
    if is_causal:
        scores = np.where(np.tril(np.ones(scores.shape[-2:], bool)), scores, -np.inf)
    if attn_mask is not None:
        scores = np.where(attn_mask, scores, -np.inf) if attn_mask.dtype == np.bool_ else scores + attn_mask
    with np.errstate(invalid="ignore", divide="ignore"):
        top = scores.max(axis=-1, keepdims=True)
        sums = np.log(np.exp(scores - top).sum(axis=-1)) + top[..., 0]
        weights = _safe_softmax(scores, -1)
    found = np.empty_like(query)  # laid out as the queries are
    found[...] = weights @ value
    return found, sums.astype(query.dtype)


def composed(query, key, value, dropout_p, is_causal, attn_mask, scale):
    """Scores, softmax, product: by differentiable operations. Scores share the scale between queries and keys."""
    from ..creation import ones

    factor = math.sqrt(_factor(query._array.shape[-1], scale))
    if is_causal:
        shape = (query._array.shape[-2], key._array.shape[-2])
        attn_mask = ones(shape, dtype=_bool(), device=query.device).tril()
    scores = (query * factor) @ (key.mT * factor)
    if attn_mask is not None:
        if attn_mask.dtype.kind == 0:
            scores = scores.masked_fill(attn_mask.logical_not(), float("-inf"))
        else:
            scores = scores + attn_mask
    weights = safe_softmax(scores, -1)
    if dropout_p > 0:
        from .. import nn

        weights = nn.functional.dropout(weights, dropout_p)
    return weights @ value


def _bool():
    from ..dtypes import bool_

    return bool_


def _derivative(name: str):
    return through(composed, _NAMES, name, ("output", "logsumexp"))


flash_attention = op(
    "_scaled_dot_product_flash_attention_for_cpu(Tensor query, Tensor key, Tensor value, float dropout_p=0, "
    "bool is_causal=False, *, Tensor? attn_mask=None, float? scale=None) -> output, logsumexp",
    _flash,
    node="ScaledDotProductFlashAttentionForCpuBackward0",
    query=_derivative("query"),
    key=_derivative("key"),
    value=_derivative("value"),
    non_differentiable=("logsumexp",),
    returns=itemgetter(0),
    method=False,
    function=False,
)


def scaled_dot_product_attention(
    query, key, value, attn_mask=None, dropout_p: float = 0.0, is_causal: bool = False, scale: float | None = None,
    enable_gqa: bool = False,
):  # fmt: skip
    """(*, L, E), (*, S, E), (*, S, V) to (*, L, V): a mean of values, weighted by softmax(query @ key^T * scale).

    Raises ``RuntimeError`` for a mask beside ``is_causal`` and for types that differ.
    """
    if not query.dtype is key.dtype is value.dtype:
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got query.dtype: "
            f"{query.dtype.cpp} key.dtype: {key.dtype.cpp} and value.dtype: {value.dtype.cpp} instead."
        )
    if min(query.dim(), key.dim(), value.dim()) < 2:
        raise RuntimeError(
            "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: "
            f"{query.dim()}, key.dim: {key.dim()} and value.dim: {value.dim()} instead."
        )
    if attn_mask is not None and is_causal:
        raise RuntimeError("_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True")
    if enable_gqa:
        key = key.repeat_interleave(query.size(-3) // key.size(-3), -3)
        value = value.repeat_interleave(query.size(-3) // value.size(-3), -3)
    fused = (
        query.dim() == key.dim() == value.dim() == 4
        and dropout_p == 0
        and query.size(-1) == value.size(-1)
        and (attn_mask is None or not attn_mask.requires_grad)
        and query.numel() and key.numel()
    )  # fmt: skip
    if fused:
        return flash_attention(query, key, value, dropout_p, is_causal, attn_mask=attn_mask, scale=scale)
    return composed(query, key, value, dropout_p, is_causal, attn_mask, scale)
