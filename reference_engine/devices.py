"""Devices: host memory, a simulated accelerator, and "meta" tensors that have no data.

The accelerator is called ``cuda`` and has one index, 0. Its tensors live in host memory like all others, but every
operation checks that its operands share a device, copies between devices are real copies, and messages name the
device, so programs meet the rules of a real one.
"""

from __future__ import annotations

from typing import ClassVar

from . import _state

_KNOWN_TYPES = ("cpu", "cuda", "meta")
# Types that PyTorch's parser accepts; having none of them at hand is another error than a wrong name.
_DEVICE_TYPES = (
    "cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, hpu, "
    "mtia, privateuseone"
)


class device:
    """A place for tensors: ``device("cuda")``, ``device("cuda:0")``, ``device("cuda", 0)``.

    Also a context manager: factories inside it create there. Raises ``RuntimeError`` for unknown device types.
    """

    __slots__ = ("_hash", "index", "type")
    _interned: ClassVar[dict[tuple[str, int | None], device]] = {}

    def __new__(cls, type: str | device | int = "cpu", index: int | None = None) -> device:
        if isinstance(type, device):
            return type
        if isinstance(type, int):
            type, index = "cuda", type
        if not isinstance(type, str):
            kind = type.__class__.__name__
            raise TypeError(f"device(): argument 'type' (position 1) must be str, not {kind}")
        if ":" in type:
            type, _, number = type.partition(":")
            if not number.isdigit():
                raise RuntimeError(f"Invalid device string: '{type}:{number}'")
            index = int(number)
        found = cls._interned.get((type, index))
        if found is not None:
            return found
        if type not in _KNOWN_TYPES:
            if type in _DEVICE_TYPES.split(", "):
                raise RuntimeError(f"The reference engine has no device of type {type}")
            raise RuntimeError(f"Expected one of {_DEVICE_TYPES} device type at start of device string: {type}")
        self = object.__new__(cls)
        self.type, self.index = type, index
        self._hash = hash((type, index))
        cls._interned[type, index] = self
        return self

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, device) and (self.type, self.index) == (other.type, other.index))

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + ("" if self.index is None else f", index={self.index}") + ")"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __reduce__(self):
        return device, (self.type, self.index)

    def __deepcopy__(self, memo):
        return self

    def __enter__(self) -> device:
        _state.thread.device_contexts += (resolve(self),)
        return self

    def __exit__(self, *exc_info) -> None:
        _state.thread.device_contexts = _state.thread.device_contexts[:-1]


device.__module__ = "torch"

CPU = device("cpu")
CUDA = device("cuda", 0)
META = device("meta")


def resolve(spec: device | str | int | None) -> device:
    """The place that tensors asked for on ``spec`` live: ``cuda`` means ``cuda:0``; None the current default."""
    if spec is None:
        state = _state.thread
        if state.device_contexts:
            return state.device_contexts[-1]
        return state.default_device or CPU
    found = device(spec)
    if found.type == "cpu":
        return CPU
    if found.type == "meta":
        return META
    if found.index not in (None, 0):
        raise RuntimeError("CUDA error: invalid device ordinal")
    return CUDA


def set_default_device(device: device | str | int | None) -> None:
    """Set where factories create in this thread; None means the CPU."""
    _state.thread.default_device = None if device is None else resolve(device)


def get_default_device() -> device:
    return resolve(None)


def gradient_type_name(place: device, scalar: str) -> str:
    """The type name in messages about hooks: meta tensors have a plain one."""
    return f"Meta{scalar}Type" if place.type == "meta" else variable_type_name(place, scalar)


def variable_type_name(place: device, scalar: str) -> str:
    """The type name in version errors: types that came later than the old names have a plain one."""
    if scalar in ("Bool", "BFloat16", "ComplexFloat", "ComplexDouble"):
        return f"{place.type.upper()}{scalar}Type"
    return tensor_type_name(place, scalar)


def tensor_type_name(place: device, scalar: str) -> str:
    """The old-style type name that messages use: ``torch.FloatTensor``, ``torch.cuda.FloatTensor``."""
    return f"torch.{'' if place.type == 'cpu' else place.type + '.'}{scalar}Tensor"
