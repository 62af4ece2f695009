"""One step of a recurrent layer: ``rnn_tanh_cell``, ``rnn_relu_cell``, ``gru_cell``, ``lstm_cell``.

Compositions: their graphs are those of the products, splits and activations they consist of. Sizes in the docstrings:
N samples, F features, H hidden units. Gates are stacked along the rows of the weights.
"""

from __future__ import annotations

from .functions import relu, sigmoid, tanh
from .linalg import linear
from .splitting import unsafe_chunk


def _check(input, hidden, features: int, units: int, number: int = 0) -> None:
    """Raises ``RuntimeError`` for sizes that do not fit the weights or each other."""
    name = f"hidden{number}"
    if input.shape[1] != features:
        raise RuntimeError(f"input has inconsistent input_size: got {input.shape[1]} expected {features}")
    if hidden.shape[1] != units:
        raise RuntimeError(f"{name} has inconsistent hidden_size: got {hidden.shape[1]}, expected {units}")
    if input.shape[0] != hidden.shape[0]:
        raise RuntimeError(f"Input batch size {input.shape[0]} doesn't match {name} batch size {hidden.shape[0]}")


def _plain(name: str, activation):
    def cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
        _check(input, hx, w_ih.shape[1], w_hh.shape[1])
        return activation(linear(hx, w_hh, b_hh) + linear(input, w_ih, b_ih))

    cell.__name__ = cell.__qualname__ = name
    cell.__doc__ = "(N, F) and (N, H) -> the next hidden state (N, H). Raises ``RuntimeError`` for other sizes."
    return cell


rnn_tanh_cell = _plain("rnn_tanh_cell", tanh)
rnn_relu_cell = _plain("rnn_relu_cell", relu)


def gru_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """(N, F) and (N, H) -> the next hidden state (N, H). Raises ``RuntimeError`` for other sizes."""
    _check(input, hx, w_ih.shape[1], w_hh.shape[1])
    reset_in, update_in, new_in = unsafe_chunk(linear(input, w_ih, b_ih), 3, 1)
    reset_hidden, update_hidden, new_hidden = unsafe_chunk(linear(hx, w_hh, b_hh), 3, 1)
    reset = sigmoid(reset_hidden + reset_in)
    update = sigmoid(update_hidden + update_in)
    candidate = tanh(new_in + new_hidden * reset)
    return (hx - candidate) * update + candidate


def lstm_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """(N, F), hidden and cell state of (N, H) -> the next two.

    Raises ``TypeError`` for a state that is no tuple, ``RuntimeError`` for other sizes and counts.
    """
    if not isinstance(hx, (tuple, list)):
        raise TypeError(f"lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not {type(hx).__name__}")
    if len(hx) != 2:
        raise RuntimeError("lstm_cell expects two hidden states")
    hidden, memory = hx
    for number, state in enumerate(hx):
        _check(input, state, w_ih.shape[1], w_hh.shape[1], number)
    gates = linear(hidden, w_hh, b_hh) + linear(input, w_ih, b_ih)
    taken, forgotten, candidate, shown = unsafe_chunk(gates, 4, 1)
    memory = sigmoid(forgotten) * memory + sigmoid(taken) * tanh(candidate)
    return sigmoid(shown) * tanh(memory), memory


FUNCTIONS = (rnn_tanh_cell, rnn_relu_cell, gru_cell, lstm_cell)
