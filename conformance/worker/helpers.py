"""The helpers that programs and expressions may call by a bare name.

They work on any torch-like engine and need the standard library only (Python 3.9 and later).
"""

from __future__ import annotations

import ast
import builtins
import threading
import weakref

LISTING_LIMIT = 20_000  # characters


def shares_memory(first, second, *others) -> bool:
    """Whether all tensors stand on one storage. Says nothing about overlap within it."""
    identity = _storage_identity(first)
    return all(_storage_identity(tensor) == identity for tensor in (second, *others))


def _storage_identity(tensor):
    # Addresses do not do: every empty storage has the address 0.
    storage = tensor.untyped_storage()
    handle = getattr(storage, "_cdata", None)
    if handle is not None:
        return handle
    return storage.data_ptr() or id(storage)


def weak(value):
    """A weak reference: call it to get the object, or None once the object is gone."""
    return weakref.ref(value)


def frames(exception) -> tuple:
    """Names of the engine's Python functions that an exception passed through, outermost first."""
    names = []
    step = exception.__traceback__
    while step is not None:
        frame = step.tb_frame
        module = frame.f_globals.get("__name__")
        # Programs have no module name of their own; the harness's frames are nobody's business.
        if module is not None and module.partition(".")[0] != "conformance":
            names.append(frame.f_code.co_name)
        step = step.tb_next
    return tuple(names)


def check_listing(text):
    """What Python says of a printed listing before anything runs.

    None for a listing that compiles and whose module-level names are all bound somewhere in it;
    otherwise the error as Python words it: "IndentationError: unexpected indent",
    "NameError: name 'torch' is not defined". Raises ValueError for a text of more than 20,000 characters.
    """
    if len(text) > LISTING_LIMIT:
        raise ValueError(f"the listing is longer than {LISTING_LIMIT} characters")
    try:
        tree = compile(text, "<listing>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        compile(tree, "<listing>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"{type(error).__name__}: {error.msg}"
    except (RecursionError, MemoryError, ValueError, OverflowError) as error:
        return f"{type(error).__name__}: {error}"
    name = _first_unbound(tree)
    return None if name is None else f"NameError: name '{name}' is not defined"


_DELAYED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def _first_unbound(tree):
    bound = set(dir(builtins)) | {"__name__", "__file__", "__doc__", "__builtins__"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            if node.name == "*":
                return None  # binds names that cannot be known
            bound.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
    loads = []
    _module_loads(tree, loads)
    loads.sort()
    return next((name for _, _, name in loads if name not in bound), None)


def _module_loads(node, loads):
    """Names read while the module's own code runs: function bodies run later, or never."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load):
            loads.append((child.lineno, child.col_offset, child.id))
        if isinstance(child, _DELAYED):
            now = list(getattr(child, "decorator_list", ())) + child.args.defaults
            for part in now + [default for default in child.args.kw_defaults if default is not None]:
                _module_loads(ast.Expression(part), loads)
        else:
            _module_loads(child, loads)


def in_thread(function):
    """Run `function()` in a new thread; its result, or its exception raised here."""
    outcome = []

    def run():
        try:
            outcome.append((function(), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join()
    value, error = outcome[0]
    if error is not None:
        raise error
    return value


HELPERS = {
    "check_listing": check_listing,
    "frames": frames,
    "in_thread": in_thread,
    "shares_memory": shares_memory,
    "weak": weak,
}
