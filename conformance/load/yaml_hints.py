"""YAML syntax errors in words that say what to write instead.

libyaml names the token it stumbled over, seldom the habit that led there. The habits are few: code
that holds `: `, keys that begin with an indicator, tabs, unclosed quotes and brackets. Each entry of
`_HINTS` recognises one from libyaml's problem text and the source around the mark.
"""

from __future__ import annotations

import yaml

from conformance.exceptions import SpecError
from conformance.load.report import At, Report, quoted

_QUOTE_TEXT = "put the whole text in quotes, or write it under `|`"
_INDICATORS = {
    "\t": ("a tab where only spaces may indent or separate", "indent with spaces"),
    "@": (
        "plain text cannot begin with `@`",
        "begin a decorator on a line of its own under `|`, or quote the text",
    ),
    "`": ("plain text cannot begin with a backtick", _QUOTE_TEXT),
    "%": ("plain text cannot begin with `%`", _QUOTE_TEXT),
    ">": ("`>` cannot begin a plain key or text here", 'put it in quotes: ">=2.1"'),
    "|": ("`|` begins a block of text, which cannot stand inside brackets", "put the text in quotes"),
}


def syntax_problem(report: Report, text: str, error: yaml.YAMLError) -> SpecError:
    """Note libyaml's error with its mend; returns the SpecError to raise."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return report.stop(At(), "yaml-syntax", f"not YAML: {quoted(str(error), 120)}")
    lines = text.split("\n")
    row, column = _place(error.problem_mark, lines)
    what, mend = _hint(error, lines[row], column)
    if error.context_mark is not None and ("never closed" in what or "simple key" in (error.context or "")):
        row, column = _place(error.context_mark, lines)
    if any(p.code == "key" and p.line == row + 1 for p in report.problems):
        return SpecError(report.problems)  # the key that begins with a bracket is why
    return report.stop(At(row + 1, column + 1), "yaml-syntax", what, mend)


def _place(mark: yaml.Mark, lines: list[str]) -> tuple[int, int]:
    """The mark's line and column from 0; libyaml puts the end of a text on a line behind the last."""
    if mark.line < len(lines):
        return mark.line, mark.column
    return len(lines) - 1, len(lines[-1])


def _hint(error: yaml.MarkedYAMLError, line: str, column: int) -> tuple[str, str]:
    problem, context = error.problem or "", error.context or ""
    here = line[column : column + 1]
    start = line.lstrip(" -")[:1]
    if problem.startswith("mapping values are not allowed"):
        return _colon(line, column)
    if problem.startswith("found character that cannot start"):
        return _INDICATORS.get(here, (f"{quoted(here)} cannot stand here", _QUOTE_TEXT))
    if "tab character" in problem:
        return _INDICATORS["\t"]
    if "scanning an alias" in context or "scanning an anchor" in context:
        return (
            f"`{'*' if 'alias' in context else '&'}` at the beginning of plain text means "
            f"{'an alias' if 'alias' in context else 'an anchor'} in YAML",
            "put the key or text in quotes",
        )
    if "quoted scalar" in context:
        return _quotes(problem)
    if "flow" in context:
        return _flow(problem, context, here)
    if "block scalar" in context:
        return ("`|` or `>` begins a block of text, which starts on the next line", "put the text in quotes")
    if "simple key" in context:
        return (
            "a line that is neither `key: value` nor `- item`",
            "end the key with `: `, or quote the text above it",
        )
    if problem.startswith("block sequence entries"):
        return (
            "`- ` begins a list item, which cannot stand here",
            "begin the list on the next line, or quote the text",
        )
    if start and start in "'\"[{" and problem.startswith("did not find expected key"):
        return (
            f"a key that begins with `{start}` ends where the quote or bracket closes",
            "put the whole key in quotes" + (" of the other kind" if start in "'\"" else ""),
        )
    if problem.startswith("did not find expected key"):
        return _expected_key(line, column)
    if "'-' indicator" in problem:
        return ("a key between the items of a list", "indent it under its item, or begin it with `- `")
    if "document start" in problem or "directive" in context or "directive" in problem:
        return (f"not a YAML document: {problem}", "write one mapping of keys and values, without directives")
    return (f"not YAML: {problem}{', ' + context if context else ''}", "quote the text at this place")


def _colon(line: str, column: int) -> tuple[str, str]:
    before = line[:column]
    if before.strip() and before[: len(before) - len(before.lstrip())] and ": " not in before:
        return (
            "a key where the line above already has a text as its value",
            "indent the key like its neighbours; or put a text that holds `: ` in quotes",
        )
    return ("`: ` inside plain text", "put the whole key or text in quotes, or write it under `|`")


def _quotes(problem: str) -> tuple[str, str]:
    if "end of stream" in problem or "document indicator" in problem:
        return ("a quote that is never closed", "close it; inside single quotes a quote is written twice")
    return (
        f"in double quotes: {problem}",
        "a backslash begins an escape there; write text with backslashes in single quotes",
    )


def _flow(problem: str, context: str, here: str) -> tuple[str, str]:
    bracket = "[" if "sequence" in context else "{"
    if "expected ',' or" in problem:
        if not here:
            return (f"`{bracket}` is never closed", f"close it with `{']' if bracket == '[' else '}'}`")
        return (
            f"`{bracket}` opens a {'list' if bracket == '[' else 'mapping'}, which has no `,` or end here",
            "code or text that begins with a bracket stands in quotes",
        )
    if not here:
        return (
            "a bracket that is never closed",
            "close it, or put text that begins with a bracket in quotes",
        )
    return (f"inside brackets: {problem}", "items are separated by one `,`; code stands in quotes")


def _expected_key(line: str, column: int) -> tuple[str, str]:
    before = line[:column].strip()
    if line.lstrip().startswith("- ") and not before:
        return ("a list item where a `key: value` is expected", "indent the list under its key")
    if not before:
        return (
            "indented neither like the line above nor like an open mapping",
            "indent it like its neighbours",
        )
    if line[column : column + 1] in ("]", "}"):
        return ("a closing bracket that nothing opened", "remove it, or put the whole text in quotes")
    return (
        "text behind a closed quote or bracket",
        "put the whole text in quotes; inside single quotes a quote is written twice",
    )
