"""What programs may do: everything the sources' programs need passes, and every spec does."""

from __future__ import annotations

import pytest

from conformance.load import load
from conformance.load.model import Source
from conformance.program import check_file, check_source
from tests.program.tables import LONG, Entry, table

PROGRAMS = [*table("accepted"), Entry("elif-chain", "", LONG)]

EXPRESSIONS = """
x.grad
x.grad is None
z is y
y.grad_fn.name()
repr(y)
len(y.grad_fn.next_functions)
[n.name() for n, _ in y.grad_fn.next_functions]
shares_memory(x, y, z)
x._version
weak(x)() is not None
sorted(k for k, v in {1: 2}.items())
(lambda v: v * 2)(3)
x.dtype
torch.is_grad_enabled()
isinstance(x, torch.nn.Parameter)
[float(v) for v in x.tolist()][-1]
x if y else z
frames(e)
f'{x}'
torch.equal(x, y)
""".strip().split("\n")


@pytest.mark.parametrize("entry", PROGRAMS, ids=lambda entry: entry.name)
def test_programs_may(entry):
    assert check_source(Source(entry.text, 1), needs=entry.note.split()) == []


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expressions_may(text):
    assert check_source(Source(text, 1), expression=True, names=["x", "y", "z", "e"]) == []


def test_features_give_names():
    thread = Source("in_thread(lambda: torch.is_grad_enabled())", 1)
    assert check_source(thread, needs=["threads"]) == []
    assert check_source(thread)[0].mend == "add `needs: [threads]`"
    moved = Source("torch.ones(1).to(accelerator)", 1)
    assert check_source(moved, needs=["cuda"]) == []
    assert check_source(moved)[0].mend == "add `needs: [cuda]`"


def test_every_spec_passes():
    files = load(check_programs=False)
    assert files
    assert [str(problem) for file in files for problem in check_file(file)] == []
