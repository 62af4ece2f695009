"""`reports/waivers.yaml`: divergences that were reviewed and are accepted for a while.

waivers:
  - case: backward/retain_graph::raises-when-freed
    target: torch:cuda
    assertion: w.grad          # the expression, `raises`, `warns`, or where targets diverge
    step: 2                    # optional, where the same assertion stands in several steps
    when: {torch: ">=2.10,<2.12", device: cuda}    # optional
    outcome: fail              # optional; error, timeout, crash and unsupported have no assertion
    observed: tensor([4.])     # the wrong value expected, as the report shows it
    reason: why it is accepted
    issue: https://example.org/issues/1
    owner: autograd maintainers
    review_by: 2027-03-01
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from conformance.exceptions import WaiverError
from conformance.gate.fields import Fields
from conformance.judge.waiver import ACCEPTABLE, DIVERGENCE, Waiver, When
from conformance.load.report import quoted
from conformance.load.yaml_nodes import Mapping, Node, Sequence

KEYS = (
    "case",
    "target",
    "assertion",
    "step",
    "when",
    "outcome",
    "observed",
    "reason",
    "issue",
    "owner",
    "review_by",
)
REQUIRED = ("case", "target", "observed", "reason", "issue", "owner", "review_by")
ISSUE = re.compile(r"https?://\S+|[\w.-]+/[\w.-]+#\d+|#\d+")
CASE = re.compile(r"\S+::[a-z0-9-]+(\[.*\])?")
TARGET = re.compile(r"[\w.-]+:[\w.:-]+(\+[\w.-]+)?")


def load_waivers(path: Path) -> tuple[Waiver, ...]:
    """The waivers of a file; none where there is no file. Raises `WaiverError` with every mistake."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return ()
    except OSError as problem:
        raise WaiverError(f"{path}:1:1: cannot be read: {problem.strerror}") from None
    return _load(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=8)
def _load(path: Path, changed: int, size: int) -> tuple[Waiver, ...]:
    """Kept while the file's time and size stay: every item under pytest asks."""
    fields = Fields(path, WaiverError)
    root = fields.root()
    if root is None:
        return ()
    fields.closed(root, ("waivers",), ("waivers",))
    entries = root.get("waivers")
    found: list[Waiver] = []
    if isinstance(entries, Sequence):
        for entry in entries.items:
            waiver = _waiver(entry, fields)
            if waiver is not None:
                found.append(waiver)
    elif entries is not None:
        fields.wrong(entries, "list", "`waivers` is not a list", "write `waivers: []` for none")
    fields.done()
    return tuple(found)


def _waiver(node: Node, fields: Fields) -> Waiver | None:
    if not isinstance(node, Mapping):
        fields.wrong(node, "waiver", "a waiver is a mapping", "begin it with `case:`")
        return None
    before = len(fields.report.problems)
    fields.closed(node, KEYS, REQUIRED)
    texts = {
        name: fields.text(node.get(name), name)
        for name in ("case", "target", "assertion", "observed", "reason", "issue", "owner")
    }
    step = fields.count(node.get("step"), "step")
    outcome = fields.word(node.get("outcome"), "outcome", (*ACCEPTABLE, DIVERGENCE)) or "fail"
    review_by = fields.date(node.get("review_by"), "review_by")
    when = _when(node.get("when"), fields)
    if len(fields.report.problems) > before:
        return None
    for name, pattern, mend in (
        ("case", CASE, "name one case exactly, like `backward/retain_graph::accumulates-when-retained`"),
        ("target", TARGET, "name one target exactly, like `torch:cuda`"),
        ("issue", ISSUE, "link it, like `https://…` or `pytorch/pytorch#12345`"),
    ):
        text = texts[name] or ""
        if not pattern.fullmatch(text):
            fields.wrong(node.get(name) or node, name, f"{quoted(text)} is no {name}", mend)
    if not re.search(r"\w", (texts["observed"] or "").replace("...", "")):
        what = "`observed` accepts anything"
        fields.wrong(node.get("observed") or node, "observed", what, "write the wrong value as the report shows it")
    if outcome == DIVERGENCE and not texts["assertion"]:
        fields.wrong(node, "assertion", "`assertion` missing", "name what differs, like `w.grad`")
    if outcome not in ("fail", DIVERGENCE) and (texts["assertion"] or step):
        what = f"a case with outcome {outcome} has no assertion to accept"
        fields.wrong(node, "assertion", what, "remove `assertion` and `step`; `observed` is the reason")
    if len(fields.report.problems) > before or review_by is None:
        return None
    at = f"{fields.report.shown}:{node.line}"
    return Waiver(**texts, review_by=review_by, at=at, outcome=outcome, step=step, when=when)


def _when(node: Node | None, fields: Fields) -> When:
    if node is None:
        return When()
    if not isinstance(node, Mapping):
        fields.wrong(node, "when", "`when` is a mapping", 'write `when: {torch: ">=2.10", device: cuda}`')
        return When()
    fields.closed(node, ("torch", "device"))
    torch = fields.text(node.get("torch"), "torch")
    if torch is not None:
        from packaging.specifiers import InvalidSpecifier, SpecifierSet

        try:
            SpecifierSet(torch)
        except InvalidSpecifier:
            what = f"{quoted(torch)} is no version specifier"
            fields.wrong(node.get("torch") or node, "when", what, 'write it like `">=2.10,<2.12"`')
    return When(torch, fields.text(node.get("device"), "device"))
