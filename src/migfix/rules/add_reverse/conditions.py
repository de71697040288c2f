"""Constants that a data function both looks for in a column and writes to it: a second run changes rows again."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migfix.source.parse import syntax_tree

Pair = tuple[str, str]
"""Column and constant, as code."""


def stepping_columns(codes: list[str]) -> list[str]:
    """Columns that functions change from one constant to another in steps: ``1`` to ``2`` and ``2`` to ``3``."""
    nodes = [node for code in codes for node in ast.walk(syntax_tree(code))]
    tested = {pair for node in nodes for pair in _tested(node)}
    written = {pair for node in nodes for pair in _written(node)}
    return sorted({column for column, _ in tested & written})


def _tested(node: ast.AST) -> Iterator[Pair]:
    """The pairs tested: ``if row.status == 1``, ``filter(status=1)``, ``Q(status__in=[1, 2])``, ``When(status=1)``."""
    match node:
        case ast.Compare(left=ast.Attribute(attr=column), ops=[ast.Eq() | ast.Is() | ast.In()], comparators=[value]):
            yield from ((column, constant) for constant in _constants(value))
        case ast.Call(func=func, keywords=keywords) if _name(func) in ("filter", "get", "Q", "When"):
            for each in keywords:
                column, _, lookup = (each.arg or "").partition("__")
                if lookup in ("", "exact", "in"):
                    yield from ((column, constant) for constant in _constants(each.value))


def _written(node: ast.AST) -> Iterator[Pair]:
    """The pairs written: ``row.status = 2``, ``update(status=2)``, ``update(status=Case(When(…, then=Value(2))))``."""
    match node:
        case ast.Assign(targets=[ast.Attribute(attr=column)], value=value):
            yield from ((column, constant) for constant in _constants(value))
        case ast.Call(func=ast.Attribute(attr="update"), keywords=keywords):
            for each in keywords:
                values = [inner for call in ast.walk(each.value) for inner in _results(call)] or [each.value]
                yield from ((each.arg or "", constant) for value in values for constant in _constants(value))


def _results(node: ast.AST) -> list[ast.expr]:
    """The results of ``When(…, then=…)`` and ``Case(…, default=…)``."""
    is_case = isinstance(node, ast.Call) and _name(node.func) in ("When", "Case")
    keywords = node.keywords if isinstance(node, ast.Call) and is_case else []
    return [each.value for each in keywords if each.arg in ("then", "default")]


def _constants(value: ast.expr) -> list[str]:
    match value:
        case ast.Constant(value=constant):
            return [repr(constant)]
        case ast.Call(func=func, args=[ast.Constant(value=constant), *_]) if _name(func) == "Value":
            return [repr(constant)]
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return [constant for item in items for constant in _constants(item)]
    return []


def _name(func: ast.expr) -> str:
    return ast.unparse(func).rpartition(".")[2]
