"""The bare names that a program may use: builtins, exceptions, helpers.

One table for both sides: the harness checks programs against it, and the worker builds from it the only
builtins that a program ever sees. Standard library only; runs on Python 3.9 and later.
"""

from __future__ import annotations


def words(text):
    """The words of a text as a frozenset."""
    return frozenset(text.split())


BUILTINS = words(
    """abs all any bool callable classmethod complex dict enumerate filter float frozenset hasattr id int
    isinstance issubclass iter len list map max min next print range repr reversed round set slice sorted
    staticmethod str sum super tuple zip"""
)

# MemoryError, SystemExit, KeyboardInterrupt and BaseException are missing on purpose: a limit is not
# something a program may name.
EXCEPTIONS = words(
    """ArithmeticError AssertionError AttributeError DeprecationWarning Exception FloatingPointError
    FutureWarning IndexError KeyError LookupError NameError NotImplementedError OverflowError RecursionError
    RuntimeError RuntimeWarning StopIteration TypeError UserWarning ValueError Warning ZeroDivisionError"""
)

HELPERS = words("check_listing frames in_thread shares_memory weak")

# Set by the worker for each case; `accelerator` only where the case needs one.
ENGINE_NAMES = words("accelerator device host torch")

# Names with a fixed meaning. A program never binds one, in any position.
RESERVED = BUILTINS | EXCEPTIONS | HELPERS | ENGINE_NAMES

# Methods written in Python that set attributes on whatever they are called with as `self`. Through a class
# (`SomeClass.train(victim)`) they would write on a victim of the program's choice, so programs reach them
# on instances only. A test finds them in the installed torch.
INSTANCE_ONLY = words(
    """mark_dirty mark_non_differentiable save_for_backward save_for_forward set_materialize_grads train"""
)
