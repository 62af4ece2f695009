"""`Optimizer`: parameter groups, per-parameter state and hooks around `step` (torch.optim.Optimizer).

The rule: parameters are leaves, kept in groups with options of their own over shared defaults; a step
reads `.grad`, skips parameters that have none, and writes the parameters in place without being
recorded.
"""

import functools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from copy import deepcopy
from itertools import chain

import reference_engine as torch

from ..naming import typename
from ..nn.parameter import clear_grad
from ..utils.hooks import RemovableHandle

_global_pre_hooks: dict = OrderedDict()
_global_post_hooks: dict = OrderedDict()

# A group's option that must be given, not defaulted.
required = type("_RequiredParameter", (), {"__repr__": lambda self: "<required parameter>"})()


def _add(hooks, hook, prepend=False):
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def register_optimizer_step_pre_hook(hook):
    """Call `hook(optimizer, args, kwargs)` before every optimizer's step; it may return new (args,
    kwargs).
    """
    return _add(_global_pre_hooks, hook)


def register_optimizer_step_post_hook(hook):
    """Call `hook(optimizer, args, kwargs)` after every optimizer's step."""
    return _add(_global_post_hooks, hook)


def _with_hooks(step):
    """`step` with the hooks run around it."""

    @functools.wraps(step)
    def wrapper(self, *args, **kwargs):
        for hook in [*_global_pre_hooks.values(), *self._optimizer_step_pre_hooks.values()]:
            replaced = hook(self, (self, *args), kwargs)
            if replaced is None:
                continue
            if not isinstance(replaced, tuple) or len(replaced) != 2:
                raise RuntimeError(f"{step} must return None or a tuple of (new_args, new_kwargs), but got {replaced}.")
            (self, *args), kwargs = replaced
        result = step(self, *args, **kwargs)
        for hook in [*self._optimizer_step_post_hooks.values(), *_global_post_hooks.values()]:
            hook(self, (self, *args), kwargs)
        return result

    wrapper.hooked = True
    return wrapper


def use_grad_if_differentiable(step):
    """Run `step` unrecorded, or recorded when the optimizer was made with `differentiable=True`."""

    @functools.wraps(step)
    def wrapper(self, *args, **kwargs):
        with torch.set_grad_enabled(self.defaults["differentiable"]):
            return step(self, *args, **kwargs)

    return wrapper


class Optimizer:
    """Base of all optimizers; subclasses give `defaults` and a `step`."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        step = cls.__dict__.get("step")
        if step is not None and not getattr(step, "hooked", False):
            cls.step = _with_hooks(step)

    def __init__(self, params, defaults):
        """Raises TypeError for what is no iterable of tensors or groups, ValueError for an empty one."""
        if isinstance(params, torch.Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                f"but got {typename(params)}"
            )
        self.defaults = defaults
        self.state = defaultdict(dict)
        self.param_groups = []
        for name in ("step", "state_dict", "load_state_dict"):
            for moment in ("pre", "post"):
                setattr(self, f"_optimizer_{name}_{moment}_hooks", OrderedDict())
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def __repr__(self):
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
            lines.append("")
        lines.pop()
        return "\n".join(lines) + "\n)"

    # ------------------------------------------------------------ hooks

    def register_step_pre_hook(self, hook):
        """Call `hook(optimizer, args, kwargs)` before each step; it may return new (args, kwargs)."""
        return _add(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook):
        """Call `hook(optimizer, args, kwargs)` after each step."""
        return _add(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook, prepend=False):
        """Call `hook(optimizer)` before the state is collected."""
        return _add(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook, prepend=False):
        """Call `hook(optimizer, state_dict)` after; what it returns replaces the dictionary."""
        return _add(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook, prepend=False):
        """Call `hook(optimizer, state_dict)` before loading; what it returns is loaded instead."""
        return _add(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(self, hook, prepend=False):
        """Call `hook(optimizer)` after loading."""
        return _add(self._optimizer_load_state_dict_post_hooks, hook, prepend)

    # ------------------------------------------------------------ groups

    def add_param_group(self, param_group: dict) -> None:
        """Add a group of parameters with options of its own.

        Raises TypeError for what is no dictionary, set or tensor where one is due, ValueError for a
        non-leaf or a parameter that another group already has.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        param_group["params"] = self._listed(param_group["params"])
        self._split_names(param_group)
        chosen = param_group["params"]
        self._refuse_unfit(chosen)
        for option, usual in self.defaults.items():
            if param_group.setdefault(option, usual) is required:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {option}")
        distinct = set(chosen)
        if len(distinct) < len(chosen):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause "
                "an error; see github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=3,
            )
        named = "param_names" in param_group
        if any(("param_names" in group) is not named for group in self.param_groups):
            raise ValueError(
                "all optimizer param groups should be with/without names. cannot add param group "
                f"{'with' if named else 'without'} names to the optimizer"
            )
        if any(distinct.intersection(group["params"]) for group in self.param_groups):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(param_group)

    @staticmethod
    def _listed(params) -> list:
        """The parameters of a group in an order that is the same in each run."""
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of "
                "tensors in sets will change between runs. Please use a list instead."
            )
        return [params] if isinstance(params, torch.Tensor) else list(params)

    def _refuse_unfit(self, params: list) -> None:
        any_tensor = self.defaults.get("differentiable")
        for param in params:
            if not isinstance(param, torch.Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {typename(param)}")
            if not (any_tensor or param.is_leaf or param.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")

    @staticmethod
    def _split_names(group):
        """Turn pairs (name, parameter) into parameters and, under "param_names", names."""
        named = [isinstance(entry, tuple) for entry in group["params"]]
        if all(named) and named:
            group["param_names"] = [name for name, _ in group["params"]]
            group["params"] = [param for _, param in group["params"]]
        elif any(named):
            raise ValueError("all optimizer params should be with/without names. Some param names are missing")

    # ------------------------------------------------------------ gradients and steps

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or set them to zero in place, detached from any graph."""
        for group in self.param_groups:
            for param in group["params"]:
                clear_grad(param, set_to_none)

    def step(self, closure=None):
        """Update the parameters once. `closure`, if given, computes the loss again and returns it."""
        raise NotImplementedError

    # ------------------------------------------------------------ state

    def state_dict(self) -> dict:
        """State and options, with parameters replaced by their numbers."""
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        numbers = {id(param): number for number, param in enumerate(self._all_params())}
        state = {
            (numbers[id(key)] if isinstance(key, torch.Tensor) else key): value for key, value in self.state.items()
        }
        groups = [
            {**{key: value for key, value in group.items() if key != "params"}}
            | {"params": [numbers[id(param)] for param in group["params"]]}
            for group in self.param_groups
        ]
        packed = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            replaced = hook(self, packed)
            packed = packed if replaced is None else replaced
        return packed

    def _all_params(self):
        return [param for group in self.param_groups for param in group["params"]]

    def load_state_dict(self, state_dict: dict) -> None:
        """Take state and options over; tensors are copied to the parameters' dtype and device.

        Raises ValueError when groups or their sizes differ.
        """
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            replaced = hook(self, state_dict)
            state_dict = state_dict if replaced is None else replaced
        saved_groups = deepcopy(state_dict["param_groups"])
        if len(saved_groups) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        pairs = list(zip(self.param_groups, saved_groups, strict=True))
        if any(len(own["params"]) != len(saved["params"]) for own, saved in pairs):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        by_number = dict(
            zip(
                chain.from_iterable(saved["params"] for saved in saved_groups),
                self._all_params(),
                strict=True,
            )
        )
        self.state = defaultdict(dict)
        for key, value in state_dict["state"].items():
            param = by_number.get(key)
            self.state[key if param is None else param] = _fitted(param, value)
        self.param_groups = [{**saved, "params": own["params"]} for own, saved in pairs]
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)


def _fitted(param, value, key=None):
    """A copy of loaded state that fits a parameter: floating tensors take its dtype, all but step
    counts its device.
    """
    if isinstance(value, torch.Tensor):
        if param is None or key == "step":
            return value
        wanted = param.dtype if param.is_floating_point() else value.dtype
        return value.to(dtype=wanted, device=param.device)
    if isinstance(value, dict):
        return {name: _fitted(param, entry, name) for name, entry in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return type(value)(_fitted(param, entry) for entry in value)
    return value
