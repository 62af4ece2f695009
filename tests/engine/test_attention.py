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


_SCALED = """
def T(*shape, dtype=torch.float32):
    count = 1
    for size in shape:
        count *= size
    return ((torch.arange(float(count)) * 7 % 5) / 8).view(shape).to(dtype).requires_grad_()
def attend(*given, **options):
    try:
        found = F.scaled_dot_product_attention(*given, **options)
        inputs = [t for t in given[:3] if t.requires_grad]
        print((found * 1e5).round().tolist(), found.stride())
        walk(found.grad_fn)
        seed = torch.ones_like(found, requires_grad=True)
        grads = torch.autograd.grad(found, inputs, seed, create_graph=True, allow_unused=True)
        print([(g.sum() * 1e4).round() + 0.0 for g in grads])
        walk(grads[0].grad_fn, 7)
        print(torch.autograd.grad(grads[0].sum(), seed)[0].shape)
    except Exception as e:
        print(type(e).__name__, e)
a, b, lone = T(1, 2, 3, 2), T(1, 2, 4, 2), torch.ones(3, 4)
m = torch.arange(12.0).view(3, 4) / 8
"""
SCALED = """
a, a, a | a, b, b | a, b, b, is_causal=True | b, a, a, is_causal=True | a, b, b, scale=-0.5 | a, b, b, scale=0.0
a, b, b, m | a, b, b, m > 0.5 | a, b, b, m > 9 | a, b, b, m[:1] | a, b, b, m[:, :1] | a, b, b, m[0] | a, b, b, m[:2]
a, b, b, m.expand(2, 3, 4) | a, b, b, m.expand(1, 2, 3, 4) | a, b, b, m.expand(3, 1, 3, 4)
a, b, b, m.clone().requires_grad_()
a, b, b, m.long() | a, b, b, m.double() | a, b, b, m, is_causal=True | a[0], b[0], b[0], m, is_causal=True
a[0], b[0], b[0] | a[0], b[0], b[0], m | a[0], b[0], b[0], m > 0.5 | a[0], b[0], b[0], is_causal=True
a[0, 0], b[0, 0], b[0, 0] | a[0, 0], b[0, 0], b[0, 0], scale=-0.5 | a[0], b[0], b[0], m[:2] | a[0], b[0], a[0]
T(1, 2, 2, 3).mT, a, a | a, T(1, 2, 2, 3).mT, a | a, a, T(1, 2, 2, 3).mT
T(1, 2, 1, 3).mT, T(1, 2, 3, 1), T(1, 2, 3, 1)
T(1, 3, 2, 2).transpose(1, 2), T(1, 4, 2, 2).transpose(1, 2), T(1, 4, 2, 2).transpose(1, 2)
T(1, 2, 3, 1).expand(1, 2, 3, 2), b, b | a, T(2, 2, 4, 2), T(2, 2, 4, 2) | T(1, 1, 3, 2), b, b | T(1, 4, 3, 2), b, b
T(1, 4, 3, 2), b, b, enable_gqa=True | T(1, 3, 3, 2), b, b, enable_gqa=True | T(4, 3, 2), b[0], b[0], enable_gqa=True
T(1, 4, 3, 2), b, T(1, 1, 4, 2), enable_gqa=True | T(1, 2, 0, 2), b, b | a, T(1, 2, 0, 2), b | a, b, T(1, 2, 0, 2)
T(0, 2), T(3, 2), T(3, 2) | a, b, T(1, 2, 4, 0) | T(1, 2, 3, 0), T(1, 2, 4, 0), b | T(2, 3, 0), T(2, 4, 0), T(2, 4, 0)
a, b, b, dropout_p=2.0 | a, b, b, dropout_p=-1.0 | a, b, b, dropout_p=1.0 | a, b.double(), b
a, b, b.to('meta') | a[0, 0, 0], b, b
a.long(), b.long(), b.long() | a * 1j, b * 1j, b * 1j | a[0] * 1j, b[0] * 1j, b[0] * 1j | a, b, T(1, 2, 4, 3)
T(1, 1, 2, 2, dtype=torch.double), T(1, 1, 2, 2, dtype=torch.double), T(1, 1, 2, 2, dtype=torch.double), m[:2, :2]
""".strip().replace("\n", " | ")


@pytest.mark.parametrize("given", SCALED.split(" | "))
def test_scaled_dot_products(given):
    engine, wanted = agree(f"{_SETUP}{_SCALED}attend({given})")
    assert engine == wanted


def test_forward_mode_through_the_kernel():
    engine, wanted = agree(f"""{_SETUP}{_SCALED}
def dual(t):
    return torch.autograd.forward_ad.make_dual(t, torch.ones_like(t))
found = F.scaled_dot_product_attention(a, b, b)
with torch.autograd.forward_ad.dual_level():
    show(lambda: F.scaled_dot_product_attention(dual(a), b, b))
    show(lambda: torch.autograd.grad(found, a, dual(torch.ones(1, 2, 3, 2))))
""")
    assert engine == wanted
