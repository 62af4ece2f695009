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
from .._tensor import Tensor, make, wrapped_number
from ..graph import inplace
from ..graph.edges import NO_EDGE, gradient_edge, set_history
from ..graph.node import NotImplementedNode
from ..graph.saved import SavedTensor
from ..devices import CPU
from ..dtypes import FLOATING, bfloat16
from ..overrides import dispatch as dispatch_to_subclass
from ..overrides import dispatches
from ..promotion import can_cast_dtype, defaults, result_dtype
from . import arguments
from .dims import broadcast_shape
from .table import AS_IS, FLOAT, Row, SavedList

FUNCTIONS: dict[str, object] = {}
METHODS: dict[str, object] = {}
_NUMBERS = (int, float, bool, complex)
_OPERANDS = (Tensor, int, float, complex, np.number)


# -- step 3: compute ------------------------------------------------------------------------------------------


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
                value = value._array
            elif type(value) in (list, tuple) and any(isinstance(entry, Tensor) for entry in value):
                value = [entry._array if isinstance(entry, Tensor) else entry for entry in value]
            arguments.append(value)
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
            array = value._array
            arguments[position] = array if array.dtype == wanted else array.astype(wanted)
            if shape is None:
                shape = array.shape
            elif shape != array.shape:
                shape = broadcast_shape(shape, array.shape)
        elif type(value) in (list, tuple):
            arguments[position] = [tensor._array.astype(wanted, copy=False) for tensor in value]
        elif value is not None:
            arguments[position] = np.array(value).astype(wanted)
    return arguments


def wrap_outputs(computed, place, row: Row):
    if type(computed) is tuple:
        return tuple(make(as_array(entry), place) for entry in computed)
    return make(as_array(computed), place)


def as_array(computed) -> np.ndarray:
    """NumPy turns 0-dim results into scalars; tensors need arrays."""
    return computed if type(computed) is np.ndarray else np.array(computed)


# -- step 4: record -------------------------------------------------------------------------------------------


def any_requires_grad(values: list, row: Row) -> bool:
    for position in row.tensor_positions:
        value = values[position]
        if isinstance(value, Tensor):
            if value._meta is not None and value.requires_grad:
                return True
        elif type(value) in (list, tuple):
            if any(t is not None and isinstance(t, Tensor) and t.requires_grad for t in value):
                return True
    return False


def new_node(row: Row, values: list, node_class: type | None = None):
    """The node of a call with its edges, and the mask of derivatives that will be needed."""
    edges: list = []
    mask = []
    lengths = None
    for formula in row.formulas:
        value = values[formula.position]
        if formula.listed:
            listed = [gradient_edge(tensor) if tensor.requires_grad else NO_EDGE for tensor in value]
            edges.extend(listed)
            mask.append(any(edge is not NO_EDGE for edge in listed))
            lengths = lengths or {}
            lengths[formula.position] = len(listed)
        elif isinstance(value, Tensor) and value._meta is not None:
            edge = gradient_edge(value)
            edges.append(edge)
            mask.append(value.requires_grad)
        else:
            edges.append(NO_EDGE)
            mask.append(False)
    node = (node_class or row.node_class)(tuple(edges))
    if lengths is not None:
        node.list_lengths = lengths
    return node, tuple(mask)


def save(node, row: Row, mask: tuple, values: list, outputs: tuple, original_self=None, on_view: bool = False) -> None:
    """Keep what the needed derivatives name. ``original_self`` is the value before an in-place write.

    Without ``outputs`` only what is known before the operation runs; with them, what ``node`` does not have yet.
    """
    saved = node.saved
    for name, source in row.plan(mask):
        kind = source[0]
        if name in saved or (kind == "output" and not outputs):
            continue
        if kind == "input":
            value = values[source[1]]
            if original_self is not None and source[1] == 0:
                value = original_self
            if isinstance(value, Tensor):
                saved[name] = SavedTensor(value)
            elif row.parameters[source[1]].is_tensor and value is not None:
                if type(value) in (list, tuple):
                    saved[name] = SavedList(
                        SavedTensor(entry) if isinstance(entry, Tensor) else None for entry in value
                    )
                else:
                    saved[name] = SavedTensor(wrapped_number(value))
            else:
                saved[name] = value
        elif kind == "output":
            saved[name] = SavedTensor(outputs[source[1]], True, on_view)
        else:
            saved[name] = source[2](values[source[1]])


def fill_facts(node, row: Row, values: list, mask: tuple) -> None:
    """Plain parameters and facts are kept whatever is needed: they show as ``_saved_NAME``."""
    saved = node.saved
    for index, formula in enumerate(row.formulas):
        if mask[index]:
            continue
        for name in formula.names:
            if name in saved:
                continue
            source = row._source(name)
            if source[0] == "input" and not row.parameters[source[1]].is_tensor:
                saved[name] = values[source[1]]
            elif source[0] == "fact" and isinstance(values[source[1]], Tensor):
                saved[name] = source[2](values[source[1]])


def record(row: Row, values: list, outputs: tuple) -> None:
    """Attach a new node to the ``outputs`` of a call that is being recorded."""
    if row.node_class is None:
        edges = tuple(
            gradient_edge(values[position])
            for position in row.tensor_positions
            if isinstance(values[position], Tensor)
        )
        node, mask = NotImplementedNode(edges, row.name), None
    else:
        node, mask = new_node(row, values)
        node.saved = {}
    for name, output in zip(row.outputs, outputs, strict=False):
        if output.dtype.is_differentiable and name not in row.non_differentiable_outputs:
            set_history(output, node)
        else:
            array = output._array
            node.input_metadata.append((array.shape, output.dtype, output._storage.device))
    for output in outputs[len(row.outputs) :]:
        set_history(output, node)
    if mask is not None:
        save(node, row, mask, values, outputs)
        if False in mask:
            fill_facts(node, row, values, mask)


def finish(row: Row, values: list, outputs: tuple) -> None:
    """Steps 4 and 5 for fresh results and views."""
    if row.differentiable:
        if thread.grad_enabled and not thread.inference and any_requires_grad(values, row):
            record(row, values, outputs)
        if process.forward_level >= 0 and not thread.inference:
            from ..autograd import forward_ad

            forward_ad.propagate(row, values, outputs)


# -- the kinds of calls ---------------------------------------------------------------------------------------


def run(row: Row, values: list):
    """Call a row with bound arguments, out of place."""
    if row.view:
        return run_view(row, values)
    if thread.grad_enabled:
        look_at_views(values, row)
    if row.lone:
        # One tensor, taken as it is: nothing to promote, no devices to compare.
        place = values[0]._storage.device
        computed = row.forward(values[0]._array, *values[1:])
    else:
        place = place_of(values, row)
        computed = row.forward(*arrays_of(values, row))
    results = wrap_outputs(computed, place, row)
    outputs = results if type(results) is tuple else (results,)
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
    if thread.grad_enabled and base._meta is not None and base._meta.view is not None:
        inplace.view_grad_fn(base)
    arrays = row.forward(base._array, *values[1:])
    replay = (lambda root: row_callable(row)(root, *values[1:])) if row.replayed else None
    if type(arrays) is np.ndarray:
        view = inplace.make_view(base, arrays, replay)
        if row.replayed:
            from ..dtypes import BY_NUMPY

            view.dtype = BY_NUMPY[arrays.dtype]
        finish(row, values, (view,))
        return view
    views = tuple(inplace.make_view(base, array, None, multi_output=row.multi_output) for array in arrays)
    finish(row, values, views)
    return views


def row_callable(row: Row):
    return lambda *values: run(row, list(values))


def run_in_place(row: Row, values: list):
    """Call the in-place variant of a row: write into ``self``, its first argument, and rebase its history."""
    target = values[0]
    records = any_requires_grad(values, row)
    inplace.check_inplace(target, records)
    place_of(values, row)
    destination = target._array
    if 0 in destination.strides:
        check_expanded(row, values, destination)
    for position in row.tensor_positions[1:]:
        if isinstance(values[position], Tensor) and values[position]._storage is target._storage:
            inplace.check_partial_overlap(destination, values[position]._array)
    recording = records and thread.grad_enabled and not thread.inference and row.differentiable
    original = node = mask = None
    tracks_tangents = process.forward_level >= 0 and not thread.inference
    if recording:
        node, mask = new_node(row, values, row.in_place_class) if row.node_class else (None, None)
        if node is None:
            node, mask = NotImplementedNode((gradient_edge(target),), row.name + "_"), ()
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
    """Writes to expanded memory: one value may go everywhere, indexed writes warn, all others raise ``RuntimeError``."""
    if row.name in ("zero", "fill"):
        return
    if row.name not in ("index_put", "masked_fill"):
        inplace.check_overlap(destination)
        return
    names = [("index_put_", "indices] = tensor")] if row.name == "index_put" else []
    masked = row.name == "index_put" and len(values[1]) == 1 and values[1][0].dtype.kind == 0 and not values[2].ndim
    if masked or row.name == "masked_fill":
        names.append(("masked_fill_", "mask] = scalar"))
    for name, form in names:
        warn_once(
            f"Use of {name} on expanded tensors is deprecated. Please clone() the tensor before performing this operation. "
            f"This also applies to advanced indexing e.g. tensor[{form}"
        )


def _saves_self(row: Row, mask) -> bool:
    return bool(mask) and any(
        source == ("input", 0) for _, source in row.plan(mask)
    )


def _detached_copy(tensor: Tensor) -> Tensor:
    """The value before a write, with its history but memory of its own."""
    from .elementwise import clone

    return clone(tensor)


def write(destination: np.ndarray, computed: np.ndarray, dtype) -> None:
    """Put a computed result into existing memory. Raises ``RuntimeError`` where dtype or shape do not fit."""
    found = computed.dtype
    if found != destination.dtype:
        from ..dtypes import BY_NUMPY

        source = BY_NUMPY[found]
        if not can_cast_dtype(source, dtype):
            raise RuntimeError(
                f"result type {source.scalar} can't be cast to the desired output type {dtype.scalar}"
            )
    if computed.shape != destination.shape:
        raise RuntimeError(
            f"output with shape {list(destination.shape)} doesn't match the broadcast shape {list(computed.shape)}"
        )
    destination[...] = computed


def run_out(row: Row, values: list, out):
    """Call a row and write its result into ``out``. Nothing is recorded, so nothing may require grad."""
    outs = out if type(out) in (tuple, list) else (out,)
    for entry in outs:
        if not isinstance(entry, Tensor):
            raise TypeError(f"{row.name}(): argument 'out' must be Tensor, not {type(entry).__name__}")
    if thread.grad_enabled and (any_requires_grad(values, row) or any(entry.requires_grad for entry in outs)):
        raise RuntimeError(
            f"{row.name}(): functions with out=... arguments don't support automatic differentiation, but one of "
            "the arguments requires grad."
        )
    if process.forward_level >= 0 and not thread.inference:
        from ..autograd.forward_ad import tangent_of

        if any(tangent_of(tensor) is not None for tensor in arguments.tensors_in(values, row)):
            raise NotImplementedError(
                f"Trying to use forward AD with {row.name}_out that does not support it because it is an out= function"
            )
    for tensor in arguments.tensors_in(values, row):
        for entry in outs:
            if tensor._storage is entry._storage:
                inplace.check_partial_overlap(entry._array, tensor._array)
    recording, thread.grad_enabled = thread.grad_enabled, False
    try:
        results = run(row, values)
    finally:
        thread.grad_enabled = recording
    for entry, result in zip(outs, results if type(results) is tuple else (results,), strict=False):
        write_out(entry, result)
    return out


def write_out(target: Tensor, result: Tensor) -> None:
    """Copy ``result`` into ``target``, resizing it first when the shapes differ."""
    if not can_cast_dtype(result.dtype, target.dtype):
        raise RuntimeError(
            f"result type {result.dtype.scalar} can't be cast to the desired output type {target.dtype.scalar}"
        )
    if target._array.shape != result._array.shape:
        if target._array.size:
            warn_once(
                "An output with one or more elements was resized since it had shape "
                f"{list(target._array.shape)}, which does not match the required output shape "
                f"{list(result._array.shape)}. This behavior is deprecated, and in a future PyTorch release outputs "
                "will not be resized unless they have zero elements. You can explicitly reuse an out tensor t by "
                "resizing it, inplace, to zero elements with t.resize_(0)."
            )
        target._array = np.empty(result._array.shape, target.dtype.numpy)
        target._storage.owner = target._array
    inplace.check_overlap(target._array)
    target._array[...] = result._array
    inplace.bump_version(target)


# -- steps 1 and 2: callables ---------------------------------------------------------------------------------


def publish(row: Row, method: bool | str, function: bool | str):
    """Make the callables of a row and register them under its public names."""
    call = make_callable(row)
    if method:
        name = method if isinstance(method, str) else row.name
        METHODS[name] = arguments.overload(METHODS.get(name), call, row)
    if function:
        name = function if isinstance(function, str) else row.name
        FUNCTIONS[name] = arguments.overload(FUNCTIONS.get(name), call, row)
    if row.in_place:
        in_place = make_in_place(row)
        name = row.name + "_"
        if method:
            METHODS[name] = arguments.overload(METHODS.get(name), in_place, row)
        if function:
            FUNCTIONS[name] = arguments.overload(FUNCTIONS.get(name), in_place, row)
    return call


def make_callable(row: Row):
    tensors = [row.parameters[position] for position in row.tensor_positions]
    if not row.view and len(row.outputs) == 1 and row.return_type is None and row.differentiable and row.node_class:
        if len(row.parameters) == 1 and tensors[0].kind == "Tensor":
            return make_unary(row)
    if (
        row.promote not in (AS_IS,)
        and len(row.outputs) == 1
        and len(tensors) == 2
        and row.tensor_positions == (0, 1)
        and tensors[1].kind == "Operand"
        and all(p.keyword_only for p in row.parameters[2:])
    ):
        return make_binary(row)
    return make_general(row)


def named(call, row: Row, suffix: str = ""):
    call.__name__ = call.__qualname__ = row.name + suffix
    call.__module__ = "torch"
    call.row = row
    return call


def make_general(row: Row):
    bind = arguments.binder(row)

    def execute(public, values, args, kwargs, out):
        if not row.lone or type(values[0]) is not Tensor:
            relevant = arguments.tensors_in(values, row)
            if dispatches(relevant):
                return dispatch_to_subclass(public, relevant, args, kwargs if out is None else {**kwargs, "out": out})
        if out is not None:
            return run_out(row, values, out)
        return run(row, values)

    def call(*args, **kwargs):
        out = kwargs.pop("out", None) if kwargs and row.takes_out else None
        return execute(call, arguments.bound(bind, args, kwargs), args, kwargs, out)

    call.bind, call.execute = bind, execute
    return named(call, row)


def make_unary(row: Row):
    """A faster path for one tensor and nothing else."""
    general = make_general(row)
    forward, promote = row.forward, row.promote
    as_is = promote == AS_IS

    def call(self, *args, **kwargs):
        if args or kwargs or (type(self) is not Tensor and getattr(self, "_dispatches", True)):
            return slow(self, *args, **kwargs)
        array = self._array
        if not as_is and promote == FLOAT and self.dtype.kind < FLOATING:
            array = array.astype(defaults.dtype.numpy)
        computed = forward(array)
        result = make(
            computed if type(computed) is np.ndarray else np.array(computed), self._storage.device
        )
        if process.forward_level >= 0:
            finish(row, [self], (result,))
        elif self._meta is not None and thread.grad_enabled and self.requires_grad and not thread.inference:
            node = row.node_class((gradient_edge(self),))
            set_history(result, node)
            saved = node.saved = {}
            for name, source in row.plan((True,)):
                kind = source[0]
                if kind == "input":
                    saved[name] = SavedTensor(self)
                elif kind == "output":
                    saved[name] = SavedTensor(result, True)
                else:
                    saved[name] = source[2](self)
        return result

    def slow(*args, **kwargs):
        if args and getattr(args[0], "_dispatches", False) and dispatches(args[:1]):
            return dispatch_to_subclass(call, args[:1], args, kwargs)
        return general(*args, **kwargs)

    call.bind, call.execute = general.bind, general.execute
    return named(call, row)


_BOTH, _LEFT, _RIGHT = (True, True), (True, False), (False, True)


def make_binary(row: Row, operator: bool = False):
    """A faster path for two operands of one dtype, or a tensor and a number of no higher kind.

    As a Python operator it answers ``NotImplemented`` to operands that it does not know.
    """
    general = make_general(row)
    forward, node_class = row.forward, row.node_class
    extra = list(row.defaults[2:])
    simple = row.promote
    differentiable = row.differentiable and node_class is not None
    floats_only = simple == FLOAT

    def call(self, other, **kwargs):
        if kwargs or process.forward_level >= 0 or type(self) is not Tensor and getattr(self, "_dispatches", True):
            return slow(self, other, **kwargs)
        kind = type(other)
        dtype = self.dtype
        if (floats_only and dtype.kind < FLOATING) or dtype is bfloat16:
            return slow(self, other)
        place = self._storage.device
        if kind is Tensor or (isinstance(other, Tensor) and not other._dispatches):
            operand = other._array
            if other.dtype is not dtype or other._storage.device is not place:
                if not other._wrapped or other.dtype.kind > dtype.kind or dtype.kind < FLOATING:
                    return slow(self, other)
                operand = operand[()].item()  # a number that was saved: weak again
                if self._array.ndim == 0 and self._wrapped:
                    return slow(self, other)
                other_meta = None
            elif operand.shape != self._array.shape and not _broadcasts(self._array.shape, operand.shape):
                return slow(self, other)
            other_meta = other._meta
        elif (kind is float and dtype.kind >= FLOATING) or (kind is int and dtype.kind >= FLOATING):
            operand = other
            other_meta = None
        else:
            return slow(self, other)
        computed = forward(self._array, operand, *extra) if extra else forward(self._array, operand)
        result = make(computed if type(computed) is np.ndarray else np.array(computed), place)
        if thread.grad_enabled:
            meta = self._meta
            left = meta is not None and self.requires_grad
            right = other_meta is not None and other.requires_grad
            if (left or right) and not thread.inference:
                if differentiable:
                    _record_binary(row, self, other, result, left, right, extra)
                elif row.differentiable:
                    record(row, [self, other, *extra], (result,))
        return result

    def slow(*args, **kwargs):
        if operator and not isinstance(args[1], _OPERANDS):
            return NotImplemented
        if any(getattr(value, "_dispatches", False) for value in args) and dispatches(args):
            return dispatch_to_subclass(call, args, args, kwargs)
        return general(*args, **kwargs)

    call.bind, call.execute = general.bind, general.execute
    return named(call, row)


def _broadcasts(a: tuple, b: tuple) -> bool:
    if len(a) != len(b):
        short = min(len(a), len(b))
        a, b = a[len(a) - short :], b[len(b) - short :]
    for left, right in zip(a, b, strict=True):
        if left != right and left != 1 and right != 1:
            return False
    return True


def _record_binary(row: Row, self, other, result, left: bool, right: bool, extra: list) -> None:
    is_tensor = isinstance(other, Tensor)
    if len(row.formulas) == 2:
        node = row.node_class(
            (gradient_edge(self) if left else NO_EDGE, gradient_edge(other) if right else NO_EDGE)
        )
        mask = _BOTH if left and right else (_LEFT if left else _RIGHT)
    else:
        values = [self, other, *extra]
        node, mask = new_node(row, values)
    set_history(result, node)
    saved = node.saved = {}
    for name, source in row.plan(mask):
        if source[0] == "input":
            position = source[1]
            if position == 0:
                saved[name] = SavedTensor(self)
            elif position == 1:
                saved[name] = SavedTensor(other if is_tensor else wrapped_number(other))
            else:
                saved[name] = extra[position - 2]
        elif source[0] == "output":
            saved[name] = SavedTensor(result, True)
        else:
            saved[name] = source[2](self if source[1] == 0 else other)
    if mask is not _BOTH and row.plan(_BOTH) != row.plan(mask):
        fill_facts(node, row, [self, other, *extra], mask)


def make_in_place(row: Row):
    bind = arguments.binder(row)

    def execute(public, values, args, kwargs, out):
        relevant = arguments.tensors_in(values, row)
        if dispatches(relevant):
            return dispatch_to_subclass(public, relevant, args, kwargs)
        return run_in_place(row, values)

    def call(*args, **kwargs):
        return execute(call, arguments.bound(bind, args, kwargs), args, kwargs, None)

    call.bind, call.execute = bind, execute
    return named(call, row, "_")
