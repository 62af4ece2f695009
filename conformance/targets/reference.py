"""The project's own engine: `reference:cpu`, and `reference:cuda`, whose accelerator is simulated."""

from __future__ import annotations

import os
from typing import Any

from conformance.targets.adapter import Adapter
from conformance.targets.torch_engine import FEATURES, has

DEVICES = ("cpu", "cuda")


class ReferenceAdapter(Adapter):
    """`reference_engine` on the host or on its simulated accelerator."""

    engine = "reference"
    models = ""

    def __init__(self, device: str = "cpu", mode: str | None = None) -> None:
        super().__init__(device, mode)
        import reference_engine

        self.namespace = reference_engine
        self.version = str(reference_engine.__version__)
        self.models = str(reference_engine.models)
        self.not_modelled = (reference_engine.NotModelled,)
        self.folders = (os.path.dirname(os.path.abspath(reference_engine.__file__)),)

    @property
    def features(self) -> list[str]:
        return sorted({"cuda", *(name for name, path in FEATURES.items() if has(self.namespace, path))})

    def available(self) -> str | None:
        if self.mode is not None:
            return f"the reference engine has no mode {self.mode!r}"
        if self.device_text.partition(":")[0] not in DEVICES:
            return f"the reference engine has no device {self.device_text!r}, only {' and '.join(DEVICES)}"
        return None

    @property
    def device(self) -> Any:
        text = "cuda:0" if self.device_text == "cuda" else self.device_text
        return self.namespace.device(text)

    @property
    def accelerator(self) -> Any:
        return self.namespace.device("cuda:0")

    def reset(self) -> None:
        self.namespace.reset_state()
        self.namespace.set_warn_always(True)

    def random_state(self) -> Any:
        # As a tensor of bytes, which is the public way, it takes longer than most programs.
        seed, twister, spare = self.namespace.default_generator._position()
        drawn = twister and (twister["state"]["key"].tobytes(), twister["state"]["pos"])
        return seed, drawn, spare

    def attestation(self) -> dict[str, Any]:
        return {"device_name": "simulated in host memory" if self.device_text != "cpu" else None}
