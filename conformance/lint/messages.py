"""Rules on `spec/messages.yaml`: every text has its advice, all advice has a text."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.exceptions import Problem, SpecError
from conformance.lint.project import Project, at
from conformance.load.report import quoted
from conformance.messages.catalogue import collect
from conformance.messages.explanations import Explanation, explain, load_explanations


def _explanations(project: Project) -> tuple[Explanation, ...]:
    """None where the file is absent, and where it cannot be read: `messages` says that."""
    try:
        return load_explanations(project.root)
    except SpecError:
        return ()


def messages_unreadable(project: Project) -> Iterator[Problem]:
    """messages: `messages.yaml` is a list of texts with advice"""
    try:
        load_explanations(project.root)
    except SpecError as error:
        yield from error.problems


def message_unexplained(project: Project) -> Iterator[Problem]:
    """message-unexplained: where there is `messages.yaml`, every error and warning has advice in it"""
    explanations = _explanations(project)
    if not explanations:
        return
    for message in collect(project.files):
        if explain(message.text, explanations) is None:
            what = f"nothing says what to do instead of {quoted(message.text, 100)}"
            yield at(message.shown, message.mark, "message-unexplained", what, "add an entry to spec/messages.yaml")


def explanation_unused(project: Project) -> Iterator[Problem]:
    """explanation-unused: advice is for a text that some case shows"""
    if not project.whole:
        return
    messages = collect(project.files)
    explanations = _explanations(project)
    used = {found for message in messages if (found := explain(message.text, explanations))}
    for explanation in explanations:
        if explanation not in used:
            what = f"no case shows a text for which {quoted(explanation.says, 100)} is the closest advice"
            yield at(explanation.shown, explanation.mark, "explanation-unused", what, "remove it, or add the case")


RULES = (messages_unreadable, message_unexplained, explanation_unused)
