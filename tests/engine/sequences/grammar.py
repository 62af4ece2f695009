"""What a generated program is made of: the forms of statements, and how they are put together.

A program is a tuple of statements over the tensors ``v0``, ``v1``, …; a form's ``{a}`` and ``{b}`` are tensors made
before, ``{n}`` is a new one. Shapes are not tracked: tensors are so small and so alike that most statements work,
and where one is refused, the refusal is compared. Each program prefers a few families of forms, so that rules of
one kind meet more often than in an even mixture.

Left out, because torch's answer is no rule: what depends on memory that nobody wrote, on addresses or on time;
numbers near overflow (chains of ``exp``); sums of many terms, whose last place depends on the order of the terms;
writes to strides that meet in one place (``as_strided``, ``unfold`` with steps smaller than windows; ``triu_`` of
expanded memory), which depend on the order of the writes; None where a tensor is due, which is about arguments.
"""

from __future__ import annotations

from random import Random

VIEWS = (
    "{a}.view(-1)", "{a}[0]", "{a}[-1:]", "{a}[..., 0]", "{a}[:, None]", "{a}[...]", "{a}[::2]", "{a}.t()", "{a}.T",
    "{a}.unsqueeze(0)", "{a}.squeeze()", "{a}.expand(2, *{a}.shape)", "{a}.expand_as({b})", "{a}.narrow(0, 0, 1)",
    "{a}.view_as({a})", "{a}.diagonal()", "{a}.select(0, 1)", "{a}.select(-1, 0)", "{a}.unbind()[0]",
    "{a}.unbind(-1)[1]", "{a}.split(1)[0]", "{a}.chunk(2)[1]", "{a}.reshape(-1)", "{a}.transpose(0, -1)",
    "{a}.movedim(0, -1)", "{a}.flatten()", "{a}.unfold(0, 2, 2)", "{a}.as_strided((2,), (1,))",
    "{a}.as_strided((1,), (1,), 1)", "{a}.swapaxes(0, -1)", "{a}.unflatten(0, (1, -1))",
    "{a}.permute(*range({a}.dim() - 1, -1, -1))", "torch.broadcast_to({a}, (2, 2))",
)  # fmt: skip
SHARING = (
    "{a}.detach()", "{a}.data", "{a}.contiguous()", "{a}.to({a}.dtype)", "{a}.reshape({a}.shape)", "{a}.real",
    "{a}.detach().requires_grad_()", "{a}.detach()[0]", "{a}.view({a}.dtype)", "{a}.expand_as({a})", "{a}",
)  # fmt: skip
COMPLEX_VIEWS = (
    "torch.view_as_real({a})", "torch.view_as_complex({a})", "{a}.real", "{a}.imag", "{a}.conj()", "{a}.mH",
    "{a}.conj().imag", "{a}.resolve_conj()", "{a}.abs()", "torch.view_as_real({a})[..., 0]",
)  # fmt: skip
VALUES = (
    "{a} * {b}", "{a} + {b}", "{a} - {b}", "{a} / 2", "{a} * 2", "2 - {a}", "{a} ** 2", "{a} @ {b}", "-{a}",
    "{a}.clone()", "{a}.sum()", "{a}.mean()", "{a}.sum(0)", "{a}.sum(-1, keepdim=True)", "{a}.sin()", "{a}.tanh()",
    "{a}.sigmoid()", "{a}.relu()", "{a}.abs().sqrt()", "{a}.max()", "{a}.max(0).values", "{a}.clamp(min=0)",
    "torch.cat([{a}, {b}])", "torch.stack([{a}, {b}])", "torch.where({a} > 0, {a}, {b})",
    "{a}.masked_fill({a} > 1, 2)", "{a}.to(torch.float32)", "{a}.double()", "{a}.cumsum(0)", "{a}.prod()",
    "{a}[[0, 0]]", "{a}[{a} > 0]", "{a}.index_select(0, torch.tensor([1, 0]))", "{a}.new_zeros(2)",
    "torch.zeros_like({a})", "torch.ones_like({a}, requires_grad=True)", "{a}.sign()", "{a} > {b}",
    "torch.addcmul({a}, {b}, {b})", "{a}.gather(0, torch.tensor([[1, 0]]))", "{a}.flip(0)", "{a}.tril()",
    "torch.tensor([1., -2.])", "{a}.norm()", "{a}.tanh().cosh()", "torch.lerp({a}, {b}, 0.5)",
)  # fmt: skip
WRITES = (
    "{a}.add_(1)", "{a}.mul_(2)", "{a}.mul_(apart({b}, {a}))", "{a}.add_(apart({b}, {a}))",
    "{a}.sub_(apart({b}, {a}), alpha=2)", "{a}.div_(2)", "{a}.neg_()", "{a}.zero_()", "{a}.fill_(2)",
    "{a}.fill_({b}.sum().to({a}.dtype))", "{a}.copy_(apart({b}, {a}))", "{a}.sigmoid_()", "{a}.tanh_()",
    "{a}.relu_()", "{a}.clamp_(min=0)", "{a}.masked_fill_({a} > 0, 1)", "{a}[0] = 3", "{a}[0] = apart({b}, {a}[0])",
    "{a}[..., 0] = apart({b}[0], {a}[..., 0])", "{a}[{a} > 0] = 1", "{a}[[0]] = apart({b}, {a})",
    "{a}[1:] = apart({b}, {a}[1:])", "{a}[:] = apart({b}, {a})", "{a} += apart({b}, {a})", "{a} *= 2", "{a} -= 1",
    "{a}[0] += 1", "{a}[0] *= apart({b}, {a}[0])", "{a}[1:].mul_(2)", "{a}.view(-1).add_(1)",
    "{a}.t().mul_(apart({b}, {a}.t()))", "{a}.select(0, 0).zero_()", "{a}.unbind()[0].mul_(2)", "{a}.data.add_(1)",
    "{a}.detach().mul_(2)", "{a}.data[0] = 5", "{a}.detach()[0] = 7", "{a}.t_()", "{a}.unsqueeze_(0)",
    "{a}.squeeze_()", "{a}.transpose_(0, -1)", "{a}.pow_(2)", "{a}.sin_()",
    "{a}.diagonal().copy_(apart({b}[0], {a}.diagonal()))", "{a}.index_fill_(0, torch.tensor([1]), 4)",
    "{a}.addcmul_(apart({b}, {a}), apart({b}, {a}))", "{a}.index_add_(0, torch.tensor([0, 0]), apart({b}, {a}))",
    "{a}.lerp_(apart({b}, {a}), 0.5)", "{a}.index_copy_(0, torch.tensor([0]), apart({b}[:1], {a}))",
    "torch.add({a}, {b}, out={a}.new_empty(0))", "torch.mul({a}, apart({b}, {a}), out={a})", "torch.relu_({a})",
    "{a}.expand(2, *{a}.shape).add_(1)", "{a}.resize_(1)", "{a}.as_strided((2,), (1,)).mul_(3)",
    "{a}.masked_scatter_({a} > 0, torch.ones_like({a}))", "{a}.abs_()",
)  # fmt: skip
FLAGS = (
    "{a}.requires_grad_()", "{a}.requires_grad_(False)", "{a}.requires_grad = True", "{a}.retain_grad()",
    "{a}.detach_()", "{a}.data = {b}", "{a}.data = {b}.detach().clone()", "{a}.grad = None",
    "{a}.grad = torch.ones_like({a})", "{a}.grad = {b}", "{a}.grad.zero_()", "{a}.grad.add_(1)",
    "{n} = either({a}.grad, {a})", "{n} = either({a}._base, {a})", "graph.increment_version({a})",
    "{n} = {a}.clone().requires_grad_()", "{n} = torch.nn.Parameter({a})",
    "{n} = torch.tensor([[1., 2.], [3., 4.]], requires_grad=True)", "del {a}.grad",
)  # fmt: skip
GRADIENTS = (
    "{a}.sum().backward()", "{a}.sum().backward()", "{a}.backward()", "{a}.sum().backward(retain_graph=True)",
    "{a}.backward(torch.ones_like({a}))", "{a}.backward({b})", "{a}.sum().backward(create_graph=True)",
    "{a}.sum().backward(inputs=[{b}])", "{a}.backward(torch.ones_like({a}), retain_graph=True)",
    "{n}, = torch.autograd.grad({a}.sum(), {b})", "{n}, = torch.autograd.grad({a}.sum(), {b}, retain_graph=True)",
    "{n}, = torch.autograd.grad({a}.sum(), {b}, create_graph=True)",
    "{n} = either(*torch.autograd.grad({a}.sum(), [{b}, {c}], create_graph=True, allow_unused=True), {a})",
    "{n} = either(*torch.autograd.grad({a}.sum(), {b}, allow_unused=True), {a})",
    "{n}, = torch.autograd.grad({a}, {b}, torch.ones_like({a}), materialize_grads=True, retain_graph=True)",
    "torch.autograd.backward([{a}.sum(), {b}.sum()])",
    "torch.autograd.backward([{a}, {b}], [torch.ones_like({a}), {c}])", "({a} * {b}).sum().backward()",
    "({a} * {b}).sum().backward(retain_graph=True)", "{a}.pow(2).sum().backward(retain_graph=True)",
    "{n}, = torch.autograd.grad(({a} * {b}).sum(), {b}, create_graph=True)",
)  # fmt: skip
HOOKS = (
    "{a}.register_hook(noting)", "{a}.register_hook(doubling)", "{a}.register_hook(cloning)",
    "{a}.register_hook(handing_back)", "{a}.register_hook(writing)",
    "{a}.register_post_accumulate_grad_hook(halving_grad)", "{a}.register_post_accumulate_grad_hook(clearing_grad)",
    "{a}.register_post_accumulate_grad_hook(stepping)", "{a}.grad_fn.register_hook(after_node)",
    "{a}.grad_fn.register_prehook(before_node)", "_handle = {a}.register_hook(doubling)", "_handle.remove()",
    "graph.register_multi_grad_hook([{a}, {b}], cloning, mode='any')",
)  # fmt: skip
FUNCTIONS = (
    "Square.apply({a})", "Exp.apply({a})", "DoubledInPlace.apply({a})", "Flat.apply({a})", "Same.apply({a})",
    "WithMask.apply({a})[0]", "WithMask.apply({a})[1]", "Pair.apply({a}, {b})[0]", "Pair.apply({a}, {b})[1]",
    "Once.apply({a})", "checkpoint(torch.sin, {a}, use_reentrant=False)",
    "checkpoint(torch.sin, {a}, use_reentrant=True)", "checkpoint(Square.apply, {a} * {b}, use_reentrant=False)",
    "checkpoint(torch.mul, {a}, {b}, use_reentrant=True)",
    "checkpoint(lambda x: x.tanh() * {b}, {a}, use_reentrant=False)",
)  # fmt: skip
DUALS = (
    "forward_ad.enter_dual_level()", "{n} = forward_ad.make_dual({a}, torch.ones_like({a}))",
    "{n} = forward_ad.make_dual({a}, {b})", "{n} = forward_ad.make_dual({a}, torch.ones_like({a}))",
    "{n} = either(forward_ad.unpack_dual({a}).tangent, {a})", "{n} = forward_ad.unpack_dual({a}).primal",
    "forward_ad.exit_dual_level()",
)  # fmt: skip
SWITCHES = ("torch.set_grad_enabled(False)", "torch.set_grad_enabled(True)")
BLOCKS = (
    "torch.no_grad()", "torch.enable_grad()", "torch.set_grad_enabled(False)", "torch.inference_mode()",
    "torch.no_grad()", "torch.inference_mode(False)", "graph.saved_tensors_hooks(as_is, as_is)",
    "graph.saved_tensors_hooks(detached, copied)", "graph.saved_tensors_hooks(copied, multiplied)",
    "graph.save_on_cpu()", "graph.disable_saved_tensors_hooks('disabled')", "graph.allow_mutation_on_saved_tensors()",
    "torch.autograd.set_multithreading_enabled(False)", "torch.autograd.detect_anomaly(check_nan=False)",
)  # fmt: skip

_INFERENCE = "inference_mode()"
_REAL = ("relu_", "clamp_", "abs_(")
"""Refused of complex numbers, of expanded ones for either of two reasons."""
_NAMED = (VIEWS, SHARING, COMPLEX_VIEWS, VALUES, FUNCTIONS)
"""Families of expressions, whose value gets a name."""
_FAMILIES = (VIEWS, SHARING, COMPLEX_VIEWS, VALUES, WRITES, FLAGS, GRADIENTS, HOOKS, FUNCTIONS, DUALS, SWITCHES)
_WEIGHTS = {VIEWS: 5, SHARING: 2, VALUES: 5, WRITES: 6, FLAGS: 2, GRADIENTS: 4, HOOKS: 2, FUNCTIONS: 1, DUALS: 1}
_LEAVES = (
    "torch.tensor([[1., 2.], [3., 4.]]{options})", "torch.tensor([[0.5, -1.], [2., 1.5]]{options})",
    "torch.tensor([1., -2.]{options})", "torch.tensor(3.{options})",
    "torch.tensor([[1., 2.], [3., 4.]]{options}).t()", "torch.tensor([[0.5, -1.], [2., 1.5]]{options}) * 1",
    "torch.tensor([1., -2.]{options}).clone()",
)  # fmt: skip
_HALVES = ("float16", "bfloat16")
_DTYPES = ("float64",) * 10 + ("float32",) * 6 + ("complex128",) * 3 + _HALVES


def statements(random: Random) -> tuple[str, ...]:
    """One program of 4 to 14 statements, beside the two to four that make its first tensors."""
    dtype = random.choice(_DTYPES)
    names: list[str] = []
    program = []
    for _ in range(random.randrange(2, 5)):
        leaf = random.choice(_LEAVES).format(options=_options(random, dtype))
        program.append(f"v{len(names)} = {leaf}")
        names.append(f"v{len(names)}")
    weights = _mixture(random, dtype)
    for _ in range(random.randrange(4, 15)):
        if random.randrange(7) == 0:
            block = random.choice(BLOCKS)
            inner = [_statement(random, names, weights) for _ in range(random.randrange(1, 4))]
            program.append("\n    ".join([f"with {block}:", *inner]))
        else:
            program.append(_statement(random, names, weights))
    if dtype.startswith("complex"):
        program = [statement for statement in program if not any(form in statement for form in _REAL)]
    if any(_INFERENCE in statement for statement in program):
        program = [statement for statement in program if not _confuses_inference(statement)]
    return tuple(program)


def _confuses_inference(statement: str) -> bool:
    """Two things are kept out of programs with inference tensors. With one that requires grad, what torch does depends
    on whether another operand, be it the tensor that stands for a number, brings the dispatcher to the kernel that
    records. And ``.data =`` gives a tensor the dispatch keys of the other but leaves it its version counter."""
    asks = _INFERENCE in statement and ("requires_grad" in statement or "Parameter" in statement)
    return asks or ".data = " in statement


def _options(random: Random, dtype: str) -> str:
    kind = "int64" if random.randrange(20) == 0 else dtype
    asked = ", requires_grad=True" if kind != "int64" and random.randrange(3) else ""
    return f", dtype=torch.{kind}{asked}"


def _mixture(random: Random, dtype: str) -> list[int]:
    """How often each family comes up in this program: three of them more often, some never."""
    favoured = {random.randrange(len(_FAMILIES)) for _ in range(3)}
    weights = []
    for number, family in enumerate(_FAMILIES):
        weight = _WEIGHTS.get(family, 0)
        if family is COMPLEX_VIEWS and dtype.startswith("complex"):
            weight = 3
        if family is COMPLEX_VIEWS and dtype in _HALVES:
            weight = 0  # complex numbers of two halves are not modelled
        elif number in favoured:
            weight = 2 * weight + 2
        elif family in (SWITCHES, DUALS, FUNCTIONS, HOOKS) and random.randrange(2):
            weight = 0
        weights.append(weight)
    return weights


def _statement(random: Random, names: list[str], weights: list[int]) -> str:
    family = _FAMILIES[_weighted(random, weights)]
    form = random.choice(family)
    a, b, c = (_operand(random, names) for _ in range(3))
    new = f"v{len(names)}"
    if family in _NAMED:
        names.append(new)
        return f"{new} = " + form.format(a=a, b=b, c=c)
    if "{n}" in form:
        names.append(new)
    return form.format(a=a, b=b, c=c, n=new)


def _weighted(random: Random, weights: list[int]) -> int:
    """``random.choices`` for one, in whole numbers: fractions drawn by Hypothesis are far from even."""
    left = random.randrange(sum(weights))
    for number, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return number
    raise AssertionError("unreachable")


def _operand(random: Random, names: list[str]) -> str:
    """A tensor made before, more often one of the last."""
    if random.randrange(2):
        return names[-1 - random.randrange(min(3, len(names)))]
    return random.choice(names)
