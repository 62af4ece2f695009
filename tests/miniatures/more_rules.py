"""More misbehaviours: what `detach` promises, hooks, losses, optimizers, transfers. As in `rules`, one each."""

from __future__ import annotations

from tests.miniatures.rules import caught_by

# --- detach ----------------------------------------------------------------------------------------------


@caught_by("detach/no_history::leaf-without-node", "detach/cuts_one_path::other-paths-contribute")
def detach_keeps_history(torch):
    """`detach` gives a view that still leads back to its source."""
    torch.Tensor.detach = lambda self: self.view_as(self)


@caught_by("detach/no_history::gradient-is-not-taken-along")
def detach_takes_the_gradient_along(torch):
    """The detached tensor comes with its source's `.grad`."""
    cut = torch.Tensor.detach

    def generous(self):
        twin = cut(self)
        if self.is_leaf and self.grad is not None:
            twin.grad = self.grad
        return twin

    torch.Tensor.detach = generous


@caught_by("detach/in_place::same-object", "detach/in_place::becomes-a-leaf")
def detach_in_place_gives_another(torch):
    """`detach_` returns a detached twin and leaves its tensor alone."""
    torch.Tensor.detach_ = lambda self: self.detach()


@caught_by("detach/shares_storage::another-object")
def detach_of_plain_tensors_is_itself(torch):
    """`detach` of a tensor that does not require grad gives the very tensor."""
    cut = torch.Tensor.detach
    torch.Tensor.detach = lambda self: cut(self) if self.requires_grad else self


# --- hooks -----------------------------------------------------------------------------------------------


@caught_by("hooks/tensor_hooks::replaces-it")
def hooks_cannot_replace(torch):
    """What a tensor's hook returns is ignored."""
    register = torch.Tensor.register_hook
    torch.Tensor.register_hook = lambda self, hook: register(self, lambda grad: hook(grad) and None)


@caught_by("hooks/tensor_hooks::sees-the-gradient")
def hooks_cannot_be_removed(torch):
    """`remove` of a hook's handle does nothing."""
    from reference_engine.graph.hooks import RemovableHandle

    RemovableHandle.remove = lambda self: None


# --- networks --------------------------------------------------------------------------------------------


@caught_by("losses/reduction::default-is-mean", "losses/reduction::mean-sum-none")
def losses_are_summed(torch):
    """The mean squared error is the sum, whatever reduction is asked for."""
    torch.nn.MSELoss.forward = lambda self, seen, wanted: ((seen - wanted) ** 2).sum()


@caught_by("optim/backward_and_step::momentum")
def momentum_ignored(torch):
    """SGD steps by the gradient alone."""
    start = torch.optim.SGD.__init__

    def forgetful(self, params, *args, **options):
        options["momentum"] = 0.0
        start(self, params, *args, **options)

    torch.optim.SGD.__init__ = forgetful


@caught_by("optim/backward_and_step::each-does-its-half")
def step_clears_gradients(torch):
    """`step` sets every `.grad` to None when it is done."""
    step = torch.optim.SGD.step

    def tidy(self, closure=None):
        result = step(self, closure)
        self.zero_grad()
        return result

    torch.optim.SGD.step = tidy


# --- devices ---------------------------------------------------------------------------------------------


@caught_by("devices/transfer::cpu-of-the-source")
def cpu_always_copies(torch):
    """`cpu()` of a tensor in host memory is a copy."""
    move = torch.Tensor.cpu
    torch.Tensor.cpu = lambda self, *args, **kwargs: move(self, *args, **kwargs).clone()


@caught_by("devices/transfer::moved-is-no-leaf", "devices/transfer::there-and-back", device="cuda")
def transfers_are_not_recorded(torch):
    """A tensor moved to another device has no history."""
    for name in ("cuda", "cpu", "to"):
        move = getattr(torch.Tensor, name)
        setattr(torch.Tensor, name, lambda self, *a, move=move, **k: _cut_if_moved(self, move(self, *a, **k)))


def _cut_if_moved(source, moved):
    return moved if moved.device == source.device else moved.detach()
