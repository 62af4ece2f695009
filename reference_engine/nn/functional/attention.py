"""Attention over several heads (torch.nn.functional.multi_head_attention_forward).

Sizes in the docstrings: L queries, S keys and values, N samples, E features, H heads of D = E / H features each.
"""

from __future__ import annotations

import math
import warnings

import reference_engine as torch

from ...ops.attention import scaled_dot_product_attention
from ...ops.linalg import linear
from .activation import softmax
from .dropout import dropout


def _demand(condition: bool, message: str, error: type[Exception] = AssertionError) -> None:
    if not condition:
        raise error(message)


def _check_dimensions(query, key, value, key_padding_mask, attn_mask, num_heads: int) -> bool:
    """Whether there is a dimension of samples. Raises ``AssertionError`` for dimensions that do not fit."""
    _demand(
        query.dim() in (2, 3),
        f"query should be unbatched 2D or batched 3D tensor but received {query.dim()}-D query tensor",
    )
    count = query.dim()
    kind = "batched (3-D)" if count == 3 else "unbatched (2-D)"
    _demand(
        key.dim() == value.dim() == count,
        f"For {kind} `query`, expected `key` and `value` to be {count}-D but found {key.dim()}-D and {value.dim()}-D "
        "tensors respectively",
    )
    if key_padding_mask is not None:
        _demand(
            key_padding_mask.dim() == count - 1,
            f"For {kind} `query`, expected `key_padding_mask` to be `None` or {count - 1}-D but found "
            f"{key_padding_mask.dim()}-D tensor instead",
        )
    if attn_mask is not None:
        _demand(
            attn_mask.dim() in (2, 3),
            f"For {kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found {attn_mask.dim()}-D tensor "
            "instead",
        )
        if count == 2 and attn_mask.dim() == 3:
            wanted = (num_heads, query.shape[0], key.shape[0])
            _demand(attn_mask.shape == wanted, f"Expected `attn_mask` shape to be {wanted} but got {attn_mask.shape}")
    return count == 3


def _additive_mask(mask, name: str, dtype, beside=None):
    """What to add to the scores: a mask of bools as 0 and -inf. Raises ``AssertionError`` for integers.

    Warns where the mask ``beside`` it has another dtype.
    """
    if mask is None:
        return None
    _demand(
        mask.dtype == torch.bool or mask.is_floating_point(), f"only bool and floating types of {name} are supported"
    )
    if beside is not None and beside.dtype != mask.dtype:
        warnings.warn(
            f"Support for mismatched {name} and attn_mask is deprecated. Use same type for both instead.",
            stacklevel=4,
        )
    if mask.dtype == torch.bool:
        return torch.zeros_like(mask, dtype=dtype).masked_fill_(mask, float("-inf"))
    return mask


def _projected_together(query, key, value, weight, bias):
    """Queries, keys and values from one weight (3 * E, E): in one product where they are one tensor."""
    size = query.size(-1)
    if key is value:
        count = 3 if query is key else 2
        leading = []
        if count == 2:
            query_weight, weight = weight.split([size, 2 * size])
            query_bias, bias = (None, None) if bias is None else bias.split([size, 2 * size])
            leading = [linear(query, query_weight, query_bias)]
        parts = linear(key, weight, bias).unflatten(-1, (count, size))
        parts = parts.unsqueeze(0).transpose(0, -2).squeeze(-2).contiguous()
        return (*leading, *(parts[number] for number in range(count)))
    weights = weight.chunk(3)
    biases = (None, None, None) if bias is None else bias.chunk(3)
    return tuple(map(linear, (query, key, value), weights, biases))


def _lengthened(mask):
    """A mask for one more key, which is never hidden."""
    from .vision import pad

    return None if mask is None else pad(mask, (0, 1))


def _checked_mask(mask, heads: int, queries: int, keys: int):
    """The mask with a dimension for samples and heads. Raises ``RuntimeError`` for other shapes."""
    if mask is None:
        return None
    wanted = (queries, keys) if mask.dim() == 2 else (heads, queries, keys)
    _demand(
        mask.shape == wanted,
        f"The shape of the {mask.dim()}D attn_mask is {mask.shape}, but should be {wanted}.",
        RuntimeError,
    )
    return mask.unsqueeze(0) if mask.dim() == 2 else mask


def _with_padding(mask, padding, samples: int, heads: int, keys: int):
    """Both masks as one. Raises ``AssertionError`` for a padding mask of another shape."""
    if padding is None:
        return mask
    for dim, size in enumerate((samples, keys)):
        found = padding.shape[dim]
        _demand(found == size, f"Expected key_padded_mask.shape[{dim}] to be {size}, but got {found}")
    padding = padding.view(samples, 1, 1, keys).expand(-1, heads, -1, -1).reshape(samples * heads, 1, keys)
    return padding if mask is None else mask + padding


def multi_head_attention_forward(
    query, key, value, embed_dim_to_check: int, num_heads: int, in_proj_weight, in_proj_bias, bias_k, bias_v,
    add_zero_attn: bool, dropout_p: float, out_proj_weight, out_proj_bias, training: bool = True,
    key_padding_mask=None, need_weights: bool = True, attn_mask=None, use_separate_proj_weight: bool = False,
    q_proj_weight=None, k_proj_weight=None, v_proj_weight=None, static_k=None, static_v=None,
    average_attn_weights: bool = True, is_causal: bool = False,
):  # fmt: skip
    """(L, N, E), (S, N, E), (S, N, E) -> what was found (L, N, E) and the weights: (N, L, S), per head (N, H, L, S), or
    None without ``need_weights``. Without N there is none in the results.

    Raises ``AssertionError`` and ``RuntimeError`` for shapes that do not fit.
    """
    batched = _check_dimensions(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = (tensor.unsqueeze(1) for tensor in (query, key, value))
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    queries, samples, size = query.shape
    key_padding_mask = _additive_mask(key_padding_mask, "key_padding_mask", query.dtype, attn_mask)
    _demand(
        not is_causal or attn_mask is not None,
        "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
        "`generate_square_subsequent_mask` to create this mask.",
        RuntimeError,
    )
    if is_causal and key_padding_mask is None and not need_weights:
        attn_mask = None
    else:
        attn_mask = _additive_mask(attn_mask, "attn_mask", query.dtype)
        is_causal = is_causal and key_padding_mask is None
    _demand(size == embed_dim_to_check, f"was expecting embedding dimension of {embed_dim_to_check}, but got {size}")
    _demand(size % num_heads == 0, f"embed_dim {size} not divisible by num_heads {num_heads}")
    if use_separate_proj_weight:
        _demand(
            key.shape[:2] == value.shape[:2],
            f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}",
        )
        weights = (q_proj_weight, k_proj_weight, v_proj_weight)
        biases = (None, None, None) if in_proj_bias is None else in_proj_bias.chunk(3)
        q, k, v = map(linear, (query, key, value), weights, biases)
    else:
        _demand(key.shape == value.shape, f"key shape {key.shape} does not match value shape {value.shape}")
        q, k, v = _projected_together(query, key, value, in_proj_weight, in_proj_bias)
    rows, width = samples * num_heads, size // num_heads
    attn_mask = _checked_mask(attn_mask, rows, queries, key.shape[0])
    if bias_k is not None and bias_v is not None:
        k, v = torch.cat([k, bias_k.repeat(1, samples, 1)]), torch.cat([v, bias_v.repeat(1, samples, 1)])
        attn_mask, key_padding_mask = _lengthened(attn_mask), _lengthened(key_padding_mask)
    q = q.view(queries, rows, width).transpose(0, 1)
    k = k.view(k.shape[0], rows, width).transpose(0, 1) if static_k is None else static_k
    v = v.view(v.shape[0], rows, width).transpose(0, 1) if static_v is None else static_v
    if add_zero_attn:
        k, v = (torch.cat([t, torch.zeros(rows, 1, width, dtype=t.dtype, device=t.device)], dim=1) for t in (k, v))
        attn_mask, key_padding_mask = _lengthened(attn_mask), _lengthened(key_padding_mask)
    keys = k.size(1)
    mask = _with_padding(attn_mask, key_padding_mask, samples, num_heads, keys)
    dropout_p = dropout_p if training else 0.0
    if need_weights:
        scaled, transposed = q * math.sqrt(1.0 / width), k.transpose(-2, -1)
        scores = torch.bmm(scaled, transposed) if mask is None else torch.baddbmm(mask, scaled, transposed)
        weights = softmax(scores, dim=-1)
        if dropout_p > 0:
            weights = dropout(weights, p=dropout_p)
        found = torch.bmm(weights, v).transpose(0, 1).reshape(queries * samples, size)
        weights = weights.view(samples, num_heads, queries, keys)
        weights = weights.mean(dim=1) if average_attn_weights else weights
    else:
        weights = None
        if mask is not None:
            single = mask.size(0) == 1 and mask.dim() == 3
            mask = mask.unsqueeze(0) if single else mask.view(samples, num_heads, -1, keys)
        q = q.view(samples, num_heads, queries, width)
        k, v = (tensor.view(samples, num_heads, keys, width) for tensor in (k, v))
        found = scaled_dot_product_attention(q, k, v, mask, dropout_p, is_causal)
        found = found.permute(2, 0, 1, 3).contiguous().view(samples * queries, size)
    found = linear(found, out_proj_weight, out_proj_bias)
    found = found.view(queries, samples, found.size(1))
    if not batched:
        found, weights = found.squeeze(1), None if weights is None else weights.squeeze(0)
    return found, weights
