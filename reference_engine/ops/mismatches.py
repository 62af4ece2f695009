"""What is said of arguments that fit no signature.

Rule: torch's Python argument parser. A method counts its arguments without ``self``. Where several overloads have room
for the number of arguments that were given, all are listed; where one has, it says what is wrong with them.
"""

from __future__ import annotations

from ..dtypes import dtype as dtype_class
from . import several_outs
from .table import REQUIRED, Parameter, Row

TYPE_NAMES = {
    "Operand": "Tensor",
    "Scalar": "Number",
    "Tensor[]": "tuple of Tensors",
    "int[]": "tuple of ints",
    "int...": "tuple of ints",
    "dtype": "torch.dtype",
    "any": "object",
}
_ALSO_FITS = {"float": ("float", "int")}


class Mismatch(Exception):
    """The arguments do not fit a signature; becomes a ``TypeError`` when no other signature does.

    ``template`` may have a ``{}`` for the position of the argument, which a method counts without ``self``.
    """

    def __init__(self, template: str, position: int | None = None) -> None:
        super().__init__(template)
        self.template, self.position = template, position

    def said(self, method: bool) -> str:
        """The message to the caller of a function or of a method."""
        return self.template if self.position is None else self.template.format(self.position + 1 - method)


class TooMany(Mismatch):
    """More positional arguments than the signature has room for."""

    def __init__(self, name: str, least: int, most: int, given: int) -> None:
        super().__init__(name)
        self.name, self.least, self.most, self.given = name, least, most, given

    def said(self, method: bool) -> str:
        least, most, given = self.least - method, self.most - method, self.given - method
        if not most:
            return f"TensorBase.{self.name}() takes no arguments ({given} given)"
        span = str(most) if least == most else f"from {least} to {most}"
        return (
            f"{self.name}() takes {span} positional argument{'s' if most != 1 else ''} but "
            f"{given} {'were' if given != 1 else 'was'} given"
        )


def type_name(value) -> str:
    """The name of the value's type as messages show it."""
    return "torch.dtype" if isinstance(value, dtype_class) else type(value).__name__


def shown_kind(parameter: Parameter) -> str:
    """The type of a parameter as messages show it."""
    kind = parameter.kind.rstrip("?")
    return TYPE_NAMES.get(kind, kind)


def option(row: Row, method: bool) -> list[str]:
    """The signature of an overload, split where its text has commas."""
    texts, keywords = [], False
    parameters = row.parameters[1:] if method else row.parameters
    for parameter in parameters:
        if parameter.keyword_only and not keywords:
            keywords = True
            texts.append("*")
        kind = shown_kind(parameter)
        name = "input" if parameter.name == "self" and kind == "Tensor" else parameter.name
        texts.append(f"{kind} {name}" + ("" if parameter.default is REQUIRED else f" = {parameter.default}"))
    if row.takes_out and not method:
        texts += [*([] if keywords else ["*"]), f"{several_outs.shown(row)} out = None"]
    return texts or [""]


def _described(args, kwargs, fits=None) -> str:
    """The types of the arguments; those of which ``fits`` says no stand between exclamation marks."""
    entries = [(position, "", value) for position, value in enumerate(args)]
    entries += [(key, key + "=", value) for key, value in kwargs.items()]
    texts = []
    for place, prefix, value in entries:
        text = prefix + type_name(value)
        texts.append(text if fits is None or fits(place, value) else f"!{text}!")
    return f"({', '.join(texts)}{', ' if kwargs and not args else ''})"


def _why_not(texts: list[str], args, kwargs) -> str:
    """Why an overload with room for exactly these arguments does not take them."""
    if len(texts) != len(args) + len(kwargs):
        return ""
    kinds = [text.partition(" = ")[0].rpartition(" ")[0] for text in texts]
    names = [text.partition(" = ")[0].rpartition(" ")[2] for text in texts]
    unknown = [key for key in kwargs if key not in names]
    if unknown:
        return f"      didn't match because some of the keywords were incorrect: {', '.join(unknown)}\n"

    def fits(place, value) -> bool:
        kind = kinds[place] if isinstance(place, int) else kinds[names.index(place)]
        return type_name(value) in _ALSO_FITS.get(kind, (kind,))

    return (
        "      didn't match because some of the arguments have invalid types: " + _described(args, kwargs, fits) + "\n"
    )


def _has_room(row: Row, method: bool, given: int) -> bool:
    parameters = row.parameters[1:] if method else row.parameters
    least = sum(parameter.default is REQUIRED for parameter in parameters)
    return least <= given <= len(parameters) + (row.takes_out and not method)


def combination_error(name: str, candidates, args, kwargs, method: bool) -> TypeError:
    """What to raise when none of several overloads takes the arguments."""
    everything, args = args, args[1:] if method else args
    given = len(args) + len(kwargs)
    with_room = [candidate for candidate in candidates if _has_room(candidate.row, method, given)]
    if len(with_room) == 1:
        return TypeError(_told(with_room[0], everything, kwargs, method))
    return among(name, args, kwargs, [option(candidate.row, method) for candidate in candidates])


def among(name: str, args, kwargs, overloads) -> TypeError:
    """What to raise when none of the ``overloads``, each a list of texts, takes the arguments."""
    lines = [f" * ({', '.join(texts)})\n" + _why_not(texts, args, kwargs) for texts in overloads]
    return TypeError(
        f"{name}() received an invalid combination of arguments - got {_described(args, kwargs)}, "
        "but expected one of:\n" + "".join(lines)
    )


def _told(candidate, args, kwargs, method: bool) -> str:
    kwargs = dict(kwargs)
    out = kwargs.pop("out", None) if candidate.row.takes_out and not method else None
    try:
        candidate.bind(args, kwargs)
    except Mismatch as mismatch:
        return mismatch.said(method)
    if out is not None and not several_outs.accepts(candidate.row, out):
        return several_outs.wrong_type(candidate.row, out)
    raise AssertionError(f"{candidate.row.name} takes what it refused")
