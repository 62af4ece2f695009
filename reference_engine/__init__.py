"""A second implementation of PyTorch's eager autograd, on NumPy, written to be read.

``import reference_engine as torch`` runs a program written for PyTorch. See README.md for the order in which the parts
are best read.
"""

# ruff: noqa: E402, F401 (a namespace: what is imported here is what it offers, in the order in which it depends)
from __future__ import annotations

from . import _state, devices, dtypes, errors, promotion
from ._state import is_warn_always_enabled, reset_state, set_warn_always
from ._tensor import Tensor
from ._tensor import _late_bind as _bind_tensor
from .devices import device, get_default_device, set_default_device
from .dtypes import ALIASES as _ALIASES
from .dtypes import BY_NAME as _BY_NAME
from .dtypes import dtype, finfo, iinfo
from .errors import EngineBug, NameNotModelled, NotModelled
from .promotion import can_cast, get_default_dtype, promote_types, set_default_dtype
from .size import Size

__version__ = "2.13.0+reference"
models = "2.13.0"

from .ops import namespace as _namespace

_namespace.install(globals())

from . import _C, _VF, autograd, cuda, linalg, overrides, random, special, storage
from . import utils as utils
from .autograd import enable_grad, inference_mode, no_grad, set_grad_enabled
from .autograd.anomaly_mode import is_anomaly_check_nan_enabled, is_anomaly_enabled, set_anomaly_enabled
from .autograd.grad_mode import is_grad_enabled, is_inference_mode_enabled
from .naming import typename
from .printing import set_printoptions
from .random import Generator, default_generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state

_bind_tensor()

for _names in (_BY_NAME, _ALIASES):
    globals().update(_names)

# Subsystems of PyTorch that this engine leaves out; asking for one says so.
_OUT_OF_SCOPE = frozenset(
    (
        *("_dynamo", "_functorch", "_higher_order_ops", "_inductor", "_vmap_internals", "accelerator", "amp", "ao"),
        *("autocast", "autocast_mode", "backends", "compile", "compiler", "cond", "distributed", "distributions"),
        *("export", "fft", "func", "functorch", "fx", "hub", "jit", "library", "masked", "mps", "mtia"),
        *("multiprocessing", "nested", "onnx", "ops", "package", "profiler", "quantization", "quantize_per_channel"),
        *("quantize_per_tensor", "sparse", "sparse_bsc_tensor", "sparse_bsr_tensor", "sparse_compressed_tensor"),
        *("sparse_coo_tensor", "sparse_csc_tensor", "sparse_csr_tensor", "vmap", "xpu"),
        *("jagged", "sparse_bsc", "sparse_bsr", "sparse_coo", "sparse_csc", "sparse_csr"),
    )
)


def __getattr__(name: str):
    """``nn`` and ``optim``, and functions of networks, load when first asked for; what is out of scope says so."""
    if name in ("nn", "optim"):
        from importlib import import_module

        return import_module("." + name, __name__)
    if name in _OUT_OF_SCOPE or name.startswith("_foreach_"):
        raise NameNotModelled(f"torch.{name}")
    if name[:1].islower() and name.isidentifier():
        from .nn import native

        if name in native.NAMES:
            return getattr(native, name)
    raise AttributeError(f"module 'torch' has no attribute '{name}'")
