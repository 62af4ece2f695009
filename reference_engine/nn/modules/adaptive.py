"""The adaptive approximation of a softmax over many classes (torch.nn.AdaptiveLogSoftmaxWithLoss).

Frequent classes are the first ones. A small *head* decides between the shortlist and the clusters of rarer classes;
each cluster has a *tail* of its own, narrower the rarer its classes are.
"""

from collections import namedtuple
from collections.abc import Sequence
from itertools import pairwise

import reference_engine as torch

from .. import functional as F
from .container import ModuleList, Sequential
from .linear import Linear
from .module import Module

_ASMoutput = namedtuple("_ASMoutput", ("output", "loss"))


class AdaptiveLogSoftmaxWithLoss(Module):
    """input (N, in_features), target (N) in [0, n_classes) -> (log probability of each target (N), their mean loss).

    `cutoffs` are the first classes of the clusters. `head` has `cutoffs[0]` rows plus one per cluster; the tail of
    cluster i first reduces to in_features // div_value ** (i + 1). Without a batch: (in_features) and (). Raises
    ValueError for cutoffs that are not increasing within [1, n_classes), RuntimeError for shapes and targets that do
    not fit.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device=None,
        dtype=None,
    ) -> None:
        super().__init__()
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        rising = all(low < high for low, high in pairwise((0, *cutoffs, n_classes)))
        if not rising or any(int(cutoff) != cutoff for cutoff in cutoffs):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each "
                "value is between 1 and n_classes-1"
            )
        self.in_features, self.n_classes, self.cutoffs = in_features, n_classes, [*cutoffs, n_classes]
        self.div_value, self.head_bias = div_value, head_bias
        self.shortlist_size, self.n_clusters = cutoffs[0], len(cutoffs)
        self.head_size = self.shortlist_size + self.n_clusters
        place = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **place)
        self.tail = ModuleList()
        for number, (low, high) in enumerate(pairwise(self.cutoffs), start=1):
            width = int(in_features // div_value**number)
            narrow = Linear(in_features, width, bias=False, **place)
            self.tail.append(Sequential(narrow, Linear(width, high - low, bias=False, **place)))

    def reset_parameters(self) -> None:
        """As the linear layers do, the head first."""
        self.head.reset_parameters()
        for narrow, wide in self.tail:
            narrow.reset_parameters()
            wide.reset_parameters()

    def forward(self, input_, target_):
        self._check(input_, target_)
        batched = target_.dim() == 1
        input, target = (input_, target_) if batched else (input_.unsqueeze(0), target_.unsqueeze(0))
        if target.numel() and not (target.min() >= 0 and target.max() < self.n_classes):
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range "
                f"[{target.min().item()}, {target.max().item()}] were found. "
            )
        # What the head is asked for: the class itself, or the place of its cluster behind the shortlist.
        entry = target.clone()
        within = input.new_zeros(target.size(0))
        for number, (low, high) in enumerate(pairwise(self.cutoffs)):
            rows = ((target >= low) & (target < high)).nonzero().squeeze(1)
            if not rows.numel():
                continue  # a tail that nobody asks for gets no gradient
            entry[rows] = self.shortlist_size + number
            chances = F.log_softmax(self.tail[number](input.index_select(0, rows)), dim=1)
            chosen = (target.index_select(0, rows) - low).unsqueeze(1)
            within.index_copy_(0, rows, chances.gather(1, chosen).squeeze(1))
        of_head = F.log_softmax(self.head(input), dim=1).gather(1, entry.unsqueeze(1)).squeeze(1)
        output = within + of_head
        loss = (-output).mean()
        return _ASMoutput(output if batched else output.squeeze(0), loss)

    def _check(self, input, target) -> None:
        if target.dim() > 1:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        if target.dim() == 1 and input.size(0) != target.size(0):
            raise RuntimeError("Input and target should have the same size in the batch dimension.")
        if target.dim() != input.dim() - 1:
            expected = "1D target tensor expects 2D" if target.dim() else "0D target tensor expects 1D"
            raise RuntimeError(f"{expected} input tensors, but found inputs with size {input.size()}")

    def log_prob(self, input):
        """(N, in_features) -> the log probabilities of all classes (N, n_classes)."""
        head = F.log_softmax(self.head(input), dim=1)
        result = input.new_empty((input.size(0), self.n_classes))
        result[:, : self.shortlist_size] = head[:, : self.shortlist_size]
        for number, (low, high) in enumerate(pairwise(self.cutoffs)):
            cluster = head[:, self.shortlist_size + number]
            result[:, low:high] = F.log_softmax(self.tail[number](input), dim=1) + cluster.unsqueeze(1)
        return result

    def predict(self, input):
        """(N, in_features) -> the most probable class of each row (N)."""
        with torch.no_grad():
            return self.log_prob(input).argmax(dim=1)


_ASMoutput.__module__ = "torch.nn.modules.adaptive"
