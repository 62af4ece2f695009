"""Handles of registered hooks (torch.utils.hooks).

The rule: registering a hook puts it into an ordered dictionary under a fresh number; the handle knows dictionary
and number and nothing else, so it keeps neither the hook's owner nor the hook alive.
"""

import itertools
import weakref

_numbers = itertools.count()


class RemovableHandle:
    """Undoes a registration: call `remove()`, or use it as a context manager. Removing twice does nothing.

    `hooks_dict` holds the hook under the handle's `id`; `extra_dict`, one dictionary or several, are those in which
    the owner keeps flags under the same number.
    """

    __slots__ = ("_dictionaries", "id")

    def __init__(self, hooks_dict, *, extra_dict=None):
        self.id = next(_numbers)
        extras = [extra_dict] if isinstance(extra_dict, dict) else list(extra_dict or ())
        self._dictionaries = [weakref.ref(entries) for entries in (hooks_dict, *extras)]

    def remove(self):
        for reference in self._dictionaries:
            entries = reference()
            if entries is not None:
                entries.pop(self.id, None)

    def __enter__(self):
        return self

    def __exit__(self, type, value, traceback):
        self.remove()
