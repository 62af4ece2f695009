"""`Module`: a tree of parameters, buffers and submodules with a forward (torch.nn.Module).

The rule: a module owns what was assigned to its attributes (registration.py); everything that treats
"all parameters" walks the tree in order of registration and visits a shared object once. Calling a
module runs hooks around its forward in a fixed order (calling.py); its state is a flat dictionary of
dotted names (state.py).

Annotations are objects, not text: users look at the signatures.
"""

from collections.abc import Iterator

import reference_engine as torch

from ..parameter import Parameter, clear_grad
from .calling import (
    Calling,
    register_module_backward_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
)
from .registration import (
    Registration,
    register_module_buffer_registration_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)
from .state import StateDict

__all__ = [
    "Module",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]


class Module(Registration, Calling, StateDict):
    """Base of all modules; subclasses register their parts in `__init__` and compute in `forward`."""

    training: bool

    def __init__(self, *args, **kwargs) -> None:
        if kwargs:
            raise TypeError(
                f"{type(self).__name__}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'"
            )
        if args:
            raise TypeError(
                f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given"
            )
        self.training = True
        self._parameters, self._buffers, self._modules = {}, {}, {}
        self._non_persistent_buffers_set = set()
        self._init_call_hooks()
        self._init_state_hooks()

    # ------------------------------------------------------------ walking the tree

    def named_modules(self, memo: set["Module"] | None = None, prefix: str = "", remove_duplicate: bool = True):
        """This module and all below it, depth first, with dotted names."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, _joined(prefix, name), remove_duplicate)

    def _named_members(self, get_members_fn, prefix="", recurse=True, remove_duplicate: bool = True):
        seen = set()
        owners = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in owners:
            for name, member in get_members_fn(module):
                if member is None or member in seen:
                    continue
                if remove_duplicate:
                    seen.add(member)
                yield _joined(path, name), member

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Names and parameters, those shared by several modules once."""
        return self._named_members(lambda module: module._parameters.items(), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters, of this module alone or of the tree."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, torch.Tensor]]:
        """Names and buffers, those shared by several modules once."""
        return self._named_members(lambda module: module._buffers.items(), prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[torch.Tensor]:
        """The buffers, of this module alone or of the tree."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """Names and direct children, each once."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator["Module"]:
        """The direct children, each once."""
        return (module for _, module in self.named_children())

    def modules(self, remove_duplicate: bool = True) -> Iterator["Module"]:
        """This module and all below it."""
        return (module for _, module in self.named_modules(remove_duplicate=remove_duplicate))

    def get_submodule(self, target: str) -> "Module":
        """The module at a dotted path. Raises AttributeError where the path leaves the tree."""
        module = self
        for name in target.split(".") if target else ():
            module = _part_of(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path. Raises AttributeError where there is none."""
        return self._get_member(target, lambda found, _: isinstance(found, Parameter), "an nn.Parameter")

    def get_buffer(self, target: str) -> torch.Tensor:
        """The buffer at a dotted path. Raises AttributeError where there is none."""
        path, _, name = target.rpartition(".")
        registered = self.get_submodule(path)._buffers
        return self._get_member(target, lambda found, _: name in registered, "a buffer")

    def _get_member(self, target, accept, what):
        path, _, name = target.rpartition(".")
        found = _part_of(self.get_submodule(path), name)
        if not accept(found, name):
            raise AttributeError(f"`{name}` is not {what}")
        return found

    # ------------------------------------------------------------ changing all parts at once

    def apply(self, fn):
        """Call `fn` on every module, children first; returns self."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def _apply(self, fn, recurse=True):
        """Replace every parameter's data and gradient and every buffer by `fn` of it; parameters stay
        objects.
        """
        if recurse:
            for module in self.children():
                module._apply(fn)
        for parameter in self._parameters.values():
            if parameter is None:
                continue
            with torch.no_grad():
                moved = fn(parameter)
                moved_grad = None if parameter.grad is None else fn(parameter.grad)
            # The gradient leaves first: it must fit the data whenever it is set.
            parameter.grad = None
            parameter.data = moved
            if moved_grad is not None:
                parameter.grad = moved_grad.requires_grad_(moved_grad.requires_grad)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def _cast_floating(self, dtype):
        return self._apply(lambda tensor: tensor.to(dtype) if tensor.is_floating_point() else tensor)

    def float(self):
        """Cast floating parameters and buffers to float32."""
        return self._cast_floating(torch.float32)

    def double(self):
        """Cast floating parameters and buffers to float64."""
        return self._cast_floating(torch.float64)

    def half(self):
        """Cast floating parameters and buffers to float16."""
        return self._cast_floating(torch.float16)

    def bfloat16(self):
        """Cast floating parameters and buffers to bfloat16."""
        return self._cast_floating(torch.bfloat16)

    def type(self, dst_type):
        """Cast all parameters and buffers."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def cpu(self):
        """Move parameters and buffers to the host."""
        return self._apply(lambda tensor: tensor.cpu())

    def cuda(self, device=None):
        """Move parameters and buffers to the accelerator."""
        return self._apply(lambda tensor: tensor.cuda(device))

    def to(self, *args, **kwargs):
        """Move and cast in place by device, dtype (floating parts only) or a tensor to follow.

        Raises TypeError for a dtype that is neither floating nor complex.
        """
        device, dtype = _parse_to(*args, **kwargs)
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )

        def convert(tensor):
            cast = dtype is not None and (tensor.is_floating_point() or tensor.is_complex())
            return tensor.to(device or tensor.device, dtype if cast else tensor.dtype)

        return self._apply(convert)

    def train(self, mode: bool = True):
        """Set `training` everywhere. Raises ValueError unless `mode` is a bool."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self):
        """`train(False)`."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True):
        """Set `requires_grad` of all parameters."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the parameters' gradients, or set them to zero in place, detached from any graph."""
        for parameter in self.parameters():
            clear_grad(parameter, set_to_none)

    # ------------------------------------------------------------ text

    def _get_name(self):
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the parens of the module's own line."""
        return ""

    def __repr__(self):
        extra = self.extra_repr().split("\n") if self.extra_repr() else []
        children = [f"({name}): {_indented(repr(module))}" for name, module in self._modules.items()]
        if not children and len(extra) <= 1:
            return f"{self._get_name()}({''.join(extra)})"
        return "\n  ".join([f"{self._get_name()}(", *extra, *children]) + "\n)"


def _joined(prefix, name):
    return f"{prefix}.{name}" if prefix else name


def _part_of(module, name):
    if not hasattr(module, name):
        raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
    return getattr(module, name)


def _indented(text):
    return text.replace("\n", "\n  ")


def _parse_to(*args, **kwargs):
    """(device or None, dtype or None) of the argument forms of `to`."""
    device, dtype = kwargs.get("device"), kwargs.get("dtype")
    for argument in args:
        if isinstance(argument, torch.Tensor):
            device, dtype = argument.device, argument.dtype
        elif isinstance(argument, torch.dtype):
            dtype = argument
        elif argument is not None and not isinstance(argument, bool):
            device = argument
    return (None if device is None else torch.device(device)), dtype
