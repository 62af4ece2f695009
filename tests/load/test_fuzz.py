"""Whatever stands in a file, loading it gives a spec or a SpecError with placed, printable lines."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from conformance.exceptions import SpecError
from conformance.load import instances, load_text, tables
from conformance.load.model import SpecFile
from conformance.load.report import printable
from conformance.load.yaml_nodes import decode
from tests.load.tables import malformed

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def outcome(text: str) -> SpecFile | SpecError:
    try:
        spec = load_text(text, "fuzz.yaml", "fuzz.yaml", check_programs=False)
    except SpecError as error:
        assert error.problems
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for problem in error.problems:
            assert 1 <= problem.line <= len(lines)
            assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
            assert str(problem) == printable(str(problem))
        return error
    assert len({i.id for i in instances(spec)}) == len(instances(spec))
    return spec


@RELAXED
@given(st.text())
@example("\ufeff\ufeff")
@example("? ? ?")
@example("- - -\n -")
def test_any_text(text):
    outcome(text)


@RELAXED
@given(st.binary())
def test_any_bytes(data):
    try:
        text = decode(data, "fuzz.yaml")
    except SpecError as error:
        assert len(error.problems) == 1
        return
    outcome(text)


WORDS = st.sampled_from(
    [
        *tables.FILE_KEYS,
        *tables.CASE_KEYS,
        *tables.STEP_KEYS,
        *tables.EXPECTATION_KEYS,
        *tables.CITE_KINDS,
        *(
            "RuntimeError",
            "UserWarning",
            "torch.float32",
            "cpu",
            "cuda",
            ">=2.1",
            "a",
            "001-03",
            "x.grad",
            "...",
        ),
        *("1", "1.5", "true", "null", ".nan", "-0.0", "'q'", '"d"', "{cuda:x}", "&a b", "*a", "!t x", "<<"),
    ]
)
TREES = st.recursive(
    WORDS | st.text(max_size=3) | st.integers() | st.floats() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


def flow(tree: object) -> str:
    """The tree in YAML's flow style, its texts as they are."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key}: {flow(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(flow, tree)) + "]"
    return str(tree)


@RELAXED
@given(TREES)
def test_any_tree_of_known_words(tree):
    outcome(flow(tree))
    outcome(f"cases: [{{case: a, steps: [{{run: x, expect: {{y: {flow(tree)}}}}}]}}]")
    thrown = f"raises: {flow(tree)}, warns: {flow(tree)}"
    outcome(f"cases: [{{case: a, rows: [{{n: 1}}], steps: [{{run: x, {thrown}}}]}}]")


MALFORMED = [entry.text for entry in malformed() if entry.text]


@RELAXED
@given(st.sampled_from(MALFORMED), st.data())
def test_any_cut_and_any_insertion(text, data):
    at = data.draw(st.integers(0, len(text)))
    outcome(text[:at])
    outcome(text[:at] + data.draw(st.sampled_from([*":[]{}'\"|>-?&*!%@#,\n\t \r\0é"])) + text[at:])
