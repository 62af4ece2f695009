"""One expected value against one answer: every pair states whether they agree."""

from __future__ import annotations

import math

import pytest

from tests.judge.build import REFERENCE_CUDA, TORCH, TORCH_CUDA, judged, obj, size, tensor

INF, NAN = math.inf, math.nan
F16_THIRD = 0.333251953125  # the float16 nearest to 1/3
BF16_TENTH = 0.10009765625  # the bfloat16 nearest to 0.1
F32_TENTH = 0.10000000149011612  # the float32 nearest to 0.1
META = {"k": "tensor", "v": {"data": None, "dtype": "float32", "shape": [2], "device": "meta"}}
HUGE = {
    "k": "tensor",
    "v": {
        "data": {"summary": True, "numel": 5000, "head": [0.0] * 16},
        "dtype": "float32",
        "shape": [5000],
        "device": "cpu",
    },
}

AGREE = [
    # None, bools, text
    ("null", None),
    ("true", True),
    ("false", False),
    ("text", "text"),
    ('"1"', "1"),
    ('"None"', "None"),
    ('""', ""),
    ('"a  b"', "a  b"),
    ("'tensor([1.])'", "tensor([1.])"),
    ("AddBackward0", "AddBackward0"),
    # numbers of a kind
    ("3", 3),
    ("-3", -3),
    ("0", 0),
    ("9223372036854775807", 2**63 - 1),
    ("123456789012345678901234567890", 123456789012345678901234567890),
    ("3.", 3.0),
    ("0.1", 0.1),
    ("1e-3", 0.001),
    ("-0.0", -0.0),
    ("0.", 0.0),
    (".nan", NAN),
    (".inf", INF),
    ("-.inf", -INF),
    ("1e308", 1e308),
    ("5e-324", 5e-324),
    ("1+2j", 1 + 2j),
    ("-1-2j", -1 - 2j),
    ("2j", 2j),
    ("0.5+0j", 0.5 + 0j),
    ("nan+infj", complex(NAN, INF)),
    # tensors of no dimensions answer for a number
    ("3", tensor(3, "int64")),
    ("3", tensor(3, "uint8")),
    ("3.", tensor(3.0)),
    ("3.", tensor(3.0, "float64")),
    ("true", tensor(True, "bool")),
    ("1+2j", tensor(1 + 2j, "complex64")),
    ("-0.0", tensor(-0.0)),
    (".nan", tensor(NAN)),
    # sequences
    ("[]", []),
    ("[]", ()),
    ("[1, 2]", [1, 2]),
    ("[1, 2]", (1, 2)),
    ("[1., 2]", [1.0, 2]),
    ("[[1], [2, 3]]", [[1], [2, 3]]),
    ("[null, true, a, 1.5]", [None, True, "a", 1.5]),
    ("[2, 3]", size(2, 3)),
    ("[]", size()),
    ("torch.Size([2, 3])", size(2, 3)),
    ("[torch.float32]", [obj("dtype", "torch.float32")]),
    ("[[1.], [2.]]", [tensor([1.0]), tensor([2.0])]),
    ("[1., 2.]", (tensor(1.0), tensor(2.0))),
    ("[[1., 2.], [3.]]", [tensor([1.0, 2.0]), tensor([3.0])]),
    ("[null, [1.]]", (None, tensor([1.0]))),
    ("['1+2j', '3-0j']", [1 + 2j, complex(3, -0.0)]),
    # tensors
    ("[5.]", tensor([5.0])),
    ("[5]", tensor([5], "int64")),
    ("[5]", tensor([5], "int32")),
    ("[5]", tensor([5], "uint8")),
    ("[true, false]", tensor([True, False], "bool")),
    ("[[1., 2.], [3., 4.]]", tensor([[1.0, 2.0], [3.0, 4.0]])),
    ("[[[1.]]]", tensor([[[1.0]]])),
    ("['1+2j']", tensor([1 + 2j], "complex64")),
    ("['1+2j']", tensor([1 + 2j], "complex128")),
    ("['1-0j']", tensor([complex(1, -0.0)], "complex64")),
    ("['nan+0j', '-inf+0j']", tensor([complex(NAN, 0), complex(-INF, 0)], "complex64")),
    ("[]", tensor([])),
    ("[]", tensor([], "int64")),
    ("[[], []]", tensor([[], []])),
    ("[-0.0, 0.0, .nan, .inf, -.inf]", tensor([-0.0, 0.0, NAN, INF, -INF])),
    # literals are rounded to the observed dtype
    ("[0.1]", tensor([F32_TENTH])),
    ("[0.1]", tensor([0.1], "float64")),
    ("[0.3333333333]", tensor([F16_THIRD], "float16")),
    ("[0.1]", tensor([BF16_TENTH], "bfloat16")),
    ("[16777217.]", tensor([16777216.0])),
    ("[2049.]", tensor([2048.0], "float16")),
    ("[2051.]", tensor([2052.0], "float16")),
    ("[257.]", tensor([256.0], "bfloat16")),
    ("[1e39]", tensor([INF])),
    ("[65519.]", tensor([65504.0], "float16")),
    ("[65520.]", tensor([INF], "float16")),
    ("[1e-46]", tensor([0.0])),
    ("[-1e-46]", tensor([-0.0])),
    ("[1e-45]", tensor([1.401298464324817e-45])),
    ("[500.]", tensor([NAN], "float8_e4m3fn")),
    ("[0.3]", tensor([0.3125], "float8_e5m2")),
    ("['0.1+0.1j']", tensor([complex(F32_TENTH, F32_TENTH)], "complex64")),
    # objects by their text
    ("torch.float32", obj("dtype", "torch.float32")),
    ("cpu", obj("device", "cpu")),
    ("torch.strided", obj("layout", "torch.strided")),
    # the mapping form
    ("{value: [1.], dtype: torch.float64}", tensor([1.0], "float64")),
    ("{value: [1.], dtype: float32}", tensor([1.0])),
    ("{value: [], shape: [0, 3]}", tensor([], shape=[0, 3])),
    ("{value: [[], []], shape: [2, 0]}", tensor([[], []])),
    ("{value: [[], []], shape: [2, 0, 4]}", tensor([[], []], shape=[2, 0, 4])),
    ("{value: 1., shape: []}", tensor(1.0)),
    ("{value: 3, dtype: torch.int32, shape: []}", tensor(3, "int32")),
    ("{value: [[1], [2]], shape: [2, 1]}", [[1], [2]]),
    # declared slack
    ("{value: [1.], ulp: 1}", tensor([1.0000001192092896])),
    ("{value: [1.], ulp: 1}", tensor([0.9999999403953552])),
    ("{value: [1.], ulp: 0}", tensor([1.0])),
    ("{value: 0., ulp: 1}", tensor(-0.0)),
    ("{value: 0., ulp: 1}", tensor(1.401298464324817e-45)),
    ("{value: [100.], rtol: 0.01}", tensor([101.0])),
    ("{value: [100.], atol: 2}", tensor([98.0])),
    ("{value: [100.], rtol: 0.01, atol: 1}", tensor([102.0])),
    ("{value: [100.], ulp: 1, atol: 1}", tensor([101.0])),
    ("{value: 0., atol: 0.5}", -0.0),
    ("{value: [.inf, .nan], ulp: 5}", tensor([INF, NAN])),
    ("{value: [1.], ulp: 1, dtype: torch.float64}", tensor([1.0000000000000002], "float64")),
    ("{value: 1+1j, atol: 0.25}", 1.25 + 0.75j),
]

DIFFER = [
    # kinds never stand for one another
    ("5", 5.0),
    ("5.", 5),
    ("1", True),
    ("true", 1),
    ("0", False),
    ("false", None),
    ("null", False),
    ("null", 0),
    ("0", None),
    ("null", ""),
    ("null", "None"),
    ("None", None),
    ('"1"', 1),
    ("1", "1"),
    ('"True"', True),
    ("1.", 1 + 0j),
    ("1+0j", 1.0),
    ("'1'", 1 + 0j),
    ("[5.]", tensor([5], "int64")),
    ("[5]", tensor([5.0])),
    ("[1]", tensor([True], "bool")),
    ("[true]", tensor([1], "uint8")),
    ("[1.]", tensor([1 + 0j], "complex64")),
    ("['1+0j']", tensor([1.0])),
    ("[1]", [True]),
    ("[1.]", [1]),
    ("[a]", tensor([1.0])),
    ("[null]", tensor([1.0])),
    ("null", tensor([])),
    ("null", []),
    ("[]", None),
    ("[]", ""),
    ("[]", {}),
    ("torch.float32", "torch.float64"),
    ("torch.float32", obj("dtype", "torch.float64")),
    ("null", obj("NoneType", "None")),
    ("1", obj("int8", "1")),
    # values
    ("true", False),
    ("3", 4),
    ("3.", 3.0000000000000004),
    ("0.1", 0.30000000000000004 - 0.2),
    ("0.", -0.0),
    ("-0.0", 0.0),
    (".nan", 0.0),
    ("0.", NAN),
    (".inf", -INF),
    (".inf", 1.7976931348623157e308),
    ("1.7976931348623157e308", INF),
    ("5e-324", 0.0),
    ("1+2j", 1 - 2j),
    ("1+0j", complex(1, -0.0)),
    ("9223372036854775808", 2**63 + 1),
    ("text", "Text"),
    ("text", "text "),
    ('"a  b"', "a b"),
    ("a...", "abc"),
    ("'{dots}'", "..."),
    ("[0.]", tensor([-0.0])),
    ("[1., 2.]", tensor([1.0, 2.5])),
    ("[true, true]", tensor([True, False], "bool")),
    ("[1, 2]", tensor([1, 3], "int64")),
    ("[.nan]", tensor([1.0])),
    ("[1.]", tensor([NAN])),
    ("['1+2j']", tensor([1 + 3j], "complex64")),
    ("['2+2j']", tensor([1 + 2j], "complex64")),
    # a neighbour in the observed dtype is another value
    ("[0.1]", tensor([0.10000000894069672])),
    ("[0.1]", tensor([F32_TENTH], "float64")),
    ("[0.3333333333]", tensor([0.33349609375], "float16")),
    ("[0.1]", tensor([0.099609375], "bfloat16")),
    ("[16777217.]", tensor([16777218.0])),
    ("[1e39]", tensor([3.4028234663852886e38])),
    ("[65520.]", tensor([65504.0], "float16")),
    # shapes
    ("5.", tensor([5.0])),
    ("[5.]", tensor(5.0)),
    ("[5.]", 5.0),
    ("5.", [5.0]),
    ("[[5.]]", tensor([5.0])),
    ("[5.]", tensor([[5.0]])),
    ("[1., 2.]", tensor([1.0])),
    ("[1.]", tensor([1.0, 2.0])),
    ("[[1., 2.]]", tensor([[1.0], [2.0]])),
    ("[[1., 2.], [3.]]", tensor([[1.0, 2.0], [3.0, 4.0]])),
    ("[]", tensor([[]])),
    ("[]", tensor([], shape=[0, 3])),
    ("[[]]", tensor([])),
    ("[]", tensor(0.0)),
    ("[]", [1]),
    ("[1]", []),
    ("[1, 2]", [2, 1]),
    ("[1, 2]", [1, 2, 3]),
    ("[1, [2]]", [[1], 2]),
    ("[2, 3]", size(3, 2)),
    ("torch.Size([2])", size(3)),
    ("torch.Size([2])", [2]),
    ("'[1]'", [1]),
    ("[[1.], [2.]]", [tensor([1.0]), tensor([3.0])]),
    # the mapping form
    ("{value: [1.], dtype: torch.float64}", tensor([1.0])),
    ("{value: 1., dtype: torch.float64}", 1.0),
    ("{value: [1.], dtype: torch.float32}", [1.0]),
    ("{value: [], shape: [0, 3]}", tensor([], shape=[0, 4])),
    ("{value: [], shape: [0, 3]}", tensor([])),
    ("{value: 1., shape: []}", 1.0),
    ("{value: [1.], shape: [1]}", 1.0),
    ("{value: [[1], [2]], shape: [2, 1]}", [[1], [2, 3]]),
    ("{value: [], shape: [0]}", None),
    ("{value: [1.], dtype: torch.float32, shape: [1]}", tensor([2.0])),
    # beyond the slack
    ("{value: [1.], ulp: 1}", tensor([1.000000238418579])),
    ("{value: [1.], ulp: 0}", tensor([1.0000001192092896])),
    ("{value: 0., ulp: 0}", tensor(-0.0)),
    ("{value: [100.], rtol: 0.01}", tensor([101.5])),
    ("{value: [100.], atol: 2}", tensor([97.5])),
    ("{value: [1], atol: 2}", tensor([2], "int64")),
    ("{value: [.inf], ulp: 1}", tensor([3.4028234663852886e38])),
    ("{value: [.inf], atol: 1.0e300}", tensor([1.0])),
    ("{value: [1.], rtol: 1.0e300}", tensor([INF])),
    ("{value: [.nan], atol: 1}", tensor([0.0])),
    ("{value: [0.], atol: 1}", tensor([NAN])),
    # what cannot be compared
    ("[0., 0.]", META),
    ("[0.]", HUGE),
    ("[1.]", tensor([1.0], "float8_e8m0fnu")),
    ("[1]", tensor([1], "quint8")),
    ("null", {"k": "raised", "type": "RuntimeError", "message": "m"}),
    ("'RuntimeError: m'", {"k": "raised", "type": "RuntimeError", "message": "m"}),
    ("[]", {"k": "summary", "type": "list", "why": "contains itself"}),
    ("abc", {"k": "text", "v": "abc", "cut": True}),
]


def test_there_are_enough_of_them():
    assert len(AGREE) + len(DIFFER) >= 200


@pytest.mark.parametrize(("literal", "answer"), AGREE, ids=lambda part: str(part)[:50])
def test_agree(literal, answer):
    verdict = judged(literal, answer)
    assert (verdict.outcome, verdict.expectedness) == ("pass", "expected"), verdict.assertions
    assert verdict.assertions[0].note is None


@pytest.mark.parametrize(("literal", "answer"), DIFFER, ids=lambda part: str(part)[:50])
def test_differ(literal, answer):
    verdict = judged(literal, answer)
    assert (verdict.outcome, verdict.expectedness) == ("fail", "unexpected")
    check = verdict.assertions[0]
    assert not check.ok
    assert check.note, "a failed check says what differs"


@pytest.mark.parametrize(
    ("literal", "answer", "expected", "observed", "note", "ulp"),
    [
        ("[5.]", tensor([4.0]), "[5.]", "tensor([4.])", "differs at [0]: 4., expected 5.", 2097152),
        (
            "[1.]",
            tensor([1.0000001192092896]),
            "[1.]",
            "tensor([1.0000001])",
            "differs at [0]: 1.0000001, expected 1., 1 ulp apart",
            1,
        ),
        ("[5.]", tensor([5.0]), "[5.]", "tensor([5.])", None, 0),
        (
            "[[1., 2.]]",
            tensor([[1.0, 3.0]], "float64"),
            "[[1., 2.]]",
            "tensor([[1., 3.]], dtype=float64)",
            "differs at [0][1]: 3., expected 2.",
            2**51,
        ),
        ("[0.1]", tensor([F32_TENTH]), "[0.1]", "tensor([0.1])", None, 0),
        ("5", 5.0, "5", "5.", "a floating number, expected an integer", None),
        (
            "[1.]",
            tensor([1], "int64"),
            "[1.]",
            "tensor([1])",
            "differs at [0]: dtype int64, expected a floating number",
            None,
        ),
        ("[1.]", None, "[1.]", "None", "None, expected a list of 1", None),
        ("null", True, "None", "True", "a bool, expected None", None),
        (
            "{value: [1.], dtype: torch.float32}",
            tensor([1.0], "float64"),
            "[1.] (dtype float32)",
            "tensor([1.], dtype=float64)",
            "dtype float64, expected float32",
            None,
        ),
        (
            "[1.]",
            tensor([1.0, 2.0]),
            "[1.]",
            "tensor([1., 2.])",
            "shape [2], expected [1]",
            None,
        ),
        (
            "MulBackward0",
            "MulBackward1",
            "MulBackward0",
            "MulBackward1",
            "differs at character 12: '1', expected '0'",
            None,
        ),
        (
            "abc",
            "ab",
            "abc",
            "ab",
            "differs at character 3: the end, expected 'c'",
            None,
        ),
        (
            "{value: [1.], ulp: 2}",
            tensor([1.000000238418579]),
            "[1.] (ulp 2)",
            "tensor([1.0000002])",
            None,
            2,
        ),
        (
            "1",
            {"k": "raised", "type": "AttributeError", "message": "no x"},
            "1",
            "AttributeError: no x",
            "the expression raised AttributeError",
            None,
        ),
        ("[0.]", HUGE, "[0.]", None, "too large to compare (5000 elements)", None),
        (
            "[]",
            tensor([], shape=[0, 3]),
            "[]",
            "tensor([], shape=[0, 3])",
            "shape [0, 3], expected [0]",
            None,
        ),
    ],
)
def test_words(literal, answer, expected, observed, note, ulp):
    check = judged(literal, answer).assertions[0]
    assert (check.expected, check.note, check.ulp) == (expected, note, ulp)
    if observed is not None:
        assert check.observed == observed


@pytest.mark.parametrize(
    ("info", "answer", "agree"),
    [
        (TORCH, "tensor([1.])", True),
        (TORCH, "tensor([1.], device='cuda:0')", False),
        (TORCH_CUDA, "tensor([1.], device='cuda:0')", True),
        (REFERENCE_CUDA, "tensor([1.], device='cuda:0')", True),
        (TORCH_CUDA, "tensor([1.])", False),
    ],
)
def test_text_for_one_device(info, answer, agree):
    verdict = judged("\"tensor([1.]{cuda:, device='cuda:0'})\"", answer, info)
    assert (verdict.outcome == "pass") is agree


@pytest.mark.parametrize(
    ("literal", "answer", "agree"),
    [
        ("[1.]", tensor([1.0000001192092896]), True),
        ("[1.]", tensor([1.000000238418579]), False),
        ("{value: [1.], ulp: 2}", tensor([1.000000238418579]), True),
        ("{value: [1.], ulp: 0}", tensor([1.0000001192092896]), False),
        ("[1]", tensor([2], "int64"), False),
    ],
)
def test_slack_of_the_case_and_of_the_value(literal, answer, agree):
    verdict = judged(literal, answer, more="    compare: {ulp: 1}\n")
    assert (verdict.outcome == "pass") is agree
