"""Calling a module: the hooks around `forward` and their order (torch.nn.Module.__call__).

The rule: forward pre-hooks may replace the arguments; the arguments then cross the backward hooks'
inner border; `forward` runs; forward hooks may replace the result; the result crosses the outer border.
Hooks that are registered for all modules come before the module's own. A hook with `always_call` also
runs when something raised.
"""

import warnings
from collections import OrderedDict

import reference_engine as torch

from ...utils.hooks import RemovableHandle
from .backward_hooks import BackwardHook, register_on_grad_fn

_MIXED = "Cannot use both regular backward hooks and full backward hooks {what}. Please use only one of them."


class HookSets:
    """The hooks of one module, or those of all modules."""

    __slots__ = (
        "_backward_hooks",
        "_backward_pre_hooks",
        "_forward_hooks",
        "_forward_hooks_always_called",
        "_forward_hooks_with_kwargs",
        "_forward_pre_hooks",
        "_forward_pre_hooks_with_kwargs",
        "_is_full_backward_hook",
    )

    def __init__(self):
        self.clear()

    def clear(self):
        for name in HookSets.__slots__:
            setattr(self, name, OrderedDict())
        self._is_full_backward_hook = None  # None until the first backward hook tells the kind


global_hooks = HookSets()


def _add(hooks, hook, flags=(), prepend=False):
    """Put `hook` into a dictionary and its number into those of `flags` that apply: pairs (dictionary,
    whether).
    """
    handle = RemovableHandle(hooks, extra_dict=[marked for marked, _ in flags])
    hooks[handle.id] = hook
    for marked, applies in flags:
        if applies:
            marked[handle.id] = True
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def _choose_backward_kind(owner, full, what):
    if owner._is_full_backward_hook is (not full):
        raise RuntimeError(_MIXED.format(what=what))
    owner._is_full_backward_hook = full


class Calling:
    """`__call__` and the hooks that it runs."""

    _compiled_call_impl = None

    def _init_call_hooks(self):
        fresh = HookSets()
        for name in HookSets.__slots__:
            setattr(self, name, getattr(fresh, name))

    # ------------------------------------------------------------ registration of hooks

    def register_forward_pre_hook(self, hook, *, prepend: bool = False, with_kwargs: bool = False):
        """Call `hook(module, args)` before forward; what it returns replaces the arguments."""
        flags = [(self._forward_pre_hooks_with_kwargs, with_kwargs)]
        return _add(self._forward_pre_hooks, hook, flags, prepend)

    def register_forward_hook(
        self, hook, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ):
        """Call `hook(module, args, output)` after forward; what it returns replaces the output."""
        flags = [
            (self._forward_hooks_with_kwargs, with_kwargs),
            (self._forward_hooks_always_called, always_call),
        ]
        return _add(self._forward_hooks, hook, flags, prepend)

    def register_full_backward_pre_hook(self, hook, prepend: bool = False):
        """Call `hook(module, grad_output)` when the outputs' gradients are known; may replace them."""
        return _add(self._backward_pre_hooks, hook, prepend=prepend)

    def register_full_backward_hook(self, hook, prepend: bool = False):
        """Call `hook(module, grad_input, grad_output)` when the inputs' gradients are known; may
        replace them.

        Raises RuntimeError when hooks of the older kind are registered.
        """
        _choose_backward_kind(self, True, "on a single Module")
        return _add(self._backward_hooks, hook, prepend=prepend)

    def register_backward_hook(self, hook):
        """The older kind, on the output's grad_fn. Raises RuntimeError when full hooks are registered."""
        _choose_backward_kind(self, False, "on a single Module")
        return _add(self._backward_hooks, hook)

    # ------------------------------------------------------------ the call

    def forward(self, *input) -> None:
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, *args, **kwargs):
        if not (
            self._backward_hooks
            or self._backward_pre_hooks
            or self._forward_hooks
            or self._forward_pre_hooks
            or _any_global_hooks()
        ):
            return self.forward(*args, **kwargs)
        called = set()
        result = None
        try:
            args, kwargs = self._run_forward_pre_hooks(args, kwargs)
            border = self._backward_border()
            if border is not None:
                args = border.setup_input_hook(args)
            result = self.forward(*args, **kwargs)
            for owner, number, hook in _forward_hooks(self):
                called.add((id(owner), number))
                result = _run_forward_hook(owner, number, hook, self, args, kwargs, result)
            return self._through_backward_hooks(border, args, result)
        except Exception:
            self._run_remaining_hooks(called, args, kwargs, result)
            raise

    def _run_forward_pre_hooks(self, args, kwargs):
        for owner in (global_hooks, self):
            for number, hook in list(owner._forward_pre_hooks.items()):
                if number not in owner._forward_pre_hooks_with_kwargs:
                    replaced = hook(self, args)
                    if replaced is not None:
                        args = replaced if isinstance(replaced, tuple) else (replaced,)
                    continue
                replaced = hook(self, args, kwargs)
                if replaced is None:
                    continue
                if not isinstance(replaced, tuple) or len(replaced) != 2:
                    raise RuntimeError(
                        f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {replaced}."
                    )
                args, kwargs = replaced
        return args, kwargs

    def _hooks_of_kind(self, full):
        return [
            hook
            for owner in (global_hooks, self)
            if owner._is_full_backward_hook is full
            for hook in owner._backward_hooks.values()
        ]

    def _backward_border(self):
        full = self._hooks_of_kind(True)
        pre = [*global_hooks._backward_pre_hooks.values(), *self._backward_pre_hooks.values()]
        return BackwardHook(self, full, pre) if full or pre else None

    def _through_backward_hooks(self, border, args, result):
        if border is not None:
            if not isinstance(result, torch.Tensor | tuple):
                warnings.warn(
                    "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors "
                    f"but received {type(result)}",
                    stacklevel=3,
                )
            result = border.setup_output_hook(result)
        older = self._hooks_of_kind(False)
        if older:
            register_on_grad_fn(self, args, result, older)
        return result

    def _run_remaining_hooks(self, called, args, kwargs, result):
        """After an exception: the `always_call` hooks that did not get their turn; their own errors
        only warn.
        """
        for owner, number, hook in _forward_hooks(self):
            if number not in owner._forward_hooks_always_called or (id(owner), number) in called:
                continue
            try:
                result = _run_forward_hook(owner, number, hook, self, args, kwargs, result)
            except Exception as error:
                scope = "global module" if owner is global_hooks else "module"
                warnings.warn(
                    f"{scope} forward hook with ``always_call=True`` raised an exception that was silenced "
                    f"as another error was raised in forward: {error}",
                    stacklevel=3,
                )


def _any_global_hooks():
    hooks = global_hooks
    return hooks._backward_hooks or hooks._backward_pre_hooks or hooks._forward_hooks or hooks._forward_pre_hooks


def _forward_hooks(module):
    return [
        (owner, number, hook) for owner in (global_hooks, module) for number, hook in list(owner._forward_hooks.items())
    ]


def _run_forward_hook(owner, number, hook, module, args, kwargs, result):
    if number in owner._forward_hooks_with_kwargs:
        replaced = hook(module, args, kwargs, result)
    else:
        replaced = hook(module, args, result)
    return result if replaced is None else replaced


# ---------------------------------------------------------------- hooks of all modules


def register_module_forward_pre_hook(hook):
    """`register_forward_pre_hook` for every module; runs before the module's own."""
    return _add(global_hooks._forward_pre_hooks, hook)


def register_module_forward_hook(hook, *, with_kwargs: bool = False, always_call: bool = False):
    """`register_forward_hook` for every module; runs before the module's own."""
    flags = [
        (global_hooks._forward_hooks_with_kwargs, with_kwargs),
        (global_hooks._forward_hooks_always_called, always_call),
    ]
    return _add(global_hooks._forward_hooks, hook, flags)


def register_module_full_backward_pre_hook(hook):
    """`register_full_backward_pre_hook` for every module."""
    return _add(global_hooks._backward_pre_hooks, hook)


def register_module_full_backward_hook(hook):
    """`register_full_backward_hook` for every module."""
    _choose_backward_kind(global_hooks, True, "as a global Module hook")
    return _add(global_hooks._backward_hooks, hook)


def register_module_backward_hook(hook):
    """`register_backward_hook` for every module."""
    _choose_backward_kind(global_hooks, False, "as a global Module hook")
    return _add(global_hooks._backward_hooks, hook)
