"""The gate: for every rule a run that breaks it and one that does not."""

from __future__ import annotations

import datetime

import msgspec
import pytest

from conformance.gate.baseline import Baseline
from conformance.gate.gate import Finding, gate
from conformance.gate.policy import Policy
from conformance.judge import Ran, TargetInfo, Waiver, When
from tests.gate.files import ADDS, GREEN, INFOS, PRINTS, adds, prints, results, spec_file
from tests.judge.build import REFERENCE, TORCH, TORCH_CUDA

TODAY = datetime.date(2026, 11, 21)
POLICY = Policy(required_targets=("torch:cpu", "reference:cpu"), no_waivers_for=())
BASELINE = Baseline("reports/baseline.yaml", {ADDS: 4, PRINTS: 5}, {})
WAIVER = Waiver(
    case=ADDS,
    target=TORCH.name,
    observed="tensor([4.])",
    reason="known",
    issue="#1",
    owner="somebody",
    review_by=datetime.date(2027, 1, 1),
    at="reports/waivers.yaml:2",
    assertion="w.grad",
)
WRONG = {(ADDS, TORCH.name): adds(w=4.0)}
TWICE_WRONG = {(ADDS, TORCH.name): adds(w=4.0, x=3.0)}
CRASH = {(ADDS, TORCH.name): Ran("crash", None, "killed by signal 11 (SIGSEGV)")}
DIVERGES = {(ADDS, TORCH.name): adds(version=3)}


@pytest.fixture
def hold(tmp_path):
    """Run the gate over a run; returns its findings as (rule, file:line) and its whole report."""

    def held(
        changes=None,
        waivers=(),
        policy=POLICY,
        baseline=BASELINE,
        specs=None,
        read=None,
        **run,
    ):
        read = read or results(tmp_path / "results.jsonl", rans={**GREEN, **(changes or {})}, **run)
        report = gate(read, waivers, policy, baseline, TODAY, specs)
        for finding in report.findings:
            assert finding.what, "a finding says what"
            assert finding.mend, "a finding says how to mend it"
            assert "\n" not in str(finding)
        assert report.passed is (not report.findings) is (report.exit_code == 0)
        return [(finding.code, f"{finding.file}:{finding.line}") for finding in report.findings], report

    return held


def waiver(**changes) -> Waiver:
    return msgspec.structs.replace(WAIVER, **changes)


def test_a_green_run_passes(hold):
    found, report = hold(specs=[spec_file()])
    assert found == []
    assert report.summary == "gate passes: 4 pass; 0 divergences, 0 waivers"


# --- the results file ----------------------------------------------------------------------------


def test_interrupted(hold):
    found, report = hold(interrupted=True)
    assert [code for code, _ in found] == ["interrupted"]
    assert report.exit_code == 1


def test_partial(hold, tmp_path):
    whole = results(tmp_path / "r")
    found, report = hold(read=msgspec.structs.replace(whole, footer=None, damage="r:4: the file ends too early"))
    assert [code for code, _ in found] == ["interrupted"]
    assert "ends too early" in report.findings[0].what


def test_no_result(hold, tmp_path):
    read = results(tmp_path / "r", rans={key: one for key, one in GREEN.items() if key[0] == ADDS})
    found, report = hold(read=read)
    assert [code for code, _ in found] == ["no-result", "no-result"]
    assert PRINTS in report.findings[0].what


def test_stale_specs(hold):
    file = spec_file()
    changed = msgspec.structs.replace(file, text=file.text + "# more\n")
    other = msgspec.structs.replace(file, path="area/new.yaml", shown="spec/area/new.yaml")
    assert hold(specs=[file])[0] == []
    assert hold(specs=[changed])[0] == [("stale-specs", "spec/area/file.yaml:1")]
    assert hold(specs=[file, other])[0] == [("stale-specs", "spec/area/new.yaml:1")]
    assert hold(specs=[])[0] == [("stale-specs", "spec/area/file.yaml:1")]


def test_required_target(hold):
    absent = TargetInfo("torch:cuda", "torch", "cuda", state="not-run", reason="no GPU")
    recorded = msgspec.structs.replace(TORCH_CUDA, state="recorded", recorded={"when": "2026"})
    not_run = {(case, "torch:cuda"): Ran("not-run", None, "no GPU") for case in (ADDS, PRINTS)}
    replayed = {(ADDS, "torch:cuda"): adds(), (PRINTS, "torch:cuda"): prints()}
    needed = msgspec.structs.replace(POLICY, required_targets=("torch:cuda",))

    found, report = hold(policy=needed)
    assert found == [("required-target", "reports/policy.yaml:1")]
    assert report.exit_code == 3
    found, report = hold(not_run, policy=needed, infos=(*INFOS, absent))
    assert (found, report.exit_code) == ([("required-target", "reports/policy.yaml:1")], 3)
    assert "no GPU" in report.findings[0].what
    assert hold(not_run, infos=(*INFOS, absent))[0] == [], "nobody requires it"
    run = {"infos": (*INFOS, msgspec.structs.replace(recorded, device="cpu"))}
    assert hold(replayed, policy=needed, **run)[0] == []
    strict = msgspec.structs.replace(needed, recorded_counts=False)
    assert [code for code, _ in hold(replayed, policy=strict, **run)[0]] == ["required-target"]


def test_not_run_on_a_target_that_ran(hold):
    found, _ = hold({(ADDS, TORCH.name): Ran("not-run", None, "the workers kept dying")})
    assert found == [("not-run", "spec/area/file.yaml:3")]


def test_not_applicable_is_no_finding(hold):
    assert hold({(ADDS, REFERENCE.name): Ran("not-applicable", None, "needs cuda")})[0] == []


def test_vanished(hold):
    cases = {**BASELINE.cases, "area/file::gone": 7}
    found, _ = hold(baseline=msgspec.structs.replace(BASELINE, cases=cases))
    assert found == [("vanished", "reports/baseline.yaml:7")]


def test_a_new_case_is_no_finding(hold):
    assert hold(baseline=msgspec.structs.replace(BASELINE, cases={ADDS: 4}))[0] == []


def test_no_baseline(hold):
    found, _ = hold(baseline=Baseline("reports/baseline.yaml", missing=True))
    assert found == [("no-baseline", "reports/baseline.yaml:1")]


# --- outcomes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        (WRONG, [8]),
        (TWICE_WRONG, [8, 9]),
        (CRASH, [3]),
        ({(ADDS, TORCH.name): Ran("timeout", None, "10 s")}, [3]),
        ({(ADDS, TORCH.name): Ran("trace", None)}, [3]),
    ],
)
def test_unexpected(hold, changes, places):
    found, report = hold(changes)
    assert found == [("unexpected", f"spec/area/file.yaml:{line}") for line in places]
    assert report.exit_code == 1
    if changes is WRONG:
        assert report.findings[0].what == ("area/file::adds on torch:cpu: step 1, w.grad: tensor([4.]), expected [5.]")


def test_levels_that_do_not_gate(hold):
    policy = msgspec.structs.replace(POLICY, gating_levels=("should",))
    assert hold(WRONG, policy=policy)[0] == []
    assert hold(DIVERGES, policy=policy)[0] == []


def observed(*sights: str) -> Baseline:
    return msgspec.structs.replace(BASELINE, observed={PRINTS: {TORCH.name: sights}})


def test_observed_level_fails_on_change_only(hold):
    other = {(PRINTS, TORCH.name): prints("other")}
    before = observed("step 1, repr(y): tensor")
    assert hold(baseline=before)[0] == []
    assert hold(other, baseline=before)[0] == [("observed-changed", "spec/area/file.yaml:10")]
    assert hold(other, baseline=observed("step 1, repr(y): other"))[0] == []
    assert hold(baseline=observed("step 1, repr(y): other"))[0] == [("observed-changed", "spec/area/file.yaml:10")]
    assert hold(other)[0] == [("observed-changed", "spec/area/file.yaml:10")], "not in the baseline yet"
    crash = {(PRINTS, TORCH.name): Ran("crash", None, "signal 11")}
    assert hold(crash, baseline=before)[0] == [("observed-changed", "spec/area/file.yaml:10")]
    assert hold(crash, baseline=observed("crash: signal 11"))[0] == []
    gating = msgspec.structs.replace(POLICY, gating_levels=("must", "observed"))
    assert hold(other, policy=gating)[0] == [("unexpected", "spec/area/file.yaml:16")]


def test_divergence(hold):
    found, report = hold(DIVERGES)
    assert found == [("divergence", "spec/area/file.yaml:6")]
    assert "w version differs, reference stands alone (torch:cpu: 3, reference:cpu: 0)" in report.findings[0].what


# --- what is listed ------------------------------------------------------------------------------

LISTED_CRASH = {"outcome": "crash", "assertion": None, "observed": "killed by signal 11 ..."}
LISTED_DIVERGENCE = {"outcome": "divergence", "assertion": "w version", "observed": "3"}


@pytest.mark.parametrize(
    ("changes", "entries"),
    [
        (WRONG, [{}]),
        (WRONG, [{"assertion": None}]),
        (WRONG, [{"step": 1}]),
        (TWICE_WRONG, [{}, {"assertion": "x.grad", "observed": "tensor([3.])"}]),
        (CRASH, [LISTED_CRASH]),
        (DIVERGES, [LISTED_DIVERGENCE]),
        (DIVERGES, [{**LISTED_DIVERGENCE, "assertion": "w", "step": 1}]),
        (None, [{"when": When(torch="<2")}]),
        (None, [{"when": When(device="cuda")}]),
    ],
)
def test_what_is_listed_and_happens_passes(hold, changes, entries):
    waivers = [waiver(at=f"reports/waivers.yaml:{line}", **entry) for line, entry in enumerate(entries, 2)]
    assert hold(changes, waivers)[0] == []


AT = "reports/waivers.yaml:2"


@pytest.mark.parametrize(
    ("changes", "entry", "rules"),
    [
        # it passes
        (None, {}, [("stale-waiver", AT)]),
        (None, {"assertion": None}, [("stale-waiver", AT)]),
        (None, LISTED_CRASH, [("stale-waiver", AT)]),
        (None, LISTED_DIVERGENCE, [("stale-waiver", AT)]),
        # it is wrong in another way
        (WRONG, {"observed": "tensor([3.])"}, [("unexpected", "spec/area/file.yaml:8"), ("differs", AT)]),
        (CRASH, {}, [("unexpected", "spec/area/file.yaml:3"), ("differs", AT)]),
        (WRONG, LISTED_CRASH, [("unexpected", "spec/area/file.yaml:8"), ("unmatched", AT)]),
        (
            CRASH,
            {**LISTED_CRASH, "observed": "killed by signal 9"},
            [("unexpected", "spec/area/file.yaml:3"), ("differs", AT)],
        ),
        (TWICE_WRONG, {}, [("unexpected", "spec/area/file.yaml:9")]),
        (
            TWICE_WRONG,
            {"assertion": None},
            [
                ("unexpected", "spec/area/file.yaml:8"),
                ("unexpected", "spec/area/file.yaml:9"),
                ("differs", AT),
            ],
        ),
        (
            DIVERGES,
            {**LISTED_DIVERGENCE, "observed": "2"},
            [("divergence", "spec/area/file.yaml:6"), ("differs", AT)],
        ),
        (
            DIVERGES,
            {**LISTED_DIVERGENCE, "assertion": "x"},
            [("divergence", "spec/area/file.yaml:6"), ("stale-waiver", AT)],
        ),
        # it does not match
        (WRONG, {"assertion": "y.grad"}, [("unexpected", "spec/area/file.yaml:8"), ("unmatched", AT)]),
        (WRONG, {"step": 2}, [("unexpected", "spec/area/file.yaml:8"), ("unmatched", AT)]),
        (None, {"case": "area/file::gone"}, [("unmatched", AT)]),
        # it did not run
        (None, {"target": "torch:cuda"}, [("waived-not-run", AT)]),
        ({(ADDS, TORCH.name): Ran("not-applicable", None, "needs cuda")}, {}, [("waived-not-run", AT)]),
        # elsewhere it would be accepted
        (WRONG, {"when": When(torch="<2")}, [("unexpected", "spec/area/file.yaml:8")]),
        # its date
        (WRONG, {"review_by": datetime.date(2026, 11, 20)}, [("expired", AT)]),
        (WRONG, {"review_by": datetime.date(2026, 11, 21)}, []),
        (WRONG, {"review_by": datetime.date(2027, 5, 20)}, []),
        (WRONG, {"review_by": datetime.date(2027, 5, 21)}, [("review-too-late", AT)]),
        (None, {"review_by": datetime.date(2026, 1, 1), "when": When(torch="<2")}, [("expired", AT)]),
    ],
)
def test_what_is_listed_must_happen_just_so(hold, changes, entry, rules):
    found, _ = hold(changes, [waiver(**entry)])
    assert found == rules


def test_a_waived_case_need_not_run_where_the_policy_says_so(hold):
    lax = msgspec.structs.replace(POLICY, waived_must_run=False)
    assert hold(None, [waiver(target="torch:cuda")], policy=lax)[0] == []


@pytest.mark.parametrize(
    ("one", "two", "overlapping"),
    [
        ({}, {}, True),
        ({}, {"assertion": None}, True),
        ({}, {"step": 1}, True),
        ({}, {"observed": "tensor([3.])"}, True),
        ({"step": 1}, {"step": 2}, False),
        ({}, {"assertion": "x.grad"}, False),
        ({}, {"target": REFERENCE.name}, False),
        ({}, {"case": PRINTS}, False),
        ({}, LISTED_CRASH, False),
        ({}, {"when": When(torch="<2")}, False),
        ({"when": When(torch=">=2")}, {"when": When(device="cpu")}, True),
    ],
)
def test_overlapping(hold, one, two, overlapping):
    entries = [waiver(**one), waiver(at="reports/waivers.yaml:9", **two)]
    found, _ = hold(WRONG, entries)
    assert (("overlapping", "reports/waivers.yaml:9") in found) is overlapping


def test_too_many_waivers(hold):
    entries = [waiver(), waiver(assertion="x.grad", observed="tensor([3.])", at="reports/waivers.yaml:9")]
    assert hold(TWICE_WRONG, entries, policy=msgspec.structs.replace(POLICY, max_waivers=2))[0] == []
    found, _ = hold(TWICE_WRONG, entries, policy=msgspec.structs.replace(POLICY, max_waivers=1))
    assert found == [("too-many-waivers", "reports/waivers.yaml:9")]


def test_forbidden_waiver(hold):
    wrong = {(ADDS, REFERENCE.name): adds(w=4.0)}
    entry = waiver(target=REFERENCE.name)
    assert hold(wrong, [entry])[0] == []
    strict = msgspec.structs.replace(POLICY, no_waivers_for=("reference:*",))
    assert hold(wrong, [entry], policy=strict)[0] == [("forbidden-waiver", AT)]


def test_the_default_policy_forbids_waivers_for_our_own_engine():
    assert Policy().forbids_waivers_for("reference:cuda")
    assert not Policy().forbids_waivers_for("torch:cuda")


def test_a_finding_is_one_line_with_place_rule_and_mend():
    finding = Finding("spec/a.yaml", 3, "unexpected", "what", "mend")
    assert str(finding) == "spec/a.yaml:3: unexpected: what; mend"


def test_multi_line_observations_stay_one_finding_line(hold):
    found, report = hold({(ADDS, TORCH.name): Ran("crash", None, "a\nb\n::error::c")})
    assert len(found) == 1
    assert "a b ::error::c" in str(report.findings[0])
