"""What a row of the operation table says, and what is derived from it.

    op("mul(Tensor self, Operand other)", np.multiply, promote=COMMON, in_place=True,
       self=lambda grad, other: grad * other.conj(),
       other=lambda grad, self: grad * self.conj(),
       jvp=lambda self_t, other_t, self, other: self_t * other + other_t * self)

The signature names the parameters; the second argument computes on ndarrays; each keyword named like a parameter
is that parameter's derivative, written with the engine's own operations (so it is differentiable itself).

**The parameter names of the derivatives say what the operation saves**, and hence which in-place writes will make
backward raise: ``self`` and ``other`` above save the inputs, ``result`` (or a named output) saves the output, the
name of a non-tensor parameter keeps its value, and ``self_sym_sizes``, ``self_sym_numel``, ``self_sym_strides`` and
``self_scalar_type`` keep facts about a tensor without the tensor. An input is saved only when a derivative that
names it will be needed. ``grad`` is the incoming gradient, ``grads`` all of them where there are several outputs.

``jvp`` is the forward-mode derivative: ``"linear"`` (apply the operation to the tangents), ``"elementwise"`` (reuse
the derivatives), or a function whose ``NAME_t`` parameters are tangents.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field

from ..arithmetic import beside_number
from ..dtypes import BY_NUMPY
from ..graph.node import Node
from ..graph.saved import SavedTensor, all_shown, shown
from ..memory_order import in_rows

# How operands are brought to one dtype before the forward function sees them.
AS_IS, COMMON, FLOAT, COMPARE = "as is", "common", "float", "compare"

_PARAMETER = re.compile(r"(?P<kind>[A-Za-z]+(?:\?\[\]|\[\])?(?:\.\.\.)?\??) (?P<name>\w+)(?:=(?P<default>.+))?$")
# Rows that take a ``dtype`` to compute in; memory given for the result decides it where none is stated.
SUMMING = ("sum", "nansum", "prod", "cumsum", "cumprod")
_TENSOR_KINDS = ("Tensor", "Tensor?", "Operand", "Number", "Tensor[]", "Tensor?[]")
_METADATA = {
    "sym_sizes": lambda tensor: tensor._array.shape,
    "sym_numel": lambda tensor: tensor._array.size,
    "sym_strides": lambda tensor: tensor.stride(),
    "scalar_type": lambda tensor: tensor.dtype,
    "dim": lambda tensor: tensor._array.ndim,
    "sym_argsize_0": lambda tensor: tensor._array.shape[0],
    "sym_argsize_1": lambda tensor: tensor._array.shape[1],
    "sym_argsize_2": lambda tensor: tensor._array.shape[2],
    "sym_argsize_minus_1": lambda tensor: tensor._array.shape[-1],
    "sym_argsize_minus_2": lambda tensor: tensor._array.shape[-2],
}
_HIDDEN = ("_scalar_type",)
REQUIRED = inspect.Parameter.empty


@dataclass(slots=True)
class Parameter:
    """One parameter of a signature."""

    name: str
    kind: str
    default: object
    keyword_only: bool

    @property
    def is_tensor(self) -> bool:
        return self.kind in _TENSOR_KINDS


@dataclass(slots=True)
class Formula:
    """The derivative for one input: which parameter it belongs to, and the names its function asks for."""

    position: int
    function: object
    names: tuple[str, ...]
    whole: bool  # takes all incoming gradients (`grads`), not the first one
    listed: bool  # the parameter is a list of tensors; the function returns a list


@dataclass(slots=True, eq=False)
class Row:
    """One operation (one overload of it)."""

    name: str
    parameters: list[Parameter]
    outputs: tuple[str, ...]
    forward: object
    promote: str
    formulas: list[Formula]
    jvp: object
    view: bool
    multi_output: bool
    replayed: bool
    in_place: bool
    differentiable: bool
    non_differentiable_outputs: tuple[str, ...]
    return_type: object
    takes_out: bool
    node_class: type | None = None
    tensor_positions: tuple[int, ...] = ()
    differentiated: tuple[int, ...] = ()
    defaults: tuple = ()
    plans: dict = field(default_factory=dict)
    saves: tuple[str, ...] = ()
    positions: dict = field(default_factory=dict)
    check: object = None
    in_place_class: type | None = None  # the in-place variant's own node class, where its name differs
    real_only: bool = False  # a complex result cannot be differentiated
    demands: object = None  # of a view: called with the arguments, raises for what the memory alone does not tell
    together: bool = False  # one formula of PyTorch gives all derivatives, and keeps what any of them names
    apart: bool = False  # an input is kept only for a derivative that is needed, however many name it
    operands: tuple[int, ...] = ()  # of an elementwise operation: those that decide how its result lies in memory
    copies: bool = False  # of a view: with out= it is unknown to autograd
    fills_tangents: bool | tuple[str, ...] = False  # of all or these: zeros take the place of tangents, and take part
    numbers: tuple[int, ...] = ()  # operands that, as numbers beside half precision, keep that of float32
    lone: bool = False  # its only tensor is the first parameter, and is computed with as it is

    def plan(self, mask: tuple) -> tuple:
        """What to save when the inputs in ``mask`` need gradients: a tuple of ``(name, source)``.

        A source is ``("input", position)``, ``("output", index)`` or ``("fact", position, function)``. Values are
        packed and unpacked in this order: inputs by name, then outputs by name.
        """
        found = self.plans.get(mask)
        if found is None:
            wanted: dict[str, tuple] = {}
            for index, formula in enumerate(self.formulas):
                for name in formula.names:
                    if mask[index] or (any(mask) and self._is_kept_anyway(name)):
                        wanted[name] = self._source(name)
            found = self.plans[mask] = tuple(sorted(wanted.items(), key=lambda item: (item[1][0] == "output", item[0])))
        return found

    def facts(self, mask: tuple) -> tuple:
        """What is kept besides, because it shows as ``_saved_NAME``: numbers and facts, whatever ``mask`` needs."""
        found = self.plans.get((mask,))
        if found is None:
            planned = {name for name, _ in self.plan(mask)}
            names = {name: self._source(name) for index, formula in enumerate(self.formulas)
                     for name in formula.names if not mask[index] and name not in planned}  # fmt: skip
            found = self.plans[(mask,)] = tuple(
                (name, source)
                for name, source in names.items()
                if source[0] == "fact" or (source[0] == "input" and not self.parameters[source[1]].is_tensor)
            )
        return found

    def _is_kept_anyway(self, name: str) -> bool:
        """PyTorch leaves out only an input that a single derivative, one not needed, asks for; no optional one."""
        kind, position = self._source(name)[:2]
        if kind == "input" and self.parameters[position].kind == "Tensor?":
            return True
        users = sum(name in formula.names for formula in self.formulas)
        return kind == "output" or (kind == "input" and (self.together or users > 1) and not self.apart)

    def _source(self, name: str) -> tuple:
        if name in self.positions:
            return ("input", self.positions[name])
        if name in self.outputs:
            return ("output", self.outputs.index(name))
        for suffix, function in _METADATA.items():
            owner = name.removesuffix("_" + suffix)
            if owner != name and owner in self.positions:
                return ("fact", self.positions[owner], function)
        raise ValueError(f"{self.name}: derivative names the unknown value {name!r}")


class OperationNode(Node):
    """The node of a row: applies the row's derivatives to the saved values."""

    row: Row
    saved: dict
    drops_imaginary = False

    def apply(self, grads: list, wants) -> list:
        row = self.row
        edges = self.next_edges
        results = [None] * len(edges)
        grad = grads[0]
        values = {}
        for name, value in self.saved.items():
            kind = type(value)
            if kind is SavedTensor:
                value = value.unpack(self)
            elif kind is SavedList:
                value = _unpack_all(value, self)
            values[name] = value
        if grad is None and (len(grads) == 1 or not any(g is not None for g in grads)):
            return results
        first = 0
        for formula in row.formulas:
            if formula.listed:
                count = self.list_lengths[formula.position]
                needed = any(_is_wanted(edge, wants) for edge in edges[first : first + count])
            else:
                count = 1
                edge = edges[first]
                needed = edge[0] is not None and (wants is None or wants(edge))
            if needed:
                incoming = grads if formula.whole else grad
                names = formula.names
                if not names:
                    result = formula.function(incoming)
                elif len(names) == 1:
                    result = formula.function(incoming, values.get(names[0]))
                else:
                    result = formula.function(incoming, *[values.get(name) for name in names])
                if formula.listed:
                    results[first : first + count] = result
                else:
                    results[first] = result
            first += count
        return results

    def release(self) -> None:
        for value in self.saved.values():
            if type(value) is SavedTensor:
                value.release()
            elif type(value) is SavedList:
                for entry in value:
                    if entry is not None:
                        entry.release()


def _is_wanted(edge: tuple, wants) -> bool:
    return edge[0] is not None and (wants is None or wants(edge))


class SavedList(tuple):
    """The saved tensors of a list parameter."""

    __slots__ = ()


def _unpack_all(saved: SavedList, node: Node) -> tuple:
    return tuple(None if entry is None else entry.unpack(node) for entry in saved)


def _unsigned(value):
    """PyTorch shows saved integers, dimensions and positions above all, as unsigned numbers."""
    if type(value) is tuple:
        return tuple(map(_unsigned, value))
    return value + 2**64 if type(value) is int and value < 0 else value


def _saved_property(name: str, whole: bool):
    def read(node):
        value = node.saved.get(name)
        if type(value) is SavedTensor:
            return value.unpack(node)
        if type(value) is SavedList:
            return _unpack_all(value, node)
        return _unsigned(value) if whole or name.startswith(("dim", "index")) else value

    return property(read)


def _raw_property(name: str):
    def read(node):
        value = node.saved.get(name)
        return all_shown(value) if type(value) is SavedList else shown(value)

    return property(read)


def parse(signature: str) -> tuple[str, list[Parameter], tuple[str, ...]]:
    """Split ``"name(Kind a, *, Kind b=1) -> out, out"`` into name, parameters and output names."""
    head, _, returned = signature.partition(" -> ")
    name, _, inside = head[:-1].partition("(")
    parameters = []
    keyword_only = False
    for text in filter(None, inside.split(", ")):
        if text == "*":
            keyword_only = True
            continue
        match = _PARAMETER.match(text)
        if match is None:
            raise ValueError(f"cannot read parameter {text!r} of {signature!r}")
        default = REQUIRED
        if match["default"] is not None:
            default = _default(match["default"])
        parameters.append(Parameter(match["name"], match["kind"], default, keyword_only))
    outputs = tuple(returned.split(", ")) if returned else ("result",)
    return name, parameters, outputs


_DEFAULTS = {
    "None": None, "True": True, "False": False, "()": (), "0": 0, "1": 1, "-1": -1, "2": 2,
    "-2": -2, "(0,1)": (0, 1), "-100": -100, "10": 10,
}  # fmt: skip


def _default(text: str):
    if text.startswith("'"):
        return text.strip("'")
    if text in _DEFAULTS:
        return _DEFAULTS[text]
    return int(text) if text.lstrip("-").isdigit() else float(text)


ROWS: list[Row] = []


def parameter_names(function) -> tuple[str, ...]:
    """The names of a rule's parameters: they say what it needs."""
    code = getattr(function, "__code__", None)
    if code is None or hasattr(function, "__signature__"):
        return tuple(inspect.signature(function).parameters)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def guarded(forward, refuses):
    """``forward`` behind a check of its first array's kind. Raises what PyTorch's kernel raises."""

    def checked(first, *rest):
        kind = first.dtype.kind
        for kinds, said in refuses:
            if kind in kinds:
                if said.startswith("?") and not first.size:
                    break
                said = said.removeprefix("?")
                if " " in said:
                    raise (RuntimeError if said.startswith("!") else NotImplementedError)(said.removeprefix("!"))
                raise NotImplementedError(f"\"{said}\" not implemented for '{BY_NUMPY[first.dtype].scalar}'")
        return forward(first, *rest)

    return checked


def contiguous(forward):
    """``forward`` with results in row-major order."""

    def compute(*values):
        return in_rows(forward(*values))

    return compute


def node_type(name: str, row: Row, hidden: tuple[str, ...] = ()) -> type:
    """The class of a row's nodes, with a ``_saved_NAME`` attribute for everything the row may save."""
    members: dict = {"row": row, "__module__": "builtins"}
    tensors = set(row.outputs) | {p.name for p in row.parameters if p.is_tensor}
    kinds = {p.name: p.kind for p in row.parameters}
    for formula in row.formulas:
        for saved in formula.names:
            if saved in hidden:
                continue
            if not saved.endswith(_HIDDEN):
                members[f"_saved_{saved}"] = _saved_property(saved, kinds.get(saved, "").startswith("int"))
            if saved in tensors:
                members[f"_raw_saved_{saved}"] = _raw_property(saved)
    if name == "CopyBackwards":
        members["name"] = lambda self: "torch::autograd::CopyBackwards"
    return type(name, (OperationNode,), members)


def camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def op(
    signature: str,
    forward,
    *,
    promote: str = AS_IS,
    node: str | None = None,
    jvp=None,
    view: bool = False,
    multi_output: bool = False,
    replayed: bool = False,
    in_place: bool = False,
    differentiable: bool = True,
    non_differentiable: tuple[str, ...] = (),
    returns=None,
    method: bool | str = True,
    function: bool | str = True,
    out: bool = True,
    in_place_node: str | None = None,
    hidden: tuple[str, ...] = (),
    refuses: tuple[tuple[str, str], ...] = (),
    real_only: bool = False,
    demands=None,
    check=None,
    together: bool = False,
    apart: bool = False,
    fills_tangents: bool | tuple[str, ...] = False,
    drops_imaginary: bool = False,
    elementwise: bool | tuple[int, ...] | None = None,
    row_major: bool = False,
    numbers: tuple[int, ...] = (),
    **derivatives,
):
    """Add a row to the table and return the callable that runs it.

    ``hidden`` names saved values that do not show as attributes of the node. ``refuses`` lists pairs of NumPy kinds
    (``b`` bool, ``iu`` integers, ``c`` complex) and what to say about them: a kernel's name (after ``?``, if it is not
    called for no elements), or a sentence (after ``!``, if that is a ``RuntimeError``).
    ``demands`` of a view is called with the arguments and raises for what its memory alone does not tell.
    ``check`` is called with the bound values before anything is promoted or computed, and raises what is wrong.
    ``drops_imaginary`` says that of a complex gradient for a real input the real part is taken; else it is refused.
    ``together`` says that PyTorch computes all derivatives at once, and keeps whatever any of them names; ``apart``
    that it keeps an input only for the derivatives that are needed, though several name it.
    ``elementwise`` says that the operands decide how the result lies in memory, in their order or that of the positions
    given. Where it is not said, it is so if dtypes are promoted. ``row_major`` results are contiguous.
    ``numbers`` are the positions of operands that the kernel takes in float32 where they are numbers, or have no
    dimensions, beside half precision.
    ``fills_tangents`` says that the rule for tangents computes with zeros where an operand, or one of
    those named, has none.
    ``real_only`` rows compute complex results but, out of place, refuse to record them.
    """
    from . import calls

    name, parameters, outputs = parse(signature)
    if refuses:
        forward = guarded(forward, refuses)
    if row_major:
        forward = contiguous(forward)
    if numbers:
        forward = beside_number(forward)
    names = [p.name for p in parameters]
    formulas = []
    for position, parameter in enumerate(parameters):
        if parameter.name in derivatives:
            derivative = derivatives.pop(parameter.name)
            first, *rest = parameter_names(derivative)
            formulas.append(
                Formula(position, derivative, tuple(rest), first == "grads", parameter.kind.startswith("Tensor[]"))
            )
    if derivatives:
        raise ValueError(f"{name}: no parameter for {sorted(derivatives)}")
    row = Row(
        name=name, parameters=parameters, outputs=outputs, forward=forward, promote=promote, formulas=formulas,
        jvp=jvp, view=view, multi_output=multi_output, replayed=replayed, in_place=in_place,
        differentiable=differentiable, non_differentiable_outputs=non_differentiable, return_type=returns,
        takes_out=out and not view, check=check, together=together, apart=apart, real_only=real_only, demands=demands,
    )  # fmt: skip
    row.fills_tangents = fills_tangents
    row.tensor_positions = tuple(i for i, p in enumerate(parameters) if p.is_tensor)
    if elementwise is None:
        elementwise = promote != AS_IS and not row_major
    row.operands = row.tensor_positions if elementwise is True else elementwise or ()
    row.lone = promote == AS_IS and row.tensor_positions == (0,) and parameters[0].kind == "Tensor"
    row.numbers = numbers
    row.differentiated = tuple(formula.position for formula in formulas)
    row.defaults = tuple(p.default for p in parameters)
    row.positions = {parameter: position for position, parameter in enumerate(names)}
    if formulas:
        row.node_class = node_type((node or camel(name) + "Backward0"), row, hidden)
        row.node_class.drops_imaginary = drops_imaginary
        row.in_place_class = node_type(in_place_node, row, hidden) if in_place_node else row.node_class
        row.in_place_class.drops_imaginary = drops_imaginary
    ROWS.append(row)
    return calls.publish(row, method, function)
