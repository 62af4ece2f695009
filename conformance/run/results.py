"""The results file: written line by line as cases finish, read back whole or not at all.

`docs/results.md` is the format. A file that was cut short, put together from two runs, or written by
another format is a `ResultsError` that names the line; it never reads as a smaller pass.
"""

from __future__ import annotations

import datetime
import hashlib
import platform
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import msgspec

from conformance import __version__
from conformance.exceptions import HarnessBug, ResultsError
from conformance.judge.model import EXPECTEDNESS, OUTCOMES, Check, Divergence, Ran, TargetInfo, Verdict
from conformance.load.model import Instance, SpecFile

FORMAT = 1
SALVAGE = "run it again, or read what there is with allow_partial"


class SpecEntry(msgspec.Struct, frozen=True):
    """One spec file as it was run, text and all."""

    path: str
    shown: str
    sha256: str
    text: str


class Header(msgspec.Struct, frozen=True, tag_field="kind", tag="header"):
    """The first line: what ran, with what, on what."""

    format: int
    tool: str
    started: str
    python: str
    platform: str
    spec_hash: str
    specs: tuple[SpecEntry, ...]
    cases: tuple[str, ...]
    targets: tuple[TargetInfo, ...]


class Line(msgspec.Struct, frozen=True, tag_field="kind", tag="result"):
    """One finished case on one target: the verdict and the trace it was made from."""

    case: str
    target: str
    outcome: str
    expectedness: str
    reason: str | None
    level: str
    at: str
    seconds: float
    waiver: str | None
    assertions: tuple[Check, ...]
    trace: dict[str, Any] | None

    @classmethod
    def of(cls, verdict: Verdict, trace: dict[str, Any] | None) -> Line:
        return cls(
            verdict.case,
            verdict.target,
            verdict.outcome,
            verdict.expectedness,
            verdict.reason,
            verdict.level,
            verdict.at,
            verdict.seconds,
            verdict.waiver,
            verdict.assertions,
            trace,
        )

    @property
    def ran(self) -> Ran:
        """What the judge was given."""
        return Ran("trace" if self.trace is not None else self.outcome, self.trace, self.reason, self.seconds)


class Footer(msgspec.Struct, frozen=True, tag_field="kind", tag="footer"):
    """The last line. It carries the keys of a `Line`, empty, for scripts that read every line alike."""

    finished: str
    interrupted: bool
    lines: int
    seconds: float
    counts: dict[str, dict[str, int]]
    divergences: tuple[Divergence, ...]
    case: None = None
    target: None = None
    outcome: None = None
    expectedness: None = None
    assertions: tuple[Check, ...] = ()
    trace: None = None


class Results(msgspec.Struct, frozen=True):
    """A results file. `footer` is None, and `damage` says why, only where partial reading was asked for."""

    path: str
    header: Header
    lines: tuple[Line, ...]
    footer: Footer | None
    damage: str | None = None

    @property
    def interrupted(self) -> bool:
        """Whether the run did not come to its end."""
        return self.footer is None or self.footer.interrupted

    @property
    def divergences(self) -> tuple[Divergence, ...]:
        return self.footer.divergences if self.footer else ()

    @property
    def undeclared(self) -> tuple[Divergence, ...]:
        """The divergences that no waiver accepts."""
        return tuple(d for d in self.divergences if d.waiver is None)


class Hashed(Protocol):
    """A spec file, loaded or embedded."""

    @property
    def path(self) -> str: ...
    @property
    def text(self) -> str: ...


def spec_hash(files: Iterable[Hashed]) -> str:
    """SHA-256 over all files' paths and texts, whatever order they come in."""
    whole = hashlib.sha256()
    for path, text in sorted((file.path, file.text) for file in files):
        for part in (path, text):
            raw = part.encode("utf-8", "surrogatepass")
            whole.update(f"{len(raw)}:".encode() + raw)
    return whole.hexdigest()


def now() -> str:
    """The time, UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def make_header(files: Sequence[SpecFile], instances: Iterable[Instance], infos: Iterable[TargetInfo]) -> Header:
    """The header of a run that starts now. `files` are those that the instances come from."""
    specs = tuple(SpecEntry(file.path, file.shown, file.sha256, file.text) for file in files)
    return Header(
        FORMAT,
        __version__,
        now(),
        platform.python_version(),
        platform.platform(),
        spec_hash(specs),
        specs,
        tuple(instance.id for instance in instances),
        tuple(infos),
    )


# --- writing -------------------------------------------------------------------------------------


class ResultsWriter:
    """Writes one results file; every line is handed to the system as it comes.

    A context manager: leaving it by an exception, Ctrl-C included, writes the footer all the same,
    marked as interrupted. Raises `ResultsError` where the file cannot be written.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.path = Path(path)
        self.lines = 0
        self.counts: dict[str, Counter[str]] = {info.name: Counter() for info in header.targets}
        self._started = datetime.datetime.now(datetime.UTC)
        self._seen: set[tuple[str, str]] = set()
        self._known = frozenset(header.cases)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("wb")
        except OSError as problem:
            raise ResultsError(f"{path}: cannot be written: {problem.strerror}") from None
        self._put(header)

    def write(self, verdict: Verdict, ran: Ran) -> None:
        """One finished case on one target, with what it was judged from."""
        key = (verdict.case, verdict.target)
        if key in self._seen or verdict.case not in self._known or verdict.target not in self.counts:
            raise HarnessBug(f"a second or unannounced line for {verdict.case} on {verdict.target}")
        self._put(Line.of(verdict, ran.trace))
        self._seen.add(key)
        self.counts[verdict.target][verdict.outcome] += 1
        self.lines += 1

    def close(
        self,
        divergences: Iterable[Divergence] = (),
        *,
        interrupted: bool = False,
        seconds: float | None = None,
    ) -> None:
        """Write the footer and close the file. A second call does nothing.

        `seconds` is how long the run took; without it, the time since the file was begun.
        """
        if self._file.closed:
            return
        if seconds is None:
            seconds = (datetime.datetime.now(datetime.UTC) - self._started).total_seconds()
        counts = {name: dict(sorted(counter.items())) for name, counter in self.counts.items()}
        try:
            self._put(Footer(now(), interrupted, self.lines, round(seconds, 3), counts, tuple(divergences)))
        finally:
            self._file.close()

    def __enter__(self) -> ResultsWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close(interrupted=kind is not None)

    def _put(self, record: Header | Line | Footer) -> None:
        try:
            raw = msgspec.json.encode(record)
        except UnicodeEncodeError:  # a lone surrogate in some text
            raw = msgspec.json.encode(without_surrogates(msgspec.to_builtins(record)))
        try:
            self._file.write(raw + b"\n")
            self._file.flush()
        except OSError as problem:
            raise ResultsError(f"{self.path}: cannot be written: {problem.strerror}") from None


def without_surrogates(value: Any) -> Any:
    """The value with each lone surrogate, which no UTF-8 file can hold, as its escape."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {without_surrogates(key): without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_surrogates(item) for item in value]
    return value


# --- reading -------------------------------------------------------------------------------------


class _Format(msgspec.Struct):
    """What every format number of this file must begin with."""

    kind: str
    format: int | None = None


_decode_line = msgspec.json.Decoder(Header | Line | Footer).decode


def read_results(path: Path | str, allow_partial: bool = False) -> Results:
    """Read a results file. Raises `ResultsError` naming the line for a file that is not whole.

    `allow_partial` accepts a file that ends too early, with the lines that are whole; everything else
    that can be wrong is an error all the same.
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as problem:
        raise ResultsError(f"{path}: cannot be read: {problem.strerror}") from None
    return parse_results(raw, str(path), allow_partial)


def parse_results(raw: bytes, path: str, allow_partial: bool = False) -> Results:
    """The results in a file's bytes; see `read_results`."""
    rows = raw.split(b"\n")
    cut_short = rows.pop() != b""  # every line ends with a line feed, the last one too
    header = _read_header(rows[0] if rows else b"", path)
    reader = _Reader(path, header)
    for number, row in enumerate(rows[1:], 2):
        reader.take(number, row)
    if reader.footer is None or cut_short:
        place = len(rows) + 1
        damage = f"{path}:{place}: the file ends too early: "
        damage += "its last line is not whole" if cut_short else "there is no footer"
        if not allow_partial or reader.footer is not None:
            raise ResultsError(f"{damage}; {SALVAGE}")
        return Results(path, header, tuple(reader.lines), None, damage)
    reader.check_footer(len(rows))
    return Results(path, header, tuple(reader.lines), reader.footer)


def _read_header(row: bytes, path: str) -> Header:
    if not row:
        raise ResultsError(f"{path}:1: there is no whole header line; the file is empty or was cut short")
    try:
        first = msgspec.json.decode(row, type=_Format)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise ResultsError(f"{path}:1: this is not the header of a results file") from None
    if first.kind != "header":
        raise ResultsError(f"{path}:1: a results file begins with a header, not with a {first.kind!r} line")
    if first.format != FORMAT:
        raise ResultsError(f"{path}:1: format {first.format}, and this version reads format {FORMAT}; run it again")
    header = _decode(row, path, 1)
    if not isinstance(header, Header):
        raise HarnessBug("a header that decodes as something else")
    if spec_hash(header.specs) != header.spec_hash:
        raise ResultsError(f"{path}:1: the spec hash is not that of the specs inside; the file was edited")
    return header


def _decode(row: bytes, path: str, number: int) -> Header | Line | Footer:
    try:
        return _decode_line(row)
    except msgspec.ValidationError as problem:
        raise ResultsError(f"{path}:{number}: not a line of a results file: {problem}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise ResultsError(f"{path}:{number}: not JSON: {problem}") from None


class _Reader:
    """Takes the lines behind the header, and knows what may follow what."""

    def __init__(self, path: str, header: Header) -> None:
        self.path = path
        self.cases = frozenset(header.cases)
        self.counts: dict[str, Counter[str]] = {info.name: Counter() for info in header.targets}
        self.seen: dict[tuple[str, str], int] = {}
        self.lines: list[Line] = []
        self.footer: Footer | None = None

    def wrong(self, number: int, what: str) -> ResultsError:
        return ResultsError(f"{self.path}:{number}: {what}")

    def take(self, number: int, row: bytes) -> None:
        record = _decode(row, self.path, number)
        if self.footer is not None:
            raise self.wrong(number, "a line behind the footer; two files were put together")
        if isinstance(record, Header):
            raise self.wrong(number, "a second header; two files were put together")
        if isinstance(record, Footer):
            self.footer = record
            return
        if record.case not in self.cases:
            raise self.wrong(number, f"case {record.case!r} is not in the header; files were mixed")
        if record.target not in self.counts:
            raise self.wrong(number, f"target {record.target!r} is not in the header; files were mixed")
        if record.outcome not in OUTCOMES:
            raise self.wrong(number, f"{record.outcome!r} is no outcome")
        if record.expectedness not in EXPECTEDNESS:
            raise self.wrong(number, f"{record.expectedness!r} is no expectedness")
        first = self.seen.setdefault((record.case, record.target), number)
        if first != number:
            raise self.wrong(number, f"{record.case} on {record.target} again, first on line {first}")
        self.counts[record.target][record.outcome] += 1
        self.lines.append(record)

    def check_footer(self, number: int) -> None:
        """Raises `ResultsError` where the footer counts other lines than there are."""
        footer = self.footer
        if footer is None:
            raise HarnessBug("no footer to check")
        if footer.lines != len(self.lines):
            raise self.wrong(number, f"the footer counts {footer.lines} lines, there are {len(self.lines)}")
        counted = {name: dict(counter) for name, counter in self.counts.items()}
        if {name: counts for name, counts in footer.counts.items() if counts} != {
            name: counts for name, counts in counted.items() if counts
        }:
            raise self.wrong(number, "the footer's counts are not those of the lines; the file was edited")
