"""The same program on torch and on the reference engine, side by side.

`transcript(engine, program)` runs a program with that engine's namespace under the name `torch` and returns what a
reader would see: printed lines, warnings, the exception. Two transcripts are equal where the engines agree.
"""

import io
import re
import warnings
from contextlib import redirect_stdout

import torch

import reference_engine

_TAIL = re.compile(r" \(Triggered internally at .*?\)", re.S)
_ADDRESS = re.compile(r"0x[0-9a-f]+")


def _names(engine):
    """What programs may use beside builtins."""
    if engine is torch:
        from torch.autograd import functional, gradcheck, gradgradcheck
        from torch.utils import checkpoint
    else:
        from reference_engine.autograd import functional, gradcheck, gradgradcheck
        from reference_engine.utils import checkpoint
    return {
        "torch": engine,
        "nn": engine.nn,
        "F": engine.nn.functional,
        "optim": engine.optim,
        "functional": functional,
        "gradcheck": gradcheck,
        "gradgradcheck": gradgradcheck,
        "ckpt": checkpoint,
    }


def _reset(engine):
    if engine is torch:
        torch.set_printoptions(profile="default")
        torch.set_warn_always(True)
    else:
        reference_engine.reset_state()
        reference_engine.set_warn_always(True)
    engine.set_default_dtype(engine.float32)
    engine.manual_seed(0)


def transcript(engine, program):
    """Lines printed, then "Category: text" of every warning, then "Type: text" of the exception if one ended it."""
    _reset(engine)
    printed = io.StringIO()
    failure = []
    with warnings.catch_warnings(record=True) as caught, redirect_stdout(printed):
        warnings.simplefilter("always")
        try:
            exec(compile(program, "<program>", "exec"), _names(engine))
        except Exception as error:
            failure = [f"{type(error).__name__}: {error}"]
        finally:
            _reset(engine)
    lines = printed.getvalue().splitlines()
    lines += [
        f"{entry.category.__name__}: {entry.message}"
        for entry in caught
        # torch loads its forward-mode decompositions with a function that it has deprecated itself.
        if not str(entry.message).startswith("`torch.jit.script` is deprecated")
    ]
    return [_ADDRESS.sub("0x", _TAIL.sub("", line)) for line in lines + failure]


def agree(program):
    """Both transcripts, for `assert engine == wanted`; fails if the program shows nothing at all."""
    wanted = transcript(torch, program)
    assert wanted, "a program must print, warn or raise something"
    return transcript(reference_engine, program), wanted
