"""Adam and AdamW (torch.optim.Adam, torch.optim.AdamW): steps scaled by running moments of the gradient."""

import reference_engine as torch

from .optimizer import Optimizer, use_grad_if_differentiable
from .sgd import check_fused, check_learning_rate


class Adam(Optimizer):
    """p <- p - lr m^ / (sqrt(v^) + eps), m^ and v^ being the bias-corrected moments.

    `decoupled_weight_decay` shrinks the parameter itself instead of adding to the gradient. Raises ValueError
    for options out of range.
    """

    def __init__(
        self,
        params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ):
        if isinstance(lr, torch.Tensor) and foreach and not capturable:
            raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
        check_learning_rate(lr)
        if not eps >= 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        for index, beta in enumerate(betas):
            if not 0.0 <= beta < 1.0:
                raise ValueError(f"Invalid beta parameter at index {index}: {beta}")
        if not weight_decay >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
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

    def _state_of(self, param, group):
        state = self.state[param]
        if not state:
            state["step"] = torch.tensor(0.0, dtype=torch.float32)
            state["exp_avg"] = torch.zeros_like(param)
            state["exp_avg_sq"] = torch.zeros_like(param)
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = torch.zeros_like(param)
        return state

    def _update(self, param, group):
        state, lr, (beta1, beta2) = self._state_of(param, group), group["lr"], group["betas"]
        grad = -param.grad if group["maximize"] else param.grad
        state["step"] += 1
        if group["weight_decay"] != 0:
            if group["decoupled_weight_decay"]:
                param.mul_(1 - lr * group["weight_decay"])
            else:
                grad = grad.add(param, alpha=group["weight_decay"])
        if param.is_complex():  # real and imaginary part each have moments of their own
            param, grad = torch.view_as_real(param), torch.view_as_real(grad)
            state = {key: torch.view_as_real(value) if value.is_complex() else value for key, value in state.items()}
        state["exp_avg"].lerp_(grad, 1 - beta1)
        state["exp_avg_sq"].mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        second = state["exp_avg_sq"]
        if group["amsgrad"]:
            state["max_exp_avg_sq"].copy_(torch.maximum(state["max_exp_avg_sq"], second))
            second = state["max_exp_avg_sq"]
        count = state["step"].item()
        scale = (1 - beta2**count) ** 0.5
        denominator = (second.sqrt() / scale).add_(group["eps"])
        param.addcdiv_(state["exp_avg"], denominator, value=-(lr / (1 - beta1**count)))


class AdamW(Adam):
    """Adam whose weight decay is decoupled from the gradient."""

    def __init__(
        self,
        params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ):
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )
