"""The worker's side: compiling with the spec file's lines, few builtins, bounded printing, no leftovers."""

from __future__ import annotations

import ast
import builtins
import linecache
import subprocess
import sys
import traceback

import pytest

from conformance.load.model import Source
from conformance.program import check_source
from conformance.worker import helpers, sandbox, vocabulary
from conformance.worker.vocabulary import BUILTINS, EXCEPTIONS
from tests.program.tables import table

FILE = "spec/some_file.yaml"


def run(text: str, line: int = 1, **names: object) -> dict[str, object]:
    scope: dict[str, object] = {"__builtins__": sandbox.safe_builtins(), **names}
    exec(sandbox.compile_program(text, FILE, line), scope)
    return scope


def lines_of(error: BaseException) -> list[int]:
    return [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]


@pytest.mark.parametrize(
    ("text", "line"),
    [("\n\n1 / 0", 9), ("1 / 0", 7), ("class A:\n    pass\na = A()\na.one = (\n    1 / 0)", 11)],
)
def test_errors_have_the_lines_of_the_spec_file(text, line):
    with pytest.raises(ZeroDivisionError) as caught:
        run(text, 7)
    assert lines_of(caught.value) == [line]


def test_expressions_have_them_too():
    with pytest.raises(ZeroDivisionError) as caught:
        eval(sandbox.compile_program(" 1 / 0 ", FILE, 5, expression=True), {})
    assert lines_of(caught.value) == [5]


def test_programs_see_the_few_builtins_only():
    found = sandbox.safe_builtins()
    hidden = {name for name in found if name.startswith("__")}
    assert set(found) - hidden == BUILTINS | EXCEPTIONS
    assert found["len"] is builtins.len
    with pytest.raises(NameError):
        run("open('x')")
    found["len"] = None
    assert sandbox.safe_builtins()["len"] is builtins.len


def test_every_accepted_program_compiles():
    for entry in table("accepted"):
        code = sandbox.compile_program(entry.text, FILE, 3)
        assert code.co_filename == FILE


def test_what_the_checker_lets_through_always_compiles():
    """Small changes of the accepted programs: whatever still passes the checker is Python to the worker."""
    passed = 0
    for entry in table("accepted"):
        lines = entry.text.split("\n")
        for at in range(len(lines)):
            for other in ([], [lines[at]] * 2, ["    " + lines[at]], [lines[at].strip()], [lines[at][:-1]]):
                text = "\n".join(lines[:at] + other + lines[at + 1 :])
                if not check_source(Source(text, 1)):
                    sandbox.compile_program(text, FILE, 1)
                    passed += 1
    assert passed > 100


def test_plain_programs_are_compiled_once():
    code = sandbox.compile_program("x = 1\ny = [x for x in range(3)]", FILE, 1)
    assert not sandbox._needs_guard(code)
    assert "__guard__" not in code.co_names


@pytest.mark.parametrize(
    "text",
    [
        "a.b = 1",
        "del a.b",
        "a.b += 1",
        "for a.b in c: pass",
        "with c as a.b: pass",
        "x, (y, *a.b) = c",
        "[1 for a.b in c]",
        "f = lambda: [1 for a.b in c]",
        "def f():\n    def g():\n        a.b = 1",
        "class A:\n    def g(self):\n        self.b = 1",
        "a.train()",
        "[x.save_for_backward for x in c]",
    ],
)
def test_every_store_is_guarded(text):
    code = sandbox.compile_program(text, FILE, 1)
    names: set[str] = set()
    waiting = [code]
    while waiting:
        part = waiting.pop()
        names.update(part.co_names)
        waiting += [each for each in part.co_consts if hasattr(each, "co_names")]
    assert names & {"__guard__", "__bound__"}


def test_own_instances_may_be_written():
    scope = run("class A:\n    def __init__(self, v):\n        self.v = v\na = A(1)\na.w = 2\nb = (a.v, a.w)")
    assert scope["b"] == (1, 2)
    assert scope["A"].__module__ == sandbox.PROGRAM


def test_printing_is_bounded_and_kept():
    printer = sandbox.Printer()
    printer(1, "two", sep="-", end="!")
    assert printer.take() == "1-two!"
    assert printer.take() == ""
    for _ in range(10):
        printer("x" * 10_000)
    assert len(printer.take()) == sandbox.PRINTED_LIMIT - len("1-two!")
    printer("more")
    assert printer.take() == ""
    with pytest.raises(TypeError):
        printer("x", file=sys.stderr)
    with pytest.raises(TypeError):
        printer("x", flush=True)


def test_refusals_are_no_exceptions():
    assert not issubclass(sandbox.Refused, Exception)


HOOK = """
import linecache, os, shutil, sys, tempfile
from conformance.worker import helpers, sandbox, vocabulary
from conformance.worker.helpers import check_listing, in_thread
sandbox.install()
open(os.devnull, "w").close()
place = tempfile.mkdtemp()
inside = os.path.join(place, "spec", "area.yaml")
os.mkdir(os.path.dirname(inside))
open(inside, "w").write("a line\\n")
code = sandbox.compile_program("f()", "spec/area.yaml", 1)
os.chdir(place)
def attempt(action):
    sandbox.enter()
    try:
        exec(code, {"__builtins__": sandbox.safe_builtins(), "f": action})
        ended = "done"
    except BaseException as error:
        ended = type(error).__name__
    print(ended, sandbox.exit())
def swallow():
    try:
        open("/etc/passwd")
    except BaseException:
        pass
attempt(lambda: open("/etc/passwd"))
attempt(swallow)
attempt(lambda: open("written", "w"))
attempt(lambda: os.open("written", os.O_CREAT | os.O_WRONLY))
attempt(lambda: os.listdir("/etc"))
attempt(lambda: in_thread(lambda: os.mkdir("made")))
attempt(lambda: linecache.getlines("spec/area.yaml"))
attempt(lambda: open(os.__file__).close())
attempt(lambda: open(os.devnull, "w").close())
attempt(lambda: check_listing("  x"))
attempt(lambda: __import__("wave"))
attempt(lambda: __import__("this_module_is_missing"))
sys.path.insert(0, place)
open("while_importing.py", "w").write("from __main__ import attempt\\nattempt(lambda: open('/etc/passwd'))\\n")
import while_importing
os.remove("while_importing.py")
shutil.rmtree("__pycache__", ignore_errors=True)
print(sorted(os.listdir(place)))
open("written", "w").close()
print(sorted(os.listdir(place)))
"""


def test_the_audit_hook_stands_while_a_program_runs_and_only_then():
    done = subprocess.run([sys.executable, "-c", HOOK], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n") == [
        "Refused a program may not read files ('/etc/passwd')",
        "done a program may not read files ('/etc/passwd')",
        "Refused a program may not open files for writing ('written')",
        "Refused a program may not open files for writing ('written')",
        "Refused a program may not do 'os.listdir'",
        "Refused a program may not do 'os.mkdir'",
        "done None",
        "done None",
        "done None",
        "done None",
        "done None",
        "ModuleNotFoundError None",
        "Refused a program may not read files ('/etc/passwd')",
        "['spec']",
        "['spec', 'written']",
        "",
    ]


def test_the_worker_side_needs_the_standard_library_only_and_python_3_9():
    for module in (sandbox, vocabulary, helpers):
        tree = ast.parse("".join(linecache.getlines(module.__file__)), feature_version=(3, 9))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module]
            else:
                continue
            for name in names:
                assert name.startswith("conformance.worker.") or name.split(".")[0] in sys.stdlib_module_names
