"""LBFGS: where its iterations lead, how often it evaluates, when it stops, with and without a line search."""

import pytest

from .twin import agree

_SETUP = """
def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
x = torch.tensor([1., 2.], requires_grad=True)
c = torch.tensor([1+2j, -1j], requires_grad=True)
unused = torch.ones(1, requires_grad=True)
def bowl():
    o.zero_grad()
    loss = ((x - torch.tensor([3., -1.]))**2 * torch.tensor([1., 10.])).sum() + x.prod()
    loss.backward()
    return loss
def valley():
    o.zero_grad()
    loss = (1 - x[0])**2 + 100 * (x[1] - x[0]**2)**2
    loss.backward()
    return loss
def plane():
    o.zero_grad()
    loss = (c - 2j).abs().pow(2).sum()
    loss.backward()
    return loss
"""
OPTIONS = [
    *("", ", max_iter=3", ", history_size=1", ", lr=0.1, max_iter=4", ", tolerance_grad=10.", ", max_eval=3"),
    *(f", line_search_fn='strong_wolfe'{more}" for more in ("", ", max_iter=5, lr=2", ", max_iter=4, lr=30")),
]


@pytest.mark.parametrize("options", OPTIONS)
def test_steps_in_a_bowl(options):
    engine, wanted = agree(
        f"{_SETUP}o = optim.LBFGS([x, unused]{options})\nfor _ in range(3):\n"
        "    print(o.step(bowl), x.detach(), x._version)\nstate = o.state[x]\n"
        "print(list(state), state['n_iter'], state['func_evals'], o.state_dict()['param_groups'])"
    )
    assert engine == wanted


@pytest.mark.parametrize("closure", ["valley", "plane"])
def test_steps_with_a_line_search(closure):
    engine, wanted = agree(
        f"{_SETUP}o = optim.LBFGS([{'c' if closure == 'plane' else 'x'}], line_search_fn='strong_wolfe', max_iter=8)\n"
        f"for _ in range(3):\n    o.step({closure})\n    print((x.detach() * 50).round(), c.detach().view(2))"
    )
    assert engine == wanted


REFUSALS = [
    "optim.LBFGS([{'params': [x]}, {'params': [c]}])",
    "optim.LBFGS([x], lr=-1)",
    "optim.LBFGS([x], lr=torch.ones(2))",
    "optim.LBFGS([x])",
    "optim.LBFGS([x]).step()",
    "optim.LBFGS([x], line_search_fn='other').step(bowl)",
]


@pytest.mark.parametrize("expression", REFUSALS)
def test_refusals(expression):
    engine, wanted = agree(f"{_SETUP}o = optim.LBFGS([x])\nshow(lambda: {expression})\nprint(x)")
    assert engine == wanted
