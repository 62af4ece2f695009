"""Registration: what assigning to a module's attribute does (torch.nn.Module.__setattr__ and
register_*).

The rule: a `Parameter`, a `Buffer` or a `Module` goes into the register of its kind and out of every
other; a plain tensor replaces a registered buffer but never a parameter; None keeps the name and
empties its place.
"""

from collections import OrderedDict

import reference_engine as torch

from ...naming import typename
from ...utils.hooks import RemovableHandle
from ..parameter import Parameter

_REGISTERS = ("_parameters", "_buffers", "_modules")

# Process-wide hooks that may replace what is being registered, by kind.
_registration_hooks = {kind: OrderedDict() for kind in ("parameter", "buffer", "module")}


def _register(kind, hook):
    hooks = _registration_hooks[kind]
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


def register_module_parameter_registration_hook(hook):
    """Call `hook(module, name, parameter)` at every registration; what it returns is registered instead."""
    return _register("parameter", hook)


def register_module_buffer_registration_hook(hook):
    """As `register_module_parameter_registration_hook`, for buffers."""
    return _register("buffer", hook)


def register_module_module_registration_hook(hook):
    """As `register_module_parameter_registration_hook`, for submodules."""
    return _register("module", hook)


def _passed_on(kind, module, name, value):
    for hook in list(_registration_hooks[kind].values()):
        replaced = hook(module, name, value)
        value = value if replaced is None else replaced
    return value


class Registration:
    """The three registers of a module and how names get into them."""

    def _check_new_name(self, kind, name):
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {typename(name)}")
        if "." in name:
            shown = f", got: {name}" if kind == "module" else ""
            raise KeyError(f'{kind} name can\'t contain "."{shown}')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')

    def _check_free(self, name, register):
        if hasattr(self, name) and name not in register:
            raise KeyError(f"attribute '{name}' already exists")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, or reserve its name with None.

        Raises AttributeError before `__init__`, KeyError or TypeError for a bad name, TypeError for
        what is no Parameter, ValueError for one with a history.
        """
        if "_parameters" not in self.__dict__:
            raise AttributeError("cannot assign parameter before Module.__init__() call")
        self._check_new_name("parameter", name)
        self._check_free(name, self._parameters)
        if param is not None:
            if not isinstance(param, Parameter):
                raise TypeError(
                    f"cannot assign '{typename(param)}' object to parameter '{name}' "
                    "(torch.nn.Parameter or None required)"
                )
            if param.grad_fn is not None:
                raise ValueError(
                    f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created "
                    f"explicitly. To express '{name}' as a function of another Tensor, compute the value in "
                    "the forward() method."
                )
        self._parameters[name] = _passed_on("parameter", self, name, param)

    def register_buffer(self, name: str, tensor: torch.Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that belongs to the module's state but is no parameter.

        `persistent` puts it into the state_dict. Raises as `register_parameter` does.
        """
        if "_buffers" not in self.__dict__:
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        self._check_new_name("buffer", name)
        self._check_free(name, self._buffers)
        if tensor is not None and not isinstance(tensor, torch.Tensor):
            raise TypeError(
                f"cannot assign '{typename(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = _passed_on("buffer", self, name, tensor)
        self._set_persistence(name, persistent)

    def _set_persistence(self, name, persistent):
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: "Registration | None") -> None:
        """Add a child. Raises TypeError for what is no Module, KeyError or TypeError for a bad name."""
        if not isinstance(module, Registration) and module is not None:
            raise TypeError(f"{typename(module)} is not a Module subclass")
        if not isinstance(name, str):
            raise TypeError(f"module name should be a string. Got {typename(name)}")
        self._check_free(name, self._modules)
        self._check_new_name("module", name)
        self._modules[name] = _passed_on("module", self, name, module)

    def register_module(self, name: str, module: "Registration | None") -> None:
        """Another name of `add_module`."""
        self.add_module(name, module)

    # ------------------------------------------------------------ attributes

    def __getattr__(self, name: str):
        for register in _REGISTERS:
            entries = self.__dict__.get(register)
            if entries is not None and name in entries:
                return entries[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value) -> None:
        registers = self.__dict__
        parameters = registers.get("_parameters")
        if isinstance(value, Parameter):
            if parameters is None:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name)
            self.register_parameter(name, value)
        elif parameters is not None and name in parameters:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{typename(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)"
                )
            self.register_parameter(name, value)
        else:
            self._set_module_or_buffer(name, value)

    def _set_module_or_buffer(self, name, value):
        modules, buffers = self.__dict__.get("_modules"), self.__dict__.get("_buffers")
        if isinstance(value, Registration):
            if modules is None:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget(name)
            modules[name] = _passed_on("module", self, name, value)
        elif modules is not None and name in modules:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{typename(value)}' as child module '{name}' (torch.nn.Module or None expected)"
                )
            modules[name] = _passed_on("module", self, name, value)
        elif buffers is not None and name in buffers:
            if value is not None and not isinstance(value, torch.Tensor):
                raise TypeError(
                    f"cannot assign '{typename(value)}' as buffer '{name}' "
                    "(torch.nn.Buffer, torch.Tensor or None expected)"
                )
            buffers[name] = _passed_on("buffer", self, name, value)
            if getattr(value, "_is_buffer", False):
                self._set_persistence(name, value.persistent)
        elif getattr(value, "_is_buffer", False) and isinstance(value, torch.Tensor):
            if buffers is None:
                raise AttributeError("cannot assign buffer before Module.__init__() call")
            self._forget(name)
            self.register_buffer(name, value, value.persistent)
        else:
            super().__setattr__(name, value)

    def _forget(self, name):
        """Drop whatever stood under the name, so that the new registration is the only one."""
        for register in ("__dict__", *_REGISTERS):
            getattr(self, register).pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def __delattr__(self, name):
        for register in _REGISTERS:
            if name in getattr(self, register):
                del getattr(self, register)[name]
                self._non_persistent_buffers_set.discard(name)
                return
        super().__delattr__(name)

    def __dir__(self):
        names = {*dir(type(self)), *self.__dict__, *self._parameters, *self._modules, *self._buffers}
        return sorted(name for name in names if not name[0].isdigit())
