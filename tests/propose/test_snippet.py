"""What people paste, as statements and looks; what cannot be pasted, with its place."""

from __future__ import annotations

import pytest

from conformance.exceptions import SpecError
from conformance.propose.snippet import read_snippet


def read(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(s.text, s.looks) for s in read_snippet(text, "paste")]


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("import torch\nx = 1\nprint(x)", [("x = 1", ("x",))]),
        ("x = 1\nprint('x is', x, x + 1)", [("x = 1", ("x", "x + 1"))]),
        ("x = 1\nprint(f'{x} and {x.grad}!')", [("x = 1", ("x", "x.grad"))]),
        ("x = 1\nx.grad", [("x = 1", ("x.grad",))]),
        ("x = f(1)\nx.sum()", [("x = f(1)", ()), ("x.sum()", ())]),
        ("from torch import nn\nm = nn.Linear(2, 1)", [("m = torch.nn.Linear(2, 1)", ())]),
        ("import torch.nn.functional as F\ny = F.relu(F.relu(x))", [
            ("y = torch.nn.functional.relu(torch.nn.functional.relu(x))", ())
        ]),
        ("import torch as t\nprint(1)\nx = t.ones(2)\nprint(t.sum(x), x)", [
            ("x = torch.ones(2)", ("torch.sum(x)", "x"))
        ]),
        (">>> x = 1\n>>> for i in y:\n...     x += i\n>>> x\n7", [
            ("x = 1", ()), ("for i in y:\n    x += i", ("x",))
        ]),
        ("try:\n    y.backward()\nexcept RuntimeError as e:\n    print(e)", [("y.backward()", ())]),
        ("try:\n    f()\nexcept ValueError:\n    x = 2", [("try:\n    f()\nexcept ValueError:\n    x = 2", ())]),
        ('"""Title."""\n# why\nx = 1  # so', [("x = 1", ())]),
        ("@torch.no_grad()\ndef f(x):\n    return x", [("@torch.no_grad()\ndef f(x):\n    return x", ())]),
        ("import torch as t\nx = 'ä', t.ones(1)\nprint(t.ones(1))", [("x = 'ä', torch.ones(1)", ("torch.ones(1)",))]),
    ],
)  # fmt: skip
def test_statements_and_what_is_looked_at(text, statements):
    assert read(text) == statements


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import numpy as np\nx = 1", "paste:1:1: snippet: `numpy` is imported"),
        ("x = 1\nfrom os import path", "paste:2:1: snippet: `os` is imported"),
        ("from torch import *\nx = 1", "paste:1:1: snippet: `*` is imported"),
        ("x = (1", "paste:1:5: snippet: '(' was never closed"),
        ("import torch\n", "paste:1:1: snippet: the snippet does nothing"),
        ("print(x)", "paste:1:1: snippet: the snippet does nothing"),
    ],
)
def test_what_cannot_be_read_says_where_and_the_mend(text, said):
    with pytest.raises(SpecError) as caught:
        read(text)
    line = str(caught.value)
    assert line.startswith(said) and "; " in line and "\n" not in line
