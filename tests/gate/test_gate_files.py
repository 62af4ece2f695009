"""The reviewed files: what they may hold, and one clear line for everything else."""

from __future__ import annotations

import datetime
import re

import msgspec
import pytest

from conformance import paths
from conformance.exceptions import PolicyError, UsageError, WaiverError
from conformance.gate.baseline import load_baseline, sights, write_baseline
from conformance.gate.policy import KEYS, Policy, load_policy
from conformance.gate.waivers import load_waivers
from conformance.judge import Ran, Waiver, When
from conformance.judge.model import Check
from conformance.run.results import Line
from tests.gate.files import ADDS, GREEN, PRINTS, prints, results
from tests.judge.build import TORCH

GOOD = """waivers:
  - case: backward/retain_graph::raises-when-freed[n=3,dtype=torch.float64]
    target: torch:cuda+aot_eager
    assertion: w.grad
    step: 2
    when: {torch: ">=2.10,<2.12", device: cuda}
    observed: 4.
    reason: the kernel rounds twice
    issue: https://example.org/issues/1
    owner: autograd maintainers
    review_by: 2027-03-01
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Write a file in the working directory and give its path."""
    monkeypatch.chdir(tmp_path)

    def written(text: str | bytes, name: str = "w.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return written


def test_every_key_is_read(file):
    assert load_waivers(file(GOOD)) == (
        Waiver(
            case="backward/retain_graph::raises-when-freed[n=3,dtype=torch.float64]",
            target="torch:cuda+aot_eager",
            assertion="w.grad",
            step=2,
            when=When(">=2.10,<2.12", "cuda"),
            observed="4.",
            reason="the kernel rounds twice",
            issue="https://example.org/issues/1",
            owner="autograd maintainers",
            review_by=datetime.date(2027, 3, 1),
            at="w.yaml:2",
        ),
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "waivers: []\n", "\ufeff# mark\r\nwaivers: []\r\n"])
def test_no_waivers(file, text):
    assert load_waivers(file(text)) == ()


def test_no_file_is_no_waiver(tmp_path):
    assert load_waivers(tmp_path / "absent.yaml") == ()


def test_a_changed_file_is_read_again(file):
    path = file("waivers: []\n")
    assert load_waivers(path) == ()
    file(GOOD)
    assert len(load_waivers(path)) == 1


def without(key: str) -> str:
    rows = [line for line in GOOD.splitlines() if not line.lstrip(" -").startswith(key + ":")]
    return "".join(line + "\n" for line in rows)


BAD_WAIVERS = [
    (without("case").replace("    target", "  - target"), 2, "case missing"),
    (without("reason"), 2, "reason missing"),
    (without("review_by"), 2, "review_by missing"),
    (without("observed"), 2, "observed missing"),
    (without("issue"), 2, "issue missing"),
    (without("owner"), 2, "owner missing"),
    (GOOD + "    owners: we\n", 12, "did you mean `owner`?"),
    (GOOD.replace("2027-03-01", "March 2027"), 11, "write it like `2027-03-01`"),
    (GOOD.replace("2027-03-01", "2027-02-30"), 11, "is no date"),
    (GOOD.replace("step: 2", "step: two"), 5, "`step` is a whole number"),
    (GOOD.replace("step: 2", "step: -1"), 5, "`step` is a whole number"),
    (GOOD.replace("observed: 4.", "observed: ..."), 7, "accepts anything"),
    (GOOD.replace("observed: 4.", "observed: ''"), 7, "`observed` is not a text"),
    (GOOD.replace("observed: 4.", "observed: [4.]"), 7, "`observed` is not a text"),
    (GOOD.replace("torch:cuda+aot_eager", "torch:*"), 3, "name one target exactly"),
    (GOOD.replace("raises-when-freed[n=3,dtype=torch.float64]", "*"), 2, "name one case exactly"),
    (GOOD.replace("https://example.org/issues/1", "soon"), 9, "link it"),
    (GOOD.replace('">=2.10,<2.12"', "2.10 or so"), 6, "is no version specifier"),
    (GOOD.replace("device: cuda}", "machine: mine}"), 6, "`machine` is no key here"),
    (GOOD.replace("    step: 2\n", "    outcome: broken\n"), 5, "`broken` is no outcome"),
    (GOOD.replace("    step: 2\n", "    outcome: crash\n"), 2, "has no assertion to accept"),
    (without("assertion").replace("    step: 2\n", "    outcome: divergence\n"), 2, "`assertion` missing"),
    (GOOD + "more: 1\n", 12, "`more` is no key here"),
    ("waivers: 3\n", 1, "`waivers` is not a list"),
    ("waivers: [3]\n", 1, "a waiver is a mapping"),
    ("[]\n", 1, "not a mapping"),
    ("waivers: [\n", 2, ""),
    ("waivers: &a []\n", 1, "anchor"),
    ("waivers: []\nwaivers: []\n", 2, "twice"),
    (b"waivers: \xff\n", 1, "UTF-8"),
]


@pytest.mark.parametrize(("text", "line", "what"), BAD_WAIVERS)
def test_bad_waivers_are_refused_with_line_and_mend(file, text, line, what):
    with pytest.raises(WaiverError) as caught:
        load_waivers(file(text))
    first = str(caught.value).splitlines()[0]
    assert first.startswith(f"w.yaml:{line}:")
    assert what in first
    assert "; " in first, "the mend"


def test_several_mistakes_in_one_pass(file):
    text = GOOD.replace("step: 2", "step: two").replace("2027-03-01", "soon")
    with pytest.raises(WaiverError) as caught:
        load_waivers(file(text))
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == ["5", "11"]


# --- policy --------------------------------------------------------------------------------------


def test_without_a_file_the_defaults_hold(tmp_path):
    path = tmp_path / "absent.yaml"
    assert load_policy(path) == Policy(at=paths.shown(path))


def test_every_setting_can_be_made(file):
    text = """required_targets: [mine:cpu]
recorded_counts: false
gating_levels: [must]
max_waivers: 3
no_waivers_for: []
review_horizon_days: 30
waived_must_run: false
"""
    assert load_policy(file(text, "p.yaml")) == Policy(("mine:cpu",), False, ("must",), 3, (), 30, False, "p.yaml")


@pytest.mark.parametrize("text", ["", "# only words\n", "max_waivers: 20\n"])
def test_what_is_left_out_has_its_default(file, text):
    assert load_policy(file(text, "p.yaml")) == Policy(at="p.yaml")


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("max_waiver: 1\n", 1, "did you mean `max_waivers`?"),
        ("max_waivers: many\n", 1, "whole number"),
        ("max_waivers: true\n", 1, "whole number"),
        ("recorded_counts: maybe\n", 1, "true or false"),
        ("recorded_counts: 1\n", 1, "true or false"),
        ("required_targets: torch:cpu\n", 1, "not a list"),
        ("required_targets: [[]]\n", 1, "not a text"),
        ("# a\ngating_levels: [must, musst]\n", 2, "`musst` is no level"),
        ("- 1\n", 1, "not a mapping"),
    ],
)
def test_bad_policies_are_refused_with_line_and_mend(file, text, line, what):
    with pytest.raises(PolicyError) as caught:
        load_policy(file(text, "p.yaml"))
    assert str(caught.value).startswith(f"p.yaml:{line}:")
    assert what in str(caught.value)


def test_the_projects_own_files_load_and_are_documented():
    reports = paths.reports_root()
    policy = load_policy(reports / "policy.yaml")
    assert policy == Policy(at=policy.at), "the file states the defaults"
    load_waivers(reports / "waivers.yaml")
    documented = (reports.parent / "docs" / "gate.md").read_text()
    assert all(f"| `{key}` |" in documented for key in KEYS)


# --- baseline ------------------------------------------------------------------------------------


def test_a_written_baseline_is_read_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    odd = 'a: "b"\n# c \' é\x07 \U0001f600'
    read = results(tmp_path / "r", rans={**GREEN, (PRINTS, TORCH.name): prints(odd)})
    write_baseline(tmp_path / "b.yaml", read)
    baseline = load_baseline(tmp_path / "b.yaml")
    assert list(baseline.cases) == [ADDS, PRINTS]
    rows = (tmp_path / "b.yaml").read_text().splitlines()
    assert [rows[line - 1] for line in baseline.cases.values()] == [f'  - "{ADDS}"', f'  - "{PRINTS}"']
    assert baseline.observed == {
        PRINTS: {"reference:cpu": ("step 1, repr(y): tensor",), "torch:cpu": (f"step 1, repr(y): {odd}",)}
    }
    assert not (tmp_path / "b.yaml.new").exists()


@pytest.mark.parametrize("text", ["ends with a line\n", "\n  starts with one", "two\nlines", "  ", "\n"])
def test_what_is_read_back_is_what_the_same_run_shows(tmp_path, text):
    """Else the gate would call an unchanged text changed."""
    read = results(tmp_path / "r", rans={**GREEN, (PRINTS, TORCH.name): prints(text)})
    write_baseline(tmp_path / "b.yaml", read)
    (line,) = [one for one in read.lines if (one.case, one.target) == (PRINTS, TORCH.name)]
    assert load_baseline(tmp_path / "b.yaml").observed[PRINTS][TORCH.name] == sights(line)


def test_only_a_whole_run_makes_a_baseline(tmp_path):
    with pytest.raises(UsageError, match="did not finish"):
        write_baseline(tmp_path / "b.yaml", results(tmp_path / "r", interrupted=True))
    assert not (tmp_path / "b.yaml").exists()


def test_what_did_not_run_is_not_in_the_baseline(tmp_path):
    rans = {**GREEN, (PRINTS, TORCH.name): Ran("not-applicable", None, "needs cuda")}
    write_baseline(tmp_path / "b.yaml", results(tmp_path / "r", rans=rans))
    assert list(load_baseline(tmp_path / "b.yaml").observed[PRINTS]) == ["reference:cpu"]


def test_no_baseline_is_said_to_be_missing(tmp_path):
    assert load_baseline(tmp_path / "b.yaml").missing


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("cases: 3\n", "not a list"),
        ("cases: [a, a]\n", "a stands twice"),
        ("observed: {}\n", "cases missing"),
        ("cases: []\nother: []\n", "`other` is no key here"),
        ("cases: []\nobserved: {a: {b: 3}}\n", "not a list"),
        ("cases: []\nobserved: 3\n", "not a mapping"),
        ("cases: []\nobserved: {a: 3}\n", "not a mapping"),
    ],
)
def test_bad_baselines_are_refused(file, text, what):
    with pytest.raises(PolicyError) as caught:
        load_baseline(file(text, "b.yaml"))
    assert what in str(caught.value)


def test_a_message_that_fits_is_kept_in_the_words_of_the_spec():
    """What it leaves out differs from run to run: addresses, paths, lines of the harness."""
    check = Check("spec/a.yaml:3", 1, "warns", "UserWarning: made at ...", "UserWarning: made at 0x7f00aa", True)
    line = Line("a::b", "torch:cpu", "pass", "expected", None, "observed", "spec/a.yaml:1", 0.0, None, (check,), None)
    assert sights(line) == ("step 1, warns: UserWarning: made at ...",)
    wrong = msgspec.structs.replace(check, ok=False, observed="UserWarning: elsewhere")
    line = msgspec.structs.replace(line, outcome="fail", assertions=(wrong,))
    assert sights(line) == ("step 1, warns: UserWarning: elsewhere",)


def test_the_projects_baseline_says_the_same_everywhere():
    text = (paths.reports_root() / "baseline.yaml").read_text()
    assert not re.search(r"0x[0-9a-f]{5}|File \\\"/", text)
