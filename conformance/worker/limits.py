"""Bounds of the worker process: memory, core dumps, and a clock of its own.

The memory limit counts from what the engine needs to be loaded. On Linux it is RLIMIT_DATA, which counts
private writable memory however it was asked for; address space that a GPU driver merely reserves does not
count, so the same limit holds beside CUDA. Where the system has no such limit, none is in force and the
worker says so. The time limit of a case is the harness's (it kills the worker); the alarm here is for the
day on which the harness itself was killed: a worker in an endless loop must not outlive it for long.
"""

from __future__ import annotations

import signal
import sys

try:
    import resource
except ImportError:  # not a POSIX system
    resource = None

# What Python, NumPy, torch's allocators and the C library say when memory is refused.
REFUSALS = (
    "can't allocate memory",
    "cannot allocate memory",
    "not enough memory",
    "out of memory",
    "unable to allocate",
    "std::bad_alloc",
    "can't start new thread",  # its stack is memory too
)
TRACKED = 200  # texts of refusals are short; only their beginning is searched


def limit_memory(extra: int) -> str | None:
    """Allow `extra` bytes more than are in use now. Returns the limit's name, None where there is none."""
    used = _data_in_use()
    if resource is None or used is None or not hasattr(resource, "RLIMIT_DATA"):
        return None
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = used + extra
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
    return "RLIMIT_DATA"


def memory_left(extra: int) -> bool:
    """Whether most of the `extra` bytes are free again. Allocators do not always give back what was freed."""
    used = _data_in_use()
    if resource is None or used is None:
        return True
    limit, _ = resource.getrlimit(resource.RLIMIT_DATA)
    return limit == resource.RLIM_INFINITY or limit - used > extra * 3 // 4


def _data_in_use() -> int | None:
    """Bytes of private writable memory, as the kernel counts them against RLIMIT_DATA."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmData:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def no_core_dumps() -> None:
    """A crash is reported by its signal; nobody reads the gigabyte file."""
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def is_refusal(error: BaseException) -> bool:
    """Whether an exception says that memory was asked for and refused."""
    if isinstance(error, MemoryError):
        return True
    if not isinstance(error, (RuntimeError, OSError)):
        return False
    text = (type(error).__name__ + " " + str(error)[:TRACKED]).lower()
    return "outofmemory" in text or any(words in text for words in REFUSALS)


class Alarm:
    """Ends this process when one case takes far longer than the harness would ever let it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds if hasattr(signal, "setitimer") and sys.platform != "win32" else 0.0
        if self.seconds:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)

    def set(self) -> None:
        if self.seconds:
            signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def clear(self) -> None:
        if self.seconds:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
