"""Every form of an expectation."""

from __future__ import annotations

import builtins
import importlib

import pytest

from conformance.load import tables
from conformance.load.model import Group, OneOf, PerDevice, PerTorch, RowRef, Thrown, Tolerance, Value
from tests.absent import need_torch
from tests.load.helpers import expectation, step


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("5.", 5.0),
        ("[5.]", (5.0,)),
        ("[[1, 2], [3, 4]]", ((1, 2), (3, 4))),
        ("[]", ()),
        ("[[], []]", ((), ())),
        ("[true, null, text]", (True, None, "text")),
        ("null", None),
        ("1+2j", "1+2j"),
        ("['1', 1]", ("1", 1)),
        ("'tensor([1.]{cuda:, device=''cuda:0''})'", "tensor([1.]{cuda:, device='cuda:0'})"),
        ("'{1: 2} {x} {dots} {cuda}'", "{1: 2} {x} {dots} {cuda}"),
        ("'{cpu:a}{cuda:b}'", "{cpu:a}{cuda:b}"),
    ],
)
def test_literals(text, data):
    got = expectation(text)
    assert isinstance(got, Value)
    assert repr(got.data) == repr(data)
    assert (got.dtype, got.shape, got.tolerance, got.message) == (None, None, None, False)


@pytest.mark.parametrize(
    ("text", "dtype", "shape", "tolerance"),
    [
        ("{value: 1.}", None, None, None),
        ("{value: 1., dtype: torch.float64}", "float64", None, None),
        ("{value: 1., dtype: bfloat16}", "bfloat16", None, None),
        ("{value: [1., 2.], shape: [2]}", None, (2,), None),
        ("{value: 1., shape: []}", None, (), None),
        ("{value: [], shape: [0, 3]}", None, (0, 3), None),
        ("{value: [[], []], shape: [2, 0, 4]}", None, (2, 0, 4), None),
        ("{value: 1., ulp: 2}", None, None, Tolerance(ulp=2)),
        ("{value: 1., ulp: 0}", None, None, Tolerance(ulp=0)),
        ("{value: [1.], rtol: 1e-3, atol: 1}", None, None, Tolerance(rtol=1e-3, atol=1.0)),
        ("{value: [], rtol: 1e-3}", None, None, Tolerance(rtol=1e-3)),
        ("{value: 1+2j, ulp: 1, dtype: complex64}", "complex64", None, Tolerance(ulp=1)),
    ],
)
def test_the_mapping_form(text, dtype, shape, tolerance):
    got = expectation(text)
    assert isinstance(got, Value)
    assert (got.dtype, got.shape, got.tolerance) == (dtype, shape, tolerance)


def test_a_row():
    got = expectation("{row: want}")
    assert isinstance(got, RowRef)
    assert got.name == "want"


def test_choices_hold_any_expectation_and_nest():
    got = expectation(
        "{per_torch: {'<2.1': {per_device: {cpu: {one_of: [1., {value: 2., ulp: 1}]}, cuda: {row: n}}}, '>=2.1': null}}"
    )
    assert isinstance(got, PerTorch)
    (old, inner), (new, none) = got.branches
    assert (old, new) == ("<2.1", ">=2.1")
    assert none.data is None
    assert isinstance(inner, PerDevice)
    assert [name for name, _ in inner.branches] == ["cpu", "cuda"]
    options = inner.branches[0][1]
    assert isinstance(options, OneOf)
    assert [o.data for o in options.options] == [1.0, 2.0]
    assert isinstance(inner.branches[1][1], RowRef)


@pytest.mark.parametrize("device", ["cpu", "cuda", "mps", "privateuseone", "my_npu"])
def test_device_types_of_other_packages_are_accepted(device):
    assert expectation(f"{{per_device: {{{device}: 1}}}}").branches[0][0] == device


@pytest.mark.parametrize("specifier", ["<2.1", ">=2.1,<2.4", "==2.*", "~=2.1", "!= 2.0"])
def test_version_specifiers(specifier):
    assert expectation(f"{{per_torch: {{'{specifier}': 1}}}}").branches[0][0] == specifier


def test_raises_with_a_plain_message():
    got = step("raises: {RuntimeError: 'a ... b {dots}'}").raises
    assert isinstance(got, Thrown)
    assert got.exception == "RuntimeError"
    assert (got.message.data, got.message.message) == ("a ... b {dots}", True)


def test_raises_with_a_choice_around_the_message():
    got = step("raises: {RuntimeError: {per_device: {cpu: a, cuda: {one_of: [b, {row: want}]}}}}").raises
    assert isinstance(got, Thrown)
    assert isinstance(got.message, PerDevice)
    (_, cpu), (_, cuda) = got.message.branches
    assert cpu.message
    assert isinstance(cuda, OneOf)
    assert isinstance(cuda.options[1], RowRef)


def test_raises_with_a_choice_around_the_whole():
    got = step("raises: {per_torch: {'<2.1': null, '>=2.1': {one_of: [{RuntimeError: a}, {ValueError: b}]}}}").raises
    assert isinstance(got, PerTorch)
    (_, nothing), (_, either) = got.branches
    assert nothing == Value(None, nothing.mark, message=True)
    assert [o.exception for o in either.options] == ["RuntimeError", "ValueError"]


def test_warns_is_a_group():
    got = step("warns: [{UserWarning: a}, {per_device: {cpu: {UserWarning: b}, cuda: null}}]").warns
    assert isinstance(got, Group)
    assert isinstance(got.items[0], Thrown)
    assert isinstance(got.items[1], PerDevice)


def test_warns_with_a_choice_around_the_list():
    got = step("warns: {per_torch: {'<2.1': [], '>=2.1': [{UserWarning: a}], '==3': null}}").warns
    assert isinstance(got, PerTorch)
    assert [len(branch.items) for _, branch in got.branches] == [0, 1, 0]


def test_the_built_in_exceptions_are_pythons():
    """Names of later versions may be listed; none of this version's may be missing, none an alias."""
    mine = {
        value.__name__
        for value in vars(builtins).values()
        if isinstance(value, type) and issubclass(value, BaseException)
    }
    later = {"PythonFinalizationError"}
    assert mine | later == tables.EXCEPTIONS | tables.WARNINGS
    assert all(issubclass(getattr(builtins, name), Warning) for name in tables.WARNINGS)


def test_the_exceptions_of_torch_are_torchs():
    need_torch()
    for table, base in ((tables.TORCH_EXCEPTIONS, Exception), (tables.TORCH_WARNINGS, Warning)):
        for name, home in table.items():
            module, _, attribute = home.rpartition(".")
            found = getattr(importlib.import_module(module), attribute)
            assert found.__name__ == name
            assert issubclass(found, base)
