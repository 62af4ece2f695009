"""The module classes by family (torch.nn)."""

from ..publishing import defined_in
from . import activation, container, distance, dropout, flatten, linear, loss, module, sparse
from .module import Module as Module

CLASSES = defined_in(activation, container, distance, dropout, flatten, linear, loss, module, sparse)
globals().update(CLASSES)
