"""Layers that read a sequence step by step (torch.nn.RNN, LSTM, GRU).

Sizes in the docstrings: T steps, N sequences, F features, H hidden units, P outputs (H, or `proj_size` where there is
one), L layers, D directions (1 or 2). Gates are stacked along the rows of the weights, in the order that the cell
functions below unpack.
"""

import itertools
import math
import warnings

import reference_engine as torch

from .. import functional as F
from .. import init
from ..parameter import Parameter
from .module import Module


def _plain_cell(activation):
    def step(from_input, hidden, weights, state):
        (previous,) = state
        return (activation(from_input + hidden(previous)),)

    return step


def _lstm_cell(from_input, hidden, weights, state):
    previous, cell = state
    taken, forgotten, candidate, shown = (from_input + hidden(previous)).chunk(4, -1)
    cell = forgotten.sigmoid() * cell + taken.sigmoid() * candidate.tanh()
    output = shown.sigmoid() * cell.tanh()
    projection = weights.get("weight_hr")
    return (output if projection is None else F.linear(output, projection)), cell


def _gru_cell(from_input, hidden, weights, state):
    (previous,) = state
    reset_in, update_in, new_in = from_input.chunk(3, -1)
    reset_hidden, update_hidden, new_hidden = hidden(previous).chunk(3, -1)
    update = (update_in + update_hidden).sigmoid()
    candidate = (new_in + (reset_in + reset_hidden).sigmoid() * new_hidden).tanh()
    return (candidate + update * (previous - candidate),)


# Per mode: how many gates the weights stack, and the step from (input part, state) to the next state.
_MODES = {
    "RNN_TANH": (1, _plain_cell(torch.tanh)),
    "RNN_RELU": (1, _plain_cell(torch.relu)),
    "LSTM": (4, _lstm_cell),
    "GRU": (3, _gru_cell),
}


_CHECKED_TYPES = {"input_size": int, "hidden_size": int, "bias": bool, "batch_first": bool}


class RNNBase(Module):
    """What the recurrent layers share: options, parameters, and the walk over layers, directions and steps.

    Parameters per layer k: `weight_ih_lk` (gates * H, F or D * P), `weight_hh_lk` (gates * H, P), `bias_ih_lk` and
    `bias_hh_lk` (gates * H), with projections `weight_hr_lk` (P, H); the same with `_reverse` for the second
    direction. Raises TypeError and ValueError for options that make no layer.
    """

    __constants__ = (
        *("mode", "input_size", "hidden_size", "num_layers", "bias", "batch_first"),
        *("dropout", "bidirectional", "proj_size"),
    )

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device=None,
        dtype=None,
    ) -> None:
        super().__init__()
        self.mode, self.input_size, self.hidden_size, self.num_layers = mode, input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, dropout
        self.bidirectional, self.proj_size = bidirectional, proj_size
        self._check_options()
        self.dropout = float(dropout)
        for suffix, shapes in self._shapes():
            for name, shape in shapes.items():
                setattr(self, name + suffix, Parameter(torch.empty(shape, device=device, dtype=dtype)))
        self.reset_parameters()

    def _check_options(self) -> None:
        dropout = float(self.dropout)
        if isinstance(self.dropout, bool) or not 0 <= dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
            )
        for name, kind in _CHECKED_TYPES.items():
            value = getattr(self, name)
            if not isinstance(value, kind):
                raise TypeError(f"{name} should be of type {kind.__name__}, got: {type(value).__name__}")
        if dropout > 0 and self.num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects "
                f"num_layers greater than 1, but got dropout={dropout} and num_layers={self.num_layers}",
                stacklevel=4,
            )
        for name in ("input_size", "hidden_size", "num_layers"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than zero")
        if self.proj_size < 0:
            raise ValueError("proj_size should be a positive integer or zero to disable projections")
        if self.proj_size >= self.hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        if self.mode not in _MODES:
            raise ValueError("Unrecognized RNN mode: " + self.mode)

    @property
    def _output_size(self) -> int:
        return self.proj_size or self.hidden_size

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    def _suffixes(self):
        """`_l0`, `_l0_reverse`, `_l1` ...: the layers, and within each the directions."""
        for layer in range(self.num_layers):
            for reverse in ("", "_reverse")[: self._directions]:
                yield f"_l{layer}{reverse}"

    def _shapes(self):
        """(suffix, {name: shape}) for each layer and direction, in the order of registration."""
        rows, outputs = _MODES[self.mode][0] * self.hidden_size, self._output_size
        for number, suffix in enumerate(self._suffixes()):
            features = self.input_size if number < self._directions else outputs * self._directions
            shapes = {"weight_ih": (rows, features), "weight_hh": (rows, outputs)}
            if self.bias:
                shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
            if self.proj_size:
                shapes["weight_hr"] = (outputs, self.hidden_size)
            yield suffix, shapes

    def reset_parameters(self) -> None:
        """Uniform within 1 / sqrt(H), for biases too."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing to do: there is no memory layout that the engine would prefer."""

    @property
    def all_weights(self) -> list:
        """The parameters by layer and direction."""
        return [[getattr(self, name + suffix) for name in shapes] for suffix, shapes in self._shapes()]

    def extra_repr(self) -> str:
        usual = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0}
        shown = [f"{self.input_size}, {self.hidden_size}"]
        for name, default in (usual | {"bidirectional": False}).items():
            if getattr(self, name) != default:
                shown.append(f"{name}={getattr(self, name)}")
        return ", ".join(shown)

    # ------------------------------------------------------------ forward

    def forward(self, input, hx=None):
        """input (T, N, F), or (N, T, F) with `batch_first`, or (T, F) -> the outputs (T, N, D * P) in the same form
        and the last hidden state (L * D, N, P) or (L * D, P).

        Raises ValueError for an input of other dimensions or dtype, RuntimeError for sizes that do not fit.
        """
        batched = self._check_input(input)
        state = self._initial_state(input, hx, batched)
        sequence = input if batched else input.unsqueeze(1)
        if batched and self.batch_first:
            sequence = sequence.transpose(0, 1)
        outputs, last = self._walk(sequence, state)
        if not batched:
            return outputs.squeeze(1), self._handed_out([part.squeeze(1) for part in last])
        if self.batch_first:
            outputs = outputs.transpose(0, 1)
        return outputs, self._handed_out(last)

    def _handed_out(self, parts: list):
        return parts[0]

    def _check_input(self, input) -> bool:
        """Whether the input has a batch dimension."""
        if input.dim() not in (2, 3):
            raise ValueError(f"{type(self).__name__}: Expected input to be 2D or 3D, got {input.dim()}D instead")
        wanted = self.weight_ih_l0.dtype
        if input.dtype is not wanted:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({wanted}). Convert input: "
                f"input.to({wanted}), or convert model: model.to({input.dtype})"
            )
        if input.size(-1) != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )
        return input.dim() == 3

    def _state_widths(self) -> tuple:
        return (self._output_size,)

    def _initial_state(self, input, hx, batched: bool) -> list:
        """The parts of the state, each (L * D, N, width): zeros, or the caller's."""
        sequences = input.size(0 if self.batch_first else 1) if batched else 1
        count = self.num_layers * self._directions
        wanted = [(count, sequences, width) for width in self._state_widths()]
        if hx is None:
            return [torch.zeros(shape, dtype=input.dtype, device=input.device) for shape in wanted]
        return self._given_state(hx, wanted, batched)

    def _given_state(self, hx, wanted: list, batched: bool) -> list:
        if hx.dim() != (3 if batched else 2):
            expected = "batched 3-D" if batched else "unbatched 2-D"
            raise RuntimeError(
                f"For {expected} input, hx should also be {3 if batched else 2}-D but got {hx.dim()}-D tensor"
            )
        hx = hx if batched else hx.unsqueeze(1)
        _check_size("hidden", hx, wanted[0])
        return [hx]

    def _walk(self, sequence, state: list) -> tuple:
        """All layers and directions over a sequence (T, N, F): the outputs, and the last state."""
        last = []
        for layer in range(self.num_layers):
            if layer and self.dropout:
                sequence = F.dropout(sequence, self.dropout, self.training)
            read = []
            for direction in range(self._directions):
                number = layer * self._directions + direction
                outputs, final = self._read(sequence, number, [part[number] for part in state], bool(direction))
                read.append(outputs)
                last.append(final)
            sequence = read[0] if len(read) == 1 else torch.cat(read, -1)
        return sequence, [torch.stack(parts) for parts in zip(*last, strict=True)]

    def _read(self, sequence, number: int, state: list, backwards: bool) -> tuple:
        """One layer in one direction: the outputs (T, N, P) in the order of the input, and the final state."""
        suffix, shapes = next(itertools.islice(self._shapes(), number, None))
        weights = {name: getattr(self, name + suffix) for name in shapes}
        step = _MODES[self.mode][1]
        parts = F.linear(sequence, weights["weight_ih"], weights.get("bias_ih")).unbind(0)

        def hidden(previous):
            return F.linear(previous, weights["weight_hh"], weights.get("bias_hh"))

        outputs = []
        for part in reversed(parts) if backwards else parts:
            state = step(part, hidden, weights, state)
            outputs.append(state[0])
        return torch.stack(outputs[::-1] if backwards else outputs), state


def _check_size(name: str, found, wanted: tuple) -> None:
    if tuple(found.shape) != wanted:
        raise RuntimeError(f"Expected {name} size {wanted}, got {list(found.shape)}")


class RNN(RNNBase):
    """h' = tanh (or relu) of W_ih x + b_ih + W_hh h + b_hh. Raises ValueError for another `nonlinearity`."""

    def __init__(self, *args, **kwargs) -> None:
        _refuse_projections(kwargs)
        *sizes, nonlinearity = args[:4] if len(args) > 3 else (*args, kwargs.pop("nonlinearity", "tanh"))
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(f"RNN_{nonlinearity.upper()}", *sizes, *args[4:], **kwargs)
        self.nonlinearity = nonlinearity


class GRU(RNNBase):
    """Gated recurrent units: reset and update gates decide what of h is used and what is kept."""

    def __init__(self, *args, **kwargs) -> None:
        _refuse_projections(kwargs)
        super().__init__("GRU", *args, **kwargs)


def _refuse_projections(options: dict) -> None:
    if "proj_size" in options:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")


class LSTM(RNNBase):
    """Long short-term memory: a cell state c (L * D, N, H) beside h; the layer returns (outputs, (h, c))."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def _state_widths(self) -> tuple:
        return self._output_size, self.hidden_size

    def _handed_out(self, parts: list):
        return tuple(parts)

    def _given_state(self, hx, wanted: list, batched: bool) -> list:
        h, c = hx[0], hx[1]
        rank = 3 if batched else 2
        if h.dim() != rank or c.dim() != rank:
            expected = "batched 3-D" if batched else "unbatched 2-D"
            raise RuntimeError(
                f"For {expected} input, hx and cx should also be {rank}-D but got ({h.dim()}-D, {c.dim()}-D) tensors"
            )
        if not batched:
            h, c = h.unsqueeze(1), c.unsqueeze(1)
        _check_size("hidden[0]", h, wanted[0])
        _check_size("hidden[1]", c, wanted[1])
        return [h, c]
