"""Specs from YAML text and traces from Python values, for tests that need no engine.

`value` and `observation` write the protocol's encodings; they are the tests' own small worker.
"""

from __future__ import annotations

import math
from typing import Any

from conformance.judge import Ran, TargetInfo, Verdict, judge
from conformance.load import instances, load_text
from conformance.load.model import Instance

TORCH = TargetInfo("torch:cpu", "torch", "cpu", "2.13.0+cpu", "2.13.0+cpu")
TORCH_CUDA = TargetInfo("torch:cuda", "torch", "cuda", "2.13.0+cu130", "2.13.0+cu130")
REFERENCE = TargetInfo("reference:cpu", "reference", "cpu", "0.1", "2.13.0")
REFERENCE_CUDA = TargetInfo("reference:cuda", "reference", "cuda", "0.1", "2.13.0")
OTHER = TargetInfo("mine:cpu", "mine", "cpu", "1.0", "2.13.0")


def spec(text: str, path: str = "area/behaviour.yaml") -> tuple[Instance, ...]:
    """The instances of a spec's YAML text."""
    return instances(load_text(text, path, f"spec/{path}", check_programs=False))


def case(steps: str, more: str = "") -> Instance:
    """One case from the YAML of its steps (indented by six) and of further case keys (by four)."""
    (instance,) = spec(f"title: t\ncases:\n  - case: one\n    title: t\n{more}    steps:\n{steps}")
    return instance


def expecting(yaml_value: str, expression: str = "x", more: str = "") -> Instance:
    """One case with one step and one expectation, whose value is given as flow YAML."""
    return case(f"      - run: y = x\n        expect:\n          {expression}: {yaml_value}\n", more)


def number(value: Any) -> Any:
    """A float or complex number as the protocol writes it."""
    if isinstance(value, complex):
        return {"re": number(value.real), "im": number(value.imag)}
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return value


def nested(data: Any) -> Any:
    return [nested(item) for item in data] if isinstance(data, list) else number(data)


def shape_of(data: Any) -> list[int]:
    return [len(data), *(shape_of(data[0]) if data else [])] if isinstance(data, list) else []


def observation(data: Any, dtype: str = "float32", device: str = "cpu", **fields: Any) -> dict[str, Any]:
    """The OBSERVATION of a tensor holding the nested lists `data`; `fields` override."""
    seen = {
        "data": nested(data),
        "dtype": dtype,
        "shape": shape_of(data),
        "device": device,
        "requires_grad": False,
        "is_leaf": True,
        "retains_grad": False,
        "grad": None,
        "version": 0,
        "grad_fn": None,
        "storage": 0,
        "view_of": None,
    }
    assert fields.keys() <= seen.keys()
    return {**seen, **fields}


def tensor(data: Any, dtype: str = "float32", device: str = "cpu", **fields: Any) -> dict[str, Any]:
    """The VALUE of a tensor."""
    return {"k": "tensor", "v": observation(data, dtype, device, **fields)}


def value(given: Any) -> dict[str, Any]:
    """The VALUE of a plain Python value. A dict that has `k` already is passed through."""
    if given is None:
        return {"k": "none"}
    if isinstance(given, bool):
        return {"k": "bool", "v": given}
    if isinstance(given, int):
        return {"k": "int", "v": given if abs(given) < 2**63 else str(given)}
    if isinstance(given, float):
        return {"k": "float", "v": number(given)}
    if isinstance(given, complex):
        return {"k": "complex", "v": number(given)}
    if isinstance(given, str):
        return {"k": "text", "v": given}
    if isinstance(given, list | tuple):
        return {"k": "seq", "type": type(given).__name__, "v": [value(item) for item in given]}
    assert isinstance(given, dict)
    return given if "k" in given else {"k": "map", "v": [[value(k), value(v)] for k, v in given.items()]}


def obj(kind: str, text: str) -> dict[str, Any]:
    """The VALUE of anything without an encoding of its own, such as a dtype."""
    return {"k": "object", "type": kind, "str": text}


def size(*sizes: int) -> dict[str, Any]:
    """The VALUE of a torch.Size."""
    return {**value(list(sizes)), "type": "Size", "str": f"torch.Size({list(sizes)})"}


def event(text: str) -> dict[str, str]:
    """An exception or warning from `Name: message`."""
    name, _, message = text.partition(": ")
    return {"type": name, "message": message}


def step(
    *answers: Any, raised: str | None = None, warned: tuple[str, ...] = (), **tensors: dict[str, Any]
) -> dict[str, Any]:
    """What was seen of one step."""
    return {
        "exception": event(raised) if raised is not None else None,
        "warnings": [event(text) for text in warned],
        "answers": [value(answer) for answer in answers],
        "tensors": tensors,
        "printed": "",
    }


def ran(*steps: dict[str, Any], **fields: Any) -> Ran:
    """A trace of these steps; `fields` override the trace's own."""
    trace = {
        "op": "trace",
        "id": "any",
        "seconds": 0.001,
        "error": None,
        "given": {"exception": None, "warnings": []},
        "steps": list(steps),
    }
    return Ran("trace", {**trace, **fields}, None, 0.001)


def judged(yaml_value: str, answer: Any, info: TargetInfo = TORCH, more: str = "") -> Verdict:
    """The verdict on one expected value against one answer."""
    return judge(expecting(yaml_value, more=more), info, ran(step(answer)))
