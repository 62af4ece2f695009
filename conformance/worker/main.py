"""The worker: says hello, then runs cases until its input ends.

Answers go out on a private copy of standard output; the descriptor itself leads to standard error, so that
nothing an engine or a program writes can get between the answers.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import io
import json
import os
import platform
import sys
from collections.abc import Iterator
from typing import Any

from conformance.targets.adapter import Adapter, AdapterFault, checked, complete
from conformance.worker.execute import Runner, own_failure
from conformance.worker.limits import Alarm, limit_memory, no_core_dumps

PROTOCOL = 1
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode


class Channel:
    """JSON lines in, JSON lines out, on descriptors that programs do not know."""

    def __init__(self) -> None:
        self._in = os.fdopen(os.dup(0), "rb")
        self._out = os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        sys.stdin = io.StringIO()
        sys.stdout = sys.stderr

    def requests(self) -> Iterator[dict[str, Any]]:
        for line in self._in:
            yield json.loads(line)

    def answer(self, message: dict[str, Any]) -> None:
        rest = memoryview(to_line(message))
        while rest:
            rest = rest[os.write(self._out, rest) :]


def to_line(message: dict[str, Any]) -> bytes:
    """One JSON line. Non-finite floats become texts, lone surrogates the words for them."""
    try:
        line = _encode(message)
        if "\\ud" in line:
            line = _encode(_plain(message))
    except ValueError:
        line = _encode(_plain(message))
    return line.encode("ascii") + b"\n"


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is float:
        if value != value:
            return "nan"
        if value in (float("inf"), float("-inf")):
            return "inf" if value > 0 else "-inf"
        return value
    if kind is str:
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if kind is list:
        return [_plain(item) for item in value]
    if kind is dict:
        return {_plain(key): _plain(item) for key, item in value.items()}
    return value


def load_adapter(hello: dict[str, Any]) -> Adapter:
    """The adapter that the first line names. A device of null means the adapter's own defaults."""
    module, _, attribute = hello["adapter"].partition(":")
    maker: Any = importlib.import_module(module)
    for name in attribute.split("."):
        maker = getattr(maker, name)
    if hello["device"] is None:
        return complete(maker(), hello["target"])
    return complete(maker(device=hello["device"], mode=hello["mode"]), hello["target"])


def start(hello: dict[str, Any], answer: dict[str, Any]) -> Runner | None:
    """Bring the engine up and fill in the first answer; None if the target cannot run here."""
    try:
        engine = load_adapter(hello)
        reason = engine.available()
        runner = None if reason is not None else _bring_up(engine, hello, answer)
    except Exception as error:
        plain = isinstance(error, (AdapterFault, ImportError))
        told = str(error) if plain else f"{type(error).__name__}: {error}"
        reason, runner = f"the adapter {hello['adapter']} cannot be used: {told}", None
    if runner is not None and runner.spent:
        reason, runner = f"its state cannot be brought back: {', '.join(runner.spent)}", None
    answer["unavailable"] = None if reason is None else str(reason)
    return runner


def _bring_up(engine: Adapter, hello: dict[str, Any], answer: dict[str, Any]) -> Runner:
    runner = Runner(checked(engine, hello["target"]), hello["memory"])
    gc.disable()  # when a cycle is found must not depend on what ran before
    engine.limit_memory(hello["memory"])
    answer.update(
        engine=str(engine.engine),
        version=str(engine.version),
        models=str(engine.models or engine.version),
        device=str(engine.device),
        features=sorted(engine.features),
    )
    facts = {"name": str(engine.name), **engine.attestation()}
    answer["attestation"].update(facts, memory_limit=limit_memory(hello["memory"]))
    return runner


def main() -> None:
    """Serve one harness: hello, cases, and the end with its input."""
    channel = Channel()
    faulthandler.enable()
    no_core_dumps()
    requests = channel.requests()
    hello = next(requests, None)
    if hello is None:
        return
    answer: dict[str, Any] = {
        "op": "hello",
        "protocol": PROTOCOL,
        "target": hello["target"],
        "engine": "",
        "version": "",
        "models": "",
        "device": hello["device"] or "",
        "features": [],
        "unavailable": None,
        "attestation": {
            "python": platform.python_version(),
            "platform": platform.platform(),
            "device_name": None,
            "driver": None,
        },
        "pid": os.getpid(),
    }
    runner = start(hello, answer)
    channel.answer(answer)
    if runner is not None:
        serve(channel, requests, runner, Alarm(2 * hello["timeout"] + 5))
    os._exit(0)  # nothing is left to save, and taking an engine down politely takes a while


def serve(channel: Channel, requests: Iterator[dict[str, Any]], runner: Runner, alarm: Alarm) -> None:
    for request in requests:
        if request["op"] == "bye":
            return
        if request["op"] == "prepare":
            runner.prepare(request)
            continue
        alarm.set()
        try:
            trace = runner.run(request)
            last = bool(runner.spent)
        except Exception as error:  # nothing is known of the engine's state: the next case gets a fresh one
            trace, last = _failure(request, error), True
        if last:
            trace["last"] = True
        channel.answer(trace)
        alarm.clear()
        if last:
            return


def _failure(request: dict[str, Any], error: Exception) -> dict[str, Any]:
    """The answer where the worker itself failed; the harness shows it and nothing is lost."""
    return {
        "op": "trace",
        "id": request.get("id"),
        "seconds": 0.0,
        "error": {"kind": "worker", "message": own_failure(error)},
        "given": {"exception": None, "warnings": []},
        "steps": [],
    }
