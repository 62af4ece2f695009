"""The module classes by family (torch.nn)."""

from ..publishing import defined_in
from . import (
    activation,
    batchnorm,
    container,
    conv,
    distance,
    dropout,
    flatten,
    linear,
    loss,
    module,
    normalization,
    pooling,
    sparse,
)
from .module import Module as Module

CLASSES = defined_in(
    activation,
    batchnorm,
    container,
    conv,
    distance,
    dropout,
    flatten,
    linear,
    loss,
    module,
    normalization,
    pooling,
    sparse,
)
globals().update(CLASSES)
