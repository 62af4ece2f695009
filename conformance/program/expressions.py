"""The walk over expressions: every node is known and allowed, or refused.

One handler per node type, found by type; handlers take the node and its depth. What an attribute may be
is decided by its name alone (`surface`), because a text cannot show what kind of value it stands on. So
names and values that would undermine that are kept out: modules are never values, and classes of the
engine appear only where nothing can be done to them (called, subclassed, in `isinstance` and `is`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from conformance.load.model import Source
from conformance.load.report import meant, quoted
from conformance.program import refusals
from conformance.program.state import State, real_names
from conformance.program.surface import CLASSES, Surface
from conformance.worker.vocabulary import INSTANCE_ONLY, RESERVED

DEPTH = 40  # nesting of expressions and statements
INTEGER = 10**40
TEXT = 4000  # characters of one text
EXPONENT = 1000  # of powers and shifts written with numbers
REPEAT = 100_000  # of texts and lists written out

_SEQUENCES = (ast.List, ast.Tuple, ast.JoinedStr)
_OWN_BY_CALL = frozenset({"register_buffer", "register_parameter"})


class TooDeep(Exception):
    """The text nests deeper than anyone can read."""


class Expressions:
    """Checks expressions of one source after the other against `surface`, noting in `state`.

    `pure`: the source is an expression of `expect` or `params`, which may not change anything.
    """

    def __init__(self, surface: Surface, state: State) -> None:
        self.surface = surface
        self.state = state
        self.members = surface.members
        self.source = Source("", 1)
        self.pure = False
        self.method = False  # inside a method: `super()` has a meaning
        self.myself: str | None = None  # the first parameter of the method around
        self.generator = False  # inside a decorated function: `yield` has a meaning
        handle = dict.fromkeys(refusals.EXPRESSIONS, self.refused)
        handle |= {
            ast.Name: self.name,
            ast.Constant: self.constant,
            ast.Attribute: self.attribute,
            ast.Call: self.call,
            ast.BinOp: self.binary,
            ast.UnaryOp: self.unary,
            ast.BoolOp: self.boolean,
            ast.Compare: self.compare,
            ast.Tuple: self.several,
            ast.List: self.several,
            ast.Set: self.several,
            ast.Dict: self.dict,
            ast.Subscript: self.subscript,
            ast.Slice: self.slice,
            ast.IfExp: self.conditional,
            ast.Lambda: self.anonymous,
            ast.ListComp: self.comprehension,
            ast.SetComp: self.comprehension,
            ast.GeneratorExp: self.comprehension,
            ast.DictComp: self.comprehension,
            ast.JoinedStr: self.formatted,
            ast.Starred: self.misplaced_star,
            ast.Yield: self.produce,
        }
        self.handle: dict[type, Callable[..., None]] = handle

    def problem(self, node: ast.AST | None, code: str, what: str, mend: str = "") -> None:
        self.state.add(self.source, node, code, what, mend)

    def refused(self, node: ast.AST, depth: int) -> None:
        what, mend = refusals.EXPRESSIONS[type(node)]
        self.problem(node, "program-syntax", f"{what} is not part of restricted Python", mend)

    # --- names and constants --------------------------------------------------------------------------

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
            self.problem(
                node, "program-assign", f"`{name}` has a fixed meaning", "give your variable another name"
            )
        elif name.startswith("__"):
            self.problem(node, "program-assign", f"{quoted(name)} is Python's own", "use another name")
        else:
            self.state.visible.add(name)

    def constant(self, node: ast.Constant, depth: int) -> None:
        value = node.value
        kind = type(value)
        if kind is str:
            if len(value) > TEXT:
                self.problem(node, "program-size", f"a text of {len(value)} characters", f"keep to {TEXT}")
        elif kind is int:
            if value > INTEGER:
                self.problem(node, "program-size", "an integer of more than 40 digits", "use a smaller one")
        elif kind is bytes:
            self.problem(node, "program-syntax", "bytes are not part of restricted Python", "use text")

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
                self.problem(
                    node, "program-attribute", f"`{name}` belongs to instances", f"not to `{value.id}`"
                )
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
        while (at < len(parts) and f"{path}.{parts[at]}" in surface.paths) or path in surface.modules:
            if at == len(parts):
                self.problem(
                    node, "program-name", f"`torch.{path}` is a module", "name something in it, with a dot"
                )
                return
            path = f"{path}.{parts[at]}"
            at += 1
        kind = surface.paths.get(path)
        if kind is None:
            names = [f"torch.{known}" for known in surface.paths]
            whole = "torch." + ".".join(parts)
            self.problem(
                node, "program-attribute", f"{quoted(whole)} is not on the surface", near(whole, names)
            )
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
        elif self.pure and kind == "effects":
            self.problem(node, "program-effect", f"`torch.{path}` changes something", "do it under `run`")

    def beyond(self, node: ast.Attribute, path: str, kind: str, rest: list[str]) -> None:
        """Attributes behind a listed path: of constants and functions as of any value, of classes none."""
        for name in rest:
            if kind in CLASSES or name not in self.members or name in self.surface.writing:
                whole = f"torch.{path}.{name}"
                names = [f"torch.{known}" for known in self.surface.paths]
                self.problem(
                    node, "program-attribute", f"{quoted(whole)} is not on the surface", near(whole, names)
                )
                return

    # --- calls ----------------------------------------------------------------------------------------

    def call(self, node: ast.Call, depth: int) -> None:
        if depth > DEPTH:
            raise TooDeep
        depth += 1
        function = node.func
        kind = type(function)
        inert = False
        if kind is ast.Attribute:
            self.read(function, depth, "call")
            if function.attr in _OWN_BY_CALL:
                self.own_by_call(node)
        elif kind is ast.Name:
            name = function.id
            if name == "hasattr":
                self.has_attribute(node)
            else:
                self.name(function, depth)
                inert = name == "isinstance" or name == "issubclass"
        else:
            self.handle[kind](function, depth)
        for value in node.args:
            kind = type(value)
            if kind is ast.Starred:
                value = value.value
                kind = type(value)
            if inert:
                self.inert(value, depth)
            else:
                self.handle[kind](value, depth)
        if node.keywords:
            self.keywords(node.keywords, depth)

    def keywords(self, keywords: list[ast.keyword], depth: int) -> None:
        seen = set()
        for keyword in keywords:
            name = keyword.arg
            if name is not None:
                if name in seen:
                    self.problem(keyword, "program-syntax", f"`{name}` is given twice", "remove one")
                elif name.startswith("__"):
                    self.problem(keyword, "program-name", f"{quoted(name)} is Python's own", "remove it")
                seen.add(name)
            self.handle[type(keyword.value)](keyword.value, depth)

    def inert(self, node: ast.expr, depth: int) -> None:
        """A place where a class of the engine may stand, also in a tuple."""
        if type(node) is ast.Attribute:
            self.read(node, depth, "inert")
        elif type(node) is ast.Tuple:
            for item in node.elts:
                self.inert(item, depth + 1)
        else:
            self.handle[type(node)](node, depth)

    def has_attribute(self, node: ast.Call) -> None:
        name = node.args[1] if len(node.args) == 2 and not node.keywords else None
        if type(name) is not ast.Constant or type(name.value) is not str:
            self.problem(node, "program-name", "`hasattr` without a text", "write `hasattr(x, 'name')`")
            return
        self.inert(node.args[0], 1)
        # The name is looked at as if it were written with a dot.
        place = ast.Attribute(node.args[0], name.value, ast.Load())
        ast.copy_location(place, name)
        if name.value not in self.members:
            self.other_attribute(place)

    def own_by_call(self, node: ast.Call) -> None:
        """`register_buffer("name", ...)` makes an attribute, like an assignment does."""
        name = node.args[0] if node.args else None
        if type(name) is ast.Constant and type(name.value) is str:
            self.declare(name.value, name)

    def declare(self, name: str, node: ast.AST) -> None:
        """The program makes an attribute of its own."""
        if name.startswith("_") or not name.isidentifier():
            self.problem(
                node, "program-assign", f"the attribute {quoted(name)}", "begin its name with a letter"
            )
        elif name in real_names():
            self.problem(
                node,
                "program-assign",
                f"the attribute `{name}` exists on real objects",
                "give it a name of your own",
            )
        else:
            self.state.own.add(name)

    # --- operators and displays -----------------------------------------------------------------------

    def binary(self, node: ast.BinOp, depth: int) -> None:
        if depth > DEPTH:
            raise TooDeep
        left, right = node.left, node.right
        if type(right) is ast.Constant or type(left) is ast.Constant:
            self.bounded(node)
        self.handle[type(left)](left, depth + 1)
        self.handle[type(right)](right, depth + 1)

    def bounded(self, node: ast.BinOp) -> None:
        """Numbers and texts whose size is plain from the text."""
        operator = type(node.op)
        if operator is ast.Pow or operator is ast.LShift:
            right = node.right
            if type(right) is ast.Constant and type(right.value) is int and right.value > EXPONENT:
                self.problem(right, "program-size", "a huge exponent", f"keep to {EXPONENT}")
        elif operator is ast.Mult:
            for one, other in ((node.left, node.right), (node.right, node.left)):
                if type(one) is ast.Constant and type(one.value) is int and one.value > REPEAT:
                    text = type(other) is ast.Constant and type(other.value) is str
                    if text or type(other) in _SEQUENCES:
                        self.problem(one, "program-size", "a huge repetition", f"keep to {REPEAT}")

    def unary(self, node: ast.UnaryOp, depth: int) -> None:
        if depth > DEPTH:
            raise TooDeep
        self.handle[type(node.operand)](node.operand, depth + 1)

    def boolean(self, node: ast.BoolOp, depth: int) -> None:
        for value in node.values:
            self.handle[type(value)](value, depth + 1)

    def compare(self, node: ast.Compare, depth: int) -> None:
        if depth > DEPTH:
            raise TooDeep
        identity = all(type(op) in (ast.Is, ast.IsNot) for op in node.ops)
        for value in (node.left, *node.comparators):
            if not identity:
                self.handle[type(value)](value, depth + 1)
            elif type(value) is ast.Attribute:
                self.read(value, depth + 1, "inert")
            elif type(value) is ast.Constant and type(value.value) not in (type(None), bool, type(...)):
                self.problem(value, "program-syntax", "`is` with a number or text", "use `==`")
            else:
                self.handle[type(value)](value, depth + 1)

    def several(self, node: ast.List | ast.Tuple | ast.Set, depth: int) -> None:
        if depth > DEPTH:
            raise TooDeep
        for value in node.elts:
            if type(value) is ast.Starred:
                value = value.value
            self.handle[type(value)](value, depth + 1)

    def dict(self, node: ast.Dict, depth: int) -> None:
        if depth > DEPTH:
            raise TooDeep
        for value in (*node.keys, *node.values):
            if value is not None:
                self.handle[type(value)](value, depth + 1)

    def subscript(self, node: ast.Subscript, depth: int) -> None:
        if depth > DEPTH:
            raise TooDeep
        self.handle[type(node.value)](node.value, depth + 1)
        self.handle[type(node.slice)](node.slice, depth + 1)

    def slice(self, node: ast.Slice, depth: int) -> None:
        for value in (node.lower, node.upper, node.step):
            if value is not None:
                self.handle[type(value)](value, depth + 1)

    def conditional(self, node: ast.IfExp, depth: int) -> None:
        if depth > DEPTH:
            raise TooDeep
        for value in (node.test, node.body, node.orelse):
            self.handle[type(value)](value, depth + 1)

    def formatted(self, node: ast.JoinedStr, depth: int) -> None:
        for part in node.values:
            if type(part) is ast.FormattedValue:
                if part.format_spec is not None:
                    self.problem(
                        part, "program-syntax", "a format specification", "use `round`, or `expect` the value"
                    )
                self.handle[type(part.value)](part.value, depth + 1)

    def misplaced_star(self, node: ast.Starred, depth: int) -> None:
        self.problem(node, "program-syntax", "a star stands alone", "use it in a call or a list")

    def produce(self, node: ast.Yield, depth: int) -> None:
        if not self.generator:
            self.problem(
                node, "program-syntax", "`yield` outside a decorated function", "build a list and return it"
            )
        if node.value is not None:
            self.handle[type(node.value)](node.value, depth + 1)

    # --- scopes ---------------------------------------------------------------------------------------

    def enter(self) -> tuple[set[str], int]:
        """A scope of its own begins; give what this returns to `leave`."""
        state = self.state
        outer = state.visible
        state.visible = set(outer)
        return outer, len(state.unread_names)

    def leave(self, scope: tuple[set[str], int]) -> None:
        """The scope ends: what it read before binding it is known now."""
        state = self.state
        outer, mark = scope
        unread = state.unread_names
        if len(unread) > mark:
            visible = state.visible
            unread[mark:] = [entry for entry in unread[mark:] if entry[0].id not in visible]
        state.visible = outer

    def comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, depth: int
    ) -> None:
        if depth > DEPTH:
            raise TooDeep
        scope = self.enter()
        for generator in node.generators:
            if generator.is_async:
                self.problem(
                    node, "program-syntax", "`async for` is not part of restricted Python", "use `for`"
                )
            self.handle[type(generator.iter)](generator.iter, depth + 1)
            self.target(generator.target, depth + 1)
            for condition in generator.ifs:
                self.handle[type(condition)](condition, depth + 1)
        parts = (node.key, node.value) if type(node) is ast.DictComp else (node.elt,)
        for part in parts:
            self.handle[type(part)](part, depth + 1)
        self.leave(scope)

    def anonymous(self, node: ast.Lambda, depth: int) -> None:
        if depth > DEPTH:
            raise TooDeep
        self.defaults(node.args, depth)
        scope = self.enter()
        generator, self.generator = self.generator, False
        self.parameters(node.args)
        self.handle[type(node.body)](node.body, depth + 1)
        self.generator = generator
        self.leave(scope)

    def defaults(self, arguments: ast.arguments, depth: int) -> None:
        for value in (*arguments.defaults, *arguments.kw_defaults):
            if value is not None:
                self.handle[type(value)](value, depth + 1)

    def parameters(self, arguments: ast.arguments) -> list[str]:
        names: list[str] = []
        for parameter in (
            *arguments.posonlyargs,
            *arguments.args,
            *arguments.kwonlyargs,
            arguments.vararg,
            arguments.kwarg,
        ):
            if parameter is None:
                continue
            if parameter.annotation is not None:
                self.problem(parameter, "program-syntax", "an annotation", "drop it")
            if parameter.arg in names:
                self.problem(
                    parameter, "program-syntax", f"two parameters `{parameter.arg}`", "rename one of them"
                )
            names.append(parameter.arg)
            self.bind(parameter.arg, parameter)
        return names

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


def near(name: str, known: list[str]) -> str:
    """The mend for an unknown name: the nearest known one, or where the list is."""
    mend = meant(name, known) if known else ""
    return mend if mend.startswith("did you mean") else "the surface is listed in spec/surface.yaml"
