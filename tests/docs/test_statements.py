"""Docstrings cut into statements, and fingerprints that reflow and markup leave alone."""

from __future__ import annotations

import textwrap

import pytest

from conformance.docs.statements import fingerprint, plain, sentences, statements


def texts(doc: str, **more) -> list[tuple[str, str, str]]:
    return [(s.form, s.place, s.text) for s in statements(textwrap.dedent(doc), **more)]


def prose(doc: str) -> list[str]:
    return [text for form, _, text in texts(doc) if form == "prose"]


def test_sentences_of_paragraphs():
    assert prose("One. Two goes on\nhere!\n\nThree?") == ["One.", "Two goes on here!", "Three?"]


@pytest.mark.parametrize(
    "one",
    [
        "It holds, e.g. Tensors, i.e. T and so on.",
        "A factor of 1.5 Tesla.",
        "Runs w.r.t. ``x``.",
        "See ``a. B`` for it.",
        "By D. Knuth.",
        "It is kept (see A. Or not.",
    ],
)
def test_what_does_not_end_a_sentence(one):
    assert sentences(one) == [one]


def test_what_does():
    assert sentences("Is it? (Yes.) ``No`` etc. Perhaps. `x` is one.") == [
        "Is it?",
        "(Yes.)",
        "``No`` etc.",
        "Perhaps.",
        "`x` is one.",
    ]


def test_list_items():
    assert prose("Either:\n\n* one. And more\n  of it\n* two\n\n1. three\n2. four\n") == [
        "Either:",
        "one.",
        "And more of it",
        "two",
        "three",
        "four",
    ]


def test_arguments_have_their_name_for_a_place():
    doc = """
        Do.

        Args:
            load (Tensor, optional): what is moved.
                Default: ``None``.
            how (Callable[[int], str]): in which way
            **more: others

        Returns:
            what is left
    """
    assert texts(doc) == [
        ("prose", "", "Do."),
        ("prose", "load", "load (Tensor, optional): what is moved."),
        ("prose", "load", "Default: None."),
        ("prose", "how", "how (Callable[[int], str]): in which way"),
        ("prose", "more", "**more: others"),
        ("prose", "return", "what is left"),
    ]


def test_boxes():
    doc = """
        .. note:: It is
            so.

        .. warning::
            Do not.

            - Ever.

        .. versionadded:: 1.2
            New.
    """
    assert texts(doc) == [
        ("prose", "note", "It is so."),
        ("prose", "warning", "Do not."),
        ("prose", "warning", "Ever."),
        ("prose", "versionadded", "New."),
    ]


def test_code_and_mathematics_are_one_statement_each():
    doc = """
        It is::

            a = 1. Two

            b = 2

        .. math::
            y = x

        Example::

            >>> f(1)
            2

            >>> f(2)

        >>> g()
        3

        End.
    """
    assert texts(doc) == [
        ("prose", "", "It is:"),
        ("code", "", "a = 1. Two\n\nb = 2"),
        ("code", "", "y = x"),
        ("code", "example", ">>> f(1)\n2\n\n>>> f(2)"),
        ("code", "", ">>> g()\n3"),
        ("prose", "", "End."),
    ]


def test_signatures():
    doc = """

        view(*shape) -> Tensor

        Views.

        .. method:: view(dtype) -> Tensor
           :noindex:

        Views otherwise.
    """
    assert [s.text for s in statements(textwrap.dedent(doc)) if s.form == "signature"] == [
        "view(*shape) -> Tensor",
        "view(dtype) -> Tensor",
    ]
    assert texts("Do.", signature="(a, b=1)")[0] == ("signature", "", "(a, b=1)")


def test_headings_comments_and_targets_say_nothing():
    assert prose("Title\n=====\n\n.. _mark:\n\n.. a comment\n   goes on\n\n__ http://example.org\n\nText.") == ["Text."]


def test_markup_goes():
    marked = "See :func:`~torch.add`, :attr:`x`, ``y``, `the page <http://example.org>`_, **not** *so*, :ref:`a <b>`."
    assert plain(marked) == "See torch.add, x, y, the page, not so, a."


def test_what_is_said_twice_is_kept_once():
    assert prose("Once. Twice. Once.") == ["Once.", "Twice."]


def test_only_what_mentions_gradients():
    doc = (
        "Adds.\n\nThe gradient is 1. It is a view of its input. Old code keeps backward compatibility.\n\n>>> x.grad\n"
    )
    assert [text for _, _, text in texts(doc, mentions=True)] == ["The gradient is 1.", "It is a view of its input."]


def test_reflow_and_markup_leave_fingerprints():
    one = "Computes ``grad`` of\nthe :class:`~torch.Tensor`, and\nreturns it. Not *twice*."
    other = "Computes :attr:`grad` of the torch.Tensor,\n     and returns it.\n     Not twice."
    assert [s.fingerprint for s in statements(one)] == [s.fingerprint for s in statements(other)]


def test_a_word_or_another_argument_changes_them():
    args = "Args:\n    a: one. Default: 1.\n    b: two. Default: 1.\n"
    prints = [s.fingerprint for s in statements(args)]
    assert len(set(prints)) == 4
    assert fingerprint("It is.") != fingerprint("It is not.")
    assert fingerprint("It is .") == fingerprint("It  is.")
    assert len(fingerprint("")) == 12


@pytest.mark.parametrize(
    "doc", ["", "   \n\n", "Args:", "::", ".. note::", "- ", ">>>", "Args:\n    :", "a (b: c", "..", "=="]
)
def test_odd_docstrings_pass(doc):
    assert isinstance(statements(doc), list)
