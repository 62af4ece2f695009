"""Adapters as strangers might write them, on the reference engine: plain objects, none inherits anything."""

from __future__ import annotations

import types

import reference_engine


class Smallest:
    """Only what nobody can guess."""

    name = "smallest:cpu"
    version = "0.1"
    features = ("nn",)
    namespace = reference_engine


class Full:
    """Everything the contract names, its own way of observing among it."""

    engine = "full"
    version = "3"
    models = "2.4.0"
    features = ("cuda", "nn")
    namespace = reference_engine
    not_modelled = (ZeroDivisionError,)

    def __init__(self, device="cuda:0", mode=None) -> None:
        self.name = f"full:{device}+{mode}"
        self.device = reference_engine.device(device)
        self.host = reference_engine.device("cpu")
        self.accelerator = reference_engine.device("cuda:0")
        self.resets = 0

    def available(self):
        return None

    def context(self):
        return self.device

    def observe(self, value):
        if not isinstance(value, reference_engine.Tensor):
            return None
        return {
            "data": value.tolist(),
            "dtype": "float32",
            "shape": list(value.shape),
            "device": str(value.device),
            "requires_grad": False,
            "is_leaf": True,
            "retains_grad": False,
            "grad": None,
            "version": self.resets,
            "grad_fn": None,
            "storage": ("any", "hashable"),
            "view_of": value._base,
        }

    def reset(self) -> None:
        self.resets += 1
        reference_engine.reset_state()

    def attestation(self):
        return {"device_name": "Imagined X1", "driver": "0.0"}


class Absent(Smallest):
    """An engine whose device is not there."""

    def available(self):
        return "the accelerator is switched off"


class Broken:
    """An adapter that fails while it is made."""

    def __init__(self) -> None:
        raise ValueError("no licence file")


class Nothing:
    """An adapter without a namespace."""

    name = "nothing:cpu"


class Faulty(Smallest):
    """Fails when it is to look at a tensor of two elements."""

    def observe(self, value):
        if isinstance(value, reference_engine.Tensor) and value.numel() == 2:
            raise KeyError("two")
        return None


class TextDevice(Smallest):
    """Gives its device as a text."""

    device = "cpu"


def on_the_host():
    """An engine on an accelerator whose gradients land on the host."""
    module = types.ModuleType("strange")
    module.__dict__.update(vars(reference_engine))
    backward = reference_engine.Tensor.backward

    def astray(self, *arguments, **options):
        backward(self, *arguments, **options)
        for tensor in KEPT:
            tensor.data = tensor.data.cpu()

    make = reference_engine.tensor
    KEPT = []

    def tensor(*arguments, **options):
        KEPT.append(make(*arguments, **options))
        return KEPT[-1]

    module.tensor = tensor
    reference_engine.Tensor.backward = astray
    adapter = Full("cuda:0")
    adapter.namespace = module
    adapter.observe = None
    return adapter
