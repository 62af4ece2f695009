"""What autograd knows about one tensor: :class:`AutogradMeta`, and :class:`ViewMeta` for views.

A tensor gets one only when autograd has something to say about it. The graph edge of a tensor is ``(grad_fn,
output_nr)`` for a result and ``(accumulator, 0)`` for a leaf.

Rule: "leaf" in the autograd notes, ``Tensor.is_leaf``, ``Tensor.requires_grad``; view tracking in "in-place
operations with autograd".
"""

from __future__ import annotations

from enum import Enum


class AutogradMeta:
    """Per-tensor autograd state. Class attributes are the defaults; instances store what differs."""

    requires_grad = False  # set on leaves only; results derive it from grad_fn
    grad = None
    grad_fn = None  # the Node that produced the tensor; None for leaves
    output_nr = 0  # which output of grad_fn the tensor is
    accumulator = None  # weak reference to the leaf's AccumulateGrad node
    hooks = None  # dict of tensor hooks (Tensor.register_hook), in order
    post_accumulate_hooks = None
    retains_grad = False
    retained_elsewhere = False  # for a value before the geometry changed in place
    tangent = None  # forward-mode derivative in the open dual level
    grad_dtype = None
    grad_dtype_set = False
    name = None  # given by the constructor from before tensors had gradients
    view = None  # ViewMeta when the tensor is a differentiable view


class CreationMeta(Enum):
    """How a view came to be, which decides whether writing through it can be tracked."""

    DEFAULT = 0
    NO_GRAD_MODE = 1
    INFERENCE_MODE = 2
    MULTI_OUTPUT = 3
    IN_CUSTOM_FUNCTION = 4


class ViewMeta:
    """The tie between a view and its base, so that writes through either are seen by both.

    ``base`` is the root of the chain of views. ``replay`` makes the view again from a base; None means that
    strides describe it. ``seen_version`` is the version at which the view's ``grad_fn`` was made: when the counter
    moved on, the ``grad_fn`` is out of date and is made anew on the next look.

    Tangents follow a chain of their own, ``tangent_base`` and ``tangent_replay``: the same as for gradients, except
    that ``make_dual`` and ``unpack_dual`` begin a new one. ``tangent_base`` is None where one begins.
    """

    __slots__ = ("base", "creation", "replay", "seen_version", "tangent_base", "tangent_replay")

    def __init__(self, base, replay, creation: CreationMeta, seen_version: int) -> None:
        self.base, self.replay, self.creation, self.seen_version = base, replay, creation, seen_version
        self.tangent_base, self.tangent_replay = base, replay


def materialize_meta(tensor) -> AutogradMeta:
    """The tensor's AutogradMeta, made when it has none yet."""
    meta = tensor._meta
    if meta is None:
        meta = tensor._meta = AutogradMeta()
    return meta
