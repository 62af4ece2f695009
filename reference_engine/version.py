"""Version counters: how autograd notices that a tensor changed after it was saved.

Every in-place write adds one to the counter of the tensor that it writes. Views of a tensor and its ``detach()``
share one counter, because they share memory and a write through any of them is seen through all. ``clone()`` has
memory of its own, hence a counter of its own; ``x.data`` shares the memory but, on purpose, not the counter: it
is the way to write behind autograd's back. Inference tensors have none at all.

Rule: ``Tensor._version``; version counters in PyTorch's "in-place correctness checks".
"""


class VersionCounter:
    """The number of in-place writes seen by one family of tensors."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def bump(self) -> None:
        self.value += 1


class InferenceVersionCounter(VersionCounter):
    """``detach()`` of an inference tensor counts writes, hence allows them, and is still an inference tensor."""

    __slots__ = ()


def is_inference(counter: VersionCounter | None) -> bool:
    """Whether a tensor with this counter is an inference tensor."""
    return counter is None or type(counter) is InferenceVersionCounter
