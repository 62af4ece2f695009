"""Activation checkpointing: recompute in backward instead of keeping (torch.utils.checkpoint).

The rule: a checkpointed function runs once forward without keeping what its operations save; when a backward pass
needs a saved value, the function runs again from its inputs, with the random state it had.

Two variants. The non-reentrant one records the function's graph as usual, but a pair of saved-tensor hooks keeps
a placeholder for each saved value; the first one that is unpacked in a backward pass runs the function
again and fills all of them by their order, stopping as soon as the last is there. The reentrant one is a custom
Function that runs forward unrecorded and calls a whole backward pass of its own inside the outer one, so it
cannot serve partial passes.
"""

import contextlib
import functools
import warnings
import weakref

import reference_engine as torch

from .. import _state, random
from ..autograd.function import Function
from ..autograd.graph import saved_tensors_hooks
from ..errors import NotModelled

_EXPLICIT = (
    "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. Starting in PyTorch 2.9, "
    "calling checkpoint without use_reentrant will raise an exception. use_reentrant=False is recommended, but "
    "if you need to preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for "
    "more details on the differences between the two variants."
)
_EXPLICIT_SEQUENTIAL = (
    "torch.utils.checkpoint.checkpoint_sequential: the use_reentrant parameter should be passed explicitly. In "
    "version 2.9 we will raise an exception if use_reentrant is not passed. use_reentrant=False is recommended, "
    "but if you need to preserve the current default behavior, you can pass use_reentrant=True. Refer to docs "
    "for more details on the differences between the two variants."
)
_OVERLAP = (
    "Performing two backward calls that overlap (i.e. require the same saved activation in order to compute "
    "gradients) is not allowed while under the torch.utils.checkpoint.GraphExecGroup context. "
)
_TIP = (
    "\n\nTip: To see a more detailed error message, either pass `debug=True` to\n"
    "`torch.utils.checkpoint.checkpoint(...)` or wrap the code block\n"
    "with `with torch.utils.checkpoint.set_checkpoint_debug_enabled(True):` to\n"
    "enable checkpoint\u2011debug mode globally.\n"
    "\nIf this error occurs under torch.compile with automatic_dynamic_shapes enabled,\n"
    "it may be because the recomputation selected a different compiled graph than the\n"
    "forward pass (e.g., a dynamic graph instead of the original static graph).\n"
    "To fix this, either:\n"
    "  - Use torch._dynamo.mark_dynamic() to explicitly mark varying dimensions as\n"
    "    dynamic upfront, avoiding the static-to-dynamic transition.\n"
    "  - Call torch._C._dynamo.eval_frame._set_lru_cache(False) to disable LRU cache\n"
    "    reordering, which can change which graph is checked first between forward\n"
    "    and recompute.\n"
    "See https://github.com/pytorch/pytorch/issues/166926 for more details and\n"
    "workaround examples.\n"
)


class CheckpointError(RuntimeError):
    """Recomputation that does not repeat the forward run."""


class _StopRecomputation(Exception):
    """Everything that was saved has been recomputed."""


# ---------------------------------------------------------------- settings

_early_stop_setting: list = []  # innermost last; empty leaves the choice to each checkpoint


@contextlib.contextmanager
def set_checkpoint_early_stop(enable: bool):
    """Within the block, checkpoints stop recomputing as soon as they can, or never before the function ends."""
    _early_stop_setting.append(enable)
    try:
        yield
    finally:
        _early_stop_setting.pop()


@contextlib.contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None):
    """Accepted for programs that use it; the detailed operation log is not modelled."""
    yield


class GraphExecGroup:
    """Within the block, several backward passes share one recomputation. Raises RuntimeError when nested."""

    _current: "GraphExecGroup | None" = None

    def __enter__(self):
        if GraphExecGroup._current is not None:
            raise RuntimeError(
                f"GraphExecGroup contexts cannot be nested. Already inside group {GraphExecGroup._current}"
            )
        GraphExecGroup._current = self

    def __exit__(self, *exc_info):
        GraphExecGroup._current = None


def noop_context_fn():
    """Contexts around forward and recomputation that do nothing."""
    return contextlib.nullcontext(), contextlib.nullcontext()


def create_selective_checkpoint_contexts(policy_fn_or_list, allow_cache_entry_mutation=False):
    """Keeping the results of chosen operations needs dispatch below autograd, which the engine leaves out."""
    if not callable(policy_fn_or_list) and not isinstance(policy_fn_or_list, list):
        raise TypeError("policy_fn_or_list must be either a function or a list of ops.")
    raise NotModelled("torch.utils.checkpoint.create_selective_checkpoint_contexts")


# ---------------------------------------------------------------- the non-reentrant variant


class _Placeholder:
    """Stands for one saved value: the region it belongs to and its number in the order of saving."""

    __slots__ = ("__weakref__", "number", "region")

    def __init__(self, region, number):
        self.region, self.number = region, number


class _SaveInputs(Function):
    """Saves the inputs of a region by way of an operation, so that an outer checkpoint's hooks see them too."""

    @staticmethod
    def forward(ctx, dummy, *tensors):
        ctx.save_for_backward(*tensors)
        return torch.empty((0,))

    @staticmethod
    def backward(ctx, *grads):
        raise AssertionError("Did not expect to backward on this graph")


def _metadata(tensor):
    return {"shape": tensor.shape, "dtype": tensor.dtype, "device": tensor.device}


class _Region:
    """One call of a checkpointed function: how to run it again, and what its operations saved."""

    def __init__(self, function, args, kwargs, preserve_rng_state, early_stop, compared, recompute_context):
        self.function, self.kwargs = function, kwargs
        self.early_stop, self.compared, self.recompute_context = early_stop, compared, recompute_context
        self.random = random.snapshot() if preserve_rng_state else None
        self.positions = [at for at, value in enumerate(args) if isinstance(value, torch.Tensor)]
        self.others = [None if isinstance(value, torch.Tensor) else value for value in args]
        dummy = torch.empty((0,), requires_grad=True)
        self.inputs = _SaveInputs.apply(dummy, *[args[at] for at in self.positions]).grad_fn
        self.completed = False  # whether forward ran to its end
        self.placeholders: list = []  # weak: what the graph dropped need not be kept again
        self.metadata: list = []
        self.recomputed: dict = {}  # by backward pass: number -> value not yet handed out

    def pack(self, tensor):
        """While the function runs forward: note what is saved, keep nothing of it."""
        placeholder = _Placeholder(self, len(self.metadata))
        self.placeholders.append(weakref.ref(placeholder))
        self.metadata.append(_metadata(tensor))
        return placeholder

    @staticmethod
    def unpack(placeholder):
        """When a pass asks for a saved value: hand it out, once, after running the function again if need be."""
        region = placeholder.region
        task = GraphExecGroup._current or _state.thread.graph_task or object()
        if task not in region.recomputed:
            region.recomputed[task] = {}
            region._recompute(region.recomputed[task])
        values = region.recomputed[task]
        if placeholder.number not in values:
            overlap = "" if GraphExecGroup._current is None else _OVERLAP
            raise CheckpointError(
                "torch.utils.checkpoint: Unpack is being triggered for a tensor that was already unpacked once. "
                f"{overlap}If you are calling ctx.saved_tensors in backward, make sure to do so only once. Otherwise "
                "please open an issue with details on your use case."
            )
        return values.pop(placeholder.number)

    def _recompute(self, values):
        args = list(self.others)
        for at, tensor in zip(self.positions, self.inputs.saved_tensors, strict=True):
            args[at] = tensor
        seen: list = []
        hooks = saved_tensors_hooks(functools.partial(self._repack, values, seen), lambda tensor: tensor)
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.suppress(_StopRecomputation))
            if self.random is not None:
                stack.enter_context(random.fork_rng())
                random.restore(self.random)
            for context in (torch.enable_grad(), hooks, self.recompute_context):
                stack.enter_context(context)
            self.function(*args, **self.kwargs)
        self._compare(seen)

    def _repack(self, values, seen, tensor):
        number = len(seen)
        if number >= len(self.metadata):
            # An early stop comes before this, unless the forward run is still under way.
            if self.completed and not self.early_stop:
                raise CheckpointError(
                    "torch.utils.checkpoint: trying to save more tensors during recomputation than during the "
                    f"original forward pass.{_TIP}"
                )
            return tensor.detach()
        seen.append(_metadata(tensor))
        if self.placeholders[number]() is not None:
            values[number] = tensor.detach()
        if self.early_stop and self.completed and len(seen) == len(self.metadata):
            raise _StopRecomputation
        return tensor.detach()

    def _compare(self, seen):
        if not self.compared:
            return
        if len(seen) != len(self.metadata):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the original forward "
                f"and recomputation.\nNumber of tensors saved during forward: {len(self.metadata)}\n"
                f"Number of tensors saved during recomputation: {len(seen)}.{_TIP}"
            )
        differing = "".join(
            f"tensor at position {number}:\nsaved metadata: {before}\nrecomputed metadata: {after}\n"
            for number, (before, after) in enumerate(zip(self.metadata, seen, strict=True))
            if before != after and self.placeholders[number]() is not None
        )
        if differing:
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata "
                f"than during the forward pass.\n{differing}.{_TIP}"
            )


def _without_reentrant(function, args, kwargs, preserve, context_fn, determinism_check, debug, early_stop):
    if determinism_check not in ("default", "none"):
        raise ValueError(f"determinism_check should be one of ['default', 'none'], but got {determinism_check}")
    if debug and context_fn is not noop_context_fn:
        raise ValueError("debug=True is incompatible with non-default context_fn")
    forward_context, recompute_context = context_fn()
    if not torch.is_grad_enabled():
        with forward_context:
            return function(*args, **kwargs)
    early = _early_stop_setting[-1] if _early_stop_setting else early_stop
    region = _Region(function, args, kwargs, preserve, early, determinism_check == "default", recompute_context)
    with saved_tensors_hooks(region.pack, region.unpack), forward_context:
        result = function(*args, **kwargs)
    region.completed = True
    return result


# ---------------------------------------------------------------- the reentrant variant


class CheckpointFunction(Function):
    """Runs forward unrecorded and, in backward, forward again recorded and a whole backward pass over it."""

    @staticmethod
    def forward(ctx, run_function, preserve_rng_state, *args):
        tensors = [value for value in args if isinstance(value, torch.Tensor)]
        if not any(tensor.requires_grad for tensor in tensors):
            warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)
        ctx.run_function = run_function
        ctx.random = random.snapshot() if preserve_rng_state else None
        ctx.others = [None if isinstance(value, torch.Tensor) else value for value in args]
        ctx.positions = [at for at, value in enumerate(args) if isinstance(value, torch.Tensor)]
        ctx.save_for_backward(*tensors)
        with torch.no_grad():
            return run_function(*args)

    @staticmethod
    def backward(ctx, *grads):
        if _state.thread.graph_task.exec_info is not None:
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an "
                "`inputs` parameter to .backward(). To resolve this error, you can either set "
                "use_reentrant=False, or call .backward() without passing the `inputs` argument."
            )
        args = list(ctx.others)
        for at, tensor in zip(ctx.positions, ctx.saved_tensors, strict=True):
            args[at] = tensor.detach().requires_grad_(tensor.requires_grad)
        with contextlib.ExitStack() as stack:
            if ctx.random is not None:
                stack.enter_context(random.fork_rng())
                random.restore(ctx.random)
            stack.enter_context(torch.enable_grad())
            outputs = ctx.run_function(*args)
        outputs = (outputs,) if isinstance(outputs, torch.Tensor) else outputs
        pairs = [
            (output, grad)
            for output, grad in zip(outputs, grads, strict=True)
            if isinstance(output, torch.Tensor) and output.requires_grad
        ]
        if not pairs:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        torch.autograd.backward(*zip(*pairs, strict=True))
        return None, None, *[arg.grad if isinstance(arg, torch.Tensor) else None for arg in args]


# ---------------------------------------------------------------- the functions


def checkpoint(
    function,
    *args,
    use_reentrant: bool | None = None,
    context_fn=noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs,
):
    """`function(*args, **kwargs)` without keeping what it saves for backward.

    `preserve_rng_state=False` gives recomputation other random numbers. Raises ValueError for options that the
    variant does not take; backward raises CheckpointError when recomputation differs.
    """
    if use_reentrant is None:
        warnings.warn(_EXPLICIT, stacklevel=2)
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if not use_reentrant:
        return _without_reentrant(function, args, kwargs, preserve, context_fn, determinism_check, debug, early_stop)
    _no_more(kwargs)
    if context_fn is not noop_context_fn or debug:
        raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
    return CheckpointFunction.apply(function, preserve, *args)


def checkpoint_sequential(functions, segments, input, use_reentrant=None, **kwargs):
    """A sequence of functions in `segments` parts, all but the last one checkpointed."""
    if use_reentrant is None:
        warnings.warn(_EXPLICIT_SEQUENTIAL, stacklevel=2)
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    _no_more(kwargs)
    functions = list(functions)
    size = len(functions) // segments
    for start in range(0, size * (segments - 1), size):
        part = functools.partial(_in_turn, functions[start : start + size])
        input = checkpoint(part, input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return _in_turn(functions[size * (segments - 1) :], input)


def _in_turn(functions, value):
    for function in functions:
        value = function(value)
    return value


def _no_more(kwargs):
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))


for _public in (CheckpointError, CheckpointFunction, GraphExecGroup):
    _public.__module__ = "torch.utils.checkpoint"
