"""The command line: one module per group of commands, errors turned into one clear line each.

Exit codes: 0 all as expected; 1 something unexpected; 2 the specs or arguments are invalid; 3 a required
target could not run; 130 interrupted, with what was finished written.

Nothing here imports torch or an engine: those live in worker processes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from conformance.cli import docs, inspect, messages, review, running
from conformance.exceptions import ConformanceError

app = typer.Typer(
    name="torch-conformance",
    help="Run executable specs of PyTorch's autograd on real torch and other engines, and say who differs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# typer brings its own click, under a name that differs between releases; its base class is public enough.
ClickException = next(cls for cls in typer.BadParameter.__mro__ if cls.__name__ == "ClickException")
running.register(app)
review.register(app)
inspect.register(app)
docs.register(app)
messages.register(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `torch-conformance`. Always leaves by SystemExit with a documented code."""
    sys.exit(invoke(sys.argv[1:] if arguments is None else arguments))


def invoke(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    try:
        code = app(list(arguments), prog_name="torch-conformance", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except typer.Exit as stop:
        return stop.exit_code
    except ClickException as mistake:
        return _say(f"torch-conformance: {mistake.format_message()}", mistake.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return _say("torch-conformance: interrupted", 130)
    except ConformanceError as error:
        return _say(str(error), error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except OSError as error:
        name = f": {error.filename}" if error.filename else ""
        return _say(f"torch-conformance: {error.strerror or error}{name}", 2)


def _say(text: str, code: int) -> int:
    from conformance.report.escape import visible

    for line in text.splitlines() or [""]:
        print(visible(line), file=sys.stderr)
    return code
