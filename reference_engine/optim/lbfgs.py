"""Limited-memory BFGS (torch.optim.LBFGS): directions from the last changes of gradient and position."""

import reference_engine as torch

from .line_search import strong_wolfe
from .optimizer import Optimizer
from .sgd import check_learning_rate

# Changes whose gradient hardly turns say nothing about curvature.
_LEAST_CURVATURE = 1e-10


class LBFGS(Optimizer):
    """Steps of several iterations over one group of parameters; each evaluates the closure again.

    Raises ValueError for several groups and negative rates, RuntimeError for another line search than
    'strong_wolfe'.
    """

    def __init__(
        self,
        params,
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ):
        check_learning_rate(lr)
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        self._params = self.param_groups[0]["params"]

    def _flat_gradient(self):
        parts = []
        for param in self._params:
            grad = torch.zeros_like(param) if param.grad is None else param.grad
            parts.append((torch.view_as_real(grad) if grad.is_complex() else grad).reshape(-1))
        return torch.cat(parts, 0)

    def _move(self, step, direction):
        start = 0
        for param in self._params:
            target = torch.view_as_real(param) if param.is_complex() else param
            part = direction[start : start + target.numel()]
            target.add_(part.view_as(target), alpha=step)
            start += target.numel()

    def _evaluated(self, closure):
        return float(closure()), self._flat_gradient()

    def _evaluated_at(self, closure, origin, direction):
        """The loss and gradient after a step, as a function of its length; the parameters return to the origin."""

        def evaluate(step):
            self._move(step, direction)
            found = self._evaluated(closure)
            for param, value in zip(self._params, origin, strict=True):
                param.copy_(value)
            return found

        return evaluate

    @torch.no_grad()
    def step(self, closure):
        """Iterate until an option's bound or tolerance is met. Returns the loss of the first evaluation."""
        closure = torch.enable_grad()(closure)
        group, state = self.param_groups[0], self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first_loss = closure()
        loss, gradient = float(first_loss), self._flat_gradient()
        state["func_evals"] += 1
        if gradient.abs().max() <= group["tolerance_grad"]:
            return first_loss
        kept = {name: state.get(name) for name in _KEPT}
        evaluations = 1
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            direction = self._direction(state, kept, gradient, group["history_size"])
            kept["d"] = direction
            if kept["prev_flat_grad"] is None:
                kept["prev_flat_grad"] = gradient.clone()
            else:
                kept["prev_flat_grad"].copy_(gradient)
            before = kept["prev_loss"] = loss
            first = state["n_iter"] == 1
            kept["t"] = min(1.0, 1.0 / gradient.abs().sum()) * group["lr"] if first else group["lr"]
            slope = gradient.dot(direction)
            if slope > -group["tolerance_change"]:
                break
            last = iteration == group["max_iter"]
            used = 0
            if group["line_search_fn"] is not None:
                if group["line_search_fn"] != "strong_wolfe":
                    raise RuntimeError("only 'strong_wolfe' is supported")
                origin = [param.clone() for param in self._params]
                loss, gradient, kept["t"], used = strong_wolfe(
                    self._evaluated_at(closure, origin, direction), kept["t"], direction, loss, gradient, slope
                )
                self._move(kept["t"], direction)
            else:
                self._move(kept["t"], direction)
                if not last:
                    (loss, gradient), used = self._evaluated(closure), 1
            evaluations += used
            state["func_evals"] += used
            if (
                last
                or evaluations >= group["max_eval"]
                or gradient.abs().max() <= group["tolerance_grad"]
                or direction.mul(kept["t"]).abs().max() <= group["tolerance_change"]
                or abs(loss - before) < group["tolerance_change"]
            ):
                break
        state.update(kept)
        return first_loss

    @staticmethod
    def _direction(state, kept, gradient, history_size):
        """Minus the gradient, turned by the curvature that the kept changes show (the two-loop recursion)."""
        if state["n_iter"] == 1:
            kept.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return gradient.neg()
        turned, moved = gradient.sub(kept["prev_flat_grad"]), kept["d"].mul(kept["t"])
        curvature = turned.dot(moved)
        turns, moves, scales = kept["old_dirs"], kept["old_stps"], kept["ro"]
        if curvature > _LEAST_CURVATURE:
            if len(turns) == history_size:
                for history in (turns, moves, scales):
                    history.pop(0)
            turns.append(turned)
            moves.append(moved)
            scales.append(1.0 / curvature)
            kept["H_diag"] = curvature / turned.dot(turned)
        weights = state.setdefault("al", [None] * history_size)
        direction = gradient.neg()
        for index in range(len(turns) - 1, -1, -1):
            weights[index] = moves[index].dot(direction) * scales[index]
            direction.add_(turns[index], alpha=-weights[index])
        direction = torch.mul(direction, kept["H_diag"])
        for index in range(len(turns)):
            back = turns[index].dot(direction) * scales[index]
            direction.add_(moves[index], alpha=weights[index] - back)
        return direction


_KEPT = ("d", "t", "old_dirs", "old_stps", "ro", "H_diag", "prev_flat_grad", "prev_loss")
