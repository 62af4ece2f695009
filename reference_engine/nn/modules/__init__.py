"""The module classes by family."""

from .container import ModuleDict, ModuleList, ParameterList, Sequential
from .linear import Bilinear, Identity, Linear
from .module import Module

__all__ = [
    "Bilinear",
    "Identity",
    "Linear",
    "Module",
    "ModuleDict",
    "ModuleList",
    "ParameterList",
    "Sequential",
]
