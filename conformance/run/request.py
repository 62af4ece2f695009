"""An instance as a worker wants it: the request of `docs/protocol.md`. Built here and nowhere else."""

from __future__ import annotations

import json

import msgspec

from conformance.load.model import Instance, Source

_encoder = msgspec.json.Encoder()


def encode_case(instance: Instance, operation: str = "case") -> bytes:
    """The request's line, to run an instance or to `prepare` it. It is the same for every target."""
    case = instance.case
    return (
        _encoder.encode(
            {
                "op": operation,
                "id": instance.id,
                "file": instance.shown,
                "bind": instance.bindings,
                # Python's own writer knows how to write what is not finite; few cases have rows.
                "row": msgspec.Raw(json.dumps(instance.row).encode()) if instance.row else (),
                "given": [_text(source) for source in case.given],
                "steps": [
                    {"run": _text(step.run), "ask": [_text(a.expression) for a in step.expect]} for step in case.steps
                ],
                "accelerator": "cuda" in case.needs,
                "threads": "threads" in case.needs,
            }
        )
        + b"\n"
    )


def encode_prepared(instance: Instance) -> bytes:
    """The request's line for an instance that the worker was told to prepare."""
    return _encoder.encode({"op": "case", "id": instance.id, "prepared": True}) + b"\n"


def encode_hello(target: str, adapter: str, device: str | None, mode: str | None, limits: Limits) -> bytes:
    """The first line to a worker."""
    return (
        _encoder.encode(
            {
                "op": "hello",
                "protocol": PROTOCOL,
                "target": target,
                "adapter": adapter,
                "device": device,
                "mode": mode,
                "memory": limits.memory,
                "timeout": limits.timeout,
            }
        )
        + b"\n"
    )


BYE = b'{"op":"bye"}\n'
PROTOCOL = 1


class Limits(msgspec.Struct, frozen=True):
    """What bounds a case: `timeout` in seconds, `memory` in bytes; `start` bounds a worker's start."""

    timeout: float = 10.0
    memory: int = 2 * 2**30
    start: float = 120.0


def _text(source: Source) -> dict[str, object]:
    return {"text": source.text, "line": source.line}
