"""One worker process as the operating system sees it: pipes, a process group, an end with a cause.

A worker is the leader of its own session: Ctrl-C in the terminal does not reach it, and killing its group
takes whatever an engine may have started along. Nothing here blocks; waiting is `pool`'s affair.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import subprocess
from pathlib import Path

# Maps packages to folders without touching sys.path: a worker's interpreter may have other versions of all
# else that lies beside them. The working directory, which `-c` puts first, is dropped: a stray torch.py or
# json.py there must not be imported. `+` brings it back in last place, for adapters named by module.
BOOTSTRAP = """
import sys
if sys.path and not sys.path[0]:
    del sys.path[0]
import os
from importlib.machinery import PathFinder
FOLDERS = dict(pair.split("=", 1) for pair in sys.argv[2:])
class Mapped:
    @staticmethod
    def find_spec(name, path=None, target=None):
        folder = FOLDERS.get(name)
        return None if folder is None else PathFinder.find_spec(name, [folder])
sys.meta_path.insert(0, Mapped)
if sys.argv[1] == "+":
    sys.path.append(os.getcwd())
sys.argv = sys.argv[:1]
from conformance.worker.main import main
main()
"""
# Programs are small: several threads an operation only get in each other's way, and make sums depend on them.
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
TAIL = 16_384  # bytes of standard error kept; what faulthandler says of a crash must fit
CHUNK = 1 << 16
# One answer is bounded by what workers observe; a longer line is no answer but a flood.
LONGEST_LINE = 1 << 28


class Process:
    """A started worker. `lines()` and `drain_errors()` take what is there; `send` never blocks."""

    def __init__(self, python: str, *, working_directory_modules: bool) -> None:
        folders = [f"conformance={Path(__file__).resolve().parents[2]}"]
        engine = importlib.util.find_spec("reference_engine")
        if engine and engine.origin:
            folders.append(f"reference_engine={Path(engine.origin).resolve().parents[1]}")
        self._popen = subprocess.Popen(
            [python, "-c", BOOTSTRAP, "+" if working_directory_modules else "-", *folders],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            env={**THREADS, **os.environ, "PYTHONHASHSEED": "0"},
        )
        assert self._popen.stdin and self._popen.stdout and self._popen.stderr
        self.stdin, self.stdout, self.stderr = (
            stream.fileno() for stream in (self._popen.stdin, self._popen.stdout, self._popen.stderr)
        )
        for descriptor in (self.stdin, self.stdout, self.stderr):
            os.set_blocking(descriptor, False)
        self.pid = self._popen.pid
        self.ended = False
        self._unsent = bytearray()
        self._partial = bytearray()
        self._tail = bytearray()

    def send(self, data: bytes) -> bool:
        """Write as much as the pipe takes; whether some is left for `send(b"")` to try again."""
        self._unsent += data
        try:
            while self._unsent:
                del self._unsent[: os.write(self.stdin, self._unsent)]
        except BlockingIOError:
            return True
        except OSError:  # the worker has gone; its output's end will say so
            self._unsent.clear()
        return False

    def lines(self) -> list[bytes]:
        """Complete lines that have arrived. Sets `ended` at the end of the output, or on a flood."""
        arrived = self._partial
        while True:
            try:
                chunk = os.read(self.stdout, CHUNK)
            except BlockingIOError:
                break
            except OSError:
                chunk = b""
            if not chunk:
                self.ended = True
                break
            arrived += chunk
            if len(chunk) < CHUNK:
                break
        if len(arrived) > LONGEST_LINE:
            self.ended = True
        if b"\n" not in arrived:
            return []
        *lines, rest = bytes(arrived).split(b"\n")
        self._partial = bytearray(rest)
        return lines

    def drain_errors(self) -> bool:
        """Take what stands on standard error, keeping its end; whether there may come more."""
        for _ in range(64):  # a flood must not keep the harness from its other workers
            try:
                chunk = os.read(self.stderr, CHUNK)
            except BlockingIOError:
                return True
            except OSError:
                return False
            if not chunk:
                return False
            self._tail += chunk
            del self._tail[:-TAIL]
        return True

    @property
    def last_words(self) -> str:
        """The end of what it wrote to standard error."""
        return self._tail.decode("utf-8", "replace").strip()

    def kill(self) -> None:
        """End the worker and everything it started, now."""
        with contextlib.suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)

    def close(self, patience: float = 1.0) -> str:
        """Wait for the end (kill if it does not come), release the pipes; how it ended, in words."""
        try:
            status = self._popen.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            status = self._popen.wait()
        self.drain_errors()
        self.kill()  # what it may have left behind in its group
        for stream in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            with contextlib.suppress(OSError):
                stream.close()
        return exit_in_words(status)


def exit_in_words(status: int) -> str:
    """`killed by signal 11 (SIGSEGV)`, `ended with exit code 1`."""
    if status >= 0:
        return f"ended with exit code {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        return f"killed by signal {-status}"
    return f"killed by signal {-status} ({name})"
