"""Results files: written line by line, read whole or refused with the line."""

from __future__ import annotations

import json

import msgspec
import pytest

from conformance.exceptions import HarnessBug, ResultsError
from conformance.judge import Ran, TargetInfo, judge
from conformance.load import instances
from conformance.run.rejudge import rejudge
from conformance.run.results import (
    ResultsWriter,
    SpecEntry,
    make_header,
    parse_results,
    read_results,
    spec_hash,
)
from tests.gate.files import ADDS, GREEN, INFOS, PRINTS, adds, prints, spec_file, write
from tests.judge.build import REFERENCE, TORCH, ran, step


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new" / "results.jsonl"


def records(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_what_is_written_is_read_back(path):
    read = read_results(write(path))
    assert read.footer is not None
    assert not read.interrupted
    assert read.header.cases == (ADDS, PRINTS)
    assert read.header.targets == INFOS
    assert {(line.case, line.target): line.ran for line in read.lines} == {
        key: Ran("trace", one.trace, None, one.seconds) for key, one in GREEN.items()
    }
    assert read.footer.counts == {"torch:cpu": {"pass": 2}, "reference:cpu": {"pass": 2}}


def test_the_lines_have_the_documented_keys(path):
    header, *lines, footer = records(write(path))
    assert list(header) == [
        "kind", "format", "tool", "started", "python", "platform", "spec_hash", "specs", "cases", "targets",
    ]  # fmt: skip
    assert set(header["targets"][0]) == {
        "name", "engine", "device", "version", "models", "features", "state", "reason", "attestation",
        "recorded",
    }  # fmt: skip
    for line in lines:
        assert set(line) == {
            "kind", "case", "target", "outcome", "expectedness", "reason", "level", "at", "seconds", "waiver",
            "assertions", "trace",
        }  # fmt: skip
        assert set(line["assertions"][0]) == {
            "at", "step", "what", "expected", "observed", "ok", "note", "ulp",
        }  # fmt: skip
    keys = {"case", "target", "outcome", "expectedness", "assertions", "trace"}
    assert keys <= set(footer), "a script reads every line after the header alike"
    assert footer["lines"] == 4


def test_each_line_is_there_as_soon_as_it_is_written(path):
    file = spec_file()
    cases = instances(file)
    with ResultsWriter(path, make_header([file], cases, INFOS)) as writer:
        assert len(records(path)) == 1
        for number, instance in enumerate(cases, 2):
            one = GREEN[instance.id, TORCH.name]
            writer.write(judge(instance, TORCH, one), one)
            assert len(records(path)) == number


def test_ctrl_c_writes_the_footer(path):
    with pytest.raises(KeyboardInterrupt), ResultsWriter(path, make_header([spec_file()], (), INFOS)):
        raise KeyboardInterrupt
    read = read_results(path)
    assert read.interrupted
    assert read.footer is not None


def test_closing_twice_writes_one_footer(path):
    writer = ResultsWriter(path, make_header([spec_file()], (), INFOS))
    writer.close(interrupted=True)
    writer.close()
    assert [record["kind"] for record in records(path)] == ["header", "footer"]


def test_a_line_written_twice_is_our_own_bug(path):
    (first, _) = instances(spec_file())
    one = GREEN[first.id, TORCH.name]
    with ResultsWriter(path, make_header([spec_file()], [first], INFOS)) as writer:
        writer.write(judge(first, TORCH, one), one)
        with pytest.raises(HarnessBug):
            writer.write(judge(first, TORCH, one), one)
        with pytest.raises(HarnessBug):
            writer.write(judge(first, TargetInfo("new:cpu", "new", "cpu"), one), one)


def test_lone_surrogates_are_escaped(path):
    odd = ran(step("\ud800"))
    read = read_results(write(path, {**GREEN, (PRINTS, TORCH.name): odd}))
    (line,) = [one for one in read.lines if one.case == PRINTS and one.target == TORCH.name]
    assert line.assertions[0].observed == "\\ud800"


def test_a_file_that_cannot_be_written_or_read(tmp_path):
    (tmp_path / "folder").write_text("a file")
    with pytest.raises(ResultsError, match="cannot be written"):
        ResultsWriter(tmp_path / "folder" / "results.jsonl", make_header([], (), ()))
    with pytest.raises(ResultsError, match="cannot be read"):
        read_results(tmp_path / "nowhere.jsonl")


# --- damage --------------------------------------------------------------------------------------


def test_cut_at_every_byte(path):
    """No prefix of a results file is a results file; with allow_partial it is a salvaged one, or none."""
    whole = write(path).read_bytes()
    head = whole.index(b"\n") + 1
    for size in range(len(whole)):
        with pytest.raises(ResultsError):
            parse_results(whole[:size], "r")
        if size < head:
            with pytest.raises(ResultsError):
                parse_results(whole[:size], "r", allow_partial=True)
        else:
            read = parse_results(whole[:size], "r", allow_partial=True)
            assert read.footer is None
            assert read.interrupted
            assert read.damage
            assert len(read.lines) == whole[:size].count(b"\n") - 1
    assert parse_results(whole, "r").footer is not None


def rewritten(path, change) -> bytes:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    change(rows)
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


DAMAGE = {
    "second header": (lambda rows: rows.insert(2, rows[0]), 3, "a second header"),
    "header first": (lambda rows: rows.pop(0), 1, "begins with a header, not with a 'result' line"),
    "other format": (lambda rows: rows[0].update(format=2), 1, "format 2"),
    "line twice": (lambda rows: rows.insert(2, rows[1]), 3, "again, first on line 2"),
    "behind the footer": (lambda rows: rows.append(rows[1]), 7, "behind the footer"),
    "second footer": (lambda rows: rows.append(rows[-1]), 7, "behind the footer"),
    "line gone": (lambda rows: rows.pop(2), 5, "the footer counts 4 lines, there are 3"),
    "no footer": (lambda rows: rows.pop(), 6, "there is no footer"),
    "other case": (lambda rows: rows[1].update(case="x::y"), 2, "not in the header; files were mixed"),
    "other target": (lambda rows: rows[1].update(target="x:y"), 2, "not in the header; files were mixed"),
    "unknown kind": (lambda rows: rows[1].update(kind="extra"), 2, "not a line of a results file"),
    "no kind": (lambda rows: rows[1].pop("kind"), 2, "not a line of a results file"),
    "no trace": (lambda rows: rows[1].pop("trace"), 2, "not a line of a results file"),
    "odd outcome": (lambda rows: rows[1].update(outcome="fine"), 2, "'fine' is no outcome"),
    "odd expectedness": (lambda rows: rows[1].update(expectedness="fine"), 2, "'fine' is no expectedness"),
    "outcome edited": (lambda rows: rows[1].update(outcome="fail"), 6, "counts are not those of the lines"),
    "spec edited": (lambda rows: rows[0]["specs"][0].update(text="title: u\n"), 1, "spec hash"),
}


@pytest.mark.parametrize(("change", "line", "what"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_named_with_its_line(path, change, line, what):
    raw = rewritten(write(path), change)
    with pytest.raises(ResultsError, match=f"^r:{line}: ") as caught:
        parse_results(raw, "r")
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"", "empty or was cut short"),
        (b"\n", "empty or was cut short"),
        (b"{}\n", "not the header"),
        (b"\xff\xfe\n", "not the header"),
        (b"[1]\n", "not the header"),
        (b'{"kind": "header", "format": 1}\n', "not a line of a results file"),
    ],
)
def test_other_files_are_refused(raw, what):
    with pytest.raises(ResultsError, match=what):
        parse_results(raw, "r")


@pytest.mark.parametrize("garbage", [b"\xff\xfe", b"\x00" * 50, b"{", b"[" * 100_000, b"null", b""])
def test_garbage_between_lines(path, garbage):
    rows = write(path).read_bytes().split(b"\n")
    rows.insert(2, garbage)
    for partial in (False, True):
        with pytest.raises(ResultsError, match=r"^r:3: "):
            parse_results(b"\n".join(rows), "r", allow_partial=partial)


def test_any_two_files_put_together_are_refused(path, tmp_path):
    one, two = write(path).read_bytes(), write(tmp_path / "b").read_bytes()
    with pytest.raises(ResultsError, match="two files were put together"):
        parse_results(one + two, "r", allow_partial=True)


# --- judging again -------------------------------------------------------------------------------


def test_judged_again_it_says_the_same(path):
    changed = {
        **GREEN,
        (ADDS, REFERENCE.name): adds(w=4.0, version=3),
        (PRINTS, TORCH.name): Ran("crash", None, "why"),
    }
    read = read_results(write(path, changed))
    again = rejudge(read)
    assert again.divergences == read.divergences
    assert len(again.divergences) == 1
    for line, verdict in zip(read.lines, again.verdicts, strict=True):
        for field in (
            "case",
            "target",
            "outcome",
            "expectedness",
            "reason",
            "level",
            "at",
            "seconds",
            "waiver",
        ):
            assert getattr(line, field) == getattr(verdict, field), field
        assert line.assertions == verdict.assertions


def test_judged_again_it_trusts_the_trace_and_not_the_verdict(path):
    def lie(rows):
        rows[1]["trace"]["steps"][0]["answers"][0]["v"]["data"] = [7.0]

    read = parse_results(rewritten(write(path), lie), "r")
    assert read.lines[0].outcome == "pass"
    assert rejudge(read).verdicts[0].outcome == "fail"


def test_a_line_whose_case_is_in_no_spec(path):
    def unknown(rows):
        rows[0]["cases"][0] = rows[1]["case"] = rows[2]["case"] = "area/file::gone"

    read = parse_results(rewritten(write(path), unknown), "r")
    with pytest.raises(ResultsError, match="r:2: 'area/file::gone' is in none of the specs"):
        rejudge(read)


# --- the hash ------------------------------------------------------------------------------------


def entry(path: str, text: str) -> SpecEntry:
    return SpecEntry(path, path, "", text)


def test_the_hash_is_of_paths_and_texts_in_any_order():
    a, b = entry("a.yaml", "one"), entry("b.yaml", "two")
    assert spec_hash([a, b]) == spec_hash([b, a])
    others = [
        [a],
        [a, entry("b.yaml", "three")],
        [a, entry("c.yaml", "two")],
        [entry("a.yaml", "oneb.yaml"), entry("two", "")],
    ]
    assert spec_hash([a, b]) not in {spec_hash(other) for other in others}


def test_the_hash_is_that_of_loaded_files(path):
    assert read_results(write(path)).header.spec_hash == spec_hash([spec_file()])


def test_results_hold_no_object_of_ours(path):
    """Whatever is read can be written again, byte for byte."""
    read = read_results(write(path, {**GREEN, (PRINTS, TORCH.name): prints("other")}))
    rows = [read.header, *read.lines, read.footer]
    assert b"".join(msgspec.json.encode(row) + b"\n" for row in rows) == path.read_bytes()
