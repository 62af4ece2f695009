"""The state dictionary of a module: saving and loading (torch.nn.Module.state_dict, load_state_dict).

The rule: parameters and persistent buffers go under dotted names into one ordered dictionary, detached
but sharing memory; loading copies values into the existing tensors, collects every problem of the whole
tree first, and raises once.
"""

import warnings
from collections import OrderedDict, namedtuple
from collections.abc import Mapping

import reference_engine as torch

from ...utils.hooks import RemovableHandle
from ..parameter import Parameter

_EXTRA_STATE = "_extra_state"


class IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What `load_state_dict(strict=False)` did not find and did not use."""

    __slots__ = ()

    def __repr__(self):
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"

    __str__ = __repr__


def _add(hooks, hook):
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


class StateDict:
    """`state_dict`, `load_state_dict` and their hooks."""

    _version: int = 1

    def _init_state_hooks(self):
        self._state_dict_hooks = OrderedDict()
        self._state_dict_pre_hooks = OrderedDict()
        self._load_state_dict_pre_hooks = OrderedDict()
        self._load_state_dict_post_hooks = OrderedDict()

    def register_state_dict_pre_hook(self, hook):
        """Call `hook(module, prefix, keep_vars)` before the module's state is collected."""
        return _add(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook):
        """Call `hook(module, state_dict, prefix, local_metadata)` after; it changes the dictionary in
        place.
        """

        def checked(module, state_dict, prefix, local_metadata):
            if hook(module, state_dict, prefix, local_metadata) is not None:
                raise RuntimeError("state_dict post-hook must return None")

        return _add(self._state_dict_hooks, checked)

    def register_load_state_dict_pre_hook(self, hook):
        """Call `hook` first, with the module and the arguments of `_load_from_state_dict`."""

        def bound(*arguments):
            return hook(self, *arguments)

        return _add(self._load_state_dict_pre_hooks, bound)

    def register_load_state_dict_post_hook(self, hook):
        """Call `hook(module, incompatible_keys)` when the module and all below it are loaded."""
        return _add(self._load_state_dict_post_hooks, hook)

    # ------------------------------------------------------------ saving

    def state_dict(self, *args, destination=None, prefix="", keep_vars=False):
        """Names to tensors: detached and sharing memory, or with `keep_vars` the tensors themselves."""
        if args:
            warnings.warn(
                "Positional args are being deprecated, use kwargs instead. Refer to "
                "https://pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.state_dict"
                " for details.",
                FutureWarning,
                stacklevel=2,
            )
            destination, prefix, keep_vars = (*args, *(destination, prefix, keep_vars)[len(args) :])
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in self._state_dict_hooks.values():
            hook(self, destination, prefix, metadata)
        return destination

    def _own_state(self):
        """Name to tensor of this module alone: parameters, then persistent buffers."""
        buffers = {
            name: buffer for name, buffer in self._buffers.items() if name not in self._non_persistent_buffers_set
        }
        return {name: value for name, value in {**self._parameters, **buffers}.items() if value is not None}

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        for name, tensor in self._own_state().items():
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
        if type(self).get_extra_state is not StateDict.get_extra_state:
            destination[prefix + _EXTRA_STATE] = self.get_extra_state()

    def get_extra_state(self):
        """Anything else to keep in the state dictionary; to be overridden with `set_extra_state`."""
        raise RuntimeError(
            "Reached a code path in Module.get_extra_state() that should never be called. Please file an "
            "issue at https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml "
            "to report this bug."
        )

    def set_extra_state(self, state):
        """Take back what `get_extra_state` gave."""
        raise RuntimeError(
            "Reached a code path in Module.set_extra_state() that should never be called. Please file an "
            "issue at https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml "
            "to report this bug."
        )

    # ------------------------------------------------------------ loading

    def load_state_dict(self, state_dict, strict: bool = True, assign: bool = False):
        """Copy values in, or with `assign` take the tensors themselves.

        Returns the missing and the unexpected keys. Raises TypeError for what is no mapping, RuntimeError
        listing all problems: sizes that differ and, when `strict`, keys that do.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        metadata = getattr(state_dict, "_metadata", {})
        given = OrderedDict(state_dict)
        loading = _Loading(strict, assign)
        self._load_tree(given, "", metadata, loading)
        errors = list(loading.errors)
        if strict:
            errors = [
                *_key_errors("Missing", loading.keys.missing_keys),
                *_key_errors("Unexpected", loading.keys.unexpected_keys),
                *errors,
            ]
        if errors:
            listed = "\n\t".join(errors)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{listed}")
        return loading.keys

    def _load_tree(self, state_dict, prefix, metadata, loading):
        local_metadata = dict(metadata.get(prefix[:-1], {}))
        if loading.assign:
            local_metadata["assign_to_params_buffers"] = True
        missing, unexpected = loading.keys
        self._load_from_state_dict(state_dict, prefix, local_metadata, True, missing, unexpected, loading.errors)
        for name, module in self._modules.items():
            if module is not None:
                below = f"{prefix}{name}."
                part = {key: value for key, value in state_dict.items() if key.startswith(below)}
                module._load_tree(part, below, metadata, loading)
        for hook in self._load_state_dict_post_hooks.values():
            if hook(self, loading.keys) is not None:
                raise AssertionError(
                    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to "
                    "return new values, if incompatible_keys need to be modified, it should be done inplace."
                )

    def _load_from_state_dict(
        self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
    ):
        """Load this module's own tensors; subclasses override it to read older versions of their state."""
        for hook in self._load_state_dict_pre_hooks.values():
            hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        assign = local_metadata.get("assign_to_params_buffers", False)
        own = self._own_state()
        for name, tensor in own.items():
            key = prefix + name
            if key in state_dict:
                problem = self._load_one(name, tensor, key, state_dict[key], assign)
                if problem is not None:
                    error_msgs.append(problem)
            elif strict:
                missing_keys.append(key)
        self._load_extra_state(state_dict, prefix + _EXTRA_STATE, strict, missing_keys, unexpected_keys)
        if strict:
            for key in state_dict:
                if key.startswith(prefix) and key != prefix + _EXTRA_STATE:
                    name, dot, _ = key[len(prefix) :].partition(".")
                    if name not in (self._modules if dot else own):
                        unexpected_keys.append(key)

    def _load_extra_state(self, state_dict, key, strict, missing_keys, unexpected_keys):
        wanted = type(self).set_extra_state is not StateDict.set_extra_state
        if wanted and key in state_dict:
            self.set_extra_state(state_dict[key])
        elif strict and wanted:
            missing_keys.append(key)
        elif strict and key in state_dict:
            unexpected_keys.append(key)

    def _load_one(self, name, tensor, key, value, assign):
        """Copy or take one tensor; returns the problem, None if there is none."""
        if not isinstance(value, torch.Tensor):
            return (
                f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object '
                f"from checkpoint but received {type(value)}"
            )
        if tensor.dim() == 0 and tuple(value.shape) == (1,):
            value = value[0]
        if value.shape != tensor.shape:
            return (
                f"size mismatch for {key}: copying a param with shape {value.shape} from checkpoint, "
                f"the shape in current model is {tensor.shape}."
            )
        try:
            with torch.no_grad():
                if not assign:
                    tensor.copy_(value)
                elif isinstance(tensor, Parameter) and not isinstance(value, Parameter):
                    setattr(self, name, Parameter(value, requires_grad=tensor.requires_grad))
                else:
                    setattr(self, name, value.requires_grad_(tensor.requires_grad))
        except Exception as error:
            return (
                f'While copying the parameter named "{key}", whose dimensions in the model are '
                f"{tensor.size()} and whose dimensions in the checkpoint are {value.size()}, "
                f"an exception occurred : {error.args}."
            )
        return None


class _Loading:
    """One run of `load_state_dict`: how to load, and what was found on the way."""

    __slots__ = ("assign", "errors", "keys", "strict")

    def __init__(self, strict, assign):
        self.strict, self.assign = strict, assign
        self.keys = IncompatibleKeys([], [])
        self.errors = []


def _key_errors(what, keys):
    quoted = ", ".join(f'"{key}"' for key in keys)
    return [f"{what} key(s) in state_dict: {quoted}. "] if keys else []
