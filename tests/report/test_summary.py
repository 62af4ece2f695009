"""The view model: counts, words, who stands alone, claims."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.exceptions import ResultsError
from conformance.gate.gate import Finding, GateReport
from conformance.judge.model import Ran, TargetInfo, Verdict
from conformance.load import instances, load_text
from conformance.report import FORMATS, render, write_reports
from conformance.report.profiles import Share
from conformance.report.summary import Summary, listed, plural, summarise
from conformance.run.results import ResultsWriter, make_header, read_results
from tests.report import sample

CPU = sample.TARGETS[0]
REFERENCE = sample.TARGETS[2]


def _good(instance, info: TargetInfo) -> Ran:
    return sample.behave(instance.case.name, CPU)


def _only(*paths: str):
    return [file for file in sample.spec_files() if file.path in paths]


def test_headline_counts_what_is_unexpected_and_what_differs(summary: Summary) -> None:
    assert summary.headline == ("7 of 35 results are unexpected, and targets differ in 2 places that no spec declares")
    assert not summary.ok


def test_sentences_name_targets_recordings_and_what_did_not_run(summary: Summary) -> None:
    said = "\n".join(summary.sentences)
    assert "7 cases on 4 targets: torch:cpu, torch:cuda, reference:cpu and reference:cuda." in said
    assert "torch:cuda is a recording, made 2026-01-31T12:00:00Z on NVIDIA H100" in said
    assert "torch:xpu did not run: torch was built without XPU support." in said
    assert "1 case not applicable on torch:cpu, torch:cuda, reference:cpu and reference:cuda: the target" in said
    assert "Undeclared divergences between targets: 2. Waived results: 1." in said


def test_counts_per_target(summary: Summary) -> None:
    counts = {t.name: (t.counts, t.total, t.unexpected, t.waived) for t in summary.targets}
    assert counts["torch:cpu"] == ({"pass": 4, "timeout": 1, "crash": 1, "not-applicable": 1}, 7, 2, 0)
    assert counts["torch:cuda"] == ({"pass": 5, "timeout": 1, "not-applicable": 1}, 7, 0, 1)
    assert counts["reference:cuda"] == ({"pass": 3, "fail": 2, "timeout": 1, "not-applicable": 1}, 7, 3, 0)
    assert counts["torch:xpu"] == ({"not-run": 7}, 7, 0, 0)


def test_status_of_cases(summary: Summary) -> None:
    assert {case.id.partition("::")[2]: case.status for case in summary.cases} == {
        "accumulates-when-retained": "unexpected",
        "raises-when-freed": "unexpected",
        "result-requires-no-grad": "expected",
        "exotic-level": "unexpected",
        "crashes-in-a-hook": "unexpected",
        "runs-for-ever": "unexpected",
        "needs-an-accelerator": "absent",
    }


def test_differences_come_by_step_and_name_who_stands_alone(summary: Summary) -> None:
    case = summary.cases[0]
    first, second = case.differences
    assert (first.step, first.what, first.against, first.expected) == (2, "w.grad", "document", "[10.]")
    assert first.stands_alone == second.stands_alone == "reference"
    assert first.values == {
        "torch:cpu": "tensor([10.])",
        "torch:cuda": "tensor([10.])",
        "reference:cpu": "tensor([5.])",
        "reference:cuda": "tensor([5.])",
    }
    assert (second.what, second.against, second.expected) == ("w.grad (data)", "targets", None)


def test_program_is_the_given_of_the_file_and_the_case(summary: Summary) -> None:
    case = summary.cases[1]
    lines = summary.files[0].text.splitlines()
    shown = [lines[n - 1] for first, last in case.lines for n in range(first, last + 1)]
    assert shown[0] == "given: |"
    assert shown[4] == "  - case: raises-when-freed"
    assert shown[-1] == "          w.grad: [5.]"
    assert case.steps == ((25, "y.backward()"), (26, "y.backward()"))


def test_claims_carry_verdict_cases_and_evidence(summary: Summary) -> None:
    claims = {c.id: (c.verdict, c.evidence, len(c.cases)) for s in summary.sources for c in s.claims}
    assert claims == {
        "001-03": ("confirmed", "broken", 2),
        "001-04": ("confirmed", "broken", 1),
        "001-12": ("outdated", "broken", 1),
        "004-01": ("confirmed", "holds", 1),
        "004-02": ("qualified", "broken", 2),
        "004-03": ("refuted", "holds", 1),
        "004-09": ("qualified", "holds", 1),
        "004-N01": ("confirmed", "uncited", 0),
    }


def test_profiles_count_every_case_once_and_round_down(summary: Summary) -> None:
    assert sum(profile.cases for profile in summary.profiles) == sum(bool(case.profile) for case in summary.cases)
    assert {case.profile for case in summary.cases} >= {profile.name for profile in summary.profiles} >= {"core"}
    (core,) = [profile for profile in summary.profiles if profile.name == "core"]
    mine = [case for case in summary.cases if case.profile == "core"]
    for target, share in core.shares.items():
        seen = [case.results[target].outcome for case in mine if target in case.results]
        assert share.passed == seen.count("pass")
        assert share.counted == len([outcome for outcome in seen if outcome not in ("not-run", "not-applicable")])
    assert core.shares["torch:xpu"].percent == "–"
    assert (Share(199, 200).percent, Share(200, 200).percent) == ("99 %", "100 %")


def test_claims_without_a_ledger_are_unknown(tmp_path: Path) -> None:
    summary = summarise(sample.write_results(tmp_path / "r.jsonl"), {})
    assert {s.id: s.counts for s in summary.sources} == {"001": {"unknown": 3}, "004": {"unknown": 4}}


def test_all_as_expected(tmp_path: Path) -> None:
    results = sample.write_results(tmp_path / "r.jsonl", _only("backward/retain_graph.yaml"), (CPU, REFERENCE), _good)
    summary = summarise(results)
    assert (summary.ok, summary.headline) == (True, "Everything that ran is as expected")


def test_a_target_that_did_not_run_is_in_the_headline(tmp_path: Path) -> None:
    results = sample.write_results(
        tmp_path / "r.jsonl", _only("backward/retain_graph.yaml"), (CPU, sample.TARGETS[4]), _good
    )
    assert summarise(results).headline == "Everything that ran is as expected; torch:xpu did not run"


def test_only_divergences(tmp_path: Path) -> None:
    results = sample.write_results(
        tmp_path / "r.jsonl",
        sample.spec_files()[1:],
        (CPU, sample.TARGETS[3]),
        lambda instance, info: (
            sample.behave("exotic-level", info)
            if instance.case.name == "exotic-level"
            else Ran("not-applicable", None, "left out")
        ),
    )
    assert summarise(results).headline == "Targets differ in 1 place that no spec declares"


def test_nothing_ran(tmp_path: Path) -> None:
    results = sample.write_results(tmp_path / "r.jsonl", infos=(sample.TARGETS[4],))
    summary = summarise(results)
    assert summary.headline == "Nothing ran"
    assert not summary.ok
    assert summary.sentences[0] == "7 cases on no target."
    for to in FORMATS:
        assert render(results, to, ledgers={})


def test_interrupted_and_cut_off_runs_are_never_fine(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    specs, infos = _only("backward/retain_graph.yaml"), (CPU, REFERENCE)
    interrupted = summarise(sample.write_results(path, specs, infos, _good, interrupted=True))
    assert not interrupted.ok
    assert interrupted.headline == "Everything that ran is as expected, in a run that did not finish"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:3]))
    with pytest.raises(ResultsError):
        read_results(path)
    results = read_results(path, allow_partial=True)
    cut = summarise(results)
    assert not cut.ok
    assert any("cut off" in sentence for sentence in cut.sentences)
    for to in FORMATS:
        assert render(results, to, ledgers={})


def test_a_shut_gate_is_not_fine(tmp_path: Path) -> None:
    results = sample.write_results(tmp_path / "r.jsonl", _only("backward/retain_graph.yaml"), (CPU, REFERENCE), _good)
    gate = GateReport((Finding("reports/waivers.yaml", 4, "expired", "ended <b>", "renew it"),), "gate fails")
    summary = summarise(results, {}, gate)
    assert not summary.ok
    assert "The gate is shut by 1 finding." in summary.sentences
    assert "reports/waivers.yaml:4" in render(results, "html", ledgers={}, gate=gate)
    assert "ended \\<b\\>; renew it" in render(results, "md", ledgers={}, gate=gate)
    assert "::error file=reports/waivers.yaml,line=4,title=expired::" in render(
        results, "github", ledgers={}, gate=gate
    )


def test_specs_that_cannot_be_read_any_more_are_shown_by_their_ids(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    sample.write_results(path)
    import msgspec

    from conformance.run.results import spec_hash

    results = read_results(path)
    specs = tuple(msgspec.structs.replace(s, text="future: format\n") for s in results.header.specs)
    header = msgspec.structs.replace(results.header, specs=specs, spec_hash=spec_hash(specs))
    old = msgspec.structs.replace(results, header=header)
    summary = summarise(old, {})
    assert summary.cases[0].title == "accumulates-when-retained"
    assert summary.cases[0].line == 10
    assert summary.targets[0].unexpected == 2
    for to in FORMATS:
        assert "accumulates-when-retained" in render(old, to, ledgers={})


def test_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no report format 'pdf'"):
        render(sample.write_results(tmp_path / "r.jsonl"), "pdf", ledgers={})


def test_without_ledgers_three_files_are_written(tmp_path: Path) -> None:
    results = sample.write_results(tmp_path / "r.jsonl")
    written = write_reports(results, tmp_path / "out", ledgers={})
    assert [path.name for path in written] == ["report.html", "report.md", "junit.xml"]
    assert all(path.stat().st_size > 1000 for path in written)


def test_words() -> None:
    assert [plural(1, "case"), plural(1500, "case"), plural(2, "entry", "entries")] == [
        "1 case",
        "1,500 cases",
        "2 entries",
    ]
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


NEEDS_CUDA = """\
title: A copy to the accelerator
cases:
  - case: copied
    needs: [cuda]
    steps:
      - run: x = torch.ones(1, device=host).to(accelerator)
        expect:
          x.is_cuda: true
"""


@pytest.mark.parametrize(("real", "simulated"), [(False, True), (True, False)])
def test_what_no_accelerator_has_shown_is_called_simulated(tmp_path: Path, real: bool, simulated: bool) -> None:
    file = load_text(NEEDS_CUDA, "devices/copy.yaml", "spec/devices/copy.yaml", check_programs=False)
    (instance,) = instances(file)
    infos = [TargetInfo("reference:cuda", "reference", "cuda")]
    infos += [TargetInfo("torch:cuda", "torch", "cuda:0")] if real else []
    with ResultsWriter(tmp_path / "results.jsonl", make_header([file], [instance], infos)) as writer:
        for info in infos:
            verdict = Verdict(instance.id, info.name, "pass", "expected", "spec/devices/copy.yaml:3")
            writer.write(verdict, Ran("trace", {}))
        writer.close()
    summary = summarise(read_results(tmp_path / "results.jsonl"))
    assert summary.cases[0].simulated is simulated
    assert any("simulated only" in sentence for sentence in summary.sentences) is simulated
