"""The callables of the table: binding arguments, handing over to subclasses, short ways for the common cases."""

from __future__ import annotations

import numpy as np

from .._state import process, thread
from .._tensor import Tensor, make, wrapped_number
from ..arithmetic import cast
from ..dtypes import FLOATING, bfloat16, float16
from ..graph.edges import NO_EDGE, gradient_edge, set_history
from ..graph.saved import SavedTensor
from ..memory_order import arranged
from ..overrides import dispatch as dispatch_to_subclass
from ..overrides import dispatches
from ..promotion import defaults
from . import arguments
from .dispatch import run, run_in_place, run_out
from .recording import fill_facts, finish, new_node, record
from .table import AS_IS, FLOAT, REQUIRED, Row

FUNCTIONS: dict[str, object] = {}
METHODS: dict[str, object] = {}
_OPERANDS = (Tensor, int, float, complex, np.number)


def publish(row: Row, method: bool | str, function: bool | str):
    """Make the callables of a row and register them under its public names."""
    call = make_callable(row)
    if method:
        name = method if isinstance(method, str) else row.name
        own = make_callable(row, method=True, bind=call.bind)
        METHODS[name] = arguments.overload(METHODS.get(name), own, row, method=True)
    if function:
        name = function if isinstance(function, str) else row.name
        FUNCTIONS[name] = arguments.overload(FUNCTIONS.get(name), call, row)
        FUNCTIONS[name].__qualname__ = f"_VariableFunctionsClass.{name}"
    if row.in_place:
        in_place = make_in_place(row)
        name = row.name + "_"
        if method:
            own = make_in_place(row, method=True, bind=in_place.bind)
            METHODS[name] = arguments.overload(METHODS.get(name), own, row, method=True)
        if function:
            FUNCTIONS[name] = arguments.overload(FUNCTIONS.get(name), in_place, row)
    return call


def publish_in_place(*calls) -> None:
    """Make the in-place forms of rows the public ones, where those differ from what the other rows of the name do."""
    name = calls[0].row.name + "_"
    for table, method in ((METHODS, True), (FUNCTIONS, False)):
        found = None
        for call in calls:
            found = arguments.overload(found, make_in_place(call.row, method), call.row, method)
        table[name] = found


def combined(*calls):
    """One callable of several overloads, for a function that is published elsewhere."""
    found = None
    for call in calls:
        found = arguments.overload(found, call, call.row)
    return found


def make_callable(row: Row, method: bool = False, bind=None):
    """The public callable of a row: of a ``method``, messages count the arguments without ``self``."""
    tensors = [row.parameters[position] for position in row.tensor_positions]
    plain = not row.view and len(row.outputs) == 1 and row.return_type is None and not row.real_only
    if plain and row.differentiable and row.node_class and len(row.parameters) == 1 and tensors[0].kind == "Tensor":
        return make_unary(row, method)
    if (
        row.promote not in (AS_IS,)
        and len(row.outputs) == 1
        and len(tensors) == 2
        and row.tensor_positions == (0, 1)
        and tensors[1].kind == "Operand"
        and all(p.keyword_only for p in row.parameters[2:])
    ):
        return make_binary(row, method=method, bind=bind)
    return make_general(row, method, bind)


def named(call, row: Row, suffix: str = ""):
    call.__name__ = call.__qualname__ = row.name + suffix
    call.__module__ = "torch"
    call.row = row
    return call


def make_general(row: Row, method: bool = False, bind=None):
    bind = bind or arguments.binder(row)
    takes_out, lonely = row.takes_out and not method, method and len(row.parameters) == 1

    def execute(public, values, args, kwargs, out):
        if not row.lone or type(values[0]) is not Tensor:
            relevant = arguments.tensors_in(values, row)
            if dispatches(relevant):
                return dispatch_to_subclass(public, relevant, args, kwargs if out is None else {**kwargs, "out": out})
        if out is not None:
            return run_out(row, values, out)
        return run(row, values)

    def call(*args, **kwargs):
        if lonely and kwargs and args:
            raise TypeError(f"TensorBase.{row.name}() takes no keyword arguments")
        out = kwargs.pop("out", None) if kwargs and takes_out else None
        return execute(call, arguments.bound(bind, args, kwargs, method), args, kwargs, out)

    call.bind, call.execute = bind, execute
    return named(call, row)


_PLACE, _PLACES = (0,), (0, 1)


def make_unary(row: Row, method: bool = False):
    """A faster path for one tensor and nothing else."""
    general = make_general(row, method)
    forward, promote = row.forward, row.promote
    as_is = promote == AS_IS
    elementwise = bool(row.operands)

    def call(self, *args, **kwargs):
        if args or kwargs or (type(self) is not Tensor and getattr(self, "_dispatches", True)):
            return slow(self, *args, **kwargs)
        array = self._array
        if type(array) is not np.ndarray:
            return slow(self)
        if not as_is and promote == FLOAT and self.dtype.kind < FLOATING:
            array = cast(array, defaults.dtype.numpy)
        computed = forward(array)
        if type(computed) is not np.ndarray:
            computed = np.array(computed)
        elif elementwise and computed.ndim > 1:
            computed = arranged(computed, (array,), _PLACE)
        result = make(computed, self._storage.device)
        if process.forward_level >= 0:
            finish(row, [self], (result,))
        elif self._meta is not None and thread.grad_enabled and self.requires_grad and not thread.inference:
            edge = gradient_edge(self)
            node = row.node_class((edge,))
            set_history(result, node)
            saved = node.saved = {}
            for name, source in row.plan((edge is not NO_EDGE,)):
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


_BOTH = (True, True)


def make_binary(row: Row, operator: bool = False, method: bool = False, bind=None):
    """A faster path for two operands of one dtype, or a tensor and a number of no higher kind.

    As a Python operator it answers ``NotImplemented`` to operands that it does not know.
    """
    general = make_general(row, method, bind)
    forward, node_class = getattr(row.forward, "alike", row.forward), row.node_class
    extra = list(row.defaults[2:])
    simple = row.promote
    differentiable = row.differentiable and node_class is not None
    floats_only = simple == FLOAT
    second = row.parameters[1].name

    def call(self=REQUIRED, other=REQUIRED, *rest, **kwargs):
        if (
            rest
            or kwargs
            or process.forward_level >= 0
            or (type(self) is not Tensor and getattr(self, "_dispatches", True))
        ):
            return slow(self, other, *rest, **kwargs)
        kind = type(other)
        dtype = self.dtype
        if (floats_only and dtype.kind < FLOATING) or dtype is bfloat16 or dtype is float16:
            return slow(self, other)
        place = self._storage.device
        own = self._array
        if type(own) is not np.ndarray:
            return slow(self, other)
        if kind is Tensor or (isinstance(other, Tensor) and not other._dispatches):
            operand = other._array
            if type(operand) is not np.ndarray:
                return slow(self, other)
            if other.dtype is not dtype or other._storage.device is not place:
                if not other._wrapped or other.dtype.kind > dtype.kind or dtype.kind < FLOATING:
                    return slow(self, other)
                operand = operand[()].item()  # a number that was saved: weak again
                if own.ndim == 0 and self._wrapped:
                    return slow(self, other)
                other_meta = None
            elif operand.shape != own.shape and not _broadcasts(own.shape, operand.shape):
                return slow(self, other)
            other_meta = other._meta
        elif (kind is float and dtype.kind >= FLOATING) or (kind is int and dtype.kind >= FLOATING):
            operand = other
            other_meta = None
        else:
            return slow(self, other)
        computed = forward(own, operand, *extra) if extra else forward(own, operand)
        if type(computed) is not np.ndarray:
            computed = np.array(computed)
        elif computed.ndim > 1:
            computed = arranged(computed, (own, operand), _PLACES)
        result = make(computed, place)
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
        if args[1] is REQUIRED:
            args = () if args[0] is REQUIRED else args[:1]
        elif args[0] is REQUIRED:
            args, kwargs = (), {second: args[1], **kwargs}
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
    return all(left == right or left == 1 or right == 1 for left, right in zip(a, b, strict=True))


def _record_binary(row: Row, self, other, result, left: bool, right: bool, extra: list) -> None:
    is_tensor = isinstance(other, Tensor)
    if len(row.formulas) == 2:
        edges = (gradient_edge(self) if left else NO_EDGE, gradient_edge(other) if right else NO_EDGE)
        node = row.node_class(edges)
        mask = _BOTH if NO_EDGE not in edges else (edges[0] is not NO_EDGE, edges[1] is not NO_EDGE)
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
    if mask is not _BOTH and row.facts(mask):
        fill_facts(node, row, [self, other, *extra], mask)


def make_in_place(row: Row, method: bool = False, bind=None):
    bind = bind or arguments.binder(row, "_")
    lonely = method and len(row.parameters) == 1

    def execute(public, values, args, kwargs, out):
        relevant = arguments.tensors_in(values, row)
        if dispatches(relevant):
            return dispatch_to_subclass(public, relevant, args, kwargs)
        return run_in_place(row, values)

    def call(*args, **kwargs):
        if lonely and kwargs and args:
            raise TypeError(f"TensorBase.{row.name}_() takes no keyword arguments")
        return execute(call, arguments.bound(bind, args, kwargs, method), args, kwargs, None)

    call.bind, call.execute = bind, execute
    return named(call, row, "_")
