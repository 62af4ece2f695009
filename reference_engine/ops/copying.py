"""Leaving the graph, converting, copying: ``detach``, ``to``, ``copy_``."""

from __future__ import annotations

import numpy as np

from .._state import process, thread, warn_once
from .._tensor import Tensor, make
from ..devices import META, resolve
from ..devices import device as device_class
from ..dtypes import COMPLEX, dtype
from ..graph import inplace
from ..lazy import settled
from ..memory_order import dense_like
from ..overrides import dispatch, dispatches
from ..storage import address
from ..version import InferenceVersionCounter, is_inference
from . import elementwise
from .dims import broadcast_shape
from .recording import fill_facts, finish, new_node, save
from .table import op

# -- leaving the graph --------------------------------------------------------------------------------------------


def detach(self: Tensor) -> Tensor:
    """The same memory and version counter without the history."""
    if self._dispatches and dispatches((self,)):
        return dispatch(Tensor.detach, (self,), (self,), None)
    alias = self._alias()
    if self._counter is None and not thread.inference:
        alias._counter = InferenceVersionCounter()
    return alias


def detach_(self: Tensor) -> Tensor:
    """Make this tensor a leaf without history and without tangent. Raises ``RuntimeError`` for views."""
    meta = self._meta
    if meta is None or thread.inference or is_inference(self._counter):
        return self
    if meta.view is not None:
        raise RuntimeError(
            "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for "
            "training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence "
            "detach_() cannot be called on these gradients. To fix this error, please refer to the "
            "Optimizer.zero_grad() "
            "function in torch/optim/optimizer.py as the solution."
        )
    meta.requires_grad = False
    meta.grad_fn, meta.output_nr, meta.tangent = None, 0, None
    return self


# -- conversion ---------------------------------------------------------------------------------------------------


def to(self: Tensor, *args, **kwargs) -> Tensor:
    """This tensor with another dtype or on another device: itself when nothing changes, else a recorded copy.

    ``to(dtype)``, ``to(device)``, ``to(device, dtype)``, ``to(other)``, each with ``copy=``.
    """
    copy = kwargs.pop("copy", False)
    kwargs.pop("non_blocking", None)
    memory_format = kwargs.pop("memory_format", None)
    wanted, place = kwargs.pop("dtype", None), kwargs.pop("device", None)
    if "other" in kwargs:
        args = (kwargs.pop("other"), *args)
    for position, argument in enumerate(args):
        if isinstance(argument, dtype):
            wanted = argument
        elif isinstance(argument, Tensor):
            wanted, place = argument.dtype, argument.device
        elif isinstance(argument, (str, device_class)) or (isinstance(argument, int) and position == 0
                                                           and not isinstance(argument, bool)):  # fmt: skip
            place = argument
        elif isinstance(argument, bool):
            copy = argument if position >= len(args) - 1 and position > 1 else copy
        elif argument is not None:
            raise TypeError(
                f"to() received an invalid combination of arguments - got ({type(argument).__name__}), but expected "
                "one "
                "of:\n * (torch.device device = None, torch.dtype dtype = None, bool non_blocking = False, bool "
                "copy = "
                "False, *, torch.memory_format memory_format = None)\n * (torch.dtype dtype, bool non_blocking = "
                "False, "
                "bool copy = False, *, torch.memory_format memory_format = None)\n * (Tensor tensor, bool "
                "non_blocking ="
                " False, bool copy = False, *, torch.memory_format memory_format = None)\n"
            )
    wanted = wanted or self.dtype
    place = self._storage.device if place is None else resolve(place)
    if wanted is self.dtype and place is self._storage.device and not copy and _is_laid_out(self, memory_format):
        return self
    if self.dtype.kind == COMPLEX and wanted.kind != COMPLEX and wanted.kind != 0:
        warn_once("Casting complex values to real discards the imaginary part")
    return to_copy(self, wanted, place, memory_format)


def _is_laid_out(self: Tensor, memory_format) -> bool:
    """Whether ``to`` need not copy for the sake of the layout: anything but channels last counts as contiguous."""
    if memory_format is None or memory_format.name == "preserve_format":
        return True
    array = self._array
    ordered = array.ndim == 4 and array.transpose(0, 2, 3, 1).flags.c_contiguous and not array.flags.c_contiguous
    return ordered == (memory_format.name == "channels_last")


def _to_copy(array, dtype, place, origin):
    wanted = dtype.numpy
    if array.dtype.kind == "c" and wanted.kind not in "cb":
        array = array.real
    copied = dense_like(array, wanted)
    copied[...] = array if array.dtype == wanted else array.astype(wanted)
    return copied


to_copy_row = op(
    "_to_copy(Tensor self, any dtype, any place, any origin)",
    _to_copy,
    node="ToCopyBackward0",
    self=lambda grad, dtype, origin: elementwise.real_if(grad, origin[0]).to(device=origin[1], dtype=origin[0]),
    jvp=lambda self_t, dtype, place: to_copy(self_t, dtype, place),
    method=False,
    function=False,
).row
for _hidden in ("dtype", "origin"):
    delattr(to_copy_row.node_class, f"_saved_{_hidden}")


def to_copy(self: Tensor, wanted: dtype, place, memory_format=None) -> Tensor:
    check_has_data(self, place)
    values = [self, wanted, place, (self.dtype, self._storage.device)]
    array = _to_copy(settled(self._array), wanted, place, None)
    if memory_format is not None:
        array = elementwise.in_format(array, memory_format)
    result = make(array, place)
    if wanted.is_differentiable:
        finish(to_copy_row, values, (result,))
    return result


def check_has_data(tensor: Tensor, place) -> None:
    """Raise ``NotImplementedError`` for a copy out of a tensor that has none."""
    if tensor._storage.device is META and place is not META:
        raise NotImplementedError("Cannot copy out of meta tensor; no data!")


def _conversion(wanted: dtype, name: str):
    def convert(self, memory_format=None):
        return to(self, wanted, memory_format=memory_format)

    convert.__name__ = name
    convert.__qualname__ = f"Tensor.{name}"
    return convert


def cpu(self: Tensor, memory_format=None) -> Tensor:
    return to(self, "cpu", memory_format=memory_format)


def cuda(self: Tensor, device=None, non_blocking: bool = False, memory_format=None) -> Tensor:
    return to(self, "cuda" if device is None else device, memory_format=memory_format)


def type_as(self: Tensor, other: Tensor) -> Tensor:
    return to(self, other.dtype)


# -- writing -----------------------------------------------------------------------------------------------------

copy_row = elementwise.contiguous_format_copy.row


def copy_(self: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    """Write the values of ``src``, cast to this tensor's dtype and copied from its device."""
    if not isinstance(src, Tensor):
        raise TypeError(f"copy_(): argument 'other' (position 1) must be Tensor, not {type(src).__name__}")

    records = self.dtype.is_differentiable and (self.requires_grad or src.requires_grad)
    inplace.check_inplace(self, records)
    if src._storage is not self._storage:
        inplace.check_overlap(self._array)
    elif not _same_elements(self, src):
        inplace.check_overlap(self._array)
        inplace.check_partial_overlap(self._array, src._array)
    values = [self, src]
    node = None
    if records and thread.grad_enabled and not thread.inference:
        node, mask = new_node(copy_row, values)
        node.saved = {}
        save(node, copy_row, mask, values, ())
        if False in mask:
            fill_facts(node, copy_row, values, mask)
    check_has_data(src, self._storage.device)
    source = settled(src._array)
    try:
        source = np.broadcast_to(source, self._array.shape)
    except ValueError:
        elementwise_shape_error(self, src)
    if source.dtype.kind == "c" and self._array.dtype.kind not in "cb":
        warn_once("Casting complex values to real discards the imaginary part")
        source = source.real
    self._array[...] = source
    inplace.bump_version(self)
    if node is not None:
        inplace.rebase_history(self, node)

    if process.forward_level >= 0:
        from ..autograd import forward_ad

        forward_ad.copied(self, src)
    return self


def _same_elements(a: Tensor, b: Tensor) -> bool:
    mine, other = a._array, b._array
    return (
        (mine.shape, mine.strides, address(mine)) == (other.shape, other.strides, address(other))
        and a.dtype is b.dtype
        and type(mine) is type(other)
    )


def elementwise_shape_error(self: Tensor, src: Tensor) -> None:
    """Raise the ``RuntimeError`` for a source that does not fit into the target of a copy."""
    target, source = self._array.shape, src._array.shape
    whole = broadcast_shape(target, source)  # raises where the two have no common shape
    raise RuntimeError(f"output with shape {list(target)} doesn't match the broadcast shape {list(whole)}")
