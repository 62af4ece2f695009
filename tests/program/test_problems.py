"""Each refusal points at the character and says what to write instead."""

from __future__ import annotations

import pytest

from conformance.exceptions import SpecError
from conformance.load import limits, load_text
from conformance.load.model import Case, Mark, Row, Source, Step
from conformance.program import check_case, check_file, check_source, surface

# Programs as they stand at line 10, column 5 of a file, and the lines they give.
LINES = {
    "y = torh.ones(1)": [
        "10:9: program-name: the name `torh` is not bound; did you mean `torch`?",
    ],
    "y = torch.onse(1)": [
        "10:9: program-attribute: `torch.onse` is not on the surface; did you mean `torch.ones`?",
    ],
    "x = torch.ones(1)\nx.requires_gard": [
        "11:5: program-attribute: the attribute `requires_gard` is not on the surface; did you mean "
        "`requires_grad`?",
    ],
    "first = 1\nprint(frist)": ["11:11: program-name: the name `frist` is not bound; did you mean `first`?"],
    "import torch": [
        "10:5: program-syntax: `import` is not part of restricted Python; remove it: `torch` is given, "
        "its submodules are reached with dots",
    ],
    "while True:\n    pass": [
        "10:5: program-syntax: `while` is not part of restricted Python; use `for` over a range",
    ],
    "a = 1; b = open": [
        "10:16: program-name: the name `open` is not bound; programs read and write no files",
    ],
    "x = 'ä'; y = torch": ["10:18: program-name: `torch` stands only before a dot; write `torch.something`"],
    "def f(torch): pass": [
        "10:11: program-assign: `torch` has a fixed meaning; give your variable another name",
    ],
    "x = torch.ones(1)\nx.__class__": [
        "11:5: program-attribute: the attribute `__class__` is not on the surface; use `isinstance`",
    ],
    "'{}'.format(1)": [
        "10:5: program-attribute: the attribute `format` is not on the surface; use an f-string",
    ],
    "T = torch.nn.Linear": [
        "10:9: program-attribute: the class `torch.nn.Linear` is passed around; call it here, or wrap it: "
        "`lambda *values: torch.nn.Linear(*values)`",
    ],
    "nn = torch.nn": ["10:10: program-name: `torch.nn` is a module; name something in it, with a dot"],
    "torch.Tensor.grad = None": [
        "10:5: program-assign: nothing reached from `torch` is assigned; assign to your own values",
    ],
    "x = torch.ones(1)\nx.is_leaf = True": [
        "11:5: program-assign: `is_leaf` is not settable; "
        f"settable are {', '.join(sorted(surface().settable))}, and names of your own",
    ],
    "x = torch.ones(1)\nx.tofile = 1": [
        "11:5: program-assign: the attribute `tofile` exists on real objects; give it a name of your own",
    ],
    "x = torch.ones(1)\nx._mine = 1": [
        "11:5: program-assign: the attribute `_mine`; begin its name with a letter",
    ],
    "class A(dict): pass": [
        "10:13: program-class: the base class `dict`; base classes are torch.Tensor, "
        "torch.autograd.Function, torch.nn.Module, torch.nn.Parameter, exceptions, and classes of your own",
    ],
    "@print\ndef f(): pass": [
        "10:6: program-syntax: the decorator `print`; decorators are staticmethod, classmethod and the modes "
        "of torch, like `@torch.no_grad()`",
    ],
    "x = 10 ** 9999": ["10:15: program-size: a huge exponent; keep to 1000"],
    "f'{1:.2f}'": ["10:5: program-syntax: a format specification; use `round`, or `expect` the value"],
    "try:\n    1\nexcept:\n    2": ["12:5: program-syntax: a bare `except:`; name the exception"],
    "del [1][0]": ["10:9: program-assign: `del` of something else than a variable; assign None to it"],
    "import os\nwhile 1: pass\nassert 1": [
        "10:5: program-syntax: `import` is not part of restricted Python; remove it: `torch` is given, "
        "its submodules are reached with dots",
        "11:5: program-syntax: `while` is not part of restricted Python; use `for` over a range",
        "12:5: program-syntax: `assert` is not part of restricted Python; state it under `expect`",
    ],
    "x = 1\ny = (2\nz = 3": ["11:9: program-syntax: '(' was never closed; write plain Python"],
}  # fmt: skip


@pytest.mark.parametrize("text", LINES, ids=range(len(LINES)))
def test_the_line_of_a_problem(text):
    found = check_source(Source(text, 10, 5), "f.yaml")
    assert [str(problem).removeprefix("f.yaml:") for problem in found] == LINES[text]


SPEC = """\
title: a rule
given: |
  x = torch.ones(2, requires_grad=True)
  y = x.unlisted_thing
cases:
  - case: first
    steps:
      - run: x.add_(torch)
        expect:
          x.grad: null
          "x.mul_(2)": [1.]
          missing: 1
  - case: second
    params:
      n: [1, "open", 2]
    steps:
      - run: |
          # a comment

          z = later(n)
          def later(n):
              return eval
"""


def test_a_file_gives_each_problem_once_at_its_place():
    spec = load_text(SPEC, "a.yaml", "spec/a.yaml", check_programs=False)
    assert [str(problem).removeprefix("spec/a.yaml:") for problem in check_file(spec)] == [
        "8:21: program-name: `torch` stands only before a dot; write `torch.something`",
        "11:12: program-effect: `mul_` changes something; do it under `run`",
        "12:11: program-name: the name `missing` is not bound; what there is stands in spec/surface.yaml",
        "4:7: program-attribute: the attribute `unlisted_thing` is not on the surface; what there is "
        "stands in spec/surface.yaml",
        "15:7: program-name: the value `open`: the name `open` is not bound; programs read and write no files",
        "22:22: program-name: the name `eval` is not bound; write the code itself",
    ]


def test_loading_refuses_the_file_before_anything_runs():
    with pytest.raises(SpecError) as caught:
        load_text(SPEC, "a.yaml", "spec/a.yaml")
    assert len(caught.value.problems) == 6


def test_names_and_attributes_are_shared_by_the_sources_of_one_case_only():
    text = """\
title: a rule
given: "class A:\\n    def __init__(self):\\n        self.mine_too = 1\\n"
cases:
  - case: first
    steps:
      - run: a = A()
        expect: {a.mine_too: 1}
      - run: a.second_one = 2
        expect: {a.second_one: 2}
  - case: second
    steps:
      - run: b = A()
        expect: {b.mine_too: 1, b.second_one: 2, a: 1}
"""
    text = text.replace(
        'given: "class A:\\n    def __init__(self):\\n        self.mine_too = 1\\n"',
        "given: |\n  class A:\n      def __init__(self):\n          self.mine_too = 1",
    )
    spec = load_text(text, "a.yaml", "spec/a.yaml", check_programs=False)
    assert [problem.what for problem in check_file(spec)] == [
        "the name `a` is not bound",
        "the attribute `second_one` is not on the surface",
    ]


@pytest.mark.parametrize("name", ["torch", "isinstance", "weak", "__class__", "no name"])
def test_rows_bind_no_fixed_name(name):
    mark = Mark(3, 7)
    case = Case("a::b", "b", "", mark, (Step(Source("1", 5), mark),), rows=(Row("r", ((name, 1),), mark),))
    assert [str(problem) for problem in check_case(case, "a.yaml")] == [
        f"a.yaml:3:7: program-assign: `{name}` cannot name a value; use a name of letters, digits and `_` "
        "that has no fixed meaning"
    ]


def test_a_class_of_given_is_known_to_steps_for_what_it_is():
    text = """\
title: a rule
given: |
  class A(torch.Tensor):
      pass
cases:
  - case: first
    steps:
      - run: |
          class B(A):
              def tolist(self):
                  return []
"""
    spec = load_text(text, "a.yaml", "a.yaml", check_programs=False)
    assert [str(problem) for problem in check_file(spec)] == [
        "a.yaml:10:15: program-class: `tolist` is the engine's own; give the method another name"
    ]


def test_a_flood_of_problems_is_cut_and_quick():
    text = "\n".join(f"torch.onse{i}(unknown_{i})" for i in range(400))
    assert len(check_source(Source(text, 1))) == limits.PROBLEMS
    steps = "".join(f"      - run: torch.onse{i}\n" for i in range(80))
    cases = "".join(f"  - case: c{i}\n    steps:\n{steps}" for i in range(9))
    spec = load_text("title: a rule\ncases:\n" + cases, "a.yaml", "a.yaml", check_programs=False)
    assert len(check_file(spec)) == limits.PROBLEMS
