"""Functions of neural networks (torch.nn.functional), by family.

Nothing here has a derivative of its own: what is a single operation in torch is a row of the operation tables,
what torch composes is composed here of the same operations, so that graphs have the same nodes.
"""

from ...ops.linalg import linear as linear
from ..publishing import defined_in
from . import activation, dropout, loss, sparse

_families = (activation, loss, sparse, dropout)
globals().update(defined_in(*_families))
