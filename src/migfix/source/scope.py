"""What the names in a file mean, and its expressions as plain values."""

from __future__ import annotations

import ast
import re
from typing import Literal as OneOf
from typing import NamedTuple

from migfix.source.imports import imports_of, package_of
from migfix.source.migration import (
    Argument,
    Call,
    Dependency,
    Dictionary,
    Import,
    Key,
    Literal,
    Name,
    Opaque,
    Operation,
    Sequence,
    Value,
    Where,
)
from migfix.source.names import OPERATIONS, OPTIONAL, canonical, operation_kind
from migfix.source.text import span_of

_MODULE = re.compile(r"[\w-]+\Z")
"""A valid module name of a migration. It can't be a path."""


_LONGEST_NAME = 250
"""Bytes. Most file systems allow 255, including ``.py``."""


_Q_OPERATORS: dict[type[ast.operator], str] = {ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^"}


class WrongCall(Exception):
    """A call with two values for one argument, or without a required one. ``ast.parse`` accepts both."""

    def __init__(self, node: ast.Call, what: str) -> None:
        super().__init__(f"{ast.unparse(node.func)}() {what}")
        self.line = node.lineno


class Scope(NamedTuple):
    """What the names in one file mean."""

    imports: tuple[Import, ...]
    meaning: dict[str, str]
    constants: dict[str, Value]
    lists: dict[str, ast.expr]
    """Lists of operations that the class gives a name."""

    @classmethod
    def of(cls, tree: ast.Module, lists: dict[str, ast.expr]) -> Scope:
        imports = tuple(each for node in tree.body for each in imports_of(node))
        meaning = {each.bound: f"{each.module}.{each.name}" if each.name else package_of(each) for each in imports}
        scope = cls(imports, meaning, {}, lists)
        assigned = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) and node.value]
        names = _changed_names(tree) if assigned else []
        for node in assigned:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if isinstance(target := targets[0], ast.Name) and names.count(target.id) == 1 == len(targets):
                assert node.value is not None
                scope.constants[target.id] = scope.value(node.value)
        return scope

    def value(self, node: ast.expr) -> Value:
        """An expression as a value. Everything except plain data, names and calls is Opaque."""
        span = span_of(node)
        match node:
            case ast.Constant():
                return Literal(node.value, span)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return Literal(-number, span)
            case ast.UnaryOp(op=ast.Invert()):
                return Call("~", (Argument(None, self.value(node.operand)),), span)
            case ast.BinOp(op=op) if type(op) in _Q_OPERATORS:
                sides = tuple(Argument(None, self.value(side)) for side in (node.left, node.right))
                return Call(_Q_OPERATORS[type(op)], sides, span)
            case ast.Name() | ast.Attribute() if dotted := self.dotted(node):
                return self._constant(dotted) or Name(canonical(dotted), span, self.source(node, dotted))
            case ast.List() | ast.Tuple() | ast.Set() if not any(isinstance(item, ast.Starred) for item in node.elts):
                return Sequence(_KINDS[type(node)], tuple(map(self.value, node.elts)), span)
            case ast.Dict() if None not in node.keys:
                keys = [self.value(key) for key in node.keys if key is not None]
                return Dictionary(tuple(zip(keys, map(self.value, node.values), strict=True)), span)
            case ast.Call(func=func) if (dotted := self.dotted(func)) and not _is_starred(node):
                arguments = [Argument(None, self.value(arg)) for arg in node.args]
                arguments += [Argument(each.arg, self.value(each.value)) for each in node.keywords]
                if len({each.arg for each in node.keywords}) < len(node.keywords):
                    raise WrongCall(node, "gets an argument twice")
                return Call(canonical(dotted), tuple(arguments), span, self.source(func, dotted))
        return Opaque(ast.unparse(node), span)

    def dotted(self, node: ast.expr) -> str | None:
        """The full dotted name of a name or attribute, or None."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        return ".".join([self.meaning.get(node.id, node.id), *reversed(parts)])

    def source(self, node: ast.expr, dotted: str) -> Import | None:
        """The import that provides a name or attribute; of ``import a.b`` and ``import a.c``, the one that matches."""
        while isinstance(node, ast.Attribute):
            node = node.value
        found = [each for each in self.imports if isinstance(node, ast.Name) and each.bound == node.id]
        if len(found) > 1:
            found.sort(key=lambda each: (f"{dotted}.".startswith(f"{each.module}."), len(each.module)))
        return found[-1] if found else None

    def _constant(self, name: str) -> Value | None:
        value = self.constants.get(name)
        return value if isinstance(value, Literal | Sequence | Dictionary) else None

    def operation(self, node: ast.expr, where: Where) -> Operation:
        """An element of ``operations``. If it isn't one of Django's operations, its kind is ""."""
        node = self._written_out(node)
        value = self.value(node)
        kind = operation_kind(value.func) if isinstance(value, Call) else ""
        if not kind or not isinstance(value, Call) or not isinstance(node, ast.Call):
            return Operation("", {}, value, where)
        names = OPERATIONS[kind]
        keywords = [arg.keyword or (names[i] if i < len(names) else "") for i, arg in enumerate(value.arguments)]
        arguments = {name: arg.value for name, arg in zip(keywords, value.arguments, strict=True)}
        if len(arguments) < len(keywords):
            raise WrongCall(node, "gets an argument twice")
        if lacking := [name for name in names[: len(names) - OPTIONAL.get(kind, 0)] if name not in arguments]:
            raise WrongCall(node, f"lacks the argument {lacking[0]}")
        nodes = [*node.args, *(keyword.value for keyword in node.keywords)]
        inner = tuple(
            self.operation(item, (*where, index, child))
            for index, (name, argument) in enumerate(zip(keywords, nodes, strict=True))
            if name in ("database_operations", "state_operations")
            for child, item in enumerate(items_in(argument))
        )
        return Operation(kind, arguments, value, where, inner)

    def _written_out(self, node: ast.expr) -> ast.expr:
        """A call with lists in place of the names that the class gives them."""
        if not self.lists or not isinstance(node, ast.Call):
            return node
        arguments = [self._list(each) for each in node.args]
        keywords = [ast.keyword(each.arg, self._list(each.value)) for each in node.keywords]
        return ast.copy_location(ast.Call(node.func, arguments, keywords), node)

    def _list(self, node: ast.expr) -> ast.expr:
        return self.lists.get(node.id, node) if isinstance(node, ast.Name) else node

    def dependency(self, node: ast.expr, index: int) -> Dependency:
        value = self.value(node)
        setting = None
        if isinstance(value, Call) and value.func == "django.db.migrations.swappable_dependency":
            named = value.argument("value", 0)
            setting = named.dotted.rpartition(".")[2] if isinstance(named, Name) else None
            if isinstance(named, Literal) and "." in str(named.value):
                return Dependency(
                    (str(named.value).split(".")[0], "__first__"), None, index, node.lineno, ast.unparse(node)
                )
        return Dependency(self.key(node), setting, index, node.lineno, ast.unparse(node))

    def key(self, node: ast.expr) -> Key | None:
        match self.value(node):
            case Sequence(items=(Literal(value=str() as app), Literal(value=str() as name))):
                is_module = all(_MODULE.match(each) and len(each.encode()) < _LONGEST_NAME for each in (app, name))
                return (app, name) if is_module else None
        return None


def _changed_names(tree: ast.Module) -> list[str]:
    """Every name that is set, once for each time it is set.

    A name that may change in another way is listed twice more: a method is called, an item is set, or it is the target
    of an augmented assignment.
    """
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                found.append(name)
            case (
                ast.Call(func=ast.Attribute(value=ast.Name(id=name)))
                | ast.Subscript(value=ast.Name(id=name), ctx=ast.Store())
            ):
                found += [name, name]
            case ast.AugAssign(target=ast.Name(id=name)):
                found += [name, name]
    return found


_KINDS: dict[type[ast.expr], OneOf["list", "tuple", "set"]] = {ast.List: "list", ast.Tuple: "tuple", ast.Set: "set"}


def items_in(node: ast.expr | None) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, ast.List | ast.Tuple) else []


def _is_starred(node: ast.Call) -> bool:
    return any(isinstance(arg, ast.Starred) for arg in node.args) or any(each.arg is None for each in node.keywords)
