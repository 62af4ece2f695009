"""What refuses to compute, what old constructors take, views out of date, and the names that texts give to things."""

import pytest

from .twin import agree

_SHOW = """
import copy
x = torch.ones(3, 2)
m = torch.ones(2, device='meta')
s = torch.ones((), device='meta')
def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
"""

WITHOUT_DATA = [
    *(f"m.{call}" for call in ("tolist()", "cpu()", "to('cpu')", "numpy()", "item()", "__bool__()", "to('meta') is m")),
    *(f"s.{call}" for call in ("tolist()", "item()", "__bool__()", "__float__()", "__int__()", "__complex__()")),
    "setattr(torch.zeros(2), 'data', m)",
    "setattr(torch.zeros(2, requires_grad=True), 'data', m.to(torch.int64))",
    "setattr(m, 'data', torch.zeros(2))",
    "(setattr(m, 'data', torch.zeros(3, device='meta', dtype=torch.int64)), m)",
    "torch.zeros(2).copy_(m)",
    "m.copy_(torch.zeros(2))",
    "m.to(torch.float64)",
    "m.to('cpu', torch.float64)",
    "torch.zeros(2).to('meta')",
    "copy.deepcopy(m)",
    "m.clone()",
    "bool((m == m).all())",
    "torch.allclose(m, m)",
]

NORMALISED = [
    "F.batch_norm(x, None, None, training=True, eps=0.0)",
    "F.batch_norm(x, None, None, training=True, eps=-1)",
    "F.batch_norm(x[:1], None, None, training=True, eps=0.0)",
    "F.batch_norm(x, torch.zeros(3), None, training=True, eps=0.0)",
    "F.batch_norm(x, torch.zeros(2), torch.ones(2), eps=0.0)",
    "F.batch_norm(x, torch.zeros(2), torch.ones(2), eps=-2.0)",
    "nn.BatchNorm1d(2, eps=0)(x)",
    "nn.BatchNorm1d(2, eps=0).eval()(x)",
    "nn.InstanceNorm1d(2, eps=0)(torch.ones(3, 2, 4))",
    "F.instance_norm(torch.arange(6.).reshape(1, 2, 3), eps=0.0)",
    "F.group_norm(x, 1, eps=0.0)",
    "F.layer_norm(x, (2,), eps=0.0)",
    "torch.autograd.grad(F.instance_norm(w := torch.ones(1, 2, 3, requires_grad=True), eps=0.0).sum(), w)",
]

EXPANDED = [
    *(f"torch.ones(2, 1, dtype=torch.{name}).expand(2)" for name in ("float32", "int64", "bfloat16", "complex64")),
    *("m.expand(())", "torch.broadcast_to(x, (2,))", "x.expand(-1, 2, 2)", "x.expand(3, 3)"),
]

NAMED = [
    *(f"nn.Sequential({part})" for part in ("torch.relu", "nn.ReLU", "nn.ReLU()", "3", "x", "len", "torch.float32")),
    *(f"nn.Sequential(F.{name})" for name in ("relu", "linear", "cross_entropy", "conv2d", "layer_norm", "gelu")),
    *(f"torch.typename({value})" for value in ("1", "x", "x.double()", "nn.Linear", "torch.add", "torch.Tensor")),
]


@pytest.mark.parametrize("expression", WITHOUT_DATA + NORMALISED + NAMED + EXPANDED)
def test_the_same(expression):
    engine, wanted = agree(f"{_SHOW}\nshow(lambda: {expression})")
    assert engine == wanted


OUT_OF_DATE = [
    "v.grad",
    "v.retains_grad",
    "v.requires_grad",
    "v.is_leaf",
    "v.grad_fn",
    "v._version",
    "v.output_nr",
    "v",
    "v * 2",
    "v.mul_(2)",
    "v.backward()",
    "v.detach()",
    "v.retain_grad()",
    "copy.deepcopy(v)",
]
VIEWS = {
    "made under no_grad": "b = w * 1\nwith torch.no_grad(): v = b[:1]\nb.mul_(2)",
    "made under inference_mode": "b = w * 1\nwith torch.inference_mode(): v = b[:1]\nb.mul_(2)",
    "of a base that came to require grad": "b = torch.ones(3)\nv = b[:1]\nb.mul_(w)",
    "looked at before": "b = torch.ones(3)\nv = b[:1]\nb.mul_(w)\nv.grad_fn",
    "one of several": "b = w * 1\nv = b.unbind(0)[0]\nb.mul_(2)",
}


@pytest.mark.parametrize("expression", OUT_OF_DATE)
@pytest.mark.parametrize("view", VIEWS)
def test_views_whose_memory_was_written_since(view, expression):
    engine, wanted = agree(f"{_SHOW}\nw = torch.ones(3, requires_grad=True)\n{VIEWS[view]}\nshow(lambda: {expression})")
    assert engine == wanted


LEGACY = [
    "([1.0], requires_grad=True)",
    "(2, foo=1)",
    "(2, device='cpu').shape",
    "([1.0], device='cpu')",
    "([1.0], device='meta')",
    "()",
    "('a')",
    "({})",
    "(None)",
    "(True)",
    "(1.5)",
    "(1, 2.5)",
    "(1, 'a')",
    "(2, -1)",
    "(x, x)",
    "(torch.Size([2, 1])).shape",
    "((1, 2))",
    "(range(3))",
    "([])",
    "([[1], [2, 3]])",
    "(torch.ones(2))",
    "(torch.ones(2, dtype=torch.float64))",
    "(torch.tensor([1, 2]))",
    "(torch.ones(2, requires_grad=True) * 2)",
]


@pytest.mark.parametrize("call", LEGACY)
@pytest.mark.parametrize("constructor", ["Tensor", "FloatTensor", "DoubleTensor", "LongTensor"])
def test_constructors_from_before_tensor(constructor, call):
    engine, wanted = agree(f"{_SHOW}\nshow(lambda: torch.{constructor}{call})")
    assert engine == wanted


def test_old_constructors_ignore_the_default_device():
    program = "torch.set_default_device('meta')\nprint(torch.Tensor([1.]).device, torch.ones(1).device)"
    engine, wanted = agree(program + "\nprint(torch.LongTensor(2).device)\ntorch.set_default_device(None)")
    assert engine == wanted


COMPLEX = [
    "torch.nan_to_num(c)",
    "torch.nan_to_num(c.detach())",
    "(c * 1).nan_to_num_()",
    "torch.slice_scatter(c, c[:1], end=1)",
    "F.soft_margin_loss(c, torch.ones(2))",
    "torch.no_grad()(torch.nan_to_num)(c)",
]


@pytest.mark.parametrize("call", COMPLEX)
def test_results_that_may_not_be_complex(call):
    ours, wanted = agree(f"{_SHOW}c = torch.tensor([1 + 2j, 3j], requires_grad=True)\nshow(lambda: {call})")
    assert ours == wanted


@pytest.mark.parametrize("call", LEGACY)
@pytest.mark.parametrize("own", ["torch.ones(2).double()", "torch.tensor([1, 2])", "torch.ones(2, requires_grad=True)"])
def test_new_tensors_of_a_tensors_own_kind(own, call):
    engine, wanted = agree(f"{_SHOW}\nx = {own}\nshow(lambda: x.new{call})")
    assert engine == wanted


@pytest.mark.parametrize("wanted", ["int32", "float32", "float64"])
@pytest.mark.parametrize("tensor", ["b", "w", "w * 1", "i", "(w * 1)[:2]"])
def test_memory_read_as_another_type_is_no_view_for_autograd(tensor, wanted):
    engine, expected = agree(
        f"{_SHOW}\nb, i = torch.ones(2), torch.ones(2, dtype=torch.int64)\nw = torch.ones(4, requires_grad=True)\n"
        f"t = {tensor}\nv = t.view(torch.{wanted})\n"
        "for u in (v, v[:1]):\n    print(u._is_view(), u._base is v, u.requires_grad, u.grad_fn, u.shape)\n"
        "show(lambda: v.add_(1).shape)\nprint(v._version, t._version, t)"
    )
    assert engine == expected


@pytest.mark.parametrize("call", ["histc(v)", "histc(v, 4)", "histc(v.requires_grad_()).grad_fn", "gradient(v.byte())"])
def test_histograms_and_slopes(call):
    engine, wanted = agree(f"{_SHOW}\nv = torch.tensor([1., 2., 5., 5.])\nshow(lambda: torch.{call})")
    assert engine == wanted


BYTES = """
s, h = torch.tensor(1.), torch.tensor([[1., 2., 3., 4.]]).half()
m = torch.tensor([[1., 2., 3.], [4., 5., 6.]])
def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
"""
READ_AS = [
    *(f"s.view(torch.{name})" for name in ("int8", "int32", "float64")),
    *(f"m[:, :2].t().view(torch.{name})" for name in ("int8", "int32", "float64")),
    "m.view(torch.float64)",
    "m[:, :2].view(torch.float64)",
    "m[:, 1:].view(torch.float64)",
    "m.view(6)[1:3].view(torch.float64)",
    "h[:, 1:3].view(torch.float32)",
    "torch.ones(0).view(torch.float64)",
    "m.view(6).view(torch.int16)",
]
SLOPES = [
    *(f"torch.gradient(m, spacing={spacing})" for spacing in ("[1., 2., 3.]", "[torch.ones(3)]", "(2., 3.)", "2.")),
    *(f"torch.gradient(m, dim={dim})" for dim in ("(0, 0)", "(0, -2)", "5", "(1,)")),
    "torch.gradient(m, spacing=[torch.ones(1, 2), torch.ones(3)])",
    "torch.gradient(m[0], spacing=[torch.tensor(2.)])",
    "torch.gradient(m, spacing=[1., 2.], dim=0)",
    "torch.gradient(m, spacing=[1., 2.], dim=0, edge_order=3)",
    "torch.gradient(m, spacing=[1.], edge_order=3)",
    "torch.gradient(m[:1], dim=(0, 0))",
    "F.embedding_bag(torch.tensor([[0, 1]]), m, per_sample_weights=torch.ones(1, 3), mode='sum')",
]


@pytest.mark.parametrize("text", READ_AS + SLOPES)
def test_bytes_and_slopes(text):
    engine, wanted = agree(f"{BYTES}show(lambda: {text})")
    assert engine == wanted


@pytest.mark.parametrize(
    "call", ["x, m, out=torch.zeros(3)", "m, m, out=w", "w, w.t(), out=torch.zeros(3, 3)", "x, x, out=n"]
)
@pytest.mark.parametrize("way", ["torch.matmul({})", "torch.no_grad()(lambda: torch.matmul({}))()"])
def test_products_are_not_recorded_into_memory_that_is_given(way, call):
    given = """
x, n = torch.tensor([1., 4., 9.], requires_grad=True), torch.zeros(())
m, w = torch.ones(3, 3), torch.zeros(3, 3, requires_grad=True)
"""
    engine, wanted = agree(f"{given}print({way.format(call)})")
    assert engine == wanted
