"""What happens when an operation is called.

1. *Bind* the arguments to the row's signature (and, for overloads, find the row).
2. Hand over to a subclass that intercepts functions.
3. *Compute* on arrays, after type promotion and the device check.
4. *Record*: when grad mode is on and an input requires grad, make the node, its edges, and save what the needed
   derivatives name.
5. In an open dual level, compute the tangent.

View rows return views instead of fresh memory; in-place variants write into ``self`` and rebase its history;
``out=`` variants write into the given tensor and record nothing.
"""

from __future__ import annotations

import numpy as np

from .._state import process, thread, warn_once
from .._tensor import Tensor, make
from ..arithmetic import cast, halves
from ..devices import CPU
from ..dtypes import BY_NUMPY, FLOATING
from ..graph import inplace
from ..graph.edges import gradient_edge
from ..graph.node import NotImplementedNode
from ..lazy import LazyArray, settled, viewing
from ..memory_order import arranged, dense_like
from ..promotion import defaults, result_dtype
from ..version import VersionCounter, is_inference
from . import arguments, several_outs
from .dims import broadcast_shape
from .outputs import (
    DTYPES_FIRST,
    as_written,
    check_cast,
    check_in_place,
    check_out,
    check_result,
    common_shape,
    out_name,
)
from .recording import any_requires_grad, fill_facts, finish, new_node, save
from .table import AS_IS, FLOAT, Row

_NUMBERS = (int, float, bool, complex)

# -- step 3: compute ----------------------------------------------------------------------------------------------


def place_of(values: list, row: Row):
    """The device of an operation: that of its tensors, which must agree (0-dim CPU tensors follow the others).

    Raises ``RuntimeError`` otherwise.
    """
    place = None
    first = None
    for position in row.tensor_positions:
        value = values[position]
        if isinstance(value, Tensor):
            group = (value,)
        elif value is None or isinstance(value, _NUMBERS):
            continue
        else:
            group = value
        for tensor in group:
            if tensor is None or not isinstance(tensor, Tensor):
                continue
            device = tensor._storage.device
            if place is None:
                place, first = device, tensor
            elif device is not place:
                if tensor._array.ndim == 0 and device is CPU:
                    continue
                if first._array.ndim == 0 and place is CPU:
                    place, first = device, tensor
                    continue
                raise RuntimeError(
                    "Expected all tensors to be on the same device, but found at least two devices, "
                    f"{max(place, device, key=str)} and {min(place, device, key=str)}!"
                )
    return place or CPU


def arrays_of(values: list, row: Row) -> list:
    """The arguments for the forward function: tensors as arrays of the dtype that promotion gives."""
    promote = row.promote
    if promote == AS_IS:
        arguments = []
        for value in values:
            if isinstance(value, Tensor):
                value = settled(value._array)
            elif type(value) in (list, tuple) and any(isinstance(entry, Tensor) for entry in value):
                value = [settled(entry._array) if isinstance(entry, Tensor) else entry for entry in value]
            arguments.append(value)
        if len(row.operands) > 1 and row.name not in DTYPES_FIRST:
            common_shape(values, row)
        return arguments
    operands = []
    for position in row.tensor_positions:
        value = values[position]
        if type(value) in (list, tuple):
            operands.extend(value)
        else:
            operands.append(value)
    dtype = result_dtype(operands)
    if promote == FLOAT and dtype.kind < FLOATING:
        dtype = defaults.dtype
    wanted = dtype.numpy
    arguments = list(values)
    shape = None
    for position in row.tensor_positions:
        value = values[position]
        if isinstance(value, Tensor):
            array = settled(value._array)
            arguments[position] = cast(array, wanted)
            if shape is None:
                shape = array.shape
            elif shape != array.shape:
                shape = broadcast_shape(shape, array.shape)
        elif type(value) in (list, tuple):
            arguments[position] = [tensor._array.astype(wanted, copy=False) for tensor in value]
        elif value is not None:
            arguments[position] = np.array(value).astype(wanted)
    if row.numbers and halves(wanted):
        keep_number(values, row, dtype, arguments)
    return arguments


def keep_number(values: list, row: Row, dtype, arguments: list) -> None:
    """A number beside half precision is not rounded to it, neither is a tensor without dimensions of another dtype."""
    for position in row.numbers:
        value = values[position]
        if isinstance(value, Tensor):
            if value.dtype is dtype or value._array.ndim:
                continue
            value = settled(value._array)
        arguments[position] = np.asarray(value).astype(np.float32)
        return


def wrap_outputs(computed, place, row: Row):
    if type(computed) is tuple:
        return tuple(make(as_array(entry), place) for entry in computed)
    return make(as_array(computed), place)


def as_array(computed) -> np.ndarray:
    """NumPy turns 0-dim results into scalars; tensors need arrays."""
    return computed if type(computed) is np.ndarray else np.array(computed)


# -- the kinds of calls ------------------------------------------------------------------------------------------


def run(row: Row, values: list):
    """Call a row with bound arguments, out of place."""
    if row.view:
        return run_view(row, values)
    if thread.grad_enabled and row.differentiable:
        look_at_views(values, row)
    if row.lone:
        # One tensor, taken as it is: nothing to promote, no devices to compare.
        place = values[0]._storage.device
        if row.check is not None:
            row.check(*values)
        array = settled(values[0]._array)
        computed = row.forward(array, *values[1:])
        if row.operands:
            computed = arranged(computed, (array,), (0,))
    else:
        place = place_of(values, row)
        if row.check is not None:
            row.check(*values)
        arrays = arrays_of(values, row)
        computed = row.forward(*arrays)
        if row.operands:
            computed = arranged(computed, arrays, row.operands)
    results = wrap_outputs(computed, place, row)
    outputs = results if type(results) is tuple else (results,)
    if row.name == "clone" and values[0]._counter is None and results._counter is not None:
        results._counter.bump()  # the way out of inference mode is a counted write into the new tensor
    finish(row, values, outputs)
    if row.return_type is not None:
        return row.return_type(outputs)
    return results


def look_at_views(values: list, row: Row) -> None:
    """A view whose history cannot be made anew says so before the operation finds anything else wrong."""
    for position in row.tensor_positions:
        value = values[position]
        for tensor in value if type(value) in (list, tuple) else (value,):
            if isinstance(tensor, Tensor) and tensor._meta is not None and tensor._meta.view is not None:
                inplace.view_grad_fn(tensor)


def run_view(row: Row, values: list):
    base = values[0]
    if thread.grad_enabled and row.differentiable and base._meta is not None and base._meta.view is not None:
        inplace.view_grad_fn(base)
    if row.demands is not None:
        row.demands(*values)
    arrays = viewing(row.forward, base._array, *values[1:])
    if not row.differentiable:
        # The same memory and counter, and nothing that autograd knows of.
        view = base._alias(arrays)
        view.dtype = BY_NUMPY[arrays.dtype]
        # Unlike other views, it is an inference tensor where it is made in the mode, whatever its base is.
        if thread.inference:
            view._counter = None
        elif is_inference(base._counter):
            view._counter = VersionCounter()
        return view
    replay = (lambda root: row_callable(row)(root, *values[1:])) if row.replayed else None
    if isinstance(arrays, np.ndarray):
        view = inplace.make_view(base, arrays, replay)
        if row.replayed:
            view.dtype = BY_NUMPY[arrays.dtype]
        finish(row, values, (view,))
        return view
    views = tuple(inplace.make_view(base, array, None, multi_output=row.multi_output) for array in arrays)
    finish(row, values, views)
    return views


def row_callable(row: Row):
    return lambda *values: run(row, list(values))


_TO_INDEXED_PLACES = frozenset(
    ("index_put", "index_add", "index_copy", "index_reduce", "scatter", "scatter_add", "scatter_reduce", "put")
)
_READ_FIRST = (
    "fill",
    "masked_fill",
    "index_fill",
    "masked_scatter",
)  # what they write may lie in the memory they write to


def run_in_place(row: Row, values: list):
    """Call the in-place variant of a row: write into ``self``, its first argument, and rebase its history."""
    target = values[0]
    records = any_requires_grad(values, row)
    inplace.check_inplace(target, records)
    place_of(values, row)
    destination = target._array
    indexed = row.name in _TO_INDEXED_PLACES
    checked_before = indexed and row.check is not None and row.name != "index_copy"
    if checked_before:
        row.check(*values)
    if 0 in destination.strides:
        check_expanded(row, values, destination)
    sharing = ()
    for position in row.tensor_positions[1:]:
        value = values[position]
        # What is read conjugated or negated is copied first.
        if isinstance(value, Tensor) and value._storage is target._storage and type(value._array) is not LazyArray:
            sharing = (*sharing, value._array)
    if row.name not in _READ_FIRST:
        check_overlap = inplace.check_no_overlap if indexed else inplace.check_partial_overlap
        for array in sharing:
            check_overlap(destination, array)
    if row.check is not None and not checked_before:
        row.check(*values)
    check_in_place(values, row)
    recording = records and thread.grad_enabled and not thread.inference and row.differentiable
    original = node = mask = None
    tracks_tangents = process.forward_level >= 0 and not thread.inference
    if recording:
        node, mask = new_node(row, values, row.in_place_class) if row.node_class else (None, None)
        if node is None:
            tensors = (values[position] for position in row.tensor_positions)
            edges = tuple(gradient_edge(t) for t in tensors if isinstance(t, Tensor) and t.requires_grad)
            node, mask = NotImplementedNode(edges, row.name + "_"), ()
    if recording or tracks_tangents:
        names = {name for formula in row.formulas for name in formula.names}
        if row.parameters[0].name in names and (tracks_tangents or _saves_self(row, mask)):
            original = _detached_copy(target)
    if mask:
        # Inputs are saved as they are before the write, so that one which shares memory with the target is caught.
        node.saved = {}
        save(node, row, mask, values, (), original)
        if False in mask:
            fill_facts(node, row, values, mask)
    computed = as_array(row.forward(*arrays_of(values, row)))
    write(destination, computed, target.dtype)
    inplace.bump_version(target)
    if recording:
        inplace.rebase_history(target, node)
        if mask:
            save(node, row, mask, values, (target,), original, target._meta.view is not None)
    if tracks_tangents:
        from ..autograd import forward_ad

        forward_ad.propagate(row, values, (target,), original_self=original)
    return target


def check_expanded(row: Row, values: list, destination: np.ndarray) -> None:
    """Writes to expanded memory: one value may go everywhere, indexed writes warn, others raise ``RuntimeError``."""
    filled = row.name == "zero" or (row.name == "fill" and not isinstance(values[1], Tensor))
    if filled or not inplace.overlaps_itself(destination):
        return
    if row.name not in ("index_put", "masked_fill", "index_fill"):
        inplace.check_overlap(destination)
        return
    names = [("index_put_", "indices] = tensor")] if row.name == "index_put" else []
    masked = row.name == "index_put" and len(values[1]) == 1 and values[1][0].dtype.kind == 0 and not values[2].ndim
    if masked or row.name == "masked_fill":
        names.append(("masked_fill_", "mask] = scalar"))
    if row.name == "index_fill":
        names.append(("index_fill_", "mask] = scalar"))
    for name, form in names:
        warn_once(
            f"Use of {name} on expanded tensors is deprecated. Please clone() the tensor before performing this "
            "operation. "
            f"This also applies to advanced indexing e.g. tensor[{form}"
        )


def _saves_self(row: Row, mask) -> bool:
    return bool(mask) and any(source == ("input", 0) for _, source in row.plan(mask))


def _detached_copy(tensor: Tensor) -> Tensor:
    """The value before a write, with its history but memory of its own."""
    from .elementwise import clone

    return clone(tensor)


def write(destination: np.ndarray, computed: np.ndarray, dtype) -> None:
    """Put a computed result into existing memory. Raises ``RuntimeError`` where dtype or shape do not fit."""
    found = computed.dtype
    if found != destination.dtype:
        check_cast(BY_NUMPY[found], dtype)
    if computed.shape != destination.shape:
        raise RuntimeError(
            f"output with shape {list(destination.shape)} doesn't match the broadcast shape {list(computed.shape)}"
        )
    destination[...] = computed


def run_out(row: Row, values: list, out):
    """Call a row and write its result into ``out``. Nothing is recorded, so nothing may require grad."""
    outs = several_outs.given(row, out)
    several = several_outs.has_several(row)
    wants = any_requires_grad(values, row) or any(entry.requires_grad for entry in outs)
    # Autograd knows nothing of the operation: its result may be written, not left.
    unknown = row.node_class is None or row.copies
    if unknown and wants:
        check_no_leaves(row, outs)
    if thread.grad_enabled and wants and row.differentiable and not unknown:
        raise RuntimeError(
            f"{out_name(row)}(): functions with out=... arguments don't support automatic differentiation, but one of "
            "the arguments requires grad."
        )
    for tensor in arguments.tensors_in(values, row):
        for entry in outs:
            if tensor._storage is entry._storage:
                inplace.check_partial_overlap(entry._array, tensor._array)
    if several:
        several_outs.check_early(row, values, outs, False)
    if row.check is not None:
        row.check(*values)
    if several:
        several_outs.check_early(row, values, outs, True)
    else:
        check_out(values, row, out)
    recording, thread.grad_enabled = thread.grad_enabled, False
    try:
        results = run(row, values)
    finally:
        thread.grad_enabled = recording
    if several:
        several_outs.check_results(row, results, outs)
    else:
        check_result(values, row, results.dtype, out.dtype)
        results = (as_written(row, results, out.dtype),)
    for entry, result in zip(outs, results, strict=True):
        write_out(entry, result, True)
    if unknown and wants and thread.grad_enabled and row.differentiable:
        tensors = [*arguments.tensors_in(values, row), *outs]
        edges = tuple(gradient_edge(tensor) for tensor in tensors if tensor.requires_grad)
        for entry in outs:
            inplace.rebase_history(entry, NotImplementedNode(edges, row.name))
    # PyTorch asks for tangents only after it has written.
    if process.forward_level >= 0 and not thread.inference:
        from ..autograd.forward_ad import tangent_of

        if any(tangent_of(tensor) is not None for tensor in arguments.tensors_in(values, row)):
            raise NotImplementedError(
                f"Trying to use forward AD with {out_name(row)}_out that does not support it because it is an out= "
                "function"
            )
    return several_outs.returned(row, outs) if several else out


def check_no_leaves(row: Row, outs) -> None:
    """Raise ``RuntimeError`` where a leaf that requires grad, or a view of one, is to take a result."""
    for entry in outs:
        owner = entry if entry._base is None else entry._base
        if thread.grad_enabled and entry.requires_grad and owner.is_leaf:
            raise RuntimeError(
                f"aten::{row.name}(): functions with out=... arguments don't support automatic differentiation, but "
                "one of the arguments requires grad."
            )


def write_out(target: Tensor, result: Tensor, checked: bool = False) -> None:
    """Copy ``result`` into ``target``, resizing it first when the shapes differ. Dtypes may be ``checked`` already."""
    if not checked:
        check_cast(result.dtype, target.dtype)
    resize_out(target, result)
    inplace.check_overlap(target._array)
    found = result._array
    target._array[...] = found.real if result.dtype.is_complex and not target.dtype.is_complex else found
    inplace.bump_version(target)


def resize_out(target: Tensor, result: Tensor) -> None:
    """Give ``target`` the shape and order of ``result``, with a warning where it held elements."""
    if target._array.shape != result._array.shape:
        if target._array.size:
            warn_once(
                "An output with one or more elements was resized since it had shape "
                f"{list(target._array.shape)}, which does not match the required output shape "
                f"{list(result._array.shape)}. This behavior is deprecated, and in a future PyTorch release outputs "
                "will not be resized unless they have zero elements. You can explicitly reuse an out tensor t by "
                "resizing it, inplace, to zero elements with t.resize_(0)."
            )
        target._array = dense_like(result._array, target.dtype.numpy)
        target._storage.owner = target._array
