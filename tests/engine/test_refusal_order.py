"""Calls with more than one thing wrong: which of them PyTorch speaks of."""

import pytest

from .twin import agree

_SHOW = """
inf, nan = float('inf'), float('nan')
def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, str(e).partition(chr(10) + 'Exception raised from ')[0])
"""


def agreed(calls, given=""):
    """Whether both engines answer each call alike."""
    engine, wanted = agree(_SHOW + given + "\n" + "\n".join(f"show(lambda: {call})" for call in calls))
    assert engine == wanted


_ALONG = """amax(%d) max(%d) min(%d) median(%d) nanmedian(%d) aminmax(dim=%d) argmax(%d) sort(%d) argsort(%d) mode(%d)
    all(%d) cummax(%d) kthvalue(1,%d) topk(1,%d) sort(stable=True,dim=%d) any((%d,)) amin((%d,)) logcumsumexp(%d)
    nansum(%d)"""
_WHOLE = "amax() max() median() nanmedian() aminmax() mode() amax(()) amin((0,0)) all((0,0)) all(()) any(keepdim=True)"


@pytest.mark.parametrize("shape", ["()", "(0,)", "(0, 2)", "(2, 0)", "(2,)"])
@pytest.mark.parametrize("tensor", ["dtype=torch.bool", "dtype=torch.complex64",
                                    "dtype=torch.complex64, requires_grad=True"])  # fmt: skip
def test_dimensions_come_before_dtypes_and_empty_ones_before_both(shape, tensor):
    calls = [f"x.{call % dim}" for call in _ALONG.split() for dim in (0, -1, 1, 5)] + [
        f"x.{call}" for call in _WHOLE.split()
    ]
    agreed(calls, f"x = torch.zeros({shape}, {tensor})")


def test_truth_is_written_into_bool_or_uint8():
    dtypes = ("float32", "uint8", "int64", "bool")
    given = ("torch.ones(2, 3)", "torch.ones(2, 3), (0, 1)", "torch.ones(2, dtype=torch.uint8), 0")
    agreed(
        f"torch.{name}({one}, out=torch.empty(0, dtype=torch.{dtype}))"
        for name in ("all", "any")
        for dtype in dtypes
        for one in given
    )
