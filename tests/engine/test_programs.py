"""Generated programs on torch and on the engine: views, in-place writes, grad modes and backward, step by step.

After each step every variable is compared: values, flags, version, ``grad_fn``, base, gradient; and the exception of
the step, type and text. Programs are drawn from a seeded generator, so a failing seed is a reproduction.
"""

from __future__ import annotations

import random
import re
import warnings

import pytest

torch = pytest.importorskip("torch")

import reference_engine  # noqa: E402

_TAIL = re.compile(r" \(Triggered internally.*", re.S)
VIEWS = (
    "{a}.view(-1)", "{a}[0]", "{a}[1:]", "{a}.t()", "{a}.unsqueeze(0)", "{a}.expand(2, *{a}.shape)",
    "{a}.detach()", "{a}.narrow(0, 0, 1)", "{a}.view_as({a})", "{a}.squeeze()", "{a}.diagonal()",
    "{a}.select(0, 1)", "{a}.data", "{a}[...]", "{a}.unbind()[0]", "{a}.split(1)[0]", "{a}.chunk(2)[1]",
    "{a}.reshape(-1)", "{a}.permute(*range({a}.dim() - 1, -1, -1))",
)  # fmt: skip
OPERATIONS = (
    "{a} * {b}", "{a} + {b}", "{a}.exp()", "{a} * 2", "{a}.sin()", "{a}.sum()", "{a}.sigmoid()", "{a}.clone()",
    "{a} - {b}", "{a} ** 2", "{a}.mean()", "{a}.relu()", "{a} @ {b}", "{a}.max()", "torch.cat([{a}, {b}])",
    "torch.stack([{a}, {b}])",
)  # fmt: skip
WRITES = (
    "{a}.mul_({b})", "{a}.add_(1)", "{a}.mul_(2)", "{a}.zero_()", "{a}[0] = 3.", "{a}.copy_({b})",
    "{a}.sigmoid_()", "{a}.exp_()", "{a}.sub_({b})", "{a}[{a} > 0] = 1.", "{a}.fill_(2.)", "{a}.detach_()",
    "{a}.t_()", "{a}.unsqueeze_(0)", "{a}.clamp_(min=0.)", "{a}[1:].mul_(2)", "{a}.view(-1).add_({b}.sum())",
    "{a} += {b}", "{a}.data.add_(1)", "{a}.detach().mul_(2)",
)  # fmt: skip
OTHERS = (
    "{a}.requires_grad_()", "{a}.requires_grad_(False)", "{a}.sum().backward()",
    "{a}.sum().backward(retain_graph=True)", "{a}.retain_grad()",
    "torch.autograd.grad({a}.sum(), {b}, allow_unused=True)", "{a}.grad = None", "{a}.backward()",
    "torch.autograd.grad({a}.sum(), {b}, create_graph=True)[0]",
)  # fmt: skip
MODES = ("torch.no_grad()", "torch.enable_grad()")


def program(seed: int, length: int = 9) -> list[str]:
    """The steps of one program over the variables ``v0``, ``v1``, ..."""
    draw = random.Random(seed)
    steps = [
        f"v0 = torch.tensor([[1., 2.], [3., 4.]], requires_grad={draw.random() < 0.7})",
        "v1 = torch.tensor([[0.5, -1.], [2., 1.5]], requires_grad=True) * 1",
        "v2 = torch.tensor([1., -2.])",
    ]
    for step in range(length):
        group = draw.choices((VIEWS, OPERATIONS, WRITES, OTHERS), (4, 4, 5, 3))[0]
        a, b = (f"v{draw.randrange(3 + step)}" for _ in range(2))
        text = draw.choice(group).format(a=a, b=b)
        if group in (VIEWS, OPERATIONS):
            text = f"v{3 + step} = {text}"
        if draw.random() < 0.15:
            # What is computed in inference mode is an inference tensor; views and writes of others are the question.
            modes = MODES if group is OPERATIONS else (*MODES, "torch.inference_mode()")
            text = f"with {draw.choice(modes)}: {text}"
        steps.append(text)
    return steps


def observed(tensor) -> dict:
    """What can be seen of one variable without changing it."""
    seen = {"value": tensor.tolist(), "leaf": None, "node": None, "requires_grad": tensor.requires_grad,
            "inference": tensor.is_inference(), "view": tensor._is_view()}  # fmt: skip
    seen["version"] = None if seen["inference"] else tensor._version
    try:
        node = tensor.grad_fn
        seen["leaf"] = tensor.is_leaf
        seen["node"] = None if node is None else (node.name(), tensor.output_nr, _names(node))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            seen["grad"] = None if tensor.grad is None else tensor.grad.tolist()
    except RuntimeError as error:
        seen["node"] = str(error)
    return seen


def _names(node) -> list:
    return [None if n is None else n.name() for n, _ in node.next_functions]


def trace(library, steps: list[str]) -> list:
    library.set_warn_always(True)
    scope = {"torch": library}
    seen = []
    for step in steps:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                exec(step, scope)
                outcome = None
            except Exception as error:
                outcome = f"{type(error).__name__}: {error}"
        names = sorted((name for name in scope if name[:1] == "v"), key=lambda name: int(name[1:]))
        heard = sorted({_TAIL.sub("", str(w.message)) for w in caught})
        state = {name: observed(scope[name]) for name in names if isinstance(scope[name], library.Tensor)}
        seen.append((step, outcome, heard, state))
    return seen


def alike(a, b) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (a != a and b != b) or abs(a - b) <= 1e-5 * max(abs(a), abs(b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(alike(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return isinstance(b, (list, tuple)) and len(a) == len(b) and all(map(alike, a, b))
    return a == b


def difference(seed: int) -> str | None:
    steps = program(seed)
    wanted, found = trace(torch, steps), trace(reference_engine, steps)
    for number, (w, f) in enumerate(zip(wanted, found, strict=True)):
        if not alike(w[1:], f[1:]):
            lines = [f"seed {seed}", *steps[: number + 1], f"torch:  {w[1:3]}", f"engine: {f[1:3]}"]
            for name in w[3]:
                if not alike(w[3][name], f[3].get(name, {})):
                    lines += [f"{name} torch  {w[3][name]}", f"{name} engine {f[3].get(name)}"]
            return "\n".join(lines)
    return None


@pytest.mark.parametrize("block", range(20))
def test_generated_programs_agree_with_torch(block):
    differences = [found for seed in range(block * 25, block * 25 + 25) if (found := difference(seed))]
    assert not differences, "\n\n".join(differences[:3])
