"""Hooks at the edges of their rules: what they are handed, when they are not called, what they may give back."""

import pytest

from .twin import agree

_START = """
G = torch.autograd.graph
x = torch.tensor([1.], requires_grad=True)
y = x * 2
accumulator = y.grad_fn.next_functions[0][0]
def shown(g):
    return [shown(each) for each in g] if isinstance(g, (tuple, list)) else None if g is None else g.item()
def note(*given):
    print(shown(given))
"""

PROGRAMS = [
    # A post-hook of the accumulator holds the gradient and is no reason to copy it.
    "h = accumulator.register_hook(note); y.backward(); print(x.grad._version)",
    "y.backward(); print(x.grad._version)",
    # A node called by hand runs no hook.
    "h = [y.grad_fn.register_hook(note), y.grad_fn.register_prehook(note), y.register_hook(note)]\n"
    "print(y.grad_fn(torch.ones(1)))",
    # A lone root is not waited for.
    "h = G.register_multi_grad_hook((x, y), note); y.backward()",
    "h = G.register_multi_grad_hook((x, y), note); (y * 1).backward()",
    "h = G.register_multi_grad_hook((x, y), note); y.backward(inputs=[x])",
    "h = G.register_multi_grad_hook((x, y), note); torch.autograd.backward([y, y * 3])",
    "h = G.register_multi_grad_hook((torch.ones(1), x), print, mode='any'); (y * 1).backward()",
    "h = G.register_multi_grad_hook((torch.ones(1), x), print)",
    # What a post-accumulate hook returns goes to the next before it is refused.
    "a = x.register_post_accumulate_grad_hook(lambda p: p * 10)\n"
    "b = x.register_post_accumulate_grad_hook(print)\ny.backward()",
    "a = x.register_post_accumulate_grad_hook(lambda p: p * 10)\n"
    "b = x.register_post_accumulate_grad_hook(lambda p: x)\ny.backward()\nprint(x.grad)",
]  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_as_torch(program):
    engine, wanted = agree(_START + program)
    assert engine == wanted
