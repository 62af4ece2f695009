"""Grad modes as contexts and as decorators: what they set, when, for whom, and what they refuse."""

import pytest

from .twin import agree

_SETUP = """
def state():
    return torch.is_grad_enabled(), torch.is_inference_mode_enabled()
def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
"""

MODES = [
    "torch.no_grad",
    "torch.no_grad()",
    "torch.enable_grad",
    "torch.enable_grad()",
    "torch.set_grad_enabled(False)",
    "torch.set_grad_enabled(True)",
    "torch.inference_mode",
    "torch.inference_mode()",
    "torch.inference_mode(False)",
    "torch.autograd.set_multithreading_enabled(False)",
]

OUTER = ["torch.enable_grad()", "torch.no_grad()", "torch.inference_mode()", "torch.inference_mode(False)"]

USES = {
    "function": """
@MODE
def f(a, *, b=2):
    "text"
    return a, b, state()
print(state(), f(1, b=3), state(), f.__name__, f.__doc__, f(1))
""",
    "recursion": """
@MODE
def f(n):
    return [state()] + (f(n - 1) if n else [])
print(f(2), state())
""",
    "an exception": """
@MODE
def f():
    raise KeyError(state())
show(f)
print(state())
""",
    "generator": """
@MODE
def f():
    got = yield state()
    while got != 'end':
        try:
            got = yield (got, state())
        except KeyError as e:
            got = yield ('caught', state())
    return state()
g = f()
print(next(g), state(), g.send(1), state(), g.throw(KeyError('k')), state(), g.send(2))
try:
    g.send('end')
except StopIteration as e:
    print(e.value, state())
""",
    "a generator closed": """
@MODE
def f():
    try:
        yield state()
    finally:
        print('closed', state())
g = f(); print(next(g)); g.close(); print(state())
""",
    "a generator that fails": """
@MODE
def f():
    yield 1
    raise KeyError(state())
g = f(); print(next(g)); show(lambda: next(g)); print(state(), list(g))
""",
    "a generator thrown into": """
@MODE
def f():
    yield state()
g = f(); print(next(g)); show(lambda: g.throw(KeyError('k'))); print(state())
""",
    "delegation": """
@MODE
def f():
    got = yield from g()
    yield got
def g():
    yield state()
    return state()
print([(entry, state()) for entry in f()])
""",
    "class": """
@MODE
class C:
    def __init__(self, a=1):
        self.state = a, state()
    def m(self):
        return state()
print(C().state, C(2).m(), isinstance(C, type), state())
""",
    "method": """
class C:
    @MODE
    def m(self, a):
        return a, state()
    @staticmethod
    @MODE
    def s():
        return state()
print(C().m(1), C.s(), state())
""",
}


@pytest.mark.parametrize("outer", OUTER)
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("mode", MODES)
def test_decorating(mode, use, outer):
    body = "\n    ".join(USES[use].replace("MODE", mode).strip().splitlines())
    engine, wanted = agree(f"{_SETUP}\nwith {outer}:\n    {body}\nprint(state())")
    assert engine == wanted


CONTEXTS = [mode for mode in MODES if mode.endswith(")")]


@pytest.mark.parametrize("inner", CONTEXTS)
@pytest.mark.parametrize("outer", CONTEXTS)
def test_nesting(outer, inner):
    program = f"""
a = {outer}
print(state())
with a:
    print(state())
    with {inner}:
        print(state())
    print(state())
print(state())
with a.clone():
    print(state())
print(state())
"""
    engine, wanted = agree(_SETUP + program)
    assert engine == wanted


STRANGE = [
    "torch.set_grad_enabled(1)",
    "torch.set_grad_enabled()",
    "torch.autograd.set_multithreading_enabled(None)",
    "torch.autograd.enforce_grad_layout_policy('no')",
    "torch.autograd.enforce_grad_layout_policy(None)",
    "(torch.autograd.enforce_grad_layout_policy().mode, torch.autograd.enforce_grad_layout_policy(enable=True).mode)",
    "(str(torch.set_grad_enabled(True)), repr(torch.set_grad_enabled(False)))",
    "torch.set_grad_enabled(mode=True)",
    "torch.inference_mode(mode=False).mode",
    "(torch.no_grad().prev, torch.set_grad_enabled(False).prev, state())",
    "[type(torch.no_grad()), torch.typename(torch.set_grad_enabled), torch.no_grad.__module__]",
    "torch.no_grad()(len)([1])",
    "torch.set_grad_enabled(False)(state)(), state()",
]


@pytest.mark.parametrize("expression", STRANGE)
def test_strange_uses(expression):
    engine, wanted = agree(f"{_SETUP}\nshow(lambda: ({expression}))\nprint(state())\ntorch.set_grad_enabled(True)")
    assert engine == wanted


@pytest.mark.parametrize("made", [*(mode for mode in MODES if mode.endswith(")")), "torch.autograd.detect_anomaly()"])
@pytest.mark.parametrize("call", ["__exit__()", "__exit__(1)", "__exit__(1, 2, 3, 4)", "__enter__(1)"])
def test_a_mode_entered_or_left_with_wrong_arguments(made, call):
    engine, wanted = agree(f"{_SETUP}m = {made}\nshow(lambda: m.{call})\nprint(state())")
    assert engine == wanted


ANOMALY = ["", "1", "True, 1", "True, False, False", "enabled=True", "True, check_nan=False", "mode=True", "None"]


@pytest.mark.parametrize("arguments", ANOMALY)
def test_setting_anomaly_mode(arguments):
    engine, wanted = agree(
        f"{_SETUP}show(lambda: torch.set_anomaly_enabled({arguments}))\n"
        "print(torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled())\ntorch.set_anomaly_enabled(False)"
    )
    assert engine == wanted
