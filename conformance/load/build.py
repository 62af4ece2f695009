"""From YAML nodes to the model: a spec file's keys, its cases, their steps.

Reading never stops at the first mistake: what is wrong is noted in the report, the rest is read on, and
the half-built model is thrown away at the end.
"""

from __future__ import annotations

import difflib
import hashlib
import re

from conformance.load import limits, tables
from conformance.load.choices import Choices, mark
from conformance.load.code import Code
from conformance.load.expect import ValueReader
from conformance.load.features import FEATURES
from conformance.load.model import Assertion, Case, Cite, Source, SpecFile, Step, Tolerance
from conformance.load.params import check_instances, instance_count, read_params, read_rows
from conformance.load.report import Report, listed, meant, quoted
from conformance.load.thrown import ThrownReader
from conformance.load.yaml_nodes import (
    Mapping,
    Node,
    Scalar,
    Sequence,
    compose,
    describe,
    is_empty,
    normalise,
)

_CASE_ID = re.compile(tables.CASE_ID)
_CITE_FORMS = {
    "doc": (re.compile(tables.DOC_CITE), "write a dotted name, like `torch.Tensor.backward`"),
    "page": (
        re.compile(tables.PAGE_CITE),
        "write the page as in spec/sources/pages.yaml, like `notes/autograd`",
    ),
    "claim": (re.compile(tables.CLAIM_ID), "write the claim's id, like `001-03`"),
}


def build(text: str, path: str, shown: str) -> SpecFile:
    """The spec file that `text` is.

    `path` is the file's half of the ids (relative to its spec folder, with the suffix); `shown` is the path
    that problems print. Raises SpecError with every problem found.
    """
    text = normalise(text)
    report = Report(shown)
    spec = _FileBuilder(report, text, path).build(compose(text, report))
    report.raise_if_any()
    return spec


class _FileBuilder:
    def __init__(self, report: Report, text: str, path: str) -> None:
        self.report = report
        self.text = text
        self.path = path
        self.stem = path.removesuffix(".yaml")
        self.code = Code(report, text.split("\n"))
        self.names: dict[str, int] = {}

    def build(self, root: Node) -> SpecFile:
        fields = self._fields(root, tables.FILE_KEYS, tables.FILE_REQUIRED, "a spec file")
        title = self._title(fields.get("title"))
        cites = self._cites(fields.get("cites"))
        level = self._level(fields.get("level"))
        needs = self._needs(fields.get("needs"))
        given = self._given(fields.get("given"))
        cases: list[Case] = []
        held = fields.get("cases")
        if held is not None:
            if not isinstance(held, Sequence) or not held.items:
                self.report.add(held, "cases", "`cases` is a list of cases", "begin each with `- case: its-id`")
            else:
                cases = [self._case(item, level, cites, needs, given) for item in held.items]
        total = sum([instance_count(case.params, case.rows) for case in cases])
        if total > limits.FILE_INSTANCES:
            what = f"the cases have {total} instances, more than {limits.FILE_INSTANCES}"
            self.report.add(root, "instances", what, "split the file, or thin the params out")
        digest = hashlib.sha256(self.text.encode("utf-8")).hexdigest()
        return SpecFile(self.path, self.report.shown, self.text, digest, title, tuple(cases), cites)

    def _fields(self, node: Node, known: dict[str, str], required: tuple[str, ...], what: str) -> dict[str, Node]:
        """The entries of a mapping by key; unknown and missing keys are noted."""
        if not isinstance(node, Mapping):
            self.report.add(node, "mapping", f"{what} is a mapping of keys", f"its keys are {listed(known, 'and')}")
            return {}
        fields: dict[str, Node] = {}
        for key, held in node.pairs:
            if key.text in known:
                fields[key.text] = held
            else:
                self.report.add(key, "unknown-key", f"{quoted(key.text)} is no key of {what}", meant(key.text, known))
        for name in required:
            if name not in fields:
                self.report.add(node, "missing-key", f"{what} without `{name}`", f"add `{name}:`, {known[name]}")
        return fields

    def _case(
        self,
        node: Node,
        level: str,
        cites: tuple[Cite, ...],
        needs: tuple[str, ...],
        given: tuple[Source, ...],
    ) -> Case:
        fields = self._fields(node, tables.CASE_KEYS, tables.CASE_REQUIRED, "a case")
        name = self._case_name(fields.get("case"))
        params = read_params(fields.get("params"), self.report)
        rows = read_rows(fields.get("rows"), self.report)
        check_instances(params, rows, node, self.report)
        choices = Choices(self.report, frozenset(n for row in rows[:1] for n, _ in row.values))
        values = ValueReader(self.report, choices)
        thrown = ThrownReader(self.report, choices)
        own_cites = self._cites(fields.get("cites"))
        inherited = {(cite.kind, cite.ref) for cite in cites}
        own_needs = self._needs(fields.get("needs"))
        return Case(
            id=f"{self.stem}::{name}",
            name=name,
            title=self._title(fields.get("title")) or name.replace("-", " "),
            mark=mark(node),
            steps=self._steps(fields.get("steps"), values, thrown),
            given=given + self._given(fields.get("given")),
            level=self._level(fields.get("level"), level),
            cites=cites + tuple([c for c in own_cites if (c.kind, c.ref) not in inherited]),
            needs=needs + tuple([need for need in own_needs if need not in needs]),
            params=params,
            rows=rows,
            compare=self._compare(fields.get("compare"), values),
        )

    def _case_name(self, node: Node | None) -> str:
        if node is None:
            return ""
        if not isinstance(node, Scalar) or not _CASE_ID.fullmatch(node.text):
            text = node.text.strip() if isinstance(node, Scalar) else ""
            what = f"{quoted(text)} is no case id" if text else f"the case id is {describe(node)}"
            self.report.add(node, "case-id", what, "write words of a-z and 0-9 joined by `-`, like `adds-up`")
            return ""
        if node.text in self.names:
            first = self.names[node.text]
            self.report.add(
                node,
                "case-id",
                f"{quoted(node.text)} is already the case on line {first}",
                "give it an id of its own",
            )
        self.names.setdefault(node.text, node.line)
        return node.text

    # --- steps ------------------------------------------------------------------------------------

    def _steps(self, node: Node | None, values: ValueReader, thrown: ThrownReader) -> tuple[Step, ...]:
        if node is None:
            return ()
        if not isinstance(node, Sequence) or not node.items:
            self.report.add(node, "steps", "`steps` is a list of steps", "begin each with `- run: the code`")
            return ()
        return tuple([self._step(item, values, thrown) for item in node.items])

    def _step(self, node: Node, values: ValueReader, thrown: ThrownReader) -> Step:
        fields = self._fields(node, tables.STEP_KEYS, tables.STEP_REQUIRED, "a step")
        run = fields.get("run")
        raises, warns = fields.get("raises"), fields.get("warns")
        return Step(
            run=(self.code.source(run, "run") if run is not None else None) or Source("", node.line),
            mark=mark(node),
            expect=self._expect(fields.get("expect"), values),
            raises=None if raises is None else thrown.raises(raises),
            warns=None if warns is None else thrown.warns(warns),
        )

    def _expect(self, node: Node | None, values: ValueReader) -> tuple[Assertion, ...]:
        if node is None:
            return ()
        if is_empty(node):
            self.report.add(node, "nothing", "`expect` states nothing", "add `expression: value` lines, or remove it")
            return ()
        if not isinstance(node, Mapping):
            self.report.add(
                node,
                "expect",
                "`expect` is a mapping from expressions to values",
                "write lines like `x.grad: [5.]`",
            )
            return ()
        assertions = []
        for key, held in node.pairs:
            expression = self.code.expression(key)
            expected = values.value(held)
            if expression is not None and expected is not None:
                assertions.append(Assertion(expression, expected, mark(key)))
        return tuple(assertions)

    def _compare(self, node: Node | None, values: ValueReader) -> Tolerance | None:
        if node is None:
            return None
        parts = self._fields(node, tables.TOLERANCES, (), "`compare`")
        if isinstance(node, Mapping) and not node.pairs:
            self.report.add(node, "nothing", "`compare` states nothing", "write it like `{ulp: 2}`")
        return values.tolerance(parts)

    # --- what file and case share -----------------------------------------------------------------

    def _given(self, node: Node | None) -> tuple[Source, ...]:
        source = None if node is None else self.code.source(node, "given")
        return () if source is None else (source,)

    def _title(self, node: Node | None) -> str:
        if node is None:
            return ""
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.text.strip():
            return " ".join(node.text.split())
        self.report.add(
            node,
            "title",
            f"the title is {describe(node)}",
            "write a sentence, in quotes if YAML reads it otherwise",
        )
        return ""

    def _level(self, node: Node | None, default: str = "must") -> str:
        if node is None:
            return default
        if isinstance(node, Scalar) and node.text in tables.LEVELS:
            return node.text
        text = node.text.strip() if isinstance(node, Scalar) else ""
        what = f"{quoted(text)} is no level" if text else f"the level is {describe(node)}"
        self.report.add(node, "level", what, meant(text, tables.LEVELS))
        return default

    def _needs(self, node: Node | None) -> tuple[str, ...]:
        needs: dict[str, None] = {}
        for item in self._list(node, "needs", "features", "`needs: [cuda]`"):
            name = item.text if isinstance(item, Scalar) else ""
            if name not in FEATURES:
                what = f"{quoted(name)} is no feature" if name else "a feature is a name"
                near = difflib.get_close_matches(name, FEATURES, n=1, cutoff=0.6)
                mend = f"did you mean `{near[0]}`?" if near else "`torch-conformance list --features` names them"
                self.report.add(item, "needs", what, mend)
            elif name in needs:
                self.report.add(item, "needs", f"{quoted(name)} stands twice", "keep one of them")
            needs[name] = None
        return tuple(needs)

    def _cites(self, node: Node | None) -> tuple[Cite, ...]:
        cites: dict[tuple[str, str], Cite] = {}
        for item in self._list(node, "cites", "citations", "`- claim: 001-03`"):
            if not isinstance(item, Mapping) or len(item.pairs) != 1 or item.pairs[0][0].text not in tables.CITE_KINDS:
                self.report.add(
                    item,
                    "cites",
                    f"a citation is one of {listed(tables.CITE_KINDS)} with what it cites",
                    "write it like `- claim: 001-03`",
                )
                continue
            key, held = item.pairs[0]
            form, mend = _CITE_FORMS[key.text]
            ref = held.text if isinstance(held, Scalar) else ""
            if not form.fullmatch(ref):
                what = quoted(ref) if ref.strip() else describe(held)
                self.report.add(held, "cites", f"{what} is no `{key.text}`", mend)
            elif (key.text, ref) in cites:
                self.report.add(item, "cites", f"{quoted(ref)} is cited twice", "keep one of them")
            cites[key.text, ref] = Cite(key.text, ref, mark(held))
        return tuple(cites.values())

    def _list(self, node: Node | None, key: str, of: str, example: str) -> list[Node]:
        if node is None:
            return []
        if isinstance(node, Sequence) and node.items:
            return node.items
        what = describe(node)
        self.report.add(node, key, f"`{key}` is a list of {of}, not {what}", f"write it like {example}")
        return []
