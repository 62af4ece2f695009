"""Keywords that are seldom given do what they say, or are refused: none is taken and forgotten."""

import pytest

from reference_engine.errors import NotModelled

from .twin import agree

CALLS = [
    "torch.zeros(2, names=('a',))",
    "torch.rand_like(torch.ones(1, 2, 2, 2), memory_format=torch.channels_last).stride()",
    "torch.randn_like(torch.ones(1, 2, 2, 2), memory_format=torch.channels_last)",
    "torch.cdist(torch.ones(1, 2), torch.zeros(1, 2), compute_mode='fast')",
    "torch.cdist(torch.ones(1, 2), torch.zeros(1, 2), compute_mode='donot_use_mm_for_euclid_dist')",
    "torch.linalg.svdvals(torch.eye(2), driver='gesvd')",
    "torch.linalg.svd(torch.eye(2), driver='gesvd')",
    *(f"torch.repeat_interleave(torch.tensor([1, 2]), torch.tensor([1, 2]), output_size={n})" for n in (3, 4, -1)),
    *(f"torch.repeat_interleave(torch.tensor([1, 2]), torch.tensor([1, 2]), 0, output_size={n})" for n in (3, 2)),
    *(f"torch.repeat_interleave(torch.tensor([1, 2]), 2, output_size={n})" for n in (4, 3)),
    *(f"torch.repeat_interleave(torch.tensor([1, 2]), output_size={n})" for n in (3, 4)),
    "F.gumbel_softmax(torch.zeros(2), eps=1e-3).shape",
]


@pytest.mark.parametrize("call", CALLS)
def test_a_rare_keyword(call):
    engine, wanted = agree(f"print({call})")
    assert engine == wanted


@pytest.mark.parametrize("layout", ["sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc", "jagged"])
def test_a_layout_that_is_not_modelled_says_so(layout):
    import reference_engine

    with pytest.raises(NotModelled, match=f"torch.{layout} is not modelled by the reference engine"):
        reference_engine.zeros(2, layout=getattr(reference_engine, layout))
