"""Misbehaviours of hooks, custom Functions, saved tensors and checkpointing. As in `rules`, one each."""

from __future__ import annotations

from tests.miniatures.rules import caught_by

# --- hooks -----------------------------------------------------------------------------------------------


@caught_by("hooks/order_at_a_non_leaf::later-hooks-run-before-the-store-too")
def retained_before_the_hooks(torch):
    """`retain_grad` keeps the gradient as it arrives, before the tensor's hooks."""
    from reference_engine.graph import engine

    call = engine.call_tensor_hooks

    def hasty(node, grads):
        retained, node.retained = node.retained, None
        for number, reference in (retained or {}).items():
            if (tensor := reference()) is not None:
                tensor._meta.grad = grads[number].clone()
        try:
            return call(node, grads)
        finally:
            node.retained = retained

    engine.call_tensor_hooks = hasty


@caught_by("hooks/order_at_a_leaf::kinds-in-order", "hooks/post_accumulate::sees-the-sum")
def post_accumulate_hooks_early(torch):
    """Post-accumulate hooks run before the gradient is stored."""
    from reference_engine.graph.accumulate import AccumulateGrad

    accumulate = AccumulateGrad._accumulate

    def late(self, variable, meta, grad, alone):
        hooks, meta.post_accumulate_hooks = meta.post_accumulate_hooks, None
        for hook in (hooks or {}).values():
            hook(variable)
        accumulate(self, variable, meta, grad, alone)

    AccumulateGrad._accumulate = late


@caught_by("hooks/module_all::before-the-modules-own")
def hooks_of_all_modules_last(torch):
    """Forward hooks for all modules run behind a module's own."""
    from reference_engine.nn.modules import calling

    def own_first(module):
        owners = (module, calling.global_hooks)
        return [(owner, number, hook) for owner in owners for number, hook in list(owner._forward_hooks.items())]

    calling._forward_hooks = own_first


# --- custom Functions ------------------------------------------------------------------------------------


@caught_by("function/unused_outputs::zeros", "function/non_differentiable::indices-of-a-sort")
def unused_outputs_are_none(torch):
    """Backward is handed None for an output that was not used, though nobody asked for that."""
    from reference_engine.autograd.function import BackwardCFunction

    BackwardCFunction._materializes = lambda self, number, metadata: False


@caught_by("function/mark_dirty::same-tensor-new-history", "function/mark_dirty::earlier-use-notices")
def marks_ignored(torch):
    """`mark_dirty` does nothing."""
    from reference_engine.autograd.function import FunctionCtx

    FunctionCtx.mark_dirty = lambda self, *tensors: None


@caught_by("function/second_derivative::once-differentiable")
def once_differentiable_is_twice(torch):
    """`once_differentiable` leaves the backward as it is."""
    torch.autograd.function.once_differentiable = lambda function: function


# --- saved tensors ---------------------------------------------------------------------------------------


@caught_by("saved_tensors/pack_and_unpack::pack-runs-unrecorded")
def packing_is_recorded(torch):
    """Pack hooks run with recording on."""
    from reference_engine.graph.saved import SavedTensor

    pack = SavedTensor._pack

    def recorded(self, pack_hook, unpack_hook, live=None):
        def switched_on(tensor):
            with torch.enable_grad():
                return pack_hook(tensor)

        return pack(self, switched_on, unpack_hook, live=live)

    SavedTensor._pack = recorded


@caught_by("saved_tensors/mutation_allowed::old-value-is-used")
def originals_not_kept(torch):
    """`allow_mutation_on_saved_tensors` lets backward see what was written."""
    from reference_engine.autograd.graph import _MutationContext

    _MutationContext.before_write = lambda self, storage: None


@caught_by("checkpoint/recomputes::once-more-in-backward", "checkpoint/recomputes::lets-go-of-what-is-between")
def checkpoint_calls_once(torch):
    """A checkpointed function runs as any other, and nothing is computed again."""

    def plain(function, *args, use_reentrant=None, **options):
        return function(*args)

    torch.utils.checkpoint.checkpoint = plain
