"""Optimizers (torch.optim), written on the engine's public functions."""

from . import optimizer
from .adam import Adam, AdamW
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "optimizer"]
