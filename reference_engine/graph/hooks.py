"""Removable hooks, and where each kind of them lives.

Order for one gradient, as the engine runs it: hooks of the tensor (``Tensor.register_hook``), the write of
``retain_grad``, pre-hooks of the node (``Node.register_prehook``), the node itself, its post-hooks
(``Node.register_hook``); on a leaf finally the post-accumulate hooks.

A tensor's hooks sit on the node that was its ``grad_fn`` when they were registered: after an in-place write they
still see the gradient of the old value. ``retain_grad`` moves along with the tensor.
"""

from __future__ import annotations

import itertools
import weakref
from collections import OrderedDict

_ids = itertools.count()


class RemovableHandle:
    """Returned by the ``register_*hook`` functions: ``remove()`` takes the hook away, as does leaving ``with``."""

    def __init__(self, hooks: OrderedDict, *, extra_dict=None) -> None:
        also = extra_dict if isinstance(extra_dict, list) else [] if extra_dict is None else [extra_dict]
        self.id = next(_ids)
        self._homes = [weakref.ref(home) for home in (hooks, *also)]

    def remove(self) -> None:
        for home in self._homes:
            hooks = home()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc_info) -> None:
        self.remove()


RemovableHandle.__module__ = "torch.utils.hooks"


def add_hook(hooks: OrderedDict, hook) -> RemovableHandle:
    """Append ``hook`` and return the handle that removes it."""
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


def unserializable_hook(f):
    """Mark a hook as one that cannot be pickled (kept for API parity; nothing here pickles hooks)."""
    f.__torch_unserializable__ = True
    return f
