"""Run a catalogue of torch programs on the reference engine and compare with what torch did.

    python tests/engine/catalogue.py CATALOGUE.yaml [--ids REGEX] [--show] [--target reference|torch]

A catalogue is a YAML file of one of three kinds: claims (a list with ``program`` and ``observed`` stdout, raises and
warnings), statements (``statements`` with ``probe``: assertions that hold on torch) or errors (``entries`` with
``exception`` and ``message``). Each program runs in a process of its own.

``catalogue_exceptions.yaml`` lists, by id, programs of subsystems that the engine leaves out, which must be answered
with its error for those, and programs that it answers otherwise than PyTorch for a reason. The run fails when fewer
than 97 % of the others agree, when one differs that is not listed, or when one agrees that is.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import subprocess
import sys
import threading
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXCEPTIONS = Path(__file__).with_name("catalogue_exceptions.yaml")
WANTED = 0.97  # the share of the programs in scope that must agree
_TAIL = re.compile(r" \(Triggered internally at .*?\)", re.S)
_OWN_FRAMES = re.compile(r'  File "[^"]*catalogue\.py".*\n    .*\n')
_ADDRESS = re.compile(r"0x[0-9a-f]+")


def substitute_modules() -> None:
    """Make ``import torch`` and imports of its submodules find the engine."""
    import importlib
    import pkgutil

    import reference_engine

    for module in pkgutil.walk_packages(reference_engine.__path__, "reference_engine."):
        importlib.import_module(module.name)

    class LeftOut:
        """``import torch.vmap`` and the like: the engine's own answer, not "no such module"."""

        @staticmethod
        def find_spec(name, path=None, target=None):
            parent, _, attribute = name.partition(".")
            if parent == "torch" and attribute in reference_engine._OUT_OF_SCOPE:
                getattr(reference_engine, attribute)

    sys.meta_path.insert(0, LeftOut)
    for name in [name for name in sys.modules if name.partition(".")[0] == "reference_engine"]:
        sys.modules["torch" + name.removeprefix("reference_engine")] = sys.modules[name]


def execute(program: str, name: str) -> dict:
    """Run one program; returns its stdout, exception and warnings."""
    import linecache

    linecache.cache[f"<{name}>"] = (len(program), None, program.splitlines(True), f"<{name}>")
    out, raised = io.StringIO(), None
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(out):
        warnings.simplefilter("always")
        try:
            exec(compile(program, f"<{name}>", "exec"), {"__name__": "__main__"})
        except Exception as error:
            raised = {"type": type(error).__name__, "message": str(error)}
    seen = [{"category": w.category.__name__, "message": str(w.message)} for w in caught]
    return {"stdout": out.getvalue(), "raises": raised, "warnings": seen}


def run_child(target: str, timeout: float = 60.0):
    """A child process that runs one program after another, each in a fork of its own."""
    return subprocess.Popen(
        [sys.executable, __file__, "--serve", target],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def serve(target: str) -> None:
    """Answer programs from stdin, one JSON line each. Each runs in a fork, so no program sees another's state."""
    sys.path.insert(0, str(ROOT))
    if target == "reference":
        substitute_modules()
    import torch

    torch.set_warn_always(True)
    for line in sys.stdin:
        request = json.loads(line)
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            threading.Timer(20, os._exit, (9,)).start()
            answer = execute(request["program"], request["id"])
            with os.fdopen(writer, "w") as pipe:
                json.dump(answer, pipe)
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            text = pipe.read()
        os.waitpid(pid, 0)
        crash = {"stdout": "", "raises": {"type": "crash", "message": ""}, "warnings": []}
        print(text or json.dumps(crash), flush=True)


def normalise(text: str | None) -> str:
    """Fold what differs from build to build: addresses, internal locations, the package's directory."""
    text = _ADDRESS.sub("0xADDR", _TAIL.sub("", text or ""))
    text = _OWN_FRAMES.sub("", text)
    text = re.sub(r" \(Triggered internally at[^\n]*", "", text)
    text = re.sub(r"<class '(?:__main__|spec)\.", "<class '", text)
    return text.replace("reference_engine/", "torch/").rstrip()


def entries_of(catalogue) -> list[dict]:
    """Every catalogue as ``id``, ``program`` and a function that says how an observation differs (or None)."""
    if isinstance(catalogue, list):
        return [{"id": e["id"], "program": e["program"], "differs": claim_differs(e["observed"])} for e in catalogue]
    prelude = catalogue["prelude"]
    if "statements" in catalogue:
        return [
            {"id": e["id"], "program": prelude + "\n" + e["probe"], "differs": statement_differs}
            for e in catalogue["statements"]
            if e["probe"]
        ]
    return [{"id": e["id"], "program": prelude + "\n" + e["program"], "differs": error_differs(e)}
            for e in catalogue["entries"]]  # fmt: skip


def claim_differs(wanted: dict):
    def differs(seen: dict) -> str | None:
        if normalise(seen["stdout"]) != normalise(wanted["stdout"]):
            return (f"stdout:\n--- wanted\n{normalise(wanted['stdout'])}\n--- seen\n{normalise(seen['stdout'])}\n"
                    f"--- raised {seen['raises']}")  # fmt: skip
        difference = raised_differs(wanted["raises"], seen["raises"])
        if difference:
            return difference
        want = sorted({(w["category"], normalise(w["message"])) for w in wanted["warnings"]})
        have = sorted({(w["category"], normalise(w["message"])) for w in seen["warnings"]})
        return None if want == have else f"warnings:\n--- wanted\n{want}\n--- seen\n{have}"

    return differs


def raised_differs(wanted: dict | None, seen: dict | None) -> str | None:
    if wanted is None and seen is None:
        return None
    if (
        wanted is None
        or seen is None
        or wanted["type"] != seen["type"]
        or (normalise(wanted["message"]) != normalise(seen["message"]))
    ):
        return f"exception:\n--- wanted\n{wanted}\n--- seen\n{seen}"
    return None


def statement_differs(seen: dict) -> str | None:
    return None if seen["raises"] is None else f"raised {seen['raises']}"


def error_differs(entry: dict):
    message = str(entry.get("stem") or entry.get("message") or "")
    # Some entries name the exception with its module, what a run reports is the class's own name.
    kind = str(entry.get("exception")).rsplit(".", 1)[-1]

    def matches(text: str) -> bool:
        text = normalise(text)
        wanted = normalise(message)
        return text == wanted or (entry.get("match") in ("prefix", "normalized") and text.startswith(wanted[:80]))

    def differs(seen: dict) -> str | None:
        if entry["kind"] == "warning":
            if any(matches(w["message"]) and w["category"] == kind for w in seen["warnings"]):
                return None
            return f"warning:\n--- wanted\n{entry['exception']} {message}\n--- seen\n{seen}"
        raised = seen["raises"]
        if raised and raised["type"] == kind and matches(raised["message"]):
            return None
        return f"exception:\n--- wanted\n{entry['exception']} {message}\n--- seen\n{raised}"

    return differs


def check(path: str | Path, ids: str = "", target: str = "reference") -> tuple[list[str], dict[str, str]]:
    """Run a catalogue. Returns the ids of the programs that ran and the differences by id."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    catalogue = yaml.load(Path(path).read_text(encoding="utf-8"), loader)
    entries = [entry for entry in entries_of(catalogue) if re.search(ids, entry["id"])]
    different: dict[str, str] = {}
    child = run_child(target)
    for entry in entries:
        child.stdin.write(json.dumps({"id": entry["id"], "program": entry["program"]}) + "\n")
        child.stdin.flush()
        found = entry["differs"](json.loads(child.stdout.readline()))
        if found:
            different[entry["id"]] = found
    child.stdin.close()
    child.wait()
    return [entry["id"] for entry in entries], different


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("catalogue", nargs="?")
    parser.add_argument("--ids", default="", help="only entries whose id matches this expression")
    parser.add_argument("--show", action="store_true", help="print each difference")
    parser.add_argument("--target", choices=("reference", "torch"), default="reference")
    parser.add_argument("--serve", metavar="TARGET", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve)
        return 0
    ran, different = check(arguments.catalogue, arguments.ids, arguments.target)
    listed, faults = Exceptions.load() if arguments.target == "reference" else Exceptions({}, {}), []
    scope = [identifier for identifier in ran if identifier not in listed.left_out]
    for identifier in ran:
        fault = listed.fault(identifier, different.get(identifier))
        if fault:
            faults.append(identifier)
            print(f"=== {identifier}: {fault}")
        if arguments.show and identifier in different:
            print(f"=== {identifier}: {different[identifier]}")
    agreeing = sum(identifier not in different for identifier in scope)
    share = agreeing / max(len(scope), 1)
    print(f"{agreeing} of {len(scope)} in scope as torch ({100 * share:.1f} %); {len(ran) - len(scope)} out of scope")
    return 1 if faults or share < WANTED else 0


class Exceptions:
    """Which programs the engine answers otherwise than PyTorch, and why."""

    def __init__(self, left_out: dict[str, str], different: dict[str, str]) -> None:
        self.left_out, self.different = left_out, different

    @classmethod
    def load(cls) -> Exceptions:
        import yaml

        listed = yaml.safe_load(EXCEPTIONS.read_text(encoding="utf-8"))
        left_out = {entry: subsystem for subsystem, entries in listed["left_out"].items() for entry in entries}
        return cls(left_out, listed["different"])

    def fault(self, identifier: str, difference: str | None) -> str | None:
        """What is wrong with this answer, or with what the list says of it; None when nothing is."""
        subsystem = self.left_out.get(identifier)
        if difference is None:
            return f"agrees, but is listed in {EXCEPTIONS.name}" if subsystem or identifier in self.different else None
        if subsystem:
            return (
                None if "NotModelled" in difference else f"{subsystem} is left out, but the answer is not NotModelled"
            )
        return None if identifier in self.different else "differs, and is not listed"


if __name__ == "__main__":
    sys.exit(main())
