"""The module classes by family (torch.nn)."""

from ..publishing import defined_in
from . import (
    activation,
    adaptive,
    batchnorm,
    cells,
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
    rnn,
    sets,
    sparse,
    vision,
)
from .module import Module as Module

CLASSES = defined_in(
    activation,
    adaptive,
    batchnorm,
    cells,
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
    rnn,
    sets,
    sparse,
    vision,
)
globals().update(CLASSES)
