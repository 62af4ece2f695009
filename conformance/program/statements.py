"""The walk over statements: assignments, blocks, functions and classes."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from conformance.load.model import Source
from conformance.load.report import quoted
from conformance.program import refusals
from conformance.program.expressions import Expressions
from conformance.program.names import Handlers, TooDeep
from conformance.program.state import State
from conformance.program.surface import Surface
from conformance.worker.vocabulary import EXCEPTIONS, RESERVED

BLOCKS = 15  # nesting of blocks; Python itself stops at 20


class Statements(Expressions):
    """Checks whole programs; see `Expressions` for the state."""

    def __init__(self, surface: Surface, state: State) -> None:
        super().__init__(surface, state)
        self.functions = 0  # functions around
        self.loops = 0  # loops around, within the function
        statement = {
            ast.Expr: self.expression,
            ast.Assign: self.assign,
            ast.AugAssign: self.augment,
            ast.Return: self.give,
            ast.Raise: self.throw,
            ast.Delete: self.delete,
            ast.Pass: self.nothing,
            ast.Break: self.jump,
            ast.Continue: self.jump,
            ast.If: self.choose,
            ast.For: self.loop,
            ast.With: self.within,
            ast.Try: self.attempt,
            ast.FunctionDef: self.function,
            ast.ClassDef: self.a_class,
        }
        self.statement = Handlers(self.refused_statement, statement)

    def resume(self, state: State) -> Statements:
        """Go on with another state: a walk is made once for all cases of a file."""
        self.state = state
        self.reset()
        return self

    def reset(self) -> None:
        """Forget what is around the place where a walk broke off."""
        self.functions = self.loops = self.held = 0
        self.generator = self.method = False
        self.myself = None

    def program(self, source: Source, body: Sequence[ast.stmt]) -> None:
        """Check the statements of `source`. Raises TooDeep."""
        self.source = source
        self.pure = False
        self.block(body, 0)

    def value(self, source: Source, body: ast.expr) -> None:
        """Check the expression of `source`, which may change nothing. Raises TooDeep."""
        self.source = source
        self.pure = True
        self.handle[type(body)](body, 0)

    def block(self, body: Sequence[ast.stmt], depth: int) -> None:
        if depth > BLOCKS:
            raise TooDeep
        statement = self.statement
        for node in body:
            statement[type(node)](node, depth)

    def refused_statement(self, node: ast.stmt, depth: int) -> None:
        what, mend = refusals.of(node, refusals.STATEMENTS)
        self.problem(node, "program-syntax", f"{what} is not part of restricted Python", mend)

    # --- plain statements -----------------------------------------------------------------------------

    def nothing(self, node: ast.Pass, depth: int) -> None:
        pass

    def expression(self, node: ast.Expr, depth: int) -> None:
        self.handle[type(node.value)](node.value, depth)

    def assign(self, node: ast.Assign, depth: int) -> None:
        self.handle[type(node.value)](node.value, depth)
        for target in node.targets:
            if type(target) is ast.Name:
                self.bind(target.id, target)
            else:
                self.target(target, depth)

    def augment(self, node: ast.AugAssign, depth: int) -> None:
        self.handle[type(node.value)](node.value, depth)
        if type(node.target) is ast.Name and node.target.id not in self.state.visible:
            self.unknown(ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target))
        self.target(node.target, depth)
        # `x *= 10**9` has the operands of a product.
        left = ast.copy_location(ast.Constant(None), node.target)
        self.bounded(ast.copy_location(ast.BinOp(left, node.op, node.value), node))

    def give(self, node: ast.Return, depth: int) -> None:
        if not self.functions:
            self.problem(node, "program-syntax", "`return` outside a function", "remove it")
        if node.value is not None:
            self.handle[type(node.value)](node.value, depth)

    def throw(self, node: ast.Raise, depth: int) -> None:
        for value in (node.exc, node.cause):
            if value is not None:
                self.handle[type(value)](value, depth)

    def delete(self, node: ast.Delete, depth: int) -> None:
        waiting = list(node.targets)
        while waiting:
            target = waiting.pop(0)
            if type(target) is ast.Tuple or type(target) is ast.List:
                waiting[:0] = target.elts
            elif type(target) is ast.Name:
                if target.id not in self.state.visible:
                    self.unknown(target)
                self.bind(target.id, target)
            elif (
                type(target) is ast.Attribute and target.attr in self.surface.deletable and not self.from_torch(target)
            ):
                self.handle[type(target.value)](target.value, depth + 1)
            else:
                self.problem(target, "program-assign", "`del` of something else than a variable", "assign None to it")

    def jump(self, node: ast.Break | ast.Continue, depth: int) -> None:
        if not self.loops:
            word = "break" if type(node) is ast.Break else "continue"
            self.problem(node, "program-syntax", f"`{word}` outside a loop", "remove it")

    # --- blocks ---------------------------------------------------------------------------------------

    def choose(self, node: ast.If, depth: int) -> None:
        self.handle[type(node.test)](node.test, depth)
        self.block(node.body, depth + 1)
        # An `elif` is an `if` in `else`: as deep as it looks, not as deep as it is.
        chained = len(node.orelse) == 1 and type(node.orelse[0]) is ast.If
        self.block(node.orelse, depth if chained else depth + 1)

    def loop(self, node: ast.For, depth: int) -> None:
        self.handle[type(node.iter)](node.iter, depth)
        self.target(node.target, depth)
        self.loops += 1
        self.block(node.body, depth + 1)
        self.loops -= 1
        self.block(node.orelse, depth + 1)

    def within(self, node: ast.With, depth: int) -> None:
        for item in node.items:
            self.handle[type(item.context_expr)](item.context_expr, depth)
            if item.optional_vars is not None:
                self.target(item.optional_vars, depth)
        self.held += 1
        self.block(node.body, depth + 1)
        self.held -= 1

    def attempt(self, node: ast.Try, depth: int) -> None:
        self.held += 1
        self.block(node.body, depth + 1)
        for handler in node.handlers:
            if handler.type is None:
                self.problem(handler, "program-syntax", "a bare `except:`", "name the exception")
            else:
                self.inert(handler.type, depth)
            if handler.name is not None:
                self.bind(handler.name, handler)
            self.block(handler.body, depth + 1)
        self.block(node.orelse, depth + 1)
        self.block(node.finalbody, depth + 1)
        self.held -= 1

    # --- functions ------------------------------------------------------------------------------------

    def function(self, node: ast.FunctionDef, depth: int) -> None:
        self.bind(node.name, node)
        self.function_body(node, depth, None)

    def function_body(self, node: ast.FunctionDef, depth: int, method: bool | None) -> None:
        """A function. `method`: None outside classes, else whether its first parameter is an instance."""
        modes = [self.decorator(decorator, depth, method is not None) for decorator in node.decorator_list]
        if node.returns is not None:
            self.problem(node.returns, "program-syntax", "an annotation", "drop it")
        if getattr(node, "type_params", None):
            self.problem(node, "program-syntax", "type parameters", "drop them")
        self.defaults(node.args, depth)
        kept = self.loops, self.held, self.generator, self.method, self.myself
        scope = self.enter()
        names = self.parameters(node.args)
        self.functions += 1
        self.loops = self.held = 0
        self.generator = any(modes)
        if method is not None:
            self.method = True
            self.myself = names[0] if method and names else None
        elif self.myself in names:
            self.myself = None
        self.block(node.body, depth + 1)
        self.functions -= 1
        self.loops, self.held, self.generator, self.method, self.myself = kept
        self.leave(scope)

    def decorator(self, node: ast.expr, depth: int, in_class: bool) -> bool:
        """Check one decorator. Whether it is one of the modes of the engine, which take generators too."""
        inner = node.func if type(node) is ast.Call else node
        if type(inner) is ast.Name and inner is node and inner.id in ("staticmethod", "classmethod"):
            if not in_class:
                self.problem(node, "program-syntax", f"`@{inner.id}` outside a class", "remove it")
            return False
        path = dotted(inner)
        kind = self.surface.paths.get(path) if path else None
        if kind == "contexts":
            # With parentheses or without: both are documented.
            self.handle[type(node)](node, depth) if inner is not node else self.read(inner, depth, "inert")
            return True
        if kind == "decorators" and inner is node:
            return False
        self.problem(
            node,
            "program-syntax",
            f"the decorator {quoted(ast.unparse(node))}",
            "decorators are staticmethod, classmethod and the modes of torch, like `@torch.no_grad()`",
        )
        return False

    # --- classes --------------------------------------------------------------------------------------

    def a_class(self, node: ast.ClassDef, depth: int) -> None:
        if node.name not in self.state.classes:
            if node.name in self.state.visible and node.name not in RESERVED:
                self.problem(
                    node, "program-class", f"`{node.name}` is a variable already", "give the class another name"
                )
            self.bind(node.name, node)
            self.state.classes.add(node.name)
        for place, what in (
            (node.keywords, "a keyword in a class statement"),
            (node.decorator_list, "a decorator on a class"),
            (getattr(node, "type_params", None), "type parameters"),
        ):
            if place:
                self.problem(node, "program-class", what, "remove it")
        derived = False
        for base in node.bases:
            derived |= self.base(base, depth)
        if derived:
            self.state.derived.add(node.name)
        if depth + 1 > BLOCKS:
            raise TooDeep
        kept = self.loops, self.functions
        self.loops = self.functions = 0
        scope = self.enter()
        for statement in node.body:
            self.member(statement, depth + 1, derived)
        self.leave(scope)
        self.loops, self.functions = kept

    def base(self, node: ast.expr, depth: int) -> bool:
        """Check a base class. Whether it is, or builds on, a class of the engine."""
        if type(node) is ast.Name and (node.id in self.state.classes or node.id in EXCEPTIONS):
            return node.id in self.state.derived
        path = dotted(node)
        if path and self.surface.paths.get(path) == "bases":
            return True
        known = [f"torch.{name}" for name, kind in self.surface.paths.items() if kind == "bases"]
        self.problem(
            node,
            "program-class",
            f"the base class {quoted(ast.unparse(node))}",
            f"base classes are {', '.join(known)}, exceptions, and classes of your own",
        )
        return False

    def member(self, node: ast.stmt, depth: int, derived: bool) -> None:
        """One statement of a class body."""
        kind = type(node)
        if kind is ast.FunctionDef:
            if node.name not in self.surface.define:
                self.member_name(node.name, node, derived)
            by_class = any(type(d) is ast.Name and d.id == "classmethod" for d in node.decorator_list)
            self.function_body(node, depth, not by_class)
        elif kind is ast.Assign and all(type(target) is ast.Name for target in node.targets):
            self.handle[type(node.value)](node.value, depth)
            for target in node.targets:
                if target.id not in self.surface.define:
                    self.member_name(target.id, target, derived)
                self.bind(target.id, target)
        elif not (kind is ast.Pass or (kind is ast.Expr and type(node.value) is ast.Constant)):
            self.problem(
                node,
                "program-class",
                "a class body holds methods and plain assignments",
                "move it into a method",
            )

    def member_name(self, name: str, node: ast.AST, derived: bool) -> None:
        """A name that a class body makes: of one's own; on plain classes also one of the surface."""
        if name in self.surface.members and not name.startswith("_"):
            if derived:
                self.problem(node, "program-class", f"`{name}` is the engine's own", "give the method another name")
        else:
            self.declare(name, node)


def dotted(node: ast.expr) -> str | None:
    """`nn.Module` for `torch.nn.Module`; None for anything but a path that begins with `torch`."""
    parts = []
    while type(node) is ast.Attribute:
        parts.append(node.attr)
        node = node.value
    if type(node) is ast.Name and node.id == "torch":
        return ".".join(reversed(parts))
    return None
