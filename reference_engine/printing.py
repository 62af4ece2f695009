"""How tensors look: `repr`, `str` and `torch.set_printoptions`.

The rule: all elements of a tensor share one number format, chosen from the finite non-zero
elements; elements are padded to one width, rows are broken at `linewidth`, and what the numbers do not tell
(device, dtype, size of an empty tensor, grad_fn or requires_grad, forward-mode tangent) follows as suffixes.

Complex tensors choose one format for the real and one for the imaginary parts. Tensors with more than
`threshold` elements show only `edgeitems` at both ends of each dimension, and only shown elements
take part in choosing the format.
"""

import math
from dataclasses import dataclass, fields

import numpy as np


@dataclass(slots=True)
class PrintOptions:
    """What `set_printoptions` sets. Widths are in characters; `sci_mode` None lets the values decide."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


PRINT_OPTS = PrintOptions()

_PROFILES = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None):
    """Change how tensors print, for the whole process (torch.set_printoptions).

    A `profile` ("default", "short" or "full"; others are ignored) is applied first, single
    options after it.
    `sci_mode` is always set: leaving it out returns to None, the automatic choice.
    """
    chosen = {}
    if profile is not None:
        chosen.update(_PROFILES.get(profile, {}))
    single = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    chosen.update({name: value for name, value in single.items() if value is not None})
    for name, value in chosen.items():
        setattr(PRINT_OPTS, name, value)
    PRINT_OPTS.sci_mode = sci_mode


def reset_printoptions():
    """Return every option to its initial value."""
    fresh = PrintOptions()
    for field in fields(PrintOptions):
        setattr(PRINT_OPTS, field.name, getattr(fresh, field.name))


# ---------------------------------------------------------------- one number format for many elements


class NumberFormat:
    """The format that all elements of one real array share.

    Style "plain" is Python's own text (integers and booleans), "integral" a float without fraction ("2."),
    "fixed" has `precision` decimals and "scientific" an exponent.
    """

    __slots__ = ("precision", "style", "width")

    # Beyond these magnitudes fixed-point columns get unreadable.
    LARGEST_RATIO, LARGEST, SMALLEST = 1000.0, 1.0e8, 1.0e-4

    def __init__(self, array):
        """`array`: real NumPy array of any shape, holding the elements that will be shown."""
        self.precision = PRINT_OPTS.precision
        self.width = 1
        if array.dtype.kind != "f":
            self.style = "plain"
            self.width = max([1, *(len(str(value)) for value in array.ravel().tolist())])
            return
        counted = array[np.isfinite(array) & (array != 0)].astype(np.float64)
        self.style = self._float_style(counted)
        self.width = max([1, *(len(self._bare(value)) for value in counted.tolist())])

    def _float_style(self, counted):
        if not counted.size:  # zeros, nan and inf alone say nothing
            return "integral"
        magnitudes = np.abs(counted)
        largest, smallest = float(magnitudes.max()), float(magnitudes.min())
        with np.errstate(over="ignore"):
            wide = np.float64(largest) / smallest > self.LARGEST_RATIO or largest > self.LARGEST
        integral = bool((counted == np.ceil(counted)).all())
        if PRINT_OPTS.sci_mode is None:
            scientific = wide or (not integral and smallest < self.SMALLEST)
        else:
            scientific = PRINT_OPTS.sci_mode
        if scientific:
            return "scientific"
        return "integral" if integral else "fixed"

    def _bare(self, value):
        if self.style == "plain":
            return str(value)
        if self.style == "scientific":
            return f"{value:.{self.precision}e}"
        if self.style == "fixed":
            return f"{value:.{self.precision}f}"
        return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"

    def __call__(self, value):
        """Text of one Python number, padded on the left to the common width."""
        return self._bare(value).rjust(self.width)


class ComplexFormat:
    """A real and an imaginary `NumberFormat` side by side: "1.0000+2.j"."""

    __slots__ = ("imag", "real", "width")

    def __init__(self, array):
        self.real = NumberFormat(array.real)
        self.imag = NumberFormat(array.imag)
        self.width = self.real.width + self.imag.width + 1

    def __call__(self, value):
        imag = (self.imag(value.imag) + "j").lstrip()
        sign = "" if imag[0] in "+-" else "+"
        return self.real(value.real) + sign + imag


# ---------------------------------------------------------------- arrays into bracketed rows


def format_array(array, indent):
    """Bracketed text of a NumPy array, its continuation lines indented by `indent` characters."""
    if array.size == 0:
        return "[]"
    if array.dtype.kind not in "biufc":  # ml_dtypes' bfloat16 and the like: exact in float32
        array = array.astype(np.float32)
    summarised = array.size > PRINT_OPTS.threshold
    shown = _edges_only(array) if summarised else array
    number = ComplexFormat(shown) if array.dtype.kind == "c" else NumberFormat(shown)
    return _brackets(array, indent, summarised, number)


def _edges_only(array):
    """The elements that a summary shows: `edgeitems` from both ends of every dimension."""
    edge = PRINT_OPTS.edgeitems
    for axis, size in enumerate(array.shape):
        if size > 2 * edge:
            kept = [*range(edge), *range(size - edge, size)]
            array = array.take(kept, axis=axis)
    return array


def _parts(array, summarised):
    """The leading and the trailing slices to show; the trailing ones are None when nothing is left out."""
    edge = PRINT_OPTS.edgeitems
    if summarised and len(array) > 2 * edge:
        return array[:edge], array[len(array) - edge :]
    return array, None


def _brackets(array, indent, summarised, number):
    if array.ndim == 0:
        return number(array.item())
    head, tail = _parts(array, summarised)
    if array.ndim == 1:
        items = [number(value) for value in head.tolist()]
        if tail is not None:
            # With no edge at all the dots stand alone and lose the blank of their own.
            items.append(" ..." if PRINT_OPTS.edgeitems else "...")
            items += [number(value) for value in tail.tolist()]
        return "[" + _wrapped(items, indent, number.width) + "]"
    rows = [_brackets(row, indent + 1, summarised, number) for row in head]
    if tail is not None:
        rows.append("...")
        rows += [_brackets(row, indent + 1, summarised, number) for row in tail]
    between = "," + "\n" * (array.ndim - 1) + " " * (indent + 1)
    return "[" + between.join(rows) + "]"


def _wrapped(items, indent, width):
    """Items on as many lines as `linewidth` demands, each counted with its comma and blank."""
    per_line = max(1, (PRINT_OPTS.linewidth - indent) // (width + 2))
    lines = [", ".join(items[start : start + per_line]) for start in range(0, len(items), per_line)]
    return (",\n" + " " * (indent + 1)).join(lines)


# ---------------------------------------------------------------- suffixes and the whole


def with_suffixes(text, suffixes, indent):
    """`text`, its suffixes and the closing paren; a suffix that would cross `linewidth` starts a new line."""
    length = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if length + len(suffix) + 2 > PRINT_OPTS.linewidth:
            text += ",\n" + " " * indent + suffix
            length = indent + len(suffix)
        else:
            text += ", " + suffix
            length += len(suffix) + 2
    return text + ")"


def tensor_repr(tensor):
    """The text of a tensor on any device, as torch._tensor_str composes it.

    The name before the paren is "tensor" for plain tensors and parameters, else the subclass's own name.
    """
    from ._tensor import Tensor
    from .autograd.forward_ad import unpack_dual  # late: printing is imported by the modules it prints
    from .nn.parameter import Parameter

    plain = type(tensor) in (Tensor, Parameter)
    prefix = ("tensor" if plain else type(tensor).__name__) + "("
    primal, tangent = unpack_dual(tensor)
    body, suffixes = _body(primal, len(prefix))
    suffixes += _autograd_suffix(tensor)
    if tangent is not None:
        suffixes.append(f"tangent={tangent}")
    text = with_suffixes(prefix + body, suffixes, len(prefix))
    # A subclass instance made into a parameter keeps its type and says both.
    return f"Parameter({text})" if not plain and isinstance(tensor, Parameter) else text


def _body(tensor, indent):
    """The numbers, and the suffixes that tell what the numbers do not: device, size, dtype."""
    from . import dtypes
    from .promotion import default_complex, get_default_dtype

    device, dtype, suffixes = tensor.device, tensor.dtype, []
    size = f"size={tuple(tensor.shape)}"
    default = get_default_dtype()
    if device.type != "cpu":
        suffixes.append(f"device='{device}'")
    if device.type == "meta":
        suffixes.append(size)
        told = dtype == default
        body = "..."
    elif tensor.numel() == 0:
        # [] alone reads as shape (0,) of the default dtype; all else is said.
        if tensor.dim() != 1:
            suffixes.append(size)
        told = dtype == default
        body = "[]"
    else:
        if not PRINT_OPTS.edgeitems:
            suffixes.append(size)
        # Literals of these types read back as they are.
        told = dtype in (default, default_complex(), dtypes.int64, dtypes.bool)
        body = format_array(tensor._array, indent)
    if not told:
        suffixes.append(f"dtype={dtype}")
    return body, suffixes


def _autograd_suffix(tensor):
    try:
        node = tensor.grad_fn
    except RuntimeError:  # a view whose base was changed in a way that leaves it without history
        return ["grad_fn=<Invalid>"]
    if node is not None:
        return [f"grad_fn=<{node.name().rsplit('::', 1)[-1]}>"]
    return ["requires_grad=True"] if tensor.requires_grad else []
