"""What a value that a data function writes is computed from: constants, other columns, or its own old value."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Literal as OneOf

Kind = OneOf["create", "ensure", "set", "derive", "accumulate", "delete", "unknown"]
"""What kind of change it is.

``set``: a constant. ``derive``: computed from something else, or the same result however often it runs.
``accumulate``: computed from the old value, with a different result each time. ``ensure``: created if missing.
"""

_STEADY = frozenset(
    (
        *("strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "casefold", "normalize", "slugify"),
        *("str", "int", "float", "bool", "Decimal", "UUID", "abs", "round", "list", "dict", "set", "tuple", "sorted"),
        *("F", "Value", "Lower", "Upper", "Trim", "LTrim", "RTrim", "Abs", "Coalesce", "Cast", "Case", "When"),
        *("Round", "Left", "Now", "OuterRef", "Subquery", "ExpressionWrapper"),
    )
)
"""Calls that return the same value when they are applied to their own result."""

_MOST_NODES = 500


@dataclass(frozen=True)
class Written:
    """A value that is written to ``column`` of the row in the variable ``row`` ("" in ``update()``)."""

    value: ast.expr
    row: str
    column: str
    variables: Mapping[str, ast.expr]
    """What the variables of the function were last set to."""
    functions: Mapping[str, str] = field(default_factory=dict)
    """The code of the functions of the file."""

    @property
    def kind(self) -> Kind:
        try:
            ast.literal_eval(self.value)
        except (ValueError, TypeError):
            return "derive" if self._is_steady(self.value) else "accumulate"
        return "set"

    @property
    def reads(self) -> frozenset[str]:
        """The columns of the same row that the value is computed from."""
        found = set()
        for node in self._nodes(self.value):
            match node:
                case ast.Attribute(value=ast.Name(id=name), attr=attr) if name == self.row:
                    found.add(attr)
                case ast.Call(func=func, args=[ast.Constant(value=str() as name), *_]) if _name(func) == "F":
                    found.add(name.partition("__")[0])
        return frozenset(found)

    def _nodes(self, node: ast.AST, seen: frozenset[str] = frozenset()) -> Iterator[ast.AST]:
        """An expression and everything in it. Variables are followed to the expression they were set to."""
        for each in ast.walk(node):
            yield each
            if isinstance(each, ast.Name) and each.id in self.variables and each.id not in seen | {self.row}:
                yield from self._nodes(self.variables[each.id], seen | {each.id})

    def _is_own(self, node: ast.AST) -> bool:
        """Whether this is the old value: ``post.rank``, or ``"rank"`` in an ``update()``, as in ``F("rank")``.

        A function of the file that receives the whole row may read the old value as well.
        """
        match node:
            case ast.Call(func=ast.Name(id=name), args=args) if name in self.functions:
                is_handed = any(isinstance(each, ast.Name) and each.id == self.row for each in args)
                return is_handed and re.search(rf"\.{re.escape(self.column)}\b", self.functions[name]) is not None
            case ast.Attribute(value=inner, attr=attr):
                return attr == self.column and (not self.row or ast.unparse(inner) == self.row)
            case ast.Constant(value=str() as text):
                return not self.row and text == self.column
        return False

    def _is_steady(self, node: ast.expr, seen: frozenset[str] = frozenset()) -> bool:
        """Whether computing and writing the value a second time changes nothing."""
        if isinstance(node, ast.Call) and self._is_own(node):
            return False
        if self._is_own(node) or not any(map(self._is_own, self._nodes(node))):
            return True
        match node:
            case ast.Name(id=name):
                return name not in seen and self._is_steady(self.variables[name], seen | {name})
            case ast.BoolOp(values=values):
                return all(self._is_steady(each, seen) for each in values)
            case ast.IfExp(body=body, orelse=orelse):
                return self._is_steady(body, seen) and self._is_steady(orelse, seen)
            case ast.Subscript(value=inner, slice=ast.Slice(lower=None)):
                return self._is_steady(inner, seen)
            case ast.Subscript(value=inner):
                return self._is_final(inner)
            case ast.Call(func=ast.Attribute(value=inner, attr="get"), args=[_, *_]) if self._is_final(inner):
                return True
            case ast.Call(func=func, args=args, keywords=keywords):
                parts = [*args, *(each.value for each in keywords)]
                parts += [func.value] if isinstance(func, ast.Attribute) else []
                is_known = _name(func) in _STEADY or _replaces_for_good(node)
                return is_known and all(self._is_steady(each, seen) for each in parts)
        return False

    def _is_final(self, node: ast.expr) -> bool:
        """Whether this is a dict that has no value which is also a key."""
        if isinstance(node, ast.Name) and node.id in self.variables:
            node = self.variables[node.id]
        if not isinstance(node, ast.Dict):
            return False
        keys = {ast.dump(each) for each in node.keys if each}
        return keys.isdisjoint(map(ast.dump, node.values))


def _name(func: ast.expr) -> str:
    return ast.unparse(func).rpartition(".")[2]


def _replaces_for_good(call: ast.Call) -> bool:
    """Whether ``replace("a", "b")`` or ``Replace(…)`` leaves nothing to replace, or it is a ``replace(hour=1)``."""
    if _name(call.func) not in ("replace", "Replace"):
        return False
    given = [each.args[0] if isinstance(each, ast.Call) and each.args else each for each in call.args]
    texts = [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    if not call.args:
        return bool(call.keywords)
    return len(texts) >= 2 and texts[-2] not in texts[-1]


class _Replaced(ast.NodeTransformer):
    def __init__(self, name: str, value: ast.expr) -> None:
        self.name = name
        self.value = value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.value if node.id == self.name else node


def with_old(value: ast.expr, name: str, old: ast.expr | None) -> ast.expr:
    """``value`` with each use of the variable ``name`` replaced by its previous expression ``old``."""
    if old is None or sum(1 for each in (value, old) for _ in ast.walk(each)) > _MOST_NODES:
        return value
    replaced = _Replaced(name, old).visit(deepcopy(value))
    assert isinstance(replaced, ast.expr)
    return replaced
