"""``__torch_function__``: how tensor subclasses and modes intercept functions.

A function whose arguments include an instance of a class with its own ``__torch_function__`` hands the call to that
class: the most derived class first, then left to right. The default implementation runs the function on the values
and returns tensors of the subclass.

Rule: "Subclassing torch.Tensor" in the notes on extending PyTorch.
"""

from __future__ import annotations

from ._state import thread


def _disabled_torch_function_impl(cls, func, types, args=(), kwargs=None):
    """What a subclass sets as ``__torch_function__`` to behave like a plain tensor."""
    with DisableTorchFunctionSubclass():
        return func(*args, **(kwargs or {}))


class DisableTorchFunctionSubclass:
    """Within this context, subclasses are treated as plain tensors."""

    def __enter__(self) -> None:
        self.previous = thread.torch_function_disabled
        thread.torch_function_disabled = True

    def __exit__(self, *exc_info) -> None:
        thread.torch_function_disabled = self.previous


def dispatches(arguments) -> bool:
    """Whether any argument's class intercepts functions."""
    if thread.torch_function_disabled:
        return False
    return any(getattr(argument, "_dispatches", False) for argument in arguments)


def has_torch_function(relevant_args) -> bool:
    return dispatches(relevant_args)


def dispatch(func, relevant, args, kwargs):
    """Call the ``__torch_function__`` of the argument that comes first in order of precedence."""
    classes: list[type] = []
    carriers = []
    for argument in relevant:
        kind = type(argument)
        if getattr(argument, "_dispatches", False) and kind not in classes:
            position = next((i for i, other in enumerate(classes) if issubclass(kind, other)), len(classes))
            classes.insert(position, kind)
            carriers.insert(position, argument)
    for carrier in carriers:
        result = carrier.__torch_function__(func, tuple(classes), args, kwargs)
        if result is not NotImplemented:
            return result
    name = f"{getattr(func, '__module__', '')}.{getattr(func, '__name__', func)}"
    raise TypeError(
        f"no implementation found for '{name}' on types that implement __torch_function__: "
        f"[{', '.join(kind.__name__ for kind in classes)}]"
    )


def handle_torch_function(public_api, relevant_args, *args, **kwargs):
    return dispatch(public_api, relevant_args, args, kwargs)


def default_torch_function(cls, func, types, args, kwargs):
    """Run ``func`` as on plain tensors and give its results the class ``cls``."""
    if not all(issubclass(cls, kind) for kind in types):
        return NotImplemented
    with DisableTorchFunctionSubclass():
        result = func(*args, **(kwargs or {}))
    if func in _KEEP_TYPE:
        return result
    return _convert(result, cls)


def _convert(result, cls):
    from ._tensor import Tensor

    if isinstance(result, Tensor):
        return result if isinstance(result, cls) else result.as_subclass(cls)
    if type(result) in (tuple, list):
        return type(result)(_convert(entry, cls) for entry in result)
    return result


# Functions whose results keep their class under the default implementation.
_KEEP_TYPE: set = set()


def get_default_nowrap_functions() -> set:
    return _KEEP_TYPE
