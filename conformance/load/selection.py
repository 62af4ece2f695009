"""Picking instances: by id, by the file or folder that ids begin with, and by a `-k` expression."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence

from conformance.exceptions import UsageError
from conformance.load import limits
from conformance.load.model import Instance
from conformance.load.report import quoted

Test = Callable[[str], bool]

_TOKEN = re.compile(r"""\s*(?:([()])|'([^']*)'|"([^"]*)"|([^\s()'"]+))""")


def select(
    instances: Iterable[Instance], ids_or_paths: Sequence[str] | None = None, k_expression: str | None = None
) -> tuple[Instance, ...]:
    """The instances that any of `ids_or_paths` names and that `k_expression` lets through.

    A name is an instance's id, a case's id (all its instances), or a file or folder of ids with or without
    `.yaml`. None or an empty list names everything. `k_expression` is made of substrings of ids, matched
    without regard to case, with `and`, `or`, `not` and parentheses; a substring with spaces or
    parentheses is quoted.

    Raises UsageError for a name that selects nothing and for an expression that cannot be read.
    """
    instances = tuple(instances)
    if ids_or_paths:
        wanted: set[str] = set()
        for name in ids_or_paths:
            found = _named(name, instances)
            if not found:
                raise UsageError(_unknown(name, instances))
            wanted.update(found)
        instances = tuple([i for i in instances if i.id in wanted])
    if k_expression is not None and k_expression.strip():
        test = _Expression(k_expression).parse()
        instances = tuple([i for i in instances if test(i.id.lower())])
    return instances


def _named(name: str, instances: Sequence[Instance]) -> list[str]:
    if "::" in name:
        return [i.id for i in instances if name in (i.id, i.case.id)]
    half = name.removesuffix(".yaml").rstrip("/")
    return [i.id for i in instances if (path := i.path.removesuffix(".yaml")) == half or path.startswith(half + "/")]


def _unknown(name: str, instances: Sequence[Instance]) -> str:
    known = {i.case.id for i in instances} | {i.id for i in instances}
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"no case {quoted(name, 200)}{hint}"


class _Expression:
    """Recursive descent over `or`, `and`, `not`, in this order of binding."""

    def __init__(self, text: str) -> None:
        if len(text) > limits.K_EXPRESSION:
            raise UsageError(f"-k: the expression is longer than {limits.K_EXPRESSION} characters")
        self.text = text
        self.tokens: list[tuple[str, str, int]] = []
        at = 0
        end = len(text.rstrip())
        while at < end:
            match = _TOKEN.match(text, at)
            if match is None:
                raise UsageError(f"-k: a quote is never closed, at character {at + 1} of {quoted(text)}")
            bracket, single, double, word = match.groups()
            if bracket or word in ("and", "or", "not"):
                self.tokens.append((bracket or word, "", match.end()))
            else:
                words = next(w for w in (single, double, word) if w is not None)
                self.tokens.append(("name", words.lower(), match.end()))
            at = match.end()
        self.position = 0

    def parse(self) -> Test:
        test = self._or(0)
        if self.position < len(self.tokens):
            raise self._error("`and` or `or`")
        return test

    def _peek(self) -> str:
        return self.tokens[self.position][0] if self.position < len(self.tokens) else ""

    def _or(self, depth: int) -> Test:
        tests = [self._and(depth)]
        while self._peek() == "or":
            self.position += 1
            tests.append(self._and(depth))
        return tests[0] if len(tests) == 1 else lambda text: any(test(text) for test in tests)

    def _and(self, depth: int) -> Test:
        tests = [self._not(depth)]
        while self._peek() == "and":
            self.position += 1
            tests.append(self._not(depth))
        return tests[0] if len(tests) == 1 else lambda text: all(test(text) for test in tests)

    def _not(self, depth: int) -> Test:
        negated = False
        while self._peek() == "not":
            self.position += 1
            negated = not negated
        test = self._atom(depth)
        return (lambda text: not test(text)) if negated else test

    def _atom(self, depth: int) -> Test:
        kind = self._peek()
        if kind == "name":
            words = self.tokens[self.position][1]
            self.position += 1
            return lambda text: words in text
        if kind == "(" and depth < 100:
            self.position += 1
            test = self._or(depth + 1)
            if self._peek() != ")":
                raise self._error("`)`")
            self.position += 1
            return test
        raise self._error("part of an id")

    def _error(self, wanted: str) -> UsageError:
        at = self.tokens[self.position - 1][2] if self.position else 0
        return UsageError(f"-k: {wanted} expected at character {at + 1} of {quoted(self.text)}")
