"""Where programs run: few builtins, guarded attribute writes, and an audit hook that refuses the outside.

The harness has checked a program's text before it comes here (`conformance.program`). What a text cannot
show is closed at run time:

- **Attribute writes.** `T = ...; T.name = value` may reach a class through any alias. Each attribute
  store is compiled as `__guard__(T, "name").name = value`; the guard lets through instances of the
  program's own classes and of the engine's instance types, and refuses classes, modules, functions and
  constants, and names that would hide a method of the engine.
- **Unbound methods.** `SomeClass.save_for_backward(victim, x)` would write on `victim`. Loads of the
  names in `vocabulary.INSTANCE_ONLY` go through `__bound__`, which refuses classes.
- **The outside.** While a program runs, an audit hook refuses processes, sockets, foreign functions,
  writing, removing and renaming files, and reading outside the interpreter's and the engine's folders.

A refusal raises `Refused`, which no `except Exception` catches, and is kept until `exit()` hands it out:
swallowing it does not hide it. Time and memory have no guard here: infinite loops, huge powers, texts
and lists are ended by the worker's memory limit and by the harness, which kills the process in time.

Standard library only; runs on Python 3.9 and later.
"""

from __future__ import annotations

import ast
import builtins
import dis
import os
import sys
import sysconfig
from types import CodeType

from conformance.worker.vocabulary import BUILTINS, EXCEPTIONS, INSTANCE_ONLY, words

PROGRAM = "__program__"  # __module__ of every class that a program makes
PRINTED_LIMIT = 20_000  # characters of printed text kept per case


class Refused(BaseException):
    """A program reached for something that it may not have. Not an `Exception`: programs cannot catch it."""


# --- attribute writes ---------------------------------------------------------------------------------

_engine_types: tuple = ()
_refusal = None


def _refuse(what):
    global _refusal
    if _refusal is None:
        _refusal = what
    raise Refused(what)


def engine_types(namespace) -> tuple:
    """Types of a torch-like namespace whose instances programs may write attributes on."""
    paths = ("Tensor", "nn.Module", "optim.Optimizer", "autograd.Function", "autograd.function.FunctionCtx")
    found = []
    for path in paths:
        value = namespace
        for part in path.split("."):
            value = getattr(value, part, None)
        if isinstance(value, type):
            found.append(value)
    return tuple(found)


def allow_instances(types) -> None:
    """Let programs write attributes on instances of `types` (see `engine_types`)."""
    global _engine_types
    _engine_types = tuple(types)


def _guard(target, name):
    kind = type(target)
    if issubclass(kind, _engine_types):
        # A method shadowed on an instance would answer whoever looks at the instance next.
        for base in kind.__mro__:
            found = base.__dict__.get(name)
            if found is not None:
                if base.__dict__.get("__module__") != PROGRAM and not hasattr(type(found), "__set__"):
                    return _refuse(f"a program may not replace {name!r} of {kind.__name__}")
                break
        return target
    if kind.__dict__.get("__module__") == PROGRAM and not issubclass(kind, type):
        return target
    label = getattr(target, "__qualname__", None) or "an object of type " + kind.__name__
    return _refuse(f"a program may not set attributes of {label}")


def _bound(target):
    # `super()` in a class method stands for a class.
    owner = target.__self__ if type(target) is super else target
    if isinstance(owner, type):
        return _refuse(f"a program may not take this method from the class {owner.__name__}")
    return target


# --- builtins -----------------------------------------------------------------------------------------


class Printer:
    """`print` for programs: `sep` and `end` only, and a bounded text, kept in `text`."""

    def __init__(self):
        self._parts = []
        self._left = PRINTED_LIMIT

    def __call__(self, *values, sep=" ", end="\n"):
        if self._left <= 0:
            return
        piece = ((" " if sep is None else sep).join(map(str, values)) + ("\n" if end is None else end))[: self._left]
        self._left -= len(piece)
        self._parts.append(piece)

    def take(self) -> str:
        """The text printed since the last call."""
        text = "".join(self._parts)
        self._parts.clear()
        return text


_TEMPLATE = {name: getattr(builtins, name) for name in BUILTINS | EXCEPTIONS}
_TEMPLATE.update(
    __build_class__=builtins.__build_class__,
    __import__=builtins.__import__,  # for engines' C code, which imports in the name of the running frame
    __name__=PROGRAM,
    __guard__=_guard,
    __bound__=_bound,
)


def safe_builtins(printer=None) -> dict:
    """A fresh dict to put under `__builtins__` in a program's globals. `print` is `printer`."""
    table = dict(_TEMPLATE)
    table["print"] = printer if printer is not None else Printer()
    return table


# --- compiling ----------------------------------------------------------------------------------------

_STORES = frozenset((dis.opmap["STORE_ATTR"], dis.opmap["DELETE_ATTR"]))
_STORE, _DELETE = dis.opmap["STORE_ATTR"], dis.opmap["DELETE_ATTR"]
_program_files = {"<listing>"}  # what `helpers.check_listing` compiles: Python looks for its lines


def _needs_guard(code) -> bool:
    # Instructions are two bytes wide, the first is the operation. An inline cache may look like one:
    # that only costs the slow way.
    operations = code.co_code[::2]
    if _STORE in operations or _DELETE in operations or not INSTANCE_ONLY.isdisjoint(code.co_names):
        return True
    return any(type(constant) is CodeType and _needs_guard(constant) for constant in code.co_consts)


def _from_torch(node) -> bool:
    while type(node) is ast.Attribute:
        node = node.value
    return type(node) is ast.Name and node.id == "torch"


def _wrap(name, value, *constants):
    place = {
        "lineno": value.lineno,
        "col_offset": value.col_offset,
        "end_lineno": value.end_lineno,
        "end_col_offset": value.end_col_offset,
    }
    arguments = [value, *(ast.Constant(constant, **place) for constant in constants)]
    return ast.Call(ast.Name(name, ast.Load(), **place), arguments, [], **place)


def _insert_guards(tree) -> None:
    for node in ast.walk(tree):
        if type(node) is ast.Attribute:
            if type(node.ctx) is not ast.Load:
                node.value = _wrap("__guard__", node.value, node.attr)
            elif node.attr in INSTANCE_ONLY and not _from_torch(node.value):
                node.value = _wrap("__bound__", node.value)


def compile_program(text, filename, line, *, expression=False):
    """Code of a checked program text, with the spec file's name and line numbers and guarded writes.

    `line` is the file's line of the text's first line. Raises SyntaxError as `compile` does.
    """
    _program_files.add(filename)
    mode = "eval" if expression else "exec"
    placed = "\n" * (line - 1) + (text.strip() if expression else text)
    code = compile(placed, filename, mode, dont_inherit=True)
    if _needs_guard(code):
        tree = compile(placed, filename, mode, ast.PyCF_ONLY_AST, dont_inherit=True)
        _insert_guards(tree)
        code = compile(tree, filename, mode, dont_inherit=True)
    return code


# --- the audit hook -----------------------------------------------------------------------------------

_armed = False
_installed = False
_roots: tuple = ()
_FAMILIES = words(
    """ctypes fcntl ftplib glob http imaplib mmap msvcrt nntplib os poplib pty shutil smtplib socket sqlite3
    subprocess syslog telnetlib tempfile urllib webbrowser winreg _winapi"""
)
_LISTING = frozenset(("os.listdir", "os.scandir"))  # importing a module lists the folders of sys.path
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def _readable(path) -> bool:
    if isinstance(path, int):
        return True  # an open file: the right to open it was asked for before
    path = os.fspath(path)
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if any(path == name or path.endswith(os.sep + name) for name in _program_files):
        return True  # Python shows the lines of a traceback
    whole = os.path.abspath(path)
    return whole.startswith(_roots) or os.path.realpath(whole).startswith(_roots)


def _listable(path) -> bool:
    return path is None or path in sys.path or _readable(path)


def _importing() -> bool:
    """Whether the engine is importing one of its own modules, which may do as they like.

    Programs cannot import, and between an import and what it runs there is no program's frame.
    """
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        if frame.f_code.co_filename in _program_files:
            return False
        frame = frame.f_back
    return False


def _outside(what) -> None:
    if not _importing():
        _refuse(what)


def _hook(event, arguments):
    if not _armed:
        return
    if event == "open":
        path, mode, flags = (*arguments, None, None, None)[:3]
        writes = (
            any(letter in mode for letter in "wax+") if isinstance(mode, str) else bool((flags or 0) & _WRITE_FLAGS)
        )
        if path == os.devnull:
            return
        if writes:
            _outside(f"a program may not open files for writing ({path!r})")
        if not _readable(path):
            _outside(f"a program may not read files ({path!r})")
    elif event.partition(".")[0] in _FAMILIES:
        if event in _LISTING and (not arguments or _listable(arguments[0])):
            return
        _outside(f"a program may not do {event!r}")


def install(*folders) -> None:
    """Put the audit hook in place, once and for good. `folders` may be read as well (the engine's own)."""
    global _installed, _roots
    paths = sysconfig.get_paths()
    known = [paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    known += [sys.prefix, sys.base_prefix, *folders]
    wide = []
    for path in known:
        wide += [os.path.abspath(path), os.path.realpath(path)]
    _roots = tuple(sorted({path.rstrip(os.sep) + os.sep for path in wide}))
    if not _installed:
        _installed = True
        sys.addaudithook(_hook)


def enter() -> None:
    """A program begins: from here on the outside is refused."""
    global _armed, _refusal
    sys.dont_write_bytecode = True  # an import in the middle of a program must not write its cache
    _refusal = None
    _armed = True


def exit() -> str | None:
    """The program has ended. The first refusal in words, also if the program swallowed it, or None."""
    global _armed
    _armed = False
    return _refusal
