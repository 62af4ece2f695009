"""What a good file becomes: the design's forms, and exact places."""

from __future__ import annotations

import hashlib
import math

import pytest

from conformance.load import load
from conformance.load.model import Cite, Mark, Source, Thrown, Tolerance, Value
from tests.load.helpers import case, spec, step

EXAMPLE = """\
# a comment
title: Backward frees the graph's buffers
  unless the graph is retained
cites:
  - doc: torch.Tensor.backward  # a symbol
  - claim: 001-03
needs: [nn]
level: should
given: |   # for every case

  w = torch.tensor([1.], requires_grad=True)

  y = w * w
cases:
  - case: accumulates-when-retained
    title: two calls add up
    cites: [{claim: 001-N02}, {page: notes/autograd}, {doc: torch.Tensor.backward}]
    needs: [nn, hooks]
    level: must
    compare: {ulp: 2}
    given: z = 1
    steps:
      - run: y.backward(retain_graph=True)
        expect:
          w.grad: [5.]
          'w.grad[0]' : 5.
      - run: |
            if z:
              y.backward()
        expect: {w.grad: [10.]}
  - case: raises-when-freed
    steps:
      - run: 'y.backward()'
      - run: >-
          y.backward(
          )
        raises:
          RuntimeError: Trying to backward ...
"""


def test_the_whole_of_a_file():
    file = spec(EXAMPLE, "backward/retain_graph.yaml")
    assert file.path == "backward/retain_graph.yaml"
    assert file.shown == "spec/backward/retain_graph.yaml"
    assert file.title == "Backward frees the graph's buffers unless the graph is retained"
    assert file.text == EXAMPLE
    assert file.sha256 == hashlib.sha256(EXAMPLE.encode()).hexdigest()
    first, second = file.cases
    given = Source("w = torch.tensor([1.], requires_grad=True)\n\ny = w * w\n", 11, 3)
    assert (first.id, first.name) == (
        "backward/retain_graph::accumulates-when-retained",
        "accumulates-when-retained",
    )
    assert first.title == "two calls add up"
    assert first.mark == Mark(15, 5)
    assert first.given == (given, Source("z = 1", 21, 12))
    assert first.level == "must"
    assert first.needs == ("nn", "hooks")
    assert first.compare == Tolerance(ulp=2)
    assert first.cites == (
        Cite("doc", "torch.Tensor.backward", Mark(5, 10)),
        Cite("claim", "001-03", Mark(6, 12)),
        Cite("claim", "001-N02", Mark(17, 21)),
        Cite("page", "notes/autograd", Mark(17, 38)),
    )
    assert second.title == "raises when freed"
    assert (second.level, second.needs, second.given) == ("should", ("nn",), (given,))
    assert second.compare is None


def test_programs_know_their_lines():
    first, second = spec(EXAMPLE).cases
    assert first.steps[0].run == Source("y.backward(retain_graph=True)", 23, 14)
    assert first.steps[1].run == Source("if z:\n  y.backward()\n", 28, 13)
    assert [a.expression for a in first.steps[0].expect] == [
        Source("w.grad", 25, 11),
        Source("w.grad[0]", 26, 12),
    ]
    assert second.steps[0].run == Source("y.backward()", 33, 15)
    assert second.steps[1].run == Source("y.backward( )", 35, 11)
    assert first.steps[1].mark == Mark(27, 9)


def test_every_line_of_every_spec_stands_where_its_source_says():
    for file in load(check_programs=False):
        lines = file.text.split("\n")
        sources = [s for c in file.cases for s in (*c.given, *(step.run for step in c.steps))]
        sources += [a.expression for c in file.cases for step in c.steps for a in step.expect]
        for source in sources:
            written = lines[source.line - 1]
            code = source.text.split("\n")
            if len(code) == 1 and code[0] not in written:
                assert code[0].startswith(written.strip()), (file.shown, source)  # folded with `>`
                continue
            for offset, line in enumerate(code):
                assert lines[source.line - 1 + offset][source.column - 1 :].startswith(line), (
                    file.shown,
                    source,
                )


def test_expectations_know_their_places():
    assertion, other = spec(EXAMPLE).cases[0].steps[0].expect
    assert assertion.mark == Mark(25, 11)
    assert assertion.expected.mark == Mark(25, 19)
    assert other.expected == Value(5.0, Mark(26, 25))


def test_an_exception_knows_its_place():
    thrown = spec(EXAMPLE).cases[1].steps[1].raises
    assert thrown == Thrown("RuntimeError", Value("Trying to backward ...", Mark(38, 25), message=True), Mark(38, 11))


@pytest.mark.parametrize("change", [lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n")], ids=["bom", "crlf"])
def test_a_byte_order_mark_and_crlf_change_nothing(change):
    assert spec(change(EXAMPLE)) == spec(EXAMPLE)


@pytest.mark.parametrize("before", ["", "---\n", "%YAML 1.2\n---\n", "# yaml-language-server: $schema=a.json\n"])
def test_what_may_stand_before_the_keys(before):
    assert case(f"{before}cases: [{{case: a, steps: [{{run: x}}]}}]\n...\n").name == "a"


def test_code_under_an_indentation_indicator():
    text = "cases:\n  - case: a\n    steps:\n      - run: |2\n            x = 1\n          y = 2\n"
    assert case(text).steps[0].run == Source("  x = 1\ny = 2\n", 5, 11)


def test_keys_that_need_quotes_in_yaml_are_plain_expressions():
    got = step("expect: {'[x, y][0]': 1, \"{'a': 1}['a']\": 2, '*x,': 3}").expect
    assert [a.expression.text for a in got] == ["[x, y][0]", "{'a': 1}['a']", "*x,"]


def test_core_schema_values_reach_the_model():
    got = step("expect: {a: on, b: no, c: 1e-3, d: 0o10, e: 0xF, f: -0.0, g: ~, h: .inf, i: '1', j: 1}").expect
    data = [a.expected.data for a in got]
    assert data == ["on", "no", 0.001, 8, 15, 0.0, None, math.inf, "1", 1]
    assert math.copysign(1, data[5]) == -1.0
    assert [type(d) for d in data[6:]] == [type(None), float, str, int]
