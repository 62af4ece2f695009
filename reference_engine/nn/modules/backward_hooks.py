"""Module backward hooks: how a module sees the gradients that pass its border.

The rule: with a full backward hook, the module's tensor arguments and its outputs each pass an identity
node (BackwardHookFunctionBackward). When the node behind the outputs runs, the gradients of the outputs
are known; when the one before the inputs runs, the hooks are called with both, and what they return
goes on in place of the inputs' gradients. Without an input that requires grad there is no second node:
the hooks run at once.

The older kind (`register_backward_hook`) is a post-hook on the grad_fn of the output and sees that
node's inputs, which are the module's inputs only when the module is a single operation.
"""

import warnings

import reference_engine as torch

from ...autograd.function import Function


class BackwardHookFunction(Function):
    """The identity on the border of a module."""

    @staticmethod
    def forward(ctx, *args):
        ctx.mark_non_differentiable(*[arg for arg in args if not arg.requires_grad])
        return args

    @staticmethod
    def backward(ctx, *grads):
        return grads


_NO_INPUT_REQUIRES_GRAD = (
    "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs "
    "require gradients. See https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html"
    "#torch.nn.Module.register_full_backward_hook for more details."
)


class Border:
    """The tensors among the values that cross a module's border in one direction, and where they stood."""

    __slots__ = ("count", "node", "positions", "values")

    def __init__(self, values):
        """`values`: the positional arguments or the outputs, a tuple."""
        self.values, self.count = values, len(values)
        self.node = self.positions = None
        tensors = {at: value for at, value in enumerate(values) if isinstance(value, torch.Tensor)}
        if not torch.is_grad_enabled() or not any(tensor.requires_grad for tensor in tensors.values()):
            return
        passed = BackwardHookFunction.apply(*tensors.values())
        self.positions = list(tensors)
        crossed = dict(zip(self.positions, passed, strict=True))
        self.values = tuple(crossed.get(at, value) for at, value in enumerate(values))
        self.node = next(tensor.grad_fn for tensor in passed if tensor.grad_fn is not None)

    def spread(self, grads):
        """One gradient per crossing tensor, as one per value: None for what is no tensor."""
        if self.positions is None:
            return (None,) * self.count
        by_position = dict(zip(self.positions, grads, strict=True))
        return tuple(by_position.get(at) for at in range(self.count))

    def gather(self, grads):
        """The inverse of `spread`."""
        return tuple(grads[at] for at in self.positions)


class BackwardHook:
    """The full backward hooks and pre-hooks of one call of one module."""

    def __init__(self, module, user_hooks, user_pre_hooks):
        self.module, self.user_hooks, self.user_pre_hooks = module, user_hooks, user_pre_hooks
        self.inputs = self.outputs = self.grad_outputs = None

    def setup_input_hook(self, args):
        """Arguments to hand to forward in place of `args`."""
        self.inputs = Border(args)
        if self.inputs.node is not None:
            self.inputs.node.register_hook(_named_hook(self._on_grad_inputs))
        return self.inputs.values

    def setup_output_hook(self, result):
        """Result to hand to the caller in place of `result`."""
        alone = not isinstance(result, tuple)
        self.outputs = Border((result,) if alone else result)
        if self.outputs.node is not None:
            self.outputs.node.register_hook(_named_hook(self._on_grad_outputs))
        return self.outputs.values[0] if alone else self.outputs.values

    def _on_grad_outputs(self, _, grads):
        seen = self.outputs.spread(grads)
        for hook in self.user_pre_hooks:
            replaced = hook(self.module, seen)
            if replaced is not None:
                seen = _same_number("Backward pre hook", "grad_output", replaced, len(seen))
        self.grad_outputs = seen
        if self.inputs.node is None:
            self._run_without_inputs()
        return self.outputs.gather(seen)

    def _run_without_inputs(self):
        warnings.warn(_NO_INPUT_REQUIRES_GRAD, stacklevel=2)
        for hook in self.user_hooks:
            returned = hook(self.module, self.inputs.spread(()), self.grad_outputs)
            if returned is not None and any(grad is not None for grad in returned):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return "
                    "None or None for all gradients."
                )
        self.grad_outputs = None

    def _on_grad_inputs(self, grads, _):
        if self.grad_outputs is None:  # the outputs took no part in this backward pass
            return None
        seen = self.inputs.spread(grads)
        for hook in self.user_hooks:
            replaced = hook(self.module, seen, self.grad_outputs)
            if replaced is not None:
                seen = _same_number("Backward hook", "grad_input", replaced, len(seen))
        self.grad_outputs = None
        return self.inputs.gather(seen)


def _named_hook(function):
    """`function` under the name by which PyTorch's messages call it."""

    def hook(grad_inputs, grad_outputs):
        return function(grad_inputs, grad_outputs)

    return hook


def _same_number(what, which, grads, expected):
    # A tensor without a tuple around it counts as the tuple of its elements.
    if len(grads) != expected:
        raise RuntimeError(f"{what} returned an invalid number of {which}, got {len(grads)}, but expected {expected}")
    return grads


# ---------------------------------------------------------------- the older kind

_DEPRECATED = (
    "Using {what} is deprecated and will be removed in future versions. This hook will be missing some "
    "{missing}. Please use register_full_backward_hook to get the documented behavior."
)


def register_on_grad_fn(module, args, result, hooks):
    """Put `register_backward_hook` hooks on the grad_fn of the first tensor in `result`."""
    first = result
    while not isinstance(first, torch.Tensor):
        if isinstance(first, dict):
            first = next(value for value in first.values() if isinstance(value, torch.Tensor))
        else:
            first = first[0]
    node = first.grad_fn
    if node is None:
        return
    for hook in hooks:
        node.register_hook(lambda grad_inputs, grad_outputs, hook=hook: hook(module, grad_inputs, grad_outputs))
    problem = _misleading(args, result, node)
    if problem is not None:
        what, missing = problem
        warnings.warn(_DEPRECATED.format(what=what, missing=missing), FutureWarning, stacklevel=3)


def _misleading(args, result, node):
    """In what way the node's gradients are not the module's; None when they are."""
    if isinstance(result, torch.Tensor):
        outputs = (result,)
    elif isinstance(result, tuple) and all(isinstance(value, torch.Tensor) for value in result):
        outputs = result
    else:
        what = "non-full backward hooks on a Module that does not return a single Tensor or a tuple of Tensors"
        return what, "of the grad_output"
    if not all(isinstance(value, torch.Tensor) for value in args):
        what = "non-full backward hooks on a Module that does not take as input a single Tensor or a tuple of Tensors"
        return what, "of the grad_input"
    if any(output.grad_fn is not node for output in outputs):
        return (
            "a non-full backward hook when outputs are generated by different autograd Nodes",
            "grad_output",
        )
    # A leaf argument has no grad_fn, so even a single operation on it counts as several nodes.
    if {source for source, _ in node.next_functions} != {arg.grad_fn for arg in args if arg.grad_fn is not None}:
        return "a non-full backward hook when the forward contains multiple autograd Nodes", "grad_input"
    return None
