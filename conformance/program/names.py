"""Names, attributes and targets: the part of the walk on which safety rests.

What an attribute may be is decided by its name alone (`surface`), because a text cannot show what kind
of value it stands on. So names and values that would undermine that are kept out: modules are never
values, and classes of the engine appear only where nothing can be done to them (called, subclassed, in
`isinstance` and `is`).
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterable

from conformance.load.model import Source
from conformance.load.report import quoted
from conformance.program import refusals
from conformance.program.state import State, real_names
from conformance.program.surface import CLASSES, Surface
from conformance.worker.vocabulary import INSTANCE_ONLY, RESERVED

DEPTH = 40  # nesting of expressions


class TooDeep(Exception):
    """The text nests deeper than anyone can read."""


class Handlers(dict):
    """Node type → handler. A type that is not listed, as of a newer Python, is refused."""

    def __init__(self, refuse: Callable[..., None], handlers: dict[type, Callable[..., None]]) -> None:
        super().__init__(handlers)
        self.refuse = refuse

    def __missing__(self, kind: type) -> Callable[..., None]:
        return self.refuse


class Names:
    """What expressions and statements share. `handle` maps node types to handlers, which take the node
    and its depth.

    `pure`: the source is an expression of `expect` or `params`, which may not change anything.
    """

    handle: Handlers

    def __init__(self, surface: Surface, state: State) -> None:
        self.surface = surface
        self.state = state
        self.members = surface.members
        self.source = Source("", 1)
        self.pure = False
        self.method = False  # inside a method: `super()` has a meaning
        self.myself: str | None = None  # the first parameter of the method around

    def problem(self, node: ast.AST | None, code: str, what: str, mend: str = "") -> None:
        """Note a problem at a node of the source."""
        self.state.add(self.source, node, code, what, mend)

    # --- names --------------------------------------------------------------------------

    def name(self, node: ast.Name, depth: int) -> None:
        if node.id not in self.state.visible:
            self.unknown(node)

    def unknown(self, node: ast.Name) -> None:
        name = node.id
        if name == "torch":
            self.problem(node, "program-name", "`torch` stands only before a dot", "write `torch.something`")
        elif name == "accelerator":
            self.problem(node, "program-name", "`accelerator` is not given here", "add `needs: [cuda]`")
        elif name == "in_thread":
            self.problem(node, "program-name", "`in_thread` is not given here", "add `needs: [threads]`")
        elif name.startswith("__"):
            self.problem(node, "program-name", f"{quoted(name)} is Python's own", "use another name")
        elif name in RESERVED:
            self.problem(node, "program-name", f"`{name}` is no value", refusals.NAMES.get(name, ""))
        else:
            self.state.unread_names.append((node, self.source))

    def bind(self, name: str, node: ast.AST) -> None:
        """A name gets a value here, whatever the statement."""
        if name in RESERVED:
            self.problem(node, "program-assign", f"`{name}` has a fixed meaning", "give your variable another name")
        elif name.startswith("__"):
            self.problem(node, "program-assign", f"{quoted(name)} is Python's own", "use another name")
        elif name in self.state.classes:
            # Else `class B(A)` could stand on anything that `A` has become.
            self.problem(node, "program-assign", f"`{name}` names a class", "give your variable another name")
        else:
            self.state.visible.add(name)

    # --- attributes -----------------------------------------------------------------------------------

    def attribute(self, node: ast.Attribute, depth: int) -> None:
        self.read(node, depth, "value")

    def read(self, node: ast.Attribute, depth: int, role: str) -> None:
        """An attribute in `role`: "value", "call" (it is called), or "inert" (isinstance, `is`)."""
        value = node.value
        root = value
        while type(root) is ast.Attribute:
            root = root.value
        if type(root) is ast.Name and root.id == "torch":
            self.path(node, role)
            return
        name = node.attr
        if depth > DEPTH:
            raise TooDeep
        if name not in self.members:
            self.other_attribute(node)
        elif self.pure and name in self.surface.writing:
            self.problem(node, "program-effect", f"`{name}` changes something", "do it under `run`")
        if type(value) is ast.Name:
            if name in INSTANCE_ONLY and value.id in self.state.classes:
                self.problem(node, "program-attribute", f"`{name}` belongs to instances", f"not to `{value.id}`")
            self.name(value, depth)
        elif type(value) is ast.Call and type(value.func) is ast.Name and value.func.id == "super":
            self.superior(node, value)
        else:
            self.handle[type(value)](value, depth + 1)

    def other_attribute(self, node: ast.Attribute) -> None:
        """An attribute that the surface does not list by name: one of the program's own, or none."""
        name = node.attr
        if name.startswith("_"):
            if name.startswith(self.surface.prefixes):
                return
            base = node.value
            after_super = type(base) is ast.Call and type(base.func) is ast.Name and base.func.id == "super"
            if not (after_super and name in self.surface.define):
                self.problem(
                    node,
                    "program-attribute",
                    f"the attribute {quoted(name)} is not on the surface",
                    refusals.ATTRIBUTES.get(name) or "names with an underscore are the engine's own",
                )
        elif name not in self.state.own:
            self.state.unread_attributes.append((node, self.source))

    def superior(self, node: ast.Attribute, call: ast.Call) -> None:
        if call.args or call.keywords:
            self.problem(call, "program-name", "`super` with arguments", "write `super()`")
        if not self.method:
            self.problem(call, "program-name", "`super()` outside a method", "use it in a method of a class")

    def path(self, node: ast.Attribute, role: str) -> None:
        """A dotted path that begins with `torch`."""
        parts: list[str] = []
        base: ast.expr = node
        while type(base) is ast.Attribute:
            parts.append(base.attr)
            base = base.value
        parts.reverse()
        surface = self.surface
        path = parts[0]
        at = 1
        while at < len(parts) or path in surface.modules:
            if at == len(parts):
                self.problem(node, "program-name", f"`torch.{path}` is a module", "name something in it, with a dot")
                return
            longer = f"{path}.{parts[at]}"
            if path not in surface.modules and longer not in surface.paths and longer not in surface.modules:
                break
            path = longer
            at += 1
        kind = surface.paths.get(path)
        if kind is None:
            names = [f"torch.{known}" for known in surface.paths]
            whole = "torch." + ".".join(parts)
            self.problem(node, "program-attribute", f"{quoted(whole)} is not on the surface", near(whole, names))
        elif at < len(parts):
            self.beyond(node, path, kind, parts[at:])
        elif kind in CLASSES and role == "value":
            self.problem(
                node,
                "program-attribute",
                f"the class `torch.{path}` is passed around",
                "call it here, or wrap it: `lambda *values: torch." + path + "(*values)`",
            )
        elif kind == "methods" and role != "inert":
            self.problem(
                node,
                "program-attribute",
                f"`torch.{path}` stands only beside `is`",
                f"call the method on a value: `x.{parts[-1]}`",
            )
        elif self.pure and kind in ("effects", "contexts"):
            self.problem(node, "program-effect", f"`torch.{path}` changes something", "do it under `run`")

    def beyond(self, node: ast.Attribute, path: str, kind: str, rest: list[str]) -> None:
        """Attributes behind a listed path: of constants and functions as of any value, of classes none."""
        for name in rest:
            if kind in CLASSES or name not in self.members or name in self.surface.writing:
                whole = f"torch.{path}.{name}"
                names = [f"torch.{known}" for known in self.surface.paths]
                self.problem(node, "program-attribute", f"{quoted(whole)} is not on the surface", near(whole, names))
                return

    def declare(self, name: str, node: ast.AST) -> None:
        """The program makes an attribute of its own."""
        if name.startswith("_") or not name.isidentifier():
            self.problem(node, "program-assign", f"the attribute {quoted(name)}", "begin its name with a letter")
        elif name in real_names():
            self.problem(
                node,
                "program-assign",
                f"the attribute `{name}` exists on real objects",
                "give it a name of your own",
            )
        else:
            self.state.own.add(name)

    # --- targets --------------------------------------------------------------------------------------

    def target(self, node: ast.expr, depth: int) -> None:
        """Whatever is assigned to, by any statement."""
        kind = type(node)
        if kind is ast.Name:
            self.bind(node.id, node)
        elif kind is ast.Tuple or kind is ast.List:
            if depth > DEPTH:
                raise TooDeep
            stars = 0
            for item in node.elts:
                if type(item) is ast.Starred:
                    stars += 1
                    item = item.value
                self.target(item, depth + 1)
            if stars > 1:
                self.problem(node, "program-syntax", "two stars in one assignment", "use one")
        elif self.from_torch(node):
            self.problem(
                node,
                "program-assign",
                "nothing reached from `torch` is assigned",
                "assign to your own values",
            )
        elif kind is ast.Subscript:
            self.subscript(node, depth)
        elif kind is ast.Attribute:
            self.attribute_target(node, depth)
        else:
            self.problem(node, "program-syntax", "a star stands alone", "use it in a list of targets")

    @staticmethod
    def from_torch(node: ast.expr) -> bool:
        while type(node) is ast.Attribute or type(node) is ast.Subscript:
            node = node.value
        return type(node) is ast.Name and node.id == "torch"

    def attribute_target(self, node: ast.Attribute, depth: int) -> None:
        name = node.attr
        surface = self.surface
        if name in surface.settable:
            pass
        elif name in surface.members and not name.startswith("_"):
            mine = type(node.value) is ast.Name and node.value.id == self.myself is not None
            if not mine or name in surface.absent:
                self.problem(
                    node,
                    "program-assign",
                    f"`{name}` is not settable",
                    f"settable are {', '.join(sorted(surface.settable))}, and names of your own",
                )
        else:
            self.declare(name, node)
        value = node.value
        self.handle[type(value)](value, depth + 1)


def near(name: str, known: Iterable[str]) -> str:
    """The mend for an unknown name: the nearest known one, or where the list is."""
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    return f"did you mean `{found[0]}`?" if found else "what there is stands in spec/surface.yaml"
