"""Tables looked up by number: embedding, one_hot."""

import reference_engine as torch

from ...ops import losses


def embedding(
    input,
    weight,
    padding_idx=None,
    max_norm=None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
):
    """Rows of `weight` (rows, width) by the integers of `input`: (*input, width).

    `padding_idx` gets no gradient; with `max_norm` the rows used are first shortened in place. Raises AssertionError
    for a padding index, IndexError for an index outside the table.
    """
    rows = weight.size(0)
    if padding_idx is None:
        padding_idx = -1
    elif padding_idx and not -rows <= padding_idx < rows:
        raise AssertionError("Padding_idx must be within num_embeddings")
    elif padding_idx < 0:
        padding_idx += rows
    if input.dtype not in (torch.int64, torch.int32):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but "
            f"got {input.type()} instead (while checking arguments for embedding)"
        )
    if max_norm is not None:
        _shorten(weight, input, max_norm, norm_type)
    return losses.embedding(weight, input, padding_idx, scale_grad_by_freq, sparse)


def _shorten(weight, input, max_norm, norm_type):
    with torch.no_grad():
        for row in sorted(set(input.reshape(-1).tolist())):
            length = weight[row].norm(norm_type)
            if length > max_norm:
                weight[row].mul_(max_norm / (length + 1e-7))


def one_hot(tensor, num_classes: int = -1):
    """Integers (*) as rows of zeros with a one: (*, num_classes), int64; -1 takes the largest integer + 1."""
    if tensor.dtype != torch.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if tensor.numel() == 0:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return torch.zeros(*tensor.shape, num_classes, dtype=torch.int64, device=tensor.device)
    if tensor.min().item() < 0:
        raise RuntimeError("Class values must be non-negative.")
    largest = tensor.max().item()
    if num_classes == -1:
        num_classes = largest + 1
    elif largest >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    zeros = torch.zeros(*tensor.shape, num_classes, dtype=torch.int64, device=tensor.device)
    return zeros.scatter_(-1, tensor.unsqueeze(-1), 1)
