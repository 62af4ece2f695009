"""What restricted Python leaves out, and what to write instead."""

from __future__ import annotations

import ast

# Node type → (what it is called, the mend).
STATEMENTS: dict[type, tuple[str, str]] = {
    ast.Import: ("`import`", "remove it: `torch` is given, its submodules are reached with dots"),
    ast.ImportFrom: (
        "`from ... import`",
        "remove it: `torch` is given, its submodules are reached with dots",
    ),
    ast.While: ("`while`", "use `for` over a range"),
    ast.Match: ("`match`", "use `if`"),
    ast.Assert: ("`assert`", "state it under `expect`"),
    ast.Global: ("`global`", "return the value instead"),
    ast.Nonlocal: ("`nonlocal`", "return the value, or keep it in a list"),
    ast.AnnAssign: ("an annotated assignment", "drop the annotation"),
    ast.AsyncFunctionDef: ("`async def`", "use `def`"),
    ast.AsyncFor: ("`async for`", "use `for`"),
    ast.AsyncWith: ("`async with`", "use `with`"),
}
EXPRESSIONS: dict[type, tuple[str, str]] = {
    ast.NamedExpr: ("`:=`", "assign in a statement of its own"),
    ast.Await: ("`await`", "call it plainly"),
    ast.YieldFrom: ("`yield from`", "use `yield` in a loop"),
}
# Of newer Pythons.
LATER = {
    "TryStar": ("`except*`", "use `except`"),
    "TypeAlias": ("`type`", "remove it"),
    "TemplateStr": ("a template string", "use an f-string"),
    "Interpolation": ("a template string", "use an f-string"),
}


def of(node: ast.AST, table: dict[type, tuple[str, str]]) -> tuple[str, str]:
    """What a node is called and the mend, from `table` or for newer syntax."""
    name = type(node).__name__
    return table.get(type(node)) or LATER.get(name, (f"`{name}`", "write it more plainly"))


# Names people reach for, and what serves here.
NAMES = {
    "type": "for an exception use `repr(e)`; for a tensor, its `dtype`",
    "getattr": "write the attribute with a dot",
    "setattr": "assign to the attribute with a dot",
    "vars": "name the attributes one by one",
    "dir": "use `hasattr(x, 'name')`",
    "object": "write `class Name:`",
    "property": "use a method",
    "bytes": "use text or a list of numbers",
    "bytearray": "use a list of numbers",
    "open": "programs read and write no files",
    "eval": "write the code itself",
    "exec": "write the code itself",
    "input": "write the value itself",
    "super": "write `super().name(...)` in a method",
    "hasattr": "call it: `hasattr(x, 'name')`",
    "pow": "write `x ** y`",
    "BaseException": "use `Exception`",
    "MemoryError": "memory has a limit of its own",
    "np": "use tensors and `tolist()`",
    "numpy": "use tensors and `tolist()`",
    "nn": "write `torch.nn`",
    "F": "write `torch.nn.functional`",
    "Variable": "write `torch.autograd.Variable`",
    "gc": "objects go with their last reference; look with `weak(obj)`",
    "weakref": "use `weak(obj)`",
    "threading": "use `in_thread(function)`",
    "warnings": "state warnings under `warns`",
    "traceback": "use `frames(e)`",
}
ATTRIBUTES = {
    "format": "use an f-string",
    "format_map": "use an f-string",
    "__class__": "use `isinstance`",
    "__dict__": "name the attributes one by one",
    "__traceback__": "use `frames(e)`",
}
