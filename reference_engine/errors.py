"""Which error is whose.

Three kinds of failure leave this package, and none is ever dressed as another:

* errors of the user's program: ``RuntimeError``, ``TypeError``, ``IndexError`` ... with PyTorch's own text.
  They are raised in the module that holds the rule they belong to, not from here;
* :class:`NotModelled`: the program is fine, this engine does not cover what it asks for;
* :class:`EngineBug`: an invariant of this engine is broken, whatever the program did.
"""


class NotModelled(Exception):
    """The program uses a part of PyTorch that this engine leaves out.

    Not a ``RuntimeError``: a program that catches PyTorch's errors must not catch this one by accident.
    """

    def __init__(self, feature: str) -> None:
        super().__init__(f"{feature} is not modelled by the reference engine")
        self.feature = feature


class NameNotModelled(NotModelled, AttributeError):
    """The same for a name that this engine lacks: `hasattr` and `getattr` with a default work as ever."""


class EngineBug(Exception):
    """An invariant of the engine itself does not hold. Never a consequence of a wrong program."""
