"""Optimizers (torch.optim), written on the engine's public functions."""

from . import lr_scheduler, optimizer
from .adam import Adam, AdamW
from .lbfgs import LBFGS
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["LBFGS", "SGD", "Adam", "AdamW", "Optimizer", "lr_scheduler", "optimizer"]
