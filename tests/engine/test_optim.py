"""Optimizers step as torch's do: every option, parameter and state after each step, texts and refusals."""

import itertools

import pytest

from .twin import agree

_STEPS = """
w = torch.tensor([1., -2., 3.], requires_grad=True)
b = torch.tensor(.5, requires_grad=True)
unused = torch.ones(2, requires_grad=True)
opt = optim.{call}
for step in range(4):
    opt.zero_grad()
    ((w * w).sum() * b + w.sum()).backward()
    opt.step()
    print([v.hex() for v in w.tolist()], b.item().hex(), w._version)
print(unused, opt.state_dict())
"""

SGD = [
    f"SGD([w, b, unused], lr=0.1, momentum={momentum}, dampening={dampening}, weight_decay={decay}, "
    f"nesterov={nesterov}, maximize={maximize})"
    for momentum, dampening, decay, nesterov, maximize in itertools.product(
        (0, 0.9), (0, 0.3), (0, 0.01), (False, True), (False, True)
    )
    if not nesterov or (momentum and not dampening)
]
ADAM = [
    f"{name}([w, b, unused], lr=0.1, weight_decay={decay}, amsgrad={amsgrad}, maximize={maximize})"
    for name, decay, amsgrad, maximize in itertools.product(("Adam", "AdamW"), (0, 0.01), (False, True), (False, True))
]


@pytest.mark.parametrize("call", SGD)
def test_sgd_to_the_last_bit(call):
    engine, wanted = agree(_STEPS.format(call=call))
    assert engine == wanted


@pytest.mark.parametrize("call", ADAM)
def test_adam(call):
    program = _STEPS.format(call=call).replace("v.hex()", "round(v, 5)").replace("item().hex()", "item()")
    program = program.replace("b.item()", "round(b.item(), 5)").replace("opt.state_dict()", "list(opt.state[w])")
    engine, wanted = agree(program)
    assert engine == wanted


_SETUP = "w = torch.ones(1, requires_grad=True); v = torch.ones(2, requires_grad=True)\n"
PROGRAMS = {
    "text": "print(optim.SGD([{'params': [w]}, {'params': [v], 'lr': .5}], lr=.1, momentum=.9), optim.AdamW([w]))",
    "groups": """
o = optim.SGD([w], lr=0.1)
o.add_param_group({'params': v, 'lr': 2.0})
print(o.param_groups, o.defaults)
""",
    "named": "o = optim.SGD([('a', w), ('b', v)], lr=.1); print(o, o.state_dict())",
    "zero_grad": """
o = optim.SGD([w], lr=1.0)
(w * 2).backward()
o.zero_grad(set_to_none=False)
print(w.grad)
o.zero_grad()
print(w.grad)
""",
    "zero_grad detaches": """
o = optim.SGD([w], lr=1.0)
g, = torch.autograd.grad((w * w).sum(), w, create_graph=True)
w.grad = g
o.zero_grad(set_to_none=False)
print(w.grad, g)
""",
    "closure": """
o = optim.SGD([w], lr=1.0)
def loss():
    o.zero_grad()
    y = (w * 3).sum()
    y.backward()
    print(torch.is_grad_enabled())
    return y
with torch.no_grad():
    print(o.step(loss), w)
""",
    "step is not recorded": "o = optim.SGD([w], lr=1.); w.grad = torch.ones(1); o.step(); print(w, w.is_leaf)",
    "differentiable": """
x = w * 1
o = optim.SGD([x], lr=1.0, differentiable=True)
x.retain_grad()
x.grad = torch.ones(1)
o.step()
print(x)
""",
    "step hooks": """
o = optim.SGD([w], lr=1.0)
w.grad = torch.ones(1)
a = o.register_step_pre_hook(lambda *p: print('pre', p[1:]))
o.register_step_post_hook(lambda *p: print('post'))
o.step()
a.remove()
o.step()
""",
    "state round trip": """
o = optim.SGD([w], lr=1.0, momentum=0.5)
w.grad = torch.ones(1)
o.step()
p = optim.SGD([v[:1].detach().requires_grad_()], lr=0.1)
p.load_state_dict(o.state_dict())
print(p.state, p)
""",
    "user's own": """
class Mine(optim.Optimizer):
    def __init__(self, p):
        super().__init__(p, {'lr': 1})
    def step(self):
        print('stepped')
o = Mine([w])
o.register_step_pre_hook(lambda *a: print('hook'))
o.step()
print(o)
""",
    "tensor rate": "o = optim.SGD([w], lr=torch.tensor(.5)); w.grad = torch.ones(1); o.step(); print(w)",
    "clip_grad_norm_": """
w.grad, v.grad = (torch.tensor([3.0]), torch.tensor([4.0, 0.0]))
print(nn.utils.clip_grad_norm_([w, v], 1.0), w.grad, v.grad)
""",
    "clip by largest": """
v.grad = torch.tensor([3.0, -4.0])
print(nn.utils.clip_grad_norm_(v, 1.0, norm_type=float('inf')), v.grad, v.grad._version)
""",
    "clip nothing": "print(nn.utils.clip_grad_norm_([], 1.)); print(nn.utils.clip_grad_norm_((p for p in []), 1.))",
    "clip not finite": """
w.grad = torch.tensor([float('nan')])
print(nn.utils.clip_grad_norm_(w, 1.0), w.grad)
nn.utils.clip_grad_norm_(w, 1.0, error_if_nonfinite=True)
""",
    "clip_grad_value_": "v.grad = torch.tensor([3., -4.]); nn.utils.clip_grad_value_([v], .5); print(v.grad)",
    **{
        f"schedule {call}": f"o = optim.SGD([{{'params': [w]}}, {{'params': [v], 'lr': .5}}], lr=1.)\n"
        f"s = optim.lr_scheduler.{call}\n"
        "for _ in range(6):\n    o.step(); s.step(); print(s.get_last_lr(), s.last_epoch)\nprint(o)"
        for call in (
            "StepLR(o, 2)",
            "MultiStepLR(o, [1, 3, 3], gamma=.5)",
            "ExponentialLR(o, .9)",
            "LambdaLR(o, lambda e: 1 / (e + 1))",
        )
    },
    "schedule before the optimizer": """
o = optim.SGD([w], lr=1.0)
s = optim.lr_scheduler.StepLR(o, 1)
s.step()
s.step()
print(s.get_last_lr())
""",
    "schedule of nothing": "optim.lr_scheduler.StepLR(w, 1)",
    "schedule with too many functions": "optim.lr_scheduler.LambdaLR(optim.SGD([w], lr=1.), [min, max])",
    "duplicates warn": "optim.SGD([w, w], lr=.1)",
}
REFUSALS = """
optim.SGD([w], lr=-1)
optim.SGD([w], lr=.1, momentum=-1)
optim.SGD([w], lr=.1, weight_decay=-1)
optim.SGD([w], lr=.1, nesterov=True)
optim.SGD([], lr=.1)
optim.SGD(w, lr=.1)
optim.SGD([3], lr=.1)
optim.SGD('abc', lr=.1)
optim.SGD(3, lr=.1)
optim.SGD([w * 2], lr=.1)
optim.SGD([{'params': [w]}, {'params': [w]}], lr=.1)
optim.SGD([{'params': {w}}], lr=.1)
optim.SGD([{'a': 1}])
optim.SGD([w], lr=torch.ones(2))
optim.SGD([w], lr=.1, foo=3)
optim.SGD([('a', w), w])
optim.SGD([w], lr=.1, differentiable=True, fused=True)
optim.SGD([w], lr=.1, foreach=True, fused=True)
optim.Adam([w], foreach=True, fused=True)
optim.Adam([w], lr=torch.tensor(.1), foreach=True)
optim.AdamW([w], lr=torch.ones(2), foreach=True)
optim.SGD([w], lr=.1).add_param_group(3)
optim.SGD([w], lr=.1).load_state_dict({'state': {}, 'param_groups': []})
optim.SGD([w], lr=.1).load_state_dict({'state': {}, 'param_groups': [{'params': []}]})
optim.Adam([w], lr=-1)
optim.Adam([w], betas=(2, 0))
optim.Adam([w], betas=(0, 2))
optim.Adam([w], eps=-1)
optim.Adam([w], weight_decay=-1)
""".strip().splitlines()


@pytest.mark.parametrize("program", [*PROGRAMS.values(), *REFUSALS], ids=[*PROGRAMS, *REFUSALS])
def test_programs(program):
    engine, wanted = agree(_SETUP + program)
    assert engine == wanted


@pytest.mark.parametrize("first", ["[w]", "[('w', w)]"])
@pytest.mark.parametrize("second", ["[v]", "v", "[('v', v)]", "[w]", "[('w', w)]", "[]"])
def test_groups_all_have_names_or_none_has(first, second):
    program = f"""
w, v = torch.ones(1, requires_grad=True), torch.zeros(1, requires_grad=True)
opt = optim.SGD({first}, lr=.1)
try:
    opt.add_param_group({{'params': {second}}})
except ValueError as e:
    print(e)
print([group.get('param_names') for group in opt.param_groups])
"""
    engine, wanted = agree(program)
    assert engine == wanted
