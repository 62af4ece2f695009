"""The walk over expressions: every node is known and allowed, or refused.

One handler per node type, found by type; handlers take the node and its depth. Names, attributes and
targets are in `names`.
"""

from __future__ import annotations

import ast

from conformance.load.report import quoted
from conformance.program import refusals
from conformance.program.names import DEPTH, Handlers, Names, TooDeep
from conformance.program.state import State
from conformance.program.surface import Surface

INTEGER = 10**40
TEXT = 4000  # characters of one text
EXPONENT = 1000  # of powers and shifts written with numbers
REPEAT = 100_000  # of texts and lists written out

_SEQUENCES = (ast.List, ast.Tuple, ast.JoinedStr)
_OWN_BY_CALL = frozenset({"register_buffer", "register_parameter"})


class Expressions(Names):
    """Checks expressions of one source after the other against `surface`, noting in `state`."""

    def __init__(self, surface: Surface, state: State) -> None:
        super().__init__(surface, state)
        self.generator = False  # inside a decorated function: `yield` has a meaning
        self.held = 0  # `with` and `try` blocks around, within the function
        handle = {
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
        self.handle = Handlers(self.refused, handle)

    def refused(self, node: ast.AST, depth: int) -> None:
        what, mend = refusals.of(node, refusals.EXPRESSIONS)
        self.problem(node, "program-syntax", f"{what} is not part of restricted Python", mend)

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
                inert = True
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
                    self.problem(node, "program-syntax", "a format specification", "use `round`, or `expect` the value")
                self.handle[type(part.value)](part.value, depth + 1)

    def misplaced_star(self, node: ast.Starred, depth: int) -> None:
        self.problem(node, "program-syntax", "a star stands alone", "use it in a call or a list")

    def produce(self, node: ast.Yield, depth: int) -> None:
        if not self.generator:
            self.problem(node, "program-syntax", "`yield` outside a decorated function", "build a list and return it")
        elif self.held:
            # An abandoned generator runs the end of its blocks when it is collected: in another case.
            self.problem(node, "program-syntax", "`yield` inside `with` or `try`", "yield outside of it")
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

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, depth: int) -> None:
        if depth > DEPTH:
            raise TooDeep
        scope = self.enter()
        yields, self.generator = self.generator, False
        for generator in node.generators:
            if generator.is_async:
                self.problem(node, "program-syntax", "`async for` is not part of restricted Python", "use `for`")
            self.handle[type(generator.iter)](generator.iter, depth + 1)
            self.target(generator.target, depth + 1)
            for condition in generator.ifs:
                self.handle[type(condition)](condition, depth + 1)
        parts = (node.key, node.value) if type(node) is ast.DictComp else (node.elt,)
        for part in parts:
            self.handle[type(part)](part, depth + 1)
        self.generator = yields
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
                self.problem(parameter, "program-syntax", f"two parameters `{parameter.arg}`", "rename one of them")
            names.append(parameter.arg)
            self.bind(parameter.arg, parameter)
        return names
