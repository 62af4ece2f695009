"""Functions of neural networks (torch.nn.functional).

Nothing here has a derivative of its own: what is a single operation in torch is a row of the operation
tables, what torch composes is composed here of the same operations, so that graphs have the same nodes.
"""

import reference_engine as torch


def linear(input, weight, bias=None):
    """input (*, in) times weight (out, in) transposed, plus bias (out): (*, out)."""
    return torch._C._nn.linear(input, weight, bias)
