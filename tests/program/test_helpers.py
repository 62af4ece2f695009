"""What the helpers tell programs."""

from __future__ import annotations

import gc
import importlib

import pytest

from conformance.worker import helpers, sandbox
from tests.absent import need_torch

need_torch(whole_module=True)
import torch  # noqa: E402


@pytest.mark.parametrize("engine", ["torch", "reference_engine"])
def test_shares_memory_is_about_storages(engine):
    torch = importlib.import_module(engine)
    x = torch.ones(4)
    assert helpers.shares_memory(x, x[2:], x.detach(), x.view(2, 2), x.data)
    assert not helpers.shares_memory(x, x.clone())
    assert not helpers.shares_memory(x, x, x.clone())
    assert not helpers.shares_memory(torch.empty(0), torch.empty(0))
    empty = torch.empty(0)
    assert helpers.shares_memory(empty, empty.view(0, 1))


class Plain:
    """A tensor of an engine whose storages have an address and nothing else; empty ones have none."""

    def __init__(self, storage):
        self.storage = storage

    def untyped_storage(self):
        return self.storage

    def data_ptr(self):
        return 0


def test_empty_storages_are_told_apart_in_any_engine():
    one, other = Plain(None), Plain(None)
    one.storage, other.storage = one, other
    assert helpers.shares_memory(one, Plain(one))
    assert not helpers.shares_memory(one, other)


def test_weak_lets_go():
    x = torch.ones(1)
    look = helpers.weak(x)
    assert look() is x
    del x
    gc.collect()
    assert look() is None


def test_frames_are_the_engine_s_only():
    text = """
def outer():
    y.backward()
try:
    outer()
except RuntimeError as e:
    names = frames(e)
"""
    y = torch.ones(1, requires_grad=True) ** 2
    y.backward()
    scope = {"__builtins__": sandbox.safe_builtins(), "y": y, **helpers.HELPERS}
    exec(sandbox.compile_program(text, "spec/a.yaml", 1), scope)
    assert scope["names"] == ("backward", "backward", "_engine_run_backward")


LISTINGS = {
    "x = 1": None,
    "import torch\nx = torch.ones(1)": None,
    "x = torch.ones(1)": "NameError: name 'torch' is not defined",
    "  x = 1": "IndentationError: unexpected indent",
    "if True:\nx = 1": "IndentationError: expected an indented block after 'if' statement on line 1",
    "print 'x'": "SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)?",
    "def f():\n    return later\nlater = 1": None,
    "def f():\n    return never": None,
    "def f(a=never):\n    return a": "NameError: name 'never' is not defined",
    "@never\ndef f():\n    pass": "NameError: name 'never' is not defined",
    "class A:\n    b = never": "NameError: name 'never' is not defined",
    "from torch import *\nx = ones(1)": None,
    "import torch.nn as nn\nnn.Linear": None,
    "[i for i in range(3)]": None,
    "try:\n    pass\nexcept Exception as e:\n    print(e)": None,
    "second\nfirst = first_missing": "NameError: name 'second' is not defined",
    "return 1": "SyntaxError: 'return' outside function",
    "x = 1\0": "ValueError: source code string cannot contain null bytes",
}  # fmt: skip


@pytest.mark.parametrize("text", LISTINGS)
def test_what_python_says_of_a_listing(text):
    said = helpers.check_listing(text)
    if text.endswith("\0"):  # newer Pythons call it a SyntaxError
        assert "null bytes" in said
    else:
        assert said == LISTINGS[text]


def test_a_listing_is_bounded():
    with pytest.raises(ValueError, match="longer than 20000 characters"):
        helpers.check_listing("x = 1\n" * 9999)
    assert helpers.check_listing("(" * 300 + ")" * 300).startswith("SyntaxError")


def test_in_thread_has_a_mode_of_its_own():
    with torch.no_grad():
        assert helpers.in_thread(torch.is_grad_enabled) is True
    with pytest.raises(ZeroDivisionError):
        helpers.in_thread(lambda: 1 / 0)
