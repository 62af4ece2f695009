"""``torch.utils.swap_tensors``: two names of tensors change places with all that belongs to them."""

from __future__ import annotations

import copyreg
import gc
import weakref

from .._tensor import Tensor
from ..graph.accumulate import AccumulateGrad
from ..graph.metadata import AutogradMeta, ViewMeta
from ..graph.saved import SavedTensor

_CONTENT = ("_array", "_storage", "_counter", "_meta", "_wrapped", "dtype")
# What counts as a use of a tensor beside the program's own references to it.
_HOLDERS = (SavedTensor, AccumulateGrad, ViewMeta, AutogradMeta)
_POISONED = (
    "Trying to execute AccumulateGrad node that was poisoned by swap_tensors this can happen when you try to run "
    "backward on a tensor that was swapped. For a module m with "
    "`torch.__future__.set_swap_module_params_on_conversion(True)` you should not change the device or dtype of the "
    "module (e.g. `m.cpu()` or `m.half()`) between running forward and backward. To resolve this, please only change "
    "the device/dtype before running forward (or after both forward and backward)."
)


def _poison(grad_outputs):
    raise RuntimeError(_POISONED)


def _accumulator(tensor: Tensor):
    reference = None if tensor._meta is None else tensor._meta.accumulator
    return None if reference is None else reference()


def _check_uses(tensor: Tensor, name: str) -> None:
    """Refuse a tensor that graphs or views still refer to; an accumulator alone is poisoned.

    Raises ``RuntimeError``.
    """
    holders = gc.get_referrers(tensor)
    uses = 1 + sum(isinstance(holder, _HOLDERS) for holder in holders)
    if uses == 1:
        return
    accumulator = _accumulator(tensor)
    if uses > 2 or accumulator is None:
        raise RuntimeError(
            f"Expected use_count of {name} to be 1 or 2 with an AccumulateGrad node but got {uses} make sure you are "
            "not holding references to the tensor in other places."
        )
    accumulator.register_prehook(_poison)


def swap_tensors(t1: Tensor, t2: Tensor) -> None:
    """Exchange class, attributes, memory and history of two tensors. Graphs that end in them can no longer run.

    Raises ``RuntimeError`` where weak references, saved values or views would notice.
    """
    for name, tensor in (("t1", t1), ("t2", t2)):
        if weakref.getweakrefs(tensor):
            raise RuntimeError(f"Cannot swap {name} because it has weakref associated with it")
    if set(copyreg._slotnames(type(t1))) != set(copyreg._slotnames(type(t2))):
        raise RuntimeError("Cannot swap t1 and t2 if they have different slots")
    _check_uses(t1, "t1")
    _check_uses(t2, "t2")
    first, second = _accumulator(t1), _accumulator(t2)
    for name in ("__class__", "__dict__", *_CONTENT):
        mine, other = getattr(t1, name), getattr(t2, name)
        setattr(t1, name, other)
        setattr(t2, name, mine)
    for accumulator, owner in ((first, t2), (second, t1)):
        if accumulator is not None:
            accumulator.variable = owner


swap_tensors.__module__ = "torch.utils"
