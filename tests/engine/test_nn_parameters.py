"""Layers with many parameters: names, shapes, initial values, texts and refusals are torch's, and recurrent layers
compute as torch's do."""

import pytest

from .twin import agree

_SHOW = """
def show(m):
    print(m)
    for name, p in m.named_parameters():
        print(name, tuple(p.shape), p.requires_grad, p.is_leaf, p.detach().flatten()[:3])
    print(list(m.state_dict()))
    print(sorted((k, v) for k, v in vars(m).items() if not k.startswith('_')))
def dispute(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
"""

BUILT = [
    "nn.LSTM(3, 4)",
    "nn.LSTM(3, 4, 2, bidirectional=True, proj_size=2, dropout=0.5, batch_first=True, bias=False)",
    "nn.LSTM(3, 4, dropout=0.5)",
    "nn.LSTM(3, 4, dtype=torch.float64, bidirectional=True)",
    "nn.GRU(3, 4, bias=False)",
    "nn.RNN(3, 4, nonlinearity='relu')",
    "nn.RNN(3, 4, 1, 'relu', False, True)",
    "nn.RNN(3, 4, num_layers=2)",
    "nn.MultiheadAttention(4, 2)",
    "nn.MultiheadAttention(4, 2, kdim=3, vdim=5, bias=False, add_bias_kv=True, batch_first=True)",
    "nn.MultiheadAttention(4, 2, vdim=5, dropout=0.1, add_zero_attn=True)",
    "nn.AdaptiveLogSoftmaxWithLoss(32, 10, [3, 5])",
    "nn.AdaptiveLogSoftmaxWithLoss(8, 10, (3,), 2.0, True)",
]


@pytest.mark.parametrize("layer", BUILT)
def test_built_as_named(layer):
    engine, wanted = agree(f"{_SHOW}\nshow({layer})")
    assert engine == wanted


REFUSED = [
    "nn.LSTM(3)",
    "nn.RNN()",
    "nn.LSTM(3, 0)",
    "nn.LSTM(0, 4)",
    "nn.LSTM(3, 4, num_layers=0)",
    "nn.LSTM(3, 4.0)",
    "nn.LSTM('a', 4)",
    "nn.LSTM(3, 4, bias=1)",
    "nn.LSTM(3, 4, batch_first=1)",
    "nn.LSTM(3, 4, proj_size=4)",
    "nn.LSTM(3, 4, proj_size=-1)",
    "nn.LSTM(3, 4, dropout=2)",
    "nn.LSTM(3, 4, dropout=True)",
    "nn.LSTM(3, 4, dropout='a')",
    "nn.GRU(3, 4, proj_size=2)",
    "nn.RNN(3, 4, nonlinearity='x')",
    "nn.RNN(3, 4, other=1)",
    "nn.RNNBase('X', 3, 4)",
    "nn.MultiheadAttention(4, 3)",
    "nn.MultiheadAttention(0, 1)",
    "nn.MultiheadAttention(4, 0)",
    *(f"nn.AdaptiveLogSoftmaxWithLoss(4, 10, {cutoffs})" for cutoffs in ("[5, 3]", "[3, 10]", "[0]", "[]", "[3.5]")),
]


@pytest.mark.parametrize("layer", REFUSED)
def test_refused(layer):
    engine, wanted = agree(f"{_SHOW}\ndispute(lambda: {layer})")
    assert engine == wanted


_RUN = """
def rounded(t):
    return [round(v, 5) + 0.0 for v in t.detach().flatten().tolist()]
def run(m, *shape, state=None):
    m, x = m.double(), torch.linspace(-1, 1, torch.Size(shape).numel(), dtype=torch.float64)
    x = x.reshape(shape).requires_grad_()
    out, last = m(x) if state is None else m(x, state)
    last = last if isinstance(last, tuple) else (last,)
    print([tuple(t.shape) for t in (out, *last)], *[rounded(t) for t in (out, *last)])
    (out.sum() + sum((part * part).sum() for part in last)).backward()
    print(rounded(x.grad), *[rounded(p.grad) for p in m.parameters()])
"""

RECURRENT = [
    "run(nn.LSTM(3, 4), 5, 2, 3)",
    "run(nn.LSTM(3, 4), 5, 3)",
    "run(nn.LSTM(3, 4, 2, batch_first=True, bidirectional=True), 2, 5, 3)",
    "run(nn.LSTM(3, 4, 2, bias=False, bidirectional=True), 5, 3)",
    "run(nn.LSTM(3, 2), 4, 1, 3, state=(torch.ones(1, 1, 2).double(), torch.zeros(1, 1, 2).double()))",
    "run(nn.LSTM(3, 2), 4, 3, state=(torch.ones(1, 2).double(), torch.ones(1, 2).double()))",
    "run(nn.GRU(3, 4, 2, bidirectional=True), 5, 2, 3)",
    "run(nn.GRU(3, 2), 4, 2, 3, state=torch.ones(1, 2, 2).double())",
    "run(nn.RNN(3, 4, batch_first=True), 2, 5, 3)",
    "run(nn.RNN(3, 4, 2, 'relu', False), 5, 2, 3)",
    "import warnings; warnings.simplefilter('ignore'); run(nn.LSTM(3, 4, 2, proj_size=2, bidirectional=True), 4, 2, 3)",
]


@pytest.mark.parametrize("program", RECURRENT)
def test_recurrent_layers_compute(program):
    engine, wanted = agree(f"{_RUN}\n{program}")
    assert engine == wanted


MISFITS = [
    "nn.LSTM(3, 4)(torch.ones(3))",
    "nn.GRU(3, 4)(torch.ones(2, 3, 3, 3))",
    "nn.LSTM(3, 4)(torch.ones(2, 2, 4))",
    "nn.LSTM(3, 4)(torch.ones(2, 1, 3, dtype=torch.float64))",
    "nn.LSTM(3, 4)(torch.ones(2, 1, 3), (torch.ones(1, 1, 4), torch.ones(1, 1, 3)))",
    "nn.LSTM(3, 4)(torch.ones(2, 1, 3), (torch.ones(1, 4), torch.ones(1, 4)))",
    "nn.LSTM(3, 4)(torch.ones(2, 3), (torch.ones(1, 1, 4), torch.ones(1, 1, 4)))",
    "nn.GRU(3, 4)(torch.ones(2, 1, 3), torch.ones(1, 4))",
    "nn.GRU(3, 4)(torch.ones(2, 3), torch.ones(1, 1, 4))",
    "nn.GRU(3, 4)(torch.ones(2, 1, 3), torch.ones(2, 1, 4))",
]


@pytest.mark.parametrize("call", MISFITS)
def test_recurrent_layers_refuse(call):
    engine, wanted = agree(f"{_SHOW}\ndispute(lambda: {call})")
    assert engine == wanted


_ADAPTIVE = """
m = nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 5])
x = torch.linspace(-1, 1, 24).reshape(3, 8).requires_grad_()
rounded = lambda t: [round(v, 5) + 0.0 for v in t.detach().flatten().tolist()]
"""

ADAPTIVE = [
    "r = m(x, torch.tensor([0, 4, 2])); r.loss.backward()\n"
    "print(rounded(r.output), rounded(r.loss), r.output.grad_fn, r.loss.grad_fn, rounded(x.grad))\n"
    "print([p.grad is None for p in m.parameters()], rounded(m.head.weight.grad), type(r))",
    "r = m(x[0], torch.tensor(9)); print(rounded(r.output), r.output.shape, rounded(r.loss))",
    "p = m.log_prob(x); print(p.shape, rounded(p), p.grad_fn, rounded(p.exp().sum(1))); print(m.predict(x))",
    "m(x, torch.tensor([1]))",
    "m(x, torch.tensor(1))",
    "m(x, torch.tensor([1, 10, 2]))",
    "m(x, torch.tensor([-1, 1, 2]))",
    "m(x[0], torch.tensor([1, 2, 3]))",
    "m(x, torch.ones(3, 1))",
]


@pytest.mark.parametrize("program", ADAPTIVE)
def test_adaptive_softmax(program):
    engine, wanted = agree(_ADAPTIVE + program)
    assert engine == wanted


CLIPPED = [
    "torch.nn.utils.clip_grad_value_([a, b], 3.5)",
    "torch.nn.utils.clip_grad_value_([a, b], 3.5, foreach=False)",
    "torch.nn.utils.clip_grad_norm_([a, b], 2.5)",
    "torch.nn.utils.clip_grads_with_norm_([a, b], 2.5, torch.tensor(10.))",
    "torch.nn.utils.clip_grads_with_norm_(a, 25., torch.tensor(10.))",
]


@pytest.mark.parametrize("call", CLIPPED)
def test_clipping_writes_as_torch(call):
    program = "a, b = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))\n"
    program += "a.grad, b.grad = torch.tensor([3.]), torch.tensor([-4.])\n"
    engine, wanted = agree(f"{program}print({call}, a.grad, b.grad, a.grad._version, b.grad._version)")
    assert engine == wanted
