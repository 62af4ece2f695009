"""What `--target` may say: `ENGINE:DEVICE[+MODE]`, or `package.module:attribute` for an adapter anywhere.

Engines are the two built in and every entry point of the group `torch_conformance.targets`. Nothing is
imported to find them: the adapter's place travels to a worker, which imports it there.
"""

from __future__ import annotations

import difflib
import importlib.metadata
import re
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec

from conformance.exceptions import UsageError

GROUP = "torch_conformance.targets"
BUILT_IN = {
    "torch": "conformance.targets.torch_engine:TorchAdapter",
    "reference": "conformance.targets.reference:ReferenceAdapter",
}
MODES: dict[str, tuple[str, ...]] = {"torch": (), "reference": ()}
_DEVICE = re.compile(r"[a-z][a-z0-9_]*(?::[0-9]+)?", re.ASCII)
_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)


class Target(msgspec.Struct, frozen=True):
    """A target as asked for. `device` is None where the adapter decides."""

    name: str
    engine: str
    adapter: str
    device: str | None = None
    mode: str | None = None


@cache
def known_engines() -> dict[str, str]:
    """Engine name → where its adapter is, built-in ones first. Raises UsageError on a contested name."""
    engines = dict(BUILT_IN)
    for entry in sorted(importlib.metadata.entry_points(group=GROUP), key=lambda e: (e.name, e.value)):
        if engines.setdefault(entry.name, entry.value) != entry.value:
            raise UsageError(
                f"the engine name {entry.name!r} is taken twice: by {engines[entry.name]} and by "
                f"{entry.value}; uninstall one, or name the adapter as --target {entry.value}"
            )
    return engines


def parse_target(text: str) -> Target:
    """A target's parts. Raises UsageError with the mend for a text that names none."""
    left, colon, right = text.partition(":")
    engines = known_engines()
    if not colon or not left or not right:
        mend = f"write {left}:cpu" if left in engines else "write ENGINE:DEVICE, for example torch:cpu"
        raise UsageError(f"{text!r} is not a target; {mend}{_known(engines)}")
    engine = left.partition("@")[0]
    if engine in engines:
        return _on_device(text, engine, right, engines)
    if _PATH.fullmatch(left) and _PATH.fullmatch(right) and _is_module(left):
        return Target(text, left, text)
    close = difflib.get_close_matches(left, engines, 1)
    hint = f"; did you mean {close[0]}:{right}?" if close else ""
    raise UsageError(f"there is no engine {left!r}{hint}{_known(engines)}")


def in_interpreters(targets: Sequence[str], interpreters: Sequence[str]) -> dict[str, str]:
    """Each engine target once more in each other interpreter: `torch@2.4:cpu` → that interpreter.

    The version comes from the metadata of the package that bears the engine's name there; nothing is imported.
    Raises UsageError for an interpreter that does not run, lacks the engine, or has a version that another has.
    """
    found: dict[str, str] = {}
    for python in interpreters:
        for name in targets:
            target = parse_target(name)
            if target.engine == "reference" or target.device is None:
                continue  # it comes with this package, or its adapter does
            version = _version_in(python, target.engine)
            short = ".".join(version.partition("+")[0].split(".")[:2])
            rest = name.partition(":")[2]
            label = f"{target.engine}@{short}:{rest}"
            if label in found:
                label = f"{target.engine}@{version.partition('+')[0]}:{rest}"
            if label in found:
                raise UsageError(f"{python} and {found[label]} both have {target.engine} {version}; name one of them")
            found[label] = python
    return found


_ASK_VERSION = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"


def _version_in(python: str, package: str) -> str:
    try:
        asked = subprocess.run(
            [python, "-c", _ASK_VERSION, package], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise UsageError(f"--python {python}: this interpreter does not run: {problem}") from None
    if asked.returncode:
        raise UsageError(f"--python {python}: {package} is not installed there")
    return asked.stdout.strip()


def _on_device(text: str, engine: str, rest: str, engines: dict[str, str]) -> Target:
    device, plus, mode = rest.partition("+")
    if not _DEVICE.fullmatch(device) or (plus and not mode):
        raise UsageError(f"{text!r} is not a target; write ENGINE:DEVICE[+MODE] with a device such as cpu or cuda:1")
    modes = MODES.get(engine)
    if plus and modes is not None and mode not in modes:
        known = f"it has {', '.join(modes)}" if modes else "it has none"
        raise UsageError(f"the engine {engine!r} has no mode {mode!r}; {known}")
    return Target(text, engine, engines[engine], device, mode or None)


def _is_module(left: str) -> bool:
    """Whether `left` reads as a module: dotted, or a file or folder of that name stands here."""
    return "." in left or Path(f"{left}.py").is_file() or Path(left).is_dir()


def _known(engines: dict[str, str]) -> str:
    return f" (engines: {', '.join(engines)}; or package.module:attribute)"
