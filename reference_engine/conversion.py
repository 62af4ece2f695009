"""Tensors as Python values: numbers, lists, arrays, text; copies and pickles."""

from __future__ import annotations

import warnings
from copy import deepcopy

import numpy as np

from ._state import thread, warn_once
from .errors import NotModelled
from .graph.metadata import materialize_meta
from .lazy import LazyArray, bits
from .storage import UntypedStorage


def _real(value, kind: str):
    """A number without its imaginary part. Raises ``RuntimeError`` where that is not zero."""
    if isinstance(value, complex):
        if value.imag:
            raise RuntimeError(f"value cannot be converted to type {kind} without overflow")
        return value.real
    return value


class Conversion:
    """The ways out of the engine: a part of ``Tensor``, kept apart for reading."""

    __slots__ = ()

    def item(self):
        """The only element, as a Python number. Raises ``RuntimeError`` when there is not exactly one."""
        if self._array.size != 1:
            raise RuntimeError(f"a Tensor with {self._array.size} elements cannot be converted to Scalar")
        if self.is_meta:
            raise RuntimeError("Tensor.item() cannot be called on meta tensors")
        value = self._array.item()
        return value if type(value) in (int, float, bool, complex) else float(value)

    def tolist(self):
        """The elements as nested lists of Python numbers."""
        if self.is_meta:
            raise NotImplementedError("Cannot copy out of meta tensor; no data!")
        array = self._array
        if type(array) is LazyArray:
            return self.resolve_conj().resolve_neg().tolist()  # operations as others, which may be refused
        if array.dtype.kind == "V" or array.dtype.name == "bfloat16":
            array = array.astype(np.float32)
        return array.tolist()

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """The elements as an ndarray that shares memory. Raises ``RuntimeError``/``TypeError`` where it cannot."""
        if force:
            return self.detach().cpu().resolve_conj().resolve_neg().numpy()
        if self.device.type != "cpu":
            raise TypeError(
                f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to "
                "host memory first."
            )
        if thread.grad_enabled and self.requires_grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        for bit, method, is_set in zip(("conjugate", "negative"), ("conj", "neg"), bits(self._array), strict=True):
            if is_set:
                raise RuntimeError(
                    f"Can't call numpy() on Tensor that has {bit} bit set. "
                    f"Use tensor.resolve_{method}().numpy() instead."
                )
        if self.dtype.name == "bfloat16":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self._array

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        array = self.numpy()
        return array if dtype is None else array.astype(dtype, copy=False)

    def __dlpack__(self, *, stream=-1, max_version=None, dl_device=None, copy=None):
        """The memory as a DLPack capsule. Raises ``BufferError`` where the values are not all that the memory holds."""
        if self.requires_grad:
            raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
        if self.is_conj():
            raise BufferError("Can't export tensors with the conjugate bit set")
        if self.device.type != "cpu":
            raise NotModelled("DLPack for a simulated device")
        if stream not in (None, -1):
            raise AssertionError("stream should be None on cpu.")
        return self._array.__dlpack__()

    def __dlpack_device__(self) -> tuple:
        """The kind of device and its number, as DLPack counts them."""
        from .utils.dlpack import DLDeviceType

        kinds = {"cpu": DLDeviceType.kDLCPU, "cuda": DLDeviceType.kDLCUDA}
        if self.device.type not in kinds:
            raise BufferError(f"Unknown device type {self.device.type} for Dlpack")
        return kinds[self.device.type], self.device.index or 0

    def __bool__(self) -> bool:
        size = self._array.size
        if size != 1:
            amount = "no values" if size == 0 else "more than one value"
            raise RuntimeError(f"Boolean value of Tensor with {amount} is ambiguous")
        return bool(self.item())

    def __float__(self) -> float:
        return float(_real(self._scalar(warns=True), "double"))

    def __int__(self) -> int:
        return int(_real(self._scalar(), "int64_t"))

    def __complex__(self) -> complex:
        return complex(self._scalar(warns=True))

    def _scalar(self, warns: bool = False):
        if warns and thread.grad_enabled and self.requires_grad:
            warn_once(
                "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
                "Consider using tensor.detach() first."
            )
        if self._array.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return self.item()

    def __index__(self) -> int:
        if self._array.size != 1 or self.dtype.kind > 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self._array.item())

    def __iter__(self):
        if not self._array.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __contains__(self, element) -> bool:
        if isinstance(element, (type(self), int, float, bool, complex)):
            return bool((self == element).any().item())
        raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}.")

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self, *, tensor_contents=None) -> str:
        from .printing import tensor_repr

        return tensor_repr(self)

    def __format__(self, format_spec: str) -> str:
        if self.dim() == 0 and not self.is_meta and not self._dispatches:
            return self.item().__format__(format_spec)
        return object.__format__(self, format_spec)

    def __dir__(self):
        return sorted((set(dir(type(self))) | set(self.__dict__)) - {"volatile", "__cuda_array_interface__"})

    def __deepcopy__(self, memo):
        """A copy of a leaf with its ``.grad``. Raises ``RuntimeError`` for results of recorded operations."""
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
                "moment.  If you were attempting to deepcopy a module, this may be because of a torch.nn.utils."
                "weight_norm usage, see https://github.com/pytorch/pytorch/pull/103001"
            )
        if id(self) in memo:
            return memo[id(self)]
        made = self.data.clone()
        if made._counter is not None and not any(bits(self._array)):
            made._counter.bump()  # the copy is written into a fresh tensor
        made.__class__ = type(self)
        memo[id(self)] = made
        meta = self._meta
        if meta is not None:
            if meta.requires_grad:
                made.requires_grad_()
            if meta.grad is not None:
                materialize_meta(made).grad = meta.grad.__deepcopy__(memo)
        for name, value in self.__dict__.items():
            made.__dict__[name] = deepcopy(value, memo)
        return made

    def __copy__(self):
        """Another leaf over the same storage, with the same ``requires_grad``."""
        made = self.data
        made.__class__ = type(self)
        if self.requires_grad:
            materialize_meta(made).requires_grad = True
        return made

    def __reduce_ex__(self, protocol):
        if self._backward_hooks:
            for hook in self._backward_hooks.values():
                if not hasattr(hook, "__torch_unserializable__"):
                    warnings.warn(
                        f"backward hook {hook!r} on tensor will not be serialized.  If this is expected, you can "
                        "decorate the "
                        "function with @torch.utils.hooks.unserializable_hook to suppress this warning",
                        stacklevel=2,
                    )
        return rebuild, (self._array.copy(), self.requires_grad, type(self))

    def __setstate__(self, state) -> None:
        if not self.is_leaf:
            raise RuntimeError("__setstate__ can be only called on leaf Tensors")
        self.__dict__.update(state)

    def _typed_storage(self) -> UntypedStorage:
        return self._storage

    def storage(self) -> UntypedStorage:
        return self._storage

    def _not_modelled(self, *args, **kwargs):
        raise NotModelled("A layout that is not dense, quantized or named")

    to_sparse = to_sparse_csr = to_sparse_csc = to_sparse_bsr = to_sparse_bsc = coalesce = _not_modelled
    to_mkldnn = rename = refine_names = align_to = _not_modelled

    def to_dense(self, dtype=None, *, masked_grad=None):
        """A dense tensor is itself."""
        return self

    def reinforce(self, reward):
        def trim(text):
            return "\n".join(line.strip() for line in text.split("\n"))

        raise RuntimeError(
            trim(
                r"""reinforce() was removed.
            Use torch.distributions instead.
            See https://pytorch.org/docs/main/distributions.html

            Instead of:

            probs = policy_network(state)
            action = probs.multinomial()
            next_state, reward = env.step(action)
            action.reinforce(reward)
            action.backward()

            Use:

            probs = policy_network(state)
            # NOTE: categorical is equivalent to what used to be called multinomial
            m = torch.distributions.Categorical(probs)
            action = m.sample()
            next_state, reward = env.step(action)
            loss = -m.log_prob(action) * reward
            loss.backward()
        """
            )
        )

    def share_memory_(self):
        return self


def rebuild(array: np.ndarray, requires_grad: bool, cls: type):
    """A tensor from its pickled parts."""
    from ._tensor import make

    made = make(array)
    made.__class__ = cls
    return made.requires_grad_() if requires_grad else made
