"""The names that generated programs use beside ``torch``: hooks that take notes, custom functions, packers.

They are made anew for each run, of the engine's own classes, so nothing is carried from one program to the next.
"""

from __future__ import annotations

from collections.abc import Callable


def vocabulary(torch, note: Callable) -> dict:
    """Everything a program may name. ``note(event, tensor)`` writes down what a hook was given."""
    if torch.__name__ == "torch":
        from torch.autograd import forward_ad
        from torch.utils.checkpoint import checkpoint
    else:
        from reference_engine.autograd import forward_ad
        from reference_engine.utils.checkpoint import checkpoint
    return {
        "torch": torch,
        "forward_ad": forward_ad,
        "checkpoint": checkpoint,
        "graph": torch.autograd.graph,
        "either": lambda *values: next(value for value in values if value is not None),
        "apart": _apart,
        **_hooks(torch, note),
        **_packers(note),
        **_functions(torch, note),
    }


def _apart(operand, target):
    """An operand for a write to ``target`` that shares no memory with it, unless it is read just where it is written:
    the result of other writes depends on their order."""
    places = ((t.storage_offset(), t.stride(), t.shape) for t in (operand, target))
    shares = operand.untyped_storage()._cdata == target.untyped_storage()._cdata
    return operand.clone() if shares and next(places) != next(places) else operand


def _hooks(torch, note: Callable) -> dict:
    def noting(grad):
        note("hook", grad)

    def doubling(grad):
        note("hook", grad)
        return grad * 2

    def cloning(grad):
        return grad.clone()

    def handing_back(grad):
        return grad

    def writing(grad):
        grad.mul_(2)

    def halving_grad(leaf):
        note("accumulated", leaf.grad)
        leaf.grad.mul_(0.5)

    def clearing_grad(leaf):
        note("accumulated", leaf.grad)
        leaf.grad = None

    def stepping(leaf):
        with torch.no_grad():
            leaf.sub_(leaf.grad)

    def before_node(grads):
        for grad in grads:
            note("before node", grad)

    def after_node(results, grads):
        for grad in (*results, *grads):
            note("after node", grad)

    return {hook.__name__: hook for hook in (noting, doubling, cloning, handing_back, writing, halving_grad,
                                             clearing_grad, stepping, before_node, after_node)}  # fmt: skip


def _packers(note: Callable) -> dict:
    def as_is(tensor):
        note("pack", tensor)
        return tensor

    def detached(tensor):
        return tensor.detach()

    def copied(tensor):
        return tensor.clone()

    def multiplied(tensor):
        note("unpack", tensor)
        return tensor * 2

    return {packer.__name__: packer for packer in (as_is, detached, copied, multiplied)}


def _functions(torch, note: Callable) -> dict:
    class Square(torch.autograd.Function):
        """Saves its input."""

        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, grad):
            note("backward", grad)
            (x,) = ctx.saved_tensors
            return grad * 2 * x

    class Exp(torch.autograd.Function):
        """Saves its result, and knows its tangent."""

        @staticmethod
        def forward(ctx, x):
            ctx.result = x.exp()
            ctx.save_for_backward(ctx.result)
            return ctx.result

        @staticmethod
        def backward(ctx, grad):
            return grad * ctx.saved_tensors[0]

        @staticmethod
        def jvp(ctx, tangent):
            return tangent * ctx.result

    class DoubledInPlace(torch.autograd.Function):
        """Writes into its input."""

        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            return x.mul_(2)

        @staticmethod
        def backward(ctx, grad):
            return grad * 2

    class Flat(torch.autograd.Function):
        """Returns a view of its input."""

        @staticmethod
        def forward(ctx, x):
            ctx.shape = x.shape
            return x.view(-1)

        @staticmethod
        def backward(ctx, grad):
            return grad.view(ctx.shape)

    class Same(torch.autograd.Function):
        """Returns its input as it is."""

        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, grad):
            note("backward", grad)
            return grad * 3

    class WithMask(torch.autograd.Function):
        """Has a second output without derivative."""

        @staticmethod
        def forward(ctx, x):
            mask, again = x * 3, x + 1
            ctx.mark_non_differentiable(mask)
            return again, mask

        @staticmethod
        def backward(ctx, grad, of_mask):
            note("backward", of_mask)
            return grad

    class Pair(torch.autograd.Function):
        """Two outputs, whose missing gradients stay missing."""

        @staticmethod
        def forward(ctx, x, y):
            ctx.set_materialize_grads(False)
            return x * 2, y * 3

        @staticmethod
        def backward(ctx, first, second):
            note("backward", first)
            note("backward", second)
            return None if first is None else first * 2, None if second is None else second * 3

    class Once(torch.autograd.Function):
        """Its backward is not to be differentiated; context and forward are apart."""

        @staticmethod
        def forward(x):
            return x.sin()

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(inputs[0])

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, grad):
            return grad * ctx.saved_tensors[0].cos()

    return {kind.__name__: kind for kind in (Square, Exp, DoubledInPlace, Flat, Same, WithMask, Pair, Once)}
