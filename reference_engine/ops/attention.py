"""Attention: queries find keys, and take the values of those they find.

Rule: torch.nn.functional.scaled_dot_product_attention. For batches of heads on the CPU PyTorch has one operation; all
else, and dropout, it composes.
"""

from __future__ import annotations

import math
from operator import itemgetter

import numpy as np

from .._state import thread
from .._tensor import make
from ..dtypes import BOOL, FLOATING, float32
from .by_number import mul_number
from .norms import softmax_array, softmax_row
from .table import op


def _factor(size: int, scale) -> float:
    if scale is not None:
        return scale
    return 1 / math.sqrt(size) if size else math.inf


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
    refuses=(("c", "softmax_lastdim_kernel_impl"),),
)


def _shared_heads(queries, *others):
    """Keys and values, each head as often as there are heads of queries for it."""
    return [np.repeat(other, queries.shape[1] // other.shape[1], axis=1) for other in others]


def _flash(query, key, value, dropout_p, is_causal, attn_mask, scale):
    if dropout_p:
        raise RuntimeError("scaled_dot_product_attention_flash_attention: Currently do not support dropout > 0")
    key, value = _shared_heads(query, key, value)
    scores = (query @ key.swapaxes(-1, -2)).astype(np.float64) * _factor(query.shape[-1], scale)
    if is_causal:
        scores = np.where(np.tril(np.ones(scores.shape[-2:], bool)), scores, -np.inf)
    if attn_mask is not None:
        scores = scores + attn_mask
    with np.errstate(invalid="ignore", divide="ignore"):
        top = scores.max(axis=-1, keepdims=True)
        sums = np.log(np.exp(scores - top).sum(axis=-1)) + top[..., 0]
        weights = _safe_softmax(scores, -1)
    found = np.empty_like(query)  # laid out as the queries are
    found[...] = weights @ value
    return found, sums.astype(query.dtype)


def _flash_gradients(grad, query, key, value, output, logsumexp, dropout_p, is_causal, attn_mask, scale):
    """The gradients for queries, keys and values, by way of the composition."""
    from .. import autograd

    recording, thread.grad_enabled = thread.grad_enabled, True
    try:
        inputs = [make(array).requires_grad_() for array in (query, key, value)]
        mask = None if attn_mask is None else make(attn_mask)
        if is_causal and mask is not None:
            mask = mask + _additive(_triangle(inputs[0], inputs[1]), inputs[0])
        result = composed(*inputs, 0.0, is_causal and mask is None, mask, scale, query.shape[1] != key.shape[1])
        return tuple(found._array for found in autograd.grad(result, inputs, make(grad)))
    finally:
        thread.grad_enabled = recording


_flash_backward = op(
    "_scaled_dot_product_flash_attention_for_cpu_backward(Tensor grad, Tensor query, Tensor key, Tensor value, "
    "Tensor output, Tensor logsumexp, float dropout_p, bool is_causal, Tensor? attn_mask, any scale) "
    "-> first, second, third",
    _flash_gradients,
    method=False,
    function=False,
)


def _derivative(position: int):
    """One of the three: PyTorch computes them at once, by an operation that has no derivative."""

    def derivative(grad, query, key, value, output, logsumexp, dropout_p, is_causal, attn_mask, scale):
        return _flash_backward(
            grad, query, key, value, output, logsumexp, dropout_p, is_causal, attn_mask, scale
        )[position]  # fmt: skip

    return derivative


flash_attention = op(
    "_scaled_dot_product_flash_attention_for_cpu(Tensor query, Tensor key, Tensor value, float dropout_p=0, "
    "bool is_causal=False, *, Tensor? attn_mask=None, float? scale=None) -> output, logsumexp",
    _flash,
    node="ScaledDotProductFlashAttentionForCpuBackward0",
    query=_derivative(0),
    key=_derivative(1),
    value=_derivative(2),
    non_differentiable=("logsumexp",),
    returns=itemgetter(0),
    method=False,
    function=False,
)


def _triangle(query, key):
    """Which keys each query may see: those up to its own place."""
    from ..creation import ones
    from ..dtypes import bool_

    return ones((query._array.shape[-2], key._array.shape[-2]), dtype=bool_, device=query.device).tril()


def _additive(mask, query):
    """A mask of bools as numbers to add."""
    if mask is None or mask.dtype.kind != BOOL:
        return mask
    return mask.new_zeros(mask._array.shape, dtype=query.dtype).masked_fill_(mask.logical_not(), float("-inf"))


def composed(query, key, value, dropout_p, is_causal, attn_mask, scale, enable_gqa):
    """Scores, softmax, product: by differentiable operations. Scores share the scale between queries and keys."""
    if attn_mask is not None and is_causal:
        raise RuntimeError("_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True")
    scale = _factor(query._array.shape[-1], scale)
    factor = math.sqrt(abs(scale))
    query = mul_number(query, math.copysign(factor, scale) if scale else factor)
    if is_causal:
        attn_mask = _additive(_triangle(query, key), query)
    if enable_gqa:
        heads = query.size(-3)
        if heads % key.size(-3) or heads % value.size(-3):
            raise RuntimeError("Number of heads in key and value must divide the number of heads in ")
        key = key.repeat_interleave(heads // key.size(-3), -3)
        value = value.repeat_interleave(heads // value.size(-3), -3)
    scores = query @ mul_number(key.mT, factor)
    if attn_mask is not None:
        scores = scores.add_(attn_mask)
    weights = safe_softmax(scores, -1)
    if dropout_p > 0:
        from .. import nn

        if dropout_p > 1:
            raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout_p:g}")
        weights = nn.functional.dropout(weights, dropout_p)
    return weights @ value


def _demands(query, key, value, attn_mask) -> None:
    """Raises ``RuntimeError`` for dtypes, devices and numbers of dimensions."""
    three = (query, key, value)
    for what, facts in (
        ("dtype", [tensor.dtype.cpp for tensor in three]),
        ("device", [str(tensor.device) for tensor in three]),
    ):
        if len(set(facts)) > 1:
            said = "device type" if what == "device" else what
            raise RuntimeError(
                f"Expected query, key, and value to have the same {said}, but got query.{what}: {facts[0]} "
                f"key.{what}: {facts[1]} and value.{what}: {facts[2]} instead."
            )
    if min(tensor.ndim for tensor in three) < 2:
        raise RuntimeError(
            "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: "
            f"{query.ndim} key.dim: {key.ndim} and value.dim: {value.ndim} instead."
        )
    if attn_mask is not None and attn_mask.dtype.kind != BOOL and attn_mask.dtype not in (float32, query.dtype):
        raise RuntimeError(
            "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
            f"{attn_mask.dtype.cpp} and  query.dtype: {query.dtype.cpp} instead."
        )


def _is_fused(query, key, value, dropout_p, attn_mask, enable_gqa) -> bool:
    """Whether PyTorch has its one operation for these.

    That operation never compares how many keys and values there are: where the numbers differ it reads and writes
    memory that is not its own. Here such arguments are left to the composition, which refuses them.
    """
    three = (query, key, value)
    if any(t.ndim != 4 or t.dtype.kind != FLOATING or t.stride(-1) != 1 for t in three) or dropout_p > 0:
        return False
    (batch, heads, rows, size), keys, values = (tensor._array.shape for tensor in three)
    shared = enable_gqa and keys[1] == values[1] and keys[1] and heads % keys[1] == 0
    if (keys[0], values[0], keys[3], values[3], keys[2]) != (batch, batch, size, size, values[2]):
        return False
    if not (keys[1] == values[1] == heads or shared) or 0 in (*query._array.shape, *keys):
        return False
    if attn_mask is None:
        return True
    fits = attn_mask.size(-2) in (1, rows) and attn_mask.size(-1) in (1, keys[2])
    whole = attn_mask.ndim == 2 or (
        attn_mask.ndim == 4 and attn_mask.size(0) in (1, batch) and attn_mask.size(1) in (1, heads)
    )
    return fits and whole and not attn_mask.requires_grad


def scaled_dot_product_attention(
    query, key, value, attn_mask=None, dropout_p: float = 0.0, is_causal: bool = False, scale: float | None = None,
    enable_gqa: bool = False,
):  # fmt: skip
    """(*, L, E), (*, S, E), (*, S, V) to (*, L, V): a mean of values, weighted by softmax(query @ key^T * scale).

    Raises ``RuntimeError`` for types that differ, and where it is composed for a mask beside ``is_causal``.
    """
    _demands(query, key, value, attn_mask)
    shape = (*query._array.shape[:-1], value._array.shape[-1])
    if 0 in (*shape, *value._array.shape):
        # Nothing is found; the result still has a history.
        return query.new_zeros(shape) + mul_number(query.sum() + key.sum() + value.sum(), 0)
    attn_mask = _additive(attn_mask, query)
    if _is_fused(query, key, value, dropout_p, attn_mask, enable_gqa):
        return flash_attention(query, key, value, dropout_p, is_causal, attn_mask=attn_mask, scale=scale)
    return composed(query, key, value, dropout_p, is_causal, attn_mask, scale, enable_gqa)
