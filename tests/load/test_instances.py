"""Instances of params and rows: how many, in which order, called what."""

from __future__ import annotations

import math

import pytest

from conformance.exceptions import SpecError, UsageError
from conformance.load import instances, limits, select
from conformance.load.params import literal
from tests.load.helpers import case, spec

STEPS = "steps: [{run: x}]"


def made(inside: str):
    return instances(spec(f"cases: [{{case: a, {inside}, {STEPS}}}]"))


def labels(inside: str) -> list[str]:
    return [i.id.removeprefix("area/file::a[").removesuffix("]") for i in made(inside)]


def test_a_case_without_params_is_its_own_instance():
    file = spec(f"cases: [{{case: a, {STEPS}}}, {{case: b, {STEPS}}}]")
    assert [i.id for i in instances(file)] == ["area/file::a", "area/file::b"]
    (first, _) = instances(file)
    assert (first.case, first.path, first.shown) == (file.cases[0], "area/file.yaml", "spec/area/file.yaml")
    assert (first.bindings, first.row) == ((), ())


def test_params_are_multiplied_and_rows_vary_fastest():
    got = made("params: {p: [1, 2], q: [x, y]}, rows: [{n: 3}, {n: 4}]")
    assert [i.id.partition("::")[2] for i in got] == [
        "a[p=1,q=x,n=3]",
        "a[p=1,q=x,n=4]",
        "a[p=1,q=y,n=3]",
        "a[p=1,q=y,n=4]",
        "a[p=2,q=x,n=3]",
        "a[p=2,q=x,n=4]",
        "a[p=2,q=y,n=3]",
        "a[p=2,q=y,n=4]",
    ]
    assert got[5].bindings == (("p", "2"), ("q", "x"))
    assert got[5].row == (("n", 4),)


@pytest.mark.parametrize(
    ("written", "label", "expression"),
    [
        ("torch.float64", "torch.float64", "torch.float64"),
        ("'''mean'''", "'mean'", "'mean'"),
        ("\"'mean'\"", "'mean'", "'mean'"),
        ("3", "3", "3"),
        ("1e-3", "1e-3", "0.001"),
        ("0x10", "0x10", "16"),
        ("-0.0", "-0.0", "-0.0"),
        (".inf", ".inf", "float('inf')"),
        ("-.inf", "-.inf", "float('-inf')"),
        (".nan", ".nan", "float('nan')"),
        ("true", "true", "True"),
        ("null", "null", "None"),
        ("'(1,  2)'", "(1, 2)", "(1,  2)"),
        ('"\\e[0m"', "\\x1b[0m", "\x1b[0m"),
    ],
)
def test_a_parameter_is_labelled_as_it_is_written(written, label, expression):
    (got,) = made(f"params: {{p: [{written}]}}")
    assert got.id == f"area/file::a[p={label}]"
    assert got.bindings == (("p", expression),)


def test_literals_evaluate_to_themselves():
    for value in (None, True, 3, -2, 1.5, 1e300, -0.0, math.inf, -math.inf):
        got = eval(literal(value))
        assert (type(got), got) == (type(value), value)
    assert math.isnan(eval(literal(math.nan)))


@pytest.mark.parametrize(
    ("row", "label", "values"),
    [
        ("{n: 1, want: [1., [2, 3]]}", "n=1,want=[1.,[2,3]]", (("n", 1), ("want", (1.0, (2, 3))))),
        ("{n: '1'}", "n='1'", (("n", "1"),)),
        ("{n: 'true'}", "n='true'", (("n", "true"),)),
        ("{n: 'a b'}", "n=a b", (("n", "a b"),)),
        ("{n: }", "n=null", (("n", None),)),
        ("{n: ''}", "n=''", (("n", ""),)),
        ("{n: ~, m: null}", "n=~,m=null", (("n", None), ("m", None))),
        ("{n: []}", "n=[]", (("n", ()),)),
    ],
)
def test_a_row_is_labelled_as_it_is_written(row, label, values):
    (got,) = made(f"rows: [{row}]")
    assert got.id == f"area/file::a[{label}]"
    assert got.row == values


def test_rows_take_the_order_of_the_first():
    assert labels("rows: [{n: 1, m: 2}, {m: 3, n: 4}]") == ["n=1,m=2", "n=4,m=3"]


def test_a_long_value_is_cut_with_a_digest_of_all_of_it():
    long = "x" * 200
    first, second = labels(f"rows: [{{n: {long}1}}, {{n: {long}2}}]")
    assert first != second
    assert len(first) < 90
    assert first.startswith("n=" + "x" * 60 + "…")


def test_as_many_instances_as_allowed():
    values = list(range(limits.INSTANCES))
    assert len(made(f"params: {{p: {values}}}")) == limits.INSTANCES
    with pytest.raises(SpecError, match="instances: the case has 1001 instances, more than 1000"):
        made(f"params: {{p: {[*values, 1000]}}}")


def test_as_many_instances_as_a_file_may_have():
    values = list(range(limits.INSTANCES))
    cases = [f"{{case: c{n}, params: {{p: {values}}}, {STEPS}}}" for n in range(11)]
    assert len(instances(spec(f"cases: [{', '.join(cases[:10])}]"))) == limits.FILE_INSTANCES
    with pytest.raises(SpecError, match=r"1:1: instances: the cases have 11000 instances, more than 10000; split"):
        spec(f"cases: [{', '.join(cases)}]")


def test_two_instances_never_have_the_same_id():
    with pytest.raises(SpecError, match="two instances have the same id"):
        made("params: {p: ['1', '1,q=2'], q: ['2,q=3', '3']}")


def test_rows_are_in_the_case():
    got = case(f"cases: [{{case: a, rows: [{{n: 1}}], {STEPS}}}]")
    assert [row.label for row in got.rows] == ["n=1"]


# --- select --------------------------------------------------------------------------------------------

FILES = (
    spec(
        f"cases: [{{case: adds-up, {STEPS}}}, {{case: frees, params: {{n: [1, 2]}}, {STEPS}}}]",
        "back/one.yaml",
    ),
    spec(f"cases: [{{case: adds-up, {STEPS}}}]", "back/two.yaml"),
    spec(f"cases: [{{case: cuda-only, {STEPS}}}]", "backs.yaml"),
)
ALL = tuple(i for file in FILES for i in instances(file))


def chosen(*names: str, k: str | None = None) -> list[str]:
    return [i.id for i in select(ALL, list(names), k)]


EVERY = [
    "back/one::adds-up",
    "back/one::frees[n=1]",
    "back/one::frees[n=2]",
    "back/two::adds-up",
    "backs::cuda-only",
]


def test_nothing_named_is_everything():
    assert chosen() == EVERY
    assert [i.id for i in select(ALL)] == EVERY
    assert chosen(k="  ") == EVERY


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["back/one::adds-up"], EVERY[:1]),
        (["back/one::frees"], EVERY[1:3]),
        (["back/one::frees[n=2]"], EVERY[2:3]),
        (["back/one"], EVERY[:3]),
        (["back/one.yaml"], EVERY[:3]),
        (["back"], EVERY[:4]),
        (["back/"], EVERY[:4]),
        (["backs", "back/one::frees[n=1]", "back/one::frees"], [*EVERY[1:3], EVERY[4]]),
    ],
)
def test_names(names, found):
    assert chosen(*names) == found


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("back/one::add-up", "no case `back/one::add-up`; did you mean back/one::adds-up?"),
        ("zzz", "no case `zzz`"),
        ("back/one::frees[n=3]", "did you mean back/one::frees"),
        ("bac", "no case `bac`"),
        ("\x1b[31m", "no case `\\x1b[31m`"),
    ],
)
def test_a_name_that_selects_nothing(name, words):
    with pytest.raises(UsageError) as caught:
        chosen(name)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("k", "found"),
    [
        ("adds", [EVERY[0], EVERY[3]]),
        ("ADDS", [EVERY[0], EVERY[3]]),
        ("adds and one", EVERY[:1]),
        ("adds or cuda", [EVERY[0], EVERY[3], EVERY[4]]),
        ("not adds", [*EVERY[1:3], EVERY[4]]),
        ("not not adds", [EVERY[0], EVERY[3]]),
        ("not adds and not cuda", EVERY[1:3]),
        ("one and (adds or n=2)", [EVERY[0], EVERY[2]]),
        ("cuda or one and adds", [EVERY[0], EVERY[4]]),
        ("(cuda or one) and adds", EVERY[:1]),
        ("frees[n=1]", EVERY[1:2]),
        ("'[n=1]' or \"two::\"", [EVERY[1], EVERY[3]]),
        ("nothing-has-this", []),
        ("android", []),
    ],
)
def test_k(k, found):
    assert chosen(k=k) == found


@pytest.mark.parametrize(
    ("k", "words"),
    [
        ("and", "-k: part of an id expected at character 1 of `and`"),
        ("adds and", "-k: part of an id expected at character 9 of `adds and`"),
        ("(adds", "-k: `)` expected at character 6 of `(adds`"),
        ("adds)", "-k: `and` or `or` expected at character 5 of `adds)`"),
        ("adds frees", "-k: `and` or `or` expected at character 5 of `adds frees`"),
        ("'adds", "-k: a quote is never closed, at character 1 of `'adds`"),
        ("()", "-k: part of an id expected at character 2 of `()`"),
        ("(" * 1500, "-k: part of an id expected at character 101"),
        ("x" * 2001, "-k: the expression is longer than 2000 characters"),
    ],
)
def test_k_that_cannot_be_read(k, words):
    with pytest.raises(UsageError) as caught:
        chosen(k=k)
    assert str(caught.value).startswith(words)
