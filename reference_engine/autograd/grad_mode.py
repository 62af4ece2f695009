"""Grad modes: whether operations are recorded.

Each mode is a context manager and a decorator, with or without parentheses; as a decorator of a generator function
it holds while the generator's own code runs and not while it is suspended. Modes belong to a thread.

``no_grad`` stops recording; factories and ``requires_grad_`` are unaffected. ``inference_mode`` also makes tensors
without version counters, which may never again take part in recorded computation.

Rule: ``torch.no_grad``, ``torch.enable_grad``, ``torch.set_grad_enabled``, ``torch.inference_mode``.
"""

from __future__ import annotations

import functools
import inspect
import types
import warnings

from .._state import thread

_CLASSES_ARE_DEPRECATED = (
    "Decorating classes is deprecated and will be disabled in future versions. You should only decorate "
    "functions or methods. To preserve the current behavior of class decoration, you can directly decorate "
    "the `__init__` method and nothing else."
)


class Mode:
    """One setting of the thread that holds for a block, or for every run of what it decorates."""

    setting: str  # the attribute of the thread's state

    def __init_subclass__(cls) -> None:
        # Each mode has methods of its own, so that what Python says of wrong arguments names the mode.
        for name in ("__enter__", "__exit__"):
            inherited = getattr(cls, name)
            own = types.FunctionType(inherited.__code__, inherited.__globals__, name, None, inherited.__closure__)
            own.__qualname__ = f"{cls.__name__}.{name}"
            setattr(cls, name, own)

    def __init__(self, mode: bool) -> None:
        self.mode = mode

    def __enter__(self) -> None:
        self.prev = getattr(thread, self.setting)
        setattr(thread, self.setting, self.mode)

    def __exit__(self, exc_type, exc_value, traceback) -> None:
        setattr(thread, self.setting, self.prev)

    def clone(self):
        """The same mode, not entered: each call of what is decorated enters one of its own."""
        return type(self)(self.mode)

    def __call__(self, function):
        return _within(self.clone, function)


class BareMode(Mode):
    """A mode without arguments, as a decorator usable without parentheses."""

    always: bool

    def __new__(cls, function=None):
        made = super().__new__(cls)
        if function is None:
            return made
        made.__init__()
        return made(function)

    def __init__(self) -> None:
        super().__init__(self.always)

    def clone(self):
        return type(self)()


class ImmediateMode(Mode):
    """A mode that holds from its construction on; ``with`` ends it, decorating takes it back."""

    switch: str  # what the error for anything but a bool names

    def __init__(self, mode: bool) -> None:
        if not isinstance(mode, bool):
            raise TypeError(f"{self.switch}(): argument 'enabled' (position 1) must be bool, not {type(mode).__name__}")
        super().__init__(mode)
        super().__enter__()

    def __enter__(self) -> None:
        setattr(thread, self.setting, self.mode)

    def __call__(self, function):
        self.__exit__(None, None, None)
        return super().__call__(function)


def _within(make_mode, target):
    """``target`` run in a mode: a function, a generator function, or (deprecated) the construction of a class."""
    if inspect.isclass(target):
        warnings.warn(_CLASSES_ARE_DEPRECATED, FutureWarning, stacklevel=3)
    if inspect.isgeneratorfunction(target):

        def run(*args, **kwargs):
            return (yield from _steps(make_mode, target(*args, **kwargs)))

    else:

        def run(*args, **kwargs):
            with make_mode():
                return target(*args, **kwargs)

    return functools.wraps(target)(run)


def _steps(make_mode, generator):
    """Drive ``generator`` with the mode on while its code runs, and off while whoever iterates has control."""
    proceed = functools.partial(next, generator)
    while True:
        with make_mode():
            try:
                value = proceed()
            except StopIteration as finished:
                return finished.value
        try:
            proceed = functools.partial(generator.send, (yield value))
        except GeneratorExit:
            with make_mode():
                generator.close()
            raise
        except BaseException as thrown:
            proceed = functools.partial(generator.throw, thrown)


class no_grad(BareMode):
    """Operations inside are not recorded."""

    setting, always = "grad_enabled", False
    prev = False


class enable_grad(BareMode):
    """Operations inside are recorded, also within ``no_grad`` (but not within ``inference_mode``)."""

    setting, always = "grad_enabled", True


class set_grad_enabled(ImmediateMode):
    """Set recording on or off: at once as a function call, for a block as a context manager."""

    setting = "grad_enabled"
    switch = "set_grad_enabled"

    def __init__(self, mode: bool) -> None:
        super().__init__(mode)

    def __repr__(self) -> str:
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.mode})"


class inference_mode(Mode):
    """Nothing inside is recorded, and new tensors are inference tensors: no versions, no views tracked."""

    def __new__(cls, mode=True):
        if isinstance(mode, bool):
            return super().__new__(cls)
        return cls(True)(mode)  # a decorator without parentheses

    def __init__(self, mode: bool = True) -> None:
        super().__init__(mode)

    def __enter__(self) -> None:
        self._inference_mode_context = (thread.inference, thread.grad_enabled)
        thread.inference, thread.grad_enabled = self.mode, not self.mode

    def __exit__(self, exc_type, exc_value, traceback) -> None:
        thread.inference, thread.grad_enabled = self._inference_mode_context


class set_multithreading_enabled(ImmediateMode):
    """Whether backward may use several threads. This engine never does; the setting is kept for programs."""

    setting = "multithreading"
    switch = "set_multithreading_enabled"

    def __init__(self, mode: bool) -> None:
        super().__init__(mode)


class enforce_grad_layout_policy(ImmediateMode):
    """Whether ``.grad`` takes the layout of its leaf, or may keep that of a gradient it can take over."""

    setting = "enforce_grad_layout"
    switch = "set_grad_layout_enforcement_enabled"

    def __init__(self, enable: bool = True) -> None:
        super().__init__(enable)


def _unsafe_set_version_counter(tensors, versions) -> None:
    """Let the counter of each tensor read the given version, whatever was written.

    Raises ``RuntimeError`` for inference tensors, negative versions and unequal numbers, ``TypeError`` for others.
    """
    from .._tensor import Tensor

    if not (isinstance(tensors, (list, tuple)) and all(isinstance(entry, Tensor) for entry in tensors)):
        raise TypeError(
            "_unsafe_set_version_counter(): incompatible function arguments. The following argument types are "
            "supported:\n    1. (arg0: collections.abc.Sequence[torch.Tensor], arg1: collections.abc.Sequence["
            f"typing.SupportsInt | typing.SupportsIndex]) -> None\n\nInvoked with: {tensors!r}, {versions!r}"
        )
    if len(tensors) != len(versions):
        raise RuntimeError(f"tensors_len={len(tensors)}, versions_len={len(versions)}")
    for tensor, version in zip(tensors, versions, strict=True):
        if version < 0:
            raise RuntimeError(f"Cannot set a version_counter to a value below 0: {version}")
        if tensor._counter is None:
            raise RuntimeError(
                "Tried to call torch.autograd._unsafe_set_version() on a tensor that does not have a version counter. "
                "Was it created in inference mode?"
            )
        tensor._counter.value = version


class _unsafe_preserve_version_counter:
    """Writes within it are not counted: each tensor's version afterwards is what it was before.

    Takes a tensor or a tuple of them; raises ``AssertionError`` for anything else, ``RuntimeError`` for inference
    tensors.
    """

    def __init__(self, tensors) -> None:
        from .._tensor import Tensor

        self.tensors = (tensors,) if isinstance(tensors, Tensor) else tensors
        if not isinstance(self.tensors, tuple):
            raise AssertionError("Expected tensors to be a tuple")
        self.prev_versions = tuple(tensor._version for tensor in self.tensors)

    def __enter__(self) -> None:
        """The versions were noted at construction."""

    def __exit__(self, *args) -> None:
        _unsafe_set_version_counter(self.tensors, self.prev_versions)


def is_grad_enabled() -> bool:
    """Whether this thread records operations."""
    return thread.grad_enabled


def is_inference_mode_enabled() -> bool:
    """Whether this thread is in inference mode."""
    return thread.inference


def is_multithreading_enabled() -> bool:
    return thread.multithreading


for _mode in (
    *(no_grad, enable_grad, set_grad_enabled, inference_mode, set_multithreading_enabled),
    _unsafe_preserve_version_counter,
):
    _mode.__module__ = "torch.autograd.grad_mode"
