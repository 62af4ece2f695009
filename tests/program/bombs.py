"""Programs that pass the checker and never end, or take all memory: time and memory limits end them.

`time`: only the time limit ends it. `memory`: the memory limit does, unless time runs out first. `any`:
Python or the engine may end it with an exception of its own; it must only not hang or take the machine.
"""

from __future__ import annotations

from typing import NamedTuple


class Bomb(NamedTuple):
    """A name, what ends it, the program."""

    name: str
    ends: str
    text: str


BOMBS = [
    Bomb("endless-iterator", "time", "for i in iter(int, 1):\n    pass"),
    Bomb("endless-generator", "time", "@torch.no_grad()\ndef f():\n    for i in iter(int, 1):\n        yield i\nsum(f())"),
    Bomb("endless-map", "time", "any(map(lambda v: False, iter(int, 1)))"),
    Bomb(
        "endless-while-catching",
        "time",
        "for i in iter(int, 1):\n    try:\n        torch.ones(2).backward()\n    except Exception:\n        pass",
    ),
    Bomb("long-range", "time", "for i in range(10 ** 18):\n    pass"),
    Bomb("range-sum", "time", "sum(range(10 ** 12))"),
    Bomb("nested-ranges", "time", "[0 for a in range(10 ** 6) for b in range(10 ** 6) if False]"),
    Bomb("power-tower", "time", "x = 7\nfor i in range(60):\n    x = x * x"),
    Bomb("huge-power", "time", "e = 10 ** 9\nx = 3 ** e"),
    Bomb("thread-endless", "time", "in_thread(lambda: sum(iter(int, 1)))"),
    Bomb(
        "hook-endless",
        "time",
        "x = torch.ones(1, requires_grad=True)\nx.register_hook(lambda g: sum(iter(int, 1)))\n(x * 2).backward()",
    ),
    Bomb(
        "exponential-graph",
        "any",
        "x = torch.ones(1, requires_grad=True)\ny = x\nfor i in range(10 ** 8):\n    y = y + y\ny.backward()",
    ),
    Bomb("huge-matrix-product", "time", "a = torch.ones(9000, 9000)\nfor i in range(10 ** 6):\n    a = a @ a"),
    Bomb("huge-tensor", "any", "x = torch.ones(10 ** 12)"),
    Bomb("huge-tensor-written", "memory", "kept = []\nfor i in range(10 ** 6):\n    kept.append(torch.ones(10 ** 6))"),
    Bomb("huge-list", "memory", "x = list(range(10 ** 10))"),
    Bomb("huge-text", "memory", "n = 10 ** 11\nx = 'a' * n"),
    Bomb("doubling-text", "memory", "x = 'ab'\nfor i in range(60):\n    x = x + x"),
    Bomb("doubling-list", "memory", "x = [0]\nfor i in range(60):\n    x = x + x"),
    Bomb("swallowed-memory", "any", "try:\n    x = list(range(10 ** 10))\nexcept Exception:\n    x = 1"),
    Bomb("width-text", "memory", "w = 10 ** 10\nx = '%*d' % (w, 1)"),
    Bomb("huge-set", "memory", "x = {i for i in range(10 ** 10)}"),
    Bomb("closure-chain", "any", "f = lambda: 1\nfor i in range(10 ** 7):\n    f = (lambda g: lambda: g())(f)\nf()"),
    Bomb("deep-recursion", "any", "def f(n):\n    return f(n + 1)\nf(0)"),
    Bomb("deep-recursion-caught", "any", "def f(n):\n    try:\n        return f(n + 1)\n    except RecursionError:\n        return n\nf(0)"),
    Bomb(
        "recursion-doubling",
        "time",
        "def f():\n    try:\n        f()\n    except RecursionError:\n        f()\n    finally:\n        f()\nf()",
    ),
    Bomb("deep-list", "any", "x = []\nfor i in range(10 ** 6):\n    x = [x]\nprint(x)"),
    Bomb("self-containing", "any", "x = []\nx.append(x)\nprint(x)\nd = {}\nd[1] = d"),
    Bomb("print-flood", "time", "for i in iter(int, 1):\n    print('flood', i)"),
    Bomb("expanded-tensor", "any", "x = torch.ones(1).expand(10 ** 12)\ny = repr(x)"),
    Bomb("huge-expanded-sum", "time", "x = torch.ones(1).expand(10 ** 14).sum()"),
    Bomb("deep-graph", "any", "y = torch.ones(1, requires_grad=True)\nfor i in range(10 ** 6):\n    y = y + 1\ny.backward()"),
    Bomb("warning-flood", "any", "for i in range(10 ** 7):\n    (torch.ones(1, requires_grad=True) * 1).grad"),
]  # fmt: skip
