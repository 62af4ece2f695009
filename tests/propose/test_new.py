"""`torch-conformance new`: a snippet becomes a case that passes, says what was seen, and is refused by lint."""

from __future__ import annotations

import pytest

from conformance.exceptions import SpecError, UsageError
from conformance.lint import lint
from conformance.load import instances, load_text
from conformance.propose import draft, propose

TARGET = "reference:cpu"
SNIPPET = """\
import torch
x = torch.tensor([1., 2.], requires_grad=True)
y = (x ** 2).sum()
y.backward(retain_graph=True)
print(x.grad, y.grad_fn)
y.backward()
try:
    y.backward()
except RuntimeError as error:
    print(error)
with torch.no_grad():
    x += 1
w = x.clone().detach()
print(w.dtype, w.requires_grad, w.tolist(), w.shape, repr(w), w.sum())
"""


@pytest.fixture(scope="module")
def proposed() -> str:
    return propose(SNIPPET, "paste.py", "twice", TARGET)


def test_steps_end_where_something_is_seen(proposed):
    file = load_text(proposed, "a/b.yaml", "a/b.yaml")
    (instance,) = instances(file)
    steps = instance.case.steps
    assert [step.run.text.strip().split("\n")[-1] for step in steps] == [
        "y.backward(retain_graph=True)",
        "y.backward()",
        "y.backward()",
        "    x += 1",
        "w = x.clone().detach()",
    ]
    expected = [{a.expression.text: a.expected.data for a in step.expect} for step in steps]
    assert expected[0] == {"x.grad": (2.0, 4.0), "y.grad_fn.name()": "SumBackward0"}
    assert expected[1] == {"x.grad": (4.0, 8.0)}
    assert steps[2].raises.exception == "RuntimeError"
    assert steps[2].raises.message.data.startswith("Trying to backward through the graph a second time")
    assert expected[3] == {"x": (2.0, 3.0), "x._version": 1}
    assert expected[4] == {
        "w.dtype": "torch.float32",
        "w.requires_grad": False,
        "w.tolist()": (2.0, 3.0),
        "w.shape": (2,),
        "repr(w)": "tensor([2., 3.])",
        "w.sum()": 5.0,
    }


def test_a_proposal_is_never_silently_accepted(proposed, tmp_path):
    file = load_text(proposed, "a/b.yaml", "a/b.yaml")
    found = [p.code for p in lint([file], tmp_path, whole=False)]
    assert found.count("title-unreviewed") == 2
    read = load_text(proposed.replace("REVIEW ", ""), "a/b.yaml", "a/b.yaml")
    assert "title-unreviewed" not in [p.code for p in lint([read], tmp_path, whole=False)]


def test_what_programs_may_not_do_is_told_at_the_snippets_line():
    with pytest.raises(SpecError) as caught:
        propose("import torch\nx = torch.ones(1)\ny = torch.load('f')\n", "paste.py", "bad", TARGET)
    assert str(caught.value).startswith("paste.py:3:")


def test_what_does_not_come_out_the_same_twice_is_not_proposed(monkeypatch):
    monkeypatch.setattr(draft, "tensor_text", lambda seen: "[7.]")
    with pytest.raises(UsageError, match=r"does not do the same twice \(x: \[7.\], then tensor\(\[2.\]\)\)"):
        propose("import torch\nx = torch.ones(1)\nx += 1\n", "paste.py", "changed", TARGET)


def test_a_target_that_cannot_run_is_told():
    with pytest.raises(UsageError, match="reference:tpu cannot run"):
        propose("x = 1\nprint(x)", "paste.py", "absent", "reference:tpu")


def test_what_no_spec_can_state_is_named_in_the_proposal():
    text = "import torch\nx = torch.ones(5000)\ny = {1: 2}\nprint(x, y)\nz = y[1]\nprint(z)\n"
    proposed = propose(text, "paste.py", "large", TARGET)
    assert "or has no value that can be written: x\n" in proposed
    assert "or has no value that can be written: y\n" in proposed
