"""Bags of embeddings: what is saved, which operation runs, what their derivatives refuse."""

import pytest

from .twin import agree

_SETUP = """
def attempt(f):
    try:
        print(f())
    except Exception as error:
        print(type(error).__name__, error)
w = torch.tensor([[8.0, 1.0], [-2.0, 3.0], [4.0, 2.0]])
y = torch.tensor([[7.0, 1.0], [2.0, 3.0]])
i = torch.tensor([[1, 0], [2, 2]])
"""


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("needing", ["w", "y", "wy"])
def test_graph_and_second_derivatives(mode, needing):
    weights = "y" if mode == "sum" else "None"
    if mode != "sum" and needing != "w":
        needing = "w"
    engine, wanted = agree(f"""{_SETUP}
needing = [t.requires_grad_() for t in ({", ".join(needing)},)]
found = F.embedding_bag(i, w, mode={mode!r}, per_sample_weights={weights})
node = found.grad_fn
print(node.name(), [edge and edge.name() for edge, _ in node.next_functions])
print([(name, getattr(node, name)) for name in dir(node) if name.startswith("_saved")])
seed = torch.ones_like(found, requires_grad=True)
for grad in torch.autograd.grad(found, needing, seed, create_graph=True):
    print(grad, [edge and edge.name() for edge, _ in grad.grad_fn.next_functions])
    attempt(lambda: torch.autograd.grad(grad.sum(), [*needing, seed], allow_unused=True, retain_graph=True))
""")
    assert engine == wanted


def test_weights_of_samples_are_kept_whatever_is_needed():
    engine, wanted = agree(f"""{_SETUP}
y.requires_grad_()
for kept in (w, i, y):
    found = F.embedding_bag(i, w, mode="sum", per_sample_weights=y)
    torch.autograd.graph.increment_version(kept)
    attempt(found.sum().backward)
""")
    assert engine == wanted


@pytest.mark.parametrize("tangent", ["w", "y"])
@pytest.mark.parametrize("needing", ["", "w", "y"])
def test_forward_mode_names_the_operation(tangent, needing):
    engine, wanted = agree(f"""{_SETUP}
{f"{needing}.requires_grad_()" if needing else ""}
with torch.autograd.forward_ad.dual_level():
    {tangent} = torch.autograd.forward_ad.make_dual({tangent}, torch.ones_like({tangent}))
    attempt(lambda: F.embedding_bag(i, w, mode="sum", per_sample_weights=y))
found = F.embedding_bag(i, torch.ones(3, 2).requires_grad_(), mode="sum", per_sample_weights=y.requires_grad_())
with torch.autograd.forward_ad.dual_level():
    seed = torch.autograd.forward_ad.make_dual(torch.ones(2, 2), torch.ones(2, 2))
    attempt(lambda: torch.autograd.grad(found, y, seed, retain_graph=True))
""")
    assert engine == wanted


REFUSED = """
bag(flat, w.double() * 1j, o) | bag(flat, w.long(), o) | bag(flat.float(), w, o) | bag(flat.short(), w, o.short())
bag(flat, w, o.float()) | bag(flat.int(), w, o) | bag(flat, w[0], o) | bag(flat, w, o.view(1, 2)) | bag(flat, w)
bag(i, w, o) | bag(flat[0], w, o) | bag(flat, w, o + 1) | bag(flat, w, o * 9)
bag(flat, w, o[:0], include_last_offset=True)
bag(flat[:0], w, o[:0]) | bag(i + 1, w) | bag(i - 1, w.double()) | bag(i + 1, w, padding_idx=0)
bag(i + 1, w, mode='max')
bag(i + 1, w.t().contiguous().t(), mode='sum') | bag(i, w, padding_idx=3) | bag(i, w, padding_idx=-3) | bag(i, w[:0])
bag(i, w[:0], padding_idx=0) | bag(i, w, per_sample_weights=y, mode='mean') | bag(i, w, per_sample_weights=y[:1])
bag(i, w, per_sample_weights=y.double(), mode='sum') | bag(i, w.bfloat16(), per_sample_weights=y, mode='sum')
bag(i, w, mode='most') | bag(i, w, mode='max', scale_grad_by_freq=True) | bag(w, i) | bag(flat > 0, w, o)
bag(flat, w, o.int(), mode='max') | torch.arange(2, dtype=torch.bool) | torch.arange(2, 0, dtype=torch.complex64)
""".strip().replace("\n", " | ")


@pytest.mark.parametrize("call", REFUSED.split(" | "))
def test_what_is_refused(call):
    engine, wanted = agree(f"""{_SETUP}
flat, o, bag = i.view(-1), torch.tensor([0, 2]), F.embedding_bag
if hasattr(torch, "set_num_threads"):
    torch.set_num_threads(1)
attempt(lambda: {call})
""")
    assert engine == wanted


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("mode", [0, 1, 2])
@pytest.mark.parametrize("padding", [None, 2])
def test_what_is_told_beside_the_bags(dtype, mode, padding):
    engine, wanted = agree(f"""{_SETUP}
table = w.to(torch.{dtype}).requires_grad_()
print(torch.embedding_bag(table, i.view(-1), torch.tensor([0, 2, 2]), False, {mode}, False, None, False, {padding}))
""")
    assert engine == wanted
