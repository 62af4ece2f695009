"""All parameters as one vector and back (torch.nn.utils.parameters_to_vector, vector_to_parameters)."""

import reference_engine as torch


def parameters_to_vector(parameters):
    """The elements of all parameters, one after the other, in one 1-d tensor."""
    return torch.cat([parameter.view(-1) for parameter in parameters])


def vector_to_parameters(vec, parameters) -> None:
    """Make every parameter's data a view of its part of the vector. Raises TypeError unless `vec` is a
    tensor.
    """
    if not isinstance(vec, torch.Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {torch.typename(vec)}")
    start = 0
    for parameter in parameters:
        stop = start + parameter.numel()
        parameter.data = vec[start:stop].view_as(parameter).data
        start = stop
