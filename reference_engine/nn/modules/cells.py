"""Layers that make one step (torch.nn.RNNCell, GRUCell, LSTMCell): the cells of rnn.py with parameters of their own.

Sizes in the docstrings: N samples, F features, H hidden units.
"""

import math

import reference_engine as torch

from .. import init
from ..parameter import Parameter
from .module import Module


class RNNCellBase(Module):
    """The parameters: `weight_ih` (chunks * H, F), `weight_hh` (chunks * H, H), `bias_ih`, `bias_hh` (chunks * H)."""

    __constants__ = ("input_size", "hidden_size", "bias")

    def __init__(self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device=None, dtype=None) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows = num_chunks * hidden_size
        shapes = {"weight_ih": (rows, input_size), "weight_hh": (rows, hidden_size), "bias_ih": rows, "bias_hh": rows}
        for name, shape in shapes.items():
            absent = name.startswith("bias") and not bias
            place = {"device": device, "dtype": dtype}
            self.register_parameter(name, None if absent else Parameter(torch.empty(shape, **place)))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """All uniform within 1 / sqrt(H)."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def extra_repr(self) -> str:
        shown = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            shown += f", bias={self.bias}"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            shown += f", nonlinearity={self.nonlinearity}"
        return shown

    def _demand_vectors(self, tensor, what: str) -> None:
        if tensor.dim() not in (1, 2):
            raise ValueError(f"{type(self).__name__}: Expected {what} to be 1D or 2D, got {tensor.dim()}D instead")

    def _zeros(self, input):
        return torch.zeros(input.size(0), self.hidden_size, dtype=input.dtype, device=input.device)

    def _step(self, cell, input, hx=None):
        """One step of a cell with a single hidden state, with or without a batch dimension."""
        self._demand_vectors(input, "input")
        if hx is not None:
            self._demand_vectors(hx, "hidden")
        batched = input.dim() == 2
        if not batched:
            input, hx = input.unsqueeze(0), None if hx is None else hx.unsqueeze(0)
        hx = self._zeros(input) if hx is None else hx
        result = cell(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return result if batched else result.squeeze(0)


class RNNCell(RNNCellBase):
    """(N, F) or (F,), hidden state of (N, H) or (H,) -> the next hidden state; `nonlinearity` is "tanh" or "relu".

    Raises ValueError for other dimensions, RuntimeError for other sizes and, when called, nonlinearities.
    """

    __constants__ = ("input_size", "hidden_size", "bias", "nonlinearity")

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", device=None, dtype=None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, num_chunks=1, device=device, dtype=dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input, hx=None):
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return self._step(torch.rnn_tanh_cell if self.nonlinearity == "tanh" else torch.rnn_relu_cell, input, hx)


class GRUCell(RNNCellBase):
    """(N, F) or (F,), hidden state of (N, H) or (H,) -> the next hidden state.

    Raises ValueError for other dimensions, RuntimeError for other sizes.
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device=None, dtype=None) -> None:
        super().__init__(input_size, hidden_size, bias, num_chunks=3, device=device, dtype=dtype)

    def forward(self, input, hx=None):
        return self._step(torch.gru_cell, input, hx)


class LSTMCell(RNNCellBase):
    """(N, F) or (F,), hidden and cell state of (N, H) or (H,) -> the next two.

    Raises ValueError for other dimensions, RuntimeError for other sizes.
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device=None, dtype=None) -> None:
        super().__init__(input_size, hidden_size, bias, num_chunks=4, device=device, dtype=dtype)

    def forward(self, input, hx=None):
        self._demand_vectors(input, "input")
        for number, state in enumerate(() if hx is None else hx):
            self._demand_vectors(state, f"hx[{number}]")
        batched = input.dim() == 2
        input = input if batched else input.unsqueeze(0)
        if hx is None:
            zeros = self._zeros(input)
            hx = (zeros, zeros)
        elif not batched:
            hx = (hx[0].unsqueeze(0), hx[1].unsqueeze(0))
        result = torch.lstm_cell(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return result if batched else tuple(state.squeeze(0) for state in result)
