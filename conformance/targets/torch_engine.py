"""Real PyTorch on any of its devices: `torch:cpu`, `torch:cuda`, `torch:cuda:1`, `torch:mps`, …"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from functools import partial
from typing import Any

from conformance.targets.adapter import Adapter
from conformance.worker.clean import SEED, Part

# Feature of `needs` → what the installed torch must have for it.
FEATURES = {
    "anomaly": "autograd.set_detect_anomaly",
    "checkpoint": "utils.checkpoint.checkpoint",
    "complex": "complex64",
    "custom_function": "autograd.Function",
    "double_backward": "autograd.grad",
    "forward_ad": "autograd.forward_ad",
    "func": "func",
    "functional": "autograd.functional",
    "gradcheck": "autograd.gradcheck",
    "graph": "autograd.graph",
    "half": "bfloat16",
    "hooks": "Tensor.register_hook",
    "inference_mode": "inference_mode",
    "init": "nn.init",
    "meta": "Tensor.is_meta",
    "named_tensors": "Tensor.rename",
    "nested": "nested",
    "nn": "nn.Module",
    "nn_functional": "nn.functional",
    "optim": "optim.SGD",
    "profiler": "autograd.profiler",
    "random": "manual_seed",
    "saved_tensors_hooks": "autograd.graph.saved_tensors_hooks",
    "sparse": "sparse_coo",
    "subclass": "Tensor.__torch_function__",
    "threads": "Tensor",
    "weakrefs": "Tensor",
}


class TorchAdapter(Adapter):
    """The installed torch. Where it is missing or lacks the device, `available` says why."""

    engine = "torch"

    def __init__(self, device: str = "cpu", mode: str | None = None) -> None:
        super().__init__(device, mode)
        self._missing = None
        try:
            import torch
            import torch.autograd.forward_ad
            import torch.utils.checkpoint
        except ImportError as error:
            self._missing = f"torch cannot be imported: {error}"
            return
        self.namespace = torch
        self.version = str(torch.__version__)
        self.folders = (os.path.dirname(os.path.abspath(torch.__file__)),)

    @property
    def models(self) -> str:
        return self.version.partition("+")[0]

    @property
    def features(self) -> list[str]:
        found = [name for name, path in FEATURES.items() if has(self.namespace, path)]
        if self.accelerator is not None:
            found.append("cuda")
            if self.namespace.cuda.is_available() and self.namespace.cuda.device_count() > 1:
                found.append("multi_device")
        return sorted(found)

    # --- where it runs --------------------------------------------------------------------------------

    def available(self) -> str | None:
        if self._missing is not None:
            return self._missing
        if self.mode is not None:
            return f"the torch engine has no mode {self.mode!r}"
        torch = self.namespace
        try:
            device = torch.device(self.device_text)
        except RuntimeError as error:
            return f"torch {self.version} has no device {self.device_text!r}: {_first_line(error)}"
        if device.type == "cuda" and (reason := _no_cuda(torch)):
            return reason
        if device.type == "mps" and not torch.backends.mps.is_available():
            built = torch.backends.mps.is_built()
            return "this machine has no MPS device" if built else f"torch {self.version} is built without MPS"
        try:
            self._device = torch.empty(0, device=device).device  # with the index that tensors report
        except Exception as error:
            return f"nothing can be created on {self.device_text}: {_first_line(error)}"
        return None

    @property
    def device(self) -> Any:
        return self._device

    @property
    def accelerator(self) -> Any:
        torch = self.namespace
        if self._device.type not in ("cpu", "meta"):
            return self._device
        return torch.device("cuda:0") if _no_cuda(torch) is None else None

    def quiet(self) -> AbstractContextManager:
        return self.namespace._C.DisableTorchFunction()

    def first_use(self) -> dict[str, Callable[[], Any]]:
        # The first dual level or jvp imports hundreds of modules, and some of them warn.
        return dict.fromkeys(("forward_ad", "jvp", "hessian"), _import_jvp_rules)

    def limit_memory(self, size: int) -> None:
        cuda = self.namespace.cuda
        if self._device.type == "cuda":
            total = cuda.get_device_properties(self._device).total_memory
            cuda.set_per_process_memory_fraction(min(1.0, size / total), self._device)

    def attestation(self) -> dict[str, Any]:
        torch = self.namespace
        facts: dict[str, Any] = {"git": getattr(torch.version, "git_version", None)}
        if self._device.type == "cuda":
            properties = torch.cuda.get_device_properties(self._device)
            facts["device_name"] = properties.name
            facts["capability"] = f"{properties.major}.{properties.minor}"
            facts["cuda_runtime"] = torch.version.cuda or torch.version.hip
            facts["driver"] = _driver()
        return facts

    # --- its state ------------------------------------------------------------------------------------

    def seed(self) -> None:
        torch = self.namespace
        torch.default_generator.manual_seed(SEED)
        if self._device.type != "cpu":
            torch.manual_seed(SEED)

    def state_parts(self) -> list[Part]:
        torch = self.namespace
        c, saved = torch._C, torch._C._autograd
        module = torch.nn.modules.module
        forward_ad = torch.autograd.forward_ad
        parts: list[Part] = []

        def add(name: str, read: Any, restore: Any) -> None:
            with suppress(AttributeError):  # another torch version calls it otherwise
                parts.append(Part(name, read, restore))

        add(
            "default device",
            lambda: getattr(torch._GLOBAL_DEVICE_CONTEXT, "device_context", None),
            lambda clean: torch.set_default_device(clean),
        )
        add("stack of torch function modes", lambda: c._len_torch_function_stack(), lambda n: _pop_modes(c, n))
        add(
            "default saved-tensor hooks",
            lambda: saved._top_saved_tensors_default_hooks(True) is not None,
            lambda clean: _pop_saved(saved),
        )
        add(
            "saved-tensor hooks switched off",
            lambda: saved._saved_tensors_hooks_get_disabled_error_message(),
            lambda clean: saved._saved_tensors_hooks_enable(),
        )
        add(
            "backward threads",
            lambda: c._is_multithreading_enabled(),
            lambda v: c._set_multithreading_enabled(v),
        )
        add("view replay", lambda: c._is_view_replay_enabled(), lambda v: c._set_view_replay_enabled(v))
        add(
            "forward-mode level",
            lambda: forward_ad._current_level,
            lambda level: _leave_levels(forward_ad, level),
        )
        for kind in ("cpu", "cuda"):
            add(
                f"autocast on {kind}",
                partial(torch.is_autocast_enabled, kind),
                partial(torch.set_autocast_enabled, kind),
            )
        add(
            "deterministic algorithms only warned about",
            lambda: torch.is_deterministic_algorithms_warn_only_enabled(),
            lambda v: torch.use_deterministic_algorithms(False, warn_only=v),
        )
        add("number of threads", lambda: torch.get_num_threads(), lambda n: torch.set_num_threads(n))
        for name in sorted(vars(module)):
            registry = getattr(module, name)
            if name.startswith("_global_") and isinstance(registry, dict):
                add(f"module registry {name}", registry.__len__, _emptier(registry))
        add(
            "kind of global module hooks",
            lambda: module._global_is_full_backward_hook,
            lambda v: setattr(module, "_global_is_full_backward_hook", v),
        )
        return parts


def has(torch: Any, path: str) -> bool:
    value = torch
    for name in path.split("."):
        value = getattr(value, name, None)
    return value is not None


def _no_cuda(torch: Any) -> str | None:
    """None, or why there is no CUDA device, in the driver's words where it has any."""
    if not torch.backends.cuda.is_built():
        return f"torch {torch.__version__} is built without CUDA"
    if torch.cuda.is_available():
        return None
    try:
        torch.cuda.init()
    except Exception as error:
        return f"CUDA cannot start: {_first_line(error)}"
    return "no CUDA device is visible"


def _import_jvp_rules() -> None:
    with suppress(ImportError):
        importlib.import_module("torch._decomp.decompositions_for_jvp")


def _driver() -> str | None:
    """The NVIDIA driver's version, as the kernel module gives it."""
    try:
        with open("/proc/driver/nvidia/version", encoding="ascii", errors="replace") as file:
            words = file.readline().split()
    except OSError:
        return None
    return next((word for word in words if word[:1].isdigit()), None)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _pop_modes(c: Any, count: int) -> None:
    while c._len_torch_function_stack() > count:
        c._pop_torch_function_stack()


def _pop_saved(saved: Any) -> None:
    while saved._top_saved_tensors_default_hooks(True) is not None:
        saved._pop_saved_tensors_default_hooks()


def _leave_levels(forward_ad: Any, clean: int) -> None:
    while forward_ad._current_level > clean:
        forward_ad.exit_dual_level()


def _emptier(registry: dict[Any, Any]) -> Any:
    return lambda clean: registry.clear()
