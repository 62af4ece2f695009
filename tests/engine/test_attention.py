"""Attention over several heads: values, weights, gradients, graphs, masks, refusals."""

import pytest

from .twin import agree

_SETUP = """
def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
def walk(node, depth=0):
    if node is not None and depth < 9:
        print(' ' * depth + node.name())
        for following, _ in node.next_functions:
            walk(following, depth + 1)
torch.set_printoptions(precision=3)
q = torch.rand(3, 2, 4, dtype=torch.double, requires_grad=True)
k = torch.rand(5, 2, 4, dtype=torch.double, requires_grad=True)
v = torch.rand(5, 2, 4, dtype=torch.double, requires_grad=True)
hidden = torch.tensor([[False, False, True, False, True], [False, False, False, False, True]])
ahead = torch.ones(3, 5, dtype=torch.bool).triu(2)
def layer(**options):
    return nn.MultiheadAttention(4, 2, dtype=torch.double, **options)
def attend(m, *args, **options):
    found, weights = m(*args, **options)
    print(found, weights)
    walk(found.grad_fn)
    grads = torch.autograd.grad(found.sum(), [*m.parameters()], allow_unused=True)
    print([None if grad is None else (grad * 1e6).round() / 1e6 + 0. for grad in grads])
"""

CALLS = {
    "to itself": "attend(layer(), q, q, q)",
    "to one other": "attend(layer(), q, k, k)",
    "to keys and values": "attend(layer(), q, k, v)",
    "without bias": "attend(layer(bias=False), q, k, k)",
    "without weights": "attend(layer(), q, k, v, need_weights=False)",
    "a weight per head": "attend(layer(), q, k, v, average_attn_weights=False)",
    "samples first": "attend(layer(batch_first=True), q, q, q)",
    "samples first, evaluating": "attend(layer(batch_first=True).eval(), q, q, q, need_weights=False)",
    "no samples": "attend(layer(), q[:, 0], k[:, 0], v[:, 0])",
    "other sizes": "attend(layer(kdim=3, vdim=2), q, k[..., :3], v[..., :2])",
    "a padding mask": "attend(layer(), q, k, v, key_padding_mask=hidden)",
    "a mask": "attend(layer(), q, k, v, attn_mask=ahead)",
    "both masks": "attend(layer(), q, k, v, key_padding_mask=hidden, attn_mask=ahead)",
    "both masks without weights": "attend(layer(), q, k, v, hidden, False, ahead)",
    "masks of two kinds": "attend(layer(), q, k, v, key_padding_mask=hidden, attn_mask=torch.zeros(3, 5).double())",
    "a mask per head": "attend(layer(), q, k, v, attn_mask=ahead.expand(4, 3, 5))",
    "a bias for keys and values": "attend(layer(add_bias_kv=True), q, k, v, attn_mask=ahead)",
    "a key of zeros": "attend(layer(add_zero_attn=True), q, k, v, key_padding_mask=hidden)",
    "causal": """
m = torch.ones(3, 3, dtype=torch.bool).triu(1)
attend(layer(), q, q, q, attn_mask=m, is_causal=True, need_weights=False)
""",
    "refusals": """
m = layer()
show(lambda: m(q[None], k, v))
show(lambda: m(q, k[0], v))
show(lambda: m(q[0], k, v))
show(lambda: m(q, k, v[:3]))
show(lambda: m(q[..., :3], k, v))
show(lambda: m(q, k, v, key_padding_mask=hidden[0]))
show(lambda: m(q, k, v, key_padding_mask=hidden[:, :3]))
show(lambda: m(q, k, v, key_padding_mask=hidden[:1]))
show(lambda: m(q, k, v, attn_mask=ahead[:2]))
show(lambda: m(q, k, v, attn_mask=ahead[0]))
show(lambda: m(q, k, v, attn_mask=ahead.expand(3, 3, 5)))
show(lambda: m(q[:, 0], k[:, 0], v[:, 0], attn_mask=ahead.expand(3, 3, 5)))
show(lambda: m(q, k, v, attn_mask=ahead.long()))
show(lambda: m(q, k, v, is_causal=True))
show(lambda: layer(kdim=3)(q, k[..., :3], v[:3]))
""",
}


@pytest.mark.parametrize("program", CALLS.values(), ids=CALLS)
def test_attention(program):
    ours, wanted = agree(_SETUP + program)
    assert ours == wanted
