"""Engines in processes of their own: a crash, or a program that never ends, costs that program and nothing else.

torch can be killed by a program (one way: a view of a clone, written to, given a hook before anybody read its
``grad_fn``). And a broken engine, as those of ``tests/miniatures`` are, stays broken for the rest of its process.
"""

from __future__ import annotations

import multiprocessing

from .running import play

PATIENCE = 30.0
"""Seconds after which a program counts as one that never ends."""


class Player:
    """Plays programs on ``torch``, or on the ``reference`` engine, there perhaps with one ``rule`` broken: a fault of
    this folder, or a miniature."""

    def __init__(self, engine: str, rule: str | None = None) -> None:
        self.engine, self.rule = engine, rule
        self.lost = 0  # programs that ended the process
        self._process = None

    def ask(self, program: tuple[str, ...], look_often: bool) -> None:
        """Begin to play; one answer must be taken before the next program."""
        if self._process is None:
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(target=_serve, args=(theirs, self.engine, self.rule), daemon=True)
            self._process.start()
            theirs.close()
            self._greet()
        self._pipe.send((program, look_often))

    def _greet(self) -> None:
        """Wait for the first word. Raises ``RuntimeError``: an engine that cannot be loaded is no crash."""
        try:
            self._pipe.recv()
        except (EOFError, ConnectionResetError):
            self.close()
            raise RuntimeError(f"the process that is to play on {self.engine} did not start") from None

    def answer(self) -> list[dict] | None:
        """What was seen, None where the process died or did not answer in time."""
        try:
            if self._pipe.poll(PATIENCE):
                return self._pipe.recv()
        except (EOFError, ConnectionResetError):
            pass
        self.close()
        self.lost += 1
        return None

    def play(self, program: tuple[str, ...], look_often: bool) -> list[dict] | None:
        self.ask(program, look_often)
        return self.answer()

    def close(self) -> None:
        if self._process is not None:
            self._pipe.close()
            self._process.kill()
            self._process.join()
            self._process = None

    def __enter__(self) -> Player:
        return self

    def __exit__(self, *exc_info) -> None:
        self.close()


def _serve(pipe, engine: str, rule: str | None) -> None:
    namespace = _engine(engine, rule)
    pipe.send("ready")
    while True:
        try:
            program, look_often = pipe.recv()
        except EOFError:
            return
        pipe.send(play(namespace, program, look_often))


def _engine(name: str, rule: str | None):
    if name == "torch":
        import torch

        torch.set_num_threads(1)
        return torch
    import reference_engine

    if rule is not None:
        from tests.miniatures import graph_rules, more_rules  # noqa: F401  (their import fills the table)
        from tests.miniatures.rules import RULES

        from .faults import FAULTS

        (FAULTS[rule] if rule in FAULTS else RULES[rule].apply)(reference_engine)
    return reference_engine
