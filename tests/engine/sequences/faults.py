"""Engines with a fault in how statements act on each other, beside those of ``tests/miniatures``.

Each function is given the reference engine's namespace, in a process of its own, and breaks one rule in it.
"""

from __future__ import annotations


def history_not_rebased(torch):
    """A write through a view leaves the base with the history that it had."""
    from reference_engine.graph import inplace

    rebase = inplace.rebase_history

    def forgetful(tensor, node):
        view = None if tensor._meta is None else tensor._meta.view
        if view is None:
            rebase(tensor, node)

    inplace.rebase_history = forgetful


def views_not_made_anew(torch):
    """A view keeps the ``grad_fn`` it was made with, whatever happened to its base."""
    from reference_engine.graph import inplace

    inplace.view_grad_fn = lambda tensor: tensor._meta.grad_fn


def overlap_not_refused(torch):
    """A write may go to a tensor whose elements share memory."""
    from reference_engine.graph import inplace

    inplace.check_overlap = lambda array: None


FAULTS = {fault.__name__: fault for fault in (history_not_rebased, views_not_made_anew, overlap_not_refused)}
