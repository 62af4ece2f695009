"""What an expression of a spec speaks about: which named tensor or gradient, and which of its fields.

The cross-target diff needs it to know which differences a spec has declared.
"""

from __future__ import annotations

import ast
from functools import lru_cache

import msgspec

VALUE = frozenset({"data", "dtype", "shape", "device"})
EVERYTHING = VALUE | {
    "requires_grad",
    "is_leaf",
    "retains_grad",
    "grad_fn",
    "version",
    "storage",
    "view_of",
}
BY_MEMBER = {
    **{name: frozenset({name}) for name in ("requires_grad", "is_leaf", "retains_grad", "grad_fn")},
    **{name: frozenset({name}) for name in ("dtype", "device", "shape")},
    **{name: frozenset({"device"}) for name in ("is_cuda", "is_cpu", "is_meta", "get_device")},
    **{name: frozenset({"shape"}) for name in ("size", "dim", "ndim", "numel", "nelement", "nbytes")},
    **{name: frozenset({"data"}) for name in ("item", "tolist", "data", "detach")},
    **{name: frozenset({"storage"}) for name in ("data_ptr", "untyped_storage", "storage")},
    "_version": frozenset({"version"}),
    "_base": frozenset({"view_of"}),
    "_is_view": frozenset({"view_of"}),
}
BY_FUNCTION = {"shares_memory": frozenset({"storage"}), "len": frozenset({"shape"})}


class Subject(msgspec.Struct, frozen=True):
    """`where` is `w` or `w.grad`. `narrow` says that the expression asks for these fields by name,
    and not for the tensor as a whole."""

    where: str
    fields: frozenset[str]
    narrow: bool


@lru_cache(maxsize=4096)
def subjects(expression: str) -> tuple[Subject, ...]:
    """The tensors and gradients that the expression reads."""
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except SyntaxError:
        return ()
    found: list[Subject] = []
    _visit(tree, None, found)
    return tuple(found)


def _thing(node: ast.AST) -> str | None:
    """`w` or `w.grad`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and node.attr == "grad" and isinstance(node.value, ast.Name):
        return f"{node.value.id}.grad"
    return None


def _visit(node: ast.AST, parent: ast.AST | None, found: list[Subject]) -> None:
    where = _thing(node)
    if where is not None:
        found.append(_used(where, node, parent))
        return
    for child in ast.iter_child_nodes(node):
        _visit(child, node, found)


def _used(where: str, node: ast.AST, parent: ast.AST | None) -> Subject:
    fields = None
    if parent is None:
        return Subject(where, VALUE, False)
    if isinstance(parent, ast.Attribute):
        fields = BY_MEMBER.get(parent.attr)
    elif isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and node in parent.args:
        fields = BY_FUNCTION.get(parent.func.id)
    return Subject(where, fields or EVERYTHING, fields is not None)
