"""Norms in another dtype and of nothing, powers of numbers, and what products of matrices ask for, as torch has it."""

import pytest

from .twin import agree

SHOW = """
def show(make):
    try:
        y = make()
    except Exception as error:
        print(type(error).__name__, error)
    else:
        print(y, y.dtype, type(y.grad_fn).__name__, y.stride())
"""

NORMS = """
x, c = torch.tensor([[3., 4.]], requires_grad=True), torch.tensor([[3 + 0j, 4.]])
for norm in (torch.norm, torch.linalg.norm, torch.linalg.vector_norm, torch.linalg.matrix_norm):
    for dtype in (torch.float64, torch.float16, torch.int32, torch.complex64, torch.complex128):
        show(lambda: norm(x, dtype=dtype))
        show(lambda: norm(c, dtype=dtype))
for order in (1, 2, "nuc", float("inf")):
    show(lambda: torch.linalg.matrix_norm(x, order, dtype=torch.float64))
torch.linalg.vector_norm(x, 3, dtype=torch.float64).backward()
print(x.grad)
"""

NOTHING = """
for order in (float("inf"), float("-inf"), -0.5, -2, 2, 0, -1234567.0):
    show(lambda: torch.linalg.vector_norm(torch.ones(0), order))
    for dim in ((0, 1), (1, 2), (-1,), (0,)):
        show(lambda: torch.linalg.vector_norm(torch.ones(2, 0, 0), order, dim=dim))
    show(lambda: torch.dist(torch.ones(0), torch.ones(0), order))
"""

COUNTS = """
def shown(make):
    x = torch.tensor([3., 0.], requires_grad=True)
    try:
        make(x).sum().backward()
    except RuntimeError as error:
        print(error)
    print(x.grad, functional.jvp(make, x.detach(), torch.ones(2)))

shown(lambda x: x.norm(0))
shown(lambda x: torch.linalg.vector_norm(x, 0))
shown(lambda x: torch.dist(x, torch.zeros(2), 0))
shown(lambda x: torch.dist(torch.zeros(2), x, 0))
"""

POWERS = """
for base in (0.5, 2, 3.0, -1, True, False, 2.5, 0):
    for dtype in (torch.bool, torch.uint8, torch.int32, torch.int64, torch.bfloat16, torch.float64):
        show(lambda: base ** torch.tensor([2, 1]).to(dtype))
        show(lambda: torch.pow(base, torch.tensor([2, 1]).to(dtype)))
show(lambda: torch.pow(2, torch.tensor([-3, 4])))
for base in (2., 0., -2., -1, 3):
    x = torch.tensor([2., -1., 0.], requires_grad=True)
    print(torch.autograd.grad((base ** x).sum(), x))
"""

ADDED = """
D = [torch.float32, torch.int32, torch.bool, torch.complex64]
for batches, inner in ((2, 2), (2, 0), (0, 2)):
    for a, b, c in [(p, q, r) for p in D for q in D for r in D]:
        first, second = torch.ones(batches, 3, inner, dtype=b), torch.ones(batches, inner, 4, dtype=c)
        show(lambda: torch.ones(3, 4, dtype=a).addbmm(first, second))
        show(lambda: torch.ones(3, 4, dtype=a).addbmm_(first, second, beta=0))
show(lambda: torch.ones(4).addbmm(torch.ones(0, 3, 2), torch.ones(0, 2, 4)))
show(lambda: torch.ones(3, 5).addbmm(torch.ones(2, 3, 2), torch.ones(2, 2, 4)))
show(lambda: torch.ones(3, 4).addbmm(torch.ones(3, 2), torch.ones(2, 2, 4)))
show(lambda: torch.ones(2, 4).addbmm(torch.ones(3, 2), torch.ones(2, 2, 4)))
show(lambda: torch.ones(3, 4).addbmm(torch.ones(2, 3, 2), torch.ones(2, 4)))
show(lambda: torch.ones(3, 4).addbmm(torch.ones(2, 3, 2), torch.ones(3, 2, 4)))
for shape in ((5, 4), (4, 4), (5, 5), (4,), ()):
    for form in ("addr", "addr_"):
        show(lambda: getattr(torch.zeros(shape), form)(torch.ones(5), torch.ones(4)))
show(lambda: torch.zeros(4, 4).addr_(torch.ones(5, 1), torch.ones(4)))
"""

CONTRACTED = """
def leaf(*shape):
    return torch.arange(float(torch.ones(shape).numel())).reshape(shape).requires_grad_()

def names(y):
    node = y.grad_fn
    while node is not None and node.next_functions:
        yield type(node).__name__
        node = node.next_functions[0][0]

for a, b, dims in [((2, 3), (1, 4), ([1], [0])), ((2, 1), (3, 4), ([1], [0])), ((3,), (1,), 1), ((3,), (3,), 1),
                   ((2, 3, 4), (3, 1, 5), ([1, 2], [0, -2])), ((2, 3), (2, 4), 1), ((2, 3), (2, 4), ([-1], [-2])),
                   ((2, 3, 4), (4, 3, 5), 2), ((2, 3), (2, 3), 0)]:
    x, y = leaf(*a), leaf(*b)
    try:
        z = torch.tensordot(x, y, dims)
    except RuntimeError as error:
        print(error)
    else:
        print(z, list(names(z)), torch.autograd.grad(z.sum(), (x, y)))
"""

REFUSED = """
for dtype in (torch.bool, torch.int32, torch.float64, torch.complex64):
    for order in (2, 0):
        x = torch.full((2,), 3).to(dtype)
        show(lambda: x.mvlgamma(order))
        show(lambda: x.clone().mvlgamma_(order))
    for other in (torch.bool, torch.int64, torch.float32):
        show(lambda: torch.ones(2).to(dtype).ldexp_(torch.ones(2).to(other)))
    for name in ("logit", "erf", "digamma", "lgamma", "ceil", "deg2rad", "angle"):
        show(lambda: getattr(torch, name)(torch.ones(2, dtype=torch.complex64), out=torch.empty(2).to(dtype)))
    show(lambda: torch.dist(torch.ones(2).to(dtype), torch.ones(2, dtype=torch.bool)))
"""

PROGRAMS = {
    "norms in another dtype": NORMS,
    "norms of nothing": NOTHING,
    "counts have no gradient": COUNTS,
    "powers of numbers": POWERS,
    "sums onto a matrix": ADDED,
    "contractions": CONTRACTED,
    "what is refused first": REFUSED,
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_agrees_with_torch(program):
    engine, wanted = agree(SHOW + program)
    assert engine == wanted


def test_the_gradient_of_ldexp_loses_what_negative_whole_exponents_are_worth():
    """PyTorch raises an integer 2 to them, which gives 0."""
    program = """
x = torch.tensor([0.5, 0.5], requires_grad=True)
torch.ldexp(x, torch.tensor([-3, 4])).sum().backward()
print(x.grad)
"""
    engine, wanted = agree(program)
    assert engine == wanted == ["tensor([ 0., 16.])"]
