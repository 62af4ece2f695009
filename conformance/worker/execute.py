"""Running one case: parameters, `given`, steps, and after each step a look at everything.

A step that raises does not end its case. What does end it is an *error*: the case could not be carried
through, and nothing that follows would mean anything (see the kinds in `docs/protocol.md`). Whatever
happened, the engine is back in its clean state before the answer goes out, so that a crash while cleaning
up is still counted against the case that caused it.
"""

from __future__ import annotations

import gc
import os
import re
import sys
import threading
import warnings
from collections.abc import Callable
from itertools import islice
from time import perf_counter
from types import CodeType
from typing import Any, NamedTuple

from conformance.targets.adapter import Adapter
from conformance.worker import sandbox
from conformance.worker.clean import CleanState, common_parts, common_seed
from conformance.worker.effects import Watch
from conformance.worker.helpers import HELPERS
from conformance.worker.limits import is_refusal, memory_left
from conformance.worker.observe import Observer, TensorReader, describe
from conformance.worker.recorder import Recorder

CODE_CACHE = 32_768
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # an engine may show tracebacks
READING = re.compile(r"[\w.]+(?: is(?: not)? [\w.]+)?")
COLLECTION = 16  # cases between two collections of young objects
FULL_COLLECTION = 64  # and of all
# Words of a program that may put a tensor on the host, or on a device of its own choice.
OWN_DEVICE = re.compile(r"\bhost\b|\bdevice\s*=|\.device\(|cpu|numpy|rng_state|\.to\(|\bmeta\b")


class Fault(Exception):
    """The case cannot be carried through: `kind` as in the protocol, and why."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Ask(NamedTuple):
    text: str
    code: CodeType


class Step(NamedTuple):
    code: CodeType
    asks: list[Ask]
    acts: bool  # some expression does more than reading attributes, which observing does as well
    draws: bool  # some expression calls something, so random numbers could be drawn


class Program(NamedTuple):
    """A request with its texts compiled."""

    file: str
    names: Any  # the names that programs are given
    bind: list[tuple[str, CodeType]]
    row: list[tuple[str, Any]]
    given: list[CodeType]
    steps: list[Step]
    swallows: bool  # the program has `try`: what it catches must be watched
    suspends: bool  # it has generators of its own, which may be left suspended in a cycle
    on_device: bool  # it names no device: everything must be on the target's


class Runner:
    """Runs cases on one engine. `memory` is the memory limit in bytes, for messages."""

    def __init__(self, engine: Adapter, memory: int) -> None:
        torch = engine.namespace
        self._context: Callable[[], Any] = engine.context
        self._quiet: Callable[[], Any] = engine.quiet
        self._not_modelled = tuple(engine.not_modelled)
        self._memory = memory
        self._first_use = dict(engine.first_use())
        if callable(getattr(torch, "set_warn_always", None)):
            torch.set_warn_always(True)  # what is said once per process is said to every case
        reader = TensorReader(torch)
        self._observer = Observer(engine.observe or reader, reader.brief)
        parts = common_parts(torch) + list(engine.state_parts())
        self._clean = CleanState(parts, engine.seed or common_seed(torch))
        self._reset = engine.reset
        self._watch = Watch(torch, reader, [p for p in parts if p.ambient], engine.random_state)
        self._recorder = Recorder()
        kind = str(engine.device).partition(":")[0]
        self._away = None if kind == "cpu" else kind  # the accelerator's kind
        self._names = {"torch": torch, "device": engine.device, "host": engine.host, **HELPERS}
        if self._away:
            self._names["in_thread"] = self._in_thread
        self._accelerator = engine.accelerator
        self._codes: dict[Any, CodeType] = {}
        self._prepared: dict[str, Program | Exception] = {}
        self._cases = self._modules = 0
        self._caught: tuple[str, str] | None = None
        sandbox.install(*engine.folders, PACKAGE)
        sandbox.allow_instances(sandbox.engine_types(torch))
        self.spent = self._restore(True)

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """The trace of one case. `spent` is non-empty afterwards if the engine could not be cleaned."""
        begin = perf_counter()
        trace: dict[str, Any] = {
            "op": "trace",
            "id": request["id"],
            "seconds": 0.0,
            "error": None,
            "given": {"exception": None, "warnings": []},
            "steps": [],
        }
        try:
            program = self._prepared[request["id"]] if request.get("prepared") else self._compile(request)
            if isinstance(program, Exception):
                raise program
        except SyntaxError as error:
            why = f"Python {sys.version.split()[0]} cannot compile this: {error}"
            trace["error"] = {"kind": "worker", "message": why}
            return trace
        fault, change = self._execute(program, trace, False)
        if change is not None:
            again = {"given": None, "steps": []}
            _, named = self._execute(program, again, True)
            fault = ("effect", named or f"looking at the values: {change}")
        if fault is not None:
            trace["error"] = {"kind": fault[0], "message": fault[1]}
        trace["seconds"] = perf_counter() - begin
        return trace

    # --- compiling ------------------------------------------------------------------------------------

    def prepare(self, request: dict[str, Any]) -> None:
        """Compile a case that may be asked for later, by its id alone; what is wrong with it is told then."""
        try:
            self._prepared[request["id"]] = self._compile(request)
        except Exception as error:
            self._prepared[request["id"]] = error

    def _compile(self, request: dict[str, Any]) -> Program:
        file = request["file"]
        texts = [part["text"] for part in request["given"]]
        texts += [step["run"]["text"] for step in request["steps"]]
        if self._first_use:
            self._load_for(texts)
        bind = [(name, self._expression(text, file, 1)) for name, text in request["bind"]]
        return Program(
            file,
            [*self._names.items(), ("accelerator", self._accelerator)] if request["accelerator"] else self._names,
            bind,
            request["row"],
            [self._code(part["text"], file, part["line"]) for part in request["given"]],
            [self._step(step, file) for step in request["steps"]],
            any("try" in text for text in texts),
            any("yield" in text for text in texts),
            self._away is not None
            and not any(OWN_DEVICE.search(t) for t in [*texts, *(t for _, t in request["bind"])]),
        )

    def _load_for(self, texts: list[str]) -> None:
        """Load what programs with certain words make the engine load, because loading it warns."""
        for word in [w for w in self._first_use if any(w in text for text in texts)]:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._first_use.pop(word)()

    def _step(self, step: dict[str, Any], file: str) -> Step:
        asks = [Ask(a["text"], self._expression(a["text"], file, a["line"])) for a in step["ask"]]
        run = step["run"]
        code = self._code(run["text"], file, run["line"])
        acts = not all(READING.fullmatch(ask.text) for ask in asks)
        return Step(code, asks, acts, acts and any("(" in ask.text for ask in asks))

    def _code(self, text: str, file: str, line: int) -> CodeType:
        """Statements: compiled once for all instances of a case, and `given` for all cases of a file."""
        key = (text, file, line)
        code = self._codes.get(key)
        if code is None:
            code = self._keep(key, text, file, line, False)
        return code

    def _expression(self, text: str, file: str, line: int) -> CodeType:
        """Expressions recur all over the specs: compiled once, placed anew."""
        key = (text, file, -line)
        placed = self._codes.get(key)
        if placed is None:
            code = self._codes.get(text)
            if code is None:
                code = self._keep(text, text, file, line, True)
            placed = self._codes[key] = code.replace(co_filename=file, co_firstlineno=line)
        return placed

    def _keep(self, key: Any, text: str, file: str, line: int, expression: bool) -> CodeType:
        if len(self._codes) >= CODE_CACHE:
            self._codes.clear()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = self._codes[key] = sandbox.compile_program(text, file, line, expression=expression)
        return code

    # --- running --------------------------------------------------------------------------------------

    def _execute(
        self, program: Program, trace: dict[str, Any], each: bool
    ) -> tuple[tuple[str, str] | None, str | None]:
        """Fill `trace`; the error as (kind, message) and what an expression changed, if there is any.

        `each`: look for changes after every expression. The engine is clean again on return: by then no
        frame of the program is held by anything, so nothing of it can run later.
        """
        fault = change = None
        printer = sandbox.Printer()
        space: dict[str, Any] = {"__builtins__": sandbox.safe_builtins(printer)}
        space.update(program.names)
        self._caught = None
        if program.swallows:
            self._trace_exceptions(program.file)
        with self._recorder:
            sandbox.enter()
            try:
                with self._context():
                    change = self._steps(program, trace, space, printer, each)
            except sandbox.Refused:
                pass  # told below, as are refusals that the program swallowed
            except Fault as error:
                fault = (error.kind, str(error))
            except Exception as error:  # while looking, not while running
                fault = self._fault(error, "looking at the values") or ("worker", own_failure(error))
            finally:
                refusal = sandbox.exit()
                if program.swallows:
                    sys.settrace(None)
                    threading.settrace(None)
                space.clear()
            if refusal is not None:
                fault = ("sandbox", refusal)
            self.spent = self._restore(program.suspends)
        fault = fault or self._caught
        if fault is not None and fault[0] == "memory" and not memory_left(self._memory):
            self.spent.append("memory")  # the next case would meet a limit that this one used up
        return fault, change

    def _steps(
        self, program: Program, trace: dict[str, Any], space: dict[str, Any], printer: Any, each: bool
    ) -> str | None:
        first = len(space)
        self._given(program, space)
        for number, step in enumerate(program.steps, 1):
            exception = self._run(step.code, space, f"step {number}")
            seen = {
                "exception": exception,
                "warnings": self._recorder.take(),
                "answers": [],
                "tensors": {},
                "printed": printer.take(),
            }
            trace["steps"].append(seen)
            self._recorder.pause()
            change = self._look(step, seen, space, first, each)
            self._recorder.resume()
            if change is not None:
                return change
            if program.on_device:
                self._attest(seen["tensors"], number)
            printer.take()  # what expressions print is nobody's
        return None

    def _look(self, step: Step, seen: dict[str, Any], space: dict[str, Any], first: int, each: bool) -> str | None:
        """Observe everything, then ask; what the asking changed. Nothing looked at is held afterwards:
        when the program lets go of a tensor in its next step, it must be gone."""
        with self._quiet():
            tensors, pairs = self._observer.tensors(islice(space.items(), first, None))
            before = self._watch.look(pairs, step.draws) if step.acts else None
        seen["tensors"] = tensors
        for ask in step.asks:
            seen["answers"].append(self._answer(ask, space))
            if each and before is not None and (change := self._changed(before, pairs, tensors)):
                return f"{ask.text}: {change}"
        return None if before is None else self._changed(before, pairs, tensors)

    def _given(self, program: Program, space: dict[str, Any]) -> None:
        """Parameters, row and `given`, which must neither raise nor warn."""
        for name, code in program.bind:
            self._must_be_silent(code, space, f"the parameter {name}", name)
        space.update((name, _copied(value)) for name, value in program.row)
        for code in program.given:
            self._must_be_silent(code, space, "given")

    def _must_be_silent(self, code: CodeType, space: dict[str, Any], place: str, name: str | None = None) -> None:
        exception = self._run(code, space, place, name)
        if exception:
            raise Fault("given", f"{place} raised {exception['type']}: {exception['message']}")
        for warning in self._recorder.take():
            raise Fault("given", f"{place} warned {warning['type']}: {warning['message']}")

    def _run(self, code: CodeType, space: dict[str, Any], place: str, name: str | None = None) -> dict[str, str] | None:
        """Run code, or evaluate it into `name`; the exception it raised, described."""
        try:
            if name is None:
                exec(code, space)
            else:
                space[name] = eval(code, space)
        except sandbox.Refused:
            raise
        except BaseException as error:
            self._examine(error, place)
            return describe(error)
        return None

    def _answer(self, ask: Ask, space: dict[str, Any]) -> dict[str, Any]:
        try:
            value = eval(ask.code, space)
        except sandbox.Refused:
            raise
        except BaseException as error:
            self._examine(error, ask.text)
            return self._observer.raised(error)
        with self._quiet():
            try:
                return self._observer.value(value)
            except Exception as error:  # its own `str` or an item's failed
                return self._observer.raised(error)

    def _changed(self, before: Any, pairs: Any, seen: Any) -> str | None:
        with self._quiet():
            return self._watch.changed(before, pairs, seen)

    def _in_thread(self, function: Callable[[], Any]) -> Any:
        """The helper, with factories on the target's device in the new thread as well."""

        def run() -> Any:
            with self._context():
                return function()

        return HELPERS["in_thread"](run)

    # --- what ends a case -----------------------------------------------------------------------------

    def _examine(self, error: BaseException, place: str) -> None:
        """Raise Fault if an exception is not the program's own affair."""
        fault = self._fault(error, place)
        if fault is not None:
            raise Fault(*fault)

    def _fault(self, error: BaseException, place: str) -> tuple[str, str] | None:
        if self._not_modelled and isinstance(error, self._not_modelled):
            return ("unsupported", f"{place}: {error}")
        if is_refusal(error):
            limit = f"{self._memory / 2**20:.0f} MiB"
            text = str(error).strip().partition("\n")[0]
            words = f"{place}: the memory limit of {limit} was met"
            return ("memory", f"{words}: {text}" if text else words)
        return None

    def _trace_exceptions(self, file: str) -> None:
        """See each exception that passes through the program's own frames, also those that it catches."""

        def local(frame: Any, event: str, argument: Any) -> Any:
            if event == "exception" and self._caught is None:
                error = argument[1]
                if isinstance(error, BaseException):
                    self._caught = self._fault(error, f"line {frame.f_lineno}")
            return local

        def enter(frame: Any, event: str, argument: Any) -> Any:
            if frame.f_code.co_filename != file:
                return None
            frame.f_trace_lines = False
            return local

        sys.settrace(enter)
        threading.settrace(enter)

    def _attest(self, seen: dict[str, dict[str, Any]], number: int) -> None:
        """On an accelerator nothing may be on the host unless the program put it there."""
        for name, tensor in seen.items():
            if tensor["device"] == "cpu":
                raise Fault("device", f"step {number}: {name} is on the host, though the program names none")
            grad = tensor["grad"]
            if grad is not None and grad["device"] == "cpu":
                raise Fault("device", f"step {number}: the grad of {name} is on the host, not on {self._away}")

    # --- between cases --------------------------------------------------------------------------------

    def _restore(self, suspends: bool) -> list[str]:
        """Back to the clean state; the names of what could not be brought back.

        `suspends`: a generator may be left in a cycle, whose end sets modes: it goes before the modes are set.
        """
        self._cases += 1
        if len(sys.modules) != self._modules or self._cases % FULL_COLLECTION == 0:
            # What is left lives for good, as imported code does: never walk it again.
            self._modules = len(sys.modules)
            gc.collect()
            gc.freeze()
        elif suspends or self._cases % COLLECTION == 0:
            gc.collect(0)
        if self._reset is not None:
            self._reset()
        return self._clean.reset()


def _copied(value: Any) -> Any:
    """A row's value for one execution: a program may write into a list, and the next one must not see it."""
    return [_copied(item) for item in value] if isinstance(value, list) else value


def own_failure(error: BaseException) -> str:
    """What failed in the worker or the adapter, and where."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" (at {os.path.basename(place.tb_frame.f_code.co_filename)}:{place.tb_lineno})" if place else ""
    return f"{type(error).__name__}: {error}{where}"
