"""Each miniature as a target: `--target tests.miniatures.adapters:detach_copies`."""

from __future__ import annotations

from conformance.targets.reference import ReferenceAdapter
from tests.miniatures import graph_rules, more_rules  # noqa: F401  (their import fills the table)
from tests.miniatures.rules import RULES


class Miniature(ReferenceAdapter):
    """The reference engine with one rule broken, in a worker process of its own."""

    def __init__(self, rule) -> None:
        super().__init__("cuda" if rule.device == "cuda" else "cpu")
        self.engine = rule.name
        self.folders = ()
        rule.apply(self.namespace)


def __getattr__(name: str):
    """The maker of the miniature of that name."""
    if name not in RULES:
        raise AttributeError(f"no miniature is called {name}; there are {', '.join(RULES)}")
    return lambda: Miniature(RULES[name])
