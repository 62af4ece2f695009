"""Bounding gradients in place between backward and step (torch.nn.utils.clip_grad_norm_,
clip_grad_value_).
"""

import functools
import types
import warnings

import reference_engine as torch


def _listed(parameters):
    if isinstance(parameters, torch.Tensor):
        return [parameters]
    listed = list(parameters)
    if isinstance(parameters, types.GeneratorType) and not listed:
        warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=4)
    return listed


def _unrecorded(function):
    """Run with recording off."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        with torch.no_grad():
            return function(*args, **kwargs)

    return wrapper


@_unrecorded
def get_total_norm(tensors, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach=None):
    """The norm, of order `norm_type`, of all tensors' elements taken together: the norm of their norms.

    Raises RuntimeError for a result that is not finite if asked to.
    """
    tensors = [tensors] if isinstance(tensors, torch.Tensor) else list(tensors)
    if not tensors:
        return torch.tensor(0.0)
    norm_type = float(norm_type)
    place = tensors[0].device
    norms = [torch.linalg.vector_norm(tensor, norm_type) for tensor in tensors]
    total = torch.linalg.vector_norm(torch.stack([norm.to(place) for norm in norms]), norm_type)
    if error_if_nonfinite and not torch.isfinite(total).item():
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it "
            "cannot be clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return total


@_unrecorded
def clip_grad_norm_(
    parameters, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach=None
):
    """Scale all gradients by max_norm / (norm + 1e-6) where that is below 1; returns the norm before."""
    parameters = _listed(parameters)
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    total = get_total_norm(grads, norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(parameters, max_norm, total, foreach)
    return total


@_unrecorded
def clip_grads_with_norm_(parameters, max_norm: float, total_norm, foreach=None) -> None:
    """Scale all gradients by max_norm / (total_norm + 1e-6) where that is below 1; `total_norm` is a tensor."""
    # Clamped instead of tested: the scale stays a tensor on the gradients' device.
    scale = torch.clamp(float(max_norm) / (total_norm + 1e-6), max=1.0)
    for parameter in _listed(parameters):
        if parameter.grad is not None:
            parameter.grad.mul_(scale.to(parameter.grad.device))


def clip_grad_norm(parameters, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False):
    """Former name of `clip_grad_norm_`; warns."""
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite)


@_unrecorded
def clip_grad_value_(parameters, clip_value: float, foreach=None) -> None:
    """Clamp every gradient's elements to [-clip_value, clip_value]."""
    clip_value = float(clip_value)
    for parameter in _listed(parameters):
        if parameter.grad is None:
            continue
        if foreach is False:
            parameter.grad.clamp_(min=-clip_value, max=clip_value)
        else:  # as operations on lists, which cut off at one bound each: two writes
            parameter.grad.clamp_min_(-clip_value).clamp_max_(clip_value)
