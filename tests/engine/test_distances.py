"""Distances of all pairs: by a product of matrices, for many points or on demand, and one by one."""

import pytest

from .twin import agree

_SETUP = """
import warnings
warnings.simplefilter("ignore")
def T(*shape, dtype=torch.float64):
    count = 1
    for size in shape:
        count *= size
    return ((torch.arange(float(count)) * 7 % 11) / 4).view(*shape).to(dtype).requires_grad_()
def walk(node, depth=0):
    if node is not None and depth < 7:
        kept = [name for name in dir(node) if name.startswith("_saved") and "Dist" in node.name()]
        print(" " * depth + node.name(), kept)
        for following, _ in node.next_functions:
            walk(following, depth + 1)
def about(tensor):
    return (tensor.detach().double() * 100).round() / 100 + 0.0
def measure(*points, compute_mode="use_mm_for_euclid_dist", again=True, **options):
    try:
        found = torch.cdist(*points, compute_mode=compute_mode, **options)
        print(about(found), found.dtype, found._is_view())
        walk(found.grad_fn)
        seed = torch.ones_like(found).requires_grad_()
        inputs = [t for t in points if t.requires_grad]
        grads = torch.autograd.grad(found, inputs, seed, create_graph=True)
        print([about(grad) for grad in grads])
        if again:
            walk(grads[0].grad_fn)
            twice = torch.autograd.grad(grads[0].square().sum(), [*inputs, seed], allow_unused=True)
            print([None if t is None else about(t) for t in twice])
    except Exception as e:
        print(type(e).__name__, e)
a, b = T(3, 2), T(4, 2)
"""
CALLS = """
a, b + 0.125 | a, b | a, b.detach() | a.detach(), b | T(2, 3, 2), T(2, 4, 2) | T(2, 1, 3, 2), T(5, 4, 2) | a, T(5, 4, 2)
T(3, 2, dtype=torch.float32), T(4, 2, dtype=torch.float32) | T(2, 3).t(), T(4, 3)[:, 1:] | T(0, 2), b | T(3, 0), T(4, 0)
T(0, 3, 2), T(0, 4, 2) | a, b, p=1.0, again=False | a, b, compute_mode='donot_use_mm_for_euclid_dist'
T(26, 2), b + 0.125, compute_mode='use_mm_for_euclid_dist_if_necessary', again=False | T(1, 3, 2), b
T(25, 2), b + 0.125, compute_mode='use_mm_for_euclid_dist_if_necessary', again=False
T(3, 2, dtype=torch.float16), T(4, 2, dtype=torch.float16), again=False | a, b.float()
a.half(), b.half(), compute_mode='donot_use_mm_for_euclid_dist'
""".strip().replace("\n", " | ")


@pytest.mark.parametrize("call", CALLS.split(" | "))
def test_all_pairs(call):
    engine, wanted = agree(f"{_SETUP}measure({call})")
    assert engine == wanted


@pytest.mark.parametrize("mode", ["use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist"])
def test_tangents_and_writes_are_refused(mode):
    engine, wanted = agree(f"""{_SETUP}
def show(f):
    try: print(f())
    except Exception as e: print(type(e).__name__, e)
with torch.autograd.forward_ad.dual_level():
    show(lambda: torch.cdist(torch.autograd.forward_ad.make_dual(a, a), b, compute_mode={mode!r}))
found = torch.cdist(a, b, compute_mode={mode!r})
torch.autograd.graph.increment_version(b)
show(lambda: found.sum().backward())
found = torch.cdist(a, b, compute_mode={mode!r})
found.mul_(2)
show(lambda: found.sum().backward())
""")
    assert engine == wanted
