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


def test_a_lone_kernel_meets_what_is_not_finite():
    """With one kernel rows are summed by another library function, which knows no bfloat16."""
    program = """
for dtype in (torch.half, torch.float32):
    x = torch.tensor([[[1., float("inf"), 2.]]]).to(dtype)
    print(F.conv1d(x, torch.tensor([[[1., 0.5]]]).to(dtype)))
x = torch.tensor([[[1., float("inf"), 2., 3.]]]).bfloat16()
print(F.conv1d(x, torch.tensor([[[1., 0.5]]]).bfloat16())[..., 2:])
"""
    engine, wanted = agree(program)
    assert engine == wanted


@pytest.mark.parametrize("sizes", ["(2,), (2, 3)", "(0,), (2, 3)", "(1, 1), ()"])
def test_grids_are_of_vectors(sizes):
    program = f"torch.meshgrid([torch.ones(s) for s in ({sizes})], indexing='xy')"
    engine, wanted = agree(program)
    assert engine[0].split(" got:")[0] == wanted[0].split(" got:")[0]
