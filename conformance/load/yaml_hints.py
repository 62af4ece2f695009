"""YAML syntax errors in words that say what to write instead.

libyaml names the token it stumbled over, seldom the habit that led there. The habits are few: code
that holds `: `, keys that begin with an indicator, tabs, unclosed quotes and brackets. Each entry of
`_HINTS` recognises one from libyaml's problem text and the source around the mark.
"""

from __future__ import annotations

import yaml

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


def syntax_problem(report: Report, text: str, error: yaml.YAMLError) -> Exception:
    """Note libyaml's error with its mend; returns the SpecError to raise."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return report.stop(At(), "yaml-syntax", f"not YAML: {quoted(str(error), 120)}")
    mark, context = error.problem_mark, error.context_mark
    lines = text.split("\n")
    line = lines[mark.line] if mark.line < len(lines) else ""
    what, mend = _hint(error, line, mark.column, lines)
    opened_earlier = "quoted scalar" in (error.context or "") or "flow" in (error.context or "")
    if opened_earlier and context is not None and ("end of stream" in what or "never closed" in what):
        mark = context
    return report.stop(At(mark.line + 1, mark.column + 1), "yaml-syntax", what, mend)


def _hint(error: yaml.MarkedYAMLError, line: str, column: int, lines: list[str]) -> tuple[str, str]:
    problem, context = error.problem or "", error.context or ""
    here = line[column : column + 1]
    start = line.lstrip(" -")[:1]
    if problem.startswith("mapping values are not allowed"):
        return _colon(line, column)
    if problem.startswith("found character that cannot start"):
        return _INDICATORS.get(here, (f"{quoted(here)} cannot stand here", _QUOTE_TEXT))
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
            "put the whole key in quotes of the other kind",
        )
    if problem.startswith("did not find expected key"):
        return _expected_key(error, line, column, lines)
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
    return (f"inside brackets: {problem}", "items are separated by one `,`; code stands in quotes")


def _expected_key(error: yaml.MarkedYAMLError, line: str, column: int, lines: list[str]) -> tuple[str, str]:
    before = line[:column].strip()
    if line.lstrip().startswith("- ") and not before:
        return ("a list item where a `key: value` is expected", "indent the list under its key")
    if not before:
        return (
            "indented neither like the line above nor like an open mapping",
            "indent it like its neighbours",
        )
    return ("text behind a closed quote or bracket", "put the whole text in quotes")
