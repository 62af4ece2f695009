"""`docs/errors.md`: every error and warning that the specs state, for people who met one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.messages.catalogue import Message, Trigger
from conformance.messages.explanations import Explanation, explain
from conformance.report.escape import markdown_code, markdown_prose

SHOWN = 4
"""Cases named under one text."""


def errors_page(
    messages: Sequence[Message], explanations: Sequence[Explanation], seen: Mapping[str, Sequence[str]]
) -> str:
    """The page as Markdown. `seen` says on which measured torch releases, oldest first, a case came out as stated."""
    releases = sorted({release for found in seen.values() for release in found}, key=_version)
    raised, warned = (sum(m.warns is kind for m in messages) for kind in (False, True))
    lines = [
        "# Errors and warnings",
        "",
        f"{len(messages)} texts: {raised} errors and {warned} warnings, each shown by an executable case. Made by",
        "`torch-conformance errors` from the specs, `spec/messages.yaml` and a run; not edited by hand. `…` stands",
        "for text that depends on the program or the build.",
    ]
    if releases:
        lines += ["", f"Measured on torch {', '.join(releases)}."]
    for exception in dict.fromkeys(m.exception for m in messages):
        lines += ["", f"## {exception}"]
        for message in (m for m in messages if m.exception == exception):
            lines += ["", *_entry(message, explain(message.text, explanations), seen, releases)]
    return "\n".join(lines) + "\n"


def _entry(
    message: Message, known: Explanation | None, seen: Mapping[str, Sequence[str]], releases: Sequence[str]
) -> list[str]:
    lines = [f"### {markdown_code(message.printed)}", ""]
    first = message.triggers[0]
    lines += ["Triggered by", "", "```python", *_last_lines(first.code), "```", ""]
    if known is not None:
        lines += [f"**Instead:** {markdown_prose(known.instead)}", ""]
    lines.append(f"**Since:** {_since(message, seen, releases)}. **Cases:** {_cases(message.triggers)}.")
    return lines


def _last_lines(code: str, most: int = 6) -> list[str]:
    lines = code.split("\n")
    return lines if len(lines) <= most else ["# …", *lines[-most:]]


def _cases(triggers: Sequence[Trigger]) -> str:
    named = ", ".join(f"{markdown_code(t.case)} ({markdown_prose(t.title)})" for t in triggers[:SHOWN])
    return named + (f" and {len(triggers) - SHOWN} more" if len(triggers) > SHOWN else "")


def _since(message: Message, seen: Mapping[str, Sequence[str]], releases: Sequence[str]) -> str:
    """The first release with this text: what a spec states, else the first measured one on which a case showed it."""
    stated = {trigger.since for trigger in message.triggers}
    if None not in stated:
        return f"torch {min((s for s in stated if s), key=_version)}"
    found = sorted({r for t in message.triggers if t.since is None for r in seen.get(t.case, ())}, key=_version)
    if not found:
        return "not measured"
    return f"torch {found[0]}{' or before' if found[0] == releases[0] else ' at the latest'}"


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.partition("+")[0].split(".") if part.isdigit())
