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

from .._state import thread


class _ContextDecorator:
    """A context manager that also decorates functions, generator functions and (with a warning) classes."""

    def clone(self):
        return type(self)()

    def __call__(self, orig_func):
        return _decorate(self.clone, orig_func)


def _decorate(make_context, func):
    if inspect.isclass(func):
        from .._state import warn_once

        warn_once(
            "Decorating classes is deprecated and will be disabled in future versions. You should only decorate "
            "functions or methods. To preserve the current behavior of class decoration, you can directly decorate "
            "the `__init__` method and nothing else.",
            FutureWarning,
        )
        func.__init__ = _decorate(make_context, func.__init__)
        return func
    if inspect.isgeneratorfunction(func):
        return _decorate_generator(make_context, func)

    @functools.wraps(func)
    def decorate_context(*args, **kwargs):
        with make_context():
            return func(*args, **kwargs)

    return decorate_context


def _decorate_generator(make_context, func):
    @functools.wraps(func)
    def generator_context(*args, **kwargs):
        generator = func(*args, **kwargs)
        try:
            with make_context():
                response = generator.send(None)
            while True:
                try:
                    request = yield response
                except GeneratorExit:
                    with make_context():
                        generator.close()
                    raise
                except BaseException as error:
                    with make_context():
                        response = generator.throw(error)
                else:
                    with make_context():
                        response = generator.send(request)
        except StopIteration as stop:
            return stop.value

    return generator_context


class _NoParamDecorator(_ContextDecorator):
    """Usable as ``@mode`` and as ``@mode()``."""

    def __new__(cls, orig_func=None):
        if orig_func is None:
            return super().__new__(cls)
        return cls()(orig_func)


class no_grad(_NoParamDecorator):
    """Operations inside are not recorded."""

    def __init__(self) -> None:
        self.prev = False

    def __enter__(self) -> None:
        self.prev = thread.grad_enabled
        thread.grad_enabled = False

    def __exit__(self, exc_type, exc_value, traceback) -> None:
        thread.grad_enabled = self.prev


class enable_grad(_NoParamDecorator):
    """Operations inside are recorded, also within ``no_grad`` (but not within ``inference_mode``)."""

    def __enter__(self) -> None:
        self.prev = thread.grad_enabled
        thread.grad_enabled = True

    def __exit__(self, exc_type, exc_value, traceback) -> None:
        thread.grad_enabled = self.prev


class set_grad_enabled(_ContextDecorator):
    """Set recording on or off: at once as a function call, for a block as a context manager."""

    def __init__(self, mode: bool) -> None:
        self.prev = thread.grad_enabled
        self.mode = mode
        if not isinstance(mode, bool):
            raise TypeError(f"set_grad_enabled(): argument 'enabled' (position 1) must be bool, not {_type_name(mode)}")
        thread.grad_enabled = mode

    def __call__(self, orig_func):
        thread.grad_enabled = self.prev
        return super().__call__(orig_func)

    def __enter__(self) -> None:
        thread.grad_enabled = self.mode

    def __exit__(self, exc_type, exc_value, traceback) -> None:
        thread.grad_enabled = self.prev

    def __str__(self) -> str:
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.mode})"

    def __repr__(self) -> str:
        return self.__str__()

    def clone(self):
        return type(self)(self.mode)


class inference_mode(_ContextDecorator):
    """Nothing inside is recorded, and new tensors are inference tensors: no versions, no views tracked."""

    def __new__(cls, mode=True):
        if isinstance(mode, bool):
            return super().__new__(cls)
        return cls()(mode)

    def __init__(self, mode: bool = True) -> None:
        self.mode = mode

    def __enter__(self) -> None:
        self.prev = (thread.inference, thread.grad_enabled)
        thread.inference = self.mode
        thread.grad_enabled = not self.mode if self.prev[0] != self.mode or self.mode else thread.grad_enabled

    def __exit__(self, exc_type, exc_value, traceback) -> None:
        thread.inference, thread.grad_enabled = self.prev

    def clone(self):
        return type(self)(self.mode)


class set_multithreading_enabled(_ContextDecorator):
    """Whether backward may use several threads. This engine never does; the setting is kept for programs."""

    def __init__(self, mode: bool) -> None:
        if not isinstance(mode, bool):
            raise TypeError(
                f"set_multithreading_enabled(): argument 'enabled' (position 1) must be bool, not {_type_name(mode)}"
            )
        self.prev = thread.multithreading
        self.mode = mode
        thread.multithreading = mode

    def __enter__(self) -> None:
        pass

    def __exit__(self, exc_type, exc_value, traceback) -> None:
        thread.multithreading = self.prev

    def clone(self):
        return type(self)(self.mode)


class enforce_grad_layout_policy(_ContextDecorator):
    """Whether ``.grad`` takes the layout of its leaf, or may keep that of a gradient it can take over."""

    def __init__(self, mode: bool) -> None:
        self.prev = thread.enforce_grad_layout
        self.mode = mode
        thread.enforce_grad_layout = mode

    def __call__(self, orig_func):
        thread.enforce_grad_layout = self.prev
        return super().__call__(orig_func)

    def __enter__(self) -> None:
        thread.enforce_grad_layout = self.mode

    def __exit__(self, exc_type, exc_value, traceback) -> None:
        thread.enforce_grad_layout = self.prev

    def clone(self):
        return type(self)(self.mode)


def is_grad_enabled() -> bool:
    """Whether this thread records operations."""
    return thread.grad_enabled


def is_inference_mode_enabled() -> bool:
    """Whether this thread is in inference mode."""
    return thread.inference


def is_multithreading_enabled() -> bool:
    return thread.multithreading


def _type_name(value: object) -> str:
    return type(value).__name__


for _mode in (no_grad, enable_grad, set_grad_enabled, inference_mode, set_multithreading_enabled):
    _mode.__module__ = "torch.autograd.grad_mode"
