"""Modules that hold other modules or parameters (torch.nn.Sequential, ModuleList, ModuleDict,
ParameterList).
"""

import itertools
import operator
from collections import OrderedDict

import reference_engine as torch

from ..parameter import Parameter
from .module import Module, _indented


def _wrapped_index(index, length):
    """A sequence index counted from the start. Raises IndexError out of range."""
    index = operator.index(index)
    if not -length <= index < length:
        raise IndexError(f"index {index} is out of range")
    return index % length


class Sequential(Module):
    """Modules that run one after the other, each on the result of the one before."""

    def __init__(self, *args):
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            named = args[0].items()
        else:
            named = ((str(index), module) for index, module in enumerate(args))
        for name, module in named:
            self.add_module(name, module)

    def forward(self, input):
        for module in self._modules.values():
            input = module(input)
        return input

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return list(self._modules.values())[_wrapped_index(index, len(self))]

    def __setitem__(self, index, module):
        setattr(self, list(self._modules)[_wrapped_index(index, len(self))], module)

    def __delitem__(self, index):
        names = list(self._modules)
        for name in names[index] if isinstance(index, slice) else [names[_wrapped_index(index, len(self))]]:
            delattr(self, name)
        self._modules = {str(at): module for at, module in enumerate(self._modules.values())}

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules.values())

    def append(self, module):
        """Add a module at the end; returns self."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, sequential):
        """Add modules at the end; returns self."""
        for module in sequential:
            self.append(module)
        return self


class ModuleList(Module):
    """A list whose items are registered under their positions."""

    def __init__(self, modules=None):
        super().__init__()
        if modules is not None:
            self += modules

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(list(self._modules.values())[index])
        return self._modules[str(_wrapped_index(index, len(self)))]

    def __setitem__(self, index, module):
        setattr(self, str(_wrapped_index(index, len(self))), module)

    def __delitem__(self, index):
        kept = list(self._modules.values())
        del kept[index if isinstance(index, slice) else _wrapped_index(index, len(self))]
        self._modules = {str(at): module for at, module in enumerate(kept)}

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules.values())

    def __iadd__(self, modules):
        return self.extend(modules)

    def __add__(self, other):
        return type(self)([*self, *other])

    def insert(self, index, module):
        """Put a module before the given position."""
        kept = list(self._modules.values())
        kept.insert(index, module)
        self._modules = {str(at): entry for at, entry in enumerate(kept)}

    def append(self, module):
        """Add a module at the end; returns self."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules):
        """Add modules at the end; returns self. Raises TypeError for what cannot be iterated."""
        if not hasattr(modules, "__iter__"):
            raise TypeError("ModuleList.extend should be called with an iterable, but got " + type(modules).__name__)
        for module in list(modules):
            self.append(module)
        return self

    def __repr__(self):
        """Runs of modules that look alike take one line: "(0-2): 3 x Linear(...)"."""
        lines, first = [], 0
        for text, run in itertools.groupby(map(repr, self)):
            count = len(list(run))
            many = f"({first}-{first + count - 1}): {count} x {_indented(text)}"
            lines.append(many if count > 1 else f"({first}): {_indented(text)}")
            first += count
        name = self._get_name()
        return "\n  ".join([f"{name}(", *lines]) + "\n)" if lines else f"{name}()"


class ModuleDict(Module):
    """A dictionary whose values are registered under their keys."""

    def __init__(self, modules=None):
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key):
        return self._modules[key]

    def __setitem__(self, key, module):
        self.add_module(key, module)

    def __delitem__(self, key):
        del self._modules[key]

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules)

    def __contains__(self, key):
        return key in self._modules

    def clear(self):
        """Forget all modules."""
        self._modules.clear()

    def pop(self, key):
        """Take a module out and return it."""
        return self._modules.pop(key)

    def keys(self):
        return self._modules.keys()

    def items(self):
        return self._modules.items()

    def values(self):
        return self._modules.values()

    def update(self, modules):
        """Add the items of a mapping or of an iterable of pairs."""
        for key, module in modules.items() if hasattr(modules, "items") else modules:
            self[key] = module


class ParameterList(Module):
    """A list of parameters; plain tensors become parameters on entry."""

    def __init__(self, values=None):
        super().__init__()
        self._size = 0
        for value in values or ():
            self.append(value)

    def __len__(self):
        return self._size

    def __iter__(self):
        return iter(self[index] for index in range(self._size))

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)([self[at] for at in range(*index.indices(self._size))])
        return getattr(self, str(_wrapped_index(index, self._size)))

    def __setitem__(self, index, value):
        if isinstance(value, torch.Tensor) and not isinstance(value, Parameter):
            value = Parameter(value)
        setattr(self, str(_wrapped_index(index, self._size)), value)

    def append(self, value):
        """Add a parameter at the end; returns self."""
        self._size += 1
        self[self._size - 1] = value
        return self

    def extend(self, values):
        """Add parameters at the end; returns self."""
        for value in values:
            self.append(value)
        return self

    def __repr__(self):
        lines = []
        for index, value in enumerate(self):
            if isinstance(value, torch.Tensor):
                kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
                size = "x".join(str(extent) for extent in value.shape)
                place = "" if value.device.type == "cpu" else f" ({value.device})"
                lines.append(f"  ({index}): {kind} containing: [{value.dtype} of size {size}{place}]")
            else:
                lines.append(f"  ({index}): Object of type: {type(value).__name__}")
        name = self._get_name()
        return f"{name}(\n" + "\n".join("  " + line for line in lines) + "\n)" if lines else f"{name}()"
