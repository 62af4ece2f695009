"""What is written is what is read: JSON is YAML, so any plain data can be written as JSON and compared."""

from __future__ import annotations

import json
import math
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.load import instances
from tests.load.helpers import expectation, spec

# Characters that specs may hold as they are; all others need an escape.
TEXTS = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], include_characters="\n\t"))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
DATA = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4), max_leaves=15)


def frozen(data):
    return tuple(map(frozen, data)) if isinstance(data, list) else data


def written(data) -> str:
    return json.dumps(data, ensure_ascii=False)


def same(left, right) -> bool:
    """Equal in value, kind and sign of zero."""
    if isinstance(left, tuple):
        return isinstance(right, tuple) and len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) and isinstance(right, float):
        return left == right and math.copysign(1, left) == math.copysign(1, right)
    return type(left) is type(right) and left == right


def has_device_mark(data) -> bool:
    return any(f"{{{name}" in written(data).lower().replace(" ", "") for name in ("cpu:", "cuda:", "gpu:"))


@settings(deadline=None)
@given(DATA.filter(lambda data: not has_device_mark(data)))
def test_an_expected_literal(data):
    assert same(expectation(written(data)).data, frozen(data))


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(["n", "m", "want"]), DATA, min_size=1), min_size=1, max_size=1))
def test_a_row(rows):
    (got,) = instances(spec(f"cases: [{{case: a, rows: {written(rows)}, steps: [{{run: x}}]}}]"))
    assert same(tuple(got.row), tuple((name, frozen(held)) for name, held in rows[0].items()))


@settings(deadline=None)
@given(TEXTS.filter(str.strip), TEXTS.filter(str.strip))
def test_titles_and_messages(title, message):
    message = message.replace("{", "(")
    thrown = f"raises: {{KeyError: {written(message)}}}"
    file = spec(f"title: {written(title)}\ncases: [{{case: a, steps: [{{run: x, {thrown}}}]}}]")
    assert file.title == " ".join(title.split())
    assert file.cases[0].steps[0].raises.message.data == message


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["x = 1", "if x:", "    y = 2", "", "  # note", "z = '''", "'''"]), min_size=1),
    st.integers(1, 6),
)
def test_a_block_of_code(code, indent):
    code = ["first = 1", *code]
    block = "\n".join(" " * (6 + indent) + line if line else "" for line in code)
    (case,) = spec(f"cases:\n  - case: a\n    steps:\n    - run: |\n{block}\n").cases
    source = case.steps[0].run
    assert source.text.rstrip("\n") == "\n".join(code).rstrip()
    assert (source.line, source.column) == (5, 7 + indent)


def test_a_file_of_25_lines_loads_in_well_under_a_millisecond():
    """Five times the budget, in CPU time, so that only a real change of cost can fail it."""
    steps = "".join(f"      - run: y = x * {n}\n        expect:\n          y: [{n}.]\n" for n in range(7))
    text = f"title: a\ngiven: x = torch.ones(1)\ncases:\n  - case: a\n    steps:\n{steps}"
    assert text.count("\n") >= 25
    start = time.process_time()
    for _ in range(100):
        spec(text)
    assert time.process_time() - start < 100 * 0.005
