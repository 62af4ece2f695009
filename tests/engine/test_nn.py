"""Modules behave as torch's: registration, calling and hooks, state dictionaries, texts and refusals."""

import pytest

from .twin import agree

_SETUP = """
class Own(nn.Module):
    def __init__(self, f=None, **parts):
        super().__init__()
        self.f = f
        for name, part in parts.items(): setattr(self, name, part)
    def forward(self, *a, **k): return self.f(*a, **k)
x = torch.tensor([1., 2.], requires_grad=True)
layer = nn.Linear(2, 1)
note = lambda name: lambda *a: print(name, *a[1:])
"""

REGISTRATION = {
    "names": """
m = nn.Sequential(layer, nn.Sequential(nn.BatchNorm1d(1), layer))
print([n for n, _ in m.named_parameters()], [n for n, _ in m.named_buffers()])
print([n for n, _ in m.named_modules()], [n for n, _ in m[1].named_children()])
""",
    "replaced": "m = Own(a=layer); m.a = None; print(m.a, m._modules); m.a = nn.ReLU(); print(m)",
    "parameter takes over a buffer": """
m = nn.Module()
m.register_buffer('a', x.detach())
m.a = nn.Parameter(x.detach())
print(m.a, m._buffers)
""",
    "buffer assigned": """
m = nn.Module()
m.register_buffer('a', x.detach())
m.a = torch.ones(1)
print(m.state_dict())
""",
    "Buffer": """
m = Own(a=nn.Buffer(torch.ones(1)), b=nn.Buffer(torch.ones(2), persistent=False))
print(m.state_dict(), [n for n, _ in m.named_buffers()], isinstance(m.a, nn.Buffer))
""",
    "None empties": "layer.bias = None; print(layer, layer.state_dict().keys())",
    "deleted": "del layer.bias; print(hasattr(layer, 'bias'), list(layer._parameters))",
    "registration hooks": """
h = nn.modules.module.register_module_parameter_registration_hook(lambda m, n, p: print(n, tuple(p.shape)))
nn.Linear(1, 1)
h.remove()
nn.Linear(1, 1)
""",
    "lists": """
m = nn.ModuleList([layer, nn.ReLU()])
m.append(nn.ReLU())
m.insert(0, nn.ReLU())
del m[1]
print(len(m), m, m[-1], m[1:], isinstance(m[:1], nn.ModuleList))
""",
    "dicts": "m = nn.ModuleDict({'a': layer}); m['b'] = nn.ReLU(); print(m, list(m), m.pop('a'), 'b' in m)",
    "parameter lists": """
m = nn.ParameterList([torch.ones(2), 3])
m.append(nn.Parameter(torch.ones(1)))
print(m, m[0], len(list(m.parameters())))
""",
    "Sequential": """
m = nn.Sequential(layer, nn.ReLU())
m.append(nn.ReLU())
print(m(x.detach()[None]).shape, m[0] is layer, m[:1])
""",
    "parameter": """
p = nn.Parameter(torch.ones(2))
print(type(p), type(p * 2), type(p[0]), type(p.data), isinstance(p, nn.Parameter))
""",
    "parameter under no_grad": "with torch.no_grad(): print(nn.Parameter(torch.ones(1)), layer.weight.requires_grad)",
    "parameter shares memory": "d = torch.ones(2); p = nn.Parameter(d); d.add_(1); print(p, p._version, d._version)",
    "parameter of a subclass": """
class Sub(torch.Tensor):
    pass
p = nn.Parameter(torch.ones(2).as_subclass(Sub))
print(type(p).__name__, isinstance(p, nn.Parameter), p)
""",
    "deepcopy": """
import copy
layer(x).sum().backward()
c = copy.deepcopy(layer)
print(c.weight.grad, c.weight is layer.weight, torch.equal(c.weight, layer.weight), type(c.weight))
""",
    "train and eval": """
m = nn.Sequential(nn.Dropout(), layer)
print(m.eval()[0].training, m.train()[0].training, m(x).requires_grad)
""",
    "zero_grad": """
layer(x).backward()
layer.zero_grad(set_to_none=False)
print(layer.weight.grad)
layer.zero_grad()
print(layer.weight.grad)
""",
    "requires_grad_": "layer.requires_grad_(False); print(layer.weight.requires_grad, layer(x).requires_grad)",
    "conversions": """
layer(x).sum().backward()
w = layer.weight
layer.double()
print(layer.weight.dtype, w is layer.weight, layer.weight.grad.dtype)
print(layer.to(torch.float32).bias.dtype, layer.half().weight.dtype, layer.to('cpu').bias.device)
""",
    "apply": "nn.Sequential(layer, nn.ReLU()).apply(lambda m: print(type(m).__name__))",
    "get": "m = Own(a=nn.Sequential(layer)); print(m.get_submodule('a.0') is layer, m.get_parameter('a.0.bias').shape)",
    "init": """
t = torch.empty(3, 4)
print(nn.init.xavier_uniform_(t), nn.init.kaiming_normal_(t), nn.init.eye_(t))
print(nn.init.constant_(t, 2.0), nn.init.calculate_gain('leaky_relu', 0.2))
""",
    "vectors": """
v = nn.utils.parameters_to_vector(layer.parameters())
nn.utils.vector_to_parameters(v * 0 + 1, layer.parameters())
print(v.shape, layer.weight, layer.bias)
""",
}

CALLING = {
    "forward hooks": """
layer.register_forward_pre_hook(lambda m, a: (a[0] * 2,))
layer.register_forward_hook(lambda m, a, o: o * 0 + a[0].sum())
print(layer(x))
""",
    "order": """
m = Own(lambda t: print('forward') or t)
g = nn.modules.module.register_module_forward_pre_hook(note('global'))
m.register_forward_pre_hook(note('first'))
m.register_forward_pre_hook(note('prepended'), prepend=True)
m.register_forward_hook(note('after'))
m(1)
g.remove()
m(2)
""",
    "with kwargs": """
m = Own(lambda t, k=1: t * k)
m.register_forward_pre_hook(lambda m, a, k: (a, {'k': 3}), with_kwargs=True)
m.register_forward_hook(lambda m, a, k, o: print(k), with_kwargs=True)
print(m(2))
""",
    "always_call": """
def boom(t):
    raise ValueError('boom')
m = Own(boom)
m.register_forward_hook(lambda m, a, o: print('always', o), always_call=True)
m.register_forward_hook(note('never'))
m(1)
""",
    "always_call raises": """
def boom(*a):
    raise ValueError('boom')
m = Own(boom)
m.register_forward_hook(boom, always_call=True)
m(1)
""",
    "handles": "with layer.register_forward_hook(note('in')): layer(x)\nlayer(x)",
    "full backward": """
m = Own(lambda a, b: (a * b, 3))
m.register_full_backward_hook(note('full'))
m(x, torch.ones(2))[0].sum().backward()
print(x.grad)
""",
    "full backward replaces": """
m = Own(lambda a: a * 3)
m.register_full_backward_hook(lambda m, i, o: (i[0] * 10,))
m(x).sum().backward()
print(x.grad)
""",
    "full backward pre": """
m = Own(lambda a: a * 3)
m.register_full_backward_pre_hook(lambda m, o: (o[0] * 10,))
m.register_full_backward_hook(note('full'))
m(x).sum().backward()
print(x.grad)
""",
    "full backward node": """
layer.register_full_backward_hook(note('full'))
y = layer(x[None])
print(y.grad_fn.name(), [n.name() for n, _ in y.grad_fn.next_functions if n])
""",
    "no input requires grad": "layer.register_full_backward_hook(note('full')); layer(x.detach()).sum().backward()",
    "no input, pre only": "layer.register_full_backward_pre_hook(note('pre')); layer(x.detach()).sum().backward()",
    "two inputs, one used": """
m = Own(lambda a, b: a * 2)
m.register_full_backward_hook(note('full'))
m(x, torch.ones(2, requires_grad=True)).sum().backward()
""",
    "global full": """
h = nn.modules.module.register_module_full_backward_hook(note('global'))
Own(lambda a: a * 3)(x).sum().backward()
h.remove()
""",
    "in place on an input": "m = Own(lambda a: a.mul_(2)); m.register_full_backward_hook(note('full')); m(x * 1)",
    "no tensor output": "m = Own(lambda a: 3); m.register_full_backward_hook(note('full')); print(m(x))",
    "hook under no_grad": """
m = Own(lambda a: a * 2)
m.register_full_backward_hook(note('full'))
with torch.no_grad():
    print(m(x))
""",
    "legacy": "layer.register_backward_hook(note('legacy')); layer(x[None] * 1).sum().backward()",
    "legacy on a dict": """
m = Own(lambda a: {'x': a * 2})
m.register_backward_hook(note('legacy'))
m(x)['x'].sum().backward()
""",
    "legacy on a list": "m = Own(lambda a: [a * 2]); m.register_backward_hook(note('legacy')); m(x)",
    "legacy on several": "m = Own(lambda a: (a * 2, a * 3)); m.register_backward_hook(note('legacy')); m(x)",
    "legacy arguments": "m = Own(lambda a, b: a * 2); m.register_backward_hook(note('legacy')); m(x, 3)",
}

STATE = {
    "shares memory": """
s = layer.state_dict()
s['weight'].zero_()
print(layer.weight, s['weight'].requires_grad, s._metadata)
""",
    "keep_vars": "print(layer.state_dict(keep_vars=True)['weight'] is layer.weight)",
    "prefix": "print(list(nn.Sequential(layer).state_dict(prefix='a.')))",
    "loads": """
v = layer.weight._version
print(layer.load_state_dict({'weight': torch.ones(1, 2), 'bias': torch.ones(1)}))
print(layer.weight, layer.weight._version - v)
""",
    "not strict": "print(layer.load_state_dict({'weight': torch.ones(1, 2), 'zz': torch.ones(1)}, strict=False))",
    "assign": """
w = layer.weight
layer.load_state_dict({'weight': torch.ones(1, 2), 'bias': torch.ones(1)}, assign=True)
print(layer.weight, w is layer.weight)
""",
    "all problems at once": """
nn.Sequential(layer, nn.Linear(1, 1)).load_state_dict({'0.weight': torch.ones(3), '2.a': torch.ones(1), '1.weight': 3})
""",
    "hooks": """
layer.register_state_dict_post_hook(lambda m, s, p, l: s.update(extra=1))
layer.register_state_dict_pre_hook(note('pre'))
layer.register_load_state_dict_post_hook(lambda m, k: k.unexpected_keys.clear())
print(layer.state_dict().keys())
print(layer.load_state_dict(layer.state_dict()))
""",
    "extra state": """
class Extra(nn.Module):
    def get_extra_state(self):
        return 7
    def set_extra_state(self, s):
        print('got', s)
m = Extra()
print(m.state_dict())
m.load_state_dict(m.state_dict())
m.load_state_dict({})
""",
    "batch counter of old states": """
m = nn.BatchNorm1d(1)
s = m.state_dict()
s.pop('num_batches_tracked')
s._metadata.clear()
print(m.load_state_dict(s))
""",
    "batch norm trains": """
m = nn.BatchNorm1d(2)
m(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
print(m.state_dict())
m.eval()
print(m(torch.ones(1, 2)))
""",
    "batch norm averages": """
m = nn.BatchNorm1d(1, momentum=None)
for _ in range(3):
    m(torch.tensor([[1.0], [4.0]]))
print(m.state_dict())
""",
    "not a mapping": "layer.load_state_dict(3)",
}

TEXTS = """
nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Sequential(nn.Dropout(.2), nn.BatchNorm1d(2)))
nn.ModuleList([nn.Linear(1, 2), nn.Linear(1, 2), nn.ReLU()])
Own(a=nn.Linear(1, 1), b=nn.Sequential())
nn.Module(), nn.ModuleList(), nn.ParameterList(), nn.ModuleDict()
nn.ReLU(inplace=True), nn.LeakyReLU(), nn.ELU(), nn.SELU(), nn.CELU(), nn.GELU(), nn.SiLU(), nn.Mish(), nn.Softplus()
nn.Sigmoid(), nn.Tanh(), nn.Hardtanh(), nn.ReLU6(), nn.Hardsigmoid(), nn.Hardswish(), nn.Softshrink(), nn.Hardshrink()
nn.Tanhshrink(), nn.Softsign(), nn.LogSigmoid(), nn.PReLU(), nn.RReLU(), nn.GLU(), nn.Threshold(1, 2), nn.Softmax(1)
nn.Dropout(.1), nn.Dropout2d(), nn.AlphaDropout(), nn.Flatten(), nn.Unflatten(1, (2, 2)), nn.Identity(3)
nn.Bilinear(1, 2, 3)
nn.BatchNorm1d(2), nn.BatchNorm2d(2, affine=False), nn.LayerNorm(3), nn.GroupNorm(1, 2), nn.InstanceNorm2d(2)
nn.RMSNorm(3)
nn.Conv1d(1, 2, 3), nn.Conv2d(1, 2, 3, padding=1, stride=2), nn.ConvTranspose2d(1, 2, 3, output_padding=0)
nn.Conv2d(2, 2, 3, groups=2, bias=False, padding='same', dilation=2)
nn.MaxPool1d(2), nn.MaxPool2d(2), nn.AvgPool1d(2), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(1), nn.LPPool2d(2, 2)
nn.Embedding(3, 2, padding_idx=0, max_norm=1.), nn.CrossEntropyLoss(), nn.CosineSimilarity(), nn.PairwiseDistance()
nn.Conv2d(2, 3, 3)(torch.ones(1, 2, 4, 4)), nn.Conv1d(2, 3, 3)(torch.ones(2, 4))
nn.Embedding(3, 2)(torch.tensor([1, 2])), nn.Embedding.from_pretrained(torch.ones(2, 2)).weight
nn.LayerNorm(2)(x), nn.PReLU()(x), nn.CrossEntropyLoss()(x[None], torch.tensor([1]))
nn.MSELoss(reduction='sum')(x, x * 2)
""".strip().splitlines()

REFUSALS = """
nn.Parameter([1., 2.])
nn.Parameter(torch.tensor([1, 2]))
nn.Module(3)
nn.Module(a=3)
nn.Module()(1)
nn.Module().zz
nn.Module().train(3)
nn.Module().register_parameter('a.b', None)
nn.Module().register_parameter('', None)
nn.Module().register_parameter(3, None)
nn.Module().register_parameter('training', None)
nn.Module().register_parameter('p', torch.ones(1))
nn.Module().register_buffer('a.b', None)
nn.Module().register_buffer(3, None)
nn.Module().register_buffer('p', 3)
nn.Module().add_module('a.b', None)
nn.Module().add_module('', None)
nn.Module().add_module('p', 3)
nn.Module().add_module('training', None)
nn.Module().get_submodule('a')
nn.Module().get_parameter('training')
nn.Module().get_buffer('training')
setattr(layer, 'weight', torch.ones(1))
setattr(layer, 'weight', 3)
setattr(nn.BatchNorm1d(1), 'running_mean', 3)
setattr(nn.Sequential(layer), '0', 3)
delattr(layer, 'q')
layer.to(torch.int64)
layer(torch.ones(4))
nn.Sequential(3)
nn.Sequential(layer)[3]
nn.ModuleList(3)
nn.ModuleList([layer])[-3]
nn.ModuleDict()['a']
layer.register_full_backward_hook(print) and layer.register_backward_hook(print)
layer.register_backward_hook(print) and layer.register_full_backward_hook(print)
nn.Dropout(2)
nn.BatchNorm1d(2)(torch.ones(1, 2))
nn.BatchNorm1d(2)(torch.ones(2))
nn.BatchNorm1d(2)(torch.ones(1, 3, 2))
nn.BatchNorm2d(2)(torch.ones(2, 2))
nn.LayerNorm(3)(torch.ones(2))
nn.Conv2d(3, 2, 3, groups=2)
nn.Conv2d(1, 2, 3)(torch.ones(2, 2))
nn.Conv2d(1, 2, 3)(torch.ones(1, 1, 2, 2))
nn.Conv2d(1, 2, 3)(torch.ones(1, 2, 5, 5))
nn.Embedding(3, 2, padding_idx=5)
nn.Embedding(3, 2)(torch.tensor([3]))
nn.Embedding(3, 2)(torch.tensor([1.]))
nn.init.xavier_uniform_(torch.empty(3))
nn.init.kaiming_uniform_(torch.empty(3, 3), mode='x')
nn.init.calculate_gain('foo')
F.mse_loss(x, torch.ones(2, 2))
F.mse_loss(x, x, reduction='foo')
F.mse_loss(x, x, size_average=False)
F.binary_cross_entropy(x, torch.ones(2))
F.binary_cross_entropy(x.sigmoid(), torch.ones(3))
F.binary_cross_entropy_with_logits(x, torch.ones(3))
F.nll_loss(x[None], torch.tensor([3]))
F.nll_loss(x[None], torch.tensor([0.]))
F.nll_loss(x[None], torch.tensor([0, 1]))
F.nll_loss(x[None], torch.tensor([0]), weight=torch.ones(3))
F.cross_entropy(x[None], torch.ones(1, 3))
F.softmax(x)
F.softmax(x, dim=5)
F.glu(torch.ones(3))
F.prelu(x[None], torch.ones(5))
F.one_hot(torch.tensor([1, 0]), 1)
F.max_pool2d(torch.ones(1, 2, 2), 3)
F.relu(x, inplace=True)
F.hardtanh(x, 3, 1)
F.smooth_l1_loss(x, x, beta=-1)
F.leaky_relu_(x * 1, -.1).sum().backward()
F.elu_(x * 1, -.1).sum().backward()
F.celu(x * 1, -.1, inplace=True).sum().backward()
F.nll_loss(x[None], torch.tensor([0]), weight=x)
F.binary_cross_entropy(x.sigmoid(), x.detach().sigmoid(), weight=x)
F.binary_cross_entropy_with_logits(x, x.detach(), weight=x)
F.soft_margin_loss(x, x)
F.multi_margin_loss(x[None], torch.tensor([0]), weight=x)
F.batch_norm(torch.ones(3, 2), x, torch.ones(2))
nn.Sequential(nn.ReLU)
""".strip().splitlines()

IN_PLACE = [
    "relu",
    "relu6",
    "hardtanh",
    "leaky_relu",
    "elu",
    "selu",
    "celu",
    "silu",
    "mish",
    "hardsigmoid",
    "hardswish",
]

# What an in-place activation saves, its input or its result, decides whether the next write makes backward raise.
_WRITES = """
y = F.{name}(x - 1.5, inplace=True)
print(y, y.grad_fn.name(), torch.autograd.grad(y.sum(), x, retain_graph=True))
z = y * 1; y.add_(1); print(torch.autograd.grad(y.sum(), x))
"""

ALL = {**REGISTRATION, **CALLING, **STATE}


@pytest.mark.parametrize("name", ALL)
def test_programs(name):
    engine, wanted = agree(_SETUP + ALL[name])
    assert engine == wanted


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_activations(name):
    engine, wanted = agree(_SETUP + _WRITES.format(name=name))
    assert engine == wanted


@pytest.mark.parametrize("expression", [*TEXTS, *REFUSALS])
def test_expressions(expression):
    engine, wanted = agree(f"{_SETUP}\nprint({expression})")
    assert engine == wanted
