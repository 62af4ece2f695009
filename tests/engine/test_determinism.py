"""The demand for deterministic algorithms: its switches, what it forbids, what fresh memory holds under it."""

import pytest

from .twin import agree

_SETUP = """
D = torch.use_deterministic_algorithms
def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
z, i, o = torch.zeros(2), torch.tensor([0]), torch.ones(1)
"""

PROGRAMS = {
    "what has no deterministic form": """
D(True)
show(lambda: z.put_(i, o))
show(lambda: z.put_(i, o, accumulate=True))
show(lambda: torch.put(z, i, o))
D(True, warn_only=True)
show(lambda: z.put_(i, o))
D(False)
show(lambda: z.put_(i, o))
""",
    "fresh memory": """
D(True)
print([torch.empty(2, dtype=d) for d in (torch.float16, torch.bfloat16, torch.float64, torch.complex64, torch.bool,
                                         torch.uint8, torch.int8, torch.int64)])
print(torch.empty_like(o), o.new_empty(2), torch.empty_strided((2,), (1,)), torch.Tensor(2))
print(torch.empty(2, 2).t(), torch.empty_like(torch.ones(2, 3).t()), torch.zeros(2), torch.zeros_like(o))
torch.utils.deterministic.fill_uninitialized_memory = False
print(torch.utils.deterministic.fill_uninitialized_memory)
torch.utils.deterministic.fill_uninitialized_memory = True
D(True, warn_only=True)
print(torch.empty(1))
D(False)
torch.utils.deterministic.fill_uninitialized_memory = 3
""",
    "the debug mode": """
for v in (0, 1, 2, True, 'default', 'warn', 'error', 3, 'x', None):
    show(lambda: torch.set_deterministic_debug_mode(v))
    print(torch.get_deterministic_debug_mode(), torch.are_deterministic_algorithms_enabled(),
          torch.is_deterministic_algorithms_warn_only_enabled())
D(False)
""",
    "arguments": """
for v in (1, 'x', None):
    show(lambda: D(v))
show(lambda: D(True, True))
show(lambda: D(True, warn_only=1))
show(lambda: D())
D(False)
""",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_determinism(program):
    ours, wanted = agree(_SETUP + program)
    assert ours == wanted
