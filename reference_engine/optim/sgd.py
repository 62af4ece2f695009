"""Stochastic gradient descent (torch.optim.SGD): v <- momentum v + g; p <- p - lr v."""

import reference_engine as torch

from .optimizer import Optimizer, use_grad_if_differentiable


def check_learning_rate(lr):
    """Raises ValueError for a tensor of several elements or a negative rate."""
    if isinstance(lr, torch.Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    if lr < 0.0:
        raise ValueError(f"Invalid learning rate: {lr}")


def check_fused(fused, differentiable, foreach):
    """Raises RuntimeError for a step of one kernel that is to be recorded, or to go over lists of tensors."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


class SGD(Optimizer):
    """With momentum, dampening, weight decay (added to the gradient) and Nesterov's variant.

    Raises ValueError for negative options, and for Nesterov without momentum or with dampening.
    """

    def __init__(
        self,
        params,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ):
        check_learning_rate(lr)
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(params, defaults)
        check_fused(fused, differentiable, foreach)

    @use_grad_if_differentiable
    def step(self, closure=None):
        """Update every parameter that has a gradient; returns the closure's loss, computed with
        recording on.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for param in group["params"]:
                if param.grad is not None:
                    self._update(param, group)
        return loss

    def _update(self, param, group):
        grad = -param.grad if group["maximize"] else param.grad
        if group["weight_decay"] != 0:
            grad = grad.add(param, alpha=group["weight_decay"])
        if group["momentum"] != 0:
            grad = self._with_momentum(param, grad, group)
        if isinstance(group["lr"], torch.Tensor):
            param.add_(grad * -group["lr"])
        else:
            param.add_(grad, alpha=-group["lr"])

    def _with_momentum(self, param, grad, group):
        velocity = self.state[param].get("momentum_buffer")
        if velocity is None:
            velocity = grad.detach().clone()
        else:
            velocity.mul_(group["momentum"]).add_(grad, alpha=1 - group["dampening"])
        self.state[param]["momentum_buffer"] = velocity
        return grad.add(velocity, alpha=group["momentum"]) if group["nesterov"] else velocity
